"""Building of prompts: from a persona and a scene to the messages for the model.

Law: the persona is never shortened, nobody's words are dropped or assigned to someone else, and what people
wrote is never expanded as a macro or template: placeholders are filled in only in the persona's texts. The
order on the wire is system, user_system, group, samples, history, and a user's message last.

The speakers' names have three forms, because MiniMax's endpoints differ: *named* gives everyone their own
`name`; *prefixed* keeps M2-her's roles but has one constant user name, with `Alice: …` in the content;
*folded* only needs system, user and assistant.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import NamedTuple

from bot.core.completion import Message, Naming, Prompt, Sampling
from bot.core.names import apart_from, clean_name, persona_name
from bot.core.notes import content_of
from bot.core.persona import Persona
from bot.core.placeholders import filled
from bot.core.scene import END, Position, Speaker, Turn
from bot.core.settings import Language
from bot.core.tokens import BY_SCRIPT, Counter, Size

GROUP_LIMIT = 120
"""Maximum characters of a scenario that is sent as `group`, which M2-her treats as a title."""

PROFILED_LIMIT = 6
"""Maximum participants with a `user_system`, or named by `{{user}}`: the most recent ones."""

EVERYONE = "Everyone"
"""The constant user name of a prefixed prompt."""

STRANGER = "Someone"
"""The sample partner's name if the persona's file has none."""


RULES = """\
Rules of play:
1. Write only what {name} says, does and perceives. The others speak and act for themselves.
2. Several people may be talking. Keep apart who said what, and answer the newest message first.
3. Stay {name} throughout. Let the story move: react, add something new, leave room for an answer.
4. Put actions between *asterisks*. No name before the reply, no headings, no status lists.
5. {language}, and keep to the length the moment asks for."""

GO_ON = "(Go on from the very point where your last words end, in their language. Repeat none of them.)"
"""The request to continue a persona's own words: a request must end with a user's message."""

NEWEST_LANGUAGE = "Use the language of the newest message"
ONE_LANGUAGE = "Write in {language}, whatever language the others use"
"""The rule about language, by default and if an admin has chosen a language."""


@dataclass(frozen=True, slots=True)
class PromptContext:
    """What a prompt says besides the persona and the turns.

    Attributes:
        title: the scene's, sent as `group`; without a title, a short scenario is.
        language: the language of the reply.
        go_on: whether the newest turn is the persona's unfinished one, which is to be continued.
        party_until: the position of the newest turn whose speaker counts for `{{user}}` and has a profile.
    """

    title: str = ""
    language: Language = Language.AUTO
    go_on: bool = False
    party_until: Position = END


NO_CONTEXT = PromptContext()


def build_prompt(
    persona: Persona,
    turns: Sequence[Turn],
    sampling: Sampling,
    naming: Naming,
    context: PromptContext = NO_CONTEXT,
    counter: Counter = BY_SCRIPT,
) -> Prompt:
    """Return the request for the persona's next turn.

    `turns` are those of the window, oldest first. The newest is a person's, or the persona's own where it is
    to be continued.
    """
    spoken = [_said(turn) for turn in turns]
    party = [
        said
        for turn, each in zip(turns, spoken, strict=True)
        if turn.position <= context.party_until
        for said in each
    ]
    script = _script(persona, tuple(chain(*spoken)), party, context)
    messages = tuple(_FORMS[naming](script))
    asked = _to_go_on(script, naming) if context.go_on else ()
    fixed = size_of((message for message in messages if message.role not in {"user", "assistant"}), counter)
    said = sum(_costs(spoken, counter))
    size = Size(fixed.text + said, len(messages)) + size_of(asked, counter)
    return Prompt((*messages, *asked), sampling, size, script.speakers, script.unprofiled)


def history_sizes(
    persona: Persona, turns: Sequence[Turn], naming: Naming, counter: Counter = BY_SCRIPT
) -> list[Size]:
    """Return for each turn the size of the history that begins with it, counted like in `build_prompt`."""
    sizes = []
    text = messages = 0
    following: object = None
    spoken = [_said(turn) for turn in turns]
    for each, cost in zip(reversed(spoken), reversed(_costs(spoken, counter)), strict=True):
        text += cost
        for said in reversed(each):
            own = said.speaker.persona_key == persona.key
            # Consecutive turns of one speaker are one message; without names, those of all people are.
            voice = (own, None if own or naming is not Naming.NAMED else _key(said.speaker))
            messages += voice != following
            following = voice
        sizes.append(Size(text, messages))
    return sizes[::-1]


def _costs(spoken: Sequence[Sequence["_Said"]], counter: Counter) -> list[int]:
    """Return the tokens of each turn's words and names; 0 for those without words, which no prompt holds.

    A text was counted when it was said: counting a full window again took most of a reply's time.
    """
    names = {name: counter.count(name) for name in {said.speaker.name for each in spoken for said in each}}
    return [sum(said.tokens + names[said.speaker.name] for said in each) for each in spoken]


def fixed_size(
    persona: Persona,
    naming: Naming,
    title: str = "",
    *,
    participants: int = 0,
    counter: Counter = BY_SCRIPT,
) -> Size:
    """Return the size of a prompt without turns, regardless of the language.

    `participants` is the number of people who may need a `user_system`.
    """
    profiled = min(participants, PROFILED_LIMIT)
    told = filled(persona, ["M" * 32] * profiled)
    script = _Script(told, persona_name(persona), (), title, Language.AUTO, {})
    size = size_of(_FORMS[naming](script), counter)
    if persona.user is not None:
        each = counter.count(_profile_text(told)) + counter.count("M" * 32)
        size += Size(each * profiled, profiled)
    return size


def size_of(messages: Iterable[Message], counter: Counter = BY_SCRIPT) -> Size:
    """Return the size of messages, counted from their texts."""
    counts = [counter.count(message.content) + counter.count(message.name) for message in messages]
    return Size(sum(counts), len(counts))


class _Said(NamedTuple):
    """Words with their speaker: a turn's own, or those of a message that a turn refers to."""

    speaker: Speaker
    text: str
    tokens: int
    own: bool = True


def _said(turn: Turn) -> list[_Said]:
    """Return what a turn brings into a prompt: what it refers to, and then itself; nothing without words."""
    text = content_of(turn)
    own = [_Said(turn.speaker, text, turn.tokens)] if text.strip() else []
    if not turn.references:
        return own
    referred = (_Said(each.speaker, each.text, each.tokens, own=False) for each in turn.references)
    return [*(said for said in referred if said.text.strip()), *own]


@dataclass(frozen=True, slots=True)
class _Line:
    """A turn in a prompt: the speaker, and whether that is the persona."""

    name: str
    text: str
    own: bool


Told = Mapping[tuple[str | None, str], str]
"""Each speaker's name for the model, by a persona's key (None for a person) and the name in the story."""


@dataclass(frozen=True, slots=True)
class _Script:
    """The input of all three forms; nothing in the persona's texts is left to be filled in.

    `people` are the ones `{{user}}` means, and the ones with a `user_system`.
    """

    persona: Persona
    name: str
    said: Sequence[_Said]
    title: str
    language: Language
    told: Told
    people: Sequence[str] = ()

    @property
    def group(self) -> str:
        """The scene in one line: its title, or else the scenario if that is short."""
        scenario = self.persona.scenario
        return " ".join((self.title or (scenario if len(scenario) <= GROUP_LIMIT else "")).split())

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers besides the persona, by the names that the prompt contains."""
        names = [name for (key, _), name in self.told.items() if key != self.persona.key]
        return tuple(dict.fromkeys([*names, *map(_without_colon, names)]))

    @property
    def lines(self) -> list[_Line]:
        """The history, with consecutive turns of the same speaker merged."""
        told = self.told
        lines = [
            _Line(self.name, text, own=True)
            if speaker.persona_key == self.persona.key
            # Another persona is a participant: an assistant message is always by the persona itself.
            else _Line(told[_key(speaker)], text, own=False)
            for speaker, text, *_ in self.said
        ]
        return [
            _Line(name, "\n".join(line.text for line in run), own)
            for (name, own), run in groupby(lines, key=lambda line: (line.name, line.own))
        ]

    @property
    def profiled(self) -> Sequence[str]:
        """The people with a `user_system`, in the order of their first turn."""
        return () if self.persona.user is None else self.people

    @property
    def unprofiled(self) -> int:
        """The number of people without a `user_system`, where others have one."""
        return len(set(_names(self.said, self.told)) - set(self.people)) if self.profiled else 0


def _script(
    persona: Persona, said: Sequence[_Said], party: Sequence[_Said], context: PromptContext
) -> _Script:
    """Return the input of the forms; `party` are the words whose speakers are its people."""
    name = persona_name(persona)
    told = _told(said, name)
    # A prompt that had to be shortened may have none of their turns.
    people = _people(party, told) or _people(said, told)
    return _Script(filled(persona, people), name, said, context.title, context.language, told, people)


def _told(spoken: Iterable[_Said], persona: str) -> Told:
    """Return each speaker's name for the model, different from the persona's name, roles and other names."""
    told: dict[tuple[str | None, str], str] = {}
    for speaker, *_ in spoken:
        if _key(speaker) not in told:
            told[_key(speaker)] = apart_from(speaker.name, {persona, *told.values()})
    return told


def _people(spoken: Iterable[_Said], told: Told) -> list[str]:
    """Return the people who spoke most recently (`PROFILED_LIMIT`), in the order of their first turn."""
    names = _names(spoken, told)
    recent = set(list(dict.fromkeys(reversed(names)))[:PROFILED_LIMIT])
    return [name for name in dict.fromkeys(names) if name in recent]


def _names(spoken: Iterable[_Said], told: Told) -> list[str]:
    """Return who said each of the words that are people's own."""
    return [told[_key(said.speaker)] for said in spoken if said.own and said.speaker.user_id is not None]


def _key(speaker: Speaker) -> tuple[str | None, str]:
    return speaker.persona_key, speaker.name


def _system_text(script: _Script) -> str:
    persona, chosen = script.persona, script.language is not Language.AUTO
    language = ONE_LANGUAGE.format(language=script.language) if chosen else NEWEST_LANGUAGE
    told_elsewhere = script.group == " ".join(persona.scenario.split())
    sections = [
        persona.instructions or RULES.format(name=script.name, language=language),
        persona.description,
        f"Personality: {persona.personality}" if persona.personality else "",
        f"Scenario: {persona.scenario}" if persona.scenario and not told_elsewhere else "",
        f"{language}." if persona.instructions and chosen else "",
    ]
    return "\n\n".join(section for section in sections if section)


def _profile_text(persona: Persona) -> str:
    if persona.user is None:
        return ""
    return ": ".join(part for part in (persona.user.name, persona.user.description) if part)


def _sample_partner(persona: Persona) -> str:
    own = persona.user.name if persona.user is not None else None
    return clean_name(own or STRANGER, fallback=STRANGER)


def _named(script: _Script) -> Iterable[Message]:
    yield Message("system", script.name, _system_text(script))
    for name in script.profiled:
        yield Message("user_system", name, _profile_text(script.persona))
    yield from _group_and_samples(script, _sample_partner(script.persona))
    for line in script.lines:
        yield Message("assistant" if line.own else "user", line.name, line.text)


def _prefixed(script: _Script) -> Iterable[Message]:
    yield Message("system", script.name, _system_text(script))
    if script.profiled:
        people = ", ".join(script.profiled)
        yield Message("user_system", EVERYONE, f"{people}: {_profile_text(script.persona)}")
    yield from _group_and_samples(script, EVERYONE)
    yield from _merged(script, EVERYONE)


def _folded(script: _Script) -> Iterable[Message]:
    persona = script.persona
    sections = [_system_text(script)]
    if script.profiled:
        sections.append(f"The other people ({', '.join(script.profiled)}): {_profile_text(persona)}")
    if script.group:
        sections.append(f"Scene: {script.group}")
    if persona.samples:
        partner = _sample_partner(persona)
        pairs = (f"{partner}: {sample.user}\n{script.name}: {sample.reply}" for sample in persona.samples)
        sections.append(f"How {script.name} answers, by example:\n" + "\n\n".join(pairs))
    yield Message("system", script.name, "\n\n".join(sections))
    yield from _merged(script, EVERYONE)


def _group_and_samples(script: _Script, partner: str) -> Iterable[Message]:
    if script.group:
        yield Message("group", clean_name(script.group, fallback="Scene"), script.group)
    for sample in script.persona.samples:
        yield Message("sample_message_user", partner, sample.user)
        yield Message("sample_message_ai", script.name, sample.reply)


def _merged(script: _Script, partner: str) -> Iterable[Message]:
    """Return the history with strictly alternating roles, each person's words after their name.

    Colons are removed from names and further lines are indented, so that nobody can speak for someone else.
    """
    lines = script.lines
    labels: dict[str, str] = {}
    for line in lines:
        if line.name not in labels:
            plain = _without_colon(line.name) or EVERYONE
            labels[line.name] = line.name if line.own else apart_from(plain, {script.name, *labels.values()})
    for own, run in groupby(lines, key=lambda line: line.own):
        if own:
            yield Message("assistant", script.name, "\n".join(line.text for line in run))
        else:
            said = (f"{labels[line.name]}: " + "  ".join(line.text.splitlines(keepends=True)) for line in run)
            yield Message("user", partner, "\n".join(said))


def _to_go_on(script: _Script, naming: Naming) -> tuple[Message, ...]:
    """Return the request to continue, named like the last speaker, because M2-her answers that name."""
    people = [line.name for line in script.lines if not line.own]
    name = (people[-1] if people else STRANGER) if naming is Naming.NAMED else EVERYONE
    return (Message("user", name, GO_ON),)


def _without_colon(name: str) -> str:
    return " ".join(name.translate(_NO_COLON).split())


_NO_COLON = str.maketrans(dict.fromkeys(":\uff1a\ufe55\ua789\u2236\u02d0", " "))

_FORMS = {Naming.NAMED: _named, Naming.PREFIXED: _prefixed, Naming.FOLDED: _folded}
