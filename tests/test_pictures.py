"""The pictures of the pages: they are there, small enough, and show what the bot says today.

Nothing here needs Chromium: `make pictures` takes them, by hand.
"""

import re
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.pictures import PICTURES, PLACE, View, open_stage, words, words_of
from bot.personas.library import PersonaLibrary

ROOT = Path(__file__).parent.parent
SHOWN = [
    (page.name, alt, (page.parent / target).resolve())
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
    for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)", page.read_text(encoding="utf-8"))
]
"""Each picture of a page: the page, what it says to those who cannot see it, and the file."""


def size(image: bytes) -> tuple[str, int, int]:
    """A whole image's format, width and height."""
    if image.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR") and image.endswith(b"IEND\xaeB`\x82"):
        return ".png", *struct.unpack(">II", image[16:24])
    if image.startswith(b"GIF89a") and image.endswith(b"\x00;"):
        return ".gif", *struct.unpack("<HH", image[6:10])
    raise AssertionError(image[:16])


@pytest.mark.parametrize("name", PICTURES)
async def test_a_picture_says_what_the_bot_says_today(name: str, tmp_path: Path) -> None:
    async with open_stage(tmp_path, None) as stage:
        made = await PICTURES[name](stage)
    # If this fails because the bot has come to say something else: `make pictures`, and look at them.
    assert f"{made.words}\n" == words_of(name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_fits_a_page(name: str) -> None:
    image = (PLACE / name).read_bytes()
    kind, width, height = size(image)
    assert name.endswith(kind)
    assert 1200 <= width <= 1600  # twice the pixels of a page's column, so that letters stay sharp
    assert 200 <= height <= 2400
    assert len(image) <= 400_000


def runs(text: str) -> set[tuple[str, ...]]:
    """All four words of a text that follow each other."""
    found = re.findall(r"[\w']+", text.casefold())
    return set(zip(found, found[1:], found[2:], found[3:], strict=False))


@pytest.mark.parametrize("name", ["scene.gif", "buttons.png", "faces.png", "failure.png"])
def test_nobody_in_a_conversation_repeats_what_a_persona_says_in_its_file(name: str) -> None:
    personas = PersonaLibrary.load(ROOT / "personas").at(None)
    said = [text for each in personas for text in (each.greeting, *(one.reply for one in each.samples))]
    assert not runs(words_of(name).read_text(encoding="utf-8")) & set().union(*map(runs, said))


class Onlooker:
    """A camera whose pictures are what stands in the newest message of a channel."""

    @asynccontextmanager
    async def look(
        self, env: Any, channel: Any, viewer: Any, shown: Any = None, at: object = None
    ) -> AsyncIterator[View]:
        assert shown is None
        yield Newest(channel)

    async def page(self, html: str) -> bytes:
        return html.encode()


class Newest:
    def __init__(self, channel: Any) -> None:
        self._channel = channel

    async def shot(self) -> bytes:
        return words(self._channel.history()[-1]).encode()

    async def still(self) -> bytes:
        return await self.shot()


async def test_a_moving_picture_has_a_frame_for_each_line_and_each_edit(tmp_path: Path) -> None:
    async with open_stage(tmp_path, Onlooker()) as stage:
        made = await PICTURES["scene.gif"](stage)
    seen = [shot.decode() for shot, _ in made.frames]
    assert [text.splitlines()[1:] for text in seen] == [
        *([], ["Stop"], ["Stop"], ["Stop"], ["Stop"], ["↻ Again", "⋯ More"]),
        *([], ["Stop"], ["Stop"], ["Stop"], ["Stop"], ["↻ Again", "⋯ More"]),
    ]
    assert [text.partition(":")[0] for text in seen] == ["Alice", *["Marlow"] * 5, "Bob", *["Marlow"] * 5]
    assert (
        seen[1]
        == "Marlow: *He lifts an accordion off the good chair. It complains all the way to the logs.*\nStop"
    )
    assert len(seen[1]) < len(seen[2]) < len(seen[3]) < len(seen[4])


async def test_two_personas_have_two_pictures(tmp_path: Path) -> None:
    async with open_stage(tmp_path, None) as stage:
        await PICTURES["faces.png"](stage)
        sent = [entry.json for entry in stage.tavern.env.http_requests if entry.method == "POST"]
    assert [(post["username"], post["avatar_url"]) for post in sent if post and "avatar_url" in post] == [
        ("Marlow", "https://example.com/marlow.png"),
        ("Sabine", "https://example.com/sabine.png"),
    ]


async def test_what_depends_on_the_clock_is_not_among_the_words(tmp_path: Path) -> None:
    async with open_stage(tmp_path, None) as stage:
        tavern = stage.tavern
        said = await tavern.say("Alice", f"{tavern.bound.id} <t:1700000000:R>")
    assert words(said) == "Alice: (an id) (a time)"


def test_a_moving_picture_moves_again_and_again() -> None:
    image = (PLACE / "scene.gif").read_bytes()
    assert b"NETSCAPE2.0\x03\x01\x00\x00" in image  # without end
    delays = [
        struct.unpack("<H", found)[0] for found in re.findall(rb"!\xf9\x04.(..).\x00", image, re.DOTALL)
    ]
    assert 10 <= len(delays) <= 30
    assert min(delays) >= 100  # hundredths of a second: an edit can be seen
    assert delays[-1] >= 400  # and the end be read


def test_nothing_else_lies_beside_the_pictures() -> None:
    expected = {path for name in PICTURES for path in (PLACE / name, words_of(name))}
    assert set(PLACE.iterdir()) == expected


def test_a_page_shows_only_such_pictures_and_tells_them_too() -> None:
    for page, alt, path in SHOWN:
        assert path.parent == PLACE, page
        assert path.name in PICTURES, page
        assert len(alt.split()) >= 5, page
    assert {path.name for _, _, path in SHOWN} == set(PICTURES)
