"""The prompter: which turns a persona is given before it speaks, and the request made of them.

Law: it reads the story and changes nothing but where the window begins.
"""

from dataclasses import dataclass, replace

from bot.casting import Casting
from bot.core import window
from bot.core.completion import Prompt, Sampling
from bot.core.inspection import Inspection, digest, parts_of, without_profile
from bot.core.persona import Persona
from bot.core.prompt import PROFILED_LIMIT, Naming, build_prompt, fixed_cost
from bot.core.scene import Scene, Turn
from bot.core.settings import Language
from bot.core.tokens import PER_MESSAGE
from bot.storage.history import History, Sent


@dataclass(frozen=True, slots=True)
class Request:
    """A prompt, and what it was made of: enough to make it again."""

    prompt: Prompt
    turns: tuple[Turn, ...]
    sent: Sent


class Prompter:
    """Builds requests for the next turn of a persona, and takes them apart for people to look at."""

    def __init__(self, history: History, casting: Casting) -> None:
        """Read from `history`; the model's limits are in `casting.rules`."""
        self._history = history
        self._casting = casting

    async def request(
        self, scene: Scene, persona: Persona, before: int, language: Language, *, look: bool = False
    ) -> Request | None:
        """Return the request for the turn with the id `before`; None if there is nothing to answer.

        Args:
            scene: the story.
            persona: who is to speak.
            before: turns from this id on are not in it.
            language: what the persona is to write in.
            look: only look: the window's start stays where it is.
        """
        rules = self._casting.rules
        start = await self._start(scene, persona, before, language, look=look)
        turns = await self._history.recent(scene.id, start, before)
        if not turns:
            return None
        sampling = sampling_of(persona, rules.sampling)
        prompt = build_prompt(persona, turns, sampling, rules.naming, scene.title, language=language)
        return Request(prompt, tuple(turns), Sent(start, rules.naming, language, digest(prompt)))

    async def next(self, scene: Scene, persona: Persona, language: Language) -> Inspection | None:
        """Take apart what would be sent now; None if nothing has been said yet."""
        before = await self._history.next_id()
        request = await self.request(scene, persona, before, language, look=True)
        return await self._inspection(scene, persona, request) if request else None

    async def sent(self, scene: Scene, persona: Persona, turn: Turn) -> Inspection | None:
        """Take apart what was sent for a reply, made again of what is stored; None if not known."""
        sent = await self._history.sent(turn.id)
        if sent is None:
            return None
        turns = await self._history.recent(scene.id, sent.window_start, turn.id)
        sampling = sampling_of(persona, self._casting.rules.sampling)
        naming, language = Naming(sent.naming), Language(sent.language)
        prompt = build_prompt(persona, turns, sampling, naming, scene.title, language=language)
        found = await self._inspection(scene, persona, Request(prompt, tuple(turns), sent))
        return replace(found, unchanged=digest(prompt) == sent.digest)

    async def _inspection(self, scene: Scene, persona: Persona, request: Request) -> Inspection:
        speakers = {turn.name for turn in request.turns if turn.user_id is not None}
        size = self._casting.rules.context_window
        return Inspection(
            persona=persona.name,
            messages=request.prompt.messages,
            parts=parts_of(request.prompt, size),
            window=size,
            naming=Naming(request.sent.naming),
            left_out=await self._history.count_before(scene.id, request.sent.window_start),
            turns=len(request.turns),
            unprofiled=without_profile(len(speakers), has_profile=persona.user is not None),
        )

    async def _start(
        self, scene: Scene, persona: Persona, before: int, language: Language, *, look: bool
    ) -> int:
        """Return the first turn the prompt holds, moving the window's start when they no longer fit."""
        rules = self._casting.rules
        fixed = fixed_cost(persona, rules.naming, scene.title, language=language, participants=PROFILED_LIMIT)
        cap = sampling_of(persona, rules.sampling).max_completion_tokens
        budget = window.history_budget(rules.context_window, cap, fixed)
        first = await self._history.tail(scene.id, before, budget, PER_MESSAGE)
        start = window.start(scene.window_start, first)
        if start is None:
            start = await self._history.tail(scene.id, before, window.after_step(budget), PER_MESSAGE)
            if not look:
                await self._history.move_window(scene.id, start)
        return start


def sampling_of(persona: Persona, default: Sampling) -> Sampling:
    """Return how the model draws its words for a persona: as its file says, else by default."""
    own = persona.sampling
    return Sampling(
        temperature=default.temperature if own.temperature is None else own.temperature,
        top_p=default.top_p if own.top_p is None else own.top_p,
        max_completion_tokens=own.max_completion_tokens or default.max_completion_tokens,
    )
