"""Dice as people write them, and what a roll shows."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.dice import (
    DICE_LIMIT,
    SIDES_LIMIT,
    TEXT_LIMIT,
    Bonus,
    Dice,
    DiceError,
    DiceFault,
    Formula,
    Keep,
    Kept,
    Rolled,
    read,
    roll,
)


def landing(*faces: int) -> Callable[[int], int]:
    """Dice that land on these faces, one after the other."""
    left = iter(faces)
    return lambda _: next(left)


def rolled(text: str, *faces: int) -> Rolled:
    return roll(read(text).formula, landing(*faces))


# --- what can be read -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("2d6+1", "2d6+1"),
        ("d20", "d20"),
        ("1d20", "d20"),
        ("d%", "d100"),
        ("2d%", "2d100"),
        ("  2 D 6 + 1 ", "2d6+1"),
        ("2d6-1", "2d6-1"),
        ("d4+2d8-3+d6", "d4+2d8-3+d6"),
        ("10-d6", "10-d6"),
        ("-d6+10", "-d6+10"),
        ("+d6", "d6"),
        ("4d6kh3", "4d6kh3"),
        ("4d6KL1", "4d6kl1"),
        ("4d6k3", "4d6kh3"),
        ("2d20kh", "2d20kh1"),
        ("2d20 kl 1", "2d20kl1"),
        ("adv", "2d20kh1"),
        ("dis+5", "2d20kl1+5"),
        ("Advantage", "2d20kh1"),
        ("disadv", "2d20kl1"),
        ("d20 adv", "2d20kh1"),
        ("1d20disadvantage-2", "2d20kl1-2"),
        ("2w6", "2d6"),
        ("２ｄ６＋１", "2d6+1"),
        ("d％", "d100"),
        ("٢d٦", "2d6"),
        ("२d६", "2d6"),
        ("2d6\u22121", "2d6-1"),
        ("2d6\u20131", "2d6-1"),
        ("2d6－1", "2d6-1"),
        ("2\u00a0d\u30006", "2d6"),
        ("2\u200bd6\u200b", "2d6"),
        ("002d006", "2d6"),
        ("100d1000", "100d1000"),
        ("d1", "d1"),
        ("d6+999999", "d6+999999"),
    ],
)
def test_dice_are_read_as_players_write_them(text: str, formula: str) -> None:
    assert str(read(text).formula) == formula


def test_what_is_read_has_a_name_for_everything() -> None:
    assert read("4d6kh3-2").formula == Formula((Dice(4, 6, Kept(Keep.HIGHEST, 3)), Bonus(2, negative=True)))


@pytest.mark.parametrize(
    ("text", "formula", "reason"),
    [
        ("2d6+1 lockpicking", "2d6+1", "lockpicking"),
        ("2d6 for the lock of door 3", "2d6", "the lock of door 3"),
        ("2d6 For", "2d6", "For"),
        ("d20 Schlösser knacken", "d20", "Schlösser knacken"),
        ("d20 開錠", "d20", "開錠"),
        ("d20 Athletics, again", "d20", "Athletics, again"),
        ("adv stealth", "2d20kh1", "stealth"),
        ("d20 advice", "d20", "advice"),
        ("4d6kh3 Kraft", "4d6kh3", "Kraft"),
    ],
)
def test_words_behind_dice_are_the_reason_as_it_was_written(text: str, formula: str, reason: str) -> None:
    assert (str(read(text).formula), read(text).reason) == (formula, reason)


@pytest.mark.parametrize(
    ("text", "fault", "about"),
    [
        ("", DiceFault.NO_DICE, ""),
        (" \u200b ", DiceFault.NO_DICE, ""),
        ("5+3", DiceFault.NO_DICE, ""),
        ("0d6", DiceFault.NO_DICE, ""),
        ("lockpicking", DiceFault.UNREADABLE, "lockpicking"),
        ("d", DiceFault.UNREADABLE, "d"),
        ("2d", DiceFault.UNREADABLE, "2d"),
        ("d6d6", DiceFault.UNREADABLE, "d6d6"),
        ("2d6*2", DiceFault.UNREADABLE, "*2"),
        ("2d6 * 2", DiceFault.UNREADABLE, "* 2"),
        ("2d6+", DiceFault.UNREADABLE, "+"),
        ("2d6++1", DiceFault.UNREADABLE, "++1"),
        ("d6 2", DiceFault.UNREADABLE, "2"),
        ("1 0d6", DiceFault.UNREADABLE, "0d6"),
        ("4d6 dl1", DiceFault.UNREADABLE, "dl1"),
        ("4d6!", DiceFault.UNREADABLE, "!"),
        ("d6.5", DiceFault.UNREADABLE, ".5"),
        ("2d6 adv", DiceFault.UNREADABLE, "adv"),
        ("½d6", DiceFault.UNREADABLE, "½d6"),
        ("d6, please do roll them for me", DiceFault.UNREADABLE, ", please do roll th…"),
        ("101d6", DiceFault.TOO_MANY, "101"),
        ("50d6+51d4", DiceFault.TOO_MANY, "101"),
        ("99d6+adv", DiceFault.TOO_MANY, "101"),
        ("999999d6", DiceFault.TOO_MANY, "999,999"),
        ("d1001", DiceFault.SIDES, "1,001"),
        ("d0", DiceFault.SIDES, "0"),
        ("4d6kh5", DiceFault.KEEP, "5"),
        ("4d6kl0", DiceFault.KEEP, "0"),
        ("d6+1000000", DiceFault.NUMBER, "1000000"),
        ("9" * 5000 + "d6", DiceFault.NUMBER, "9" * 19 + "…"),
        ("d6" + "+1" * 50, DiceFault.UNREADABLE, "+1"),
    ],
)
def test_what_is_no_dice_says_what_is_wrong(text: str, fault: DiceFault, about: str) -> None:
    with pytest.raises(DiceError) as raised:
        read(text)
    assert (raised.value.fault, raised.value.about) == (fault, about)


@given(st.one_of(st.text(), st.text("0123456789dwkhlav%+- ", max_size=40)))
def test_any_text_is_dice_or_an_error_of_ours(text: str) -> None:
    try:
        formula = read(text).formula
    except DiceError as error:
        formula, about = read("d6").formula, error.about
    else:
        about = ""
    assert len(about) <= 20
    assert 1 <= formula.dice <= DICE_LIMIT
    assert read(str(formula)).formula == formula


@pytest.mark.parametrize(
    ("text", "more", "reason"),
    [
        ("d20", "lockpicking", "lockpicking"),
        ("d20", "for lockpicking", "lockpicking"),
        ("d20", " For  fort Knox ", "fort Knox"),
        ("d20 for the lock", "again", "the lock again"),
        ("d20", " ", ""),
    ],
)
def test_a_reason_may_stand_apart(text: str, more: str, reason: str) -> None:
    assert read(text, more) == (Formula((Dice(1, 20),)), reason)


# --- what a roll shows ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "faces", "total", "shown"),
    [
        ("2d6+1", (4, 4), 9, " (4, 4, +1)"),
        ("d20", (17,), 17, ""),
        ("d20+0", (17,), 17, " (17, +0)"),
        ("2d6", (6, 1), 7, " (6, 1)"),
        ("4d6kh3", (3, 6, 1, 4), 13, " (3, 6, ~1~, 4)"),
        ("4d6kl1", (3, 6, 1, 4), 1, " (~3~, ~6~, 1, ~4~)"),
        ("3d6kh2", (5, 5, 5), 10, " (5, 5, ~5~)"),
        ("3d6kl2", (5, 5, 5), 10, " (5, 5, ~5~)"),
        ("adv", (4, 18), 18, " (~4~, 18)"),
        ("dis", (4, 18), 4, " (4, ~18~)"),
        ("10-2d6", (4, 3), 3, " (+10, -4, -3)"),
        ("d6-10", (2,), -8, " (2, -10)"),
        ("-2d6kh1", (2, 5), -5, " (~2~, -5)"),
        ("d4+2d8-3+d6", (1, 8, 7, 6), 19, " (1, 8, 7, -3, 6)"),
    ],
)
def test_a_roll_shows_every_die_and_what_counts(
    text: str, faces: tuple[int, ...], total: int, shown: str
) -> None:
    found = rolled(text, *faces)
    assert (found.total, found.shown("~{}~")) == (total, shown)


def test_each_die_is_thrown_by_its_own_sides_and_in_order() -> None:
    asked: list[int] = []

    def chance(sides: int) -> int:
        asked.append(sides)
        return sides

    assert roll(read("2d6+d4-1+d%").formula, chance).total == 115
    assert asked == [6, 6, 4, 100]


@pytest.mark.parametrize(
    ("text", "faces", "reason", "told"),
    [
        ("2d6+1", (4, 4), "lockpicking", "2d6+1: 9 (4, 4, +1), for lockpicking"),
        ("d20", (17,), "", "d20: 17"),
        ("adv", (4, 18), "stealth", "2d20kh1: 18 (4 left out, 18), for stealth"),
        ("20d6", (1,) * 20, "", f"20d6: 20 ({', '.join('1' * 20)})"),
        ("21d6", (1,) * 21, "", "21d6: 21"),
        # A reason cannot look like the result, which comes first.
        ("d20", (3,), "luck: 20 (20)", "d20: 3, for luck: 20 (20)"),
    ],
)
def test_the_story_is_told_the_result_before_the_reason(
    text: str, faces: tuple[int, ...], reason: str, told: str
) -> None:
    assert rolled(text, *faces).told(reason) == told


DICE = st.builds(
    lambda count, sides, negative: Dice(count, sides, None, negative),
    st.integers(1, 30),
    st.integers(1, SIDES_LIMIT),
    st.booleans(),
)
PARTS = st.lists(st.one_of(DICE, st.builds(Bonus, st.integers(0, 999_999), st.booleans())), max_size=2)


@given(DICE, PARTS, st.data())
def test_a_total_lies_between_the_least_and_the_most_and_every_die_is_there(
    first: Dice, more: list[Dice | Bonus], data: st.DataObject
) -> None:
    formula = Formula((first, *more))
    thrown: list[int] = []

    def chance(sides: int) -> int:
        thrown.append(data.draw(st.integers(1, sides)))
        return thrown[-1]

    found = roll(formula, chance)
    ends = [
        sorted((-each.value if each.negative else each.value,) * 2)
        if isinstance(each, Bonus)
        else sorted(
            sign * each.count * side for sign in [-1 if each.negative else 1] for side in (1, each.sides)
        )
        for each in formula.parts
    ]
    assert sum(least for least, _ in ends) <= found.total <= sum(most for _, most in ends)
    shown = found.shown("~{}~").strip(" ()").split(", ") if found.shown("") else [str(found.total)]
    assert sum(map(int, shown)) == found.total
    assert len(shown) == len(thrown) + sum(isinstance(each, Bonus) for each in formula.parts)


@given(st.integers(1, 12), st.data())
def test_as_many_dice_count_as_are_kept_and_none_that_is_left_out_is_better(
    count: int, data: st.DataObject
) -> None:
    keep = data.draw(st.sampled_from(Keep))
    number = data.draw(st.integers(1, count))
    found = roll(read(f"{count}d20{keep}{number}").formula, lambda sides: data.draw(st.integers(1, sides)))
    counted = [each.number for each in found.values if each.counts]
    left = [each.number for each in found.values if not each.counts]
    assert len(counted) == number
    assert found.total == sum(counted)
    if left:
        assert max(left) <= min(counted) if keep is Keep.HIGHEST else min(left) >= max(counted)


def test_the_longest_roll_fits_half_a_message() -> None:
    found = roll(read("100d1000kh1").formula, lambda sides: sides)
    assert len(found.shown("~~{}~~")) < 1010
    assert len(found.told("a" * 200)) < 240
    longest = read("d6" + "+1" * ((TEXT_LIMIT - 2) // 2)).formula
    assert len(roll(longest, lambda _: 6).shown("")) < 210
