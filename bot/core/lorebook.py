"""The lorebook: what a world is like, told when it comes up; the data model of a file in `lore/`.

Law: these models define what a lorebook may contain; `core.lore` says when which entry is told. The keys
have the names that character cards and SillyTavern gave them, where those are words.
"""

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from bot.core.sheet import FilledText, Sheet, Text

SCAN_DEPTH: Final = 4
"""Turns in which keys are looked for, unless a book or entry says otherwise; in a room, several may write
before a persona answers, so that SillyTavern's two are few."""

DEPTH_LIMIT: Final = 100
"""Most turns in which keys are looked for, whatever a book asks for."""

TIMER_LIMIT: Final = 200
"""Most messages that an entry stays, rests or waits, whatever it asks for."""

REACH: Final = 2 * TIMER_LIMIT
"""Most turns that are looked at for what was told before: the longest sticky time and rest after it."""

KEY_LENGTH: Final = 200
"""Most characters of a key or pattern that is looked for."""

COUNT_LIMIT: Final = 1_000_000_000
"""The largest number of anything; what counts is less."""


EVERY_PERSONA: Final = "all"
"""What stands for every persona."""


class Logic(StrEnum):
    """What an entry's secondary keys must do besides one of its keys."""

    AND_ANY = "and_any"
    AND_ALL = "and_all"
    NOT_ANY = "not_any"
    NOT_ALL = "not_all"


class Spot(StrEnum):
    """Where a constant entry stands in `system`."""

    BEFORE = "before"
    AFTER = "after"


Keys = Annotated[tuple[str, ...], Field(strict=False)]
Count = Annotated[int, Field(ge=0, le=COUNT_LIMIT)]
Rank = Annotated[float, Field(ge=-COUNT_LIMIT, le=COUNT_LIMIT)]


class KeyRules(Sheet):
    """What brings an entry up: the words that must be said, and how they are looked for."""

    keys: Keys = Field(default=(), description="Words of which one must be said; /…/i is a pattern (RE2).")
    secondary_keys: Keys = Field(default=(), description="Further words, which `logic` asks for.")
    logic: Annotated[Logic, Field(strict=False)] = Field(
        default=Logic.AND_ANY, description="and_any, and_all, not_any or not_all of the secondary keys."
    )
    scan_depth: Count | None = Field(default=None, description="The newest turns in which keys count.")
    case_sensitive: bool | None = Field(default=None, description="Whether A is another letter than a.")
    whole_words: bool | None = Field(default=None, description="Whether a key of one word is a whole word.")
    regex: bool = Field(default=False, description="true: each key is a pattern, without strokes around it.")


class Chances(Sheet):
    """When an entry may be told although it is brought up, and for how long it is."""

    probability: Annotated[float, Field(ge=0, le=100)] = Field(
        default=100, description="Percent of the times that it is told when it might be."
    )
    sticky: Count = Field(default=0, description="Messages for which it stays once it was told.")
    cooldown: Count = Field(default=0, description="Messages for which it rests after that.")
    delay: Count = Field(default=0, description="Messages that a scene has before it can be told.")
    group: Text = Field(default="", description="Of the entries of one group, one is told.")
    group_weight: Count = Field(default=100, description="How likely it is the one of its group.")


class LoreEntry(KeyRules, Chances):
    """One thing that a world knows."""

    name: str = Field(default="", description="What the entry is called in lists; no model reads it.")
    content: str = Field(default="", description="What the persona is told; decorators (@@…) may begin it.")
    enabled: bool = Field(default=True, description="false: it is never told.")
    constant: bool = Field(default=False, description="true: it is always told.")
    position: Annotated[Spot, Field(strict=False)] = Field(
        default=Spot.AFTER, description="Where a constant entry stands: before or after the description."
    )
    order: Rank = Field(default=100, description="Entries with lower numbers are told first.")
    priority: Rank | None = Field(
        default=None, description="Where there is no room for all, lower numbers go first; else by `order`."
    )
    exclude_recursion: bool = Field(default=False, description="Other entries never bring it up.")
    prevent_recursion: bool = Field(default=False, description="It brings up no other entries.")
    delay_until_recursion: bool = Field(default=False, description="Only other entries bring it up.")
    card: dict[str, Any] = Field(
        default_factory=dict, description="What a character card said besides; kept for its export."
    )


def _listed(value: object) -> object:
    """Return one name as a list of one."""
    return [value] if isinstance(value, str) else value


class Lorebook(Sheet):
    """A book of entries, with the personas and channels that it is for."""

    name: str = Field(default="", description="What the book is called in lists.")
    description: str = Field(default="", description="What it is about, for people; no model reads it.")
    personas: Annotated[tuple[FilledText, ...], Field(strict=False), BeforeValidator(_listed)] = Field(
        default=(), description="The personas (names of files) that know it, or `all`."
    )
    channels: Annotated[tuple[int, ...], Field(strict=False)] = Field(
        default=(), description="Channels, threads and categories, by id, in which every persona knows it."
    )
    servers: Annotated[tuple[int, ...], Field(strict=False)] = Field(
        default=(), description="Servers, by id, that the book is for; all if there are none here."
    )
    scan_depth: Count | None = Field(default=None, description="The newest turns in which keys count.")
    token_budget: Count | None = Field(default=None, description="The most tokens of this book in a request.")
    recursive: bool = Field(default=False, description="Whether what is told may bring up other entries.")
    case_sensitive: bool = Field(default=False, description="Whether A is another letter than a.")
    whole_words: bool = Field(default=False, description="Whether a key of one word is a whole word.")
    entries: Annotated[tuple[LoreEntry, ...], Field(strict=False)] = Field(
        default=(), description="The entries."
    )
    card: dict[str, Any] = Field(
        default_factory=dict, description="What a character card said besides; kept for its export."
    )
