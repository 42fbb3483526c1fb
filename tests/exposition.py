"""A strict reader of Prometheus' text format 0.0.4, written from its description and not from ajam's writer."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
HELP = re.compile(r"# HELP (%s) ((?:[^\\\n]|\\\\|\\n)*)" % NAME)
TYPE = re.compile(r"# TYPE (%s) (counter|gauge|histogram|summary|untyped)" % NAME)
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"'
SAMPLE = re.compile(r"(%s)(?:\{(%s(?:,%s)*)\})? (\S+)" % (NAME, LABEL, LABEL))
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count")}


def read(page):
    """{name: {tuple of (label, value): number}} of a page; AssertionError for a line that breaks the format.

    Held to: each family begins with its HELP and TYPE, stands once and in one piece, and no series
    comes twice; a histogram's buckets go upwards to +Inf, which is its count.
    """
    assert page.endswith("\n")
    families, series, lines = [], {}, page[:-1].split("\n")
    while lines:
        name, kind = HELP.fullmatch(lines.pop(0))[1], None
        told, kind = TYPE.fullmatch(lines.pop(0)).groups()
        assert told == name and name not in families and (kind == "counter") == name.endswith("_total")
        families.append(name)
        while lines and not lines[0].startswith("#"):
            read_sample(lines.pop(0), [name + suffix for suffix in SUFFIXES.get(kind, ("",))], series)
        if kind == "histogram":
            check_buckets(name, series)
    return series


def read_sample(line, names, series):
    """Puts a line's number into `series`; its name must be one of `names`."""
    match = SAMPLE.fullmatch(line)
    assert match and match[1] in names, line
    labels = tuple(re.findall(LABEL, match[2] or ""))
    number = float(match[match.lastindex])
    assert labels not in series.setdefault(match[1], {}), line
    series[match[1]][labels] = number


def check_buckets(name, series):
    """Holds a histogram's buckets to its count."""
    for labels, count in series[name + "_count"].items():
        buckets = [(float(dict(each)["le"]), number) for each, number in series[name + "_bucket"].items()
                   if tuple(pair for pair in each if pair[0] != "le") == labels]
        assert buckets == sorted(buckets) and buckets[-1] == (float("inf"), count)
        assert sorted(number for _, number in buckets) == [number for _, number in buckets]
        assert labels in series[name + "_sum"]
