"""Files from browsers: what is stored is what was sent, whole, by its own name, and nowhere else."""

import os
import tempfile
from typing import NamedTuple, Tuple

from ajam.errors import RequestError
from ajam.web import uploads
from ajam.web.exchange import Request
from tests.fuzz.cases import Property
from tests.fuzz.chance import cut, mutated, noise, scraps

BOUNDARIES = {  # how a browser may write it, by what it is
    b"x": b"multipart/form-data; boundary=x", b"--": b'Multipart/Form-Data; Boundary="--"; charset=utf-8',
    b"----WebKitFormBoundary7MA4YWxk": b"multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxk",
    b"a'()+_,./:=?b": b'multipart/form-data;boundary="a\'()+_,./:=?b"',
}
NAMES = {  # how it is stored, by what is sent; None for what may not be
    b'filename="a.txt"': b"a.txt", b"filename=bare": b"bare", b"FileName = \"x y\"": b"x y",
    b'filename="C:\\dir\\b.txt"': b"b.txt", b'filename="../../etc/passwd"': b"passwd", b'filename="/abs"': b"abs",
    b"filename*=UTF-8''%41%2fb%C3%A9": b"b\xc3\xa9", b"filename*=''..%2f..%5cc": b"c", b'filename="link"': b"link",
    b'filename="\xe9 \xff"': b"\xe9 \xff", b'filename="%2e%2e%2fd"': b"%2e%2e%2fd",
    b'filename="' + b"n" * 255 + b'"': b"n" * 255, b'filename=""': None, b'filename="."': None, b'filename=".."': None,
    b'filename="a/.."': None, b'filename=".hidden"': None, b'filename="a\0b"': None, b'filename="a\x1bb"': None,
    b"filename*=''a%0d%0ab": None, b"filename*=''a%00": None, b"filename*=''%2e%2e": None, b'filename="a/"': None,
    b'filename="' + b"n" * 256 + b'"': None,
}
TROUBLE = (
    b"\r\n", b"\n", b"--", b"\r\n--", b"--x", b"\r\n--x", b"\r\n--x--", b"\r\n\r\n", b"\0", b"..", b"/", b"\\", b'"',
    b"filename=", b";", b"%2f",
)
BEFORE = {b"kept": b"as it was", b"sub": None}  # None for a directory
LINKS = (b"link", b"passwd")  # each leads to the file outside


class Form(NamedTuple):
    """A multipart body in pieces, as reads of it bring them.

    meant  the files in it as (name, content), () when it is to be refused, None when it has been changed
    """

    boundary: bytes
    pieces: Tuple[bytes, ...]
    meant: object = None


def generate(random):
    """Some files and fields, as they are or changed."""
    boundary, parts = random.choice(list(BOUNDARIES)), []
    for _ in range(random.randint(1, 3)):
        parts.append((random.choice((b"", *NAMES)), content(random, boundary)))
    body = random.choice((b"", b"\r\n", b"preamble\r\n")) + b"".join(
        b"--%b%b\r\n%b\r\n\r\n%b\r\n" % (boundary, random.choice((b"", b"", b" \t")), part_head(random, name), data)
        for name, data in parts) + b"--%b--" % boundary + random.choice((b"", b"\r\n", b"\r\n--%b" % boundary))
    if random.random() < 0.4:
        return Form(boundary, tuple(cut(random, body)), meant(parts))
    trouble = TROUBLE + (boundary, b"--" + boundary, b"--%b--" % boundary)
    return Form(boundary, tuple(cut(random, mutated(random, body, trouble))))


def content(random, boundary):
    """Bytes of a file; what looks like a delimiter is in it, but no delimiter."""
    pieces = (b"\r\n", b"--", b"\r\n-", boundary[:-1], b"\r", b"\n", b"text", b"\0\xff", noise(random, 5))
    data = scraps(random, pieces, 8)
    return data if b"\r\n--" + boundary not in b"\r\n" + data + b"\r\n" else b"plain"


def part_head(random, name):
    """The header lines of a part."""
    lines = [b"Content-Disposition: form-data; name=\"f\"" + (b"; " + name if name else b"")]
    lines += random.sample((b"Content-Type: text/plain", b"X-Other: ;filename=no"), random.randint(0, 2))
    random.shuffle(lines)
    return b"\r\n".join(lines)


def meant(parts):
    """The (name, content) of each file, () when one of them or their lack makes the form a bad one."""
    files = [(NAMES[name], data) for name, data in parts if name]
    return () if not files or any(name is None for name, _ in files) else tuple(files)


class Dribble:
    """A file that is read in the pieces that it came in."""

    def __init__(self, pieces):
        self._pieces = list(pieces)

    def read(self, size):
        """The next piece, b"" behind the last."""
        return self._pieces.pop(0) if self._pieces else b""


def check(form):
    """In pieces or whole, the same is stored, and no file is touched that was not meant."""
    whole = b"".join(form.pieces)
    outcomes = [stored(form.boundary, pieces) for pieces in (form.pieces, (whole,), [bytes((byte,)) for byte in whole])]
    assert outcomes[0] == outcomes[1] == outcomes[2], outcomes
    status, files = outcomes[0]
    if form.meant is not None:
        assert (status, files) == ((200, dict(form.meant)) if form.meant else (400, {})), (status, files)
    parts = parts_of(whole, form.boundary)
    assert status != 200 or parts, parts
    for name, data in files.items():
        assert data in parts, name
        assert name and name[:1] != b"." and len(name) <= 255 and not set(name) & set(b"\0\n\r\x1b/\\"), name


def parts_of(body, boundary):
    """The content of each part of a body, by RFC 2046 5.1.1; () when it is not well-formed or does not end."""
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary)
    found = []
    for part in parts:
        if part.startswith(b"--"):
            return tuple(found)
        head, blank, data = part.partition(b"\r\n\r\n")
        if not blank or head.split(b"\r\n")[0].strip(b" \t"):
            return ()
        found.append(data)
    return ()


def stored(boundary, pieces):
    """(status, the files that were stored with their contents) of an upload into a directory with something in it."""
    with tempfile.TemporaryDirectory() as outer:
        outer = os.fsencode(outer)
        directory = os.path.join(outer, b"inner")
        furnish(outer, directory)
        request = Request("POST", b"/", b"/", b"", {b"content-type": BOUNDARIES[boundary]}, Dribble(pieces))
        try:
            uploads.store(request, directory)
        except RequestError as error:
            status = error.status
        else:
            status = 200
        assert sorted(os.listdir(outer)) == [b"inner", b"outside"]
        assert contents(os.path.join(outer, b"outside")) == b"not to be touched"
        return status, changes(directory, status)


def furnish(outer, directory):
    """What is there before: a file outside, and within a file, a directory and links that lead out."""
    write(os.path.join(outer, b"outside"), b"not to be touched")
    os.makedirs(os.path.join(directory, b"sub"))
    write(os.path.join(directory, b"kept"), BEFORE[b"kept"])
    for name in LINKS:
        os.symlink(b"../outside", os.path.join(directory, name))


def changes(directory, status):
    """The files by name that are new in the directory; none of them half, and none at all after a refusal."""
    found = {}
    for name in os.listdir(directory):
        path = os.path.join(directory, name)
        if name in BEFORE and (os.path.isdir(path) or contents(path) == BEFORE[name]) or os.path.islink(path):
            continue
        found[name] = contents(path)
    assert status != 400 or not found, found
    assert os.listdir(os.path.join(directory, b"sub")) == []
    return found


def contents(path):
    """The bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    """Makes a file."""
    with open(path, "wb") as file:
        file.write(data)


PROPERTIES = (
    Property("uploads", generate, check, 40),
)
