"""Reminding: what was said long ago and is asked for now comes into the prompt, in notes at its end.

Law: a reply is reminded once, of turns before the window of its prompt, within a bound of tokens. It costs a
few searches, and none while the window holds the whole story.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from typing import Final

from bot.core.memory.cues import MOST, RARE, candidates, recall, units_to_look_up
from bot.core.memory.excerpts import excerpt_of
from bot.core.notes import bracketed, content_of, earlier
from bot.core.scene import Position, Scene, Turn
from bot.core.tokens import Counter
from bot.storage.reminders import Reminder
from bot.storage.stores import Stores

TOKENS: Final = 300
"""Most tokens of all that a reply is reminded of."""

HEARD: Final = 3
"""Most messages, people's newest, that may ask for something."""

LENGTHS: Final = (240, 160, 100)
"""Most characters of an excerpt, from the longest that has room."""


@dataclass(frozen=True, slots=True)
class Reminded:
    """An old turn, and the words of it that a reply is told."""

    turn: Turn
    words: str

    def note(self, turns: Sequence[Turn]) -> str:
        """Return the note, under the speaker's newest name in these turns."""
        own = self.turn.identity
        names = [turn.name for turn in turns if turn.user_id is not None and turn.identity == own]
        return earlier(names[-1] if names else self.turn.name, self.words)


class Reminding:
    """Finds what replies are reminded of."""

    def __init__(self, stores: Stores) -> None:
        """Search these."""
        self._searches = stores.searches
        self._history = stores.history
        self._reminders = stores.reminders

    async def told(self, scene: Scene, turn_id: int, before: Position) -> tuple[Reminded, ...]:
        """Return what a reply at a position was reminded of, as far as it is in the story still."""
        return await self._read(scene, await self._reminders.of(turn_id), before)

    async def remind(
        self, scene: Scene, turn_id: int | None, before: Position, persona_key: str, counter: Counter
    ) -> tuple[Reminded, ...]:
        """Return what a persona's reply is reminded of, and store it; `turn_id` is None for a look."""
        if turn_id is not None and await self._history.requests.sent(turn_id) is not None:
            return await self.told(scene, turn_id, before)
        reminders = await self._found(scene, before, persona_key, counter) if scene.window_start else []
        if turn_id is not None and reminders:
            await self._reminders.add(turn_id, reminders)
        return await self._read(scene, reminders, before)

    async def _found(
        self, scene: Scene, before: Position, persona_key: str, counter: Counter
    ) -> list[Reminder]:
        newest = await self._history.recent(scene.id, scene.window_start, before, HEARD)
        # Of several personas that are asked, the later ones answer after the others' replies.
        heard = dropwhile(lambda turn: turn.persona_key not in {None, persona_key}, reversed(newest))
        said = list(takewhile(lambda turn: turn.user_id is not None, heard))
        found: dict[int, tuple[Turn, int]] = {}
        for turn in said:
            for old, start in await self._recalled(scene, content_of(turn), {each.id for each in said}):
                found.setdefault(old.id, (old, start))
        return _within(TOKENS, list(found.values())[:MOST], counter)

    async def _recalled(self, scene: Scene, said: str, new: Collection[int]) -> list[tuple[Turn, int]]:
        """Return the turns before the window that words recall, each with where; `new` are no other turns."""
        start = scene.window_start
        found = await self._searches.with_units(scene.id, units_to_look_up(said), start, RARE + len(new))
        others = {unit: [each for each in turns if each not in new] for unit, turns in found.items()}
        rare = {unit: turns for unit, turns in others.items() if len(turns) <= RARE}
        old = await self._searches.turns(scene.id, candidates(rare), start)
        counts = {unit: len(turns) for unit, turns in rare.items()}
        recalled = recall(said, counts, [content_of(turn) for turn in old])
        return [(old[each.number], each.start) for each in recalled]

    async def _read(
        self, scene: Scene, reminders: Sequence[Reminder], before: Position
    ) -> tuple[Reminded, ...]:
        turns = await self._searches.turns(scene.id, [each.of_turn for each in reminders], before)
        known = {turn.id: turn for turn in turns}
        return tuple(
            Reminded(known[each.of_turn], _words(known[each.of_turn], each.start, each.length))
            for each in reminders
            if each.of_turn in known
        )


def _within(tokens: int, found: Sequence[tuple[Turn, int]], counter: Counter) -> list[Reminder]:
    """Return the reminders of turns that have room, each as long as there is room for."""
    reminders = []
    for turn, start in found:
        for length in LENGTHS:
            cost = counter.count(f"\n{bracketed(earlier(turn.name, _words(turn, start, length)))}")
            if cost <= tokens:
                reminders.append(Reminder(turn.id, start, length))
                tokens -= cost
                break
    return reminders


def _words(turn: Turn, start: int, length: int) -> str:
    parts = excerpt_of(content_of(turn), [(start, start + 1)], length)
    return "".join(part.text for part in parts)
