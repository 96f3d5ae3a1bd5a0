"""The rehearsal: lines are said in a new scene, and answered.

Law: what is typed is a command or a line of the story, and never something of both.
"""

from typing import TYPE_CHECKING

from bot.core.routing import ANSWERS, NoReply, NoReplyReason
from bot.core.scene import Ending
from bot.terminal.commands import Commands
from bot.terminal.myself import MyselfCommand
from bot.terminal.opening import open_scene, tell_greetings
from bot.terminal.stage import Stage
from bot.texts import failures
from bot.texts.sentences import HOST

if TYPE_CHECKING:  # the command line also says what needs no story
    from bot.story.replies.reply import Reply

_TOLD = (*ANSWERS.values(), NoReplyReason.OOC_IGNORED)
"""What is said in place of a reply; a rehearsal has always somebody to speak."""

_LEAVE = frozenset({"/quit", "/exit"})


class Rehearsal:
    """One run of `chat`: a new scene with its personas and one person, who may use several names."""

    def __init__(self, stage: Stage) -> None:
        """Create a rehearsal."""
        self._stage = stage
        self._commands = Commands(stage)

    async def run(self) -> None:
        """Converse until the input ends."""
        stage, console = self._stage, self._stage.console
        if len(stage.cast) > 1:
            names = ", ".join(persona.name for persona in stage.cast)
            console.tell(HOST.say("chat.opened.cast", personas=names, name=stage.speaker))
        else:
            console.tell(HOST.say("chat.opened", persona=stage.persona.name, name=stage.speaker))
        await MyselfCommand(stage).remind()
        await tell_greetings(stage)
        await open_scene(stage, None if console.live else "")
        console.prompt(f"{stage.speaker}: ")
        async for line in console.lines:
            said = line.strip()
            if said.lower() in _LEAVE:
                return
            if said and not await self._commands.obey(said):
                await self._say(said)
            console.prompt(f"{stage.speaker}: ")
        console.prompt("\n")

    async def _say(self, line: str) -> None:
        """Say a line, and show the replies."""
        heard = await self._stage.story.hearing.hear(self._stage.message(line))
        await self._stage.story.hearing.chains.play(heard.replies, self._show)
        if isinstance(heard.notice, NoReply) and heard.notice.reason in _TOLD:
            self._stage.console.tell(HOST.say(f"chat.{heard.notice.reason}", persona=heard.notice.about))

    async def _show(self, reply: "Reply") -> None:
        stage, console, shown = self._stage, self._stage.console, ""
        console.prompt(f"{reply.persona.name}: ")
        # Where several play, a script reads who speaks.
        name = f"{reply.persona.name}: " if len(stage.cast) > 1 and not console.live else ""
        async with reply:
            async for text in reply.texts():
                if console.live:
                    # A text that doesn't continue the shown one (the model's final copy) is written again.
                    console.write(text[len(shown) :] if text.startswith(shown) else f"\n{text}", end="")
                    shown = text
        if shown or reply.text:
            console.write("" if shown else f"{name}{reply.text}")
        else:
            console.prompt("\n")
        await stage.story.notices.waive(reply.trigger, reply.persona.key)
        if reply.outcome and reply.outcome.error:
            console.tell(HOST.say("chat.failed", reason=failures.to_host(reply.outcome.error)))
        elif reply.outcome and reply.outcome.ending is Ending.LENGTH:
            console.tell(HOST.say("chat.length"))
