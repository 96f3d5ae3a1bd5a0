"""What a server's admins may read of lore and prompts: its own texts, and the host's if the host lets them.

Law: what they may not read is counted and never shown, whatever it came up by.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.core.completion import Message
from bot.core.lore.index import Index
from bot.core.lore.telling import Activation
from bot.core.notes import is_lore_note
from bot.core.prompting.inspection import PARTS, Inspection
from bot.core.prompting.prompt import EVERYONE, OTHERS
from bot.discord_ui.interactions.common.services import Services
from bot.texts.sentences import Voice

_OF_PERSONA = frozenset(PARTS) - {"user", "assistant"}
"""The messages that consist of a persona's file."""


@dataclass(frozen=True, slots=True)
class ReadableLore:
    """The entries that may be shown, and those that may not."""

    shown: Activation
    hidden: Activation

    @property
    def count(self) -> int:
        """How many entries may not be shown."""
        return len(self.hidden.told) + len(self.hidden.untold)


async def readable_lore(services: Services, server_id: int, found: Activation) -> ReadableLore:
    """Return which entries the admins of a server may read."""
    may_read = await readable_books(services, server_id)

    def part(*, shown: bool) -> Activation:
        told = tuple(each for each in found.told if may_read(each.source) is shown)
        return Activation(told, tuple(each for each in found.untold if may_read(each.source) is shown))

    return ReadableLore(part(shown=True), part(shown=False))


async def readable_books(services: Services, server_id: int) -> Callable[[Index], bool]:
    """Return what says of a lorebook whether the admins of a server may read it."""
    if await services.reads_hosts(server_id):
        return lambda _: True
    shelf = services.personas(server_id)
    books = [index.book for index in (await services.story.inspector.shelf(server_id)).own.values()]
    inside = [each.lorebook for each in shelf if each.key in shelf.own]
    own = {id(book) for book in (*books, *inside)}
    return lambda index: id(index.book) in own


async def readable_prompt(
    services: Services, server_id: int, found: Inspection, voice: Voice
) -> tuple[Inspection, int]:
    """Return an inspection as a server's admins may see it, and how many entries of lore they may not."""
    lore = await readable_lore(services, server_id, found.lore)
    reads = await services.may_read(server_id, found.key)
    stands = any(each.ready.spot is not None for each in lore.hidden.told)
    hidden = _OF_PERSONA if not reads else {"system"} if stands else set()
    instead = voice.say("inspect.hidden")
    messages = [
        _veiled(each, instead) if each.role in hidden and not _is_persons(each) else each
        for each in found.messages
    ]
    if lore.hidden.triggered:
        messages[-1] = _without_lore(messages[-1])
    return replace(found, messages=tuple(messages), lore=lore.shown), lore.count


def _is_persons(message: Message) -> bool:
    """Return whether a message is the profile that a person has written."""
    return message.role == "user_system" and message.name not in {OTHERS, EVERYONE}


def _veiled(message: Message, instead: str) -> Message:
    """Return a message without its text; the name of a scene is made of the text too."""
    return Message(message.role, "…" if message.role == "group" else message.name, instead)


def _without_lore(newest: Message) -> Message:
    """Return the newest message without the notes that tell lore."""
    lines = [line for line in newest.content.split("\n") if not is_lore_note(line)]
    return replace(newest, content="\n".join(lines))
