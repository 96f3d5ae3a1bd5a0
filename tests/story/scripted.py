"""A model that follows a script, for tests of the story without Discord."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from bot.core.completion import NO_QUEUE, Delta, ErrorKind, Finish, ModelError, Question, Queue, Usage

LENGTH = Delta(finish=Finish.LENGTH)

Step = str | Delta | Exception | asyncio.Event
"""Words, an event of the stream, what goes wrong, or what it waits for."""


class Scripted:
    """A model that says what it was told to, and notes what it was asked."""

    name, endpoint = "scripted", "here"

    def __init__(self) -> None:
        self.answers: list[Sequence[Step]] = []
        self.asked: list[list[tuple[str, str, str]]] = []
        self.queues: list[Queue] = []
        self.held = asyncio.Event()  # it waits where its script says so

    def say(self, *steps: Step) -> None:
        self.answers.append(steps)

    async def stream(self, question: Question, *, queue: Queue = NO_QUEUE) -> AsyncGenerator[Delta, None]:
        self.queues.append(queue)
        question.is_out = True
        messages = question.prompt.messages
        self.asked.append([(m.role, m.name, m.content) for m in messages if m.role != "system"])
        steps = self.answers.pop(0)
        is_answered = False
        for step in steps:
            match step:
                case asyncio.Event():
                    self.held.set()
                    await step.wait()
                case ModelError(kind=kind):
                    broken_off = kind in {ErrorKind.TIMED_OUT, ErrorKind.CUT_SHORT}
                    question.lost += broken_off and not is_answered
                    question.is_out = False
                    raise step
                case Exception():
                    raise step
                case str():
                    is_answered = True
                    yield Delta(text=step)
                case _:
                    yield step
        finish = None if LENGTH in steps else Finish.STOP
        yield Delta(finish=finish, usage=Usage(100, 10, 110))

    async def aclose(self) -> None:
        pass
