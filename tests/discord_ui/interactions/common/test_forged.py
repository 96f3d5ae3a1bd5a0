"""Interactions that Discord's own apps never send: a plain refusal, and no traceback in the log."""

import logging
from typing import Any

import pytest
from simcord.actors import _dispatch_actor_interaction
from simcord.backend import serializers

from tests.standins.m2her import M2her
from tests.tavern import Tavern

COMPONENT, SUBMIT = 3, 5

FORGED = [
    "", " ", "rp:", "rp:again", "rp:again:", "rp:again:0", "rp:again:-1", "rp:again:1e3", "rp:again:1:2",
    "rp:again:999999999999999999", "rp:again:9999999999999999999999", "rp:again:٣", "rp:AGAIN:1", "rp:nothing:1",
    "rp:undo:", "rp:undo:0", "rp:undo:999999999999999999", "rp:resume:0", "rp:resume:1:x", "rp:set:server:paused",
    "rp:set:channel:nothing", "rp:panel:server:-1", "rp:panel:server:99999999999999999999", "rp:go_on:1",
    "rp:edit:1", "rp:import:1", "rp:again:1\n", "\ud800", "rp:again:1" + "x" * 90, "a" * 100, "\u202erp:again:1", "%s{0}{reason}",
]  # fmt: skip


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log has of errors and tracebacks."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.ERROR or record.exc_info is not None
    ]


async def deliver(tavern: Tavern, kind: int, data: Any, message: Any = None) -> Any:
    """Deliver an interaction of Alice's with any data; return what she is answered."""
    alice = tavern.people["Alice"]
    extra = {}
    if message is not None:
        backend = tavern.env.backend
        stored = backend.get_message(message.channel.id, message.id)
        extra = {"message": dict(serializers.message_payload(backend, stored))}
    return await _dispatch_actor_interaction(alice, kind, tavern.bound, data, extra=extra)


@pytest.mark.parametrize("kind", [2, 3])
@pytest.mark.parametrize("custom_id", FORGED)
async def test_a_forged_id_is_refused(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture, custom_id: str, kind: int
) -> None:
    m2her.say("Aye.")
    await tavern.say("Alice", f"{tavern.mention} hello")
    data = {"custom_id": custom_id, "component_type": kind} | ({"values": ["x"]} if kind == 3 else {})
    used = await deliver(tavern, COMPONENT, data, tavern.last_post(tavern.bound))
    assert used.ephemeral
    assert errors(caplog) == []
    assert tavern.posts(tavern.bound) == ["Aye."]


FORMS: list[dict[str, Any]] = [
    {"components": None}, {"components": "x"}, {"components": [None]}, {"components": ["x", 5, []]},
    {"components": {"a": 1}}, {"components": []},
    {"components": [{"type": 4, "custom_id": None, "value": None}]},
    {"components": [{"type": 4, "custom_id": "0:00000000", "value": "\ud800"}]},
    {"components": [{"type": 4, "custom_id": [], "value": {}}]},
    {"components": [{"type": 18, "component": "x"}]},
    {"components": [{"type": 18, "component": {"type": 4, "custom_id": "0:0", "value": 7}}]},
    {"components": [{"type": 18, "components": 4}]},
    {"custom_id": "rp:edit:999999999999999999", "components": []},
    {"custom_id": "rp:edit:x", "components": []},
]  # fmt: skip


@pytest.mark.parametrize("data", FORMS)
async def test_a_forged_form_is_refused(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture, data: dict[str, Any]
) -> None:
    m2her.say("Aye.")
    await tavern.say("Alice", f"{tavern.mention} hello")
    turn = (await tavern.turns(tavern.bound))[-1]
    used = await deliver(tavern, SUBMIT, {"custom_id": f"rp:edit:{turn.id}"} | data)
    assert used.ephemeral
    assert errors(caplog) == []
    assert tavern.posts(tavern.bound) == ["Aye."]


COMMAND, AUTOCOMPLETE = 2, 4

BROKE = "Something went wrong. The bot's owner can find the reason in the log. Try again."
UNKNOWN = "This command is out of date. Reload Discord and try again."

UNREADABLE: list[tuple[int, Any, str]] = [
    (SUBMIT, {}, BROKE),
    (SUBMIT, {"custom_id": None}, BROKE),
    (SUBMIT, {"custom_id": 5}, BROKE),
    (SUBMIT, {"custom_id": "rp:edit:1"}, BROKE),
    (SUBMIT, {"custom_id": [], "components": []}, BROKE),
    (SUBMIT, {"custom_id": "rp:edit:1", "components": [], "resolved": 5, "x_id": 2**63}, BROKE),
    (SUBMIT, None, BROKE),
    (SUBMIT, "x", BROKE),
    (COMPONENT, {}, BROKE),
    (COMPONENT, {"custom_id": "rp:again:1"}, BROKE),
    (COMPONENT, {"custom_id": 5, "component_type": 2}, BROKE),
    (COMPONENT, {"custom_id": None, "component_type": 2}, BROKE),
    (COMPONENT, {"custom_id": {}, "component_type": 3}, BROKE),
    (COMPONENT, [], BROKE),
    (COMMAND, {}, UNKNOWN),
    (COMMAND, {"name": []}, UNKNOWN),
    (COMMAND, {"name": "talk", "options": "x"}, UNKNOWN),
    (COMMAND, {"name": "talk", "options": [{"name": "text", "type": 3}]}, UNKNOWN),
    (COMMAND, {"name": "talk", "options": [], "resolved": 5}, UNKNOWN),
    (COMMAND, {"name": "Edit reply", "type": "x"}, UNKNOWN),
    (COMMAND, {"name": "talk", "id": 2**63}, BROKE),
]


@pytest.mark.parametrize(("kind", "data", "said"), UNREADABLE)
async def test_an_interaction_that_the_library_cannot_read_is_answered(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture, kind: int, data: Any, said: str
) -> None:
    m2her.say("Aye.")
    await tavern.say("Alice", f"{tavern.mention} hello")
    used = await deliver(tavern, kind, data)
    assert (used.ephemeral, used.response.content) == (True, said)
    assert errors(caplog) == []
    assert tavern.posts(tavern.bound) == ["Aye."]


@pytest.mark.parametrize("extra", [
    {"member": None}, {"member": 5}, {"member": {"user": {"id": "no number"}}}, {"channel": 5}, {"channel": None},
    {"channel": {"id": "x", "type": 0}}, {"message": {}}, {"message": 5}, {"entitlements": 7},
    {"authorizing_integration_owners": []}, {"version": {}}, {"locale": []}, {"context": "x"}, {"user": []},
    {"app_permissions": "x"}, {"attachment_size_limit": None}, {"member": {"user": {"id": str(2**63)}}},
])  # fmt: skip
async def test_a_press_with_anything_around_it_is_answered(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture, extra: dict[str, Any]
) -> None:
    m2her.say("Aye.")
    await tavern.say("Alice", f"{tavern.mention} hello")
    data = {"custom_id": "rp:again:9", "component_type": 2}
    used = await _dispatch_actor_interaction(
        tavern.people["Alice"], COMPONENT, tavern.bound, data, extra=extra
    )
    assert used.ephemeral
    assert errors(caplog) == []


@pytest.mark.parametrize("data", [{}, None, {"name": []}, {"name": "persona", "options": 5}])
async def test_suggestions_that_are_asked_for_in_a_way_that_cannot_be_read_are_none(
    tavern: Tavern, caplog: pytest.LogCaptureFixture, data: Any
) -> None:
    used = await deliver(tavern, AUTOCOMPLETE, data)
    assert used.autocomplete_choices == []
    assert errors(caplog) == []


@pytest.mark.parametrize("extra", [
    {"id": "x"}, {"id": None}, {"id": str(2**63)}, {"token": None}, {"token": 5}, {"type": "x"}, {"guild_id": "-1"},
    {"guild_id": str(2**63)}, {"application_id": None}, {"application_id": "x"},
])  # fmt: skip
async def test_an_interaction_without_what_an_answer_takes_is_lost(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture, extra: dict[str, Any]
) -> None:
    await _dispatch_actor_interaction(tavern.people["Alice"], SUBMIT, tavern.bound, {}, extra=extra)
    assert errors(caplog) == []
    m2her.say("Aye.")
    await tavern.say("Alice", f"{tavern.mention} hello")
    assert tavern.posts(tavern.bound) == ["Aye."]


async def test_half_an_emoji_in_a_form_is_a_question_mark(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    m2her.say("Aye.")
    await tavern.say("Alice", f"{tavern.mention} hello")
    post = tavern.last_post(tavern.bound)
    alice = tavern.people["Alice"]
    form = await alice.context_menu(tavern.bound, "Edit reply", post)
    (field,) = [label["component"] for label in form.modal["components"]]
    value = {"type": 4, "custom_id": field["custom_id"], "value": "No \ud83d lamp"}
    used = await deliver(
        tavern,
        SUBMIT,
        {"custom_id": form.modal["custom_id"], "components": [{"type": 18, "component": value}]},
    )
    assert used.ephemeral
    assert errors(caplog) == []
    assert tavern.posts(tavern.bound)[0] == "No ? lamp\n-# edited by Alice"
