"""Pictures of a server's own personas: the channel that keeps them, the form, and the face that shows them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.storage.server_personas import Act
from bot.story.server_library.workshop import Draft
from tests.discord_ui.interactions.revisions.test_undo import services
from tests.discord_ui.posting.test_faces import OWN_FACES, PIXEL, is_webhook_post
from tests.standins.m2her import M2her
from tests.tavern import Tavern, open_tavern, read
from tests.wired import until

WREN = "name: Wren\ndescription: Wren keeps the lighthouse.\n"
NONE = "-# No picture of its own, so Discord shows its default face. Press *Picture…*, or write an `https` address as `avatar`."


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    """A server with a persona of its own, and somebody who manages the server."""
    async with open_tavern(m2her, tmp_path, rules=OWN_FACES) as tavern:
        tavern.staff("Gil", manage_guild=True, manage_channels=True)
        draft = Draft(tavern.guild.id, "wren", WREN.encode(), 0)
        await services(tavern).story.records.workshop.put(draft, Act.MADE, 1)
        yield tavern


async def choose(tavern: Tavern, *channels: Any, who: str = "Gil") -> Any:
    """Choose the channel for pictures in the panel of the server."""
    opened = await tavern.people["Gil"].slash(tavern.elsewhere, "dramatis settings")
    panel = await tavern.people["Gil"].click(opened.response, custom_id="rp:panel:server")
    return await tavern.people[who].select(panel.response, channels, custom_id="rp:pictures")


async def send(tavern: Tavern, content: bytes | None, name: str = "wren.png") -> Any:
    """Open the form on the card, and submit it."""
    shown = await tavern.people["Gil"].slash(tavern.elsewhere, "persona show", persona="wren")
    opened = await tavern.people["Gil"].click(shown.response, label="Picture…")
    if opened.modal is None:
        return opened
    return await tavern.people["Gil"].submit_modal(
        opened, {} if content is None else {"file": (name, content)}
    )


async def card(tavern: Tavern) -> str:
    shown = await tavern.people["Gil"].slash(tavern.elsewhere, "persona show", persona="wren")
    await tavern.quiet()
    return read(shown.response)


async def face(tavern: Tavern) -> str | None:
    """The picture with which Wren posts."""
    for _ in range(2):  # no post waits for a picture
        await tavern.people["Gil"].slash(tavern.elsewhere, "talk", text="Aye.", **{"as": "wren"})
        await tavern.quiet()
        await until(nobody_asks)
    posts = [entry.json for entry in tavern.env.http_requests if is_webhook_post(entry)]
    address: str | None = posts[-1].get("avatar_url")
    return address


async def nobody_asks() -> bool:
    return not any(task.get_name() == "attachment" for task in asyncio.all_tasks())


async def test_a_picture_is_kept_in_the_channel_of_the_servers_choice_and_worn(tavern: Tavern) -> None:
    pictures = tavern.guild.create_text_channel("pictures")
    assert NONE in await card(tavern)
    await choose(tavern, pictures)
    used = await send(tavern, PIXEL)
    assert used.response.content == (
        "Wren has a new picture. It's shown where the persona posts under its own name, and on its card."
    )
    (kept,) = pictures.history()
    assert kept.content == "Picture of Wren. The persona's posts show it as long as this message is here."
    assert await kept.attachments[0].read() == PIXEL
    assert await face(tavern) == kept.attachments[0].url
    assert NONE not in await card(tavern)


async def test_a_picture_that_discord_does_not_take_is_told_and_changes_nothing(tavern: Tavern) -> None:
    pictures = tavern.guild.create_text_channel("pictures")
    await choose(tavern, pictures)
    tavern.env.inject_error("POST", f"/channels/{pictures.id}/messages", status=400, code=40005)
    used = await send(tavern, PIXEL)
    assert used.response.content == (
        f"Discord couldn't take the picture in <#{pictures.id}>. Try again, or choose a smaller one."
    )
    assert NONE in await card(tavern)


async def test_a_new_picture_takes_the_place_of_the_one_before_and_none_removes_it(tavern: Tavern) -> None:
    pictures = tavern.guild.create_text_channel("pictures")
    await choose(tavern, pictures)
    for _ in range(2):
        await send(tavern, PIXEL)
    (kept,) = pictures.history()
    assert await face(tavern) == kept.attachments[0].url
    used = await send(tavern, None)
    assert used.response.content == "Wren doesn't have a picture of its own anymore."
    assert list(pictures.history()) == []
    assert await face(tavern) is None


async def test_an_address_that_stops_working_is_asked_for_again(tavern: Tavern) -> None:
    pictures = tavern.guild.create_text_channel("pictures")
    await choose(tavern, pictures)
    await send(tavern, PIXEL)
    (kept,) = pictures.history()
    stored = tavern.env.backend.get_message(pictures.id, kept.id).attachments[0]
    soon = int(kept.created_at.timestamp()) + 60

    def looks() -> int:
        return sum(
            entry.method == "GET" and entry.path.endswith(f"/messages/{kept.id}")
            for entry in tavern.env.http_requests
        )

    plain = stored["url"]
    stored["url"] = f"{plain}?ex={soon:x}&is=1&hm=2"
    assert await face(tavern) == stored["url"]
    assert looks() >= 2  # as it has a minute left, each post asks
    stored["url"] = f"{plain}?ex={soon + 86400:x}&is=1&hm=2"
    assert await face(tavern) == stored["url"]
    before = looks()
    await face(tavern)
    assert looks() == before


async def test_where_it_is_lost_the_default_face_is_worn_and_the_card_says_why(tavern: Tavern) -> None:
    pictures = tavern.guild.create_text_channel("pictures")
    await choose(tavern, pictures)
    await send(tavern, PIXEL)
    (kept,) = pictures.history()
    await tavern.moderator.delete(kept)
    assert await face(tavern) is None
    assert (
        "-# ⚠ The message with its picture is deleted, so Discord shows its default face. Press *Picture…* to choose one again."
        in await card(tavern)
    )


async def test_a_persona_of_the_hosts_with_the_same_key_never_wears_it(tavern: Tavern) -> None:
    pictures = tavern.guild.create_text_channel("pictures")
    await choose(tavern, pictures)
    await send(tavern, PIXEL)
    workshop = services(tavern).story.records.workshop
    found = services(tavern).story.records.pictures
    assert found.of(tavern.guild.id, "wren") is not None
    await workshop.delete(tavern.guild.id, "wren", 1, 1)
    assert found.of(tavern.guild.id, "wren") is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"%PDF-1.7", "That isn't a picture that Discord shows. Choose a PNG, JPEG, GIF or WebP file."),
        (PIXEL + bytes(8_000_000), "A picture can have up to 8 MB."),
    ],
)
async def test_other_files_are_refused_and_nothing_is_posted(
    tavern: Tavern, content: bytes, why: str
) -> None:
    pictures = tavern.guild.create_text_channel("pictures")
    await choose(tavern, pictures)
    used = await send(tavern, content)
    assert used.response.content == why
    assert list(pictures.history()) == []


async def test_without_a_channel_the_way_out_is_told(tavern: Tavern) -> None:
    used = await send(tavern, PIXEL)
    told = used.followups[-1] if used.followups else used.response
    assert told.content.startswith(
        "Discord only shows pictures that have an address. Choose a channel for them in"
    )
    await choose(tavern, tavern.guild.create_text_channel("pictures"))
    await choose(tavern)  # none
    used = await send(tavern, PIXEL)
    assert "Choose a channel" in (used.followups[-1] if used.followups else used.response).content


async def test_a_channel_where_the_bot_lacks_a_permission_is_not_chosen(tavern: Tavern) -> None:
    silent = tavern.silent_channel("pictures")
    used = await choose(tavern, silent)
    told = used.followups[-1] if used.followups else used.response
    assert (
        told.content
        == f"The bot needs the Send Messages permission in <#{silent.id}> to keep pictures there."
    )
    assert await tavern.database.read("SELECT 1 FROM setting WHERE key = 'pictures'") == []
