"""The wire-level Discord held against the real discord.py: what the library meets here is what it meets there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.standins.discord_wire import Permission, WireDiscord
from tests.standins.discord_wire.limits import Asked, Kind, Limits
from tests.standins.discord_wire.openapi import answer_complaints
from tests.standins.library import Bot, partial, point_at, raw, running, zlib_context


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WireDiscord]:
    async with WireDiscord(scale=0.02) as world:
        point_at(world, monkeypatch)
        yield world
    assert world.unknown_routes == []
    assert answer_complaints(world.requests) == []


# -- the ordinary way ---------------------------------------------------------------------------


async def test_the_library_logs_in_and_sees_the_guild_as_it_is(world: WireDiscord) -> None:
    cellar = world.add_channel("cellar", nsfw=True)
    world.deny(cellar, Permission.SEND_MESSAGES)
    booth = world.create_thread("booth")
    async with running(world) as bot:
        assert bot.user is not None
        assert (bot.user.name, bot.user.bot) == ("Dramatis", True)
        assert bot.application_flags.gateway_message_content_limited
        assert bot.latency != float("inf")  # its heartbeat was answered
        (guild,) = bot.guilds
        assert [c.name for c in guild.text_channels] == ["tavern", "cellar"]
        thread = guild.get_thread(booth.id)
        assert thread is not None
        assert (thread.name, thread.parent_id) == ("booth", world.channel.id)
        locked = guild.get_channel(cellar.id)
        assert isinstance(locked, discord.TextChannel)
        assert locked.is_nsfw()
        assert not locked.permissions_for(guild.me).send_messages
        assert guild.text_channels[0].permissions_for(guild.me).manage_webhooks


async def test_a_server_in_an_outage_is_known_and_told_of_when_it_is_back(world: WireDiscord) -> None:
    world.begin_outage(world.guild)
    booth = world.create_thread("booth")
    async with running(world) as bot:
        away = [each.unavailable for each in bot.guilds]
        world.say(world.add_member("Alice"), world.channel, "Nobody is told.")
        world.end_outage(world.guild)
        world.say(world.host, world.channel, "Good evening.")
        assert (await bot.next_message()).content == "Good evening."
        away += [each.unavailable for each in bot.guilds]
        assert bot.guilds[0].get_thread(booth.id) is not None
        lost = asyncio.create_task(bot.wait_for("guild_unavailable", timeout=5))
        await asyncio.sleep(0)
        world.begin_outage(world.guild)
        away.append((await lost).unavailable)
        assert away == [True, False, True]


async def test_a_thread_that_is_closed_is_among_those_of_its_channel(world: WireDiscord) -> None:
    booth, cellar = world.create_thread("booth"), world.create_thread("cellar")
    world.archive(booth)
    async with running(world) as bot:
        guild, channel = bot.guilds[0], bot.get_channel(world.channel.id)
        assert isinstance(channel, discord.TextChannel)
        assert [each.id for each in guild.threads] == [cellar.id]
        world.archive(cellar)
        assert [each.name async for each in channel.archived_threads()] == ["cellar", "booth"]
        assert list(guild.threads) == []
        world.say(world.host, booth, "Good evening.")
        assert (await bot.next_message()).content == "Good evening."
        assert [each.id for each in guild.threads] == [booth.id]


async def test_a_mention_arrives_with_its_author_and_text(world: WireDiscord) -> None:
    alice = world.add_member("Alice", nick="Lady Alice")
    async with running(world) as bot:
        said = world.say(
            alice, world.channel, f"Hello {world.bot.mention}", attachments=["map.png"], stickers=["Wave"]
        )
        heard = await bot.next_message()
        assert heard.content == f"Hello <@{world.bot.id}>"
        assert heard.author.display_name == "Lady Alice"
        assert bot.user in heard.mentions
        assert heard.attachments[0].content_type == "image/png"
        assert heard.stickers[0].name == "Wave"
        assert (heard.id, heard.created_at) == (said.id, said.created_at)


async def test_a_reply_a_thread_and_a_role_ping_arrive_as_such(world: WireDiscord) -> None:
    alice = world.add_member("Alice")
    async with running(world) as bot:
        post = await partial(bot, world.channel.id).send("Welcome!")
        world.say(alice, world.channel, "thanks", reply_to=world.posts(world.channel)[0])
        reply = await bot.next_message()
        assert reply.reference is not None
        assert isinstance(reply.reference.resolved, discord.Message)
        assert (reply.reference.resolved.id, reply.reference.resolved.content) == (post.id, "Welcome!")
        assert reply.type is discord.MessageType.reply
        assert bot.user in reply.mentions

        booth = world.create_thread("booth", owner=alice)
        world.say(alice, booth, f"{world.guild.bot_role.mention} @everyone")
        ping = await bot.next_message()
        assert isinstance(ping.channel, discord.Thread)
        assert (ping.channel.name, ping.channel.parent_id) == ("booth", world.channel.id)
        assert [r.id for r in ping.role_mentions] == [world.guild.bot_role.id]
        assert ping.mention_everyone
        assert ping.mentions == []


async def test_posts_edits_and_typing_are_seen_by_people(world: WireDiscord) -> None:
    alice = world.add_member("Alice")
    async with running(world) as bot:
        tavern = partial(bot, world.channel.id)
        said = world.say(alice, world.channel, f"{world.bot.mention} tell me\na story")
        async with tavern.typing():
            post = await tavern.send(
                "Once", reference=discord.MessageReference(message_id=said.id, channel_id=tavern.id)
            )
        await tavern.get_partial_message(post.id).edit(content="Once upon a time\nthere was a fox.")

    (shown,) = world.posts(world.channel)
    assert world.history_of(shown) == ["Once", "Once upon a time\nthere was a fox."]
    assert (shown.edits, shown.reply_to) == (1, said)
    assert len(str(shown.nonce)) <= 25
    assert world.typing_count(world.channel) == 1
    assert world.transcript(world.channel) == (
        "Alice: @Dramatis tell me\n    a story\nDramatis: Once upon a time\n    there was a fox. (edited)"
    )
    edit = world.requests[-1]
    assert (edit.method, edit.path) == ("PATCH", f"/channels/{world.channel.id}/messages/{post.id}")
    assert edit.json == {
        "content": "Once upon a time\nthere was a fox.",
        "allowed_mentions": {"parse": []},
        "tts": False,
    }
    assert edit.status == 200


async def test_edits_and_deletes_by_people_reach_the_bot(world: WireDiscord) -> None:
    alice = world.add_member("Alice")
    first, second, third = (world.say(alice, world.channel, word) for word in ("one", "two", "three"))
    cellar = world.add_channel("cellar")
    async with running(world) as bot:
        edited = asyncio.create_task(bot.wait_for("raw_message_edit", timeout=5))
        deleted = asyncio.create_task(bot.wait_for("raw_message_delete", timeout=5))
        purged = asyncio.create_task(bot.wait_for("raw_bulk_message_delete", timeout=5))
        closed = asyncio.create_task(bot.wait_for("guild_channel_delete", timeout=5))
        await asyncio.sleep(0)
        world.edit(first, "uno")
        assert (await edited).message.content == "uno"
        preview = asyncio.create_task(bot.wait_for("raw_message_edit", timeout=5))
        await asyncio.sleep(0)
        world.edit(second, embeds=[{"title": "A page"}])
        unfurled = (await preview).message
        assert (unfurled.content, unfurled.edited_at, len(unfurled.embeds)) == ("two", None, 1)
        world.delete(first)
        world.bulk_delete([second, third])
        world.delete_channel(cellar)
        assert (await deleted).message_id == first.id
        assert (await purged).message_ids == {second.id, third.id}
        assert (await closed).id == cellar.id
    assert world.transcript(world.channel) == ""


async def test_history_can_be_read_after_a_message(world: WireDiscord) -> None:
    alice = world.add_member("Alice")
    said = [world.say(alice, world.channel, f"line {n}") for n in range(5)]
    async with running(world) as bot:
        tavern = partial(bot, world.channel.id)
        after = [m.content async for m in tavern.history(after=said[1], limit=2)]
        newest = [m.content async for m in tavern.history(limit=2)]
        assert (await tavern.fetch_message(said[0].id)).content == "line 0"
    assert (after, newest) == (["line 2", "line 3"], ["line 4", "line 3"])


@pytest.mark.parametrize(
    ("allowed", "people", "everyone"),
    [
        (discord.AllowedMentions.none(), [], False),
        (discord.AllowedMentions(users=True, everyone=False, roles=False), ["Alice"], False),
        (discord.AllowedMentions.all(), ["Alice"], True),
    ],
)
async def test_only_allowed_mentions_ping(
    world: WireDiscord, allowed: discord.AllowedMentions, people: list[str], everyone: bool
) -> None:
    alice = world.add_member("Alice")
    async with running(world) as bot:
        await partial(bot, world.channel.id).send(f"{alice.mention} @everyone", allowed_mentions=allowed)
    (post,) = world.posts(world.channel)
    assert [user.name for user in post.mentions.users] == people
    assert post.mentions.everyone == everyone


# -- nonces and rate limits ---------------------------------------------------------------------


async def test_the_same_nonce_twice_is_the_same_message(world: WireDiscord) -> None:
    async with running(world) as bot:
        tavern = partial(bot, world.channel.id)
        first = await tavern.send("hello", nonce="turn-7-page-0")
        again = await tavern.send("hello", nonce="turn-7-page-0")
        other = await tavern.send("hello", nonce="turn-7-page-1")
    assert first.id == again.id != other.id
    assert [post.content for post in world.posts(world.channel)] == ["hello", "hello"]


async def test_the_headers_let_the_library_pace_itself_without_a_429(world: WireDiscord) -> None:
    async with running(world) as bot:
        tavern = partial(bot, world.channel.id)
        await asyncio.gather(*(tavern.send(f"line {n}") for n in range(12)))
    assert len(world.posts(world.channel)) == 12
    assert world.limits.given == 0


async def test_the_sixth_post_in_a_window_is_refused_and_the_library_tries_again(world: WireDiscord) -> None:
    world.limits.scale = 0.1  # a window of half a second: six posts fit into it on any machine
    other = world.add_channel("cellar")
    async with raw(world) as ask, running(world) as bot:
        path = f"/channels/{world.channel.id}/messages"
        for n in range(5):
            status, _ = await ask("POST", path, json={"content": f"spent {n}"})
            assert status == 200
        status, _ = await ask("POST", f"/channels/{other.id}/messages", json={"content": "another bucket"})
        assert status == 200
        await partial(bot, world.channel.id).send("patient")
    posts = [(r.status, r.json["content"]) for r in world.requests if r.method == "POST" and r.path == path]
    assert posts[5:] == [(429, "patient"), (200, "patient")]
    assert world.limits.given == 1


async def test_buckets_can_be_turned_off(world: WireDiscord) -> None:
    world.limits.enabled = False
    async with raw(world) as ask:
        for n in range(8):
            status, _ = await ask("POST", f"/channels/{world.channel.id}/messages", json={"content": str(n)})
            assert status == 200


# -- refusals -----------------------------------------------------------------------------------

MISSING_ID = 42


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"content": "x" * 2000}, 200, None),
        ({"content": f" {'x' * 2000}\n"}, 200, None),
        ({"content": "x" * 2001}, 400, 50035),
        ({"content": "\N{FOX FACE}" * 1000}, 200, None),
        ({"content": "\N{FOX FACE}" * 1001}, 400, 50035),
        ({"content": ""}, 400, 50006),
        ({"content": " \n "}, 400, 50006),
        ({"embeds": [{"title": "t"}]}, 200, None),
        ({"embeds": [{"title": "t" * 257}]}, 400, 50035),
        ({"embeds": [{"description": "d" * 4000}, {"description": "d" * 2001}]}, 400, 50035),
        ({"embeds": [{"title": "t"}] * 11}, 400, 50035),
        ({"content": "x", "nonce": "n" * 26}, 400, 50035),
        ({"content": "x", "components": [{"type": 1, "components": [{"custom_id": "c" * 101}]}]}, 400, 50035),
        ({"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}, 400, 50035),
        ({"content": "x", "message_reference": {"message_id": MISSING_ID}}, 400, 50035),
        (
            {"content": "x", "message_reference": {"message_id": MISSING_ID, "fail_if_not_exists": False}},
            200,
            None,
        ),
    ],
)
async def test_a_post_is_held_to_discords_sizes(
    world: WireDiscord, body: dict[str, Any], status: int, code: int | None
) -> None:
    async with raw(world) as ask:
        got, answer = await ask("POST", f"/channels/{world.channel.id}/messages", json=body)
    assert (got, answer.get("code")) == (status, code)


async def test_what_is_unknown_or_forbidden_is_refused_with_discords_codes(world: WireDiscord) -> None:
    hers = world.say(world.add_member("Alice"), world.channel, "mine")
    locked, hidden = world.add_channel("locked"), world.add_channel("hidden")
    booth = world.create_thread("booth", locked)
    async with running(world) as bot:
        world.deny(locked, Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS)
        world.deny(hidden, Permission.VIEW_CHANNEL)
        tavern = partial(bot, world.channel.id)
        for attempt, code in (
            (tavern.get_partial_message(MISSING_ID).edit(content="x"), 10008),
            (tavern.get_partial_message(hers.id).edit(content="x"), 50005),
            (tavern.get_partial_message(hers.id).delete(), 50013),
            (partial(bot, MISSING_ID).send("x"), 10003),
            (partial(bot, locked.id).send("x"), 50013),
            (partial(bot, booth.id).send("x"), 50013),
            (partial(bot, hidden.id).send("x"), 50001),
        ):
            with pytest.raises(discord.HTTPException) as refused:
                await attempt
            assert refused.value.code == code
        world.allow(locked, Permission.SEND_MESSAGES)
        await partial(bot, locked.id).send("let in again")


async def test_the_bot_hears_nothing_from_a_channel_it_cannot_see(world: WireDiscord) -> None:
    alice, hidden = world.add_member("Alice"), world.add_channel("hidden")
    async with running(world) as bot:
        world.deny(hidden, Permission.VIEW_CHANNEL)
        world.say(alice, hidden, "psst")
        world.say(alice, world.channel, "aloud")
        assert (await bot.next_message()).content == "aloud"


async def test_a_route_that_is_not_known_is_404_and_recorded() -> None:
    async with WireDiscord() as world:
        async with raw(world) as ask:
            assert await ask("GET", "/guilds/1/audit-logs") == (404, {"message": "404: Not Found", "code": 0})
        assert world.unknown_routes == ["GET /guilds/1/audit-logs"]


# -- tokens and intents -------------------------------------------------------------------------


async def test_a_wrong_token_is_a_login_failure(world: WireDiscord) -> None:
    async with Bot() as bot:
        with pytest.raises(discord.LoginFailure):
            await bot.login("not.the.token")


async def test_an_intent_that_was_not_granted_closes_with_4014(monkeypatch: pytest.MonkeyPatch) -> None:
    async with WireDiscord(message_content=False) as world, Bot() as bot:
        point_at(world, monkeypatch)
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await asyncio.wait_for(bot.start(world.token), 5)
        assert not bot.application_flags.gateway_message_content_limited


@pytest.mark.parametrize("granted", [True, False])
async def test_without_the_intent_only_addressed_messages_have_content(
    monkeypatch: pytest.MonkeyPatch, granted: bool
) -> None:
    async with WireDiscord(message_content=granted) as world:
        point_at(world, monkeypatch)
        alice = world.add_member("Alice")
        async with running(world, Bot(discord.Intents(guilds=True, guild_messages=True))) as bot:
            own = asyncio.create_task(bot.wait_for("message", timeout=5))
            await asyncio.sleep(0)
            await partial(bot, world.channel.id).send("my own")
            assert (await own).content == "my own"
            (post,) = world.posts(world.channel)
            aside = world.say(alice, world.channel, "to nobody", attachments=["map.png"])
            world.say(alice, world.channel, f"to {world.bot.mention}", reply_to=aside)
            world.say(alice, world.channel, "with a ping", reply_to=post)
            world.say(alice, world.channel, "without a ping", reply_to=post, ping=False)
            heard = [await bot.next_message() for _ in range(4)]
            assert [m.content for m in heard] == ["", f"to <@{world.bot.id}>", "with a ping", ""]
            assert heard[0].attachments == []
            resolved = [m.reference.resolved for m in heard[1:] if m.reference]
            assert [m.content for m in resolved if isinstance(m, discord.Message)] == ["", "my own", "my own"]
            fetched = await partial(bot, world.channel.id).fetch_message(aside.id)
            assert fetched.content == ("to nobody" if granted else "")


# -- the gateway's moods ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "hears", "identifies", "resumes"),
    [
        (lambda w: w.sockets.drop(), ["you missed this", "and then this"], 1, 1),
        (lambda w: w.sockets.close(4000), ["you missed this", "and then this"], 1, 1),
        (lambda w: w.sockets.close(4009), ["and then this"], 2, 1),
    ],
    ids=["the line breaks", "4000", "4009 ends the session"],
)
async def test_a_lost_connection_is_resumed_with_what_was_missed(
    world: WireDiscord,
    trouble: Callable[[WireDiscord], None],
    hears: list[str],
    identifies: int,
    resumes: int,
) -> None:
    alice = world.add_member("Alice")
    async with running(world) as bot:
        world.say(alice, world.channel, "you heard this")
        assert (await bot.next_message()).content == "you heard this"
        trouble(world)
        world.say(alice, world.channel, "you missed this")
        await world.wait_for(lambda: world.sockets.connected, timeout=5)
        world.say(alice, world.channel, "and then this")
        assert [(await bot.next_message()).content for _ in hears] == hears
    assert (world.sockets.identifies, world.sockets.resumes) == (identifies, resumes)


@pytest.mark.parametrize(
    ("trouble", "identifies", "resumes"),
    [
        (lambda w: w.sockets.reconnect(), 1, 1),
        (lambda w: w.sockets.invalidate(resumable=True), 1, 1),
        (lambda w: w.sockets.invalidate(resumable=False), 2, 0),
    ],
    ids=["op 7", "op 9, resumable", "op 9"],
)
async def test_op_7_and_op_9_make_the_library_come_again(
    world: WireDiscord, trouble: Callable[[WireDiscord], None], identifies: int, resumes: int
) -> None:
    async with running(world) as bot:
        trouble(world)
        await world.wait_for(
            lambda: (world.sockets.identifies, world.sockets.resumes) == (identifies, resumes), timeout=5
        )
        world.say(world.add_member("Alice"), world.channel, "still there?")
        assert (await bot.next_message()).content == "still there?"


async def test_a_fatal_close_code_ends_the_client(world: WireDiscord) -> None:
    async with Bot() as bot:
        await bot.login(world.token)
        life = asyncio.create_task(bot.connect())
        await asyncio.wait_for(bot.wait_until_ready(), 5)
        world.sockets.close(4004)
        with pytest.raises(discord.ConnectionClosed) as closed:
            await asyncio.wait_for(life, 5)
    assert closed.value.code == 4004


async def test_a_gateway_can_refuse_the_first_connect_and_take_the_second(world: WireDiscord) -> None:
    world.sockets.refuse(1)
    async with Bot() as bot:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await asyncio.wait_for(bot.start(world.token, reconnect=False), 5)
    async with running(world):
        assert (world.sockets.connected, world.sockets.identifies) == (True, 1)


async def test_a_malformed_event_ends_the_library(world: WireDiscord) -> None:
    async with Bot() as bot:
        await bot.login(world.token)
        life = asyncio.create_task(bot.connect())
        await asyncio.wait_for(bot.wait_until_ready(), 5)
        world.sockets.malformed()
        with pytest.raises(KeyError):
            await asyncio.wait_for(life, 5)


async def test_every_identify_is_taken_from_the_days_starts(world: WireDiscord) -> None:
    async with running(world) as bot:
        _, url, limit = await bot.http.get_bot_gateway()
        assert (url, limit["remaining"], limit["total"]) == (world.gateway, 999, 1000)
    world.sockets.starts_left = 0
    async with Bot() as bot:
        with pytest.raises(discord.ConnectionClosed) as closed:
            await asyncio.wait_for(bot.start(world.token), 5)
    assert closed.value.code == 4004


@pytest.mark.parametrize("compression", ["zlib-stream", "zstd-stream"])
async def test_both_compressions_are_spoken(
    world: WireDiscord, monkeypatch: pytest.MonkeyPatch, compression: str
) -> None:
    library = discord.utils._ActiveDecompressionContext
    context: Any = zlib_context(monkeypatch) if compression == "zlib-stream" else library
    unpacked: list[str] = []

    class Watched:
        COMPRESSION_TYPE = context.COMPRESSION_TYPE

        def __init__(self) -> None:
            self.inner = context()

        def decompress(self, data: bytes, /) -> str | None:
            text: str | None = self.inner.decompress(data)
            unpacked.append(text or "")
            return text

    monkeypatch.setattr(discord.utils, "_ActiveDecompressionContext", Watched)
    async with running(world) as bot:
        assert world.sockets.compressions == [compression]
        for text in ("short", "long " * 300):
            world.say(world.add_member("Alice"), world.channel, text)
            assert (await bot.next_message()).content == text.strip()
            assert text.strip() in unpacked[-1]


# -- faults -------------------------------------------------------------------------------------


async def test_planned_faults_meet_the_next_request_and_no_more(world: WireDiscord) -> None:
    path = f"/channels/{world.channel.id}/messages"
    async with running(world) as bot:
        tavern = partial(bot, world.channel.id)
        world.faults.answer("POST", path, 503)
        with pytest.raises(discord.DiscordServerError):
            await tavern.send("lost in a 503")
        world.faults.reset("POST", path)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await tavern.send("lost on the way")
        post = await tavern.send("arrived")
        world.faults.answer(
            "PATCH", "/channels/*/messages/*", 403, {"message": "Missing Access", "code": 50001}
        )
        with pytest.raises(discord.Forbidden):
            await tavern.get_partial_message(post.id).edit(content="no")
    assert world.transcript(world.channel) == "Dramatis: arrived"
    assert [r.status for r in world.requests if r.path == path] == [503, None, 200]


async def test_a_post_whose_answer_is_lost_can_be_sent_again_by_its_nonce(world: WireDiscord) -> None:
    async with running(world) as bot:
        tavern = partial(bot, world.channel.id)
        world.faults.reset("POST", "/channels/*/messages", applied=True)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await tavern.send("once only", nonce="turn-1")
        assert world.transcript(world.channel) == "Dramatis: once only"
        await tavern.send("once only", nonce="turn-1")
    assert world.transcript(world.channel) == "Dramatis: once only"


async def test_a_hanging_request_waits_until_it_is_released(world: WireDiscord) -> None:
    hanging = world.faults.hang("POST", "/channels/*/messages")
    async with running(world) as bot:
        sending = asyncio.create_task(partial(bot, world.channel.id).send("late"))
        await world.wait_for(lambda: hanging.caught == 1, timeout=5)
        assert world.posts(world.channel) == []
        hanging.release()
        await sending
    assert world.transcript(world.channel) == "Dramatis: late"


async def test_waiting_in_vain_says_what_the_bot_did_last(world: WireDiscord) -> None:
    async with raw(world) as ask:
        await ask("GET", "/users/@me")
        with pytest.raises(TimeoutError, match=r"GET /users/@me -> 200"):
            await world.wait_for(lambda: False, timeout=0.01)


# -- commands and buttons -----------------------------------------------------------------------


async def test_a_command_is_registered_used_deferred_and_answered(world: WireDiscord) -> None:
    alice = world.add_member("Alice")
    bot = Bot()
    group = app_commands.Group(name="persona", description="Who speaks here")

    @group.command(name="use", description="Let a persona speak here")
    async def use(interaction: discord.Interaction[Bot], key: str, quiet: bool) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.edit_original_response(
            content=f"{key} speaks for {interaction.user}, quiet={quiet}"
        )

    bot.tree.add_command(group)
    async with running(world, bot):
        (synced,) = await bot.tree.sync()
        assert [c.id for c in await bot.tree.sync()] == [synced.id]
        assert [c.name for c in await bot.tree.fetch_commands()] == ["persona"]
        used = world.interactions.command(alice, world.channel, "persona use", key="innkeeper", quiet=True)
        await world.wait_for(lambda: used.message and used.message.edits == 1, timeout=5)
        with pytest.raises(LookupError):
            world.interactions.command(alice, world.channel, "dance")
    assert world.transcript(world.channel) == "Dramatis: innkeeper speaks for alice, quiet=True (edited)"


async def test_a_button_is_pressed_and_answers_to_its_presser_alone(world: WireDiscord) -> None:
    alice = world.add_member("Alice")
    bot = Bot()

    class Again(discord.ui.View):
        @discord.ui.button(label="Again", custom_id="rp:again:7")
        async def again(self, interaction: discord.Interaction[Bot], _: discord.ui.Button["Again"]) -> None:
            await interaction.response.send_message("Only you see this.", ephemeral=True)
            with pytest.raises(discord.HTTPException) as refused:
                await bot.http.request(
                    Route("POST", f"/interactions/{interaction.id}/{interaction.token}/callback"),
                    json={"type": 6},
                )
            assert refused.value.code == 40060
            await interaction.followup.send("And this everybody.")

    async with running(world, bot):
        await partial(bot, world.channel.id).send("Done.", view=Again(timeout=None))
        used = world.interactions.press(alice, world.posts(world.channel)[0], "rp:again:7")
        await world.wait_for(lambda: len(world.posts(world.channel)) == 2, timeout=5)
    assert used.message is not None
    assert used.message.content == "Only you see this."
    assert world.transcript(world.channel) == "Dramatis: Done.\nDramatis: And this everybody."


async def test_a_further_answer_is_edited_and_deleted_by_the_interactions_token(world: WireDiscord) -> None:
    alice = world.add_member("Alice")
    bot = Bot()

    @bot.tree.command(name="tell", description="Tell a story")
    async def tell(interaction: discord.Interaction[Bot]) -> None:
        await interaction.response.send_message("Once")
        first = await interaction.followup.send("upon", wait=True)
        second = await interaction.followup.send("a time", wait=True)
        await first.edit(content="upon a midnight")
        await second.delete()
        with pytest.raises(discord.NotFound):
            await interaction.followup.edit_message(second.id, content="dreary")
        await interaction.followup.edit_message(first.id, content="upon a midnight dreary")

    async with running(world, bot):
        await bot.tree.sync()
        world.interactions.command(alice, world.channel, "tell")
        await world.wait_for(lambda: world.transcript(world.channel).endswith("dreary (edited)"), timeout=5)
    assert world.transcript(world.channel) == "Dramatis: Once\nDramatis: upon a midnight dreary (edited)"


# -- shards --------------------------------------------------------------------------------------


class Part(Bot):
    """A bot that takes one shard."""

    def __init__(self, number: int, count: int) -> None:
        super().__init__()
        self.shard_id = number
        self.shard_count = self._connection.shard_count = count


async def test_a_shard_is_told_of_its_guilds_alone_and_the_first_of_what_belongs_to_none(
    world: WireDiscord,
) -> None:
    world.sockets.shards, world.sockets.max_concurrency = 2, 2
    halls = [
        world.add_channel("hall", world.add_guild(f"Server {number}", shard=(number, 2))) for number in (0, 1)
    ]
    async with running(world, Part(0, 2)) as first, running(world, Part(1, 2)) as second:
        shards, _, limit = await first.http.get_bot_gateway()
        assert (shards, limit["max_concurrency"]) == (2, 2)
        assert world.sockets.connected_shards == {(0, 2), (1, 2)}
        assert [each.guild.id in {guild.id for guild in first.guilds} for each in halls] == [True, False]
        assert [each.guild.id in {guild.id for guild in second.guilds} for each in halls] == [False, True]
        for hall in halls:
            world.say(world.add_member("Alice", hall.guild), hall, hall.guild.name)
        assert (await first.next_message()).content == "Server 0"
        assert (await second.next_message()).content == "Server 1"
        before = (world.sockets.last_sequence_of(0), world.sockets.last_sequence_of(1))
        world.emit("A_KIND_OF_NEXT_YEAR", {"id": str(world.bot.id)})
        after = (world.sockets.last_sequence_of(0), world.sockets.last_sequence_of(1))
        assert [late - early for early, late in zip(before, after, strict=True)] == [1, 0]
        world.sockets.drop(shard=1)
        await world.wait_for(lambda: world.sockets.resumes == 1, timeout=5)
        world.say(world.host, halls[1], "again")
        assert (await second.next_message()).content == "again"
    assert [world.sockets.identifies_of(number) for number in (0, 1)] == [1, 1]


@pytest.mark.parametrize(
    ("number", "count", "most", "code"), [(4, 4, 2500, 4010), (0, 0, 2500, 4010), (0, 1, 1, 4011)]
)
async def test_a_shard_that_is_none_or_too_large_is_refused(
    world: WireDiscord, number: int, count: int, most: int, code: int
) -> None:
    world.add_guild("another")
    world.sockets.most_guilds = most
    async with Part(number, count) as bot:
        with pytest.raises(discord.ConnectionClosed) as closed:
            await asyncio.wait_for(bot.start(world.token), 5)
    assert closed.value.code == code


async def test_sessions_of_one_key_that_begin_too_quickly_are_invalid(world: WireDiscord) -> None:
    sockets = world.sockets
    sockets.max_concurrency, sockets.identify_pause = 2, 60.0
    async with running(world, Part(0, 4)), running(world, Part(1, 4)), Part(2, 4) as third:
        await third.login(world.token)
        life = asyncio.create_task(third.connect())  # the key of the first
        await world.wait_for(lambda: sockets.identifies_of(2) > 2)
        assert sockets.connected_shards == {(0, 4), (1, 4)}
        sockets.identify_pause = 0.0
        await world.wait_for(lambda: (2, 4) in sockets.connected_shards)
        await third.close()
        await life


def test_webhooks_may_have_fifty_a_second_of_their_own() -> None:
    limits = Limits(scale=1.0, enabled=True)
    limits.kept, limits.apart = {Kind.GLOBAL}, True
    hook = Asked("POST /webhooks/{webhook}/{token}", {"webhook": "1", "token": "x"})
    post = Asked("POST /channels/{channel}/messages", {"channel": "1"})
    for asked in (hook, post):
        assert [limits.take(asked, 1.0).retry_after for _ in range(51)] == [None] * 50 + [1.0]
    limits.apart = False
    assert limits.take(hook, 1.0).retry_after == 1.0
    assert limits.by_kind == {Kind.GLOBAL: 3}


async def test_two_machines_may_hold_one_shard_and_are_told_apart(
    world: WireDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets = world.sockets
    async with AsyncExitStack() as both:
        bots = []
        for machine in ("a", "b"):
            monkeypatch.setattr(Route, "BASE", world.api_base_of(machine))
            monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(world.gateway_of(machine)))
            bots.append(await both.enter_async_context(running(world)))
        world.say(world.host, world.channel, "Good evening.")
        assert [(await bot.next_message()).content for bot in bots] == ["Good evening."] * 2
        assert {request.machine for request in world.requests} == {"a", "b"}
        sockets.drop()  # each comes back the way it came
        await world.wait_for(lambda: sockets.resumes == 2)
        await world.wait_for(
            lambda: [sockets.shards_of(machine) for machine in ("a", "b", "")] == [{0}, {0}, set()]
        )
        await bots[0].close()
        await world.wait_for(lambda: not sockets.shards_of("a"))
        sockets.expire()
        world.say(world.host, world.channel, "Good night.")
        assert (await bots[1].next_message()).content == "Good night."


def test_webhooks_of_two_machines_may_have_fifty_a_second_each() -> None:
    limits = Limits(scale=1.0, enabled=True)
    limits.kept, limits.apart = {Kind.GLOBAL}, True
    for machine in ("a", "b"):
        hook = Asked("POST /webhooks/{webhook}/{token}", {"webhook": "1", "token": "x"}, machine=machine)
        assert [limits.take(hook, 1.0).retry_after for _ in range(51)] == [None] * 50 + [1.0]
