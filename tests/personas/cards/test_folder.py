"""`python -m bot import-card` and `export-card`: files come and go, and none is lost."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.__main__ import main
from bot.personas.cards.folder import key_for
from bot.personas.library import PersonaLibrary
from tests.cards import JPEG, PICTURE, V1, as_json, charx, chunk, coded, png, text_chunk, v2, v3


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in set(os.environ) - {"PATH"}:
        monkeypatch.delenv(name)
    (tmp_path / "personas").mkdir()
    return tmp_path


def bot(*words: str) -> Result:
    return CliRunner().invoke(main, words, catch_exceptions=False)


def test_a_card_becomes_a_persona_with_its_picture(folder: Path) -> None:
    (folder / "download (3).png").write_bytes(png(text_chunk("chara", coded(v2()))))
    ran = bot("import-card", "download (3).png")
    assert ran.stdout.splitlines() == [
        "download (3).png is the persona 'ada' now: personas/ada.yaml",
        (
            "  Read: name, description, personality, scenario, system_prompt → instructions, first_mes → greeting, "
            "alternate_greetings → greetings, mes_example → samples, post_history_instructions → reminders, tags."
        ),
        (
            "  Kept below `card` for exports, the AI model doesn't read it: creator_notes, creator, "
            "character_version, extensions."
        ),
        "  The card's picture is the persona's.",
    ]
    assert ran.exit_code == 0
    assert (folder / "personas" / "ada.png").read_bytes() == PICTURE
    library = PersonaLibrary.load(folder / "personas")
    persona = library.at(None).get("ada")
    assert persona
    assert (persona.name, persona.avatar, library.problems, library.warnings) == ("Ada", "ada.png", (), ())
    assert sorted(path.name for path in (folder / "personas").iterdir()) == ["ada.png", "ada.yaml"]


def test_nothing_is_replaced_without_being_asked_for(folder: Path) -> None:
    mine = folder / "personas" / "Ada.yml"
    mine.write_text("name: My own Ada\n")
    (folder / "ada.json").write_bytes(as_json(V1))
    ran = bot("import-card", "ada.json")
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr == (
        "ada.json: nothing was written, because this exists already: personas/Ada.yml. Use --force to replace it, "
        "or --key for another name\n"
    )
    assert mine.read_text() == "name: My own Ada\n"
    assert bot("import-card", "ada.json", "--key", "countess").exit_code == 0
    assert (folder / "personas" / "countess.yaml").exists()
    assert bot("import-card", "ada.json", "--force").exit_code == 0
    assert mine.read_text().startswith("name: Ada\n")
    assert sorted(path.name for path in (folder / "personas").iterdir()) == ["Ada.yml", "countess.yaml"]


def test_another_ones_picture_is_not_replaced_either(folder: Path) -> None:
    (folder / "personas" / "ada.jpg").write_bytes(JPEG)
    (folder / "ada.png").write_bytes(png(text_chunk("chara", coded(V1))))
    assert "exists already: personas/ada.jpg." in bot("import-card", "ada.png").stderr
    assert [path.name for path in (folder / "personas").iterdir()] == ["ada.jpg"]


def test_a_picture_that_is_too_large_for_the_folder_is_warned_of(folder: Path) -> None:
    card = png(text_chunk("chara", coded(V1)), chunk(b"IDAT", bytes(300 * 1024)))
    (folder / "ada.png").write_bytes(card)
    assert bot("import-card", "ada.png").stdout.splitlines()[-1] == (
        "  Look at this: The picture has 300 KiB, and Discord takes up to 256. Save it smaller: 128 x 128 pixels are enough."
    )


def test_of_several_files_each_is_told_about(folder: Path) -> None:
    (folder / "one.json").write_bytes(as_json(V1))
    (folder / "two.webp").write_bytes(b"RIFF\x00\x00\x00\x00WEBPVP8 ")
    (folder / "three.charx").write_bytes(charx({"card.json": as_json(v3(name="Björn's Wife, the 2nd"))}))
    ran = bot("import-card", "one.json", "two.webp", "three.charx", "four.png")
    assert ran.exit_code == 1
    assert [line for line in ran.stdout.splitlines() if not line.startswith(" ")] == [
        "one.json is the persona 'ada' now: personas/ada.yaml",
        "three.charx is the persona 'björns-wife-the-2nd' now: personas/björns-wife-the-2nd.yaml",
    ]
    assert ran.stderr.splitlines() == [
        (
            "two.webp: Cards in WebP pictures can't be read. Download the card's original PNG, or export it as PNG or "
            "JSON where it was made."
        ),
        "four.png: there is no such file",
    ]


def test_warnings_stand_in_the_report_and_above_their_keys(folder: Path) -> None:
    (folder / "ada.json").write_bytes(as_json(v2(first_mes="*You nod.* Good.", tags=["NSFW"])))
    ran = bot("import-card", "ada.json")
    assert (
        "  Look at this: Greeting 1 may act for the player (“You nod”). Leave that to the player."
        in ran.stdout
    )
    lines = (folder / "personas" / "ada.yaml").read_text().splitlines()
    at = lines.index('greeting: "*You nod.* Good."')
    assert lines[at - 1] == "# Greeting 1 may act for the player (“You nod”). Leave that to the player."
    assert "nsfw: true" in lines


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Ada", "ada"),
        ("Seraphina of the Glade", "seraphina-of-the-glade"),
        ("../../etc/passwd", "etc-passwd"),
        ("阿渡", "阿渡"),
        ("Bjo\u0308rn", "björn"),
        ("🦊🦊", "character"),
        ("a" * 90, "a" * 40),
        ("_x_", "x"),
        ("C:\\con", "c-con"),
    ],
)
def test_a_key_is_made_of_a_name_and_stays_in_the_folder(name: str, key: str) -> None:
    assert key_for(name) == key


def test_a_key_that_leaves_the_folder_is_refused(folder: Path) -> None:
    (folder / "ada.json").write_bytes(as_json(V1))
    ran = bot("import-card", "ada.json", "--key", "../ada")
    assert ran.stderr == "'../ada' can't be a key: use letters, digits, `_` and `-`, 64 at most\n"
    assert not (folder / "ada.yaml").exists()


def test_a_persona_becomes_a_card(folder: Path) -> None:
    (folder / "personas" / "ada.yaml").write_text(
        "name: Ada\navatar: ada.png\nvoice: dry\ngreeting: Hello.\n"
    )
    (folder / "personas" / "ada.png").write_bytes(PICTURE)
    ran = bot("export-card", "ada", "--to", "ada.json", "--spec", "v2")
    assert (ran.exit_code, ran.stdout) == (0, "The persona 'ada' is a card now: ada.json\n")
    card = json.loads((folder / "ada.json").read_bytes())
    assert (card["spec"], card["data"]["name"], card["data"]["first_mes"]) == (
        "chara_card_v2",
        "Ada",
        "Hello.",
    )
    assert card["data"]["extensions"] == {"dramatis": {"voice": "dry"}}
    assert bot("export-card", "ada", "--to", "ada.json").exit_code == 1
    assert json.loads((folder / "ada.json").read_bytes()) == card
    assert bot("export-card", "ada", "--to", "ada.json", "--force").exit_code == 0
    assert json.loads((folder / "ada.json").read_bytes())["spec"] == "chara_card_v3"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody", "--to", "x.png"), "no persona 'nobody' can be loaded; there are: ada\n"),
        (("ada", "--to", "x.webp"), "x.webp: a card is a .png or a .json file\n"),
        (
            ("ada", "--to", "x.png"),
            (
                "ada: A card as PNG needs a PNG as its picture, and this persona's is of another kind. Save the picture "
                "as PNG, or export to JSON.\n"
            ),
        ),
        (("ada", "--to", "no/x.json"), "no/x.json can't be written (No such file or directory)\n"),
    ],
)
def test_what_cannot_be_exported_is_told(folder: Path, words: tuple[str, ...], said: str) -> None:
    (folder / "personas" / "ada.yaml").write_text("name: Ada\navatar: ada.jpg\n")
    (folder / "personas" / "ada.jpg").write_bytes(JPEG)
    ran = bot("export-card", *words)
    assert (ran.exit_code, ran.stderr) == (1, said)


def test_a_picture_on_the_web_is_not_fetched(folder: Path) -> None:
    (folder / "personas" / "ada.yaml").write_text("name: Ada\navatar: https://example.com/ada.png\n")
    ran = bot("export-card", "ada", "--to", "ada.png")
    assert ran.stdout.splitlines()[1] == (
        "Its picture is on the web (https://example.com/ada.png), and nothing is fetched from there: the card has none."
    )
