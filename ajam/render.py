"""What the PBX wrote for an action, as the body of an HTTP reply: raw, XML, HTML or JSON.

    output   blocks() ->   names    Response, Variable, Variable
                           values   Success, a=1, b=2
    xml      <response type='object' id='unknown'><generic response='Success'
             variable='a=1' variable-2='b=2' /></response>
    html     a row of a table for each field

One cutter reads the output (blocks), and templates write it: what a block looks like is decided
by its names alone, and the blocks of a list have the same names, so a template is made for the
first of them and the others are only filled in. FORMATS is the table to choose from.

Bodies are Asterisk's to the byte (reference.md 2.6 to 2.9) where those are safe. Where they are
not, they are repaired: markup in ajaxdest and ajaxobjtype is harmless, an opaque text at the
end of the output is closed, and XML is well-formed, for namespaces too, whatever the PBX sent.
HTML is made of the bytes that came, whatever their encoding.
"""

import functools
import json
import re
from typing import Callable, NamedTuple

from ajam import templates

BLANKS = bytes(range(33))  # what Asterisk trims: space and every control character
OPAQUE = b"Opaque-data"  # the name of text that is not made of fields

SHORT = 16 * 1024  # bytes of an output that is kept for the next who is told the same

DEFAULT_DEST = b"unknown"
DEFAULT_OBJTYPE = b"generic"

# An XML Name that every parser takes: letters beyond ASCII depend on the edition of XML, and
# a colon is an error for all that know namespaces.
_PLAIN_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9._-]*")

_ENTITY = re.compile(rb"&[a-z]+;")
_NAME_BYTES = bytes(byte if byte in b"0123456789abcdefghijklmnopqrstuvwxyz" else ord("_")
                    for byte in bytes(range(256)).lower())

_REPLACEMENT = "\ufffd".encode()
_CONTROLS_AS_NUL = bytes(0 if byte < 32 and byte not in b"\t\n\r" else byte for byte in range(256))
_NONCHARACTERS = ("\ufffe".encode(), "\uffff".encode())  # with the controls all that XML 1.0 forbids
_in_json = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps() makes one each time that it is told not to
_ESCAPED_AS_LATIN1 = {0xDC00 + byte: byte for byte in range(128, 256)}  # undoes surrogateescape


class Format(NamedTuple):
    """How a body is written.

    content_type  as bytes
    render        function of (output, dest, objtype), all bytes, to the body; dest and objtype
                  are the last ajaxdest and ajaxobjtype of the request, b"" when there is none
    tell          the same, for what many are told, such as an event: once for all of them
    """

    content_type: bytes
    render: Callable
    tell: Callable


def raw(output, dest=b"", objtype=b""):
    """The output itself, up to the first NUL: Asterisk loses the rest. Source: reference.md 2.2, 2.6."""
    return output.partition(b"\0")[0]


def xml(output, dest=b"", objtype=b""):
    """The body of /mxml: always well-formed, its attributes named `[a-z_][a-z0-9_]*(-[0-9]+)?`.

    A doubled attribute takes the next free `-n`, an empty name is `_`, `xmlns` is `_xmlns`;
    for values see well_formed(). Source: reference.md 2.7.
    """
    element = objtype if _PLAIN_NAME.fullmatch(objtype) else DEFAULT_OBJTYPE
    begin = templates.XML_OBJECT_BEGIN % (templates.escape(dest or DEFAULT_DEST), element)
    begin = begin.replace(b"%", b"%%")

    def template(names):
        names = _numbered(map(_attribute_name, names))
        attributes = [templates.XML_ATTRIBUTE % (name, b"%b") for name in names]
        return b"".join((begin, *attributes, templates.XML_OBJECT_END))

    objects = _filled(template, blocks(templates.escape(output)))
    return well_formed(b"".join((templates.XML_BEGIN, *objects, templates.XML_END)))


def html(output, dest=b"", objtype=b""):
    """The page of /manager. Source: reference.md 2.8."""
    return b"".join((templates.MANAGER_BEGIN, *_html_rows(output), templates.MANAGER_END))


def digest_html(output, dest=b"", objtype=b""):
    """The page of /amanager. Source: reference.md 2.8."""
    return b"".join((templates.DIGEST_BEGIN, *_html_rows(output), templates.DIGEST_END))


def json_array(output, dest=b"", objtype=b""):
    """The body of /mjson: an array with one object for each block, in order; see block_object()."""
    objects = (_in_json(block_object(*block)).encode() for block in blocks(as_utf8(output)))
    return b"[" + b", ".join(objects) + b"]\n"


def block_object(names, values):
    """A block as a dict: names as sent, a value as text, or a list of texts where its name repeats.

    names, values  of blocks() over UTF-8; text without a colon is under OPAQUE
    """
    block = {}
    for name, value in zip(names, values):
        name, value = name.decode(), value.decode()
        if name not in block:
            block[name] = value
        elif isinstance(block[name], list):
            block[name].append(value)
        else:
            block[name] = [block[name], value]
    return block


def formatted(content_type, render):
    """The Format with that renderer."""
    lately = functools.lru_cache(maxsize=16)(render)

    @functools.wraps(render)
    def look_up(output, dest=b"", objtype=b""):
        return (lately if len(output) + len(dest) + len(objtype) <= SHORT else render)(output, dest, objtype)
    return Format(content_type, render, look_up)


FORMATS = {
    "raw": Format(b"text/plain", raw, raw),
    "xml": formatted(b"text/xml", xml),
    "html": formatted(b"text/html", html),
    "digest html": formatted(b"text/html", digest_html),
    "json": formatted(b"application/json", json_array),
}


def blocks(output, line_break=b"\n"):
    """The blocks of the output, each as (names, values): two tuples of bytes, equally long and never empty.

    A line with a colon is a field. From the first line without one to the end of the block all
    is one field OPAQUE, its lines joined by `line_break`. Names are as sent, may be empty and
    may repeat; values are trimmed. The output may have been escaped before: that touches no
    colon, blank or line end. Source: reference.md 2.7.
    """
    names, values, opaque = [], [], []
    for line in (*_lines(raw(output)), b""):  # the end of the output ends a block, too
        name, colon, value = line.partition(b":")
        if colon and not opaque:
            names.append(name.rstrip(BLANKS))
            values.append(value.strip(BLANKS))
            continue
        text = line.rstrip(BLANKS)
        if text:
            opaque.append(text)
            continue
        if opaque:
            names.append(OPAQUE)
            values.append(line_break.join(opaque))
        if names:
            yield tuple(names), tuple(values)
            names, values, opaque = [], [], []


def as_utf8(text):
    """The bytes as valid UTF-8: a byte that is not UTF-8 is read as latin-1, the text around it stays."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.decode("utf-8", "surrogateescape").translate(_ESCAPED_AS_LATIN1).encode()
    return text


def well_formed(document):
    """The document as UTF-8 with U+FFFD in place of every character that XML 1.0 forbids.

    Those are the control characters but tab, CR and LF, and U+FFFE and U+FFFF.
    """
    document = as_utf8(document).translate(_CONTROLS_AS_NUL).replace(b"\0", _REPLACEMENT)
    for noncharacter in _NONCHARACTERS:
        document = document.replace(noncharacter, _REPLACEMENT)
    return document


def _lines(output):
    """A line ends at CR, LF or CRLF, or at two LF: Asterisk swallows one LF behind any line end."""
    return output.replace(b"\r\n", b"\r").replace(b"\n\n", b"\r").replace(b"\n", b"\r").split(b"\r")


def _html_rows(output):
    return _filled(_html_template, blocks(templates.escape(output), templates.HTML_LINE_BREAK))


def _html_template(names):
    literal_names = (name.replace(b"%", b"%%") for name in _numbered(names))
    rows = [templates.HTML_FIELD % (name, b"%b") for name in literal_names]
    return b"".join((*rows, templates.HTML_OBJECT_END))


def _filled(template, named_values):
    """Each block's values in the template for its names; template(names) makes one."""
    known = {}
    for names, values in named_values:
        if names not in known:
            known[names] = template(names)
        yield known[names] % values


def _attribute_name(escaped_name):
    """The name of a field as XML has it, without any `-`: a number put behind it is always free.

    An entity stands for one byte, as which it counts.
    """
    name = _ENTITY.sub(b"_", escaped_name).translate(_NAME_BYTES)
    # `xmlns` would be no attribute but the namespace of the whole object.
    return b"_" + name if not name or name[:1].isdigit() or name == b"xmlns" else name


def _numbered(names):
    """The names, `-2`, `-3` ... behind the second, third ... time that one occurs."""
    times = {}
    for name in names:
        times[name] = times.get(name, 0) + 1
        yield name if times[name] == 1 else b"%b-%d" % (name, times[name])
