"""The size rules of a message, those that Discord's published description misses among them."""

from collections.abc import Iterator
from typing import Any

from tests.standins.discord_wire.components import V2, check_components
from tests.standins.discord_wire.records import Json
from tests.standins.discord_wire.refusals import EMPTY_MESSAGE, ApiError, invalid_form, utf16

FORBIDDEN_NAMES = ("clyde", "discord")
"""What no webhook's name may hold, in any case (developers/resources/webhook)."""


def webhook_name(name: Any, field: str = "name") -> str:
    """A webhook's name as Discord keeps it, its ends trimmed.

    Raises:
        ApiError: 50035, naming the field.
    """
    kept = str(name or "").strip()
    if not 1 <= utf16(kept) <= 80:
        raise invalid_form(field, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 80 in length.")
    for word in FORBIDDEN_NAMES:
        if word in kept.lower():
            raise invalid_form(field, "USERNAME_INVALID_CONTAINS", f'Username cannot contain "{word}"')
    return kept


def refuse_empty(body: Json, *, kept: bool) -> None:
    """Refuse a message with nothing in it; `kept` says that files or stickers are.

    Raises:
        ApiError: 50006.
    """
    others = any(body.get(key) for key in ("embeds", "components", "sticker_ids"))
    if not kept and not others and not (body.get("content") or "").strip():
        raise ApiError(*EMPTY_MESSAGE)


EMBED_TEXTS = {"title": 256, "description": 4096}


def check_message(body: Json, *, files: int = 0, flags: int = 0) -> None:
    """Refuse a message, or an edit of one that has these flags, if it breaks a size rule.

    Raises:
        ApiError: 50035, naming the field.
    """
    embeds: list[Json] = body.get("embeds") or []
    sizes: list[tuple[str, int, int]] = [
        ("content", utf16((body.get("content") or "").strip()), 2000),
        ("nonce", len(str(body.get("nonce") or "")), 25),
        ("embeds", len(embeds), 10),
        ("embeds", sum(utf16(text) for text in _texts(embeds)), 6000),
        ("files", files, 10),
        *(
            (f"embeds.{key}", utf16(e.get(key) or ""), most)
            for e in embeds
            for key, most in EMBED_TEXTS.items()
        ),
    ]
    for field, size, most in sizes:
        if size > most:
            raise invalid_form(field, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    flags |= int(body.get("flags") or 0)
    if flags & V2 and (body.get("content") or embeds):
        words = "The 'content' and 'embeds' fields cannot be used with MessageFlags.IS_COMPONENTS_V2"
        raise invalid_form("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", words)
    check_components(body.get("components") or [], flags)
    _check_allowed_mentions(body.get("allowed_mentions") or {})


def _check_allowed_mentions(rule: Json) -> None:
    for kind in ("users", "roles"):
        if kind in rule.get("parse", []) and rule.get(kind):
            words = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            raise invalid_form("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", words)


def _texts(part: Any) -> Iterator[str]:
    """The texts of embeds that count together: titles, descriptions, fields, footers, authors."""
    if isinstance(part, list):
        for item in part:
            yield from _texts(item)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in {"title", "description", "name", "value", "text"} and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)
