"""The bot's story without Discord and without a network: what the benches of tokens and window play on.

The real use cases on a real database; the model is one of ours, in the same process.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.composition.story import story_on
from bot.core.completion import ChatModel, Sampling
from bot.core.routing import Respond
from bot.core.scene import IncomingMessage, Participant, Place
from bot.core.tokens import BY_SCRIPT, Counter
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.storage.scenes import Scenes
from bot.story.incoming.heard import Heard
from bot.story.incoming.hearing import Hearing
from bot.story.places.notices import RECORDING
from bot.story.places.rules import ChannelRule, Rules
from bot.story.replies.reply import Reply
from bot.story.story import Story as UseCases

CHANNEL = Place(channel_id=77, parent_id=None, guild_id=5)
DATABASE = "story.sqlite3"
AT = datetime(2026, 3, 14, 20, 15, tzinfo=UTC)


@dataclass
class Story:
    """A channel bound to one persona; messages are numbered as they come.

    `nicknames` are the names that people have here now, where these are not their own.
    """

    use_cases: UseCases
    database: Database
    messages: int = 0
    nicknames: dict[str, str] = field(default_factory=dict)

    @property
    def hearing(self) -> Hearing:
        """What hears the messages."""
        return self.use_cases.hearing

    async def say(self, name: str, text: str) -> None:
        """Let somebody say something."""
        # The room may be owed word that it is recorded; nobody reads it here.
        assert not (await self._hear(name, text, mentions_bot=False)).replies

    async def call(self, name: str, text: str) -> Reply:
        """Let somebody call the persona; the reply has not begun yet."""
        (reply,) = (await self._hear(name, text, mentions_bot=True)).replies
        return reply

    async def ask(self, name: str, text: str) -> None:
        """Let somebody call the persona, and wait until that has answered."""
        async with await self.call(name, text) as reply:
            async for _ in reply.texts():
                pass

    async def _hear(self, name: str, text: str, *, mentions_bot: bool) -> Heard:
        self.messages += 1
        return await self.hearing.hear(
            IncomingMessage(
                id=self.messages << 22,  # as snowflakes are: a millisecond apart
                place=CHANNEL,
                author=Participant(sum(name.encode()), self.nicknames.get(name, name)),
                content=text,
                created_at=AT,
                mentions_bot=mentions_bot,
            )
        )


@asynccontextmanager
async def story(
    folder: Path,
    sheet: str,
    model: ChatModel,
    *,
    context_window: int,
    cap: int,
    counter: Counter = BY_SCRIPT,
    look_back: bool = True,
    channels: Collection[int] = (CHANNEL.channel_id,),
) -> AsyncIterator[Story]:
    """Open a story in a folder; `sheet` is the file of the persona that plays in these channels."""
    cast = folder / "personas"
    cast.mkdir(exist_ok=True)
    (cast / "player.yaml").write_text(sheet, encoding="utf-8")
    database = await Database.open(folder / DATABASE, exclusive=True)
    try:
        for channel in channels:
            await Scenes(database).told(channel, RECORDING, "", AT)
        meter = await TokenMeter.open(Calibrations(database), model, counter)
        rules = Rules(
            Sampling(1.0, 0.95, cap),
            context_window,
            look_back=look_back,
            channels=dict.fromkeys(channels, ChannelRule(("player",), Respond.MENTION)),
        )
        yield Story(story_on(database, PersonaLibrary.load(cast), model, rules, meter), database)
    finally:
        await database.close()
