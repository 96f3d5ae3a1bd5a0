"""The hands that wired tests have on a post's controls."""

from pathlib import Path

import pytest

from tests.standins.m2her import M2her
from tests.wired import Shown, wire

CONTROLS = [
    {
        "type": 1,
        "components": [
            {"type": 2, "style": 2, "label": "Again", "custom_id": "a"},
            {"type": 2, "style": 2, "label": "Stop", "custom_id": "s", "disabled": True},
        ],
    }
]


async def test_what_people_see_of_a_post_and_can_press_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with M2her() as m2her, wire(m2her, tmp_path, monkeypatch) as wired:
        world = wired.world
        world.post(world.bot, wired.bound, "Good evening.")
        world.proxy_say("Ann", wired.bound, "not ours")
        hook = world.webhooks.create(wired.bound, "Dramatis", world.bot, application=world.bot.id)
        body = {"content": "Hm.", "username": "Old Marlow", "avatar_url": "https://example.org/m.png"}
        (said,) = [world.webhooks.execute(hook, body | {"components": CONTROLS})]
        assert wired.shown() == [
            Shown("Dramatis", "Good evening."),
            Shown("Old Marlow", "Hm.", "https://example.org/m.png", ("Again",)),
        ]
        assert wired.webhook_posts() == [said]
        assert wired.press("Again", who="Bob").source is said
        for label in ("Stop", "Nothing of the kind"):
            with pytest.raises(LookupError):
                wired.press(label)
