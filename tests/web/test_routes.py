"""ajam/web/routes.py: which handler answers a path."""

import pytest

from ajam.errors import RequestError
from ajam.web.bodies import Plan
from ajam.web.routes import Restriction, Route, Routes, check_method

HERE, ELSEWHERE = "127.0.0.1", "192.0.2.7"


def handler(request, rest):
    """What the routes lead to; never called here."""


RAWMAN = Route("rawman", "Raw", ("GET", "HEAD", "POST"), handler)
STATIC = Route("static", "Static", ("GET", "HEAD"), handler, subtree=True)
REDIRECTS = [("/", "/asterisk/static/index.html"), ("/Old", "http://[::1]/a b?c=d#e"),
             ("/evil", "/x\r\nSet-Cookie: a=b\0\\\xe9")]


def routes(prefix="/asterisk", restrictions=()):
    return Routes(prefix, [STATIC, RAWMAN], REDIRECTS, restrictions)


def status_of(path, peer=HERE, **options):
    """The status that refuses `path`; 200 when it leads to a handler."""
    try:
        routes(**options).find(path, peer)
    except RequestError as error:
        return error.status
    return 200


@pytest.mark.parametrize("path, route, rest", [
    (b"/asterisk/rawman", RAWMAN, b""),
    (b"/asterisk/rawman/", RAWMAN, b""),
    (b"/ASTERISK/RawMan", RAWMAN, b""),
    (b"/asterisk/static", STATIC, b""),
    (b"/asterisk/static/", STATIC, b""),
    (b"/asterisk/static/a/b.html", STATIC, b"a/b.html"),
    (b"/asterisk/static/a%2fb%41+%zz%00", STATIC, b"a/bA %zz\0"),
    (b"/asterisk/static/../rawman", STATIC, b"../rawman"),
])
def test_a_path_leads_to_the_handler_of_its_name(path, route, rest):
    assert routes().find(path, HERE) == (route, rest)


@pytest.mark.parametrize("path", [
    b"*", b"/asterisk", b"/asterisk/", b"/rawman", b"/asteriskrawman", b"/asterisk/rawman/x", b"/asterisk/rawmanx",
    b"/asterisk/raw", b"/asterisk//rawman", b"//asterisk/rawman", b"/aster%69sk/rawman", b"/asterisk/raw%6dan",
    b"/asterisk/rawman%2f", b"/asterisk/./rawman", b"/asterisk\\rawman", b"/asterisk/../asterisk/rawman"])
def test_nothing_is_served_elsewhere_and_the_connection_stays(path):
    with pytest.raises(RequestError, match="404 Not Found: The requested URL was not found") as caught:
        routes().find(path, HERE)
    assert not caught.value.close


@pytest.mark.parametrize("path", [b"//evil.example/", b"//evil.example/..", b"/\\evil.example", b"/%2fevil.example/",
                                  b"///", b"/asterisk//evil.example"])
@pytest.mark.parametrize("prefix", ["", "/asterisk"])
def test_no_path_makes_a_redirect_that_nobody_configured(prefix, path):
    assert status_of(path, prefix=prefix) == 404


def test_without_a_prefix_names_stand_at_the_root():
    assert routes("").find(b"/static/a", HERE) == (STATIC, b"a")
    assert status_of(b"/asterisk/static/a", prefix="") == 404


@pytest.mark.parametrize("path, location", [
    (b"/", b"Location: /asterisk/static/index.html"),
    (b"/OLD", b"Location: http://[::1]/a%20b?c=d#e"),
    (b"/evil", b"Location: /x%0D%0ASet-Cookie:%20a=b%00%5C%C3%A9"),
])
def test_a_redirect_holds_for_the_whole_path_and_begins_no_header(path, location):
    with pytest.raises(RequestError, match="302 Moved Temporarily") as caught:
        routes().find(path, HERE)
    assert (caught.value.headers, caught.value.close) == ((location,), False)
    assert status_of(path + b"/x") == 404


RESTRICTED = [Restriction("/asterisk/Raw", lambda address: address == HERE),
              Restriction("/asterisk/static/secret", lambda address: False),
              Restriction("/old", lambda address: False)]


@pytest.mark.parametrize("path, status", [
    (b"/asterisk/rawman", 403),
    (b"/ASTERISK/RAWMAN", 403),
    (b"/%61sterisk/raw%4dan", 403),
    (b"/asterisk//rawman", 403),
    (b"//asterisk/rawman", 403),
    (b"/asterisk/raw", 403),
    (b"/asterisk/static/secret/x", 403),
    (b"/asterisk/static//secret", 403),
    (b"/asterisk/static/%73ecret", 403),
    (b"/asterisk%2fstatic/secret", 403),
    (b"/old", 403),
    (b"/asterisk/static/a", 200),
    (b"/asterisk/ra", 404),
])
def test_a_restriction_holds_however_the_path_is_spelt_and_before_any_redirect(path, status):
    assert status_of(path, ELSEWHERE, restrictions=RESTRICTED) == status


def test_any_restriction_that_denies_the_address_decides():
    assert status_of(b"/asterisk/rawman", HERE, restrictions=RESTRICTED) == 200
    assert status_of(b"/asterisk/static/secret", HERE, restrictions=RESTRICTED) == 403
    with pytest.raises(RequestError, match="403 Forbidden: Access denied by ACL") as caught:
        routes(restrictions=RESTRICTED).find(b"/old", HERE)
    assert caught.value.close


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "BREW"])
def test_a_method_that_the_handler_does_not_take_is_refused_with_those_that_it_does(method):
    with pytest.raises(RequestError, match="501 Not Implemented: Attempt to use unimplemented") as caught:
        check_method(STATIC, method)
    assert (caught.value.headers, caught.value.close) == ((b"Allow: GET, HEAD",), False)


def test_a_method_that_the_handler_takes_passes():
    assert [check_method(RAWMAN, method) for method in ("GET", "HEAD", "POST")] == [None, None, None]


def test_the_longest_name_is_listed_first_and_of_equals_the_latest():
    names = ("static", "httpstatus", "rawman", "manager", "mxml", "arawman", "amanager", "amxml")
    listed = Routes("", [Route(name, "", ("GET",), handler) for name in names]).routes
    assert [route.name for route in listed] == [
        "httpstatus", "amanager", "arawman", "manager", "rawman", "static", "amxml", "mxml"]


def test_a_form_may_have_as_many_bytes_as_asterisks():
    assert RAWMAN.plan(None, HERE) == Plan(40960)


@pytest.mark.parametrize("name", ["caf\u00e9", "CAF\u00c9", "caf\udce9"])
def test_a_name_that_is_not_ascii_is_the_bytes_that_the_file_has(name):
    path = ("/%s/%s" % (name, name)).encode("utf-8", "surrogateescape")
    route = RAWMAN._replace(name=name)
    assert Routes("/" + name, [route]).find(path, HERE) == (route, b"")
    restricted = Routes("/" + name, [route], restrictions=[Restriction("/" + name, lambda address: False)])
    with pytest.raises(RequestError, match="403"):
        restricted.find(path, HERE)
