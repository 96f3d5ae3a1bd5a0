"""What can be set for a server or a channel from Discord, and which value counts in the end.

Law: a table of keys and their choices. A text that is none of its key's choices counts as not set, so
what another version has stored breaks nothing. `/dramatis settings` offers no more than these.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from bot.core.routing import Respond


class StoryRights(StrEnum):
    """Who may begin a scene anew, resume one or undo what was said; moderators always may."""

    STARTER = "starter"  # who began the scene
    ALL = "all"
    MODS = "mods"  # nobody else


class Language(StrEnum):
    """The language a persona is asked to answer in, by its own name: people pick theirs from a list.

    A menu of Discord's holds 25 choices at most.
    """

    AUTO = "auto"  # whichever is spoken
    ENGLISH = "English"
    CHINESE = "中文"
    JAPANESE = "日本語"
    KOREAN = "한국어"
    GERMAN = "Deutsch"
    SPANISH = "Español"
    FRENCH = "Français"
    PORTUGUESE = "Português"
    RUSSIAN = "Русский"
    ITALIAN = "Italiano"
    POLISH = "Polski"
    TURKISH = "Türkçe"
    UKRAINIAN = "Українська"
    VIETNAMESE = "Tiếng Việt"


class Face(StrEnum):
    """Whose name and picture a persona's posts bear."""

    WEBHOOK = "webhook"  # the persona's own
    BOT = "bot"


class Stream(StrEnum):
    """How a reply appears in the channel."""

    LIVE = "live"  # while it is written
    CALM = "calm"  # in one post where it is done soon, else while it is written
    OFF = "off"  # when it is done


@dataclass(frozen=True, slots=True)
class Settings:
    """The values that count in one channel; `paused` means that no persona answers there."""

    respond: Respond = Respond.NAME
    language: Language = Language.AUTO
    story_rights: StoryRights = StoryRights.STARTER
    face: Face = Face.WEBHOOK
    stream: Stream = Stream.LIVE
    paused: bool = False


CHOICES: Final[Mapping[str, type[StrEnum]]] = {
    "respond": Respond,
    "language": Language,
    "story_rights": StoryRights,
    "face": Face,
    "stream": Stream,
}
"""The keys a panel offers, with their choices; `paused` (`true` or `false`) has a command of its own."""

_MEANINGS: Final[Mapping[str, Mapping[str, StrEnum | bool]]] = {
    **{key: {str(choice): choice for choice in choices} for key, choices in CHOICES.items()},
    "paused": {"true": True, "false": False},
}


def effective(defaults: Settings, *layers: Mapping[str, str]) -> Settings:
    """Return the defaults as each layer in turn overrides them, key by key.

    Layers hold texts as they are stored, the strongest last: the server's, the channel's, what the
    host pins.
    """
    said: dict[str, Any] = {
        key: _MEANINGS[key][layers[number][key]] for key, number in deciding(*layers).items()
    }
    return replace(defaults, **said)


def deciding(*layers: Mapping[str, str]) -> dict[str, int]:
    """Return for each key which of the layers `effective` takes its value from, counted from 0.

    Keys that no layer says anything about are left out: for them the defaults count.
    """
    return {
        key: number
        for number, layer in enumerate(layers)
        for key, text in layer.items()
        if text in _MEANINGS.get(key, {})
    }


def may_steer(rights: StoryRights, *, starter_id: int | None, user_id: int, moderator: bool) -> bool:
    """Return whether somebody may begin a scene anew, resume one or undo what was said.

    Args:
        rights: What is set for the channel.
        starter_id: Who began the running scene; None if it began by itself, and belongs to all.
        user_id: Who asks.
        moderator: Whether they have Manage Messages in the channel.
    """
    if moderator or rights is StoryRights.ALL:
        return True
    return rights is StoryRights.STARTER and starter_id in {None, user_id}
