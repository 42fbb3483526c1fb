"""One way to read a request, whoever stands in front: ajam alone, and behind real proxies.

table.py holds the requests and what ajam must do with each; wire.py sends them, and takes apart
what comes back.
"""
