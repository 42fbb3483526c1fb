"""Where the pages that come with ajam are, in each of the three ways to have it.

    the checkout        www beside the package
    pip install         ajam/www, inside the package (setup.cfg puts it there)
    ajam.pyz            either of the two, inside the zip file
"""

import functools
import logging
import pathlib
import time
import zipfile
import zipimport

import ajam
from ajam.web.archive import Archive
from ajam.web.directory import Directory
from ajam.web.kept import Kept
from ajam.web.static import StaticFiles

PLACES = ("ajam/www", "www")  # below what holds the package

log = logging.getLogger("ajam")


def served(staticdir):
    """The StaticFiles of the directory that the administrator named; None: those that come with ajam."""
    return shipped() if staticdir is None else StaticFiles(Kept(Directory(staticdir), time.monotonic))


@functools.lru_cache(maxsize=None)  # a zip file that was replaced meanwhile has the pages of another version
def shipped():
    """The StaticFiles that come with ajam; where they were left behind, a warning, and files of no name."""
    loader = ajam.__spec__.loader
    if isinstance(loader, zipimport.zipimporter):
        with zipfile.ZipFile(loader.archive) as archive:
            place = _place(zipfile.Path(archive, loader.prefix))
        return StaticFiles(Archive(loader.archive, loader.prefix + place + "/"))
    top = pathlib.Path(ajam.__file__).resolve().parent.parent
    return StaticFiles(Kept(Directory(top / _place(top)), time.monotonic))


def _place(top):
    """Where the pages are below `top`, a path in the file system or in a zip file."""
    for place in PLACES:
        if top.joinpath(place).is_dir():
            return place
    log.warning("the pages that come with ajam are not in %s; put its directory www there, or name a staticdir "
                "in [http] of ajam.conf", top)
    return PLACES[-1]
