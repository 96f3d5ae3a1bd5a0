"""The settings of a server or a channel, and which value is in effect.

Law: a table of keys and their choices. A stored text that isn't one of its key's choices counts as not set,
so that values of another version break nothing. `/dramatis settings` offers only these.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from bot.core.access import EVERYBODY, PlayRule, play_rule
from bot.core.asides import OutOfCharacter
from bot.core.quiet import NO_QUIET, QuietHours, read_quiet
from bot.core.routing import Respond


class StoryRights(StrEnum):
    """Who can start a new scene, resume one or undo things; moderators always can."""

    STARTER = "starter"  # the person who started the scene, until they have been away for `AWAY`
    ALL = "all"
    MODS = "mods"  # moderators only


AWAY: Final = timedelta(days=7)
"""How long after the starter's last line a story belongs to everybody."""


class Language(StrEnum):
    """The language in which a persona is asked to answer, each by its own name.

    Discord's menus have at most 25 choices.
    """

    AUTO = "auto"  # that of the newest message
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
    """Whose name and picture a persona's posts show."""

    WEBHOOK = "webhook"  # the persona's own
    BOT = "bot"


class Stream(StrEnum):
    """How a reply appears in the channel."""

    LIVE = "live"  # while it is written
    CALM = "calm"  # as one finished post if it is ready soon, otherwise while it is written
    OFF = "off"  # when it is finished


class PersonaTalk(StrEnum):
    """Whether personas of one channel answer each other."""

    ON = "on"
    OFF = "off"


class Mentions(StrEnum):
    """Whether `@Name` in a reply mentions the person who plays under that name."""

    ON = "on"  # those who wish to be notified
    OFF = "off"


class Cooldown(StrEnum):
    """The seconds until the next reply that somebody may get."""

    NONE = "0"
    FIVE_SECONDS = "5"
    TEN_SECONDS = "10"
    HALF_A_MINUTE = "30"
    MINUTE = "60"
    TWO_MINUTES = "120"
    FIVE_MINUTES = "300"
    QUARTER = "900"
    HOUR = "3600"

    @property
    def seconds(self) -> int:
        """The seconds as a number."""
        return int(self.value)


class Wish(StrEnum):
    """What a person wishes for themselves, wherever they play; it goes before a channel's settings."""

    WHOLE_REPLIES = "whole_replies"  # replies to them are posted once, when they are finished
    PING = "ping"  # a reply that mentions them may notify them


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in effect in one channel.

    `paused` means that no persona answers there, `timezone` is the name of the zone of `quiet_hours`, `bots`
    are the accounts of other bots that are heard, `ignored_prefixes` is how commands for other bots begin,
    besides those that the host knows, `play` is who may play.
    """

    respond: Respond = Respond.NAME
    language: Language = Language.AUTO
    story_rights: StoryRights = StoryRights.STARTER
    face: Face = Face.WEBHOOK
    stream: Stream = Stream.LIVE
    persona_talk: PersonaTalk = PersonaTalk.ON
    ooc: OutOfCharacter = OutOfCharacter.STEER
    mentions: Mentions = Mentions.OFF
    person_cooldown: Cooldown = Cooldown.NONE
    channel_cooldown: Cooldown = Cooldown.NONE
    quiet_hours: QuietHours = NO_QUIET
    timezone: str = ""
    bots: frozenset[int] = frozenset()
    ignored_prefixes: tuple[str, ...] = ()
    paused: bool = False
    play: PlayRule = EVERYBODY

    @property
    def unpaced(self) -> "Settings":
        """The same without cooldowns and quiet hours."""
        none = Cooldown.NONE
        return replace(self, person_cooldown=none, channel_cooldown=none, quiet_hours=NO_QUIET)


CHOICES: Final[Mapping[str, type[StrEnum]]] = {
    "respond": Respond,
    "language": Language,
    "story_rights": StoryRights,
    "face": Face,
    "stream": Stream,
    "persona_talk": PersonaTalk,
    "person_cooldown": Cooldown,
    "channel_cooldown": Cooldown,
    "ooc": OutOfCharacter,
    "mentions": Mentions,
}
"""The keys of the settings panel, with their choices; `paused` (`true` or `false`) has its own command."""

PICTURES: Final = "pictures"
"""The key of a server's setting that has the id of the channel for pictures."""

LOG, REPORTS = "log", "reports"
"""The keys of a server's settings with the ids of the channels for the moderation log and reports."""

PROPOSERS: Final = "proposers"
"""The key of a server's setting that has the id of the role whose people may propose personas."""

TABLE_RULES: Final = "table_rules"
"""The key of a server's or channel's own text about what its stories leave out (`bot.core.memory.table`)."""

TEXTS: Final = ("quiet_hours", "timezone", "bots", "ignored_prefixes")
"""The keys of settings that are written, or chosen from what there is on a server."""

MOST_BOTS: Final = 5
"""The most other bots that are heard in one place."""

MOST_PREFIXES, LONGEST_PREFIX = 10, 20
"""The most beginnings of commands for other bots, and the most characters of one."""

_ID: Final = re.compile(r"[1-9][0-9]{0,18}")


def read_prefixes(text: str) -> tuple[str, ...] | None:
    """Return the beginnings of commands that a text has, parted by blanks; None if they cannot be read."""
    found = tuple(dict.fromkeys(text.split()))
    is_read = 0 < len(found) <= MOST_PREFIXES and all(len(each) <= LONGEST_PREFIX for each in found)
    return found if is_read else None


def read_bots(text: str) -> frozenset[int] | None:
    """Return the accounts that a text has, parted by blanks; None if they cannot be read."""
    found = text.split()
    is_read = 0 < len(found) <= MOST_BOTS and all(map(_ID.fullmatch, found))
    return frozenset(map(int, found)) if is_read else None


def _choice(choices: type[StrEnum]) -> Callable[[str], StrEnum | None]:
    return {str(choice): choice for choice in choices}.get


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    **{key: _choice(choices) for key, choices in CHOICES.items()},
    "quiet_hours": read_quiet,
    "timezone": lambda text: text or None,
    "bots": read_bots,
    "ignored_prefixes": read_prefixes,
    "paused": {"true": True, "false": False}.get,
}
"""What each key's stored text means; None if it means nothing here."""


def is_setting(key: str, text: str) -> bool:
    """Return whether a text means something for a key that the panel sets."""
    return key in {*CHOICES, *TEXTS} and _READERS[key](text) is not None


def effective(defaults: Settings, *layers: Mapping[str, str]) -> Settings:
    """Return the settings in effect: each layer overrides the defaults and the layers before it, key by key.

    Layers contain texts as they are stored, the strongest last: the server's, the channel's, the
    configuration's.
    """
    said: dict[str, Any] = {
        key: _READERS[key](layers[number][key]) for key, number in deciding(*layers).items()
    }
    return replace(defaults, **said, play=play_rule(layers))


def deciding(*layers: Mapping[str, str]) -> dict[str, int]:
    """Return for each key the index of the layer that `effective` takes its value from.

    Keys that no layer sets are omitted: their values are the defaults.
    """
    return {
        key: number
        for number, layer in enumerate(layers)
        for key, text in layer.items()
        if key in _READERS and _READERS[key](text) is not None
    }


def is_away(last_line: datetime, now: datetime) -> bool:
    """Return whether a person who last said something at this time has left their story to everybody."""
    return now - last_line >= AWAY


def may_steer(rights: StoryRights, *, starter_id: int | None, user_id: int, moderator: bool) -> bool:
    """Return whether a person can start a new scene, resume one or undo things.

    Args:
        rights: The setting of the channel.
        starter_id: The person who started the current scene; None if nobody did, or if they are away: it
            belongs to everyone.
        user_id: The person who asks.
        moderator: Whether this person has Manage Messages in the channel.
    """
    if moderator or rights is StoryRights.ALL:
        return True
    return rights is StoryRights.STARTER and starter_id in {None, user_id}
