"""What a persona's posts are called and what stands above them, outside the story.

Law: text in, text out. Whatever somebody is called, Discord takes the name, and the line it stands in reads
as meant.
"""

from dataclasses import dataclass
from typing import Final

import regex

from bot.core.names import clean_name
from bot.core.posts.pages import clipped

WEBHOOK_NAME_LIMIT: Final = 80
"""UTF-16 units in the name that a webhook posts under (Discord's documentation of webhooks)."""

NAMELESS: Final = "…"
"""Stands for a name in which there is nothing to see."""

_HIDDEN: Final = r"\p{Default_Ignorable_Code_Point}*"
# Discord strips some characters that show nothing before it looks for these words.
_REFUSED: Final = regex.compile(
    "|".join(_HIDDEN.join(word) for word in ("clyde", "discord")), regex.IGNORECASE | regex.FULLCASE
)
_REFUSED_WHOLE: Final = frozenset({"everyone", "here"})
_UNSENDABLE: Final = regex.compile(r"[\p{Cc}\p{Cs}\p{Cn}]")
_VISIBLE: Final = regex.compile(r"[[\p{L}\p{N}\p{P}\p{S}]--[\u115f\u1160\u2800\u3164\uffa0]]", regex.V1)
_MARKUP: Final = regex.compile(r"[!-/:-@\[-`{-~]")
_BREAK: Final = "·"


def webhook_name(name: str) -> str:
    """Return a persona's name as Discord takes it for a webhook's post: 1 to 80 UTF-16 units, one line.

    The words that Discord refuses in it, "clyde" and "discord", are broken by a dot: `d·iscord`.
    """
    line = " ".join(_UNSENDABLE.sub(" ", name).split())
    while (found := _REFUSED.search(line)) is not None:
        line = f"{line[: found.start() + 1]}{_BREAK}{line[found.start() + 1 :]}"
    if line.casefold() in _REFUSED_WHOLE:
        line = f"{line[0]}{_BREAK}{line[1:]}"
    line = clipped(line, WEBHOOK_NAME_LIMIT).strip()
    return line if _VISIBLE.search(line) else NAMELESS


@dataclass(frozen=True, slots=True)
class Cause:
    """The message that a reply answers: its id, who wrote it, and its address as a link."""

    message_id: int
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the line above a new post depends on.

    Attributes:
        by_webhook: whether a webhook makes the post, which shows the persona's name by itself.
        name: the persona's; None where the bot's own posts do not name it.
        cause: what the reply answers, if the post is the first that answers it; else None.
        newest: the newest message known in the channel; None where none is known.
        planned: the line that the post was to have before a crash; empty for none.
    """

    by_webhook: bool
    name: str | None = None
    cause: Cause | None = None
    newest: int | None = None
    planned: str = ""


def first_line(facts: Facts) -> str:
    """Return the line above a new post; empty for none.

    The bot's own post names the persona. A webhook's post cannot be a Discord reply: where it does not stand
    directly beneath its cause, a pointer leads there.
    """
    if facts.planned:
        return facts.planned
    if not facts.by_webhook:
        return "" if facts.name is None else name_line(facts.name)
    cause = facts.cause
    if cause is None:
        return ""
    apart = facts.newest is not None and facts.newest > cause.message_id
    return pointer(cause.name, cause.address) if apart else ""


def name_line(name: str) -> str:
    """Return the line above a post that the bot makes for a persona under its own name."""
    return f"**{escaped(webhook_name(name))}**"


def pointer(name: str, address: str) -> str:
    """Return the small line above a post that does not stand directly beneath what it answers.

    Args:
        name: What the person is called who is answered.
        address: Their message's, as a link.
    """
    shown = escaped(clean_name(name, NAMELESS).replace("[", "(").replace("]", ")"))
    return f"-# ↪ [{shown}]({address})"


def escaped(text: str) -> str:
    """Return a text of one line whose characters all stand for themselves in Discord's markdown."""
    return _MARKUP.sub(r"\\\g<0>", text)
