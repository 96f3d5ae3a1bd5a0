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

POINTED_AT: Final = 5
"""The most people that a line above a post names: their links take a third of the post."""

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
        causes: the messages that the reply answers, one of each person, the newest last; none after its first
            post.
        newest: the newest known message in the channel; None if none is known.
        planned: the line that was planned for the post before a crash; empty for none.
        fallback: the words that say why the bot's own post stands in for the persona's; empty for none.
    """

    by_webhook: bool
    name: str | None = None
    causes: tuple[Cause, ...] = ()
    newest: int | None = None
    planned: str = ""
    fallback: str = ""


def first_line(facts: HeadingFacts) -> str:
    """Return the line above a new post; empty for none.

    The bot's own post names the persona. A webhook's post cannot be a Discord reply: if it is not directly
    below its cause, it gets a pointer there. What answers several people names them all by any route.
    """
    if facts.planned:
        return facts.planned
    several = len(facts.causes) > 1
    if not facts.by_webhook:
        name = "" if facts.name is None else name_line(facts.name)
        why = f"-# {facts.fallback}" if facts.fallback else ""
        return "\n".join(filter(None, [name, why, pointer(*facts.causes) if several else ""]))
    if not facts.causes:
        return ""
    apart = facts.newest is not None and facts.newest > facts.causes[-1].message_id
    return pointer(*facts.causes) if apart or several else ""


def name_line(name: str) -> str:
    """Return the line above a post of the bot itself, with the persona's name."""
    return f"**{escaped(webhook_name(name))}**"


def pointer(*causes: Cause) -> str:
    """Return the small line above a post that is not directly below the messages it answers.

    Of more than `POINTED_AT`, the newest are named, and how many more there are.
    """
    named = causes[-POINTED_AT:]
    links = (f"[{_shown(cause.name)}]({cause.address})" for cause in named)
    more = len(causes) - len(named)
    return f"-# ↪ {', '.join(links)}" + (f" +{more}" if more else "")


def _shown(name: str) -> str:
    return escaped(clean_name(name, NAMELESS).replace("[", "(").replace("]", ")"))


def escaped(text: str) -> str:
    """Return a text of one line with Discord's markdown escaped."""
    return _MARKUP.sub(r"\\\g<0>", text)
