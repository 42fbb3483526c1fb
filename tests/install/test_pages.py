"""ajam/pages.py: ways to have ajam that README does not name."""

import http.client
import shutil
import subprocess

import pytest

from tests.install.ways import MAKE_SECONDS, RUN_SECONDS, Way, clone


def status_of(address, name):
    """The status of the answer to the request for a file below /static/."""
    browser = http.client.HTTPConnection(*address, timeout=RUN_SECONDS)
    browser.request("GET", "/asterisk/static/" + name)
    status = browser.getresponse().status
    browser.close()
    return status


def zipped(tree, layout, place, environment):
    """A single file, with the modules and pages of a tree where `layout` wants them."""
    for source, target in layout.items():
        shutil.copytree(tree / source, place / "in" / target)
    shutil.copy2(tree / "ajam/__main__.py", place / "in")
    subprocess.run(["python3", "-m", "zipapp", "-o", "ajam.pyz", "in"], cwd=place, env=environment, check=True,
                   timeout=MAKE_SECONDS)
    return Way(tree, ("python3", "ajam.pyz"), place, environment)


@pytest.mark.parametrize("layout", [
    {"ajam": "ajam", "www": "ajam/www"}, {"ajam": "ajam", "www": "www"},
], ids=["as pip installs it", "as in the checkout"])
def test_a_zip_file_of_either_layout_has_its_pages(layout, tmp_path, tree, environment):
    with zipped(tree, layout, tmp_path, environment).serve(tmp_path, tmp_path) as serving:
        assert status_of(serving.address, "console/main.js") == 200
    assert "staticdir" not in serving.log


def test_without_pages_it_serves_the_rest_and_says_where_they_belong(tmp_path, tree, environment):
    place = clone(tree, tmp_path / "ajam")
    shutil.rmtree(place / "www")
    with Way(place, ("python3", "-m", "ajam"), place, environment).serve(tmp_path, tmp_path) as serving:
        assert status_of(serving.address, "index.html") == 404
        assert status_of(serving.address, "../httpstatus") == 403
    assert serving.log.count("the pages that come with ajam are not in %s" % place) == 1


def test_a_zip_file_without_pages_does_the_same(tmp_path, tree, environment):
    with zipped(tree, {"ajam": "ajam"}, tmp_path, environment).serve(tmp_path, tmp_path) as serving:
        assert status_of(serving.address, "index.html") == 404
    assert serving.log.count("the pages that come with ajam are not in ") == 1


def test_what_pip_installs_for_those_who_work_on_it_has_its_pages(tmp_path, tree, environment):
    place = clone(tree, tmp_path / "ajam")
    editable = {**environment, "PYTHONPATH": str(place)}  # what a .pth file of `pip install -e` does
    with Way(place, ("python3", "-m", "ajam"), tmp_path, editable).serve(tmp_path, tmp_path) as serving:
        assert status_of(serving.address, "index.html") == 200
