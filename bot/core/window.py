"""Which turns a prompt holds: as many of the newest as the window takes.

Law: the start moves seldom and in steps. Between steps each prompt begins with the whole
previous one, byte for byte, so that a provider's prefix cache can serve it.
"""

import math

SPARE = 0.02
"""Part of the window kept free beyond all estimates."""

REFILL = 0.80
"""How full the window is right after a step: a fifth of it is room to grow into."""


def history_budget(context_window: int, max_completion_tokens: int, fixed: int) -> int:
    """Return the tokens left for turns.

    MiniMax's earlier models counted prompt and completion together against the window;
    M2-her is taken to do the same. `fixed` is everything that is never trimmed.
    """
    return context_window - max_completion_tokens - math.ceil(context_window * SPARE) - fixed


def after_step(budget: int) -> int:
    """Return how many tokens of turns remain when the start has moved."""
    return int(budget * REFILL)


def start(current: int, first_that_fits: int) -> int | None:
    """Return the start to keep, or None when the oldest turns no longer fit and a step is due.

    `current` is the window's first turn as remembered, `first_that_fits` the oldest turn
    that a full window would reach; both are turn ids, which grow with time.
    """
    return current if current >= first_that_fits else None
