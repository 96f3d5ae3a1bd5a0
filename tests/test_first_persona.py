"""A server admin's first persona, from `/persona new` to its first reply, as they would do it."""

from typing import Any

from tests.standins.m2her import M2her
from tests.tavern import Tavern, read


async def test_from_new_to_its_first_reply_in_six_actions(tavern: Tavern, m2her: M2her) -> None:
    ada = tavern.staff("Ada", manage_guild=True, manage_channels=True)
    actions = 0

    async def act(use: Any) -> Any:
        nonlocal actions
        actions += 1
        return await use

    opened = await act(ada.slash(tavern.elsewhere, "persona new"))
    assert opened.modal
    written = await act(
        ada.submit_modal(opened, {"name": "Oriel", "description": "Oriel keeps bees on a roof."})
    )
    assert "Draft: nothing is saved yet" in read(written.response)
    card = await act(ada.click(written.response, label="Save"))
    assert "this server's own, version 1" in read(card.response)
    await act(ada.click(card.response, label="Play here"))
    m2her.say("*lifts her veil* Mind the hive.")
    await act(ada.send(tavern.elsewhere, "Oriel, may I come up?"))
    assert tavern.posts(tavern.elsewhere)[-1] == "*lifts her veil* Mind the hive."
    assert "Oriel keeps bees on a roof." in tavern.prompt[0][2]
    assert actions == 5
