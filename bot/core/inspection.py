"""What a prompt is made of, for people to look at.

Law: it describes a prompt and never makes one.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.completion import Message, Prompt, Role
from bot.core.prompt import PROFILED_LIMIT, Naming
from bot.core.tokens import PER_MESSAGE, PER_REQUEST, estimate

PARTS: Mapping[Role, str] = {
    "system": "persona",
    "user_system": "profiles",
    "group": "scene",
    "sample_message_user": "samples",
    "sample_message_ai": "samples",
    "user": "history",
    "assistant": "history",
}
"""Which part of the bar a message belongs to."""

ORDER = ("persona", "profiles", "scene", "samples", "history", "request", "reply", "free")
"""The parts, in the order of the bar: what is sent, what the reply may take, what is left."""

BAR = 20
"""Blocks in the bar."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """A prompt taken apart.

    Attributes:
        persona: who would speak.
        messages: what is sent, in order.
        parts: tokens by part, together the whole window unless the prompt is larger.
        window: the model's, in tokens.
        naming: the form of the prompt.
        left_out: older turns of the scene that found no room.
        turns: turns in the prompt.
        unprofiled: people in the prompt who get no profile because there are too many.
        unchanged: whether this is to the letter what was sent; None for a prompt that was not sent.
    """

    persona: str
    messages: tuple[Message, ...]
    parts: Mapping[str, int]
    window: int
    naming: Naming
    left_out: int
    turns: int
    unprofiled: int
    unchanged: bool | None = None


def parts_of(prompt: Prompt, window: int) -> dict[str, int]:
    """Return the tokens each part of a prompt takes, and what is left of the window."""
    parts = dict.fromkeys(ORDER, 0)
    for message in prompt.messages:
        parts[PARTS[message.role]] += PER_MESSAGE + estimate(message.content) + estimate(message.name)
    parts["request"] = PER_REQUEST
    parts["reply"] = prompt.sampling.max_completion_tokens
    parts["free"] = max(0, window - sum(parts.values()))
    return parts


def without_profile(speakers: int, *, has_profile: bool) -> int:
    """Return how many of the people in a prompt get no profile."""
    return max(0, speakers - PROFILED_LIMIT) if has_profile else 0


def digest(prompt: Prompt) -> str:
    """Return what two prompts share only if their messages are the same to the letter."""
    told = [[message.role, message.name, message.content] for message in prompt.messages]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def bar(parts: Mapping[str, int], signs: Mapping[str, str], width: int = BAR) -> str:
    """Return the parts as a bar of signs, each part that is there with at least one.

    The largest part gives way where rounding would make the bar too long, or too short.
    """
    total = sum(parts.values()) or 1
    shares = {name: max(1, round(width * tokens / total)) for name, tokens in parts.items() if tokens}
    if shares:
        shares[max(shares, key=lambda name: shares[name])] -= sum(shares.values()) - width
    return "".join(signs[name] * shares[name] for name in parts if name in shares)
