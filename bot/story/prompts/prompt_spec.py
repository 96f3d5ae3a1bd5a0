"""What a prompt is built from, and a prompt with enough to build it again.

Law: plain values, looked up before; the same spec and turns make the same prompt.
"""

from dataclasses import dataclass, replace

from bot.core.completion import Prompt
from bot.core.lore.telling import NOTHING, Activation
from bot.core.memory.table import NO_RULES, TableRules
from bot.core.persona import Persona
from bot.core.scene import Position, Scene, Turn
from bot.core.settings import Language
from bot.storage.requests import Sent
from bot.storage.steering import Steer, SteeringKind
from bot.story.memory.recall import NOT_RECALLED, Recalled
from bot.story.memory.reminding import Reminded


@dataclass(frozen=True, slots=True)
class PromptSpec:
    """What a prompt is built from: the turns of a scene before a position, a persona and a language.

    `turn_id` is the turn to be written, None for an inspection. `begun` is that turn where it is to be
    continued. `host` is the key of the persona whose scene it is, None for the persona's own. `end_note` is
    whether the persona may be reminded of its turn; None for the host's choice now. `steers` are the notes
    that this reply is told, `recalled` is what it is told of the story besides its turns, `reminded` what of
    turns before the window. `root` is the scene with which the story began, None for this scene: what the
    persona's texts leave to chance is the same in a branch. `company` are the keys of the place's cast,
    `table` what the place has ruled out. `thrifty` is whether a budget is nearly used up.
    """

    scene: Scene
    persona: Persona
    before: Position
    language: Language
    turn_id: int | None = None
    begun: Turn | None = None
    host: str | None = None
    end_note: bool | None = None
    steers: tuple[Steer, ...] = ()
    recalled: Recalled = NOT_RECALLED
    reminded: tuple[Reminded, ...] = ()
    root: int | None = None
    lore: Activation = NOTHING
    company: tuple[str, ...] = ()
    table: TableRules = NO_RULES
    thrifty: bool = False

    @property
    def is_aside(self) -> bool:
        """Whether the reply is out of character."""
        return any(steer.kind is SteeringKind.ASK for steer in self.steers)

    def with_party(self, until: Position) -> "PromptSpec":
        """Return the spec with another newest turn whose speaker counts for `{{user}}`."""
        return replace(self, scene=replace(self.scene, party_until=until))


@dataclass(frozen=True, slots=True)
class BuiltPrompt:
    """A prompt with what it was built from: enough to build it again."""

    prompt: Prompt
    turns: tuple[Turn, ...]
    sent: Sent
    recalled: Recalled = NOT_RECALLED
