"""What an endpoint's errors mean: from any shape of error to one kind of failure.

Law: pure. MiniMax's own code counts first, then the words, then a number of another provider's, then the
status (`llm.wordings`). An error's detail is for the rules and may quote people; `llm.client` hides that
before it is shown.
"""

import html
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from bot.core.completion import ErrorKind, ModelError, Objection
from bot.llm.split_characters import sound
from bot.llm.values import as_dict, as_number, as_objects, as_text, parsed
from bot.llm.wordings import (
    INVALID_PARAMS,
    KINDS_BY_CODE,
    KINDS_BY_NUMBER,
    KINDS_BY_STATUS,
    SURE,
    WORDS,
)

WORDS_LIMIT = 4000
"""Characters of a server's words that are read; our own limit, so that a hostile error costs no time."""

CUT = "…"
"""The sign that a server's words go on."""

LONGEST_WAIT = 3600.0
"""Maximum seconds of a `Retry-After` that is believed; a longer one may be a mistake."""

_WORDS = tuple((kind, re.compile(pattern)) for kind, _, pattern in WORDS)

OBJECTIONS = dict(enumerate(Objection, 1))
"""The meaning of the numbers in `input_sensitive_type` and `output_sensitive_type`; 0 means nothing."""

SENSITIVE_TYPES = {
    ErrorKind.INPUT_REFUSED: "input_sensitive_type",
    ErrorKind.OUTPUT_REFUSED: "output_sensitive_type",
}

_CLOSING_CODE = re.compile(r"\((\d{4})\)\s*$")
_ESCAPE = re.compile(r"\\+([nrt\"'/])")
_ESCAPED = re.compile(r"(?:\\+u[0-9a-fA-F]{4})+")
_ECHO = re.compile(r"\binput_value=|['\"]input['\"]\s*:")
"""Where pydantic, and so vLLM and FastAPI, begins to repeat a request: people's words, which tell nothing."""

_WELL = frozenset({"", "0", "200", "ok", "success"})
"""Codes and messages, in lower case, that are no error."""

DEPTH = 3
"""How many errors within each other are read; our own limit."""

BLANK = "\ufeff \t\r\n"
"""White space and the byte order mark, as they stand before an answer."""


def complaint(
    event: Mapping[str, Any], status: int | None = None, *, certain: bool = False, depth: int = DEPTH
) -> ModelError | None:
    """Return the error in an object of an answer; None if it holds none.

    Args:
        event: the object.
        status: the HTTP status of a failed request.
        certain: whether the object is an error, whatever it looks like.
        depth: how many errors within it are read: what a gateway passes on of its provider's counts first.
    """
    base = as_dict(event.get("base_resp"))
    code = as_number(base.get("status_code"))
    if code:  # a code of 0 with a note isn't an error
        words = _told(as_text(base.get("status_msg")))
        return _fault(event, _kind(code, status, words), words, code)
    error = _error_in(event, certain=certain)
    if not error:
        return None
    fields = as_dict(error)
    status = _status_of(fields, status)
    behind = _passed_on(fields) if depth else None
    found = complaint(behind, status, certain=True, depth=depth - 1) if behind else None
    if found is not None and (found.detail or found.code):
        return found
    return _read(event, error, status)


def complaint_in(text: str, status: int | None = None, *, certain: bool = False) -> ModelError | None:
    """Return the error in a text: JSON, an event, or words, which must be known ones unless it is certain.

    A web page is never quoted, and tells nothing.
    """
    if text.lstrip(BLANK).startswith("<"):
        return None
    data = next((line.removeprefix("data:") for line in text.splitlines() if line.startswith("data:")), text)
    event = next(iter(as_objects(data)))
    if event is not None:
        return complaint(event, status, certain=certain)
    words = _told(as_text(parsed(data)) or data)
    if not words or not (certain or _by_words(words)):
        return None
    return _fault({}, _kind(None, status, words), words)


def refusal(status: int, body: bytes, headers: Mapping[str, str]) -> ModelError:
    """Return the error for an answer with an HTTP status other than 200.

    The body may be JSON of several shapes, plain words or a proxy's page.
    """
    error = complaint_in(body.decode("utf-8", "replace"), status, certain=True)
    content_type = headers.get("content-type", "no content type").partition(";")[0]
    return ModelError(
        error.kind if error else _kind(None, status, ""),
        error.detail if error and error.detail else one_line(f"HTTP {status}, {content_type}", 300),
        code=error.code if error else None,
        status=status,
        retry_after=retry_after(headers),
        objection=error.objection if error else None,
    )


def withheld(event: Mapping[str, Any]) -> ModelError | None:
    """Return moderation's verdict on a reply without text; with text, the flag is information."""
    for flag, kind in (
        ("output_sensitive", ErrorKind.OUTPUT_REFUSED),
        ("input_sensitive", ErrorKind.INPUT_REFUSED),
    ):
        if event.get(flag) is True:
            return _fault(event, kind, flag)
    return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds in a `Retry-After` header, at most an hour; its date form is relative to `Date`."""
    asked = headers.get("retry-after", "").strip()
    if re.fullmatch(r"-?[0-9]+(?:\.[0-9]*)?", asked, re.ASCII):
        seconds = float(asked)
    else:
        try:
            until, now = (parsedate_to_datetime(text) for text in (asked, headers.get("date", "")))
            seconds = (until - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def one_line(text: str, limit: int) -> str:
    """Return words in one line: printable, at most `limit` characters, with `CUT` where there are more."""
    printable = "".join(character if character.isprintable() else " " for character in text[: 2 * limit])
    line = " ".join(printable.split())
    is_cut = len(line) > limit or len(text) > 2 * limit
    return line[: limit - len(CUT)] + CUT if is_cut else line


def _read(event: Mapping[str, Any], error: object, status: int | None) -> ModelError:
    """Return what an error means by its own code and words."""
    fields = as_dict(error)
    message = _message(fields) or as_text(error)
    labels = [as_text(fields.get(key)) for key in ("type", "code")]
    words = _told(": ".join(part for part in (*labels, message) if part))
    judged = " ".join((*_marks(fields), words))
    code = _code(fields, words, judged, status)
    if code == INVALID_PARAMS:  # its words are the message's; its type only says the status again
        judged = _told(message)
    kind = _kind(code, status, judged, as_number(fields.get("code")))
    return _fault(event, _moderated(event, fields) or kind, words, code)


def _moderated(event: Mapping[str, Any], fields: Mapping[str, Any]) -> ErrorKind | None:
    """Return what was refused, where only a field tells: OpenRouter's 403 is also a wrong key's."""
    metadata = as_dict(fields.get("metadata"))
    if "flagged_input" in metadata:
        return ErrorKind.INPUT_REFUSED
    if metadata.get("error_type") == "refusal":  # also OpenRouter's; in a sentence it is a word
        return ErrorKind.OUTPUT_REFUSED
    found = event.get("contentFilter")  # Zhipu's
    roles = [as_dict(each).get("role") for each in found[:9]] if isinstance(found, list) else []
    return ErrorKind.OUTPUT_REFUSED if "assistant" in roles and "user" not in roles else None


def _error_in(event: Mapping[str, Any], *, certain: bool) -> object:
    """Return the error of an object, in whichever field; None if it holds none."""
    choices = event.get("choices")
    choice = as_dict(choices[0]) if isinstance(choices, list) and choices else {}
    for error in (event.get("error"), event.get("errors"), choice.get("error")):
        found = error[0] if isinstance(error, list) and error else error
        if found and found is not True:
            return found
    if event.get("object") == "error":  # vLLM and SGLang
        return event
    if certain:
        detail = event.get("detail")
        return detail if detail and isinstance(detail, str | dict) else event
    if choices or _message(event).lower() in _WELL:
        return None
    code = next((event[key] for key in ("code", "error_code", "err_code") if event.get(key) is not None), "")
    unwell = event.get("success") is False or event.get("error") is True or str(code).lower() not in _WELL
    return event if unwell or _by_words(_told(_message(event))) else None


def _message(fields: Mapping[str, Any]) -> str:
    """Return an error's words: `message`, or the names that other servers have for it."""
    names = ("message", "msg", "error_msg", "err_msg", "error_message", "detail", "title")
    return next(filter(None, (as_text(fields.get(name)) for name in names)), "")


def _passed_on(fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the error of the provider behind a gateway: OpenRouter's `raw`, or a message that is JSON."""
    raw = as_dict(fields.get("metadata")).get("raw")
    if isinstance(raw, dict):
        return raw
    for text in (as_text(raw), _message(fields)):
        objects = as_objects(text) if text.lstrip().startswith(("{", "[")) else []
        if objects and objects[0] is not None:
            return objects[0]
    return {"error": {"message": raw}} if raw and isinstance(raw, str) else None


def _marks(fields: Mapping[str, Any]) -> list[str]:
    """Return the codes beside an error: Gemini's status and reasons, Azure's, Novita's, OpenRouter's."""
    details = fields.get("details")
    reasons = [as_dict(each).get("reason") for each in details[:9]] if isinstance(details, list) else []
    metadata, inner = as_dict(fields.get("metadata")), as_dict(fields.get("innererror"))
    marks = (
        fields.get("status"),
        fields.get("reason"),
        inner.get("code"),
        metadata.get("limit_source"),
        metadata.get("error_type"),
    )
    return [as_text(mark) for mark in (*marks, *reasons)]


def _status_of(fields: Mapping[str, Any], status: int | None) -> int | None:
    """Return the status that an error speaks of, if the answer had none or only a server's fault."""
    for name in ("http_code", "code", "status"):
        number = as_number(fields.get(name))
        if number is not None and HTTPStatus.BAD_REQUEST <= number < 600:  # noqa: PLR2004 -- the end of 5xx
            return number if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR else status
    return status


def _code(fields: Mapping[str, Any], message: str, judged: str, status: int | None) -> int | None:
    """Return MiniMax's code: in brackets at the end, or a `code` that nothing speaks against.

    Zhipu has other meanings for some of the numbers, always with 401.
    """
    bracketed = _CLOSING_CODE.search(message)
    if bracketed:
        code = int(bracketed[1])
        return code if code in KINDS_BY_CODE else None
    number = as_number(fields.get("code"))
    if number is None or status == HTTPStatus.UNAUTHORIZED:
        return None
    kind = KINDS_BY_CODE.get(number)
    fits = number == INVALID_PARAMS or _by_words(judged) in {None, kind}
    return number if kind is not None and fits else None


def _kind(code: int | None, status: int | None, words: str, number: int | None = None) -> ErrorKind:
    """Return the kind for MiniMax's code, the words, another's number and the status, in this order."""
    own = KINDS_BY_CODE.get(code or 0)
    if own is not None and code != INVALID_PARAMS:
        return own
    by_status = KINDS_BY_STATUS.get(status or 0)
    if by_status is not None and status in SURE:
        return by_status
    known = _by_words(words) or own or KINDS_BY_NUMBER.get(number or 0) or by_status
    if known is not None:
        return known
    # Without a number the server had accepted the request, so the request isn't the reason.
    server_fault = code is None if status is None else status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return ErrorKind.OVERLOADED if server_fault else ErrorKind.BAD_REQUEST


def _by_words(words: str) -> ErrorKind | None:
    words = _ECHO.split(words[:WORDS_LIMIT].lower(), maxsplit=1)[0]
    return next((kind for kind, pattern in _WORDS if pattern.search(words)), None)


def _told(words: str) -> str:
    """Return words as they are judged: one line, without the escapes of JSON within JSON or of HTML."""
    is_cut = len(words) > 2 * WORDS_LIMIT
    words = _ESCAPED.sub(_unescaped, words[: 2 * WORDS_LIMIT])
    words = _ESCAPE.sub(lambda escape: escape[1] if escape[1] in "\"'/" else " ", words)
    line = one_line(sound(html.unescape(words)), WORDS_LIMIT)
    return line if not is_cut or line.endswith(CUT) else line[: WORDS_LIMIT - len(CUT)] + CUT


def _unescaped(escapes: re.Match[str]) -> str:
    return "".join(chr(int(each, 16)) for each in re.findall("u([0-9a-fA-F]{4})", escapes[0]))


def _fault(event: Mapping[str, Any], kind: ErrorKind, told: str, code: int | None = None) -> ModelError:
    """Return an error, with moderation's reason as detail and as an objection."""
    number = as_number(event.get(SENSITIVE_TYPES.get(kind, ""))) or 0
    reason = f" type={number}" if number else ""
    return ModelError(kind, told + reason, code=code, objection=OBJECTIONS.get(number))
