"""How a division becomes a whole number: one rule for all services, so that a need comes out the same wherever it is asked for."""

from enum import StrEnum


class Rounding(StrEnum):
    """How a need that is no whole number is rounded; `nearest` takes the half up."""

    UP = "up"
    DOWN = "down"
    NEAREST = "nearest"


def divide(count: int, by: int, rounding: Rounding) -> int:
    """Divide a count, which is never negative, and round."""
    match rounding:
        case Rounding.UP:
            return -(-count // by)
        case Rounding.DOWN:
            return count // by
        case Rounding.NEAREST:
            return (2 * count + by) // (2 * by)
