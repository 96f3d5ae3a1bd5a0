"""What people decide about what is stored of them: see it, take it along, have it forgotten, opt out.

Law: a person decides for themselves only. What is forgotten is gone from all that is stored in one step; what
has to follow (the index, the journal, the copies) follows also after a kill.
"""

import asyncio
import json
import logging
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, Final

from bot.core.notes import from_json
from bot.core.recognition import Traces
from bot.core.scene import Place
from bot.storage.erasures import Erasure, Forgotten, Said
from bot.storage.errors import StorageError
from bot.storage.stores import Stores
from bot.storage.subject_access import Stored
from bot.story.replies.floor import Floor
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

PART: Final = 8_000_000
"""Bytes of one file of an export; Discord takes ten million (its page "Uploading Files")."""

TRIES: Final = 50
"""How often the journal is tried to be emptied, which has to wait while anybody reads it."""

AT_ONCE: Final = 256 * 2**20
"""Bytes of a database that is written again while the bot runs, in which nobody can write: about a second."""

PIECES: Final = 100_000
"""Pieces in which the index is cleaned at most, which begins again when words are deleted meanwhile."""


class Privacy:
    """The use cases of people's own data."""

    def __init__(self, floor: Floor, stores: Stores, clock: Callable[[], datetime]) -> None:
        """Wire the use cases to their dependencies; `clock` returns aware UTC times."""
        self._floor = floor
        self._access = stores.records.access
        self._opt_outs = stores.records.opt_outs
        self._erasures = stores.records.erasures
        self._searches = stores.searches
        self._preferences = stores.preferences
        self._clock = clock
        self._following = asyncio.Lock()

    async def stored(self, user_id: int, place: Place) -> Stored:
        """Return how much is stored about a person, in a channel with its threads and everywhere."""
        return await self._access.stored(user_id, place.channel_id)

    # --- opting out -------------------------------------------------------------------------------

    async def is_out(self, user_id: int) -> bool:
        """Return whether a person has opted out."""
        return bool(await self._preferences.opted_out([user_id]))

    async def opt_out(self, user_id: int) -> None:
        """Let nothing of a person be stored, told or quoted from now on."""
        await self._opt_outs.opt_out(user_id)
        await self._settle(user_id)

    async def opt_in(self, user_id: int, press_id: int) -> None:
        """Let a person take part again with what they say after this press."""
        await self._opt_outs.opt_in(user_id, press_id)
        await self._settle(user_id)

    async def _settle(self, user_id: int) -> None:
        async for turn_ids in self._opt_outs.turns_of(user_id):
            await self._opt_outs.settle(turn_ids)

    # --- taking along -----------------------------------------------------------------------------

    async def export(self, user_id: int) -> AsyncIterator[bytes]:
        """Yield all that is stored about a person as JSON files, each of at most `PART` bytes.

        Each file is complete; all but the first only have further messages.
        """
        rest = await self._access.rest(user_id)
        about = {
            "person": user_id,
            "exported_at": _iso(self._clock()),
            **{name: [_readable(row) for row in rows] for name, rows in rest.items()},
        }
        size, messages = len(_json({**about, "messages": []})), list[Mapping[str, Any]]()
        async for rows in self._access.messages(user_id):
            for row in rows:
                message = _readable(row)
                text = _json(message)
                added = len(text) + 2 * text.count(b"\n") + 8  # it stands two levels deeper
                if messages and size + added > PART:
                    yield _json({**about, "messages": messages})
                    about, messages = {"person": user_id, "continued": True}, []
                    size = len(_json(about))
                messages.append(message)
                size += added
        yield _json({**about, "messages": messages})

    # --- forgetting -------------------------------------------------------------------------------

    async def forget(self, user_id: int, place: Place | None = None) -> Forgotten:
        """Delete all that is stored about a person: in a channel with its threads, or everywhere.

        The replies that answered them, or that repeat a name or eight words in a row of theirs, lose their
        text, and pins and notes that do are deleted; what is being written in those channels ends. Others'
        messages there wait meanwhile.

        Raises:
            StorageError: nothing is forgotten yet, but it is asked for: the next start does it.
        """
        here = None if place is None else place.channel_id
        async with AsyncExitStack() as stack:
            channels = await self._erasures.channels(user_id, here)
            for channel_id in channels:
                await stack.enter_async_context(self._floor.ears(channel_id))
            erasure = await self._erasures.ask(user_id, channels, self._clock(), everywhere=place is None)
            forgotten = await self._erase(erasure)
        await self._follow_now(AT_ONCE)
        return forgotten

    async def would_lose(self, user_id: int, place: Place | None = None) -> int:
        """Return how many replies would lose their text if a person were forgotten now."""
        here = None if place is None else place.channel_id
        channels = await self._erasures.channels(user_id, here)
        scenes = await self._erasures.scenes(channels)
        return len(await self._replies_of(user_id, scenes, await self._traces(user_id, channels)))

    async def resume(self) -> None:
        """Finish what a kill interrupted; nothing else of this process may use the story yet."""
        for erasure in await self._erasures.asked():
            if erasure.user_id is not None:
                await self._erase(erasure)
        await self._follow_now(AT_ONCE if await self._erasures.is_shared() else None)

    async def _follow_now(self, most: int | None) -> None:
        """Do the rest of forgetting as far as it can be done now; the rows are gone."""
        try:
            await self.follow(most)
        except StorageError as error:
            log.warning(
                HOST.say("host.not_wiped", reason=HOST.say(f"{error.family}.{error.kind}", **error.facts))
            )

    async def follow(self, most: int | None = None) -> None:
        """Let the index, the file, the journal and the copies follow what is forgotten.

        A file of more than `most` bytes follows at the next start.
        """
        async with self._following:
            left = [each for each in await self._erasures.asked() if each.user_id is None]
            for erasure in left:
                while await self._erasures.follow(erasure):
                    pass
            if not left:
                return
            cleaned, rewritten = await self._clean(), await self._erasures.rewrite(most)
            wiped = await self._wipe() and cleaned
            if not wiped or not rewritten:
                # The next start, or the next person who asks, does it.
                reason = HOST.say("host.too_large" if wiped else "host.being_read")
                log.warning(HOST.say("host.not_wiped", reason=reason))
                return
            for erasure in left:
                await self._erasures.done(erasure)

    async def _clean(self) -> bool:
        """Remove the traces of deleted words from the index; return whether all are gone."""
        for _ in range(PIECES):
            if await self._searches.clean():
                return True
            await asyncio.sleep(0)  # others write between two pieces
        return False

    async def _wipe(self) -> bool:
        """Empty the journal; return whether it could be done."""
        for _ in range(TRIES):
            if await self._erasures.wipe():
                return True
            await asyncio.sleep(0.1)
        return False

    async def _erase(self, erasure: Erasure) -> Forgotten:
        user_id = erasure.user_id
        assert user_id is not None
        channels = await self._erasures.channels_of(erasure)
        scenes, traces = await self._erasures.scenes(channels), await self._traces(user_id, channels)
        await self._erasures.mark(erasure, await self._replies_of(user_id, scenes, traces))
        remembered = [
            each
            for each in await self._erasures.remembered(user_id, scenes)
            if each.is_theirs or traces.in_text(each.text)
        ]
        forgotten = await self._erasures.erase(erasure, remembered)
        for turn_id in forgotten.reply_ids:
            self._floor.page_deleted(turn_id)
        return forgotten

    async def _traces(self, user_id: int, channels: Iterable[int]) -> Traces:
        """Return what a person's names, and their words in these channels, are recognized by."""
        traces = Traces(await self._erasures.called(user_id))
        async for texts in self._erasures.texts(user_id, channels):
            await asyncio.to_thread(_add, traces, texts)
        return traces

    async def _replies_of(self, user_id: int, scenes: Iterable[int], traces: Traces) -> list[int]:
        """Return the replies in these scenes that answered or repeat a person, or have words of theirs."""
        found: list[int] = []
        for scene_id in scenes:
            spoke = await self._erasures.positions(scene_id, user_id)
            before: dict[str, int] = {}
            async for replies in self._erasures.replies(scene_id):
                found += await asyncio.to_thread(_of_person, replies, user_id, traces, spoke, before)
        return found


def _add(traces: Traces, texts: Iterable[str]) -> None:
    for text in texts:
        traces.add(text)


def _of_person(
    replies: Iterable[Said], user_id: int, traces: Traces, spoke: list[int], before: dict[str, int]
) -> list[int]:
    """Return which replies answered a person, repeat them, or were edited or spoken by them.

    `spoke` is where the person speaks; `before` is where each persona spoke last, and is brought up to date.
    A reply answers what was said since its persona spoke before.
    """
    found = []
    for reply in replies:
        since = before.get(reply.persona_key, 0)
        before[reply.persona_key] = reply.position
        answers = bisect_right(spoke, since) < bisect_right(spoke, reply.position)
        if answers or user_id in reply.authors or any(map(traces.in_text, reply.texts)):
            found.append(reply.turn_id)
    return found


def _readable(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of the database
    """Return a row with times that people can read, and without what is not there."""
    found = {name: row[name] for name in row.keys() if name != "number"}  # noqa: SIM118 - a row has no others
    if "at" in found:
        found["at"] = _iso(datetime.fromtimestamp(found["at"] / 1000, UTC))
    if "notes" in found:
        found["notes"] = [{"kind": note.kind, "label": note.label} for note in from_json(found["notes"])]
    if "is_removed" in found:
        found["is_removed"] = bool(found["is_removed"])
    return {name: value for name, value in found.items() if value is not None and value != []}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
