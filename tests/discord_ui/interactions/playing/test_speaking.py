"""Speaking as a persona, as the table sees it: `/talk as:`, its form, and what can be done with what was said."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.composition.story import now
from bot.core.scene import Place, Slice
from bot.storage.history import History, Spoken
from bot.storage.scenes import Scenes
from tests.databases import sqlite_of
from tests.discord_ui.interactions.revisions.test_controls import ask, filled, labels, press, private
from tests.discord_ui.posting.test_faces import AVATAR, OWN_FACES
from tests.discord_ui.test_privacy import press as privacy
from tests.standins.m2her import M2her
from tests.tavern import ISOLDE, MARLOW, Tavern, open_tavern, read
from tests.wired import Shown, Wired, wire

LINE = "*sets down a lantern* Mind the step."
NO_STEERING = (
    "Only the person who started this scene, or someone with Manage Messages, can do that. You can start "
    "your own scene in a thread."
)


def signed(tavern: Tavern, text: str = LINE, who: str = "Alice") -> str:
    return f"{text}\n-# spoken by <@{tavern.people[who].id}>"


async def speak(
    tavern: Tavern, text: str = LINE, who: str = "Alice", *, spoken_as: str = "marlow", **more: Any
) -> Any:
    channel = more.pop("channel", tavern.bound)
    used = await tavern.people[who].slash(channel, "talk", text=text, **{"as": spoken_as}, **more)
    await tavern.quiet()
    return used


def shown(channel: Any) -> list[str]:
    return [read(message) for message in channel.history() if not message.flags.ephemeral]


async def test_a_line_is_posted_word_for_word_signed_and_remembered_as_the_personas(
    tavern: Tavern, m2her: M2her
) -> None:
    used = await speak(tavern)
    assert used.ephemeral
    assert shown(tavern.bound) == [signed(tavern)]
    assert labels(tavern, tavern.last_post(tavern.bound)) == ["⋯ More"]
    assert m2her.requests == []
    assert await tavern.remembered(tavern.bound) == [("Marlow", LINE)]
    m2her.say("It creaks.")
    await tavern.say("Bob", f"{tavern.mention} which step?")
    assert tavern.heard == [("Marlow", LINE), ("Bob", "which step?")]


async def test_nobody_is_pinged_and_mentions_are_names(tavern: Tavern) -> None:
    before = len(tavern.env.http_requests)
    await speak(tavern, f"@everyone {tavern.people['Bob'].mention}, sit.")
    assert shown(tavern.bound) == [signed(tavern, "@everyone Bob, sit.")]
    bodies = [
        entry.json for entry in tavern.env.http_requests[before:] if "/messages" in entry.path and entry.json
    ]
    assert [body["allowed_mentions"] for body in bodies if "content" in body] == [{"parse": []}]


async def test_small_print_and_brackets_in_the_words_pass_for_nothing(tavern: Tavern, m2her: M2her) -> None:
    await speak(tavern, "Hm.\n-# spoken by Bob\n[rolls d20: 20]")
    assert shown(tavern.bound) == [signed(tavern, "Hm.\n\u2010# spoken by Bob\n[rolls d20: 20]")]
    m2her.say("So be it.")
    await tavern.say("Bob", f"{tavern.mention} well?")
    assert tavern.heard[0] == ("Marlow", "Hm.\n-# spoken by Bob\n(rolls d20: 20)")


async def test_another_persona_is_spoken_as_under_its_name(tavern: Tavern) -> None:
    await speak(tavern, spoken_as="isolde", channel=tavern.elsewhere)
    assert shown(tavern.elsewhere) == [f"**Isolde**\n{signed(tavern)}"]


async def test_without_a_text_a_form_takes_more_than_one_post_holds(tavern: Tavern) -> None:
    used = await speak(tavern, "")
    assert (used.modal["title"], used.modal["custom_id"]) == ("Speak as Marlow", "rp:as:marlow")
    text = "\n\n".join(f"{letter * 1200}." for letter in "abc")
    await tavern.restart()
    await tavern.people["Alice"].submit_modal(used, filled(used, text))
    await tavern.quiet()
    assert shown(tavern.bound) == ["a" * 1200 + ".", "b" * 1200 + ".", signed(tavern, "c" * 1200 + ".")]
    assert await tavern.remembered(tavern.bound) == [("Marlow", text)]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (
            {"persona": "marlow"},
            "`as` and `persona` can't be used together: nobody replies to what you say as a persona.",
        ),
        (
            {"spoken_as": "nobody"},
            "There's no such persona. Choose one from the list that appears while you type.",
        ),
        ({"text": "\u200b."[:1]}, "There are no words in it."),
    ],
)
async def test_what_is_not_said_is_refused_and_nothing_is_stored(
    tavern: Tavern, options: dict[str, Any], why: str
) -> None:
    used = await speak(tavern, channel=tavern.elsewhere, **options)
    told = used.response if used.response.content else used.followups[-1]
    assert (used.ephemeral, told.content) == (True, why)
    assert shown(tavern.elsewhere) == []
    assert await tavern.remembered(tavern.elsewhere) == []


async def test_who_may_not_gets_the_words_back(tavern: Tavern, m2her: M2her) -> None:
    await ask(tavern, m2her)
    used = await speak(tavern, who="Bob")
    assert (used.ephemeral, used.response.content) == (True, NO_STEERING)
    assert await used.response.attachments[0].read() == LINE.encode()
    assert [text for _, text in await tavern.remembered(tavern.bound)][-1] != LINE


async def test_a_persona_for_adults_is_not_spoken_as_in_an_ordinary_channel(
    m2her: M2her, tmp_path: Path
) -> None:
    cast = {"marlow": MARLOW, "isolde": ISOLDE + "nsfw: true\n"}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        used = await speak(tavern, spoken_as="isolde", channel=tavern.elsewhere)
        assert used.response.content.startswith("Isolde is for age-restricted channels only.")
        assert shown(tavern.elsewhere) == []


async def test_a_line_has_an_undo_of_its_own(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Evening.")
    await tavern.say("Alice", f"{tavern.mention} good evening")
    await speak(tavern)
    used = await tavern.people["Alice"].slash(tavern.bound, "undo")
    await tavern.quiet()
    assert [text for _, text in await tavern.remembered(tavern.bound)] == ["good evening", "Evening."]
    assert (
        shown(tavern.bound)[-1] == f"-# ↩ <@{tavern.people['Alice'].id}> took this exchange out of the story."
    )
    await tavern.people["Alice"].click(used.response, label="Redo")
    await tavern.quiet()
    assert shown(tavern.bound)[-1] == signed(tavern)
    assert (await tavern.remembered(tavern.bound))[-1] == ("Marlow", LINE)


async def test_a_reply_is_undone_with_the_line_that_it_goes_on_from(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Evening.")
    await tavern.say("Alice", f"{tavern.mention} good evening")
    await speak(tavern, spoken_as="marlow")
    m2her.say("*waits*")
    await tavern.people["Alice"].slash(tavern.bound, "talk")
    await tavern.people["Alice"].slash(tavern.bound, "undo")
    await tavern.people["Alice"].slash(tavern.bound, "undo")
    assert [text for _, text in await tavern.remembered(tavern.bound)] == ["good evening", "Evening."]


async def test_who_spoke_may_always_remove_it_and_nobody_has_it_written_again(
    tavern: Tavern, m2her: M2her
) -> None:
    await tavern.say("Bob", "I begin.")
    await speak(tavern, who="Bob")
    post = tavern.last_post(tavern.bound)
    menu = await tavern.people["Bob"].context_menu(tavern.bound, "Regenerate from here", post)
    assert menu.response.content == (
        "A person said this as the persona, so there's nothing for the AI model to write again. You can edit or remove it."
    )
    await tavern.database.write("UPDATE scene SET starter_id = 1")  # Bob's scene no longer
    assert private(await press(tavern, "⋯ More", post, "Bob")) == ["▷ Go on", "Remove", "Not this", "Report"]
    assert private(await press(tavern, "⋯ More", post, "Carol")) == ["▷ Go on", "Not this", "Report"]
    used = await tavern.people["Bob"].context_menu(tavern.bound, "Remove from story", post)
    await tavern.people["Bob"].click(used.response, label="Remove")
    await tavern.quiet()
    assert await tavern.remembered(tavern.bound) == [("Bob", "I begin.")]
    assert shown(tavern.bound)[-1] == "-# ✂ Bob took this reply out of the story."


async def test_an_edit_keeps_who_spoke(tavern: Tavern) -> None:
    await speak(tavern)
    post = tavern.last_post(tavern.bound)
    used = await tavern.moderator.context_menu(tavern.bound, "Edit reply", post)
    await tavern.moderator.submit_modal(used, filled(used, "Mind the steps."))
    await tavern.quiet()
    assert shown(tavern.bound) == [f"{signed(tavern, 'Mind the steps.')}\n-# edited by mod"]


async def test_it_is_its_authors_own_for_export_forget_and_opting_out(tavern: Tavern, m2her: M2her) -> None:
    await speak(tavern, "The silver key hangs in the mill, behind the third sack.")
    used = await privacy(tavern, "Alice")
    assert "- What you said as a persona: 1" in read(used.response)
    used = await privacy(tavern, "Alice", "Export")
    found = json.loads(await used.response.attachments[0].read())
    assert [(line["persona"], line["text"]) for line in found["spoken_as_personas"]] == [
        ("marlow", "The silver key hangs in the mill, behind the third sack.")
    ]
    await privacy(tavern, "Alice", "Opt out")
    m2her.say("Hm.")
    await tavern.say("Bob", f"{tavern.mention} where is the key?")
    assert tavern.heard == [("Bob", "where is the key?")]
    used = await speak(tavern)
    assert used.response.content.startswith("You've opted out")
    await privacy(tavern, "Alice", "Forget …")
    used = await privacy(tavern, "Alice", "Forget …", "Forget everywhere")
    rows = await tavern.database.read(
        "SELECT text, spoken_by FROM turn WHERE persona_key IS NOT NULL ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [("", None), ("Hm.", None)]


async def test_a_pin_of_it_has_its_author(tavern: Tavern) -> None:
    await speak(tavern)
    await tavern.people["Alice"].context_menu(tavern.bound, "Remember this", tavern.last_post(tavern.bound))
    (row,) = await tavern.database.read("SELECT author_id FROM pin")
    assert row["author_id"] == tavern.people["Alice"].id


# --- on the wire ------------------------------------------------------------------------------------


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    cast = {"marlow": MARLOW, "isolde": f"{ISOLDE}avatar: {AVATAR}\n"}
    async with wire(m2her, tmp_path, monkeypatch, rules=OWN_FACES, personas=cast) as wired:
        await wired.start()
        yield wired


def say_as(wired: Wired, text: str = LINE, who: str = "Alice", **more: Any) -> Any:
    channel = more.pop("channel", wired.elsewhere)
    options = {"text": text, "as": "isolde", **more}
    return wired.world.interactions.command(wired.person(who), channel, "talk", **options)


def line_of(wired: Wired, text: str = LINE) -> str:
    return f"{text}\n-# spoken by <@{wired.person('Alice').id}>"


async def test_it_wears_the_personas_face(wired: Wired) -> None:
    say_as(wired)
    await wired.world.wait_for(lambda: wired.shown(wired.elsewhere), 10)
    assert wired.shown(wired.elsewhere) == [Shown("Isolde", line_of(wired), AVATAR, ("⋯ More",))]
    await wired.quiet()


async def test_words_that_discord_refuses_come_back_and_leave_nothing(wired: Wired) -> None:
    wired.world.faults.answer(
        "POST", "/webhooks/*/*", 400, {"code": 200000, "message": "Message was blocked by AutoMod"}
    )
    used = say_as(wired)
    told = await wired.answers(used)
    assert (
        told.content == "Discord blocked words in it, so it wasn't said. You can find your text in the file."
    )
    assert wired.shown(wired.elsewhere) == []
    assert await wired.remembered(wired.elsewhere) == []


async def test_what_a_kill_kept_from_being_shown_is_shown_at_the_next_start_or_gone(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(m2her, tmp_path, monkeypatch, rules=OWN_FACES) as wired:
        place = Place(wired.elsewhere.id, None, wired.elsewhere.guild.id)
        scene = await Scenes(wired.database).active(place, now())
        spoken = Spoken("isolde", "Isolde", LINE, 9, wired.person("Alice").id)
        history = History(wired.database)
        turn, _unplanned = [await history.speak(scene.id, spoken, now()) for _ in range(2)]
        await history.posts.plan(turn.id, Slice(0, 0, len(LINE), "nonce", None, "**Isolde**"))
        await wired.start()
        await wired.world.wait_for(lambda: wired.shown(wired.elsewhere), 10)
        await wired.quiet()
        ((text, buttons),) = [(shown.text, shown.buttons) for shown in wired.shown(wired.elsewhere)]
        assert (text, buttons) == (f"**Isolde**\n{line_of(wired)}", ("⋯ More",))
        assert await wired.remembered(wired.elsewhere) == [("Isolde", LINE)]


async def test_where_nothing_can_be_stored_nothing_is_said_and_the_words_come_back(wired: Wired) -> None:
    await sqlite_of(wired.database)._writer.execute_fetchall("PRAGMA query_only = 1")
    told = await wired.answers(say_as(wired))
    await wired.quiet()
    await sqlite_of(wired.database)._writer.execute_fetchall("PRAGMA query_only = 0")
    assert told.content == (
        "The bot couldn't save this. The bot's owner can find the reason in the log. Try again later."
    )
    assert wired.shown(wired.elsewhere) == []
