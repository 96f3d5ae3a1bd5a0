"""Proposals of personas, from a role's first look at `/help` to what moderators decide."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.composition.story import now
from bot.storage.settings import SettingsStore
from tests.cards import coded, png, text_chunk, v2
from tests.discord_ui.interactions.commands.panels import labels
from tests.discord_ui.interactions.revisions.test_undo import services
from tests.discord_ui.test_privacy import press as privacy
from tests.standins.m2her import M2her
from tests.tavern import Tavern, open_tavern, read

WREN = {"name": "Wren", "description": "Wren keeps the lighthouse.", "greeting": "*waves a lamp*"}
WREN_TEXT = 'name: Wren\ndescription: Wren keeps the lighthouse.\ngreeting: "*waves a lamp*"\n'
MADE = "Thank you! **Wren** waits for the moderators now. You see in `/help` what they decide."


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    """A server where the writers may propose: Pen is one; Mod decides."""
    async with open_tavern(m2her, tmp_path) as tavern:
        writers = tavern.guild.create_role("Writers")
        pen = tavern.env.create_user("pen", global_name="Pen")
        tavern.people["Pen"] = tavern.guild.add_member(pen, roles=[writers])
        tavern.people["Mod"] = tavern.moderator
        await SettingsStore(tavern.database).put(
            "server", tavern.guild.id, "proposers", str(writers.id), by_user=1, at=now()
        )
        yield tavern


async def help_of(tavern: Tavern, who: str) -> Any:
    return await tavern.people[who].slash(tavern.elsewhere, "help")


async def mine(tavern: Tavern, who: str = "Pen") -> Any:
    return await tavern.people[who].click((await help_of(tavern, who)).response, label="Propose a persona")


async def propose(tavern: Tavern, **fields: str) -> Any:
    opened = await tavern.people["Pen"].click((await mine(tavern)).response, label="Write one…")
    return await tavern.people["Pen"].submit_modal(opened, {**WREN, **fields})


async def look(tavern: Tavern, name: str = "Wren") -> Any:
    """Let the moderator open a proposal."""
    asked = await help_of(tavern, "Mod")
    label = next(each for each in labels(asked) if each.startswith("Proposals ("))
    listed = await tavern.people["Mod"].click(asked.response, label=label)
    (row,) = await tavern.database.read(
        "SELECT id FROM proposal WHERE name = ? AND refused_at IS NULL", (name,)
    )
    return await tavern.people["Mod"].select(listed.response, [str(row["id"])], custom_id="rp:proposals:one")


async def proposals(tavern: Tavern) -> list[tuple[Any, ...]]:
    rows = await tavern.database.read("SELECT name, text, refused_at IS NULL FROM proposal ORDER BY id")
    return [tuple(row) for row in rows]


async def test_only_the_role_is_offered_to_propose_and_only_moderators_see_what_waits(tavern: Tavern) -> None:
    assert "Propose a persona" in labels(await help_of(tavern, "Pen"))
    used = await propose(tavern)
    assert (used.ephemeral, used.response.content) == (True, MADE)
    assert await proposals(tavern) == [("Wren", WREN_TEXT, 1)]
    assert "Propose a persona" not in labels(await help_of(tavern, "Alice"))
    assert not any(each.startswith("Proposals") for each in labels(await help_of(tavern, "Alice")))
    assert "Proposals (1)" in labels(await help_of(tavern, "Mod"))
    gil = tavern.staff("Gil", manage_guild=True)
    opened = await gil.slash(tavern.elsewhere, "dramatis settings")
    assert "-# Waiting now: 1" in read(
        (await gil.click(opened.response, custom_id="rp:panel:server")).response
    )


async def test_a_moderator_reads_and_publishes_and_the_author_hears_of_it(tavern: Tavern) -> None:
    await propose(tavern)
    shown = await look(tavern)
    assert read(shown.response).startswith("### Wren\nWren keeps the lighthouse.\n-# Proposed by <@")
    assert "\n> \\*waves a lamp\\*" in read(shown.response)
    assert await shown.response.attachments[0].read() == WREN_TEXT.encode()
    used = await tavern.people["Mod"].click(shown.response, label="Publish")
    assert read(used.response) == "**Wren** is one of this server's personas now: `wren`.\n## Proposals: 0"
    shelf = services(tavern).personas(tavern.guild.id)
    assert shelf.own["wren"].content == WREN_TEXT.encode()
    (row,) = await tavern.database.read("SELECT by_user, act FROM server_persona")
    assert tuple(row) == (tavern.people["Pen"].id, "made")
    assert await proposals(tavern) == []
    assert told(tavern) == ["Good news: your persona **Wren** was published on Test Guild. Thank you!"]


def told(tavern: Tavern) -> list[str]:
    """What the bot has told people in direct messages."""
    sent = [entry for entry in tavern.env.http_requests if entry.method == "POST" and entry.json]
    dms = {c.id for c in tavern.env.backend.channels.values() if getattr(c, "guild_id", None) is None}
    return [
        entry.json["content"]
        for entry in sent
        if entry.path.startswith("/channels/") and int(entry.path.split("/")[2]) in dms
    ]


async def test_a_published_persona_never_takes_the_place_of_another(tavern: Tavern) -> None:
    await propose(tavern, name="Marlow")
    await tavern.people["Mod"].click((await look(tavern, "Marlow")).response, label="Publish")
    assert set(services(tavern).personas(tavern.guild.id).own) == {"marlow-2"}


async def test_a_refusal_is_kind_and_stands_among_the_authors_proposals_until_they_delete_it(
    tavern: Tavern,
) -> None:
    await propose(tavern)
    form = await tavern.people["Mod"].click((await look(tavern)).response, label="Refuse…")
    used = await tavern.people["Mod"].submit_modal(form, {"reason": "We have a *keeper* already."})
    assert used.response.content == "**Wren** was refused. Its author is told kindly."
    assert told(tavern) == [
        (
            "Your persona **Wren** wasn't taken on Test Guild this time. The moderators say: We have a \\*keeper\\* already.\n"
            "Thank you for proposing it!"
        )
    ]
    shown = await mine(tavern)
    assert "**Wren** wasn't taken: We have a \\*keeper\\* already." in read(shown.response)
    left = await tavern.people["Pen"].click(shown.response, label="Delete")
    assert "Wren" not in read(left.response)
    assert await proposals(tavern) == []


async def test_three_may_be_open_and_a_fourth_comes_back_in_a_file(tavern: Tavern) -> None:
    form = await tavern.people["Pen"].click((await mine(tavern)).response, label="Write one…")
    for number in range(3):
        await propose(tavern, name=f"Wren {number}")
    shown = await mine(tavern)
    assert "You have 3 open proposals, the most there can be." in read(shown.response)
    assert "Write one…" not in labels(shown)
    used = await tavern.people["Pen"].submit_modal(form, {**WREN})
    assert used.response.content.startswith("You already have 3 open proposals")
    assert await used.response.attachments[0].read() == WREN_TEXT.encode()
    assert len(await proposals(tavern)) == 3


async def send(tavern: Tavern, name: str, content: bytes) -> Any:
    form = await tavern.people["Pen"].click((await mine(tavern)).response, label="Send a file…")
    return await tavern.people["Pen"].submit_modal(form, {"file": (name, content)})


async def test_a_file_that_would_not_load_comes_back_with_its_mistakes(tavern: Tavern) -> None:
    used = await send(tavern, "gull.yaml", b"name: Gull\nnmae: Gull\n")
    assert used.ephemeral
    assert read(used.response) == (
        "### `gull.yaml` can't be used yet\n-# Nothing was changed. To fix: 1\n"
        "**Line 2, column 1:** unknown key `nmae`, did you mean `name`?\n"
        "```yaml\nnmae: Gull\n^\n```"
    )
    assert await used.response.attachments[0].read() == b"name: Gull\nnmae: Gull\n"
    await send(tavern, "gull.yaml", b"name: Gull # ours\n")
    assert await proposals(tavern) == [("Gull", "name: Gull # ours\n", 1)]


async def test_a_form_that_would_not_load_comes_back_with_its_mistakes(tavern: Tavern) -> None:
    used = await propose(tavern, name=" ")
    assert read(used.response).startswith(
        "### `proposal.yaml` can't be used yet\n-# Nothing was changed. To fix: 1\n**Line 1, column 1:** "
    )
    assert b"Wren keeps the lighthouse." in await used.response.attachments[0].read()
    assert await proposals(tavern) == []


async def test_a_card_is_proposed_as_it_would_be_uploaded(tavern: Tavern) -> None:
    card = png(text_chunk("chara", coded(v2(name="Ann", first_mes="*You nod.*"))))
    used = await send(tavern, "ann.png", card)
    made, *notes = read(used.response).splitlines()
    assert made == "Thank you! **Ann** waits for the moderators now. You see in `/help` what they decide."
    assert notes[0] == (
        "-# A card's picture isn't proposed. Give it to a moderator: it can be added once the persona is published."
    )
    assert any("may act for the player" in each for each in notes)
    assert "-# The card's picture is the persona's." not in notes
    ((name, text, _),) = await proposals(tavern)
    assert (name, text.splitlines()[0]) == ("Ann", "name: Ann")


async def test_what_is_neither_a_persona_nor_a_card_is_refused_with_the_way_out(tavern: Tavern) -> None:
    used = await send(tavern, "ann.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ")
    assert "WebP" in used.response.content
    assert await proposals(tavern) == []


async def test_one_for_adults_is_proposed_and_published_where_discord_restricts_the_age(
    tavern: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"name: Vesper\ndescription: For adults.\nnsfw: true\n"

    async def send() -> Any:
        form = await tavern.people["Pen"].click((await mine(tavern)).response, label="Send a file…")
        return await tavern.people["Pen"].submit_modal(form, {"file": ("vesper.yaml", text)})

    used = await send()
    assert used.response.content.startswith("Vesper is for age-restricted channels only.")
    assert await used.response.attachments[0].read() == text
    tavern.restrict(tavern.elsewhere, monkeypatch)
    await send()
    open_panel = await look(tavern, "Vesper")
    assert "Publish" in labels(open_panel)
    tavern.restrict(tavern.elsewhere, monkeypatch, restricted=False)
    used = await tavern.people["Mod"].click(open_panel.response, label="Publish")
    assert used.response.content.startswith("Vesper is for age-restricted channels only.")
    shown = await look(tavern, "Vesper")
    assert labels(shown) == ["Refuse…", "◀ Back"]
    assert "Vesper is for age-restricted channels only." in read(shown.response)
    assert "For adults." not in read(shown.response)
    assert await proposals(tavern) == [("Vesper", text.decode(), 1)]


async def test_what_was_decided_meanwhile_is_not_decided_again(tavern: Tavern) -> None:
    await propose(tavern)
    shown = await look(tavern)
    opened = await mine(tavern)
    await tavern.people["Pen"].click(opened.response, label="Delete")
    used = await tavern.people["Mod"].click(shown.response, label="Publish")
    told_why = used.followups[-1] if used.followups else used.response
    assert told_why.content == "This proposal isn't open anymore: it was decided or deleted."
    assert dict(services(tavern).personas(tavern.guild.id).own) == {}


async def test_one_that_does_not_load_anymore_says_so_and_is_not_published(tavern: Tavern) -> None:
    await propose(tavern)
    opened, shown = await mine(tavern), await look(tavern)
    await tavern.database.write("UPDATE proposal SET text = 'name: Wren\nnovel: 1\n'")
    why = "**Wren** can't be loaded anymore: the bot has changed since it was proposed. Its author can propose it again."
    for who, seen, label in (("Pen", opened, "Try"), ("Mod", shown, "Publish")):
        used = await tavern.people[who].click(seen.response, label=label)
        assert (used.followups[-1] if used.followups else used.response).content == why
    shown = await look(tavern)
    assert why in read(shown.response)
    assert labels(shown) == ["Refuse…", "◀ Back"]


async def test_of_two_moderators_at_once_one_publishes(tavern: Tavern) -> None:
    await propose(tavern)
    proposing = services(tavern).story.records.proposing
    (proposal,) = await proposing.open(tavern.guild.id)
    made = await asyncio.gather(*(proposing.publish(proposal) for _ in range(2)))
    assert sorted(made, key=str) == [None, "wren"]
    await propose(tavern)
    (proposal,) = await proposing.open(tavern.guild.id)
    key, _ = await asyncio.gather(proposing.publish(proposal), proposing.withdraw(proposal))
    assert key == "wren-2"


async def test_the_author_tries_it_before_anybody_decides(tavern: Tavern, m2her: M2her) -> None:
    await propose(tavern)
    tried = await tavern.people["Pen"].click((await mine(tavern)).response, label="Try")
    assert tried.ephemeral
    assert "*waves a lamp*" in read(tried.response)
    form = await tavern.people["Pen"].click(tried.response, label="Say something")
    m2her.say("Mind the rocks.")
    said = await tavern.people["Pen"].submit_modal(form, {"text": "Ahoy!"})
    await tavern.quiet()
    assert "Mind the rocks." in read(said.response)
    assert tavern.prompt[0][1] == "Wren"
    assert await tavern.database.read("SELECT 1 FROM turn") == []


async def test_nobody_withdraws_the_proposals_of_others(tavern: Tavern) -> None:
    await propose(tavern)
    opened = await mine(tavern)
    (row,) = await tavern.database.read("SELECT id FROM proposal")
    await tavern.forge(tavern.people["Alice"], opened.response, f"rp:proposal:withdraw:{row['id']}")
    assert len(await proposals(tavern)) == 1


async def test_a_proposal_is_its_authors_own_data_until_it_is_published(tavern: Tavern) -> None:
    await propose(tavern)
    used = await privacy(tavern, "Pen")
    assert "- Personas you proposed: 1" in read(used.response)
    used = await privacy(tavern, "Pen", "Export")
    found = json.load(io.BytesIO(await used.response.attachments[0].read()))
    assert [each["text"] for each in found["personas_proposed"]] == [WREN_TEXT]
    await privacy(tavern, "Pen", "Forget …", "Forget everywhere")
    assert await proposals(tavern) == []


async def test_who_has_opted_out_proposes_nothing(tavern: Tavern) -> None:
    await privacy(tavern, "Pen", "Opt out")
    opened = await tavern.people["Pen"].click((await mine(tavern)).response, label="Write one…")
    told_why = opened.followups[-1] if opened.followups else opened.response
    assert told_why.content.startswith("You've opted out")
