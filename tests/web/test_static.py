"""ajam/web/static.py: what is served under /static/, how, and above all what is not; from either source."""

import itertools

import pytest

from ajam.errors import RequestError
from ajam.web.archive import Archive
from ajam.web.directory import Directory
from ajam.web.static import StaticFiles
from tests.web.tree import ACCESS_DENIED, NOT_FOUND, SECRET, grown, refusal, request, zipped


SOURCES = {
    "directory": Directory,
    "archive": lambda directory: Archive(zipped(directory), "www/"),
}


@pytest.fixture
def root(tmp_path):
    return grown(tmp_path)


@pytest.fixture(params=SOURCES)
def serve(request):
    """StaticFiles on what is in a directory now, from either source."""
    return lambda directory: StaticFiles(SOURCES[request.param](directory))


@pytest.fixture
def files(serve, root):
    return serve(root)


def test_a_file_is_sent_with_asterisks_three_headers_and_may_be_cached(files):
    response = files.respond(request(), b"index.html", False)
    kind, etag, date = response.headers
    assert (response.status, response.reason, response.body) == (200, "OK", b"<p>index.html")
    assert response.cacheable and not response.close
    assert kind == b"Content-type: text/html"
    assert etag.startswith(b'ETag: "1700000000') and etag.endswith(b'"')
    assert date == b"Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT"


def test_the_same_etag_is_answered_304_with_the_same_headers_and_no_body(files):
    headers = files.respond(request(), b"index.html", False).headers
    etag = headers[1].partition(b" ")[2]
    response = files.respond(request(if_none_match=etag), b"index.html", False)
    assert (response.status, response.reason, response.body) == (304, "Not Modified", b"")
    assert response.headers == headers and response.cacheable and not response.close


@pytest.mark.parametrize("change", [
    lambda etag: etag.strip(b'"'), lambda etag: b"W/" + etag, lambda etag: b'"1", ' + etag, lambda etag: b"*",
    lambda etag: etag.replace(b"17", b"18", 1), lambda etag: b"",
], ids=["bare", "weak", "list", "any", "other", "empty"])
def test_only_the_whole_quoted_etag_counts(files, change):
    etag = files.respond(request(), b"index.html", False).headers[1].partition(b" ")[2]
    assert files.respond(request(if_none_match=change(etag)), b"index.html", False).status == 200


def test_dates_and_ranges_asked_for_change_nothing(files):
    date = b"Tue, 14 Nov 2023 22:13:20 GMT"
    response = files.respond(request(if_modified_since=date, range=b"bytes=0-1"), b"index.html", False)
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
def test_the_type_follows_the_last_dot_as_in_asterisk(tmp_path, serve, rest, media_type):
    path = tmp_path / "static" / rest.decode()
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    assert serve(tmp_path / "static").respond(request(), rest, False).headers[0] == b"Content-type: " + media_type


@pytest.mark.parametrize("rest", [b"gui/js/app.js", b"gui//js///app.js"])
def test_files_in_directories_are_found(files, rest):
    assert files.respond(request(), rest, False).body == b"<p>gui/js/app.js"


def test_names_with_spaces_and_other_bytes_are_served(serve, root):
    name = "Wartemusik \u00fc+1.txt"
    (root / name).write_bytes(b"la")
    assert serve(root).respond(request(), name.encode(), False).body == b"la"


@pytest.mark.parametrize("rest", [
    b"", b"/index.html", b".", b"..", b".htaccess", b"../outside.txt", b"gui/../index.html",
    b"gui/..", b"gui/../../outside.txt",
    b"gui/.git/config", b"gui/.hidden", b"gui/./js/app.js", b"gui/...", b"..\\outside.txt",
    b"gui\\js\\app.js",
    b"index.html\x00", b"index.html\x00.txt", b"index.html\n", b"\tindex.html", b"gui/\x7f", b"gui/\x1b[2J",
    b"|ls", b"~root", b"@x", b"#x", b"$HOME", b"%2e", b"^x", b"&x", b"*", b"(x", b")x", b" x",
])
def test_funny_names_are_refused_before_anything_is_looked_for(files, rest):
    assert refusal(files, rest, authenticated=True) == ACCESS_DENIED


@pytest.mark.parametrize("rest", [
    b"nosuch", b"nosuch/x", b"index.html/x", b"index.html/", b"gui", b"gui/", b"gui/js", b"x" * 300,
])
def test_what_is_not_there_or_is_a_directory_is_404_and_keeps_the_connection(files, rest):
    assert refusal(files, rest) == NOT_FOUND


@pytest.mark.parametrize("rest", [
    b"private/plan.txt", b"gui/private/plan.txt", b"private//plan.txt", b"gui//private/plan.txt",
])
def test_private_directories_need_a_session_however_they_are_written(files, rest):
    assert refusal(files, rest) == ACCESS_DENIED
    assert files.respond(request(), rest, True).status == 200


def test_a_file_that_is_only_called_private_is_public(serve, root):
    (root / "gui" / "private.txt").write_bytes(b"x")
    (root / "gui" / "js" / "private").write_bytes(b"y")
    files = serve(root)
    assert files.respond(request(), b"gui/private.txt", False).body == b"x"
    assert files.respond(request(), b"gui/js/private", False).body == b"y"


def test_no_combination_of_evil_pieces_leaves_the_directory(serve, root):
    (root / "more").symlink_to("gui")
    pieces = (b"", b"..", b".", b"/", b"\\", b"\x00", b"%2e%2e", b"gui", b"more", b"outside.txt", b".htaccess")
    files = serve(root)
    for rest in map(b"".join, itertools.product(pieces, repeat=4)):
        try:
            body = files.respond(request(), rest, True).body
        except RequestError as error:
            assert error.status in (403, 404)
        else:
            assert SECRET not in body
