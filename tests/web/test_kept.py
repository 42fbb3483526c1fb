"""ajam/web/kept.py: small files that were asked for a moment ago."""

import pytest

from ajam.errors import RequestError
from ajam.web.exchange import FileBody
from ajam.web.kept import FRESH_SECONDS, MOST_BYTES, Kept, size_of
from ajam.web.routes import not_found
from ajam.web.static import File
from tests.clock import Clock


class Source:
    """Files by name, and how often each was looked for."""

    def __init__(self):
        self.bodies = {b"a": b"alpha", b"b": b"beta"}
        self.looks = []

    def find(self, rest):
        self.looks.append(rest)
        if rest not in self.bodies:
            raise not_found()
        return File((rest,), 0, b'"0"', self.bodies[rest])


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def kept(source, clock):
    return Kept(source, clock)


def test_a_file_is_looked_for_once_a_second(kept, source, clock):
    assert not kept.has(b"a")
    for _ in range(3):
        assert kept.find(b"a").body == b"alpha"
        assert kept.has(b"a")
    source.bodies[b"a"] = b"another"
    clock.now += FRESH_SECONDS - 0.01
    assert not kept.has(b"a")  # it might be over before it is asked for
    assert kept.find(b"a").body == b"alpha"
    clock.now += 0.01
    assert not kept.has(b"a")
    assert kept.find(b"a").body == b"another"
    assert source.looks == [b"a", b"a"]


def test_files_are_told_apart(kept):
    assert [kept.find(name).body for name in (b"a", b"b", b"a")] == [b"alpha", b"beta", b"alpha"]


def test_what_is_not_there_is_looked_for_each_time(kept, source):
    for _ in range(2):
        with pytest.raises(RequestError):
            kept.find(b"c")
        assert not kept.has(b"c")
    source.bodies[b"c"] = b"come"
    assert kept.find(b"c").body == b"come"


def test_a_large_file_is_opened_for_each_who_asks(kept, source, tmp_path):
    for _ in range(2):
        with open(__file__, "rb") as file:
            source.bodies[b"large"] = FileBody(file, 1)
            assert kept.find(b"large").body.file is file
    assert not kept.has(b"large")


def test_all_that_is_kept_is_bounded(kept, source, clock):
    source.bodies = {b"%d" % number: bytes(MOST_BYTES // 4) for number in range(9)}
    for name in source.bodies:
        kept.find(name)
        kept.find(name)
        clock.now += FRESH_SECONDS
        kept.find(name)
        assert sum(size_of(*each) for each in kept._looks.items()) == kept._bytes <= MOST_BYTES


def test_many_names_of_one_empty_file_are_bounded_too(kept, source):
    source.bodies = {b"a" + b"/" * number: b"" for number in range(1, 8000)}
    for name in source.bodies:
        kept.find(name)
        assert kept._bytes <= MOST_BYTES
    assert len(kept._looks) < 7000
