"""The buttons under a persona's replies, and the menus of messages, as people use them."""

from typing import Any

import discord
import pytest

from tests.standins.m2her import Error, M2her
from tests.tavern import Tavern

FIRST, SECOND = "The lamp is out.", "The lamp still burns."


def labels(tavern: Tavern, message: discord.Message) -> list[str]:
    """The buttons under a message; those that cannot be pressed in brackets."""
    stored = tavern.env.backend.get_message(message.channel.id, message.id)
    return [
        f"({one['label']})" if one.get("disabled") else one["label"]
        for line in stored.components
        for one in line["components"]
    ]


def plant(tavern: Tavern, message: discord.Message, custom_id: str) -> None:
    """Let one button stand under a message, and be this one."""
    stored = tavern.env.backend.get_message(message.channel.id, message.id)
    row = stored.components[0]["components"]
    del row[1:]
    row[0]["custom_id"] = custom_id


def last(tavern: Tavern) -> discord.Message:
    return tavern.last_post(tavern.bound)


def private(used: Any) -> list[str]:
    """The buttons in an answer that one person sees."""
    return [one["label"] for row in used.response.components for one in row["components"]]


def fields(form: Any) -> list[dict[str, Any]]:
    """The fields of a form, as the bot described them."""
    return [label["component"] for label in form.modal["components"]]


def filled(form: Any, *texts: str) -> dict[str, str]:
    """A form with these texts in its first fields; the others as they were."""
    found = fields(form)
    values = [*texts, *(field["value"] for field in found[len(texts) :])]
    return {field["custom_id"]: value for field, value in zip(found, values, strict=True)}


async def ask(tavern: Tavern, m2her: M2her, answer: str = FIRST, **options: Any) -> discord.Message:
    m2her.say(answer, **options)
    await tavern.say("Alice", f"{tavern.mention} what now?")
    return last(tavern)


async def press(
    tavern: Tavern, label: str, message: discord.Message | None = None, who: str = "Alice"
) -> Any:
    return await tavern.people[who].click(message or last(tavern), label=label)


# --- another variant ------------------------------------------------------------------------------


async def test_a_short_reply_is_one_post_with_its_buttons(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her)
    assert labels(tavern, post) == ["↻ Again", "⋯ More"]
    assert [entry.method for entry in tavern.sent()] == ["POST"]


async def test_another_variant_takes_the_place_of_the_first(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her)
    m2her.say(SECOND)
    used = await press(tavern, "↻ Again")
    assert used.acknowledged
    assert tavern.posts(tavern.bound) == [SECOND]
    assert last(tavern).id == post.id
    assert labels(tavern, post) == ["◀", "(2/2)", "↻ Again", "⋯ More"]
    assert tavern.prompts[0] == tavern.prompts[1]
    assert await tavern.remembered(tavern.bound) == [("Alice", "what now?"), ("Marlow", SECOND)]


async def test_variants_are_turned_over_and_the_one_on_screen_is_remembered(
    tavern: Tavern, m2her: M2her
) -> None:
    post = await ask(tavern, m2her)
    m2her.say(SECOND)
    await press(tavern, "↻ Again")
    await press(tavern, "◀")
    assert tavern.posts(tavern.bound) == [FIRST]
    assert labels(tavern, post) == ["(◀)", "(1/2)", "▶", "⋯ More"]
    assert (await tavern.remembered(tavern.bound))[-1] == ("Marlow", FIRST)
    await press(tavern, "▶")
    assert tavern.posts(tavern.bound) == [SECOND]
    assert labels(tavern, post) == ["◀", "(2/2)", "↻ Again", "⋯ More"]
    assert (await tavern.remembered(tavern.bound))[-1] == ("Marlow", SECOND)


async def test_after_the_last_variant_another_is_written_by_the_button_that_says_so(
    tavern: Tavern, m2her: M2her
) -> None:
    post = await ask(tavern, m2her)
    m2her.say(SECOND)
    await press(tavern, "↻ Again")
    m2her.say("What lamp?")
    await press(tavern, "↻ Again")
    assert tavern.posts(tavern.bound) == ["What lamp?"]
    assert labels(tavern, post) == ["◀", "(3/3)", "↻ Again", "⋯ More"]


async def test_if_nothing_comes_of_another_the_first_is_back_with_the_reason(
    tavern: Tavern, m2her: M2her
) -> None:
    post = await ask(tavern, m2her)
    m2her.say(Error(1008))
    await press(tavern, "↻ Again")
    out_of_credit = "The bot's AI account is out of credit. The bot's owner can add more."
    assert tavern.posts(tavern.bound) == [f"{FIRST}\n-# {out_of_credit}"]
    assert labels(tavern, post) == ["↻ Again", "⋯ More"]
    assert (await tavern.remembered(tavern.bound))[-1] == ("Marlow", FIRST)


async def test_the_reason_names_the_button_that_tries_again(tavern: Tavern, m2her: M2her) -> None:
    await ask(tavern, m2her)
    for _ in range(3):
        m2her.say(Error(1013))
    await press(tavern, "↻ Again")
    assert tavern.posts(tavern.bound) == [
        f"{FIRST}\n-# The AI model is having trouble. Try again in a minute. Press ↻ Again."
    ]


async def test_a_long_variant_gets_more_posts_and_a_short_one_gives_them_back(
    tavern: Tavern, m2her: M2her
) -> None:
    post = await ask(tavern, m2her)
    long = " ".join(["word"] * 700)
    m2her.say(long)
    await press(tavern, "↻ Again")
    first, second = tavern.posts(tavern.bound)
    assert f"{first} {second}" == long
    assert labels(tavern, post) == []
    assert labels(tavern, last(tavern)) == ["◀", "(2/2)", "↻ Again", "⋯ More"]
    await press(tavern, "◀")
    assert tavern.posts(tavern.bound) == [FIRST]
    assert labels(tavern, post) == ["(◀)", "(1/2)", "▶", "⋯ More"]
    assert (await tavern.remembered(tavern.bound))[-1] == ("Marlow", FIRST)


# --- what was cut or failed -----------------------------------------------------------------------


async def test_what_was_cut_goes_on_in_the_same_post(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her, "The lamp", finish="length")
    assert tavern.posts(tavern.bound) == [
        "The lamp\n-# The reply reached the length limit. Press Continue or mention the bot."
    ]
    assert labels(tavern, post) == ["↻ Again", "Continue", "⋯ More"]
    m2her.say("is out.")
    await press(tavern, "Continue")
    assert tavern.posts(tavern.bound) == ["The lamp is out."]
    assert labels(tavern, post) == ["↻ Again", "⋯ More"]
    assert (await tavern.remembered(tavern.bound))[-1] == ("Marlow", "The lamp is out.")


async def test_the_post_that_says_a_reply_failed_becomes_the_reply(tavern: Tavern, m2her: M2her) -> None:
    for _ in range(3):
        m2her.say(Error(1013))
    await tavern.say("Alice", f"{tavern.mention} what now?")
    post = last(tavern)
    assert tavern.posts(tavern.bound) == [
        "The AI model is having trouble. Try again in a minute. Press Retry or mention the bot."
    ]
    assert labels(tavern, post) == ["Retry"]
    await tavern.restart()
    m2her.say(FIRST)
    await press(tavern, "Retry", post)
    assert tavern.posts(tavern.bound) == [FIRST]
    assert last(tavern).id == post.id
    assert labels(tavern, post) == ["↻ Again", "⋯ More"]
    assert await tavern.remembered(tavern.bound) == [("Alice", "what now?"), ("Marlow", FIRST)]


async def test_a_failed_reply_of_an_earlier_scene_is_tried_again_in_that_scene(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say(Error(1008))
    await tavern.say("Alice", f"{tavern.mention} what now?")
    post = last(tavern)
    await tavern.people["Alice"].slash(tavern.bound, "scene new")
    await tavern.restart()
    m2her.say(FIRST)
    await press(tavern, "Retry", post)
    assert tavern.heard == [("Alice", "what now?")]
    assert await tavern.remembered(tavern.bound) == []
    await tavern.people["Alice"].slash(tavern.bound, "scene resume", scene=1)
    assert await tavern.remembered(tavern.bound) == [("Alice", "what now?"), ("Marlow", FIRST)]


# --- rows of the past -----------------------------------------------------------------------------


async def test_buttons_go_when_a_newer_reply_has_come(tavern: Tavern, m2her: M2her) -> None:
    old = await ask(tavern, m2her)
    await tavern.restart()
    new = await ask(tavern, m2her, SECOND)
    await tavern.quiet()
    assert labels(tavern, old) == []
    assert labels(tavern, new) == ["↻ Again", "⋯ More"]
    assert tavern.posts(tavern.bound) == [FIRST, SECOND]


async def test_buttons_of_another_channel_stay(tavern: Tavern, m2her: M2her) -> None:
    here = await ask(tavern, m2her)
    m2her.say(SECOND)
    await tavern.say("Alice", f"{tavern.mention} and here?", tavern.elsewhere)
    await tavern.quiet()
    assert labels(tavern, here) == ["↻ Again", "⋯ More"]


async def test_everything_works_after_a_restart(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her)
    await tavern.restart()
    m2her.say(SECOND)
    await press(tavern, "↻ Again", post)
    await tavern.restart()
    await press(tavern, "◀", post)
    assert tavern.posts(tavern.bound) == [FIRST]


# --- out of the story, and back -------------------------------------------------------------------


async def test_in_place_of_a_removed_reply_a_nickname_is_nobody_else_s_mention(
    tavern: Tavern, m2her: M2her
) -> None:
    post = await ask(tavern, m2her)
    nick = {"nick": "<@100000000000000001>"}
    tavern.env.backend.edit_member(tavern.guild.id, tavern.people["Alice"].id, nick)
    opened = await press(tavern, "⋯ More", post)
    await tavern.people["Alice"].click(opened.response, label="Remove")
    assert tavern.posts(tavern.bound) == [r"-# ✂ \<@100000000000000001> took this reply out of the story."]


async def test_a_reply_is_removed_and_put_back(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her)
    opened = await press(tavern, "⋯ More")
    assert opened.ephemeral
    assert private(opened) == ["▷ Go on", "Edit", "Remove", "Not this", "Report"]
    removed = await tavern.people["Alice"].click(opened.response, label="Remove")
    assert removed.acknowledged
    assert opened.response.content == "Removed from the story."
    assert tavern.posts(tavern.bound) == ["-# ✂ Alice took this reply out of the story."]
    assert labels(tavern, post) == ["Undo, back into the story"]
    assert await tavern.remembered(tavern.bound) == [("Alice", "what now?")]
    await tavern.restart()
    await press(tavern, "Undo, back into the story", post)
    assert tavern.posts(tavern.bound) == [FIRST]
    assert labels(tavern, post) == ["↻ Again", "⋯ More"]
    assert await tavern.remembered(tavern.bound) == [("Alice", "what now?"), ("Marlow", FIRST)]


async def test_every_post_of_a_long_reply_is_a_small_line_while_it_is_out(
    tavern: Tavern, m2her: M2her
) -> None:
    await ask(tavern, m2her, " ".join(["word"] * 700))
    before = tavern.posts(tavern.bound)
    assert len(before) == 2
    opened = await press(tavern, "⋯ More")
    await tavern.people["Alice"].click(opened.response, label="Remove")
    assert tavern.posts(tavern.bound) == [
        "-# ✂ Alice took this reply out of the story.",
        "-# ✂ Part of the same reply.",
    ]
    await tavern.people["Alice"].click(opened.response, label="Undo, back into the story")
    assert tavern.posts(tavern.bound) == before
    assert opened.response.content == "Back in the story."


async def test_one_s_own_words_leave_the_story_and_stay_in_the_channel(tavern: Tavern, m2her: M2her) -> None:
    m2her.say(FIRST)
    await tavern.say("Alice", f"{tavern.mention} good evening")  # the scene is hers
    said = await tavern.say("Bob", "I did it!")
    used = await tavern.people["Bob"].context_menu(tavern.bound, "Remove from story", said)
    assert used.ephemeral
    assert used.response.content == "Removed from the story. The message itself stays here."
    assert ("Bob", "I did it!") not in await tavern.remembered(tavern.bound)
    await tavern.people["Bob"].click(used.response, label="Undo, back into the story")
    assert (await tavern.remembered(tavern.bound))[-1] == ("Bob", "I did it!")


async def test_somebody_else_s_words_are_not_one_s_own(tavern: Tavern, m2her: M2her) -> None:
    m2her.say(FIRST)
    await tavern.say("Alice", f"{tavern.mention} good evening")
    said = await tavern.say("Carol", "I did it!")
    used = await tavern.people["Bob"].context_menu(tavern.bound, "Remove from story", said)
    assert used.response.content.startswith("This message is from someone else. ")
    assert (await tavern.remembered(tavern.bound))[-1] == ("Carol", "I did it!")


# --- from here ------------------------------------------------------------------------------------


async def test_an_older_reply_is_written_again_after_a_question_and_what_followed_can_come_back(
    tavern: Tavern, m2her: M2her
) -> None:
    old, new = await ask(tavern, m2her), await ask(tavern, m2her, SECOND)
    await tavern.quiet()
    asked = await tavern.people["Alice"].context_menu(tavern.bound, "Regenerate from here", old)
    assert asked.ephemeral
    assert asked.response.content == (
        "This takes the 2 messages after that reply out of the story. They stay visible here. You can undo this."
    )
    m2her.say("What lamp?")
    await tavern.people["Alice"].click(asked.response, label="Regenerate from here")
    await tavern.quiet()
    assert tavern.posts(tavern.bound) == ["What lamp?", SECOND]
    assert labels(tavern, old) == ["◀", "(2/2)", "↻ Again", "⋯ More"]
    assert labels(tavern, new) == []
    assert tavern.heard == [("Alice", "what now?")]
    assert await tavern.remembered(tavern.bound) == [("Alice", "what now?"), ("Marlow", "What lamp?")]
    await tavern.people["Alice"].click(asked.response, label="Undo, back into the story")
    await tavern.quiet()
    assert await tavern.remembered(tavern.bound) == [
        ("Alice", "what now?"),
        ("Marlow", "What lamp?"),
        ("Alice", "what now?"),
        ("Marlow", SECOND),
    ]
    assert labels(tavern, old) == []
    assert labels(tavern, new) == ["↻ Again", "⋯ More"]


async def test_the_newest_reply_is_written_again_at_once(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her)
    await tavern.say("Bob", "Hm.")
    m2her.say(SECOND)
    await tavern.people["Alice"].context_menu(tavern.bound, "Regenerate from here", post)
    assert tavern.posts(tavern.bound) == [SECOND]


# --- other words ----------------------------------------------------------------------------------


async def test_a_reply_gets_other_words(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her)
    opened = await press(tavern, "⋯ More")
    form = await tavern.people["Alice"].click(opened.response, label="Edit")
    await tavern.restart()
    sent = await tavern.people["Alice"].submit_modal(form, filled(form, "No lamp at all."))
    assert tavern.posts(tavern.bound) == ["No lamp at all.\n-# edited by Alice"]
    assert sent.response.content == "The reply was changed."
    assert labels(tavern, post) == ["↻ Again", "⋯ More"]
    assert (await tavern.remembered(tavern.bound))[-1] == ("Marlow", "No lamp at all.")


async def edit(tavern: Tavern, post: discord.Message, text: str, who: str = "Alice") -> str:
    """Let somebody rewrite a reply of one post, and return what that says then."""
    form = await tavern.people[who].context_menu(tavern.bound, "Edit reply", post)
    await tavern.people[who].submit_modal(form, filled(form, text))
    return tavern.posts(tavern.bound)[0]


async def test_who_rewrote_a_reply_stands_beneath_it_and_in_the_log(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    post = await ask(tavern, m2her)
    caplog.set_level("INFO")
    assert await edit(tavern, post, "No lamp at all.") == "No lamp at all.\n-# edited by Alice"
    moderator = tavern.moderator
    tavern.people["Mod"] = moderator
    assert await edit(tavern, post, "One lamp.", "Mod") == "One lamp.\n-# edited by mod"
    turn = (await tavern.turns(tavern.bound))[-1]
    told = [line for line in caplog.messages if "edited" in line]
    assert told == [
        f"the reply {turn.id} in channel {tavern.bound.id} was edited by the user {who.id}"
        for who in (tavern.people["Alice"], moderator)
    ]
    m2her.say("And then?")
    await tavern.say("Bob", f"{tavern.mention} well?")
    assert ("Marlow", "One lamp.") in tavern.heard  # the model is not told of it


async def test_who_rewrote_one_variant_did_not_write_the_others(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her)
    await edit(tavern, post, "No lamp at all.")
    m2her.say(SECOND)
    await press(tavern, "↻ Again", post)
    assert tavern.posts(tavern.bound) == [SECOND]
    await press(tavern, "◀", post)
    assert tavern.posts(tavern.bound) == ["No lamp at all.\n-# edited by Alice"]
    await press(tavern, "▶", post)
    assert tavern.posts(tavern.bound) == [SECOND]


async def test_what_goes_on_behind_a_persons_words_still_names_them(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her, "The lamp ", finish="length")
    cut = "-# The reply reached the length limit. Press Continue or mention the bot."
    assert await edit(tavern, post, "No lamp ") == f"No lamp\n-# edited by Alice\n{cut}"
    m2her.say("burns.")
    await press(tavern, "Continue", post)
    assert tavern.posts(tavern.bound) == ["No lamp burns.\n-# edited by Alice"]


async def test_a_failed_attempt_leaves_the_name_where_it_was(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her)
    await edit(tavern, post, "No lamp at all.")
    m2her.say(Error(1008))
    await press(tavern, "↻ Again", post)
    assert tavern.posts(tavern.bound)[-1].startswith("No lamp at all.\n-# edited by Alice")


@pytest.mark.parametrize(
    ("nick", "beneath"),
    [
        ("**Mods**", "-# edited by \\*\\*Mods\\*\\*"),
        ("[x](https://e.io)", "-# edited by \\[x\\]\\(https\\:\\/\\/e\\.io\\)"),
        ("a\n-# b", "-# edited by a \\-\\# b"),
        ("<@1>", "-# edited by \\<\\@1\\>"),
        ("Mod`", "-# edited by Mod\\'"),
        ("`` x ```", "-# edited by \\'\\' x \\'\\'\\'"),
        ("A\u202eecila", "-# edited by Aecila"),
    ],
)
async def test_a_name_beneath_is_a_name_and_nothing_more(
    tavern: Tavern, m2her: M2her, nick: str, beneath: str
) -> None:
    role = tavern.guild.create_role("Mods", permissions=discord.Permissions(manage_messages=True))
    odd = tavern.env.create_user("odd")
    tavern.people["Odd"] = tavern.guild.add_member(odd, nick=nick, roles=[role])
    post = await ask(tavern, m2her)
    assert await edit(tavern, post, "No lamp.", "Odd") == f"No lamp.\n{beneath}"


RULES_OF_ALICE = "[Rules](https://evil.example)\n-# The bot is paused.\n↪ Bob"


async def test_a_persons_words_under_a_personas_face_are_no_notice_and_hide_no_address(
    tavern: Tavern, m2her: M2her
) -> None:
    post = await ask(tavern, m2her)
    shown = await edit(tavern, post, RULES_OF_ALICE)
    assert shown == "(Rules)(https://evil.example)\n‐# The bot is paused.\n→ Bob\n-# edited by Alice"
    assert (await tavern.remembered(tavern.bound))[-1] == ("Marlow", RULES_OF_ALICE)
    form = await tavern.people["Alice"].context_menu(tavern.bound, "Edit reply", post)
    assert [field["value"] for field in fields(form)] == [RULES_OF_ALICE]


async def test_so_are_the_models_and_no_link_unfolds(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(
        tavern, m2her, "See [the sea](https://sea.example).\n-# edited by Bob\n```\n-# code\n```"
    )
    assert post.content == "See (the sea)(https://sea.example).\n‐# edited by Bob\n```\n-# code\n```"
    assert post.flags.suppress_embeds
    m2her.say("Aye.")
    await tavern.say("Bob", f"{tavern.mention} well?")
    assert (
        "Marlow",
        "See [the sea](https://sea.example).\n-# edited by Bob\n```\n-# code\n```",
    ) in tavern.heard


async def test_what_is_not_changed_stays_as_it_is(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her)
    form = await tavern.people["Alice"].context_menu(tavern.bound, "Edit reply", post)
    sent = await tavern.people["Alice"].submit_modal(form, filled(form))
    assert sent.response.content == "Nothing was changed."
    assert [entry.method for entry in tavern.sent()] == ["POST"]


async def test_words_for_a_reply_that_has_changed_since_come_back_in_a_file(
    tavern: Tavern, m2her: M2her
) -> None:
    post = await ask(tavern, m2her)
    form = await tavern.people["Alice"].context_menu(tavern.bound, "Edit reply", post)
    m2her.say(SECOND)
    await press(tavern, "↻ Again")
    sent = await tavern.people["Alice"].submit_modal(form, filled(form, "No lamp at all."))
    assert sent.response.content.startswith("Someone else changed this reply in the meantime")
    (file,) = sent.response.attachments
    assert (await file.read()).decode() == "No lamp at all."
    assert tavern.posts(tavern.bound) == [SECOND]


async def test_a_person_s_message_is_no_reply(tavern: Tavern, m2her: M2her) -> None:
    await ask(tavern, m2her)
    said = await tavern.say("Alice", "Hm.")
    for menu in ("Edit reply", "Regenerate from here"):
        used = await tavern.people["Alice"].context_menu(tavern.bound, menu, said)
        assert used.response.content == "This isn't a persona's reply. Choose one of the persona's messages."


async def test_a_long_reply_is_edited_in_parts_and_only_what_was_changed_changes(
    tavern: Tavern, m2her: M2her
) -> None:
    paragraphs = [" ".join([word] * 300) for word in ("one", "two", "three", "four")]
    text = "\n\n".join(paragraphs)
    post = await ask(tavern, m2her, text)
    form = await tavern.people["Alice"].context_menu(tavern.bound, "Edit reply", post)
    assert [label["label"] for label in form.modal["components"]] == ["Part 1 of 2", "Part 2 of 2"]
    first, second = (field["value"] for field in fields(form))
    assert f"{first}\n\n{second}" == text
    await tavern.people["Alice"].submit_modal(form, filled(form, "Once."))
    assert (await tavern.remembered(tavern.bound))[-1] == ("Marlow", f"Once.\n\n{second}")
    assert "".join(tavern.posts(tavern.bound)).startswith("Once.")


async def test_a_reply_that_fits_no_form_is_told_to_be_too_long(tavern: Tavern, m2her: M2her) -> None:
    await ask(tavern, m2her, "word " * 1600, finish="length")
    for _ in range(2):  # no reply is as long at once
        m2her.say("word " * 1600, finish="length")
        await tavern.people["Alice"].click(tavern.last_post(tavern.bound), label="Continue")
    post = tavern.last_post(tavern.bound)
    form = await tavern.people["Alice"].context_menu(tavern.bound, "Edit reply", post)
    assert form.response.content == (
        "This reply is too long to edit here: it has more than 20,000 characters."
    )


async def test_a_reply_without_words_is_not_taken(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her)
    form = await tavern.people["Alice"].context_menu(tavern.bound, "Edit reply", post)
    sent = await tavern.people["Alice"].submit_modal(form, filled(form, " "))
    assert sent.response.content == (
        "The new text is empty. To take the whole reply out of the story, use Remove from story."
    )
    assert tavern.posts(tavern.bound) == [FIRST]


@pytest.mark.parametrize("turn", ["999", "999999999999999999"])
@pytest.mark.parametrize("action", ["stop", "again", "back", "next", "continue", "retry", "restore", "undo"])
async def test_a_button_of_what_is_gone_says_so(tavern: Tavern, m2her: M2her, action: str, turn: str) -> None:
    post = await ask(tavern, m2her)
    plant(tavern, post, f"rp:{action}:{turn}")
    used = await tavern.people["Alice"].click(post, custom_id=f"rp:{action}:{turn}")
    assert used.ephemeral
    assert used.response.content == "This message isn't in the story anymore."


async def test_a_button_works_only_in_the_channel_of_its_story(tavern: Tavern, m2her: M2her) -> None:
    await ask(tavern, m2her)
    m2her.say(SECOND)
    await tavern.say("Alice", f"{tavern.mention} and here?", tavern.elsewhere)
    post = tavern.last_post(tavern.elsewhere)
    plant(tavern, post, "rp:again:2")
    used = await tavern.people["Alice"].click(post, custom_id="rp:again:2")
    assert used.response.content == "This message belongs to a story in another channel."


@pytest.mark.parametrize(("label", "menu"), [("Retry", ""), ("↻ Again", ""), ("", "Regenerate from here")])
async def test_nothing_is_written_while_the_server_is_paused(
    tavern: Tavern, m2her: M2her, label: str, menu: str
) -> None:
    m2her.say(Error(1008) if label == "Retry" else FIRST)
    await tavern.say("Alice", f"{tavern.mention} what now?")
    post, before = last(tavern), tavern.posts(tavern.bound)
    await tavern.staff("Gil", manage_guild=True).slash(tavern.bound, "dramatis pause")
    alice = tavern.people["Alice"]
    used = await (alice.click(post, label=label) if label else alice.context_menu(tavern.bound, menu, post))
    assert used.ephemeral
    assert used.response.content.startswith("The bot is paused here. ")
    assert tavern.posts(tavern.bound)[0] == before[0]
    assert len(m2her.requests) == 1
