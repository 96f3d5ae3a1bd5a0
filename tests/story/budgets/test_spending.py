"""What replies cost and may cost: who is charged, what is refused and until when, what the host is told."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.composition.story import story_on
from bot.core.budgets.caps import read_caps
from bot.core.budgets.charges import Charge, Purse
from bot.core.budgets.rule import Amount, Limit, Payer, Refused
from bot.core.completion import ErrorKind, ModelError, Question, Sampling, Usage
from bot.core.endpoint.price import Price, Prices
from bot.core.memory.recap import RecapRules
from bot.core.prompting.inspection import Inspection
from bot.core.routing import NoReply, NoReplyReason
from bot.core.scene import END, START, Participant, Place
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.costs import Costs, Spent
from bot.storage.errors import StorageError, StorageErrorKind
from bot.storage.history import History
from bot.storage.pins import Pin
from bot.storage.recaps import Step
from bot.storage.stores import Stores
from bot.story.budgets.spending import Reservation, Spending
from bot.story.incoming.heard import Heard
from bot.story.places.clocks import TIMEZONE
from bot.story.places.rules import HostLimits, Rules
from bot.story.replies.reply import Reply
from bot.story.revisions.refusals import Refusal, RefusalReason
from tests.clocks import Clock, stopped
from tests.databases import open_database
from tests.story.revisions.test_revision import ALICE, MARKET, TAVERN, Stage
from tests.story.scripted import Scripted

BOB = Participant(3, "Bob")
ELSEWHERE = Place(70, guild_id=6)
PRICES = Prices({"scripted": Price(Decimal(100), Decimal(1000))})
"""A reply of the scripted model costs two cents: 100 tokens in, 10 out."""

SAMPLING = Sampling(1.0, 0.95, 10)

PROMPT = Spent(Usage(10), "scripted", datetime(2026, 3, 10, 12, tzinfo=UTC), microdollars=10)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return stopped(monkeypatch, datetime(2026, 3, 10, 12, tzinfo=UTC))


def caps(**texts: str) -> tuple[Limit, ...]:
    return tuple(limit for payer, text in texts.items() for limit in read_caps(Payer(payer), text) or ())


def rules(*, chosen: tuple[Limit, ...] | None = None, prices: Prices = PRICES, **texts: Any) -> Rules:
    """Rules with these limits, which the host has set unless `chosen` says which of them."""
    budgets = caps(**texts)
    limits = HostLimits(budgets=budgets, chosen=budgets if chosen is None else chosen, prices=prices)
    return Rules(SAMPLING, 65_536, limits=limits)


@asynccontextmanager
async def opened(folder: Path, rules: Rules) -> AsyncIterator[Stage]:
    (folder / "marlow.yaml").write_text("name: Marlow\ninstructions: Play Marlow.\n", encoding="utf-8")
    database, model = await open_database(folder / "story.sqlite3"), Scripted()
    try:
        meter = await TokenMeter.open(Calibrations(database), model)
        story = story_on(database, PersonaLibrary.load(folder), model, rules, meter)
        (row,) = await database.read("SELECT coalesce(max(message_id), 0) AS newest FROM turn")
        yield Stage(story, model, database, folder, messages=row["newest"])
    finally:
        await database.close()


def set_rules(stage: Stage, rules: Rules) -> None:
    stage.story.casting.rules = rules


def spending(stage: Stage) -> Spending:
    return stage.story.records.spending


async def hear(stage: Stage, who: Participant = ALICE, place: Place = TAVERN, **facts: Any) -> Heard:
    message = replace(stage.message("Marlow?", place), author=who, **facts)
    return await stage.story.hearing.hear(message)


async def is_answered(stage: Stage, who: Participant = ALICE, place: Place = TAVERN) -> bool:
    """Let somebody ask, and the reply be given if there is one."""
    stage.model.answers = [("Aye.",)]
    for reply in (await hear(stage, who, place)).replies:
        async with reply:
            _ = [_ async for _ in reply.texts()]
        return reply.opened is not None
    return False


async def spend(
    stage: Stage, clock: Clock, dollars: float, who: int | None = ALICE.id, place: Place = TAVERN
) -> None:
    """Let so much have been spent just now."""
    spent = Spent(Usage(10, 0, 10), "scripted", clock(), microdollars=round(dollars * 1_000_000))
    await Costs(stage.database).spend_apart(replace(spent, charge=Charge.at(place, who)))


def at(text: str) -> str:
    return str(int(datetime.fromisoformat(f"{text}+00:00").timestamp()))


# --- who is charged -------------------------------------------------------------------------------


async def test_each_request_is_charged_to_the_person_who_asked_for_it_and_says_what_it_was_for(
    tmp_path: Path, clock: Clock
) -> None:
    cellar = Place(77, parent_id=7, guild_id=5)
    async with opened(tmp_path, rules()) as stage:
        turn = await stage.ask("Marlow?", "Aye.", place=cellar)
        for write in (
            stage.story.revision.regeneration.regenerate,
            stage.story.revision.regeneration.proceed,
        ):
            stage.model.say("Nay.")
            press = replace(stage.message("", cellar), author=BOB)
            await stage.play(await write(turn.id, press))
        shelf = stage.story.casting.library.at(5)
        marlow = shelf.get("marlow")
        assert marlow is not None
        tryouts = stage.story.records.tryouts
        tryout = await tryouts.begin(TAVERN, marlow, BOB)
        stage.model.say("Well met.")
        await tryouts.say(tryout, "Hello")
        rows = await stage.database.read(
            "SELECT purpose, user_id, guild_id, channel_id, price_microdollars FROM usage ORDER BY id"
        )
        assert [tuple(row) for row in rows] == [
            ("reply", ALICE.id, 5, 7, 20_000),
            ("again", BOB.id, 5, 7, 20_000),
            ("continue", BOB.id, 5, 7, 20_000),
            ("try", BOB.id, 5, 7, 20_000),
        ]


async def test_a_burst_is_charged_to_the_person_who_asked_first(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, rules()) as stage:
        (reply,) = (await hear(stage, BOB)).replies
        assert (await hear(stage, ALICE)).replies == ()  # it joins
        stage.model.say("Aye.")
        await stage.play(reply)
        assert [row[0] for row in await stage.database.read("SELECT user_id FROM usage")] == [BOB.id]


async def test_a_new_price_counts_from_the_next_reply_on(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, rules(prices=Prices())) as stage:
        await stage.ask("Marlow?", "Aye.")
        set_rules(stage, rules())
        await stage.ask("Marlow?", "Aye.")
        prices = await stage.database.read("SELECT price_microdollars FROM usage ORDER BY id")
        assert [row[0] for row in prices] == [None, 20_000]


# --- what is refused ------------------------------------------------------------------------------


async def test_a_person_who_has_spent_their_day_is_told_once_and_answered_the_next(
    tmp_path: Path, clock: Clock
) -> None:
    async with opened(tmp_path, rules(person="$0.50 a day")) as stage:
        assert await is_answered(stage)
        await spend(stage, clock, 0.48)
        why = NoReply(NoReplyReason.SPENT_PERSON, at("2026-03-11T00:00"))
        assert await hear(stage) == Heard(notice=why)
        assert not isinstance((await hear(stage)).notice, NoReply)  # told already
        assert (await hear(stage, by_command=True)).notice == why  # that only they see
        assert len(await stage.remembered()) == 5
        assert await is_answered(stage, BOB)
        assert not await is_answered(stage, ALICE, ELSEWHERE)  # on another server too
        clock.time += timedelta(hours=12)
        assert await is_answered(stage)
        await spend(stage, clock, 0.48)
        assert (await hear(stage)).notice == NoReply(NoReplyReason.SPENT_PERSON, at("2026-03-12T00:00"))


async def test_days_are_those_of_the_servers_time_zone(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, rules(person="$0.50 a day", bot="$0.50 a day")) as stage:
        await stage.story.choices.choose("server", 5, "timezone", "Asia/Tokyo", ALICE.id)
        await stage.story.choices.choose("server", 6, "timezone", "Atlantis/Deep", ALICE.id)
        await spend(stage, clock, 0.5)
        assert (await hear(stage)).notice == NoReply(NoReplyReason.SPENT_BOT, at("2026-03-11T00:00"))
        set_rules(stage, rules(person="$0.50 a day"))
        assert (await hear(stage)).notice == NoReply(NoReplyReason.SPENT_PERSON, at("2026-03-10T15:00"))
        elsewhere = (await hear(stage, place=ELSEWHERE)).notice
        assert elsewhere == NoReply(NoReplyReason.SPENT_PERSON, at("2026-03-11T00:00"))


async def test_the_days_of_a_month_are_added_up_in_the_servers_time_zone(
    tmp_path: Path, clock: Clock
) -> None:
    async with opened(tmp_path, rules()) as stage:
        for moment, dollars, who, place in (
            ("2026-02-28T18:14:59", 9, ALICE, TAVERN),  # the last second of February there
            ("2026-02-28T18:15:00", 1, ALICE, TAVERN),
            ("2026-03-01T18:14:59", 2, BOB, MARKET),
            ("2026-03-01T18:15:00", 3, ALICE, MARKET),
            ("2026-03-03T12:00:00", 5, ALICE, ELSEWHERE),  # another server
            ("2026-03-03T18:14:59", 4, BOB, TAVERN),
        ):
            clock.time = datetime.fromisoformat(f"{moment}+00:00")
            await spend(stage, clock, dollars, who.id, place)
        await stage.story.choices.choose("server", 5, TIMEZONE, "Asia/Kathmandu", ALICE.id)
        month = await spending(stage).reports.by_day(5, ALICE.id)
        assert [each.microdollars / 1_000_000 for each in month.all] == [3, 3, 4]
        assert [each.microdollars / 1_000_000 for each in month.own] == [1, 3, 0]
        assert month.today.days_in_month == 31


@pytest.mark.parametrize(
    ("payer", "who", "where", "is_refused"),
    [
        ("channel", BOB, TAVERN, True),
        ("channel", BOB, Place(77, parent_id=7, guild_id=5), True),
        ("channel", ALICE, MARKET, False),
        ("server", BOB, MARKET, True),
        ("server", ALICE, ELSEWHERE, False),
        ("bot", BOB, ELSEWHERE, True),
        ("bot", BOB, Place(900), True),  # a direct message
        ("server", ALICE, Place(900), False),
    ],
)
async def test_a_budget_is_one_of_a_channel_with_its_threads_a_server_or_the_bot(
    tmp_path: Path, clock: Clock, payer: str, who: Participant, where: Place, is_refused: bool
) -> None:
    async with opened(tmp_path, rules(**dict[str, Any]({payer: "$31 a month"}))) as stage:
        await spend(stage, clock, 10)  # of March, ten days are let out
        found = (await hear(stage, who, where)).notice
        until = at("2026-03-11T00:00")
        assert found == (NoReply(NoReplyReason(f"spent_{payer}"), until) if is_refused else None)


async def test_a_model_without_a_price_has_limits_in_tokens_only(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, rules(prices=Prices(), person="$0.01 a day, 1500 tokens a day")) as stage:
        for _ in range(9):
            assert await is_answered(stage)  # 110 tokens each
        for _ in range(9):
            await is_answered(stage)
        assert not await is_answered(stage)
        spent = await Costs(stage.database).spent(Purse(), clock.time)
        assert 1100 < spent.tokens <= 1500


async def test_a_reply_whose_prompt_would_cost_too_much_is_not_begun_and_its_person_told(
    tmp_path: Path, clock: Clock
) -> None:
    async with opened(tmp_path, rules(person="$0.50 a day")) as stage:
        await spend(stage, clock, 0.499)  # something is left, but not enough
        (reply,) = (await hear(stage)).replies
        async with reply:
            assert reply.opened is None
        why = NoReply(NoReplyReason.SPENT_PERSON, at("2026-03-11T00:00"))
        assert stage.story.hearing.why_unopened(reply) == why
        (reply,) = (await hear(stage)).replies
        async with reply:
            assert reply.opened is None
        assert stage.story.hearing.why_unopened(reply) is None  # told already
        assert stage.model.asked == []
        assert await stage.remembered() == ["Marlow?", "Marlow?"]
        assert await stage.database.read("SELECT 1 FROM turn WHERE persona_key IS NOT NULL") == []


async def test_what_is_being_written_counts_until_its_cost_is_stored(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, rules(bot="$0.05 a day")) as stage:
        gate = asyncio.Event()
        (first,) = (await hear(stage, ALICE, TAVERN)).replies
        (second,) = (await hear(stage, BOB, MARKET)).replies
        stage.model.say(gate, "Aye.")
        async with first:
            async with second:
                assert second.opened is None
            gate.set()
            _ = [_ async for _ in first.texts()]
        assert [reply.opened is None for reply in (first, second)] == [False, True]
        assert await is_answered(stage, BOB, MARKET)  # two cents are stored, and three are left


async def test_what_is_refused_counts_for_nobody_while_it_is_judged(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, rules(bot="$0.10 a day")) as stage:
        await spend(stage, clock, 0.08)  # of which the host is warned, while the first is judged
        asked = ((ALICE, 30_000), (BOB, 10_000), (BOB, 10_000), (BOB, 1))
        charges = [(Charge.at(TAVERN, who.id), Amount(10, cost)) for who, cost in asked]
        found = await asyncio.gather(*(spending(stage).reserve(*each, PROMPT) for each in charges))
        assert [isinstance(each, Reservation) for each in found] == [False, True, True, False]


async def test_a_cost_that_is_stored_while_another_reply_is_judged_counts(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, rules(bot="$0.03 a day")) as stage:
        budgets, cost = spending(stage), Amount(10, 20_000)
        first = await budgets.reserve(Charge.at(TAVERN, ALICE.id), cost, PROMPT)
        assert isinstance(first, Reservation)
        spent = budgets.ledger.spent

        async def spent_then_ended(wanted: Iterable[tuple[Purse, datetime]]) -> list[Amount]:
            sums = await spent(wanted)
            await spend(stage, clock, 0.02)
            first.release()
            return sums

        monkeypatch.setattr(budgets.ledger, "spent", spent_then_ended)
        assert isinstance(await budgets.reserve(Charge.at(TAVERN, BOB.id), cost, PROMPT), Refused)


async def test_what_a_kill_cuts_costs_its_prompt_from_the_next_start_on(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, rules()) as stage:
        (reply,) = (await hear(stage)).replies
        stage.model.say(asyncio.Event(), "Aye.")
        await reply.__aenter__()  # and the process is killed
        shutil.copy(tmp_path / "story.sqlite3", tmp_path / "killed.sqlite3")
        shutil.copy(tmp_path / "story.sqlite3-wal", tmp_path / "killed.sqlite3-wal")
        sums = spending(stage).ledger.spent([(Purse(user_id=ALICE.id), clock.time)])
        assert await sums == [Amount()]  # it is reserved
        reply.stop()
        await reply.__aexit__(None, None, None)
    (tmp_path / "story.sqlite3").unlink()
    for name in ("story.sqlite3", "story.sqlite3-wal"):
        (tmp_path / name.replace("story", "killed")).rename(tmp_path / name)
    async with opened(tmp_path, rules()) as stage:
        await spending(stage).open()
        for purse in (Purse(user_id=ALICE.id), Purse(channel_id=7), Purse(guild_id=5), Purse(hosts=True)):
            (spent,) = await spending(stage).ledger.spent([(purse, clock.time)])
            assert 200 < spent.tokens < 400
            assert spent.microdollars == 100 * spent.tokens  # it was read, and nothing was written
        rows = await stage.database.read("SELECT purpose, reported, completion_tokens FROM usage")
        assert [tuple(row) for row in rows] == [("reply", 0, 0)]


async def test_what_is_not_asked_of_the_model_leaves_nothing_to_pay(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, rules()) as stage:
        await is_answered(stage)
        (reply,) = (await hear(stage)).replies
        stage.model.say(ModelError(ErrorKind.INPUT_REFUSED))
        async with reply:
            _ = [_ async for _ in reply.texts()]
        rows = await stage.database.read("SELECT total_tokens FROM usage")
        assert [row[0] for row in rows] == [110]


async def test_forget_gives_nobody_their_budget_back_while_it_counts(tmp_path: Path, clock: Clock) -> None:
    limits = rules(person="$0.50 a day, $15.50 a month")

    async def is_paid_for(stage: Stage, who: Participant = ALICE) -> bool:
        cost = Amount(10, 20_000)
        return (await spending(stage).verdict(Charge.at(TAVERN, who.id), cost)).refused is None

    async with opened(tmp_path, limits) as stage:
        assert await is_paid_for(stage)
        await spend(stage, clock, 0.49)
        await stage.story.records.privacy.forget(ALICE.id)  # no sum has this yet
        assert not await is_paid_for(stage)
        await stage.story.choices.choose("server", 5, TIMEZONE, "Asia/Kathmandu", BOB.id)
        assert not await is_paid_for(stage)
        assert await stage.database.read("SELECT 1 FROM usage WHERE user_id = ?", (ALICE.id,)) == []
        overview = await spending(stage).reports.of(TAVERN, ALICE.id)
        assert overview.used[0].today == Amount()  # what is stored of her
        assert (await spending(stage).reports.of_server(5)).people == ()
    async with opened(tmp_path, limits) as stage:
        assert not await is_paid_for(stage)
        assert await is_paid_for(stage, BOB)
        clock.time = datetime(2026, 3, 31, 12, tzinfo=UTC)
        assert await is_paid_for(stage)
        await spend(stage, clock, 15.49)
        await stage.story.records.privacy.forget(ALICE.id)
        assert not await is_paid_for(stage)
        clock.time += timedelta(hours=7)  # April there
        assert await is_paid_for(stage)
        await stage.story.records.retention.let_go()
        assert (
            await stage.database.read("SELECT 1 FROM usage WHERE user_id < 0") != []
        )  # April, far enough in the east
        clock.time = datetime(2026, 5, 1, 12, tzinfo=UTC)
        await stage.story.records.retention.let_go()
        assert await stage.database.read("SELECT 1 FROM usage WHERE user_id < 0") == []
        assert await stage.database.read("SELECT 1 FROM setting WHERE key = 'alias_key'") == []


async def test_a_reply_that_runs_while_its_person_is_forgotten_is_charged_to_nobody_by_name(
    tmp_path: Path, clock: Clock
) -> None:
    async with opened(tmp_path, rules(person="$0.50 a day")) as stage:
        (reply,) = (await hear(stage)).replies
        stage.model.say("Aye", asyncio.Event())
        async with reply:
            await stage.model.held.wait()
            await stage.story.records.privacy.forget(ALICE.id)
            reply.stop()
        (row,) = await stage.database.read("SELECT user_id, guild_id FROM usage")
        assert (row["user_id"] < 0, row["guild_id"]) == (True, 5)
        (account,) = await spending(stage).accounts(Charge.at(TAVERN, ALICE.id))
        assert account.used > 0


@pytest.mark.parametrize("kind", [ErrorKind.TIMED_OUT, ErrorKind.CUT_SHORT])
async def test_what_breaks_off_before_its_first_word_costs_its_prompt(
    tmp_path: Path, clock: Clock, kind: ErrorKind
) -> None:
    async with opened(tmp_path, rules()) as stage:
        (reply,) = (await hear(stage)).replies
        stage.model.say(ModelError(kind))
        async with reply:
            _ = [_ async for _ in reply.texts()]
        marlow = stage.story.casting.library.at(5).get("marlow")
        assert marlow is not None
        tryouts = stage.story.records.tryouts
        stage.model.say(ModelError(kind))
        await tryouts.say(await tryouts.begin(TAVERN, marlow, BOB), "Hello")
        columns = "purpose, reported, completion_tokens, total_tokens, price_microdollars"
        rows = await stage.database.read(f"SELECT {columns} FROM usage ORDER BY id")
        assert [tuple(row)[:3] for row in rows] == [("reply", 0, 0), ("try", 0, 0)]
        for *_, tokens, price in rows:
            assert (200 < tokens < 400, price) == (True, 100 * tokens)


async def test_what_never_got_out_costs_nothing(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, rules()) as stage:
        (reply,) = (await hear(stage)).replies
        stage.model.say(ModelError(ErrorKind.UNREACHABLE))
        async with reply:
            _ = [_ async for _ in reply.texts()]
        assert await stage.database.read("SELECT 1 FROM usage") == []


async def test_a_stopped_reply_reserves_nothing(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, rules(bot="$0.05 a day")) as stage:
        for _ in range(9):
            (reply,) = (await hear(stage)).replies
            reply.stop()
            async with reply:
                assert reply.opened is None
        assert await is_answered(stage)


async def test_a_reply_that_is_refused_takes_no_cooldown_and_none_of_the_minutes_replies(
    tmp_path: Path, clock: Clock
) -> None:
    dear, fair = (rules(channel=f"${dollars} a day") for dollars in ("0.021", "50"))
    dear, fair = (replace(each, limits=replace(each.limits, replies_per_minute=1)) for each in (dear, fair))
    async with opened(tmp_path, dear) as stage:
        for key in ("person_cooldown", "channel_cooldown"):
            await stage.story.choices.choose("server", 5, key, "300", ALICE.id)
        marlow = stage.story.casting.library.at(5).get("marlow")
        assert marlow is not None
        tryout = await stage.story.records.tryouts.begin(TAVERN, marlow, ALICE)
        (reply,) = (await hear(stage)).replies
        async with reply:
            assert reply.opened is None
        for _ in range(2):
            refused = await stage.story.records.tryouts.say(tryout, "Hello")
            assert refused == NoReply(NoReplyReason.TOO_SMALL, at("2026-03-11T00:00"))
        set_rules(stage, fair)
        assert await is_answered(stage)
        turn = (await stage.database.read("SELECT id FROM turn WHERE persona_key IS NOT NULL"))[0]["id"]
        assert not await is_answered(stage)
        clock.time += timedelta(minutes=2)
        assert (await hear(stage, BOB)).notice == NoReply(
            NoReplyReason.CHANNEL_COOLING, at("2026-03-10T12:05")
        )
        set_rules(stage, replace(dear, limits=replace(dear.limits, budgets=caps(channel="$0.0201 a day"))))
        for _ in range(2):
            again = await stage.story.revision.regeneration.regenerate(turn, stage.message())
            assert isinstance(again, Reply)
            async with again:
                assert again.opened is None


async def test_a_reply_that_cannot_be_opened_leaves_no_turn_and_reserves_nothing(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, rules(bot="$0.05 a day")) as stage:

        async def broken(*_: object) -> None:
            raise StorageError(StorageErrorKind.FULL, tmp_path)

        (reply,) = (await hear(stage)).replies
        assert (await hear(stage)).replies == ()  # it joins
        with monkeypatch.context() as patch:
            patch.setattr(History, "turn_of", broken)
            with pytest.raises(StorageError) as kept:
                await reply.__aenter__()
        assert kept.value.kind is StorageErrorKind.FULL
        assert await stage.database.read("SELECT 1 FROM turn WHERE persona_key IS NOT NULL") == []
        assert await is_answered(stage)


async def test_buttons_and_try_say_whose_budget_is_used_up(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, rules(server="$0.50 a day")) as stage:
        turn = await stage.ask("Marlow?", "Aye.")
        await spend(stage, clock, 0.49)
        until = at("2026-03-11T00:00")
        for write in (
            stage.story.revision.regeneration.regenerate,
            stage.story.revision.regeneration.proceed,
        ):
            assert await write(turn.id, stage.message()) == Refusal(RefusalReason.SPENT_SERVER, until)
        marlow = stage.story.casting.library.at(5).get("marlow")
        assert marlow is not None
        tryouts = stage.story.records.tryouts
        tryout = await tryouts.begin(TAVERN, marlow, BOB)
        assert await tryouts.say(tryout, "Hello") == NoReply(NoReplyReason.SPENT_SERVER, until)
        assert (tryout.turns, tryout.unsaid) == ([], "Hello")


async def test_try_grows_cheaper_as_replies_do(tmp_path: Path, clock: Clock) -> None:
    prices = Prices({"scripted": Price(Decimal(1), Decimal(1))})
    async with opened(tmp_path, rules(prices=prices, person="$0.50 a day")) as stage:
        marlow = stage.story.casting.library.at(5).get("marlow")
        assert marlow is not None
        tryouts = stage.story.records.tryouts
        tryout = await tryouts.begin(TAVERN, marlow, ALICE)
        for _ in range(3):
            stage.model.say("Aye.")
            await tryouts.say(tryout, "so it is " * 3000)
        assert len(stage.model.asked[-1]) == 5
        await spend(stage, clock, 0.36)
        stage.model.say("Aye.")
        await tryouts.say(tryout, "Well?")
        assert len(stage.model.asked[-1]) == 4  # of seven turns
        assert len(tryout.turns) == 8


async def test_a_button_whose_prompt_would_cost_too_much_changes_nothing(
    tmp_path: Path, clock: Clock
) -> None:
    async with opened(tmp_path, rules(server="$0.50 a day")) as stage:
        turn = await stage.ask("Marlow?", "Aye.")
        await spend(stage, clock, 0.479)
        reply = await stage.story.revision.regeneration.regenerate(turn.id, stage.message())
        assert reply is not None
        assert not isinstance(reply, Refusal)
        async with reply:
            assert reply.opened is None
        why = await stage.story.revision.regeneration.why_unopened(reply, turn.id, TAVERN)
        assert why == Refusal(RefusalReason.SPENT_SERVER, at("2026-03-11T00:00"))
        assert await stage.remembered() == ["Marlow?", "Aye."]


# --- what several servers and their admins allow --------------------------------------------------


async def test_of_several_servers_none_takes_more_than_half(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, rules(bot="$31 a month")) as stage:
        await spend(stage, clock, 6)
        assert await is_answered(stage)  # alone, it may take all
        assert await is_answered(stage, BOB, ELSEWHERE)
        until = at("2026-03-13T00:00")  # half of thirteen days is more than six dollars
        assert (await hear(stage)).notice == NoReply(NoReplyReason.SPENT_SERVER, until)
        assert await is_answered(stage, ALICE, ELSEWHERE)
        await stage.story.records.departures.left(6, ())
        assert await is_answered(stage)


async def test_only_servers_that_the_host_pays_for_this_month_share_its_budget(
    tmp_path: Path, clock: Clock
) -> None:
    async with opened(tmp_path, rules(bot="$31 a month")) as stage:
        clock.time -= timedelta(days=10)  # February
        await spend(stage, clock, 1, BOB.id, ELSEWHERE)
        clock.time += timedelta(days=10)
        own = Charge.at(Place(80, guild_id=9), BOB.id)
        spent = Spent(
            Usage(10, 0, 10), "scripted", clock(), microdollars=1, charge=replace(own, own_key=True)
        )
        await Costs(stage.database).spend_apart(spent)
        await stage.story.hearing.hear(replace(stage.message("Hello", Place(81, guild_id=10)), author=BOB))
        await spend(stage, clock, 6)
        assert not await spending(stage).is_shared(5)
        assert await is_answered(stage)
        await spend(stage, clock, 0.01, BOB.id, Place(80, guild_id=9))
        assert (await spending(stage).is_shared(5), await spending(stage).is_shared(9)) == (True, True)
        until = at("2026-03-13T00:00")
        assert (await hear(stage)).notice == NoReply(NoReplyReason.SPENT_SERVER, until)


async def test_what_admins_set_counts_on_their_server_besides_the_hosts(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, rules(person="$0.50 a day")) as stage:
        choose = stage.story.choices.choose
        await choose("server", 5, "limit_person", "$0.20 a day", BOB.id)
        await choose("server", 5, "limit_channel", "$0.30 a day", BOB.id)
        await choose("channel", MARKET.channel_id, "limit_channel", "$0.04 a day", BOB.id)
        await choose("server", 6, "limit_server", "whatever", BOB.id)
        await spend(stage, clock, 0.2, ALICE.id, ELSEWHERE)
        assert await is_answered(stage)  # what they spent elsewhere doesn't count here
        assert await is_answered(stage, ALICE, MARKET)
        until = at("2026-03-11T00:00")
        await spend(stage, clock, 0.02, BOB.id, MARKET)
        assert (await hear(stage, BOB, MARKET)).notice == NoReply(NoReplyReason.SPENT_CHANNEL, until)
        await spend(stage, clock, 0.16)
        assert (await hear(stage)).notice == NoReply(NoReplyReason.SPENT_PERSON, until)
        await spend(stage, clock, 0.12, BOB.id)
        assert (await hear(stage, Participant(9, "Cy"))).notice == NoReply(NoReplyReason.SPENT_CHANNEL, until)
        assert await is_answered(stage, ALICE, ELSEWHERE)


# --- what the host is told ------------------------------------------------------------------------


async def told(stage: Stage) -> list[str]:
    """What the admins' channel was told since the last look."""
    lines: list[str] = []

    async def tell(line: str) -> bool:
        lines.append(line)
        return True

    async def sleep(_: float) -> None:
        raise AssertionError

    task = asyncio.create_task(spending(stage).keep_host_informed(tell, sleep))
    await asyncio.sleep(0)
    task.cancel()
    return lines


async def test_the_host_is_warned_once_a_month_and_once_that_all_is_used_up(
    tmp_path: Path, clock: Clock
) -> None:
    clock.time = datetime(2026, 3, 31, 12, tzinfo=UTC)
    limited = rules(bot="$20 a month")
    async with opened(tmp_path, limited) as stage:
        await spend(stage, clock, 15.5)
        assert await is_answered(stage)
        assert await told(stage) == []
        await spend(stage, clock, 0.50)
        assert await is_answered(stage)
        assert await is_answered(stage)
        warning = "the bot has spent $16.02 of the $20 a month that limits.bot allows: more than 80 %."
        assert await told(stage) == [f"{warning} `python -m bot usage` says where"]
    async with opened(tmp_path, limited) as stage:  # after a restart
        await spend(stage, clock, 4)
        assert not await is_answered(stage)
        assert not await is_answered(stage, BOB)
        (line,) = await told(stage)
        assert line == (
            "the bot has spent $20.06, all that limits.bot ($20 a month, a month let out by the day) allows so far: people "
            "are told to ask again later. There is more on 2026-04-01 00:00 UTC"
        )
        clock.time += timedelta(days=20)
        await spend(stage, clock, 20)
        assert not await is_answered(stage)
        assert len(await told(stage)) == 2


async def test_the_host_is_told_each_day_on_which_the_days_share_is_used_up(
    tmp_path: Path, clock: Clock
) -> None:
    async with opened(tmp_path, rules(bot="$31 a month")) as stage:
        await spend(stage, clock, 10.5)
        for _ in range(2):
            assert not await is_answered(stage)
        (line,) = await told(stage)
        assert line.endswith("There is more on 2026-03-11 00:00 UTC")
        clock.time += timedelta(hours=12)
        assert await is_answered(stage)
        await spend(stage, clock, 3)  # what runs at the end may go over what is let out
        assert not await is_answered(stage)
        (line,) = await told(stage)
        assert line.endswith("There is more on 2026-03-14 00:00 UTC")
        clock.time += timedelta(days=1)
    async with opened(tmp_path, rules(bot="$31 a month")) as stage:
        assert not await is_answered(stage)
        assert await told(stage) == []  # that is known


async def test_the_host_is_warned_again_after_setting_another_limit(tmp_path: Path, clock: Clock) -> None:
    clock.time = datetime(2026, 3, 31, 12, tzinfo=UTC)
    async with opened(tmp_path, rules(bot="$20 a month")) as stage:
        for limit, dollars in (("$20 a month", 17), ("$40 a month", 16)):
            set_rules(stage, rules(bot=limit))
            await spend(stage, clock, dollars)
            assert await is_answered(stage)
            (line,) = await told(stage)
            assert f"of the {limit} that limits.bot allows: more than 80 %." in line
            assert await is_answered(stage)
            assert await told(stage) == []


async def test_what_the_host_cannot_be_told_at_once_is_told_later(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, rules(bot="$20 a month")) as stage:
        await spend(stage, clock, 30)
        assert not await is_answered(stage)
        tries: list[str] = []

        async def tell(line: str) -> bool:
            tries.append(line[:22])
            return len(tries) > 2

        async def sleep(seconds: float) -> None:
            tries.append(str(seconds))

        task = asyncio.create_task(spending(stage).keep_host_informed(tell, sleep))
        await asyncio.sleep(0)
        task.cancel()
        first = "the bot has spent $30."
        assert tries == [first, "20.0", first, first]


# --- an update from a version without limits ------------------------------------------------------


async def test_after_an_update_the_defaults_begin_seven_days_later_and_the_host_is_told(
    tmp_path: Path, clock: Clock
) -> None:
    limited = rules(chosen=caps(bot="$5 a day"), bot="$5 a day", person="$0.50 a day")
    async with opened(tmp_path, limited) as stage:
        await spend(stage, clock, 0.50)  # by the version before
        await spending(stage).open()
        (line,) = await told(stage)
        assert line == (
            "this version limits what replies cost, which earlier ones didn't: from 2026-03-17 on to $0.50 a day for "
            "each person, unless you set limits.person in config.yaml (docs/limits.md)"
        )
        assert await is_answered(stage)
        await spend(stage, clock, 4.48)
        assert not await is_answered(stage)  # what the host has set counts
    clock.time += timedelta(days=6)
    async with opened(tmp_path, limited) as stage:
        await spending(stage).open()
        assert await told(stage) == []  # it is in the log
        await spend(stage, clock, 0.50)
        assert await is_answered(stage)
        clock.time += timedelta(days=1)
        await spend(stage, clock, 0.50)
        assert not await is_answered(stage)


async def test_a_new_bot_has_its_limits_from_the_start(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path, rules(chosen=(), person="$0.50 a day")) as stage:
        await spending(stage).open()
        assert await told(stage) == []
        await spend(stage, clock, 0.50)
        assert not await is_answered(stage)
    async with opened(tmp_path, rules(chosen=(), person="$0.50 a day")) as stage:
        await spending(stage).open()
        assert not await is_answered(stage)


# --- cheaper prompts ------------------------------------------------------------------------------


async def talk(stage: Stage, count: int) -> None:
    """Let people talk among themselves."""
    await stage.story.choices.bind("channel", TAVERN.channel_id, "marlow", ALICE.id)
    for _ in range(count):
        line = stage.message("")
        text = f"Line {line.id}: " + "and so on " * 8
        await stage.story.hearing.hear(replace(line, content=text, mentions_bot=False))


def first_line(stage: Stage) -> str:
    """The first line of the story that the last request held."""
    return stage.model.asked[-1][0][2].partition(":")[0]


async def windows(stage: Stage) -> list[int]:
    return [row["window_start"] for row in await stage.database.read("SELECT window_start FROM scene")]


async def test_a_thrifty_prompt_has_a_window_of_its_own_which_no_other_moves(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.core.budgets.rule.THRIFTY_TOKENS", 1500)
    async with opened(tmp_path, rules(person="$5 a day")) as stage:
        await talk(stage, 60)
        await spend(stage, clock, 3.5)  # seventy per cent
        began: dict[str, list[str]] = {"Alice": [], "Bob": []}
        for _ in range(5):
            for who in (ALICE, BOB):
                assert await is_answered(stage, who)
                began[who.name].append(first_line(stage))
        assert began["Bob"] == ["Line 1"] * 5  # he reads it all, and the same beginning each time
        assert began["Alice"][0] != "Line 1"
        assert len(set(began["Alice"])) == 1
        assert await windows(stage) == [0]
        stage.model.say("Number four.")
        (reply,) = (await hear(stage)).replies
        await stage.play(reply)
        sent = await stage.story.inspector.sent(TAVERN, max(stage.screen))
        assert isinstance(sent, Inspection)
        assert (sent.unchanged, sent.window) == (True, 1510)


async def test_a_prompt_grows_cheaper_before_its_reply_or_its_variant_is_refused(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.core.budgets.rule.THRIFTY_TOKENS", 900)
    async with opened(tmp_path, rules(channel="1500 tokens a day")) as stage:  # less than all 60 lines take
        await talk(stage, 60)
        assert await is_answered(stage)
        began = first_line(stage)
        assert began != "Line 1"
        (turn,) = await stage.database.read("SELECT id FROM turn WHERE persona_key IS NOT NULL")
        stage.model.say("Nay.")
        reply = await stage.story.revision.regeneration.regenerate(turn["id"], stage.message())
        assert (await stage.play(reply)).text == "Nay."
        assert first_line(stage) == began
        set_rules(stage, rules(channel="400 tokens a day"))  # not even a cheap one fits
        assert not await is_answered(stage)


async def test_a_thrifty_prompt_keeps_recap_and_pins(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.core.budgets.rule.THRIFTY_TOKENS", 900)
    limited = replace(rules(server="$5 a day"), recap=RecapRules())
    async with opened(tmp_path, limited) as stage:
        await talk(stage, 60)
        scene = (await stage.story.casting.lookup(TAVERN)).scene
        assert scene is not None
        turns = await stage.history.recent(scene.id, START, END)
        step = Step(None, turns[:20], 0, "They met on the ferry.", 6, clock())
        await Stores.on(stage.database).recaps.add(scene.id, step)
        pin = await stage.story.memory.pin_words(TAVERN, "The ferry sank.", ALICE.id)
        assert isinstance(pin, Pin)
        systems: list[str] = []
        monkeypatch.setattr(stage.model, "stream", listening(stage.model.stream, systems))
        await spend(stage, clock, 3.5)
        assert await is_answered(stage)
        assert "They met on the ferry." in systems[-1]
        assert "The ferry sank." in systems[-1]
        assert first_line(stage) not in {f"Line {number}" for number in range(1, 22)}
        await stage.story.memory.recaps.close()


def listening(stream: Callable[..., Any], systems: list[str]) -> Callable[..., Any]:
    """The stream of a model, which notes what it is told before all turns."""

    def heard(question: Question, **more: Any) -> Any:
        systems.append("\n".join(each.content for each in question.prompt.messages if each.role == "system"))
        return stream(question, **more)

    return heard


async def test_the_host_sees_the_prompt_that_would_be_sent_now(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.core.budgets.rule.THRIFTY_TOKENS", 1500)
    async with opened(tmp_path, rules(server="$5 a day")) as stage:
        await talk(stage, 60)
        before = await stage.story.inspector.next(TAVERN)
        await spend(stage, clock, 3.5)
        after = await stage.story.inspector.next(TAVERN)
        assert isinstance(before, Inspection)
        assert isinstance(after, Inspection)
        assert (before.window, before.left_out) == (65_536, 0)
        assert after.window == 1510
        assert after.left_out > 20
