"""The files of a directory inside a zip file, as a source for web/static.py.

All are read at the start, and the zip file is closed: it may be replaced by a newer one, or
removed, while they are served.

An entry's date alone cannot tell two versions apart: it counts in steps of two seconds, and
tools that build reproducibly give the same to all. So the ETag has the checksum, too.

Source: APPNOTE.TXT 4.4.6 (date and time), 4.4.7 (CRC-32); the date has no time zone, and
zipfile writes the local one.
"""

import os
import time
import zipfile

from ajam.web.routes import not_found
from ajam.web.static import File


class Archive:
    """The files below one directory of a zip file.

    path   of the zip file
    below  the directory in it, with a slash at its end: "www/"

    raises  OSError, zipfile.BadZipFile, zlib.error  it cannot be read
    """

    def __init__(self, path, below):
        written = int(os.stat(path).st_mtime)
        with zipfile.ZipFile(path) as archive:
            found = [(entry.filename[len(below):].encode(), entry, archive.read(entry))
                     for entry in archive.infolist()
                     if entry.filename.startswith(below) and not entry.is_dir()]
        self._files = {name: _file(name, entry, body, written) for name, entry, body in found}

    def has(self, rest):
        """True: all is in memory."""
        return True

    def find(self, rest):
        """The File that `rest` names; RequestError 404 where there is none."""
        try:
            return self._files[b"/".join(filter(None, rest.split(b"/")))]
        except KeyError:
            raise not_found() from None


def _file(name, entry, body, written):
    """The File of an entry; never younger than the zip file, whatever time zone its date was in (RFC 9110 8.8.2.1)."""
    seconds = min(int(time.mktime(entry.date_time + (0, 0, -1))), written)
    return File(tuple(name.split(b"/")), seconds, b'"%d-%08x"' % (seconds, entry.CRC), body)
