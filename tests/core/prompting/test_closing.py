"""What a persona is told after the newest words, and when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.prompting.closing import end_note, longest_end_note, overlap, repeats
from bot.core.prose import words_in

WORDS = ["aft", "bow", "cog", "dew", "elm", "fog", "gem", "hut", "ink", "jar", "keg", "log", "mud", "net"]


def reply(number: int) -> str:
    """A reply that has nothing in common with those of other numbers."""
    return " ".join(f"{word}{number}" for word in WORDS)


FRESH = [reply(number) for number in range(8)]
AFRESH = "in other words than the last ones, and with another beginning"


@pytest.mark.parametrize(
    ("own", "voice", "note"),
    [
        ([], "salty", ""),
        (FRESH[:6], "salty", ""),
        (FRESH[:7], None, "Marlow's turn."),
        (FRESH[:7], "salty", "Marlow's turn: salty."),
        (FRESH, "short, salty sentences.", "Marlow's turn: short, salty sentences."),
        (FRESH, "短句。", "Marlow's turn: 短句."),
        # Repeated: also before the eighth turn, but then without the voice.
        (["Aye.", "Aye."], "salty", f"Marlow's turn: {AFRESH}."),
        ([*FRESH[:6], FRESH[5]], None, f"Marlow's turn: {AFRESH}."),
        ([*FRESH[:6], FRESH[5]], "salty", f"Marlow's turn: salty; {AFRESH}."),
    ],
)
def test_from_the_eighth_turn_on_or_after_a_repetition_a_note_says_whose_turn_it_is(
    own: list[str], voice: str | None, note: str
) -> None:
    assert end_note("Marlow", own, voice) == note


def shares(count: int) -> list[str]:
    """Two replies of 14 words: the second begins with `count` words of the first."""
    return [reply(0), " ".join([*reply(0).split()[:count], *reply(1).split()[count:]])]


@pytest.mark.parametrize(
    ("own", "repeated"),
    [
        ([], False),
        (["Aye."], False),
        (["Aye.", "AYE!"], True),
        (["Aye.", "No."], False),
        (["…", "…"], False),
        # Five of ten runs of five words are half, six are more.
        (shares(9), False),
        (shares(10), True),
        # The last six count, the seventh doesn't.
        ([FRESH[0], *FRESH[1:6], FRESH[0]], True),
        ([FRESH[0], *FRESH[1:7], FRESH[0]], False),
        # The same three words at the beginning of two of the last three.
        (["He wipes a glass. One.", "He wipes a cloth. Two.", "*He wipes a* plate. Three."], True),
        (["He wipes a glass. One.", "So it goes on.", "He wipes a plate. Three."], False),
        (["He wipes a glass.", "He wipes a cup.", "So.", "Well.", "He wipes a plate."], False),
        (["He wipes a glass.", "He wipes a cup.", "So.", "He wipes a plate."], True),
        (["He wipes the glass.", "He wipes a cup.", "He wipes one plate."], False),
        # Scripts without blanks: ten characters are five words, six are three.
        (["他把灯往水那边挪了半尺，等着。", "她笑了，他把灯往水那边挪了半尺，等着。"], True),
        (["他把灯往水那边挪了半尺。", "她把碗递过来，什么也没有说就走了。"], False),
        (["阿渡低头笑了，一碗。", "阿渡低头笑了，两件。", "阿渡低头笑了，三更。"], True),
        (["阿渡递碗。再来一碗。", "阿渡撑船。水声远了。", "阿渡不说话，只看着灯。"], False),
        # What was said before by the persona matters, not how long ago the newest was repeated.
        ([FRESH[0], FRESH[0], FRESH[1]], False),
    ],
)
def test_a_reply_that_says_or_begins_the_same_again_is_noticed(own: list[str], repeated: bool) -> None:
    assert repeats(own) is repeated


TEXTS = st.lists(st.text(max_size=60) | st.sampled_from(FRESH), max_size=12)


@given(TEXTS)
def test_only_the_last_seven_replies_count(own: list[str]) -> None:
    assert repeats(own) == repeats(own[-7:])


@given(st.text(max_size=60), TEXTS)
def test_a_reply_said_twice_in_a_row_is_always_noticed(text: str, before: list[str]) -> None:
    assert repeats([*before, text, text]) is bool(words_in(text).units)


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_overlap_is_a_share(one: str, other: str) -> None:
    newest, earlier = words_in(one), words_in(other)
    assert 0 <= overlap(newest, earlier) <= 1
    assert overlap(newest, newest) == (1 if newest.units else 0)


@given(TEXTS, st.text(max_size=80) | st.none())
def test_no_note_is_longer_than_the_longest(own: list[str], voice: str | None) -> None:
    assert len(end_note("Marlow", own, voice)) <= len(longest_end_note("Marlow", voice))
