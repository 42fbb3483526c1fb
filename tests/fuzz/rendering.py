"""What the PBX wrote, in every form: parsers take it, and find in it all that was written.

The model reads the output byte by byte, by the rules that ajam/render.py states.
"""

import json
from html.parser import HTMLParser
from typing import NamedTuple
from xml.etree import ElementTree

from ajam.render import FORMATS
from tests.fuzz.cases import Property
from tests.fuzz.chance import mutated, noise, scraps

AMI = (
    b"Response: Success\r\n", b"ActionID: 7\r\n", b"Message: Authentication accepted\r\n", b"\r\n", b"\r\n",
    b"EventList: start\r\n", b"Event: PeerEntry\r\n", b"Variable: a=1\r\n", b"Variable: b=2\r\n", b"variable: c\r\n",
    b"Variable-2: d\r\n", b"CallerIDName: <b>&\"'</b>\r\n", b"xmlns: x\r\n", b"XMLNS:y\r\n", b"xml:lang: z\r\n",
    b"0name: 1\r\n", b": no name\r\n", b" \t: blank\r\n", b"Opaque-data: not\r\n", b"free text\r\n",
    b"--END COMMAND--\r\n", b"Response: Follows\r\n", b"a\tb: c\td\r\n", b"N\xc3\xa4me: \xc3\xa9\xe9\r\n",
    b"%s: %d %%b\r\n", b"{0}: \\g<1>\r\n",
)
ODD = AMI + (
    b"\n", b"\r", b"\n\n", b"\r\r\n", b"\n\r", b"\0", b":", b": ", b"\x1b[1m", b"\x01", b"\x1f", b"\x0b", b"\x7f",
    b"\x85", b"\xc2\x85", b"\xa0", b"\xef\xbf\xbe", b"\xef\xbf\xbf", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80",
    b"\xf0\x9f\x98", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"]]>", b"<!--", b"-->", b"<![CDATA[", b"&lt;", b"&#10;",
    b"&#x0;", b"&", b"&amp", b"<script>", b"</td>", b"<plaintext>", b"'/>", b"<?xml?>", b"<!DOCTYPE a>", b"-", b"-2",
    b"_",
)
NAMES = (
    b"", b"", b"a", b"Peer.1", b"_x-y", b"1a", b"a b", b"x:y", b"xmlns", b"><x", b"'\"", b"a\0", b"\xc3\xa9", b"%s",
    b"&amp;",
)
PAGES = ("html", "digest html")
BLANKS = bytes(range(33))


class Case(NamedTuple):
    """What the PBX wrote, and what the request says about names in XML."""

    output: bytes
    dest: bytes = b""
    objtype: bytes = b""


def generate(random):
    """Blocks as a PBX writes them, with something wrong in them more often than not."""
    output = scraps(random, random.choice((AMI, ODD, ODD)), 20)
    if random.random() < 0.3:
        output = mutated(random, output, ODD)
    return Case(output, *(random.choice((random.choice(NAMES), noise(random, 4))) for _ in "12"))


def check(case):
    """All forms of it hold all of it."""
    output = case.output.split(b"\0")[0]
    blocks = blocks_of(output)
    assert rendered("raw", case) == output
    check_json(rendered("json", case), blocks)
    check_xml(rendered("xml", case), blocks, case)
    for name in PAGES:
        check_page(rendered(name, case), blocks, rendered(name, Case(b"")))


def rendered(name, case):
    """The body in the format of that name."""
    return FORMATS[name].render(case.output, case.dest, case.objtype)


def lines_of(output):
    """The lines: each ends at a CR or a LF, and one LF behind that belongs to it."""
    lines, line, place = [], b"", 0
    while place < len(output):
        byte = output[place:place + 1]
        place += 1
        if byte not in (b"\r", b"\n"):
            line += byte
            continue
        lines.append(line)
        line = b""
        if output[place:place + 1] == b"\n":
            place += 1
    return [*lines, line]


def blocks_of(output):
    """The blocks, each as a list of (name, value); text without a colon is one value, with LF between its lines."""
    blocks, block, text = [], [], []
    for line in [*lines_of(output), b""]:
        if b":" in line and not text:
            name, value = line.split(b":", 1)
            block.append((name.rstrip(BLANKS), value.strip(BLANKS)))
        elif line.rstrip(BLANKS):
            text.append(line.rstrip(BLANKS))
        else:
            block += [(b"Opaque-data", b"\n".join(text))] if text else []
            blocks += [block] if block else []
            block, text = [], []
    return blocks


def text_of(data):
    """The text: what is UTF-8 as such, any other byte as that character of latin-1."""
    text, place = "", 0
    while place < len(data):
        for size in (1, 2, 3, 4):
            try:
                text += data[place:place + size].decode()
            except UnicodeDecodeError:
                continue
            break
        else:
            size = 1
            text += chr(data[place])
        place += size
    return text


def check_json(body, blocks):
    """An array of objects; a name that repeats has a list."""
    expected = []
    for block in blocks:
        values = {}
        for name, value in block:
            values.setdefault(text_of(name), []).append(text_of(value))
        expected.append({name: found if len(found) > 1 else found[0] for name, found in values.items()})
    found = json.loads(body.decode())
    assert found == expected, (found, expected)
    assert [list(each) for each in found] == [list(each) for each in expected], "another order"


def check_xml(body, blocks, case):
    """An element for each block, an attribute for each field."""
    root = ElementTree.fromstring(body)
    assert root.tag == "ajax-response" and len(root) == len(blocks)
    for response, block in zip(root, blocks):
        assert (response.tag, len(response)) == ("response", 1)
        assert response.attrib == {"type": "object", "id": attribute_value(case.dest or b"unknown")}
        assert response[0].tag == (case.objtype.decode() if is_name(case.objtype) else "generic")
        expected = list(zip(numbered([attribute_name(name) for name, _ in block]),
                            [attribute_value(value) for _, value in block]))
        assert list(response[0].attrib.items()) == expected, (response[0].attrib, expected)


def is_name(text):
    """True for a name that every XML parser takes, with namespaces and without."""
    letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
    return bool(text) and text[0] in letters and all(byte in letters + b"0123456789.-" for byte in text)


def attribute_name(name):
    """The name of an attribute: lower-case letters and digits, `_` for every other byte."""
    name = "".join(chr(byte) if chr(byte) in "abcdefghijklmnopqrstuvwxyz0123456789" else "_" for byte in name.lower())
    return "_" + name if not name or name[0].isdigit() or name == "xmlns" else name


def attribute_value(value):
    """What a parser makes of a value: U+FFFD for what XML cannot say, a space for a line end or a tab (XML 3.3.3)."""
    text = text_of(value).replace("\r\n", "\n")
    return "".join(" " if each in "\t\r\n" else each if is_character(ord(each)) else "\ufffd" for each in text)


def is_character(code):
    """XML 1.0 2.2, production Char."""
    return 0x20 <= code <= 0xd7ff or 0xe000 <= code <= 0xfffd or code >= 0x10000


def numbered(names):
    """The names, the second and later ones of a kind with their number."""
    return [name + "-%d" % (names[:place].count(name) + 1) if name in names[:place] else name
            for place, name in enumerate(names)]


class Page(HTMLParser):
    """The tags of a page with their attributes, and the text between them."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, attrs):
        """A tag begins."""
        self.seen.append("<%s>" % tag)

    def handle_endtag(self, tag):
        """A tag ends."""
        self.seen.append("</%s>" % tag)

    def handle_data(self, data):
        """Text; the parser may tell it in pieces."""
        if self.seen and self.seen[-1][:1] == "\x02":
            data = self.seen.pop()[1:] + data
        self.seen.append("\x02" + data)

    def unexpected(self, *_):
        """What a page of ours never has."""
        raise AssertionError("a comment or a declaration")

    handle_comment = handle_pi = unknown_decl = unexpected


def check_page(body, blocks, empty):
    """The page without blocks, and in it a row of two cells for each field."""
    found, frame = parsed(body), parsed(empty)
    rows = []
    for block in blocks:
        names = numbered([name.decode("latin-1") for name, _ in block])
        for name, (_, value) in zip(names, block):
            rows += ["<tr>", *cell(name), *cell(value.decode("latin-1")), "</tr>", "\x02\n"]
        rows += ["<tr>", "<td>", "<hr>", "</td>", "</tr>", "\x02\r\n"]
    place = frame.index("</table>")
    assert found == [*frame[:place], *rows, *frame[place:]], (found, rows)


def cell(text):
    """A cell as the parser tells it; a line end within is a <br>."""
    first, *others = text.split("\n")
    told = ["<td>", "\x02" + first]
    for line in others:
        told += ["<br>", "\x02\n" + line]
    return [each for each in told if each != "\x02"] + ["</td>"]


def parsed(body):
    """What a parser sees of a page."""
    page = Page()
    page.feed(body.decode("latin-1"))
    page.close()
    return page.seen


PROPERTIES = (
    Property("rendering", generate, check, 150),
)
