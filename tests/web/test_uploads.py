"""ajam/web/uploads.py: multipart bodies to files, and nothing but whole files, where they belong."""

import io
import os
import stat
import time

import pytest

from ajam.errors import RequestError
from ajam.web import uploads
from ajam.web.exchange import Request
from ajam.web.uploads import MAX_PARTS, READ_BYTES, no_permission, no_session, store

MALFORMED = (400, "Bad Request", "There was an error parsing the request.", True)
NO_BOUNDARY = (400, "Bad Request", "Cannot find boundary marker in POST request.", True)
BAD_NAME = (400, "Bad Request", "This file name is not allowed.", True)

FIREFOX = (
    b"-----------------------------974767299852498929531610575\r\n"
    b'Content-Disposition: form-data; name="comment"\r\n\r\n'
    b"for the night\r\n"
    b"-----------------------------974767299852498929531610575\r\n"
    b'Content-Disposition: form-data; name="file"; filename="closed.wav"\r\n'
    b"Content-Type: audio/x-wav\r\n\r\n"
    b"RIFF\r\n--\x00\xff\r\n"
    b"-----------------------------974767299852498929531610575--\r\n"
)
FIREFOX_TYPE = b"multipart/form-data; boundary=---------------------------974767299852498929531610575"


class Drip(io.BytesIO):
    """A file that gives one byte at a time, whatever is asked for."""

    def read(self, size=-1):
        return super().read(1)


class BrokenDisk(io.BytesIO):
    """A file whose second read fails."""

    def read(self, size=-1):
        if self.tell():
            raise OSError(5, "Input/output error")
        return super().read(size)


def post(body, content_type=b"multipart/form-data; boundary=b"):
    file = io.BytesIO(body) if isinstance(body, bytes) else body
    return Request("POST", b"/backups", b"/backups", b"", {b"content-type": content_type}, file)


def part(disposition, content=b"x"):
    return b"--b\r\nContent-Disposition: %s\r\n\r\n%s\r\n" % (disposition, content)


def named(name, content=b"x"):
    return part(b'form-data; name="file"; filename="%s"' % name, content)


def refusal(request, directory):
    with pytest.raises(RequestError) as caught:
        store(request, str(directory))
    error = caught.value
    return error.status, error.reason, error.text, error.close


def stored(directory):
    return {os.fsencode(path.name): path.read_bytes() for path in directory.iterdir()}


@pytest.mark.parametrize("file", [io.BytesIO, Drip])
def test_the_file_of_a_browsers_form_is_stored_byte_for_byte(tmp_path, file):
    assert store(post(file(FIREFOX), FIREFOX_TYPE), str(tmp_path)) == (b"closed.wav",)
    assert stored(tmp_path) == {b"closed.wav": b"RIFF\r\n--\x00\xff"}


def test_a_stored_file_is_for_its_owner_and_group_whatever_the_umask(tmp_path):
    previous = os.umask(0o777)
    try:
        store(post(named(b"a.conf") + b"--b--"), str(tmp_path))
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "a.conf").stat().st_mode) == 0o640


def test_several_files_are_stored_and_named_in_the_order_sent(tmp_path):
    body = named(b"b", b"1") + named(b"a", b"") + named(b"c", b"\r\n") + b"--b--\r\n"
    assert store(post(body), str(tmp_path)) == (b"b", b"a", b"c")
    assert stored(tmp_path) == {b"b": b"1", b"a": b"", b"c": b"\r\n"}


def test_a_preamble_padding_and_an_epilogue_are_no_part_of_a_file(tmp_path):
    body = b"This is MIME.\r\n--b \t\r\n" + named(b"a")[5:] + b"--b--\r\nbye\r\n--b\r\n"
    store(post(body), str(tmp_path))
    assert stored(tmp_path) == {b"a": b"x"}


def test_a_part_without_head_lines_is_passed_over(tmp_path):
    assert store(post(b"--b\r\n\r\nanonymous\r\n" + named(b"a") + b"--b--"), str(tmp_path)) == (b"a",)


@pytest.mark.parametrize("shift", range(-8, 9))
def test_a_delimiter_is_found_wherever_the_reads_cut_it(tmp_path, shift):
    head = len(named(b"a", b"")) - 2
    content = b"y" * (READ_BYTES - head + shift)
    store(post(named(b"a", content) + named(b"z") + b"--b--"), str(tmp_path))
    assert stored(tmp_path) == {b"a": content, b"z": b"x"}


def test_a_file_of_the_same_name_is_replaced_and_a_link_is_not_followed(tmp_path):
    (tmp_path / "uploads").mkdir()
    (tmp_path / "passwd").write_bytes(b"root")
    (tmp_path / "uploads" / "a").write_bytes(b"old and longer")
    (tmp_path / "uploads" / "link").symlink_to(tmp_path / "passwd")
    store(post(named(b"a", b"new") + named(b"link", b"evil") + b"--b--"), str(tmp_path / "uploads"))
    assert stored(tmp_path / "uploads") == {b"a": b"new", b"link": b"evil"}
    assert (tmp_path / "passwd").read_bytes() == b"root"


@pytest.mark.parametrize("disposition, name", [
    (b'form-data; name="f"; filename="a b;c.conf"', b"a b;c.conf"),
    (b'form-data; filename="../../etc/passwd"; name="f"', b"passwd"),
    (b'form-data; filename="/etc/cron.d/x"', b"x"),
    (b'form-data; filename="C:\\backup\\extensions.conf"', b"extensions.conf"),
    (b'form-data; filename="..\\..\\x"', b"x"),
    (b"form-data; filename=../../x", b"x"),
    (b"form-data; filename*=UTF-8''..%2F..%2Fx", b"x"),
    (b"form-data; filename*=UTF-8''..%5Cx", b"x"),
    (b"form-data; filename*=utf-8'de'%C3%BC.wav", b"\xc3\xbc.wav"),
    (b'form-data; FileName = "x"', b"x"),
    (b'attachment;filename="\xfc.wav"', b"\xfc.wav"),
    (b'form-data; filename="%2e%2e%2fx"', b"%2e%2e%2fx"),
    (b'form-data; filename="' + b"n" * 255 + b'"', b"n" * 255),
])
def test_only_the_last_segment_of_a_name_counts_however_it_is_spelt(tmp_path, disposition, name):
    (tmp_path / "uploads").mkdir()
    assert store(post(part(disposition) + b"--b--"), str(tmp_path / "uploads")) == (name,)
    assert stored(tmp_path / "uploads") == {name: b"x"}
    assert os.listdir(tmp_path) == ["uploads"]


@pytest.mark.parametrize("name", [
    b"", b".", b"..", b"../", b"x/", b"x/..", b"..\\..", b".htaccess", b"../.ssh", b"a\x00.wav",
    b"a\tb", b"\x1b[2J", b"a\x7f",
    b"a\rb", b"n" * 256,
])
def test_names_that_are_no_plain_file_name_are_refused(tmp_path, name):
    assert refusal(post(named(b"good") + named(name) + b"--b--"), tmp_path) == BAD_NAME
    assert stored(tmp_path) == {}


@pytest.mark.parametrize("parameter", [
    b"filename*=UTF-8''a%00", b"filename*=UTF-8''%2e%2e", b"filename=", b"filename=.x",
])
def test_other_spellings_of_such_names_are_refused_too(tmp_path, parameter):
    assert refusal(post(part(b"form-data; " + parameter) + b"--b--"), tmp_path) == BAD_NAME


@pytest.mark.parametrize("body", [
    b"--b--\r\n",
    b"no delimiter at all",
    b"--b",
    b"--b-",
    b"--b\r\n",
    named(b"a"),
    named(b"a") + b"--b",
    named(b"a")[:-1],
    named(b"a") + b"--c--",
    named(b"a") + b"--bb--",
    b"--b\nContent-Disposition: form-data; filename=a\n\nx\n--b--",
    b"--b\r\nContent-Disposition: form-data; filename=a",
    b"--b\r\nX: " + b"x" * 9000 + b"\r\n\r\n--b--",
    part(b'form-data; name="only a field"') + b"--b--",
    part(b'form-data; name="a"; nofilename="b"') + b"--b--",
], ids=range(15))
def test_a_body_that_is_cut_short_malformed_or_without_files_stores_nothing(tmp_path, body):
    assert refusal(post(body), tmp_path) == MALFORMED
    assert stored(tmp_path) == {}


def test_a_hundred_parts_are_taken_and_one_more_is_not(tmp_path):
    hundred = b"".join(named(b"%d" % number) for number in range(MAX_PARTS))
    assert len(store(post(hundred + b"--b--"), str(tmp_path))) == 100
    (tmp_path / "more").mkdir()
    assert refusal(post(hundred + named(b"more") + b"--b--"), tmp_path / "more") == MALFORMED
    assert stored(tmp_path / "more") == {}


@pytest.mark.parametrize("content_type", [
    b"multipart/form-data; boundary=b",
    b'multipart/form-data; boundary="b"',
    b"multipart/form-data; Boundary=b; charset=utf-8",
    b'multipart/form-data; charset=utf-8; boundary="b" ; x=y',
])
def test_the_boundary_is_found_quoted_or_bare(tmp_path, content_type):
    assert store(post(named(b"a") + b"--b--", content_type), str(tmp_path)) == (b"a",)


@pytest.mark.parametrize("content_type", [
    b"", b"multipart/form-data", b"multipart/form-data; boundary=", b'multipart/form-data; boundary=""',
    b"multipart/form-data; boundary=" + b"x" * 71, b'multipart/form-data; boundary="b',
    b"multipart/form-data; boundary=b\xff",
])
def test_without_a_boundary_there_is_nothing_to_look_for(tmp_path, content_type):
    assert refusal(post(named(b"a") + b"--b--", content_type), tmp_path) == NO_BOUNDARY


def test_an_empty_body_is_told_as_asterisk_tells_it(tmp_path):
    assert refusal(post(b""), tmp_path) == NO_BOUNDARY


def test_a_disk_error_leaves_no_half_file_and_is_told_without_a_path(tmp_path):
    body = BrokenDisk(named(b"a", b"y" * 3 * READ_BYTES) + b"--b--")
    text = "The file could not be stored: Input/output error."
    assert refusal(post(body), tmp_path) == (500, "Server Error", text, True)
    assert stored(tmp_path) == {}


def test_a_missing_directory_and_a_directory_in_the_way_are_told(tmp_path):
    assert refusal(post(named(b"a") + b"--b--"), tmp_path / "gone")[2] == (
        "The file could not be stored: No such file or directory.")
    (tmp_path / "a").mkdir()
    assert refusal(post(named(b"a") + b"--b--"), tmp_path)[:2] == (500, "Server Error")
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("unit", [b"\r", b"\r\n", b"\r\n-", b"\r\n--", b"\r\n--" + b"b" * 69, b"--"])
def test_four_mib_of_almost_delimiters_are_read_at_once(tmp_path, unit):
    boundary = b"b" * 70
    body = b'--%s\r\nContent-Disposition: form-data; filename="a"\r\n\r\n%s\r\n--%s--' % (
        boundary, unit * (2 ** 22 // len(unit)), boundary)
    begin = time.perf_counter()
    store(post(body, b"multipart/form-data; boundary=" + boundary), str(tmp_path))
    assert time.perf_counter() - begin < 2


def test_the_refusals_before_the_body_are_asterisks():
    refusals = (no_session(), no_permission())
    assert [(error.status, error.reason, error.text, error.close) for error in refusals] == [
        (403, "Access Denied", "Sorry, I cannot let you do that, Dave.", True),
        (401, "Unauthorized", "You are not authorized to make this request.", True),
    ]
    assert uploads.STORED == "File successfully uploaded."
