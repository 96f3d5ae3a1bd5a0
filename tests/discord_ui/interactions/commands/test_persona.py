"""`/persona`: which persona plays where, and the cast as admins see it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.story.casting import ChannelRule
from tests.discord_ui.interactions.commands.panels import attached
from tests.standins.m2her import M2her
from tests.tavern import ISOLDE, MARLOW, RULES, Tavern, open_tavern

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
BOUND = f"**Isolde** is now this channel's persona. To get a reply, mention the bot, reply to Isolde or say the name.\n{RECORDING}"


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
    assert used.response.content == BOUND
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
        "**Marlow** is now this channel's persona. To get a reply, mention the bot, reply to Marlow or say the name.",
    ]


@pytest.mark.parametrize(
    ("respond", "sentence"),
    [
        (
            "mention",
            "**Isolde** is now this channel's persona. To get a reply, mention the bot or reply to Isolde.",
        ),
        (
            "name",
            "**Isolde** is now this channel's persona. To get a reply, mention the bot, reply to Isolde or say the name.",
        ),
        ("always", "**Isolde** is now this channel's persona and replies to every message."),
        ("never", "**Isolde** is now this channel's persona and replies only to `/talk`."),
    ],
)
async def test_use_says_what_is_answered(tavern: Tavern, ada: Any, respond: str, sentence: str) -> None:
    panel = await ada.slash(tavern.elsewhere, "dramatis settings")
    await ada.select(panel.response, [respond], custom_id="rp:set:channel:respond")
    used = await ada.slash(tavern.elsewhere, "persona use", persona="isolde")
    assert used.response.content == f"{sentence}\n{RECORDING}"


async def test_without_the_message_content_intent_use_does_not_promise_that_names_are_heard(
    m2her: M2her, tmp_path: Path
) -> None:
    async with open_tavern(m2her, tmp_path, message_content=False) as tavern:
        kay = tavern.staff("Kay", manage_channels=True)
        used = await kay.slash(tavern.elsewhere, "persona use", persona="isolde")
        sentence = (
            "**Isolde** is now this channel's persona. To get a reply, mention the bot or reply to Isolde."
        )
        assert used.response.content == f"{sentence}\n{RECORDING}"


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
    assert used.response.content.splitlines() == [
        "**Isolde** is now this channel's persona and replies only to `/talk`.",
        line,
        RECORDING,
    ]


async def test_a_name_is_no_markup(m2her: M2her, tmp_path: Path) -> None:
    cast = {"star": "name: '**Star** @everyone'\ndescription: A performer.\n", "marlow": MARLOW}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        kay = tavern.staff("Kay", manage_channels=True)
        used = await kay.slash(tavern.elsewhere, "persona use", persona="star")
        first = used.response.content.splitlines()[0]
        star = r"\*\*Star\*\* @everyone"
        assert (
            first
            == f"**{star}** is now this channel's persona. To get a reply, mention the bot, reply to {star} or say the name."
        )
        assert not used.response.message.mention_everyone


async def test_threads_of_the_channel_follow_it_and_can_have_their_own(tavern: Tavern, keeper: Any) -> None:
    thread = tavern.thread(tavern.elsewhere, "cellar")
    await keeper.slash(tavern.elsewhere, "persona use", persona="isolde")
    assert await answerer(tavern, thread) == "Isolde"
    assert await recorded(tavern, thread)
    used = await keeper.slash(thread, "persona use", persona="marlow")
    assert used.response.content.splitlines()[0] == (
        "**Marlow** is now this channel's persona. To get a reply, mention the bot, reply to Marlow or say the name."
    )
    assert await answerer(tavern, thread) == "Marlow"
    assert await answerer(tavern, tavern.elsewhere) == "Isolde"


async def test_a_thread_with_a_persona_of_its_own_records_itself_and_not_its_channel(
    tavern: Tavern, keeper: Any
) -> None:
    thread = tavern.thread(tavern.elsewhere, "cellar")
    used = await keeper.slash(thread, "persona use", persona="isolde")
    assert used.response.content == BOUND
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
    assert used.response.content == BOUND


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
    assert used.response.content == BOUND
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
            f"**Isolde** is now the persona of every post in <#{forum.id}> that doesn't have its own. When "
            "someone first writes in one of them, the bot says there that messages are saved."
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
    tavern.channels[forum.id] = ChannelRule("marlow")
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
            "**Isolde** is now the persona of every channel in this category that doesn't have its own. When "
            "someone first writes in one of them, the bot says there that messages are saved."
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
            "**Isolde** now answers mentions on this server wherever no other persona is set. All messages "
            "are saved only in channels and categories that have their own persona."
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
            "This channel isn't in a category. Choose `channel` or `server` instead.",
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
        assert used.response.content.startswith(f"**{long}** is now this channel's persona.")


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
        assert "**Marlow** `marlow`" in listed.response.content
        used = await ada.slash(tavern.elsewhere, "persona use", persona="marlow")
        assert used.response.content.startswith("**Marlow** is now this channel's persona.")


async def test_samples_are_offered_while_there_is_nobody_else(m2her: M2her, tmp_path: Path) -> None:
    cast = {key: f"name: {key.title()}\ntags: [sample]\n" for key in ("isolde", "marlow")}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        kay = tavern.staff("Kay", manage_channels=True)
        offered = await kay.autocomplete(tavern.elsewhere, "persona use", "persona", "")
        assert [choice["value"] for choice in offered] == ["isolde", "marlow"]


# --- list and show ----------------------------------------------------------------------------------


async def test_list_marks_who_plays_here_the_default_tags_and_who_is_for_adults(
    m2her: M2her, tmp_path: Path
) -> None:
    cast = {
        "marlow": MARLOW,
        "isolde": ISOLDE + "tags: [maps, calm]\n",
        "vesper": VESPER,
        "star": "name: '*Star*'\ndescription: A performer.\n",
    }
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        ada = tavern.staff("Ada", manage_channels=True, manage_guild=True)
        await ada.slash(tavern.elsewhere, "persona use", persona="isolde")
        used = await ada.slash(tavern.elsewhere, "persona list")
        assert used.ephemeral
        assert used.response.content.splitlines() == [
            "Personas: 4",
            "**Isolde** `isolde` · used here · maps, calm",
            "**Marlow** `marlow` · default",
            r"**\*Star\*** `star`",
            "**Vesper** `vesper` · age-restricted",
        ]


async def test_list_names_who_plays_here_and_has_no_file_any_more(tavern: Tavern, ada: Any) -> None:
    await ada.slash(tavern.elsewhere, "persona use", persona="isolde")
    (tavern.personas / "isolde.yaml").unlink()
    await tavern.restart()
    used = await ada.slash(tavern.elsewhere, "persona list")
    assert used.response.content.splitlines()[-1] == (
        "⚠ `isolde` is set here, but its file is gone. Use `/persona use` to choose another persona."
    )
    used = await ada.slash(tavern.bound, "persona list")
    assert "isolde" not in used.response.content


async def test_list_without_a_default_and_with_nobody_here_marks_nobody(m2her: M2her, tmp_path: Path) -> None:
    async with open_tavern(m2her, tmp_path, rules=replace(RULES, default_persona=None)) as tavern:
        ada = tavern.staff("Ada", manage_channels=True, manage_guild=True)
        used = await ada.slash(tavern.elsewhere, "persona list")
        assert used.response.content.splitlines()[1:] == ["**Isolde** `isolde`", "**Marlow** `marlow`"]


@pytest.mark.parametrize(
    ("name", "count", "as_file"),
    [("Somebody", 90, False), ("Somebody", 91, True), ("🎭" * 40, 21, False), ("🎭" * 40, 22, True)],
    ids=["fits", "too long", "signs that count twice fit", "signs that count twice are too long"],
)
async def test_a_list_too_long_for_a_message_is_a_file(
    m2her: M2her, tmp_path: Path, name: str, count: int, as_file: bool
) -> None:
    cast = {f"p{number:02}": f"name: {name} {number:02}\ndescription: One.\n" for number in range(count)}
    rules = replace(RULES, default_persona=None)
    async with open_tavern(m2her, tmp_path, rules=rules, personas=cast) as tavern:
        ada = tavern.staff("Ada", manage_channels=True, manage_guild=True)
        used = await ada.slash(tavern.elsewhere, "persona list")
        assert used.ephemeral
        assert bool(used.response.attachments) is as_file
        text = used.response.content
        if as_file:
            assert text == f"Personas: {count}. The list is in the file."
            file, text = await attached(used)
            assert file == "personas.txt"
        lines = text.splitlines()
        assert lines[0] == f"Personas: {count}"
        assert lines[1:] == [f"**{name} {number:02}** `p{number:02}`" for number in range(count)]


@pytest.mark.parametrize("typed", ["isolde", "Isolde"])
async def test_show_sends_the_file_as_it_is(tavern: Tavern, ada: Any, typed: str) -> None:
    file = tavern.personas / "isolde.yaml"
    file.write_text(f"# Notes of its writer: ``` @everyone\n{ISOLDE}", encoding="utf-8")
    await tavern.restart()
    used = await ada.slash(tavern.elsewhere, "persona show", persona=typed)
    assert (used.ephemeral, used.response.content) == (True, "**Isolde** (`isolde.yaml`)")
    assert await attached(used) == ("isolde.yaml", f"# Notes of its writer: ``` @everyone\n{ISOLDE}")


async def test_show_names_the_file_as_it_is_called(tavern: Tavern, ada: Any) -> None:
    (tavern.personas / "isolde.yaml").rename(tavern.personas / "isolde.yml")
    await tavern.restart()
    used = await ada.slash(tavern.elsewhere, "persona show", persona="isolde")
    assert used.response.content == "**Isolde** (`isolde.yml`)"
    assert await attached(used) == ("isolde.yml", ISOLDE)


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
    used = await ada.slash(tavern.elsewhere, "persona show", persona="isolde")
    assert (used.ephemeral, used.response.content, used.response.attachments) == (
        True,
        "The file of `isolde` can't be read. Ask the bot's owner to check it.",
        [],
    )


async def test_show_of_a_file_that_is_gone_says_so(tavern: Tavern, ada: Any) -> None:
    (tavern.personas / "isolde.yaml").unlink()
    used = await ada.slash(tavern.elsewhere, "persona show", persona="isolde")
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
    lines = used.response.content.splitlines()
    assert lines[:4] == [
        "Personas: 2",
        "**Isolde** `isolde`",
        f"  ⚠ its file can't be loaded, so the last working version is used: {reason}",
        "**Marlow** `marlow` · used here · default",
    ]
    assert lines[4] == "⚠ `vesper` can't be loaded:"
    assert lines[5].startswith("  `vesper.yaml:")
    assert str(tavern.personas) not in used.response.content  # where the host keeps them is the host's
    assert await answerer(tavern, tavern.elsewhere) == "Marlow"
    used = await ada.slash(tavern.elsewhere, "persona show", persona="isolde")
    assert used.response.content.splitlines() == ["**Isolde** (`isolde.yaml`)", reason]
    assert await attached(used) == ("isolde.yaml", "name: Isolde\nnmae: Typo\n")


async def test_a_file_s_name_forges_nothing_in_list_and_show(tavern: Tavern, ada: Any) -> None:
    new = tavern.personas / "ves`per\n\x1b[2J\u202e.yaml"
    new.write_text("name: Vesper\n", encoding="utf-8")
    tavern.bot.services.story.casting.library.reread([new])  # type: ignore[attr-defined]
    shown = r"ves'per\n\x1b[2J\u202e"
    used = await ada.slash(tavern.elsewhere, "persona list")
    lines = used.response.content.splitlines()
    assert lines[-2] == f"⚠ `{shown}` can't be loaded:"
    assert lines[-1].startswith(f"  `{shown}.yaml`: the file's name can't be used as a persona's key")
    used = await ada.slash(tavern.elsewhere, "persona show", persona=new.stem)
    lines = used.response.content.splitlines()
    assert lines[0].endswith(f"** (`{shown}.yaml`)")
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert (await attached(used))[0].isprintable()


async def test_a_file_that_has_never_loaded_can_be_looked_at(tavern: Tavern, ada: Any) -> None:
    new = tavern.personas / "vesper.yaml"
    new.write_text("nmae: Vesper\n", encoding="utf-8")
    tavern.bot.services.story.casting.library.reread([new])  # type: ignore[attr-defined]
    used = await ada.slash(tavern.elsewhere, "persona show", persona="vesper")
    assert used.ephemeral
    lines = used.response.content.splitlines()
    assert lines[0] == "**vesper** (`vesper.yaml`)"
    assert "`vesper.yaml:1:1`: unknown key `nmae`, did you mean `name`?" in lines
    assert await attached(used) == ("vesper.yaml", "nmae: Vesper\n")
    used = await ada.slash(tavern.elsewhere, "persona use", persona="vesper")
    assert (used.ephemeral, used.response.content) == (True, NO_SUCH)
