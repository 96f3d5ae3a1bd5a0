"""`/lore`: which lorebooks there are, what they would tell and why; and the same in `/dramatis inspect`."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.personas.lorebooks import LoreLibrary
from tests.discord_ui.interactions.commands.panels import said
from tests.standins.m2her import M2her
from tests.tavern import MARLOW, Tavern, open_tavern, read

LORE = """
lorebook:
  entries:
    - name: The bell
      keys: [bell]
      content: The bell rings by itself before a drowning.
    - constant: true
      content: The town is called Gull's End.
"""
HARBOUR = """\
name: The *harbour*
personas: all
entries:
  - name: The light
    keys: [lighthouse, '/(?=x)y/']
    content: The lighthouse is dark.
  - keys: [storm]
    probability: 0
    content: There is a storm.
"""


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    (tmp_path / "lore").mkdir()
    (tmp_path / "lore" / "harbour.yaml").write_text(HARBOUR, encoding="utf-8")
    async with open_tavern(m2her, tmp_path, personas={"marlow": MARLOW + LORE}) as tavern:
        tavern.bot.services.story.casting.library.lore = LoreLibrary.load(tmp_path / "lore")  # type: ignore[attr-defined]
        yield tavern


@pytest.fixture
def ada(tavern: Tavern) -> Any:
    return tavern.staff("Ada", manage_guild=True)


async def test_the_books_of_a_server(tavern: Tavern, ada: Any) -> None:
    used = await ada.slash(tavern.bound, "lore list")
    assert used.ephemeral
    assert used.response.content == (
        "- **The \\*harbour\\*** (`harbour`): 2 entries, known to all\n"
        "  - ⚠ A pattern never matches, because it isn't an RE2 pattern.\n"
        "- In Marlow's file: 2 entries, known to Marlow"
    )


async def test_what_a_text_brings_up_and_why(tavern: Tavern, ada: Any) -> None:
    used = await ada.slash(tavern.bound, "lore test", text="A storm at the lighthouse?")
    assert used.ephemeral
    assert used.response.content == (
        "**Lore for Marlow**: 2 of 4 entries, 14 tokens\n"
        "- The town is called Gull's End. (Marlow): always, 7 tokens\n"
        "- The light (The \\*harbour\\*): “lighthouse”, 7 tokens\n"
        "- storm (The \\*harbour\\*) isn't told: its probability"
    )


async def test_what_the_channel_as_it_is_brings_up(tavern: Tavern, ada: Any) -> None:
    await tavern.say("Alice", "Who rang the bell?")
    used = await ada.slash(tavern.bound, "lore test", persona="marlow")
    assert "- The bell (Marlow): “bell” in what Alice said, 10 tokens" in used.response.content
    used = await ada.slash(tavern.elsewhere, "lore test")
    assert used.response.content == (
        "**Lore for Marlow**: 1 of 4 entries, 7 tokens\n"
        "- The town is called Gull's End. (Marlow): always, 7 tokens"
    )


async def test_a_look_at_the_prompt_says_what_fired_and_why(tavern: Tavern, ada: Any) -> None:
    await tavern.say("Alice", "Who rang the bell?")
    used = await ada.slash(tavern.bound, "dramatis inspect")
    assert "🟦📖🟩" in used.response.content
    assert " · 📖 lore 28 · " in used.response.content
    assert used.response.content.endswith(
        "\n\nLore:\n"
        "The bell (Marlow): “bell” in what Alice said, 10 tokens\n"
        "The town is called Gull's End. (Marlow): always, 7 tokens\n```"
    )


WORLD = b"""{"entries": {"0": {"uid": 0, "key": ["gods"], "comment": "Gods", "content": "Three gods.", "position": 4,
"depth": 2}, "1": {"uid": 1, "key": [""], "comment": "Folder", "content": "x"}}}"""
WIDE = b'{"entries": {"0": {"uid": 0, "key": ["gods"], "content": "%s"}}}'
OWN = b"entries:\n  - keys: [mole]\n    content: The mole is older than the town.\n"


async def brought(tavern: Tavern, who: Any, name: str, content: bytes, **more: str) -> Any:
    return await who.slash(tavern.bound, "lore upload", file=(name, content), **more)


async def test_a_world_of_sillytavern_s_becomes_a_lorebook_of_the_server(tavern: Tavern, ada: Any) -> None:
    used = await brought(tavern, ada, "My world!.json", WORLD)
    assert said(used)[:4] == [
        "**My-world** (`My-world`) is added, with 2 entries.",
        "Known to: all",
        "- Entries that stood at a depth among the messages now stand in a note on the newest one (1): Gods",
        "- Nothing brings these up, because they have no keys (1): Folder",
    ]
    tavern.m2her.say("Aye.")
    await tavern.say("Alice", f"{tavern.mention} do you pray to the gods?")
    assert tavern.prompt[-1][2].endswith("\n[lore: Three gods.]")


NEW = b"name: The mole\npersonas: all\n" + OWN
CHANGES = [
    "**The mole** (`mole`) would have 1 entry. This is what would change:",
    "Known to: all",
    "```diff",
    "- personas: [marlow]",
    "+ name: The mole",
    "+ personas: all",
    "  entries:",
    "…",
    "```",
]


async def stored(tavern: Tavern) -> list[str]:
    return [row["text"] for row in await tavern.database.read("SELECT text FROM server_lore")]


async def test_a_book_is_replaced_after_its_changes_were_shown(tavern: Tavern, ada: Any) -> None:
    await brought(tavern, ada, "mole.yaml", OWN, persona="marlow")
    first = f"personas: [marlow]\n{OWN.decode()}"
    shown = await brought(tavern, ada, "mole.yaml", NEW)
    assert (said(shown), await stored(tavern)) == (CHANGES, [first])
    (file,) = shown.response.attachments
    assert (file.filename, await file.read()) == ("mole.yaml", NEW)
    done = await ada.click(shown.response, label="Replace")
    assert said(done) == [
        "**The mole** (`mole`) is replaced, and has 1 entry now. Here is the file of before.",
        "Known to: all",
    ]
    assert await done.response.attachments[0].read() == first.encode()
    assert await stored(tavern) == [NEW.decode()]
    same = await brought(tavern, ada, "mole.yaml", NEW)
    assert said(same) == ["Nothing would change: `mole` is already like that."]


async def test_a_book_that_somebody_changed_meanwhile_is_shown_again(tavern: Tavern, ada: Any) -> None:
    await brought(tavern, ada, "mole.yaml", OWN)
    shown = await brought(tavern, ada, "mole.yaml", NEW)
    other = await brought(tavern, ada, "mole.yaml", OWN, persona="marlow")
    await ada.click(other.response, label="Replace")
    again = await ada.click(shown.response, label="Replace")
    assert (said(again), await stored(tavern)) == (CHANGES, [f"personas: [marlow]\n{OWN.decode()}"])
    await tavern.database.write("DELETE FROM server_lore")
    done = await ada.click(again.response, label="Replace")
    assert said(done)[0] == "**The mole** (`mole`) is added, with 1 entry."


async def test_a_world_file_may_say_much_twice(tavern: Tavern, ada: Any) -> None:
    world = WIDE % (b"x" * 600_000)
    entry = b'{"keys": ["gods"], "content": "%s"}' % (b"x" * 600_000)
    used = await brought(tavern, ada, "w.json", world[:-1] + b', "originalData": {"entries": [%s]}}' % entry)
    assert said(used)[0] == "**w** (`w`) is added, with 1 entry."
    assert len((await stored(tavern))[0]) < 700_000


async def test_a_book_is_handed_out_and_deleted(tavern: Tavern, ada: Any) -> None:
    await brought(tavern, ada, "mole.yaml", NEW)
    listed = await ada.slash(tavern.bound, "lore list")
    await tavern.forge(ada, listed.response, "rp:lores", "mole")
    given = await tavern.forge(ada, listed.response, "rp:lore:get:mole")
    assert given.response.content == "Here is `mole`."
    (file,) = given.response.attachments
    assert (file.filename, await file.read()) == ("mole.yaml", NEW)
    gone = await tavern.forge(ada, listed.response, "rp:lore:drop:mole")
    assert gone.response.content == "`mole` is deleted. Here is its file, so that you can upload it again."
    late = await tavern.forge(ada, listed.response, "rp:lore:get:mole")
    assert late.response.content == "That lorebook doesn't exist anymore. Use `/lore list` to see the others."
    assert await tavern.database.read("SELECT 1 FROM server_lore") == []


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.json", b"{}", "That isn't a lorebook. Upload a YAML file"),
        ("x.json", b"[" * 100_000, "That isn't a lorebook."),
        (
            "x.yaml",
            b"entries:\n  - kyes: [x]\n",
            "### `x.yaml` can't be used yet\n-# Nothing was changed. To fix: 1\n**Line 2, column 5:** unknown key",
        ),
        (
            "x.yaml",
            b"\xff\xfe",
            "### `x.yaml` can't be used yet\n-# Nothing was changed. To fix: 1\n**Line 1, column 1:** ",
        ),
        (
            "x.yaml",
            b"a: &a [*a]",
            "### `x.yaml` can't be used yet\n-# Nothing was changed. To fix: 1\n**Line 1, column 4:** ",
        ),
        (
            "x.png",
            b"\x89PNG\r\n",
            "### `x.png` can't be used yet\n-# Nothing was changed. To fix: 1\n**Line 1, column 1:** ",
        ),
        ("x.json", WIDE % (b"x" * 1024 * 1024), "That file is too big. A lorebook can have up to 1024 KB."),
        ("x.yaml", b"#" * (1024 * 1024 + 1), "That file is too big. A lorebook can have up to 1024 KB."),
    ],
)
async def test_what_is_no_lorebook_is_refused_and_stores_nothing(
    tavern: Tavern, ada: Any, name: str, content: bytes, told: str
) -> None:
    used = await brought(tavern, ada, name, content)
    assert read(used.response).startswith(told)
    assert await tavern.database.read("SELECT 1 FROM server_lore") == []


async def test_a_book_of_one_server_is_no_other_s(tavern: Tavern, ada: Any) -> None:
    await brought(tavern, ada, "mole.yaml", OWN)
    inspector = tavern.bot.services.story.inspector  # type: ignore[attr-defined]
    assert "mole" in (await inspector.shelf(tavern.guild.id)).books
    assert "mole" not in (await inspector.shelf(tavern.guild.id + 1)).books
    assert "mole" not in (await inspector.shelf(None)).books
