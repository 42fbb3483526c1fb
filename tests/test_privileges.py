"""ajam/privileges.py: event masks as Asterisk 16 and 22 read them (their answers to an Events action)."""

import pytest

from ajam.privileges import ALL, LABELS, mask_from_text, mask_of_event, unknown_labels

CALL, USER, SYSTEM, SECURITY = (LABELS[name] for name in ("call", "user", "system", "security"))


@pytest.mark.parametrize("text, mask", [
    ("", None), ("on", ALL), ("ON", ALL), ("Yes", ALL), ("off", 0), ("NO", 0), ("f", 0),
    ("call", CALL), ("call,user", CALL | USER), ("call,nonsense", CALL), ("nonsense", 0), ("call, user", CALL),
    ("s,call", SYSTEM | SECURITY | CALL), ("call,", CALL), ("x,", 0), (",x", ALL), ("all,x", ALL), ("none", 0),
    ("Call", 0), ("ALL", 0), ("CALL,x", 0), ("user,Call", USER),
    ("1", 1), ("6", 6), ("007", 7), ("-1", 0), ("+1", 0), ("1 ", 0),
    ("4294967296", 0), ("4294967297", 1), ("2147483647", ALL), ("2147483648", None),
    ("99999999999", 1215752191), ("99999999999999999999", None), ("9" * 5000, None),
])
def test_a_mask_is_read_as_asterisk_reads_it(text, mask):
    assert mask_from_text(text) == mask


@pytest.mark.parametrize("labels, mask", [
    ("call,all", CALL), ("call,system,all", CALL | SYSTEM), ("<none>", 0), ("all", 0), ("", 0),
    ("brandnew,all", ALL), ("call,brandnew,all", ALL),
])
def test_an_events_categories_are_all_its_labels_but_all(labels, mask):
    assert mask_of_event(labels) == mask


def test_labels_have_asterisks_bits():
    assert [LABELS[name] for name in ("system", "dtmf", "hook", "security", "message")] == [
        1, 256, 16384, 262144, 1 << 30]


@pytest.mark.parametrize("text, unknown", [
    ("", []), ("call", []), ("c,sys,all", []), (",none", []), ("all,", []), ("a b,call", ["a b"]), ("c,co", ["co"]),
    ("Call,x,y", ["Call", "x", "y"])])
def test_labels_that_name_nothing_are_found(text, unknown):
    assert unknown_labels(text) == unknown
