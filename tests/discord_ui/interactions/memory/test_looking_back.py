"""Looking back on Discord: a form, and pages of what was found that only the person sees."""

from typing import Any

from tests.discord_ui.interactions.commands.panels import BUTTON, TEXT, parts, said
from tests.discord_ui.interactions.revisions.test_controls import plant
from tests.standins.m2her import M2her
from tests.tavern import Tavern


async def played(tavern: Tavern, m2her: M2her, *lines: str) -> Any:
    """Let Alice say these lines, the last of which Marlow answers; return his post."""
    for line in lines[:-1]:
        await tavern.say("Alice", line)
    m2her.say("The *lantern* is @everyone's.")
    await tavern.say("Alice", f"{tavern.mention} {lines[-1]}")
    return tavern.last_post(tavern.bound)


async def look(tavern: Tavern, post: Any, words: str, who: str = "Alice") -> Any:
    """Let somebody press Search in a panel, which the lead joins, and ask for these words."""
    person = tavern.people[who]
    plant(tavern, post, "rp:look")
    form = await tavern.forge(person, post, "rp:look")
    assert form.modal["title"] == "Search this scene"
    (field,) = [label["component"] for label in form.modal["components"]]
    await tavern.restart()
    return await person.submit_modal(form, {field["custom_id"]: words})


def buttons(used: Any) -> list[str]:
    return [each["label"] for each in parts(used) if each["type"] == BUTTON]


async def test_what_was_said_is_found_with_who_and_when_and_a_way_there(tavern: Tavern, m2her: M2her) -> None:
    post = await played(tavern, m2her, "A Lantern-bearer, **Tom**.", "where is it?")
    used = await look(tavern, post, "  lantern ")
    assert used.ephemeral
    lines = said(used)
    assert lines[0] == "## Search: lantern"
    assert [line.rpartition(" · ")[0] for line in lines[1::2]] == ["**Marlow**", "**Alice**"]
    assert lines[2::2] == ["The \\***lantern**\\* is @everyone's.", "A **Lantern**-bearer, \\*\\*Tom\\*\\*."]
    links = [each["url"] for each in parts(used) if each.get("url")]
    assert links[0] == f"https://discord.com/channels/{tavern.guild.id}/{tavern.bound.id}/{post.id}"
    assert buttons(used) == ["Show", "Show", "Search"]


async def test_hits_are_leafed_through_by_buttons_that_a_restart_leaves_working(
    tavern: Tavern, m2her: M2her
) -> None:
    post = await played(tavern, m2her, *(f"ale number {number}" for number in range(7)), "ale?")
    first = await look(tavern, post, '"ale number"')
    assert said(first)[:2] == ['## Search: "ale number"', "-# Page 1, the newest first"]
    assert buttons(first) == [*["Show"] * 5, "Next ▶", "Search"]
    await tavern.restart()
    second = await tavern.people["Alice"].click(first.response, label="Next ▶")
    assert said(second)[3::2] == ["**ale number** 1", "**ale number** 0"]
    assert buttons(second) == ["Show", "Show", "◀ Back", "Search"]
    back = await tavern.people["Alice"].click(second.response, label="◀ Back")
    assert said(back) == said(first)


async def test_what_nobody_said_or_has_no_words_gets_a_plain_answer(tavern: Tavern, m2her: M2her) -> None:
    post = await played(tavern, m2her, "hello")
    assert said(await look(tavern, post, "dragon *x*")) == [
        "## Search: dragon \\*x\\*",
        "Nothing in this scene has all of that. Try fewer words, or others.",
    ]
    for words in ("…", " ", "<@123>"):
        used = await look(tavern, post, words)
        assert used.ephemeral
        assert said(used) == ["There are no words in that to search for. Type at least one."]


async def test_the_longest_words_fit_into_a_button(tavern: Tavern, m2her: M2her) -> None:
    words = "𝓪𝓵𝓮 " * 15
    post = await played(tavern, m2her, *(f"ale {number}" for number in range(7)), "ale?")
    first = await look(tavern, post, words)
    second = await tavern.people["Alice"].click(first.response, label="Next ▶")
    assert len(said(second)) > 2


async def test_hits_that_are_all_signs_fit_into_the_panel(tavern: Tavern, m2her: M2her) -> None:
    post = await played(tavern, m2her, *["a*" * 200] * 7, "ale?")
    used = await look(tavern, post, "a")
    hits = said(used)[3::2]
    assert len(hits) == 5
    assert all(len(hit.replace("\\", "").replace("**", "").removesuffix("…")) > 200 for hit in hits)
    assert sum(len(part["content"]) for part in parts(used) if part["type"] == TEXT) < 4000
    assert buttons(used) == [*["Show"] * 5, "Next ▶", "Search"]


async def test_an_old_scene_is_not_searched(tavern: Tavern, m2her: M2her) -> None:
    post = await played(tavern, m2her, "a lantern", "where?")
    await tavern.people["Alice"].slash(tavern.bound, "scene new")
    used = await look(tavern, post, "lantern")
    assert said(used)[1] == "Nothing in this scene has all of that. Try fewer words, or others."
