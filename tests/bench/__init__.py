"""How fast ajam is, beside the server inside a real Asterisk: `python3 -m tests.bench --help`."""
