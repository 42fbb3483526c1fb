"""The process's log as it is written, for a test; afterwards all is as before."""

import contextlib
import io
import logging

from ajam import logs
from ajam.conf.sections import LogSettings

GLOBAL = ("_srcfile", "logThreads", "logProcesses", "logMultiprocessing")  # what logs.set_up() sets


@contextlib.contextmanager
def undone():
    """What logs.set_up() does in this block is undone at its end."""
    values = {name: getattr(logging, name) for name in GLOBAL}
    level = logging.root.level
    try:
        yield
    finally:
        for handler in logs.own_handlers():
            logging.root.removeHandler(handler)
            handler.close()
        for name, value in values.items():
            setattr(logging, name, value)
        logging.root.setLevel(level)


class Written(io.StringIO):
    """A stderr that remembers."""

    def getvalue(self):
        """All that was logged."""
        logs.flush()
        return super().getvalue()

    @property
    def lines(self):
        """What was written, as lines: ends are all that str.splitlines() knows, not line feeds alone."""
        return self.getvalue().splitlines()


@contextlib.contextmanager
def written(format="text"):
    """The Written to which everything is logged in this block."""
    stream = Written()
    with undone():
        logs.set_up(LogSettings(None, format, True), stream)
        yield stream
