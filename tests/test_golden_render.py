"""ajam/render.py against what real Asterisks answered; tests/data/golden/README says what is there."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ajam import render

GOLDEN = Path(__file__).parent / "data" / "golden"
ANSWERS = sorted(GOLDEN.glob("1[46]/*.json")) + sorted(GOLDEN.glob("22/*.json"))
ANSWERS_OF_TODAY = [path for path in ANSWERS if path.parent.name != "14"]
EVENTS = sorted(GOLDEN.glob("events-*.txt"))


def name_of(path):
    """14/ping"""
    return "%s/%s" % (path.parent.name, path.stem)


def body(path, key):
    """One body of a golden answer; its characters are bytes."""
    return json.loads(path.read_text("utf-8"))[key].encode("latin-1")


def test_there_are_golden_answers_of_three_versions():
    assert {path.parent.name for path in ANSWERS} == {"14", "16", "22"}
    assert [path.name for path in EVENTS] == ["events-14.txt", "events-16.txt", "events-22.txt"]


@pytest.mark.parametrize("path", ANSWERS_OF_TODAY, ids=name_of)
def test_xml_is_asterisks_to_the_byte(path):
    assert render.xml(body(path, "raw")) == body(path, "xml")


@pytest.mark.parametrize("path", ANSWERS_OF_TODAY, ids=name_of)
def test_html_is_asterisks_to_the_byte(path):
    assert render.html(body(path, "raw")) == body(path, "html")


@pytest.mark.parametrize("path", ANSWERS, ids=name_of)
def test_raw_is_asterisks_to_the_byte(path):
    assert render.raw(body(path, "raw")) == body(path, "raw")


@pytest.mark.parametrize("path", ANSWERS, ids=name_of)
def test_the_xml_of_an_answer_carries_every_field(path):
    output = body(path, "raw")
    objects = ElementTree.fromstring(render.xml(output)).findall("response/generic")
    assert [len(generic.attrib) for generic in objects] == [len(names) for names, _ in render.blocks(output)]


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_the_xml_of_an_event_stream_has_every_event_in_its_order(path):
    stream = path.read_bytes()
    objects = ElementTree.fromstring(render.xml(stream)).findall("response/generic")
    events = [line[7:] for line in stream.decode("latin-1").splitlines() if line.startswith("Event: ")]
    assert [generic.get("event") for generic in objects if generic.get("event")] == events
