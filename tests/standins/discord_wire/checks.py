"""Discord's refusals, and the size rules of a message that its published description misses."""

from collections.abc import Iterator
from typing import Any

from tests.standins.discord_wire.records import Json


class ApiError(Exception):
    """An error answer: HTTP status, Discord's own code, its words, and which field is wrong."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} ({code}): {message}")
        self.status = status
        self.body: Json = {"message": message, "code": code} | ({"errors": errors} if errors else {})


UNAUTHORIZED = (401, 0, "401: Unauthorized")
UNKNOWN_ROUTE = (404, 0, "404: Not Found")
UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
UNKNOWN_GUILD = (404, 10004, "Unknown Guild")
UNKNOWN_MEMBER = (404, 10007, "Unknown Member")
UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
UNKNOWN_USER = (404, 10013, "Unknown User")
UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
ALREADY_ANSWERED = (400, 40060, "Interaction has already been acknowledged.")
TOO_MANY_WEBHOOKS = (400, 30007, "Maximum number of webhooks reached (15)")
MISSING_ACCESS = (403, 50001, "Missing Access")
NOT_THE_AUTHOR = (403, 50005, "Cannot edit a message authored by another user")
EMPTY_MESSAGE = (400, 50006, "Cannot send an empty message")
MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
DEAD_TOKEN = (401, 50027, "Invalid Webhook Token")
INVALID_JSON = (400, 50109, "The request body contains invalid JSON.")
NO_HISTORY_FOR_REPLY = (400, 160002, "Cannot reply without permission to read message history")
FORUM_NEEDS_A_THREAD = (
    400,
    220001,
    "Webhooks posted to forum channels must have a thread_name or thread_id",
)
ONE_THREAD_TOO_MANY = (
    400,
    220002,
    "Webhooks posted to forum channels cannot have both a thread_name and thread_id",
)
NO_FORUM = (400, 220003, "Webhooks can only create threads in forum channels")


def invalid_form(field: str, code: str, message: str) -> ApiError:
    return ApiError(
        400, 50035, "Invalid Form Body", {field: {"_errors": [{"code": code, "message": message}]}}
    )


def utf16(text: str) -> int:
    """Length as Discord counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


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


def check_message(body: Json, *, files: int = 0) -> None:
    """Refuse a message or an edit that breaks a size rule.

    Raises:
        ApiError: 50035, naming the field.
    """
    embeds: list[Json] = body.get("embeds") or []
    rows: list[Json] = body.get("components") or []
    sizes: list[tuple[str, int, int]] = [
        ("content", utf16(body.get("content") or ""), 2000),
        ("nonce", len(str(body.get("nonce") or "")), 25),
        ("embeds", len(embeds), 10),
        ("embeds", sum(utf16(text) for text in _texts(embeds)), 6000),
        ("components", len(rows), 5),
        ("files", files, 10),
        *(
            (f"embeds.{key}", utf16(e.get(key) or ""), most)
            for e in embeds
            for key, most in EMBED_TEXTS.items()
        ),
        *((f"components.{key}", len(value), most) for key, value, most in _component_texts(rows)),
    ]
    for field, size, most in sizes:
        if size > most:
            raise invalid_form(field, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
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


def _component_texts(rows: list[Json]) -> Iterator[tuple[str, str, int]]:
    for row in rows:
        for item in row.get("components", []):
            yield "custom_id", item.get("custom_id") or "", 100
            yield "label", item.get("label") or "", 80
