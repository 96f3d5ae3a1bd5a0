"""Things that go wrong with the next request of a kind, at a test's command."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP; no body where `json` is None."""

    status: int
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Fault:
    """One planned mishap. A hanging request waits until `release` is called.

    With `applied`, the request is carried out first: only its answer is wrong, lost or late. Before the first
    that suffers, `after` requests pass.
    """

    method: str
    path: str
    times: int
    answer: Answer | None = None
    lost: bool = False
    applied: bool = False
    gate: asyncio.Event | None = None
    caught: int = 0
    after: int = 0

    def release(self) -> None:
        """Let those that hang go on, and let no further one hang."""
        self.times = 0
        if self.gate is not None:
            self.gate.set()


class Faults:
    """Planned mishaps, first planned first met. A path is written without the API's base, `*` matching all.

    So is a method.
    """

    def __init__(self) -> None:
        self._planned: list[Fault] = []

    def answer(
        self,
        method: str,
        path: str,
        status: int,
        json: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        times: int = 1,
        applied: bool = False,
    ) -> Fault:
        """The next `times` requests get this answer instead of their own."""
        body = {"message": f"{status}: planned by the test", "code": 0} if json is None else json
        return self._plan(Fault(method, path, times, Answer(status, body, headers or {}), applied=applied))

    def reset(self, method: str, path: str, *, times: int = 1, applied: bool = False) -> Fault:
        """The connection of the next `times` requests breaks before an answer.

        aiohttp itself tries a GET, PUT or DELETE again on a new connection, unseen by discord.py.
        """
        return self._plan(Fault(method, path, times, lost=True, applied=applied))

    def hang(
        self,
        method: str,
        path: str,
        *,
        times: int = 1,
        applied: bool = False,
        lost: bool = False,
        after: int = 0,
    ) -> Fault:
        """The next `times` requests get no answer until `release`; with `lost`, their connection breaks then."""
        gate = asyncio.Event()
        return self._plan(Fault(method, path, times, lost=lost, applied=applied, gate=gate, after=after))

    def catch(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets, used up once."""
        for fault in self._planned:
            if fault.times > 0 and fnmatchcase(method, fault.method) and fnmatchcase(path, fault.path):
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                fault.caught += 1
                return fault
        return None

    def release_all(self) -> None:
        for fault in self._planned:
            fault.release()

    def _plan(self, fault: Fault) -> Fault:
        self._planned.append(fault)
        return fault
