"""People on the servers of four shards who mention the bot, and a model that says whose mention it answers."""

import asyncio
from itertools import count, cycle
from typing import Any, Final

from tests.cluster.ledger import Ledger, Mention, Post, answer, question, waiting_in
from tests.standins.discord_wire import Channel, Message, User, WireDiscord
from tests.standins.discord_wire.world import Event
from tests.standins.m2her import M2her

SHARDS: Final = 4


class Crowd:
    """The people, in so many channels, and what becomes of what they ask.

    Attributes:
        ledger: what was asked and answered.
        channels: where they are, each shard's by turns.
    """

    def __init__(self, world: WireDiscord, m2her: M2her, channels: int, words: int) -> None:
        """Furnish a Discord, and have a model answer in so many words."""
        self.world = world
        self.m2her = m2her
        self.ledger = Ledger()
        self.clock = asyncio.get_running_loop().time
        self.channels: list[Channel] = []
        self._words = words
        self._people: dict[int, list[User]] = {}
        self._furnish(channels)
        self._numbers = count(1)
        self._next_channel = cycle(self.channels)
        world.listeners.append(self._look)
        m2her.reply = self._answer

    def _furnish(self, channels: int) -> None:
        """Make servers of each shard, with channels and people."""
        halls: list[list[Channel]] = []
        for number in range(SHARDS):
            guild = self.world.add_guild(f"Server {number}", shard=(number, SHARDS))
            self._people[guild.id] = [
                self.world.add_member(f"{name} of {number}", guild) for name in ("Alice", "Bob")
            ]
            halls.append(
                [self.world.add_channel(f"room-{each}", guild) for each in range(channels // SHARDS)]
            )
        # By turns, so that each shard is asked evenly, and has channels of each face.
        shifted = [hall[number % 2 :] + hall[: number % 2] for number, hall in enumerate(halls)]
        self.channels += [channel for row in zip(*shifted, strict=True) for channel in row]
        self.world.sockets.shards = SHARDS

    # -- what people do ---------------------------------------------------------------------

    def ask(self) -> None:
        """Let somebody mention the bot in the next channel."""
        channel, number = next(self._next_channel), next(self._numbers)
        people = self._people[channel.guild.id]
        said = self.world.say(
            people[number // len(self.channels) % len(people)],
            channel,
            f"{self.world.bot.mention} {question(number)}",
        )
        shard = (channel.guild.id >> 22) % SHARDS
        self.ledger.ask(Mention(number, said.id, channel.id, shard, self.clock()))

    async def talk(self, rate: float) -> None:
        """Let so many mentions a second be made, evenly, until cancelled."""
        began = self.clock()
        for number in count():
            await asyncio.sleep(began + number / rate - self.clock())
            self.ask()

    async def all_answered(self, seconds: float) -> None:
        """Wait until everybody has an answer, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                while self.ledger.unanswered():  # noqa: ASYNC110 - it is asked of a record
                    await asyncio.sleep(0.2)
        except TimeoutError:
            pass

    # -- what is seen -----------------------------------------------------------------------

    def _answer(self, body: dict[str, Any]) -> str:
        numbers = waiting_in(body["messages"])
        self.ledger.begin(numbers, self.clock())
        return answer(numbers, self._words)

    def _look(self, event: Event) -> None:
        if event.name not in {"MESSAGE_CREATE", "MESSAGE_UPDATE"} or event.channel is None:
            return
        message = event.channel.messages.get(int(event.data["id"]))
        if message is not None and self._is_ours(message):
            nonce = None if message.nonce is None else str(message.nonce)
            to = message.reply_to.id if message.reply_to else None
            self.ledger.see(Post(message.id, event.channel.id, self.clock(), message.content, to, nonce))

    def _is_ours(self, message: Message) -> bool:
        hook = message.webhook
        return message.author is self.world.bot or (
            hook is not None and hook.application == self.world.bot.id
        )
