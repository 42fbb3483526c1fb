"""ajam/web/directory.py: files of a directory, and what a file system has that is not for browsers."""

import itertools
import os
import socket

import pytest

from ajam.errors import RequestError
from ajam.web.directory import MAX_IN_MEMORY, MAX_PATH, Directory
from ajam.web.exchange import FileBody
from ajam.web.static import StaticFiles
from tests.web import tree
from tests.web.tree import ACCESS_DENIED, MTIME, NOT_FOUND, SECRET, request


@pytest.fixture
def root(tmp_path):
    return tree.grown(tmp_path)


def respond(directory, rest, authenticated=False, **headers):
    return StaticFiles(Directory(directory)).respond(request(**headers), rest, authenticated)


def refusal(directory, rest, authenticated=False):
    return tree.refusal(StaticFiles(Directory(directory)), rest, authenticated)


def test_the_etag_is_asterisks_own(root):
    assert b'ETag: "1700000000"' in respond(root, b"index.html").headers


def test_the_etag_is_the_whole_second_even_when_the_next_one_is_a_nanosecond_away(root):
    os.utime(root / "index.html", ns=(0, MTIME * 10 ** 9 + 999999999))
    assert b'ETag: "1700000000"' in respond(root, b"index.html").headers


def test_a_large_file_is_left_to_the_sender_open_and_at_its_start(root):
    (root / "big.wav").write_bytes(b"x" * (MAX_IN_MEMORY + 1))
    body = respond(root, b"big.wav").body
    assert isinstance(body, FileBody) and body.length == MAX_IN_MEMORY + 1
    with body.file as file:
        assert file.tell() == 0 and len(file.read()) == body.length


def test_a_path_is_as_long_as_in_asterisk_with_the_directory(root):
    longest = MAX_PATH - len(str(root)) - 1
    assert refusal(root, b"a/" * (longest // 2) + b"b" * (longest % 2)) == NOT_FOUND
    assert refusal(root, b"a/" * (longest // 2) + b"b" * (longest % 2 + 1)) == ACCESS_DENIED


def test_a_missing_directory_is_404_until_it_is_there(tmp_path):
    files = StaticFiles(Directory(tmp_path / "later"))
    with pytest.raises(RequestError, match="404 Not Found"):
        files.respond(request(), b"a.txt", False)
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "a.txt").write_bytes(b"now")
    assert files.respond(request(), b"a.txt", False).body == b"now"


def test_a_link_into_a_private_directory_needs_a_session_too(root):
    (root / "public").symlink_to("private")
    (root / "plan.txt").symlink_to("private/plan.txt")
    for rest in (b"public/plan.txt", b"plan.txt"):
        assert refusal(root, rest) == ACCESS_DENIED
        assert respond(root, rest, authenticated=True).status == 200


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


def test_no_combination_of_evil_pieces_leaves_the_directory_by_a_link(root):
    (root / "up").symlink_to("..")
    pieces = (b"", b"..", b".", b"/", b"\\", b"\x00", b"%2e%2e", b"gui", b"up", b"outside.txt", b".htaccess")
    files = StaticFiles(Directory(root))
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
