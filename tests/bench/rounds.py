"""Several sides measured in short turns, so that a machine that is busy with other things slows all of them alike."""

from collections.abc import Callable, Sequence

ROUNDS = 9


def alternate(*sides: Callable[[], float], rounds: int = ROUNDS) -> Sequence[tuple[float, ...]]:
    """Return what each side measured in each round; every second round goes backwards, and a first one that warms up does not count."""
    measured = []
    for number in range(rounds + 1):
        order = range(len(sides)) if number % 2 else reversed(range(len(sides)))
        found = {side: sides[side]() for side in order}
        measured.append(tuple(found[side] for side in range(len(sides))))
    return measured[1:]
