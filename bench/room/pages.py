"""Requests as pages: one for each, for a human writer, or both versions of one beside each other.

Law: a page holds what was sent, and nothing that the model did not get; the other version's stands beside it.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

from bench.room.judge import Message, head_of, tokens
from bench.room.script import Evening, asking_in
from bench.room.stage import Played, Request

ALIKE: Final = 0.6
"""The least likeness of two versions of one message, as `difflib` measures it."""

Labelled = Mapping[str, Request]
"""Requests by the label of what they answer."""


def labelled(evening: Evening, played: Played) -> dict[str, Request]:
    """Return the requests that the script wants, by label: the evening, the step, and which of a step's."""
    found: dict[str, Request] = {}
    for request in played.requests:
        wanted = len(asking_in(evening.steps[request.step]))
        labels = [label_of(evening, played.naming, request.step, nth) for nth in range(wanted)]
        free = next((each for each in labels if each not in found), None)
        if free is not None:
            found[free] = request
    return found


def label_of(evening: Evening, naming: str, step: int, nth: int = 0) -> str:
    """Return the label of the request that a step leads to; a further one of the step has a letter."""
    form = f"-{naming}" if naming != evening.forms[0] else ""
    return f"{evening.key}{form}-{step:02}{chr(ord('a') + nth) if nth else ''}"


def page(request: Request) -> str:
    """Return a request as a writer reads it: role, name and words of each message."""
    return "\n\n".join(f"### {m['role']}: {m['name']}\n{m['content']}" for m in request.messages) + "\n"


def write(folder: Path, requests: Labelled) -> None:
    """Write a file for each request."""
    folder.mkdir(parents=True, exist_ok=True)
    for label, request in requests.items():
        (folder / f"{label}.txt").write_text(page(request), encoding="utf-8")


def beside(label: str, before: Request, now: Request) -> str:
    """Return both versions of a request as Markdown, with their tokens."""
    lines = [f"## {label}", "", "| | before | now |", "| --- | --- | --- |"]
    lines += [f"| messages | {len(before.messages)} | {len(now.messages)} |"]
    lines += [f"| tokens | {tokens(before.messages):,} | {tokens(now.messages):,} |"]
    lines += [f"| of these, before the history | {_head(before):,} | {_head(now):,} |", ""]
    lines += ["| before | | now |", "| --- | --- | --- |"]
    lines += [f"| {_cell(old)} | {mark} | {_cell(new)} |" for old, mark, new in _aligned(before, now)]
    return "\n".join(lines) + "\n"


def _head(request: Request) -> int:
    return tokens(head_of(request.messages))


def _aligned(before: Request, now: Request) -> Iterator[tuple[Message | None, str, Message | None]]:
    """Yield the messages of both in rows: those of one role with about the same words in one row."""
    at = 0
    for old in before.messages:
        alike = (number for number in range(at, len(now.messages)) if _is_like(old, now.messages[number]))
        found = next(alike, None)
        if found is None:
            yield old, "−", None  # noqa: RUF001 - a minus sign is meant
            continue
        yield from ((None, "+", message) for message in now.messages[at:found])
        yield old, "=" if old == now.messages[found] else "≠", now.messages[found]
        at = found + 1
    yield from ((None, "+", message) for message in now.messages[at:])


def _is_like(old: Message, new: Message) -> bool:
    if old["role"] != new["role"]:
        return False
    if old["role"] in {"system", "user_system", "group"}:
        return True
    shorter, longer = sorted((old["content"], new["content"]), key=len)
    return shorter in longer or SequenceMatcher(None, old["content"], new["content"]).ratio() > ALIKE


def _cell(message: Message | None) -> str:
    """Return a message as a cell of a table, in which nothing is markup."""
    if message is None:
        return ""
    content = message["content"]
    for character in "\\*_`~|<>[]#":
        content = content.replace(character, f"\\{character}")
    lines = "<br>".join(content.split("\n"))
    return f"**{message['role']}** ({message['name'].replace('|', '&#124;')}, {tokens([message])})<br>{lines}"


def replies_in(folder: Path) -> dict[str, str]:
    """Return the replies that a writer has put into a folder, by label."""
    files = sorted(folder.glob("*.txt"))
    return {file.stem: file.read_text("utf-8").strip() for file in files if file.read_text("utf-8").strip()}


def together(evenings: Sequence[tuple[Evening, Played]]) -> dict[str, Request]:
    """Return the requests of several evenings by label."""
    return {label: request for each in evenings for label, request in labelled(*each).items()}
