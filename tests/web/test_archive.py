"""ajam/web/archive.py: files inside a zip file, which is read once."""

import os
import time
import zipfile

import pytest

from ajam.web.archive import Archive
from ajam.web.static import StaticFiles
from tests.web.tree import MTIME, NOT_FOUND, refusal, request

DATE = (2023, 11, 14, 22, 13, 20)


def written(path, entries, date=DATE, method=zipfile.ZIP_STORED):
    """A zip file of `entries`, bytes by name, all of one date."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, body in entries.items():
            archive.writestr(zipfile.ZipInfo(name, date), body, method)
    return path


def headers(path, rest=b"index.html"):
    return StaticFiles(Archive(path, "www/")).respond(request(), rest, False).headers


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def test_files_below_the_directory_are_served_and_no_others(tmp_path, method):
    entries = {"www/": b"", "www/index.html": b"<p>", "www/js/": b"", "www/js/app.js": b"1;" * 70000,
               "ajam/__init__.py": b"", "wwwx": b"", "index.html": b"outside"}
    files = StaticFiles(Archive(written(tmp_path / "a.zip", entries, method=method), "www/"))
    assert files.respond(request(), b"index.html", False).body == b"<p>"
    assert files.respond(request(), b"js/app.js", False).body == b"1;" * 70000
    for rest in (b"www/index.html", b"ajam/__init__.py", b"js", b"js/", b"x", b"__init__.py"):
        assert refusal(files, rest) == NOT_FOUND


def test_a_zip_file_that_is_replaced_or_removed_changes_no_answer(tmp_path):
    path = written(tmp_path / "a.zip", {"www/index.html": b"old"})
    files = StaticFiles(Archive(path, "www/"))
    path.write_bytes(b"half of a newer o")
    assert files.respond(request(), b"index.html", False).body == b"old"
    path.unlink()
    assert files.respond(request(), b"index.html", False).body == b"old"


def test_nothing_stays_open(tmp_path):
    path = written(tmp_path / "a.zip", {"www/index.html": b"<p>"})
    before = len(os.listdir("/dev/fd"))
    files = StaticFiles(Archive(path, "www/"))
    files.respond(request(), b"index.html", False)
    assert len(os.listdir("/dev/fd")) == before


@pytest.fixture(params=["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def zone(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_the_date_is_that_of_the_clock_on_the_wall(tmp_path, zone):
    path = written(tmp_path / "a.zip", {"www/index.html": b"<p>"}, time.localtime(MTIME)[:6])
    assert b"Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT" in headers(path)


def test_a_date_from_a_zone_further_east_is_not_in_the_future(tmp_path):
    path = written(tmp_path / "a.zip", {"www/index.html": b"<p>"}, (2107, 1, 1, 0, 0, 0))
    os.utime(path, (MTIME, MTIME))
    assert b"Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT" in headers(path)


def test_another_version_has_another_etag_though_a_reproducible_build_gave_both_one_date(tmp_path):
    first = written(tmp_path / "a.zip", {"www/index.html": b"one"}, (1980, 1, 1, 0, 0, 0))
    second = written(tmp_path / "b.zip", {"www/index.html": b"two"}, (1980, 1, 1, 0, 0, 0))
    assert headers(first)[1] != headers(second)[1]
    assert headers(first) == headers(first)
