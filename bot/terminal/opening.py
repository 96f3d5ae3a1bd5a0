"""The beginning of a scene in a rehearsal.

Law: the persona's greeting is a part of the story, and what goes beside it says how to choose another.
"""

from bot.terminal.stage import TERMINAL, Stage
from bot.texts.sentences import HOST


async def open_scene(stage: Stage, greeting: str | None = None) -> None:
    """Begin a scene with a greeting as it is written, "" for none; None for the persona's first."""
    opened = await stage.story.scenes.begin(
        TERMINAL, stage.persona, greeting=greeting, starter=stage.participant()
    )
    if opened.greeting is not None:
        stage.console.prompt(f"{stage.persona.name}: ")
        stage.console.write(opened.greeting.text)


async def tell_greetings(stage: Stage) -> None:
    """Say with which greetings a scene can begin, if there are several."""
    greetings = await stage.story.scenes.greetings(TERMINAL, stage.persona)
    if len(greetings) > 1:
        stage.console.tell(HOST.say("chat.greetings", count=len(greetings)))
