"""`/scene export` and *Import…* as people meet them."""

import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.core.scene import END, START, Place
from bot.core.transfer.sillytavern import SIZE_LIMIT
from bot.storage.history import History
from bot.storage.scenes import Scenes
from tests.discord_ui.interactions.commands.panels import MENU, attached, labels, parts
from tests.standins.m2her import M2her
from tests.tavern import Tavern, open_tavern

NO_SERVER = "You need the Manage Server permission here to do that."


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    """A server where Alice has played, and Ada has Manage Server."""
    async with open_tavern(m2her, tmp_path) as tavern:
        tavern.staff("Ada", manage_guild=True)
        yield tavern


async def play(tavern: Tavern, channel: Any = None) -> None:
    tavern.m2her.say("*nods* Number four.")
    await tavern.say("Alice", f"{tavern.mention} have you a **room**?", channel)


async def export(tavern: Tavern, who: str = "Bob", **options: Any) -> Any:
    return await tavern.people[who].slash(tavern.bound, "scene export", **options)


# --- /scene export ---------------------------------------------------------------------------------


async def test_the_running_scene_comes_as_a_page_for_the_asker_alone(tavern: Tavern) -> None:
    await play(tavern)
    before = tavern.sent()
    used = await export(tavern)
    assert used.ephemeral
    assert used.response.content == "#1 untitled, 2 messages. Only you can see this file."
    name, page = await attached(used)
    assert name == "Scene-1.html"
    assert "have you a <strong>room</strong>?" in page
    assert "<em>nods</em> Number four." in page
    assert "<title>Scene #1</title>" in page
    assert '<p class="about">#tavern · 2 messages · ' in page
    assert [entry for entry in tavern.sent() if entry not in before and "webhooks" not in entry.path] == []


@pytest.mark.parametrize(
    ("form", "ending", "words"),
    [
        ("markdown", "md", "*nods* Number four."),
        ("text", "txt", "have you a **room**?"),
        ("sillytavern", "jsonl", '"mes": "*nods* Number four."'),
    ],
)
async def test_other_formats_are_offered(tavern: Tavern, form: str, ending: str, words: str) -> None:
    await play(tavern)
    name, text = await attached(await export(tavern, format=form))
    assert name == f"Scene-1.{ending}"
    assert words in text


async def test_an_earlier_scene_is_chosen_as_it_is_typed(tavern: Tavern) -> None:
    await play(tavern)
    await tavern.people["Alice"].slash(tavern.bound, "scene new", title="The bell")
    choices = await tavern.people["Bob"].autocomplete(tavern.bound, "scene export", "scene", "")
    assert [choice["value"] for choice in choices] == [2, 1]
    assert (await export(tavern)).response.content == "Nothing has been said in this scene yet."
    assert "Number four." in (await attached(await export(tavern, scene=1)))[1]


async def test_of_another_channel_there_is_none(tavern: Tavern) -> None:
    nothing = "There's no scene in this channel yet. Use `/scene new` to start one."
    assert (await export(tavern)).response.content == nothing
    await play(tavern, tavern.elsewhere)
    no_such = "There's no such scene in this channel. Use `/scene list` to see them."
    for scene in (1, 99, -1, 2**53 - 1):
        assert (await export(tavern, scene=scene)).response.content == no_such


async def test_who_may_not_read_back_gets_no_file(tavern: Tavern) -> None:
    deaf = discord.PermissionOverwrite(read_message_history=False)
    den = tavern.guild.create_text_channel("den", overwrites={tavern.people["Bob"]: deaf})
    await play(tavern, den)
    used = await tavern.people["Bob"].slash(den, "scene export")
    assert used.ephemeral
    assert used.response.content == "You need the Read Message History permission here to do that."
    assert (await tavern.people["Alice"].slash(den, "scene export")).response.attachments


async def test_words_for_adults_stay_where_discord_restricts_the_age(
    tavern: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tavern.personas / "marlow.yaml").write_text("name: Marlow\nnsfw: true\n", encoding="utf-8")
    await tavern.restart()
    tavern.restrict(tavern.bound, monkeypatch)
    await play(tavern)
    assert (await export(tavern)).response.attachments
    tavern.restrict(tavern.bound, monkeypatch, restricted=False)
    used = await export(tavern)
    assert (
        used.response.content
        == "Marlow is for age-restricted channels only, so this scene can't be shown here."
    )
    assert used.response.attachments == []


async def test_a_title_or_name_that_is_markup_is_shown_as_it_is(tavern: Tavern) -> None:
    tavern.m2her.say("Aye.")
    await tavern.people["Alice"].slash(tavern.bound, "scene new", title="<script>**@everyone**</script>")
    await tavern.say("Alice", f"{tavern.mention} <img src=x>")
    used = await export(tavern)
    assert used.response.content.startswith(r"#1 \<script>\*\*@everyone\*\*\</script>, 2 messages")
    page = (await attached(used))[1]
    assert "<title>&lt;script&gt;**@everyone**&lt;/script&gt;</title>" in page
    assert "&lt;img src=x&gt;" in page


async def test_what_discord_takes_only_zipped_is_zipped_and_what_it_never_takes_is_refused(
    tavern: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    await play(tavern)
    whole = await attached(await export(tavern))
    plain = discord.Interaction._from_data

    def small(interaction: discord.Interaction, data: Any) -> None:
        data["attachment_size_limit"] = limit
        plain(interaction, data)

    monkeypatch.setattr(discord.Interaction, "_from_data", small)
    limit = len(whole[1].encode()) - 1
    used = await export(tavern)
    assert used.response.content == (
        "#1 untitled, 2 messages. Only you can see this file. It's zipped because it's too large for Discord otherwise."
    )
    (file,) = used.response.attachments
    with zipfile.ZipFile(io.BytesIO(await file.read())) as archive:
        assert (file.filename, archive.read("Scene-1.html").decode()) == ("Scene-1.zip", whole[1])
    limit = 100
    used = await export(tavern)
    assert used.response.content == (
        "This scene is 1 MB even when it's zipped, and Discord takes 0 MB here. Plain text is the smallest format."
    )
    assert used.response.attachments == []


# --- Import… ---------------------------------------------------------------------------------------


def chat(*messages: dict[str, Any]) -> bytes:
    head = {"user_name": "Ada", "character_name": "Marlow", "chat_metadata": {}}
    return "\n".join(json.dumps(each) for each in (head, *messages)).encode()


def said(name: str, mes: str, *, person: bool = True, **more: Any) -> dict[str, Any]:
    return {"name": name, "is_user": person, "mes": mes, "send_date": "2024-07-12T01:31:37Z", **more}


CHAT = chat(
    said("Ada", "Good evening."),
    said(
        "Marlow", "*looks up* Evening.", person=False, swipes=["Go away.", "*looks up* Evening."], swipe_id=1
    ),
    said("Seraphina", "I glow.", person=False),
    said("System", "hidden", person=False, is_system=True),
)


async def upload(tavern: Tavern, content: bytes, title: str = "", who: str = "Ada") -> Any:
    """Let somebody use *Import…* and send a file."""
    person = tavern.people[who]
    listed = await person.slash(tavern.bound, "scene list")
    opened = await person.click(listed.response, label="Import…")
    return await person.submit_modal(opened, {"file": ("chat.jsonl", content), "title": title})


async def test_only_those_with_manage_server_are_offered_an_import(tavern: Tavern) -> None:
    await play(tavern)
    assert labels(await tavern.people["Ada"].slash(tavern.bound, "scene list")) == ["Import…"]
    assert labels(await tavern.people["Alice"].slash(tavern.bound, "scene list")) == []
    listed = await tavern.people["Ada"].slash(tavern.bound, "scene list")
    used = await tavern.forge(tavern.people["Alice"], listed.response, "rp:import")
    assert (used.ephemeral, used.response.content) == (True, NO_SERVER)


async def test_a_file_is_shown_before_it_is_stored_and_then_rests_as_a_scene(tavern: Tavern) -> None:
    await play(tavern)
    used = await upload(tavern, CHAT, "The *bell*")
    assert used.ephemeral
    assert used.response.content.splitlines() == [
        r"**The \*bell\***",
        "Messages: 3, from <t:1720747897:D> to <t:1720747897:D>",
        "Players: Ada",
        "Personas: Marlow",
        "No personas here: Seraphina. What they said keeps their names, but they won't reply.",
        "Left out: 1 (hidden in SillyTavern, or without words)",
    ]
    place = Place(tavern.bound.id)
    assert len(await Scenes(tavern.database).outlines(place, 9)) == 1
    ada = tavern.people["Ada"]
    await ada.click(used.response, label="Import as a new scene")
    assert re.sub(r"</([a-z ]+):\d+>", r"`/\1`", used.response.content) == (
        r"Imported: #2 The \*bell\*. `/scene resume` continues it."
    )
    assert labels(used) == []
    scene = await Scenes(tavern.database).of_place(place, 2)
    assert scene is not None
    turns = await History(tavern.database).recent(scene.id, START, END)
    # Ada's own name was chosen for her.
    assert [(turn.user_id, turn.name, turn.text) for turn in turns] == [
        (ada.id, "Ada", "Good evening."),
        (None, "Marlow", "*looks up* Evening."),
        (None, "Seraphina", "I glow."),
    ]


async def test_what_is_imported_is_imported_once(tavern: Tavern) -> None:
    await play(tavern)
    ada, used = tavern.people["Ada"], await upload(tavern, CHAT)
    (custom_id,) = [part["custom_id"] for part in parts(used) if part.get("label") == "Import as a new scene"]
    await ada.click(used.response, label="Import as a new scene")
    again = await tavern.forge(ada, used.response, custom_id)
    assert again.response.content == "This has expired or was already used. Use the command again."
    assert len(await Scenes(tavern.database).outlines(Place(tavern.bound.id), 9)) == 2


async def test_of_many_files_that_nobody_decides_on_the_oldest_are_forgotten(tavern: Tavern) -> None:
    shown = [await upload(tavern, CHAT, f"Night {number}") for number in range(10)]
    services = tavern.bot.services  # type: ignore[attr-defined]
    assert len(services.previews) == 8
    ada = tavern.people["Ada"]
    late = await tavern.forge(ada, shown[1].response, parts(shown[1])[-1]["custom_id"])
    assert late.response.content == "This has expired or was already used. Use the command again."
    await ada.click(shown[2].response, label="Import as a new scene")
    assert shown[2].response.content == "Imported: #1 Night 2. It's playing here now."
    assert len(services.previews) == 7


async def test_nobody_is_given_words_by_a_name_that_they_are_not_shown(tavern: Tavern) -> None:
    crowd = [said(f"Guest {number}", "Hm.") for number in range(30)]
    used = await upload(tavern, chat(*crowd, said("ADA", "It was me.")))
    (options,) = [part["options"] for part in parts(used) if "options" in part]
    chosen = [(option["label"], option.get("default", False)) for option in options]
    assert chosen[:2] == [("ADA", True), ("Guest 0", False)]
    assert len(chosen) == 25
    await tavern.people["Ada"].select(used.response, [options[2]["value"]])
    await tavern.people["Ada"].click(used.response, label="Import as a new scene")
    turns = await tavern.turns(tavern.bound)
    assert [turn.text for turn in turns if turn.user_id == tavern.people["Ada"].id] == ["Hm."]
    assert turns[1].user_id == tavern.people["Ada"].id


async def test_people_without_a_visible_name_can_be_imported(tavern: Tavern) -> None:
    used = await upload(tavern, chat(said("\u200b", "Boo."), said("Ada", "Eek.")))
    options = [option["label"] for part in parts(used) for option in part.get("options", [])]
    assert options == ["Ada", "someone"]
    await tavern.people["Ada"].click(used.response, label="Import as a new scene")
    assert await tavern.remembered(tavern.bound) == [("someone", "Boo."), ("Ada", "Eek.")]


async def test_who_says_that_they_are_nobody_in_it_is_nobody_and_the_scene_is_played_on(
    tavern: Tavern,
) -> None:
    ada, used = tavern.people["Ada"], await upload(tavern, CHAT)
    await ada.select(used.response, [])
    await ada.click(used.response, label="Import as a new scene")
    # Nothing had been said here yet.
    assert used.response.content == "Imported: #1 untitled. It's playing here now."
    first = (await tavern.turns(tavern.bound))[0]
    assert first.user_id is not None
    assert first.user_id < 0
    tavern.m2her.say("Aye.")
    await tavern.say("Ada", f"{tavern.mention} and I?")
    assert [name for name, _ in tavern.heard] == ["Ada", "Marlow", "Seraphina", "Ada (2)"]
    assert tavern.heard[1] == ("Marlow", "*looks up* Evening.")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "Nothing was imported. There are no messages in it."),
        (
            b"\x89PNG\r\n",
            "Nothing was imported because of line 1. It isn't UTF-8 text. Export the chat again as JSONL.",
        ),
        (
            chat(said("Ada", "Hi."), said("Ada", "x", send_date="`now`")),
            "Nothing was imported because of line 3. The time “\\`now\\`” isn't one that SillyTavern writes.",
        ),
        (
            chat({"name": "Ada", "is_user": True}),
            "Nothing was imported because of line 2. Its `mes` is missing or has the wrong type.",
        ),
        (
            b" " * (SIZE_LIMIT + 1),
            "Nothing was imported. The file can have up to 8 MB. Split it into several.",
        ),
    ],
)
async def test_a_mistake_is_told_with_its_line_and_nothing_is_stored(
    tavern: Tavern, content: bytes, why: str
) -> None:
    used = await upload(tavern, content)
    assert (used.ephemeral, used.response.content) == (True, why)
    assert await Scenes(tavern.database).outlines(Place(tavern.bound.id), 9) == []


async def test_the_form_and_what_it_shows_take_manage_server_too(tavern: Tavern) -> None:
    ada, alice = tavern.people["Ada"], tavern.people["Alice"]
    used = await upload(tavern, CHAT)
    for part in parts(used):
        if "custom_id" in part:
            values = ("0",) if part["type"] == MENU else ()
            pressed = await tavern.forge(alice, used.response, part["custom_id"], *values)
            assert (pressed.ephemeral, pressed.response.content) == (True, NO_SERVER)
    assert await Scenes(tavern.database).outlines(Place(tavern.bound.id), 9) == []
    listed = await ada.slash(tavern.bound, "scene list")
    opened = await ada.click(listed.response, label="Import…")
    tavern.env.backend.guilds[tavern.guild.id].members[ada.id].role_ids.clear()
    used = await ada.submit_modal(opened, {"file": ("chat.jsonl", CHAT)})
    assert (used.ephemeral, used.response.content) == (True, NO_SERVER)


async def test_while_the_server_is_paused_nothing_is_imported(tavern: Tavern) -> None:
    ada, used = tavern.people["Ada"], await upload(tavern, CHAT)
    await ada.slash(tavern.bound, "dramatis pause")
    paused = (
        "The bot is paused here. It doesn't answer or save anything. A moderator can use "
        "`/dramatis pause` and press Resume."
    )
    pressed = await ada.click(used.response, label="Import as a new scene")
    assert pressed.response.content == paused
    assert (await upload(tavern, CHAT)).response.content == paused
    assert await Scenes(tavern.database).outlines(Place(tavern.bound.id), 9) == []


async def test_a_form_from_before_a_restart_works(tavern: Tavern) -> None:
    ada = tavern.people["Ada"]
    listed = await ada.slash(tavern.bound, "scene list")
    await tavern.restart()
    opened = await ada.click(listed.response, label="Import…")
    used = await ada.submit_modal(opened, {"file": ("chat.jsonl", CHAT)})
    assert used.response.content.startswith("**untitled**\nMessages: 3")
