"""What is learnt from the tokens an API reports, with APIs whose constants only the test knows."""

from functools import cache
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.endpoint.calibration import Calibration
from bot.core.tokens import Size

WINDOW, CAP = 65_536, 1_024
FULL = Size(55_000, 900)
"""About as much as a window holds."""

APIS = [(171, 4, 1.00), (20, 5, 1.00), (171, 4, 0.88), (400, 9, 1.10)]
"""Tokens a request costs besides its messages, tokens a message costs besides its texts, and a factor on those."""

Api = tuple[int, int, float]
each_api = pytest.mark.parametrize("api", APIS, ids=[f"{c}+{b}+{a}x" for c, b, a in APIS])


def truth(api: Api, size: Size) -> int:
    per_request, per_message, factor = api
    return round(per_request + per_message * size.messages + factor * size.text)


def scene(requests: int) -> list[Size]:
    """A scene that grows by a few turns a request, of uneven length."""
    return [Size(700 + 150 * number + 37 * (number % 7), 9 + 3 * number) for number in range(requests)]


after_reply = cache(Calibration.after_reply)
"""Many tests begin with the same scenes."""


def taught(api: Api, sizes: list[Size], start: Calibration | None = None) -> Calibration:
    known = start or Calibration()
    for size in sizes:
        known = after_reply(known, size, truth(api, size), CAP)
    return known


# --- before anything is known ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("margin", "upper"),
    # Twice the root of 1,500², 400², 150² and 112² above 10,780; or of 500² and the others.
    [(1.3, 13_908), (1.0, 12_115)],
)
def test_at_first_a_prompt_is_taken_for_what_the_vendor_s_figures_say_and_bounded_by_the_margin(
    margin: float, upper: int
) -> None:
    size = Size(10_000, 100)
    assert Calibration(margin).expected(size) == 10_000 + 6 * 100 + 180
    assert Calibration(margin).upper(size) == upper


@each_api
@pytest.mark.parametrize("margin", [1.3, 1.0])
def test_even_the_first_prompt_is_not_above_its_bound(api: Api, margin: float) -> None:
    assert truth(api, FULL) <= Calibration(margin).upper(FULL) <= 1.55 * truth(api, FULL)


# --- learning -------------------------------------------------------------------------------------


@each_api
def test_what_the_api_s_constants_are_is_found_out(api: Api) -> None:
    known = taught(api, scene(64))
    assert known.expected(FULL) == pytest.approx(truth(api, FULL), rel=0.04)
    seen = scene(70)[-1]
    assert known.expected(seen) == pytest.approx(truth(api, seen), rel=0.005)


@each_api
def test_in_a_growing_scene_no_prompt_after_the_third_is_above_its_bound_nor_far_below(api: Api) -> None:
    known = Calibration()
    for number, size in enumerate(scene(300)):
        share = known.upper(size) / truth(api, size)
        assert number < 3 or share >= 1.0
        assert number < 20 or share <= 1.04
        known = known.after_reply(size, truth(api, size), CAP)


@each_api
@pytest.mark.parametrize("margin", [1.3, 1.0])
@pytest.mark.parametrize("requests", [3, 10, 64])
def test_small_prompts_do_not_make_it_bold_about_a_full_one(api: Api, requests: int, margin: float) -> None:
    small = [Size(400 + 13 * number, 5 + number % 4) for number in range(requests)]
    known = taught(api, small, start=Calibration(margin))
    assert truth(api, FULL) <= known.upper(FULL) <= 1.55 * truth(api, FULL)


@each_api
def test_another_api_behind_the_same_name_is_followed_within_as_many_requests_as_are_kept(api: Api) -> None:
    known = taught(api, scene(64), start=taught((0, 3, 1.4), scene(100)))
    size = scene(65)[-1]
    assert truth(api, size) <= known.upper(size) <= 1.03 * truth(api, size)


def test_one_prompt_that_was_counted_too_low_raises_the_bound_though_many_alike_were_not() -> None:
    size = Size(1_800, 10)
    known = Calibration()
    for _ in range(40):
        known = known.after_reply(size, 2_000, CAP)
    assert known.upper(size) < 2_150
    known = known.after_reply(size, 2_600, CAP)
    assert known.expected(size) < 2_100
    assert 2_600 <= known.upper(size) <= 2_800


def test_newer_requests_count_for_more_than_older_ones() -> None:
    # The same prompt, at first at 2,000 tokens and then at 2,400, as often.
    size = Size(1_800, 10)
    known = Calibration()
    for reported in [2_000] * 32 + [2_400] * 32:
        known = known.after_reply(size, reported, CAP)
    assert 2_240 <= known.expected(size) <= 2_290


@pytest.mark.parametrize(("reported", "learnt"), [(3_570, True), (3_700, False), (400, True), (390, False)])
def test_a_report_more_than_three_times_off_teaches_nothing(reported: int, learnt: bool) -> None:
    size = Size(950, 10)  # 1,190 expected
    known = Calibration().after_reply(size, reported, CAP)
    assert len(known.observed) == int(learnt)


def test_only_the_last_sixty_four_requests_are_kept() -> None:
    known = taught(APIS[0], scene(100))
    assert len(known.observed) == 64
    assert known.observed[-1].text == scene(100)[-1].text
    assert known.observed[0].text == scene(100)[36].text


# --- overflows ------------------------------------------------------------------------------------


def test_a_window_leaves_room_for_the_reply() -> None:
    assert Calibration().room(WINDOW, CAP) == 64_512


def test_after_an_overflow_the_next_requests_are_a_tenth_smaller() -> None:
    known = taught(APIS[0], scene(64)).after_overflow(Size(30_000, 500), CAP)
    whole = known.upper(Size(30_000, 500)) + CAP
    assert known.room(WINDOW, CAP) == int(0.9 * whole) - CAP < 32_000
    # Together with a longer reply there is less left for the prompt.
    assert known.room(WINDOW, 2_048) == int(0.9 * whole) - 2_048


def test_of_several_overflows_the_smallest_counts() -> None:
    known = Calibration()
    rooms = []
    for text in (40_000, 20_000, 10_000, 30_000):
        known = known.after_overflow(Size(text, 100), CAP)
        rooms.append(known.room(WINDOW, CAP))
    assert [later <= earlier for earlier, later in pairwise(rooms)] == [True, True, True]
    assert rooms[2] == rooms[3]


def test_an_overflow_that_came_of_counting_too_low_costs_no_room_once_that_is_known() -> None:
    # The API counts 1.4 times what is counted here; of the window's size nothing was wrong.
    api = (171, 4, 1.4)
    known = taught((171, 4, 1.0), scene(64)).after_overflow(Size(60_000, 900), CAP)
    assert known.room(WINDOW, CAP) < 60_000
    assert taught(api, scene(60), start=known).room(WINDOW, CAP) == WINDOW - CAP


def test_an_overflow_is_forgotten_after_sixty_four_good_replies() -> None:
    known = taught(APIS[0], scene(20)).after_overflow(Size(30_000, 500), CAP)
    known = taught(APIS[0], scene(63), start=known)
    assert known.room(WINDOW, CAP) < 32_000
    assert taught(APIS[0], scene(1), start=known).room(WINDOW, CAP) == WINDOW - CAP


def test_a_larger_request_that_did_fit_takes_an_overflow_back() -> None:
    known = taught(APIS[0], scene(64)).after_overflow(Size(20_000, 300), CAP)
    known = taught(APIS[0], [Size(19_000, 300)], start=known)
    assert known.overflow is not None
    assert taught(APIS[0], [Size(20_100, 300)], start=known).overflow is None


def test_where_the_api_never_reports_overflows_alone_lead_below_its_window() -> None:
    """A window of 4,096 that nobody told of: each reply tries four times, each time with half the history."""
    known = Calibration()
    failures = []
    for _ in range(12):
        room = known.room(WINDOW, CAP)
        text = max(text for text in range(50, 60_000, 50) if known.upper(Size(text, 20)) <= room)
        tries = [Size(text >> halving, 20) for halving in range(4)]
        failed = [each for each in tries if truth(APIS[0], each) + CAP > 4_096]
        for each in failed:
            known = known.after_overflow(each, CAP)
        failures.append(len(failed))
    assert failures == [4, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]


# --- keeping it -----------------------------------------------------------------------------------


def test_it_is_kept_as_text() -> None:
    known = taught(APIS[3], scene(70)).after_overflow(Size(60_000, 900), CAP)
    back = Calibration.from_json(known.to_json(), known.margin)
    assert back == known
    assert back.upper(FULL) == known.upper(FULL)
    assert len(known.to_json()) < 1_600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"observed": [[1, 2]], "overflow": null}',
        '{"observed": [[1, 2, "3"]], "overflow": null}',
        '{"observed": [[1, 2, -3]], "overflow": null}',
        '{"observed": [[true, 2, 3]], "overflow": null}',
        '{"observed": [], "overflow": [1, 2]}',
        '{"observed": null, "overflow": null}',
    ],
)
def test_what_cannot_be_read_teaches_nothing(text: str) -> None:
    assert Calibration.from_json(text, 1.0) == Calibration(1.0)


SIZES = st.builds(Size, st.integers(1, 60_000), st.integers(1, 2_000))
REPORTS = st.lists(st.tuples(SIZES, st.floats(0.2, 4.0)), max_size=80)


@given(reports=REPORTS, size=SIZES, more=SIZES)
def test_whatever_is_reported_the_bound_stays_above_what_is_expected_and_grows_with_the_prompt(
    reports: list[tuple[Size, float]], size: Size, more: Size
) -> None:
    known = Calibration()
    for prompt, factor in reports:
        known = known.after_reply(prompt, round(factor * known.expected(prompt)), CAP)
    assert 0 <= known.expected(size) <= known.upper(size)
    assert known.expected(size + more) >= known.expected(size)
    assert Calibration.from_json(known.to_json()) == known


def even_scene(requests: int, start: int = 0) -> list[Size]:
    """A scene of turns much alike, in which messages and text grow together, so that either explains both."""
    return [Size(800 + 300 * number, 8 + 7 * number) for number in range(start, start + requests)]


def told(size: Size, chance: Random) -> int:
    """What an API reports that counts a tenth more than we do, and never quite evenly."""
    return round(truth((190, 7, 1.10), size) * (1 + chance.gauss(0, 0.004)))


@pytest.mark.parametrize("share", [0.36, 0.45, 0.6])
@pytest.mark.parametrize("seed", range(4))
def test_one_report_that_was_far_too_low_does_not_mislead_it_for_good(share: float, seed: int) -> None:
    """A server that leaves out cached tokens once would do."""
    chance, known = Random(seed), Calibration()
    text, messages = 5_000, 125
    for number in range(160):
        text, messages = text + 300 + chance.randint(-60, 60), messages + 7
        if known.upper(Size(text, messages)) > WINDOW - CAP:
            text, messages = text * 4 // 5, messages * 4 // 5  # the window steps
        size = Size(20_000, 500) if number == 60 else Size(text, messages)
        report = told(size, chance) * (share if number == 60 else 1)
        known = known.after_reply(size, round(report), CAP)
    assert known.expected(FULL) == pytest.approx(truth((190, 7, 1.10), FULL), rel=0.05)
    assert known.upper(FULL) < 1.15 * truth((190, 7, 1.10), FULL)


def long_scene(requests: int) -> list[Size]:
    """A scene that grows from a few thousand tokens to a full window, and steps back to four fifths of it."""
    chance, sizes = Random(3), []
    text, messages = 5_000, 125
    for _ in range(requests):
        text, messages = text + 300 + chance.randint(-60, 60), messages + 7
        if text > FULL.text:
            text, messages = text * 4 // 5, messages * 4 // 5
        sizes.append(Size(text, messages))
    return sizes


@each_api
@pytest.mark.parametrize("before", [0, 1, 4, 20, 60, 150])
@pytest.mark.parametrize("factor", [1.5, 2.5])
def test_one_report_that_was_far_too_high_takes_room_from_four_replies_and_no_more(
    api: Api, before: int, factor: float
) -> None:
    sizes = long_scene(before + 65)
    odd, later = sizes[before], sizes[before + 1 :]
    known = taught(api, sizes[:before]).after_reply(odd, round(factor * truth(api, odd)), CAP)
    # It may be the first of many: the next prompts mind it.
    assert known.upper(odd) >= truth(api, odd) * factor
    known = taught(api, later[:3], start=known)
    assert known.upper(FULL) >= truth(api, FULL) * factor
    # Nothing came that said the same.
    for size in later[3:]:
        known = taught(api, [size], start=known)
        assert known.expected(FULL) == pytest.approx(truth(api, FULL), rel=0.04)
        assert truth(api, FULL) <= known.upper(FULL) <= 1.13 * truth(api, FULL)


@pytest.mark.parametrize(("wild", "least"), [([2.5] * 3, 1.0), ([2.5] * 4, 2.5), ([2.5, 2.0, 1.5, 1.4], 1.4)])
def test_what_four_reports_say_is_minded_as_long_as_they_are_kept(wild: list[float], least: float) -> None:
    api, sizes = APIS[0], long_scene(120)
    known = taught(api, sizes[:30])
    for number, factor in enumerate(wild):
        odd = sizes[30 + 5 * number]
        known = known.after_reply(odd, round(factor * truth(api, odd)), CAP)
        known = taught(api, sizes[31 + 5 * number : 35 + 5 * number], start=known)
    known = taught(api, sizes[50:90], start=known)
    assert least * truth(api, FULL) <= known.upper(FULL) <= 1.4 * least * truth(api, FULL)
    assert known.expected(FULL) == pytest.approx(truth(api, FULL), rel=0.04)


def test_what_lay_a_little_above_its_bound_is_minded_as_long_as_it_is_kept() -> None:
    size = Size(1_800, 10)
    known = Calibration()
    for reported in [*[2_000] * 30, 2_170, *[2_000] * 30]:
        known = known.after_reply(size, reported, CAP)
    assert 2_170 <= known.upper(size) <= 2_200
    for _ in range(34):
        known = known.after_reply(size, 2_000, CAP)
    assert known.upper(size) < 2_150


@pytest.mark.parametrize("factor", [2.5, 0.4])
def test_one_wrong_report_of_the_only_large_prompt_does_not_make_the_fit_its_own(factor: float) -> None:
    api = APIS[0]
    known = taught(api, scene(30)).after_reply(FULL, round(factor * truth(api, FULL)), CAP)
    assert known.expected(scene(40)[-1]) == pytest.approx(truth(api, scene(40)[-1]), rel=0.03)
    known = taught(api, [FULL], start=known)
    assert known.expected(FULL) == pytest.approx(truth(api, FULL), rel=0.03)
    assert known.upper(FULL) >= truth(api, FULL)


@pytest.mark.parametrize("factor", [1.4, 0.7])
def test_an_api_that_counts_in_another_way_from_now_on_is_followed(factor: float) -> None:
    sizes, other = long_scene(150), (171, 4, factor)
    known = taught(APIS[0], sizes[:80])
    for number, size in enumerate(sizes[80:]):
        assert number == 0 or truth(other, size) <= known.upper(size)
        known = taught(other, [size], start=known)
    assert known.upper(sizes[-1]) <= 1.02 * truth(other, sizes[-1])


@pytest.mark.parametrize("wild", [[2.5] * 5 + [2.9] * 10, [0.4] * 5, [2.9, 0.36] * 6])
def test_however_it_was_misled_honest_reports_lead_it_back(wild: list[float]) -> None:
    api = (171, 4, 1.00)
    known = taught(api, even_scene(30))
    for factor, size in zip(wild, even_scene(len(wild), 30), strict=True):
        known = known.after_reply(size, round(truth(api, size) * factor), CAP)
    known = taught(api, [*even_scene(80), *even_scene(80)], known)
    assert known.expected(FULL) == pytest.approx(truth(api, FULL), rel=0.05)
