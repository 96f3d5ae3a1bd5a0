"""Discord as a bot meets it on the wire: a REST API with rate limits and a gateway that can fail.

Law: knows nothing of the bot under test and never imports discord.py, which it serves and judges.
`WireDiscord` is the door; the modules behind it are one concern each: `records` and `shapes` (what
exists, and its JSON), `world` (what people do), `rest` and `checks` (the API), `limits`, `faults`,
`interactions`, `gateway`, `server` (the sockets). Webhooks get a module of their own beside
`interactions`, with their routes in `rest.ROUTES`, when the persona's own face is built.
"""

from tests.standins.discord_wire.interactions import Interaction
from tests.standins.discord_wire.records import Channel, Guild, Message, Permission, Role, User
from tests.standins.discord_wire.server import Request, WireDiscord

__all__ = [
    "Channel",
    "Guild",
    "Interaction",
    "Message",
    "Permission",
    "Request",
    "Role",
    "User",
    "WireDiscord",
]
