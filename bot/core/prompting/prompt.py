"""Building of prompts: from a persona and a scene to the messages for the model.

Law: what people wrote is never expanded as a macro or template. The order on the wire is system, user_system,
group, samples, history, and a user's message last.

The speakers' names have three forms, because MiniMax's endpoints differ: *named* gives everyone their own
`name`; *prefixed* keeps M2-her's roles but has one constant user name, with `Alice: …` in the content;
*folded* only needs system, user and assistant.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from bot.core.completion import Message, Naming, Prompt, Sampling, Shares
from bot.core.macros.filling import Moment
from bot.core.memory.memory import NOTHING, Memory
from bot.core.memory.table import NO_RULES, TableRules
from bot.core.names import NAME_LIMIT
from bot.core.notes import bracketed, lore_note, notes_in, rounded
from bot.core.persona import Persona
from bot.core.prompting.brief import Brief, Company, brief_of
from bot.core.prompting.closing import end_note, longest_end_note
from bot.core.prompting.profiles import NO_PROFILES, KnownProfiles
from bot.core.prompting.transcript import PROFILED_LIMIT, Line, Transcript
from bot.core.scene import END, Position, Speaker, Turn
from bot.core.settings import Language
from bot.core.tokens import BY_SCRIPT, Counter, Size

EVERYONE = "Everyone"
"""The constant user name of a prefixed prompt."""

OTHERS = "the others"
"""The name of the `user_system` of all who have none of their own."""

STRANGER = "Someone"
"""The name of the one who asks a persona to go on before anybody has spoken."""

GO_ON = (
    "Go on from the very point where {name}'s last words end, in the same language, and repeat none of them."
)
"""The note that asks a persona to continue its own words: a request must end with a user's message."""


@dataclass(frozen=True, slots=True)
class PromptContext:
    """What a prompt says besides the persona and the turns.

    Attributes:
        title: the scene's, sent as `group` where the persona's file has none.
        language: the language of the reply.
        go_on: whether the newest turn is the persona's unfinished one, which is to be continued.
        story: what is the same in all prompts of a story, as far as chance decides about the persona's texts.
        party_until: the position of the newest turn when the window last moved: who spoke until then is in
            the brief.
        closing: notes on lines of their own after the newest words, without brackets.
        reminders: notes of what was said long ago, on lines of their own after those, without brackets.
        asker: who asked by the last of `closing`; None if nobody did.
        end_note: whether the persona is reminded of its turn, and not to repeat itself, once that is needed.
        host: the key of the persona whose scene it is; None for the persona's own.
        company: the keys of all personas that belong to the place; a guest's is not among them.
        cast: the personas by key, of which the persona may be told.
        memory: what is told of the story besides the turns.
        profiles: those of the people who play.
        table: what this table has ruled out.
    """

    title: str = ""
    language: Language = Language.AUTO
    go_on: bool = False
    story: int = 0
    party_until: Position = END
    closing: tuple[str, ...] = ()
    reminders: tuple[str, ...] = ()
    asker: Speaker | None = None
    end_note: bool = False
    host: str | None = None
    company: tuple[str, ...] = ()
    cast: Mapping[str, Persona] = field(default_factory=dict)
    memory: Memory = NOTHING
    profiles: KnownProfiles = NO_PROFILES
    table: TableRules = NO_RULES


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
    to be continued; where nothing of a person's is the newest, the notes in `context.closing` are a message.
    """
    transcript = Transcript(turns, persona, naming, context.party_until)
    company = _company(persona, transcript, context, counter)
    title, memory = rounded(context.title), context.memory
    brief = brief_of(persona, company, title, context.language, naming, memory)
    brief = replace(brief, table=context.table.told)
    lines = transcript.lines
    messages = [*_FORMS[naming](brief, lines)]
    fixed = size_of((message for message in messages if message.role not in {"user", "assistant"}), counter)
    size = Size(fixed.text + transcript.tokens(counter), len(messages))
    notes = [bracketed(note) for note in _closing(brief, transcript, context)]
    if context.go_on or (context.closing and messages[-1].role != "user"):
        asked = bracketed(GO_ON.format(name=brief.name)) if context.go_on else notes.pop(0)
        asker = None if context.go_on else context.asker
        name = transcript.speaker_name(asker) if asker is not None else _last_person(lines)
        messages.append(Message("user", name if naming is Naming.NAMED else EVERYONE, asked))
        size += size_of(messages[-1:], counter)
    if notes and messages[-1].role == "user":
        ending = "\n".join(["", *notes])
        messages[-1] = replace(messages[-1], content=messages[-1].content + ending)
        size += Size(counter.count(ending), 0)
    told = notes_in("\n".join(message.content for message in messages if message.role == "user"))
    came_up = "".join(f"\n{bracketed(note)}" for note in _lore_notes(brief))
    parts = (brief.remembered, brief.world, came_up, brief.table)
    shares = Shares(*map(counter.count, parts))
    speakers = tuple(dict.fromkeys([*transcript.speakers, *(name for name, _ in company.others)]))
    return Prompt(tuple(messages), sampling, size, speakers, told, shares)


def fixed_size(
    persona: Persona,
    naming: Naming,
    title: str = "",
    *,
    participants: int = 0,
    counter: Counter = BY_SCRIPT,
) -> Size:
    """Return the most that a prompt of a persona's own scene may hold besides its turns, in any language.

    `participants` is the number of people who play. Their profiles, lines about other personas, the story's
    memory, the table's rules, and what one reply is told by `PromptContext.closing`, come on top.
    """
    longest = "M" * NAME_LIMIT
    people = [longest] * min(participants, PROFILED_LIMIT)
    company = Company(Moment(people, longest if people else "", widest=True))
    brief = brief_of(persona, company, title, Language.AUTO, naming)
    note = bracketed(longest_end_note(brief.name, brief.persona.voice))
    # Somebody may have the name of the person in the samples, who is then told apart.
    beside = counter.count(f"\n{note}") + len(persona.samples) * counter.count(" (player 2)")
    return size_of(_FORMS[naming](brief, ()), counter) + Size(beside, 0)


def size_of(messages: Iterable[Message], counter: Counter = BY_SCRIPT) -> Size:
    """Return the size of messages, counted from their texts."""
    counts = [counter.count(message.content) + counter.count(message.name) for message in messages]
    return Size(sum(counts), len(counts))


def _company(persona: Persona, transcript: Transcript, context: PromptContext, counter: Counter) -> Company:
    host_key = None if context.host == persona.key else context.host
    keys = dict.fromkeys([*filter(None, [host_key]), *context.company, *transcript.personas])
    found = [context.cast[key] for key in keys if key != persona.key and key in context.cast]
    host = None if host_key is None else context.cast.get(host_key)
    others = list(zip(transcript.names_of(found), found, strict=True))
    moment = Moment(
        transcript.people, transcript.speaker, context.story, context.party_until, transcript.party_at
    )
    profiles = context.profiles.told(transcript.cast, counter)
    is_guest = host is not None and persona.key not in context.company
    return Company(moment, host, others, transcript.own_before, profiles, is_guest)


def _closing(brief: Brief, transcript: Transcript, context: PromptContext) -> Iterable[str]:
    """Yield what the reply is told after the newest words."""
    yield from context.closing
    yield from context.reminders
    yield from _lore_notes(brief)
    if context.end_note:
        replies = transcript.replies
        own = replies[:-1] if context.go_on else replies
        note = end_note(brief.name, own, brief.persona.voice)
        if note:
            yield note


def _lore_notes(brief: Brief) -> Iterable[str]:
    return map(lore_note, filter(None, brief.persona.lore.notes))


def _named(brief: Brief, lines: Sequence[Line]) -> Iterable[Message]:
    yield Message("system", brief.name, brief.system_with())
    yield from _setting(brief, OTHERS, brief.sample_partner)
    for line in lines:
        yield Message("assistant" if line.own else "user", line.name, line.text)


def _prefixed(brief: Brief, lines: Sequence[Line]) -> Iterable[Message]:
    yield Message("system", brief.name, brief.system_with())
    yield from _setting(brief, EVERYONE, EVERYONE)
    yield from _merged(brief, lines)


def _folded(brief: Brief, lines: Sequence[Line]) -> Iterable[Message]:
    sections = [*filter(None, [brief.profiles, brief.profile])]
    if brief.given_title:
        sections.append(f"Scene: {brief.given_title}")
    if brief.samples:
        partner, name = brief.sample_partner, brief.name
        pairs = (f"{_prefix(partner, each.user)}\n{_prefix(name, each.reply)}" for each in brief.samples)
        sections.append(f"How {name} answers, by example:\n" + "\n\n".join(pairs))
    yield Message("system", brief.name, brief.system_with(*sections))
    yield from _merged(brief, lines)


def _setting(brief: Brief, others: str, partner: str) -> Iterable[Message]:
    """Yield the messages of M2-her's own roles; `others` names the people, `partner` the samples' guest."""
    if brief.in_text and brief.profiles:
        yield Message("user_system", others, brief.profiles)
    elif not brief.in_text:
        for name, told in brief.company.profiles.items():
            yield Message("user_system", name, told)
    if brief.profile:
        yield Message("user_system", others, brief.profile)
    if brief.group:
        yield Message("group", brief.group_name, brief.group)
    for sample in brief.samples:
        said = _prefix(brief.sample_partner, sample.user) if brief.in_text else sample.user
        yield Message("sample_message_user", partner, said)
        yield Message("sample_message_ai", brief.name, sample.reply)


def _prefix(name: str, text: str) -> str:
    """Return words after their speaker's name, with further lines indented."""
    return f"{name}: " + "  ".join(text.splitlines(keepends=True))


def _merged(brief: Brief, lines: Sequence[Line]) -> Iterable[Message]:
    """Return the history with strictly alternating roles, each person's words after their name.

    Names have no colons here and further lines are indented, so that nobody can speak for someone else.
    """
    for own, run in groupby(lines, key=lambda line: line.own):
        if own:
            yield Message("assistant", brief.name, "\n".join(line.text for line in run))
        else:
            said = (_prefix(line.name, line.text) for line in run)
            yield Message("user", EVERYONE, "\n".join(said))


def _last_person(lines: Sequence[Line]) -> str:
    """Return the name of a message that nobody said: the last speaker's, because M2-her answers that name."""
    people = [line.name for line in lines if not line.own]
    return people[-1] if people else STRANGER


_FORMS = {Naming.NAMED: _named, Naming.PREFIXED: _prefixed, Naming.FOLDED: _folded}
