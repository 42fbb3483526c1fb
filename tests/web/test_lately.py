"""ajam/web/lately.py: what is remembered is bounded, and is no secret."""

import pytest

from ajam.web import parameters
from ajam.web.exchange import Request
from ajam.web.lately import LONGEST, MOST_PARTS, is_secret, remembered


@pytest.mark.parametrize("text, times", [
    (b"a=b&c=d", 1), (b"x" * LONGEST, 1), (b"x" * (LONGEST + 1), 2),
    (b"&" * (MOST_PARTS - 1), 1), (b"&" * MOST_PARTS, 2),
])
def test_short_texts_of_few_parts_are_read_once(text, times):
    read = []
    look_up = remembered(lambda text: read.append(text) or len(text))
    assert look_up(text) == look_up(text) == len(text)
    assert read == [text] * times


@pytest.mark.parametrize("text, secret", [
    (b"action=login&username=a&Secret=x", True), (b"key=0123", True), (b"GET / HTTP/1.1\r\nAUTHORIZATION: Basic x", True),
    (b"action=ping", False),
])
def test_what_has_a_secret_in_it_is_forgotten(text, secret):
    assert is_secret(text) is secret


def test_a_logins_parameters_are_read_and_forgotten():
    request = Request("GET", b"/?secret=forgotten", b"/", b"secret=forgotten", {}, b"", "192.0.2.7", False)
    pairs = parameters.of_request(request)
    assert pairs == ((b"secret", b"forgotten"),)
    assert parameters.of_request(request) is not pairs


@pytest.mark.parametrize("method, query, body, long", [
    ("GET", b"x" * LONGEST, b"", False), ("GET", b"x" * (LONGEST + 1), b"", True),
    ("POST", b"", b"x" * (LONGEST + 1), True), ("POST", b"", b"x" * LONGEST, False),
])
def test_long_parameters_are_for_a_worker(method, query, body, long):
    assert parameters.are_long(Request(method, b"/?" + query, b"/", query, {}, body, "192.0.2.7", False)) is long
