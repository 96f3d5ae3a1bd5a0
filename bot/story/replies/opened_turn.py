"""What a reply writes, once it has the floor.

Law: a plain value, looked up at that moment; a running reply keeps it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.core.persona import Persona
from bot.core.scene import Post, Turn
from bot.storage.swipes import Variants
from bot.story.budgets.spending import Reservation
from bot.story.places.casting import ChannelCast
from bot.story.prompts.prompt_fallbacks import PromptFallbacks


async def at_once() -> None:
    """Wait for nothing."""


@dataclass(frozen=True, slots=True)
class OpenedTurn:
    """What a reply writes, once it has the floor.

    Attributes:
        turn: its turn in the story, as it is now.
        persona: the persona, as its file is at this moment; a running reply keeps it.
        cast: the persona and the settings of its place at this moment.
        question: the prompts for the model.
        reserved: what it may cost, and who is charged for it.
        posts: the posts that show the turn, if it existed before.
        was: the turn as it was; None for a new one. It is restored if the model writes nothing.
        count: the number of variants, with the one to be written.
        goes_on: True if the new text is appended to the turn's, False if it replaces it.
        whole: whether it is shown only when it is finished, whatever the place's settings say.
        settled: returns when it may be shown, as far as it waits for the people that it answers.
        follows: whether it comes right after another persona's reply, and nobody has said anything since: it
            need not point at what it answers.
    """

    turn: Turn
    persona: Persona
    cast: ChannelCast
    question: PromptFallbacks
    reserved: Reservation
    posts: tuple[Post, ...] = ()
    was: Variants | None = None
    count: int = 1
    goes_on: bool = False
    whole: bool = False
    settled: Callable[[], Awaitable[None]] = at_once
    follows: bool = False

    @property
    def before(self) -> str | None:
        """The turn's text before this reply; None for a new turn."""
        return self.was.turn.text if self.was else None

    @property
    def begun(self) -> str:
        """The text that the reply continues; empty if it continues none."""
        return (self.before or "") if self.goes_on else ""
