"""What can be set for a server or a channel from Discord, and which value counts in the end.

Law: a table of keys and their choices. What is not shown cannot be set, and every key shown changes
what the bot does. The order is: pinned by the host, channel, server, the host's defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from bot.core.routing import Respond


class StoryRights(StrEnum):
    """Who may begin, resume and undo scenes."""

    STARTER = "starter"  # who began the running scene, and moderators
    ALL = "all"
    MODS = "mods"


class Language(StrEnum):
    """The language a persona is asked to answer in."""

    AUTO = "auto"  # the newest message's
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


@dataclass(frozen=True, slots=True)
class Settings:
    """The values that count in one channel."""

    respond: Respond = Respond.NAME
    language: Language = Language.AUTO
    story_rights: StoryRights = StoryRights.STARTER
    paused: bool = False


CHOICES: Mapping[str, type[StrEnum]] = {
    "respond": Respond,
    "language": Language,
    "story_rights": StoryRights,
}
"""The keys a panel offers, with their choices; `paused` has a command of its own."""


def effective(defaults: Settings, *layers: Mapping[str, str]) -> Settings:
    """Return the defaults overridden by each layer in turn; a value that is no choice is passed over."""
    values: dict[str, object] = {field.name: getattr(defaults, field.name) for field in fields(defaults)}
    for layer in layers:
        for key, text in layer.items():
            if key == "paused":
                values[key] = text == "true"
            elif key in CHOICES and text in set(CHOICES[key]):
                values[key] = CHOICES[key](text)
    return Settings(**values)  # type: ignore[arg-type]  # each value is its key's own choice


def may_steer(rights: StoryRights, *, starter_id: int | None, user_id: int, moderator: bool) -> bool:
    """Tell whether somebody may begin, resume or undo a scene here.

    `moderator` means Manage Messages in the channel. A scene that began by itself belongs to all.
    """
    if moderator or rights is StoryRights.ALL:
        return True
    return rights is StoryRights.STARTER and starter_id in (None, user_id)
