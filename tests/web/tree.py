"""A directory to serve, with things in it and beside it that nobody may have; and what asking for them says."""

import os
import zipfile

import pytest

from ajam.errors import RequestError
from ajam.web.exchange import Request

MTIME = 1700000000
ACCESS_DENIED = (403, "Access Denied", "You do not have permission to access the requested URL.", True)
NOT_FOUND = (404, "Not Found", "The requested URL was not found on this server.", False)
SECRET = b"not for browsers"


def request(**headers):
    """A request for a file, whose name is given apart."""
    return Request("GET", b"/static/x", b"/static/x", b"",
                   {name.replace("_", "-").encode(): value for name, value in headers.items()})


def refusal(files, rest, authenticated=False):
    """What the StaticFiles answer when they have no such file."""
    with pytest.raises(RequestError) as caught:
        files.respond(request(), rest, authenticated)
    error = caught.value
    return error.status, error.reason, error.text, error.close


def zipped(directory):
    """A zip file beside `directory`, with all that is in it below www/, as zipapp writes it."""
    path = directory.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for each in sorted(directory.rglob("*")):
            archive.write(each, "www/" + str(each.relative_to(directory)))
    return path


def grown(tmp_path):
    """The directory, in `tmp_path`: pages, private ones, and files that must never leave it."""
    (tmp_path / "outside.txt").write_bytes(SECRET)
    (tmp_path / "static-evil").mkdir()
    (tmp_path / "static-evil" / "x.txt").write_bytes(SECRET)
    directory = tmp_path / "static"
    for name in ("index.html", "gui/js/app.js", "private/plan.txt", "gui/private/plan.txt", "gui-2.0/README"):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"<p>" + name.encode())
        os.utime(path, (MTIME, MTIME))
    (directory / ".htaccess").write_bytes(SECRET)
    (directory / "gui" / ".git").mkdir()
    (directory / "gui" / ".git" / "config").write_bytes(SECRET)
    return directory
