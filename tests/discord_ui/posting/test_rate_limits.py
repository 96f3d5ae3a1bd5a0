"""The gate before each request of a reply: what has been let go counts before it has begun."""

from collections.abc import Sized
from dataclasses import dataclass

from bot.core.posts.pace import Kind
from bot.discord_ui.posting.rate_limits import Lane, RateLimits, answer_lane, channel_lane


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def let_go(limits: RateLimits, lanes: list[Lane]) -> int:
    """How many of these lanes' previews may go at this very moment."""
    return sum(limits.claim(Kind.PREVIEW, lane) == 0 for lane in lanes)


def test_of_many_that_look_at_once_no_more_go_than_discord_takes() -> None:
    # Each stores its text before it sends it. In that time the others have looked too.
    clock = Clock()
    limits = RateLimits(clock)
    rooms = [channel_lane(number) for number in range(60)]
    assert let_go(limits, rooms) == 38
    assert limits.seconds(Kind.FIRST, channel_lane(99), post=True) == 0  # there is room for what is urgent
    clock.now += 1.2
    assert let_go(limits, rooms[38:]) == 0  # none of them has begun: all may any moment
    clock.now += 4
    assert let_go(limits, rooms[38:]) == 22  # what has not begun by now never will


def test_the_last_words_may_use_what_a_preview_had_claimed() -> None:
    limits, room = RateLimits(Clock()), channel_lane(1)
    assert limits.claim(Kind.PREVIEW, room) == 0
    assert limits.seconds(Kind.PREVIEW, room) == 1.0
    assert limits.seconds(Kind.FINAL, room) == 0


def test_who_has_to_wait_takes_nobodys_place() -> None:
    limits, room = RateLimits(Clock()), channel_lane(1)
    assert [limits.claim(Kind.PREVIEW, room), limits.claim(Kind.PREVIEW, room)] == [0, 1.0]
    assert let_go(limits, [channel_lane(number) for number in range(2, 60)]) == 37  # and not 36


def kept(limits: RateLimits) -> int:
    """How many facts are kept."""
    return sum(len(each) for each in vars(limits).values() if isinstance(each, Sized))


def test_of_presses_long_past_nothing_is_kept() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    for number in range(5000):
        lane = answer_lane(f"token {number}")
        clock.now += 60
        assert limits.claim(Kind.PREVIEW, lane) == 0
        limits.release(lane)
        assert limits.claim(Kind.FINAL, lane) == 0  # what it was for went another way
    assert kept(limits) < 2500


def test_claims_that_are_never_used_do_not_pile_up() -> None:
    clock, room = Clock(), channel_lane(1)
    limits = RateLimits(clock)
    for _ in range(1000):
        clock.now += 60
        assert limits.claim(Kind.FINAL, room) == 0
    (times,) = vars(limits)["_granted"].values()
    assert len(times) == 1
