"""Prompts: which turns a persona gets before it speaks, and the requests made of them.

Law: it reads the story, and changes nothing but where the window begins and what is known of the endpoint.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.core.asides import answering_note, steering_note
from bot.core.budgets.rule import window_of
from bot.core.completion import Naming, Prompt
from bot.core.lengths import sampling_of
from bot.core.macros.filling import draws
from bot.core.memory.memory import Memory, pins_room, within
from bot.core.persona import Persona
from bot.core.prompting import window
from bot.core.prompting.inspection import Inspection, digest, lack_of, parts_of
from bot.core.prompting.profiles import arrives
from bot.core.prompting.prompt import PromptContext, build_prompt
from bot.core.prompting.transcript import history_sizes
from bot.core.scene import START, Position, Scene, Turn
from bot.core.settings import Language
from bot.core.tokens import Size
from bot.endpoint.ladder import Ladder
from bot.endpoint.meter import TokenMeter
from bot.storage.history import ALL
from bot.storage.requests import Sent
from bot.storage.steering import Steer, SteeringKind
from bot.storage.stores import Stores
from bot.story.memory.lore import Lore, told_lore
from bot.story.memory.recall import Recall, Recalled
from bot.story.memory.recaps import RecapWriter
from bot.story.memory.reminding import Reminding
from bot.story.places.acting import known_profiles
from bot.story.places.casting import Casting
from bot.story.places.latest import keep_latest
from bot.story.prompts.prompt_fallbacks import PromptFallbacks
from bot.story.prompts.prompt_spec import BuiltPrompt, PromptSpec


class Prompter:
    """Builds the prompts of personas' turns, and takes them apart for inspection.

    Attributes:
        ladder: knows which form of prompt the endpoint accepts.
        meter: knows how the endpoint counts tokens.
        lore: knows what replies are told of lorebooks.
    """

    def __init__(
        self, stores: Stores, casting: Casting, ladder: Ladder, meter: TokenMeter, recaps: RecapWriter
    ) -> None:
        """Read from `stores`, and let `recaps` know what leaves; the host's limits are in `casting.rules`."""
        self._history = stores.history
        self._scenes = stores.scenes
        self._profiles = stores.people.profiles
        self._steering = stores.steering
        self._recaps = recaps
        self._recall = Recall(stores.pins, stores.recaps, lambda: recaps.rules is not None)
        self._reminding = Reminding(stores)
        self.lore = Lore(casting, stores, meter.counter.count)
        self._casting = casting
        self._thrifty: dict[int, tuple[Position, Position]] = {}
        self.ladder = ladder
        self.meter = meter

    async def question(self, spec: PromptSpec) -> PromptFallbacks | None:
        """Return the prompts for a turn; None if there is nothing to answer."""
        self._recaps.give_way()
        if spec.turn_id is not None:
            spec = replace(spec, steers=await self._steering.told(spec.turn_id))
        spec = await self._grounded(await self._reminded(spec))
        first = await self.build(spec, await self.ladder.step())
        return PromptFallbacks(first, self, spec) if first else None

    async def build(
        self, spec: PromptSpec, naming: Naming, turns: Sequence[Turn] | None = None
    ) -> BuiltPrompt | None:
        """Build the prompt of a spec, and store how it was built; None if there is nothing to answer.

        It holds `turns`, or as many turns as the window takes if None.
        """
        found = self._made(spec, naming, turns) if turns else await self._fitting(spec, naming)
        if found is not None and spec.turn_id is not None:
            await self._history.requests.note(spec.turn_id, found.sent)
        return found

    async def next(self, spec: PromptSpec) -> Inspection | None:
        """Return the parts of the prompt that would be sent now; None if nothing has been said yet."""
        steers = await self._steering.pending(spec.scene.id, spec.persona.key)
        spec = await self._grounded(await self._reminded(replace(spec, steers=steers)))
        built = await self._fitting(spec, await self.ladder.step(look=True), look=True)
        return await self._inspection(spec, built) if built else None

    async def sent(self, scene: Scene, persona: Persona, turn: Turn) -> Inspection | None:
        """Return the parts of the prompt that was sent for a reply, built again; None if not known."""
        sent = await self._history.requests.sent(turn.id)
        if sent is None:
            return None
        turns = await self._read(scene, sent.window_start, turn.position)
        begun = None
        if sent.own:
            own = turn.text[: sent.own]
            begun = replace(turn, text=own, tokens=self.meter.counter.count(own))
            turns.append(begun)
        language, steers = Language(sent.language), await self._steering.told(turn.id)
        recalled = await self._with_profiles(await self._recall.then(scene.id, sent.memory), turns)
        reminded = await self._reminding.told(scene, turn.id, turn.position)
        noted = (sent.host, sent.end_note, steers, recalled, reminded)
        spec = PromptSpec(scene, persona, turn.position, language, turn.id, begun, *noted)
        spec = replace(spec, company=sent.company)
        spec = await self._grounded(spec.with_party(sent.party_until))
        prompt = self._prompt(spec, Naming(sent.naming), turns)
        if sent.reply_cap is not None:
            prompt = replace(prompt, sampling=replace(prompt.sampling, max_completion_tokens=sent.reply_cap))
        found = await self._inspection(spec, BuiltPrompt(prompt, tuple(turns), sent))
        return replace(found, unchanged=digest(prompt) == sent.digest)

    async def _reminded(self, spec: PromptSpec) -> PromptSpec:
        """Return the spec with what its reply is reminded of."""
        if not self._casting.rules.look_back:
            return spec
        told = (spec.turn_id, spec.before, spec.persona.key, self.meter.counter)
        return replace(spec, reminded=await self._reminding.remind(spec.scene, *told))

    async def _grounded(self, spec: PromptSpec) -> PromptSpec:
        """Return the spec with what holds in its place and its world: rules, lore and chance."""
        table = await self._casting.table_rules(spec.scene.place)
        return await self._rooted(await self._with_lore(replace(spec, table=table)))

    async def _rooted(self, spec: PromptSpec) -> PromptSpec:
        """Return the spec with the scene with which the story began, if anything is left to chance."""
        keys = (spec.persona.key, spec.host, *spec.company)
        shelf = self._casting.library.at(spec.scene.place.guild_id)
        told = [_told_persona(spec), *(each for key in keys if key and (each := shelf.get(key)))]
        return replace(spec, root=await self._scenes.root(spec.scene)) if any(map(draws, told)) else spec

    async def _with_lore(self, spec: PromptSpec) -> PromptSpec:
        """Return the spec with what its reply is told of lorebooks."""
        found = await self.lore.find(spec.scene, spec.persona, spec.before)
        return replace(spec, lore=found)

    async def _fitting(self, spec: PromptSpec, naming: Naming, *, look: bool = False) -> BuiltPrompt | None:
        """Build the prompt with all turns that the window takes, and move its start where that is due.

        `look` leaves the start where it is.
        """
        known, spec = self.meter.known, self._in_its_window(spec)
        scene = spec.scene
        cap = sampling_of(spec.persona, self._casting.rules.sampling).max_completion_tokens
        whole = window_of(self._casting.rules.context_window, cap, thrifty=spec.thrifty)
        room = known.room(whole, cap)
        # Where nobody spoke to the persona for long, there may be far more turns than any prompt holds.
        most = known.most_turns(room)
        turns = await self._turns(spec, most)
        spec = await self._recalling(spec, turns)
        if not turns:
            return self._made(spec, naming, ()) if spec.steers else None
        newest = max(scene.party_until, turns[-1].position)
        # Whose profile the brief hasn't got yet is told of from now on: it changes once.
        news = not scene.party_until or arrives(turns, scene.party_until, spec.recalled.profiles)
        first = self._made(spec.with_party(newest) if news else spec, naming, turns)
        built = await self._moved(spec.with_party(newest), first, room)
        if look:
            return built
        self._keep_up(spec, built, room)
        is_moved = built is not first and spec.before > scene.window_start
        if is_moved or news:
            await self._move(spec, built.turns[0].position if is_moved else scene.window_start, newest)
        return built

    def _in_its_window(self, spec: PromptSpec) -> PromptSpec:
        """Return the spec with the window that its prompt reads: thrifty prompts of a scene have their own.

        So each keeps beginning as it did before, no matter who asks next.
        """
        kept = self._thrifty.get(spec.scene.id) if spec.thrifty else None
        if kept is None or kept[0] <= spec.scene.window_start:
            return spec
        start, party_until = kept
        return replace(spec, scene=replace(spec.scene, window_start=start, party_until=party_until))

    async def _move(self, spec: PromptSpec, start: Position, newest: Position) -> None:
        """Let the scene's prompts of this kind begin at a position from now on."""
        if spec.thrifty:
            self._thrifty.pop(spec.scene.id, None)
            self._thrifty[spec.scene.id] = start, newest
            keep_latest(self._thrifty)
        else:
            await self._history.move_window(spec.scene.id, start, newest)

    async def _moved(self, spec: PromptSpec, built: BuiltPrompt, room: int) -> BuiltPrompt:
        """Return the prompt from where the window should begin; the same prompt if it begins there."""
        naming, turns, upper = Naming(built.sent.naming), built.turns, self.meter.known.upper
        sizes = history_sizes(spec.persona, turns, naming, self.meter.counter)
        fixed = built.prompt.size - sizes[0]
        if upper(built.prompt.size) > room:
            fixed = self._made(spec, naming, turns).prompt.size - sizes[0]  # with those who play now
            start = await self._step(spec, turns, sizes, fixed, room)
            spec = await self._recalling(spec, turns[start:])
            moved = self._made(spec, naming, turns[start:])
            if upper(moved.prompt.size) <= room:
                return moved
            # With fewer turns of its own, all of the persona's samples have come back.
            fixed = moved.prompt.size - sizes[start]
            kept = turns[window.step(sizes, fixed, room, upper) :]
            return self._made(await self._recalling(spec, kept), naming, kept)
        if not spec.scene.window_start or not window.is_sparse(sizes[0], fixed, room, upper):
            return built
        most = self.meter.known.most_turns(room)
        older = await self._read(spec.scene, START, turns[0].position, most)
        sizes = history_sizes(spec.persona, [*older, *turns], naming, self.meter.counter)
        back = window.step_back(sizes, len(older), fixed, room, upper)
        if not back:
            return built
        more = [*older[-back:], *turns]
        fuller = self._made(await self._recalling(spec, more), naming, more)
        # The speakers of the older turns may add profiles, whose tokens were not counted.
        return fuller if upper(fuller.prompt.size) <= room else built

    async def _step(
        self, spec: PromptSpec, turns: Sequence[Turn], sizes: Sequence[Size], fixed: Size, room: int
    ) -> int:
        """Return how many of the oldest turns leave: those in the recap that is ready, if they are enough."""
        upper = self.meter.known.upper
        reaches = await self._recall.prepared(spec.scene.id, turns[-1].position)
        ready = sum(turn.position <= reaches for turn in turns)
        if 0 < ready < len(turns) and window.is_enough(sizes[ready], fixed, room, upper):
            return ready
        return window.step(sizes, fixed, room, upper)

    def _keep_up(self, spec: PromptSpec, built: BuiltPrompt, room: int) -> None:
        """Let the recap be made of what has left the window, and of what the next step will remove."""
        if self._recaps.rules is None:
            return
        turns, upper = built.turns, self.meter.known.upper
        if turns[0].position > START:
            self._recaps.due(spec.scene.id, Position(turns[0].position - 1))
        if upper(built.prompt.size) < window.PREPARED * room:
            return
        sizes = history_sizes(spec.persona, turns, Naming(built.sent.naming), self.meter.counter)
        leaving = window.leaving(sizes, built.prompt.size - sizes[0], room, upper)
        if leaving:
            self._recaps.due(spec.scene.id, turns[leaving - 1].position)

    async def _recalling(self, spec: PromptSpec, turns: Sequence[Turn]) -> PromptSpec:
        """Return the spec with what is told of the story besides these turns."""
        start = turns[0].position if turns else spec.scene.window_start
        recalled = await self._recall.at(spec.scene.id, start)
        return replace(spec, recalled=await self._with_profiles(recalled, turns))

    async def _with_profiles(self, recalled: Recalled, turns: Sequence[Turn]) -> Recalled:
        """Return it with the profiles of those who speak in these turns, as they are now."""
        speakers = (turn.speaker for turn in turns)
        known = await known_profiles(self._profiles, speakers, self._casting.rules.context_window)
        return replace(recalled, profiles=known)

    async def _turns(self, spec: PromptSpec, most: int) -> list[Turn]:
        """Return the turns, as far back as the window reaches.

        The window is that of the newest turns: where it begins after the turn to be written, or where all its
        turns were taken out of the story, the turns before it are returned.
        """
        start = spec.scene.window_start
        turns = await self._read(spec.scene, start, spec.before, most)
        if not turns and start:
            turns = await self._read(spec.scene, START, spec.before, most)
        return [*turns, spec.begun] if spec.begun is not None else turns

    async def _read(self, scene: Scene, start: Position, before: Position, most: int = ALL) -> list[Turn]:
        """Return turns as `History.recent`, with the counts of all that they refer to."""
        turns = await self._history.recent(scene.id, start, before, most)
        return [self._counted(turn) if turn.references else turn for turn in turns]

    def _counted(self, turn: Turn) -> Turn:
        """Return a turn with the counts of what it refers to, which may have been changed elsewhere."""
        count = self.meter.counter.count
        made = (
            replace(each, tokens=count(each.text)) if each.elsewhere else each for each in turn.references
        )
        return replace(turn, references=tuple(made))

    def _made(self, spec: PromptSpec, naming: Naming, turns: Sequence[Turn]) -> BuiltPrompt:
        prompt, own = self._prompt(spec, naming, turns), len(spec.begun.text) if spec.begun else 0
        cap = prompt.sampling.max_completion_tokens
        window = window_of(self._casting.rules.context_window, cap, thrifty=spec.thrifty)
        told = (naming, spec.language, digest(prompt))
        noted = (spec.host, self._end_note(spec), spec.recalled.told)
        start = turns[0].position if turns else spec.scene.window_start
        sent = Sent(start, *told, own, window, cap, spec.scene.party_until, *noted, spec.company)
        return BuiltPrompt(prompt, tuple(turns), sent, spec.recalled)

    def _prompt(self, spec: PromptSpec, naming: Naming, turns: Sequence[Turn]) -> Prompt:
        sampling = sampling_of(spec.persona, self._casting.rules.sampling)
        scene = spec.scene
        context = PromptContext(
            title=scene.title,
            language=spec.language,
            go_on=spec.begun is not None,
            story=scene.id if spec.root is None else spec.root,
            party_until=scene.party_until,
            closing=tuple(dict.fromkeys(_told(steer, turns, spec.persona.name) for steer in spec.steers)),
            reminders=tuple(dict.fromkeys(each.note(turns) for each in spec.reminded)),
            asker=next((each.speaker for each in reversed(spec.steers) if each.speaker), None),
            end_note=self._end_note(spec) and not spec.is_aside,
            host=spec.host,
            company=spec.company,
            cast=self._casting.library.at(scene.place.guild_id).playing,
            memory=self._bounded(spec.recalled.memory),
            profiles=spec.recalled.profiles,
            table=spec.table,
        )
        return build_prompt(_told_persona(spec), turns, sampling, naming, context, self.meter.counter)

    def _bounded(self, memory: Memory) -> Memory:
        room = pins_room(self._casting.rules.context_window)
        return replace(memory, pins=within(memory.pins, room, self.meter.counter.count))

    def _end_note(self, spec: PromptSpec) -> bool:
        return self._casting.rules.end_note if spec.end_note is None else spec.end_note

    async def _inspection(self, spec: PromptSpec, built: BuiltPrompt) -> Inspection:
        size = built.sent.context_window or self._casting.rules.context_window
        cap = built.prompt.sampling.max_completion_tokens
        return Inspection(
            persona=spec.persona.name,
            key=spec.persona.key,
            messages=built.prompt.messages,
            parts=parts_of(built.prompt, size, self.meter.known, self.meter.counter),
            window=size,
            naming=Naming(built.sent.naming),
            left_out=await self._history.count_before(spec.scene.id, built.sent.window_start),
            lack=lack_of(built.prompt, size - cap, self.meter.known),
            turns=len(built.turns),
            lore=spec.lore,
            table=spec.table.lines,
        )


def _told_persona(spec: PromptSpec) -> Persona:
    """Return the persona with what this prompt tells it of its world."""
    return spec.persona.telling(told_lore(spec.lore))


def _told(steer: Steer, turns: Sequence[Turn], persona: str) -> str:
    """Return the words of a note to a persona, under the newest name of the person who said it."""
    if steer.speaker is None:
        return steer.text
    name = steer.speaker.name
    for turn in turns:
        if turn.identity == steer.speaker.identity and (turn.message_id or 0) > (steer.message_id or 0):
            name = turn.name
    if steer.kind is SteeringKind.ASK:
        return answering_note(name, steer.text, persona)
    return steering_note(name, steer.text)
