"""tests/soak on a small scale: it finds nothing wrong with ajam in a few seconds, and what is wrong it does find."""

from tests.bench.sides import ajam
from tests.peer import Peer
from tests.soak.course import Sample, faults, soak

IDLE = Sample(0.0, 30_000, 5, 8, 0.0)
COURSE = [Sample(float(second), 36_000 + 500 * (second % 3), 7, 500 + second % 20, second / 2) for second in range(100)]


def test_a_few_seconds_of_all_kinds_of_work_leave_nothing_behind(tmp_path, capsys):
    with Peer(users={b"admin": b"s3cret", b"viewer": b"viewer pass"}) as peer, ajam(tmp_path / "etc", peer.address) as side:
        found = soak(side, 0.1, 30, sample_seconds=1.0, forget_seconds=2.0)
        assert not [fault for fault in found if not fault.startswith("descriptors")]  # sessions last a minute
        assert "Traceback" not in (tmp_path / "etc" / "log").read_text()
    assert " login" in capsys.readouterr().out


def test_a_steady_course_has_no_faults():
    assert faults(IDLE, COURSE, IDLE) == []


def test_memory_that_grows_is_a_fault_though_it_goes_up_and_down():
    growing = [each._replace(memory=each.memory + 150 * second) for second, each in enumerate(COURSE)]
    assert faults(IDLE, growing, IDLE) == ["memory grows: 42300 KiB, and later 48150"]


def test_threads_and_descriptors_that_are_left_are_faults():
    assert faults(IDLE, COURSE, IDLE._replace(threads=8, descriptors=9)) == [
        "threads are left: 7, and afterwards 8", "descriptors are left: 8, and afterwards 9"]
