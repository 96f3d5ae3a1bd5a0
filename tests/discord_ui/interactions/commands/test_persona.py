"""`/persona`: which persona plays where, and the cast as admins see it."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.core.posts.pages import utf16_length
from bot.story.places.rules import ChannelRule
from tests.discord_ui.interactions.commands.panels import (
    BUTTON,
    ISOLDE_IS,
    MARLOW_IS,
    PLAYS_HERE,
    TEXT,
    attached,
    blocks,
    by_mention,
    by_name,
    card,
    labels,
    menus,
    parts,
    pictures,
    said,
)
from tests.standins.m2her import M2her
from tests.tavern import ISOLDE, MARLOW, RULES, Tavern, open_tavern, read

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture of one pixel."""

VESPER = "name: Vesper\ndescription: For adults.\nnsfw: true\n"

NO_PERSONA = (
    "No persona is set for this channel. Someone with Manage Channels can choose one with `/persona use`."
)
NO_SUCH = "There's no such persona. Choose one from the list that appears while you type."
ADULTS = (
    "Vesper is for age-restricted channels only. Choose another persona, or use an age-restricted channel."
)

RECORDING = (
    "-# Messages in this channel are saved, so that Isolde remembers them. For each reply, the latest ones "
    "are sent to MiniMax. Use `/help` to learn more."
)
BOUND = card("Isolde", ISOLDE_IS, by_name("Isolde"), RECORDING, above=PLAYS_HERE)


@pytest.fixture
def keeper(tavern: Tavern) -> Any:
    """Somebody with Manage Channels and nothing more."""
    return tavern.staff("Kay", manage_channels=True)


@pytest.fixture
def ada(tavern: Tavern) -> Any:
    """Somebody with Manage Channels and Manage Server."""
    return tavern.staff("Ada", manage_channels=True, manage_guild=True)


async def answerer(tavern: Tavern, channel: Any) -> str | None:
    """Who answers a mention; None says that no persona is set."""
    before = len(tavern.m2her.requests)
    await tavern.say("Alice", f"{tavern.mention} well?", channel)
    if len(tavern.m2her.requests) == before:
        assert tavern.last_post(channel).content == NO_PERSONA
        return None
    return tavern.prompt[0][1]


async def recorded(tavern: Tavern, channel: Any) -> bool:
    """Whether what people say among themselves is stored."""
    await tavern.say("Bob", "Rain again.", channel)
    return ("Bob", "Rain again.") in await tavern.remembered(channel)


# --- use, for a channel -----------------------------------------------------------------------------


async def test_use_gives_the_channel_to_a_persona_for_all_to_see(tavern: Tavern, keeper: Any) -> None:
    used = await keeper.slash(tavern.elsewhere, "persona use", persona="isolde")
    assert not used.ephemeral
    assert read(used.response) == BOUND
    assert await answerer(tavern, tavern.elsewhere) == "Isolde"
    assert await recorded(tavern, tavern.elsewhere)
    before = len(tavern.m2her.requests)
    await tavern.say("Alice", "Isolde, are you there?", tavern.elsewhere)
    assert len(tavern.m2her.requests) == before + 1


async def test_a_channel_is_told_once_what_is_stored(tavern: Tavern, keeper: Any, m2her: M2her) -> None:
    await keeper.slash(tavern.elsewhere, "persona use", persona="isolde")
    m2her.say("Yes?")
    await tavern.say("Alice", "Isolde?", tavern.elsewhere)
    await keeper.slash(tavern.elsewhere, "persona use", persona="marlow")
    assert tavern.posts(tavern.elsewhere) == [
        BOUND,
        "Yes?",
        card("Marlow", MARLOW_IS, by_name("Marlow"), above=PLAYS_HERE),
    ]


@pytest.mark.parametrize(
    ("respond", "sentence"),
    [
        ("mention", "-# @mention the bot or reply to Isolde"),
        ("name", "-# Say Isolde's name, reply or @mention the bot"),
        ("always", "-# Isolde replies to every message"),
        ("never", "-# Isolde replies only to `/talk`"),
    ],
)
async def test_use_says_what_is_answered(tavern: Tavern, ada: Any, respond: str, sentence: str) -> None:
    panel = await ada.slash(tavern.elsewhere, "dramatis settings")
    await ada.select(panel.response, [respond], custom_id="rp:set:channel:respond")
    used = await ada.slash(tavern.elsewhere, "persona use", persona="isolde")
    how = f"{sentence} · `*actions*` · `((out of character))`"
    assert read(used.response) == card("Isolde", ISOLDE_IS, how, RECORDING, above=PLAYS_HERE)


async def test_without_the_message_content_intent_use_does_not_promise_that_names_are_heard(
    m2her: M2her, tmp_path: Path
) -> None:
    async with open_tavern(m2her, tmp_path, message_content=False) as tavern:
        kay = tavern.staff("Kay", manage_channels=True)
        used = await kay.slash(tavern.elsewhere, "persona use", persona="isolde")
        how = by_mention("Isolde")
        assert read(used.response) == card("Isolde", ISOLDE_IS, how, RECORDING, above=PLAYS_HERE)


@pytest.mark.parametrize(
    ("right", "line"),
    [
        ("view_channel", "⚠ View Channel: the bot can't read messages here, but `/talk` works"),
        ("send_messages", "⚠ Send Messages: the bot can't reply here, but `/talk` works"),
    ],
)
async def test_use_promises_no_answer_where_the_bot_cannot_give_one(
    tavern: Tavern, keeper: Any, right: str, line: str
) -> None:
    without = discord.PermissionOverwrite(**{right: False})
    dock = tavern.guild.create_text_channel("dock", overwrites={tavern.bot.user: without})
    used = await keeper.slash(dock, "persona use", persona="isolde")
    assert said(used)[-3:] == [
        "-# Isolde replies only to `/talk` · `*actions*` · `((out of character))`",
        line,
        RECORDING,
    ]


async def test_a_name_is_no_markup(m2her: M2her, tmp_path: Path) -> None:
    cast = {"star": "name: '**Star** @everyone'\ndescription: A performer.\n", "marlow": MARLOW}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        kay = tavern.staff("Kay", manage_channels=True)
        used = await kay.slash(tavern.elsewhere, "persona use", persona="star")
        star = r"\*\*Star\*\* @everyone"
        assert said(used)[1] == f"### {star}"
        assert said(used)[4] == by_name(star)
        assert not used.response.message.mention_everyone


async def test_threads_of_the_channel_follow_it_and_can_have_their_own(tavern: Tavern, keeper: Any) -> None:
    thread = tavern.thread(tavern.elsewhere, "cellar")
    await keeper.slash(tavern.elsewhere, "persona use", persona="isolde")
    assert await answerer(tavern, thread) == "Isolde"
    assert await recorded(tavern, thread)
    used = await keeper.slash(thread, "persona use", persona="marlow")
    assert said(used)[:2] == [PLAYS_HERE, "### Marlow"]
    assert await answerer(tavern, thread) == "Marlow"
    assert await answerer(tavern, tavern.elsewhere) == "Isolde"


async def test_a_thread_with_a_persona_of_its_own_records_itself_and_not_its_channel(
    tavern: Tavern, keeper: Any
) -> None:
    thread = tavern.thread(tavern.elsewhere, "cellar")
    used = await keeper.slash(thread, "persona use", persona="isolde")
    assert read(used.response) == BOUND
    assert await recorded(tavern, thread)
    assert not await recorded(tavern, tavern.elsewhere)


async def test_the_running_scene_follows(tavern: Tavern, keeper: Any) -> None:
    await keeper.slash(tavern.elsewhere, "scene new", title="The map", persona="isolde")
    assert await answerer(tavern, tavern.elsewhere) == "Isolde"
    await keeper.slash(tavern.elsewhere, "persona use", persona="marlow")
    assert await answerer(tavern, tavern.elsewhere) == "Marlow"
    assert tavern.prompt[2][:2] == ("group", "The map")


@pytest.mark.parametrize("typed", ["isolde", "Isolde", " ISOLDE "])
async def test_a_persona_is_found_by_key_or_name(tavern: Tavern, keeper: Any, typed: str) -> None:
    used = await keeper.slash(tavern.elsewhere, "persona use", persona=typed)
    assert read(used.response) == BOUND


@pytest.mark.parametrize("typed", ["nobody", "", "../marlow", "*inherit", "`@everyone`"])
async def test_an_unknown_persona_changes_nothing(tavern: Tavern, keeper: Any, typed: str) -> None:
    used = await keeper.slash(tavern.elsewhere, "persona use", persona=typed)
    assert (used.ephemeral, used.response.content) == (True, NO_SUCH)
    assert await answerer(tavern, tavern.elsewhere) == "Marlow"
    assert not await recorded(tavern, tavern.elsewhere)


@pytest.mark.parametrize("command", ["persona use", "persona clear"])
@pytest.mark.parametrize("in_thread", [False, True])
async def test_a_channel_that_the_host_has_fixed_names_the_key(
    tavern: Tavern, keeper: Any, command: str, in_thread: bool
) -> None:
    place = tavern.thread(tavern.bound, "cellar") if in_thread else tavern.bound
    options = {"persona": "isolde"} if command == "persona use" else {}
    used = await keeper.slash(place, command, **options)
    assert (used.ephemeral, used.response.content) == (
        True,
        f"Only the bot's owner can change the persona here: it's set as `channels.{tavern.bound.id}.persona` in config.yaml.",
    )
    del tavern.channels[tavern.bound.id]
    assert await answerer(tavern, place) == "Marlow"  # the default: nothing was kept


async def test_a_channel_without_a_persona_fixed_by_the_host_can_be_given_one(
    tavern: Tavern, keeper: Any
) -> None:
    tavern.channels[tavern.elsewhere.id] = ChannelRule(None)
    used = await keeper.slash(tavern.elsewhere, "persona use", persona="isolde")
    assert read(used.response) == BOUND
    assert await answerer(tavern, tavern.elsewhere) == "Isolde"


# --- use, for a forum -------------------------------------------------------------------------------


def post_in(tavern: Tavern, forum: Any, title: str) -> Any:
    """Let Alice open a post in a forum."""
    tavern.env.backend.create_thread(forum.id, title, tavern.people["Alice"].id)
    return forum.threads[-1]


async def test_a_forum_gives_its_posts_to_the_persona_from_any_channel_and_each_is_told(
    tavern: Tavern, keeper: Any, m2her: M2her
) -> None:
    forum = tavern.guild.create_forum_channel("tales")
    used = await keeper.slash(tavern.bound, "persona use", persona="isolde", forum=forum)
    assert (used.ephemeral, used.response.content) == (
        True,
        (
            f"**Isolde** is now the persona of every post in <#{forum.id}> that doesn't have its own. Each "
            "post shows Isolde's card before the first reply, and says once that messages are saved."
        ),
    )
    assert await answerer(tavern, tavern.bound) == "Marlow"
    for title in ("The flood", "The map"):
        post = post_in(tavern, forum, title)
        await tavern.say("Bob", "Rain again.", post)
        assert RECORDING.removeprefix("-# ") in "\n".join(tavern.posts(post))
        assert ("Bob", "Rain again.") in await tavern.remembered(post)
        assert await answerer(tavern, post) == "Isolde"


async def test_a_forum_is_cleared_the_same_way_and_a_posts_own_persona_stays(
    tavern: Tavern, keeper: Any
) -> None:
    forum = tavern.guild.create_forum_channel("tales")
    flood, map_ = post_in(tavern, forum, "The flood"), post_in(tavern, forum, "The map")
    await keeper.slash(map_, "persona use", persona="isolde")
    used = await keeper.slash(tavern.bound, "persona clear", forum=forum)
    assert (used.ephemeral, used.response.content) == (
        True,
        f"The posts in <#{forum.id}> don't have a persona anymore, except those with their own.",
    )
    assert (await answerer(tavern, flood), await answerer(tavern, map_)) == (None, "Isolde")


@pytest.mark.parametrize("command", ["persona use", "persona clear"])
async def test_a_forum_takes_manage_channels_in_the_forum_itself(tavern: Tavern, command: str) -> None:
    carol = tavern.people["Carol"]
    manages = discord.PermissionOverwrite(manage_channels=True)
    hers = tavern.guild.create_text_channel("hers", overwrites={carol: manages})
    forum = tavern.guild.create_forum_channel("tales")
    options = {"persona": "isolde"} if command == "persona use" else {}
    used = await carol.slash(hers, command, forum=forum, **options)
    assert (used.ephemeral, used.response.content) == (
        True,
        "You need the Manage Channels permission in the forum to do that.",
    )
    assert await answerer(tavern, post_in(tavern, forum, "The flood")) == "Marlow"


async def test_a_forum_and_another_where_are_two_things(tavern: Tavern, ada: Any) -> None:
    forum = tavern.guild.create_forum_channel("tales")
    used = await ada.slash(tavern.bound, "persona use", persona="isolde", where="server", forum=forum)
    assert (used.ephemeral, used.response.content) == (
        True,
        "`forum` and `where` can't be used together. Choose only one.",
    )
    assert await answerer(tavern, tavern.elsewhere) == "Marlow"


async def test_a_forum_that_the_host_has_fixed_names_the_key(tavern: Tavern, keeper: Any) -> None:
    forum = tavern.guild.create_forum_channel("tales")
    tavern.channels[forum.id] = ChannelRule(("marlow",))
    used = await keeper.slash(tavern.elsewhere, "persona use", persona="isolde", forum=forum)
    assert (used.ephemeral, used.response.content) == (
        True,
        f"Only the bot's owner can change the persona here: it's set as `channels.{forum.id}.persona` in config.yaml.",
    )


# --- use, for more than a channel -------------------------------------------------------------------


async def test_a_category_gives_all_its_channels_to_the_persona(
    tavern: Tavern, keeper: Any, m2her: M2her
) -> None:
    harbour = tavern.guild.create_category("Harbour")
    inn, quay = (tavern.guild.create_text_channel(name, category=harbour) for name in ("inn", "quay"))
    used = await keeper.slash(inn, "persona use", persona="isolde", where="category")
    assert (used.ephemeral, used.response.content) == (
        True,
        (
            "**Isolde** is now the persona of every channel in this category that doesn't have its own. Each "
            "channel sees Isolde's card before the first reply, and is told once that messages are saved."
        ),
    )
    for channel in (inn, quay, tavern.thread(quay, "crates")):
        assert await recorded(tavern, channel)
        assert await answerer(tavern, channel) == "Isolde"
    assert await answerer(tavern, tavern.elsewhere) == "Marlow"
    assert not await recorded(tavern, tavern.elsewhere)


async def test_each_channel_of_a_category_is_told_once_beneath_its_first_answer(
    tavern: Tavern, keeper: Any, m2her: M2her
) -> None:
    harbour = tavern.guild.create_category("Harbour")
    inn, quay = (tavern.guild.create_text_channel(name, category=harbour) for name in ("inn", "quay"))
    await keeper.slash(inn, "persona use", persona="isolde", where="category")
    for channel in (inn, quay, inn):
        m2her.say("Yes?")
        await tavern.say("Alice", "Isolde?", channel)
    assert tavern.posts(inn)[-3:] == ["Yes?", RECORDING, "Yes?"]
    assert tavern.posts(quay) == ["Yes?", RECORDING]


async def test_a_channels_own_persona_goes_before_its_categorys(tavern: Tavern, keeper: Any) -> None:
    inn = tavern.guild.create_text_channel("inn", category=tavern.guild.create_category("Harbour"))
    await keeper.slash(inn, "persona use", persona="marlow")
    await keeper.slash(inn, "persona use", persona="isolde", where="category")
    assert await answerer(tavern, inn) == "Marlow"


async def test_a_persona_for_the_server_answers_everywhere_and_records_nowhere(
    tavern: Tavern, ada: Any
) -> None:
    street = tavern.guild.create_text_channel("street")
    used = await ada.slash(tavern.elsewhere, "persona use", persona="isolde", where="server")
    assert (used.ephemeral, used.response.content) == (
        True,
        (
            "**Isolde** now answers mentions on this server wherever no other persona is set. Each channel "
            "sees Isolde's card before the first reply. All messages are saved only in channels and categories that "
            "have their own persona."
        ),
    )
    for channel in (tavern.elsewhere, street):
        assert await answerer(tavern, channel) == "Isolde"
        assert not await recorded(tavern, channel)
        before = len(tavern.m2her.requests)
        await tavern.say("Alice", "Isolde, are you there?", channel)
        assert len(tavern.m2her.requests) == before
    assert await answerer(tavern, tavern.bound) == "Marlow"


async def test_a_persona_for_the_server_takes_no_running_scene_from_its_persona(
    tavern: Tavern, ada: Any
) -> None:
    await ada.slash(tavern.elsewhere, "scene new", persona="marlow")
    await ada.slash(tavern.elsewhere, "persona use", persona="isolde", where="server")
    assert await answerer(tavern, tavern.elsewhere) == "Marlow"


async def test_a_channel_in_no_category_says_so(tavern: Tavern, keeper: Any) -> None:
    for command, options in (("persona use", {"persona": "isolde"}), ("persona clear", {})):
        used = await keeper.slash(tavern.elsewhere, command, where="category", **options)
        assert (used.ephemeral, used.response.content) == (
            True,
            "This channel isn't in a category. Choose another place, or leave it empty for this channel.",
        )


# --- who may ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "options"), [("persona use", {"persona": "isolde"}), ("persona clear", {})]
)
async def test_manage_channels_in_a_channel_alone_does_not_reach_its_category(
    tavern: Tavern, command: str, options: dict[str, str]
) -> None:
    carol = tavern.people["Carol"]
    harbour = tavern.guild.create_category("Harbour")
    inn = tavern.guild.create_text_channel(
        "inn", category=harbour, overwrites={carol: discord.PermissionOverwrite(manage_channels=True)}
    )
    used = await carol.slash(inn, command, where="category", **options)
    assert (used.ephemeral, used.response.content) == (
        True,
        "You need the Manage Channels permission for the whole category to do that.",
    )
    assert await answerer(tavern, inn) == "Marlow"
    assert not await recorded(tavern, inn)
    assert not (
        await carol.slash(inn, "persona use", persona="isolde")
    ).ephemeral  # the channel itself is hers


@pytest.mark.parametrize(
    ("command", "options"), [("persona use", {"persona": "isolde"}), ("persona clear", {})]
)
async def test_the_server_takes_manage_server(
    tavern: Tavern, keeper: Any, command: str, options: dict[str, str]
) -> None:
    used = await keeper.slash(tavern.elsewhere, command, where="server", **options)
    assert (used.ephemeral, used.response.content) == (
        True,
        "You need the Manage Server permission here to do that.",
    )
    assert await answerer(tavern, tavern.elsewhere) == "Marlow"


# --- age-restricted personas ------------------------------------------------------------------------


@pytest.fixture
async def nightclub(m2her: M2her, tmp_path: Path) -> Any:
    """A server whose cast has a persona for adults."""
    cast = {"marlow": MARLOW, "isolde": ISOLDE, "vesper": VESPER}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        tavern.staff("Ada", manage_channels=True, manage_guild=True)
        yield tavern


@pytest.mark.parametrize("typed", ["vesper", "Vesper"])
async def test_a_persona_for_adults_is_refused_in_an_ordinary_channel(nightclub: Tavern, typed: str) -> None:
    used = await nightclub.people["Ada"].slash(nightclub.elsewhere, "persona use", persona=typed)
    assert (used.ephemeral, used.response.content) == (True, ADULTS)
    assert await answerer(nightclub, nightclub.elsewhere) == "Marlow"


async def test_a_persona_for_adults_plays_in_an_age_restricted_channel_and_its_threads(
    nightclub: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightclub.restrict(nightclub.elsewhere, monkeypatch)
    thread = nightclub.thread(nightclub.elsewhere, "booth")
    for place in (nightclub.elsewhere, thread):
        await nightclub.people["Ada"].slash(place, "persona use", persona="vesper")
        assert await answerer(nightclub, place) == "Vesper"


@pytest.mark.parametrize("where", ["category", "server"])
async def test_a_persona_for_adults_is_given_no_category_or_server_not_even_from_an_age_restricted_channel(
    nightclub: Tavern, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    club = nightclub.guild.create_text_channel("club", category=nightclub.guild.create_category("Night"))
    nightclub.restrict(club, monkeypatch)
    used = await nightclub.people["Ada"].slash(club, "persona use", persona="vesper", where=where)
    assert (used.ephemeral, used.response.content) == (True, ADULTS)
    assert await answerer(nightclub, club) == "Marlow"


async def test_a_persona_for_adults_is_offered_in_age_restricted_channels_only(
    nightclub: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = nightclub.people["Ada"]
    assert await ada.autocomplete(nightclub.elsewhere, "persona use", "persona", "ve") == []
    nightclub.restrict(nightclub.elsewhere, monkeypatch)
    offered = await ada.autocomplete(nightclub.elsewhere, "persona use", "persona", "ve")
    assert [choice["value"] for choice in offered] == ["vesper"]


# --- clear ------------------------------------------------------------------------------------------


async def test_clear_leaves_a_channel_to_nobody_and_records_nothing_more(tavern: Tavern, keeper: Any) -> None:
    await keeper.slash(tavern.elsewhere, "persona use", persona="isolde")
    await tavern.say("Bob", "Dry at last.", tavern.elsewhere)
    used = await keeper.slash(tavern.elsewhere, "persona clear")
    assert (used.ephemeral, used.response.content) == (
        True,
        "This channel doesn't have a persona anymore. What was saved stays saved. Use `/persona use` to choose another one.",
    )
    assert await answerer(tavern, tavern.elsewhere) is None
    assert not await recorded(tavern, tavern.elsewhere)
    assert await tavern.remembered(tavern.elsewhere) == [("Bob", "Dry at last.")]
    await keeper.slash(tavern.elsewhere, "persona use", persona="isolde")
    assert await answerer(tavern, tavern.elsewhere) == "Isolde"
    assert tavern.heard == [("Bob", "Dry at last."), ("Alice", "well?")]


async def test_clear_leaves_a_category_to_nobody_but_for_channels_with_a_persona_of_their_own(
    tavern: Tavern, keeper: Any
) -> None:
    harbour = tavern.guild.create_category("Harbour")
    inn, quay = (tavern.guild.create_text_channel(name, category=harbour) for name in ("inn", "quay"))
    await keeper.slash(quay, "persona use", persona="isolde")
    used = await keeper.slash(inn, "persona clear", where="category")
    assert (used.ephemeral, used.response.content) == (
        True,
        "This category doesn't have a persona anymore, except in channels with their own.",
    )
    found = [await answerer(tavern, channel) for channel in (inn, quay, tavern.elsewhere)]
    assert found == [None, "Isolde", "Marlow"]


async def test_clear_leaves_a_server_to_nobody_but_for_channels_and_categories_with_a_persona_of_their_own(
    tavern: Tavern, ada: Any
) -> None:
    inn = tavern.guild.create_text_channel("inn", category=tavern.guild.create_category("Harbour"))
    await ada.slash(inn, "persona use", persona="isolde", where="category")
    used = await ada.slash(tavern.elsewhere, "persona clear", where="server")
    assert (used.ephemeral, used.response.content) == (
        True,
        "This server doesn't have a persona anymore, except in channels and categories with their own.",
    )
    found = [await answerer(tavern, channel) for channel in (inn, tavern.bound, tavern.elsewhere)]
    assert found == ["Isolde", "Marlow", None]


async def test_clear_ends_a_running_scenes_own_persona_too(tavern: Tavern, keeper: Any) -> None:
    await keeper.slash(tavern.elsewhere, "scene new", persona="isolde")
    await keeper.slash(tavern.elsewhere, "persona clear")
    assert await answerer(tavern, tavern.elsewhere) is None


async def test_who_plays_survives_a_restart(tavern: Tavern, ada: Any) -> None:
    await ada.slash(tavern.elsewhere, "persona use", persona="isolde")
    await ada.slash(tavern.elsewhere, "persona clear", where="server")
    await tavern.restart()
    street = tavern.guild.create_text_channel("street")
    assert [await answerer(tavern, channel) for channel in (tavern.elsewhere, street)] == ["Isolde", None]


# --- what is offered while somebody types -----------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "keys"),
    [("", ["isolde", "marlow"]), ("mar", ["marlow"]), ("OLD", ["isolde"]), (" is ", ["isolde"]), ("x", [])],
)
@pytest.mark.parametrize("command", ["persona use", "persona show"])
async def test_personas_are_offered_by_key_and_name(
    tavern: Tavern, ada: Any, command: str, typed: str, keys: list[str]
) -> None:
    offered = await ada.autocomplete(tavern.elsewhere, command, "persona", typed)
    assert sorted(choice["value"] for choice in offered) == keys
    names = {"isolde": "Isolde (isolde)", "marlow": "Marlow (marlow)"}
    assert all(choice["name"] == names[choice["value"]] for choice in offered)


async def test_no_more_are_offered_than_discord_takes(m2her: M2her, tmp_path: Path) -> None:
    long = "n" * 80
    cast = {f"{number:064}": f"name: {long}\ndescription: A crowd.\n" for number in range(30)}
    async with open_tavern(m2her, tmp_path, personas={"marlow": MARLOW, **cast}) as tavern:
        kay = tavern.staff("Kay", manage_channels=True)
        offered = await kay.autocomplete(tavern.elsewhere, "persona use", "persona", "nn")
        assert len(offered) == 25
        assert {len(choice["name"]) for choice in offered} == {100}
        used = await kay.slash(tavern.elsewhere, "persona use", persona=offered[-1]["value"])
        assert said(used)[1] == f"### {long}"


async def test_beside_a_persona_of_the_hosts_own_a_sample_is_not_offered_but_listed_and_played_by_its_key(
    m2her: M2her, tmp_path: Path
) -> None:
    cast = {"marlow": MARLOW + "tags: [sample]\n", "isolde": ISOLDE, "star": "name: Star\n"}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        ada = tavern.staff("Ada", manage_channels=True, manage_guild=True)
        for command in ("persona use", "persona show", "scene new"):
            offered = await ada.autocomplete(tavern.elsewhere, command, "persona", "")
            assert [choice["value"] for choice in offered] == ["isolde", "star"]
        listed = await ada.slash(tavern.elsewhere, "persona list")
        assert "### Marlow" in said(listed)
        used = await ada.slash(tavern.elsewhere, "persona use", persona="marlow")
        assert said(used)[1] == "### Marlow"


async def test_samples_are_offered_while_there_is_nobody_else(m2her: M2her, tmp_path: Path) -> None:
    cast = {key: f"name: {key.title()}\ntags: [sample]\n" for key in ("isolde", "marlow")}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        kay = tavern.staff("Kay", manage_channels=True)
        offered = await kay.autocomplete(tavern.elsewhere, "persona use", "persona", "")
        assert [choice["value"] for choice in offered] == ["isolde", "marlow"]


# --- list and show ----------------------------------------------------------------------------------


async def test_list_shows_cards_with_who_plays_here_the_default_and_tags(
    m2her: M2her, tmp_path: Path
) -> None:
    cast = {
        "marlow": MARLOW,
        "isolde": ISOLDE + "tags: [maps, calm]\navatar: https://pictures.example.com/isolde.png\n",
        "vesper": VESPER + "tags: [night]\navatar: https://pictures.example.com/vesper.png\n",
        "star": "name: '*Star*'\ndescription: ''\n",
    }
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        ada = tavern.staff("Ada", manage_channels=True, manage_guild=True)
        await ada.slash(tavern.elsewhere, "persona use", persona="isolde")
        used = await ada.slash(tavern.elsewhere, "persona list")
        assert used.ephemeral
        assert blocks(used) == [
            ["## Personas: 4"],
            [
                "### Isolde",
                "Isolde is a cartographer who draws places that are not there yet.",
                "-# `isolde` · plays here · maps, calm",
                f"-# Plays in <#{tavern.elsewhere.id}>",
            ],
            [
                "### Marlow",
                "Marlow keeps the Drowned Bell, a harbour tavern.",
                "-# `marlow` · default",
                f"-# Plays in <#{tavern.bound.id}>",
            ],
            [r"### \*Star\*", "-# `star`"],
            # This channel is for everyone: of a persona for adults it sees the name.
            ["### Vesper", "-# `vesper` · age-restricted"],
        ]
        assert pictures(used) == [("https://pictures.example.com/isolde.png", "Picture of Isolde")]
        assert [part["custom_id"] for part in parts(used) if part["type"] == BUTTON] == [
            "rp:play:list:marlow",
            "rp:play:list:star",
        ]


async def test_a_persona_for_adults_has_its_whole_card_where_its_channel_is(
    nightclub: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightclub.restrict(nightclub.elsewhere, monkeypatch)
    used = await nightclub.people["Ada"].slash(nightclub.elsewhere, "persona list")
    assert blocks(used)[-1] == ["### Vesper", "For adults.", "-# `vesper` · age-restricted"]
    assert "rp:play:list:vesper" in [part.get("custom_id") for part in parts(used)]


@pytest.mark.parametrize("picture", ["", "avatar: https://pictures.example.com/isolde.png\n"])
async def test_play_here_gives_the_channel_to_the_persona_and_tells_it(
    m2her: M2her, tmp_path: Path, picture: str
) -> None:
    cast = {"marlow": MARLOW, "isolde": ISOLDE + picture}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        ada = tavern.staff("Ada", manage_channels=True, manage_guild=True)
        listed = await ada.slash(tavern.elsewhere, "persona list")
        used = await ada.click(listed.response, custom_id="rp:play:list:isolde")
        assert tavern.posts(tavern.elsewhere) == [BOUND]
        assert not used.followups[0].ephemeral
        assert blocks(listed)[1][-2:] == ["-# `isolde` · plays here", f"-# Plays in <#{tavern.elsewhere.id}>"]
        assert listed.response.flags.components_v2
        assert [part["custom_id"] for part in parts(listed) if part["type"] == BUTTON] == [
            "rp:play:list:marlow"
        ]
        assert await answerer(tavern, tavern.elsewhere) == "Isolde"


async def test_play_here_on_one_card_leaves_what_can_be_done_with_it(tavern: Tavern, ada: Any) -> None:
    shown = await ada.slash(tavern.elsewhere, "persona show", persona="isolde")
    assert labels(shown) == ["Play here", "Try", "Edit", "Download"]
    await ada.click(shown.response, label="Play here")
    assert said(shown)[-2:] == ["-# `isolde` · plays here", f"-# Plays in <#{tavern.elsewhere.id}>"]
    assert labels(shown) == ["Try", "Edit", "Download"]
    assert await answerer(tavern, tavern.elsewhere) == "Isolde"


def warden(tavern: Tavern) -> Any:
    """Somebody with Manage Server and nothing more, on a server that shows /persona to everybody."""
    command = tavern.env.backend.find_command("persona", tavern.guild.id, type=1)
    tavern.guild.set_command_permissions(int(command["id"]), {tavern.guild.default_role: True})
    return tavern.staff("Gil", manage_guild=True)


async def test_play_here_is_not_offered_where_it_would_be_refused(tavern: Tavern, ada: Any) -> None:
    gil = warden(tavern)
    assert labels(await gil.slash(tavern.elsewhere, "persona list")) == []
    assert labels(await ada.slash(tavern.bound, "persona list")) == []  # the host has fixed it


async def test_play_here_of_a_card_that_is_out_of_date_is_refused(tavern: Tavern, ada: Any) -> None:
    listed = await ada.slash(tavern.elsewhere, "persona list")
    before = said(listed)
    tavern.channels[tavern.elsewhere.id] = ChannelRule(("marlow",))
    used = await ada.click(listed.response, custom_id="rp:play:list:isolde")
    assert (used.ephemeral, used.response.content) == (
        True,
        f"Only the bot's owner can change the persona here: it's set as `channels.{tavern.elsewhere.id}.persona` in config.yaml.",
    )
    del tavern.channels[tavern.elsewhere.id]
    (tavern.personas / "isolde.yaml").unlink()
    await tavern.restart()
    used = await ada.click(listed.response, custom_id="rp:play:list:isolde")
    assert (used.ephemeral, used.response.content) == (True, NO_SUCH)
    assert said(listed) == before
    assert tavern.posts(tavern.elsewhere) == []


async def test_list_names_who_plays_here_and_has_no_file_any_more(tavern: Tavern, ada: Any) -> None:
    await ada.slash(tavern.elsewhere, "persona use", persona="isolde")
    (tavern.personas / "isolde.yaml").unlink()
    await tavern.restart()
    used = await ada.slash(tavern.elsewhere, "persona list")
    assert blocks(used)[0] == [
        "## Personas: 1",
        "⚠ `isolde` is set here, but its file is gone. Use `/persona use` to choose another persona.",
    ]
    used = await ada.slash(tavern.bound, "persona list")
    assert "isolde" not in "".join(said(used))


async def test_list_without_a_default_and_with_nobody_here_marks_nobody(m2her: M2her, tmp_path: Path) -> None:
    async with open_tavern(m2her, tmp_path, rules=replace(RULES, default_persona=None)) as tavern:
        ada = tavern.staff("Ada", manage_channels=True, manage_guild=True)
        used = await ada.slash(tavern.elsewhere, "persona list")
        assert [block[2] for block in blocks(used)[1:]] == ["-# `isolde`", "-# `marlow`"]


async def test_cards_say_what_a_persona_takes_and_where_it_plays(tavern: Tavern, ada: Any) -> None:
    rooms = [tavern.guild.create_text_channel(f"room{number}") for number in range(6)]
    for room in rooms:
        await ada.slash(room, "persona use", persona="isolde")
    await ada.slash(tavern.elsewhere, "persona use", persona="isolde", where="server")
    listed = await ada.slash(tavern.elsewhere, "persona list")
    lines = read(listed.response).splitlines()
    persona = tavern.story.casting.library.at(tavern.guild.id).get("isolde")
    assert persona is not None
    tokens = tavern.story.records.tryouts.tokens(persona)
    assert 300 < tokens < 1500
    assert f"-# `isolde` · plays here · {tokens} tokens" in lines
    rooms_named = ", ".join(f"<#{room.id}>" for room in rooms[:5])
    assert f"-# Plays in {rooms_named}, 1 more, the whole server" in lines


async def test_many_cards_have_pages(m2her: M2her, tmp_path: Path) -> None:
    cast = {f"p{number:02}": f"name: Somebody {number}\ndescription: One.\n" for number in range(12)}
    rules = replace(RULES, default_persona=None)
    async with open_tavern(m2her, tmp_path, rules=rules, personas=cast) as tavern:
        ada = warden(tavern)
        used = await ada.slash(tavern.elsewhere, "persona list")
        seen = []
        for page, turns in ((1, ["Next ▶"]), (2, ["◀ Back", "Next ▶"]), (3, ["◀ Back"])):
            assert blocks(used)[0] == ["## Personas: 12", f"-# Page {page} of 3"]
            assert labels(used) == turns
            seen += [line.removeprefix("### ") for line in said(used) if line.startswith("### ")]
            if page < 3:
                await ada.click(used.response, label="Next ▶")
        assert seen == [f"Somebody {number}" for number in range(12)]
        for each in cast:
            if each > "p03":
                (tavern.personas / f"{each}.yaml").unlink()
        await tavern.restart()
        await ada.click(used.response, label="◀ Back")  # to a page that there is no more
        assert (said(used)[0], labels(used)) == ("## Personas: 4", [])


@pytest.mark.parametrize("letter", ["n", "*", "🎭", "é", "字"])
async def test_the_fullest_page_is_one_that_discord_takes(m2her: M2her, tmp_path: Path, letter: str) -> None:
    picture = "avatar: https://pictures.example.com/a.png\n"
    text = f"name: '{letter * 80}'\ndescription: '{letter * 900}'\ntags: ['{letter * 300}']\n{picture}"
    cast = {f"{number:064}": text for number in range(15)} | {"marlow": MARLOW}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        ada = tavern.staff("Ada", manage_channels=True, manage_guild=True)
        broken = [tavern.personas / f"{number:064}.yaml" for number in range(15)]
        for path in broken:
            path.write_text(text + f"'{letter * 80}': 1\n" * 9, encoding="utf-8")
        tavern.bot.services.story.casting.library.reread(broken)  # type: ignore[attr-defined]
        used = await ada.slash(tavern.elsewhere, "persona list")
        await ada.click(used.response, label="Next ▶")
        assert labels(used) == [*["Play here"] * 5, "◀ Back", "Next ▶"]
        assert menus(used) == ["rp:open"]
        assert len(pictures(used)) == 5
        assert len(parts(used)) <= 40
        texts = [part["content"] for part in parts(used) if part["type"] == TEXT]
        assert sum(map(utf16_length, texts)) <= 4000
        assert all(len(alt) <= 256 for _, alt in pictures(used))
        shown = await ada.slash(tavern.elsewhere, "persona show", persona=f"{0:064}")
        assert said(shown)[0].startswith("### ")


async def test_a_picture_in_the_folder_is_shown_on_the_card_and_uploaded_once(
    tavern: Tavern, ada: Any
) -> None:
    (tavern.personas / "isolde.png").write_bytes(PNG)
    (tavern.personas / "isolde.yaml").write_text(ISOLDE + "avatar: isolde.png\n", encoding="utf-8")
    await tavern.restart()
    for _ in range(2):
        used = await ada.slash(tavern.elsewhere, "persona list")
        ((address, alt),) = pictures(used)
        assert "/emojis/" in address
        assert alt == "Picture of Isolde"
    made = [
        each for each in tavern.env.http_requests if each.path.endswith("/emojis") and each.method == "POST"
    ]
    assert len(made) == 1


async def test_a_picture_that_discord_does_not_take_is_left_out(tavern: Tavern, ada: Any) -> None:
    (tavern.personas / "isolde.png").write_bytes(PNG)
    (tavern.personas / "isolde.yaml").write_text(ISOLDE + "avatar: isolde.png\n", encoding="utf-8")
    tavern.env.inject_error("POST", "/applications/*/emojis", status=400, times=None)
    await tavern.restart()
    used = await ada.slash(tavern.elsewhere, "persona list")
    assert pictures(used) == []
    assert said(used)[1] == "### Isolde"


@pytest.mark.parametrize("typed", ["isolde", "Isolde"])
async def test_show_has_a_button_that_sends_the_file_as_it_is(tavern: Tavern, ada: Any, typed: str) -> None:
    file = tavern.personas / "isolde.yaml"
    file.write_text(f"# Notes of its writer: ``` @everyone\n{ISOLDE}", encoding="utf-8")
    await tavern.restart()
    used = await ada.slash(tavern.elsewhere, "persona show", persona=typed)
    assert used.ephemeral
    assert said(used) == [
        "### Isolde",
        "Isolde is a cartographer who draws places that are not there yet.",
        "-# `isolde`",
    ]
    sent = await ada.click(used.response, label="Download")
    assert sent.ephemeral
    assert await attached(sent) == ("isolde.yaml", f"# Notes of its writer: ``` @everyone\n{ISOLDE}")


async def test_show_of_a_whole_paragraph_and_of_no_more(tavern: Tavern, ada: Any) -> None:
    text = (
        "name: Isolde\ndescription: |\n  She maps. [She](https://evil.example)\n  waits.\n\n  The secret.\n"
    )
    (tavern.personas / "isolde.yaml").write_text(text, encoding="utf-8")
    await tavern.restart()
    used = await ada.slash(tavern.elsewhere, "persona show", persona="isolde")
    assert said(used)[1] == r"She maps. \[She](https\://evil.example) waits."


@pytest.mark.parametrize("key", ["ミラ", "käthe-2"])
async def test_a_file_has_the_name_of_its_key(tavern: Tavern, ada: Any, key: str) -> None:
    (tavern.personas / f"{key}.yaml").write_text("name: Mira\n", encoding="utf-8")
    await tavern.restart()
    used = await ada.slash(tavern.elsewhere, "persona show", persona=key)
    assert said(used) == ["### Mira", f"-# `{key}`"]
    sent = await ada.click(used.response, label="Download")
    assert (await attached(sent))[1] == "name: Mira\n"


@pytest.mark.parametrize("target", ["../.env", "/proc/self/environ", "/dev/zero"])
@pytest.mark.parametrize("before_start", [True, False])
async def test_show_of_a_link_out_of_the_folder_shows_nothing(
    tavern: Tavern, ada: Any, target: str, before_start: bool
) -> None:
    """With `../.env` in its place, anyone with Manage Server could read the token."""
    (tavern.personas.parent / ".env").write_text("DISCORD_TOKEN=secret")
    (tavern.personas / "isolde.yaml").unlink()
    (tavern.personas / "isolde.yaml").symlink_to(target)
    if before_start:
        await tavern.restart()
    shown = await ada.slash(tavern.elsewhere, "persona show", persona="isolde")
    for label in ("Download", *([] if before_start else ["Edit"])):
        used = await ada.click(shown.response, label=label)
        assert (used.ephemeral, used.response.content, used.response.attachments) == (
            True,
            "The file of `isolde` can't be read. Ask the bot's owner to check it.",
            [],
        )


async def test_show_of_a_file_that_is_gone_says_so(tavern: Tavern, ada: Any) -> None:
    (tavern.personas / "isolde.yaml").unlink()
    shown = await ada.slash(tavern.elsewhere, "persona show", persona="isolde")
    used = await ada.click(shown.response, label="Download")
    assert (used.ephemeral, used.response.content) == (
        True,
        "The file of `isolde` can't be read. Ask the bot's owner to check it.",
    )


async def test_show_of_nobody_says_so(tavern: Tavern, ada: Any) -> None:
    used = await ada.slash(tavern.elsewhere, "persona show", persona="hamlet")
    assert (used.ephemeral, used.response.content) == (True, NO_SUCH)


# --- files that do not load -------------------------------------------------------------------------


async def test_list_marks_what_does_not_load_and_says_why_and_show_the_same(tavern: Tavern, ada: Any) -> None:
    broken, new = tavern.personas / "isolde.yaml", tavern.personas / "vesper.yaml"
    broken.write_text("name: Isolde\nnmae: Typo\n", encoding="utf-8")
    new.write_text("name: [Vesper\n", encoding="utf-8")
    tavern.bot.services.story.casting.library.reread([broken, new])  # type: ignore[attr-defined]
    used = await ada.slash(tavern.elsewhere, "persona list")
    reason = "`isolde.yaml:2:1`: unknown key `nmae`, did you mean `name`?"
    assert blocks(used)[0] == ["## Personas: 2"]
    vesper, isolde, marlow = blocks(used)[1:]  # problems come first
    assert vesper[0] == "⚠ `vesper` can't be loaded:"
    assert vesper[1].startswith("`vesper.yaml:")
    assert isolde[0] == "### Isolde"
    assert isolde[2:] == [
        "-# `isolde`",
        f"⚠ Its file can't be loaded, so the last working version is used: {reason}",
    ]
    assert marlow[2] == "-# `marlow` · plays here · default"
    assert str(tavern.personas) not in "".join(said(used))  # where the host keeps them is the host's
    assert await answerer(tavern, tavern.elsewhere) == "Marlow"
    used = await ada.slash(tavern.elsewhere, "persona show", persona="isolde")
    assert said(used)[2:] == [
        "-# `isolde`",
        f"⚠ Its file can't be loaded, so the last working version is used: {reason}",
    ]
    sent = await ada.click(used.response, label="Download")
    assert await attached(sent) == ("isolde.yaml", "name: Isolde\nnmae: Typo\n")


async def test_a_file_s_name_forges_nothing_in_list_and_show(tavern: Tavern, ada: Any) -> None:
    new = tavern.personas / "ves`per\n\x1b[2J\u202e.yaml"
    new.write_text("name: Vesper\n", encoding="utf-8")
    tavern.bot.services.story.casting.library.reread([new])  # type: ignore[attr-defined]
    shown = r"ves'per\n\x1b[2J\u202e"
    used = await ada.slash(tavern.elsewhere, "persona list")
    lines = blocks(used)[1]
    assert lines[0] == f"⚠ `{shown}` can't be loaded:"
    assert lines[1].startswith(f"`{shown}.yaml`: the file's name can't be used as a persona's key")
    used = await ada.slash(tavern.elsewhere, "persona show", persona=new.stem)
    lines = said(used)
    assert lines[0] == f"⚠ `{shown}` can't be loaded:"
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert labels(used) == []


async def test_a_file_that_has_never_loaded_can_be_looked_at(tavern: Tavern, ada: Any) -> None:
    new = tavern.personas / "vesper.yaml"
    new.write_text("nmae: Vesper\n", encoding="utf-8")
    tavern.bot.services.story.casting.library.reread([new])  # type: ignore[attr-defined]
    used = await ada.slash(tavern.elsewhere, "persona show", persona="vesper")
    assert used.ephemeral
    lines = said(used)
    assert lines[0] == "⚠ `vesper` can't be loaded:"
    assert "`vesper.yaml:1:1`: unknown key `nmae`, did you mean `name`?" in lines
    assert labels(used) == ["Download"]
    assert await attached(await ada.click(used.response, label="Download")) == (
        "vesper.yaml",
        "nmae: Vesper\n",
    )
    used = await ada.slash(tavern.elsewhere, "persona use", persona="vesper")
    assert (used.ephemeral, used.response.content) == (True, NO_SUCH)
