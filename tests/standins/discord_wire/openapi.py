"""What was asked, held against Discord's own OpenAPI description, where that lies at hand.

Law: Discord says the description is a preview, and it is open: a misspelt field passes. Here every
object of a request is closed. What the library always sends and the description does not know is
named in `HARMLESS`; what the description misses is refused by `checks` and `components`.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from tests.standins.discord_wire.records import Json

BESIDE = Path(__file__).parents[4] / "shared" / "data" / "discord-openapi.json"
"""A third party's data: it lies beside the project, never in it."""
ELSEWHERE = "DISCORD_OPENAPI"
"""The environment variable that names the file where it lies somewhere else."""

ABSENT = f"Discord's OpenAPI description does not lie beside the project, nor where {ELSEWHERE} says"

HARMLESS = {("PUT", "nsfw"), ("POST", "nsfw")}
"""What discord.py 2.7.1 always sends and the description does not know: method and field. It also says of
each message, edits too, that it is not to be read aloud (`tts`)."""

BASE = "https://discord.com/description"


class Asked(Protocol):
    """What a recorded request must tell."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> Mapping[str, str]: ...
    @property
    def json(self) -> Any: ...
    @property
    def status(self) -> int | None: ...
    @property
    def answer(self) -> Any: ...


SNOWFLAKE = {"type": ["string", "integer"], "pattern": "^(0|[1-9][0-9]*)$"}
"""Discord takes ids as numbers too."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path: which query it knows, what its JSON must be, and that of an answer."""

    pattern: re.Pattern[str]
    method: str
    query: frozenset[str]
    body: Draft202012Validator | None
    answers: Mapping[str, Draft202012Validator]


class Description:
    """The description, read once. Of two paths that fit, the one with fewer parameters counts."""

    def __init__(self, told: Json) -> None:
        self._told = told["components"]["schemas"] | {"SnowflakeType": SNOWFLAKE}
        # A media channel is a forum to discord.py, which names both types wherever it means one.
        self._told["ChannelTypes"]["oneOf"].append({"title": "GUILD_MEDIA", "const": 16})
        self._closed = _close(self._told)
        self._judged: dict[tuple[int, str], str | None] = {}
        paths = sorted(told["paths"].items(), key=lambda item: item[0].count("{"))
        self._operations = [
            self._operation(path, method, operation, shared.get("parameters", []))
            for path, shared in paths
            for method, operation in shared.items()
            if method != "parameters"
        ]

    def complaint(self, asked: Asked) -> str | None:
        """What is wrong with a request, or None."""
        found = self._find(asked)
        if found is None:
            return "no such route"
        if strange := sorted(set(asked.query) - found.query):
            return f"unknown in the query: {', '.join(strange)}"
        if asked.json is None:
            return None
        if found.body is None:
            return "takes no JSON"
        return self._judge(found.body, _without_harmless(asked.method, asked.json))

    def _judge(self, judge: Draft202012Validator, body: Any) -> str | None:
        """Judge a body once: each start of the bot asks for the same commands, which takes 0.1 s."""
        key = (id(judge), json.dumps(body, sort_keys=True))
        if key not in self._judged:
            self._judged[key] = _words(judge, body)
        return self._judged[key]

    def answer_complaint(self, asked: Asked) -> str | None:
        """What is wrong with the answer to a request that was granted, or None."""
        found = self._find(asked)
        known = found and found.answers.get(str(asked.status))
        return _words(known, asked.answer) if known else None

    def _find(self, asked: Asked) -> Operation | None:
        fits = [o for o in self._operations if o.pattern.fullmatch(asked.path)]
        return next((o for o in fits if o.method == asked.method), None)

    def _operation(self, path: str, method: str, told: Json, shared: list[Json]) -> Operation:
        parameters = [*shared, *told.get("parameters", [])]
        content = told.get("requestBody", {}).get("content", {}).get("application/json")
        pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
        body = None if content is None else _validator(content["schema"], self._closed)
        answers = {
            status: _validator(answer["content"]["application/json"]["schema"], self._told)
            for status, answer in told.get("responses", {}).items()
            if "application/json" in answer.get("content", {})
        }
        query = frozenset(p["name"] for p in parameters if p.get("in") == "query")
        return Operation(pattern, method.upper(), query, body, answers)


def _validator(schema: Json, schemas: Json) -> Draft202012Validator:
    return Draft202012Validator(schema | {"components": {"schemas": schemas}})


def _words(judge: Draft202012Validator, told: Any) -> str | None:
    error = best_match(judge.iter_errors(told))
    return None if error is None else f"{error.json_path}: {error.message[:300]}"


def _close(part: Any) -> Any:
    if isinstance(part, list):
        return [_close(item) for item in part]
    if not isinstance(part, dict):
        return part
    closed = {key: _close(value) for key, value in part.items()}
    if part.get("type") == "object" and isinstance(part.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed


def _without_harmless(method: str, body: Any) -> Any:
    if isinstance(body, list):
        return [_without_harmless(method, item) for item in body]
    if not isinstance(body, dict):
        return body
    return {
        key: _without_harmless(method, value)
        for key, value in body.items()
        if (method, key) not in HARMLESS and (key, value) != ("tts", False)
    }


@cache
def description() -> Description | None:
    """The description, or None where it is not at hand."""
    file = Path(os.environ.get(ELSEWHERE) or BESIDE)
    return Description(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None


def openapi_complaints(requests: Iterable[Asked]) -> list[str]:
    """What Discord's description says against requests; nothing where it is not at hand."""
    known = description()
    if known is None:
        return []
    found = ((asked, known.complaint(asked)) for asked in requests)
    return [f"{asked.method} {asked.path}: {words}" for asked, words in found if words]


def answer_complaints(requests: Iterable[Asked]) -> list[str]:
    """What Discord's description says against the stand-in's own answers."""
    known = description()
    if known is None:
        return []
    found = ((asked, known.answer_complaint(asked)) for asked in requests)
    return [f"{asked.method} {asked.path} -> {asked.status}: {words}" for asked, words in found if words]
