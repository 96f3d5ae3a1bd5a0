"""A model server that is not ours, spoken to by the bot's client: what it streams, and how it refuses.

    python -m bench.real_server --base-url http://127.0.0.1:5005 --name eliza --key sesame

Any server of the `openai` dialect will do; docs/benchmarks.md says how to have one. It ends with 1 if
a reply does not come whole and in more than one piece, or if what must be refused is not.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.core.completion import Delta, ErrorKind, Finish, ModelError, Naming, Prompt, Sampling, Usage
from bot.core.persona import Persona
from bot.core.prompting.prompt import build_prompt
from bot.core.scene import Position, Speaker, Turn
from bot.core.tokens import BY_SCRIPT
from bot.llm.client import HttpModel, Server
from bot.llm.dialects import Dialect
from bot.llm.gate import Gate
from bot.llm.tries import Policy, Timeouts
from bot.personas.library import PersonaLibrary
from tests.llm.question import PlainQuestion

LINES = (
    "Good evening. I am looking for a room.",
    "I dreamt of the sea again, and of my brother.",
    "Tell me what you know about the drowned bell, please.",
)
SAMPLING = Sampling(temperature=0.9, top_p=0.95, max_completion_tokens=120)


@dataclass
class Came:
    """What a reply brought."""

    deltas: list[Delta]
    first: float
    """Seconds to the first words."""
    whole: float
    """Seconds to the end."""

    @property
    def text(self) -> str:
        """All its words."""
        return "".join(delta.text for delta in self.deltas)

    @property
    def finish(self) -> Finish | None:
        """Why the server stopped."""
        return next((delta.finish for delta in reversed(self.deltas) if delta.finish), None)

    @property
    def usage(self) -> Usage | None:
        """What the server counted."""
        return next((delta.usage for delta in reversed(self.deltas) if delta.usage), None)

    def __str__(self) -> str:
        usage = self.usage
        tokens = f"{usage.prompt_tokens} + {usage.completion_tokens} tokens" if usage else "no usage"
        return (
            f"{sum(bool(delta.text) for delta in self.deltas)} pieces, first after {self.first:.2f} s, "
            f"whole after {self.whole:.2f} s, finish={self.finish}, {tokens}"
        )


class Bench:
    """One run against one server."""

    def __init__(self, make: Callable[..., HttpModel], persona: Persona) -> None:
        self._make = make
        self._persona = persona
        self._wrong = 0

    async def run(self, key: str | None) -> int:
        """Try everything; return how much was wrong."""
        model = self._make()
        turns: list[Turn] = []
        for line in LINES:
            self._say(turns, "Alice", line)
            came = await self._reply(model, turns)
            print(f"{self._persona.name}: {came.text}\n  ({came})")
            self._expect("whole and in pieces", came.finish is not None and len(came.deltas) > 1)
            self._say(turns, self._persona.name, came.text)
        await self._left_early(model, turns)
        await self._two_at_once(model, turns)
        await model.aclose()
        if key:
            await self._refused("a wrong key", self._make(api_key="wrong"), turns, ErrorKind.BAD_KEY)
        await self._refused(
            "a dead port", self._make(base_url="http://127.0.0.1:9"), turns, ErrorKind.UNREACHABLE
        )
        self._say(turns, "Alice", "And so on. " * 20_000)
        kinds = (ErrorKind.OVERFLOW, ErrorKind.BAD_REQUEST)
        await self._refused("220,000 characters", self._make(), turns, *kinds)
        return self._wrong

    async def _left_early(self, model: HttpModel, turns: list[Turn]) -> None:
        """Leave a reply after its first piece; the next must come all the same."""
        async with aclosing(model.stream(PlainQuestion(self._prompt(turns[:1])))) as stream:
            await anext(stream)
        came = await self._reply(model, turns[:1])
        print(f"after one that was left early: {came}")
        self._expect("whole after one that was left early", came.finish is not None)

    async def _two_at_once(self, model: HttpModel, turns: list[Turn]) -> None:
        """Ask in two channels at once, with one stream allowed: one comes after the other, both whole."""
        first, second = await asyncio.gather(*(self._reply(model, turns[:1], place) for place in (1, 2)))
        print(f"two at once: {first}; {second}")
        self._expect("both whole", first.finish is not None and second.finish is not None)

    async def _refused(self, what: str, model: HttpModel, turns: list[Turn], *kinds: ErrorKind) -> None:
        try:
            came = await self._reply(model, turns)
        except ModelError as error:
            print(f"{what}: {error} (HTTP {error.status})")
            self._expect(f"{what} as {' or '.join(kinds)}", error.kind in kinds)
        else:
            print(f"{what}: taken ({came})")
            self._expect(f"{what} is refused", is_so=False)
        finally:
            await model.aclose()

    async def _reply(self, model: HttpModel, turns: Sequence[Turn], number: int = 1) -> Came:
        began, came = time.monotonic(), Came([], 0.0, 0.0)
        async for delta in model.stream(PlainQuestion(self._prompt(turns)), queue=(0, number)):
            came.first = came.first or time.monotonic() - began
            came.deltas.append(delta)
        came.whole = time.monotonic() - began
        return came

    def _prompt(self, turns: Sequence[Turn]) -> Prompt:
        return build_prompt(self._persona, turns, SAMPLING, Naming.FOLDED)

    def _say(self, turns: list[Turn], name: str, text: str) -> None:
        person = 1 if name == "Alice" else None
        turns.append(turn_of(len(turns) + 1, name, text, person, self._persona.key))

    def _expect(self, what: str, is_so: bool) -> None:  # noqa: FBT001 -- it is what is asked
        if not is_so:
            self._wrong += 1
            print(f"  NOT AS IT SHOULD BE: {what}")


def turn_of(number: int, name: str, text: str, user_id: int | None, persona_key: str) -> Turn:
    """Return a turn as the story would keep it."""
    return Turn(
        id=number,
        scene_id=1,
        position=Position(number),
        speaker=Speaker(user_id or 0, name, user_id, None if user_id else persona_key),
        text=text,
        tokens=BY_SCRIPT.count(text),
        created_at=datetime.now(UTC),
    )


async def bench(options: argparse.Namespace) -> int:
    """Run against the server the options name."""

    def make(**other: str) -> HttpModel:
        address = {"base_url": options.base_url, "api_key": options.key} | other
        server = Server(dialect=Dialect.OPENAI, model_name=options.name, needs_key=False, **address)
        return HttpModel(server, gate=Gate(at_once=1), policy=Policy(timeouts=Timeouts(first_token=300)))

    persona = PersonaLibrary.load(Path(__file__).parent.parent / "personas").at(None).get("marlow")
    assert persona is not None
    return await Bench(make, persona).run(options.key)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--name", default="local")
    parser.add_argument("--key", help="the server's key, if it asks for one")
    sys.exit(min(asyncio.run(bench(parser.parse_args())), 1))


if __name__ == "__main__":
    main()
