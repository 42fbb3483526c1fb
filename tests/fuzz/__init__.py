"""Properties that hold for every case, held against cases made by chance.

    cases       what a property is, and how a seed becomes a case
    chance      bytes by chance, and changes to them
    catalogue   all properties, by name
    regressions cases that failed once
    the rest    the properties, each with a slow and plain model of its own

A seed is a number; with a property's name it makes one case, always the same one on one version
of Python. `python3 -m tests.fuzz --minutes N` looks for longer than pytest does.
"""
