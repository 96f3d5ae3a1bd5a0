"""When the next request about a reply may go."""

import math
from dataclasses import asdict, replace
from heapq import heapify, heappop, heappush
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.posts.pace import (
    Bucket,
    PaceFacts,
    Tempo,
    Urgency,
    aged,
    has_room,
    patience,
    rest,
    seconds_until,
    until_first_post,
)
from bot.core.settings import Stream

TEMPO = Tempo()
FULL = Bucket(limit=5, remaining=5, resets_at=0.0, window=5.0)
"""Discord's bucket for a channel's edits: five in five seconds."""


def left(remaining: int, **more: float) -> Bucket:
    """A bucket that resets in three seconds, at 103."""
    return replace(FULL, remaining=remaining, resets_at=103.0, **more)  # type: ignore[arg-type]


def wait(kind: Urgency, facts: PaceFacts) -> float:
    return seconds_until(kind, facts, 100.0, TEMPO)


# --- a channel's bucket -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("remaining", "final", "first", "preview", "clearing"),
    [
        (5, 0, 0, 0, 0),
        (3, 0, 0, 0, 0),
        (2, 0, 0, 0, 3),  # old buttons wait for spare tokens
        (1, 0, 0, 3, 3),  # the last one is kept for the last words
        (0, 3, 3, 3, 3),
    ],
)
def test_what_is_urgent_may_use_what_the_rest_must_leave(
    remaining: int, final: float, first: float, preview: float, clearing: float
) -> None:
    facts = PaceFacts(left(remaining))
    waits = [wait(kind, facts) for kind in (Urgency.FINAL, Urgency.FIRST, Urgency.PREVIEW, Urgency.CLEARING)]
    assert waits == [final, first, preview, clearing]
    assert wait(Urgency.CATCHING_UP, facts) == clearing


def test_what_nobody_waits_for_goes_before_previews_once_it_has_waited_long() -> None:
    assert aged(Urgency.CATCHING_UP, 9.9, TEMPO) is Urgency.CATCHING_UP
    assert aged(Urgency.CATCHING_UP, 10, TEMPO) is Urgency.JUST_MISSED
    assert aged(Urgency.CLEARING, 10, TEMPO) is Urgency.JUST_MISSED
    assert [aged(kind, 60, TEMPO) for kind in (Urgency.TYPING, Urgency.FINAL)] == [
        Urgency.TYPING,
        Urgency.FINAL,
    ]


def test_typing_needs_none_of_a_channels_tokens() -> None:
    assert wait(Urgency.TYPING, PaceFacts(left(0))) == 0


def test_each_of_two_replies_keeps_a_token_for_its_last_words() -> None:
    assert wait(Urgency.PREVIEW, PaceFacts(left(2), streams=2)) == 3
    assert wait(Urgency.PREVIEW, PaceFacts(left(3), streams=2)) == 0
    assert wait(Urgency.PREVIEW, PaceFacts(left(3), streams=3)) == 0  # two are enough for any number


def test_a_preview_leaves_the_token_that_waiting_last_words_need() -> None:
    assert wait(Urgency.PREVIEW, PaceFacts(left(2), urgent=1)) == 3
    assert wait(Urgency.FIRST, PaceFacts(left(1), urgent=1)) == 3


def test_what_is_under_way_has_its_token_already() -> None:
    assert wait(Urgency.PREVIEW, PaceFacts(left(2, in_flight=1))) == 3
    assert wait(Urgency.PREVIEW, PaceFacts(replace(FULL, in_flight=4))) == pytest.approx(
        0.1
    )  # look again soon
    assert wait(Urgency.PREVIEW, PaceFacts(replace(FULL, window=2.0, in_flight=4))) == pytest.approx(0.04)
    assert wait(Urgency.PREVIEW, PaceFacts(Bucket(in_flight=4))) == pytest.approx(
        0.1
    )  # no window is known yet


def test_a_bucket_is_full_again_when_it_resets() -> None:
    assert wait(Urgency.PREVIEW, PaceFacts(replace(FULL, remaining=0, resets_at=100.0))) == 0


def test_a_bucket_of_one_token_still_lets_previews_go() -> None:
    assert wait(Urgency.PREVIEW, PaceFacts(Bucket(limit=1, remaining=1, window=1.0))) == 0


@pytest.mark.parametrize(
    ("facts", "seconds"),
    [
        (PaceFacts(FULL), 1.25),  # four in five seconds, and one left
        (PaceFacts(FULL, streams=2), 5 / 3),
        (PaceFacts(FULL, streams=3), 5 / 3),  # two tokens are enough for any number's last words
        (PaceFacts(Bucket(limit=1, remaining=1, window=2.0)), 2.0),  # the only token
        (PaceFacts(Bucket()), 1.25),  # before Discord has told
        (PaceFacts(replace(FULL, window=2.0)), 1.0),  # a restless cadence helps nobody
        (PaceFacts(FULL, everywhere=40, previews=None), 2.55),  # each eighth volley, half a one earlier
        (PaceFacts(FULL, everywhere=50, previews=None), 2.55),  # each third; there is one a second
        (PaceFacts(FULL, everywhere=100, previews=None), 5.61),
        (PaceFacts(replace(FULL, window=2.0), of_webhooks=()), 1.0),
        (PaceFacts(replace(FULL, window=2.0), of_webhooks=(99.0,) * 15), 1.5),
        (PaceFacts(replace(FULL, window=2.0), of_webhooks=(99.0,) * 19), 3.0),
        (PaceFacts(FULL, of_webhooks=(99.0,) * 22), 12.0),
    ],
)
def test_previews_keep_a_distance_that_the_limits_allow(facts: PaceFacts, seconds: float) -> None:
    assert wait(Urgency.PREVIEW, replace(facts, last_preview=100.0)) == pytest.approx(seconds)
    assert wait(Urgency.PREVIEW, replace(facts, last_preview=100.0 - seconds)) == pytest.approx(0)


def test_a_post_of_an_hour_ago_gets_its_last_words_and_no_preview() -> None:
    assert wait(Urgency.PREVIEW, PaceFacts(FULL, age=3600.0)) == math.inf
    assert wait(Urgency.PREVIEW, PaceFacts(FULL, age=3599.0)) == 0
    assert wait(Urgency.FINAL, PaceFacts(FULL, age=3600.0)) == 0


# --- all requests together, and the webhooks of a channel ----------------------------------------


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        (Urgency.FINAL, 50),
        (Urgency.FIRST, 46),
        (Urgency.PREVIEW, 38),
        (Urgency.TYPING, 25),
        (Urgency.CLEARING, 12),
        (Urgency.CATCHING_UP, 8),
    ],
)
def test_of_fifty_requests_a_second_each_kind_leaves_some_to_the_more_urgent(
    kind: Urgency, most: int
) -> None:
    second = tuple(99.28 + number / 1000 for number in range(most))
    assert wait(kind, PaceFacts(FULL, lately=second[1:])) == 0
    assert wait(kind, PaceFacts(FULL, lately=second)) == pytest.approx(0.3)
    assert wait(kind, PaceFacts(FULL, lately=tuple(at - 1.02 for at in second))) == 0


@pytest.mark.parametrize(
    ("everywhere", "apart", "room"),
    [
        (30, 0.34, 10),  # thirty previews a second
        (39, 0.34, 5),
        (40, 0.34, 5),  # fifteen: of forty last words, thirty-five find room at once
        (45, 0.34, 5),
        (46, 1.02, 17),
        (50, 1.02, 17),
        (200, 1.02, 17),
    ],
)
def test_where_many_stream_previews_go_in_volleys(everywhere: int, apart: float, room: int) -> None:
    now = 300 * apart  # when one begins
    facts = PaceFacts(FULL, everywhere=everywhere, previews=(now - 0.06,) * 15)

    def wait_at(seconds: float, previews: int) -> float:
        there = replace(facts, previews=(*(facts.previews or ()), *(now + 0.001,) * previews))
        return seconds_until(Urgency.PREVIEW, there, now + seconds, TEMPO)

    assert wait_at(0.002, 0) == wait_at(0.049, room - 1) == 0
    assert wait_at(0.002, room) == pytest.approx(apart - 0.002)  # it is full
    assert wait_at(0.06, 0) == pytest.approx(apart - 0.06)  # and over
    assert wait(Urgency.FIRST, facts) == wait(Urgency.FINAL, facts) == 0
    answer = replace(facts, previews=None)  # an answer to a command is not counted with the others
    assert seconds_until(Urgency.PREVIEW, answer, now + 0.06, TEMPO) == 0


@pytest.mark.parametrize("everywhere", [1, 24])
def test_where_fewer_stream_previews_go_at_any_time(everywhere: int) -> None:
    """Fewer than 25 leave room for all their last words."""
    facts = PaceFacts(FULL, everywhere=everywhere, previews=(100.0,) * 20)
    assert [seconds_until(Urgency.PREVIEW, facts, 100 + at / 10, TEMPO) for at in range(11)] == [0] * 11


def previews(number: int, ends: float, late: float = 0.0) -> list[tuple[float, int]]:
    """Let replies stream from now on; return when each preview goes, and which reply it is of.

    Each wakes up to `late` seconds after it is due, as timers do.
    """
    shown = dict.fromkeys(range(number), 0.0)  # when each had its last preview
    looks = [(reply / 1000, reply) for reply in range(number)]
    gone: list[tuple[float, int]] = []
    heapify(looks)
    while looks[0][0] < ends:
        now, reply = heappop(looks)
        times = [at for at, _ in gone[-60:]]
        facts = PaceFacts(FULL, 1, shown[reply], number, times, times)
        if seconds := seconds_until(Urgency.PREVIEW, facts, now, TEMPO):
            heappush(looks, (now + seconds + 1e-6 + late * (reply * 7 % number) / number, reply))
            continue
        shown[reply] = now
        gone.append((now, reply))
        heappush(looks, (now + TEMPO.spacing, reply))
    return gone


def endings(number: int, ends: float) -> list[float]:
    """Let replies stream and end together; return how long each one's last words wait, sorted."""
    began = [at for at, _ in previews(number, ends)]
    waits = []
    for _ in range(number):
        now = ends
        while seconds := seconds_until(Urgency.FINAL, PaceFacts(FULL, lately=began[-60:]), now, TEMPO):
            now += seconds + 1e-6
        began.append(now)
        waits.append(now - ends)
    return waits


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 50), st.floats(4.0, 12.0))
def test_replies_that_end_together_find_room_for_their_last_words(number: int, ends: float) -> None:
    waits = endings(number, ends)
    assert waits[number // 2] == 0
    assert max(waits) <= (0.42 if number <= 40 else 1.02)


@pytest.mark.parametrize("number", [46, 48, 50])
def test_the_last_words_of_fifty_wait_half_a_second_on_average(number: int) -> None:
    """Were previews sent evenly, the newest would be a moment old at any time, and the last would wait for it."""
    worst = [max(endings(number, 6.0 + at * 0.0637)) for at in range(32)]
    assert 0.3 < sum(worst) / len(worst) < 0.6


@pytest.mark.parametrize(
    ("number", "longest"),
    [(25, 1.36), (30, 1.37), (35, 1.71), (39, 2.73), (40, 2.73), (45, 3.07), (50, 3.07)],
)
def test_every_reply_has_its_turn(number: int, longest: float) -> None:
    """With timers that are up to 20 ms late, none waits longer for a preview than the others."""
    gone = previews(number, 60.0, late=0.02)
    for reply in range(number):
        times = [at for at, which in gone if which == reply and at > 6.0]
        assert max(later - before for before, later in pairwise(times)) <= longest + 0.05


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        (Urgency.FINAL, 29),
        (Urgency.FIRST, 27),
        (Urgency.PREVIEW, 23),
        (Urgency.TYPING, 30),
        (Urgency.CLEARING, 15),
        (Urgency.CATCHING_UP, 10),
    ],
)
def test_of_thirty_uses_a_minute_of_a_channels_webhooks_last_words_find_some(
    kind: Urgency, most: int
) -> None:
    minute = tuple(50.0 + number / 10 for number in range(most))
    assert wait(kind, PaceFacts(FULL, of_webhooks=minute[1:])) == 0
    assert wait(kind, PaceFacts(FULL, of_webhooks=minute)) == pytest.approx(10.0)
    assert wait(kind, PaceFacts(FULL, of_webhooks=None)) == 0


def test_where_proxies_use_the_webhooks_up_a_reply_does_not_begin_by_one() -> None:
    assert has_room(PaceFacts(FULL, of_webhooks=(99.0,) * 25), 100.0, TEMPO)
    assert not has_room(PaceFacts(FULL, of_webhooks=(99.0,) * 26), 100.0, TEMPO)
    assert has_room(PaceFacts(FULL, of_webhooks=(40.0,) * 30), 100.0, TEMPO)  # a minute is over


# --- the first post ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "waited", "seconds"),
    [
        ("The", 0.0, 0.2),  # half a word is no notification
        ("The", 0.15, 0.05),
        ("The", 0.2, 0.0),
        ("The storm will pass", 0.0, 0.12),  # four words are a phrase
        ("He\n—", 0.0, 0.12),  # so is a word with a mark, on the next line too
        ("Hm.", 0.0, 0.12),
        ("Hm.", 0.12, 0.0),
        ("暴风雨会过去", 0.0, 0.12),
        ("…", 0.0, 0.2),
    ],
)
def test_the_first_post_waits_for_a_phrase_but_not_for_long(text: str, waited: float, seconds: float) -> None:
    assert until_first_post(text, waited, TEMPO.first, TEMPO) == pytest.approx(seconds)


@pytest.mark.parametrize(("waited", "seconds"), [(0.0, 2.0), (1.5, 0.5), (2.0, 0.0), (9.0, 0.0)])
def test_a_calm_channel_waits_two_seconds_for_a_whole_answer(waited: float, seconds: float) -> None:
    text = "The storm will pass."
    assert until_first_post(text, waited, TEMPO.calm, TEMPO) == pytest.approx(seconds)
    assert until_first_post(text, waited, math.inf, TEMPO) == math.inf


def test_how_long_a_first_post_may_wait_for_the_whole_is_a_setting() -> None:
    assert [patience(stream, TEMPO) for stream in (Stream.LIVE, Stream.CALM, Stream.OFF)] == [
        0.2,
        2.0,
        math.inf,
    ]


# --- what is taken for granted ---------------------------------------------------------------------


def test_the_lengths_of_time() -> None:
    assert (
        Tempo(
            phrase=0.12,
            first=0.2,
            rest=0.3,
            calm=2.0,
            spacing=1.0,
            window=5.0,
            second=1.02,
            minute=60.0,
            horizon=12.0,
            volley=0.05,
            patience=10.0,
            hour=3600.0,
        )
        == TEMPO
    )
    assert TEMPO.scaled(2.0) == Tempo(0.24, 0.4, 0.6, 4.0, 2.0, 10.0, 2.04, 120.0, 24.0, 0.1, 20.0, 7200.0)


def test_before_discord_has_told_a_bucket_is_full() -> None:
    assert Bucket() == Bucket(limit=5, remaining=5, resets_at=0.0, window=0.0, in_flight=0)
    assert PaceFacts(FULL) == PaceFacts(FULL, streams=1, last_preview=None, everywhere=1, urgent=0, age=0.0)
    assert PaceFacts(FULL).previews == ()
    assert (PaceFacts(FULL).lately, PaceFacts(FULL).of_webhooks) == ((), None)


def test_the_more_urgent_a_request_is_the_smaller_its_number() -> None:
    assert [kind.name for kind in sorted(Urgency)] == [
        "FINAL",
        "FIRST",
        "JUST_MISSED",
        "PREVIEW",
        "TYPING",
        "CLEARING",
        "CATCHING_UP",
    ]


@pytest.mark.parametrize(
    ("stream", "seconds"), [(Stream.LIVE, 0.2), (Stream.CALM, 2.0), (Stream.OFF, math.inf)]
)
def test_how_long_a_first_post_may_wait_for_the_whole_is_the_channels_choice(
    stream: Stream, seconds: float
) -> None:
    assert patience(stream, TEMPO) == seconds


@pytest.mark.parametrize(
    ("everywhere", "seconds"), [(1, 0.3), (24, 0.3), (25, 0.15), (50, 0.15), (400, 0.15)]
)
def test_where_many_stream_the_models_streams_are_read_twice_as_often(
    everywhere: int, seconds: float
) -> None:
    assert rest(everywhere, TEMPO) == seconds


def test_a_scaled_tempo_has_every_length_so_many_times_as_long() -> None:
    before, after = asdict(TEMPO), asdict(TEMPO.scaled(2.0))
    assert after == {length: 2.0 * seconds for length, seconds in before.items()}


# --- properties ----------------------------------------------------------------------------------

times = st.lists(st.floats(30.0, 100.0), max_size=60).map(lambda found: tuple(sorted(found)))
buckets = st.builds(
    Bucket,
    limit=st.integers(1, 10),
    remaining=st.integers(0, 10),
    resets_at=st.floats(90.0, 110.0),
    window=st.floats(0.1, 10.0),
    in_flight=st.integers(0, 5),
)
facts = st.builds(
    PaceFacts,
    bucket=buckets,
    streams=st.integers(0, 5),
    last_preview=st.none() | st.floats(80.0, 100.0),
    everywhere=st.integers(0, 200),
    previews=st.none() | st.lists(st.floats(80.0, 100.0), max_size=60).map(sorted),
    lately=times,
    of_webhooks=st.none() | times,
    urgent=st.just(0),
)


@given(facts)
def test_nothing_goes_before_what_is_more_urgent(found: PaceFacts) -> None:
    final, first, missed, preview, _, clearing, looking_back = (wait(kind, found) for kind in Urgency)
    assert 0 <= final <= first <= missed <= preview
    assert missed <= clearing <= looking_back


@given(facts)
def test_whatever_waits_may_go_in_the_end(found: PaceFacts) -> None:
    """Nothing is held up for ever when nothing else happens."""
    idle = replace(found, bucket=replace(found.bucket, in_flight=0), streams=1)
    now = 100.0
    for kind in Urgency:
        waits = 0
        while (seconds := seconds_until(kind, idle, now, TEMPO)) > 0:
            now += seconds + 1e-6
            waits += 1
            assert waits < 20
