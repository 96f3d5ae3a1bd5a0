"""Moderation on Discord: blocks, roles, pauses, reports and the log."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.composition.story import now
from bot.core.access import BARRED_ROLES, PLAY_ROLES, roles_text
from bot.core.proxies import ProxyRules
from bot.storage.settings import SettingsStore
from tests.discord_ui.interactions.commands.panels import open_panel
from tests.proxied import proxy_on
from tests.standins.m2her import Error, M2her
from tests.tavern import CHANNEL_SELECT, ROLE_SELECT, RULES, Tavern, open_tavern, read

NO_ROLE = "Only people with certain roles can play here. An admin of this server can tell you which."
BLOCKED = "This server's moderators have blocked you from using this bot. `/privacy` still works."


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    rules = replace(RULES, proxies=ProxyRules(settle=0.0))
    async with open_tavern(m2her, tmp_path, rules=rules) as tavern:
        yield tavern


async def set_for(tavern: Tavern, key: str, value: str, channel: Any = None) -> None:
    scope, where = ("server", tavern.guild) if channel is None else ("channel", channel)
    await SettingsStore(tavern.database).put(scope, where.id, key, value, by_user=1, at=now())  # type: ignore[arg-type]


async def said(tavern: Tavern) -> list[str]:
    return [row["text"] for row in await tavern.database.read("SELECT text FROM turn ORDER BY id")]


async def words(tavern: Tavern) -> list[str]:
    """All words that are stored: turns, what they refer to, and what steers."""
    return [
        row["text"]
        for table in ("turn", "reference", "steering")
        for row in await tavern.database.read(f"SELECT text FROM {table}")
    ]


# --- blocks -----------------------------------------------------------------------------------------


async def test_who_is_blocked_is_neither_heard_nor_quoted_until_it_is_lifted(tavern: Tavern) -> None:
    carol, channel = tavern.people["Carol"], tavern.bound
    used = await tavern.moderator.slash(channel, "dramatis block", person=carol)
    assert read(used.response).splitlines()[0] == f"<@{carol.id}> is blocked now."
    first = await tavern.say("Carol", f"{tavern.mention} hello!")
    await tavern.say("Carol", "Marlow, hello!")
    with proxy_on(tavern) as proxy:
        await proxy.know("Carol", "Luna")
        await proxy.post("Luna", f"{tavern.mention} hello from Luna!")
        # Nobody knows whose she is, but she may be Carol's.
        await proxy.post("Nova", f"{tavern.mention} is it cold?")
    assert (tavern.posts(channel), await said(tavern)) == ([], [])
    tavern.m2her.say("Nothing of note.")
    await tavern.say("Alice", f"{tavern.mention} what did she say?", reply_to=first)
    assert tavern.posts(channel) == ["Nothing of note."]
    assert not [text for _, text in tavern.heard if "hello" in text]
    for use in ("talk", "scene list", "myself"):
        refused = await carol.slash(channel, use, **({"text": "Hello?"} if use == "talk" else {}))
        assert (refused.ephemeral, refused.response.content) == (True, BLOCKED)
    own = await carol.slash(channel, "privacy")
    exported = await carol.click(own.response, label="Export")
    (file,) = exported.response.attachments or exported.followups[0].attachments
    assert b'"blocked_on"' in await file.read()
    listed = await tavern.moderator.slash(channel, "dramatis block")
    await tavern.moderator.click(listed.response, label="Unblock")
    tavern.m2her.say("Good evening, Carol.")
    await tavern.say("Carol", f"{tavern.mention} and now?")
    assert tavern.posts(channel)[-1] == "Good evening, Carol."
    with proxy_on(tavern) as proxy:
        tavern.m2her.say("Good evening, Nova.")
        await proxy.post("Nova", f"{tavern.mention} is it warm?")
    assert tavern.posts(channel)[-1] == "Good evening, Nova."


async def test_moderators_are_not_blocked_and_channel_moderators_block_nobody(tavern: Tavern) -> None:
    bob, alice = tavern.people["Bob"], tavern.people["Alice"]
    for who, person, why in (
        (
            tavern.moderator,
            tavern.owner,
            f"<@{tavern.owner.id}> moderates this server, so they can't be blocked.",
        ),
        (tavern.moderator, tavern.moderator, "You can't block yourself."),
    ):
        used = await who.slash(tavern.bound, "dramatis block", person=person)
        assert used.response.content == why
    rights = discord.PermissionOverwrite(manage_messages=True)
    hers = tavern.guild.create_text_channel("hers", overwrites={alice: rights})
    command = tavern.env.backend.find_command("dramatis", tavern.guild.id, type=1)
    tavern.guild.set_command_permissions(int(command["id"]), {tavern.guild.default_role: True})
    used = await alice.slash(hers, "dramatis block", person=bob)
    whole = "You need the Manage Messages or Timeout Members permission on the whole server to do that."
    assert used.response.content == whole
    assert (await alice.slash(hers, "dramatis pause")).response.content == whole
    paused = await alice.slash(hers, "dramatis pause", where="channel")
    assert paused.response.content == (
        "The bot is paused in this channel. It won't answer or save anything here until a moderator presses Resume."
    )
    await tavern.say("Bob", f"{tavern.mention} hello?", hers)
    assert tavern.posts(hers)[-1].startswith("The bot is paused here.")
    await tavern.say("Bob", f"{tavern.mention} hello?")
    assert await tavern.remembered(tavern.bound) != []
    await alice.click(paused.response, label="Resume")
    tavern.m2her.say("Here I am.")
    await tavern.say("Bob", f"{tavern.mention} hello?", hers)
    assert tavern.posts(hers)[-1] == "Here I am."


# --- roles ------------------------------------------------------------------------------------------


async def test_roles_decide_who_plays_for_messages_and_commands_alike(
    tavern: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.core.routing.NEWS", timedelta(days=9999))  # the tavern's clock is not the bot's
    player, troll = [tavern.guild.create_role(name) for name in ("Player", "Troll")]
    pat = tavern.people["Pat"] = tavern.guild.add_member(tavern.env.create_user("pat"), roles=[player])
    tavern.people["Tom"] = tavern.guild.add_member(tavern.env.create_user("tom"), roles=[player, troll])
    await set_for(tavern, PLAY_ROLES, roles_text([player.id]))
    await set_for(tavern, BARRED_ROLES, roles_text([troll.id]))
    for name in ("Alice", "Tom"):
        await tavern.say(name, "Marlow, hello!")  # a name alone wakes nobody, and nobody is told
        assert tavern.posts(tavern.bound)[:1] in ([], [f"-# {NO_ROLE}"])
        await tavern.say(name, f"{tavern.mention} hello!")
        await tavern.say(name, f"{tavern.mention} hello?")
    assert tavern.posts(tavern.bound) == [f"-# {NO_ROLE}", f"-# {NO_ROLE}"]  # once a day for each
    used = await tavern.people["Alice"].slash(tavern.bound, "talk", text="Hello?")
    assert (used.ephemeral, used.response.content) == (True, NO_ROLE)
    assert (await said(tavern), tavern.m2her.requests) == ([], [])
    tavern.m2her.say("Good evening.")
    await tavern.say("Pat", f"{tavern.mention} hello!")
    post = tavern.last_post(tavern.bound)
    pressed = await tavern.forge(tavern.people["Alice"], post, "rp:stop:2")
    assert pressed.response.content == NO_ROLE
    await tavern.moderator.send(tavern.bound, f"{tavern.mention} all well?")
    assert "hello!" in await said(tavern)
    with proxy_on(tavern) as proxy:
        original = await pat.send(tavern.bound, "luna: is it raining?")
        copy = await proxy.post("Luna", "is it raining?")
        await proxy.delete(original)
        assert ("Luna", "is it raining?") in await tavern.remembered(tavern.bound)
        tavern.m2her.say("It pours.")
        await proxy.edit(copy, f"{tavern.mention} is it raining?")  # no event says which roles she has
    assert tavern.posts(tavern.bound)[-1] == "It pours."
    # A channel lets everybody in, but nobody that the server bars.
    await set_for(tavern, PLAY_ROLES, roles_text([tavern.guild.default_role.id]), tavern.bound)
    for name in ("Alice", "Tom"):
        await tavern.say(name, f"{tavern.mention} {name} again!")
    assert [text for text in await said(tavern) if "again" in text] == ["Alice again!"]


async def test_the_page_of_moderation_sets_roles_and_channels_and_says_what_is_gone(tavern: Tavern) -> None:
    ada, role = tavern.staff("Ada", manage_guild=True), tavern.guild.create_role("Player")
    hidden, seen = (
        discord.PermissionOverwrite(view_channel=False),
        discord.PermissionOverwrite(view_channel=True),
    )
    assert tavern.bot.user is not None
    closed = {tavern.guild.default_role: hidden, tavern.bot.user: seen}
    hall = tavern.guild.create_text_channel("mods", overwrites=closed)
    shown = await open_panel(ada, tavern.elsewhere, "server")
    page = (await ada.select(shown.used.response, ["moderation"], custom_id="rp:page:server")).response
    used = await tavern.forge(ada, page, "rp:roles:server:play_roles", str(role.id), menu=ROLE_SELECT)
    used = await tavern.forge(ada, page, "rp:log:log", str(hall.id), menu=CHANNEL_SELECT)
    stored = "SELECT key, value FROM setting WHERE scope = 'server' ORDER BY key"
    assert [tuple(row) for row in await tavern.database.read(stored)] == [
        ("log", str(hall.id)),
        ("play_roles", str(role.id)),
    ]
    assert "⚠" not in read(used.response)
    square = tavern.guild.create_text_channel("square")
    for key in ("log", "reports"):
        used = await tavern.forge(ada, page, f"rp:log:{key}", str(square.id), menu=CHANNEL_SELECT)
    opened = (
        f"⚠ Everybody on this server can see <#{square.id}>. It shows names, links and what people report: better "
        "choose a channel that only moderators see."
    )
    assert [line for line in read(used.response).splitlines() if "⚠" in line] == [opened, opened]
    silent = tavern.silent_channel("silent")
    await set_for(tavern, "log", str(silent.id))
    await set_for(tavern, "reports", "1")
    await set_for(tavern, PLAY_ROLES, "1")
    shown = await open_panel(ada, tavern.elsewhere, "server")
    again = await ada.select(shown.used.response, ["moderation"], custom_id="rp:page:server")
    warnings = [line for line in read(again.response).splitlines() if line.startswith("⚠")]
    assert warnings == [
        "⚠ None of the chosen roles exists anymore, so only moderators can play. Choose again.",
        f"⚠ The bot can't post in <#{silent.id}>: it needs View Channel and Send Messages there.",
        opened.replace(str(square.id), str(silent.id)),
        "⚠ The chosen channel doesn't exist anymore. Choose another one.",
    ]


@pytest.mark.parametrize("why", ["blocked", "no role"])
async def test_an_edit_of_who_is_kept_out_brings_nothing_into_the_story(tavern: Tavern, why: str) -> None:
    carol, mention = tavern.people["Carol"], tavern.mention
    overheard = await tavern.say("Carol", "The mill is shut.", tavern.elsewhere)
    tavern.m2her.say("So it is.", "As you wish.", "Good evening.")
    await tavern.say("Alice", f"{mention} is it?", tavern.elsewhere, reply_to=overheard)
    wish = await tavern.say("Carol", f"{mention} ((speak of the rain))")
    turn = await tavern.say("Carol", f"{mention} good evening!")
    before, posts = await words(tavern), tavern.posts(tavern.bound)
    if why == "blocked":
        await tavern.moderator.slash(tavern.bound, "dramatis block", person=carol)
    else:
        await set_for(tavern, PLAY_ROLES, roles_text([tavern.guild.create_role("Player").id]))
        await set_for(tavern, "ignored_prefixes", "!")
        await carol.edit(turn, "!EVIL is a command now")
    for message, text in (
        (overheard, "EVIL is shut."),
        (wish, f"{mention} ((speak of EVIL))"),
        (turn, f"{mention} EVIL evening!"),
        (await tavern.say("Carol", "A word."), f"{mention} EVIL word!"),
    ):
        await carol.edit(message, text)
    assert (await words(tavern), tavern.posts(tavern.bound)) == (before, posts)
    assert {"The mill is shut.", "speak of the rain", "good evening!"} <= set(before)
    await tavern.moderator.send(tavern.bound, f"{mention} what did she say?")
    assert "good evening!" in str(tavern.heard)
    assert "EVIL" not in str(tavern.m2her.requests)


async def test_what_a_webhook_posts_is_no_command_and_is_not_answered(tavern: Tavern) -> None:
    await set_for(tavern, "respond", "always", tavern.bound)
    hook = tavern.guild.create_webhook(tavern.bound, "Feed")
    for text in (
        "/dramatis pause",
        "/scene new",
        f"{tavern.mention} hello!",
        f"{tavern.mention} ((stop))",
        "Marlow, hello!",
    ):
        await hook.send(text, username="Moderator")
    await tavern.quiet()
    assert (tavern.posts(tavern.bound), await said(tavern), tavern.m2her.requests) == ([], [], [])
    assert await tavern.database.read("SELECT * FROM setting WHERE key = 'paused'") == []
    tavern.m2her.say("Good evening.")
    await tavern.say("Alice", "Marlow, hello!")  # nothing is paused
    assert tavern.posts(tavern.bound) == ["Good evening."]


# --- the log and reports ----------------------------------------------------------------------------


async def test_the_log_tells_who_did_what_and_never_the_words(
    tavern: Tavern, caplog: pytest.LogCaptureFixture
) -> None:
    hall = tavern.guild.create_text_channel("mods")
    await set_for(tavern, "log", str(hall.id))
    mod, bob, channel, alice = tavern.moderator, tavern.people["Bob"], tavern.bound, tavern.people["Alice"]
    await tavern.say("Alice", f"{tavern.mention} the secret word!")
    post = tavern.last_post(channel)
    link = f"https://discord.com/channels/{tavern.guild.id}/{channel.id}/{post.id}"
    await mod.click(post, label="↻ Again")
    await tavern.people["Alice"].click(post, label="↻ Again")  # her own: nothing to tell
    more = await mod.click(post, label="⋯ More")
    await mod.click(more.response, label="Not this")
    await mod.context_menu(channel, "Remember this", channel.history()[0])
    await mod.slash(channel, "scene new", title="A secret title")
    await mod.slash(channel, "dramatis block", person=bob)
    tavern.m2her.say(Error(1026))
    asked = await tavern.say("Alice", f"{tavern.mention} something that is refused")
    await mod.slash(channel, "dramatis pause", where="channel")
    await tavern.quiet()
    who, lines = f"<@{mod.id}>", [line for text in tavern.posts(hall) for line in text.splitlines()]
    first = f"https://discord.com/channels/{tavern.guild.id}/{channel.id}/{channel.history()[0].id}"
    (scene,) = await tavern.database.read("SELECT max(id) AS id FROM scene")
    assert lines == [
        f"{who} had a reply to someone else written again: {link}",
        f"{who} used Not this: {link}",
        f"{who} changed a pin in {first}",
        f"{who} started scene #{scene['id']} in <#{channel.id}>",
        f"{who} blocked <@{bob.id}> in <#{channel.id}>",
        f"The AI model's moderation refused what <@{alice.id}> asked for: {asked.jump_url}",
        f"{who} paused the bot in <#{channel.id}>",
    ]
    assert "secret" not in "".join(lines)
    bodies = [entry.json for entry in tavern.sent() if entry.path == f"/channels/{hall.id}/messages"]
    assert {str(each["allowed_mentions"]) for each in bodies} == {"{'parse': []}"}
    await set_for(tavern, "log", str(tavern.silent_channel("silent").id))
    with caplog.at_level(logging.WARNING):
        used = await mod.slash(channel, "dramatis pause")
        await tavern.quiet()
    assert used.response.content.startswith("The bot is paused on this server.")
    assert [record.message for record in caplog.records if "moderation log" in record.message]


async def test_the_log_tells_of_every_re_roll_of_a_reply_to_others(tavern: Tavern) -> None:
    hall, channel = tavern.guild.create_text_channel("mods"), tavern.bound
    alice, bob = tavern.people["Alice"], tavern.people["Bob"]
    await set_for(tavern, "log", str(hall.id))
    tavern.m2her.say("Aye.", "Nay.")
    await tavern.say("Alice", f"{tavern.mention} hello!")
    await tavern.say("Bob", f"{tavern.mention} hello!")
    post = tavern.last_post(channel)
    link = f"https://discord.com/channels/{tavern.guild.id}/{channel.id}/{post.id}"
    for _ in range(3):
        await alice.click(post, label="↻ Again")
    await bob.click(post, label="↻ Again")  # his own, even if others had it written again
    await alice.click(post, label="◀")
    await tavern.quiet()
    again = f"<@{alice.id}> had a reply to someone else written again: {link}"
    shown = f"<@{alice.id}> showed another version of a reply to someone else: {link}"
    assert [line for text in tavern.posts(hall) for line in text.splitlines()] == [again, again, again, shown]


async def test_a_report_goes_to_the_moderators_and_is_stored_nowhere(tavern: Tavern) -> None:
    alice, channel, hall = tavern.people["Alice"], tavern.bound, tavern.guild.create_text_channel("mods")
    await tavern.say("Alice", f"{tavern.mention} hello!")
    post = tavern.last_post(channel)
    more = await alice.click(post, label="⋯ More")
    nowhere = await alice.click(more.response, label="Report")
    assert nowhere.response.content.startswith("This server has no place for reports yet.")
    await set_for(tavern, "reports", str(hall.id))
    form = await alice.click(more.response, label="Report")
    sent = await alice.submit_modal(form, {"reason": "It spoke for me.\n@everyone see https://x.example"})
    assert sent.response.content.startswith("Reported to this server's moderators.")
    link = f"https://discord.com/channels/{tavern.guild.id}/{channel.id}/{post.id}"
    assert tavern.posts(hall) == [
        f"**Report** by <@{alice.id}>: {link}\n> It spoke for me.\n> @everyone see https\\://x.example"
    ]
    asked = [entry.json for entry in tavern.sent() if entry.path == f"/channels/{hall.id}/messages"]
    assert [each["allowed_mentions"] for each in asked] == [{"parse": []}]
    rows = [
        row
        for (table,) in await tavern.database.read("SELECT name FROM sqlite_schema WHERE type = 'table'")
        for row in await tavern.database.read(f"SELECT * FROM {table}")
    ]
    assert not [row for row in rows if "spoke for me" in str(tuple(row))]
    for _ in range(3):
        form = await alice.click(more.response, label="Report")
        sent = await alice.submit_modal(form, {"reason": "Again."})
    assert sent.response.content.startswith("You've sent several reports.")
    assert len(tavern.posts(hall)) == 3


async def test_talk_obeys_slow_mode_and_moderators_do_not_wait(tavern: Tavern) -> None:
    channel, alice = tavern.bound, tavern.people["Alice"]
    await tavern.bot.http.edit_channel(channel.id, rate_limit_per_user=600)
    await tavern.quiet()
    for who in (alice, tavern.moderator):
        await who.slash(channel, "talk", text="Good evening.")
        used = await who.slash(channel, "talk", text="Anybody here?")
        waits = "Slow mode is on in this channel." in used.response.content
        assert (waits, used.ephemeral) == (who is alice, who is alice)
    await tavern.say("Bob", "It rains.")  # a message counts for the command after it
    used = await tavern.people["Bob"].slash(channel, "talk", text="Still.")
    assert "Slow mode is on" in used.response.content


async def test_the_log_tells_of_the_models_moderation_and_of_who_meets_it_again_and_again(
    tavern: Tavern, m2her: M2her
) -> None:
    hall, channel = tavern.guild.create_text_channel("mods"), tavern.bound
    await set_for(tavern, "log", str(hall.id))
    links = []
    for number in range(3):
        m2her.say(Error(1026))
        asked = await tavern.say("Alice", f"{tavern.mention} secret word {number}")
        links.append(f"https://discord.com/channels/{tavern.guild.id}/{channel.id}/{asked.id}")
    await tavern.quiet()
    who = f"<@{tavern.people['Alice'].id}>"
    refused = "The AI model's moderation refused what {} asked for: {}"
    often = f"The AI model's moderation refused what {who} asked for, 3 times within a day: {links[2]}"
    told = [line for text in tavern.posts(hall) for line in text.splitlines()]
    assert told == [refused.format(who, links[0]), refused.format(who, links[1]), often]


async def test_a_report_reaches_somebody_if_anybody_can_be_reached_and_counts_only_then(
    m2her: M2her, tmp_path: Path
) -> None:
    admins: list[int] = []
    async with open_tavern(m2her, tmp_path, admin_channel=lambda: admins[0] if admins else None) as tavern:
        alice, channel = tavern.people["Alice"], tavern.bound
        hall, silent = tavern.guild.create_text_channel("mods"), tavern.silent_channel("silent")
        hosts = tavern.guild.create_text_channel("hosts")
        await tavern.say("Alice", f"{tavern.mention} hello!")
        more = await alice.click(tavern.last_post(channel), label="⋯ More")

        async def report(reason: str) -> tuple[str, str]:
            """Report; return who the form says will read it, and what the person is told."""
            form = await alice.click(more.response, label="Report")
            (label,) = form.modal["components"]
            sent = await alice.submit_modal(form, {"reason": reason})
            return label["description"], sent.response.content

        await set_for(tavern, "reports", str(silent.id))
        failed = "Nobody could be reached, so your report wasn't sent and doesn't count. Tell a moderator instead. You wrote:"
        moderators = "This server's moderators will see your name, the reply and what you write here."
        for _ in range(4):  # more than anybody may send
            assert await report("Nobody hears.") == (moderators, failed)
        await set_for(tavern, "log", str(hall.id))
        told = "Reported to this server's moderators. They see your name and what you wrote. To cover the reply for everybody, use Not this."
        assert await report("In the log.") == (moderators, told)
        assert [post.splitlines()[1:] for post in tavern.posts(hall)] == [["> In the log."]]
        await set_for(tavern, "log", str(silent.id))
        admins.append(hosts.id)
        either = (
            "This server's moderators, or else the bot's owner, will see your name, the reply and your words."
        )
        hosts_told = "Reported to the bot's owner, who sees your name and what you wrote. To cover the reply for everybody, use Not this."
        assert await report("To the host.") == (either, hosts_told)
        assert [post.splitlines()[1:] for post in tavern.posts(hosts)] == [["> To the host."]]
        assert len(either) <= 100  # characters that Discord takes there


def lines_in(tavern: Tavern, channel: Any) -> list[str]:
    return [line for text in tavern.posts(channel) for line in text.splitlines()]


async def test_the_log_tells_of_what_admins_choose_and_where_it_holds(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", manage_guild=True, manage_channels=True)
    hall, mods, here = (tavern.guild.create_text_channel(name) for name in ("hall", "mods", "here"))
    await set_for(tavern, "log", str(hall.id))
    shown = await open_panel(ada, here, "channel")
    await shown.choose("respond", "always")
    await shown.page("limits")
    form = await ada.click(shown.used.response, label="Change limits …")
    await ada.submit_modal(form, {"channel": "5k tokens a day"})
    await shown.page("moderation")
    page, player = shown.used.response, tavern.guild.create_role("Player")
    await tavern.forge(ada, page, "rp:roles:channel:play_roles", str(player.id), menu=ROLE_SELECT)
    shown = await open_panel(ada, here, "server")
    await shown.choose("respond", "name")
    await shown.page("rules")
    form = await ada.click(shown.used.response, custom_id="rp:rules:server")
    (field,) = [label["component"]["custom_id"] for label in form.modal["components"]]
    await ada.submit_modal(form, {field: "The secret word."})
    await ada.slash(here, "persona use", persona="isolde", where="server")
    paused = await ada.slash(here, "dramatis pause")
    await ada.click(paused.response, label="Resume")
    paused = await ada.slash(here, "dramatis pause", where="channel")
    await ada.click(paused.response, label="Resume")
    await shown.page("moderation")
    page = shown.used.response
    await tavern.forge(ada, page, "rp:log:reports", str(mods.id), menu=CHANNEL_SELECT)
    await tavern.quiet()
    await tavern.forge(ada, page, "rp:log:log", str(mods.id), menu=CHANNEL_SELECT)
    await tavern.quiet()
    who, at = f"<@{ada.id}>", f"<#{here.id}>"
    assert lines_in(tavern, hall) == [
        f"{who} changed the setting `respond` of {at}",
        f"{who} changed the limits of {at}",
        f"{who} changed who may play in {at}",
        f"{who} changed the setting `respond` of the whole server, from {at}",
        f"{who} changed the table rules of the whole server, from {at}",
        f"{who} changed who plays for the whole server, from {at}",
        f"{who} paused the bot on the whole server, from {at}",
        f"{who} resumed the bot on the whole server, from {at}",
        f"{who} paused the bot in {at}",
        f"{who} resumed the bot in {at}",
        f"{who} changed where reports go, from {at}",
        f"{who} chose <#{mods.id}> for this log, from {at}",
    ]
    assert lines_in(tavern, mods) == [f"{who} chose <#{mods.id}> for this log, from {at}"]


async def test_another_variant_of_a_reply_to_others_and_a_line_deleted_for_good_are_told(
    tavern: Tavern,
) -> None:
    hall, alice, mod = tavern.guild.create_text_channel("hall"), tavern.people["Alice"], tavern.moderator
    await set_for(tavern, "log", str(hall.id))
    await tavern.say("Alice", f"{tavern.mention} hello!")
    post = tavern.last_post(tavern.bound)
    await alice.click(post, label="↻ Again")
    turn = (await tavern.turns(tavern.bound))[-1].id
    await tavern.forge(alice, post, f"rp:back:{turn}")  # a reply to herself
    await mod.send(tavern.bound, f"{tavern.mention} well?")
    await tavern.forge(mod, post, f"rp:next:{turn}")
    await alice.slash(tavern.elsewhere, "talk", text="A secret.", persona="isolde")
    (line,) = [each for each in tavern.elsewhere.history() if "A secret." in each.content]
    await alice.context_menu(tavern.elsewhere, "Remove from story", line)
    await tavern.quiet()
    place = f"https://discord.com/channels/{tavern.guild.id}"
    assert lines_in(tavern, hall) == [
        f"<@{mod.id}> showed another version of a reply to someone else: {place}/{tavern.bound.id}/{post.id}",
        f"<@{alice.id}> removed something from the story: {place}/{tavern.elsewhere.id}/{line.id}",
    ]
