"""The clients of a process, each with one shard: who is asked about a server, and whether all are connected.

Law: what concerns a server goes to the client of its shard, and nowhere else: no other knows the server. What
concerns none goes to the first.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.scene import Place
from bot.core.sharding import shard_number
from bot.discord_ui.gateway.liveness import BEAT
from bot.discord_ui.inbound import age_restricted

if TYPE_CHECKING:
    from bot.discord_ui.gateway.client import Client


@dataclass(frozen=True, slots=True)
class ShardState:
    """How a shard is.

    Attributes:
        number: which one, from 0.
        is_ready: whether it hears of its servers.
        latency: the seconds that the gateway takes to answer a heartbeat; infinity if it does not.
        servers: the servers that it hears of.
    """

    number: int
    is_ready: bool
    latency: float
    servers: int


class Shards:
    """The clients of a process; of each shard the latest."""

    def __init__(self) -> None:
        """Start without any client, with one shard."""
        self.count = 1
        self._held = {0}
        self._clients: dict[int, Client] = {}

    def divide(self, count: int) -> None:
        """Begin again with so many shards, none of which this process has yet."""
        self.count = count
        self._held.clear()
        self._clients.clear()

    def take(self, number: int) -> None:
        """Note that this process has a shard, connected or not."""
        self._held.add(number)

    def has(self, server_id: int | None) -> bool:
        """Return whether this process has the shard of a server, None for no server; at first it has all."""
        return shard_number(server_id, self.count) in self._held

    def hold(self, client: "Client") -> None:
        """Let a client be asked about the servers of its shard."""
        self._clients[client.shard.number] = client

    def release(self, client: "Client") -> None:
        """Ask a client nothing anymore."""
        if self._clients.get(client.shard.number) is client:
            del self._clients[client.shard.number]

    def of(self, server_id: int | None) -> "Client | None":
        """Return the client that hears of a server, None for no server; None unless it is connected."""
        client = self._latest(server_id)
        return client if client is not None and _is_connected(client) else None

    def client(self, number: int) -> "Client | None":
        """Return the client of a shard; None unless it is connected."""
        client = self._clients.get(number)
        return client if client is not None and _is_connected(client) else None

    def give(self, number: int) -> None:
        """Note that this process does not have a shard anymore, whose client begins nothing then."""
        self._held.discard(number)
        if (client := self._clients.get(number)) is not None:
            client.give()

    def any(self) -> "Client | None":
        """Return a client for what any can do, such as a post in a channel; None unless one is connected."""
        return next((each for _, each in sorted(self._clients.items()) if _is_connected(each)), None)

    def states(self) -> tuple[ShardState, ...]:
        """Return how each shard of this process is; one without a client is not ready."""
        return tuple(self._state(number) for number in sorted(self._held))

    @property
    def are_ready(self) -> bool:
        """Whether every shard hears of its servers."""
        return all(each.is_ready for each in self.states())

    @property
    def are_alive(self) -> bool:
        """Whether the gateway also answers the heartbeats of every shard."""
        return all(each.is_ready and each.latency < BEAT * 2 for each in self.states())

    @property
    def servers(self) -> int:
        """The servers that all shards hear of."""
        return sum(each.servers for each in self.states())

    def is_age_restricted(self, place: Place) -> bool:
        """Return whether a place is age-restricted; one that no client knows counts as open to everyone."""
        client = self._latest(place.guild_id)
        return client is not None and age_restricted(client.get_channel(place.home_id))

    async def reads_hosts(self, server_id: int) -> bool:
        """Return whether a server's admins may read the files of the bot's owner."""
        client = self._latest(server_id)
        return client is not None and await client.services.reads_hosts(server_id)

    def _latest(self, server_id: int | None) -> "Client | None":
        return self._clients.get(shard_number(server_id, self.count))

    def _state(self, number: int) -> ShardState:
        client = self._clients.get(number)
        if client is None or not client.hears:
            return ShardState(number, is_ready=False, latency=float("inf"), servers=0)
        return ShardState(number, is_ready=True, latency=client.latency, servers=len(client.guilds))


def _is_connected(client: "Client") -> bool:
    return client.is_ready() and not client.is_closed()
