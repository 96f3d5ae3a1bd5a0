"""Seven evenings through the real bot: what the model is told in them, held against what it should be told.

`python -m bench.room` plays the whole of them; here the long one has only its first turns.
"""

from pathlib import Path

import pytest
import yaml

from bench.room.evenings.all import EVENINGS
from bench.room.evenings.library import library
from bench.room.judge import Kind, judge
from bench.room.script import Evening
from bench.room.stage import CAST, play
from bot.core.completion import Naming

TURNS_IN_SHORT = 12

PLAYED = [
    (library(TURNS_IN_SHORT) if evening.key == "library" else evening, form)
    for evening in EVENINGS
    for form in evening.forms
]


@pytest.mark.parametrize(
    ("evening", "form"), [pytest.param(*each, id=f"{each[0].key}-{each[1]}") for each in PLAYED]
)
async def test_an_evening(evening: Evening, form: Naming, tmp_path: Path) -> None:
    sheets = {
        key: yaml.safe_load((CAST / f"{key}.yaml").read_text("utf-8"))
        for key in (evening.persona, *evening.others)
    }
    verdicts = judge(evening, await play(evening, form, tmp_path), sheets)
    assert [(verdict.what, verdict.wrong) for verdict in verdicts if verdict.wrong] == []
    assert {verdict.kind for verdict in verdicts} == set(Kind)
