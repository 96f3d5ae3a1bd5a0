"""Requests of two versions to a real model: what it makes of each.

Law: both versions get the same sampling and as many replies, which are measured twice: as they came, and as
people would see them, by what this version of the bot removes and asks for once more.
"""

import json
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from bench.room.judge import head_of, read
from bench.room.measures import MEASURES, Reply, difference, interval
from bench.room.stage import Request
from bot.core.completion import Delta, Message, Prompt, Sampling
from bot.core.notes import notes_in
from bot.core.output.answer import Answer
from bot.core.output.leaks import sieve_for
from bot.core.persona import Persona
from bot.core.tokens import Size
from bot.llm.client import HttpModel, Server
from bot.llm.dialects import Dialect
from bot.llm.gate import Gate
from bot.llm.tries import Policy, Timeouts
from tests.llm.question import PlainQuestion

VERSIONS: Final = ("before", "now")
SAMPLING: Final = Sampling(temperature=0.9, top_p=0.95, max_completion_tokens=160)

PATIENT: Final = Policy(timeouts=Timeouts(first_token=300, between_tokens=300))
"""Seconds enough for a model that shares a processor with other work: its pauses are not what is measured."""

WORSE_IF_MORE: Final = frozenset(MEASURES) - {"words"}
"""The measures of which more is worse; a length is only compared."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model is, and its name and key."""

    base_url: str
    name: str
    key: str | None = None


@asynccontextmanager
async def model_at(address: Address) -> AsyncIterator[HttpModel]:
    """Open the model of a server in the dialect of OpenAI."""
    server = Server(address.base_url, Dialect.OPENAI, address.name, address.key, needs_key=False)
    model = HttpModel(server, gate=Gate(at_once=1), policy=PATIENT)
    try:
        yield model
    finally:
        await model.aclose()


async def reply_to(model: HttpModel, request: Request) -> str:
    """Return what the model replies to a request.

    Raises:
        ModelError: it does not.
    """
    messages = tuple(Message(m["role"], m["name"], m["content"]) for m in request.messages)  # type: ignore[arg-type]  # they were sent
    text = ""
    async for delta in model.stream(PlainQuestion(Prompt(messages, SAMPLING, Size(0, len(messages))))):
        text += delta.text
    return text


Tries = Sequence[str]
"""A reply as it came; where nothing of that would have been shown, the answer to a second request too."""

Texts = Mapping[tuple[str, str], Sequence[Tries]]
"""The replies by label and version."""


async def ask(
    address: Address, pairs: Mapping[str, Mapping[str, Request]], times: int, kept: Path | None = None
) -> Texts:
    """Ask for so many replies to each request of both versions; `pairs` has the versions by label.

    Like the bot, it asks once more where nothing of a reply is the persona's. What comes is written into
    `kept`; what is there already is not asked for again.

    Raises:
        ModelError: the model does not answer.
    """
    texts = {(label, version): list[Tries]() for label in pairs for version in VERSIONS}
    known = {key: deque(_kept_in(kept, *key)) for key in texts}
    async with model_at(address) as model:
        for (label, version), found in texts.items():  # a server keeps what it read of the last prompt
            request, said = pairs[label][version], known[label, version]

            async def next_text(request: Request = request, said: deque[str] = said) -> str:
                if not said:
                    said.append(await reply_to(model, request))
                    _keep(kept, label, version, said[-1])  # noqa: B023 - awaited within the round
                return said.popleft()

            while len(found) < times:
                tries = [await next_text()]
                if answer_of(reply_of(request, tries[0])).is_none_of_its_own:
                    tries.append(await next_text())
                found.append(tries)
            print(f"  {label} {version}: {len(found)} replies, the last {found[-1][-1][:70]!r}", flush=True)
    return texts


def _kept_in(file: Path | None, label: str, version: str) -> list[str]:
    if file is None or not file.exists():
        return []
    entries = map(json.loads, file.read_text("utf-8").splitlines())
    return [text for *key, text in entries if key == [label, version]]


def _keep(file: Path | None, *entry: str) -> None:
    if file is not None:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(entry, ensure_ascii=False) + "\n")


def reply_of(request: Request, text: str) -> Reply:
    """Return a reply with what its request held."""
    told = read(request.messages, "folded")
    earlier = [text for name, text in told.history if name == told.name]
    others = sorted({name for name, _ in told.people if name})
    notes = notes_in("\n".join(m["content"] for m in request.messages if m["role"] == "user"))
    return Reply(text, told.name, earlier, _samples(request), others, notes)


def replies_of(
    pairs: Mapping[str, Mapping[str, Request]], texts: Texts, *, as_shown: bool
) -> dict[str, list[Reply]]:
    """Return the replies of both versions with what their requests held; `as_shown` as people see them."""
    replies: dict[str, list[Reply]] = {version: [] for version in VERSIONS}
    for (label, version), found in texts.items():
        request = pairs[label][version]
        for tries in found:
            reply = reply_of(request, tries[-1 if as_shown else 0])
            replies[version].append(shown(reply) if as_shown else reply)
    return replies


def shown(reply: Reply) -> Reply:
    """Return a reply as people see it."""
    return replace(reply, text=answer_of(reply).text)


def answer_of(reply: Reply) -> Answer:
    """Return a reply as the bot reads it."""
    persona = Persona(key="persona", name=reply.name)
    answer = Answer(partial(sieve_for, persona, reply.others, notes=reply.notes))
    answer.take(Delta(reply.text))
    answer.let_through()
    return answer


def _samples(request: Request) -> Sequence[str]:
    """Return the sample replies that a folded request holds."""
    name = request.messages[0]["name"]
    examples = head_of(request.messages)[0]["content"].partition("by example:\n")[2]
    return [part.partition(f"\n{name}: ")[2] for part in examples.split("\n\n") if f"\n{name}: " in part]


def report(replies: Mapping[str, Sequence[Reply]]) -> list[str]:
    """Return the table of all measures, in which those that are worse beyond chance say so."""
    lines = ["| | before | now | difference |", "| --- | --- | --- | --- |"]
    for name, measure in MEASURES.items():
        before, now = ([measure(reply) for reply in replies[version]] for version in VERSIONS)
        change = difference(before, now)
        worse = name in WORSE_IF_MORE and change.low > 0
        lines.append(
            f"| {name} | {interval(before)} | {interval(now)} | {change}{' **worse**' if worse else ''} |"
        )
    return lines
