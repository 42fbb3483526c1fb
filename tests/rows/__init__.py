"""Bad input: the rows of reference.md 6 (edge cases, bugs, advisories), each by its number in the tests' names.

    test_connections.py   what a connection may do: sizes, times, framing
    test_pages.py         what is written for a browser
    test_files.py         where one may go, and files from and to a browser
    test_sessions.py      who is who: cookies, digest, waits
    test_wire.py          what reaches the PBX, and what comes of its answers
    test_rights.py        what is the PBX's to allow
    test_tls.py           which TLS is spoken

test_completeness.py holds that none is left out.
"""
