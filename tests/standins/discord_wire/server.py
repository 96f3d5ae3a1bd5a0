"""The stand-in's sockets: one local port for the REST API and the gateway."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import web

from tests.standins.discord_wire import rest, rest_hooks, rest_interactions, routes
from tests.standins.discord_wire.emojis import Emojis
from tests.standins.discord_wire.faults import Answer, Fault, Faults
from tests.standins.discord_wire.gateway import Gateway
from tests.standins.discord_wire.interactions import Interactions
from tests.standins.discord_wire.limits import OLD_EDITS_CODE, Asked, Kind, Limits, Verdict
from tests.standins.discord_wire.records import Channel, Message, Upload, Webhook
from tests.standins.discord_wire.refusals import INVALID_JSON, UNAUTHORIZED, UNKNOWN_ROUTE, ApiError
from tests.standins.discord_wire.webhooks import Webhooks
from tests.standins.discord_wire.world import World

API = "/api/v10"
TABLES = (rest, rest_interactions, rest_hooks)
"""The modules that entered their routes, in this order."""

T = TypeVar("T")

LOST = Answer(503)
"""Stands for no answer at all: the connection breaks instead."""


@dataclass(slots=True)
class Request:
    """One recorded request: seconds since the server's start, path without the API's base, JSON, answer."""

    at: float
    method: str
    path: str
    route: str | None  # "PATCH /channels/{channel}/messages/{message}"; None: not known here
    query: dict[str, str]
    machine: str = ""  # which one it comes from
    json: Any = None
    status: int | None = None  # None while it waits, and for ever if its connection broke
    answer: Any = None  # the JSON that went back


def _path_of(machine: str) -> str:
    return f"/from/{machine}" if machine else ""


class WireDiscord(World):
    """A small Discord on this machine, for an unmodified discord.py in this process or another.

    Args:
        address: this machine's address to listen on, as the bot reaches it.
        port: where to listen there; 0 takes a free port.
        scale: how many real seconds one second of a rate limit's window takes.
        limits: whether rate limits are kept at all.
        message_content: whether the application was granted the message-content intent.
        bot_name: the application's name.
        rtt: real seconds that an answer takes to come, half of them before the request has its effect.

    Attributes:
        api_base, gateway: what to put into `discord.http.Route.BASE` and
            `discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY` (there as a `yarl.URL`).
        token: the one token that is accepted; its first part holds the application's id.
        started: when the server was started, by the loop's clock; the times of `requests` count from there.
        requests: everything asked by REST, in order of arrival.
        unknown_routes: what was asked and is not known here; a fixture should find it empty.
        sockets, faults, limits, interactions, webhooks: the hands on the gateway, on requests that
            fail, on the buckets, on commands and buttons, on webhooks.
    """

    def __init__(
        self,
        *,
        address: str = "127.0.0.1",
        port: int = 0,
        scale: float = 1.0,
        limits: bool = True,
        message_content: bool = True,
        bot_name: str = "Dramatis",
        rtt: float = 0.0,
    ) -> None:
        super().__init__(bot_name=bot_name, message_content=message_content)
        self.address = address
        self.port = port
        self.rtt = rtt
        self.requests: list[Request] = []
        self.faults = Faults()
        self.limits = Limits(scale=scale, enabled=limits)
        self.interactions = Interactions(self)
        self.webhooks = Webhooks(self)
        self.emojis = Emojis(self)
        self.sockets = Gateway(self, self.gateway_of, self._notify)
        self._unknown_routes: list[str] = []
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self.started = 0.0

    @property
    def api_base(self) -> str:
        return self.api_base_of("")

    @property
    def gateway(self) -> str:
        return self.gateway_of("")

    def api_base_of(self, machine: str) -> str:
        """The API as a bot of some machine reaches it, so that it can be told from others."""
        return f"http://{self.address}:{self.port}{_path_of(machine)}{API}"

    def gateway_of(self, machine: str) -> str:
        return f"ws://{self.address}:{self.port}{_path_of(machine)}/"

    @property
    def unknown_routes(self) -> list[str]:
        return [*self._unknown_routes, *self.sockets.unknown]

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/attachments/{id}/{name}", self._hand_out)
        for prefix in ("", _path_of("{machine}")):
            app.router.add_get(f"{prefix}/", self.sockets.serve)
            app.router.add_route("*", f"{prefix}{API}{{path:/.*}}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.address, self.port).start()
        self.port = self._runner.addresses[0][1]
        self.cdn = f"http://{self.address}:{self.port}"
        self.started = asyncio.get_running_loop().time()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.faults.release_all()
        self.sockets.drop()
        if self._runner is not None:
            await self._runner.cleanup()

    # -- watching ---------------------------------------------------------------------------

    async def wait_for(self, predicate: Callable[[], T | None], timeout: float = 20.0) -> T:  # noqa: ASYNC109 -- its message says what was seen
        """Wait until the predicate is true, asked again at every request, answer and gateway frame.

        Raises:
            TimeoutError: not within `timeout` seconds; says what the bot did last.
        """
        try:
            async with asyncio.timeout(timeout):
                while not (found := predicate()):
                    await self._changed.wait()
        except TimeoutError:
            last = "\n".join(f"  {r.at:.3f} {r.method} {r.path} -> {r.status}" for r in self.requests[-10:])
            raise TimeoutError(f"waited {timeout} s in vain; the last requests were\n{last}") from None
        return found

    def typing_count(self, channel: Channel) -> int:
        """How often the bot showed itself typing there."""
        path = f"/channels/{channel.id}/typing"
        return sum(r.method == "POST" and r.path == path and r.status == 204 for r in self.requests)

    # -- what people and other bots do with webhooks --------------------------------------------

    def add_webhooks(self, channel: Channel, number: int = 1, *, name: str = "Feed") -> list[Webhook]:
        """Let the host make webhooks by hand; a channel holds 15."""
        return [self.webhooks.create(channel, name, self.host) for _ in range(number)]

    def delete_webhook(self, hook: Webhook) -> None:
        """Let somebody delete a webhook in the channel's settings."""
        self.webhooks.remove(hook)

    def proxy_say(
        self, name: str, channel: Channel, text: str, *, avatar: str | None = None, application: int = 0
    ) -> Message:
        """Let another application's webhook say something, as a proxy bot does; it spends the channel's budget."""
        self.limits.spend(channel.parent or channel, asyncio.get_running_loop().time())
        return self.webhooks.proxy_say(name, channel, text, avatar, application)

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    # -- serving ----------------------------------------------------------------------------

    async def _hand_out(self, http: web.Request) -> web.StreamResponse:
        """Hand out a file, as Discord's CDN does."""
        content = self.files.get(http.match_info["id"])
        return web.Response(status=404) if content is None else web.Response(body=content)

    async def _serve(self, http: web.Request) -> web.StreamResponse:
        path, machine = http.match_info["path"], http.match_info.get("machine", "")
        known = routes.find(http.method, path, self.bot.id)
        now = asyncio.get_running_loop().time() - self.started
        record = Request(now, http.method, path, known[0].name if known else None, dict(http.query), machine)
        self.requests.append(record)
        try:
            record.json, files = await _read(http)
        except ValueError:
            answer = _refusal(ApiError(*INVALID_JSON))
        else:
            self._notify()
            await self._travel()
            answer = await self._answer(record, known, files, http.headers.get("Authorization"))
            await self._travel()
        record.status = answer.status if answer is not LOST else None
        record.answer = answer.json
        self._notify()
        if answer is LOST and http.transport is not None:
            http.transport.abort()
        return _response(answer)

    async def _travel(self) -> None:
        """One way between the bot and Discord."""
        if self.rtt > 0:
            await asyncio.sleep(self.rtt / 2)

    async def _answer(
        self,
        record: Request,
        known: tuple[routes.Route, dict[str, str]] | None,
        files: tuple[Upload, ...],
        authorization: str | None,
    ) -> Answer:
        if known is None:
            self._unknown_routes.append(f"{record.method} {record.path}")
            return _refusal(ApiError(*UNKNOWN_ROUTE))
        route, params = known
        call = routes.Call(
            self,
            self.sockets,
            self.interactions,
            self.webhooks,
            self.emojis,
            self.gateway_of(record.machine),
            params,
            record.query,
            record.json,
            files,
            record.machine,
        )
        authorized = not route.needs_token or authorization == f"Bot {self.token}"

        def carry_out() -> Answer:
            return self._carry_out(route, call) if authorized else _refusal(ApiError(*UNAUTHORIZED))

        fault = self.faults.catch(record.method, record.path)
        return carry_out() if fault is None else await self._suffer(fault, carry_out)

    async def _suffer(self, fault: Fault, carry_out: Callable[[], Answer]) -> Answer:
        """What a fault makes of a request: carried out before, after or never."""
        done = carry_out() if fault.applied else None
        if fault.gate is not None:
            self._notify()
            await fault.gate.wait()
        if fault.lost:
            return LOST
        return fault.answer or done or carry_out()

    def _carry_out(self, route: routes.Route, call: routes.Call) -> Answer:
        now = asyncio.get_running_loop().time()
        verdict = self.limits.take(self._asked(route, call), now)
        if verdict.retry_after is not None:
            return _too_many(verdict)
        try:
            answer = route.handler(call)
        except ApiError as error:
            answer = _refusal(error)
        return Answer(answer.status, answer.json, verdict.headers)

    def _asked(self, route: routes.Route, call: routes.Call) -> Asked:
        """What a request spends, where that depends on a webhook's channel or on a message's age."""
        hook_channel = old_in = None
        if "webhook" in call.params and route.template.startswith("/webhooks/{webhook}/{token}"):
            hook = self.webhooks.known(int(call.params["webhook"]))
            speaks = route.method == "PATCH" and "message" in call.params
            if hook is not None and (speaks or route.method == "POST"):
                hook_channel = hook.channel.id
        if route.method == "PATCH" and (edited := self._edited(call)) is not None and self.is_old(edited):
            old_in = edited.channel.id
        return Asked(route.name, call.params, hook_channel, old_in, call.machine)

    def _edited(self, call: routes.Call) -> Message | None:
        """The message that a request would change, where it stands in a channel."""
        if "application" in call.params:
            return self.interactions.answered(call.params["token"], call.params.get("message"))
        number = int(call.params.get("message", 0))
        places = (channel.messages.get(number) for channel in self.channels.values())
        return next((message for message in places if message is not None), None)


def _too_many(verdict: Verdict) -> Answer:
    """A 429. Without `Via` the library takes it for a ban by the provider in front of Discord."""
    words = {
        "message": "You are being rate limited.",
        "retry_after": verdict.retry_after,
        "global": verdict.kind is Kind.GLOBAL,
    } | ({"code": OLD_EDITS_CODE} if verdict.kind is Kind.OLD else {})
    return Answer(
        429, words, {**verdict.headers, "Retry-After": str(verdict.retry_after), "Via": "1.1 google"}
    )


def _refusal(error: ApiError) -> Answer:
    return Answer(error.status, error.body)


async def _read(http: web.Request) -> tuple[Any, tuple[Upload, ...]]:
    """The JSON of a request and the files that came with it."""
    if http.content_type != "multipart/form-data":
        text = await http.text()
        return (json.loads(text) if text else None), ()
    form = await http.post()
    files = tuple(
        Upload(part.filename, part.file.read()) for part in form.values() if isinstance(part, web.FileField)
    )
    payload = form.get("payload_json")
    return (json.loads(payload) if isinstance(payload, str) else None), files


def _response(answer: Answer) -> web.Response:
    """The content type is exactly application/json: with a charset behind it discord.py reads text."""
    if answer.json is None:
        return web.Response(status=answer.status, headers=answer.headers)
    body = json.dumps(answer.json).encode()
    return web.Response(
        status=answer.status, headers=answer.headers, body=body, content_type="application/json"
    )
