"""The composition of a prompt, for people to look at.

Law: this module describes prompts and never builds one.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.core.completion import Message, Naming, Prompt, Role
from bot.core.endpoint.calibration import Calibration
from bot.core.lore.telling import NOTHING, Activation
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
"""The part of the bar for each role."""

ORDER: Final = (
    *("persona", "memory", "lore", "table", "profiles", "scene", "samples", "history"),
    *("request", "reply", "free"),
)
"""The parts in the order of the bar: what is sent, what is reserved for the reply, what is free."""

BAR = 20
"""The number of blocks in the bar."""


class Lack(StrEnum):
    """Why older turns are left out."""

    FULL = "full"  # the window is full, as far as is known
    REFUSED = "refused"  # the API refused a longer prompt, now or recently
    BEFORE = "before"  # there was less room when the window last moved, or the next turn is too long


@dataclass(frozen=True, slots=True)
class Inspection:
    """The parts of a prompt.

    Attributes:
        persona: the persona that would speak.
        key: its key.
        messages: the messages in the order they are sent.
        parts: tokens by part; together they are the whole window, unless the prompt is larger.
        window: the model's window in tokens.
        naming: the form of the prompt.
        left_out: the number of older turns of the scene that are left out.
        lack: the reason, if there are such turns.
        turns: the number of turns in the prompt.
        lore: what it tells of lorebooks, and why.
        table: the lines of the table's rules, which stand last in the first message.
        unchanged: whether this is exactly what was sent; None for a prompt that was not sent.
    """

    persona: str
    key: str
    messages: tuple[Message, ...]
    parts: Mapping[str, int]
    window: int
    naming: Naming
    left_out: int
    lack: Lack
    turns: int
    lore: Activation = NOTHING
    table: Sequence[str] = ()
    unchanged: bool | None = None


def parts_of(prompt: Prompt, window: int, known: Calibration, counter: Counter) -> dict[str, int]:
    """Return the expected tokens of each part of a prompt, and the rest of the window.

    The parts that are sent add up exactly to `known.expected` of the whole prompt.
    """
    sizes = dict.fromkeys(("memory", "lore", "table", *PARTS.values()), Size(0, 0))
    for message in prompt.messages:
        part = PARTS[message.role]
        sizes[part] += Size(counter.count(message.content) + counter.count(message.name), 1)
    # These stand in `system`; a text is counted as a whole, its parts may come to more.
    shares = prompt.shares
    for part, tokens in (("memory", shares.memory), ("lore", shares.lore), ("table", shares.table)):
        taken = Size(min(tokens, sizes["persona"].text), 0)
        sizes |= {"persona": sizes["persona"] - taken, part: taken}
    # The turns were counted when they were stored, and their counts are part of the prompt's size.
    fixed = sum((size for part, size in sizes.items() if part != "history"), Size(0, 0))
    history = prompt.size - fixed
    came_up = Size(min(prompt.shares.notes, history.text), 0)
    sizes |= {"lore": sizes["lore"] + came_up, "history": history - came_up}
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
    """Return why a prompt contains no more turns; `room` is the space of the configured window for it."""
    if known.refused_above(prompt.size, prompt.sampling.max_completion_tokens):
        return Lack.REFUSED
    return Lack.BEFORE if is_sparse(prompt.size, Size(0, 0), room, known.upper) else Lack.FULL


def digest(prompt: Prompt) -> str:
    """Return a digest that is equal only for prompts with exactly the same messages."""
    told = [[message.role, message.name, message.content] for message in prompt.messages]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def bar(parts: Mapping[str, int], signs: Mapping[str, str], width: int = BAR) -> str:
    """Return the parts as a bar of signs, with at least one sign for each existing part.

    Signs added for small parts are taken from the parts with the largest shares. `width` must be at least the
    number of parts.
    """
    total = sum(parts.values())
    exact = {name: width * tokens / total for name, tokens in parts.items() if tokens}
    shares = {name: max(1, round(share)) for name, share in exact.items()}
    while shares and (over := sum(shares.values()) - width):
        step = -1 if over > 0 else 1
        spare = [name for name in shares if shares[name] + step]
        shares[max(spare, key=lambda name: step * (exact[name] - shares[name]))] += step
    return "".join(signs[name] * share for name, share in shares.items())
