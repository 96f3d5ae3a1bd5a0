"""A server's own personas on the wire: what is sent to Discord is as its description of the API wants it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.standins.discord_wire import Message, Upload
from tests.standins.m2her import M2her
from tests.wired import Wired, wire, words


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        yield wired


async def use(wired: Wired, command: str, **options: Any) -> Any:
    """Let the server's owner use a command, once Discord knows it."""
    await wired.world.wait_for(lambda: wired.world.interactions.commands.get(None))
    return wired.world.interactions.command(wired.elsewhere.guild.owner, wired.elsewhere, command, **options)


async def test_the_form_for_a_new_one_leads_to_a_draft_with_its_file(wired: Wired) -> None:
    opened = await use(wired, "persona new")
    modal = await wired.opens(opened)
    assert [each["component"]["custom_id"] for each in modal["components"]] == [
        "name", "description", "personality", "scenario", "greeting",
    ]  # fmt: skip
    draft: Message = await wired.answers(wired.submit(opened, {"name": "Oriel"}))
    assert words(draft).startswith("-# Draft: nothing is saved yet\n### Oriel\n")
    assert "attachment://oriel.yaml" in str(draft.components)


async def test_the_form_for_uploads_takes_a_text(wired: Wired) -> None:
    opened = await use(wired, "persona upload")
    await wired.opens(opened)
    draft = await wired.answers(wired.submit(opened, {"text": "name: Ann\ndescription: x\n"}))
    assert "`ann` will be new on this server" in words(draft)
    opened = await use(wired, "persona upload")
    await wired.opens(opened)
    told = await wired.answers(wired.submit(opened, {"text": "nmae: Ann\n"}))
    assert "unknown key `nmae`, did you mean `name`?" in words(told)


async def test_cards_and_the_gallery_have_what_can_be_done(wired: Wired) -> None:
    card = await wired.answers(await use(wired, "persona show", persona="marlow"))
    assert "rp:persona:try:marlow" in str(card.components)
    listed = await wired.answers(await use(wired, "persona list"))
    assert "rp:open" in str(listed.components)


async def test_an_uploaded_file_becomes_a_draft_that_is_changed_tried_and_saved(wired: Wired) -> None:
    text = "# Ours.\r\nname: Ann\r\ndescription: Ann keeps bees.\r\n"
    draft = await wired.answers(await use(wired, "persona upload", file=Upload("ann.yaml", text.encode())))
    assert "`ann` will be new on this server" in words(draft)
    (file,) = draft.attachments
    assert wired.world.files[file["id"]] == text.encode()
    owner = wired.elsewhere.guild.owner
    opened = wired.world.interactions.press(owner, draft, "rp:draft:edit:uploaded:0:ann")
    await wired.opens(opened)
    wired.submit(opened, {"description": "Ann keeps bees on a roof."})
    await wired.world.wait_for(lambda: "on a roof" in words(draft))
    changed = text.replace("keeps bees", "keeps bees on a roof").encode()
    (file,) = draft.attachments
    assert wired.world.files[file["id"]] == changed
    tried = wired.world.interactions.press(owner, draft, "rp:draft:try:uploaded:0:ann")
    await wired.world.wait_for(lambda: tried.further)
    assert "Ann" in words(tried.further[0])
    assert "rp:try:say:" in str(tried.further[0].components)
    pressed = wired.world.interactions.press(owner, draft, "rp:draft:save:uploaded:0:ann")
    await wired.world.wait_for(lambda: "version 1" in words(draft))
    assert (pressed.message, draft.attachments) == (draft, [])
    rows = await wired.database.read("SELECT persona_key, version, text FROM server_persona")
    assert [tuple(row) for row in rows] == [("ann", 1, changed.decode())]
