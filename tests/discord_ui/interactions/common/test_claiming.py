"""Of several processes that hear of one use of a command or control, one does something for it."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import discord
import pytest

import bot.discord_ui
from bot.core.sharding import Shard
from bot.discord_ui.gateway.client import Client
from bot.discord_ui.gateway.shard_assignment import ShardAssignment
from bot.discord_ui.interactions.commands import Tree
from bot.discord_ui.interactions.controls import CONTROLS
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.storage.errors import StorageError, StorageErrorKind
from tests.discord_ui.interactions.common.test_forged import COMPONENT, SUBMIT, deliver
from tests.discord_ui.interactions.revisions.test_controls import FIRST, ask, labels
from tests.standins.m2her import M2her
from tests.tavern import Tavern

COMMAND, SUGGESTIONS = 2, 4


def claims(tavern: Tavern, monkeypatch: pytest.MonkeyPatch, outcome: bool | StorageError) -> list[str]:
    """Let another process be as fast as it likes; return what is claimed."""
    asked: list[str] = []

    async def claim(name: str) -> bool:
        asked.append(name)
        if isinstance(outcome, StorageError):
            raise outcome
        return outcome

    client = tavern.env.bot
    assert isinstance(client, Client)
    monkeypatch.setattr(client.services.cluster, "claim", claim)
    return asked


USES: list[tuple[int, dict[str, Any]]] = [
    (COMMAND, {"name": "roll", "type": 1, "options": []}),
    (COMMAND, {"name": "not-known", "type": 1, "options": []}),
    (SUGGESTIONS, {"name": "persona", "type": 1, "options": []}),
    *(
        (COMPONENT, {"custom_id": custom_id, "component_type": 2})
        for custom_id in ("rp:again:{turn}", "rp:stop:{turn}", "rp:more:{turn}", "rp:undo:1", "rp:privacy:all", "x", "rp:look")
    ),
    (COMPONENT, {"custom_id": "rp:use", "component_type": 3, "values": ["marlow"]}),
    (SUBMIT, {"custom_id": "rp:edit:{turn}", "components": []}),
]  # fmt: skip


async def test_who_was_slower_does_nothing_and_says_nothing(
    tavern: Tavern, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = await ask(tavern, m2her)
    turn, before = (await tavern.turns(tavern.bound))[-1], labels(tavern, post)
    asked = claims(tavern, monkeypatch, False)
    for kind, use in USES:
        data = {**use, **({"custom_id": use["custom_id"].format(turn=turn.id)} if "custom_id" in use else {})}
        used = await deliver(tavern, kind, data, post if kind == COMPONENT else None)
        assert not used.acknowledged, data
    assert len(set(asked)) == len(asked) == len(USES)
    assert tavern.posts(tavern.bound) == [FIRST]
    assert labels(tavern, post) == before
    assert len(m2her.requests) == 1
    claims(tavern, monkeypatch, StorageError(StorageErrorKind.FULL, Path("/")))
    again = {"custom_id": f"rp:again:{turn.id}", "component_type": 2}
    used = await deliver(tavern, COMPONENT, again, post)  # and nobody knows who was faster
    assert used.ephemeral
    assert tavern.posts(tavern.bound) == [FIRST]


def _below(of: type[Any]) -> Iterator[Any]:
    for each in of.__subclasses__():
        yield each
        yield from _below(each)


def test_every_way_in_asks_whether_it_is_this_processs() -> None:
    for module in pkgutil.walk_packages(bot.discord_ui.__path__, "bot.discord_ui."):
        importlib.import_module(module.name)
    assert "interaction_check" in vars(Tree)
    assert {control.interaction_check for control in CONTROLS} == {PersistentControl.interaction_check}
    for view in _below(discord.ui.View):
        if view.__module__.startswith("bot.") and getattr(view, "__view_children_items__", None):
            assert view.interaction_check is not discord.ui.View.interaction_check, view
    forms = [each for each in _below(discord.ui.Modal) if each.__module__.startswith("bot.")]
    assert all(each.on_submit is discord.ui.Modal.on_submit for each in forms)


def test_beside_its_holder_a_process_keeps_uses_as_long_as_discord_waits_for_an_answer() -> None:
    now, heard = [0.0], list[str]()
    assignment = ShardAssignment(Shard(0, 1), lambda: now[0])
    parsers = assignment.gate({"INTERACTION_CREATE": heard.append, "MESSAGE_CREATE": heard.append})
    parsers["INTERACTION_CREATE"]("a press")
    parsers["MESSAGE_CREATE"]("a message")
    now[0] = 5.0
    parsers["INTERACTION_CREATE"]("another press")
    now[0] = 6.5
    assignment.take()
    assert heard == ["a message", "another press"]
