"""What becomes of an imported chat: who speaks in it here, and which turns it brings.

Law: two names never become one speaker, and one name stays one, also when the file is imported again. Texts
are cleaned like all that people write, and nothing in them is an instruction to the bot.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from bot.core.macros.reading import with_names
from bot.core.names import NOBODY, apart_from, clean_name, distinct, persona_name
from bot.core.notes import told_with
from bot.core.persona import Persona
from bot.core.safe_text import defuse
from bot.core.scene import Identity, Participant, Place
from bot.core.transfer.chat import Line
from bot.core.transfer.sillytavern import ChatFile
from bot.storage.transfer import KnownSpeaker, NewSpeaker, NewTurn

_STRANGERS: Final = 1 << 62
"""The accounts of imported people are below its negative: Discord's are positive, a rehearsal's small."""

_UNKNOWN: Final = "~"
"""What the key of an imported persona without a file begins with: no file's key does."""

Speakers = Mapping[tuple[str, bool], NewSpeaker]
"""The speakers of a chat by their name in it, and whether they are a person."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would bring.

    Attributes:
        chat: the chat.
        people: the people in it, in the order they first speak.
        personas: the characters in it by name, each with the persona that plays it here, if there is one.
    """

    chat: ChatFile
    people: tuple[str, ...]
    personas: Mapping[str, Persona | None]


class PlaceNames:
    """The names in a place: who has which, and which are free."""

    def __init__(self, known: Iterable[KnownSpeaker], personas: Sequence[str]) -> None:
        """Take the speakers of the place, and the names of the personas that may come to it."""
        self._personas = personas
        self._names: dict[tuple[Identity, str | None], str] = {}
        for speaker, display_name in known:
            self._names.setdefault((speaker.identity, display_name), speaker.name)

    def person(self, who: Participant) -> NewSpeaker:
        """Return the speaker of a person, with the name they have under this display name or a new one."""
        name = self._name((who.identity, who.name), who.name)
        return NewSpeaker(name, user_id=who.id, character=who.character, display_name=who.name)

    def stranger(self, name: str) -> NewSpeaker:
        """Return the speaker of a persona without a file."""
        key = _UNKNOWN + name
        return NewSpeaker(self._name((Identity(key), None), name), persona_key=key)

    def _name(self, key: tuple[Identity, str | None], name: str) -> str:
        if key not in self._names:
            player = key[0].person
            taken = {given for (who, _), given in self._names.items() if who.person != player}
            self._names[key] = distinct(apart_from(clean_name(name, NOBODY), self._personas), taken)
        return self._names[key]


def speakers_of(
    plan: Plan, place: Place, names: PlaceNames, by: Participant, as_name: str | None
) -> dict[tuple[str, bool], NewSpeaker]:
    """Return the speakers of a chat in a place; `as_name` is the name under which `by` speaks in it."""
    found = {}
    for name in plan.people:
        who = by if name == as_name else Participant(_account(place, name), name)
        found[name, True] = names.person(who)
    for name, persona in plan.personas.items():
        found[name, False] = names.stranger(name) if persona is None else _player(persona)
    return found


def _account(place: Place, name: str) -> int:
    """Return the account of an imported person: the same for this name in this place, and no one else's."""
    digest = sha256(f"{place.channel_id}:{place.owner}:{name}".encode()).digest()
    return -_STRANGERS - int.from_bytes(digest[:8]) % _STRANGERS


def _player(persona: Persona) -> NewSpeaker:
    return NewSpeaker(persona_name(persona), persona_key=persona.key)


def turns_of(chat: ChatFile, speakers: Speakers, now: datetime, cost: Callable[[str], int]) -> list[NewTurn]:
    """Return the turns of a chat; `cost` counts the tokens of a text. This takes a while.

    The program's macros for names become the names that they stand for. Nothing was said later than `now`.
    """
    user = _called(speakers, chat.user, is_person=True)
    character = _called(speakers, chat.character, is_person=False)

    def words(text: str, line: Line) -> str:
        char = character if line.is_person else speakers[line.name, False].name
        return defuse(with_names(text, char, user)).strip()

    found = []
    for line in chat.lines:
        speaker, text, at = speakers[line.name, line.is_person], words(line.text, line), min(line.at, now)
        if line.is_person:
            if text:
                found.append(NewTurn(speaker, text, cost(told_with(text, ())), at))
            continue
        others = {
            number: words(each, line) for number, each in enumerate(line.variants) if number != line.shown
        }
        kept = sorted([line.shown, *(number for number, each in others.items() if each)])
        if text:
            found.append(
                NewTurn(
                    speaker,
                    text,
                    cost(text),
                    at,
                    kept.index(line.shown) + 1,
                    tuple(
                        (number, others[each], cost(others[each]))
                        for number, each in enumerate(kept, 1)
                        if each != line.shown
                    ),
                )
            )
    return found


def _called(speakers: Speakers, name: str, *, is_person: bool) -> str:
    speaker = speakers.get((name, is_person))
    return speaker.name if speaker is not None else clean_name(name, NOBODY)
