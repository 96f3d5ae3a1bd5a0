"""Who may play: the rule, and the settings that make it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.access import (
    EVERYBODY,
    Barrier,
    MemberFacts,
    PlayRule,
    barrier,
    play_rule,
    roles_in,
    roles_text,
)

ALL, PLAYER, TROLL = 5, 50, 51
"""The role of everybody, whose id is the server's, and two others."""

NOBODYS, PLAYERS, TROLLS = MemberFacts({ALL}), MemberFacts({ALL, PLAYER}), MemberFacts({ALL, PLAYER, TROLL})  # type: ignore[arg-type]
KEEPER = MemberFacts(frozenset({ALL}), moderates=True)


@pytest.mark.parametrize(
    ("rule", "member", "player", "troll", "unknown"),
    [
        (EVERYBODY, True, True, True, True),
        (PlayRule(frozenset({PLAYER})), False, True, True, False),
        (PlayRule(frozenset({PLAYER, 99})), False, True, True, False),
        (PlayRule(frozenset({ALL})), True, True, True, False),
        (PlayRule(frozenset({99})), False, False, False, False),  # the role is deleted
        (PlayRule(None, frozenset({TROLL})), True, True, False, False),
        (PlayRule(frozenset({PLAYER}), frozenset({TROLL})), False, True, False, False),
        (PlayRule(frozenset({PLAYER}), frozenset({PLAYER})), False, False, False, False),
    ],
)
def test_who_may_play(rule: PlayRule, *, member: bool, player: bool, troll: bool, unknown: bool) -> None:
    found = [rule.admits(each) for each in (NOBODYS, PLAYERS, TROLLS, None)]
    assert found == [member, player, troll, unknown]
    assert rule.admits(KEEPER)


@pytest.mark.parametrize(
    ("layers", "rule"),
    [
        ([], EVERYBODY),
        ([{}, {"play_roles": "", "barred_roles": "some roles"}], EVERYBODY),
        ([{"play_roles": "50 51"}, {}], PlayRule(frozenset({50, 51}))),
        # A channel's choice of who plays counts in place of its server's …
        ([{"play_roles": "50"}, {"play_roles": "51"}], PlayRule(frozenset({51}))),
        ([{"play_roles": "50"}, {"play_roles": "5"}], PlayRule(frozenset({5}))),
        # … and lets nobody in that the server bars.
        (
            [{"barred_roles": "51"}, {"barred_roles": "52"}, {"play_roles": "50"}],
            PlayRule(frozenset({50}), frozenset({51, 52})),
        ),
    ],
)
def test_what_counts_of_a_server_and_its_channel(layers: list[dict[str, str]], rule: PlayRule) -> None:
    assert play_rule(layers) == rule


@given(st.sets(st.integers(1, 2**63 - 1)))
def test_roles_are_stored_and_read_again(roles: set[int]) -> None:
    assert roles_in(roles_text(roles)) == roles


@given(st.text())
def test_a_setting_of_another_version_is_none(text: str) -> None:
    assert all(role >= 0 for role in roles_in(text))


def test_a_block_comes_before_everything_else() -> None:
    rule = PlayRule(frozenset({PLAYER}))
    assert barrier(by_host=True, by_server=True, member=KEEPER) is Barrier.BLOCKED_BY_HOST
    assert barrier(by_server=True, rule=rule, member=NOBODYS) is Barrier.BLOCKED
    assert barrier(rule=rule, member=NOBODYS) is Barrier.NO_ROLE
    assert barrier(rule=rule, member=PLAYERS) is None
