"""ajam/logs.py: where the log goes, and what a line of it looks like."""

import contextlib
import json
import logging
import os
import re
import socket
import time

import pytest

from ajam import logs
from ajam.conf.sections import LogSettings
from ajam.logs import AccessLine, LogError, path_shown
from tests.logged import Written, undone

PATIENCE_SECONDS = 10.0
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d"
LINE = AccessLine("192.0.2.7", "GET", "/asterisk/rawman", 200, 45, 0.0012)
ENDS = ("\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
HOSTILE = ENDS + ("\x1b[2K\x1b[1A", "\x9b2J", "\x00", "\x7f", "\x08", "\u202e", "\ufeff", "\udc9b", "\U000e0001")



class Told(logging.LoggerAdapter):
    """A logger whose record is written when the call that makes it returns."""

    def log(self, level, message, *arguments, **options):
        super().log(level, message, *arguments, **options)
        logs.flush()


log = Told(logging.getLogger("ajam.test"), {})


@pytest.fixture(autouse=True)
def as_before():
    """What set_up() does to the process is undone."""
    with undone():
        yield


def settings(file=None, format="text"):
    return LogSettings(file and str(file), format, True)


@pytest.fixture
def written():
    """A stream to log to."""
    return Written()


def undated(line):
    """What stands behind the time, which must be there."""
    time = re.match(TIME + " ", line)
    assert time
    return line[time.end():]


# Where it goes


def test_on_a_terminal_a_line_begins_with_the_time_and_its_level(written):
    logs.set_up(settings(), written)
    log.warning("%d of %s", 3, "them")
    log.info("more")
    log.debug("nobody asked")
    assert [undated(line) for line in written.lines] == ["WARNING: 3 of them", "INFO: more"]


@pytest.fixture
def journal():
    """(a stream that is the journal's socket, the environment that says so, what comes out there)."""
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("w") as stream:
        found = os.fstat(stream.fileno())
        theirs.setblocking(False)
        yield stream, {"JOURNAL_STREAM": "%d:%d" % (found.st_dev, found.st_ino)}, lambda: theirs.recv(4096).decode()


@pytest.mark.parametrize("level, priority", [
    (logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (35, 4), (logging.INFO, 6),
])
def test_to_the_journal_a_line_begins_with_its_priority(journal, level, priority):
    stream, environment, read = journal
    logs.set_up(settings(), stream, environment)
    log.log(level, "so it is")
    assert read() == "<%d>so it is\n" % priority


def test_json_goes_to_the_journal_with_its_priority_too(journal):
    stream, environment, read = journal
    logs.set_up(settings(format="json"), stream, environment)
    log.error("so it is")
    assert re.match(r'<3>\{"time": ', read())


@pytest.mark.parametrize("environment", [{}, {"JOURNAL_STREAM": "1:2"}, {"JOURNAL_STREAM": "x"}], ids=str)
def test_a_stream_that_journal_stream_does_not_name_is_no_journal(journal, environment):
    stream, _, read = journal
    logs.set_up(settings(), stream, environment)
    log.error("so it is")
    assert undated(read()) == "ERROR: so it is\n"


def test_a_file_has_the_time_with_its_offset_and_the_level(tmp_path):
    before = time.time()
    logs.set_up(settings(tmp_path / "log"))
    log.warning("so it is")
    text = (tmp_path / "log").read_text()
    assert re.fullmatch(TIME + " WARNING: so it is\n", text)
    told = time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    assert int(before) <= told <= time.time()


def test_what_was_in_the_file_stays(tmp_path):
    (tmp_path / "log").write_text("old\n")
    logs.set_up(settings(tmp_path / "log"))
    log.warning("new")
    assert (tmp_path / "log").read_text().startswith("old\n2")


@pytest.mark.parametrize("path", ["nowhere/log", "."], ids=["no directory", "a directory"])
def test_a_file_that_cannot_be_written_is_said_and_the_log_goes_on_as_before(tmp_path, written, path):
    logs.set_up(settings(), written)
    with pytest.raises(LogError, match="the log file .* cannot be written: .*; correct `file` in .log. of ajam.conf"):
        logs.set_up(settings(tmp_path / path))
    log.warning("still here")
    assert undated(written.getvalue()) == "WARNING: still here\n"


def test_setting_up_again_takes_the_place_of_what_was(tmp_path, written):
    logs.set_up(settings(), written)
    logs.set_up(settings(tmp_path / "log"))
    log.warning("once")
    assert (written.getvalue(), (tmp_path / "log").read_text().count("once")) == ("", 1)
    logs.set_up(settings(format="json"), written)
    log.warning("twice")
    assert [json.loads(line)["message"] for line in written.lines] == ["twice"]


def test_a_renamed_file_is_followed_by_a_new_one(tmp_path):
    logs.set_up(settings(tmp_path / "log"))
    log.warning("old")
    os.rename(tmp_path / "log", tmp_path / "log.1")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (tmp_path / "log").exists():
        assert time.monotonic() < deadline
        log.warning("new")
    assert (tmp_path / "log").read_text().count("new") == 1
    assert "old" in (tmp_path / "log.1").read_text()


def test_reopen_begins_a_new_file_at_once(tmp_path):
    logs.set_up(settings(tmp_path / "log"))
    os.rename(tmp_path / "log", tmp_path / "log.1")
    logs.reopen()
    log.warning("new")
    assert "new" in (tmp_path / "log").read_text()
    assert (tmp_path / "log.1").read_text() == ""


def test_a_file_that_cannot_be_opened_anew_stays_the_old_one(tmp_path):
    (tmp_path / "logs").mkdir()
    logs.set_up(settings(tmp_path / "logs" / "log"))
    os.rename(tmp_path / "logs", tmp_path / "moved")
    with pytest.raises(LogError, match="No such file or directory"):
        logs.reopen()
    for handler in logs.own_handlers():
        assert handler.sink.stream.writable()


def test_reopen_without_a_file_does_nothing(written):
    logs.set_up(settings(), written)
    logs.reopen()
    log.warning("so it is")
    assert undated(written.getvalue()) == "WARNING: so it is\n"


def test_a_directory_that_goes_away_stops_nobody_and_is_said_once(tmp_path, capsys):
    (tmp_path / "logs").mkdir()
    logs.set_up(settings(tmp_path / "logs" / "log"))
    os.rename(tmp_path / "logs", tmp_path / "moved")
    deadline = time.monotonic() + PATIENCE_SECONDS
    said = ""
    while not said:
        assert time.monotonic() < deadline
        log.warning("lost")
        said = capsys.readouterr().err
    log.warning("lost")
    assert re.fullmatch("ajam: the log file .* cannot be written: No such file or directory; .*\n", said)
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the kernel has no /dev/full")
def test_a_full_disk_stops_nobody_and_is_said_once(capsys):
    logs.set_up(settings("/dev/full"))
    log.warning("lost")
    log.warning("lost")
    assert capsys.readouterr().err.count("No space left on device") == 1


def test_a_stderr_that_nobody_reads_stops_nobody(capsys):
    ours, theirs = socket.socketpair()
    theirs.close()
    stream = ours.makefile("w")
    logs.set_up(settings(), stream)
    log.warning("lost")
    assert capsys.readouterr().err == ""
    for each in stream, ours:
        with contextlib.suppress(BrokenPipeError):  # of what the stream still holds
            each.close()


# What a line looks like


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize("format", ["text", "json"])
def test_whatever_is_logged_is_one_line_without_controls(written, format, text):
    logs.set_up(settings(format=format), written)
    log.warning("%s", "before%s<4>203.0.113.9 failed" % text)
    log.warning("before%s<4>203.0.113.9 failed" % text)
    told = written.getvalue()
    assert len(told.splitlines()) == 2 and told.endswith("failed\n" if format == "text" else '"}\n')
    assert told.replace("\n", "").isprintable()


@pytest.mark.parametrize("text", HOSTILE[:-2] + ("caf\u00e9", '"', "\\", "%s%n"), ids=ascii)
def test_json_keeps_the_text_as_it_was(written, text):
    logs.set_up(settings(format="json"), written)
    log.warning("a%sb" % text)
    assert json.loads(written.getvalue())["message"] == "a%sb" % text


@pytest.mark.parametrize("text, shown", [
    ("\r\n", r"\x0d\x0a"), ("\x9b", r"\x9b"), ("\u2028", r"\u2028"), ("\udc9b", r"\udc9b"),
    ("\U000e0001", r"\U000e0001"), ("caf\u00e9 \u4e2d", "caf\u00e9 \u4e2d"), ("%s%n", "%s%n"),
])
def test_what_is_not_printable_is_escaped(written, text, shown):
    logs.set_up(settings(), written)
    log.warning(text)
    assert undated(written.getvalue()) == "WARNING: %s\n" % shown


def test_a_json_line_tells_when_how_bad_and_whose(written):
    logs.set_up(settings(format="json"), written)
    log.warning("%d of %s", 3, "them")
    told = json.loads(written.getvalue())
    assert re.fullmatch(TIME, told.pop("time"))
    assert told == {"level": "WARNING", "logger": "ajam.test", "message": "3 of them"}


def fail(message):
    try:
        raise ValueError(message)
    except ValueError:
        log.exception("it failed")


def test_a_traceback_stays_readable_and_none_of_its_lines_can_be_taken_for_a_record(written):
    logs.set_up(settings(), written)
    fail("x\n203.0.113.9 failed to authenticate as 'x'\r\x1b[2K")
    first, *rest = written.lines
    assert undated(first) == "ERROR: it failed"
    assert rest[0] == "  | Traceback (most recent call last):"
    assert rest[-2:] == ["  | ValueError: x", r"  | 203.0.113.9 failed to authenticate as 'x'\x0d\x1b[2K"]
    assert all(each.startswith("  | ") and each.isprintable() for each in rest)


def test_each_line_of_a_traceback_has_its_priority_in_the_journal(journal):
    stream, environment, read = journal
    logs.set_up(settings(), stream, environment)
    fail("x")
    first, *rest = read().splitlines()
    assert first == "<3>it failed" and rest
    assert all(each.startswith("<3>  | ") for each in rest)


def test_a_traceback_is_a_field_of_a_json_line(written):
    logs.set_up(settings(format="json"), written)
    fail("x\ny")
    told = json.loads(written.getvalue())
    assert (told["message"], told["traceback"].splitlines()[-2:]) == ("it failed", ["ValueError: x", "y"])


# Access lines


def test_an_access_line_names_who_asked_for_what_and_what_came_of_it(written):
    logs.set_up(settings(), written)
    log.info(LINE)
    assert undated(written.getvalue()) == 'INFO: 192.0.2.7 "GET /asterisk/rawman" 200 45 0.001200\n'


def test_what_was_no_request_has_no_method_and_no_path():
    assert str(LINE._replace(method="", path="", status=400)) == '192.0.2.7 "-" 400 45 0.001200'


def test_an_access_line_in_json_has_its_fields(written):
    logs.set_up(settings(format="json"), written)
    log.info(LINE)
    told = json.loads(written.getvalue())
    assert {name: told[name] for name in LINE._fields} == {
        "peer": "192.0.2.7", "method": "GET", "path": "/asterisk/rawman", "status": 200, "size": 45, "seconds": 0.0012}


@pytest.mark.parametrize("path, shown", [
    (b"/asterisk/rawman", "/asterisk/rawman"),
    (b"/a%20b", "/a%20b"),
    (b'/a" 200 "b', '/a\\" 200 \\"b'),
    (b"/a\\b", "/a\\\\b"),
    (b"/caf\xc3\xa9\x9b", "/caf\\xc3\\xa9\\x9b"),
    (b"/%s%n%", "/%s%n%"),
    (b"/a?secret=x", "/a"),
    (b"/a%3Fsecret%3dx", "/a"),
    (b"/a%3fsecret=x", "/a"),
    (b"/a;secret=x", "/a"),
    (b"/a&secret", "/a"),
    (b"/secret=x", "/secret"),
    (b"/a%26b", "/a"),
    (b"/a%3Bb", "/a"),
    (b"/a#b", "/a"),
    (b"/" + b"x" * 300, "/" + "x" * 255),
    (b"", ""),
])
def test_a_path_is_shown_short_quoted_and_without_anything_that_may_be_a_query(path, shown):
    assert path_shown(path) == shown
