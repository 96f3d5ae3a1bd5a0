"""The blocks of servers: until they are lifted, by one server and not by another, also when people ask to be forgotten."""

from datetime import timedelta

from bot.storage.blocks import Block, BlockStore
from bot.storage.database import Database
from bot.storage.departures import Departures
from bot.storage.stores import Stores
from tests.storage.cast import ALICE, BOB, EVENING

MOD = 77


async def test_a_block_is_one_servers_until_it_is_lifted(db: Database) -> None:
    blocks, later = BlockStore(db), EVENING + timedelta(hours=1)
    assert await blocks.add(5, Block(BOB, MOD, EVENING))
    assert await blocks.add(5, Block(ALICE, MOD, later))
    assert not await blocks.add(5, Block(BOB, ALICE, later))
    assert await blocks.of(5) == [Block(ALICE, MOD, later), Block(BOB, MOD, EVENING)]
    assert await blocks.among(5, [BOB, MOD]) == {BOB}
    assert (await blocks.among(6, [BOB]), await blocks.among(5, [])) == (frozenset(), frozenset())
    assert await blocks.lift(5, BOB)
    assert not await blocks.lift(5, BOB)
    assert await blocks.among(5, [BOB, ALICE]) == {ALICE}


async def test_a_block_goes_with_its_server(db: Database) -> None:
    blocks = BlockStore(db)
    for server in (5, 6):
        await blocks.add(server, Block(BOB, MOD, EVENING))
    departures = Departures(db)
    await departures.now_on([6], EVENING)
    assert [server for server, _ in await departures.left_by(EVENING)] == [5]
    await departures.delete_server(5, EVENING)
    assert (await blocks.of(5), len(await blocks.of(6))) == ([], 1)


async def test_forget_lifts_no_block_and_names_no_moderator(db: Database) -> None:
    erasures, blocks = Stores.on(db).records.erasures, BlockStore(db)
    await blocks.add(5, Block(BOB, MOD, EVENING))
    for person in (BOB, MOD):
        await erasures.erase(await erasures.ask(person, [], EVENING, everywhere=True))
    assert await blocks.of(5) == [Block(BOB, 0, EVENING)]
