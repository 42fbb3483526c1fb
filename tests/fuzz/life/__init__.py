"""The stateful run: browsers, ajam and a PBX, moved at random, against a plain model.

A move is a function of the World and two numbers, which choose whom and what; one that cannot be
made now does nothing. Moves are made one at a time, but requests that wait, streams and actions
that the PBX holds go on meanwhile; what each of them has to hear is read at once.

    switchboard  the PBX, which looks at every line that it gets
    client       what one login is to see: the model
    asked        a request that waits
    world        all of it, and how replies are held against the model
    listening    what those hear who wait
    sessions actions events outages   the moves
    run          which of them, how often
"""
