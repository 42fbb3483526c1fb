"""ajam/web/static.py: what is served under /static/, how, and above all what is not."""

import itertools
import os
import socket

import pytest

from ajam.errors import RequestError
from ajam.web.exchange import FileBody, Request
from ajam.web.static import MAX_IN_MEMORY, StaticFiles

MTIME = 1700000000
ACCESS_DENIED = (403, "Access Denied", "You do not have permission to access the requested URL.", True)
NOT_FOUND = (404, "Not Found", "The requested URL was not found on this server.", False)
SECRET = b"not for browsers"


@pytest.fixture
def root(tmp_path):
    (tmp_path / "outside.txt").write_bytes(SECRET)
    (tmp_path / "static-evil").mkdir()
    (tmp_path / "static-evil" / "x.txt").write_bytes(SECRET)
    directory = tmp_path / "static"
    for name in ("index.html", "gui/js/app.js", "private/plan.txt", "gui/private/plan.txt", "gui-2.0/README"):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"<p>" + name.encode())
        os.utime(path, (MTIME, MTIME))
    (directory / ".htaccess").write_bytes(SECRET)
    (directory / "gui" / ".git").mkdir()
    (directory / "gui" / ".git" / "config").write_bytes(SECRET)
    return directory


def request(**headers):
    return Request("GET", b"/static/x", b"/static/x", b"",
                   {name.replace("_", "-").encode(): value for name, value in headers.items()})


def respond(root, rest, authenticated=False, **headers):
    return StaticFiles(str(root)).respond(request(**headers), rest, authenticated)


def refusal(root, rest, authenticated=False):
    with pytest.raises(RequestError) as caught:
        respond(root, rest, authenticated)
    error = caught.value
    return error.status, error.reason, error.text, error.close


def test_a_file_is_sent_with_asterisks_three_headers_and_may_be_cached(root):
    response = respond(root, b"index.html")
    assert response == (200, b"<p>index.html", (
        b"Content-type: text/html",
        b'ETag: "1700000000"',
        b"Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT",
    ), "OK", False, True)


def test_the_etag_is_the_whole_second_even_when_the_next_one_is_a_nanosecond_away(root):
    os.utime(root / "index.html", ns=(0, MTIME * 10 ** 9 + 999999999))
    assert b'ETag: "1700000000"' in respond(root, b"index.html").headers


def test_the_same_etag_is_answered_304_with_the_same_headers_and_no_body(root):
    response = respond(root, b"index.html", if_none_match=b'"1700000000"')
    headers = respond(root, b"index.html").headers
    assert response == (304, b"", headers, "Not Modified", False, True)


@pytest.mark.parametrize("etag", [
    b"1700000000", b'W/"1700000000"', b'"1", "1700000000"', b"*", b'"1700000001"', b"",
])
def test_only_the_whole_quoted_etag_counts(root, etag):
    assert respond(root, b"index.html", if_none_match=etag).status == 200


def test_dates_and_ranges_asked_for_change_nothing(root):
    date = b"Tue, 14 Nov 2023 22:13:20 GMT"
    response = respond(root, b"index.html", if_modified_since=date, range=b"bytes=0-1")
    assert (response.status, response.body) == (200, b"<p>index.html")


@pytest.mark.parametrize("rest, media_type", [
    (b"a.png", b"image/png"), (b"a.xml", b"text/xml"), (b"a.jpg", b"image/jpeg"),
    (b"a.js", b"application/x-javascript"),
    (b"a.wav", b"audio/x-wav"), (b"a.WAV", b"audio/x-wav"), (b"a.mp3", b"audio/mpeg"),
    (b"a.svg", b"image/svg+xml"),
    (b"a.svgz", b"image/svg+xml"), (b"a.gif", b"image/gif"), (b"a.Html", b"text/html"),
    (b"a.htm", b"text/html"),
    (b"a.css", b"text/css"), (b"a.cnf", b"text/plain"), (b"a.cfg", b"text/plain"),
    (b"a.sbn", b"application/octet-stream"),
    (b"a.txt", b"text/txt"), (b"a.JSON", b"text/JSON"), (b"a.min.csv", b"text/csv"), (b"a", b"text/plain"),
    (b"a.", b"text/plain"), (b"b.d/a", b"text/d/a"), (b"a." + b"x" * 100, b"text/" + b"x" * 74),
    (b"a.mjs", b"application/x-javascript"), (b"a.wasm", b"application/wasm"), (b"a.ogg", b"audio/ogg"),
])
def test_the_type_follows_the_last_dot_as_in_asterisk(tmp_path, rest, media_type):
    path = tmp_path / rest.decode()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    assert respond(tmp_path, rest).headers[0] == b"Content-type: " + media_type


@pytest.mark.parametrize("rest", [b"gui/js/app.js", b"gui//js///app.js"])
def test_files_in_directories_are_found(root, rest):
    assert respond(root, rest).body == b"<p>gui/js/app.js"


def test_a_large_file_is_left_to_the_sender_open_and_at_its_start(root):
    (root / "big.wav").write_bytes(b"x" * (MAX_IN_MEMORY + 1))
    body = respond(root, b"big.wav").body
    assert isinstance(body, FileBody) and body.length == MAX_IN_MEMORY + 1
    with body.file as file:
        assert file.tell() == 0 and len(file.read()) == body.length


def test_names_with_spaces_and_other_bytes_are_served(root):
    name = "Wartemusik \u00fc+1.txt"
    (root / name).write_bytes(b"la")
    assert respond(root, name.encode()).body == b"la"


@pytest.mark.parametrize("rest", [
    b"", b"/index.html", b".", b"..", b".htaccess", b"../outside.txt", b"gui/../index.html",
    b"gui/..", b"gui/../../outside.txt",
    b"gui/.git/config", b"gui/.hidden", b"gui/./js/app.js", b"gui/...", b"..\\outside.txt",
    b"gui\\js\\app.js",
    b"index.html\x00", b"index.html\x00.txt", b"index.html\n", b"\tindex.html", b"gui/\x7f", b"gui/\x1b[2J",
    b"|ls", b"~root", b"@x", b"#x", b"$HOME", b"%2e", b"^x", b"&x", b"*", b"(x", b")x", b" x", b"a" * 1025,
])
def test_funny_names_are_refused_before_anything_is_looked_for(root, rest):
    assert refusal(root, rest, authenticated=True) == ACCESS_DENIED


@pytest.mark.parametrize("rest", [
    b"nosuch", b"nosuch/x", b"index.html/x", b"index.html/", b"gui", b"gui/", b"gui/js", b"x" * 300,
])
def test_what_is_not_there_or_is_a_directory_is_404_and_keeps_the_connection(root, rest):
    assert refusal(root, rest) == NOT_FOUND


def test_a_missing_directory_is_404_until_it_is_there(tmp_path):
    files = StaticFiles(tmp_path / "later")
    with pytest.raises(RequestError, match="404 Not Found"):
        files.respond(request(), b"a.txt", False)
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "a.txt").write_bytes(b"now")
    assert files.respond(request(), b"a.txt", False).body == b"now"


@pytest.mark.parametrize("rest", [
    b"private/plan.txt", b"gui/private/plan.txt", b"private//plan.txt", b"gui//private/plan.txt",
])
def test_private_directories_need_a_session_however_they_are_written(root, rest):
    assert refusal(root, rest) == ACCESS_DENIED
    assert respond(root, rest, authenticated=True).status == 200


def test_a_link_into_a_private_directory_needs_a_session_too(root):
    (root / "public").symlink_to("private")
    (root / "plan.txt").symlink_to("private/plan.txt")
    for rest in (b"public/plan.txt", b"plan.txt"):
        assert refusal(root, rest) == ACCESS_DENIED
        assert respond(root, rest, authenticated=True).status == 200


def test_a_file_that_is_only_called_private_is_public(root):
    (root / "gui" / "private.txt").write_bytes(b"x")
    (root / "gui" / "js" / "private").write_bytes(b"y")
    assert respond(root, b"gui/private.txt").body == b"x"
    assert respond(root, b"gui/js/private").body == b"y"


def test_links_within_the_directory_are_followed(root):
    (root / "latest").symlink_to("gui/js")
    (root / "start.html").symlink_to(root / "index.html")
    assert respond(root, b"latest/app.js").body == b"<p>gui/js/app.js"
    assert respond(root, b"start.html").body == b"<p>index.html"


def test_the_directory_itself_may_be_a_link(root, tmp_path):
    (tmp_path / "www").symlink_to(root)
    assert respond(tmp_path / "www", b"index.html").body == b"<p>index.html"


@pytest.mark.parametrize("target, rest", [
    ("../outside.txt", b"link"), ("..", b"link/outside.txt"), ("/", b"link/etc/passwd"),
    ("/dev/zero", b"link"),
    ("../static-evil", b"link/x.txt"), ("../static-evil/x.txt", b"link"), ("gui/../../outside.txt", b"link"),
])
def test_links_out_of_the_directory_are_refused(root, target, rest):
    (root / "link").symlink_to(target)
    assert refusal(root, rest, authenticated=True) == ACCESS_DENIED


def test_a_link_to_itself_and_a_link_to_the_directory_are_404(root):
    (root / "loop").symlink_to("loop")
    (root / "home").symlink_to(".")
    assert refusal(root, b"loop") == refusal(root, b"home") == NOT_FOUND


def test_a_fifo_and_a_socket_are_refused_without_waiting(root, monkeypatch):
    os.mkfifo(root / "fifo")
    monkeypatch.chdir(root)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        assert refusal(root, b"fifo") == refusal(root, b"socket") == ACCESS_DENIED


def test_a_file_that_we_may_not_read_is_refused(root):
    (root / "index.html").chmod(0)
    user = os.geteuid()
    os.seteuid(user or 65534)  # root may read everything, nobody may not
    try:
        assert refusal(root, b"index.html") == ACCESS_DENIED
    finally:
        os.seteuid(user)


def test_no_combination_of_evil_pieces_leaves_the_directory(root):
    (root / "up").symlink_to("..")
    pieces = (b"", b"..", b".", b"/", b"\\", b"\x00", b"%2e%2e", b"gui", b"up", b"outside.txt", b".htaccess")
    files = StaticFiles(root)
    for rest in map(b"".join, itertools.product(pieces, repeat=4)):
        try:
            body = files.respond(request(), rest, True).body
        except RequestError as error:
            assert error.status in (403, 404)
        else:
            assert SECRET not in body


def test_nothing_stays_open_after_a_small_file_a_304_or_a_refusal(root):
    (root / "big.wav").write_bytes(b"x" * (MAX_IN_MEMORY + 1))
    before = len(os.listdir("/dev/fd"))
    respond(root, b"gui/js/app.js")
    respond(root, b"index.html", if_none_match=b'"1700000000"')
    respond(root, b"big.wav").body.file.close()
    for rest in (b"private/plan.txt", b"gui", b"nosuch/x"):
        refusal(root, rest)
    assert len(os.listdir("/dev/fd")) == before
