"""`python -m bot forget`: for people who cannot use `/privacy`, when the bot is stopped."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.core.memory.words import units_of
from bot.storage.search import term_of
from tests.process import evening
from tests.tavern import MARLOW


def stored(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*.sqlite3*") if file.is_file())


def database(folder: Path) -> Path:
    (file,) = [each for each in folder.rglob("*.sqlite3") if each.is_file()]
    return file


async def test_it_deletes_a_person_and_lists_the_posts_once_the_bot_is_stopped(tmp_path: Path) -> None:
    async with evening(tmp_path, {"marlow": MARLOW}) as (world, m2her, process):
        alice = world.add_member("Alice")
        await process.start()
        await world.wait_for(lambda: world.sockets.connected)
        m2her.say("*slides a QUARTZ key over*")
        world.say(alice, world.channel, "Marlow, have you an ONYX room?")
        await world.wait_for(lambda: any("key" in post.content for post in world.posts(world.channel)))
        code, _, err = await process.command("forget", str(alice.id))
        assert (code, "in use" in err) == (1, True)
        process.signal(signal.SIGTERM)
        await process.ended()
        code, out, err = await process.command("forget", str(alice.id))
        (post,) = [each for each in world.posts(world.channel) if "key" in each.content]
        assert (code, err) == (0, "")
        assert out.splitlines() == [
            "Deleted: 1 messages, and the text of 1 replies that answered or repeated them.",
            "These posts on Discord still show it:",
            f"https://discord.com/channels/{world.guild.id}/{world.channel.id}/{post.id}",
        ]
        assert not any(word in stored(tmp_path) for word in (b"QUARTZ", b"ONYX", b"Alice"))
        assert b"marlow" in stored(tmp_path)
        assert (await process.command("forget", "0"))[0] == 2


async def test_a_bot_that_was_killed_between_the_wish_and_its_end_begins_with_it(tmp_path: Path) -> None:
    async with evening(tmp_path, {"marlow": MARLOW}) as (world, m2her, process):
        alice = world.add_member("Alice")
        await process.start()
        await world.wait_for(lambda: world.sockets.connected)
        m2her.say("*slides a QUARTZ key over*")
        world.say(alice, world.channel, "Marlow, have you an ONYX room?")
        await world.wait_for(lambda: any("key" in post.content for post in world.posts(world.channel)))
        process.signal(signal.SIGKILL)
        await process.ended()
        with closing(sqlite3.connect(database(tmp_path))) as connection:
            (scene,) = connection.execute("SELECT id FROM scene").fetchone()
            terms = [term_of(scene, unit).encode() for unit in units_of("ONYX")]
            connection.execute(
                "INSERT INTO erasure (id, user_id, everywhere, created_at) VALUES (1, ?, 1, 1)", (alice.id,)
            )
            connection.execute("INSERT INTO erasure_channel VALUES (1, ?)", (world.channel.id,))
            connection.commit()
        assert all(word in stored(tmp_path) for word in (b"QUARTZ", b"ONYX", b"Alice", *terms))
        await process.start()
        await world.wait_for(lambda: world.sockets.connected)
        assert not any(word in stored(tmp_path) for word in (b"QUARTZ", b"ONYX", b"Alice", *terms))
