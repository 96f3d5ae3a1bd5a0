"""The REST API: a table of routes, each a plain function from a call to an answer.

Law: a handler reads and changes the world and raises `ApiError`; tokens, buckets, faults and HTTP
itself are the server's business.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.standins.discord_wire import shapes
from tests.standins.discord_wire.checks import (
    EMPTY_MESSAGE,
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    NO_HISTORY_FOR_REPLY,
    NOT_THE_AUTHOR,
    UNKNOWN_CHANNEL,
    UNKNOWN_GUILD,
    UNKNOWN_MEMBER,
    UNKNOWN_MESSAGE,
    UNKNOWN_USER,
    ApiError,
    check_message,
    invalid_form,
)
from tests.standins.discord_wire.faults import Answer
from tests.standins.discord_wire.gateway import DAILY_STARTS, Gateway
from tests.standins.discord_wire.interactions import Interactions, changes
from tests.standins.discord_wire.records import Channel, Guild, Json, Message, Permission, User
from tests.standins.discord_wire.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as a handler sees it: the path's parameters, the JSON, names of uploaded files."""

    world: World
    gateway: Gateway
    interactions: Interactions
    gateway_url: str
    params: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    json: Any = None
    files: tuple[str, ...] = ()

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


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    for known in ROUTES:
        if known.method == method and (match := known.pattern.fullmatch(path)):
            return known, match.groupdict()
    return None


# -- who and where ------------------------------------------------------------------------------


def _channel(call: Call) -> Channel:
    """The channel of the path, if the bot can see it."""
    found = call.world.channels.get(int(call.params["channel"]))
    if found is None:
        raise ApiError(*UNKNOWN_CHANNEL)
    if Permission.VIEW_CHANNEL not in found.allowed:
        raise ApiError(*MISSING_ACCESS)
    return found


def _writable(call: Call) -> Channel:
    found = _channel(call)
    needed = Permission.SEND_MESSAGES if found.parent is None else Permission.SEND_MESSAGES_IN_THREADS
    if needed not in found.allowed:
        raise ApiError(*MISSING_PERMISSIONS)
    return found


def _message(call: Call) -> Message:
    found = _channel(call).messages.get(int(call.params["message"]))
    if found is None:
        raise ApiError(*UNKNOWN_MESSAGE)
    return found


def _own_message(call: Call, refusal: tuple[int, int, str]) -> Message:
    found = _message(call)
    if found.author is not call.world.bot:
        raise ApiError(*refusal)
    return found


def _guild(call: Call) -> Guild:
    found = call.world.guilds.get(int(call.params["guild"]))
    if found is None:
        raise ApiError(*UNKNOWN_GUILD)
    return found


def _shown(call: Call, message: Message) -> Json:
    """The REST API, too, hides what the application may not read."""
    shown = shapes.message(message)
    return shown if call.world.message_content else shapes.without_content(shown, call.world.bot)


# -- the application itself ---------------------------------------------------------------------


@route("GET", "/users/@me")
def own_user(call: Call) -> Answer:
    return Answer(200, shapes.own_user(call.world.bot))


@route("GET", "/users/{user}")
def user(call: Call) -> Answer:
    everybody: dict[int, User] = {}
    for guild in call.world.guilds.values():
        everybody |= guild.members
    found = everybody.get(int(call.params["user"]))
    if found is None:
        raise ApiError(*UNKNOWN_USER)
    return Answer(200, shapes.user(found))


@route("GET", "/oauth2/applications/@me")
def application(call: Call) -> Answer:
    world = call.world
    return Answer(200, shapes.application(world.bot, world.host, message_content=world.message_content))


@route("GET", "/gateway", needs_token=False)
def gateway(call: Call) -> Answer:
    return Answer(200, {"url": call.gateway_url})


@route("GET", "/gateway/bot")
def gateway_bot(call: Call) -> Answer:
    starts = {"total": DAILY_STARTS, "remaining": call.gateway.starts_left}
    limit = starts | {"reset_after": 86_400_000, "max_concurrency": 1}
    return Answer(200, {"url": call.gateway_url, "shards": 1, "session_start_limit": limit})


# -- guilds and channels ------------------------------------------------------------------------


@route("GET", "/guilds/{guild}")
def guild(call: Call) -> Answer:
    return Answer(200, shapes.guild(_guild(call)))


@route("GET", "/guilds/{guild}/channels")
def guild_channels(call: Call) -> Answer:
    home = _guild(call)
    found = [c for c in call.world.channels.values() if c.guild is home and c.parent is None]
    return Answer(200, [shapes.channel(c) for c in found])


@route("GET", "/guilds/{guild}/members/{user}")
def guild_member(call: Call) -> Answer:
    home = _guild(call)
    found = home.members.get(int(call.params["user"]))
    if found is None:
        raise ApiError(*UNKNOWN_MEMBER)
    return Answer(200, shapes.full_member(found, home))


@route("GET", "/channels/{channel}")
def channel(call: Call) -> Answer:
    return Answer(200, shapes.channel(_channel(call)))


@route("POST", "/channels/{channel}/typing")
def typing(call: Call) -> Answer:
    _writable(call)
    return Answer(204)


# -- messages -----------------------------------------------------------------------------------


@route("GET", "/channels/{channel}/messages")
def messages(call: Call) -> Answer:
    """The newest first. Without permission to read the history there is none."""
    where = _channel(call)
    limit = int(call.query.get("limit", 50))
    if not 1 <= limit <= 100:
        raise invalid_form("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    if Permission.READ_MESSAGE_HISTORY not in where.allowed:
        return Answer(200, [])
    found = list(where.messages.values())
    if "before" in call.query:
        found = [m for m in found if m.id < int(call.query["before"])]
    if "after" in call.query:
        found = [m for m in found if m.id > int(call.query["after"])][:limit]
    return Answer(200, [_shown(call, m) for m in reversed(found[-limit:])])


@route("GET", "/channels/{channel}/messages/{message}")
def message(call: Call) -> Answer:
    return Answer(200, _shown(call, _message(call)))


@route("POST", "/channels/{channel}/messages")
def post_message(call: Call) -> Answer:
    where, body = _writable(call), call.body
    check_message(body, files=len(call.files))
    _refuse_empty(body, bool(call.files))
    nonce = body.get("nonce")
    if body.get("enforce_nonce") and nonce is not None and (twin := call.world.same_nonce(where, nonce)):
        return Answer(200, shapes.message(twin))
    posted = call.world.post(
        call.world.bot,
        where,
        body.get("content") or "",
        allowed=body.get("allowed_mentions"),
        reply_to=_referenced(call, where),
        nonce=nonce,
        flags=int(body.get("flags") or 0),
        embeds=body.get("embeds"),
        components=body.get("components"),
        attachments=call.world.attachments(call.files),
    )
    return Answer(200, shapes.message(posted))


def _refuse_empty(body: Json, kept: bool) -> None:
    others = any(body.get(key) for key in ("embeds", "components", "sticker_ids"))
    if not kept and not others and not (body.get("content") or "").strip():
        raise ApiError(*EMPTY_MESSAGE)


def _referenced(call: Call, where: Channel) -> Message | None:
    """What a post replies to; a message that is gone is an error unless the bot said not to mind."""
    reference = call.body.get("message_reference")
    if reference is None:
        return None
    if Permission.READ_MESSAGE_HISTORY not in where.allowed:
        raise ApiError(*NO_HISTORY_FOR_REPLY)
    found = where.messages.get(int(reference["message_id"]))
    if found is None and reference.get("fail_if_not_exists", True):
        raise invalid_form("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    return found


@route("PATCH", "/channels/{channel}/messages/{message}")
def edit_message(call: Call) -> Answer:
    changed, body = _own_message(call, NOT_THE_AUTHOR), call.body
    check_message(body, files=len(call.files))
    kept_ids = {str(a["id"]) for a in body.get("attachments") or []}
    kept = [a for a in changed.attachments if "attachments" not in body or a["id"] in kept_ids]
    kept += call.world.attachments(call.files)
    after = {key: getattr(changed, key) for key in ("content", "embeds", "components")}
    _refuse_empty(after | body, bool(kept or changed.stickers))
    flags = int(body["flags"] or 0) if "flags" in body else None
    call.world.amend(changed, **changes(body), attachments=kept, flags=flags, mark=True)
    return Answer(200, shapes.message(changed))


@route("DELETE", "/channels/{channel}/messages/{message}")
def delete_message(call: Call) -> Answer:
    """The invite does not ask for Manage Messages, so only the bot's own."""
    call.world.delete(_own_message(call, MISSING_PERMISSIONS))
    return Answer(204)


# -- commands and interactions ------------------------------------------------------------------


@route("GET", "/applications/{application}/commands")
@route("GET", "/applications/{application}/guilds/{guild}/commands")
def commands(call: Call) -> Answer:
    return Answer(200, call.interactions.commands.get(_scope(call), []))


@route("PUT", "/applications/{application}/commands")
@route("PUT", "/applications/{application}/guilds/{guild}/commands")
def put_commands(call: Call) -> Answer:
    return Answer(200, call.interactions.register(_scope(call), call.json))


def _scope(call: Call) -> int | None:
    return _guild(call).id if "guild" in call.params else None


@route("POST", "/interactions/{interaction}/{token}/callback", needs_token=False)
def callback(call: Call) -> Answer:
    told = call.interactions.callback(int(call.params["interaction"]), call.params["token"], call.body)
    return Answer(200, told) if call.query.get("with_response") in {"1", "true"} else Answer(204)


@route("POST", "/webhooks/{application}/{token}", needs_token=False)
def follow_up(call: Call) -> Answer:
    return Answer(200, shapes.message(call.interactions.follow_up(call.params["token"], call.body)))


@route("GET", "/webhooks/{application}/{token}/messages/@original", needs_token=False)
def original(call: Call) -> Answer:
    return Answer(200, shapes.message(call.interactions.original(call.params["token"])))


@route("PATCH", "/webhooks/{application}/{token}/messages/@original", needs_token=False)
def edit_original(call: Call) -> Answer:
    edited = call.interactions.edit_original(call.params["token"], call.body)
    return Answer(200, shapes.message(edited))


@route("PATCH", "/webhooks/{application}/{token}/messages/{message}", needs_token=False)
def edit_answer(call: Call) -> Answer:
    found = call.interactions.edit_answer(call.params["token"], int(call.params["message"]), call.body)
    return Answer(200, shapes.message(found))


@route("DELETE", "/webhooks/{application}/{token}/messages/{message}", needs_token=False)
def delete_answer(call: Call) -> Answer:
    call.interactions.delete_answer(call.params["token"], int(call.params["message"]))
    return Answer(204)
