"""The gate before each request of a reply: what has been let go counts before it has begun."""

from dataclasses import dataclass

from bot.core.pace import Kind
from bot.discord_ui.traffic import Lane, Traffic, channel_lane


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def let_go(traffic: Traffic, lanes: list[Lane]) -> int:
    """How many of these lanes' previews may go at this very moment."""
    return sum(traffic.claim(Kind.PREVIEW, lane) == 0 for lane in lanes)


def test_of_many_that_look_at_once_no_more_go_than_discord_takes() -> None:
    # Each stores its text before it sends it. In that time the others have looked too.
    clock = Clock()
    traffic = Traffic(clock)
    rooms = [channel_lane(number) for number in range(60)]
    assert let_go(traffic, rooms) == 38
    assert traffic.seconds(Kind.FIRST, channel_lane(99), post=True) == 0  # there is room for what is urgent
    clock.now += 1.2
    assert let_go(traffic, rooms[38:]) == 22


def test_the_last_words_may_use_what_a_preview_had_claimed() -> None:
    traffic, room = Traffic(Clock()), channel_lane(1)
    assert traffic.claim(Kind.PREVIEW, room) == 0
    assert traffic.seconds(Kind.PREVIEW, room) == 1.0
    assert traffic.seconds(Kind.FINAL, room) == 0


def test_who_has_to_wait_takes_nobodys_place() -> None:
    traffic, room = Traffic(Clock()), channel_lane(1)
    assert [traffic.claim(Kind.PREVIEW, room), traffic.claim(Kind.PREVIEW, room)] == [0, 1.0]
    assert let_go(traffic, [channel_lane(number) for number in range(2, 60)]) == 37  # and not 36
