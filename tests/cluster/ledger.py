"""What became of mentions while processes died, counted from what people and Discord saw.

Each mention has a number. Each answer names the numbers that it answers, and says at its end that it ends, so
that a post tells whose answer it is, and whether all of it is there.

Law: pure. Times are seconds on one clock.
"""

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

ASKED: Final = re.compile(r"what of number (\d+)\?")
_HEAD: Final = re.compile(r"Of ((?:\d+, )*\d+): ")
_INTERRUPTED: Final = "restarted during this reply"
"""What the bot says beneath a reply that its end cut short, and in place of one that never began."""

_UNSAVED: Final = "couldn't save what was written here"
"""What it says to who asked, or is answered, while the database is away."""


def question(number: int) -> str:
    """Return the words of a mention."""
    return f"what of number {number}?"


def answer(numbers: Sequence[int], words: int) -> str:
    """Return an answer of so many words to mentions."""
    whose = ", ".join(map(str, numbers))
    return " ".join(
        (f"Of {whose}:", *(f"word{number}" for number in range(words)), f"That is all of {whose}.")
    )


def answered_in(text: str) -> tuple[int, ...]:
    """Return the numbers of the mentions that a text answers, as soon as it names them all."""
    found = _HEAD.search(text)
    return tuple(map(int, found[1].split(", "))) if found else ()


def waiting_in(prompt: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    """Return the mentions in a prompt that nothing in it answers; the last one if all are answered."""
    asked = [int(number) for each in prompt for number in ASKED.findall(str(each.get("content", "")))]
    told = {number for each in prompt for number in answered_in(str(each.get("content", "")))}
    return tuple(dict.fromkeys(number for number in asked if number not in told)) or tuple(asked[-1:])


class End(StrEnum):
    """What became of a mention."""

    WHOLE = "answered"
    CUT = "cut short, and said so"
    TOLD = "told that it was not answered"
    HALF = "cut short without a word"
    NOTHING = "unanswered"


UNENDED: Final = frozenset({End.NOTHING, End.HALF})
"""The ends of mentions whose people know nothing."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A question that somebody put to the bot.

    Attributes:
        number: what its words say.
        message: the id of its message.
        channel: where it stands.
        shard: whose server it is in.
        at: when it was said.
    """

    number: int
    message: int
    channel: int
    shard: int
    at: float


@dataclass(slots=True)
class Post:
    """A message of the bot's, by either face, as it is now."""

    id: int
    channel: int
    at: float
    content: str = ""
    replies_to: int | None = None
    nonce: str | None = None

    @property
    def numbers(self) -> tuple[int, ...]:
        """The mentions that it answers."""
        return answered_in(self.content)

    @property
    def is_whole(self) -> bool:
        """Whether all of the answer is there."""
        return f"That is all of {', '.join(map(str, self.numbers))}." in self.content

    @property
    def says_why(self) -> bool:
        """Whether it says why there is no answer, or no more of it."""
        return _INTERRUPTED in self.content or self.is_about_one

    @property
    def is_about_one(self) -> bool:
        """Whether it says so of that message alone to which it replies."""
        return _UNSAVED in self.content


@dataclass(slots=True)
class Ledger:
    """All mentions, and all that the bot said.

    Attributes:
        mentions: what was asked, by number.
        posts: what the bot said, by the message's id.
        begun: when a model was first asked for the answer to a mention.
        stored: the messages that a process has stored; None where nobody looked.
    """

    mentions: dict[int, Mention] = field(default_factory=dict)
    posts: dict[int, Post] = field(default_factory=dict)
    begun: dict[int, float] = field(default_factory=dict)
    stored: set[int] | None = None

    # -- what happens -----------------------------------------------------------------------

    def ask(self, mention: Mention) -> None:
        """Note a mention."""
        self.mentions[mention.number] = mention

    def begin(self, numbers: Iterable[int], at: float) -> None:
        """Note that a model is asked for the answer to mentions."""
        for number in numbers:
            self.begun.setdefault(number, at)

    def see(self, post: Post) -> None:
        """Note a post as it is now; of one that is known, only what it says is new."""
        self.posts.setdefault(post.id, post).content = post.content

    def since(self, at: float) -> "Ledger":
        """Return the same record of those mentions alone that were made since a time."""
        asked = {number: each for number, each in self.mentions.items() if each.at >= at}
        return replace(self, mentions=asked)

    # -- what became of it ------------------------------------------------------------------

    def ends(self) -> dict[int, End]:
        """Return what became of each mention."""
        found = dict.fromkeys(self.mentions, End.NOTHING)
        for post in self.posts.values():
            end = End.WHOLE if post.is_whole else End.CUT if post.says_why else End.HALF
            for number in post.numbers:
                if number in found and (found[number] is End.NOTHING or end is End.WHOLE):
                    found[number] = end
        for post in self.posts.values():
            if post.says_why and not post.numbers:
                told = self._told_by(post, found)
                found |= {number: End.CUT if found[number] is End.HALF else End.TOLD for number in told}
        return found

    def _told_by(self, post: Post, ends: Mapping[int, End]) -> list[int]:
        """Return those that a notice tells of no answer: all who wait in its channel, up to the one it replies to."""
        here = sorted(
            (each for each in self.mentions.values() if each.channel == post.channel and each.at <= post.at),
            key=lambda each: each.at,
        )
        named = [place for place, each in enumerate(here, 1) if each.message == post.replies_to]
        if post.is_about_one:
            return [here[place - 1].number for place in named if ends[here[place - 1].number] in UNENDED]
        return [
            each.number for each in here[: named[0] if named else None] if ends[each.number] is End.NOTHING
        ]

    def wrong(self) -> list[str]:
        """Return a line for each mention that has no end, or that was answered twice."""
        lines = [
            f"{end}: {self._told_of(number)}" for number, end in sorted(self.ends().items()) if end in UNENDED
        ]
        return lines + [f"answered twice: {self._told_of(number)}" for number in self.twice()]

    def _told_of(self, number: int) -> str:
        asked = self.mentions[number]
        posts = [
            f"{post.at:.2f} {post.id} {post.content!r}"
            for post in self.posts.values()
            if number in post.numbers
        ]
        begun = f"begun at {self.begun[number]:.2f}" if number in self.begun else "never begun"
        kept = "" if self.stored is None else ", stored" if asked.message in self.stored else ", not stored"
        where = f"channel {asked.channel} of shard {asked.shard}"
        return f"number {number} of {asked.at:.2f} in {where}, {begun}{kept}; {'; '.join(posts) or 'no post'}"

    def unanswered(self) -> list[int]:
        """Return the mentions without an answer or a word why there is none."""
        return [number for number, end in self.ends().items() if end in UNENDED]

    def accepted_unanswered(self) -> list[int]:
        """Return those of them that a process had stored."""
        stored = self.stored if self.stored is not None else {each.message for each in self.mentions.values()}
        return [number for number in self.unanswered() if self.mentions[number].message in stored]

    def twice(self) -> list[int]:
        """Return the mentions that more than one post answers, and those whose post has another's nonce."""
        own = [post for post in self.posts.values() if not self.mentions.keys().isdisjoint(post.numbers)]
        answers = Counter(number for post in own for number in post.numbers)
        nonces = Counter((post.channel, post.nonce) for post in self.posts.values() if post.nonce is not None)
        copied = {
            number
            for post in own
            for number in post.numbers
            if post.nonce is not None and nonces[post.channel, post.nonce] > 1
        }
        return sorted(
            ({number for number, posts in answers.items() if posts > 1} | copied) & self.mentions.keys()
        )

    def first_shown(self) -> dict[int, float]:
        """Return when people saw the first of each mention's answer."""
        found: dict[int, float] = {}
        for post in self.posts.values():
            for number in post.numbers:
                found[number] = min(post.at, found.get(number, math.inf))
        return found

    def takeover(self, at: float, shards: Iterable[int]) -> float:
        """Return the seconds after `at` until somebody who asked since then is answered, in each of the shards.

        The last of them counts; infinity where nobody is answered, 0 of no shards.
        """
        shown = self.first_shown()
        firsts = [
            min(
                (
                    shown[each.number]
                    for each in self.mentions.values()
                    if each.shard == shard and each.at >= at and each.number in shown
                ),
                default=math.inf,
            )
            for shard in shards
        ]
        return max(firsts, default=at) - at

    def longest(self, most: int) -> list[str]:
        """Return a line for each of the mentions whose answer began last after them."""
        told = [(self.begun.get(each.number, math.inf) - each.at, each) for each in self.mentions.values()]
        worst = sorted(told, key=lambda pair: -pair[0])[:most]
        return [
            f"{wait:.2f} s: number {each.number} of {each.at:.2f} in channel {each.channel} of shard {each.shard}"
            for wait, each in worst
        ]

    def waits(self, since: float, until: float) -> list[float]:
        """Return the seconds from each mention said in a time until its answer began; infinity of none."""
        return [
            self.begun.get(each.number, math.inf) - each.at
            for each in self.mentions.values()
            if since <= each.at < until
        ]


def most_in_a_second(times: Iterable[float]) -> tuple[int, float]:
    """Return how many of the times are within a second, at most, wherever it begins, and when the first such does."""
    ordered = sorted(times)
    numbers = ((bisect_left(ordered, at + 1.0) - place, at) for place, at in enumerate(ordered))
    return max(numbers, key=lambda found: found[0], default=(0, 0.0))
