"""ajam/control.py: commands on a UNIX socket, from whoever the file's mode lets in."""

import contextlib
import grp
import logging
import os
import re
import resource
import socket
import stat
import tempfile
import threading

import pytest

from ajam.console import NoAnswer, ask
from ajam.control import MAX_LINE, Answer, Control, bind
from tests.joint.site import until

HUGE = "x" * 5_000_000 + "\n"
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="to act as another user takes root")


def answer(command):
    """Does as the command says."""
    if command == "fail":
        raise RuntimeError("a mistake")
    if command == "huge":
        return Answer(True, HUGE)
    return Answer(not command.startswith("no"), "you said %s\n" % command)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "ajam.ctl")


@pytest.fixture
def control(path):
    with Control(path, answer) as control:
        yield control


@contextlib.contextmanager
def client(path):
    """A connection to `path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as found:
        found.settimeout(10)
        found.connect(path)
        yield found


@contextlib.contextmanager
def as_nobody():
    """The block acts as a user without rights."""
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def mode(path):
    """The permissions of a file."""
    return stat.S_IMODE(os.stat(path).st_mode)


# Commands


@pytest.mark.parametrize("command, found", [
    ("http show status", (True, "you said http show status\n")),
    ("no such thing", (False, "you said no such thing\n")),
    ("", (True, "you said \n")),
    ("Zoë \u2603", (True, "you said Zoë \u2603\n")),
    ("two\nlines", (True, "you said two lines\n")),
    ("x" * MAX_LINE, (True, "you said %s\n" % ("x" * MAX_LINE))),
    ("x" * (MAX_LINE + 1), (False, "A command has at most %d bytes.\n" % MAX_LINE)),
    ("x" * 1_000_000, (False, "A command has at most %d bytes.\n" % MAX_LINE)),
    ("huge", (True, HUGE)),
    ("0 7\n\0\x1b[31m", (True, "you said 0 7 \0\x1b[31m\n")),
], ids=["done", "refused", "empty", "not-ascii", "lines", "longest", "too-long", "far-too-long", "long-answer", "odd"])
def test_a_command_gets_its_answer_whole_and_hears_whether_it_was_done(control, path, command, found):
    assert ask(path, command) == found


def test_what_goes_over_the_socket(control, path):
    with client(path) as asker:
        asker.sendall(b"ping\nignored\n")
        assert asker.makefile("rb").read() == b"0 14\nyou said ping\n"
    with client(path) as asker:
        asker.sendall(b"no\n")
        assert asker.makefile("rb").read() == b"1 12\nyou said no\n"


def test_bytes_that_are_no_text_are_told_apart_and_do_no_harm(control, path):
    with client(path) as asker:
        asker.sendall(b"\xff\0\n")
        assert asker.makefile("rb").read() == b"0 15\nyou said \\xff\0\n"


def test_a_command_that_is_cut_off_is_not_done(path):
    asked = []
    with Control(path, lambda command: asked.append(command) or Answer(True, "")):
        with client(path) as asker:
            asker.sendall(b"core stop")
            asker.shutdown(socket.SHUT_WR)
            assert asker.recv(100) == b""
        assert ask(path, "ping") == (True, "")
    assert asked == ["ping"]


def test_who_asked_is_logged_with_the_command(control, path, caplog):
    ask(path, "module reload")
    assert ("ajam.control", logging.INFO, "user %d asks by process %d: module reload" % (os.geteuid(), os.getpid())
            ) in caplog.record_tuples


def test_a_mistake_of_ours_is_logged_and_not_told_and_the_next_command_is_done(control, path, caplog):
    assert ask(path, "fail") == (False, "ajam made a mistake; its log tells which\n")
    assert "RuntimeError: a mistake" in caplog.text
    assert ask(path, "ping") == (True, "you said ping\n")


def test_what_ends_ajam_is_done_when_the_answer_has_gone_out_and_the_socket_is_gone(path):
    sent = threading.Event()
    order = []

    def afterwards():
        assert sent.wait(10)  # until the asker has read it
        order.append("gone" if not os.path.exists(path) else "there")

    with Control(path, lambda command: Answer(True, "bye\n", afterwards)):
        order.append(ask(path, "core stop now"))
        sent.set()
        until(lambda: len(order) == 2)
    assert order == [(True, "bye\n"), "gone"]


def test_many_at_once_are_answered_one_after_the_other(control, path):
    found = []
    askers = [threading.Thread(target=lambda number=number: found.append((number, ask(path, str(number)))))
              for number in range(30)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert sorted(found) == [(number, (True, "you said %d\n" % number)) for number in range(30)]


@pytest.mark.parametrize("said", [b"", b"core show"])
def test_a_client_that_says_no_whole_command_does_not_hold_up_the_next_for_long(path, said):
    with Control(path, answer, seconds=0.3), client(path) as stuck:
        stuck.sendall(said)
        assert ask(path, "ping") == (True, "you said ping\n")
        assert stuck.recv(100) == b""


def test_a_client_that_dribbles_has_no_more_time_than_others(path):
    ended = threading.Event()
    with Control(path, answer, seconds=0.3), client(path) as slow:
        def dribble():
            with contextlib.suppress(OSError):
                while not ended.wait(0.05):
                    slow.sendall(b"x")

        dribbling = threading.Thread(target=dribble)
        dribbling.start()
        assert ask(path, "ping") == (True, "you said ping\n")
        ended.set()
        dribbling.join()


def test_a_client_that_does_not_read_does_not_hold_up_the_next_for_long(path):
    with Control(path, answer, seconds=0.3), client(path) as stuck:
        stuck.sendall(b"huge\n")
        assert ask(path, "ping") == (True, "you said ping\n")


def test_a_client_that_goes_away_does_no_harm(control, path):
    for said in (b"", b"x", b"huge\n"):
        with client(path) as asker:
            asker.sendall(said)
    assert ask(path, "ping") == (True, "you said ping\n")


# The socket


def test_the_socket_is_its_owners_alone(control, path):
    assert stat.S_ISSOCK(os.stat(path).st_mode) and mode(path) == 0o600


@pytest.mark.parametrize("mask", [0, 0o022, 0o077])
def test_there_is_no_moment_at_which_others_may_connect_whatever_the_umask(path, mask):
    before = os.umask(mask)
    try:
        with bind(path):
            assert mode(path) == 0o600
            with pytest.raises(NoAnswer, match="Connection refused"):
                ask(path, "ping")
    finally:
        os.umask(before)


@pytest.mark.parametrize("group", [str(os.getegid()), grp.getgrgid(os.getegid()).gr_name], ids=["number", "name"])
def test_a_group_may_use_it_too_where_one_is_named(path, group):
    with Control(path, answer, group=group):
        assert (mode(path), os.stat(path).st_gid) == (0o660, os.getegid())


def test_a_group_that_cannot_be_had_leaves_it_to_the_owner_and_is_said(path, caplog):
    with Control(path, answer, group="no such group"):
        assert mode(path) == 0o600
        assert ask(path, "ping") == (True, "you said ping\n")
    assert "group = no such group" in caplog.text and "[daemon] of ajam.conf" in caplog.text


@as_root
@pytest.mark.parametrize("group, who", [
    (None, "only root may use it; group = NAME in [daemon] of ajam.conf lets the members of a group in"),
    ("daemon", "root may use it, and the members of group daemon"),
])
def test_others_are_refused_and_hear_who_may(group, who):
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        path = os.path.join(directory, "ajam.ctl")
        with Control(path, answer, group), as_nobody(), pytest.raises(NoAnswer) as refusal:
            ask(path, "ping")
    assert str(refusal.value) == "%s: permission denied; %s" % (path, who)


@as_root
def test_who_may_not_even_look_hears_whom_to_ask(path):
    with Control(path, answer), as_nobody(), pytest.raises(NoAnswer, match="root may use it, and the user that ajam"):
        ask(path, "ping")


def test_the_socket_of_an_ajam_that_is_no_more_is_replaced(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(path)
        dead.listen()
    with Control(path, answer):
        assert ask(path, "ping") == (True, "you said ping\n")


def test_one_that_answers_is_not_taken_over(path, caplog):
    with Control(path, lambda command: Answer(True, "the first\n")):
        with Control(path, answer):
            assert ask(path, "ping") == (True, "the first\n")
        assert ask(path, "ping") == (True, "the first\n")
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == ["no commands are taken: cannot listen on %s: another ajam takes commands there; "
                        "end or remove what has it, or say another socket in [daemon] of ajam.conf" % path]


def test_a_file_that_is_no_socket_is_left_alone_and_said_to_be_one(tmp_path, caplog):
    found = tmp_path / "ajam.ctl"
    found.write_text("precious")
    with Control(str(found), answer):
        pass
    assert found.read_text() == "precious"
    assert "a file is there, and no socket; say another socket" in caplog.text and "remove" not in caplog.text


def test_neither_is_a_directory_advised_to_be_removed(tmp_path, caplog):
    with Control(str(tmp_path), answer):
        pass
    assert "a directory is there, and no socket; say another socket" in caplog.text and "remove" not in caplog.text


@pytest.mark.parametrize("name, remedy", [
    ("missing/ajam.ctl", "there is no directory .*/missing; make its directory"),
    ("x" * 200, r"it has \d+ bytes, and a socket's path 107 at most; say another socket"),
], ids=["no-directory", "too-long"])
def test_a_socket_that_cannot_be_had_is_said_with_the_remedy_and_all_else_goes_on(tmp_path, caplog, name, remedy):
    with Control(str(tmp_path / name), answer):
        pass
    assert re.search(remedy, caplog.text) and "[daemon] of ajam.conf" in caplog.text


# Another socket


def test_commands_are_taken_at_another_path_and_no_longer_at_the_old_one(control, path, tmp_path):
    for name in ("one.ctl", "two.ctl", "three.ctl"):
        new = str(tmp_path / name)
        control.follow(new, None)
        assert ask(new, "ping") == (True, "you said ping\n")
        assert sorted(os.listdir(tmp_path)) == [name]


def test_the_command_that_has_the_socket_move_is_answered(path, tmp_path):
    new = str(tmp_path / "new.ctl")

    def move(command):
        control.follow(new, None)
        return answer(command)

    with Control(path, move) as control:
        assert ask(path, "module reload") == (True, "you said module reload\n")
        assert ask(new, "ping") == (True, "you said ping\n")
    assert os.listdir(tmp_path) == []


def test_the_last_command_may_have_the_socket_move(path, tmp_path):
    begun, go_on = threading.Event(), threading.Event()

    def move(command):
        begun.set()
        assert go_on.wait(10)
        control.follow(str(tmp_path / "new.ctl"), None)
        return answer(command)

    control = Control(path, move)
    control.start()
    with client(path) as asker:
        asker.sendall(b"module reload\n")
        assert begun.wait(10)
        closer = threading.Thread(target=control.close)
        closer.start()
        until(control._ended.is_set)
        go_on.set()
        assert asker.makefile("rb").read() == b"0 23\nyou said module reload\n"
    closer.join()
    assert os.listdir(tmp_path) == []


def test_a_path_that_cannot_be_had_leaves_it_where_it_is_and_is_said(control, path, tmp_path, caplog):
    new = str(tmp_path / "missing" / "ajam.ctl")
    control.follow(new, None)
    assert ask(path, "ping") == (True, "you said ping\n")
    assert ("commands are taken on %s as before: cannot listen on %s: there is no directory %s; make its directory"
            % (path, new, tmp_path / "missing")) in caplog.text


def test_what_could_not_be_had_at_the_start_may_be_had_later(path, tmp_path):
    with Control(str(tmp_path / "missing" / "ajam.ctl"), answer) as control:
        control.follow(path, None)
        assert ask(path, "ping") == (True, "you said ping\n")


def test_a_socket_whose_name_is_gone_gets_it_back(control, path):
    os.unlink(path)
    control.follow(path, None)
    assert ask(path, "ping") == (True, "you said ping\n")


def test_a_group_is_let_in_and_shut_out_where_the_socket_is(control, path):
    inode = os.stat(path).st_ino
    control.follow(path, str(os.getegid()))
    assert (mode(path), os.stat(path).st_gid) == (0o660, os.getegid())
    for group in ("no such group", None):
        control.follow(path, str(os.getegid()))
        control.follow(path, group)
        assert (mode(path), os.stat(path).st_ino) == (0o600, inode)


# The end


def test_after_the_end_there_is_no_socket_and_nobody_answers(path):
    with Control(path, answer):
        pass
    assert not os.path.exists(path)
    with pytest.raises(NoAnswer, match="no ajam answers at .*: No such file or directory; start one"):
        ask(path, "ping")


def test_nobody_listening_is_said_with_what_to_do(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(path)
    with pytest.raises(NoAnswer, match="no ajam answers at .*: Connection refused; start one .*-C DIR"):
        ask(path, "ping")


@pytest.mark.parametrize("said", [b"", b"1", b"0 100\nonly this", b"2 0\n", b"nonsense\n", b"0 -1\n"])
def test_an_answer_that_is_cut_off_or_none_is_told_from_one(path, said):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(path)
        listening.listen()

        def serve():
            with listening.accept()[0] as asker:
                asker.recv(100)
                asker.sendall(said)

        serving = threading.Thread(target=serve)
        serving.start()
        with pytest.raises(NoAnswer, match="ended before it had answered"):
            ask(path, "ping")
        serving.join()


def test_a_socket_that_came_in_its_place_is_not_removed(path):
    with Control(path, answer):
        os.unlink(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as newer:
            newer.bind(path)
    assert os.path.exists(path)


def test_the_end_does_not_wait_for_a_client_that_says_nothing(path):
    with client_of_patient_control(path) as (control, stuck):
        control.close()
        assert stuck.recv(100) == b""


@contextlib.contextmanager
def client_of_patient_control(path):
    """A Control that waits for its clients for longer than any test, and a client that it attends to."""
    control = Control(path, answer, seconds=3600)
    control.start()
    with client(path) as stuck:
        until(lambda: control._client is not None)
        yield control, stuck


def test_a_command_that_is_being_done_at_the_end_is_answered(path):
    begun, go_on = threading.Event(), threading.Event()

    def slow(command):
        begun.set()
        assert go_on.wait(10)
        return Answer(True, "done\n")

    control = Control(path, slow)
    control.start()
    found = []
    asker = threading.Thread(target=lambda: found.append(ask(path, "core stop gracefully")))
    asker.start()
    assert begun.wait(10)
    closer = threading.Thread(target=control.close)
    closer.start()
    until(control._ended.is_set)
    go_on.set()
    closer.join()
    asker.join()
    assert found == [(True, "done\n")]


def test_without_descriptors_it_waits_and_goes_on_when_there_are_some(control, path):
    with client(path) as waiting:
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        until(lambda: control._client is not None)
        with client(path) as next_one:
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
            try:
                waiting.sendall(b"ping\n")
                assert waiting.recv(100) == b"0 14\nyou said ping\n"
                next_one.sendall(b"ping\n")
                next_one.settimeout(0.1)
                with pytest.raises(socket.timeout):
                    next_one.recv(100)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, before)
            next_one.settimeout(10)
            assert next_one.recv(100) == b"0 14\nyou said ping\n"
