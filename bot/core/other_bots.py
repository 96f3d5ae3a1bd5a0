"""Other bots: when personas have talked with them long enough, and a person has to speak first.

Law: pure. Bots of which none is a person would talk to each other forever.
"""

from collections.abc import Collection, Sequence
from typing import Final

from bot.core.proxies import is_member
from bot.core.scene import Turn

CHAIN: Final = 3
"""The most turns of personas, from the first answer to a bot on, until a person says something."""

LOOKED_AT: Final = 30
"""The newest turns among which a person's is looked for."""


def is_chained(turns: Sequence[Turn], bots: Collection[int], asked: Collection[int] = ()) -> bool:
    """Return whether a person has to speak before personas answer bots again.

    `turns` are the newest of a scene, the oldest first, `bots` the accounts of bots, and `asked` the ids of
    personas' turns that a person asked for without a turn of their own.
    """
    since = 0
    for turn in reversed(turns):
        if _is_persons(turn, bots):
            break
        since += turn.persona_key is not None
        if turn.id in asked:
            break
    else:
        since = max(since, CHAIN if len(turns) >= LOOKED_AT else 0)
    return since >= CHAIN


def _is_persons(turn: Turn, bots: Collection[int]) -> bool:
    """Return whether a person said a turn, if as a persona, as a member of a system or as nobody known."""
    if turn.persona_key is not None:
        return turn.spoken_by is not None
    return turn.user_id not in bots or is_member(turn.speaker.character)
