"""What the bot learns of Discord while it runs.

Law: it outlives a client that is replaced, so that Discord is not asked again for what it has said.
"""

from dataclasses import dataclass, field

from bot.discord_ui.posting.avatars import Uploads
from bot.discord_ui.posting.rate_limits import RateLimits
from bot.discord_ui.posting.webhooks import FoundHooks, Lack
from bot.discord_ui.servers import Acquaintance


@dataclass(frozen=True, slots=True)
class DiscordState:
    """The facts about Discord that all clients of a run share.

    Attributes:
        limits: Discord's limits.
        hooks: the webhooks that were found.
        uploads: the pictures that were uploaded.
        told: the missing faces that were reported, by reason and by server or channel.
        applications: the applications of webhooks of which Discord was asked; None for those that none made.
        fallen: the places whose people were told that the bot's own face stands in for a persona's.
        servers: what is known of servers.
        undecodable: the kinds of events that the library could not read.
        command_ids: the id of each slash command by its name; none until they are known.
    """

    limits: RateLimits
    hooks: FoundHooks = field(default_factory=FoundHooks)
    uploads: Uploads = field(default_factory=Uploads)
    told: set[tuple[Lack, int]] = field(default_factory=set)
    applications: dict[int, int | None] = field(default_factory=dict)
    fallen: set[int] = field(default_factory=set)
    servers: Acquaintance = field(default_factory=Acquaintance)
    undecodable: set[str] = field(default_factory=set)
    command_ids: dict[str, int] = field(default_factory=dict)
