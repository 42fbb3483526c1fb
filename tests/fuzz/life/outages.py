"""Moves of the clock, of the PBX and of the administrator."""

from tests.fuzz.life.choosing import pick
from tests.fuzz.life.listening import DOWN, UP, advance, lose, regain
from tests.fuzz.life.switchboard import Switchboard

SPANS = (0.05, 0.9, 4.0, 11.0, 24.0, 49.0, 60.0, 60.5, 130.0, 700.0)
LONGEST_ANSWER = 3600  # seconds that ajam waits for one


def pass_time(world, a, b):
    """Time passes; not so much that an action of the PBX is given up."""
    seconds = pick(SPANS, a)
    if all(asked.begun + LONGEST_ANSWER > world.clock() + seconds for asked in world.asked("hold")):
        advance(world, seconds)


def hang_up(world, a, b):
    """The PBX ends all connections and takes new ones at once."""
    if world.up:
        lasts = world.lasts()
        lose(world, world.pbx.drop_connections)
        regain(world, lasts, (DOWN, UP))
        advance(world, 1)  # a connection that was used just now is not looked at before it is used again


def go_away(world, a, b):
    """The PBX is stopped."""
    if world.up:
        world.up = False
        world.pbx.check_messages()
        lose(world, world.pbx.close)
        for asked in world.asked("stream"):
            message = asked.message()
            assert message == DOWN, message


def come_back(world, a, b):
    """It is started again."""
    if not world.up:
        lasts = world.lasts()
        world.pbx = Switchboard(world.address)
        world.up = True
        regain(world, lasts)


def reload(world, a, b):
    """The configuration is read again."""
    world.daemon.reload()
