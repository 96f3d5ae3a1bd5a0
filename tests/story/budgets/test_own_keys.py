"""A server's own key: tried, stored sealed, used for that server alone, and whose errors are the server's."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.budgets.charges import Charge
from bot.core.completion import NO_QUEUE, Delta, ErrorKind, Finish, ModelError, Question, Queue, Usage
from bot.core.routing import NoReply
from bot.core.scene import Ending
from bot.llm.vault import Vault
from bot.storage.departures import Departures
from bot.story.budgets.own_keys import Brought, Equipment, Greeting, KeyFault, KeyState, OwnKeys
from tests.clocks import Clock
from tests.story.budgets.test_spending import (
    BOB,
    ELSEWHERE,
    clock,
    hear,
    is_answered,
    opened,
    rules,
    spend,
)
from tests.story.personal_data.test_privacy import left
from tests.story.revisions.test_revision import ALICE, MARKET, Stage

__all__ = ["clock"]

SECRET, KEY = "a secret that nobody can guess at all", "sk-api-QUARTZ-key-of-the-tavern"

HERE = "https://api.example.test/v1"


class Keyed:
    """A model that a key pays, and fails by the errors that are planned for that key."""

    name, endpoint = "scripted", "here"

    def __init__(self, key: str, errors: dict[str, ErrorKind]) -> None:
        self.key = key
        self.errors = errors
        self.asked: list[str] = []
        self.is_closed = False

    async def stream(self, question: Question, *, queue: Queue = NO_QUEUE) -> AsyncGenerator[Delta, None]:
        self.asked.append(question.prompt.messages[-1].content)
        if (kind := self.errors.get(self.key)) is not None:
            raise ModelError(kind, "no")
        yield Delta(text="From their own purse.")
        yield Delta(finish=Finish.STOP, usage=Usage(100, 10, 110))

    async def aclose(self) -> None:
        await asyncio.sleep(0)
        self.is_closed = True


class Maker:
    """Makes models of keys, and knows them."""

    def __init__(self) -> None:
        self.made: list[Keyed] = []
        self.errors: dict[str, ErrorKind] = {}

    def __call__(self, key: str) -> Keyed:
        self.made.append(Keyed(key, self.errors))
        return self.made[-1]


def equip(stage: Stage, maker: Maker, secret: str | None = SECRET, *, allowed: bool = True) -> OwnKeys:
    keys = stage.story.records.spending.keys
    keys.equipment = Equipment(Vault(secret, HERE) if secret else None, maker, maker)
    casting = stage.story.casting
    casting.rules = replace(casting.rules, limits=replace(casting.rules.limits, own_keys=allowed))
    return keys


@pytest.fixture
def maker() -> Maker:
    return Maker()


async def test_a_key_pays_for_its_server_and_none_of_the_hosts_limits_count_there(
    tmp_path: Path, clock: Clock, maker: Maker
) -> None:
    async with opened(tmp_path, rules(bot="$0.50 a day", person="$0.50 a day")) as stage:
        keys = equip(stage, maker)
        assert await keys.set(5, f" {KEY} ", ALICE.id) is None
        await spend(stage, clock, 1)
        turn = await stage.ask("Marlow?", "Never said.")
        assert turn.text == "From their own purse."
        await spend(stage, clock, 0, BOB.id, ELSEWHERE)
        assert not await is_answered(stage, BOB, ELSEWHERE)  # the host's is used up
        rows = await stage.database.read("SELECT guild_id, own_key FROM usage WHERE total_tokens = 110")
        assert [tuple(row) for row in rows] == [(5, 1)]
        assert {model.key for model in maker.made} == {KEY}
        assert stage.model.asked == []


async def test_only_the_admins_limits_count_and_they_may_be_higher_than_the_hosts(
    tmp_path: Path, clock: Clock, maker: Maker
) -> None:
    async with opened(tmp_path, rules(server="$0.50 a day")) as stage:
        keys = equip(stage, maker)
        await keys.set(5, KEY, ALICE.id)
        await stage.story.choices.choose("server", 5, "limit_server", "$0.90 a day", ALICE.id)
        await spend(stage, clock, 0.6)
        assert await is_answered(stage)
        await spend(stage, clock, 0.3)
        found = (await hear(stage, BOB, MARKET)).notice
        assert isinstance(found, NoReply)
        assert found.reason == "spent_server"


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        (ErrorKind.BAD_KEY, KeyFault.REFUSED),
        (ErrorKind.BALANCE, KeyFault.NO_CREDIT),
        (ErrorKind.UNKNOWN_MODEL, KeyFault.NO_MODEL),
        (ErrorKind.UNREACHABLE, KeyFault.UNTRIED),
        (ErrorKind.TIMED_OUT, KeyFault.UNTRIED),
        (ErrorKind.OVERLOADED, KeyFault.UNTRIED),
        (ErrorKind.INPUT_REFUSED, None),  # the model has taken the key
        (ErrorKind.RATE_LIMIT, None),
    ],
)
async def test_a_key_is_tried_before_it_is_stored(
    tmp_path: Path, clock: Clock, maker: Maker, kind: ErrorKind, fault: KeyFault | None
) -> None:
    async with opened(tmp_path, rules()) as stage:
        keys = equip(stage, maker)
        maker.errors[KEY] = kind
        assert await keys.set(5, KEY, ALICE.id) is fault
        assert await keys.pays(5) is (fault is None)
        assert await keys.pays(6) is False
        assert maker.made[0].asked == ["Hi"]


async def test_a_key_that_does_not_work_leaves_the_last_one(
    tmp_path: Path, clock: Clock, maker: Maker
) -> None:
    async with opened(tmp_path, rules()) as stage:
        keys = equip(stage, maker)
        await keys.set(5, KEY, ALICE.id)
        maker.errors["sk-another-one"] = ErrorKind.BAD_KEY
        assert await keys.set(5, "sk-another-one", BOB.id) is KeyFault.REFUSED
        for odd in ("", "short", "two words in it", "sk-Schlüssel", "x" * 501):
            assert await keys.set(5, odd, BOB.id) is KeyFault.ODD
        stored = await keys.get(5)
        assert stored is not None
        assert (stored.by_user, stored.at) == (ALICE.id, clock.time)
        await is_answered(stage)
        assert maker.made[-2].key == maker.made[-1].key == KEY  # of replies and of recaps


async def test_who_has_not_allowed_it_or_set_no_secret_is_what_the_host_hears(
    tmp_path: Path, clock: Clock, maker: Maker
) -> None:
    async with opened(tmp_path, rules()) as stage:
        assert await equip(stage, maker, allowed=False).set(5, KEY, ALICE.id) is KeyFault.NOT_ALLOWED
        assert await equip(stage, maker, None).set(5, KEY, ALICE.id) is KeyFault.UNSEALED
        stage.story.records.spending.keys.equipment = None  # there is no model
        assert await stage.story.records.spending.keys.set(5, KEY, ALICE.id) is KeyFault.NOT_ALLOWED
        assert maker.made == []


@pytest.mark.parametrize(
    ("kind", "told"), [(ErrorKind.BAD_KEY, ErrorKind.OWN_KEY), (ErrorKind.BALANCE, ErrorKind.OWN_BALANCE)]
)
async def test_an_error_about_the_key_is_the_servers_and_the_hosts_key_does_not_step_in(
    tmp_path: Path, clock: Clock, maker: Maker, kind: ErrorKind, told: ErrorKind
) -> None:
    async with opened(tmp_path, rules()) as stage:
        keys = equip(stage, maker)
        await keys.set(5, KEY, ALICE.id)
        maker.errors[KEY] = kind
        (reply,) = (await hear(stage)).replies
        turn = await stage.play(reply)
        assert (turn.text, turn.ending) == ("", Ending.FAILED)
        assert reply.outcome is not None
        assert isinstance(reply.outcome.error, ModelError)
        assert reply.outcome.error.kind is told
        assert stage.model.asked == []


async def test_with_another_secret_the_key_cannot_be_opened_until_it_is_set_again(
    tmp_path: Path, clock: Clock, maker: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path, rules()) as stage:
        await equip(stage, maker).set(5, KEY, ALICE.id)
        for secret in ("another secret that nobody can guess", None):
            keys = equip(stage, maker, secret)
            (reply,) = (await hear(stage)).replies
            await stage.play(reply)
            assert reply.outcome is not None
            assert isinstance(reply.outcome.error, ModelError)
            assert reply.outcome.error.kind is ErrorKind.OWN_KEY_SEALED
            assert await keys.get(5) == Brought(ALICE.id, clock.time, KeyState.SEALED)
            await keys.check()
        assert (
            caplog.messages.count(
                "the keys that these servers have brought can't be opened: 5. secret_key isn't the one with which "
                "they were saved: set that one again, or the servers have to enter their keys again"
            )
            == 2
        )
        await equip(stage, maker).set(5, KEY, ALICE.id)
        assert (await stage.ask("Marlow?", "Never said.")).text == "From their own purse."


async def test_without_the_key_the_host_pays_again(tmp_path: Path, clock: Clock, maker: Maker) -> None:
    async with opened(tmp_path, rules()) as stage:
        keys = equip(stage, maker)
        await keys.set(5, KEY, ALICE.id)
        assert await keys.remove(5, BOB.id)
        assert not await keys.remove(5, BOB.id)
        assert (await stage.ask("Marlow?", "From the host's.")).text == "From the host's."


async def test_a_key_that_the_host_allows_no_longer_is_not_used_and_can_be_removed(
    tmp_path: Path, clock: Clock, maker: Maker
) -> None:
    async with opened(tmp_path, rules()) as stage:
        await equip(stage, maker).set(5, KEY, ALICE.id)
        keys = equip(stage, maker, allowed=False)
        assert await keys.get(5) == Brought(ALICE.id, clock.time, KeyState.IDLE)
        assert (await stage.ask("Marlow?", "From the host's.")).text == "From the host's."
        assert await keys.remove(5, BOB.id)
        assert await keys.get(5) is None


async def test_connections_of_a_key_that_is_replaced_are_closed_after_their_last_answer(
    tmp_path: Path, clock: Clock, maker: Maker
) -> None:
    async with opened(tmp_path, rules()) as stage:
        keys = equip(stage, maker)
        await keys.set(5, KEY, ALICE.id)
        model = await keys.model_for(Charge(guild_id=5, own_key=True))
        assert model is not None
        answer = model.stream(Greeting())
        await anext(answer)
        _, chronicler, used = maker.made
        await keys.set(5, "sk-another-one", ALICE.id)
        assert (used.is_closed, chronicler.is_closed) == (False, True)
        assert await keys.model_for(Charge(guild_id=5, own_key=True)) is not model
        assert [delta.finish async for delta in answer] == [Finish.STOP]
        assert [each.is_closed for each in maker.made] == [True, True, True, True, False, False]
        await keys.close()
        assert all(each.is_closed for each in maker.made)


async def test_of_replies_that_begin_at_once_none_leaves_connections_behind(
    tmp_path: Path, clock: Clock, maker: Maker
) -> None:
    charge = Charge(guild_id=5, own_key=True)
    async with opened(tmp_path, rules()) as stage:
        keys = equip(stage, maker)
        await keys.set(5, KEY, ALICE.id)
        await keys.model_for(charge)
        sealed = Vault(SECRET, HERE).seal("sk-another-one")  # another process has set it
        await stage.database.write("UPDATE server_key SET sealed = ?", (sealed,))
        first, second = await asyncio.gather(keys.model_for(charge), keys.model_for(charge))
        assert first is second
        assert [each.is_closed for each in maker.made] == [True, True, True, False, False]
        await keys.close()
        assert all(each.is_closed for each in maker.made)


@pytest.mark.parametrize("how", ["left", "removed", "disallowed"])
async def test_a_server_without_its_key_leaves_no_connections_behind(
    tmp_path: Path, clock: Clock, maker: Maker, how: str
) -> None:
    async with opened(tmp_path, rules()) as stage:
        keys = equip(stage, maker)
        await keys.set(5, KEY, ALICE.id)
        assert await is_answered(stage)
        assert not all(each.is_closed for each in maker.made)
        if how == "left":
            await stage.story.records.departures.left(5, ())
        elif how == "removed":
            await keys.remove(5, ALICE.id)
        else:
            equip(stage, maker, allowed=False)
            await is_answered(stage)
        assert all(each.is_closed for each in maker.made)


async def test_the_key_is_in_no_file_and_in_no_log_and_who_set_it_is(
    tmp_path: Path, clock: Clock, maker: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with opened(tmp_path, rules()) as stage:
        keys = equip(stage, maker)
        await keys.set(5, KEY, ALICE.id)
        maker.errors["sk-JASPER-refused"] = ErrorKind.BAD_KEY
        await keys.set(5, "sk-JASPER-refused", BOB.id)
        await is_answered(stage)
        assert left(tmp_path, "QUARTZ", "JASPER", KEY) == set()
        await keys.remove(5, BOB.id)
    assert left(tmp_path, "QUARTZ", "JASPER") == set()
    assert "QUARTZ" not in caplog.text
    assert "JASPER" not in caplog.text
    told = [each for each in caplog.messages if each.startswith("server 5")]
    assert told == [
        "server 5: 1 set the server's own key for the model",
        "server 5: 3 removed the server's own key for the model",
    ]


async def test_a_key_goes_with_its_server_and_who_set_it_can_be_forgotten(
    tmp_path: Path, clock: Clock, maker: Maker
) -> None:
    async with opened(tmp_path, rules()) as stage:
        keys = equip(stage, maker)
        for server in (5, 6):
            await keys.set(server, KEY, ALICE.id)
        await stage.story.records.privacy.forget(ALICE.id)
        stored = await keys.get(5)
        assert stored is not None
        assert stored.by_user == 0
        await Departures(stage.database).delete_server(5, clock.time)
        assert await keys.pays(5) is False
        assert await keys.pays(6) is True


def test_what_is_sealed_opens_only_with_the_same_secret() -> None:
    sealed = Vault(SECRET, HERE).seal(KEY)
    assert KEY not in sealed
    assert Vault(SECRET, HERE).open(sealed) == KEY
    assert Vault(f"{SECRET}!", HERE).open(sealed) is None
    assert Vault(SECRET, HERE).open(sealed[:-2] + "xx") is None
    assert Vault(SECRET, HERE).open("rubbish ü") is None
    assert Vault(SECRET, HERE).seal(KEY) != sealed
