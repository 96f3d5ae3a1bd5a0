"""What a prompt tells of the characters that people play.

Law: people wrote these words, so that a prompt tells them in one line of its own, with round brackets and
without template markers, and no macro is filled in. All of them together stay within a bound of tokens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.core.memory.memory import clean_line
from bot.core.posts.pages import excerpt, utf16_length
from bot.core.profiles import Profile, ProfileWords
from bot.core.scene import Position, Turn
from bot.core.tokens import Counter

TOKENS: Final = 250
"""The most tokens that a prompt tells of one profile: a good paragraph."""

ALL_TOKENS, WINDOW_SHARE = 1000, 16
"""All profiles in a prompt take at most so many tokens, and at most this part of the model's window."""


@dataclass(frozen=True, slots=True)
class KnownProfiles:
    """The profiles that a prompt may tell of.

    Attributes:
        by_character: each by its character's key.
        room: the tokens that all of them may take together.
    """

    by_character: Mapping[str, Profile] = field(default_factory=dict)
    room: int = ALL_TOKENS

    def tells(self, character: str) -> bool:
        """Return whether more than the name of a character is known."""
        profile = self.by_character.get(character)
        return profile is not None and profile.words.says_more

    def told(self, cast: Sequence[tuple[str, str]], counter: Counter) -> dict[str, str]:
        """Return what is told of a cast, by name; `cast` has each one's name in the prompt and character."""
        known = {name: self.by_character[character] for name, character in cast if self.tells(character)}
        most = most_tokens(len(known), self.room)
        return {name: told_of(name, profile.words, most, counter) for name, profile in known.items()}


NO_PROFILES: Final = KnownProfiles()


def profiles_room(context_window: int) -> int:
    """Return the tokens that all profiles in a prompt may take, for a model with this window."""
    return min(ALL_TOKENS, context_window // WINDOW_SHARE)


def most_tokens(count: int, room: int) -> int:
    """Return the most tokens that each of several profiles may take."""
    return min(TOKENS, room // max(1, count))


def told_of(name: str, words: ProfileWords, most: int, counter: Counter) -> str:
    """Return what is told of the character with this name, in one line of at most `most` tokens.

    A description that is too long ends with `…`; name and pronouns are always told.
    """
    description, told = clean_line(words.description), _told(name, words)
    length = utf16_length(description)
    while length and (cost := counter.count(told)) > most:
        # Tokens are about as long everywhere in a text: a few steps find the length.
        length = min(length - 1, length * most // cost)
        told = _told(name, replace(words, description=excerpt(description, length) if length else ""))
    return told


def whole_text(words: ProfileWords) -> str:
    """Return all that a profile says, also what is too long to be told."""
    return _told(words.name, words)


def _told(name: str, words: ProfileWords) -> str:
    pronouns, description = clean_line(words.pronouns), clean_line(words.description)
    head = f"{name} ({pronouns})" if pronouns else name
    return f"{head}: {description}" if description else head


def arrives(turns: Sequence[Turn], until: Position, known: KnownProfiles) -> bool:
    """Return whether somebody with a profile that tells of them has come since a position."""
    here = {turn.identity for turn in turns if turn.position <= until}
    return any(
        known.tells(turn.speaker.character) and turn.identity not in here
        for turn in turns
        if turn.position > until
    )
