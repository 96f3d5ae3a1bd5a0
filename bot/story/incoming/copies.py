"""Copies: what a proxy posts for a person takes the place of what they wrote.

Law: a message is in the story once, in the words that people see, and so is the answer to it.
"""

from collections.abc import Awaitable, Callable, Iterable

from bot.core.holds import Due
from bot.core.proxies import is_member
from bot.core.routing import (
    NoReply,
)
from bot.core.scene import IncomingMessage
from bot.storage.history import History
from bot.story.incoming.dispatching import Dispatcher
from bot.story.incoming.heard import Heard, Withdrawn
from bot.story.incoming.inbox import Inbox
from bot.story.incoming.recording import Recorder
from bot.story.places.casting import Casting
from bot.story.replies.reply import Reply

Hear = Callable[[IncomingMessage, Due], Awaitable[Heard]]
"""Hears one of some copies."""


class Copies:
    """Hears what proxies post, in all channels."""

    def __init__(
        self,
        inbox: Inbox,
        casting: Casting,
        history: History,
        recorder: Recorder,
        dispatcher: Dispatcher,
    ) -> None:
        """Put copies in the place of their originals in `history`."""
        self._inbox = inbox
        self._floor = inbox.floor
        self._latest = inbox.latest
        self._proxying = inbox.proxying
        self._casting = casting
        self._history = history
        self._recorder = recorder
        self._dispatcher = dispatcher

    async def take(self, due: Due, hear: Hear) -> Heard:
        """Put copies in the place of their original; return what the frontend has to do.

        Call it with the ears of their channel; `hear` hears one of them.
        """
        if due.reproxied is not None and await self._rename(due.reproxied, due.messages[0]):
            return Heard()
        original, place = due.original, due.messages[0].place
        withdrawn, again = list[Withdrawn](), list[Reply]()
        if original is not None:
            if self._latest.is_deleted(original.id):  # else it is known once that is told
                await self.see(due.messages)
            self._latest.note_deleted(original.id)
            await self._history.retract([original.id])
            if due.was_heard:
                withdrawn, again = await self._withdraw(original)
        replies, notice = list[Reply](), None
        for message in due.messages:
            if self._inbox.is_gone(message):
                continue
            heard = await hear(message, due)
            replies += heard.replies
            notice = notice or heard.notice
        if original is not None:
            self._dispatcher.unask(place, {original.id})
        replies += [reply for reply in again if reply.halted is None]
        if due.was_heard and isinstance(notice, NoReply):
            notice = None  # it was told when the original was heard
        if replies or notice is not None:
            self._proxying.answered(due)
        return Heard(tuple(replies), notice, tuple(withdrawn))

    async def _withdraw(self, original: IncomingMessage) -> tuple[list[Withdrawn], list[Reply]]:
        """Take the answers to a message out of the story; return them, and the replies in their place.

        Those answer what else the former ones answered, unless a reply that waits does, or nobody can.
        """
        withdrawn, again = list[Withdrawn](), list[Reply]()
        place = original.place
        for answer in self._floor.answers_to(original.id):
            turn = await self._history.turn(answer.turn_id)
            if turn is None or turn.persona_key is None:
                continue
            writing = self._floor.writing(turn.id)
            if writing is not None:
                writing.page_deleted()
            withdrawn.append(Withdrawn(turn, await self._history.withdraw(turn.id), writing))
            reply = await self._dispatcher.answer_instead(answer, turn.persona_key, place, writing)
            if reply is not None:
                again.append(reply)
        return withdrawn, again

    async def _rename(self, message_id: int, copy: IncomingMessage) -> bool:
        """Let a copy take the place of another one with the same words; return whether that was stored."""
        if self._inbox.is_gone(copy) or not await self._recorder.rename(message_id, copy):
            if self._latest.is_deleted(message_id):
                await self._history.retract([message_id])
            return False
        self._floor.note_heard(copy)
        return True

    async def see(self, copies: Iterable[IncomingMessage]) -> None:
        """Store whose members copies were posted for, once the deletion of their original has proved it."""
        for copy in copies:
            if not (await self._casting.settings(copy.place)).paused:  # else nothing is stored
                await self._proxying.members.see(copy)

    async def give_up(self, copy_id: int) -> None:
        """Write no answer to a copy that is deleted before anybody saw it, if it answers nothing else.

        A proxy deletes its copy where a moderator has deleted the original.
        """
        for answer in self._floor.answers_to(copy_id):
            reply = self._floor.writing(answer.turn_id)
            if reply is None or (reply.record is not None and reply.record.is_begun):
                continue
            asked = answer.triggers
            gone = all(
                is_member(each.author.character) and self._latest.is_deleted(each.id) for each in asked
            )
            if gone and await self._history.drop_unseen(answer.turn_id):
                reply.page_deleted()

    async def of_the_past(self, messages: Iterable[IncomingMessage]) -> dict[int, IncomingMessage]:
        """Return by id what is to be heard of messages of one channel that came while nobody listened.

        Originals that a proxy has posted again are left out.
        """
        found = await self._proxying.of_the_past(messages, self._inbox.clock(), self._latest.is_deleted)
        await self.see(each for each in found.values() if self._proxying.is_proven(each))
        return found
