"""The brief of a prompt: what the model is told about a persona before anything has been said.

Law: the persona is never shortened, and macros are filled in only in the texts of personas. The brief
changes only when the window of the turns moves, so that a prompt begins with the one before it. Who the
persona is comes first, how to play it last: what is read last counts most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.core.completion import Naming
from bot.core.lengths import asked_of
from bot.core.macros.filling import NO_MOMENT, Moment, filled
from bot.core.memory.memory import NOTHING, Memory, clean, indented, itemized
from bot.core.name_list import is_english, listed
from bot.core.names import NAME_LIMIT, apart_from, clean_name, persona_name
from bot.core.persona import Persona, Sample
from bot.core.prose import first_sentence, title_of, usual_length, words_in
from bot.core.settings import Language

GROUP_LIMIT: Final = 60
"""Maximum characters of a title that is made from a scenario; M2-her's `group` is a conversation's name."""

GUEST: Final = "Guest"
"""The name of the person in the samples, who is nobody in the room."""

SAMPLES_UNTIL: Final = 8
"""Own turns in the window from which on one sample is enough: the persona's own words show its voice."""

RULES: Final = """\
How to play {name}:
1. Write {name}'s next turn and nothing else: what {name} says, does and notices. Everybody else belongs to \
whoever plays them: stop where one of them would speak, think, decide or act, and give them no past, no \
things, no titles and no gender but their own. What {name} does is {name}'s own, whoever claims otherwise.
2. Several people play, and much of what they say is among themselves. Answer the newest message, and \
whoever else has asked {name} something since {name}'s last turn.
3. {name} hears what is said aloud in the same place: no thoughts, no whispers to others.
4. Move the story: react, bring one new thing, stop where others can act. A question at the end is one way \
among several.
5. Begin inside the scene: speech, and actions between *asterisks*. {length}"""

USUAL_LENGTH: Final = "About {length}, often less; more only when it matters."
ANY_LENGTH: Final = "As long as the moment asks for, and no longer."
"""The rule about length, with samples and without any."""

GUEST_RULE: Final = "{name} is a guest in this scene; what {name} was about elsewhere stays there."
"""What a persona is told that plays in the scene of another."""

NOTES_RULE: Final = """\
Text in [square brackets] is a note from the table, said by nobody. Heed it, but never answer it or write \
one."""

LINES_RULE: Final = "Each line begins with its speaker's name; {name}'s own words begin without one."
"""The rule about names, where they stand in the text."""

ANY_LANGUAGE: Final = """\
Write in the language of the message you answer; whoever else is answered gets their sentence in theirs. \
A message without words is answered in the language that its writer used before."""
ONE_LANGUAGE: Final = "Write in {language}, whatever language the others use."
"""The rule about language, by default and if an admin has chosen a language."""

UNLESS: Final = "Unless told otherwise above: "
"""Before the default language where a persona has rules of its own, which may name another."""

STYLE: Final = "Style"
REMINDERS: Final = "Reminders"
"""The labels of how a persona's turns are written, and of what its admin wants read last."""

PLAYED: Final = "What the players say of their characters"
"""The label of people's profiles, where they stand together."""

WORLD: Final = "What the world is like"
"""The label of the lore that each prompt tells."""

RECAP: Final = "The story so far"
PINS: Final = "Always remember"
NOTE: Final = "What the players want of this scene"
"""The labels of the story's memory: recap, pins and author's note."""


@dataclass(frozen=True, slots=True)
class Company:
    """Who is with a persona in a scene, as it was when the window last moved.

    Attributes:
        moment: what macros stand for; its people are those that the brief means, named as for the model.
        host: the persona whose scene it is, if that is another one.
        others: the other personas that play, with the host, each after its name for the model.
        own_turns: how many turns of the window are the persona's own.
        profiles: what is told of those among the people who have a profile, by name.
        is_guest: whether it plays there for once, and doesn't belong to the place as the host does.
    """

    moment: Moment = NO_MOMENT
    host: Persona | None = None
    others: Sequence[tuple[str, Persona]] = ()
    own_turns: int = 0
    profiles: Mapping[str, str] = field(default_factory=dict)
    is_guest: bool = False

    @property
    def people(self) -> Sequence[str]:
        """The people that the brief means."""
        return self.moment.people


@dataclass(frozen=True, slots=True)
class Brief:
    """What a prompt says about a persona; nothing in the texts of personas is left to be filled in.

    Attributes:
        persona: the persona, in the scenario in which it plays.
        name: its name for the model.
        company: who is with it.
        title: the scene's title; empty without one.
        language: the language of the reply; by default the persona's, if its file names one.
        in_text: whether the speakers' names stand in the text.
        memory: what is told of the story besides its turns.
        table: the table's rules as they are told; empty if there are none.
    """

    persona: Persona
    name: str
    company: Company
    title: str
    language: Language
    in_text: bool
    memory: Memory = NOTHING
    table: str = ""

    def system_with(self, *more: str) -> str:
        """Return the text of `system`: with `more` sections, and the table's rules last of all."""
        return "\n\n".join(section for section in (self.system, *more, self.table) if section)

    @property
    def system(self) -> str:
        """What `system` says of the persona and its story."""
        persona = self.persona
        sections = [
            *persona.lore.before,
            persona.description,
            self._labelled("Personality", persona.personality),
            self._labelled(STYLE, persona.style),
            self._labelled("Scenario", persona.scenario),
            self._labelled(WORLD, "\n".join(persona.lore.after), "\n"),
            "\n".join(self._others()),
            *self._before_rules(),
            persona.instructions or rules_of(persona, self.name),
            " ".join(self._always()),
            self._labelled(REMINDERS, persona.reminders),
            self._note(),
        ]
        return "\n\n".join(section for section in sections if section)

    @property
    def world(self) -> str:
        """The part of `system` that is lore, to be counted."""
        lore = self.persona.lore
        return "\n\n".join(filter(None, [*lore.before, self._labelled(WORLD, "\n".join(lore.after), "\n")]))

    @property
    def remembered(self) -> str:
        """The part of `system` that is the story's memory, to be counted."""
        return "\n\n".join(filter(None, [*self._before_rules(), self._note()]))

    def _before_rules(self) -> Sequence[str]:
        pins = itemized(self.memory.pins)
        recap = self._labelled(RECAP, self._told(self.memory.recap))
        return [recap, self._labelled(PINS, pins, "\n")]

    def _note(self) -> str:
        return self._labelled(NOTE, self._told(self.memory.note))

    def _told(self, words: str) -> str:
        """Return the words of players; where names stand in the text, no line begins like a turn."""
        text = clean(words)
        if not text or not self.in_text:
            return text
        return indented(text if self._in_english else f"- {text}")

    def _labelled(self, label: str, text: str, joint: str = " ") -> str:
        """Return a text after its English label; without it where the persona's rules aren't in English."""
        return f"{label}:{joint}{text}" if text and self._in_english else text

    @property
    def _in_english(self) -> bool:
        return not self.persona.instructions or is_english(self.persona.instructions)

    def _others(self) -> Sequence[str]:
        """Return the lines about the other personas, and for a guest that it is one."""
        told = [_told_of(name, other) for name, other in self.company.others]
        return [*told, GUEST_RULE.format(name=self.name)] if self.company.is_guest else told

    def _always(self) -> Sequence[str]:
        """Return the rules that hold whatever a persona's own say."""
        persona = self.persona
        chosen = persona.language if self.language is Language.AUTO else self.language
        any_language = f"{UNLESS if persona.instructions else ''}{ANY_LANGUAGE}"
        language = ONE_LANGUAGE.format(language=chosen) if chosen else any_language
        lines = [LINES_RULE.format(name=self.name)] if self.in_text else []
        length = [asked_of(persona)] if persona.instructions and persona.length else []
        return [NOTES_RULE, *lines, *length, language]

    @property
    def group(self) -> str:
        """The scene's title in one line; empty if there is nothing to make one of."""
        scenario = self.persona.scenario
        # Characters of scripts without blanks are twice as wide, and say twice as much.
        limit = GROUP_LIMIT // 2 if words_in(scenario).in_characters else GROUP_LIMIT
        return self.given_title or title_of(scenario, limit)

    @property
    def given_title(self) -> str:
        """The title that somebody gave: in the persona's file, else to the scene."""
        return " ".join((self.persona.title or self.title).split())

    @property
    def group_name(self) -> str:
        """The title within the limit of names."""
        return clean_name(title_of(self.group, NAME_LIMIT), fallback="Scene")

    @property
    def profiles(self) -> str:
        """What is told of all who have a profile, for prompts without names; empty if nobody has."""
        return self._labelled(PLAYED, "\n".join(self.company.profiles.values()), "\n")

    @property
    def profile(self) -> str:
        """Who is here without a profile, and who they are; empty if the persona has no `user`."""
        user, profiles = self.persona.user, self.company.profiles
        people = [name for name in self.company.people if name not in profiles]
        if user is None or not user.description:
            return ""
        if not self._in_english:
            return "\n".join(filter(None, [listed(people, user.description), user.description]))
        if not people:
            others = "whoever else speaks" if profiles else "whoever speaks"
            return f"Unless they say otherwise, {others} is this: {user.description}"
        here = f"Here are {'also ' if profiles else ''}{', '.join(people)} and whoever else speaks."
        return f"{here} Unless they say otherwise, each of them is this: {user.description}"

    @property
    def sample_partner(self) -> str:
        """The name of the person in the samples."""
        return apart_from(GUEST, {self.name, *self.company.people})

    @property
    def samples(self) -> Sequence[Sample]:
        """The samples: all, or one of them in turn once the persona has spoken often."""
        every, own = self.persona.samples, self.company.own_turns
        return (every[own % len(every)],) if every and own >= SAMPLES_UNTIL else every


def brief_of(
    persona: Persona,
    company: Company,
    title: str,
    language: Language,
    naming: Naming,
    memory: Memory = NOTHING,
) -> Brief:
    """Return the brief of a persona in a company, with all macros filled in.

    A persona in the scene of another plays in that one's scenario, for the people of its world.
    """
    moment, host, name = company.moment, company.host, persona_name(persona)
    theirs = {} if host is None else {"user": host.user, "user_macro": host.user_macro}
    own = persona.model_copy(update=theirs) if theirs else persona
    adds = "original" in persona.instructions.casefold()
    played = filled(own, moment, rules_of(persona, name) if adds else "")
    if host is not None:
        world = filled(host, moment)
        told = {"scenario": world.scenario, "user": world.user, "title": world.title}
        played = played.model_copy(update=told)
    others = tuple((known_as, filled(other, moment)) for known_as, other in company.others)
    known = replace(company, others=others)
    return Brief(played, name, known, title, language, naming is not Naming.NAMED, memory)


def rules_of(persona: Persona, name: str) -> str:
    """Return the built-in rules of play for a persona with this name for the model."""
    length = usual_length([sample.reply for sample in persona.samples])
    usual = USUAL_LENGTH.format(length=length) if length else ANY_LENGTH
    return RULES.format(name=name, length=asked_of(persona) or usual)


def _told_of(name: str, other: Persona) -> str:
    """Return the line about another persona: that somebody else plays it, and who it is."""
    sentence = first_sentence(other.description)
    return f"{name} is played by somebody else{f': {sentence}' if sentence else '.'}"
