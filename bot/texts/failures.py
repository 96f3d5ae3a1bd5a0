"""What people are told of a reply that failed.

Law: the sentences stand in `texts`; this only knows which facts of a failure they need.
"""

from math import ceil

from bot.core.completion import ErrorKind, ModelError
from bot.core.posts.buttons import Action
from bot.texts.sentences import say

A_MINUTE = 60
"""Seconds up to which "in a minute" is true."""


def to_players(error: ModelError, way_on: Action | None = Action.RETRY) -> str:
    """Return what a channel is told: what happened, and what they can do.

    `way_on` is the button beneath that has the persona try again, or go on; None if there is none.
    """
    if error.kind is ErrorKind.RATE_LIMIT and _seconds(error) > A_MINUTE:
        return say("player.rate_limit_long", minutes=ceil(_seconds(error) / A_MINUTE), again=again(way_on))
    return say(f"player.{error.kind}", why=_objection(error), seconds=_seconds(error), again=again(way_on))


def again(way_on: Action | None) -> str:
    """Return how a persona is asked once more, as the beginning of a sentence."""
    way = way_on or "mention"
    return say(f"again.{way}")


def to_host(error: ModelError) -> str:
    """Return what whoever runs the bot is told, with the server's own words in brackets."""
    reason = say(f"host.{error.kind}", why=_objection(error), seconds=_seconds(error))
    detail = say(f"host.{error.silence}") if error.silence else error.detail
    return f"{reason} ({detail})" if detail else reason


def _objection(error: ModelError) -> str:
    """What moderation objected to, as a piece of a sentence; nothing if it did not say."""
    return say(f"refused.{error.objection}") if error.objection else ""


def _seconds(error: ModelError) -> int:
    """Whole seconds until it is worth asking again; at least one, for nobody reads faster."""
    return max(ceil(error.retry_after or 0), 1)
