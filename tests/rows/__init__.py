"""Bad input: the rows of reference.md 6 (edge cases, bugs, advisories), each by its number in the tests' names.

    test_connections.py   what a connection may do: sizes, times, framing
    test_pages.py         what is written for a browser
    test_files.py         where one may go, and files from and to a browser
    test_sessions.py      who is who: cookies, digest, waits
    test_wire.py          what reaches the PBX, and what comes of its answers

Left out, with the reason:

    4b  shells through Originate: the PBX's own rights decide
    5   TLS comes in a later issue
    6   TLS comes in a later issue
    35  a UserEvent's echo is made by the PBX
    52  TLS comes in a later issue

test_completeness.py holds this table.
"""
