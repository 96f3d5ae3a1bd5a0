"""Example dialogue of cards: who says what, and what nobody says."""

import pytest

from bot.core.cards.dialogue import Dialogue, dialogue_of, starts_dialogue, text_of


def pairs(text: str, *names: str) -> tuple[tuple[str, str], ...]:
    return dialogue_of(text, names).pairs


@pytest.mark.parametrize(
    "text",
    [
        "<START>\n{{user}}: hi\n{{char}}: hello",
        "{{user}}: hi\n{{char}}: hello",
        "<start>\n{{ User }}: hi\n  {{CHAR}} : hello",
        "<START><USER>: hi\n<BOT>: hello",
        "<START>\n<user>:hi\n<char>:hello\n",
        "{{user}}: hi\nAda: hello",
        "{{user}}: hi\nada lovelace: hello",
    ],
)
def test_turns_begin_with_their_speaker(text: str) -> None:
    assert dialogue_of(text, ("Ada", "Ada Lovelace")) == Dialogue((("hi", "hello"),), "")


def test_lines_without_a_speaker_go_on_with_the_turn() -> None:
    text = "{{user}}: one\n\ntwo\n{{char}}: *waves*\n\nthree: four\n"
    assert pairs(text) == (("one\n\ntwo", "*waves*\n\nthree: four"),)


def test_turns_of_the_same_speaker_in_a_row_are_one() -> None:
    text = "{{user}}: a\n{{user}}: b\n{{char}}: c\n{{char}}: d\n{{user}}: e\n{{char}}: f"
    assert pairs(text) == (("a\nb", "c\nd"), ("e", "f"))


def test_blocks_do_not_run_into_each_other() -> None:
    text = "{{user}}: a\n<START>\n{{char}}: b\n<START>\n{{user}}: c\n{{char}}: d"
    assert dialogue_of(text, ()) == Dialogue((("c", "d"),), "b")


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("<START>\n{{char}}: One.\n<START>\n{{char}}: Two.", "One.\n\nTwo."),  # as CapoGPT and Amy have it
        ("She talks in short lines.\nAlways.", "She talks in short lines.\nAlways."),
        ("[In a cellar.]\n{{user}}: a\n{{char}}: b", "[In a cellar.]"),
        ("{{char}}: First.\n{{user}}: a\n{{char}}: b", "First."),
    ],
)
def test_what_answers_nobody_shows_the_style_and_nobody_s_line_is_invented(text: str, style: str) -> None:
    found = dialogue_of(text, ())
    assert found.style == style
    assert found.pairs in {(), (("a", "b"),)}


def test_a_name_is_a_label_only_as_a_whole_at_a_line_s_beginning() -> None:
    text = "{{user}}: a\n{{char}}: b\nAdam: c\nso Ada: d"
    assert pairs(text, "Ada") == (("a", "b\nAdam: c\nso Ada: d"),)


def test_placeholders_stay_and_empty_turns_are_none() -> None:
    assert pairs("{{user}}:\n{{char}}: b\n{{user}}: {{char}}!\n{{char}}: {{user}}?\n{{char}}:") == (
        ("{{char}}!", "{{user}}?"),
    )


@pytest.mark.parametrize(
    ("examples", "style"),
    [((), ""), ((), "Loose."), ((("a", "b"),), ""), ((("a\nb", "c\n\nd"), ("e", "f")), "Loose.\n\nMore.")],
)
def test_what_is_written_is_read_back(examples: tuple[tuple[str, str], ...], style: str) -> None:
    assert dialogue_of(text_of(examples, style), ()) == Dialogue(examples, style)


@pytest.mark.parametrize(
    ("text", "at"),
    [("She is tall.", None), ("She.\n<START>\nx", 5), ("She.\n{{user}}: x", 5), ("She.\n Ada: x", 5), ("Ada is", None)],
)  # fmt: skip
def test_where_dialogue_begins_in_a_text(text: str, at: int | None) -> None:
    assert starts_dialogue(text, ("Ada",)) == at
