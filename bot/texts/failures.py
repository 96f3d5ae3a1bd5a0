"""Sentences about failed replies, for players and for the bot's owner.

Law: the sentences are in the catalogue; this module only chooses one and fills in the facts of the failure.
"""

from math import ceil
from typing import Final

from bot.core.completion import ErrorKind, ModelError, Objection
from bot.core.posts.buttons import Action, Way
from bot.texts.sentences import HOST, Sentence, voice_for

VERDICTS: Final = frozenset({ErrorKind.INPUT_REFUSED, ErrorKind.OUTPUT_REFUSED})
"""The failures that are a verdict of the provider's moderation."""

A_MINUTE = 60
"""Seconds up to which the sentence with "in a minute" is used."""


def to_players(error: ModelError, way_on: Way | None = Action.RETRY) -> Sentence:
    """Return the sentence for a channel: what happened, and what players can do.

    `way_on` is the button under the post that tries again or continues the reply; None if there is no such button.
    """
    if error.kind is ErrorKind.RATE_LIMIT and _seconds(error) > A_MINUTE:
        minutes = ceil(_seconds(error) / A_MINUTE)
        return Sentence("player.rate_limit_long", minutes=minutes, again=again(way_on))
    why = _objection(error)
    return Sentence(f"player.{error.kind}", why=why, seconds=_seconds(error), again=again(way_on))


def to_channel(error: ModelError, way_on: Way | None) -> Sentence:
    """Return the sentence as `to_players`, but of a moderation's verdict no more than that there is one."""
    if error.kind in VERDICTS:
        return Sentence("player.withheld", again=again(way_on))
    return to_players(error, way_on)


def to_author(kind: ErrorKind, objection: Objection | None) -> Sentence:
    """Return what a moderation's verdict means, for the person alone whose request it was about."""
    why = Sentence(f"refused.{objection}") if objection else ""
    return Sentence("why.input" if kind is ErrorKind.INPUT_REFUSED else "why.output", why=why)


def again(way_on: Way | None) -> Sentence:
    """Return the sentence that says how to try again: by this button, by the command, or by a mention."""
    way = way_on or "mention"
    return Sentence(f"again.{way}")


def to_host(error: ModelError) -> str:
    """Return the sentence for the bot's owner, with the server's own words in brackets."""
    why = voice_for().render(_objection(error))
    reason = HOST.say(f"host.{error.kind}", why=why, seconds=_seconds(error))
    detail = HOST.say(f"host.{error.silence}") if error.silence else error.detail
    return f"{reason} ({detail})" if detail else reason


def _objection(error: ModelError) -> Sentence | str:
    """The reason given by moderation, in brackets; empty if it gave none."""
    return Sentence(f"refused.{error.objection}") if error.objection else ""


def _seconds(error: ModelError) -> int:
    """Whole seconds until another try makes sense, at least 1."""
    return max(ceil(error.retry_after or 0), 1)
