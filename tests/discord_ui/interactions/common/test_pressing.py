"""Buttons while something else goes on: a reply that streams, a crash, a Discord that does not take it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.scene import Ending
from bot.core.settings import Face, Settings
from tests.standins.discord_wire import Message
from tests.standins.m2her import Error, M2her
from tests.tavern import RULES
from tests.wired import Shown, Wired, until, wire

FIRST, SECOND = "The lamp is out.", "The lamp still burns."


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    """A server; the bot is not started yet."""
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        yield wired


@pytest.fixture
async def started(wired: Wired) -> Wired:
    await wired.start()
    return wired


def buttons(wired: Wired) -> list[tuple[str, ...]]:
    """The buttons that can be pressed, post by post."""
    return [shown.buttons for shown in wired.shown()]


async def have_buttons(wired: Wired, *rows: tuple[str, ...]) -> None:
    """Wait until the bot's posts have these buttons."""

    async def there() -> bool:
        return buttons(wired) == list(rows)

    try:
        await until(there)
    except TimeoutError:
        assert buttons(wired) == list(rows)
        raise
    if ("Stop",) not in rows:
        await wired.quiet()  # what is shown is stored


async def one_waits(wired: Wired, m2her: M2her) -> tuple[Message, asyncio.Event]:
    """Let a reply wait to be written further, while another one streams until the event is set; return its post."""
    m2her.say("The lamp", finish="length")
    wired.ask()
    await have_buttons(wired, ("↻ Again", "Continue", "⋯ More"))
    older, held = wired.last_post(), asyncio.Event()
    m2her.say("Wait", held)
    wired.ask("again", "Bob")
    await have_buttons(wired, ("↻ Again", "Continue", "⋯ More"), ("Stop",))
    wired.press("Continue", older)
    await have_buttons(wired, ("Stop",), ("Stop",))
    return older, held


def edits(wired: Wired, route: str) -> list[str]:
    """The texts of edits by a route: of the channel's messages, or of answers."""
    return [
        request.json["content"]
        for request in wired.world.requests
        if request.method == "PATCH" and route in request.path and "content" in (request.json or {})
    ]


async def test_while_a_reply_grows_it_can_be_stopped_and_goes_on_later(started: Wired, m2her: M2her) -> None:
    m2her.say("The lamp", asyncio.Event())
    started.ask()
    await have_buttons(started, ("Stop",))
    started.press("Stop")
    await started.shows("The lamp\n-# The reply was stopped. Press Continue or mention the bot.")
    await have_buttons(started, ("↻ Again", "Continue", "⋯ More"))
    await started.quiet()
    assert (await started.turns())[-1].ending is Ending.STOPPED
    m2her.say("is out.")
    started.press("Continue")
    await started.shows("The lamp is out.")
    await have_buttons(started, ("↻ Again", "⋯ More"))
    await started.quiet()
    assert await started.remembered() == [("Alice", "well?"), ("Marlow", "The lamp is out.")]


async def test_a_variant_streams_by_the_right_of_who_pressed(started: Wired, m2her: M2her) -> None:
    m2her.say(FIRST)
    started.ask()
    await have_buttons(started, ("↻ Again", "⋯ More"))
    rest = asyncio.Event()
    m2her.say("The lamp still", rest, " burns.")
    started.press("↻ Again")
    await started.shows("The lamp still")
    await have_buttons(started, ("Stop",))
    rest.set()
    await started.shows(SECOND)
    await have_buttons(started, ("◀", "↻ Again", "⋯ More"))
    assert edits(started, "/webhooks/") == ["The lamp still", SECOND]
    assert edits(started, "/channels/") == []


async def test_what_waits_for_the_floor_can_be_stopped(started: Wired, m2her: M2her) -> None:
    older, held = await one_waits(started, m2her)
    started.press("Stop", older)
    await have_buttons(started, ("↻ Again", "Continue", "⋯ More"), ("Stop",))
    held.set()
    await have_buttons(started, ("↻ Again", "Continue", "⋯ More"), ("↻ Again", "⋯ More"))
    assert len(m2her.requests) == 2
    assert started.posts()[0].startswith("The lamp\n")


async def test_a_second_press_while_it_is_on_its_way_changes_nothing(started: Wired, m2her: M2her) -> None:
    m2her.say(FIRST)
    started.ask()
    await have_buttons(started, ("↻ Again", "⋯ More"))
    held = asyncio.Event()
    m2her.say("The lamp still", held, " burns.")
    post = started.last_post()
    started.press("↻ Again", post)
    await started.shows("The lamp still")
    used = started.press("rp:again:2", post, gone=True)
    answer = await started.answers(used)
    assert answer.content == "This reply is still being written. Wait until it's done, or press Stop."
    held.set()
    await started.shows(SECOND)
    assert len(m2her.requests) == 2


async def test_after_a_crash_the_unfinished_post_can_be_gone_on_with(wired: Wired, m2her: M2her) -> None:
    await wired.start()
    m2her.say(FIRST)
    wired.ask()
    await have_buttons(wired, ("↻ Again", "⋯ More"))
    await wired.quiet()
    async with wired.database.transaction() as tx:  # as a crash in the middle leaves it
        await tx.run("UPDATE turn SET ending = NULL, text = 'The lamp' WHERE persona_key IS NOT NULL")
    await wired.end()
    await wired.start()
    await wired.shows("The lamp\n-# The bot restarted during this reply. Press Continue or mention the bot.")
    await have_buttons(wired, ("↻ Again", "Continue", "⋯ More"))
    m2her.say("is out.")
    wired.press("Continue")
    await wired.shows("The lamp is out.")


async def test_a_variant_that_discord_does_not_show_is_not_remembered(started: Wired, m2her: M2her) -> None:
    m2her.say(FIRST)
    started.ask()
    await have_buttons(started, ("↻ Again", "⋯ More"))
    m2her.say(SECOND)
    started.press("↻ Again")
    await started.shows(SECOND)
    await have_buttons(started, ("◀", "↻ Again", "⋯ More"))
    await started.quiet()
    started.world.faults.answer("PATCH", "/webhooks/*/*/messages/@original", status=403)
    started.world.faults.answer("PATCH", "/channels/*/messages/*", status=403)
    used = started.press("◀")
    answer = await started.world.wait_for(lambda: used.further[-1] if used.further else None, 10)
    assert answer.content == "Discord didn't accept that. Check that the bot can post here, then try again."
    await started.quiet()
    assert started.posts() == [SECOND]
    assert (await started.remembered())[-1] == ("Marlow", SECOND)
    started.press("◀")
    await started.shows(FIRST)
    await started.quiet()
    assert (await started.remembered())[-1] == ("Marlow", FIRST)


async def test_a_page_that_is_full_gives_its_button_to_the_next(started: Wired, m2her: M2her) -> None:
    held = asyncio.Event()
    m2her.say("word " * 300, held, "word " * 300)
    started.ask()
    await have_buttons(started, ("Stop",))
    held.set()
    await have_buttons(started, (), ("↻ Again", "⋯ More"))
    rows = [request.json for request in started.world.requests if "components" in (request.json or {})]
    assert [bool(row["components"]) for row in rows if "content" in row][:1] == [True]


async def test_old_buttons_are_taken_by_an_edit_that_changes_nothing_else(
    started: Wired, m2her: M2her
) -> None:
    m2her.say(FIRST)
    started.ask()
    await have_buttons(started, ("↻ Again", "⋯ More"))
    m2her.say(SECOND)
    started.ask("again")
    await have_buttons(started, (), ("↻ Again", "⋯ More"))
    assert started.shown()[0] == Shown("Dramatis", FIRST)
    bare = [request.json for request in started.world.requests if request.method == "PATCH"]
    assert [(each["components"], "content" in each) for each in bare] == [([], False)]


# --- under the persona's own face -----------------------------------------------------------------


@pytest.fixture
async def masked(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    """A server on which personas have their own faces."""
    rules = replace(RULES, defaults=Settings(face=Face.WEBHOOK))
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        await wired.start()
        yield wired


async def test_buttons_work_under_webhooks_posts_and_after_a_restart(masked: Wired, m2her: M2her) -> None:
    m2her.say(FIRST)
    masked.ask()
    await have_buttons(masked, ("↻ Again", "⋯ More"))
    assert masked.shown() == [Shown("Marlow", FIRST, buttons=("↻ Again", "⋯ More"))]
    await masked.end()
    await masked.start()
    m2her.say(SECOND)
    masked.press("↻ Again")
    await have_buttons(masked, ("◀", "↻ Again", "⋯ More"))
    assert masked.shown()[0].text == SECOND
    masked.press("◀")
    await have_buttons(masked, ("▶", "⋯ More"))
    assert masked.shown()[0].text == FIRST
    m2her.say("And a newer one.")
    masked.ask("again")
    await have_buttons(masked, (), ("↻ Again", "⋯ More"))
    assert masked.shown()[0] == Shown("Marlow", FIRST)


async def test_a_failed_reply_of_a_webhook_is_tried_again_in_its_own_post(
    masked: Wired, m2her: M2her
) -> None:
    m2her.say(Error(1008))
    masked.ask()
    await have_buttons(masked, ("Retry",))
    await masked.end()
    await masked.start()
    m2her.say(FIRST)
    masked.press("Retry")
    await have_buttons(masked, ("↻ Again", "⋯ More"))
    assert [(shown.name, shown.text) for shown in masked.shown()] == [("Marlow", FIRST)]
    assert await masked.remembered() == [("Alice", "well?"), ("Marlow", FIRST)]


async def test_a_webhook_s_reply_is_removed_and_put_back(masked: Wired, m2her: M2her) -> None:
    long = " ".join(["word"] * 700)
    m2her.say(long)
    masked.ask()
    await have_buttons(masked, (), ("↻ Again", "⋯ More"))
    before = [shown.text for shown in masked.shown()]
    asked = await masked.answers(masked.menu("Remove from story", masked.webhook_posts()[0]))
    masked.press("Remove", asked)
    await have_buttons(masked, ("Undo, back into the story",), ())
    assert [shown.text for shown in masked.shown()] == [
        "-# ✂ Alice took this reply out of the story.",
        "-# ✂ Part of the same reply.",
    ]
    assert await masked.remembered() == [("Alice", "well?")]
    await masked.end()
    await masked.start()
    masked.press("Undo, back into the story", masked.webhook_posts()[0])
    await have_buttons(masked, (), ("↻ Again", "⋯ More"))
    assert [shown.text for shown in masked.shown()] == before
    assert await masked.remembered() == [("Alice", "well?"), ("Marlow", long)]


async def test_what_is_left_of_a_reply_whose_page_was_deleted_does_not_say_stop(
    started: Wired, m2her: M2her
) -> None:
    held = asyncio.Event()
    m2her.say("word " * 500, held)
    started.ask()
    await have_buttons(started, (), ("Stop",))
    started.world.delete(started.world.posts(started.bound)[0])
    await have_buttons(started, ("↻ Again", "Continue", "⋯ More"))


async def test_a_removal_that_discord_does_not_show_is_taken_back(started: Wired, m2her: M2her) -> None:
    m2her.say(FIRST)
    started.ask()
    await have_buttons(started, ("↻ Again", "⋯ More"))
    started.world.faults.answer("PATCH", "/channels/*/messages/*", status=403)
    asked = await started.answers(started.menu("Remove from story", started.last_post()))
    used = started.press("Remove", asked)
    told = await started.world.wait_for(lambda: used.further[-1] if used.further else None, 10)
    assert told.content == "Discord didn't accept that. Check that the bot can post here, then try again."
    await started.quiet()
    assert started.posts() == [FIRST]
    assert await started.remembered() == [("Alice", "well?"), ("Marlow", FIRST)]


async def test_what_discord_no_longer_waits_for_is_not_removed(started: Wired, m2her: M2her) -> None:
    m2her.say(FIRST)
    started.ask()
    await have_buttons(started, ("↻ Again", "⋯ More"))
    offered = await started.answers(started.press("⋯ More"))
    late = {"message": "Unknown interaction", "code": 10_062}
    started.world.faults.answer("POST", "/interactions/*/*/callback", 404, late)
    started.press("Remove", offered)
    await started.world.wait_for(lambda: started.world.requests[-1].status == 404)
    await started.quiet()
    assert started.posts() == [FIRST]
    assert await started.remembered() == [("Alice", "well?"), ("Marlow", FIRST)]


async def test_what_waits_to_be_written_further_is_not_removed_meanwhile(
    started: Wired, m2her: M2her
) -> None:
    older, held = await one_waits(started, m2her)
    m2her.say("is out.")
    asked = await started.answers(started.menu("Remove from story", older))
    answer = await started.answers(started.press("Remove", asked))
    assert answer.content == "This reply is still being written. Wait until it's done, or press Stop."
    held.set()
    await started.shows(FIRST, "Wait")


async def test_where_its_webhook_is_gone_a_removed_reply_is_said_to_stay(masked: Wired, m2her: M2her) -> None:
    m2her.say(FIRST)
    masked.ask()
    await have_buttons(masked, ("↻ Again", "⋯ More"))
    masked.world.webhooks.remove(masked.world.webhooks.own(masked.bound)[0])
    (post,) = [each for each in masked.bound.messages.values() if each.content == FIRST]
    asked = await masked.answers(masked.menu("Remove from story", post))
    masked.press("Remove", asked)
    said = "Removed from the story. The message itself stays here."
    await masked.world.wait_for(lambda: asked.content == said, 10)
    await masked.quiet()
    assert await masked.remembered() == [("Alice", "well?")]


async def two_replies(started: Wired, m2her: M2her) -> None:
    """Let the persona answer twice."""
    m2her.say(FIRST)
    started.ask()
    await have_buttons(started, ("↻ Again", "⋯ More"))
    m2her.say(SECOND)
    started.ask("again")
    await have_buttons(started, (), ("↻ Again", "⋯ More"))


async def test_what_followed_stays_if_discord_no_longer_waits(started: Wired, m2her: M2her) -> None:
    await two_replies(started, m2her)
    older = started.world.posts(started.bound)[0]
    asked = await started.answers(started.menu("Regenerate from here", older))
    late = {"message": "Unknown interaction", "code": 10_062}
    started.world.faults.answer("POST", "/interactions/*/*/callback", 404, late)
    started.press("Regenerate from here", asked)
    await started.world.wait_for(lambda: started.world.requests[-1].status == 404)
    await started.quiet()
    assert [text for _, text in await started.remembered()] == ["well?", FIRST, "again", SECOND]


async def test_what_is_written_can_be_stopped_though_a_newer_reply_is_back(
    started: Wired, m2her: M2her
) -> None:
    await two_replies(started, m2her)
    older = started.world.posts(started.bound)[0]
    asked = await started.answers(started.menu("Regenerate from here", older))
    m2her.say("What", asyncio.Event())
    started.press("Regenerate from here", asked)
    await started.shows("What", SECOND)
    started.press("Undo, back into the story", asked)
    put_right = f"/messages/{started.last_post().id}"
    await started.world.wait_for(lambda: started.world.requests[-1].path.endswith(put_right))
    await until(only_one_is_at_work)
    started.press("Stop", older)
    await have_buttons(started, ("◀", "↻ Again", "Continue", "⋯ More"), ("↻ Again", "⋯ More"))


async def only_one_is_at_work() -> bool:
    """Whether one press is still being served, and no old buttons are being taken away."""
    names = [task.get_name() for task in asyncio.all_tasks()]
    return sum(name.startswith("discord-ui-") for name in names) == 1 and "sweeping" not in names


async def test_pages_that_a_shorter_variant_gave_back_come_again(started: Wired, m2her: M2her) -> None:
    long = " ".join(["word"] * 700)
    m2her.say(long)
    started.ask()
    await have_buttons(started, (), ("↻ Again", "⋯ More"))
    m2her.say(FIRST)
    started.press("↻ Again")
    await have_buttons(started, ("◀", "↻ Again", "⋯ More"))
    started.press("◀")
    await have_buttons(started, (), ("▶", "⋯ More"))
    assert " ".join(started.posts()) == long


async def test_only_the_post_that_has_buttons_is_edited_to_lose_them(started: Wired, m2her: M2her) -> None:
    held = asyncio.Event()
    m2her.say("word " * 300, held, "word " * 300)
    started.ask()
    await have_buttons(started, ("Stop",))
    held.set()
    await have_buttons(started, (), ("↻ Again", "⋯ More"))
    m2her.say(SECOND)
    started.ask("again")
    await have_buttons(started, (), (), ("↻ Again", "⋯ More"))
    bare = [request for request in started.world.requests if request.method == "PATCH"]
    # Its first page lost Stop once the second was there, and that one its buttons now.
    assert len([each for each in bare if "content" not in each.json]) == 2


async def test_a_page_that_went_with_one_variant_comes_back_with_another(
    started: Wired, m2her: M2her
) -> None:
    """Discord answers a nonce it knows with the post it had, also where that was deleted."""
    full, over = "a" * 1900 + ".", "b" * 200
    for said in (f"{full}\n\n{over}", "Short.", f"{full}\n\n{over}"):
        m2her.say(said)
    started.ask()
    await have_buttons(started, (), ("↻ Again", "⋯ More"))
    started.press("↻ Again")
    await have_buttons(started, ("◀", "↻ Again", "⋯ More"))
    assert started.posts() == ["Short."]
    started.press("↻ Again")
    await have_buttons(started, (), ("◀", "↻ Again", "⋯ More"))
    assert started.posts() == [full, over]
    posts = [
        r.json["nonce"] for r in started.world.requests if r.method == "POST" and "nonce" in (r.json or {})
    ]
    assert len(posts) == len(set(posts)) == 3


async def test_a_post_of_over_an_hour_ago_gets_its_new_words_in_one_edit(
    started: Wired, m2her: M2her
) -> None:
    started.world.turn_back(2)
    m2her.say(FIRST)
    started.ask()
    await have_buttons(started, ("↻ Again", "⋯ More"))
    started.world.turn_back(0)
    rest = asyncio.Event()
    m2her.say("The lamp ", rest, "still burns.")
    m2her.say("Elsewhere ", rest, "too.")
    started.press("↻ Again")
    await m2her.received(2)
    started.ask(channel=started.elsewhere)
    await started.shows("Elsewhere", channel=started.elsewhere)  # a preview would have gone by now
    rest.set()
    await started.shows(SECOND)
    await have_buttons(started, ("◀", "↻ Again", "⋯ More"))
    assert [text for _, text in started.sent("PATCH") if "lamp" in text] == [SECOND]
    assert started.world.limits.given == 0
