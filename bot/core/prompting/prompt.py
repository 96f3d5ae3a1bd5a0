"""Building of prompts: from a persona and a scene to the messages for the model.

Law: what people wrote is never expanded as a macro or template. The order on the wire is system, user_system,
group, samples, history, and a user's message last.

The speakers' names have three forms, because MiniMax's endpoints differ: *named* gives everyone their own
`name`; *prefixed* keeps M2-her's roles but has one constant user name, with `Alice: …` in the content;
*folded* only needs system, user and assistant.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bot.core.completion import Message, Naming, Prompt, Sampling
from bot.core.names import apart_from, clean_name, persona_name
from bot.core.notes import bracketed
from bot.core.persona import Persona
from bot.core.prompting.brief import STRANGER, Brief, brief_of
from bot.core.prompting.transcript import PROFILED_LIMIT, Line, Transcript, without_colon
from bot.core.scene import END, Position, Turn
from bot.core.settings import Language
from bot.core.tokens import BY_SCRIPT, Counter, Size

EVERYONE = "Everyone"
"""The constant user name of a prefixed prompt."""

GO_ON = "(Go on from the very point where your last words end, in their language. Repeat none of them.)"
"""The request to continue a persona's own words: a request must end with a user's message."""


@dataclass(frozen=True, slots=True)
class PromptContext:
    """What a prompt says besides the persona and the turns.

    Attributes:
        title: the scene's, sent as `group`; without a title, a short scenario is.
        language: the language of the reply.
        go_on: whether the newest turn is the persona's unfinished one, which is to be continued.
        party_until: the position of the newest turn whose speaker counts for `{{user}}` and has a profile.
        closing: notes on lines of their own after the newest words, without brackets.
    """

    title: str = ""
    language: Language = Language.AUTO
    go_on: bool = False
    party_until: Position = END
    closing: tuple[str, ...] = ()


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
    transcript = Transcript(turns, persona.key, persona_name(persona), context.party_until)
    brief = brief_of(persona, transcript.people, context.title, context.language)
    lines = transcript.lines
    messages = [*_FORMS[naming](brief, lines)]
    fixed = size_of((message for message in messages if message.role not in {"user", "assistant"}), counter)
    size = Size(fixed.text + transcript.tokens(counter), len(messages))
    notes = [bracketed(note) for note in context.closing]
    if context.go_on or (notes and messages[-1].role != "user"):
        asked = GO_ON if context.go_on else notes.pop(0)
        messages.append(Message("user", _last_person(lines, naming), asked))
        size += size_of(messages[-1:], counter)
    if notes:
        ending = "\n".join(["", *notes])
        messages[-1] = replace(messages[-1], content=messages[-1].content + ending)
        size += Size(counter.count(ending), 0)
    return Prompt(tuple(messages), sampling, size, transcript.speakers)


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
    brief = brief_of(persona, ["M" * 32] * profiled, title, Language.AUTO)
    size = size_of(_FORMS[naming](brief.without_profiles(), ()), counter)
    if persona.user is not None:
        each = counter.count(brief.profile) + counter.count("M" * 32)
        size += Size(each * profiled, profiled)
    return size


def size_of(messages: Iterable[Message], counter: Counter = BY_SCRIPT) -> Size:
    """Return the size of messages, counted from their texts."""
    counts = [counter.count(message.content) + counter.count(message.name) for message in messages]
    return Size(sum(counts), len(counts))


def _named(brief: Brief, lines: Sequence[Line]) -> Iterable[Message]:
    yield Message("system", brief.name, brief.system)
    for name in brief.profiled:
        yield Message("user_system", name, brief.profile)
    yield from _group_and_samples(brief, brief.sample_partner)
    for line in lines:
        yield Message("assistant" if line.own else "user", line.name, line.text)


def _prefixed(brief: Brief, lines: Sequence[Line]) -> Iterable[Message]:
    yield Message("system", brief.name, brief.system)
    if brief.profiled:
        yield Message("user_system", EVERYONE, f"{', '.join(brief.profiled)}: {brief.profile}")
    yield from _group_and_samples(brief, EVERYONE)
    yield from _merged(brief, lines)


def _folded(brief: Brief, lines: Sequence[Line]) -> Iterable[Message]:
    sections = [brief.system]
    if brief.profiled:
        sections.append(f"The other people ({', '.join(brief.profiled)}): {brief.profile}")
    if brief.group:
        sections.append(f"Scene: {brief.group}")
    if brief.persona.samples:
        partner, name = brief.sample_partner, brief.name
        pairs = (f"{partner}: {sample.user}\n{name}: {sample.reply}" for sample in brief.persona.samples)
        sections.append(f"How {name} answers, by example:\n" + "\n\n".join(pairs))
    yield Message("system", brief.name, "\n\n".join(sections))
    yield from _merged(brief, lines)


def _group_and_samples(brief: Brief, partner: str) -> Iterable[Message]:
    if brief.group:
        yield Message("group", clean_name(brief.group, fallback="Scene"), brief.group)
    for sample in brief.persona.samples:
        yield Message("sample_message_user", partner, sample.user)
        yield Message("sample_message_ai", brief.name, sample.reply)


def _merged(brief: Brief, lines: Sequence[Line]) -> Iterable[Message]:
    """Return the history with strictly alternating roles, each person's words after their name.

    Colons are removed from names and further lines are indented, so that nobody can speak for someone else.
    """
    labels: dict[str, str] = {}
    for line in lines:
        if line.name not in labels:
            plain = without_colon(line.name) or EVERYONE
            labels[line.name] = line.name if line.own else apart_from(plain, {brief.name, *labels.values()})
    for own, run in groupby(lines, key=lambda line: line.own):
        if own:
            yield Message("assistant", brief.name, "\n".join(line.text for line in run))
        else:
            said = (f"{labels[line.name]}: " + "  ".join(line.text.splitlines(keepends=True)) for line in run)
            yield Message("user", EVERYONE, "\n".join(said))


def _last_person(lines: Sequence[Line], naming: Naming) -> str:
    """Return the name of a message that nobody said: the last speaker's, because M2-her answers that name."""
    people = [line.name for line in lines if not line.own]
    return (people[-1] if people else STRANGER) if naming is Naming.NAMED else EVERYONE


_FORMS = {Naming.NAMED: _named, Naming.PREFIXED: _prefixed, Naming.FOLDED: _folded}
