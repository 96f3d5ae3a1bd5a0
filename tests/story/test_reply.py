"""What a reply asks of the model, beside the words."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

from bot.app import story_on
from bot.core.completion import Delta, Question, Sampling
from bot.core.scene import IncomingMessage, Participant, Place
from bot.core.settings import Face, Settings, Stream
from bot.core.tokens import BY_SCRIPT
from bot.endpoint.meter import Budget
from bot.llm.offline import OfflineModel
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.story.casting import ChannelRule, Rules

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Noting(OfflineModel):
    """The stand-by, noting for which places it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[int] = []

    async def stream(self, question: Question, *, place: int = 0) -> AsyncGenerator[Delta, None]:
        self.places.append(place)
        async for delta in super().stream(question, place=place):
            yield delta


async def test_a_reply_that_was_asked_for_as_the_server_was_paused_is_not_begun(tmp_path: Path) -> None:
    (tmp_path / "marlow.yaml").write_text("name: Marlow\ndescription: Keeps the Anchor.\n", encoding="utf-8")
    model = Noting()
    database = await Database.open(tmp_path / "story.sqlite3", exclusive=True)
    rules = Rules(Sampling(1.0, 0.95, 64), context_window=65_536, default_persona="marlow")
    budget = await Budget.open(Calibrations(database), model, BY_SCRIPT)
    story = story_on(database, PersonaLibrary.load(tmp_path), model, rules, budget)
    place = Place(7, guild_id=5)
    for number, paused in ((1, True), (2, False)):
        message = IncomingMessage(
            id=number,
            place=place,
            author=Participant(1, "Alice"),
            content="Well met",
            created_at=NOON,
            mentions_bot=True,
        )
        (reply,) = (await story.hearing.hear(message)).replies
        if paused:
            await story.choices.pause(5, by_user=1)
        async with reply:
            _ = [text async for text in reply.texts()]
        assert len(model.places) == number - 1
        assert (reply.opened is None) == paused
        await story.choices.go_on(5)
    await database.close()


async def test_a_reply_knows_its_settings_when_it_is_made_and_goes_by_those_of_when_it_gets_the_floor(
    tmp_path: Path,
) -> None:
    (tmp_path / "marlow.yaml").write_text("name: Marlow\ndescription: Keeps the Anchor.\n", encoding="utf-8")
    model = Noting()
    database = await Database.open(tmp_path / "story.sqlite3", exclusive=True)
    channels = {7: ChannelRule("marlow", face=Face.BOT)}
    rules = Rules(Sampling(1.0, 0.95, 64), context_window=65_536, channels=channels)
    budget = await Budget.open(Calibrations(database), model, BY_SCRIPT)
    story = story_on(database, PersonaLibrary.load(tmp_path), model, rules, budget)
    await story.choices.choose("server", 5, "stream", "calm", by_user=1)
    message = IncomingMessage(
        id=1,
        place=Place(7, guild_id=5),
        author=Participant(1, "Alice"),
        content="Well met",
        created_at=NOON,
        mentions_bot=True,
    )
    (reply,) = (await story.hearing.hear(message)).replies
    assert reply.cast.settings == Settings(face=Face.BOT, stream=Stream.CALM)
    await story.choices.choose("channel", 7, "stream", "off", by_user=1)
    async with reply:
        assert reply.cast.settings == Settings(face=Face.BOT, stream=Stream.OFF)
        _ = [text async for text in reply.texts()]
    await database.close()


async def test_where_replies_must_wait_for_one_another_channels_take_turns(tmp_path: Path) -> None:
    (tmp_path / "marlow.yaml").write_text("name: Marlow\ndescription: Keeps the Anchor.\n", encoding="utf-8")
    model = Noting()
    database = await Database.open(tmp_path / "story.sqlite3", exclusive=True)
    rules = Rules(Sampling(1.0, 0.95, 64), context_window=65_536, default_persona="marlow")
    budget = await Budget.open(Calibrations(database), model)
    hearing = story_on(database, PersonaLibrary.load(tmp_path), model, rules, budget).hearing
    for number, channel in enumerate((7, 8, 7), 1):
        message = IncomingMessage(
            id=number,
            place=Place(channel, parent_id=9),
            author=Participant(1, "Alice"),
            content="Well met",
            created_at=NOON,
            mentions_bot=True,
        )
        (reply,) = (await hearing.hear(message)).replies
        async with reply:
            _ = [text async for text in reply.texts()]
    await database.close()
    assert model.places == [7, 8, 7]
