"""Where people reach the bot, and the places that are theirs alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.posts.buttons import TurnStatus, row_under, way_on
from bot.core.reach import Installed, Reach, own_channel, reach_of
from bot.core.scene import Ending, Place
from bot.core.servers import ServerRule

SNOWFLAKES = st.integers(1, 2**63 - 1)


@pytest.mark.parametrize(
    ("on_server", "by_server", "by_person", "is_there", "in_private", "reach"),
    [
        (True, True, False, True, False, Reach.SERVER),
        (True, True, True, True, False, Reach.SERVER),  # both have it: the server's story is played
        (True, False, True, True, False, Reach.PERSONAL),
        (True, False, True, False, False, Reach.PERSONAL),
        # What can't be read, or what somebody else has installed: the server's rules, if the bot is on it.
        (True, False, False, True, False, Reach.SERVER),
        (True, False, False, False, False, Reach.PERSONAL),
        (False, False, False, False, False, Reach.DIRECT),
        (False, False, True, False, False, Reach.DIRECT),
        (False, False, True, False, True, Reach.PERSONAL),
        (False, False, False, False, True, Reach.PERSONAL),
    ],
)
def test_where_something_is_used(
    *, on_server: bool, by_server: bool, by_person: bool, is_there: bool, in_private: bool, reach: Reach
) -> None:
    installed = Installed(by_server=by_server, by_person=by_person, is_there=is_there)
    assert reach_of(installed, on_server=on_server, in_private=in_private) is reach


def test_outside_of_servers_nothing_is_served_that_the_host_has_not_turned_on() -> None:
    assert [reach for reach in Reach if ServerRule().serves(reach)] == [Reach.SERVER]
    direct = ServerRule(outside=frozenset({Reach.DIRECT}))
    assert [reach for reach in Reach if direct.serves(reach)] == [Reach.SERVER, Reach.DIRECT]


@given(SNOWFLAKES, SNOWFLAKES, SNOWFLAKES, SNOWFLAKES)
def test_a_person_has_one_place_in_a_channel_which_is_no_channels_id(
    user: int, channel: int, other_user: int, other_channel: int
) -> None:
    place = own_channel(user, channel)
    assert -(2**63) <= place < -1
    assert place == own_channel(user, channel)
    if (user, channel) != (other_user, other_channel):
        assert place != own_channel(other_user, other_channel)


def test_the_places_of_one_person() -> None:
    kinds = [
        (place.is_own, place.is_personal)
        for place in (Place(7), Place(0), Place(-1, guild_id=5), Place(7, owner=9), Place(-7, owner=9))
    ]
    assert kinds == [(False, False), (False, False), (False, False), (True, False), (True, True)]


def test_without_buttons_people_are_told_of_the_command() -> None:
    bare = TurnStatus(Ending.FAILED, words=False, bare=True)
    assert (row_under(bare), way_on(bare)) == ((), "talk")
    assert row_under(TurnStatus(None, bare=True)) == ()
