"""The facts about a message: who would answer it, what it says, and who it is said to.

Law: facts are looked up once for each message and nothing is stored; `core.routing` decides.
"""

from dataclasses import dataclass, replace

from bot.core import message_text
from bot.core.access import EVERYBODY
from bot.core.asides import Aside, BotQuestion, OutOfCharacter
from bot.core.calling import call_of, short_names
from bot.core.persona import Persona
from bot.core.privacy import is_wanted, people_in, screened
from bot.core.proxies import begins_with, counts_for, is_member, is_unknown
from bot.core.routing import (
    ANSWERS,
    Author,
    Denial,
    MessageFacts,
    NoReply,
    NoReplyReason,
    Respond,
    availability,
    decide,
)
from bot.core.scene import IncomingMessage, Note, Place
from bot.core.settings import Settings
from bot.storage.opting_out import Choices
from bot.storage.stores import Stores
from bot.story.incoming.admission import Admission
from bot.story.incoming.members import Members
from bot.story.places.access import Access
from bot.story.places.acting import Acting
from bot.story.places.answering import Answerers, Answering, Asked
from bot.story.places.casting import Casting, ChannelCast
from bot.story.places.other_bots import OtherBots


@dataclass(frozen=True, slots=True)
class Considered:
    """A message with the facts about it.

    Attributes:
        message: the message, without what is of people who have opted out; its author is who they play.
        cast: the persona and the settings of its place.
        speaker: the persona that would answer, of several the first, or why none can.
        text: the person's words, as they were written; "" where only a note says that they step away.
        notes: the notes beside the words.
        aside: what of the words is out of character.
        facts: the facts for `core.routing`.
        aside_to_persona: whether the aside is said to the persona or the bot, and not among people.
        others: the personas that would answer after the first.
        denial: why nobody answers for a while (admins chose it, or a budget is used up), and until when.
    """

    message: IncomingMessage
    cast: ChannelCast
    speaker: Persona | NoReply
    text: str
    notes: tuple[Note, ...]
    aside: Aside
    facts: MessageFacts
    aside_to_persona: bool = False
    others: tuple[Persona, ...] = ()
    denial: Denial | None = None

    @property
    def speakers(self) -> tuple[Persona, ...]:
        """All personas that would answer, in their order; none if none can."""
        return (self.speaker, *self.others) if isinstance(self.speaker, Persona) else ()

    @property
    def asks(self) -> bool:
        """Whether the message gets an answer, or a notice in its place."""
        decision = decide(self.facts)
        return decision.answered or decision.told is not None

    @property
    def steers(self) -> bool:
        """Whether the aside is a wish for the story."""
        return self.aside_to_persona and self.aside.steers and self.facts.ooc is not OutOfCharacter.IGNORE

    @property
    def is_answered_aside(self) -> bool:
        """Whether the reply to it is out of character too."""
        return self.steers and self.aside.whole and self.facts.ooc is OutOfCharacter.ANSWER

    @property
    def answer_besides(self) -> NoReply | None:
        """What the bot itself says besides the persona's answer, to a question at a message's end."""
        question = self.aside.question if self.aside_to_persona and not self.aside.whole else None
        return None if question is None else NoReply(ANSWERS[question], self.persona_name)

    @property
    def persona_name(self) -> str:
        """The name of the persona that would answer; its key if its file does not load."""
        return self.speaker.name if isinstance(self.speaker, Persona) else self.speaker.about

    @property
    def is_to_persona(self) -> bool:
        """Whether the message is said to the persona, or handed to the bot, and not only overheard."""
        return self.facts.wakes or self.facts.addressed or self.facts.calls or bool(self.message.roll)

    @property
    def is_turn(self) -> bool:
        """Whether the message is a turn of the story, if only by a note."""
        return not self.facts.aside or self.facts.presence


class FactFinder:
    """Looks up the facts about messages."""

    def __init__(
        self,
        answerers: Answerers,
        casting: Casting,
        stores: Stores,
        members: Members,
        acting: Acting,
        admission: Admission,
    ) -> None:
        """Look up in these; `answerers` finds who answers."""
        self._answerers = answerers
        self._casting = casting
        self._history = stores.history
        self._other_bots = OtherBots(stores)
        self._opt_outs = stores.records.opt_outs
        self._access = Access(casting, stores.records.blocks)
        self._members = members
        self._acting = acting
        self._admission = admission

    async def consider(
        self, message: IncomingMessage, persona_key: str | None = None, cast: ChannelCast | None = None
    ) -> Considered:
        """Look up the facts about a message.

        `persona_key` is the persona that a command asked for, None for the place's; `cast` is the place's, if
        it is known.
        """
        message = await self._members.plain(await self._members.recognized(message))
        choices, blocked = await self._away(message)
        cast = cast or await self._casting.lookup(message.place)
        author = self._author(message, cast.settings, choices.out, blocked)
        message = await self._acting.as_played(screened(message, choices.out | blocked))
        found = await self._consider(message, author, persona_key, cast)
        is_forgotten = choices.forgotten_at is not None and message.created_at <= choices.forgotten_at
        if not is_forgotten and is_wanted(message.id, choices.opted_in):
            return found
        return replace(found, facts=replace(found.facts, known=True))

    async def _away(self, message: IncomingMessage) -> tuple[Choices, frozenset[int]]:
        """Return what the people in a message have chosen, and who of them is blocked.

        Among those is an unknown member of a system, if it may be somebody's who is blocked or has opted out.
        """
        behind = await self._members.behind(message)
        people, author = people_in(message).union(*behind.values()), message.author
        choices = await self._opt_outs.choices(people, author.id, message.place.channel_id)
        blocked = await self._access.blocked(message.place, people)
        away = choices.out | blocked
        return choices, blocked.union(each for each in behind if not away.isdisjoint(behind[each]))

    def _author(
        self, message: IncomingMessage, settings: Settings, out: frozenset[int], blocked: frozenset[int]
    ) -> Author:
        if message.from_bot:
            return Author.LISTED_BOT if message.author.id in settings.bots else Author.BOT
        if message.author.id in blocked:
            return Author.BLOCKED
        is_for_others = not message.by_command and begins_with(message.content, settings.ignored_prefixes)
        if is_for_others or self._members.is_command(message):
            return Author.COMMANDING
        # Who may use a command was asked before it was taken in.
        is_used = message.by_command or bool(message.roll)
        if not (EVERYBODY if is_used else settings.play).admits(message.member):
            return Author.NO_ROLE
        return Author.OPTED_OUT if message.author.id in out else Author.PERSON

    async def _consider(
        self, message: IncomingMessage, author: Author, persona_key: str | None, cast: ChannelCast
    ) -> Considered:
        replied = await self._replied(message)
        addressed = message.mentions_bot or message.by_command or replied is not None or message.place.is_own
        to_others = message.reply_to is not None and replied is None and not _is_own(message)
        said, said_aside = message_text.said_in(message), message_text.said_aside(message)
        if persona_key is None:
            asked = Asked(message, cast, f"{said}\n{said_aside}", replied, addressed, to_others)
            answering = await self._answerers.of(asked)
        else:
            answering = Answering(self._casting.speaker(message.place, cast, persona_key))
        speaker = answering.speaker
        aside_names = isinstance(speaker, Persona) and self._calls(said_aside, message.place, speaker)
        name = speaker.name if isinstance(speaker, Persona) else ""
        text, notes = message_text.words_of(message, name), message_text.notes_of(message)
        calls = (name, *short_names(speaker)) if isinstance(speaker, Persona) else ()
        aside = message_text.aside_in(message, name, calls)
        facts = MessageFacts(
            author=author,
            by_command=message.by_command,
            addressed=addressed,
            cue=answering.cue,
            aside=aside.whole,
            presence=aside.whole and aside.presence is not None,
            question=aside.question if aside.whole else None,
            empty=not (text or notes),
            # Discord sends an empty text where the bot may not read it, as with a mention of its role.
            readable=bool(message.content or notes) or message.by_command,
            bound=cast.bound or (bool(message.roll) and cast.scene is not None),
            respond=Respond.NEVER if message.roll else cast.settings.respond,
            ooc=cast.settings.ooc,
            paused=cast.settings.paused,
            availability=availability(speaker if isinstance(speaker, NoReply) else None),
        )
        to_persona = facts.wakes and (addressed or aside.whole or aside_names)
        if author is Author.LISTED_BOT:
            facts = replace(facts, question=None)
        elif to_persona and aside.question is BotQuestion.STOP:
            facts = replace(facts, question=aside.question)
        if facts.presence:
            text, notes = "", ()
        notes = (*notes, aside.presence) if aside.presence is not None else notes
        # What is out of character steers one reply.
        others = () if aside.whole else answering.others
        found = Considered(message, cast, speaker, text, notes, aside, facts, to_persona, others)
        return await self._measured(found, speaker) if isinstance(speaker, Persona) else found

    async def _measured(self, found: Considered, persona: Persona) -> Considered:
        """Return a message with the reason for which its author gets no reply from a persona for now."""
        message, facts, settings = found.message, found.facts, found.cast.settings
        asked = (message.place, persona, counts_for(message))
        denial = self._admission.denial(*asked, settings)
        if denial is None and facts.wakes:
            denial = await self._admission.unpaid(*asked)
        if denial is not None:
            facts = replace(facts, denied=denial.reason)
        elif self._admission.must_wait(*asked) > 0:
            facts = replace(facts, denied=NoReplyReason.LIMITED)
        if facts.author is Author.LISTED_BOT and facts.wakes and found.cast.scene is not None:
            is_over = await self._other_bots.is_hushed(found.cast.scene.id, settings.bots)
            facts = replace(facts, author=Author.HUSHED_BOT) if is_over else facts
        return replace(found, facts=facts, denial=denial)

    async def screened(self, message: IncomingMessage) -> IncomingMessage:
        """Return a message without what is of people who are out or blocked, the others as who they play."""
        message = await self._members.recognized(message)
        choices, blocked = await self._away(message)
        return await self._acting.as_played(screened(message, choices.out | blocked))

    async def is_kept_out(self, message: IncomingMessage) -> bool:
        """Return whether nothing is taken of who wrote a message: they are blocked, or may not play here.

        Of a proxy's copy, Discord doesn't say which roles its author has: there, blocks alone count.
        """
        message = await self._members.recognized(message)
        author, plays = message.author, not is_member(message.author.character)
        if is_unknown(author) and author.id in (await self._away(message))[1]:
            return True
        barred = await self._access.barrier(message.place, author.id, message.member, plays=plays)
        return barred is not None and not message.from_bot

    def _calls(self, said: str, place: Place, persona: Persona) -> bool:
        return bool(said) and call_of(said, persona, self._casting.library.at(place.guild_id)).persona

    async def _replied(self, message: IncomingMessage) -> str | None:
        """Return the key of the persona whose post a message replies to; None if it replies to none."""
        turn = None if message.reply_to is None else await self._history.turn_of(message.reply_to)
        return None if turn is None else turn.persona_key


def _is_own(message: IncomingMessage) -> bool:
    """Return whether a message replies to one of its author's own, or to one of the bot's notices."""
    replied = message.replied
    return replied is not None and (
        replied.by_us or replied.author.identity.person == message.author.identity.person
    )
