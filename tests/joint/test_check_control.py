"""`ajam check` on the socket for commands: what would keep a running ajam from taking any."""

import os
import pathlib
import socket
import tempfile

import pytest

from ajam.check.command import examine
from ajam.control import MAX_PATH, Answer, Control
from tests.joint.test_check import about, as_nobody, found, write
from tests.joint.test_control import as_root

ANOTHER = "say another socket in [daemon] of ajam.conf"
MAKE = "make its directory (under systemd RuntimeDirectory=ajam does), or " + ANOTHER


@pytest.fixture
def for_all():
    """A directory that anybody may look into; not tmp_path, whose parents let nobody in."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield pathlib.Path(name)


def lines_about(directory, path, group=None):
    """What is found about [daemon] with such a socket, and a group."""
    ajam_conf = "[daemon]\nsocket=%s\n" % path + ("group=%s\n" % group if group else "")
    return about("socket", found(directory, ajam_conf=ajam_conf))


def test_a_socket_that_can_be_had_is_nothing_to_speak_of(tmp_path):
    assert lines_about(tmp_path, tmp_path / "ajam.ctl") == []


def test_neither_is_that_of_an_ajam_that_runs_or_of_one_that_is_no_more(tmp_path):
    path = str(tmp_path / "ajam.ctl")
    with Control(path, lambda command: Answer(True, "")):
        assert lines_about(tmp_path, path) == []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(path)
    assert lines_about(tmp_path, path) == []


@pytest.mark.parametrize("name, make, what, remedy", [
    ("file", lambda path: path.write_text("precious"), "a file is there, and no socket", ANOTHER),
    ("directory", lambda path: path.mkdir(), "a directory is there, and no socket", ANOTHER),
    ("link", lambda path: path.symlink_to("nowhere"), "a symbolic link is there, and no socket", ANOTHER),
    ("pipe", os.mkfifo, "a device is there, and no socket", ANOTHER),
    ("missing/ajam.ctl", None, "there is no directory {0}/missing", MAKE),
])
def test_what_is_in_its_place_is_said_with_the_remedy(tmp_path, name, make, what, remedy):
    path = tmp_path / name
    if make:
        make(path)
    assert lines_about(tmp_path, path) == [
        "warning: %s: no commands will be taken (ajam -rx): %s; %s" % (path, what.format(tmp_path), remedy)]


@pytest.mark.parametrize("more", [0, 1])
def test_a_path_of_more_bytes_than_a_socket_may_have_is_said(tmp_path, more):
    path = "%s/" % tmp_path + "x" * (MAX_PATH - len("%s/" % tmp_path) + more)
    lines = lines_about(tmp_path, path)
    assert [line.partition("(ajam -rx): ")[2] for line in lines] == more * [
        "it has 108 bytes, and a socket's path 107 at most; " + ANOTHER]


def test_the_usual_socket_needs_its_directory_too(tmp_path):
    lines = about("/run/ajam/ajam.ctl: no commands will be taken", found(tmp_path, ajam_conf="[daemon]\ndrain=5\n"))
    assert len(lines) == (not os.path.isdir("/run/ajam")) and all(MAKE in line for line in lines)


@as_root
def test_a_directory_that_is_not_for_its_user_to_write_to_is_said(for_all):
    write(for_all)
    assert about("ajam.ctl: no commands", map(str, examine(for_all))) == []
    for path in for_all.glob("*.conf"):
        path.chmod(0o644)
    [line] = about("ajam.ctl: no commands", as_nobody(for_all))
    assert "nobody cannot write to its directory; let the user that ajam runs as do so, or " + ANOTHER in line


@pytest.mark.parametrize("group, amiss", [
    ("no-such-group", True), (str(os.getgid()), False), ("root" if os.geteuid() == 0 else str(os.getgid()), False)])
def test_a_group_that_there_is_not_is_said(tmp_path, group, amiss):
    lines = lines_about(tmp_path, tmp_path / "ajam.ctl", group)
    assert lines == amiss * [
        "warning: %s/ajam.conf: group = no-such-group in [daemon]: there is no such group, so only its owner may use "
        "the socket; name another, or make it: groupadd no-such-group" % tmp_path]


@as_root
def test_a_group_that_its_user_is_not_in_is_said(for_all):
    write(for_all, ajam_conf="[daemon]\nsocket=/tmp/ajam.ctl\ngroup=root\n")
    for path in for_all.glob("*.conf"):
        path.chmod(0o644)
    [line] = about("group = root", as_nobody(for_all))
    assert "nobody is not in it, so only its owner may use the socket; put the user that ajam runs as into it" in line
