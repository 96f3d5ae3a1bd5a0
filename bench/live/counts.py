"""What people saw of a reply, counted.

Law: pure. Times are seconds on one clock; what is seen is timed when Discord has applied it.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

SMALL = re.compile(r"^(?:-# .*|\*\*[^*\n]+\*\*)$", re.MULTILINE)
"""A line beneath or above the story: a notice, who it answers, who speaks where the bot lends its face."""

WORDS_OF_A_PHRASE = 3
"""So many words are one, if no mark ends it before."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One change of a post: it stands there since `at`. `new` tells a post from an edit."""

    at: float
    post: int
    content: str
    new: bool


@dataclass(slots=True)
class Shown:
    """One reply, by what the model said and by what people saw.

    Attributes:
        text: all that the model says.
        asked: when it was asked for; several where one reply answers several people.
        typing: when the bot was seen typing there.
        began: when the model was asked.
        tokens: when the model said something.
        seen: its posts and edits.
        channel: where it stands.
    """

    text: str
    asked: list[float] = field(default_factory=list)
    typing: list[float] = field(default_factory=list)
    began: float = math.nan
    tokens: list[float] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    channel: int = 0

    @property
    def model_time(self) -> float:
        """The seconds from the model's being asked to its last word."""
        return self.tokens[-1] - self.began


def story(content: str) -> str:
    """Return what of a post is the story, without blanks: pages lose those at their ends."""
    return "".join(SMALL.sub("", content).split())


def growth(shown: Shown) -> list[tuple[float, str]]:
    """Return the moments at which more could be read, each with all that could be."""
    posts: dict[int, str] = {}
    found: list[tuple[float, str]] = []
    for seen in shown.seen:
        posts[seen.post] = story(seen.content)
        text = "".join(posts.values())
        if len(text) > (len(found[-1][1]) if found else 0):
            found.append((seen.at, text))
    return found


def typing_after(shown: Shown) -> float:
    """Return the seconds from the mention to the first sign of an answer."""
    signs = [at for at in shown.typing if at >= shown.asked[0]] + [seen.at for seen in shown.seen[:1]]
    return min(signs, default=math.inf) - shown.asked[0]


def first_text_after(shown: Shown) -> float:
    """Return the seconds from the first token to the first text."""
    return shown.seen[0].at - shown.tokens[0] if shown.seen else math.inf


def begins_with_a_phrase(shown: Shown) -> bool:
    """Tell whether the first text was more than a word or two: that is what a notification shows."""
    first = SMALL.sub("", shown.seen[0].content).strip() if shown.seen else ""
    whole = story(first) == story(shown.text)
    return whole or len(first.split()) >= WORDS_OF_A_PHRASE or (bool(first) and not first[-1].isalnum())


def edits(shown: Shown) -> int:
    """Return how often words of the reply were edited; to take its buttons away is no such edit."""
    stood: dict[int, str] = {}
    count = 0
    for seen in shown.seen:
        count += not seen.new and stood.get(seen.post) != seen.content
        stood[seen.post] = seen.content
    return count


def finished_at(shown: Shown) -> float:
    """Return when all of it stood there; infinity if it never did."""
    text = story(shown.text)
    return next((at for at, read in growth(shown) if read == text), math.inf)


def final_after(shown: Shown) -> float:
    """Return the seconds from the last token to the whole text."""
    return finished_at(shown) - shown.tokens[-1]


def freeze(shown: Shown) -> float:
    """Return the longest time without new text, from the first text to the last token."""
    end = shown.tokens[-1]
    moments = [at for at, _ in growth(shown) if at < end]
    return max((second - first for first, second in pairwise([*moments, end])), default=0.0)


def previews_ahead(shown: Shown, beside: Iterable[Seen] = (), *, way: float, grace: float = 0.05) -> int:
    """Count what was sent into its channel between its last token and its last words.

    Args:
        shown: a reply.
        beside: posts and edits of other replies in its channel.
        way: seconds a request takes to Discord; what is seen was sent so much earlier.
        grace: seconds for the last token's way to the bot.
    """
    done = finished_at(shown)
    times = [seen.at for seen in (*shown.seen, *beside)]
    # The last words of a long reply are several requests, and all but the first of them no previews.
    last = {seen.at for seen in last_words(shown)}
    return sum(shown.tokens[-1] + grace < at - way and at < done and at not in last for at in times)


def last_words(shown: Shown) -> list[Seen]:
    """Return the posts and edits that say what stands there at the end, each post's first that does."""
    final = {seen.post: seen.content for seen in shown.seen}
    found: dict[int, Seen] = {}
    for seen in shown.seen:
        if seen.content == final[seen.post]:
            found.setdefault(seen.post, seen)
    return list(found.values())


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that so large a share of them does not exceed; NaN of none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def median(values: Sequence[float]) -> float:
    """Return the middle one of the values, the lower where there are two."""
    return percentile(values, 0.5)
