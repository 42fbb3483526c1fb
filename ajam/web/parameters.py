"""The parameters of a request, from its query or its form, as pairs of bytes.

Order and repetitions are kept: each pair becomes one header of an AMI action. A POST has only
those of its body, every other method only those of its query (reference.md 2.1). What is
decoded here may hold any byte, CR, LF and NUL too: whoever writes to the PBX refuses those.

Source: reference.md 1.5, 2.1; Asterisk main/http.c, get_params().
"""

from urllib.parse import unquote_to_bytes

from ajam.web.lately import LONGEST, is_secret, remembered

FORM_TYPE = b"application/x-www-form-urlencoded"


def of_request(request):
    """The request's parameters as a tuple of (name, value), bytes, decoded, in the order sent.

    Any part between two `&` is one, an empty part too; what has no `=` has the value b"".
    A POST whose Content-Type is not exactly FORM_TYPE (up to a `;`, in any case) has none.
    """
    if request.method == "POST":
        return _read(request.body) if request.body and _is_form(request) else ()
    if request.query or b"?" in request.target:  # a bare "?" is one empty parameter
        return _read(request.query)
    return ()


def are_long(request):
    """True when to read them takes so long that others would notice: 40 KB of `&` are 40,000 of them."""
    body = request.body
    return len(request.query) > LONGEST or isinstance(body, bytes) and len(body) > LONGEST


def decode(text):
    """`text` with `+` as a space and `%` before two hex digits as that byte; any other `%` stays.

    Asterisk's sscanf() also takes `%ag`, `% a` and `%-1`, and ends the text at `%00`; none of
    that is of use to anybody but an attacker, so here they are not special (reference.md 1.5).
    """
    return unquote_to_bytes(text.replace(b"+", b" "))


def _is_form(request):
    content_type, _, _ = request.headers.get(b"content-type", b"").partition(b";")
    return content_type.lower() == FORM_TYPE


def _read(text):
    return (_pairs if is_secret(text) else _remembered_pairs)(text)


def _pairs(text):
    parts = [part.partition(b"=") for part in text.split(b"&")]
    if b"%" in text or b"+" in text:
        return tuple((decode(name), decode(value)) for name, _, value in parts)
    return tuple((name, value) for name, _, value in parts)


_remembered_pairs = remembered(_pairs)
