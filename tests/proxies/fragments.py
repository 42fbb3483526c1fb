"""The fragments of etc/, as an administrator would adapt them: ports, examples switched on, uploads added."""

import pathlib
import re

ROOT = pathlib.Path(__file__).parent.parent.parent
ETC, README = ROOT / "etc", ROOT / "README"
AJAM, ASTERISK = "127.0.0.1:8088", "127.0.0.1:8090"  # as the fragments have them


def adapted(name, ajam, asterisk):
    """The text of etc/`name` for an ajam and an Asterisk at these (host, port)s.

    What is commented out without a blank behind the # is an example to be switched on; `sounds` is an upload.
    """
    text = (ETC / name).read_text()
    text = re.sub(r"^#(?=\S|\t| {4}\S)", "", text, flags=re.MULTILINE)
    text = text.replace("|httpstatus|", "|httpstatus|sounds|")
    return text.replace(AJAM, "%s:%d" % ajam).replace(ASTERISK, "%s:%d" % asterisk)


def write(directory, name, ajam, asterisk):
    """Writes adapted() into a file in `directory`, and returns its path."""
    path = directory / name.replace("/", "-")
    path.write_text(adapted(name, ajam, asterisk))
    return path
