"""All that may differ between ajam and Asterisk's own AJAM in front of the same PBX, each with its reason.

    VOLATILE      values that differ between two answers of one and the same Asterisk
    HEADERS       header lines in which ajam means to differ
    REPAIRED      bytes of Asterisk's body that ajam means to write otherwise
    TOLD          what is left out of the events that both sides tell
    REFUSED       calls that ajam refuses and Asterisk does not
    STRICTER      requests that ajam refuses, or refuses in another way
    UNSEEN        what an event that a session may not see does to its WaitEvent
    ELSEWHERE     actions that are not called one by one
    PREPARED      what is put in order before each single call of an action
"""

from typing import NamedTuple

from ajam import __version__


class Volatile(NamedTuple):
    """Values that change by themselves: of a field, or wherever the pattern is found when `field` is None."""

    field: str
    value: str
    reason: str


VOLATILE = (
    Volatile("Timestamp", r"\d+\.\d{6}", "the time"),
    Volatile("Seconds|Duration|ParkingDuration|Wait|AnsweredTime", r"\d+(?::\d\d:\d\d)?", "time that passes"),
    Volatile("BridgeUniqueid", r"[0-9a-f-]{36}", "bridges get random ids"),
    Volatile("Uniqueid", r"\d{10}\.\d+", "channels get their time and number as an id"),
    Volatile("Challenge", r"\d+", "chance"),
    Volatile("LongestHoldTime", r"\d+", "time that passes"),
    Volatile("ParkingTimeout", r"3[56]\d\d", "time that is left of an hour"),
    Volatile(None, r"\d+(?= secs ago)", "time that passes: `queue show`"),
    Volatile(None, r"(?<=\(wait: )\d+:\d\d", "time that passes: `queue show`"),
    Volatile(None, r"(?<=System uptime: )[\w ,]+", "time that passes: `core show uptime`"),
    Volatile(None, r"(?<=Last reload: )[\w ,]+", "time that passes: `core show uptime`"),
    Volatile(None, r"(?<=!3!)\d+(?=![0-9a-f-]*![\w;.-]+)", "time that passes: `core show channels concise`"),
    Volatile(None, r"(?<=Local/\d{3}@default-)[0-9a-f]{8}", "channels are numbered"),
    Volatile(None, r"(?<=spare-)\d+", "as are the ids that the tests give to theirs"),
)


class Header(NamedTuple):
    """A header line of ajam's, a pattern, and how Asterisk's reads instead; empty when it has none."""

    ours: str
    theirs: str
    reason: str


HEADERS = (
    Header(r"^(Server: Asterisk/\S+) ajam/\S+$", r"\1", "ajam names itself behind the PBX"),
    Header(r"^Allow: GET, HEAD, POST$", "", "what may be asked instead, with a 501"),
    Header(r'^Set-Cookie: mansession_id=""; Version=1; Max-Age=0; .*',
           'Set-Cookie: mansession_id="*"; Version=1; Max-Age=60',
           "a Logoff takes the cookie away, where Asterisk gives the dead session's once more"),
    Header(r"^(Set-Cookie: .*); HttpOnly; SameSite=Strict$", r"\1", "a page's script has no use for it"),
    Header(r"^X-Content-Type-Options: nosniff$", "", "a reply is what it says it is"),
    Header(r"^Referrer-Policy: same-origin$", "", "other sites need not know what was asked"),
    Header(r"^Content-Security-Policy: default-src .*", "",
           "nothing runs that got into a page, and no stranger frames it"),
    Header(r"^Content-type: text/html; charset=utf-8$", "",
           "Asterisk says none of /httpstatus, which with nosniff would not be a page"),
)


class Repaired(NamedTuple):
    """What stands in Asterisk's body, a pattern, and what ajam writes in its place."""

    theirs: bytes
    ours: bytes
    reason: str


WELL_FORMED = "XML has to be well-formed whatever the PBX sends"
HARMLESS = "markup in what the browser asks for has to be harmless"

REPAIRED = (
    Repaired(rb"(<address>Asterisk/\S+)(?=</address>)", rb"\1 ajam/" + __version__.encode(),
             "ajam names itself behind the PBX"),
    Repaired(rb"(?<=val=')\xff\xfe\x01\x1b\t(?=x')", b"\xc3\xbf\xc3\xbe\xef\xbf\xbd\xef\xbf\xbd\t",
             WELL_FORMED),
    Repaired(rb"(?<=id=')a'b<c>(?=')", b"a&apos;b&lt;c&gt;", HARMLESS),
    Repaired(rb"<a b/>", b"<generic", HARMLESS),
)


class Told(NamedTuple):
    """What is taken out of a WaitEvent's events on both sides, a pattern, and what stands there instead."""

    pattern: bytes
    replacement: bytes
    reason: str


TOLD = (
    Told(rb"\r\n\r\n\r\n", rb"\r\n\r\n",
         "Asterisk writes two empty lines behind a TestEvent, of which ajam leaves one out"),
    Told(rb"Event: (?:SuccessfulAuth|ChallengeSent)\r\nPrivilege: security,all\r\n.*?\r\n\r\n", b"",
         "the logins at either side are not made at the same time, and ajam makes some of its own"),
)


UNSEEN = "Asterisk ends the wait with nothing to tell; ajam waits on, as the one who asked wants"


class Refused(NamedTuple):
    """What ajam says to a call that Asterisk's own AJAM takes."""

    status: int
    message: bytes
    reason: str


INJECTION = Refused(400, b"A CR, LF or NUL in a parameter cannot be sent to the PBX",
                    "on the wire it would begin another header, or another action")
TOO_LONG = Refused(200, b"Failed to parse message: line too long", "as Asterisk says itself over AMI")

REFUSED = {
    "Ping&x=%0D%0AAction:+Logoff": INJECTION,
    "Ping&x=%0A": INJECTION,
    "Ping&x=%00": INJECTION,
    "Ping&%0Dx=y": INJECTION,
    "Ping&x=" + "y" * 1020: TOO_LONG,
    "Ping&ActionID=" + "7" * 129: Refused(
        200, b"ActionID longer than 128 bytes", "Asterisk cuts it in some answers, and the line end with it"),
}


class Stricter(NamedTuple):
    """A request, the status with which Asterisk's own AJAM answers it, and that of ajam."""

    request: bytes
    theirs: int
    ours: int
    reason: str


PING = b"GET /asterisk/rawman?action=Ping HTTP/1.1\r\nHost: x\r\n"
AMBIGUOUS = "two servers that read it differently can be played off against each other"
NEWER = "the status that was made for it since"

STRICTER = {
    "bare LF": Stricter(PING.replace(b"\r", b"") + b"\n", 200, 400, AMBIGUOUS),
    "no Host": Stricter(b"GET /asterisk/rawman?action=Ping HTTP/1.1\r\n\r\n", 200, 400, AMBIGUOUS),
    "a folded header": Stricter(PING + b"X: a\r\n b\r\n\r\n", 200, 400, AMBIGUOUS),
    "two lengths": Stricter(PING + b"Content-Length: 0\r\nContent-Length: 1\r\n\r\n", 200, 400, AMBIGUOUS),
    "HTTP/2.0": Stricter(PING.replace(b"1.1", b"2.0") + b"\r\n", 200, 505, AMBIGUOUS),
    "a long request line": Stricter(PING.replace(b"Ping", b"x" * 9000) + b"\r\n", 400, 414, NEWER),
    "101 headers": Stricter(PING + b"X: y\r\n" * 100 + b"\r\n", 413, 431, NEWER),
}

ELSEWHERE = {
    "Events": "changes the session that the other calls are made in; test_sessions.py has it",
    "Filter": "changes the session that the other calls are made in; test_sessions.py has it",
    "Logoff": "ends the session that the other calls are made in; test_sessions.py has it",
    "WaitEvent": "tells what has come since the last one; test_events.py has it",
}

PREPARED = {
    "DBDel": ("DBPut&Family=spare&Key=one&Val=1",),
    "DBDelTree": ("DBPut&Family=spare&Key=one&Val=1",),
    "DBGetTree": ("DBDelTree&Family=spare",),
    "DialplanExtensionAdd": ("DialplanExtensionRemove&Context=spare&Extension=1",),
    "DialplanExtensionRemove": (
        "DialplanExtensionAdd&Context=spare&Extension=2&Priority=1&Application=NoOp&Replace=yes",),
    "QueueAdd": ("QueueRemove&Queue=sales&Interface=Local/1@default",),
    "QueueRemove": ("QueueAdd&Queue=sales&Interface=Local/1@default",),
    "QueueStatus": ("QueueRemove&Queue=sales&Interface=Local/1@default",),
    "QueueSummary": ("QueueRemove&Queue=sales&Interface=Local/1@default",),
}
