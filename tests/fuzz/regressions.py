"""Cases that broke a property once: what was wrong, the property's name, and the case."""

from tests.fuzz.logins import Case
from tests.fuzz.uploading import Form

FILE = b'Content-Disposition: form-data; name="f"; filename="a.txt"\r\n'
HOST, OTHERS = "no address", ("192.0.2.7", "192.0.2.8", "2001:db8::1", "2001:db8:0:1::1")

REGRESSIONS = (
    ("a delimiter among a part's header lines was read as one of them",
     "uploads", Form(b"x", (b"--x\r\n" + FILE + b"--x\r\n\r\ntext\r\n--x--",))),
    ("a delimiter that shares the end of the empty line was read as a part's content",
     "uploads", Form(b"x", (b"--x\r\n" + FILE + b"\r\n--x\r\n" + FILE + b"\r\ntext\r\n--x--",))),
    ("a host could guess in parallel, and not once, a secret that many hosts had guessed at",
     "limiter", Case(1, (*((move, host, "admin", 0) for host in OTHERS for move in ("begin", "fail")),
                         ("begin", HOST, "admin", 0), ("begin", HOST, "admin", 0)))),
    ("the end of an old attempt undid the delay that a newer one had earned",
     "limiter", Case(1, (("begin", HOST, "admin", 0), ("fail", HOST, "admin", 0), ("pass", HOST, "admin", 2),
                         ("begin", HOST, "admin", 0), ("pass", HOST, "admin", 4), ("begin", HOST, "admin", 0),
                         ("fail", HOST, "admin", 1), ("leave", HOST, "admin", 0), ("begin", HOST, "admin", 0)))),
    ("one who went away before the answer, for a right secret is answered at once, had guessed for nothing",
     "limiter", Case(1, (("begin", HOST, "admin", 0), ("vanish", HOST, "admin", 0), ("begin", HOST, "admin", 0)))),
)
