"""Floods: real attackers, each a process of its own, against a real ajam, while somebody wants to work with it.

    attackers.py    many connections at a time that do one thing, slowly or as fast as they can
    bystander.py    the one who wants to work, and how long he is made to wait
    battlefield.py  an ajam with all of its times short, its PBX, and what /proc says of it
    floods.py       a test for each flood, and the table of their figures

`python3 -m pytest tests/floods/floods.py` runs them, on a machine that has nothing else to do: they measure.
"""
