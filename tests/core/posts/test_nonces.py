"""The names by which Discord recognises a post that it has already taken."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.posts.nonces import Purpose, nonce

SNOWFLAKE = 2**64 - 1
MILLISECONDS = 4_102_444_800_000  # at the end of the year 2099


@pytest.mark.parametrize(
    ("purpose", "numbers", "made"),
    [
        (Purpose.PAGE, (35, 36, 0), "pz-10-0"),
        (Purpose.NOTICE, (1,), "n1"),
        (Purpose.RESTARTING, (1,), "r1"),
        (Purpose.STORED, (1,), "s1"),
        (Purpose.REPORT, (SNOWFLAKE,), "a3w5e11264sgsf"),
        (Purpose.PAGE, (MILLISECONDS, 36**10 - 1, 36**2 - 1), "p1gcmxpmo0-zzzzzzzzzz-zz"),
    ],
)
def test_a_nonce(purpose: Purpose, numbers: tuple[int, ...], made: str) -> None:
    assert nonce(purpose, *numbers) == made


def test_no_two_purposes_share_a_nonce() -> None:
    assert len({nonce(purpose, 7) for purpose in Purpose}) == len(Purpose) == 7


parts = st.tuples(
    st.sampled_from(Purpose), st.lists(st.integers(0, 10**6), min_size=1, max_size=3).map(tuple)
)


@settings(deadline=None)  # other work on the machine must not fail a test
@given(parts, parts)
def test_the_same_numbers_have_the_same_nonce_and_others_have_another(
    one: tuple[Purpose, tuple[int, ...]], other: tuple[Purpose, tuple[int, ...]]
) -> None:
    same = nonce(one[0], *one[1]) == nonce(other[0], *other[1])
    assert same == (one == other)


def test_what_discord_would_not_take_is_not_made() -> None:
    assert len(nonce(Purpose.CARD, 2**64 - 1, 2**32 - 1)) == 22  # the largest id and checksum there are
    assert len(nonce(Purpose.PAGE, 36**21, 0)) == 25
    with pytest.raises(ValueError, match="a nonce of 26 characters is longer than 25"):
        nonce(Purpose.PAGE, 36**22, 0)
    with pytest.raises(ValueError, match="-1 is negative"):
        nonce(Purpose.PAGE, -1)
