"""A proxy on the simulated Discord: it posts what people write again, by a webhook that its application made."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import discord
import pytest
from simcord.backend import serializers

from bot.core.proxies import PLURALKIT, character_of
from bot.core.scene import Participant
from bot.storage.members import Member
from bot.storage.people import People
from tests.tavern import Tavern

FOREVER = 60.0
"""A hold that no test sits out: simcord sees that somebody waits for it."""


@dataclass
class Proxy:
    """PluralKit, or another proxy, on the tavern's server.

    Attributes:
        tells: whether Discord tells with its messages which application they are of.
    """

    tavern: Tavern
    application: int = PLURALKIT
    tells: bool = True
    hooks: dict[int, Any] = field(default_factory=dict)

    def hook(self, channel: Any = None) -> Any:
        where = channel or self.tavern.bound
        if where.id not in self.hooks:
            self.hooks[where.id] = self.tavern.guild.create_webhook(where, "Proxy")
        return self.hooks[where.id]

    async def post(self, name: str, text: str, channel: Any = None, **more: Any) -> discord.Message:
        """Post a copy for a member."""
        message: discord.Message = await self.hook(channel).send(text, username=name, **more)
        return message

    async def show_embed(self, name: str, text: str, embed: dict[str, Any]) -> int:
        """Post a copy with an embed as Discord sends it; return its id."""
        hook, backend = self.hook()._webhook, self.tavern.env.backend
        more = {"webhook_id": hook.id, "author_name": name, "embeds": [embed]}
        message = backend.create_message(hook.channel_id, hook.webhook_user_id, text, **more)
        await self.tavern.quiet()
        return int(message.id)

    async def edit(self, message: discord.Message, text: str) -> None:
        self.tavern.env.backend.edit_message(message.channel.id, message.id, {"content": text})
        await self.tavern.quiet()

    async def delete(self, *messages: discord.Message) -> None:
        """Delete an original, or a copy."""
        for message in messages:
            self.tavern.env.backend.delete_message(message.channel.id, message.id)
        await self.tavern.quiet()

    async def know(self, who: str, *members: str) -> None:
        """Let the bot have seen whose these members are."""
        links = People(self.tavern.database).members
        for name in members:
            member = Member(self.tavern.guild.id, self.application, character_of(self.application, name))
            await links.see(member, self.tavern.people[who].id, discord.utils.utcnow())

    def member(self, name: str, who: str) -> Participant:
        return Participant(self.tavern.people[who].id, name, character_of(self.application, name))


@contextmanager
def proxy_on(tavern: Tavern, application: int = PLURALKIT, *, tells: bool = True) -> Iterator[Proxy]:
    """Put up a proxy; simcord itself knows webhooks that no application made."""
    proxy, patch = Proxy(tavern, application, tells), pytest.MonkeyPatch()
    message_payload, webhook_payload = serializers.message_payload, serializers.webhook_payload

    def is_its(hook_id: int | None) -> bool:
        return any(hook.id == hook_id for hook in proxy.hooks.values())

    def told(backend: Any, message: Any, **options: Any) -> Any:
        found = message_payload(backend, message, **options)
        return (
            {**found, "application_id": str(application)} if tells and is_its(message.webhook_id) else found
        )

    def seen(backend: Any, hook: Any, **options: Any) -> Any:
        found = webhook_payload(backend, hook, **options)
        return {**found, "application_id": str(application)} if is_its(hook.id) else found

    patch.setattr(serializers, "message_payload", told)
    patch.setattr(serializers, "webhook_payload", seen)
    try:
        yield proxy
    finally:
        patch.undo()
