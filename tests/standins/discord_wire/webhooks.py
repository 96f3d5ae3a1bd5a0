"""Webhooks: who may have one, and the faces that speak through it.

Law: a webhook's messages are its own, in its channel and in the threads there; no one else edits them.
"""

import secrets
from typing import Any

from tests.standins.discord_wire import shapes
from tests.standins.discord_wire.checks import check_message, refuse_empty, webhook_name
from tests.standins.discord_wire.components import LINK
from tests.standins.discord_wire.interactions import changes
from tests.standins.discord_wire.records import Channel, Guild, Json, Message, Upload, User, Webhook
from tests.standins.discord_wire.refusals import (
    DEAD_TOKEN,
    FORUM_NEEDS_A_THREAD,
    NO_FORUM,
    ONE_THREAD_TOO_MANY,
    TOO_MANY_WEBHOOKS,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
    ApiError,
    invalid_form,
)
from tests.standins.discord_wire.world import World

PER_CHANNEL = 15


class Webhooks:
    """All webhooks of the server, those of people and of other applications too."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._hooks: dict[int, Webhook] = {}
        self._proxies: dict[int, User] = {}

    # -- having one -------------------------------------------------------------------------

    def create(
        self,
        channel: Channel,
        name: Any,
        creator: User,
        *,
        application: int | None = None,
        avatar: str | None = None,
    ) -> Webhook:
        """Make one.

        Raises:
            ApiError: 50035, a name that is not allowed; 30007, the channel is full.
        """
        kept = webhook_name(name)
        if len(self.of(channel)) >= PER_CHANNEL:
            raise ApiError(*TOO_MANY_WEBHOOKS)
        new = Webhook(
            self._world.new_id(), channel, kept, secrets.token_urlsafe(51), creator, application, avatar
        )
        self._hooks[new.id] = new
        self._tell(channel)
        return new

    def of(self, place: Channel | Guild) -> list[Webhook]:
        """The webhooks of a channel or of a whole guild, oldest first."""
        alive = [hook for hook in self._hooks.values() if hook.channel.id in self._world.channels]
        return [hook for hook in alive if place in {hook.channel, hook.channel.guild}]

    def own(self, channel: Channel) -> list[Webhook]:
        """Those in a channel that the application made itself."""
        return [hook for hook in self.of(channel) if hook.application == self._world.bot.id]

    def find(self, number: int, token: str | None = None) -> Webhook:
        """The webhook of an id; with a token, only if it is the right one.

        Raises:
            ApiError: 10015, there is none, or its channel is gone; 50027, a wrong token.
        """
        found = self._hooks.get(number)
        if found is None or found.channel.id not in self._world.channels:
            raise ApiError(*UNKNOWN_WEBHOOK)
        if token is not None and token != found.token:
            raise ApiError(*DEAD_TOKEN)
        return found

    def known(self, number: int) -> Webhook | None:
        return self._hooks.get(number)

    def change(self, hook: Webhook, body: Json, *, channel: Channel | None = None) -> None:
        """Give a webhook another name, picture or channel."""
        if "name" in body:
            hook.name = webhook_name(body["name"])
        if "avatar" in body:
            hook.avatar = body["avatar"]
        hook.channel = channel or hook.channel
        self._tell(hook.channel)

    def remove(self, hook: Webhook) -> None:
        del self._hooks[hook.id]
        self._tell(hook.channel)

    def _tell(self, channel: Channel) -> None:
        ids = {"guild_id": str(channel.guild.id), "channel_id": str(channel.id)}
        self._world.emit("WEBHOOKS_UPDATE", ids, channel)

    # -- speaking through one ---------------------------------------------------------------

    def execute(
        self,
        hook: Webhook,
        body: Json,
        *,
        thread: str | None = None,
        with_components: bool = False,
        files: tuple[Upload, ...] = (),
    ) -> Message:
        """Say something in the webhook's channel, in a thread of it, or as a new post of its forum.

        Raises:
            ApiError: what Discord refuses it with.
        """
        body = body | self._components(hook, body, asked=with_components)
        if body.get("nonce") is not None:
            raise invalid_form("nonce", "UNKNOWN_FIELD", "A webhook takes no nonce.")
        check_message(body, files=len(files))
        refuse_empty(body, kept=bool(files))
        name = webhook_name(body["username"], "username") if body.get("username") else hook.name
        face = User(hook.id, name, bot=True, avatar=body.get("avatar_url") or hook.avatar, face=True)
        where = self._where(hook, thread, body.get("thread_name"), face)
        opens = where.parent is not None and where.parent.forum and not where.messages
        return self._world.post(
            face,
            where,
            body.get("content") or "",
            allowed=body.get("allowed_mentions"),
            flags=int(body.get("flags") or 0),
            embeds=body.get("embeds"),
            components=body.get("components"),
            attachments=self._world.attachments(files),
            webhook=hook,
            message_id=where.id if opens else None,
        )

    def _components(self, hook: Webhook, body: Json, *, asked: bool) -> Json:
        """Only an application's own webhook has controls; another's are left out, or refused where asked for."""
        rows = body.get("components")
        if not rows or hook.application is not None:
            return {}
        if asked and any(item.get("style") != LINK for row in rows for item in row.get("components", [])):
            raise invalid_form("components", "APPLICATION_WEBHOOK_REQUIRED", "Not an application's webhook.")
        return {} if asked else {"components": []}

    def _where(self, hook: Webhook, thread: str | None, thread_name: str | None, face: User) -> Channel:
        if hook.channel.forum and thread is None and thread_name is None:
            raise ApiError(*FORUM_NEEDS_A_THREAD)
        if thread is not None and thread_name is not None:
            raise ApiError(*ONE_THREAD_TOO_MANY)
        if thread_name is not None:
            if not hook.channel.forum:
                raise ApiError(*NO_FORUM)
            return self._world.create_thread(thread_name, hook.channel, face)
        return self._place(hook, thread)

    def _place(self, hook: Webhook, thread: str | None) -> Channel:
        if thread is None:
            return hook.channel
        found = self._world.channels.get(int(thread))
        if found is None or hook.channel not in {found, found.parent}:
            raise ApiError(*UNKNOWN_CHANNEL)
        return found

    def message(self, hook: Webhook, number: int, thread: str | None = None) -> Message:
        """A message of this webhook; in a thread only where the thread is named again.

        Raises:
            ApiError: 10003, no such thread; 10008, none of its messages there.
        """
        found = self._place(hook, thread).messages.get(number)
        if found is None or found.webhook is not hook:
            raise ApiError(*UNKNOWN_MESSAGE)
        return found

    def edit(self, hook: Webhook, found: Message, body: Json, files: tuple[Upload, ...] = ()) -> None:
        """Change a message of the webhook; its name and picture stay as they were."""
        check_message(body, files=len(files), flags=found.flags)
        kept = self._world.attached(found, body, files)
        body = body | self._components(hook, body, asked=False)
        after = {key: getattr(found, key) for key in ("content", "embeds", "components")}
        refuse_empty(after | body, kept=bool(kept))
        self._world.amend(found, **changes(body), attachments=kept, mark=True)

    # -- other applications -----------------------------------------------------------------

    def proxy_say(
        self, name: str, channel: Channel, text: str, avatar: str | None, application: int
    ) -> Message:
        """Say something through another application's webhook, made where there is none yet.

        The application's bot has its id; 0 is one that nobody knows.
        """
        if application not in self._proxies:
            proxy = self._world.add_member("Proxy", channel.guild, bot=True, number=application or None)
            self._proxies[application] = proxy
        proxy = self._proxies[application]
        above = channel.parent or channel
        hook = next((h for h in self.of(above) if h.application == proxy.id), None)
        if hook is None:
            hook = self.create(above, "Proxy", proxy, application=proxy.id)
        body = {"content": text, "username": name, "avatar_url": avatar}
        return self.execute(hook, body, thread=str(channel.id))


def shown(hook: Webhook, world: World) -> Json:
    return shapes.webhook(hook, world.bot.id)
