"""Names and lines that Discord takes and shows as they are meant."""

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.posts.headings import Cause, HeadingFacts, first_line, name_line, pointer, webhook_name
from bot.core.posts.pages import utf16_length

HIDDEN = regex.compile(r"\p{Default_Ignorable_Code_Point}")
WORDS = st.lists(st.sampled_from(["clyde", "DISCORD", "dis", "cord", "ſ", "\u200b", "\u00ad", "İ", " ", "é"]))


@given(st.text() | WORDS.map("".join) | st.text(min_size=75, max_size=90))
@example("disdiscordcord")
@example("cl\u200byde")
@example("\ud83c")
@example("😀" * 41)
def test_any_name_is_one_that_discord_takes(name: str) -> None:
    made = webhook_name(name)
    assert 1 <= utf16_length(made) <= 80
    assert made == made.strip()
    assert "\n" not in made
    seen = HIDDEN.sub("", made)
    assert seen.strip()
    for lower in (seen.lower(), seen.casefold()):
        assert "clyde" not in lower
        assert "discord" not in lower
    made.encode()  # nothing that no request can hold


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Marlow", "Marlow"),
        ("Mar\x00low\tof\nthe\ud83cBell\U000e0fff", "Mar low of the Bell"),
        ("Discord Bot", "D·iscord Bot"),
        ("Bonnie and CLYDE", "Bonnie and C·LYDE"),
        ("Everyone", "E·veryone"),
        ("HERE", "H·ERE"),
        ("Here we are", "Here we are"),
        ("Zoë\n the 👩‍🚀", "Zoë the 👩‍🚀"),
        (" \u200b ", "…"),
        ("x" * 90, "x" * 80),
    ],
)
def test_a_name_is_left_as_it_is_but_for_what_discord_refuses(name: str, made: str) -> None:
    assert webhook_name(name) == made


def test_a_persona_is_named_above_the_bots_post_to_the_letter() -> None:
    assert name_line("Marlow") == "**Marlow**"
    assert name_line("A*b_ `c`") == r"**A\*b\_ \`c\`**"


def test_a_line_leads_to_what_is_answered_and_no_name_breaks_it() -> None:
    assert pointer(Cause(1, "Alice", "https://discord.com/channels/1/2/3")) == (
        "-# ↪ [Alice](https://discord.com/channels/1/2/3)"
    )
    assert pointer(Cause(1, "\u200b", "https://a.b/c")) == "-# ↪ […](https://a.b/c)"
    assert pointer(Cause(1, "[Al](x) <@9>", "https://a.b/c")) == r"-# ↪ [\(Al\)\(x\) \<\@9\>](https://a.b/c)"


CAUSE = Cause(50, "Alice", "https://a.b/c")
BOB = Cause(51, "Bob", "https://a.b/d")
ARROW = "-# ↪ [Alice](https://a.b/c)"
BOTH = "-# ↪ [Alice](https://a.b/c), [Bob](https://a.b/d)"


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        # The bot's own post names the persona, whatever it answers.
        (HeadingFacts(by_webhook=False, name="Marlow"), "**Marlow**"),
        (HeadingFacts(by_webhook=False, name="Marlow", causes=(CAUSE,), newest=60), "**Marlow**"),
        # It may stand in for the persona's own, which small print says; that is no business of the latter.
        (HeadingFacts(by_webhook=False, name="Marlow", fallback="The bot's."), "**Marlow**\n-# The bot's."),
        (
            HeadingFacts(by_webhook=False, name="Marlow", fallback="The bot's.", causes=(CAUSE, BOB)),
            f"**Marlow**\n-# The bot's.\n{BOTH}",
        ),
        (HeadingFacts(by_webhook=True, name="Marlow", fallback="The bot's."), ""),
        (HeadingFacts(by_webhook=False), ""),
        (HeadingFacts(by_webhook=False, causes=(CAUSE,), newest=60), ""),
        # A webhook's post shows the name by itself, and points where it is not beneath its cause.
        (HeadingFacts(by_webhook=True, name="Marlow"), ""),
        (HeadingFacts(by_webhook=True, name="Marlow", newest=60), ""),
        (HeadingFacts(by_webhook=True, name="Marlow", causes=(CAUSE,)), ""),
        (HeadingFacts(by_webhook=True, name="Marlow", causes=(CAUSE,), newest=50), ""),
        (HeadingFacts(by_webhook=True, name="Marlow", causes=(CAUSE,), newest=49), ""),
        (HeadingFacts(by_webhook=True, name="Marlow", causes=(CAUSE,), newest=51), ARROW),
        # What answers several people names them all, wherever it stands.
        (HeadingFacts(by_webhook=True, name="Marlow", causes=(CAUSE, BOB), newest=60), BOTH),
        (HeadingFacts(by_webhook=True, name="Marlow", causes=(CAUSE, BOB), newest=51), BOTH),
        (HeadingFacts(by_webhook=False, name="Marlow", causes=(CAUSE, BOB)), f"**Marlow**\n{BOTH}"),
        (HeadingFacts(by_webhook=False, causes=(CAUSE, BOB)), BOTH),
        # A post that a crash left unfinished gets the line it was to have.
        (HeadingFacts(by_webhook=True, planned="-# ↪ [Bob](x)"), "-# ↪ [Bob](x)"),
        (HeadingFacts(by_webhook=False, name="Marlow", planned="**Isolde**"), "**Isolde**"),
    ],
)
def test_the_line_above_a_new_post(facts: HeadingFacts, line: str) -> None:
    assert first_line(facts) == line


def test_of_a_crowd_the_newest_are_named() -> None:
    crowd = [Cause(number, f"P{number}", f"u{number}") for number in range(1, 8)]
    assert pointer(*crowd[:5]) == "-# ↪ [P1](u1), [P2](u2), [P3](u3), [P4](u4), [P5](u5)"
    assert pointer(*crowd) == "-# ↪ [P3](u3), [P4](u4), [P5](u5), [P6](u6), [P7](u7) +2"
