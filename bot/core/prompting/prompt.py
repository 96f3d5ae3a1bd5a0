"""From a persona and a scene to the messages the model reads.

Law: the persona is never trimmed, nobody's words are dropped or given to another, and what
people wrote is never expanded as a macro or template. Order on the wire: system,
user_system, group, samples, history, and last a user.

How speakers are named has three forms, because MiniMax's endpoints disagree about them:
*named* gives everyone their own `name`; *prefixed* keeps M2-her's roles but one constant user
name, with `Alice: …` in the content; *folded* needs only system, user and assistant.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.core.completion import Message, Naming, Prompt, Sampling
from bot.core.names import apart_from, clean_name, persona_name
from bot.core.notes import content_of
from bot.core.persona import Persona
from bot.core.scene import Turn
from bot.core.settings import Language
from bot.core.tokens import BY_SCRIPT, Counter, Size

GROUP_LIMIT = 120
"""Characters up to which a scenario is short enough for `group`, which M2-her takes as a title."""

PROFILED_LIMIT = 6
"""Participants who get a `user_system`: the most recent ones."""

EVERYONE = "Everyone"
"""The constant user name of a prefixed prompt."""

STRANGER = "Someone"
"""The sample partner's name where the persona file gives none."""


RULES = """\
Rules of play:
1. Write only what {name} says, does and perceives. The others speak and act for themselves.
2. Several people may be talking. Keep apart who said what, and answer the newest message first.
3. Stay {name} throughout. Let the story move: react, add something new, leave room for an answer.
4. Put actions between *asterisks*. No name before the reply, no headings, no status lists.
5. {language}, and keep to the length the moment asks for."""

GO_ON = "(Go on from the very point where your last words end, in their language. Repeat none of them.)"
"""What asks a persona to go on with what it said: a request must end with a user's message."""

NEWEST_LANGUAGE = "Use the language of the newest message"
ONE_LANGUAGE = "Write in {language}, whatever language the others use"
"""The rule about language, and the one where an admin has chosen it."""


def build_prompt(
    persona: Persona,
    turns: Sequence[Turn],
    sampling: Sampling,
    naming: Naming,
    title: str = "",
    *,
    language: Language = Language.AUTO,
    go_on: bool = False,
    counter: Counter = BY_SCRIPT,
) -> Prompt:
    """Return the request for the persona's next turn.

    `turns` are the window's, oldest first, the newest a person's; or with `go_on` the one the persona has
    begun, and is asked to go on with. `title` is the scene's; it is shown as `group`, and where there is
    none a short scenario is.
    """
    script = _Script(persona, persona_name(persona), turns, title, language)
    messages = tuple(_FORMS[naming](script))
    asked = _to_go_on(script, naming) if go_on else ()
    fixed = size_of((message for message in messages if message.role not in {"user", "assistant"}), counter)
    said = sum(_costs(turns, counter))
    size = Size(fixed.text + said, len(messages)) + size_of(asked, counter)
    return Prompt((*messages, *asked), sampling, size, script.speakers)


def history_sizes(
    persona: Persona, turns: Sequence[Turn], naming: Naming, counter: Counter = BY_SCRIPT
) -> list[Size]:
    """Return for each turn what the history costs that begins with it, as `build_prompt` counts it."""
    sizes = []
    text = messages = 0
    following: object = None
    for turn, cost in zip(reversed(turns), reversed(_costs(turns, counter)), strict=True):
        if content_of(turn).strip():
            own = turn.persona_key == persona.key
            # A run of one speaker is one message; without names on the wire, a run of people is.
            voice = (own, None if own or naming is not Naming.NAMED else (turn.persona_key, turn.name))
            text, messages = text + cost, messages + (voice != following)
            following = voice
        sizes.append(Size(text, messages))
    return sizes[::-1]


def _costs(turns: Sequence[Turn], counter: Counter) -> list[int]:
    """Return the tokens of each turn's content and name; 0 for those without words, which no prompt holds.

    A text was counted when it was said: counting a full window again took most of a reply's time.
    """
    names = {name: counter.count(name) for name in {turn.name for turn in turns}}
    return [turn.tokens + names[turn.name] if content_of(turn).strip() else 0 for turn in turns]


def fixed_size(
    persona: Persona,
    naming: Naming,
    title: str = "",
    *,
    participants: int = 0,
    counter: Counter = BY_SCRIPT,
) -> Size:
    """Return what a prompt costs before its first turn, in no certain language.

    `participants` is how many people may need a `user_system` of their own.
    """
    script = _Script(persona, persona_name(persona), (), title, Language.AUTO)
    size = size_of(_FORMS[naming](script), counter)
    if persona.user is not None:
        profiled = min(participants, PROFILED_LIMIT)
        each = counter.count(_profile_text(persona)) + counter.count("M" * 32)
        size += Size(each * profiled, profiled)
    return size


def size_of(messages: Iterable[Message], counter: Counter = BY_SCRIPT) -> Size:
    """Return what messages cost, counted anew."""
    counts = [counter.count(message.content) + counter.count(message.name) for message in messages]
    return Size(sum(counts), len(counts))


@dataclass(frozen=True, slots=True)
class _Line:
    """A turn as the prompt sees it: who speaks, and whether that is the persona itself."""

    name: str
    text: str
    own: bool


@dataclass(frozen=True, slots=True)
class _Script:
    """Everything a form draws on."""

    persona: Persona
    name: str
    turns: Sequence[Turn]
    title: str
    language: Language

    @property
    def group(self) -> str:
        """The scene in a line: its title if somebody gave it one, else the scenario if that is short."""
        scenario = self.persona.scenario
        return " ".join((self.title or (scenario if len(scenario) <= GROUP_LIMIT else "")).split())

    @property
    def told(self) -> dict[tuple[str | None, str], str]:
        """How the model knows each speaker: nobody by the persona's name, a role's, or another's."""
        told: dict[tuple[str | None, str], str] = {}
        for turn in self.turns:
            if (turn.persona_key, turn.name) not in told:
                told[turn.persona_key, turn.name] = apart_from(turn.name, {self.name, *told.values()})
        return told

    @property
    def speakers(self) -> tuple[str, ...]:
        """Those who speak besides the persona, as a form with names or with prefixes tells of them."""
        names = [name for (key, _), name in self.told.items() if key != self.persona.key]
        return tuple(dict.fromkeys([*names, *map(_without_colon, names)]))

    @property
    def lines(self) -> list[_Line]:
        """The history, one line a speaker: runs of the same speaker are merged."""
        told = self.told
        lines = [
            _Line(self.name, content_of(turn), own=True)
            if turn.persona_key == self.persona.key
            # Another persona speaks as a participant: an assistant message is always the persona itself.
            else _Line(told[turn.persona_key, turn.name], content_of(turn), own=False)
            for turn in self.turns
            if content_of(turn).strip()
        ]
        return [
            _Line(name, "\n".join(line.text for line in run), own)
            for (name, own), run in groupby(lines, key=lambda line: (line.name, line.own))
        ]

    @property
    def profiled(self) -> list[str]:
        """People who get a `user_system`: the most recent, in the order they first spoke."""
        if self.persona.user is None:
            return []
        told = self.told
        spoke = [turn for turn in self.turns if turn.user_id is not None and content_of(turn).strip()]
        names = [told[None, turn.name] for turn in spoke]
        recent = set(list(dict.fromkeys(reversed(names)))[:PROFILED_LIMIT])
        return [name for name in dict.fromkeys(names) if name in recent]


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
    """The history with strictly alternating roles, each person's words behind their name.

    Names lose their colons and further lines are indented, or one could speak for another.
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
    """It comes from whoever spoke last: M2-her answers the name that it reads."""
    people = [line.name for line in script.lines if not line.own]
    name = (people[-1] if people else STRANGER) if naming is Naming.NAMED else EVERYONE
    return (Message("user", name, GO_ON),)


def _without_colon(name: str) -> str:
    return " ".join(name.translate(_NO_COLON).split())


_NO_COLON = str.maketrans(dict.fromkeys(":\uff1a\ufe55\ua789\u2236\u02d0", " "))

_FORMS = {Naming.NAMED: _named, Naming.PREFIXED: _prefixed, Naming.FOLDED: _folded}
