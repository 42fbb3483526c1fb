"""Who may run ajam: not root, unless that is meant; anybody else, on a system where he may write next to nothing."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest

from ajam.errors import ConfigError
from ajam.service import check_user
from ajam.conf import settings as configuration
from tests.browser import Browser
from tests.joint.site import until
from tests.load.service import SERVING
from tests.serving import HTTP_CONF, write_configuration

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUN_SECONDS = 30
MULTIPART = b"Content-Type: multipart/form-data; boundary=b"
FORM = b'--b\r\nContent-Disposition: form-data; name="f"; filename="greeting.wav"\r\n\r\n%s\r\n--b--\r\n'

# A mount namespace in which nothing can be written but below the directories $1 and $2; then Python as nobody.
READ_ONLY = """\
set -e
for place in "$1" "$2"; do mount --bind "$place" "$place"; done
mount -o remount,bind,ro /
touch "$3/x" 2>/dev/null && exit 3
exec "$4" -c "$5" "$3"
"""
# What is imported first may be where nobody may look, as below a home directory.
AS_NOBODY = """\
import encodings.ascii, encodings.idna, encodings.latin_1, locale, os, sys
import ajam.cli
nobody = %d
os.setgroups([])
os.setgid(nobody)
os.setuid(nobody)
sys.exit(ajam.cli.main(["-C", sys.argv[1], "serve"]))
"""


def may_remount():
    """True where a mount namespace of one's own can be had, which containers do not always allow."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    done = subprocess.run(["unshare", "--mount", "mount", "-o", "remount,bind,ro", "/"], capture_output=True)
    return done.returncode == 0


def without_root_line(directory):
    """Removes from ajam.conf that root may serve."""
    path = directory / "ajam.conf"
    path.write_text(path.read_text().replace("root=yes\n", ""))


def test_root_is_refused_with_the_remedy_unless_it_is_meant(tmp_path):
    write_configuration(tmp_path, ("127.0.0.1", 1))
    check_user(configuration.load(tmp_path), user=lambda: 0)
    without_root_line(tmp_path)
    settings = configuration.load(tmp_path)
    check_user(settings, user=lambda: 1000)
    with pytest.raises(ConfigError) as refusal:
        check_user(settings, user=lambda: 0)
    assert str(refusal.value) == (
        "%s/ajam.conf: ajam does not serve as root, for it needs no right that a user of its own has not got; start it "
        "by its unit (User=ajam), or with runuser -u ajam, or write root=yes under [daemon] in ajam.conf" % tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be refused for being root")
@pytest.mark.parametrize("arguments", [(), ("serve",)], ids=["no command", "serve"])
def test_the_command_line_says_so_and_ends_with_1_before_it_listens(tmp_path, arguments):
    write_configuration(tmp_path, ("127.0.0.1", 1))
    without_root_line(tmp_path)
    done = subprocess.run([sys.executable, "-m", "ajam", "-C", str(tmp_path), *arguments], cwd=ROOT, text=True,
                          capture_output=True, timeout=RUN_SECONDS)
    assert done.returncode == 1
    assert done.stderr.startswith("ajam: %s/ajam.conf: ajam does not serve as root, " % tmp_path)
    assert not (tmp_path / "ajam.ctl").exists()


@pytest.mark.skipif(not may_remount(), reason="no mount namespace of its own can be had here (as root, by unshare)")
def test_on_a_system_that_is_read_only_to_it_it_does_all_that_it_has_to_do(peer):
    with tempfile.TemporaryDirectory() as name:  # not tmp_path, whose parents let nobody in
        place = pathlib.Path(name)
        place.chmod(0o755)
        for tree in ("ajam", "www"):
            shutil.copytree(ROOT / tree, place / tree)
        uploads, run = (own_directory(place / name) for name in ("uploads", "run"))
        write_configuration(
            place, peer.address, http_conf=HTTP_CONF + "[post_mappings]\nuploads=%s\n" % uploads,
            ajam_conf="[daemon]\nsocket=%s/ajam.ctl\n" % run)
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", READ_ONLY, "sh", str(uploads), str(run), str(place), sys.executable,
             AS_NOBODY % pwd.getpwnam("nobody").pw_uid],
            cwd=place, stderr=subprocess.PIPE, text=True)
        try:
            log = [process.stderr.readline()]
            found = SERVING.search(log[0])
            assert found, "".join(log + process.stderr.readlines())
            use((found[2], int(found[3])), run / "ajam.ctl", place)
        finally:
            process.send_signal(signal.SIGTERM)
            log += process.communicate(timeout=RUN_SECONDS)[1].splitlines(True)
        assert process.returncode == 0, log
        assert not [line for line in log if line.startswith(("WARNING", "ERROR")) or "Traceback" in line]
        assert [(path.name, path.owner(), path.stat().st_size) for path in uploads.iterdir()] == [
            ("greeting.wav", "nobody", 3_000_000)]


def own_directory(path):
    """A new directory that nobody, the user, may write."""
    path.mkdir()
    os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)
    return path


def use(address, control, directory):
    """A login, an action, a page, an upload too large for memory alone, a command, a reload."""
    with Browser(address) as browser:
        assert b"accepted" in browser.log_in().body
        assert b"Ping: Pong" in browser.action("ping").body
        assert browser.request("/asterisk/static/index.html").status == 200
        assert browser.request("/asterisk/uploads", "POST", FORM % (b"x" * 3_000_000), (MULTIPART,)).status == 200
    until(control.exists)
    for command in ("core show version", "module reload"):
        done = subprocess.run([sys.executable, "-m", "ajam", "-C", str(directory), "-rx", command], cwd=ROOT, text=True,
                              capture_output=True, timeout=RUN_SECONDS)
        assert done.returncode == 0, done
