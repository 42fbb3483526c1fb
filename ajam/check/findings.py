"""What an examination finds, as a value and as a line.

    warning: 127.0.0.1:8088: Asterisk has this port (process 812); write enabled = no in http.conf ...
    level    place           what                                  remedy

An error is a mistake that keeps something from working, or lets in whoever likes. A warning may be meant,
or may pass: a PBX that is down, a port that is taken. A remark says how things are.
"""

from typing import NamedTuple

from ajam.logs import one_line

REMARK, WARNING, ERROR = LEVELS = ("remark", "warning", "error")  # as they are printed: the worst comes last


class Finding(NamedTuple):
    """One thing found: one of LEVELS, where, what, and what to do about it ("" for nothing)."""

    level: str
    place: str
    what: str
    remedy: str = ""

    def __str__(self):
        text = "%s: %s: %s" % (self.level, self.place, self.what)
        return one_line(text + "; " + self.remedy if self.remedy else text)


def of_error(error):
    """A ConfigError as a Finding."""
    return of_sentence(ERROR, str(error))


def of_sentence(level, sentence):
    """A sentence "file:line: what; remedy", as Settings.warnings and a ConfigError have them."""
    place, _, rest = sentence.partition(": ")
    what, _, remedy = rest.partition("; ")
    return Finding(level, place, what, remedy)


def summary(findings):
    """The last line: "OK", or how many warnings and errors there are."""
    counts = [(level, sum(finding.level == level for finding in findings)) for level in (ERROR, WARNING)]
    said = ["%d %s%s" % (count, level, "" if count == 1 else "s") for level, count in counts if count]
    return ", ".join(said) or "OK"


def exit_code(findings, strict):
    """1 with an error; 2 with a warning, when those are `strict`ly counted; else 0."""
    levels = {finding.level for finding in findings}
    if ERROR in levels:
        return 1
    return 2 if strict and WARNING in levels else 0
