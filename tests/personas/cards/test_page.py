"""The table of docs/cards.md, held against what becomes of each field."""

import re
from pathlib import Path
from typing import Any

import pytest

from bot.core.cards.card import FIELDS
from bot.core.cards.mapping import NAMESPACE
from bot.files.yamlfile import read
from bot.personas.cards import read_card
from tests.cards import as_json, v3

PAGE = (Path(__file__).parents[3] / "docs" / "cards.md").read_text(encoding="utf-8")
ROWS = {
    field: (set(re.findall(r"`([\w.]+)`", becomes)), "…" in becomes)
    for field, becomes in re.findall(
        r"^\| `([\w.]+)` \| ([^|]+) \|",
        PAGE.partition("## What becomes of each field")[2].partition("\n### ")[0],
        re.MULTILINE,
    )
}
EMPTY: dict[str, Any] = {**dict.fromkeys(FIELDS), "name": "Ada", "first_mes": "Hello."}
SAMPLES: dict[str, Any] = {
    **v3()["data"],
    "name": "Ada || counts",
    "mes_example": "<START>\n{{user}}: a\n{{char}}: b\n<START>\nloose",
    "tags": ["NSFW"],
    "character_book": {
        "extensions": {},
        "entries": [
            {"keys": ["loom"], "content": "It counts.", "extensions": {}, "enabled": True, "insertion_order": 1, "use_regex": False}
        ],
    },
    "extensions.depth_prompt": {"prompt": "Rain.", "depth": 2, "role": "system"},
    "extensions.dramatis": {"voice": "dry", "title": "The loom", "user": {"description": "Somebody."}},
    "extensions.world": "Elfland",
    "extensions": {"talkativeness": 1},
}  # fmt: skip


def test_the_table_has_every_field_of_every_version() -> None:
    assert set(ROWS) == {
        *FIELDS,
        "extensions.depth_prompt",
        f"extensions.{NAMESPACE}",
        "extensions.world",
    }


@pytest.mark.parametrize("field", ROWS)
def test_each_field_becomes_what_the_table_says(field: str) -> None:
    inner = field.partition(".")[2]
    given = {"extensions": {inner: SAMPLES[field]}} if inner else {field: SAMPLES[field]}
    found = read(read_card(as_json(v3(**{**EMPTY, **given})), "x.json").text, "x").data
    keys, and_others = ROWS[field]
    made = set(found) - ({"name", "greeting"} - {field, *keys})
    # What a persona says otherwise than the card did is kept besides.
    assert made - keys <= {"card"}
    assert keys <= made
    assert and_others is (field == f"extensions.{NAMESPACE}")
    if keys != {"card"} and field not in {"name", "mes_example", "extensions.depth_prompt"}:
        assert "card" not in found
