"""ajam/web/parameters.py: queries and forms to ordered pairs of bytes.

The expected values were read off the /httpstatus page of Asterisk 22.10.1, except where a
test's name says that ajam is stricter.
"""

import time

import pytest

from ajam.web.exchange import Request
from ajam.web.parameters import decode, of_request

FORM = b"application/x-www-form-urlencoded"


def get(query, method="GET"):
    return Request(method, b"/rawman?" + query, b"/rawman", query, {})


def post(body, content_type=FORM, query=b""):
    return Request("POST", b"/rawman?" + query, b"/rawman", query, {b"content-type": content_type}, body)


@pytest.mark.parametrize("query, pairs", [
    (b"action=ping", ((b"action", b"ping"),)),
    (b"Variable=A&Variable=B&action=x", ((b"Variable", b"A"), (b"Variable", b"B"), (b"action", b"x"))),
    (b"e=1=2", ((b"e", b"1=2"),)),
    (b"d", ((b"d", b""),)),
    (b"a;b=1;c=2", ((b"a;b", b"1;c=2"),)),
    (b"=&&d", ((b"", b""), (b"", b""), (b"d", b""))),
    (b"a=1&", ((b"a", b"1"), (b"", b""))),
    (b"", ((b"", b""),)),
    (b"%61%3d=%26&b=%41+c", ((b"a=", b"&"), (b"b", b"A c"))),
    (b"a=%253D", ((b"a", b"%3D"),)),
    (b"a=x%80y%ff", ((b"a", b"x\x80y\xff"),)),
    (b"channel=PJSIP/100-00000001", ((b"channel", b"PJSIP/100-00000001"),)),
])
def test_a_query_is_split_at_ampersands_only_and_keeps_order_and_repetitions(query, pairs):
    assert of_request(get(query)) == pairs


def test_a_target_without_a_question_mark_has_no_parameters():
    assert of_request(Request("GET", b"/rawman", b"/rawman", b"", {})) == ()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_query_counts_for_every_method_but_post_and_the_body_does_not(method):
    request = get(b"action=ping", method)._replace(headers={b"content-type": FORM}, body=b"action=logoff")
    assert of_request(request) == ((b"action", b"ping"),)


def test_the_query_of_a_post_is_ignored():
    assert of_request(post(b"action=ping", query=b"action=logoff")) == ((b"action", b"ping"),)
    assert of_request(post(b"", query=b"action=logoff")) == ()


@pytest.mark.parametrize("content_type", [
    FORM, b"Application/X-WWW-Form-URLEncoded", FORM + b";charset=utf-8", FORM + b"; charset=utf-8",
])
def test_a_form_type_is_known_in_any_case_and_with_parameters(content_type):
    assert of_request(post(b"action=ping", content_type)) == ((b"action", b"ping"),)


@pytest.mark.parametrize("content_type", [
    b"", b"text/plain", b"multipart/form-data; boundary=x", b"application/json",
    FORM + b" ;charset=utf-8", b" " + FORM,
])
def test_a_body_of_any_other_type_is_no_form(content_type):
    assert of_request(post(b"action=ping", content_type)) == ()


def test_a_post_without_a_type_has_no_parameters():
    assert of_request(post(b"action=ping")._replace(headers={})) == ()


@pytest.mark.parametrize("text, decoded", [
    (b"plain", b"plain"),
    (b"", b""),
    (b"a+b", b"a b"),
    (b"%2b%2B", b"++"),
    (b"%C3%a4", b"\xc3\xa4"),
    (b"%", b"%"),
    (b"%4", b"%4"),
    (b"100%", b"100%"),
    (b"%zz", b"%zz"),
    (b"%%41", b"%A"),
    (b"%2541", b"%41"),
])
def test_percent_and_two_hex_digits_is_a_byte_and_any_other_percent_stays(text, decoded):
    assert decode(text) == decoded


@pytest.mark.parametrize("text, decoded", [
    (b"%ag", b"%ag"),
    (b"% a", b"% a"),
    (b"%-1", b"%-1"),
    (b"%+1", b"% 1"),
    (b"%0x41", b"%0x41"),
    (b"%_1", b"%_1"),
])
def test_what_sscanf_would_take_for_hex_is_left_alone(text, decoded):
    assert decode(text) == decoded


def test_line_ends_and_nul_are_decoded_for_the_writer_to_refuse():
    assert decode(b"x%0d%0aAction:%20Originate%00y") == b"x\r\nAction: Originate\x00y"


@pytest.mark.parametrize("unit", [b"%", b"&", b"=", b"+", b"%4", b"%41", b"&%"])
def test_the_largest_form_of_the_worst_bytes_is_read_at_once(unit):
    body = (unit * 40960)[:40960]
    begin = time.thread_time()
    of_request(post(body))
    assert time.thread_time() - begin < 0.25
