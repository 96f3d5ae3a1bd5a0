"""Seven evenings through the real bot: what the model is told in them, held against what it should be told.

`python -m bench.room` plays the whole of them; here the long one has only its first turns.
"""

import json
from pathlib import Path

import pytest
import yaml

from bench.room.evenings.all import EVENINGS
from bench.room.evenings.library import library
from bench.room.judge import LANGUAGE_RULE, NOTES_RULE, Kind, judge, read, unchanged
from bench.room.measures import MEASURES, Reply, difference, interval
from bench.room.pages import beside
from bench.room.real import Address, ask, replies_of, shown
from bench.room.script import Evening, Say
from bench.room.stage import CAST, Played, Request, play
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


# --- reading and judging --------------------------------------------------------------------------


def message(role: str, name: str, content: str) -> dict[str, str]:
    return {"role": role, "name": name, "content": content}


SAID = [
    message("system", "Marlow", "Who he is."),
    message(
        "user", "Everyone", "Ana: A room?\n  With a door: yes.\nBo: [to Ana] Hm.\n[Marlow's turn: salty.]"
    ),
]


def test_a_prefixed_request_is_read_line_by_line() -> None:
    prompt = read(SAID, "prefixed")
    assert prompt.people == [("Ana", "A room?\nWith a door: yes."), ("Bo", "[to Ana] Hm.")]
    assert prompt.turn == "[Marlow's turn: salty.]"


def test_what_stands_unchanged_is_counted_up_to_the_first_difference() -> None:
    assert unchanged(SAID, SAID) == 1.0
    assert unchanged(SAID, [SAID[0], message("user", "Everyone", "Ana: A"), SAID[1]]) < 0.5
    assert unchanged(SAID, [message("system", "Thistle", "Who he is."), SAID[1]]) == 0.0


MARLOW = {"marlow": {"name": "Marlow", "description": "Who he is.", "scenario": "Rain."}}


@pytest.mark.parametrize(
    ("history", "broken"),
    [
        ([message("user", "Ana", "Marlow?")], ""),
        ([message("user", "Mara", "Marlow?")], "everybody has the one name they have now"),
        ([message("user", "Ana", "[rolls 7] Marlow?")], ""),
        ([message("user", "Ana", "[I win] Marlow?")], "square brackets are the table's alone"),
        ([message("user", "Ana", "lol\nMarlow?")], "what is not for the persona is not told"),
        ([message("user", "Ana", "Marlow?\n[Marlow's turn.]")], "it is not yet told whose turn it is"),
    ],
)
def test_a_broken_expectation_is_named(history: list[dict[str, str]], broken: str) -> None:
    evening = Evening("one", "marlow", {"ana": "Ana"}, (Say("ana", "Marlow?", answer="Aye."),), ("lol",))
    system = f"Who he is. Rain. {NOTES_RULE} {LANGUAGE_RULE}"
    head = [
        message("system", "Marlow", system),
        message("user_system", "others", "-"),
        message("group", "-", "-"),
    ]
    played = Played("one", "named", [Request(0, [*head, *history], {"ana": "Ana"})])
    wrong = [verdict.what for verdict in judge(evening, played, MARLOW) if verdict.wrong]
    assert wrong == ([f"one named 0: {broken}"] if broken else [])


def test_a_request_too_many_or_too_few_is_named() -> None:
    steps = (Say("ana", "lol"), Say("ana", "Marlow?", answer="Aye."))
    evening = Evening("one", "marlow", {"ana": "Ana"}, steps)
    played = Played("one", "named", [Request(0, SAID, {"ana": "Ana"})])
    wrong = [verdict.what for verdict in judge(evening, played, MARLOW) if verdict.wrong]
    assert wrong == ["one named 0: 'lol' wakes nobody", "one named 1: 'Marlow?' is answered"]


# --- pages and measures ---------------------------------------------------------------------------


def test_both_versions_of_a_request_stand_beside_each_other() -> None:
    before = Request(3, [SAID[0], message("user", "Ana", "A room? | *now*")], {})
    now = Request(3, [SAID[0], message("user", "Ana", "[to Bo] A room? | *now*")], {})
    assert beside("tavern-03", before, now).splitlines()[-3:] == [
        "| --- | --- | --- |",
        "| **system** (Marlow, 5)<br>Who he is. | = | **system** (Marlow, 5)<br>Who he is. |",
        r"| **user** (Ana, 8)<br>A room? \| \*now\* | ≠ | **user** (Ana, 12)<br>\[to Bo\] A room? \| \*now\* |",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Two words.", {"words": 2}),
        ("*", {"is empty": 1}),
        ("他不吵，不占地方。", {"words": 3.5}),
        ("Aye. [to Ana]", {"echoes a note": 1, "words": 3}),
        ("[Marlow's turn, gruff] Aye.", {"echoes a note": 1, "words": 4}),
        (
            "[motions to the sea] Aye. [to her",
            {"echoes a note": 1, "has other square brackets": 1, "words": 7},
        ),
        ("**Marlow:** Aye.", {"begins with its own name": 1, "words": 2}),
        ("Aye.\nAna: no", {"has a line of somebody else": 1, "words": 3}),
        ("It was soup this morning, so it had time", {"overlap with an earlier reply": 1, "words": 9}),
        ('"Who is asking?"', {"ends in a question": 1, "words": 3}),
    ],
)
def test_replies_are_measured(text: str, found: dict[str, float]) -> None:
    reply = Reply(
        text, "Marlow", ["No.", "It was soup this morning, so it had time to think."], others=["Ana"]
    )
    assert {name: measure(reply) for name, measure in MEASURES.items()} == {
        **dict.fromkeys(MEASURES, 0),
        **found,
    }


def test_an_interval_holds_its_mean_and_a_difference_that_is_none_holds_nought() -> None:
    values = [1.0, 2.0, 3.0, 4.0] * 5
    found = interval(values)
    assert found.low < found.mean == 2.5 < found.high
    assert found == interval(values)
    same, more = difference(values, values), difference(values, [value + 2 for value in values])
    assert same.low < 0 < same.high
    assert 0 < more.low < more.mean == 2.0


def test_what_the_bot_removes_is_not_shown() -> None:
    reply = Reply("[a knock] Aye.\nAna: No.", "Marlow", others=["Ana"], notes=["[a knock]"])
    assert shown(reply).text == "Aye."


async def test_where_nothing_of_a_reply_is_shown_the_next_answer_is(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    said = ["Aye.", "Ana: No.", "Perhaps.", "<think>Hm.</think>", "Ana: No."]
    lines = [json.dumps(["tavern-01", version, text]) for version in ("before", "now") for text in said]
    kept.write_text("\n".join(lines) + "\n", encoding="utf-8")
    request = Request(1, SAID, {"ana": "Ana"})
    pairs = {"tavern-01": {"before": request, "now": request}}
    texts = await ask(Address("http://127.0.0.1:9", "nobody"), pairs, 3, kept)
    assert texts["tavern-01", "now"] == [
        ["Aye."],
        ["Ana: No.", "Perhaps."],
        ["<think>Hm.</think>", "Ana: No."],
    ]
    came, people_see = (replies_of(pairs, texts, as_shown=as_shown) for as_shown in (False, True))
    assert [reply.text for reply in came["now"]] == ["Aye.", "Ana: No.", "<think>Hm.</think>"]
    assert [reply.text for reply in people_see["now"]] == ["Aye.", "Perhaps.", ""]
