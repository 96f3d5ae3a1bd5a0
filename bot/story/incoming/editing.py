"""Edits: what becomes of a message, and of its turn, when its author changes it.

Law: what is stored is what people see now; a message asks once, and what was taken out of the story does not
come back by an edit. Of people who are blocked or may not play, what is stored stays as it is.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

from bot.core.persona import Persona
from bot.core.proxies import is_unknown
from bot.core.routing import Author, EditFacts, decide, may_ask_now
from bot.core.scene import IncomingMessage, Turn
from bot.storage.history import History
from bot.storage.steering import Steer
from bot.story.incoming.admission import Admission
from bot.story.incoming.asides import Asides
from bot.story.incoming.facts import Considered, FactFinder
from bot.story.incoming.inbox import Inbox
from bot.story.incoming.recording import Recorder
from bot.story.incoming.referring import FetchStarter

Store = Callable[[IncomingMessage, Considered, tuple[str, ...]], Awaitable[bool]]
"""Stores a message with the keys of who owes an answer; False if it is stored already or gone."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Following(Generic[T]):
    """How an edit is followed.

    Attributes:
        take: decides about a message that asks, and stores it.
        answers: whether it may ask at all.
        fetch_starter: fetches the message that a thread was made from.
        is_late: whether it was made while nobody listened, so that it is news now.
    """

    take: Callable[[IncomingMessage, Considered, Store], Awaitable[T]]
    answers: bool = True
    fetch_starter: FetchStarter | None = None
    is_late: bool = False


class Editing:
    """Follows edits, in all channels."""

    def __init__(
        self,
        inbox: Inbox,
        history: History,
        facts: FactFinder,
        recorder: Recorder,
        asides: Asides,
        admission: Admission,
    ) -> None:
        """Change what is in `history`; `admission` says whether a reply waits that an aside may steer."""
        self._inbox = inbox
        self._latest = inbox.latest
        self._history = history
        self._facts = facts
        self._recorder = recorder
        self._asides = asides
        self._admission = admission

    def facts(self, message: IncomingMessage, at: datetime, *, stored: bool) -> EditFacts:
        """Return the facts about an edit at a time; `stored` is whether anything of the message is."""
        asked, edited_at = self._latest.asked(message.id), message.edited_at
        if edited_at is None:
            return EditFacts(None, asked, stored)
        return EditFacts(edited_at - message.created_at, asked, stored, since=at - edited_at)

    async def follow(self, message: IncomingMessage, following: Following[T]) -> T | None:
        """Handle an edit; return what `take` makes of one that asks, None for any other."""
        async with self._inbox.ears(message.place):
            if self._inbox.is_gone(message):
                return None
            at = self._inbox.clock()
            return await self._amend(at, self._inbox.proxying.whose(message), following)

    async def _amend(self, at: datetime, message: IncomingMessage, following: Following[T]) -> T | None:
        if self._latest.is_outdated(message.id, message.edited_at):
            return None
        if not self._latest.is_edited(message):
            await self._note_preview(message)
            return None
        taken = await self._change(message, following, at)
        self._latest.note_edited(message)  # not before: if this breaks off, it begins again
        return taken

    async def _change(self, message: IncomingMessage, following: Following[T], at: datetime) -> T | None:
        turn, steer = await self._history.turn_of(message.id), await self._asides.of(message.id)
        message = _as_stored(message, turn)
        edit = self.facts(message, at, stored=not (turn is None and steer is None))
        edit = replace(edit, since=timedelta(0)) if following.is_late else edit
        if await self._facts.is_kept_out(message):
            return await self._refuse(message, following, edit)
        answers = following.answers
        if turn is None:
            await self._recorder.reword(await self._facts.screened(message))
        known = edit.stored or (answers and edit.age is not None and self._latest.is_aside(message.id))
        if not known and not (answers and may_ask_now(edit)):
            return None
        if turn is not None and turn.user_id is None:
            return None
        found = await self._facts.consider(message)
        message, former = found.message, turn
        if turn is not None:
            scene = found.cast.scene
            left = turn.removal_id is not None or scene is None or scene.id != turn.scene_id
            edit = replace(edit, left=left)
            turn = await self._follow(message, found, turn)
        if steer is not None:
            await self._asides.reword(message.id, found.aside)
        record = partial(self._recorder.record, following.fetch_starter)
        if answers and found.facts.wakes and may_ask_now(edit):
            return await following.take(message, found, self._recorder.owe if turn is not None else record)
        is_here = self.note_aside(message, found, former)
        if is_here and answers and found.facts.author is not Author.OPTED_OUT and not found.facts.known:
            await self._settle(message, found, record, turn=turn, steer=steer)
        return None

    async def _refuse(self, message: IncomingMessage, following: Following[T], edit: EditFacts) -> T | None:
        """Store nothing of an edit; who asks by it is told why they get no answer, as by a new message."""
        found = await self._facts.consider(message)
        if not (following.answers and found.facts.wakes and may_ask_now(edit)):
            return None
        return await following.take(found.message, found, _store_nothing)

    def note_asked(self, message: IncomingMessage, found: Considered) -> None:
        """Remember whether a message asks; of who has opted out, no later edit makes a question."""
        asked = found.facts.wakes or found.facts.author is Author.OPTED_OUT
        self._latest.note_asked(message.id, asked=asked)

    def note_aside(self, message: IncomingMessage, found: Considered, former: Turn | None = None) -> bool:
        """Remember whether a message, which was a turn until now, may come into its scene by an edit.

        What people took out of the story does not, whatever it says by then. Return False if the message is
        an aside of a scene that rests: it may come into that when it plays again.
        """
        if self._latest.is_aside(message.id) and not self._latest.is_aside_of(message.id, found.cast.scene):
            return False
        scene_id = found.cast.scene.id if found.cast.scene else None
        is_out = former is not None and former.removal_id is not None
        where = former.scene_id if former is not None else scene_id
        is_out = is_out or found.facts.author is Author.OPTED_OUT
        self._latest.note_aside(message.id, where, aside=not found.is_turn and not is_out)
        return True

    async def _note_preview(self, message: IncomingMessage) -> None:
        """Add what a person's turn did not hold when it was said, where its words are the same."""
        turn = await self._history.turn_of(message.id)
        if turn is None or turn.user_id is None or await self._facts.is_kept_out(_as_stored(message, turn)):
            return
        found = await self._facts.consider(message)
        if found.is_turn and found.text == turn.text and set(turn.notes) < set(found.notes):
            await self._recorder.rewrite(message, found, turn)

    async def _follow(self, message: IncomingMessage, found: Considered, turn: Turn) -> Turn | None:
        """Follow the edit of a turn; return None if it left the story.

        That is if all of it is an aside now, or if its author has opted out since. An edit of before that, of
        which a start tells again, has the words that are stored, and they wait for their author.
        """
        if found.facts.author is Author.OPTED_OUT:
            self.note_asked(message, found)
            if found.is_turn and found.text == turn.text:
                return turn
        if found.is_turn and found.facts.author is not Author.OPTED_OUT:
            await self._recorder.rewrite(message, found, turn)
            return turn
        await self._history.take_out(message.id)
        return None

    async def _settle(
        self,
        message: IncomingMessage,
        found: Considered,
        record: Store,
        *,
        turn: Turn | None,
        steer: Steer | None,
    ) -> None:
        """Store what an edit that asks for nothing makes of a message: a turn of an aside, or what steers."""
        waits = isinstance(found.speaker, Persona) and self._admission.awaits(message.place, found.speaker)
        if turn is None and found.is_turn:
            owed = (steer.persona_key,) if steer is not None and steer.owed and steer.persona_key else ()
            if decide(found.facts).stored:
                await record(message, found, owed)
        elif found.steers and waits:  # the reply to it has yet to begin
            if steer is None:
                await self._recorder.steer(message, found, owed=turn is None)
            elif turn is None:
                await self._asides.owe(message.id)


def _as_stored(message: IncomingMessage, turn: Turn | None) -> IncomingMessage:
    """Return a message, if only its turn tells whose it is, as that account's."""
    if turn is None or turn.user_id is None or not is_unknown(message.author):
        return message
    return replace(message, author=replace(message.author, id=turn.user_id))


async def _store_nothing(_message: IncomingMessage, _found: Considered, _owed: tuple[str, ...]) -> bool:
    return False
