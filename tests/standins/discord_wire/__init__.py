"""Discord as a bot meets it on the wire: a REST API with rate limits and a gateway that can fail.

Law: knows nothing of the bot under test and never imports discord.py, which it serves and judges.
`WireDiscord` is the door; the modules behind it are one concern each: `records` and `shapes` (what
exists, and its JSON), `world` (what people do), `routes`, `rest…` and `checks` (the API), `limits`, `faults`,
`interactions`, `components`, `webhooks`, `gateway`, `server` (the sockets), `openapi` (Discord's own
description as a judge).
"""

from tests.standins.discord_wire.interactions import Interaction
from tests.standins.discord_wire.limits import Kind
from tests.standins.discord_wire.openapi import openapi_complaints
from tests.standins.discord_wire.records import (
    Channel,
    Guild,
    Message,
    Permission,
    Role,
    Upload,
    User,
    Webhook,
)
from tests.standins.discord_wire.server import Request, WireDiscord

__all__ = [
    "Channel",
    "Guild",
    "Interaction",
    "Kind",
    "Message",
    "Permission",
    "Request",
    "Role",
    "Upload",
    "User",
    "Webhook",
    "WireDiscord",
    "openapi_complaints",
]
