"""People whose messages PluralKit or Tupperbox posts again: one answer, to the copy, and everything else as for all."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.proxies import PLURALKIT, TUPPERBOX, ProxyRules, character_of, stand_in
from bot.core.settings import LOG
from bot.discord_ui.replies.marking import UNDONE
from bot.storage.costs import Costs
from bot.story.places.rules import HostLimits
from tests.discord_ui.interactions.revisions.test_controls import edit
from tests.proxied import FOREVER, Proxy, proxy_on
from tests.standins.m2her import M2her
from tests.tavern import RULES, Tavern, open_tavern, read

HELD = replace(RULES, proxies=ProxyRules(settle=FOREVER))


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    async with open_tavern(m2her, tmp_path, rules=HELD) as tavern:
        yield tavern


@pytest.fixture
async def proxy(tavern: Tavern) -> AsyncIterator[Proxy]:
    with proxy_on(tavern) as proxy:
        yield proxy


async def stored(tavern: Tavern, words: str) -> bool:
    return bool(await tavern.database.read("SELECT 1 FROM turn WHERE text LIKE ?", (f"%{words}%",)))


async def test_the_copy_is_answered_and_the_original_was_never_there(
    tavern: Tavern, proxy: Proxy, m2her: M2her
) -> None:
    await proxy.know("Alice", "Luna")
    m2her.say("Up the stairs.")
    original = await tavern.say("Alice", f"luna: {tavern.mention} a room?")
    assert (tavern.posts(tavern.bound), len(m2her.requests)) == ([], 0)
    assert not await stored(tavern, "room")
    await proxy.post("Luna", f"{tavern.mention} a room?")
    await proxy.delete(original)
    assert tavern.posts(tavern.bound) == ["Up the stairs."]
    assert tavern.heard == [("Luna", "a room?")]
    assert await tavern.remembered(tavern.bound) == [("Luna", "a room?"), ("Marlow", "Up the stairs.")]
    assert not await stored(tavern, "luna:")
    turn, _ = await tavern.turns(tavern.bound)
    assert (turn.user_id, turn.speaker.character) == (
        proxy.member("Luna", "Alice").id,
        proxy.member("Luna", "Alice").character,
    )


async def test_who_was_never_seen_proxied_is_answered_at_once_and_the_answer_is_given_over_once(
    tavern: Tavern, proxy: Proxy, m2her: M2her
) -> None:
    m2her.say("A room, Alice?")
    original = await tavern.say("Alice", f"luna: {tavern.mention} a room?")
    assert tavern.posts(tavern.bound) == ["A room, Alice?"]
    m2her.say("A room, Luna?")
    await proxy.post("Luna", f"{tavern.mention} a room?")
    await proxy.delete(original)
    assert tavern.posts(tavern.bound) == ["A room, Luna?"]
    assert await tavern.remembered(tavern.bound) == [("Luna", "a room?"), ("Marlow", "A room, Luna?")]
    assert (tavern.heard, len(m2her.requests)) == ([("Luna", "a room?")], 2)
    await tavern.say("Alice", "luna: And a bed?")  # from now on she is held
    assert not await stored(tavern, "bed")


async def links(tavern: Tavern) -> dict[str, int]:
    rows = await tavern.database.read("SELECT member, user_id FROM proxy_link")
    return {row["member"].rpartition(":")[2]: row["user_id"] for row in rows}


@pytest.mark.parametrize("is_known", [False, True])
async def test_somebody_elses_same_words_stay_theirs_with_their_answer(
    m2her: M2her, tmp_path: Path, *, is_known: bool
) -> None:
    rules = replace(RULES, proxies=ProxyRules(settle=0.05))
    async with open_tavern(m2her, tmp_path, rules=rules) as tavern:
        with proxy_on(tavern) as proxy:
            if is_known:
                await proxy.know("Alice", "Moss")
            for answer in ("To Alice.", "To Bob.", "To Luna."):
                m2her.say(answer)
            await tavern.say("Alice", "Marlow, hello!")
            original = await tavern.say("Bob", "b: Marlow, hello!" if is_known else "Marlow, hello!")
            await proxy.post("Luna", "Marlow, hello!")
            await proxy.delete(original)
            assert await tavern.remembered(tavern.bound) == [
                ("Alice", "Marlow, hello!"),
                ("Marlow", "To Alice."),
                ("Luna", "Marlow, hello!"),
                ("Marlow", "To Luna."),
            ]
            assert tavern.posts(tavern.bound) == ["To Alice.", "To Luna."]
            assert (await links(tavern))["luna"] == tavern.people["Bob"].id
            charged = await tavern.database.read("SELECT user_id FROM usage ORDER BY id")
            assert charged[-1]["user_id"] == tavern.people["Bob"].id


async def test_a_message_that_is_proxied_again_is_not_somebody_elses_of_the_same_words(
    tavern: Tavern, proxy: Proxy, m2her: M2her
) -> None:
    await proxy.know("Alice", "Luna")
    await proxy.know("Bob", "Max")
    m2her.say("To Max.")
    m2her.say("To Luna.")
    copies = []
    for who, member in (("Bob", "Max"), ("Alice", "Luna")):
        original = await tavern.say(who, f"{member}: Marlow, hello!")
        copies.append(await proxy.post(member, "Marlow, hello!"))
        await proxy.delete(original)
    await proxy.post("Nell", "Marlow, hello!")
    await proxy.delete(copies[0])
    assert await tavern.remembered(tavern.bound) == [
        ("Nell", "Marlow, hello!"),
        ("Marlow", "To Max."),
        ("Luna", "Marlow, hello!"),
        ("Marlow", "To Luna."),
    ]
    assert len(m2her.requests) == 2
    assert await links(tavern) == {
        "max": tavern.people["Bob"].id,
        "luna": tavern.people["Alice"].id,
        "nell": tavern.people["Bob"].id,
    }


async def test_nothing_is_lost_when_no_copy_comes(m2her: M2her, tmp_path: Path) -> None:
    rules = replace(RULES, proxies=ProxyRules(settle=0.05))
    async with open_tavern(m2her, tmp_path, rules=rules) as tavern:
        with proxy_on(tavern) as proxy:
            await proxy.know("Alice", "Luna")
            m2her.say("Up the stairs.")
            await tavern.say("Alice", f"{tavern.mention} a room?")
    assert tavern.heard == [("Alice", "a room?")]


async def test_several_copies_get_one_answer(
    tavern: Tavern, proxy: Proxy, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    await proxy.know("Alice", "Luna")
    m2her.say("For both of you.")
    original = await tavern.say("Alice", f"l: {tavern.mention} a room?\nm: And a bed.\nn: Please.")
    monkeypatch.setattr("bot.core.holds.FURTHER", FOREVER)
    await proxy.post("Luna", f"{tavern.mention} a room?")
    await proxy.post("Max", "And a bed.")
    assert len(m2her.requests) == 0
    await proxy.post("Nell", "Please.")
    await proxy.delete(original)
    assert tavern.posts(tavern.bound) == ["For both of you."]
    assert tavern.heard == [("Luna", "a room?"), ("Max", "And a bed."), ("Nell", "Please.")]
    assert len(m2her.requests) == 1


async def test_a_copy_is_edited_proxied_again_and_deleted_as_people_see_it(
    tavern: Tavern, proxy: Proxy, m2her: M2her
) -> None:
    await proxy.know("Alice", "Luna")
    m2her.say("Up the stairs.")
    original = await tavern.say("Alice", f"{tavern.mention} a rom?")
    copy = await proxy.post("Luna", f"{tavern.mention} a rom?")
    await proxy.delete(original)
    await proxy.edit(copy, f"{tavern.mention} a room?")
    assert await tavern.remembered(tavern.bound) == [("Luna", "a room?"), ("Marlow", "Up the stairs.")]
    again = await proxy.post("Max", f"{tavern.mention} a room?")
    await proxy.delete(copy)
    assert await tavern.remembered(tavern.bound) == [("Max", "a room?"), ("Marlow", "Up the stairs.")]
    assert (tavern.posts(tavern.bound), len(m2her.requests)) == (["Up the stairs."], 1)
    await proxy.delete(again)
    assert await tavern.remembered(tavern.bound) == [("Marlow", "Up the stairs.")]


async def test_a_copy_that_is_deleted_at_once_leaves_nothing(
    tavern: Tavern, proxy: Proxy, m2her: M2her
) -> None:
    await proxy.know("Alice", "Luna")
    original = await tavern.say("Alice", "luna: Good evening.")
    await proxy.delete(original)
    await proxy.delete(await proxy.post("Luna", "Good evening."))
    assert await tavern.remembered(tavern.bound) == []
    assert m2her.requests == []


async def test_what_is_for_the_proxy_alone_is_nobodys(tavern: Tavern, proxy: Proxy, m2her: M2her) -> None:
    for text in ("pk;switch Luna", f"PK!help {tavern.mention}", "tul!list"):
        await tavern.say("Alice", text)
    service = tavern.guild.create_webhook(tavern.bound, "Feed")
    await service.send(f"{tavern.mention} builds are green", username="CI")
    assert await tavern.remembered(tavern.bound) == []
    assert m2her.requests == []


async def test_one_backslash_keeps_a_message_from_the_proxy_and_from_the_prompt(
    tavern: Tavern, proxy: Proxy, m2her: M2her
) -> None:
    await proxy.know("Alice", "Luna")
    m2her.say("Up the stairs.", "And you?")
    await tavern.say("Alice", f"\\{tavern.mention} a room?")
    await tavern.say("Bob", "\\o/")
    assert [text for _, text in await tavern.remembered(tavern.bound)][::2] == ["a room?", "\\o/"]


async def test_a_reply_of_the_proxys_is_a_reply_to_the_persona(
    tavern: Tavern, proxy: Proxy, m2her: M2her
) -> None:
    await proxy.know("Alice", "Luna")
    m2her.say("A room?")
    m2her.say("Upstairs.")
    await tavern.say("Bob", f"{tavern.mention} evening")
    post = tavern.last_post(tavern.bound)
    original = await tavern.say("Alice", "Yes, please.", reply_to=post)
    embed = {
        "type": "rich",
        "author": {"name": "Dramatis\u2004\u21a9\ufe0f"},
        "description": f"**[Reply to:]({post.jump_url})** A room?",
    }
    copy = await proxy.show_embed("Luna", "Yes, please.", embed)
    await proxy.delete(original)
    assert tavern.posts(tavern.bound) == ["A room?", "Upstairs."]
    assert tavern.heard[-1] == ("Luna", "Yes, please.")
    turn = (await tavern.turns(tavern.bound))[2]
    assert (turn.message_id, turn.target is not None and turn.target.message_id) == (copy, post.id)


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("shown", ["quote", "embed", "nothing"])
async def test_a_reply_by_tupperbox_is_a_reply_to_the_persona_however_it_is_shown(
    tavern: Tavern, m2her: M2her, shown: str, *, is_known: bool
) -> None:
    with proxy_on(tavern, TUPPERBOX) as proxy:
        if is_known:
            await proxy.know("Bob", "Luna")
        for answer in ("A room?", "Upstairs, Bob.", "Upstairs, Luna."):
            m2her.say(answer)
        await tavern.say("Alice", f"{tavern.mention} evening")
        post = tavern.last_post(tavern.bound)
        original = await tavern.say("Bob", "luna: Yes, please.", reply_to=post)
        if shown == "embed":
            embed = {"type": "rich", "description": f"A room? [Jump]({post.jump_url})"}
            await proxy.show_embed("Luna", "Yes, please.", embed)
        else:
            quote = f"> A room? [Jump]({post.jump_url})\n" if shown == "quote" else ""
            await proxy.post("Luna", f"{quote}Yes, please.")
        await proxy.delete(original)
        assert tavern.heard[-1] == ("Luna", "Yes, please.")
        assert [name for name, _ in await tavern.remembered(tavern.bound)] == [
            "Alice",
            "Marlow",
            "Luna",
            "Marlow",
        ]
        turn = (await tavern.turns(tavern.bound))[2]
        assert turn.target is not None
        assert turn.target.message_id == post.id
        assert len(tavern.posts(tavern.bound)) == 2


async def test_the_account_owns_the_answer_and_goes_by_the_members_name(
    tavern: Tavern, proxy: Proxy, m2her: M2her
) -> None:
    await proxy.know("Alice", "Luna")
    for answer in ("Up the stairs.", "Down the stairs."):
        m2her.say(answer)
    original = await tavern.say("Alice", f"{tavern.mention} a room?")
    copy = await proxy.post("Luna", f"{tavern.mention} a room?")
    await proxy.delete(original)
    post = tavern.last_post(tavern.bound)
    carol = await tavern.people["Carol"].click(post, label="↻ Again")
    assert carol.response.content.startswith("Only people who wrote one of this story's latest")
    await tavern.people["Alice"].click(post, label="↻ Again")
    assert tavern.posts(tavern.bound) == ["Down the stairs."]
    await tavern.people["Alice"].context_menu(tavern.bound, "Remove from story", target=copy)
    assert await tavern.remembered(tavern.bound) == [("Marlow", "Down the stairs.")]


async def test_an_undo_names_the_member_and_leaves_no_reaction(
    tavern: Tavern, proxy: Proxy, m2her: M2her
) -> None:
    await proxy.know("Alice", "Luna")
    m2her.say("Up the stairs.")
    original = await tavern.say("Alice", f"{tavern.mention} a room?")
    copy = await proxy.post("Luna", f"{tavern.mention} a room?")
    await proxy.delete(original)
    await tavern.people["Alice"].slash(tavern.bound, "undo")
    assert tavern.posts(tavern.bound) == ["-# ↩ Luna took this exchange out of the story."]
    stored = tavern.env.backend.get_message(copy.channel.id, copy.id)
    assert (stored.reactions, UNDONE) == ([], "↩️")


async def test_who_has_opted_out_is_out_as_every_member(tavern: Tavern, proxy: Proxy, m2her: M2her) -> None:
    await proxy.know("Alice", "Luna")
    await tavern.story.records.privacy.opt_out(tavern.people["Alice"].id)
    original = await tavern.say("Alice", "luna: Good evening.")
    await proxy.post("Luna", "Good evening.")
    await proxy.delete(original)
    await proxy.post("Luna", "Is anybody here?")  # known by the name alone
    nova = await proxy.post("Nova", f"{tavern.mention} hello?")  # she may be Alice's too
    await proxy.edit(nova, f"{tavern.mention} hello?!")
    with proxy_on(tavern, TUPPERBOX) as another:  # which Alice was never seen with
        await another.post("Vega", "Good evening from Vega.")
    assert [text for _, text in await tavern.remembered(tavern.bound)] == ["Good evening from Vega."]
    await tavern.database.write("DELETE FROM turn")
    assert await tavern.database.read("SELECT 1 FROM turn") == []
    assert m2her.requests == []


async def test_a_member_with_the_personas_name_is_set_apart(
    tavern: Tavern, proxy: Proxy, m2her: M2her
) -> None:
    m2her.say("There are two of us?")
    await proxy.post("Marlow", f"{tavern.mention} I am Marlow.")
    assert [each[:2] for each in tavern.prompt if "I am Marlow" in each[2]] == [("user", "Marlow (player)")]


async def test_an_application_that_discord_does_not_tell_is_asked_for_once(
    tavern: Tavern, m2her: M2her
) -> None:
    with proxy_on(tavern, TUPPERBOX, tells=False) as proxy:
        await proxy.post("Luna", "Good evening.")
        await proxy.post("Luna", "Is anybody here?")
    assert [text for _, text in await tavern.remembered(tavern.bound)] == [
        "Good evening.",
        "Is anybody here?",
    ]
    asked = [
        each for each in tavern.env.http_requests if each.path.startswith(f"/webhooks/{proxy.hook().id}")
    ]
    assert len(asked) == 1


async def test_in_public_presses_bear_the_members_name_and_moderators_find_the_account(
    tavern: Tavern, proxy: Proxy, m2her: M2her
) -> None:
    await proxy.know("Alice", "Luna")
    log = tavern.guild.create_text_channel("log")
    await tavern.story.choices.choose("server", tavern.guild.id, LOG, str(log.id), 1)
    for answer in ("Up the stairs.", "The wind turns.", "Nothing more."):
        m2her.say(answer)
    original = await tavern.say("Alice", f"{tavern.mention} a room?")
    await proxy.post("Luna", f"{tavern.mention} a room?")
    await proxy.delete(original)
    alice, account = tavern.people["Alice"], tavern.people["Alice"].mention
    post = tavern.last_post(tavern.bound)
    assert await edit(tavern, post, "Up the ladder.") == "Up the ladder.\n-# edited by Luna"
    more = await alice.click(post, label="⋯ More")
    await alice.click(more.response, label="▷ Go on")
    assert tavern.posts(tavern.bound)[1:] == ["-# Luna lets the story continue.", "The wind turns."]
    await alice.slash(tavern.bound, "talk", **{"as": "marlow", "text": "Mind the step."})
    assert tavern.posts(tavern.bound)[-1] == "Mind the step.\n-# spoken by Luna"
    spoken = tavern.last_post(tavern.bound)
    shown = await alice.slash(tavern.bound, "scene info")
    assert ("started by Luna" in read(shown.response), account in read(shown.response)) == (True, False)
    more = await alice.click(spoken, label="⋯ More")
    await alice.click(more.response, label="Remove")
    assert "-# ✂ Luna took this reply out of the story." in tavern.posts(tavern.bound)
    assert not any(account in text or "Alice" in text for text in tavern.posts(tavern.bound))
    await tavern.quiet()
    lines = "\n".join(tavern.posts(log)).splitlines()
    assert len(lines) == 2  # it was edited and removed
    assert all(account in line and "https://discord.com/channels/" in line for line in lines)


async def test_a_story_that_an_unknown_member_begins_is_nobodys_alone(
    tavern: Tavern, proxy: Proxy, m2her: M2her
) -> None:
    m2her.say("Up the stairs.")
    await proxy.post("Luna", f"{tavern.mention} a room?")
    (scene,) = await tavern.database.read("SELECT starter_id FROM scene")
    assert scene["starter_id"] is None
    (turn, _) = await tavern.turns(tavern.bound)
    assert turn.user_id == PLURALKIT


async def test_members_of_whom_no_account_is_known_have_limits_of_their_own(
    m2her: M2her, tmp_path: Path
) -> None:
    async with open_tavern(
        m2her, tmp_path, rules=replace(RULES, limits=HostLimits(replies_per_minute=1))
    ) as t:
        with proxy_on(t) as proxy:
            for name in ("Luna", "Max", "Nell"):
                m2her.say(f"Aye, {name}.")
                await proxy.post(name, f"Marlow, I am {name}")
            assert t.posts(t.bound) == ["Aye, Luna.", "Aye, Max.", "Aye, Nell."]
            for name in ("Max", "Nell"):
                await proxy.post(name, f"Marlow, I am {name} again")
            told = t.posts(t.bound)[3:]
            assert len(told) == 2
            assert all(text.startswith("-# ") for text in told)
            rows = await t.database.read("SELECT user_id FROM usage ORDER BY id")
            payers = [row["user_id"] for row in rows]
            luna = character_of(PLURALKIT, "Luna")
            assert (len(set(payers)), payers[0]) == (3, stand_in(t.guild.id, luna))
            assert all(each < 0 for each in payers)
            assert await Costs(t.database).people(t.guild.id, datetime(2020, 1, 1, tzinfo=UTC), 9) == []
            await proxy.know("Alice", "Luna")
            rows = await t.database.read("SELECT user_id FROM usage ORDER BY id")
            assert [row["user_id"] for row in rows] == [t.people["Alice"].id, *payers[1:]]


async def test_nobody_is_noted_while_the_bot_is_paused(tavern: Tavern, proxy: Proxy, m2her: M2her) -> None:
    await tavern.story.choices.pause("server", tavern.guild.id, tavern.people["Alice"].id)
    original = await tavern.say("Alice", "luna: Good evening.")
    await proxy.post("Luna", "Good evening.")
    await proxy.delete(original)
    assert await tavern.database.read("SELECT 1 FROM proxy_link UNION ALL SELECT 1 FROM turn") == []
