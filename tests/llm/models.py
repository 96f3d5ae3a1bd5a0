"""Models over HTTP, for tests that care for a few of their settings."""

from typing import Any

from bot.llm.client import HttpModel, Server
from bot.llm.dialects import Dialect
from bot.llm.gate import Gate
from bot.llm.tries import Policy


def http_model(
    base_url: str, *, gate: Gate | None = None, log_messages: bool = False, **settings: Any
) -> HttpModel:
    """Return M2-her at an address; `settings` are those of its `Server` and of the `Policy`."""
    server: dict[str, Any] = {"dialect": Dialect.MINIMAX, "model_name": "M2-her"}
    for name in Server.__dataclass_fields__:
        if name in settings:
            server[name] = settings.pop(name)
    return HttpModel(
        Server(base_url, **server), gate=gate, policy=Policy(**settings), log_messages=log_messages
    )
