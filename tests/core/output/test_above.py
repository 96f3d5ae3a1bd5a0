"""What the lines above say of a line, and that each of them is read once."""

import sys
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.output.above import Above
from bot.core.output.leaks import Cleaned, Sieve, clean
from bot.core.output.speakers import Speakers

ROOM = Speakers(own=frozenset({"Mira"}), others=frozenset({"Alice", "Bob"}))

TEXTS = {
    "nothing": ("", Above()),
    "a line not ended": ("The lamp", Above(last="The lamp")),
    "a line": ("The lamp\n", Above(9, 1, "The lamp", runs_on=True)),
    "blanks behind a line": ("the lamp, \t\n", Above(12, 1, "the lamp,", runs_on=True)),
    "a sentence": ("The lamp.\n", Above(10, 1, "The lamp.")),
    "a blank line": ("The lamp\n \n", Above(11, 2, "The lamp")),
    "a line that has begun": ("The lamp\nis", Above(9, 1, "is")),
    "only blanks of the next": ("The lamp\n ", Above(9, 1, "The lamp")),
    "a quotation": ("“Read: „this\n", Above(13, 1, "“Read: „this", "“„", runs_on=True)),
    "a quotation that ends": ("“Read”\n", Above(7, 1, "“Read”")),
    "a quotation that ends in the next line": ("“Read\nthis”", Above(6, 1, "this”")),
    "one of two ends": ("“Read 「this」\n", Above(13, 1, "“Read 「this」", "“")),
    "a closing mark alone": ("Read」\n", Above(6, 1, "Read」")),
    "a mark that closes another": ("“Read」\n", Above(7, 1, "“Read」", "“")),
    "a paragraph ends a quotation": ("“Read\n\t\nthis", Above(8, 2, "this")),
    "the text's end is no paragraph's": ("“Read\n", Above(6, 1, "“Read", "“", runs_on=True)),
    "blanks begin no paragraph": ("“Read\n ", Above(6, 1, "“Read", "“")),
    "a colon": ("The scores:\n", Above(12, 1, "The scores:", introduced=True)),
    "a colon in bold": (
        "**These are the scores:**\n",
        Above(26, 1, "**These are the scores:**", introduced=True),
    ),
    "a full-width colon": ("得分：\n", Above(4, 1, "得分：", introduced=True)),
    "a colon and its list": (
        "So:\nTom: 3\n",
        Above(11, 2, "Tom: 3", runs_on=True, introduced=True, labelled=True),
    ),
    "a colon and text": ("So:\nHe wins.\n", Above(13, 2, "He wins.")),
    "a colon and a blank line": ("So:\n\n", Above(5, 2, "So:", introduced=True)),
    "a label": ("Tom: 3.\n", Above(8, 1, "Tom: 3.", labelled=True)),
    "a label far above": ("Tom: 3.\nNo.\n", Above(12, 2, "No.", labelled=True)),
    "a status block": ("[HP: 1]\n", Above(8, 1, "[HP: 1]")),
}


@pytest.mark.parametrize(("text", "above"), TEXTS.values(), ids=TEXTS)
def test_what_the_lines_above_say(text: str, above: Above) -> None:
    assert Above().before(text, ()) == above


def test_the_personas_own_label_is_not_anothers() -> None:
    text = "Mira: one.\nMira: two.\nTom: three."

    assert not Above().before(text[:21], {0, 1}).labelled
    assert Above().before(text, {0, 1}).labelled
    assert Above().before(text, {1, 2}).labelled
    assert not Above().before(text, {0, 1, 2}).labelled


@given(
    st.lists(st.sampled_from(["Tom: 3", "So:", "“", "”", " ", "x", ".", "\n", "\n\n", "[HP: 1]"])), st.data()
)
def test_it_is_the_same_however_often_one_asks(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    at = data.draw(st.integers(0, len(text)))

    assert Above().grown(text[:at], ()).grown(text, ()) == Above().grown(text, ())
    assert Above().grown(text[:at], ()).before(text, ()) == Above().before(text, ())


def steps(raw: str) -> int:
    """Return how often a function is called, or goes on, to clean a text."""
    count = 0

    def note(frame: FrameType, event: str, arg: object) -> None:
        nonlocal count
        count += 1

    sieve = Sieve(ROOM)
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        sieve.take(raw)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    "unit",
    [
        "---\n",
        "***\n\n",
        "[HP: 1]\n",
        "[Status: open]\n",
        "Alice: 3\n\n",
        "Alice:\n",
        "Hi.\nMira: Go.\n",
        "<status>HP: 1</status>\nAlice: 3\n\n",
    ],
)
def test_a_loop_of_lines_takes_no_longer_for_each(unit: str) -> None:
    steps(unit)  # now the patterns are compiled

    assert steps(unit * 400) < 2.1 * steps(unit * 200)


GAPS = {
    "a rule and a block go": ("Well.\n---\n[HP: 1]", Cleaned("Well.", cut=False)),
    "two signs are a block": ("Well.\n[Status: on]\n[State: on]", Cleaned("Well.", cut=False)),
    "a sign stays": ("Well.\n[Status: on]", Cleaned("Well.\n[Status: on]", cut=False)),
    "names alone stay": ("Well.\nAlice:\nBob:\nthe end", Cleaned("Well.\nAlice:\nBob:\nthe end", cut=False)),
    "speech beneath two names": ("Well.\nAlice:\nBob:\n*nods*", Cleaned("Well.", cut=True)),
    "names alone close no quotation": (
        "“Read\nAlice:\nBob: No.",
        Cleaned("“Read\nAlice:\nBob: No.", cut=False),
    ),
    "a name alone above the own one goes": ("Alice:\nMira: Well.", Cleaned("Well.", cut=False)),
    "lines between the names stay": ("\n\nAlice:\n\nMira: Well.", Cleaned("\n\n\nWell.", cut=False)),
}


@pytest.mark.parametrize(("raw", "cleaned"), GAPS.values(), ids=GAPS)
def test_what_waits(raw: str, cleaned: Cleaned) -> None:
    assert clean(raw, speakers=ROOM, ended=True) == cleaned


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Well.\\nnow", "Well.\nnow"),
        ("Well\\nnow", "Well\\nnow"),
        ("…!\\nnow", "…!\nnow"),
        ("!…\\nnow", "!…\\nnow"),
        ("!…!\\nnow", "!…!\nnow"),
        ("…\\nnow", "…\\nnow"),
        (".\\nnow", ".\\nnow"),
        (f"Well{'!' * 300}\\nnow", f"Well{'!' * 300}\nnow"),
        (f"{'!' * 300}\\nnow", f"{'!' * 300}\\nnow"),
        (f"Well. {'x ' * 300}\\nnow", f"Well. {'x ' * 300}\\nnow"),
        ("x (“\\nX", "x (“\\nX"),
        ("x“\\nX", "x“\nX"),
        ("“\\nX", "“\\nX"),
    ],
)
def test_only_a_lines_end_tells_what_a_written_out_one_is(raw: str, text: str) -> None:
    assert clean(raw, speakers=ROOM, ended=True).text == text
