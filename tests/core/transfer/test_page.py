"""An exported page: it reads like the channel, loads nothing, and nobody's name or words change what it is."""

import re
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.transfer.chat import Head, Line, Wording, file_name
from bot.core.transfer.page import PageWriter
from bot.core.transfer.page_style import HUES, style

EVENING = datetime(2026, 3, 14, 20, 15, 30, tzinfo=UTC)
PICTURE = "data:image/png;base64," + b64encode(b"\x89PNG\r\n\x1a\n...").decode()
WORDING = Wording(
    "en-US", "#tavern · 3 messages · 14 March 2026", "AI", "Times are in UTC.", lambda at: f"{at.day} March"
)


def line(name: str, text: str, minutes: float = 0, **more: Any) -> Line:
    """A line of the evening; Marlow is the persona."""
    return Line(name, text, EVENING + timedelta(minutes=minutes), name != "Marlow", **more)


def page(*lines: Line, title: str = "The night", pictures: dict[str, str] | None = None) -> str:
    people = list(dict.fromkeys(each.name for each in lines if each.is_person))
    personas = list(dict.fromkeys(each.name for each in lines if not each.is_person))
    writer = PageWriter(Head(title, EVENING, people, personas, WORDING, pictures or {}))
    return writer.begin() + "".join(writer.write([each]) for each in lines) + writer.end()


def body(text: str) -> str:
    return text.partition("<main>\n")[2].partition("</main>")[0]


def test_who_speaks_when_and_what_they_say_is_shown() -> None:
    shown = body(page(line("Alice", "*waves* hello"), line("Marlow", "Aye.", 1)))
    assert shown == (
        "<h2>14 March</h2>\n"
        '<article><span class="face n1" aria-hidden="true"><i>A</i></span>'
        '<p class="by"><b class="name n1" dir="auto">Alice</b> '
        '<time datetime="2026-03-14T20:15:30Z" title="2026-03-14T20:15:30Z">20:15 UTC</time></p>\n'
        '<div class="words" dir="auto"><p><em>waves</em> hello</p>\n</div>\n</article>\n'
        '<article><span class="face n0" aria-hidden="true"><i>M</i></span>'
        '<p class="by"><b class="name n0" dir="auto">Marlow</b> <span class="ai">AI</span> '
        '<time datetime="2026-03-14T20:16:30Z" title="2026-03-14T20:16:30Z">20:16 UTC</time></p>\n'
        '<div class="words" dir="auto"><p>Aye.</p>\n</div>\n</article>\n'
    )


@pytest.mark.parametrize(("minutes", "heads"), [(1, 1), (7, 1), (7.1, 2), (-7.1, 2), (60 * 24, 2)])
def test_turns_of_one_speaker_within_minutes_stand_under_one_name(minutes: float, heads: int) -> None:
    shown = page(line("Alice", "one"), line("Alice", "two", minutes))
    assert shown.count('class="by"') == heads
    assert shown.count("<article") == 2


def test_each_day_has_its_heading_and_a_name_below_it() -> None:
    shown = page(line("Alice", "one"), line("Alice", "two", 60 * 4), line("Alice", "three", 60 * 4 + 1))
    assert re.findall("<h2>(.*?)</h2>", shown) == ["14 March", "15 March"]
    assert shown.count('class="by"') == 2


def test_a_person_called_like_a_persona_is_not_taken_for_it() -> None:
    lines = [line("Marlow", "Aye."), Line("Marlow", "No.", EVENING, True)]
    assert page(*lines).count('class="by"') == 2
    assert page(*lines).count('class="ai"') == 1


def test_what_a_person_says_as_a_persona_is_no_ai() -> None:
    lines = [line("Marlow", "Aye."), Line("Marlow", "By my hand.", EVENING, False, by_hand=True)]
    assert page(*lines).count('class="by"') == 2
    assert page(*lines).count('class="ai"') == 1


def test_a_note_stands_in_small_print() -> None:
    assert '<p class="note">rolls 2d6: &lt;9&gt;</p>' in page(line("Alice", "", notes=("rolls 2d6: <9>",)))


def test_a_picture_is_in_the_page_once_however_often_its_persona_speaks() -> None:
    lines = [line(name, "x", minutes) for minutes in range(0, 90, 9) for name in ("Marlow", "Alice")]
    shown = page(*lines, pictures={"Marlow": PICTURE})
    assert shown.count(PICTURE) == 1
    assert shown.count('<span class="face p0" aria-hidden="true"></span>') == 10


@pytest.mark.parametrize(
    ("name", "initial"),
    [("alice", "A"), ("~*Zoë*~", "Z"), ("李雷", "李"), ("🦊", "🦊"), ("<b>", "B"), ("👩‍👩‍👧 x", "X")],
)
def test_who_has_no_picture_has_an_initial(name: str, initial: str) -> None:
    assert f"<i>{initial}</i>" in page(line(name, "x"))


def test_there_are_more_speakers_than_colours() -> None:
    shown = page(*(line(f"P{number}", "x") for number in range(HUES + 1)))
    assert len(set(re.findall(r"name (n\d)", shown))) == HUES


def test_the_page_forbids_all_but_its_own_style_and_pictures() -> None:
    shown = page(line("Marlow", "Aye."), pictures={"Marlow": PICTURE})
    (sheet,) = re.findall("(?s)<style>(.*?)</style>", shown)
    (policy,) = re.findall('Content-Security-Policy" content="(.*?)"', shown)
    digest = policy.partition("sha256-")[2].partition("'")[0]
    assert b64decode(digest) == sha256(sheet.encode()).digest()
    assert policy.replace(digest, "…") == (
        "default-src 'none'; style-src 'sha256-…'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    # The policy comes before all that it is about.
    assert shown.index("Content-Security-Policy") < shown.index("<style>")


def test_the_page_loads_nothing() -> None:
    shown = page(
        line("Alice", "<img src=https://e.com/x.png> [x](https://e.com)"), pictures={"Alice": PICTURE}
    )
    assert (
        re.findall(r"(?i)<(script|link|img|iframe|object|embed|video|audio|source|base|form)\b", shown) == []
    )
    assert re.findall(r"(?i)@import|@font-face|expression\(", shown) == []
    assert set(re.findall(r"url\((.*?)\)", shown)) == {PICTURE}


def test_light_dark_and_paper_have_styles() -> None:
    sheet = style([])
    assert "prefers-color-scheme:dark" in sheet
    assert "@media print" in sheet
    assert "</" not in sheet


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_colour_of_letters_can_be_read_on_its_ground() -> None:
    sheet = style([])
    light, dark = (
        dict(re.findall(r"--(\w+):(#\w{6})", part)) for part in sheet.split("*{box-sizing")[0].split("@media")
    )
    hues = re.findall(r"\.n\d\{color:(#\w{6})\}", sheet)
    assert len(hues) == 3 * HUES  # on light and on dark screens, and on paper
    for ground, letters in (
        (light["ground"], [light["ink"], light["faint"], light["accent"], *hues[:HUES]]),
        (dark["ground"], [dark["ink"], dark["faint"], dark["accent"], *hues[HUES : 2 * HUES]]),
        (light["shade"], [light["ink"], light["faint"]]),
        (dark["shade"], [dark["ink"], dark["faint"]]),
    ):
        for each in letters:
            bright, low = sorted((_luminance(ground), _luminance(each)), reverse=True)
            assert (bright + 0.05) / (low + 0.05) >= 4.5, (ground, each)


class _Outline(HTMLParser):
    """The elements of a page in order, and the words of its title and names."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.setdefault(self.tags[-1] if self.tags else "", data)


NASTY = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30) | st.sampled_from(
    ["</title><script>", '"><img src=x>', "</style>", "--></main>", "&lt;b&gt;", "'", "\u202e", "<!--"]
)


@given(NASTY, NASTY)
def test_no_name_or_title_changes_the_page(name: str, title: str) -> None:
    outline, plain = _Outline(), _Outline()
    outline.feed(page(line(name, "x"), title=title))
    plain.feed(page(line("Alice", "x"), title="The night"))
    assert outline.tags == plain.tags
    assert outline.words["title"] == outline.words["h1"] == title
    assert outline.words["b"] == name
    assert escape(title) in page(title=title)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("The drowned bell", "The-drowned-bell.html"),
        ("../../etc/passwd", "etc-passwd.html"),
        ("Ночь: 2", "Ночь-2.html"),
        ("夜", "夜.html"),
        ("***", "scene.html"),
        ("con\0\n\u202etxt", "con-txt.html"),
        ("x" * 99, "x" * 60 + ".html"),
    ],
)
def test_a_file_is_called_by_its_scene(title: str, name: str) -> None:
    assert file_name(title, "html") == name
