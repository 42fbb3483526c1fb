"""ajam.pyz: what is true of the single file alone."""

import http.client
import shutil
import stat
import subprocess

from tests.install.ways import RUN_SECONDS, Way


def copied(single, tmp_path):
    """The single file once more, in a directory of its own."""
    shutil.copy2(single.cwd / "ajam.pyz", tmp_path / "ajam.pyz")
    return Way(single.tree, ("./ajam.pyz",), tmp_path, single.environment)


def test_it_needs_nothing_beside_it(single, tmp_path):
    assert copied(single, tmp_path).run("--version").returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["ajam.pyz"]


def test_it_may_be_called_by_another_name_through_a_link(single, tmp_path):
    (tmp_path / "ajam").symlink_to(single.cwd / "ajam.pyz")
    conf = tmp_path / "conf"
    conf.mkdir()
    linked = Way(single.tree, ("./ajam",), tmp_path, single.environment)
    with linked.serve(conf, conf) as serving:
        assert answers(serving.address) == [200]


def test_a_file_that_is_replaced_while_it_serves_breaks_no_answer(single, tmp_path):
    conf = tmp_path / "conf"
    conf.mkdir()
    with copied(single, tmp_path).serve(conf, conf) as serving:
        (tmp_path / "ajam.pyz").write_bytes(b"half of a newer one")
        paths = ("static/ajamdemo.html", "static/astman/index.js", "httpstatus", "static/nosuch", "manager",
                 "rawman?action=login&username=admin&secret=s3cret", "arawman?action=ping", "events")
        assert answers(serving.address, *paths) == [200, 200, 200, 404, 200, 503, 401, 403]


def answers(address, *paths):
    """The status of the answer to each path."""
    found = []
    for path in paths or ("static/index.html",):
        browser = http.client.HTTPConnection(*address, timeout=RUN_SECONDS)
        browser.request("GET", "/asterisk/" + path)
        found.append(browser.getresponse().status)
        browser.close()
    return found


def test_any_python_starts_it(single):
    done = subprocess.run(["python3", "ajam.pyz", "--version"], cwd=single.cwd, env=single.environment,
                          capture_output=True, timeout=RUN_SECONDS)
    assert done.returncode == 0


def test_the_licence_is_in_it(single):
    listing = subprocess.run(["python3", "-m", "zipfile", "-l", "ajam.pyz"], cwd=single.cwd, text=True,
                             env=single.environment, capture_output=True, timeout=RUN_SECONDS).stdout
    names = [line.split()[0] for line in listing.splitlines()[1:]]
    assert {"LICENSE", "__main__.py", "ajam/__init__.py", "www/index.html"} <= set(names)
    assert not [name for name in names if name.startswith(("tests", "etc", "."))]


def test_another_user_may_start_it(single):
    assert stat.S_IMODE((single.cwd / "ajam.pyz").stat().st_mode) == 0o755
