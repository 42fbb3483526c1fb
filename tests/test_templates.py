"""ajam/templates.py: escaping, and the two pages that stand alone."""

import pytest

from ajam import templates

RULE = b'<tr><td colspan="2"><hr></td></tr>\r\n'


def test_escape_makes_the_five_entities():
    assert templates.escape(b"<a href='x' b=\"y\">&amp;") == (
        b"&lt;a href=&apos;x&apos; b=&quot;y&quot;&gt;&amp;amp;")


def test_the_error_page_is_asterisks_to_the_byte():
    text = "The requested URL was not found on this server."
    assert templates.error_page(404, "Not Found", text, "Asterisk/22.10.1") == (
        b'<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\r\n<html><head>\r\n'
        b"<title>404 Not Found</title>\r\n</head><body>\r\n<h1>Not Found</h1>\r\n"
        b"<p>The requested URL was not found on this server.</p>\r\n<hr />\r\n"
        b"<address>Asterisk/22.10.1</address>\r\n</body></html>\r\n")


def test_the_error_page_has_no_address_line_without_a_servername():
    page = templates.error_page(401, "Unauthorized", "", "")
    assert page.endswith(b"<p></p>\r\n<hr />\r\n</body></html>\r\n")


def test_nothing_on_the_error_page_is_markup():
    page = templates.error_page(400, "<b>", "<script>alert('1')</script>", '"<i>"')
    assert b"<title>400 &lt;b&gt;</title>" in page and b"<h1>&lt;b&gt;</h1>" in page
    assert b"<p>&lt;script&gt;alert(&apos;1&apos;)&lt;/script&gt;</p>" in page
    assert b"<address>&quot;&lt;i&gt;&quot;</address>" in page


@pytest.mark.parametrize("text, shown", (
    ("x" * 511, b"x" * 511),
    ("x" * 512, b"x" * 511),
    ("x" * 506 + "&y", b"x" * 506 + b"&amp;"),
    ("x" * 507 + "&y", b"x" * 507),
    ("&" * 200, b"&amp;" * 102),
    ("&;" + "x" * 600, b"&amp;;" + b"x" * 505),
), ids=("fits", "one-over", "entity-fits", "entity-does-not-fit", "entities", "semicolon"))
def test_a_long_text_on_the_error_page_is_cut_but_no_entity(text, shown):
    assert b"<p>" + shown + b"</p>" in templates.error_page(400, "Bad Request", text, "")


def test_a_long_servername_on_the_error_page_is_cut():
    page = templates.error_page(400, "Bad Request", "", "x" * 128)
    assert b"<address>" + b"x" * 127 + b"</address>" in page


def test_the_status_page_is_asterisks_to_the_byte():
    variables = [(b"a", b"1"), (b"b", b'<x"'), (b"", b"")]
    cookies = [(b"x", b"1"), (b"y", b"<b>")]
    page = templates.status_page("Asterisk/22.10.1", "/asterisk", "127.0.0.1:8088", "", variables, cookies)
    assert page == (
        b'<html><title>Asterisk HTTP Status</title>\r\n<body bgcolor="#ffffff">\r\n'
        b'<table bgcolor="#f1f1f1" align="center"><tr><td bgcolor="#e0e0ff" colspan="2" width="500">\r\n'
        b"<h2>&nbsp;&nbsp;Asterisk&trade; HTTP Status</h2></td></tr>\r\n"
        b"<tr><td><i>Server</i></td><td><b>Asterisk/22.10.1</b></td></tr>\r\n"
        b"<tr><td><i>Prefix</i></td><td><b>/asterisk</b></td></tr>\r\n"
        b"<tr><td><i>Bind Address</i></td><td><b>127.0.0.1:8088</b></td></tr>\r\n" + RULE
        + b"<tr><td><i>Submitted GET Variable 'a'</i></td><td>1</td></tr>\r\n"
        b"<tr><td><i>Submitted GET Variable 'b'</i></td><td>&lt;x&quot;</td></tr>\r\n"
        b"<tr><td><i>Submitted GET Variable ''</i></td><td></td></tr>\r\n" + RULE
        + b"<tr><td><i>Cookie 'y'</i></td><td>&lt;b&gt;</td></tr>\r\n"
        b"<tr><td><i>Cookie 'x'</i></td><td>1</td></tr>\r\n"
        b'</table><center><font size="-1"><i>Asterisk and Digium are registered trademarks of Digium, Inc.'
        b"</i></font></center></body></html>\r\n")


def test_the_status_page_shows_the_tls_address_when_there_is_one():
    page = templates.status_page("", "", "[::1]:8088", "[::1]:8089", (), ())
    assert b"<b>[::1]:8088</b></td></tr>\r\n<tr><td><i>TLS Bind Address</i></td><td><b>[::1]:8089</b>" in page


def test_nothing_on_the_status_page_is_markup():
    evil = b"'><script>\"&"
    page = templates.status_page("<i>", "<i>", "<i>", "<i>", [(evil, evil)], [(evil, evil)])
    assert page.count(b"&apos;&gt;&lt;script&gt;&quot;&amp;") == 4
    assert b"<script>" not in page and page.count(b"<i>") == 4 + 2 + 1
