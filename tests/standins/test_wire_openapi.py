"""Discord's OpenAPI description as a judge of requests."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.standins.discord_wire import openapi_complaints
from tests.standins.discord_wire.openapi import ABSENT, ELSEWHERE, description


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    json: Any = None
    query: dict[str, str] = field(default_factory=dict)
    status: int | None = None
    answer: Any = None


HOOK = "/webhooks/12/token"
POST = "/channels/1/messages"
BUTTON = {"type": 2, "style": 2, "label": "Again", "custom_id": "a"}


@pytest.mark.skipif(description() is None, reason=ABSENT)
@pytest.mark.parametrize(
    ("asked", "complains"),
    [
        (Asked("POST", POST, {"content": "x", "tts": False, "nonce": "n"}), False),
        (Asked("POST", POST, {"content": "x", "message_reference": {"message_id": 12}}), False),
        (Asked("POST", POST, {"contents": "x"}), True),
        (Asked("POST", POST, {"content": "x", "nonce": "n" * 26}), True),
        (Asked("POST", POST, {"content": "x", "components": [{"type": 1, "components": [BUTTON]}]}), False),
        (
            Asked("POST", POST, {"content": "x", "components": [{"type": 1, "components": [BUTTON] * 6}]}),
            True,
        ),
        (Asked("PATCH", f"{POST}/2", {"content": "x", "tts": False}), False),
        (Asked("PATCH", f"{POST}/2", {"content": 5}), True),
        (Asked("POST", HOOK, {"content": "x", "username": "n" * 80}, {"wait": "1"}), False),
        (Asked("POST", HOOK, {"content": "x", "username": "n" * 81}), True),
        (Asked("POST", HOOK, {"content": "x", "nonce": "n"}), True),
        (Asked("POST", HOOK, {"content": "x"}, {"threadid": "1"}), True),
        (Asked("PATCH", f"{HOOK}/messages/@original", {"content": "x"}), False),
        (Asked("GET", f"{POST}?limit=1".partition("?")[0], None, {"limit": "1"}), False),
        (Asked("POST", "/channels/1/nothing"), True),
    ],
)
def test_the_description_finds_what_is_misspelt_and_too_long(asked: Asked, complains: bool) -> None:
    assert bool(openapi_complaints([asked])) == complains, openapi_complaints([asked])


def test_a_run_without_the_description_says_once_that_nothing_was_checked_and_ends_as_ever() -> None:
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            f"{__file__}::{test_the_description_finds_what_is_misspelt_and_too_long.__name__}",
        ],
        cwd=Path(__file__).parents[2],
        env=os.environ | {ELSEWHERE: os.devnull},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    lines = ran.stdout.splitlines()
    assert (
        "Without Discord's OpenAPI description no request of these tests was held against it. Download "
        "specs/openapi.json of github.com/discord/discord-api-spec and set DISCORD_OPENAPI to its path."
    ) in lines
    assert ran.stdout.count("not checked") == 1
    assert lines[-1].strip("= ").startswith("15 skipped in ")
