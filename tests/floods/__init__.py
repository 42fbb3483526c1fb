"""Floods: real attackers, each a process of its own, against a real ajam, while somebody wants to work with it.

    attackers.py    many connections at a time that do one thing, slowly or as fast as they can
    bystander.py    the one who wants to work, and how long he is made to wait
    battlefield.py  an ajam with all of its times short, its PBX, and what /proc says of it
    test_floods.py  a test for each flood, and the table of their figures

They measure: `python3 -m pytest tests/floods` shows the figures of a machine that has nothing else to do.
"""
