"""ajam/render.py: whatever a PBX or a browser sends, XML stays well-formed and markup stays text."""

import json
import os
import random
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from ajam import render

SEED = int(os.environ.get("AJAM_SEED") or random.randrange(2 ** 32))
SCRAPS = (
    b"\n", b"\r", b"\r\n", b"\n\n", b"\n\n\n", b"\r\n\r\n", b": ", b":", b" ", b"\t", b"\x0b", b"-", b".",
    b"7", b"Name", b"name", b"NAME", b"Name-2", b"Opaque-data", b"xmlns", b"xml", b"a=1", b"%", b"%b", b"%%d",
    b"\\", b"<", b">", b"&", b"'", b'"', b"<b>", b"</td>", b"</response>", b"' onx='", b"<!--", b"]]>",
    b"<?x?>", b"&lt;", b"&#0;", b"<script>alert(1)</script>", b"\x01", b"\x1b[0m", b"\x7f", b"\x85", b"\xa0",
    b"\xe9", b"\xff", b"\xc3", b"\xc3\xa9", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b"\xef\xbf\xbe",
    b"\xef\xbf\xbf", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xe2\x80\xa8",
)


def seeded():
    """A source of chance; a failing test shows the seed that makes it repeat itself."""
    print("AJAM_SEED=%d" % SEED)
    return random.Random(SEED)


def generated(count):
    """`count` byte strings made of SCRAPS."""
    chance = seeded()
    for _ in range(count):
        yield b"".join(chance.choices(SCRAPS, k=chance.randrange(30)))


def objects(document):
    """The attributes of each object of an XML body, as a parser sees them: [[(name, value), ...], ...]."""
    root = ElementTree.fromstring(document)
    assert root.tag == "ajax-response"
    return [list(child.attrib.items()) for response in root for child in response]


def seen_in_xml(value):
    """What a parser has to give back for a value of the PBX; that blanks become spaces is its own doing."""
    text = value.decode("utf-8", "surrogateescape")
    text = re.sub("[\udc80-\udcff]", lambda byte: chr(ord(byte[0]) - 0xDC00), text)
    text = re.sub("[^\t\n\r -\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
    return re.sub("[\t\n\r]", " ", text)


def numbered(names):
    """The names as the HTML of Asterisk shows them."""
    return [b"%b-%d" % (name, names[:at].count(name) + 1) if name in names[:at] else name
            for at, name in enumerate(names)]


class Page(HTMLParser):
    """The tags of a page, comments and the like too, and the text of each cell; both in their order."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.cells, self._cell = [], [], None
        self.feed(page.decode("latin-1"))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "td":
            self._cell = []

    def handle_endtag(self, tag):
        self.tags.append("/" + tag)
        if tag == "td":
            self.cells.append("".join(self._cell))
            self._cell = None

    def handle_data(self, data):
        if self._cell is not None:
            self._cell.append(data)

    def handle_comment(self, data):
        self.tags.append("!--")

    handle_pi = unknown_decl = handle_comment


@pytest.mark.parametrize("dest", (
    b"<b>", b"x' onload='y", b"'/></response><evil>", b"&amp;", b"%b", b"\xff", b"\x01", b"\0"))
def test_ajaxdest_stays_text_whatever_it_holds(dest):
    root = ElementTree.fromstring(render.xml(b"A: 1\r\n\r\n", dest))
    assert [(child.tag, sorted(child.attrib)) for child in root] == [("response", ["id", "type"])]
    assert root[0].get("id") == seen_in_xml(dest)


@pytest.mark.parametrize("objtype", (b"bar", b"Bar-1.x", b"_", b"xml"))
def test_ajaxobjtype_names_the_element_when_it_is_a_name(objtype):
    assert b"<" + objtype + b" a='1' />" in render.xml(b"A: 1\r\n\r\n", objtype=objtype)


@pytest.mark.parametrize("objtype", (
    b"", b"1a", b"-a", b"a b", b"a/", b"a><b", b"a\n", b"a='1'", b"!--", b"?x", b"a:b", b"%b", b"a\0",
    b"\xff"))
def test_ajaxobjtype_that_is_no_name_becomes_generic(objtype):
    assert b"<generic a='1' />" in render.xml(b"A: 1\r\n\r\n", objtype=objtype)


def test_xml_parses_and_loses_no_field_whatever_the_pbx_sends():
    for output in generated(3000):
        found = objects(render.xml(output, output[-9:], output[:9]))
        sent = list(render.blocks(output))
        assert [[value for _, value in fields] for fields in found] == [
            [seen_in_xml(value) for value in values] for _, values in sent], output


def test_xml_of_harmless_fields_is_what_was_sent():
    chance = seeded()
    for _ in range(500):
        value = bytes(chance.choices(b"abcxyz <>&'\"%:=09", k=chance.randrange(20)))
        names = chance.sample(("Event", "Channel", "CallerIDNum", "Line-0001", "X-y_z"), k=3)
        output = b"".join(name.encode() + b": " + value + b"\r\n" for name in names) + b"\r\n"
        assert objects(render.xml(output * 2)) == 2 * [
            [(name.lower().replace("-", "_"), value.decode().strip()) for name in names]], output


@pytest.mark.parametrize("page", (render.html, render.digest_html))
def test_no_markup_of_the_pbx_survives_in_html(page):
    frame = Page(page(b""))
    for output in generated(1500):
        sent = list(render.blocks(output))
        rows = []
        for _, values in sent:
            for value in values:
                rows += ["tr", "td", "/td", "td", *["br"] * value.count(b"\n"), "/td", "/tr"]
            rows += ["tr", "td", "hr", "/td", "/tr"]
        found = Page(page(output))
        start = next(at for at, tag in enumerate(frame.tags) if tag == "/table")
        assert found.tags == frame.tags[:start] + rows + frame.tags[start:], output
        cells = [cell for cell in found.cells[len(frame.cells):] if cell]
        texts = [text for names, values in sent for text in (*values, *numbered(names)) if text]
        assert sorted(cells) == sorted(text.decode("latin-1") for text in texts), output


@pytest.mark.parametrize("output", (
    b"\r" * 300000, b"x\n" * 150000, b":\n" * 100000, b" " * 300000, b"\xff" * 300000, b"&" * 300000,
    b"A: 1\r\n\r\n" * 30000), ids=lambda output: repr(output[:8]))
def test_large_output_is_rendered_whole_in_every_format(output):
    fields = sum(len(names) for names, _ in render.blocks(output))
    assert sum(map(len, objects(render.xml(output)))) == fields
    assert render.html(output).count(b"</td><td>") == fields


def test_json_parses_and_loses_nothing_whatever_the_pbx_sends():
    for output in generated(2000):
        told = [list(block.items()) for block in json.loads(render.json_array(output))]
        sent = []
        for names, values in render.blocks(render.as_utf8(output)):
            block = {}
            for name, value in zip(names, values):
                block.setdefault(name.decode(), []).append(value.decode())
            sent.append([(name, values if len(values) > 1 else values[0]) for name, values in block.items()])
        assert told == sent
