"""Webhooks and hidden budgets of the wire-level Discord, as the real discord.py meets them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest

from tests.standins.discord_wire import Kind, Permission, WireDiscord
from tests.standins.discord_wire.openapi import answer_complaints
from tests.standins.library import partial, point_at, raw, running

PICTURE = "https://example.org/marlow.png"


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WireDiscord]:
    async with WireDiscord(scale=0.02) as world:
        point_at(world, monkeypatch)
        yield world
    assert world.unknown_routes == []
    assert answer_complaints(world.requests) == []


def text_channel(bot: discord.Client, number: int) -> discord.TextChannel:
    found = bot.get_channel(number)
    assert isinstance(found, discord.TextChannel)
    return found


def code_of(refused: pytest.ExceptionInfo[discord.HTTPException]) -> tuple[int, int]:
    return refused.value.status, refused.value.code


async def test_a_webhook_speaks_under_another_name_and_its_post_is_edited_and_deleted(
    world: WireDiscord,
) -> None:
    async with running(world) as bot:
        hook = await text_channel(bot, world.channel.id).create_webhook(name="Dramatis")
        told = asyncio.create_task(bot.wait_for("message", timeout=5))
        await asyncio.sleep(0)
        post = await hook.send("Once", username="Old Marlow", avatar_url=PICTURE, wait=True)
        heard = await told
        assert (heard.webhook_id, heard.author.id, heard.author.name) == (hook.id, hook.id, "Old Marlow")
        assert (heard.application_id, heard.author.discriminator) == (world.bot.id, "0000")
        edited = asyncio.create_task(bot.wait_for("raw_message_edit", timeout=5))
        await asyncio.sleep(0)
        await post.edit(content="Once upon a time")
        assert (await edited).message.content == "Once upon a time"
        assert (await hook.fetch_message(post.id)).content == "Once upon a time"
        with pytest.raises(discord.Forbidden) as refused:
            await partial(bot, world.channel.id).get_partial_message(post.id).edit(content="mine?")
        assert code_of(refused) == (403, 50005)
        (shown,) = world.webhook_posts(world.channel)
        assert (shown.author.name, shown.author.avatar) == ("Old Marlow", PICTURE)
        assert world.transcript(world.channel) == "Old Marlow: Once upon a time (edited)"
        assert world.posts(world.channel) == []
        await post.delete()
    assert world.transcript(world.channel) == ""


async def test_a_threads_post_is_reached_only_where_the_thread_is_named_again(world: WireDiscord) -> None:
    booth, far = world.create_thread("booth"), world.create_thread("far", world.add_channel("elsewhere"))
    async with running(world) as bot:
        hook = await text_channel(bot, world.channel.id).create_webhook(name="Dramatis")
        there = discord.Object(booth.id)
        post = await hook.send("psst", thread=there, wait=True)
        with pytest.raises(discord.NotFound) as refused:
            await hook.edit_message(post.id, content="louder")
        assert code_of(refused) == (404, 10008)
        await hook.edit_message(post.id, content="louder", thread=there)
        other = await text_channel(bot, world.channel.id).create_webhook(name="Another")
        with pytest.raises(discord.NotFound) as refused:
            await other.edit_message(post.id, content="not mine", thread=there)
        assert code_of(refused) == (404, 10008)
        with pytest.raises(discord.NotFound) as refused:
            await hook.send("astray", thread=discord.Object(far.id))
        assert code_of(refused) == (404, 10003)
    assert world.transcript(booth) == "Dramatis: louder (edited)"


async def test_a_forum_takes_a_post_with_a_title_or_in_a_thread(world: WireDiscord) -> None:
    forum = world.add_forum("stories")
    async with running(world) as bot:
        place = bot.get_channel(forum.id)
        assert isinstance(place, discord.ForumChannel)
        hook = await place.create_webhook(name="Dramatis")
        first = await hook.send("It began", thread_name="The Lamp", username="Marlow", wait=True)
        await hook.send("It went on", thread=discord.Object(first.channel.id))
        with pytest.raises(discord.HTTPException) as refused:
            await hook.send("nowhere")
        assert code_of(refused) == (400, 220001)
    thread = world.channels[first.channel.id]
    assert (thread.name, thread.parent, first.id) == ("The Lamp", forum, thread.id)
    assert world.transcript(thread) == "Marlow: It began\nDramatis: It went on"


async def test_webhooks_are_found_again_and_only_other_applications_keep_their_token(
    world: WireDiscord,
) -> None:
    async with running(world) as bot:
        place = text_channel(bot, world.channel.id)
        mine = await place.create_webhook(name="Dramatis")
        world.proxy_say("Ann", world.channel, "hello")
        world.add_webhooks(world.channel)
        found = await place.webhooks()
        assert [(h.name, h.token is not None) for h in found] == [
            ("Dramatis", True),
            ("Proxy", False),
            ("Feed", True),
        ]
        assert [h.user.id for h in found if h.user] == [world.bot.id, found[1].user.id, world.host.id]  # type: ignore[union-attr]
        assert {h.id for h in await place.guild.webhooks()} == {h.id for h in found}
        renamed = await mine.edit(name="Dramatis II")
        assert (renamed.name, (await bot.fetch_webhook(mine.id)).name) == ("Dramatis II", "Dramatis II")
        world.delete_webhook(world.webhooks.own(world.channel)[0])
        with pytest.raises(discord.NotFound) as refused:
            await mine.send("to nobody")
        assert code_of(refused) == (404, 10015)
    assert world.transcript(world.channel) == "Ann: hello"


async def test_a_sixteenth_webhook_or_one_without_the_permission_is_refused(world: WireDiscord) -> None:
    cellar = world.add_channel("cellar")
    world.add_webhooks(world.channel, 14)
    async with running(world) as bot:
        place, locked = text_channel(bot, world.channel.id), text_channel(bot, cellar.id)
        await place.create_webhook(name="the fifteenth")
        with pytest.raises(discord.HTTPException) as refused:
            await place.create_webhook(name="the sixteenth")
        assert code_of(refused) == (400, 30007)
        kept = await locked.create_webhook(name="made in time")
        world.deny(cellar, Permission.MANAGE_WEBHOOKS)
        for attempt in (locked.create_webhook(name="too late"), locked.webhooks(), kept.delete()):
            with pytest.raises(discord.Forbidden) as forbidden:
                await attempt
            assert code_of(forbidden) == (403, 50013)
        await kept.send("but it still speaks")
    assert world.transcript(cellar) == "made in time: but it still speaks"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"content": "x", "username": "n" * 80}, 200),
        ({"content": "x", "username": "n" * 81}, 400),
        ({"content": "x", "username": "The cLYDe side"}, 400),
        ({"content": "x", "username": "Discordia"}, 400),
        ({"content": "x", "nonce": "turn-1"}, 400),
        ({"content": " "}, 400),
        ({"content": "x" * 2001}, 400),
    ],
)
async def test_what_a_webhook_says_is_held_to_discords_rules(
    world: WireDiscord, body: dict[str, Any], status: int
) -> None:
    hook = world.webhooks.create(world.channel, "Dramatis", world.bot, application=world.bot.id)
    async with raw(world) as ask:
        got, answer = await ask("POST", f"/webhooks/{hook.id}/{hook.token}?wait=true", json=body)
        assert got == status, answer
        assert await ask("GET", f"/webhooks/{hook.id}/wrong") == (
            401,
            {"message": "Invalid Webhook Token", "code": 50027},
        )


async def test_only_an_applications_webhook_has_buttons(world: WireDiscord) -> None:
    (theirs,) = world.add_webhooks(world.channel)
    ours = world.webhooks.create(world.channel, "Dramatis", world.bot, application=world.bot.id)
    rows = [{"type": 1, "components": [{"type": 2, "style": 2, "label": "Again", "custom_id": "rp:again:7"}]}]
    body = {"content": "x", "components": rows}
    async with raw(world) as ask:
        for hook, query, status, kept in (
            (ours, "", 200, 1),
            (theirs, "", 200, 0),
            (theirs, "&with_components=true", 400, 0),
        ):
            got, answer = await ask("POST", f"/webhooks/{hook.id}/{hook.token}?wait=true{query}", json=body)
            assert (got, len(answer.get("components", []))) == (status, kept)


# -- budgets ------------------------------------------------------------------------------------


async def test_a_webhooks_posts_edits_and_deletes_share_one_bucket(world: WireDiscord) -> None:
    world.limits.scale = 5.0  # a window of ten seconds: six requests fit into it on any machine
    hook = world.webhooks.create(world.channel, "Dramatis", world.bot, application=world.bot.id)
    path = f"/webhooks/{hook.id}/{hook.token}"
    async with raw(world) as ask:
        ids = [(await ask("POST", path + "?wait=1", json={"content": "x"}))[1]["id"] for _ in range(3)]
        assert (await ask("PATCH", f"{path}/messages/{ids[0]}", json={"content": "y"}))[0] == 200
        assert (await ask("DELETE", f"{path}/messages/{ids[1]}"))[0] == 204
        status, answer = await ask("PATCH", f"{path}/messages/{ids[2]}", json={"content": "z"})
    assert (status, answer["global"]) == (429, False)
    assert 5 < answer["retry_after"] <= 10
    assert world.limits.by_kind == {Kind.BUCKET: 1}


async def test_thirty_a_minute_over_all_webhooks_of_a_channel_and_no_header_says_so(
    world: WireDiscord,
) -> None:
    world.limits.kept -= {Kind.BUCKET}
    world.limits.scale = 1.0
    booth = world.create_thread("booth")
    first, second = (
        world.webhooks.create(world.channel, name, world.bot, application=world.bot.id) for name in "ab"
    )
    async with raw(world) as ask:
        for n in range(14):
            hook = first if n % 2 else second
            _, post = await ask(
                "POST", f"/webhooks/{hook.id}/{hook.token}?wait=1&thread_id={booth.id}", json={"content": "x"}
            )
            status, _ = await ask(
                "PATCH",
                f"/webhooks/{hook.id}/{hook.token}/messages/{post['id']}?thread_id={booth.id}",
                json={"content": "y"},
            )
            assert status == 200
        world.proxy_say("Ann", world.channel, "another application's counts too")
        path = f"/webhooks/{first.id}/{first.token}?wait=1"
        answers = [await ask("POST", path, json={"content": "x"}) for _ in range(2)]
        assert [status for status, _ in answers] == [200, 429]
        assert 40 <= answers[1][1]["retry_after"] <= 45
        other = world.webhooks.create(world.add_channel("cellar"), "c", world.bot, application=world.bot.id)
        assert (await ask("POST", f"/webhooks/{other.id}/{other.token}?wait=1", json={"content": "x"}))[
            0
        ] == 200
        world.limits.kept -= {Kind.WEBHOOKS}
        assert (await ask("POST", path, json={"content": "x"}))[0] == 200
    assert world.limits.by_kind == {Kind.WEBHOOKS: 1}


async def test_edits_of_old_messages_are_counted_apart(world: WireDiscord) -> None:
    world.limits.scale = 1.0
    world.turn_back(hours=2)
    async with running(world) as bot:
        old = await partial(bot, world.channel.id).send("long ago")
        world.turn_back(hours=0)
        young = await partial(bot, world.channel.id).send("just now")
        aged = await partial(bot, world.channel.id).send("made old")
        world.age(world.posts(world.channel)[2], hours=1.5)
        assert [world.is_old(post) for post in world.posts(world.channel)] == [True, False, True]
        async with raw(world) as ask:
            path = f"/channels/{world.channel.id}/messages"
            for message in (old, aged, old, young):
                assert (await ask("PATCH", f"{path}/{message.id}", json={"content": "x"}))[0] == 200
            status, answer = await ask("PATCH", f"{path}/{aged.id}", json={"content": "x"})
    assert (status, answer["code"]) == (429, 30046)
    assert 4 < answer["retry_after"] <= 6
    assert world.limits.by_kind == {Kind.OLD: 1}


async def test_each_interaction_has_a_bucket_of_its_own(world: WireDiscord) -> None:
    world.limits.scale = 5.0
    alice, again = world.add_member("Alice"), {"type": 2, "style": 2, "label": "Again", "custom_id": "a"}
    post = world.post(world.bot, world.channel, "x", components=[{"type": 1, "components": [again]}])
    async with raw(world) as ask:
        statuses = []
        for edits in (6, 1):
            used = world.interactions.press(alice, post, "a")
            await ask("POST", f"/interactions/{used.id}/{used.token}/callback", json={"type": 6})
            path = f"/webhooks/{world.bot.id}/{used.token}/messages/@original"
            statuses.append([(await ask("PATCH", path, json={"content": "y"}))[0] for _ in range(edits)])
        own = await ask("PATCH", f"/channels/{world.channel.id}/messages/{post.id}", json={"content": "z"})
    assert statuses == [[200] * 5 + [429], [200]]
    assert own[0] == 200
    assert world.limits.by_kind == {Kind.BUCKET: 1}


@pytest.mark.parametrize("one_hash", [True, False])
async def test_posts_and_edits_are_counted_apart_whatever_their_buckets_are_called(
    world: WireDiscord, one_hash: bool
) -> None:
    world.limits.one_hash = one_hash
    post = world.post(world.bot, world.channel, "x")
    path = f"{world.api_base}/channels/{world.channel.id}/messages"
    left, names = [], set()
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {world.token}"}) as session:
        for method, url in (("POST", path), ("PATCH", f"{path}/{post.id}")):
            async with session.request(method, url, json={"content": "y"}) as answer:
                left.append(answer.headers["X-RateLimit-Remaining"])
                names.add(answer.headers["X-RateLimit-Bucket"])
    assert left == ["4", "4"]
    assert len(names) == (1 if one_hash else 2)


async def test_fifty_a_second_over_all_routes_but_interactions(world: WireDiscord) -> None:
    world.limits.scale = 20.0
    world.limits.kept -= {Kind.BUCKET}
    async with raw(world) as ask:
        for _ in range(50):
            assert (await ask("GET", f"/channels/{world.channel.id}"))[0] == 200
        status, answer = await ask("GET", "/users/@me")
        assert (status, answer["global"]) == (429, True)
        assert (await ask("POST", "/interactions/1/x/callback", json={"type": 6}))[0] == 404
    assert world.limits.by_kind == {Kind.GLOBAL: 1}


# -- faults and time ----------------------------------------------------------------------------


@pytest.mark.parametrize("applied", [True, False])
async def test_a_webhooks_post_can_be_lost_before_or_after_it_stands(
    world: WireDiscord, applied: bool
) -> None:
    async with running(world) as bot:
        hook = await text_channel(bot, world.channel.id).create_webhook(name="Dramatis")
        world.faults.reset("POST", "/webhooks/*", applied=applied)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await hook.send("lost?")
        hanging = world.faults.hang("POST", "/webhooks/*", applied=applied, lost=True)
        sending = asyncio.create_task(hook.send("lost too?"))
        await world.wait_for(lambda: hanging.caught, timeout=5)
        hanging.release()
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await sending
    texts = [post.content for post in world.webhook_posts(world.channel)]
    assert texts == (["lost?", "lost too?"] if applied else [])


async def test_a_request_takes_effect_half_way_of_its_round_trip(world: WireDiscord) -> None:
    world.rtt = 0.2
    async with raw(world) as ask:
        clock = asyncio.get_running_loop()
        began = clock.time()
        question = asyncio.ensure_future(
            ask("POST", f"/channels/{world.channel.id}/messages", json={"content": "x"})
        )
        while not world.posts(world.channel):  # noqa: ASYNC110 -- the effect comes before any answer
            await asyncio.sleep(0.001)
        assert clock.time() - began >= 0.1
        assert not question.done()
        await question
        assert clock.time() - began >= 0.2


# -- the application's emojis ---------------------------------------------------------------------

PIXEL = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


async def test_the_application_has_emojis_of_its_own(world: WireDiscord) -> None:
    async with running(world) as bot:
        made = await bot.create_application_emoji(name="again", image=PIXEL)
        assert [(e.id, e.name) for e in await bot.fetch_application_emojis()] == [(made.id, "again")]
        for name in ("again", "a", "a b", "x" * 33):
            with pytest.raises(discord.HTTPException) as refused:
                await bot.create_application_emoji(name=name, image=PIXEL)
            assert code_of(refused) == (400, 50035)
        (kept,) = world.emojis.all.values()
        assert kept.picture == PIXEL
        await made.delete()
        assert await bot.fetch_application_emojis() == []
