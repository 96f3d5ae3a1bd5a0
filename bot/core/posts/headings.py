"""The name of a persona's posts and the line above them, which are not part of the story.

Law: text in, text out. For any name, Discord accepts the result, and the line reads as meant.
"""

from dataclasses import dataclass
from typing import Final

import regex

from bot.core.names import clean_name
from bot.core.posts.pages import clipped

WEBHOOK_NAME_LIMIT: Final = 80
"""UTF-16 units in the name of a webhook's post: Discord's limit (its page "Webhook", Create Webhook)."""

NAMELESS: Final = "…"
"""The replacement for a name without a visible character."""

_HIDDEN: Final = r"\p{Default_Ignorable_Code_Point}*"
# Discord strips some invisible characters before it looks for these words.
_REFUSED: Final = regex.compile(
    "|".join(_HIDDEN.join(word) for word in ("clyde", "discord")), regex.IGNORECASE | regex.FULLCASE
)
_REFUSED_WHOLE: Final = frozenset({"everyone", "here"})
_UNSENDABLE: Final = regex.compile(r"[\p{Cc}\p{Cs}\p{Cn}]")
_VISIBLE: Final = regex.compile(r"[[\p{L}\p{N}\p{P}\p{S}]--[\u115f\u1160\u2800\u3164\uffa0]]", regex.V1)
_MARKUP: Final = regex.compile(r"[!-/:-@\[-`{-~]")
_BREAK: Final = "·"


def webhook_name(name: str) -> str:
    """Return a persona's name as Discord accepts it for a webhook's post: 1 to 80 UTF-16 units, one line.

    The words that Discord refuses in it, "clyde" and "discord" (its page "Webhook"), are broken by a dot:
    `d·iscord`.
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
    """The message that a reply answers: its id, its author's name, and its URL."""

    message_id: int
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class HeadingFacts:
    """The facts that decide the line above a new post.

    Attributes:
        by_webhook: whether a webhook makes the post, which shows the persona's name by itself.
        name: the persona's name; None if the bot's own posts do not name it.
        cause: the message that the reply answers, for the first post of the reply; else None.
        newest: the newest known message in the channel; None if none is known.
        planned: the line that was planned for the post before a crash; empty for none.
    """

    by_webhook: bool
    name: str | None = None
    cause: Cause | None = None
    newest: int | None = None
    planned: str = ""


def first_line(facts: HeadingFacts) -> str:
    """Return the line above a new post; empty for none.

    The bot's own post names the persona. A webhook's post cannot be a Discord reply: if it is not directly
    below its cause, it gets a pointer there.
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
    """Return the line above a post of the bot itself, with the persona's name."""
    return f"**{escaped(webhook_name(name))}**"


def pointer(name: str, address: str) -> str:
    """Return the small line above a post that is not directly below the message it answers.

    Args:
        name: the name of that message's author.
        address: the URL of that message.
    """
    shown = escaped(clean_name(name, NAMELESS).replace("[", "(").replace("]", ")"))
    return f"-# ↪ [{shown}]({address})"


def escaped(text: str) -> str:
    """Return a text of one line with Discord's markdown escaped."""
    return _MARKUP.sub(r"\\\g<0>", text)
