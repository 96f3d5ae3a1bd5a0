"""The pace of requests: when the next one for a reply may be sent, by what is known of Discord's limits.

Law: pure; the caller passes the time and the facts. The most urgent goes first: the last words of a reply,
then the first ones, catching up on a moment in which nobody listened, previews, typing, the removal of old
buttons, and what nobody waits for: catching up on a longer time. Each kind leaves room for those before it:
an urgent request never waits for a less urgent one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Final, Self

import regex

from bot.core.settings import Stream


class Urgency(IntEnum):
    """The kinds of requests, the most urgent first."""

    FINAL = 0
    FIRST = 1
    JUST_MISSED = 2
    PREVIEW = 3
    TYPING = 4
    CLEARING = 5
    CATCHING_UP = 6


@dataclass(frozen=True, slots=True)
class Tempo:
    """Times in seconds: the bot's own, and those of limits that are in no header.

    Attributes:
        phrase: after the first token, when a finished phrase may be posted.
        first: after the first token, when any text is posted.
        rest: for which the model's stream is left alone after a reading; what came is read before each post,
            but last words may lie there unread.
        calm: how long a channel that wants whole answers waits for one.
        spacing: the least time between two previews, even if Discord allows more: faster edits are restless.
        window: of a bucket before its first answer.
        second: of the limit over all requests, from one arrival at Discord to another, and a little more.
        minute: of the limit on a channel's webhooks.
        horizon: for which a reply may use that limit as if no other reply followed.
        volley: in which the previews of a volley begin.
        patience: after which what nobody waits for goes before previews.
        hour: the age of a post from which Discord limits its edits further (its error 30046).
    """

    phrase: float = 0.12
    first: float = 0.2
    rest: float = 0.3
    calm: float = 2.0
    spacing: float = 1.0
    window: float = 5.0
    second: float = 1.02
    minute: float = 60.0
    horizon: float = 12.0
    volley: float = 0.05
    patience: float = 10.0
    hour: float = 3600.0

    def scaled(self, factor: float) -> Self:
        """Return the times multiplied by a factor."""
        return type(self)(**{each.name: getattr(self, each.name) * factor for each in fields(self)})


@dataclass(frozen=True, slots=True)
class Bucket:
    """The state of one of Discord's limits, from the headers of its answers.

    `resets_at` is a time of the caller's clock; `in_flight` are requests without an answer yet. The defaults
    before the first answer are observed values for posts and edits of a channel.
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
class PaceFacts:
    """The facts that decide when a request may be sent.

    Attributes:
        bucket: the limit it counts against.
        streams: the number of replies that stream through that bucket, with this one.
        last_preview: the time of the last preview through it.
        everywhere: the number of replies that stream in all channels.
        previews: the times of previews in all channels, oldest first; None if the global limit does not count
            this one.
        lately: the times of requests begun in the last second, oldest first; of an answered one, the latest
            time at which it may have been sent. Empty if the limit over all requests does not count this one.
        of_webhooks: the times at which anyone used the channel's webhooks in the last minute, oldest first;
            None if this request uses none.
        urgent: the number of more urgent requests that wait for the bucket.
        age: seconds since the post to be edited was made.
        quiet_until: the time until which only first and last words are sent, as Discord has refused many.
    """

    bucket: Bucket
    streams: int = 1
    last_preview: float | None = None
    everywhere: int = 1
    previews: Sequence[float] | None = ()
    lately: Sequence[float] = ()
    of_webhooks: Sequence[float] | None = None
    urgent: int = 0
    age: float = 0.0
    quiet_until: float = 0.0


_IN_A_SECOND: Final = {
    Urgency.FINAL: 50,
    Urgency.FIRST: 46,
    Urgency.JUST_MISSED: 42,
    Urgency.PREVIEW: 38,
    Urgency.TYPING: 25,
    Urgency.CLEARING: 12,
    Urgency.CATCHING_UP: 8,
}
"""Requests begun in the last second at which a kind waits; Discord allows 50 (its page "Rate Limits")."""

_PREVIEWS_PER_PLACE: Final = 1.5
_FEWEST_PREVIEWS: Final = 17
"""The fewest previews in a second where many replies stream, because they may all end at once.

More are allowed while fewer replies stream, in proportion to the places that their last words leave free.
"""

_VOLLEYS: Final = 3
_FEW_PLACES: Final = 5
"""Where previews are rationed, those of a second go in so many volleys, and in one if few places are left.

Last words that find no place wait until previews are a second old. Of 40 replies that end together, five do,
and the oldest volley holds as many: it is at most a third of a second too young. Of 50, seventeen do, so that
the newest preview decides; with one volley a second, it is half a second old on average.
"""

_WEBHOOKS_IN_A_MINUTE: Final = {
    Urgency.FINAL: 29,
    Urgency.FIRST: 27,
    Urgency.JUST_MISSED: 25,
    Urgency.PREVIEW: 23,
    Urgency.TYPING: 30,
    Urgency.CLEARING: 15,
    Urgency.CATCHING_UP: 10,
}
"""Uses of a channel's webhooks in the last minute at which a kind waits.

Discord allows 30, as its staff has said (discord-api-docs#367). No header tells, and whether edits count is
not known: here they do.
"""

_PATIENT: Final = 0.02
"""The share of a window after which to look again if only a pending answer can tell."""

_PHRASE: Final = regex.compile(
    r"\w.*?[^\w\s]|\w+(?:\s+\w+){3}|[\p{Han}\p{Hiragana}\p{Katakana}]{6}", regex.DOTALL
)


def seconds_until(kind: Urgency, facts: PaceFacts, now: float, tempo: Tempo) -> float:
    """Return the seconds that a request has to wait; 0 means now, infinity never."""
    if kind is Urgency.PREVIEW and facts.age >= tempo.hour:
        return math.inf
    waits = [0.0, _for_all(kind, facts, now, tempo), _for_webhooks(kind, facts, now, tempo)]
    if kind is not Urgency.TYPING:  # it has a bucket that nothing else needs
        waits.append(_for_bucket(kind, facts, now, tempo))
    if kind > Urgency.FIRST:
        waits.append(facts.quiet_until - now)
    if kind is Urgency.PREVIEW and facts.last_preview is not None:
        waits.append(facts.last_preview + _spacing(facts, now, tempo) - now)
    if kind is Urgency.PREVIEW and facts.previews is not None:
        waits.append(_for_volley(facts, facts.previews, now, tempo))
    return max(waits)


def aged(kind: Urgency, waited: float, tempo: Tempo) -> Urgency:
    """Return how urgent a request is that has waited for so long: nothing waits for ever."""
    return Urgency.JUST_MISSED if kind > Urgency.TYPING and waited >= tempo.patience else kind


def most_in_a_second(kind: Urgency) -> int:
    """Return how many requests of a second are the most at which one of this kind may still go."""
    return _IN_A_SECOND[kind]


def patience(stream: Stream, tempo: Tempo) -> float:
    """Return the seconds after its first token for which a reply's first post may wait for the whole text."""
    return {Stream.LIVE: tempo.first, Stream.CALM: tempo.calm, Stream.OFF: math.inf}[stream]


def rest(everywhere: int, tempo: Tempo) -> float:
    """Return the seconds for which a model's stream is left alone while so many replies stream everywhere.

    It is half as long where previews are rationed: last words that lie unread would waste the places that
    were kept free for them.
    """
    return tempo.rest / 2 if _are_rationed(everywhere) else tempo.rest


def until_first_post(text: str, waited: float, within: float, tempo: Tempo) -> float:
    """Return the seconds that a reply's first post has to wait, `waited` seconds after its first token.

    It waits for a phrase, so that a notification shows more than half a word, but not longer than `within`.
    An answer that is complete by then is one post without an edit.
    """
    hold = min(within, tempo.phrase) if within <= tempo.first and _PHRASE.search(text) else within
    return max(0.0, hold - waited)


def has_room(facts: PaceFacts, now: float, tempo: Tempo) -> bool:
    """Return whether a channel's webhooks can take a whole reply now, with its first and its last words."""
    most = _WEBHOOKS_IN_A_MINUTE[Urgency.FIRST] - 1
    return facts.of_webhooks is None or len(_within(facts.of_webhooks, now, tempo.minute)) < most


def _for_bucket(kind: Urgency, facts: PaceFacts, now: float, tempo: Tempo) -> float:
    """Return the seconds until the bucket has a token for this kind.

    Each kind leaves tokens for more urgent ones; for last words, one a streaming reply and two at most.
    """
    bucket = facts.bucket
    needed = 1
    if kind is not Urgency.FINAL:
        needed += facts.urgent
    if kind not in {Urgency.FINAL, Urgency.FIRST}:
        needed += min(facts.streams, 2)
    if kind in {Urgency.CLEARING, Urgency.CATCHING_UP}:
        needed += 1
    if bucket.left(now) >= min(needed, bucket.limit):
        return 0.0
    return max(bucket.resets_at - now, _PATIENT * (bucket.window or tempo.window))


def _for_all(kind: Urgency, facts: PaceFacts, now: float, tempo: Tempo) -> float:
    return _until_fewer(_within(facts.lately, now, tempo.second), _IN_A_SECOND[kind], now, tempo.second)


def _for_webhooks(kind: Urgency, facts: PaceFacts, now: float, tempo: Tempo) -> float:
    if facts.of_webhooks is None:
        return 0.0
    used = _within(facts.of_webhooks, now, tempo.minute)
    return _until_fewer(used, _WEBHOOKS_IN_A_MINUTE[kind], now, tempo.minute)


def _spacing(facts: PaceFacts, now: float, tempo: Tempo) -> float:
    """Return the seconds between two previews if all streaming replies take turns."""
    bucket = facts.bucket
    previews = max(1, bucket.limit - min(facts.streams, 2))
    # Half the way to the next volley less: too late for one by a hair, a preview would wait for another.
    volleys = math.ceil(facts.everywhere / _previews_in_a_volley(facts.everywhere)) - 0.5
    spacings = [
        tempo.spacing,
        (bucket.window or tempo.window) / previews,
        volleys * tempo.second / _volleys(facts.everywhere),
    ]
    if facts.of_webhooks is not None:
        used = len(_within(facts.of_webhooks, now, tempo.minute))
        spacings.append(tempo.horizon / max(1, _WEBHOOKS_IN_A_MINUTE[Urgency.PREVIEW] - used))
    return max(spacings)


def _places_left(everywhere: int) -> int:
    """Return how many places of a second are left if all streaming replies send their last words in it."""
    return _IN_A_SECOND[Urgency.FINAL] - everywhere


def _are_rationed(everywhere: int) -> bool:
    """Return whether so many replies stream that their last words need the places of previews."""
    return _PREVIEWS_PER_PLACE * _places_left(everywhere) < _IN_A_SECOND[Urgency.PREVIEW]


def _volleys(everywhere: int) -> int:
    """Return in how many volleys the previews of a second go."""
    return _VOLLEYS if _places_left(everywhere) >= _FEW_PLACES else 1


def _previews_in_a_volley(everywhere: int) -> int:
    """Return how many previews go together, so that the last words of all replies find room in time."""
    most = max(_FEWEST_PREVIEWS, _PREVIEWS_PER_PLACE * _places_left(everywhere))
    return int(min(_IN_A_SECOND[Urgency.PREVIEW], most) / _volleys(everywhere))


def _for_volley(facts: PaceFacts, previews: Sequence[float], now: float, tempo: Tempo) -> float:
    """Return the seconds until the next volley; 0 during one that has room, and where none are needed."""
    if not _are_rationed(facts.everywhere):
        return 0.0
    period = tempo.second / _volleys(facts.everywhere)
    since = now % period
    has_room = sum(at >= now - since for at in previews) < _previews_in_a_volley(facts.everywhere)
    return 0.0 if since < tempo.volley and has_room else period - since


def _within(times: Sequence[float], now: float, window: float) -> list[float]:
    return [time for time in times if time > now - window]


def _until_fewer(times: Sequence[float], most: int, now: float, window: float) -> float:
    """Return the seconds until fewer than `most` of the times are within the window."""
    return 0.0 if len(times) < most else times[-most] + window - now
