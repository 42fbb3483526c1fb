"""Every piece of HTML and XML that ajam writes, the header lines that go with pages, and the escaping.

Pieces are bytes with `%b` where something goes in; all that goes in has been through escape(),
except names that were checked to be plain. The line ends, CRLF in one place and LF in the next,
and the attributes without quotes are Asterisk's: clients of twenty years compare and cut these
bytes. render.py fills the pages of the manager; the two pages that stand alone are filled here.

Source: reference.md 1.6 (error page), 1.10 (status page), 2.7 (XML), 2.8 (HTML); security.md rows
10, 11, 36 (header lines).
"""

import re

MAX_SERVERNAME = 127  # bytes of escaped text, as Asterisk's error page; reference.md 1.6
MAX_ERROR_TEXT = 511  # bytes of escaped text, as Asterisk's error page; reference.md 1.6

ENTITIES = (  # "&" first, so that no entity is escaped again
    (b"&", b"&amp;"),
    (b"<", b"&lt;"),
    (b">", b"&gt;"),
    (b"'", b"&apos;"),
    (b'"', b"&quot;"),
)
_HALF_ENTITY = re.compile(rb"&[a-z]*\Z")

# What a browser is not to do: take a reply for what it does not say it is, show our pages in a frame of
# another site, run anything that got into them, tell other sites where it was. With `no-referrer` it would
# hide from ourselves, too, whose form it sends (Fetch 3.1).

NOSNIFF = b"X-Content-Type-Options: nosniff"
REFERRER = b"Referrer-Policy: same-origin"
PAGE_LINES = (  # Asterisk's pages have styles in attributes, a form, and nothing else
    NOSNIFF, REFERRER,
    b"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none';"
    b" frame-ancestors 'self'",
)
OWN_PAGE_LINES = (
    NOSNIFF, REFERRER,
    b"Content-Security-Policy: default-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
)
STATUS_TYPE = b"Content-type: text/html; charset=utf-8"  # Asterisk's page has none, which NOSNIFF would make text

# reference.md 2.7: /mxml and /amxml

XML_BEGIN = b"<ajax-response>\n"
XML_OBJECT_BEGIN = b"<response type='object' id='%b'><%b"
XML_ATTRIBUTE = b" %b='%b'"
XML_OBJECT_END = b" /></response>\n"
XML_END = b"</ajax-response>\n"

# reference.md 2.8: /manager

MANAGER_FORM = (
    b'<form action="manager" method="post">\n'
    b'\tAction: <select name="action">\n'
    b'\t\t<option value="">-----&gt;</option>\n'
    b'\t\t<option value="login">login</option>\n'
    b'\t\t<option value="command">Command</option>\n'
    b'\t\t<option value="waitevent">waitevent</option>\n'
    b'\t\t<option value="listcommands">listcommands</option>\n'
    b"\t</select>\n"
    b'\tor <input name="action"><br/>\n'
    b'\tCLI Command <input name="command"><br>\n'
    b'\tuser <input name="username"> pass <input type="password" name="secret"><br>\n'
    b'\t<input type="submit">\n'
    b"</form>\n"
)
MANAGER_BEGIN = (
    b'<title>Asterisk&trade; Manager Interface</title><body bgcolor="#ffffff">'
    b'<table align=center bgcolor="#f1f1f1" width="500">\r\n'
    b'<tr><td colspan="2" bgcolor="#f1f1ff"><h1>Manager Tester</h1></td></tr>\r\n'
    b'<tr><td colspan="2" bgcolor="#f1f1ff">' + MANAGER_FORM + b"</td></tr>\r\n"
)
MANAGER_END = b"</table></body>\r\n"

HTML_FIELD = b"<tr><td>%b</td><td>%b</td></tr>\n"
HTML_LINE_BREAK = b"<br>\n"
HTML_OBJECT_END = b'<tr><td colspan="2"><hr></td></tr>\r\n'

# reference.md 2.8, digest page: /amanager

DIGEST_BEGIN = (
    b'<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\r\n'
    b"<html><head>\r\n"
    b"<title>Asterisk&trade; Manager Interface</title>\r\n"
    b'</head><body style="background-color: #ffffff;">\r\n'
    b'<form method="POST">\r\n'
    b'<table align="center" style="background-color: #f1f1f1;" width="500">\r\n'
    b'<tr><th colspan="2" style="background-color: #f1f1ff;"><h1>Manager Tester</h1></th></tr>\r\n'
    b'<tr><th colspan="2" style="background-color: #f1f1ff;">Action: <input name="action" />'
    b' Cmd: <input name="command" /><br><input type="submit" value="Send request" /></th></tr>\r\n'
)
DIGEST_END = b"</table></form></body></html>\r\n"

# reference.md 1.6: the page of every status that is an error

ERROR_PAGE = (
    b'<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\r\n'
    b"<html><head>\r\n"
    b"<title>%d %b</title>\r\n"
    b"</head><body>\r\n"
    b"<h1>%b</h1>\r\n"
    b"<p>%b</p>\r\n"
    b"<hr />\r\n"
    b"%b"
    b"</body></html>\r\n"
)
ERROR_ADDRESS = b"<address>%b</address>\r\n"

# reference.md 1.10: /httpstatus

STATUS_BEGIN = (
    b"<html><title>Asterisk HTTP Status</title>\r\n"
    b'<body bgcolor="#ffffff">\r\n'
    b'<table bgcolor="#f1f1f1" align="center"><tr><td bgcolor="#e0e0ff" colspan="2" width="500">\r\n'
    b"<h2>&nbsp;&nbsp;Asterisk&trade; HTTP Status</h2></td></tr>\r\n"
)
STATUS_FACT = b"<tr><td><i>%b</i></td><td><b>%b</b></td></tr>\r\n"
STATUS_RULE = b'<tr><td colspan="2"><hr></td></tr>\r\n'
STATUS_VARIABLE = b"<tr><td><i>Submitted GET Variable '%b'</i></td><td>%b</td></tr>\r\n"
STATUS_COOKIE = b"<tr><td><i>Cookie '%b'</i></td><td>%b</td></tr>\r\n"
STATUS_END = (
    b'</table><center><font size="-1"><i>Asterisk and Digium are registered trademarks of Digium, Inc.'
    b"</i></font></center></body></html>\r\n"
)


def escape(text):
    """Bytes in which nothing is markup any more, neither between tags nor in quotes of either kind."""
    for character, entity in ENTITIES:
        text = text.replace(character, entity)
    return text


def error_page(status, reason, text, servername):
    """The page that goes with an error, as bytes.

    status      the HTTP status as an int
    reason      the words of the status line
    text        the sentence on the page
    servername  what `Server:` says; "" leaves the line out

    Too long a text or servername is cut, never within an entity. Source: reference.md 1.6.
    """
    title = escape(_encoded(reason))
    sentence = _cut(escape(_encoded(text)), MAX_ERROR_TEXT)
    server = _cut(escape(_encoded(servername)), MAX_SERVERNAME)
    return ERROR_PAGE % (status, title, title, sentence, ERROR_ADDRESS % server if server else b"")


def status_page(servername, prefix, bind, tls_bind, variables, cookies):
    """The page of /httpstatus, as bytes.

    prefix          with its slash: "/asterisk"
    bind, tls_bind  address and port: "127.0.0.1:8088"; a tls_bind of "" leaves its line out
    variables       (name, value) pairs of bytes, decoded, in the order of the query
    cookies         the same in the order of the header; the page lists them from the last to the first

    All of it is escaped, `'` too, which Asterisk leaves. Source: reference.md 1.10.
    """
    facts = [("Server", servername), ("Prefix", prefix), ("Bind Address", bind)]
    if tls_bind:
        facts.append(("TLS Bind Address", tls_bind))
    return b"".join((
        STATUS_BEGIN,
        *_rows(STATUS_FACT, [(_encoded(name), _encoded(value)) for name, value in facts]),
        STATUS_RULE,
        *_rows(STATUS_VARIABLE, variables),
        STATUS_RULE,
        *_rows(STATUS_COOKIE, reversed(cookies)),
        STATUS_END,
    ))


def _rows(template, pairs):
    return [template % (escape(name), escape(value)) for name, value in pairs]


def _encoded(text):
    """Text as bytes; what was not UTF-8 in a configuration file comes out as it stood there."""
    return text.encode("utf-8", "surrogateescape")


def _cut(escaped, size):
    """At most the first `size` bytes, without an entity that does not fit whole."""
    return _HALF_ENTITY.sub(b"", escaped[:size])
