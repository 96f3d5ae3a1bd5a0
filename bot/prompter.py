"""The prompter: which turns a persona is given before it speaks, and the request made of them.

Law: it reads the story, and changes nothing but where the window begins and what is known of the endpoint.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.casting import Casting
from bot.core import window
from bot.core.completion import ModelError, Prompt, Sampling
from bot.core.inspection import Inspection, digest, parts_of, without_profile
from bot.core.persona import Persona
from bot.core.prompt import PROFILED_LIMIT, Naming, build_prompt, fixed_cost
from bot.core.scene import Scene, Turn
from bot.core.settings import Language
from bot.core.tokens import PER_MESSAGE
from bot.ladder import Ladder
from bot.storage.history import History, Sent


@dataclass(frozen=True, slots=True)
class Cue:
    """What a persona is to answer: the turns of a scene before a certain id, in a language."""

    scene: Scene
    persona: Persona
    before: int
    language: Language


@dataclass(frozen=True, slots=True)
class Request:
    """A prompt, and what it was made of: enough to make it again."""

    prompt: Prompt
    turns: tuple[Turn, ...]
    sent: Sent


class Asking:
    """How one reply is asked for: by a request, and by another where that one is refused."""

    def __init__(
        self, request: Request, ladder: Ladder, plainer: Callable[[Naming], Awaitable[Request | None]]
    ) -> None:
        """Begin with `request`; `plainer` makes it again in another form."""
        self.request = request
        self._ladder = ladder
        self._plainer = plainer

    @property
    def prompt(self) -> Prompt:
        """What is to be asked now."""
        return self.request.prompt

    async def refused(self, error: ModelError) -> bool:
        """Change the prompt after a refusal, before anything came of it; False if nothing would help."""
        lower = self._ladder.refused(Naming(self.request.sent.naming), error)
        again = await self._plainer(lower) if lower is not None else None
        self.request = again or self.request
        return again is not None

    async def answered(self) -> None:
        """Note that the prompt got an answer."""
        await self._ladder.worked(Naming(self.request.sent.naming))


class Prompter:
    """Builds requests for the next turn of a persona, and takes them apart for people to look at."""

    def __init__(self, history: History, casting: Casting, ladder: Ladder) -> None:
        """Read from `history`; the model's limits are in `casting.rules`, its form `ladder` knows."""
        self._history = history
        self._casting = casting
        self._ladder = ladder

    async def asking(self, cue: Cue) -> Asking | None:
        """Return how a turn is asked for; None if there is nothing to answer."""

        async def request(naming: Naming) -> Request | None:
            found = await self._request(cue, naming)
            if found is not None:
                await self._history.note_sent(cue.before, found.sent)
            return found

        first = await request(await self._ladder.step())
        return Asking(first, self._ladder, request) if first else None

    async def next(self, scene: Scene, persona: Persona, language: Language) -> Inspection | None:
        """Take apart what would be sent now; None if nothing has been said yet."""
        cue = Cue(scene, persona, await self._history.next_id(), language)
        request = await self._request(cue, await self._ladder.step(look=True), look=True)
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

    async def _request(self, cue: Cue, naming: Naming, *, look: bool = False) -> Request | None:
        """Return the request for a cue in a form; `look` leaves the window's start where it is."""
        start = await self._start(cue, naming, look=look)
        turns = await self._history.recent(cue.scene.id, start, cue.before)
        if not turns:
            return None
        sampling = sampling_of(cue.persona, self._casting.rules.sampling)
        title, language = cue.scene.title, cue.language
        prompt = build_prompt(cue.persona, turns, sampling, naming, title, language=language)
        return Request(prompt, tuple(turns), Sent(start, naming, language, digest(prompt)))

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

    async def _start(self, cue: Cue, naming: Naming, *, look: bool) -> int:
        """Return the first turn the prompt holds, moving the window's start when they no longer fit."""
        rules, scene = self._casting.rules, cue.scene
        fixed = fixed_cost(
            cue.persona, naming, scene.title, language=cue.language, participants=PROFILED_LIMIT
        )
        cap = sampling_of(cue.persona, rules.sampling).max_completion_tokens
        budget = window.history_budget(rules.context_window, cap, fixed)
        first = await self._history.tail(scene.id, cue.before, budget, PER_MESSAGE)
        start = window.start(scene.window_start, first)
        if start is None:
            start = await self._history.tail(scene.id, cue.before, window.after_step(budget), PER_MESSAGE)
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
