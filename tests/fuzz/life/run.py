"""Moves in any order: each comes out as the model says, and at the end nothing is left behind."""

from tests.fuzz.cases import Property
from tests.fuzz.life import actions, events, outages, sessions
from tests.fuzz.life.world import new_world

WEIGHTS = (  # how often each is made, for a hundred in all or so
    (sessions.log_in, 8), (sessions.log_in_wrongly, 3), (sessions.log_in_again, 1), (sessions.log_off, 3),
    (sessions.change_mask, 4), (sessions.use_filter, 2), (actions.ask, 12), (actions.ask_by_digest, 2),
    (actions.ask_with_a_line, 2), (actions.ask_at_once, 2), (actions.hold, 3), (actions.answer_held, 3),
    (events.tell, 25), (events.wait, 12), (events.wait_since, 12), (events.stream, 6), (events.drop, 6),
    (events.lose_place, 2), (outages.pass_time, 8), (outages.hang_up, 1), (outages.go_away, 1), (outages.come_back, 2),
    (outages.reload, 1),
)
MOVES = {move.__name__: move for move, _ in WEIGHTS}
LENGTHS = (50, 150, 400)


def generate(random):
    """Moves by name, and the numbers that choose."""
    names = random.choices(list(MOVES), [weight for _, weight in WEIGHTS], k=random.choice(LENGTHS))
    return tuple((name, random.getrandbits(16), random.getrandbits(16)) for name in names)


def check(moves):
    """Makes them."""
    with new_world() as world:
        for number, (name, a, b) in enumerate(moves):
            try:
                MOVES[name](world, a, b)
            except Exception as error:
                raise AssertionError("move %d, %s(%d, %d): %s" % (number, name, a, b, error)) from error
        world.check()


PROPERTIES = (
    Property("life", generate, check, 4),
)
