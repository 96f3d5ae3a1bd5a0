"""A scene as plain text and as Markdown."""

from datetime import UTC, datetime

from bot.core.transfer.chat import Head, Line, Wording, Writer
from bot.core.transfer.plain import MarkdownWriter, TextWriter

EVENING = datetime(2026, 3, 14, 20, 15, 30, tzinfo=UTC)
WORDING = Wording(
    "en-US", "#tavern · 3 messages · 14 March 2026", "AI", "Times are in UTC.", lambda at: f"{at.day} March"
)
HEAD = Head("The *night*", EVENING, ["Alice_x"], ["Marlow"], WORDING)
LINES = [
    Line("Alice_x", "*waves* hello\nand <b>", EVENING, True, notes=("rolls 2d6: 9",)),
    Line("Marlow", "Aye.", EVENING, False, ("Aye.", "No."), 0),
    Line("Alice_x", "Later.", EVENING.replace(day=15), True),
]


def written(writer: Writer) -> str:
    return writer.begin() + writer.write(LINES[:1]) + writer.write(LINES[1:]) + writer.end()


def test_plain_text_has_speaker_time_and_words() -> None:
    assert written(TextWriter(HEAD)).splitlines() == [
        "The *night*",
        "===========",
        "#tavern · 3 messages · 14 March 2026",
        "",
        "Alice_x (2026-03-14 20:15 UTC)",
        "*waves* hello",
        "and <b>",
        "[rolls 2d6: 9]",
        "",
        "Marlow (2026-03-14 20:15 UTC)",
        "Aye.",
        "",
        "Alice_x (2026-03-15 20:15 UTC)",
        "Later.",
        "",
        "--",
        "Times are in UTC.",
    ]


def test_markdown_keeps_marks_and_line_breaks_and_no_name_becomes_markup() -> None:
    assert written(MarkdownWriter(HEAD)).splitlines() == [
        r"# The \*night\*",
        "",
        r"\#tavern · 3 messages · 14 March 2026",
        "",
        "## 14 March",
        "",
        r"**Alice\_x** · 20:15",
        "",
        "*waves* hello  ",
        "and <b>  ",
        "[rolls 2d6: 9]",
        "",
        "**Marlow** · 20:15",
        "",
        "Aye.",
        "",
        "## 15 March",
        "",
        r"**Alice\_x** · 20:15",
        "",
        "Later.",
        "",
        "---",
        "",
        "Times are in UTC.",
    ]
