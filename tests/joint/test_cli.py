"""The command line as a process: what it prints, and its exit codes."""

import json
import os
import re
import signal
import socket
import subprocess
import sys

import pytest

from tests.serving import HTTP_CONF, MANAGER_CONF, write_configuration

NOWHERE = ("127.0.0.1", 1)
RUN_SECONDS = 20
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def ajam(*arguments, stdout=subprocess.PIPE):
    """A finished run of the command."""
    return subprocess.run([sys.executable, "-m", "ajam", *map(str, arguments)], stdout=stdout, stderr=subprocess.PIPE,
                          text=True, timeout=RUN_SECONDS, env=BUFFERED)


def started(*arguments):
    """A run that goes on, and the lines of its log up to the one that says where it serves."""
    process = subprocess.Popen([sys.executable, "-m", "ajam", *map(str, arguments)], stderr=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    lines = []
    for line in process.stderr:
        lines.append(line)
        if "serving http" in line:
            break
    return process, "".join(lines)


def ended(process, with_signal=signal.SIGTERM):
    """The exit code and the rest of the log of a run that is told to end."""
    process.send_signal(with_signal)
    _, log = process.communicate(timeout=RUN_SECONDS)
    return process.returncode, log


def test_version_and_help_say_enough():
    assert re.fullmatch(r"ajam \d+\.\d+\.\d+\n", ajam("--version").stdout)
    text = ajam("--help").stdout
    assert all(word in text for word in ("serve", "demo", "show", "-C DIR", "/etc/asterisk"))


@pytest.mark.parametrize("arguments", [("fly",), ("show", "ftp"), ("demo", "--port", "70000"), ("demo", "-C", "/")])
def test_a_wrong_command_line_ends_with_2(arguments):
    assert ajam(*arguments).returncode == 2


@pytest.mark.parametrize("arguments", [
    ("-x", "core show uptime", "check"), ("-rx", "core show uptime", "show", "http"), ("-r", "serve"), ("-r", "man"),
    ("-x", "core show uptime", "demo", "--port", "0"), ("-x", "", "tail")])
def test_a_command_for_the_running_ajam_goes_with_no_other(arguments):
    done = ajam(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "ajam: error: -r and -x speak to the running ajam, and go with no other command: " in done.stderr


def test_without_files_it_ends_with_1_and_names_them(tmp_path):
    done = ajam("-C", tmp_path)
    assert done.returncode == 1
    assert "%s/http.conf" % tmp_path in done.stderr and "Traceback" not in done.stderr


def test_a_mistake_names_file_line_and_remedy(tmp_path):
    write_configuration(tmp_path, NOWHERE, ajam_conf="[http]\nbindprt=1\n")
    done = ajam("-C", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("ajam: %s/ajam.conf:2: " % tmp_path) and ";" in done.stderr


def test_each_mistake_of_a_section_has_a_line(tmp_path):
    write_configuration(tmp_path, NOWHERE, ajam_conf="[limits]\nsessions=-1\nevents=abc\n")
    for arguments, level in (((), "ajam: "), (("check",), "error: ")):
        done = ajam("-C", tmp_path, *arguments)
        first, second, *_ = (done.stdout + done.stderr).splitlines()
        assert done.returncode == 1
        assert first.startswith("%s%s/ajam.conf:2: sessions = -1 is not" % (level, tmp_path))
        assert second.startswith("%s%s/ajam.conf:3: events = abc is not" % (level, tmp_path))


def test_what_is_not_enabled_is_not_served_and_ajam_conf_is_named(tmp_path):
    write_configuration(tmp_path, NOWHERE, http_conf=HTTP_CONF.replace("enabled=yes", "enabled=no"))
    done = ajam("-C", tmp_path)
    assert done.returncode == 1 and "ajam.conf" in done.stderr


def test_a_port_that_is_taken_is_said_with_what_to_do(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        write_configuration(tmp_path, NOWHERE, http_conf=HTTP_CONF.replace("bindport=0", "bindport=%d" % port))
        done = ajam("-C", tmp_path)
    assert done.returncode == 1
    assert "127.0.0.1:%d" % port in done.stderr and "bindport" in done.stderr and "ajam.conf" in done.stderr


@pytest.mark.parametrize("host", ["a..b", "no.such.host.invalid"])
def test_a_bindaddr_that_is_no_host_is_said(tmp_path, host):
    write_configuration(tmp_path, NOWHERE, http_conf=HTTP_CONF.replace("bindaddr=127.0.0.1", "bindaddr=" + host))
    done = ajam("-C", tmp_path)
    assert done.returncode == 1 and "Traceback" not in done.stderr


def test_https_without_a_certificate_names_the_file_that_is_missing(tmp_path):
    write_configuration(tmp_path, NOWHERE, http_conf=HTTP_CONF + "tlsenable=yes\n")
    done = ajam("-C", tmp_path)
    assert (done.returncode, done.stderr) == (1, "ajam: %s/asterisk.pem: tlscertfile names it, but there is no such "
                                                 "file; make it or name another\n" % tmp_path)


def test_an_address_of_another_host_is_said_with_what_to_do(tmp_path):
    write_configuration(tmp_path, NOWHERE, http_conf=HTTP_CONF.replace("bindaddr=127.0.0.1", "bindaddr=192.0.2.1"))
    done = ajam("-C", tmp_path)
    assert done.returncode == 1 and "bindaddr in http.conf is no address of this host" in done.stderr


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0(tmp_path, with_signal):
    write_configuration(tmp_path, NOWHERE)
    process, _ = started("-C", tmp_path, "serve")
    code, log = ended(process, with_signal)
    assert code == 0 and "Traceback" not in log


def test_a_hangup_has_the_configuration_read_anew_and_a_mistake_in_it_named(tmp_path):
    write_configuration(tmp_path, NOWHERE)
    process, _ = started("-C", tmp_path)
    process.send_signal(signal.SIGHUP)
    assert any("the configuration is read anew: Serving http://127.0.0.1:" in line for line in process.stderr)
    write_configuration(tmp_path, NOWHERE, http_conf=HTTP_CONF + "[x\n")
    process.send_signal(signal.SIGHUP)
    mistake = r"ERROR: .*/http\.conf:8: .*; the old configuration stays$"
    assert any(re.search(mistake, line) for line in process.stderr)
    assert ended(process)[0] == 0


@pytest.mark.parametrize("arguments", [("--log-format", "json", "-C"), ("serve", "--log-format", "json", "-C")])
def test_the_log_can_be_json_whatever_the_configuration_says(tmp_path, arguments):
    write_configuration(tmp_path, NOWHERE)
    process, log = started(*arguments, tmp_path)
    code, rest = ended(process)
    messages = [json.loads(line)["message"] for line in (log + rest).splitlines()]
    assert code == 0 and any(message.startswith("serving http://127.0.0.1:") for message in messages)


def test_without_bindaddr_it_listens_on_this_host_only_and_says_so(tmp_path):
    write_configuration(tmp_path, NOWHERE, http_conf=HTTP_CONF.replace("bindaddr=127.0.0.1\n", ""))
    process, log = started("-C", tmp_path)
    code, _ = ended(process)
    assert code == 0 and "serving http://127.0.0.1:" in log and re.search(r"WARNING: .*bindaddr", log)


def test_a_pbx_that_is_down_does_not_keep_it_from_serving_and_is_said(tmp_path):
    write_configuration(tmp_path, NOWHERE)
    process, _ = started("-C", tmp_path)
    line = process.stderr.readline()
    code, _ = ended(process)
    assert code == 0 and "the PBX at 127.0.0.1 port 1: " in line


@pytest.mark.parametrize("http_conf, manager_conf, warning", [
    (HTTP_CONF, MANAGER_CONF.replace("webenabled=yes", "webenabled=no"), "webenabled"),
    (HTTP_CONF + "[post_mappings]\nuploads=/no/such/place\n", MANAGER_CONF, "/no/such/place"),
])
def test_what_may_surprise_is_said_at_the_start(tmp_path, http_conf, manager_conf, warning):
    write_configuration(tmp_path, NOWHERE, http_conf=http_conf, manager_conf=manager_conf)
    process, log = started("-C", tmp_path)
    ended(process)
    assert re.search("WARNING: .*" + warning, log)


def test_show_http_prints_what_is_served_and_nothing_else(tmp_path):
    write_configuration(tmp_path, NOWHERE)
    done = ajam("show", "http", "-C", tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("HTTP Server Status:\nPrefix: /asterisk\nServer: Asterisk/")
    assert "/asterisk/rawman => Raw HTTP Manager Event Interface\n" in done.stdout
    assert done.stdout.endswith("Path Restrictions:\n  None.\n")


@pytest.mark.parametrize("arguments", [
    ("show", "http"), ("check",), ("check", "--json"), ("man",), ("demo", "--port", "0"), ("--help",), ("--version",),
    ("call", "--help")])
def test_what_cannot_be_written_is_said_in_one_line_and_ends_it_with_1(tmp_path, arguments):
    write_configuration(tmp_path, NOWHERE)
    arguments = (*arguments, "-C", tmp_path) if arguments[0] in ("show", "check") else arguments
    with open("/dev/full", "w") as full:
        done = ajam(*arguments, stdout=full)
    lines = [line for line in done.stderr.splitlines() if not re.match(r"\d{4}-\d\d-\d\dT", line)]  # without the log's
    assert (done.returncode, lines) == (1, ["ajam: cannot write: No space left on device"])


@pytest.mark.parametrize("arguments", [("man",), ("--help",), ("check", "-C", "/nonexistent")])
def test_whoever_reads_no_further_is_told_nothing(arguments):
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as closed:
        done = ajam(*arguments, stdout=closed)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("arguments, code", [("man", 0), ("check -C /nonexistent", 1), ("fly", 2)])
def test_without_an_output_it_ends_as_with_one(arguments, code):
    line = "%s -m ajam %s >&-" % (sys.executable, arguments)
    done = subprocess.run(["sh", "-c", line], stderr=subprocess.PIPE, text=True, timeout=RUN_SECONDS)
    assert done.returncode == code and "Traceback" not in done.stderr


def test_names_that_are_no_text_are_served_and_shown_escaped(tmp_path):
    write_configuration(tmp_path, NOWHERE)
    (tmp_path / "http.conf").write_bytes(HTTP_CONF.encode() + b"prefix=caf\xe9\n[post_mappings]\nup\xe9=/tmp\n")
    done = ajam("show", "http", "-C", tmp_path)
    assert done.returncode == 0 and "/caf\\udce9/up\\udce9 => HTTP POST mapping\n" in done.stdout
    process, log = started("-C", tmp_path)
    assert ended(process)[0] == 0 and "/caf\\udce9/" in log
