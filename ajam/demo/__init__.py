"""A small PBX that speaks AMI as an Asterisk 22 does: what a newcomer tries, and what most tests talk to.

    with DemoPbx(seed=1) as pbx:
        host, port = pbx.address        # log in there as demo, secret demo

Read it in this order:

    office            the phones, queues, lamps and dialplan of the office it serves, as tables
    calls             the life of that office: who calls whom, by chance and seed
    dialplan          the applications that a call runs through
    dialing, queues, parking, conference
                      ringing a phone; callers who wait; calls put aside; rooms
    switch            channels and bridges, and the events of both
    fields, timeline  the fields of events; time that can be driven
    machine           all of that together: a PBX without sockets
    session           a manager connection: login, event mask, one action at a time
    requests, security, console
                      an action and its answer; security events; the command line
    actions           the table of actions, from actions_calls, _lists, _manager and _queues
    pbx               sockets and the one thread

Names and order of fields and events were recorded from Asterisk 22.10.1: tests/data/demo/README.
Left out: media (there is none), RTCP and test events, queue devices, and attended transfers, which a
22 refuses too as long as its features.conf sets no code for them.
"""

from ajam.demo.pbx import DemoPbx

__all__ = ["DemoPbx"]
