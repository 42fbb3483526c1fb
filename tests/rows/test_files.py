"""Rows about where one may go, and about files from and to a browser."""

import pytest

from tests.browser import Browser
from tests.serving import HTTP_CONF, serve

# 13: where one may go


RESTRICTED = HTTP_CONF + """
[/asterisk/raw]
type=restriction
deny=127.0.0.1

[/asterisk/static/in]
type=restriction
deny=127.0.0.1
"""


@pytest.fixture
def restricted(peer, tmp_path):
    with serve(tmp_path, peer.address, http_conf=RESTRICTED) as daemon, Browser(daemon.address) as browser:
        yield browser


@pytest.mark.parametrize("target", [
    "/asterisk/rawman", "/Asterisk/RawMan", "/ASTERISK/RAWMAN/", "/asterisk/%72awman", "/%41sterisk/rawman",
    "/asterisk/%52%41wman", "/asterisk/rawman?action=ping", "//asterisk//rawman", "/asterisk/raw",
    "/asterisk/rawest", "/asterisk/static/index.html", "/asterisk/STATIC/%49ndex.html",
])
def test_row_13_a_restricted_path_is_denied_whatever_its_case(restricted, target):
    reply = restricted.request(target)
    assert reply.line == b"HTTP/1.1 403 Forbidden"
    assert b"<p>Access denied by ACL</p>" in reply.body


def test_row_13_a_form_is_denied_before_it_is_read(restricted):
    restricted.send(b"POST /Asterisk/RawMan HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
    assert restricted.read_reply().status in (403, 413)
    assert restricted.read_reply() is None


def test_row_13_other_paths_are_open(restricted):
    assert restricted.action("ping", uri="manager").status == 200
    assert restricted.action("ping", uri="mxml").status == 200


# 44, 45: files


@pytest.fixture
def files(peer, tmp_path):
    """A browser of a directory with something in it, and something beside it."""
    served = tmp_path / "served"
    texts = {"index.html": "index", "a/page.html": "page", "a/.hidden": "hidden", ".htaccess": "hidden",
             "private/list.txt": "private", "README": "read me"}
    for name, text in texts.items():
        path = served / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "secret.txt").write_text("secret")
    (served / "out.txt").symlink_to(tmp_path / "secret.txt")
    (served / "within.txt").symlink_to(served / "README")
    with serve(tmp_path, peer.address, ajam_conf="[http]\nstaticdir=%s" % served) as daemon:
        with Browser(daemon.address) as browser:
            yield browser


@pytest.mark.parametrize("name, status", [
    ("..", 403), ("../secret.txt", 403), ("%2e%2e/secret.txt", 403), ("a/../../secret.txt", 403),
    ("a/%2e%2e/%2e%2e/secret.txt", 403), ("..%2fsecret.txt", 403), ("..%5csecret.txt", 403),
    ("a\\..\\..\\secret.txt", 403), ("a/..%00/secret.txt", 403), ("/secret.txt", 403), ("%2fetc/passwd", 403),
    ("", 403), (".htaccess", 403), ("a/.hidden", 403), ("out.txt", 403), ("index.html%00.txt", 403),
    ("private/list.txt", 403), ("PRIVATE/list.txt", 404), ("a", 404), ("a/", 404), ("nothing", 404),
    ("README/x", 404), ("a/page.html/", 404),
])
def test_row_44_a_name_that_is_no_file_for_everybody_gives_none(files, name, status):
    reply = files.request("/asterisk/static/" + name)
    assert reply.status == status
    assert b"secret" not in reply.body and b"hidden" not in reply.body and b"<p>private" not in reply.body


@pytest.mark.parametrize("name, kind, body", [
    ("index.html", b"text/html", b"index"), ("%69ndex.html?r=1", b"text/html", b"index"),
    ("a/page.html", b"text/html", b"page"), ("README", b"text/plain", b"read me"),
    ("within.txt", b"text/txt", b"read me"),
])
def test_row_44_a_file_is_served_with_its_type(files, name, kind, body):
    reply = files.request("/asterisk/static/" + name)
    assert (reply.status, reply.header(b"Content-type"), reply.body) == (200, kind, body)


def test_row_44_private_files_are_for_who_is_logged_in(files):
    files.log_in()
    assert files.request("/asterisk/static/private/list.txt").body == b"private"


@pytest.fixture
def uploader(peer, tmp_path):
    (tmp_path / "uploads").mkdir()
    conf = HTTP_CONF + "[post_mappings]\nup=%s\n" % (tmp_path / "uploads")
    with serve(tmp_path, peer.address, http_conf=conf) as daemon, Browser(daemon.address) as browser:
        browser.log_in()
        yield browser


def upload(browser, disposition):
    """The reply to a form with one file of that Content-Disposition."""
    body = b'--X\r\nContent-Disposition: form-data; name="f"; %b\r\n\r\ncontents\r\n--X--\r\n' % disposition
    return browser.request("/asterisk/up", "POST", body, (b"Content-Type: multipart/form-data; boundary=X",))


@pytest.mark.parametrize("disposition", [
    b'filename="../../evil.txt"', b'filename="/etc/evil.txt"', b'filename="..\\..\\evil.txt"',
    b'filename="a/b\\evil.txt"', b"filename=../evil.txt", b"filename*=UTF-8''..%2F..%2Fevil.txt",
    b"filename*=UTF-8''%2e%2e%5cevil.txt",
    b'FileName = "../evil.txt"',
])
def test_row_45_of_a_files_name_only_the_last_part_counts_however_it_is_spelt(uploader, tmp_path, disposition):
    before = {path for path in tmp_path.rglob("*")}
    assert upload(uploader, disposition).status == 200
    assert {path for path in tmp_path.rglob("*")} - before == {tmp_path / "uploads" / "evil.txt"}
    assert (tmp_path / "uploads" / "evil.txt").read_bytes() == b"contents"


@pytest.mark.parametrize("name", [b"", b".", b"..", b"../..", b".htaccess", b"a/", b"a\0b"])
def test_row_45_a_name_that_is_none_is_refused(uploader, tmp_path, name):
    assert upload(uploader, b'filename="%b"' % name).status == 400
    assert list((tmp_path / "uploads").iterdir()) == []
