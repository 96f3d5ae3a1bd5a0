"""When the next request about a reply may go to Discord, by what is known of its limits.

Law: pure; the caller brings the clock and the facts. What is urgent goes first: the last words of a reply,
then the first ones, previews, typing, and last the clearing of old buttons. Each leaves room for those before
it, so nothing urgent ever waits for what is not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Final, Self

import regex

from bot.core.settings import Stream


class Kind(IntEnum):
    """What a request is for, the most urgent first."""

    FINAL = 0
    FIRST = 1
    PREVIEW = 2
    TYPING = 3
    CLEARING = 4


@dataclass(frozen=True, slots=True)
class Tempo:
    """Lengths of time, in seconds: our own, and those of limits that stand in no header.

    Attributes:
        phrase: after the first token, when a finished phrase may be posted.
        first: when whatever has come is posted.
        look: between two looks whether a phrase is finished.
        calm: how long a channel that wants whole answers waits for one.
        spacing: between two previews at least, however much Discord allows: faster is only restless.
        window: of a bucket nothing is known of yet.
        second: of the limit over all requests, from one arrival at Discord to another, and a little more.
        minute: of the limit on a channel's webhooks.
        horizon: for how long a reply may spend of that limit as if it had no successor.
        hour: the age from which Discord limits edits of a post further (its error 30046).
    """

    phrase: float = 0.12
    first: float = 0.2
    look: float = 0.03
    calm: float = 2.0
    spacing: float = 1.0
    window: float = 5.0
    second: float = 1.02
    minute: float = 60.0
    horizon: float = 12.0
    hour: float = 3600.0

    def scaled(self, factor: float) -> Self:
        """Return it with every length so many times as long."""
        return type(self)(**{each.name: getattr(self, each.name) * factor for each in fields(self)})


@dataclass(frozen=True, slots=True)
class Bucket:
    """What Discord has told of one of its limits, in the headers of its answers.

    `resets_at` is a time of the caller's clock; `in_flight` are requests without an answer yet.
    Before the first answer it is what has long been observed for posts and edits of a channel.
    """

    limit: int = 5
    remaining: int = 5
    resets_at: float = 0.0
    window: float = 0.0
    in_flight: int = 0

    def left(self, now: float) -> int:
        """Return how many more requests may begin."""
        return (self.limit if now >= self.resets_at else self.remaining) - self.in_flight


@dataclass(frozen=True, slots=True)
class Facts:
    """What the pace of a request depends on.

    Attributes:
        bucket: the limit it counts against.
        streams: replies that stream through that bucket, this one included.
        last_preview: when the last preview went through it.
        everywhere: replies that stream anywhere.
        any_preview: when the last preview went anywhere.
        lately: when requests began in the last second, oldest first; empty where the limit over all of them
            does not count this one. Of an answered one, the latest time at which it may have begun its way.
        of_webhooks: when webhooks were used in the channel within the last minute, by anybody, oldest first;
            None where this request uses none.
        urgent: more urgent requests that wait for the bucket.
        age: seconds since the post to be edited was made.
    """

    bucket: Bucket
    streams: int = 1
    last_preview: float | None = None
    everywhere: int = 1
    any_preview: float | None = None
    lately: Sequence[float] = ()
    of_webhooks: Sequence[float] | None = None
    urgent: int = 0
    age: float = 0.0


_IN_A_SECOND: Final = {
    Kind.FINAL: 50,
    Kind.FIRST: 46,
    Kind.PREVIEW: 38,
    Kind.TYPING: 25,
    Kind.CLEARING: 12,
}
"""Requests begun within a second after which a kind waits. Discord takes 50 a second from a bot."""

_PREVIEWS_PER_PLACE: Final = 1.5
_FEWEST_PREVIEWS: Final = 15
"""Previews in a second where many replies stream, for they may all end at once: so many for each place in it
that their last words leave, but not fewer than these. Of 40 that end together, 35 find a place and the others
wait for a third of a second; of 50, 35 do and the others wait for a second at most."""

_WEBHOOKS_IN_A_MINUTE: Final = {
    Kind.FINAL: 29,
    Kind.FIRST: 27,
    Kind.PREVIEW: 23,
    Kind.TYPING: 30,
    Kind.CLEARING: 15,
}
"""Uses of a channel's webhooks within a minute after which a kind waits. Discord takes 30, as its staff has
said (discord-api-docs#367); no header tells, and whether edits count is not known: here they do."""

_PATIENT: Final = 0.02
"""Share of a window after which to look again where only an answer under way can tell."""

_PHRASE: Final = regex.compile(
    r"\w.*?[^\w\s]|\w+(?:\s+\w+){3}|[\p{Han}\p{Hiragana}\p{Katakana}]{6}", regex.DOTALL
)


def seconds_until(kind: Kind, facts: Facts, now: float, tempo: Tempo) -> float:
    """Return how long a request has to wait; 0 means now, infinity that it is never to go."""
    if kind is Kind.PREVIEW and facts.age >= tempo.hour:
        return math.inf
    waits = [0.0, _for_all(kind, facts, now, tempo), _for_webhooks(kind, facts, now, tempo)]
    if kind is not Kind.TYPING:  # it has a bucket of its own that nothing else needs
        waits.append(_for_bucket(kind, facts, now, tempo))
    if kind is Kind.PREVIEW and facts.last_preview is not None:
        waits.append(facts.last_preview + _spacing(facts, now, tempo) - now)
    if kind is Kind.PREVIEW and facts.any_preview is not None:
        waits.append(facts.any_preview + _spacing_of_all(facts, tempo) - now)
    return max(waits)


def patience(stream: Stream, tempo: Tempo) -> float:
    """Return how long after its first token a reply's first post may wait for the whole of it."""
    return {Stream.LIVE: tempo.first, Stream.CALM: tempo.calm, Stream.OFF: math.inf}[stream]


def until_first_post(text: str, waited: float, within: float, tempo: Tempo) -> float:
    """Return how long a reply's first post has to wait, `waited` seconds after its first token.

    It waits for a phrase, so that a notification shows more than half a word, but not longer than `within`.
    An answer that is whole by then is one post and no edit.
    """
    hold = min(within, tempo.phrase) if within <= tempo.first and _PHRASE.search(text) else within
    return max(0.0, hold - waited)


def has_room(facts: Facts, now: float, tempo: Tempo) -> bool:
    """Tell whether a whole reply, its first and its last words, finds room among a channel's webhooks now."""
    most = _WEBHOOKS_IN_A_MINUTE[Kind.FIRST] - 1
    return facts.of_webhooks is None or len(_within(facts.of_webhooks, now, tempo.minute)) < most


def _for_bucket(kind: Kind, facts: Facts, now: float, tempo: Tempo) -> float:
    """Each reply that streams keeps a token for its last words; two are enough for any number."""
    bucket = facts.bucket
    needed = 1
    if kind in {Kind.FIRST, Kind.PREVIEW, Kind.CLEARING}:
        needed += facts.urgent
    if kind in {Kind.PREVIEW, Kind.CLEARING}:
        needed += min(facts.streams, 2)
    if kind is Kind.CLEARING:
        needed += 1
    if bucket.left(now) >= min(needed, bucket.limit):
        return 0.0
    return max(bucket.resets_at - now, _PATIENT * (bucket.window or tempo.window))


def _for_all(kind: Kind, facts: Facts, now: float, tempo: Tempo) -> float:
    return _until_fewer(_within(facts.lately, now, tempo.second), _IN_A_SECOND[kind], now, tempo.second)


def _for_webhooks(kind: Kind, facts: Facts, now: float, tempo: Tempo) -> float:
    if facts.of_webhooks is None:
        return 0.0
    used = _within(facts.of_webhooks, now, tempo.minute)
    return _until_fewer(used, _WEBHOOKS_IN_A_MINUTE[kind], now, tempo.minute)


def _spacing(facts: Facts, now: float, tempo: Tempo) -> float:
    """Return the seconds between two previews: what the limits bear when all that stream take turns."""
    bucket = facts.bucket
    previews = max(1, bucket.limit - min(facts.streams, 2))
    spacings = [
        tempo.spacing,
        (bucket.window or tempo.window) / previews,
        facts.everywhere * tempo.second / _previews_in_a_second(facts),
    ]
    if facts.of_webhooks is not None:
        used = len(_within(facts.of_webhooks, now, tempo.minute))
        spacings.append(tempo.horizon / max(1, _WEBHOOKS_IN_A_MINUTE[Kind.PREVIEW] - used))
    return max(spacings)


def _previews_in_a_second(facts: Facts) -> float:
    """Return how many previews may go in a second, so that last words of all that stream find room."""
    places = _IN_A_SECOND[Kind.FINAL] - facts.everywhere
    return min(_IN_A_SECOND[Kind.PREVIEW], max(_FEWEST_PREVIEWS, _PREVIEWS_PER_PLACE * places))


def _spacing_of_all(facts: Facts, tempo: Tempo) -> float:
    """Return the seconds between any two previews, which make place for last words one by one."""
    previews = _previews_in_a_second(facts)
    return 0.0 if previews >= _IN_A_SECOND[Kind.PREVIEW] else tempo.second / previews


def _within(times: Sequence[float], now: float, window: float) -> list[float]:
    return [time for time in times if time > now - window]


def _until_fewer(times: Sequence[float], most: int, now: float, window: float) -> float:
    """Return the seconds until fewer than `most` of the times lie within the window."""
    return 0.0 if len(times) < most else times[-most] + window - now
