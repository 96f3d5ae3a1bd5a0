"""The table of the REST API's routes, and what their handlers share.

Law: a handler is a plain function from a call to an answer; it reads and changes the world and
raises `ApiError`. Tokens, buckets, faults and HTTP itself are the server's business.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.standins.discord_wire import shapes
from tests.standins.discord_wire.emojis import Emojis
from tests.standins.discord_wire.faults import Answer
from tests.standins.discord_wire.gateway import Gateway
from tests.standins.discord_wire.interactions import Interactions
from tests.standins.discord_wire.records import Channel, Guild, Json, Message, Permission, Upload
from tests.standins.discord_wire.refusals import (
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    UNKNOWN_CHANNEL,
    UNKNOWN_GUILD,
    UNKNOWN_MESSAGE,
    ApiError,
    invalid_form,
)
from tests.standins.discord_wire.webhooks import Webhooks
from tests.standins.discord_wire.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as a handler sees it: the path's parameters, the JSON, the files."""

    world: World
    gateway: Gateway
    interactions: Interactions
    webhooks: Webhooks
    emojis: Emojis
    gateway_url: str
    params: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    json: Any = None
    files: tuple[Upload, ...] = ()
    machine: str = ""

    @property
    def body(self) -> Json:
        if not isinstance(self.json, dict):
            raise invalid_form("_", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return self.json


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    template: str
    handler: Handler
    needs_token: bool
    pattern: re.Pattern[str]

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"


ROUTES: list[Route] = []


def route(method: str, template: str, *, needs_token: bool = True) -> Callable[[Handler], Handler]:
    """Enter a handler into the table. Parameters named in ids are digits, `token` is anything."""
    pattern = re.sub(
        r"\{(\w+)\}", lambda m: f"(?P<{m[1]}>{'[^/]+' if m[1] == 'token' else '[0-9]+'})", template
    )

    def enter(handler: Handler) -> Handler:
        ROUTES.append(Route(method, template, handler, needs_token, re.compile(pattern)))
        return handler

    return enter


def find(method: str, path: str, application: int) -> tuple[Route, dict[str, str]] | None:
    """The first route that fits. The webhooks of interactions are those under the application's own id."""
    for known in ROUTES:
        if known.method == method and (match := known.pattern.fullmatch(path)):
            params = match.groupdict()
            ours = str(application)
            if params.get("application") in {None, ours} and params.get("webhook") != ours:
                return known, params
    return None


# -- who and where ------------------------------------------------------------------------------


def visible_channel(call: Call) -> Channel:
    """The channel of the path, if the bot can see it."""
    found = call.world.channels.get(int(call.params["channel"]))
    if found is None:
        raise ApiError(*UNKNOWN_CHANNEL)
    if Permission.VIEW_CHANNEL not in found.allowed:
        raise ApiError(*MISSING_ACCESS)
    return found


def writable_channel(call: Call) -> Channel:
    found = visible_channel(call)
    needed = Permission.SEND_MESSAGES if found.parent is None else Permission.SEND_MESSAGES_IN_THREADS
    if needed not in found.allowed:
        raise ApiError(*MISSING_PERMISSIONS)
    return found


def standing_message(call: Call) -> Message:
    found = visible_channel(call).messages.get(int(call.params["message"]))
    if found is None:
        raise ApiError(*UNKNOWN_MESSAGE)
    return found


def own_message(call: Call, refusal: tuple[int, int, str]) -> Message:
    found = standing_message(call)
    if found.author is not call.world.bot:
        raise ApiError(*refusal)
    return found


def known_guild(call: Call) -> Guild:
    found = call.world.guilds.get(int(call.params["guild"]))
    if found is None:
        raise ApiError(*UNKNOWN_GUILD)
    return found


def as_shown(call: Call, message: Message) -> Json:
    """The REST API, too, hides what the application may not read."""
    shown = shapes.message(message)
    return shown if call.world.message_content else shapes.without_content(shown, call.world.bot)
