"""Hours of mixed work for one ajam, watched from outside: `python3 -m tests.soak --minutes 30`.

    people.py    who works with it: each a thread that does one kind of thing, again and again
    course.py    how its memory, threads and descriptors go meanwhile, and what is wrong with that
"""
