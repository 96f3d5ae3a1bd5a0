"""The ids of the gateway's events: numbers that are none lose the event, before the library takes them in."""

from typing import Any

import pytest

from bot.discord_ui.gateway.undecodable import HIGHEST_ID, tolerant

ABOVE = str(HIGHEST_ID + 1)


@pytest.mark.parametrize(
    ("event", "read"),
    [
        ({"id": "1", "channels": [{"id": "2", "permission_overwrites": [{"id": "3"}]}]}, True),
        (
            {"id": "1", "channels": [{"id": "2", "permission_overwrites": [{"id": ABOVE}]}]},
            True,
        ),  # not stored
        ({"id": "1", "channels": [{"id": ABOVE, "permission_overwrites": []}]}, False),
        ({"id": "1", "threads": [{"id": "2", "parent_id": ABOVE}]}, False),
        ({"id": "1", "roles": [{"id": ABOVE}]}, False),
        ({"id": ABOVE}, False),
    ],
)
def test_ids_of_overwrites_are_not_looked_at_and_all_others_are(event: Any, read: bool) -> None:
    taken: list[Any] = []
    tolerant({"GUILD_CREATE": taken.append}, lambda *_: None)["GUILD_CREATE"](event)
    assert taken == ([event] if read else [])
