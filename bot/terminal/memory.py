"""`/memory` in a rehearsal: what the story remembers, the changes of it, and the search.

Law: it has what a rehearsal can use of Discord's panel; what has no meaning here (menus of messages, rights)
is left out.
"""

from bot.core.memory.memory import MemoryRefusal, Unchanged
from bot.terminal.stage import TERMINAL, Stage, first_word
from bot.texts.sentences import HOST

REHEARSED = frozenset(MemoryRefusal) - {
    MemoryRefusal.NO_SCENE,
    MemoryRefusal.ELSEWHERE,
    MemoryRefusal.UNPAID,
}
"""The reasons for which something is not remembered that a rehearsal can meet."""

_CHANGES = frozenset({"pin", "unpin", "note", "recap"})


class MemoryCommand:
    """The command `/memory`."""

    def __init__(self, stage: Stage) -> None:
        """Serve a rehearsal."""
        self._stage = stage
        self._story = stage.story
        self._console = stage.console

    async def run(self, line: str) -> None:
        """Show what the story remembers, after the change that a line asks for; or search it."""
        act, words = first_word(line)
        if act == "search":
            await self._look(words)
            return
        if act and act not in _CHANGES:
            self._console.tell(HOST.say("chat.memory.usage"))
            return
        done = await self._change(act, words) if act else None
        if isinstance(done, Unchanged):
            reason = done.reason if done.reason in REHEARSED else MemoryRefusal.GONE
            self._console.tell(HOST.say(f"chat.memory.{reason}", most=done.most))
        else:
            await self._show()

    async def _change(self, act: str, words: str) -> object:
        """Change what the story remembers; `Unchanged` if it is not."""
        memory, who = self._story.memory, self._stage.participant().id
        if act == "pin":
            return await memory.pin_words(TERMINAL, words, who)
        if act == "note":
            return await memory.write_note(TERMINAL, words, who)
        if act == "recap" and not words:
            return await memory.make_recap(TERMINAL)
        view = await memory.view(TERMINAL)
        if act == "recap":
            told = view.recap.told if view else None
            if told is None:
                return Unchanged(MemoryRefusal.RECAP_GONE)
            return await memory.write_recap(TERMINAL, told.id, words, who)
        numbered = {str(number): pin for number, pin in enumerate(view.pins if view else (), 1)}
        pin = numbered.get(words)
        return await memory.edit_pin(TERMINAL, pin.id, "", who) if pin else Unchanged(MemoryRefusal.GONE)

    async def _show(self) -> None:
        view = await self._story.memory.view(TERMINAL)
        if view is None:
            return
        if (told := view.recap.told) is not None:
            self._console.tell(HOST.say("chat.memory.recap", text=told.text, tokens=told.tokens))
        self._console.tell(HOST.say("chat.memory.pins", count=len(view.pins), tokens=view.pins_tokens))
        for number, pin in enumerate(view.pins, 1):
            self._console.tell(HOST.say("chat.memory.pin", number=number, text=pin.text))
        self._console.tell(HOST.say("chat.memory.note", text=view.note or "-", tokens=view.note_tokens))

    async def _look(self, words: str) -> None:
        """Show what was said with these words, the newest first."""
        found = await self._story.records.looking_back.search(TERMINAL, words)
        for hit in found.hits:
            said = "".join(part.text for part in hit.excerpt)
            self._console.tell(
                HOST.say("chat.look.hit", at=hit.turn.created_at, name=hit.turn.name, words=said)
            )
        if not found.asks:
            self._console.tell(HOST.say("chat.look.usage"))
        elif not found.hits:
            self._console.tell(HOST.say("chat.look.nothing"))
        elif found.more:
            self._console.tell(HOST.say("chat.look.more"))
