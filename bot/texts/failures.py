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
    if error.objection:
        return Sentence(f"player.{error.kind}.because", why=_reason(error.objection), again=again(way_on))
    return Sentence(f"player.{error.kind}", seconds=_seconds(error), again=again(way_on))


def to_channel(error: ModelError, way_on: Way | None) -> Sentence:
    """Return the sentence as `to_players`, but of a moderation's verdict no more than that there is one."""
    if error.kind in VERDICTS:
        return Sentence("player.withheld", again=again(way_on))
    return to_players(error, way_on)


def to_author(kind: ErrorKind, objection: Objection | None) -> list[Sentence]:
    """Return what a moderation's verdict means, for the person alone whose request it was about."""
    meaning = Sentence("why.input" if kind is ErrorKind.INPUT_REFUSED else "why.output")
    return [meaning, *([Sentence("why.reason", why=_reason(objection))] if objection else [])]


def again(way_on: Way | None) -> Sentence:
    """Return the sentence that says how to try again: by this button, by the command, or by a mention."""
    way = way_on or "mention"
    return Sentence(f"again.{way}")


def to_host(error: ModelError) -> str:
    """Return the sentence for the bot's owner, with the server's own words in brackets."""
    reason = HOST.say(f"host.{error.kind}", seconds=_seconds(error))
    if error.objection:
        reason = HOST.say("host.because", reason=reason, why=voice_for().render(_reason(error.objection)))
    detail = HOST.say(f"host.{error.silence}") if error.silence else error.detail
    return f"{reason} ({detail})" if detail else reason


def _reason(objection: Objection) -> Sentence:
    """The reason given by moderation."""
    return Sentence(f"refused.{objection}")


def _seconds(error: ModelError) -> int:
    """Whole seconds until another try makes sense, at least 1."""
    return max(ceil(error.retry_after or 0), 1)
