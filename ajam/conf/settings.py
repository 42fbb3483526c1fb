"""What the administrator wrote, as one frozen value: http.conf, manager.conf, ajam.conf, acl.conf.

    http.conf     Asterisk's own; [general], [post_mappings], [/path] with type=restriction
    manager.conf  Asterisk's own; [general], and every other section is a user
    acl.conf      Asterisk's own; lists of addresses, read when an `acl=` line names one
    ajam.conf     ajam's, may be missing: [http] and [manager] override the [general] of the two
                  above option by option; [pbx] says where AMI is, [proxy], [cors], [limits],
                  [watch], [log] and [daemon] what Asterisk has no word for

load() either gives complete Settings or raises: what Asterisk would pass over is a warning here,
what could make ajam serve less or let in more than was written is an error.

Source: reference.md 5.3 to 5.5, 1.4.
"""

import os
import re

from ajam.conf.acl import Acl
from ajam.conf.grammar import read
from ajam.conf.lines import mistake
from ajam.conf.options import pairs_named, read_options, unknown_options
from ajam.conf.readers import HTTPS_PORT
from ajam.conf.rules import NamedAcls, read_rules
from ajam.conf.sections import (
    CorsSettings, DaemonSettings, HttpSettings, LimitsSettings, LogSettings, ManagerSettings, PbxSettings,
    ProxySettings, Restriction, Settings, TlsSettings, WatchSettings,
)
from ajam.conf.tables import (
    AJAM_TABLES, CORS_OPTIONS, DAEMON_OPTIONS, HOSTS_OPTION, HTTP_OPTIONS, LIMITS_OPTIONS, LOG_OPTIONS, MANAGER_OPTIONS,
    MANAGER_TLS_PORT, PBX_OPTIONS, PROXY_OPTIONS, RESTRICTION_OPTIONS, STATIC_OPTION, TLS_OPTIONS, WATCH_OPTIONS,
)
from ajam.conf.users import read_users
from ajam.errors import ConfigError, raise_all

# What manager.conf's [general] says to Asterisk and not to us.
_OF_ASTERISK = (
    "displayconnects", "timestampevents", "brokeneventsaction", "channelvars", "debug", "disabledevents",
    "block-sockets", "displaysystemname", "tlscafile", "tlscapath", "tlscadir", "tlsverifyclient",
    "tlsdontverifyserver", "tlsclientmethod", "sslclientmethod",
) + tuple(name for option in TLS_OPTIONS for name in option.names)

# What stands for itself in one part of a URI's path (RFC 3986 3.3); all else is sent as an escape.
_AS_IT_IS = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]*")

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}


def load(directory):
    """The Settings that the files in `directory` make up.

    raises  ConfigError  http.conf or manager.conf is missing, a file cannot be read or breaks the
                         grammar, an address rule of a restriction is none, ajam.conf has anything
                         wrong in it
    """
    directory = os.fspath(directory)
    http_file = read(os.path.join(directory, "http.conf"))
    manager_file = read(os.path.join(directory, "manager.conf"))
    ajam_file = read(os.path.join(directory, "ajam.conf"), optional=True, sections=AJAM_TABLES)
    warnings = [*http_file.warnings, *manager_file.warnings, *ajam_file.warnings]
    own = _own_sections(ajam_file)
    named_acls = NamedAcls(os.path.join(directory, "acl.conf"), warnings)
    http = _http(http_file, own["http"], named_acls, warnings)
    manager = _manager(manager_file, own["manager"], warnings)
    users = read_users(manager_file, manager.allowmultiplelogin, named_acls, warnings)
    files = (*http_file.files, *manager_file.files, *ajam_file.files, *named_acls.files)
    return Settings(
        http, manager, users, _pbx(own["pbx"], manager),
        proxy=ProxySettings(**_own(PROXY_OPTIONS, own["proxy"])),
        cors=CorsSettings(**_own(CORS_OPTIONS, own["cors"])),
        limits=LimitsSettings(**_own(LIMITS_OPTIONS, own["limits"])),
        watch=WatchSettings(**_own(WATCH_OPTIONS, own["watch"])),
        log=LogSettings(**_own(LOG_OPTIONS, own["log"])),
        daemon=DaemonSettings(**_own(DAEMON_OPTIONS, own["daemon"])),
        warnings=tuple(warnings), files=tuple(dict.fromkeys(files)), directory=directory)


def control_socket(directory):
    """The path that `socket` in [daemon] of the ajam.conf in `directory` names, for who wants to ask a running ajam.

    No other file is read, and no other option looked at: whoever may use the socket need not be
    allowed to read secrets, and a mistake elsewhere is no reason not to ask. An ajam.conf that
    cannot be read counts as missing.

    raises  ConfigError  ajam.conf breaks the grammar, or that path is none
    """
    path = os.path.join(os.fspath(directory), "ajam.conf")
    readable = os.access(path, os.R_OK, effective_ids=True)
    sections = read(path, sections=AJAM_TABLES).named("daemon") if readable else ()
    return _own(DAEMON_OPTIONS[:1], sections[0].pairs if sections else ())["socket"]


def _own(table, pairs):
    """The values of a section that only ajam.conf has."""
    return read_options(table, (), [], pairs)


def _own_sections(file):
    """The pairs of ajam.conf by section; each option is known."""
    own = dict.fromkeys(AJAM_TABLES, ())
    for section in file.sections:
        name = section.name.lower()
        if section.template:
            continue
        if name not in own:
            raise mistake(section, "unknown section [%s]" % section.name, "known are " + ", ".join(AJAM_TABLES))
        if own[name]:
            raise mistake(section, "[%s] is there already" % name, "join the two or write [%s](+)" % name)
        raise_all(unknown_options(AJAM_TABLES[name], section.pairs))
        own[name] = section.pairs
    return own


def _general(file, table, elsewhere, warnings):
    """The pairs of the first [general]; warns of a second one, and of options that are in neither list."""
    sections = file.named("general")
    for again in sections[1:]:
        message = "[general] is there already, only the first counts"
        warnings.append(str(mistake(again, message, "join the two or write [general](+)")))
    pairs = sections[0].pairs if sections else ()
    ours = [pair for pair in pairs if pair.name.lower() not in elsewhere]
    warnings.extend(str(error) for error in unknown_options(table, ours))
    return pairs


def _http(file, own, named_acls, warnings):
    pairs = _general(file, HTTP_OPTIONS, (), warnings)
    values = read_options(HTTP_OPTIONS, pairs, warnings, own)
    values.update(read_options((STATIC_OPTION, HOSTS_OPTION), (), warnings, own))
    given = any(pair.value for pair in pairs_named((*pairs, *own), ("bindaddr",)))
    tls = {option.name: values.pop(option.name) for option in TLS_OPTIONS}
    redirects = values.pop("redirect")
    http = HttpSettings(
        bindaddr_given=given,
        # the later one of two targets of one length comes first, as in Asterisk's list
        redirects=tuple(sorted(reversed(redirects), key=lambda pair: len(pair[0]), reverse=True)),
        post_mappings=_post_mappings(file),
        restrictions=_restrictions(file, named_acls, warnings),
        tls=_tls(tls, values["bindaddr"], os.path.dirname(file.path)),
        **values,
    )
    _remark(http, file.path, warnings)
    return http


def _tls(values, bindaddr, directory):
    """TlsSettings from the values of TLS_OPTIONS; the field of an option is its name without `tls`."""
    host, port = values.pop("tlsbindaddr") or (bindaddr, HTTPS_PORT)
    enabled = values.pop("tlsenable")
    for name in ("tlscertfile", "tlsprivatekey"):
        values[name] = values[name] and os.path.join(directory, values[name])
    fields = {name[len("tls"):]: value for name, value in values.items()}
    return TlsSettings(enabled=enabled, bindaddr=host, bindport=port, **fields)


def _remark(http, path, warnings):
    """Warn of what is allowed but hardly meant."""
    if http.enabled and not http.bindaddr_given:
        warnings.append(str(ConfigError(path, 0, "no bindaddr, so ajam listens on 127.0.0.1 only",
                                        "write bindaddr = 127.0.0.1 or the address to be reached at")))
    if http.prefix.startswith("//") or http.prefix.endswith("/"):
        warnings.append(str(ConfigError(path, 0, "every URI begins with %s/" % http.prefix,
                                        "write prefix = %s for a single /" % http.prefix.strip("/"))))
    warnings.extend(str(ConfigError(path, 0, what, "write letters, digits, - and _")) for what in _unreachable(http))


def _unreachable(http):
    """What no request can name, in words."""
    if not all(map(_AS_IT_IS.fullmatch, http.prefix.split("/"))):
        yield "prefix: no URI begins with %s/ as it stands, so nothing below it is reached" % http.prefix
    for name, _ in http.post_mappings:
        if not _AS_IT_IS.fullmatch(name):
            yield "[post_mappings]: no URI ends with /%s as it stands, so no file is taken there" % name


def _post_mappings(file):
    sections = file.named("post_mappings")[:1]
    return tuple((pair.name, pair.value) for section in sections for pair in section.pairs)


def _restrictions(file, named_acls, warnings):
    restrictions = []
    for section in file.sections:
        kinds = [pair.value.lower() for pair in pairs_named(section.pairs, ("type",))]
        if section.template or section.name.lower() in ("general", "post_mappings"):
            continue
        if kinds[:1] != ["restriction"]:
            warnings.append(str(mistake(section, "[%s] has no effect" % section.name,
                                        "write type = restriction in it or remove it")))
            continue
        warnings.extend(str(error) for error in unknown_options(RESTRICTION_OPTIONS, section.pairs))
        acl = named_acls.acl(read_rules(section.pairs))
        if acl == Acl():
            message = "this restriction keeps nobody out"
            warnings.append(str(mistake(section, message, "add deny or acl lines")))
        restrictions.append(Restriction(section.name, acl))
    return tuple(restrictions)


def _manager(file, own, warnings):
    pairs = _general(file, MANAGER_OPTIONS, _OF_ASTERISK, warnings)
    return ManagerSettings(**read_options(MANAGER_OPTIONS, pairs, warnings, own))


def _pbx(own, manager):
    values = _own(PBX_OPTIONS, own)
    host = values.pop("host") or manager.bindaddr
    port = values.pop("port") or (MANAGER_TLS_PORT if values["tls"] else manager.port)
    return PbxSettings(_EVERYWHERE.get(host, host), port, **values)
