"""`/dramatis inspect`: what the model would be told now, and what it was told for a reply."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.core.completion import Naming
from bot.core.prompting.inspection import Inspection
from bot.core.scene import Place
from bot.storage.scenes import Scenes
from bot.story.places.rules import ChannelRule, Forms
from tests.discord_ui.interactions.commands.panels import attached, choose
from tests.standins.m2her import M2her
from tests.tavern import ISOLDE, MARLOW, RULES, Tavern, open_tavern, read

SENT = "**What the AI model got for that reply by Marlow**, word for word"
CHANGED = (
    "**What the AI model got for that reply by Marlow**, as far as it's still saved: a message, the persona "
    "or its settings have changed since"
)
NO_REPLY = (
    "That isn't a persona's reply in this channel, or its prompt isn't saved. Copy the link of one of the "
    "persona's messages (right-click, Copy Message Link)."
)
NO_LINK = (
    "That isn't a link to a message. Right-click one of the persona's messages and choose Copy Message Link."
)


@pytest.fixture
def ada(tavern: Tavern) -> Any:
    return tavern.staff("Ada", manage_guild=True)


async def inspected(
    tavern: Tavern, channel: Any, message_id: int | None = None
) -> Sequence[tuple[str, str, str]]:
    """The whole messages behind an answer, which shows only their first words."""
    inspector = tavern.bot.services.story.inspector  # type: ignore[attr-defined]
    place = Place(channel.id, None, tavern.guild.id)
    found = await (inspector.sent(place, message_id) if message_id else inspector.next(place))
    assert isinstance(found, Inspection)
    return [(message.role, message.name, message.content) for message in found.messages]


def table(used: Any) -> list[str]:
    """The messages as an answer shows them."""
    _, block, _ = used.response.content.split("```")
    return list(block.strip().partition("\n\n")[0].splitlines())


def link(post: discord.Message, host: str = "discord.com") -> str:
    return f"https://{host}/channels/{post.guild.id if post.guild else 0}/{post.channel.id}/{post.id}"


async def exchange(tavern: Tavern, text: str, answer: str, channel: Any = None) -> discord.Message:
    """Let Alice say something to the persona, and return its answer."""
    tavern.m2her.say(answer)
    await tavern.say("Alice", f"{tavern.mention} {text}", channel)
    return tavern.last_post(channel or tavern.bound)


# --- now --------------------------------------------------------------------------------------------


async def test_what_would_be_sent_now_word_for_word(tavern: Tavern, ada: Any) -> None:
    await exchange(tavern, "have you a room?", "*nods* Number four.")
    await tavern.say("Bob", "And for me?\nI am wet.")
    used = await ada.slash(tavern.bound, "dramatis inspect")
    assert used.ephemeral
    assert (
        used.response.content
        == """\
**What the AI model would get for Marlow now**
🟦📜🟩🟨🟧🟪🟫⬜⬛⬛⬛⬛⬛⬛⬛⬛⬛⬛⬛⬛
🟦 persona 318 · 📜 table rules 68 · 🟩 profiles 39 · 🟨 scene 19 · 🟧 samples 30 · 🟪 history 43 · 🟫 request 256 · \
⬜ reserved for the reply 1,024 · ⬛ free 63,739
People: `named`, each person has their own name
Nothing is left out: all 3 turns of the scene are included
```
system              Marlow: Marlow keeps the Drowned Bell, a harbou…
user_system         the others: Here are Alice and whoever else speaks.…
group               A storm has closed the harbour: A storm has closed the harbour
sample_message_user Guest: Have you a room?
sample_message_ai   Marlow: *slides a key over* "Number four."
user                Alice: have you a room?
assistant           Marlow: *nods* Number four.
user                Bob: And for me? I am wet.

Table rules, the last words of the first message:
- It is open to all ages, whatever else stands here: nothing sexual, no method of suicide or self-harm, violence without gore. \
Where the scene would go there, turn it aside or let it fade to black.
```"""
    )


async def test_what_would_be_sent_now_is_what_is_then_sent(tavern: Tavern, ada: Any) -> None:
    await exchange(tavern, "have you a room?", "Number four.")
    await tavern.say("Bob", "And for me?")
    shown = await inspected(tavern, tavern.bound)
    await tavern.say("Alice", "Marlow?")
    assert tavern.prompt == [*shown, ("user", "Alice", "Marlow?")]


async def test_settings_and_a_scenes_title_are_in_what_is_shown(tavern: Tavern) -> None:
    await exchange(tavern, "well?", "Well.")
    await tavern.people["Alice"].slash(tavern.bound, "scene new", title="The Flood")
    await exchange(tavern, "well?", "Well.")
    await choose(tavern, tavern.bound, "channel", language="Deutsch")
    shown = await inspected(tavern, tavern.bound)
    assert ("group", "The Flood", "The Flood") in shown
    assert "Write in Deutsch" in shown[0][2]
    await tavern.say("Bob", "Marlow?")
    assert tavern.prompt == [*shown, ("user", "Bob", "Marlow?")]


async def test_looking_changes_nothing(tavern: Tavern, ada: Any) -> None:
    await exchange(tavern, "have you a room?", "Number four.")
    before = await tavern.turns(tavern.bound)
    requests = len(tavern.m2her.requests)
    first = await ada.slash(tavern.bound, "dramatis inspect")
    second = await ada.slash(tavern.bound, "dramatis inspect")
    assert first.response.content == second.response.content
    assert await tavern.turns(tavern.bound) == before
    assert len(tavern.m2her.requests) == requests


async def test_where_nothing_was_said_yet_there_is_nothing(tavern: Tavern, ada: Any) -> None:
    await exchange(tavern, "well?", "Well.", tavern.elsewhere)
    used = await ada.slash(tavern.bound, "dramatis inspect")
    assert (used.ephemeral, used.response.content) == (
        True,
        "Nothing has been said here yet, so there's nothing to show.",
    )
    await tavern.people["Alice"].slash(tavern.elsewhere, "scene new", title="Anew")
    used = await ada.slash(tavern.elsewhere, "dramatis inspect")
    assert used.response.content == "Nothing has been said here yet, so there's nothing to show."


async def test_where_no_persona_is_set_it_says_so(tavern: Tavern) -> None:
    await exchange(tavern, "well?", "Well.", tavern.elsewhere)
    ada = tavern.staff("Ada", manage_guild=True, manage_channels=True)
    await ada.slash(tavern.elsewhere, "persona clear")
    used = await ada.slash(tavern.elsewhere, "dramatis inspect")
    assert used.ephemeral
    assert used.response.content == (
        "No persona is set for this channel. Someone with Manage Channels can choose one with `/persona use`."
    )
    await ada.select(used.response, ["isolde"], custom_id="rp:use")
    used = await ada.slash(tavern.elsewhere, "dramatis inspect")
    assert used.response.content.startswith("**What the AI model would get for Isolde now**")


async def test_a_personas_file_that_is_gone_is_named(tavern: Tavern, ada: Any) -> None:
    post = await exchange(tavern, "well?", "Well.")
    (tavern.personas / "marlow.yaml").unlink()
    await tavern.restart()
    for options in ({}, {"reply": link(post)}):
        used = await ada.slash(tavern.bound, "dramatis inspect", **options)
        assert (used.ephemeral, used.response.content) == (
            True,
            (
                "This channel's persona, `marlow`, can't be loaded: its file is missing or broken. The bot's "
                "owner can fix `marlow.yaml`, and then it answers again."
            ),
        )


@pytest.mark.parametrize(
    ("naming", "line", "last"),
    [
        (
            Naming.PREFIXED,
            "People: `prefixed`, everyone shares one name, and each line begins with the speaker's name",
            "user                Everyone: Alice: well?",
        ),
        (
            Naming.FOLDED,
            "People: `folded`, for models that only know system, user and assistant; the scene and the samples are in system",
            "user                Everyone: Alice: well?",
        ),
    ],
)
async def test_the_form_of_the_prompt_is_named(
    m2her: M2her, tmp_path: Path, naming: Naming, line: str, last: str
) -> None:
    async with open_tavern(m2her, tmp_path, rules=replace(RULES, forms=Forms(naming))) as tavern:
        ada = tavern.staff("Ada", manage_guild=True)
        await exchange(tavern, "well?", "Well.")
        used = await ada.slash(tavern.bound, "dramatis inspect")
        assert line in used.response.content.splitlines()
        assert table(used)[-2] == last


# --- for a reply ------------------------------------------------------------------------------------


async def test_for_a_reply_it_shows_to_the_letter_what_was_sent_then(tavern: Tavern, ada: Any) -> None:
    first = await exchange(tavern, "have you a room?", "Number four.")
    await tavern.say("Bob", "And for me?")
    second = await exchange(tavern, "thank you", "Good night.")
    await choose(tavern, tavern.bound, "channel", language="Deutsch")  # counts from now on, not for then
    third = await exchange(tavern, "morning!", "Morgen.")
    await choose(tavern, tavern.bound, "channel", language="Polski")
    for post, prompt in zip((first, second, third), tavern.prompts, strict=True):
        for reply in (link(post), str(post.id), f" {link(post, 'ptb.discord.com')}/ "):
            used = await ada.slash(tavern.bound, "dramatis inspect", reply=reply)
            assert used.ephemeral
            assert used.response.content.splitlines()[0] == SENT
        assert await inspected(tavern, tavern.bound, post.id) == prompt
    used = await ada.slash(tavern.bound, "dramatis inspect", reply=link(second))
    assert len(table(used)) == len(tavern.prompts[1])
    assert table(used)[-1] == "user                Alice: thank you"


async def test_of_limits_that_the_host_has_changed_since_it_shows_those_of_then(
    tavern: Tavern, ada: Any
) -> None:
    post = await exchange(tavern, "have you a room?", "Number four.")
    casting = tavern.bot.services.story.casting  # type: ignore[attr-defined]
    sampling = replace(RULES.sampling, max_completion_tokens=300)
    casting.rules = replace(casting.rules, context_window=4000, sampling=sampling)
    used = await ada.slash(tavern.bound, "dramatis inspect")
    assert "reserved for the reply 300 · " in used.response.content
    used = await ada.slash(tavern.bound, "dramatis inspect", reply=link(post))
    assert used.response.content.startswith(f"{SENT}\n")
    legend = used.response.content.splitlines()[2]
    assert "⬜ reserved for the reply 1,024 · " in legend
    assert sum(int(part.rpartition(" ")[2].replace(",", "")) for part in legend.split(" · ")) == 65_536


async def test_a_reply_from_before_its_limits_were_kept_is_shown_under_those_of_today(
    tavern: Tavern, ada: Any
) -> None:
    post = await exchange(tavern, "have you a room?", "Number four.")
    async with tavern.database.transaction() as tx:
        await tx.run("UPDATE request SET context_window = NULL, reply_cap = NULL")
    used = await ada.slash(tavern.bound, "dramatis inspect", reply=link(post))
    assert used.response.content.startswith(f"{SENT}\n")
    assert "⬜ reserved for the reply 1,024 · " in used.response.content


async def test_every_page_of_a_long_reply_is_that_reply(tavern: Tavern, ada: Any) -> None:
    await exchange(tavern, "a tale!", "Once upon a time. " * 150)
    pages = [message for message in tavern.bound.history() if message.author == tavern.bot.user]
    assert len(pages) == 2
    for page in pages:
        used = await ada.slash(tavern.bound, "dramatis inspect", reply=link(page))
        assert used.response.content.splitlines()[0] == SENT


async def test_after_a_restart_and_in_an_older_scene_it_is_still_known(tavern: Tavern, ada: Any) -> None:
    post = await exchange(tavern, "have you a room?", "Number four.")
    await tavern.people["Alice"].slash(tavern.bound, "scene new", title="Anew")
    await tavern.restart()
    used = await ada.slash(tavern.bound, "dramatis inspect", reply=link(post))
    assert used.response.content.splitlines()[0] == SENT
    assert await inspected(tavern, tavern.bound, post.id) == tavern.prompts[0]


async def test_of_a_message_that_was_edited_since_it_says_so(tavern: Tavern, ada: Any) -> None:
    asked = await tavern.say("Bob", "Foul weather.")
    post = await exchange(tavern, "have you a room?", "Number four.")
    await tavern.people["Bob"].edit(asked, "Fair weather.")
    used = await ada.slash(tavern.bound, "dramatis inspect", reply=link(post))
    assert used.response.content.splitlines()[0] == CHANGED
    assert "user                Bob: Fair weather." in table(used)
    await tavern.people["Bob"].edit(asked, "Foul weather.")
    used = await ada.slash(tavern.bound, "dramatis inspect", reply=link(post))
    assert used.response.content.splitlines()[0] == SENT


async def test_what_was_deleted_since_is_not_shown_again(tavern: Tavern, ada: Any) -> None:
    asked = await tavern.say("Bob", "My real name is Robert.")
    post = await exchange(tavern, "have you a room?", "Number four.")
    await tavern.people["Bob"].delete(asked)
    used = await ada.slash(tavern.bound, "dramatis inspect", reply=link(post))
    assert used.response.content.splitlines()[0] == CHANGED
    assert "Robert" not in used.response.content


async def test_of_a_persona_that_was_changed_since_it_says_so(tavern: Tavern, ada: Any) -> None:
    post = await exchange(tavern, "have you a room?", "Number four.")
    (tavern.personas / "marlow.yaml").write_text(MARLOW.replace("Drowned", "Dry"), encoding="utf-8")
    await tavern.restart()
    used = await ada.slash(tavern.bound, "dramatis inspect", reply=link(post))
    assert used.response.content.splitlines()[0] == CHANGED


async def test_a_reply_of_another_persona_is_shown_as_its_own(tavern: Tavern, ada: Any) -> None:
    del tavern.channels[tavern.bound.id]
    tavern.m2her.say("I map.")
    await tavern.people["Alice"].slash(tavern.bound, "talk", text="Who are you?", persona="isolde")
    post = tavern.last_post(tavern.bound)
    used = await ada.slash(tavern.bound, "dramatis inspect", reply=link(post))
    assert used.response.content.splitlines()[0] == (
        "**What the AI model got for that reply by Isolde**, word for word"
    )
    assert table(used)[0].startswith("system              Isolde: ")


async def test_a_reply_in_another_channel_is_not_shown_here(tavern: Tavern, ada: Any) -> None:
    secret = tavern.guild.create_text_channel("secret")
    thread = tavern.thread(tavern.bound, "booth")
    for place in (secret, thread):
        post = await exchange(tavern, "a secret!", "Hush.", place)
        for reply in (link(post), str(post.id)):
            used = await ada.slash(tavern.bound, "dramatis inspect", reply=reply)
            assert (used.ephemeral, used.response.content) == (True, NO_REPLY)


async def test_what_is_no_reply_is_said_to_be_none(tavern: Tavern, ada: Any) -> None:
    asked = await tavern.say("Bob", "Foul weather.")
    await tavern.people["Bob"].slash(tavern.bound, "scene new", title="Anew")
    notice = tavern.last_post(tavern.bound)
    assert read(notice).startswith("-# New scene: Anew\n### Marlow\n")
    for reply in (link(asked), link(notice), "123456789012345678", "9" * 19, "9" * 20):
        used = await ada.slash(tavern.bound, "dramatis inspect", reply=reply)
        assert (used.ephemeral, used.response.content) == (True, NO_REPLY)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "Marlow",
        "12345",
        "https://example.com/channels/1/2/123456789012345678",
        "-1",
        "' OR 1=1 --",
        "9" * 21,
    ],
)
async def test_what_is_no_link_is_said_to_be_none(tavern: Tavern, ada: Any, reply: str) -> None:
    used = await ada.slash(tavern.bound, "dramatis inspect", reply=reply)
    assert used.ephemeral
    assert used.response.content == (
        NO_LINK if reply else "Nothing has been said here yet, so there's nothing to show."
    )


async def test_a_greeting_was_told_nothing(m2her: M2her, tmp_path: Path) -> None:
    cast = {"marlow": MARLOW + "greeting: Come in!\n", "isolde": ISOLDE}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        ada = tavern.staff("Ada", manage_guild=True)
        await ada.slash(tavern.bound, "scene new", title="Anew")
        post = tavern.last_post(tavern.bound)
        assert post.content == "Come in!"
        used = await ada.slash(tavern.bound, "dramatis inspect", reply=link(post))
        assert used.response.content == NO_REPLY


# --- what was left out, and why ---------------------------------------------------------------------


async def test_turns_that_found_no_room_are_counted(m2her: M2her, tmp_path: Path) -> None:
    async with open_tavern(m2her, tmp_path, rules=replace(RULES, context_window=2048)) as tavern:
        ada = tavern.staff("Ada", manage_guild=True)
        for number in range(30):
            await tavern.say("Bob", f"Line {number:02} of a long story, and what came of it in the end.")
        shown = await inspected(tavern, tavern.bound)
        used = await ada.slash(tavern.bound, "dramatis inspect")
        history = shown[-1][2].splitlines()
        assert history[-1] == "Line 29 of a long story, and what came of it in the end."
        left_out = 30 - len(history)
        assert left_out > 5
        scene = await Scenes(tavern.database).playing(Place(tavern.bound.id))
        assert scene is not None
        assert scene.window_start == 0  # to look is not to move it
        lines = used.response.content.splitlines()
        assert (
            f"Left out: {left_out} older turns, because they no longer fit in the window of 2,048 tokens"
            in lines
        )
        assert not any(line.startswith("Nothing is left out") for line in lines)
        post = await exchange(tavern, "well?", "Well.")
        assert await inspected(tavern, tavern.bound, post.id) == tavern.prompt
        left_out = 30 - len(tavern.prompt[-2][2].splitlines())
        for number in range(30, 60):
            await exchange(tavern, f"line {number}", "Well.")
        used = await ada.slash(tavern.bound, "dramatis inspect", reply=link(post))
        assert used.response.content.splitlines()[0] == SENT  # though the window has moved on
        assert (
            f"Left out: {left_out} older turns, because they no longer fit in the window of 2,048 tokens"
            in used.response.content
        )


# --- what people wrote is no markup here ------------------------------------------------------------


async def test_too_much_for_a_message_is_a_file_with_all_of_it(tavern: Tavern, ada: Any) -> None:
    for number in range(20):
        await exchange(
            tavern, f"what of number {number}, then, is it free?", f"Number {number} is free indeed."
        )
    used = await ada.slash(tavern.bound, "dramatis inspect")
    head = used.response.content.splitlines()
    assert used.ephemeral
    assert head[0] == "**What the AI model would get for Marlow now**"
    assert head[-1] == "All 45 messages are in the file."
    name, text = await attached(used)
    assert name == "prompt.txt"
    messages = text.partition("\n\n")[0].splitlines()
    assert len(messages) == 45
    assert messages[-1] == "assistant           Marlow: Number 19 is free indeed."


async def test_signs_that_discord_counts_twice_make_a_file_too(tavern: Tavern, ada: Any) -> None:
    for _ in range(10):
        await exchange(tavern, "🎭" * 45, "🎭" * 45)
    used = await ada.slash(tavern.bound, "dramatis inspect")
    assert used.response.content.splitlines()[-1] == "All 25 messages are in the file."
    _, text = await attached(used)
    assert text.partition("\n\n")[0].splitlines()[-1] == "assistant           Marlow: " + "🎭" * 39 + "…"


async def test_backticks_and_mentions_do_nothing(tavern: Tavern, ada: Any, m2her: M2her) -> None:
    await exchange(tavern, "```\n**@everyone** <@&1> `x`", "``` <@1> ||boo||")
    used = await ada.slash(tavern.bound, "dramatis inspect")
    assert used.response.content.count("```") == 2
    assert used.response.content.endswith("\n```")
    assert table(used)[-1] == "assistant           Marlow: ˋˋˋ <@1> ||boo||"
    sent = [entry for entry in tavern.env.http_requests if entry.path.endswith("/callback")][-1]
    assert sent.json["data"]["allowed_mentions"] == {"parse": []}


async def test_names_of_personas_and_people_are_no_markup(m2her: M2her, tmp_path: Path) -> None:
    cast = {"marlow": "name: '**Marlow** ```'\ndescription: An innkeeper.\n"}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        ada = tavern.staff("Ada", manage_guild=True)
        tavern.join("Eve```")
        await tavern.say("Eve```", f"{tavern.mention} well?")
        used = await ada.slash(tavern.bound, "dramatis inspect")
        assert used.response.content.splitlines()[0] == (
            r"**What the AI model would get for \*\*Marlow\*\* \`\`\` now**"
        )
        assert "```" not in "".join(table(used))
        assert used.response.content.endswith("\n```")


async def test_a_channel_that_the_host_has_bound_to_another_since_shows_replies_by_who_gave_them(
    tavern: Tavern, ada: Any
) -> None:
    post = await exchange(tavern, "have you a room?", "Number four.")
    tavern.channels[tavern.bound.id] = ChannelRule(("isolde",))
    used = await ada.slash(tavern.bound, "dramatis inspect", reply=link(post))
    assert used.response.content.splitlines()[0] == SENT
    assert (await inspected(tavern, tavern.bound))[0][1] == "Isolde"
