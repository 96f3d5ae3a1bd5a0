"""Which servers are served: the whole table of the rule."""

import pytest

from bot.core.servers import Audience, ServerRule, Standing

SERVED, STRANGER, UNKNOWN = Standing.SERVED, Standing.STRANGER, Standing.UNKNOWN
LISTED = ServerRule(Audience.LISTED, frozenset({7, 8}))


@pytest.mark.parametrize(
    ("rule", "there", "away", "unknown"),
    [
        (ServerRule(), SERVED, STRANGER, UNKNOWN),
        (ServerRule(Audience.OWNER), SERVED, STRANGER, UNKNOWN),
        (ServerRule(Audience.ALL), SERVED, SERVED, SERVED),
        (LISTED, STRANGER, STRANGER, STRANGER),
        (ServerRule(Audience.LISTED), STRANGER, STRANGER, STRANGER),
    ],
)
def test_a_server_counts_by_its_members_or_by_the_hosts_choice(
    rule: ServerRule, there: Standing, away: Standing, unknown: Standing
) -> None:
    assert rule.standing(9, names_channel=False, has_owner=True) is there
    assert rule.standing(9, names_channel=False, has_owner=False) is away
    assert rule.standing(9, names_channel=False, has_owner=None) is unknown


@pytest.mark.parametrize("has_owner", [True, False, None])
def test_a_named_server_or_one_with_a_named_channel_is_served(has_owner: bool | None) -> None:
    for id_ in (7, 8):
        assert LISTED.standing(id_, names_channel=False, has_owner=has_owner) is SERVED
    for rule in (ServerRule(), LISTED, ServerRule(Audience.LISTED), ServerRule(Audience.ALL)):
        assert rule.standing(9, names_channel=True, has_owner=has_owner) is SERVED
