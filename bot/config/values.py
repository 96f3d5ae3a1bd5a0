"""What a value of the configuration may be, apart from the key that has it.

Law: each kind is one annotated type, which `config.schema` gives to keys. A mistake never repeats a secret.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Final, Literal, NoReturn
from unicodedata import normalize

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from bot.config.addresses import api_base, gateway, http, listen, postgres
from bot.core.asides import OutOfCharacter
from bot.core.budgets.caps import is_ambiguous, is_foreign, read_caps
from bot.core.budgets.rule import Payer
from bot.core.casts import MOST
from bot.core.memory.table import RULES_LENGTH
from bot.core.quiet import read_quiet
from bot.core.routing import Respond
from bot.core.servers import Audience
from bot.core.settings import Cooldown, Face, Language, Mentions, PersonaTalk, StoryRights, Stream
from bot.core.sheet import FilledText, Text
from bot.files import lookalikes
from bot.files.problems import kind_of, shown
from bot.files.shapes import wrong
from bot.texts.sentences import Sentence

SECRET_LENGTH: Final = 32
"""The fewest characters of `secret_key`."""

NAME_BYTES: Final = 255
"""Maximum bytes in one name of a path on most file systems."""

BESIDE: Final = 32
"""Bytes reserved for the endings of files next to the database, such as `.before-NNNN.bak`."""

PATH_BYTES: Final = 4000
"""Maximum bytes in a path; Linux allows 4,095."""


def _secret(value: SecretStr | None) -> SecretStr | None:
    """Return a key or token that fits in an HTTP header; an empty one becomes None.

    Quotation marks around it, which no secret has, were meant for a shell or for YAML.
    """
    text = lookalikes.unwrapped(value.get_secret_value()) if value else ""
    if not re.fullmatch(r"[!-~]*", text):
        raise wrong("config.bad_secret")
    return SecretStr(text) if text else None


def _long(value: SecretStr | None) -> SecretStr | None:
    """Return a secret by which others are encrypted, if nobody can guess it."""
    if value is not None and len(value.get_secret_value()) < SECRET_LENGTH:
        raise wrong("config.short_secret", least=SECRET_LENGTH)
    return value


def _is_id(value: object) -> bool:
    # Ids are 64-bit counters, and SQLite's integers have a sign.
    text = str(value)
    return re.fullmatch(r"[1-9][0-9]{0,18}", text) is not None and int(text) < 2**63


def _channel_id(key: object) -> int:
    if not _is_id(key):
        raise wrong(
            "config.bad_channel", found=shown(str(key)) if isinstance(key, str | int) else kind_of(key)
        )
    return int(str(key))


def _servers(value: object) -> object:
    """Return `owner`, `all`, or the ids of a list."""
    if value in tuple(Audience):
        return value if value != Audience.LISTED else _no_servers(value)
    if not isinstance(value, list | tuple):
        return _no_servers(value)
    return tuple(int(str(each)) if _is_id(each) else _no_servers(each) for each in value)


def _no_servers(value: object) -> NoReturn:
    raise wrong(
        "config.bad_servers", found=shown(str(value)) if isinstance(value, str | int) else kind_of(value)
    )


def _folders(value: object) -> object:
    if not isinstance(value, list | tuple | None):
        raise wrong("config.bad_folders", found=kind_of(value))
    return value


def _personas(value: object) -> object:
    if value is not None and (not isinstance(value, list | tuple) or len(value) > MOST):
        found = (
            kind_of(value)
            if not isinstance(value, list | tuple)
            else Sentence("config.count", count=len(value))
        )
        raise wrong("config.bad_personas", found=found, most=MOST)
    return value


def _each_once(keys: tuple[str, ...]) -> tuple[str, ...]:
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise wrong("config.persona_twice", key=shown(twice))
    return keys


def _ids(value: object, mistake: str) -> object:
    if not isinstance(value, list | tuple) or not all(map(_is_id, value)):
        found = next((each for each in value if not _is_id(each)), "") if isinstance(value, list) else value
        is_one = isinstance(found, str | int)
        raise wrong(mistake, found=shown(str(found)) if is_one else kind_of(found))
    return tuple(int(str(each)) for each in value)


def _applications(value: object) -> object:
    return _ids(value, "config.bad_applications")


def _accounts(value: object) -> object:
    return _ids(value, "config.bad_blocked")


def _prefixes(value: object) -> object:
    if not isinstance(value, list | tuple):
        raise wrong("config.bad_prefixes", found=kind_of(value))
    return value


def _quiet(text: str) -> str:
    if read_quiet(text) is None:
        raise wrong("config.bad_quiet")
    return text


def _as_text(value: object) -> object:
    """Return a whole number as text, like the choices."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _path(value: object) -> object:
    if not isinstance(value, str | Path):  # pydantic-settings turns a variable's value into a Path
        return value
    text = os.fspath(value)
    if not text.strip():
        raise wrong("config.empty_path")
    if text.startswith("~"):
        raise wrong("config.home_path")
    if len(os.fsencode(text)) > PATH_BYTES or any(
        len(os.fsencode(name)) > NAME_BYTES for name in Path(text).parts
    ):
        raise wrong("config.long_path", name=NAME_BYTES, whole=PATH_BYTES)
    return value


def _file(path: Path) -> Path:
    if path.name in {"", ".."}:
        raise wrong("config.no_file_name")
    if len(os.fsencode(path.name)) > NAME_BYTES - BESIDE:
        raise wrong("config.long_path", name=NAME_BYTES - BESIDE, whole=PATH_BYTES)
    return path


def _caps(text: str) -> str:
    if read_caps(Payer.BOT, text) is None:
        if is_foreign(text):
            raise wrong("config.foreign_caps")
        raise wrong("config.ambiguous_caps" if is_ambiguous(text) else "config.bad_caps")
    return text.strip()


def _composed(value: object) -> object:
    """Return text with composed accents, like the choices; some keyboards and file systems split them."""
    return normalize("NFC", value) if isinstance(value, str) else value


Secret = Annotated[SecretStr | None, AfterValidator(_secret)]
DatabaseUrl = Annotated[SecretStr | None, AfterValidator(_secret), AfterValidator(postgres)]
LongSecret = Annotated[SecretStr | None, AfterValidator(_secret), AfterValidator(_long)]
FolderPath = Annotated[Path, Field(strict=False), BeforeValidator(_path)]
FilePath = Annotated[FolderPath, AfterValidator(_file)]
ChannelId = Annotated[int, BeforeValidator(_channel_id)]
ServerChoice = Annotated[Literal["owner", "all"] | tuple[int, ...], BeforeValidator(_servers)]
PersonaKeys = Annotated[
    tuple[FilledText, ...], Field(strict=False), BeforeValidator(_personas), AfterValidator(_each_once)
]
# Choices are written as text, which strict models would not accept as an enum.
RespondChoice = Annotated[Respond, Field(strict=False)]
LanguageChoice = Annotated[Language, Field(strict=False), BeforeValidator(_composed)]
RightsChoice = Annotated[StoryRights, Field(strict=False)]
FaceChoice = Annotated[Face, Field(strict=False)]
StreamChoice = Annotated[Stream, Field(strict=False)]
TalkChoice = Annotated[PersonaTalk, Field(strict=False)]
RulesText = Annotated[Text, Field(max_length=RULES_LENGTH)]
CapsText = Annotated[FilledText, AfterValidator(_caps)]
Dollars = Annotated[float, Field(ge=0, le=100_000)]
OocChoice = Annotated[OutOfCharacter, Field(strict=False)]
MentionsChoice = Annotated[Mentions, Field(strict=False)]
CooldownChoice = Annotated[Cooldown, Field(strict=False), BeforeValidator(_as_text)]
QuietText = Annotated[FilledText, AfterValidator(_quiet)]
HttpAddress = Annotated[FilledText, AfterValidator(http)]
ApiAddress = Annotated[FilledText, AfterValidator(api_base)]
GatewayAddress = Annotated[FilledText, AfterValidator(gateway)]
ListenAddress = Annotated[FilledText, AfterValidator(listen)]
Folders = Annotated[Annotated[tuple[FolderPath, ...], Field(strict=False)] | None, BeforeValidator(_folders)]
Applications = Annotated[tuple[int, ...], Field(strict=False), BeforeValidator(_applications)]
Accounts = Annotated[tuple[int, ...], Field(strict=False), BeforeValidator(_accounts)]
Prefixes = Annotated[tuple[FilledText, ...], Field(strict=False), BeforeValidator(_prefixes)]
