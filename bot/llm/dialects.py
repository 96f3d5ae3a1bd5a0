"""M2-her's two HTTP dialects as pure functions: from a prompt to a request, from an answer to deltas.

Law: no HTTP and no state. Only requests differ by dialect. Answers are read by their shape, never by dialect
or position, because one endpoint was seen to send several shapes. In every object, an error comes first, then
text, finish reason and usage wherever they are.
"""

import json
import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from bot.core.completion import Delta, ErrorKind, Finish, ModelError, Objection, Prompt, Usage

DETAIL_LIMIT = 300
"""Maximum characters of a server's error message; our own limit, to keep logs readable."""


class Dialect(StrEnum):
    """The API of an endpoint."""

    MINIMAX = "minimax"  # MiniMax's own, the one whose documentation lists M2-her
    OPENAI = "openai"  # also served by MiniMax, OpenRouter, llama.cpp, Ollama and others


PATHS = {Dialect.MINIMAX: "/v1/text/chatcompletion_v2", Dialect.OPENAI: "/v1/chat/completions"}

INVALID_PARAMS = 2013
"""MiniMax's code for refused requests of all kinds, including context overflow."""

KINDS_BY_CODE = {
    1000: ErrorKind.OVERLOADED,  # unknown error
    1001: ErrorKind.TIMED_OUT,  # request timeout
    1002: ErrorKind.RATE_LIMIT,  # requests per minute
    1004: ErrorKind.BAD_KEY,  # not authorized: key missing, wrong, or of the other region
    1008: ErrorKind.BALANCE,  # insufficient balance
    1013: ErrorKind.OVERLOADED,  # service internal error
    1024: ErrorKind.OVERLOADED,  # internal error
    1026: ErrorKind.INPUT_REFUSED,
    1027: ErrorKind.OUTPUT_REFUSED,
    1033: ErrorKind.OVERLOADED,  # a service behind the API failed
    1039: ErrorKind.RATE_LIMIT,  # tokens per minute
    1041: ErrorKind.RATE_LIMIT,  # too many connections
    1042: ErrorKind.BAD_REQUEST,  # over 10 % invisible characters
    INVALID_PARAMS: ErrorKind.BAD_REQUEST,
    2044: ErrorKind.BAD_KEY,  # the key has no permission for this endpoint
    2045: ErrorKind.RATE_LIMIT,  # traffic rose too fast
    2049: ErrorKind.BAD_KEY,  # invalid key, or of the other region
    2056: ErrorKind.BALANCE,  # the plan's five-hour allowance is used up: hours, not seconds
}
"""The kinds for MiniMax's codes, from its error page and from older texts where those are clearer."""

KINDS_BY_STATUS = {
    401: ErrorKind.BAD_KEY,
    402: ErrorKind.BALANCE,
    403: ErrorKind.BAD_KEY,
    408: ErrorKind.TIMED_OUT,
    413: ErrorKind.OVERFLOW,
    429: ErrorKind.RATE_LIMIT,
    504: ErrorKind.TIMED_OUT,
}
"""The kinds for HTTP statuses that are more specific than their class."""

KINDS_BY_WORDS = {
    "context window exceeds": ErrorKind.OVERFLOW,  # MiniMax
    "prompt is too long": ErrorKind.OVERFLOW,  # MiniMax, the other wording
    "exceed_context_size": ErrorKind.OVERFLOW,  # llama.cpp
    "context_length_exceeded": ErrorKind.OVERFLOW,  # OpenAI
    "maximum context length": ErrorKind.OVERFLOW,  # vLLM, OpenRouter
    "input new_sensitive": ErrorKind.INPUT_REFUSED,  # MiniMax, through gateways that drop the code
    "output new_sensitive": ErrorKind.OUTPUT_REFUSED,
}
"""The kinds for words in the text, if there is no code or only 2013."""

FINISHES: dict[str, Finish | ErrorKind] = {
    "stop": Finish.STOP,
    "length": Finish.LENGTH,
    "max_output": Finish.LENGTH,  # MiniMax's predecessor API: prompt and reply together were too long
    "content_filter": ErrorKind.OUTPUT_REFUSED,
    "error": ErrorKind.CUT_SHORT,  # OpenRouter, when its provider failed
}
"""The finish reasons; any other reason counts as a stop."""

OBJECTIONS = dict(enumerate(Objection, 1))
"""The meaning of the numbers in `input_sensitive_type` and `output_sensitive_type`; 0 means nothing."""

SENSITIVE_TYPES = {
    ErrorKind.INPUT_REFUSED: "input_sensitive_type",
    ErrorKind.OUTPUT_REFUSED: "output_sensitive_type",
}

_CLOSING_CODE = re.compile(r"\((\d{4})\)\s*$")


def endpoint(base_url: str, dialect: Dialect) -> str:
    """Return the address to post to; a base address may end in `/v1`."""
    return base_url.rstrip("/").removesuffix("/v1") + PATHS[dialect]


def encode(dialect: Dialect, prompt: Prompt, model_name: str) -> dict[str, Any]:
    """Return the body of the request that streams the prompt's continuation."""
    sampling = prompt.sampling
    body: dict[str, Any] = {
        "model": model_name,
        "messages": [
            {"role": message.role, "name": _sound(message.name), "content": _sound(message.content)}
            for message in prompt.messages
        ],
        "stream": True,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_completion_tokens": sampling.max_completion_tokens,
    }
    if dialect is Dialect.OPENAI:
        # Some servers only know the old name of the limit, and ignore the new one.
        body["max_tokens"] = sampling.max_completion_tokens
        body["stream_options"] = {"include_usage": True}
    return body


def decode(event: Mapping[str, Any]) -> list[Delta]:
    """Return the deltas of one JSON object of an answer: one or none.

    Raises:
        ModelError: the object is an error, or the final verdict of moderation.
    """
    complaint = _complaint(event)
    if complaint is not None:
        raise complaint
    choice = _first_choice(event)
    message = choice.get("message", _last_said(choice))
    whole = _content(message)
    if not whole and (isinstance(message, dict) or event.get("object") == "chat.completion"):
        _raise_if_withheld(event)
    text = "" if whole else _content(choice.get("delta"))
    finish, usage = _finish(choice), _usage(event)
    return [Delta(text, whole or None, finish, usage)] if text or whole or finish or usage else []


def refusal(status: int, body: bytes, headers: Mapping[str, str]) -> ModelError:
    """Return the error for an answer with an HTTP status other than 200.

    The body may be JSON of several shapes or a proxy's page; a page is never quoted.
    """
    event = as_object(body.decode("utf-8", "replace"))
    error = None if event is None else _complaint(event, status)
    content_type = headers.get("content-type", "no content type").partition(";")[0]
    return ModelError(
        error.kind if error else _kind(None, status, ""),
        error.detail if error and error.detail else one_line(f"HTTP {status}, {content_type}"),
        code=error.code if error else None,
        status=status,
        retry_after=retry_after(headers),
        objection=error.objection if error else None,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds in a `Retry-After` header; its date form is relative to the `Date` header."""
    asked = headers.get("retry-after", "")
    try:
        seconds = float(asked)
    except ValueError:
        try:
            until, now = (parsedate_to_datetime(text) for text in (asked, headers.get("date", "")))
            seconds = (until - now).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def as_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object in a text; None if it is anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def as_objects(data: str) -> list[dict[str, Any] | None]:
    """Return the JSON objects in an event's data, with None for each line that isn't one.

    There is almost always one. If the empty line between two events is missing, a parser of event streams
    makes one event of them, with one line each.
    """
    whole = as_object(data)
    return [whole] if whole is not None else [as_object(line) for line in data.split("\n")]


def one_line(text: str) -> str:
    """Return a server's words for a log: one line, printable, at most `DETAIL_LIMIT` characters."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(printable.split())
    return line if len(line) <= DETAIL_LIMIT else line[: DETAIL_LIMIT - 1] + "…"


def _complaint(event: Mapping[str, Any], status: int | None = None) -> ModelError | None:
    """Return the error in `base_resp` or `error`; a code of 0 with a note isn't an error."""
    base = _object(event.get("base_resp"))
    code = _number(base.get("status_code"))
    words = _text(base.get("status_msg"))
    if not code:
        bare = event if event.get("object") == "error" else None  # vLLM and SGLang
        error = event.get("error") or bare or (event.get("detail") if status is not None else None)
        if not error:
            return None
        status = status or _number(_object(error).get("http_code")) or _number(_object(error).get("code"))
        behind = _complaint(_passed_on(error), status)
        if behind is not None:
            return behind
        code, words = _envelope(error)
    kind = ErrorKind.INPUT_REFUSED if _flags_input(event) else _kind(code, status, words)
    number, objection = _objection(event, kind)
    return ModelError(kind, one_line(words + number), code=code, objection=objection)


def _passed_on(error: object) -> dict[str, Any]:
    """Return the error of the provider behind a gateway; OpenRouter's own words don't tell."""
    raw = _object(_object(error).get("metadata")).get("raw")
    text = _text(raw)
    return _object(raw) or as_object(text) or ({"error": {"message": text}} if text else {})


def _flags_input(event: Mapping[str, Any]) -> bool:
    """Return whether OpenRouter's own moderation refused the input: a 403, like a wrong key."""
    return "flagged_input" in _object(_object(event.get("error")).get("metadata"))


def _envelope(error: object) -> tuple[int | None, str]:
    """Return code and words of an OpenAI-style error; MiniMax puts its code in brackets at the end."""
    if isinstance(error, str):
        return None, error
    fields = _object(error)
    message = _text(fields.get("message"))
    bracketed = _CLOSING_CODE.search(message)
    code = int(bracketed[1]) if bracketed else _number(fields.get("code"))
    labels = (_text(fields.get("type")), _text(fields.get("code")), message)
    return code if code in KINDS_BY_CODE else None, ": ".join(label for label in labels if label)


def _kind(code: int | None, status: int | None, words: str) -> ErrorKind:
    if code is None or code == INVALID_PARAMS:
        for phrase, kind in KINDS_BY_WORDS.items():
            if phrase in words.lower():
                return kind
    if code in KINDS_BY_CODE:
        return KINDS_BY_CODE[code]
    if status in KINDS_BY_STATUS:
        return KINDS_BY_STATUS[status]
    # Without a number the server had accepted the request, so the request isn't the reason.
    server_fault = code is None if status is None else status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return ErrorKind.OVERLOADED if server_fault else ErrorKind.BAD_REQUEST


def _raise_if_withheld(event: Mapping[str, Any]) -> None:
    """Raise if moderation withheld the reply: a flag on a reply without text; with text it is information."""
    for flag, kind in (
        ("output_sensitive", ErrorKind.OUTPUT_REFUSED),
        ("input_sensitive", ErrorKind.INPUT_REFUSED),
    ):
        if event.get(flag) is True:
            number, objection = _objection(event, kind)
            raise ModelError(kind, flag + number, objection=objection)


def _objection(event: Mapping[str, Any], kind: ErrorKind) -> tuple[str, Objection | None]:
    """Return moderation's reason as detail and as an objection."""
    number = _number(event.get(SENSITIVE_TYPES.get(kind, ""))) or 0
    return f" type={number}" if number else "", OBJECTIONS.get(number)


def _first_choice(event: Mapping[str, Any]) -> dict[str, Any]:
    choices = event.get("choices")
    return _object(choices[0]) if isinstance(choices, list) and choices else {}


def _last_said(choice: Mapping[str, Any]) -> object:
    """Return the reply in `messages`, which was seen in a choice instead of `message`."""
    said = choice.get("messages")
    messages = said if isinstance(said, list) else []
    return next((each for each in reversed(messages) if _object(each).get("role") == "assistant"), None)


def _content(part: object) -> str:
    return _sound(_text(_object(part).get("content")))


def _sound(text: str) -> str:
    """Return text that can be sent and stored: a lone surrogate, legal in JSON, becomes U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _finish(choice: Mapping[str, Any]) -> Finish | None:
    reason = _text(choice.get("finish_reason"))
    if not reason:
        return None
    meaning = FINISHES.get(reason, Finish.STOP)
    if isinstance(meaning, ErrorKind):
        raise ModelError(meaning, f"finish_reason={reason}")
    return meaning


def _usage(event: Mapping[str, Any]) -> Usage | None:
    counts = _object(event.get("usage"))
    if not counts:
        return None
    usage = Usage(
        prompt_tokens=_number(counts.get("prompt_tokens")) or None,
        completion_tokens=_number(counts.get("completion_tokens")) or None,
        total_tokens=_number(counts.get("total_tokens")) or None,
    )
    return None if usage == Usage() else usage


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    """Return a count or a code; MiniMax writes some as strings, such as `http_code`."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
