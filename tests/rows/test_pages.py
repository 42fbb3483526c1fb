"""Rows about what is written for a browser: nothing of it is ever more than text."""

from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from tests.browser import Browser
from tests.peer import Peer
from tests.serving import HTTP_CONF, serve

FORMATS = ("rawman", "mxml", "manager")
DIRECTIVES = b"%s %n %(x)s %% %b {0} {x} $x"


class Rows(HTMLParser):
    """What a browser reads in the rows of /manager: (name, value) pairs; `tags` are all tags there are."""

    def __init__(self, page):
        super().__init__()
        self.cells, self.tags = [], set()
        self._inside = False
        self.feed(page.decode("latin-1"))
        self.pairs = list(zip(self.cells[::2], self.cells[1::2]))

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "td" and not attributes:
            self.cells.append("")
            self._inside = True

    def handle_endtag(self, tag):
        self._inside = self._inside and tag != "td"

    def handle_data(self, data):
        if self._inside:
            self.cells[-1] += data


def answer(peer, browser, output, uri, *pairs):
    """The body in which an action's `output` reaches the browser at `uri`."""
    peer.script = lambda lines, connection: output
    browser.log_in()
    return browser.action("Any", *pairs, uri=uri).body


def attributes(body):
    """The fields of the objects of an XML body, a dict each."""
    return [generic.attrib for generic in ElementTree.fromstring(body).findall("response/generic")]


@pytest.mark.parametrize("uri", FORMATS)
def test_row_8_data_is_never_a_format(peer, browser, uri):
    output = b"Response: Success\r\n%b: %b\r\nOutput: %b\r\n%b\r\n\r\n" % ((DIRECTIVES,) * 4)
    body = answer(peer, browser, output, uri)
    assert body.count(DIRECTIVES) == (3 if uri == "mxml" else 4)


def test_row_8_a_user_name_is_never_a_format(caplog, browser):
    browser.log_in(DIRECTIVES.decode(), "wrong")
    assert "127.0.0.1 tried to authenticate with nonexistent user '%s'" % DIRECTIVES.decode() in caplog.messages


def test_row_10_the_status_page_is_not_served_unless_it_is_asked_for(peer, tmp_path):
    with serve(tmp_path, peer.address, http_conf=HTTP_CONF.replace("enable_status=yes\n", "")) as daemon:
        with Browser(daemon.address) as browser:
            assert browser.request("/asterisk/httpstatus").status == 404


def test_row_10_the_status_page_shows_what_it_was_sent_as_text(browser):
    page = browser.request('/asterisk/httpstatus?%3Cscript%3E=%3Cb%20on=%22x%22%3E&a=%26amp;',
                           headers=[b'Cookie: <i>=<u>"; b="<s>"']).body
    for markup in (b"<script>", b"<b on", b"<i>=", b"<u>", b"<s>"):
        assert markup not in page
    assert b"'&lt;script&gt;'</i></td><td>&lt;b on=&quot;x&quot;&gt;</td>" in page
    assert b"'a'</i></td><td>&amp;amp;</td>" in page


def test_row_10_the_status_page_does_not_tell_the_session(browser):
    browser.log_in()
    session = browser.cookie.split(b'"')[1]
    page = browser.request("/asterisk/httpstatus").body
    assert b"'mansession_id'" in page
    assert session not in page


@pytest.mark.parametrize("target", [
    b"/<script>alert(1)</script>", b"/asterisk/%3Cscript%3E", b"/asterisk/rawman/<script>",
    b"/asterisk/static/<script>.html", b"/asterisk/nowhere?<script>",
])
def test_row_11_an_error_page_holds_nothing_of_the_request(browser, target):
    reply = browser.request(target)
    assert reply.status == 404
    assert b"script" not in reply.body


@pytest.mark.parametrize("request_line", [b"<script> / HTTP/1.1", b"GET <script> HTTP/1.1", b"GET / <script>"])
def test_row_11_nor_does_one_for_what_is_no_request(browser, request_line):
    browser.send(request_line + b"\r\nHost: <script>\r\n\r\n")
    reply = browser.read_reply()
    assert reply.status == 400
    assert b"script" not in reply.line + reply.body


def test_row_11_the_servers_name_is_text_too(peer, tmp_path):
    with serve(tmp_path, peer.address, http_conf=HTTP_CONF + "servername=<b>'PBX' & \"co\"\n") as daemon:
        with Browser(daemon.address) as browser:
            page = browser.request("/nowhere").body
    assert b"<address>&lt;b&gt;&apos;PBX&apos; &amp; &quot;co&quot;</address>" in page


@pytest.mark.parametrize("dest", ["x'><script>", "a&b", '"', "]]>"])
def test_row_14_a_destination_is_text(peer, browser, dest):
    body = answer(peer, browser, b"Response: Success\r\n\r\n", "mxml", ("ajaxdest", dest))
    assert [element.get("id") for element in ElementTree.fromstring(body)] == [dest]


@pytest.mark.parametrize("objtype, name", [
    ("bar", "bar"), ("x><script>", "generic"), ("1a", "generic"), ("a b", "generic"), ("a:b", "generic"),
    ("", "generic"), ("-a", "generic"), ("a'", "generic"),
])
def test_row_14_an_object_type_is_a_name_or_nothing(peer, browser, objtype, name):
    body = answer(peer, browser, b"Response: Success\r\n\r\n", "mxml", ("ajaxobjtype", objtype))
    assert [generic.tag for element in ElementTree.fromstring(body) for generic in element] == [name]


@pytest.mark.parametrize("output, fields", [
    (b"A: x\x01\x1b[0m\x7f\r\n\r\n", {"a": "x\ufffd\ufffd[0m\x7f"}),
    (b"A: caf\xc3\xa9 \xff\r\n\r\n", {"a": "caf\xe9 \xff"}),
    (b"A: \xef\xbf\xbe\r\n\r\n", {"a": "\ufffd"}),
    (b"Name: 1\r\nname: 2\r\nName: 3\r\n\r\n", {"name": "1", "name-2": "2", "name-3": "3"}),
    (b"a b: 1\r\na_b: 2\r\n\r\n", {"a_b": "1", "a_b-2": "2"}),
    (b": empty\r\n\r\n", {"_": "empty"}),
    (b"xmlns: x\r\nxmlns:a: y\r\n\r\n", {"_xmlns": "x", "_xmlns-2": "a: y"}),
    (b"\xc3\xa9: x\r\n\r\n", {"__": "x"}),
    (b"<a>: x\r\n\r\n", {"_a_": "x"}),
    (b"only text without an end", {"opaque_data": "only text without an end"}),
    (b"A: <b> & \"c\" 'd' ]]>\r\n\r\n", {"a": "<b> & \"c\" 'd' ]]>"}),
], ids=["control bytes", "not UTF-8", "no character", "equal but for case", "equal once written", "no name",
        "xmlns", "a name not ASCII", "markup in a name", "text without an end", "markup"])
def test_row_15_xml_is_well_formed_whatever_the_pbx_sends(peer, browser, output, fields):
    assert attributes(answer(peer, browser, output, "mxml")) == [fields]


@pytest.mark.parametrize("version", ["1.4", "16"])
def test_row_16_html_shows_values_as_text_on_every_version(tmp_path, version):
    output = b"Response: Success\r\n<i>n</i>: <script>x</script> & \"q\" 'a'\r\n<u>text</u>\r\n\r\n"
    with Peer(lambda lines, connection: output, version) as peer, serve(tmp_path, peer.address) as daemon:
        with Browser(daemon.address) as browser:
            browser.log_in()
            rows = Rows(browser.action("Any", uri="manager").body)
    assert rows.pairs[1:3] == [("<i>n</i>", "<script>x</script> & \"q\" 'a'"), ("Opaque-data", "<u>text</u>")]
    assert not rows.tags & {"script", "i", "u"}


@pytest.mark.parametrize("size", [4095, 4096, 4097, 8192, 65536, 262144])
@pytest.mark.parametrize("uri", FORMATS)
def test_row_27_an_output_of_whole_pages_comes_whole_and_nothing_besides(peer, browser, size, uri):
    value = b"x" * (size - len(b"A: \r\n\r\n"))
    body = answer(peer, browser, b"A: " + value + b"\r\n\r\n", uri)
    assert body.count(b"x" * 10) == len(value) // 10
    assert body.endswith({"rawman": b"x\r\n\r\n", "mxml": b"x' /></response>\n</ajax-response>\n",
                          "manager": b"<hr></td></tr>\r\n</table></body>\r\n"}[uri])


def test_row_28_text_of_several_lines_is_one_field(peer, browser):
    output = b"Response: Follows\r\nPrivilege: Command\r\nl1\nl2: <x>\n--END COMMAND--\r\n\r\n"
    assert b"opaque_data='l1\nl2: &lt;x&gt;\n--END COMMAND--' />" in answer(peer, browser, output, "mxml")
    assert (b"<tr><td>Opaque-data</td><td>l1<br>\nl2: &lt;x&gt;<br>\n--END COMMAND--</td></tr>\n"
            in browser.action("Any", uri="manager").body)


def test_row_29_a_name_that_begins_with_a_digit_gets_an_underscore(peer, browser):
    assert attributes(answer(peer, browser, b"1abc: z\r\nLine-000001: y\r\n\r\n", "mxml")) == [
        {"_1abc": "z", "line_000001": "y"}]


@pytest.mark.parametrize("output, objects", [
    (b"A: 1\nB: 2\n\nC: 3\n\n\nD: 4\r\n\r\n", [{"a": "1", "b": "2", "c": "3"}, {"d": "4"}]),
    (b"A: 1\rB: 2\r\rC: 3\r\n\r\n", [{"a": "1", "b": "2"}, {"c": "3"}]),
], ids=["LF", "CR"])
def test_row_48_lines_may_end_as_they_like(peer, browser, output, objects):
    assert attributes(answer(peer, browser, output, "mxml")) == objects


@pytest.mark.parametrize("uri", FORMATS)
def test_row_49_an_output_ends_at_its_first_nul(peer, browser, uri):
    body = answer(peer, browser, b"A: 1\r\nB: before\0hidden\r\nC: hidden\r\n\r\n", uri)
    assert b"before" in body
    assert b"hidden" not in body and b"\0" not in body
