"""What the configuration says, as frozen values: one for each section that ajam reads, and all of them."""

from typing import Mapping, NamedTuple, Optional, Tuple

from ajam.conf.acl import Acl
from ajam.conf.users import User


class TlsSettings(NamedTuple):
    """The tls options of http.conf; bindaddr and bindport are those of HTTPS, certfile and privatekey whole paths.

    disablev1 and disablev11 change nothing: ajam never speaks those (web/tls.py).
    """

    enabled: bool
    bindaddr: str
    bindport: int
    certfile: str
    privatekey: Optional[str]
    cipher: Optional[str]
    disablev1: bool
    disablev11: bool
    disablev12: bool
    servercipherorder: bool


class Restriction(NamedTuple):
    """`[/path] type=restriction`: raw paths that begin with `path` are for those whom `acl` allows."""

    path: str
    acl: Acl


class HttpSettings(NamedTuple):
    """http.conf, with ajam.conf's [http] over its [general].

    bindaddr_given      False when nobody wrote one and it is 127.0.0.1 for safety
    prefix              "" or "/asterisk", just as Asterisk matches it
    servername          None when not set; "" leaves the header out
    redirects           tuple of (target, destination), longest target first
    sessionlimit        connections, or None when not set
    session_inactivity  s to wait for more of a request
    session_keep_alive  s to wait for the next request; 0 closes after each
    post_mappings       tuple of (name, directory), in order
    restrictions        tuple of Restriction, in order
    staticdir           directory or None (ajam.conf only)
    allowed_hosts       lower-case names, ".name" for it and all below; none for every host (ajam.conf only)
    """

    enabled: bool
    bindaddr: str
    bindaddr_given: bool
    bindport: int
    prefix: str
    servername: Optional[str]
    enable_static: bool
    enable_status: bool
    redirects: Tuple[Tuple[str, str], ...]
    sessionlimit: Optional[int]
    session_inactivity: float
    session_keep_alive: float
    post_mappings: Tuple[Tuple[str, str], ...]
    restrictions: Tuple[Restriction, ...]
    tls: TlsSettings
    staticdir: Optional[str]
    allowed_hosts: Tuple[str, ...]


class ManagerSettings(NamedTuple):
    """manager.conf's [general], with ajam.conf's [manager] over it; times in s."""

    enabled: bool
    webenabled: bool
    port: int
    bindaddr: str
    httptimeout: int
    allowmultiplelogin: bool
    authtimeout: int
    authlimit: int


class PbxSettings(NamedTuple):
    """Where Asterisk's AMI is, whether it is spoken to over TLS, and the file of who may have signed for it."""

    host: str
    port: int
    tls: bool
    cafile: Optional[str]


class ProxySettings(NamedTuple):
    """ajam.conf's [proxy]: an Acl that allows the proxies."""

    trusted: Acl


class CorsSettings(NamedTuple):
    """ajam.conf's [cors]: the origins, as text in lower case, whose pages may use ajam as its own do."""

    allow_origin: Tuple[str, ...]


class LimitsSettings(NamedTuple):
    """ajam.conf's [limits]: numbers of things at a time, but for failed_logins (ajam/limiter.py); sizes in bytes.

    session_time  s, 0 for ever
    header_time  s to the end of a request's head
    events       events kept for each user, event_bytes their bytes
    """

    failed_logins: int
    sessions: int
    sessions_per_user: int
    sessions_per_address: int
    session_time: int
    streams_per_session: int
    connections_per_address: int
    handshakes: int
    header_time: float
    uploads: int
    upload_bytes: int
    answer_bytes: int
    events: int
    event_bytes: int


class WatchSettings(NamedTuple):
    """ajam.conf's [watch]: an Acl that allows those who may read how ajam does."""

    permit: Acl


class LogSettings(NamedTuple):
    """ajam.conf's [log]; `file` is None for stderr, `format` "text" or "json"."""

    file: Optional[str]
    format: str
    access: bool


class DaemonSettings(NamedTuple):
    """ajam.conf's [daemon]; `socket` is a path, `group` a name, a number or None, `drain` in s; `root` may serve."""

    socket: str
    group: Optional[str]
    drain: int
    root: bool


class Settings(NamedTuple):
    """Everything that the configuration says.

    users      User by lower-case name
    warnings   sentences "file:line: what; remedy", to be logged once
    files      (path, mtime in ns) of all that was read; lines.mtime(path) tells whether one has changed
    directory  where the files are
    """

    http: HttpSettings
    manager: ManagerSettings
    users: Mapping[str, User]
    pbx: PbxSettings
    proxy: ProxySettings
    cors: CorsSettings
    limits: LimitsSettings
    watch: WatchSettings
    log: LogSettings
    daemon: DaemonSettings
    warnings: Tuple[str, ...]
    files: Tuple[Tuple[str, int], ...]
    directory: str
