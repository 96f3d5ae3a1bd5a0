"""A server's own personas on Discord: written, uploaded, tried, changed, put back and deleted."""

import base64
import json
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.personas.reading import read_text
from bot.storage.server_personas import Act
from bot.story.server_library.workshop import Draft, file_of, free_key, named
from tests.discord_ui.interactions.commands.panels import attached, labels, menus, pictures, said
from tests.discord_ui.interactions.commands.test_persona import PNG
from tests.discord_ui.test_privacy import press as privacy
from tests.standins.m2her import Error, M2her
from tests.tavern import ISOLDE, MARLOW, Tavern, open_tavern, read

ANN = "# Ann, as we wrote her\nname: Ann\ndescription: >\n  Ann keeps bees on a roof.\ntags: [bees]  # more to come\n"
ADULT = "name: Vesper\ndescription: For adults.\nnsfw: true\n"

DRAFT = "-# Draft: nothing is saved yet"
NO_SUCH = "There's no such persona. Choose one from the list that appears while you type."


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    """A server where Ada and Eve have Manage Server."""
    async with open_tavern(m2her, tmp_path) as tavern:
        for name in ("Ada", "Eve"):
            tavern.staff(name, manage_guild=True, manage_channels=True)
        yield tavern


async def upload(
    tavern: Tavern, text: str | bytes, name: str = "ann.yaml", who: str = "Ada", **more: Any
) -> Any:
    content = text if isinstance(text, bytes) else text.encode()
    return await tavern.people[who].slash(tavern.elsewhere, "persona upload", file=(name, content), **more)


async def save(tavern: Tavern, text: str, name: str = "ann.yaml", who: str = "Ada") -> Any:
    """Upload something and save it; return the card."""
    draft = await upload(tavern, text, name, who)
    await tavern.people[who].click(draft.response, label="Save")
    return draft


async def shown(tavern: Tavern, key: str = "ann", who: str = "Ada") -> Any:
    return await tavern.people[who].slash(tavern.elsewhere, "persona show", persona=key)


def source(tavern: Tavern, key: str = "ann") -> str:
    return tavern.story.casting.library.at(tavern.guild.id).source(key).decode()


async def log(tavern: Tavern) -> list[tuple[str, int, str, str]]:
    names = {person.id: name for name, person in tavern.people.items()}
    found = await tavern.story.records.workshop._store.log(tavern.guild.id, 99)
    return [
        (each.change.key, each.number, str(each.change.act), names[each.change.by_user]) for each in found
    ]


# --- upload -----------------------------------------------------------------------------------------


async def test_a_new_persona_is_shown_saved_byte_for_byte_and_plays(tavern: Tavern, m2her: M2her) -> None:
    text = "\ufeff" + ANN.replace("\n", "\r\n")
    draft = await upload(tavern, text)
    assert draft.ephemeral
    assert said(draft) == [
        DRAFT,
        "### Ann",
        "Ann keeps bees on a roof.",
        "-# `ann` will be new on this server",
    ]
    assert labels(draft) == ["Save", "Try", "Edit"]
    assert "ann" not in tavern.story.casting.library.at(tavern.guild.id).paths
    await tavern.people["Ada"].click(draft.response, label="Save")
    assert said(draft) == [
        "### Ann",
        "Ann keeps bees on a roof.",
        "-# `ann` · this server's own, version 1 · bees",
        "-# No picture of its own, so Discord shows its default face. Press *Picture…*, or write an `https` address as `avatar`.",
    ]
    assert labels(draft) == ["Play here", "Picture…", "Try", "Edit", "Download", "Versions", "Delete"]
    assert draft.response.attachments == []
    assert source(tavern) == text
    await tavern.people["Ada"].click(draft.response, label="Play here")
    m2her.say("Mind the hive.")
    await tavern.say("Bob", "Ann, are you there?", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere)[-1] == "Mind the hive."
    assert await log(tavern) == [("ann", 1, "uploaded", "Ada")]


async def test_a_change_is_shown_before_it_is_made(tavern: Tavern) -> None:
    await save(tavern, ANN)
    draft = await upload(tavern, ANN.replace("bees on", "wasps on"))
    assert said(draft) == [
        DRAFT,
        "### Ann",
        "Ann keeps wasps on a roof.",
        "-# `ann` will change from version 1",
        "```diff",
        "…",
        "  description: >",
        "-   Ann keeps bees on a roof.",
        "+   Ann keeps wasps on a roof.",
        "  tags: [bees]  # more to come",
        "```",
    ]
    assert "bees on" in source(tavern)
    await tavern.people["Ada"].click(draft.response, label="Save")
    assert "wasps on" in source(tavern)


async def test_the_hosts_persona_is_covered_here_and_stays_elsewhere(tavern: Tavern) -> None:
    draft = await upload(tavern, ISOLDE + "scenario: At sea.\n", "isolde.yaml")
    assert said(draft)[3:] == [
        "-# this server will have its own `isolde` in place of the bot owner's",
        "```diff",
        "…",
        "  description: Isolde is a cartographer who draws places that are not…",
        "+ scenario: At sea.",
        "```",
    ]
    await tavern.people["Ada"].click(draft.response, label="Save")
    library = tavern.story.casting.library
    assert source(tavern, "isolde") == ISOLDE + "scenario: At sea.\n"
    assert library.at(tavern.guild.id + 1).source("isolde").decode() == ISOLDE
    assert (tavern.personas / "isolde.yaml").read_text("utf-8") == ISOLDE


async def test_the_hosts_persona_is_covered_also_where_its_file_is_gone(tavern: Tavern) -> None:
    (tavern.personas / "isolde.yaml").unlink()
    draft = await upload(tavern, ISOLDE + "scenario: At sea.\n", "isolde.yaml")
    assert said(draft)[3:] == ["-# this server will have its own `isolde` in place of the bot owner's"]


async def test_a_mistake_is_told_with_its_line_and_nothing_changes(tavern: Tavern) -> None:
    await save(tavern, ANN)
    broken = ANN.replace("tags: [bees]", "tgas: [bees]") + "called: ['!']\n"
    draft = await upload(tavern, broken)
    assert said(draft) == [
        "### `ann.yaml` can't be used yet",
        "-# Nothing was changed. To fix: 1",
        "**Line 5, column 1:** unknown key `tgas`, did you mean `tags`?",
        "```yaml",
        "tgas: [bees]  # more to come",
        "^",
        "```",
    ]
    assert labels(draft) == []
    assert (await attached(draft))[1] == broken
    assert source(tavern) == ANN


async def test_a_line_of_a_mistake_closes_no_block_and_is_cut_around_its_place(tavern: Tavern) -> None:
    draft = await upload(tavern, f"name: X\ndescription: '{'y' * 300}' ```z\n")
    lines = said(draft)
    assert lines[2].startswith("**Line 2, column ")
    assert lines.count("```") == 1
    assert len(lines[4]) <= 70


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"\xff\xfe", "isn't"),
        (b"name: &a X\n", "anchor"),
        (b"[" * 500, "`ann.yaml` can't be used yet"),
        (b"name: X\x00\n", "`ann.yaml` can't be used yet"),
        (b"", "`ann.yaml` can't be used yet"),
        (b"name: X\nservers: [1, 2\n", "`ann.yaml` can't be used yet"),
    ],
)
async def test_hostile_files_are_told_of_and_change_nothing(tavern: Tavern, text: bytes, told: str) -> None:
    draft = await upload(tavern, text)
    assert told in "\n".join(said(draft))
    assert await log(tavern) == []


async def test_a_file_that_is_too_large_is_not_read(tavern: Tavern) -> None:
    draft = await upload(tavern, b"name: X\n" + b"#" * 256 * 1024)
    assert said(draft) == [
        "The file is too large. A persona's YAML can have up to 256 KiB, and a character card 10 MiB."
    ]


@pytest.mark.parametrize("name", ["../../etc/passwd.yaml", "a b.yaml", ".yaml", "-x.yaml", "x.y.z.yaml"])
async def test_a_name_leads_out_of_no_folder(tavern: Tavern, name: str) -> None:
    draft = await upload(tavern, ANN, name)
    assert "can't be a persona's key" in said(draft)[0]
    assert await log(tavern) == []


async def test_a_key_may_be_given_and_is_spelled_as_the_persona_there(tavern: Tavern) -> None:
    draft = await upload(tavern, ANN, "x.yaml", persona="bea")
    assert said(draft)[3] == "-# `bea` will be new on this server"
    draft = await upload(tavern, ANN, "MARLOW.yaml")
    assert said(draft)[3] == "-# this server will have its own `marlow` in place of the bot owner's"


async def test_an_upload_that_changes_nothing_says_so(tavern: Tavern) -> None:
    await save(tavern, ANN)
    assert said(await upload(tavern, ANN)) == ["Nothing would change: Ann is already like that."]
    draft = await upload(tavern, ANN.replace("\n", "\r\n"))
    assert said(draft)[-1] == "-# Only blanks or line ends change."


async def test_without_a_file_a_form_takes_one_or_a_text(tavern: Tavern) -> None:
    ada = tavern.people["Ada"]
    opened = await ada.slash(tavern.elsewhere, "persona upload")
    draft = await ada.submit_modal(opened, {"text": "name: Ann Bee\ndescription: x\n"})
    assert said(draft)[-1] == "-# `ann-bee` will be new on this server"
    opened = await ada.slash(tavern.elsewhere, "persona upload")
    draft = await ada.submit_modal(opened, {"file": ("bea.yaml", ANN.encode())})
    assert said(draft)[-1] == "-# `bea` will be new on this server"
    await ada.click(draft.response, label="Save")
    assert source(tavern, "bea") == ANN
    opened = await ada.slash(tavern.elsewhere, "persona upload")
    told = await ada.submit_modal(opened, {"text": "  "})
    assert said(told) == ["There was neither a file nor a text. Choose a file, or paste the text."]
    opened = await ada.slash(tavern.elsewhere, "persona upload")
    draft = await ada.submit_modal(opened, {"text": "nmae: X\n", "key": "x"})
    assert said(draft)[0] == "### `pasted.yaml` can't be used yet"


async def test_a_picture_that_is_no_address_is_doubted(tavern: Tavern) -> None:
    draft = await upload(tavern, ANN + "avatar: bees.png\n")
    doubt = (
        "⚠ `ann.yaml:6:1`: `avatar` is a file, and this server's personas can't have files of the host's, use the "
        "https address of a picture; until then, the persona has none"
    )
    assert said(draft)[-1] == doubt
    await tavern.people["Ada"].click(draft.response, label="Save")
    assert said(draft)[-1] == doubt


async def test_a_persona_for_adults_is_taken_where_discord_restricts_the_age(
    tavern: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = await upload(tavern, ADULT, "vesper.yaml")
    assert refused.response.content.startswith("Vesper is for age-restricted channels only.")
    tavern.restrict(tavern.elsewhere, monkeypatch)
    draft = await upload(tavern, ADULT, "vesper.yaml")
    await tavern.people["Ada"].click(draft.response, label="Save")
    card = await shown(tavern, "vesper")
    tavern.restrict(tavern.elsewhere, monkeypatch, restricted=False)
    for label in ("Try", "Edit", "Download", "Versions"):
        used = await tavern.people["Ada"].click(card.response, label=label)
        assert used.response.content.startswith("Vesper is for age-restricted channels only."), label


async def test_what_was_for_adults_is_shown_in_no_other_channel_in_any_way(
    tavern: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, why = tavern.people["Ada"], "Vesper is for age-restricted channels only."
    tame = ADULT.replace("nsfw: true\n", "tags: [tame]\n")
    tavern.restrict(tavern.elsewhere, monkeypatch)
    await save(tavern, ADULT, "vesper.yaml")
    tavern.restrict(tavern.elsewhere, monkeypatch, restricted=False)
    used = await upload(tavern, tame, "vesper.yaml")
    assert used.response.content.startswith(why)
    assert await attached(used) == ("your-text.txt", tame)
    tavern.restrict(tavern.elsewhere, monkeypatch)
    await save(tavern, tame, "vesper.yaml")
    tavern.restrict(tavern.elsewhere, monkeypatch, restricted=False)
    used = await upload(tavern, tame + "scenario: At sea.\n", "vesper.v1.yaml")
    assert used.response.content.startswith(why)
    card = await shown(tavern, "vesper")
    await ada.click(card.response, label="Versions")
    used = await ada.select(card.response, ["1"], custom_id="rp:versions:vesper")
    assert used.response.content.startswith(why)
    await tavern.story.records.workshop.delete(tavern.guild.id, "vesper", 2, ada.id)
    await tavern.story.records.workshop.put(
        Draft(tavern.guild.id, "vesper", ADULT.encode(), 3), Act.RESTORED, ada.id
    )
    await tavern.story.records.workshop.delete(tavern.guild.id, "vesper", 4, ada.id)
    listed = await ada.slash(tavern.elsewhere, "persona list")
    await ada.select(listed.response, ["vesper"], custom_id="rp:deleted")
    used = await ada.select(listed.response, ["4"], custom_id="rp:versions:vesper")
    assert used.response.content.startswith(why)


async def test_a_text_for_adults_that_does_not_load_anymore_is_shown_nowhere_else(
    tavern: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, broken = tavern.people["Ada"], f"{ADULT}secret words: 1\n"
    await tavern.database.write(
        """
        INSERT INTO server_persona (server_id, persona_key, version, act, text, by_user, created_at)
        VALUES (?, 'vesper', 1, 'made', ?, 1, 1)
        """,
        (tavern.guild.id, broken),
    )
    await tavern.story.records.workshop.open()
    listed = await ada.slash(tavern.elsewhere, "persona list")
    assert "secret" not in read(listed.response)
    card = await shown(tavern, "vesper")
    assert said(card)[0] == "⚠ `vesper` can't be loaded:"
    assert said(card)[1].startswith("vesper is for age-restricted channels only.")
    assert labels(card) == ["Versions", "Delete"]
    used = await ada.click(card.response, label="Versions")
    assert used.response.content.startswith("vesper is for age-restricted channels only.")
    used = await upload(tavern, "name: Vesper\n", "vesper.yaml")
    assert used.response.content.startswith("vesper is for age-restricted channels only.")
    used = await upload(tavern, f"{ADULT}novel: 1\n", "gull.yaml")
    assert used.response.content.startswith("gull is for age-restricted channels only.")
    server = await ada.slash(tavern.elsewhere, "dramatis settings")
    server = await ada.click(server.response, custom_id="rp:panel:server")
    got = await ada.click(server.response, label="Get server archive")
    assert got.response.content.startswith("vesper is for age-restricted channels only.")
    tavern.restrict(tavern.elsewhere, monkeypatch)
    card = await shown(tavern, "vesper")
    assert "unknown key `secret words`" in read(card.response)
    got = await ada.click(card.response, label="Download")
    assert await attached(got) == ("vesper.v1.yaml", broken)
    tavern.restrict(tavern.elsewhere, monkeypatch, restricted=False)
    used = await ada.click(card.response, label="Download")
    assert used.response.content.startswith("vesper is for age-restricted channels only.")


# --- cards --------------------------------------------------------------------------------------------

CARD = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {
        "name": "Odile Marchand",
        "description": "Odile keeps the night desk.",
        "personality": "Dry.",
        "first_mes": "We close at dawn.",
        "mes_example": "",
        "scenario": "",
        "creator": "Robin",
        "tags": ["library"],
    },
}


def pictured(card: object) -> bytes:
    """A PNG of one pixel with a card in it."""
    words = base64.b64encode(json.dumps(card).encode())
    body = b"tEXt" + b"chara\0" + words
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    end = PNG.index(b"IDAT") - 4
    return PNG[:end] + chunk + PNG[end:]


async def test_a_card_becomes_a_draft_with_its_report_and_its_picture(tavern: Tavern) -> None:
    ada = tavern.people["Ada"]
    draft = await upload(tavern, pictured(CARD), "main_odile_spec_v2.png")
    lines = said(draft)
    assert lines[:4] == [
        DRAFT,
        "### Odile Marchand",
        "Odile keeps the night desk.",
        "-# `odile-marchand` will be new on this server",
    ]
    assert "-# Kept below `card` for exports, the AI model doesn't read it: creator." in lines
    ((address, alt),) = pictures(draft)
    assert (address.rpartition("/")[2], alt) == ("picture.png", "Picture of Odile Marchand")
    assert [each.filename for each in draft.response.attachments] == ["odile-marchand.yaml", "picture.png"]
    room = tavern.guild.create_text_channel("faces")
    await tavern.story.choices.choose("server", tavern.guild.id, "pictures", str(room.id), ada.id)
    await ada.click(draft.response, label="Save")
    assert said(draft)[0] == "### Odile Marchand"
    persona = tavern.story.casting.library.at(tavern.guild.id).get("odile-marchand")
    assert persona is not None
    assert (persona.greeting, persona.tags) == ("We close at dawn.", ("library",))
    (post,) = room.history()
    assert [each.filename for each in post.attachments] == ["picture.png"]


async def test_without_a_channel_for_pictures_the_card_is_saved_and_its_picture_given_back(
    tavern: Tavern,
) -> None:
    draft = await upload(tavern, pictured(CARD), "odile.png")
    opened = await tavern.people["Ada"].click(draft.response, label="Edit")
    await tavern.people["Ada"].submit_modal(
        opened, {"name": "Odile", "description": "Odile keeps the night desk."}
    )
    used = await tavern.people["Ada"].click(draft.response, label="Save")
    assert said(draft)[0] == "### Odile"
    (told,) = used.followups
    assert [each.filename for each in told.attachments] == ["odile-marchand.png"]
    assert "odile-marchand" in tavern.story.casting.library.at(tavern.guild.id).own


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (PNG, "x.png", "This PNG has no card in it."),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "x.webp", "Cards in WebP pictures can't be read."),
        (b"{", "x.json", "The card's JSON is broken at line 1, column 2."),
        (b"hello", "x.txt", "This is no character card: a card has a `name`"),
        (b'{"entries": {}}', "x.yaml", "This is a lorebook and no character card"),
    ],
)
async def test_what_is_neither_says_what_it_is(tavern: Tavern, content: bytes, name: str, told: str) -> None:
    used = await upload(tavern, content, name)
    assert said(used)[0].startswith(told)
    assert await log(tavern) == []


async def test_json_of_a_persona_and_of_a_card_are_told_apart(tavern: Tavern) -> None:
    draft = await upload(tavern, json.dumps({"name": "Ann", "description": "x"}), "ann.json")
    assert said(draft)[3] == "-# `ann` will be new on this server"
    draft = await upload(tavern, json.dumps(CARD), "whatever.json")
    assert said(draft)[3] == "-# `odile-marchand` will be new on this server"
    opened = await tavern.people["Ada"].slash(tavern.elsewhere, "persona upload")
    draft = await tavern.people["Ada"].submit_modal(opened, {"text": json.dumps(CARD), "key": "odile"})
    assert said(draft)[3] == "-# `odile` will be new on this server"


# --- nobody overwrites what they have not seen ----------------------------------------------------------


async def test_an_upload_based_on_an_older_version_is_refused_with_what_changed(tavern: Tavern) -> None:
    await save(tavern, ANN)
    name, text = await attached(
        await tavern.people["Eve"].click((await shown(tavern, who="Eve")).response, label="Download")
    )
    assert (name, text) == ("ann.v1.yaml", ANN)
    await save(tavern, ANN.replace("bees on", "wasps on"))
    eve = tavern.people["Eve"]
    used = await upload(tavern, ANN.replace("a roof", "a ship"), name, "Eve")
    lines = said(used)
    assert lines[0] == "### Nothing was changed"
    assert lines[1].startswith(
        f"Your file is based on version 1 of `ann`, and <@{tavern.people['Ada'].id}> saved version 2 <t:"
    )
    assert lines[4:] == [
        "  description: >",
        "-   Ann keeps bees on a roof.",
        "+   Ann keeps wasps on a roof.",
        "  tags: [bees]  # more to come",
        "```",
    ]
    assert labels(used) == ["Download"]
    newest = await attached(await eve.click(used.response, label="Download"))
    assert newest == ("ann.v2.yaml", ANN.replace("bees on", "wasps on"))
    draft = await upload(tavern, newest[1].replace("a roof", "a ship"), "ann.v2_1.yaml", "Eve")
    await eve.click(draft.response, label="Save")
    assert "Ann keeps wasps on a ship." in source(tavern)


async def test_of_two_drafts_the_second_is_refused(tavern: Tavern) -> None:
    first, second = await upload(tavern, ANN), await upload(tavern, ANN + "voice: dry\n", who="Eve")
    await tavern.people["Ada"].click(first.response, label="Save")
    used = await tavern.people["Eve"].click(second.response, label="Save")
    why = "Someone changed `ann` meanwhile, so nothing was saved. Use `/persona show` to see how it is now."
    assert [each.content for each in used.followups] == [why]
    assert source(tavern) == ANN
    assert said(second)[0] == DRAFT  # with its file: nothing is lost


async def test_a_form_that_was_opened_before_somebody_else_saved_gives_the_text_back(tavern: Tavern) -> None:
    await save(tavern, ANN)
    ada = tavern.people["Ada"]
    opened = await ada.click((await shown(tavern)).response, label="Edit")
    await save(tavern, ANN + "voice: dry\n", who="Eve")
    used = await ada.submit_modal(opened, {"name": "Anna", "description": "Anna keeps bees."})
    assert used.response.content.startswith("Someone changed this persona while your form was open")
    assert "description:\nAnna keeps bees." in (await attached(used))[1]
    assert source(tavern) == ANN + "voice: dry\n"


# --- the forms ----------------------------------------------------------------------------------------


async def test_the_form_changes_what_it_has_and_leaves_the_rest_alone(tavern: Tavern) -> None:
    await save(tavern, ANN)
    ada = tavern.people["Ada"]
    opened = await ada.click((await shown(tavern)).response, label="Edit")
    values = {
        "name": "Ann",
        "description": "Ann keeps wasps.",
        "personality": "",
        "scenario": "A roof.",
        "greeting": "",
    }
    draft = await ada.submit_modal(opened, values)
    assert said(draft)[0] == DRAFT
    await ada.click(draft.response, label="Save")
    assert source(tavern) == (
        "# Ann, as we wrote her\nname: Ann\ndescription: >\n  Ann keeps wasps.\nscenario: A roof.\n"
        "tags: [bees]  # more to come\n"
    )
    assert await log(tavern) == [("ann", 2, "edited", "Ada"), ("ann", 1, "uploaded", "Ada")]


async def test_the_form_of_the_hosts_persona_makes_the_servers_own(tavern: Tavern) -> None:
    ada = tavern.people["Ada"]
    opened = await ada.click((await shown(tavern, "marlow")).response, label="Edit")
    draft = await ada.submit_modal(opened, {"name": "Marla", "description": "x", "scenario": "y"})
    await ada.click(draft.response, label="Save")
    assert said(draft)[0] == "### Marla"
    persona = tavern.story.casting.library.at(tavern.guild.id).get("marlow")
    assert persona is not None
    assert persona.samples[0].user == "Have you a room?"
    assert (tavern.personas / "marlow.yaml").read_text("utf-8") == MARLOW


async def test_a_draft_is_changed_further_before_it_is_saved(tavern: Tavern) -> None:
    ada = tavern.people["Ada"]
    draft = await upload(tavern, ANN)
    opened = await ada.click(draft.response, label="Edit")
    await ada.submit_modal(opened, {"name": "Annie", "description": "Ann keeps bees on a roof."})
    assert said(draft)[1] == "### Annie"
    await ada.click(draft.response, label="Save")
    assert source(tavern) == ANN.replace("name: Ann", "name: Annie")


async def test_a_name_that_nobody_can_read_is_told_and_what_was_written_is_there(tavern: Tavern) -> None:
    ada = tavern.people["Ada"]
    opened = await ada.slash(tavern.elsewhere, "persona new")
    used = await ada.submit_modal(opened, {"name": "\u2800", "description": "A long story."})
    assert said(used)[0].endswith("can't be used yet")
    assert "A long story." in (await attached(used))[1]
    assert await log(tavern) == []


async def test_the_sample_in_the_form_for_a_new_one_loads(tavern: Tavern) -> None:
    ada = tavern.people["Ada"]
    opened = await ada.slash(tavern.elsewhere, "persona new")
    sample = {
        each["component"]["custom_id"]: each["component"]["value"] for each in opened.modal["components"]
    }
    draft = await ada.submit_modal(opened, sample)
    assert said(draft)[-1] == "-# `brindle` will be new on this server"
    await ada.click(draft.response, label="Save")
    reading = read_text(source(tavern, "brindle").encode(), "brindle")
    assert (reading.warnings, reading.persona and reading.persona.greeting) == ((), sample["greeting"])


async def test_a_text_that_is_too_long_for_a_form_is_downloaded_instead(tavern: Tavern) -> None:
    await save(tavern, f"name: Ann\ndescription: {'y' * 4001}\n")
    used = await tavern.people["Ada"].click((await shown(tavern)).response, label="Edit")
    assert used.response.content.startswith("A text of this persona has more than 4000 characters")


# --- versions and deletion ----------------------------------------------------------------------------


async def test_earlier_versions_are_looked_at_downloaded_and_put_back(tavern: Tavern) -> None:
    ada = tavern.people["Ada"]
    await save(tavern, ANN)
    await save(tavern, ANN + "voice: dry\n", who="Eve")
    card = await shown(tavern)
    await ada.click(card.response, label="Versions")
    lines = said(card)
    assert lines[0] == "## Versions of `ann`"
    eve, me = tavern.people["Eve"].id, ada.id
    assert [line.partition(" <t:")[0] for line in lines[1:]] == [
        f"**2** · uploaded by <@{eve}>",
        f"**1** · uploaded by <@{me}>",
    ]
    await ada.select(card.response, ["1"], custom_id="rp:versions:ann")
    assert said(card)[0] == "## `ann`, version 1"
    assert said(card)[2:] == [
        "Putting it back would change:",
        "```diff",
        "…",
        "  tags: [bees]  # more to come",
        "- voice: dry",
        "```",
    ]
    assert labels(card) == ["Download", "Put back", "◀ Back"]
    assert await attached(await ada.click(card.response, label="Download")) == ("ann.v1.yaml", ANN)
    await ada.click(card.response, label="Put back")
    assert said(card)[2] == "-# `ann` · this server's own, version 3 · bees"
    assert source(tavern) == ANN
    assert (await log(tavern))[0] == ("ann", 3, "restored", "Ada")


async def test_a_deleted_persona_leaves_its_channels_and_comes_back_by_undo_or_from_the_list(
    tavern: Tavern, m2her: M2her
) -> None:
    ada = tavern.people["Ada"]
    await save(tavern, ANN)
    await ada.slash(tavern.elsewhere, "persona use", persona="ann")
    card = await shown(tavern)
    await ada.click(card.response, label="Delete")
    assert said(card)[0] == "### Delete Ann?"
    assert labels(card) == ["Delete", "Keep it"]
    await ada.click(card.response, label="Keep it")
    assert said(card)[0] == "### Ann"
    await ada.click(card.response, label="Delete")
    await ada.click(card.response, label="Delete")
    assert (said(card), labels(card)) == (["`ann` is deleted."], ["Undo"])
    assert (await shown(tavern)).response.content == NO_SUCH
    await ada.click(card.response, label="Undo")
    assert said(card)[2] == "-# `ann` · this server's own, version 3 · plays here · bees"
    await tavern.story.records.workshop.delete(tavern.guild.id, "ann", 3, ada.id)
    listed = await ada.slash(tavern.elsewhere, "persona list")
    assert menus(listed) == ["rp:open", "rp:deleted"]
    await ada.select(listed.response, ["ann"], custom_id="rp:deleted")
    await ada.select(listed.response, ["3"], custom_id="rp:versions:ann")
    await ada.click(listed.response, label="Put back")
    m2her.say("Mind the hive.")
    await tavern.say("Bob", "Ann?", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere)[-1] == "Mind the hive."


async def test_without_its_own_the_hosts_plays_again(tavern: Tavern) -> None:
    ada = tavern.people["Ada"]
    await save(tavern, MARLOW.replace("Marlow", "Marla"), "marlow.yaml")
    card = await shown(tavern, "marlow")
    await ada.click(card.response, label="Delete")
    assert said(card)[1].startswith("Then the bot owner's Marla plays here again.")
    await ada.click(card.response, label="Delete")
    card = await shown(tavern, "marlow")
    assert (said(card)[0], labels(card)) == ("### Marlow", ["Try", "Edit", "Download"])


# --- try ------------------------------------------------------------------------------------------------


async def test_a_draft_is_tried_in_the_real_prompt_and_nothing_of_it_is_stored(
    tavern: Tavern, m2her: M2her
) -> None:
    ada = tavern.people["Ada"]
    draft = await upload(tavern, ANN + "greeting: Who climbs there?\n")
    before = await everything(tavern)
    tried = await ada.click(draft.response, label="Try")
    (panel,) = tried.followups
    assert read(panel).splitlines() == [
        "### Trying Ann",
        "-# Only you can see this. It isn't saved and isn't part of any story.",
        "**Ann**",
        "Who climbs there?",
    ]
    m2her.say("*lifts her veil* A guest.")
    opened = await ada.click(panel, label="Say something")
    await ada.submit_modal(opened, {"text": "It's me."})
    assert [line for line in read(panel).splitlines() if line][2:] == [
        "**Ann**",
        "Who climbs there?",
        "**Ada**",
        "It's me.",
        "**Ann**",
        "*lifts her veil* A guest.",
    ]
    assert "Ann keeps bees on a roof." in tavern.prompt[0][2]
    assert tavern.heard == [("Ann", "Who climbs there?"), ("Ada", "It's me.")]
    m2her.say("Sit down.")
    opened = await ada.click(panel, label="Say something")
    await ada.submit_modal(opened, {"text": "Where?"})
    assert tavern.heard[2:] == [("Ann", "*lifts her veil* A guest."), ("Ada", "Where?")]
    after = await everything(tavern)
    assert {
        name: rows
        for name, rows in after.items()
        if name not in {"usage", "sqlite_sequence", "calibration", "step"}
    } == {
        name: rows
        for name, rows in before.items()
        if name not in {"usage", "sqlite_sequence", "calibration", "step"}
    }
    assert len(after["usage"]) == len(before["usage"]) + 2
    assert all("guest" not in str(row) for row in after["usage"])


async def test_a_try_that_fails_says_why_and_goes_on(tavern: Tavern, m2her: M2her) -> None:
    ada = tavern.people["Ada"]
    tried = await ada.click((await shown(tavern, "marlow")).response, label="Try")
    panel = tried.response
    m2her.say(Error(1008))
    opened = await ada.click(panel, label="Say something")
    await ada.submit_modal(opened, {"text": "Hello?"})
    assert read(panel).splitlines()[-1].startswith("⚠ ")
    assert "Hello?" not in "".join(read(panel).splitlines())
    m2her.say("Yes?")
    opened = await ada.click(panel, label="Say something")
    assert opened.modal["components"][0]["component"]["value"] == "Hello?"
    await ada.submit_modal(opened, {"text": "And now?"})
    assert read(panel).splitlines()[-1] == "Yes?"


async def test_when_the_storage_fails_a_try_says_so_and_goes_on(tavern: Tavern, m2her: M2her) -> None:
    ada = tavern.people["Ada"]
    panel = (await ada.click((await shown(tavern, "marlow")).response, label="Try")).response
    opened = await ada.click(panel, label="Say something")
    await tavern.database.write("ALTER TABLE usage RENAME TO elsewhere")
    used = await ada.submit_modal(opened, {"text": "Hello?"})
    assert len(used.followups) == 1
    assert "Hello?" not in read(panel)
    await tavern.database.write("ALTER TABLE elsewhere RENAME TO usage")
    m2her.say("Yes?")
    opened = await ada.click(panel, label="Say something")
    assert opened.modal["components"][0]["component"]["value"] == "Hello?"
    await ada.submit_modal(opened, {"text": "And now?"})
    assert read(panel).splitlines()[-1] == "Yes?"
    assert ("Ada", "Hello?") not in tavern.heard


async def test_what_was_said_too_late_comes_back_and_forget_ends_an_exchange(tavern: Tavern) -> None:
    ada = tavern.people["Ada"]
    panel = (await ada.click((await shown(tavern, "marlow")).response, label="Try")).response
    opened = await ada.click(panel, label="Say something")
    await privacy(tavern, "Ada", "Forget …", "Forget here")
    used = await ada.submit_modal(opened, {"text": "A long speech."})
    assert used.response.content == "This try is too old to continue. Press Try again."
    assert await attached(used) == ("your-text.txt", "A long speech.")


async def test_after_a_restart_an_exchange_is_over_and_the_rest_goes_on(tavern: Tavern) -> None:
    ada = tavern.people["Ada"]
    draft = await upload(tavern, ANN)
    (tried,) = (await ada.click(draft.response, label="Try")).followups
    await tavern.restart()
    used = await ada.click(tried, label="Say something")
    assert used.response.content == "This try is too old to continue. Press Try again."
    await ada.click(draft.response, label="Save")
    assert source(tavern) == ANN
    await ada.click(draft.response, label="Versions")
    await tavern.restart()
    await tavern.story.records.workshop.open()
    await ada.select(draft.response, ["1"], custom_id="rp:versions:ann")
    assert said(draft)[-1] == "-# It's like that now."
    await ada.click(draft.response, label="◀ Back")
    await ada.click(draft.response, label="◀ Back")
    assert said(draft)[0] == "### Ann"


async def test_who_has_opted_out_tries_nothing(tavern: Tavern, m2her: M2her) -> None:
    ada = tavern.people["Ada"]
    used = await ada.slash(tavern.elsewhere, "privacy")
    await ada.click(used.response, label="Opt out")
    tried = await ada.click((await shown(tavern, "marlow")).response, label="Try")
    assert tried.response.content.startswith("You've opted out")
    assert m2her.requests == []


async def everything(tavern: Tavern) -> dict[str, list[tuple[Any, ...]]]:
    tables = "SELECT name FROM sqlite_schema WHERE type = 'table'"
    names = [name for (name,) in await tavern.database.read(tables)]
    return {
        name: [tuple(row) for row in await tavern.database.read(f"SELECT * FROM {name}")] for name in names
    }


# --- names of files and keys --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("ann.yaml", ("ann", None)),
        ("ann.YML", ("ann", None)),
        ("ann.v12.yaml", ("ann", 12)),
        ("ann.v3_1.yaml", ("ann", 3)),
        ("ann.v3 (1).yaml", ("ann", 3)),
        ("ann", ("ann", None)),
        ("ann.v", ("ann.v", None)),
        ("阿渡.v2.yaml", ("阿渡", 2)),
        ("ann.txt", ("ann.txt", None)),
        ("ann.charx", ("ann", None)),
        ("ann.card.png", ("ann.card", None)),
    ],
)
def test_a_files_name_tells_key_and_version(file: str, found: tuple[str, int | None]) -> None:
    assert named(file) == found
    key, version = found
    assert named(file_of(key, version or 0)) == found


@pytest.mark.parametrize(
    ("name", "taken", "key"),
    [
        ("Isolde Varr", [], "isolde-varr"),
        ("Dr. Mira Vale!", ["dr-mira-vale"], "dr-mira-vale-2"),
        ("Ann", ["ANN", "ann-2"], "ann-3"),
        ("阿渡", [], "阿渡"),
        ("***", [], "character"),
        ("\U0001d52b" * 60, [], "\U0001d52b" * 20),  # 40 of the units that Discord counts
    ],
)
def test_a_name_gives_a_key(name: str, taken: list[str], key: str) -> None:
    assert free_key(name, taken) == key
