"""Trying a persona: one person's private exchange with it, before it goes live or besides all stories.

Law: the persona reads the prompt that it would get in a story, and of the exchange nothing is stored but what
it costs. It is kept in memory for a while, and never longer than until a restart.
"""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from bot.core.budgets.charges import Charge, Purpose
from bot.core.budgets.rule import Refused, window_of
from bot.core.completion import OWN_ROLES, ChatModel, ErrorKind, Finish, ModelError, Naming, Prompt
from bot.core.greetings import Company, greetings_of, number_of
from bot.core.lengths import sampling_of
from bot.core.macros.filling import Moment, filled
from bot.core.memory.table import TableRules
from bot.core.names import NOBODY, clean_name, persona_name
from bot.core.output.answer import Answer, End, Outcome, outcome_of
from bot.core.output.leaks import sieve_for
from bot.core.persona import Persona
from bot.core.prompting.prompt import PromptContext, build_prompt, fixed_size
from bot.core.prompting.transcript import history_sizes
from bot.core.prompting.window import step
from bot.core.routing import NoReply, refusal_of_command, unpaid
from bot.core.scene import Participant, Place, Position, Speaker, Turn
from bot.core.settings import Language
from bot.endpoint.ladder import Ladder
from bot.story.budgets.reply_limit import ReplyLimit
from bot.story.budgets.spending import Reservation
from bot.story.memory.lore import Tale, told_lore
from bot.story.places.casting import Casting
from bot.story.prompts.prompter import Prompter
from bot.story.replies.reply_services import ReplyServices

KEPT: Final = 32
"""How many exchanges are kept; a further one takes the place of the oldest."""

EXCHANGES: Final = 20
"""The most replies of one exchange."""


@dataclass
class Tryout:
    """An exchange.

    Attributes:
        id: what the controls of its panel call it.
        persona: the persona, as it was when the exchange began.
        person: who talks with it.
        place: where they do.
        language: the language of its replies.
        turns: what was said, the greeting first if there is one.
        greeting: the number of that greeting; None without one.
        busy: held while the persona writes.
        unsaid: what was said last and got no reply.
    """

    id: str
    persona: Persona
    person: Participant
    place: Place
    language: Language
    turns: list[Turn] = field(default_factory=list)
    greeting: int | None = None
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    unsaid: str = ""

    @property
    def seed(self) -> int:
        """The number from which follows what is left to chance."""
        return int(self.id, 16)

    @property
    def is_over(self) -> bool:
        """Whether the persona has replied as often as it does."""
        return sum(turn.user_id is not None for turn in self.turns) >= EXCHANGES


class Tryouts:
    """The use cases of trying personas."""

    def __init__(
        self, services: ReplyServices, casting: Casting, prompter: Prompter, limit: ReplyLimit
    ) -> None:
        """Ask the model of `services` as `prompter` would; each reply counts for `limit`."""
        self._services = services
        self._casting = casting
        self._lore = prompter.lore
        self._ladder = prompter.ladder
        self._limit = limit
        self._kept: dict[str, Tryout] = {}

    async def begin(self, place: Place, persona: Persona, person: Participant) -> Tryout:
        """Begin an exchange, with the persona's greeting if it has one."""
        language = (await self._casting.settings(place)).language
        tryout = Tryout(secrets.token_hex(8), persona, person, place, language)
        name = clean_name(person.name, NOBODY)
        moment = Moment([name], name, tryout.seed, at=self._services.clock())
        words = next(iter(greetings_of(persona, Company.NONE)), "")
        greeting = filled(persona.model_copy(update={"greeting": words}), moment).greeting
        if greeting:
            tryout.greeting = number_of(persona, words)
            self._add(tryout, Speaker(2, persona_name(persona), persona_key=persona.key), greeting)
        self._kept[tryout.id] = tryout
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return tryout

    def get(self, tryout_id: str, user_id: int) -> Tryout | None:
        """Return a person's exchange; None if it is not kept anymore."""
        found = self._kept.get(tryout_id)
        return found if found is not None and found.person.id == user_id else None

    def forget(self, user_id: int) -> None:
        """Forget a person's exchanges."""
        self._kept = {key: each for key, each in self._kept.items() if each.person.id != user_id}

    def tokens(self, persona: Persona) -> int:
        """Return how many tokens a persona takes in each request, about."""
        meter = self._services.meter
        size = fixed_size(persona, self._ladder.highest, participants=1, counter=meter.counter)
        return meter.known.expected(size)

    async def say(self, tryout: Tryout, text: str) -> Outcome | NoReply:
        """Say something, and return how the persona's reply ended, or why none was asked for.

        If nothing came of it, what was said is not a part of the exchange, and is kept as `unsaid`.
        """
        tryout.unsaid = text
        services, user_id = self._services, tryout.person.id
        charge = await services.spending.charge(tryout.place, user_id, Purpose.TRY)
        verdict = await services.spending.verdict(charge)
        denial = None if verdict.refused is None else unpaid(verdict.refused)
        refusal = refusal_of_command(wait=self._limit.wait(user_id), denial=denial)
        if refusal is not None:
            return refusal
        counted = self._limit.take(user_id)
        person = Speaker(1, clean_name(tryout.person.name, NOBODY), user_id=tryout.person.id)
        self._add(tryout, person, text)
        try:
            outcome = await self._answer(tryout, charge, thrifty=verdict.thrifty)
        except BaseException:
            tryout.turns.pop()
            raise
        if isinstance(outcome, NoReply):
            self._limit.give_back(user_id, counted)
            tryout.turns.pop()
            return outcome
        if outcome.text:
            tryout.unsaid = ""
            speaker = Speaker(2, persona_name(tryout.persona), persona_key=tryout.persona.key)
            self._add(tryout, speaker, outcome.text)
        else:
            tryout.turns.pop()
        return outcome

    def _add(self, tryout: Tryout, speaker: Speaker, text: str) -> None:
        number = len(tryout.turns) + 1
        tokens = self._services.meter.counter.count(text)
        tryout.turns.append(Turn(number, 0, Position(number), speaker, text, tokens, self._services.clock()))

    async def _answer(self, tryout: Tryout, charge: Charge, *, thrifty: bool) -> Outcome | NoReply:
        """Ask the model, and store what that costs; or return why nobody pays for it."""
        tale = Tale(tryout.seed, tryout.greeting)
        lore = await self._lore.told_of(tryout.persona, tryout.place, tryout.turns, tale)
        persona = tryout.persona.telling(told_lore(lore))
        table = await self._casting.table_rules(tryout.place)
        make = partial(self._fitting, tryout, persona, table)
        question = _Question(make, await self._ladder.step(), self._ladder, thrifty=thrifty)
        spending = self._services.spending
        reserved = await self._services.reserve(charge, question)
        if isinstance(reserved, Refused):
            return unpaid(reserved).no_reply
        prompt = question.prompt
        sieve = partial(sieve_for, tryout.persona, prompt.speakers, "", prompt.notes)
        most, changes = prompt.sampling.max_completion_tokens, tryout.persona.substitutions
        answer = Answer(sieve, most_tokens=most, substitutions=changes)
        end: End = None
        try:
            model = await spending.keys.model_for(charge) or self._services.model
            end = await self._follow(model, tryout, question, answer)
        except ModelError as error:
            end = error
        finally:
            answer.let_through()
            await asyncio.shield(self._account(question, answer, reserved))
        return outcome_of(answer.words, end)

    async def _follow(self, model: ChatModel, tryout: Tryout, question: "_Question", answer: Answer) -> End:
        finish: Finish | None = None
        stream = model.stream(question, queue=tryout.place.queue)
        async with aclosing(stream) as deltas:
            async for delta in deltas:
                finish = delta.finish or finish
                answer.take(delta, self._services.clock())
                if answer.is_over:
                    return Finish.STOP
                if answer.is_enough:
                    return Finish.LENGTH
        return finish or ModelError(ErrorKind.CUT_SHORT)

    async def _account(self, question: "_Question", answer: Answer, reserved: Reservation) -> None:
        """Store the cost, and learn what the answer shows about the endpoint."""
        services, now = self._services, self._services.clock()
        try:
            spent = services.spent(question, answer)
            if spent is None:
                await services.spending.waive(reserved)
            else:
                await services.history.costs.spend_apart(reserved.pays(spent))
        finally:
            reserved.release()
        if not (answer.came or answer.usage is not None):
            return
        await self._ladder.worked(question.naming)
        await services.meter.learn(question.prompt, answer.came, answer.usage, now)

    def _fitting(
        self, tryout: Tryout, persona: Persona, table: TableRules, naming: Naming, *, thrifty: bool
    ) -> Prompt:
        """Return the prompt with as many of the newest turns as the window takes."""
        make = partial(self._prompt, tryout, persona, table, naming)
        whole, meter = make(tryout.turns), self._services.meter
        cap = whole.sampling.max_completion_tokens
        room = meter.known.room(window_of(self._casting.rules.context_window, cap, thrifty=thrifty), cap)
        sizes = history_sizes(persona, tryout.turns, naming, meter.counter)
        left_out = step(sizes, whole.size - sizes[0], room, meter.known.upper)
        return make(tryout.turns[left_out:]) if left_out else whole

    def _prompt(
        self,
        tryout: Tryout,
        persona: Persona,
        table: TableRules,
        naming: Naming,
        turns: Sequence[Turn],
    ) -> Prompt:
        rules = self._casting.rules
        cast = {**self._casting.library.at(tryout.place.guild_id).playing, persona.key: persona}
        context = PromptContext(
            language=tryout.language, story=tryout.seed, end_note=rules.end_note, cast=cast, table=table
        )
        sampling = sampling_of(persona, rules.sampling)
        return build_prompt(persona, turns, sampling, naming, context, self._services.meter.counter)


class _Make(Protocol):
    """Builds a prompt."""

    def __call__(self, naming: Naming, *, thrifty: bool) -> Prompt: ...


class _Question:
    """The prompts of one reply: the first form that the endpoint is known to take, and simpler ones."""

    def __init__(self, make: "_Make", naming: Naming, ladder: Ladder, *, thrifty: bool) -> None:
        self.is_out = False
        self.lost = 0
        self.naming = naming
        self.prompt = make(naming, thrifty=thrifty)
        self._make = make
        self._ladder = ladder
        self._thrifty = thrifty

    async def grow_cheaper(self) -> bool:
        """Leave out what a thrifty prompt has no room for; return False if it has left that out already."""
        if self._thrifty:
            return False
        self._thrifty, self.prompt = True, self._make(self.naming, thrifty=True)
        return True

    async def refused(self, error: ModelError) -> bool:
        """Take a simpler form after a refusal; False if none would help."""
        own_roles = any(message.role in OWN_ROLES for message in self.prompt.messages)
        lower = self._ladder.refused(self.naming, error, own_roles=own_roles)
        if lower is None:
            return False
        self.naming, self.prompt = lower, self._make(lower, thrifty=self._thrifty)
        return True
