"""Profiles: the characters that people play, as they describe them.

Law: a profile is its person's alone, and nobody has two of one name. `core.prompting.profiles` tells of it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bot.core.names import NAME_LIMIT, key_of, shows
from bot.core.scene import IncomingMessage, Lookup, Participant, Referenced

MOST_PROFILES: Final = 10
"""Profiles of one person: they are all in one panel, and in its menus."""

NAME_LENGTH: Final = NAME_LIMIT
PRONOUNS_LENGTH: Final = 40
DESCRIPTION_LENGTH: Final = 1000
"""Characters of a profile's parts: a name as prompts have it, a good paragraph that each reply pays for."""

_KIND: Final = "profile:"
"""What the keys of these characters begin with, before the profile's id."""


@dataclass(frozen=True, slots=True)
class ProfileWords:
    """What a person says of a character; pronouns and description may be empty."""

    name: str
    pronouns: str = ""
    description: str = ""

    @property
    def says_more(self) -> bool:
        """Whether it says more than a name."""
        return bool(self.pronouns or self.description)


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile of a person."""

    id: int
    user_id: int
    words: ProfileWords

    @property
    def name(self) -> str:
        """The character's name."""
        return self.words.name

    @property
    def character(self) -> str:
        """The key of the character, as in `Participant`."""
        return f"{_KIND}{self.id}"


def ids_in(characters: Iterable[str]) -> set[int]:
    """Return the ids of the profiles among the keys of characters."""
    return {int(each.removeprefix(_KIND)) for each in characters if each.startswith(_KIND)}


class ProfileFault(StrEnum):
    """The reasons for which a profile is not stored."""

    NAMELESS = "nameless"  # no character of the name can be seen
    LONG_NAME = "long_name"
    LONG_PRONOUNS = "long_pronouns"
    LONG_DESCRIPTION = "long_description"
    SAME = "same"  # the person has another profile of this name
    MANY = "many"
    GONE = "gone"


LIMITS: Final[Mapping[ProfileFault, int]] = {
    ProfileFault.LONG_NAME: NAME_LENGTH,
    ProfileFault.LONG_PRONOUNS: PRONOUNS_LENGTH,
    ProfileFault.LONG_DESCRIPTION: DESCRIPTION_LENGTH,
    ProfileFault.MANY: MOST_PROFILES,
}
"""The limit that a reason is about."""


def tidied(words: ProfileWords) -> ProfileWords:
    """Return what a person typed without blanks around it; name and pronouns are one line each."""
    return ProfileWords(
        " ".join(words.name.split()), " ".join(words.pronouns.split()), words.description.strip()
    )


def fault_of(words: ProfileWords, own: Collection[Profile], profile_id: int | None) -> ProfileFault | None:
    """Return why a person may not have a profile of these (tidied) words; None if they may.

    `own` are the profiles they have, `profile_id` the one that is changed; None for a new one.
    """
    if not shows(words.name):
        return ProfileFault.NAMELESS
    texts = (words.name, words.pronouns, words.description)
    for text, (fault, most) in zip(texts, LIMITS.items(), strict=False):
        if len(text) > most:
            return fault
    if any(key_of(each.name) == key_of(words.name) for each in own if each.id != profile_id):
        return ProfileFault.SAME
    if profile_id is None:
        return ProfileFault.MANY if len(own) >= MOST_PROFILES else None
    return None if any(each.id == profile_id for each in own) else ProfileFault.GONE


# --- who speaks -------------------------------------------------------------------------------------


def played_by(person: Participant, playing: Mapping[int, Profile]) -> Participant:
    """Return a person as who they play; `playing` has the profile of each account that plays one."""
    profile = None if person.character else playing.get(person.id)
    return person if profile is None else Participant(person.id, profile.name, profile.character)


def message_as_played(message: IncomingMessage, playing: Mapping[int, Profile]) -> IncomingMessage:
    """Return a message whose people, also those it mentions or quotes, are who they play."""
    if not playing:
        return message
    replied = None if message.replied is None else quote_as_played(message.replied, playing)
    author, lookup = played_by(message.author, playing), _lookup(message.lookup, playing)
    return replace(message, author=author, lookup=lookup, replied=replied)


def quote_as_played(quoted: Referenced, playing: Mapping[int, Profile]) -> Referenced:
    """Return a quoted message likewise."""
    return replace(quoted, author=played_by(quoted.author, playing), lookup=_lookup(quoted.lookup, playing))


def _lookup(lookup: Lookup, playing: Mapping[int, Profile]) -> Lookup:
    names = {id_: playing[id_].name if id_ in playing else name for id_, name in lookup.people.items()}
    return replace(lookup, people=names)
