"""What a prompt is made of, for people to look at.

Law: it describes a prompt and never makes one.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.core.completion import Message, Naming, Prompt, Role
from bot.core.endpoint.calibration import Calibration
from bot.core.prompting.prompt import PROFILED_LIMIT
from bot.core.prompting.window import is_sparse
from bot.core.tokens import Counter, Size

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


class Lack(StrEnum):
    """Why older turns found no room."""

    FULL = "full"  # the window, as far as is known
    REFUSED = "refused"  # the API refused a longer prompt, or lately did
    BEFORE = "before"  # there was less room when the window last moved, or the next turn is too long


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
        lack: why, if there are such.
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
    lack: Lack
    turns: int
    unprofiled: int
    unchanged: bool | None = None


def parts_of(prompt: Prompt, window: int, known: Calibration, counter: Counter) -> dict[str, int]:
    """Return the tokens each part of a prompt most likely takes, and what is left of the window.

    What is sent comes to `known.expected` of the whole prompt, to the token.
    """
    sizes = dict.fromkeys(PARTS.values(), Size(0, 0))
    for message in prompt.messages:
        part = PARTS[message.role]
        sizes[part] += Size(counter.count(message.content) + counter.count(message.name), 1)
    # What the turns cost was counted when they were said, and is in the prompt's size already.
    fixed = sum((size for part, size in sizes.items() if part != "history"), Size(0, 0))
    sizes["history"] = prompt.size - fixed
    parts = dict.fromkeys(ORDER, 0)
    whole = Size(0, 0)
    parts["request"] = before = known.expected(whole)
    for part, size in sizes.items():
        whole += size
        parts[part], before = known.expected(whole) - before, known.expected(whole)
    parts["reply"] = prompt.sampling.max_completion_tokens
    parts["free"] = max(0, window - sum(parts.values()))
    return parts


def lack_of(prompt: Prompt, room: int, known: Calibration) -> Lack:
    """Return why a prompt has no more turns, where `room` is what the configured window leaves for it."""
    if known.refused_above(prompt.size, prompt.sampling.max_completion_tokens):
        return Lack.REFUSED
    return Lack.BEFORE if is_sparse(prompt.size, Size(0, 0), room, known.upper) else Lack.FULL


def without_profile(speakers: int, *, has_profile: bool) -> int:
    """Return how many of the people in a prompt get no profile."""
    return max(0, speakers - PROFILED_LIMIT) if has_profile else 0


def digest(prompt: Prompt) -> str:
    """Return what two prompts share only if their messages are the same to the letter."""
    told = [[message.role, message.name, message.content] for message in prompt.messages]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def bar(parts: Mapping[str, int], signs: Mapping[str, str], width: int = BAR) -> str:
    """Return the parts as a bar of signs, each part that is there with at least one.

    What small parts get beyond their share is taken from those that can spare it best. `width` must not be
    less than there are parts.
    """
    total = sum(parts.values())
    exact = {name: width * tokens / total for name, tokens in parts.items() if tokens}
    shares = {name: max(1, round(share)) for name, share in exact.items()}
    while shares and (over := sum(shares.values()) - width):
        step = -1 if over > 0 else 1
        spare = [name for name in shares if shares[name] + step]
        shares[max(spare, key=lambda name: step * (exact[name] - shares[name]))] += step
    return "".join(signs[name] * share for name, share in shares.items())
