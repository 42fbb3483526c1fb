"""Text as man(7) macros: what ajam/manual.py writes.

In prose `...` is set in bold, as something to be typed; the rest needs no escapes.

Source: groff_man(7), groff_char(7): a minus is \\- where it is to be typed, a line must not begin
with a dot or an apostrophe, and a sentence begins on a line of its own.
"""

import re
import textwrap

COLUMNS = 79  # of a line of input; man-pages(7)

_TYPED = re.compile("`([^`]+)`")
_MINUS = re.compile(r"(?<![A-Za-z0-9])-|-(?=-)")  # not the hyphen of a word
_SENTENCES = re.compile(r"(?<=[A-Za-z0-9)`][.:]) (?=[A-Z`])")


def section(title, body):
    """A section with its heading."""
    return ".SH %s\n%s" % (title, body)


def subsection(title):
    """The heading of a subsection."""
    return ".SS %s" % prose(title)


def paragraphs(*texts):
    """Prose, one text a paragraph."""
    return "\n.PP\n".join(map(lines, texts))


def tagged(entries):
    """(tag, prose) pairs, each tag, which is ready to be printed, on a line above its text."""
    return "\n".join(".TP\n%s\n%s" % (tag, lines(text)) for tag, text in entries)


def bold(text):
    """Something to be typed as it is."""
    return "\\fB%s\\fR" % literal(text)


def italic(text):
    """Something for which another thing is to be put."""
    return "\\fI%s\\fR" % literal(text)


def literal(text):
    """Text that comes out character by character."""
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")


def prose(text):
    """Text that reads well, with what stands in `...` as it is typed."""
    pieces = _TYPED.split(text)
    return "".join(bold(piece) if index % 2 else _MINUS.sub(r"\\-", piece.replace("\\", "\\e"))
                   for index, piece in enumerate(pieces))


def lines(text):
    """Prose as lines of input, a new one for every sentence."""
    wrapped = [line for sentence in _SENTENCES.split(text) for line in
               textwrap.wrap(prose(sentence), COLUMNS, break_on_hyphens=False, break_long_words=False)]
    return "\n".join("\\&" + line if line[0] in ".'" else line for line in wrapped)
