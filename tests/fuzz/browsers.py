"""What browsers say besides the request itself: digest credentials, cookies, parameters."""

from typing import NamedTuple

from ajam.web import cookies, digest, parameters
from ajam.web.exchange import Request
from tests.fuzz.cases import Property
from tests.fuzz.chance import mutated, noise, scraps

WORD = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_*.-"
SPACE = b" \t\r\n\x0b\x0c"
FIELDS = {  # name and values of each field that a browser sends
    b"username": (b"admin", b'a"b', b"a\\b", b"a,b=c", b"", b"\xc3\xa9", b"\r\nAction: Originate"),
    b"realm": (b"asterisk",), b"nonce": (b"0" * 76, b"x"), b"uri": (b"/asterisk/arawman?a=b,c", b"*"),
    b"response": (b"0123456789abcdefABCDEF0123456789",), b"cnonce": (b"0a4f113b", b"=="), b"nc": (b"00000001", b"f"),
    b"qop": (b"auth",), b"algorithm": (b"MD5", b"md5"), b"opaque": (b"", b'"'), b"x-y.*": (b"z",),
}
OPTIONAL = (b"algorithm", b"opaque", b"x-y.*")
SHAPES = {b"response": (32, 32, b"0123456789abcdefABCDEF"), b"nc": (1, 8, b"0123456789abcdefABCDEF")}
WORDS = {b"qop": (b"auth",), b"algorithm": (b"md5", b"MD5", b"Md5", b"mD5")}
CREDENTIAL_SCRAPS = (
    b"Digest ", b'"', b",", b"=", b"\\", b" ", b"auth-int", b"SHA-256", b"nc=1,", b"\r\n", b"\xff", b"a=b,",
    b"username", b"\\\\" * 20,
)

COOKIE_SCRAPS = (
    b"mansession_id", b"MANSESSION_ID=0123abcd4567", b"; mansession_id=\"0123abcd\"", b"=", b";", b'"', b"; ",
    b"0123abcd", b"deadbeef" * 4, b"$Version=1;", b" ", b"\t", b"\\", b",", b"\xff", b"=;", b'""', b"a", b"Path=/",
)
FORM_SCRAPS = (
    b"&", b"=", b"%", b"+", b"action", b"ping", b"%0d%0a", b"%00", b"%3A", b"%c4%8d", b"%ag", b"% a", b"%-1",
    b"%e5%98%8a", b"%C0%8D", b"%25", b"%2", b";", b"?", b"\xff", b"a", b"%u000a",
)
HEXES = b"0123456789abcdefABCDEF"
FORM_TYPES = (
    b"application/x-www-form-urlencoded", b"Application/X-WWW-Form-Urlencoded; charset=utf-8", b"text/plain", b"",
    b" application/x-www-form-urlencoded", b"multipart/form-data; boundary=x",
)


class Credentials(NamedTuple):
    """A header's value; the fields that it was made of, or None when it was changed since."""

    value: bytes
    meant: object = None


def generate_credentials(random):
    """What a browser sends, as it is or changed."""
    chosen = {name: random.choice(values) for name, values in FIELDS.items()
              if name not in OPTIONAL or random.random() < 0.5}
    names = list(chosen)
    random.shuffle(names)
    value = random.choice((b"Digest ", b"digest ")) + b",".join(one_field(random, name, chosen[name]) for name in names)
    if random.random() < 0.3:
        return Credentials(value, {name.decode(): each for name, each in chosen.items()})
    return Credentials(random.choice((mutated(random, value, CREDENTIAL_SCRAPS),
                                      b"Digest " + scraps(random, CREDENTIAL_SCRAPS, 20))))


def one_field(random, name, value):
    """A field; in quotes where it has to be, and where it likes to be."""
    name = random.choice((b"", b" ", b"\t")) + random.choice((name, name.title())) + random.choice((b"=", b" = "))
    if value and not set(value) & set(b'", \\\r\n') and random.random() < 0.5:
        return name + value
    quoted = b"".join(b"\\" * (byte in b'"\\' or random.random() < 0.1) + bytes((byte,)) for byte in value)
    return name + b'"' + quoted + b'"' + random.choice((b"", b" "))


def check_credentials(case):
    """They are read as the model reads them, and are those that were meant."""
    found = digest.parse_authorization(case.value)
    assert case.meant in (None, found), found
    expected = fields_of(case.value)
    assert found == (expected if expected is not None and are_sound(expected) else {}), (found, expected)
    if found:
        digest.check(found, "GET", b"/", realm=b"asterisk", username=found["username"], secret=b"x")


def fields_of(value):
    """All fields of the header's value, None where something is no field; read byte by byte."""
    if value[:7].lower() != b"digest ":
        return None
    rest, fields = value[7:].rstrip(b", \t"), {}
    while rest:
        rest = rest.lstrip(SPACE + b",")
        name = rest[:len(rest) - len(rest.lstrip(WORD))]
        equals, rest = rest[len(name):].lstrip(b" \t")[:1], rest[len(name):].lstrip(b" \t")[1:]
        text, rest = quoted_text(rest.lstrip(b" \t")) if rest.lstrip(b" \t")[:1] == b'"' else bare_text(rest)
        if not name or equals != b"=" or text is None or rest[:1] not in (b"", b",") or name.lower().decode() in fields:
            return None
        fields[name.lower().decode()] = text
        rest = rest[1:]
    return fields


def quoted_text(rest):
    """(the text of a quoted-string, what is behind it); None for the text when it does not end."""
    text, place = b"", 1
    while place < len(rest):
        if rest[place] == ord('"'):
            return text, rest[place + 1:].lstrip(b" \t")
        place += rest[place] == ord("\\")
        text += rest[place:place + 1]
        place += 1
    return None, b""


def bare_text(rest):
    """(the text up to a comma, what is behind it); None for the text when it has a quote in it."""
    text = rest.split(b",")[0]
    return (None if b'"' in text else text.strip(SPACE)), rest[len(text):]


def are_sound(fields):
    """True when all that has to be there is there, in its shape."""
    return (all(name.decode() in fields for name in FIELDS if name not in OPTIONAL) and len(fields) <= digest.MAX_FIELDS
            and all(least <= len(fields[name.decode()]) <= most and not fields[name.decode()].strip(alphabet)
                    for name, (least, most, alphabet) in SHAPES.items())
            and all(fields.get(name.decode(), words[0]) in words for name, words in WORDS.items()))


def generate_cookies(random):
    """The value of a Cookie header."""
    return random.choice((scraps(random, COOKIE_SCRAPS, 20), noise(random, 30), mutated(
        random, b'a=b; mansession_id="0123456789abcdef0123456789abcdef"; $Version=1', COOKIE_SCRAPS)))


def check_cookies(header):
    """They are read as the model reads them; one id at most comes of it."""
    found = []
    for part in header.split(b";"):
        name, _, value = part.partition(b"=")
        name, value = trimmed(name), trimmed(value)
        if len(value) > 1 and value[0] == value[-1] == ord('"'):
            value = value[1:-1]
        elif value == b'"':
            value = b""
        if name and value:
            found.append((name, value))
    assert cookies.pairs(header) == found, found
    ids = [value for name, value in found if name.lower() == b"mansession_id"]
    good = ids and 8 <= len(ids[-1]) <= 64 and not ids[-1].strip(b"0123456789abcdef")
    assert cookies.session_id({b"cookie": header}) == (ids[-1] if good else None)


def trimmed(text):
    """Without what Asterisk takes for blanks at its ends."""
    return text.strip(bytes(range(33)))


class Form(NamedTuple):
    """A request's parameters as they are sent; the pairs that they were made of, or None."""

    method: str
    text: bytes
    content_type: bytes
    meant: object = None


def generate_form(random):
    """Pairs, encoded in one of many ways; or anything."""
    method = random.choice(("GET", "HEAD", "POST", "POST"))
    content_type = random.choice(FORM_TYPES[:1] * 5 + FORM_TYPES)
    if random.random() < 0.5:
        return Form(method, random.choice((scraps(random, FORM_SCRAPS, 20), noise(random, 30))), content_type)
    pairs = tuple((noise(random, 6), noise(random, 9)) for _ in range(random.randint(1, 4)))
    text = b"&".join(encoded(random, name) + b"=" + encoded(random, value) for name, value in pairs)
    return Form(method, text, content_type, pairs)


def encoded(random, text):
    """Each byte as it is, where that can be, or as its number; a space perhaps as `+`."""
    return b"".join(one_byte(random, byte) for byte in text)


def one_byte(random, byte):
    """A byte of a name or a value as it is sent."""
    if byte == 0x20 and random.random() < 0.5:
        return b"+"
    if byte in b"%&=+?#" or random.random() < 0.2:
        return random.choice((b"%%%02x", b"%%%02X")) % byte
    return bytes((byte,))


def check_form(form):
    """The parameters are the pairs that were meant, or those of the model."""
    in_body = form.method == "POST"
    target = b"/x" if in_body else b"/x?" + form.text
    request = Request(form.method, target, b"/x", b"" if in_body else form.text, {b"content-type": form.content_type},
                      form.text if in_body else b"")
    found = parameters.of_request(request)
    is_form = form.content_type.split(b";")[0].lower() == FORM_TYPES[0]
    expected = tuple(map(pair, form.text.split(b"&"))) if not in_body or form.text and is_form else ()
    assert found == expected, (found, expected)
    assert form.meant is None or not expected or found == form.meant, found


def pair(part):
    """(name, value) of a part between two ampersands."""
    name, _, value = part.partition(b"=")
    return decoded(name), decoded(value)


def decoded(text):
    """`+` is a space, `%` before two hex digits their byte, and nothing else is special."""
    result, place = b"", 0
    while place < len(text):
        digits = text[place + 1:place + 3]
        if text[place] == ord("%") and len(digits) == 2 and all(digit in HEXES for digit in digits):
            result += bytes((int(digits, 16),))
            place += 3
        else:
            result += b" " if text[place] == ord("+") else text[place:place + 1]
            place += 1
    return result


PROPERTIES = (
    Property("credentials", generate_credentials, check_credentials, 500),
    Property("cookies", generate_cookies, check_cookies, 500),
    Property("parameters", generate_form, check_form, 500),
)
