"""What is said of lore: which entries a reply is told, and why; which it isn't, and why not.

Law: this module only turns an `Activation` into lines; it doesn't know where they are shown.
"""

from collections.abc import Callable

from bot.core.lore.telling import Activation, Told, Untold, Why
from bot.core.lorebook import Lorebook
from bot.texts.sentences import Sentence, Voice

CHANNELS = 5
"""Channels that are named of those which know a book."""


def one_line(words: str) -> str:
    """Return words in one line."""
    return " ".join(words.split())


def known_to(book: Lorebook, plain: Callable[[str], str]) -> list[str] | Sentence:
    """Return who knows a book: personas, and links to channels."""
    channels = [f"<#{channel}>" for channel in book.channels[:CHANNELS]]
    return [*map(plain, book.personas), *channels] or Sentence("lore.by_name")


def lore_lines(
    found: Activation, voice: Voice, plain: Callable[[str], str] = one_line, *, hidden: int = 0
) -> list[str]:
    """Return a line for each entry; `plain` makes words that admins or players wrote harmless.

    `hidden` is how many entries are not in it, because they may not be read.
    """
    told = [
        voice.say("lore.told", **_which(each, plain), why=_why(each, plain), tokens=each.tokens)
        for each in found.told
    ]
    untold = [
        voice.say("lore.untold", **_which(each, plain), why=Sentence(f"lore.held.{each.why}"))
        for each in found.untold
    ]
    return [*told, *untold, *([voice.say("lore.hidden", count=hidden)] if hidden else [])]


def _which(each: Told | Untold, plain: Callable[[str], str]) -> dict[str, str]:
    return {"entry": plain(each.ready.name), "book": plain(each.source.name)}


def _why(each: Told, plain: Callable[[str], str]) -> Sentence:
    key, by = plain(each.cause.key), plain(each.cause.by)
    match each.why:
        case Why.SAID if by:
            return Sentence("lore.why.said_by", key=key, speaker=by)
        case Why.SAID:
            return Sentence("lore.why.said", key=key)
        case Why.LORE:
            return Sentence("lore.why.lore", key=key, entry=by)
        case Why.CONSTANT:
            return Sentence("lore.why.constant")
        case Why.STICKY:
            return Sentence("lore.why.sticky")
