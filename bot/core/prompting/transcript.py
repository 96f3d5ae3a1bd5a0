"""The transcript in a prompt: what the turns of the window bring into it, and under which names.

Law: nobody's words are dropped or assigned to someone else, and each character of a person has one name. A
turn has the same line in every prompt of one window, so that a prompt begins with the one before it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from bot.core.completion import Naming
from bot.core.names import NOBODY, apart_from, persona_name
from bot.core.notes import content_of, rounded
from bot.core.persona import Persona
from bot.core.prompting.annotations import (
    Annotations,
    Form,
    NewestNames,
    PromptNames,
    annotations_of,
    shown,
)
from bot.core.scene import Identity, Position, Speaker, Turn
from bot.core.tokens import BY_SCRIPT, Counter, Size

PROFILED_LIMIT = 6
"""Maximum participants named in the `user_system` or by `{{user}}`: the most recent ones."""


class Said(NamedTuple):
    """Words with their speaker: a turn's own, or those of a message that a turn refers to."""

    speaker: Speaker
    text: str
    tokens: int
    own: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A turn in a prompt: the speaker, and whether that is the persona."""

    name: str
    text: str
    own: bool


class Transcript:
    """The turns of a window as one persona's prompt holds them."""

    def __init__(
        self, turns: Sequence[Turn], persona: Persona, naming: Naming, party_until: Position
    ) -> None:
        """Take the turns, oldest first, for a persona's prompt in the form of `naming`.

        `party_until` is the position of the newest turn whose speaker counts for `people`.
        """
        self._turns = turns
        self._window = _Window(turns, persona.key, naming)
        self._persona_key = persona.key
        self._names = PromptNames(
            self._window.names, self._window.speakers, persona.key, persona_name(persona)
        )
        self._party_until = party_until

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers besides the persona, by the names that the prompt contains, and their earlier ones."""
        names = self._names.others
        return tuple(dict.fromkeys([*names, *map(without_colon, names)]))

    @property
    def people(self) -> list[str]:
        """The people that `{{user}}` and the `user_system` mean: the most recent (`PROFILED_LIMIT`).

        They are in the order of their first turn.
        """
        return list(dict.fromkeys(self._names.now[each] for each in self._profiled))

    @property
    def cast(self) -> list[tuple[str, str]]:
        """Those of `people`, each with the key of their character.

        Who plays a character of their own name is in it twice.
        """
        return [(self._names.now[each], each.character) for each in self._profiled]

    @property
    def _profiled(self) -> list[Identity]:
        # A prompt that had to be shortened may have none of the party's turns.
        return _latest(self._party) or _latest(self._speakers)

    @property
    def speaker(self) -> str:
        """The one of `people` who spoke last; "" if there are none."""
        known = (self._party, self._speakers)
        people = next(
            filter(None, ([each for each in some if each.user_id is not None] for some in known)), []
        )
        return self._names.now[people[-1].identity] if people else ""

    @property
    def party_at(self) -> datetime | None:
        """When the newest turn was said that counts for `people`, or the oldest one here if none does."""
        if not self._turns:
            return None
        counts = (turn for turn in reversed(self._turns) if turn.position <= self._party_until)
        return next(counts, self._turns[0]).created_at

    @property
    def personas(self) -> list[str]:
        """The keys of the personas that are in the brief: the most recent (`PROFILED_LIMIT`), as `people`."""
        keys = [each.persona_key for each in self._party if each.persona_key is not None]
        recent = set(list(dict.fromkeys(reversed(keys)))[:PROFILED_LIMIT])
        return [key for key in dict.fromkeys(keys) if key in recent]

    def speaker_name(self, speaker: Speaker) -> str:
        """Return what a speaker is called here, whether they have spoken or not."""
        return self._names.name_of(speaker)

    def names_of(self, personas: Iterable[Persona]) -> list[str]:
        """Return the names of other personas here; those of their files where they have no turn."""
        found: list[str] = []
        for persona in personas:
            speaker = Speaker(0, persona_name(persona), persona_key=persona.key)
            found.append(apart_from(self._names.name_of(speaker), found))
        return found

    @property
    def own_before(self) -> int:
        """How many turns are the persona's own, of those that count for `people`."""
        return sum(each.persona_key == self._persona_key for each in self._party)

    @property
    def replies(self) -> list[str]:
        """The persona's own turns, oldest first."""
        turns = (turn for turn in self._window.own if turn is not None)
        return [turn.text for turn in turns if turn.persona_key == self._persona_key]

    @property
    def _speakers(self) -> list[Speaker]:
        """The speakers of all turns."""
        return [turn.speaker for turn in self._window.own if turn is not None]

    @property
    def _party(self) -> list[Speaker]:
        """The speakers of the turns that count for `people`."""
        turns = (turn for turn in self._window.own if turn is not None)
        return [turn.speaker for turn in turns if turn.position <= self._party_until]

    @property
    def lines(self) -> list[Line]:
        """The turns, with consecutive turns of the same speaker merged."""
        annotations = self._window.annotations_for(self._names)
        names, key = self._names.now, self._persona_key
        said = [
            (
                speaker.identity,
                _with_annotations(text, annotations[index]) if own and index in annotations else text,
            )
            for index, spoken in enumerate(self._window.spoken)
            for speaker, text, _, own in spoken
        ]
        return [
            # Another persona is a participant: an assistant message is always by the persona itself.
            _line(names[who], [text for _, text in run], own=who.persona_key == key)
            for who, run in groupby(said, key=itemgetter(0))
        ]

    def tokens(self, counter: Counter) -> int:
        """Return the tokens of all words, names and notes."""
        return sum(self._window.costs(counter))


def _latest(speakers: Iterable[Speaker]) -> list[Identity]:
    """Return the people who spoke last, at most `PROFILED_LIMIT`, in the order of their first turn."""
    people = [speaker.identity for speaker in speakers if speaker.user_id is not None]
    recent = set(list(dict.fromkeys(reversed(people)))[:PROFILED_LIMIT])
    return [each for each in dict.fromkeys(people) if each in recent]


def _line(name: str, texts: Sequence[str], *, own: bool) -> Line:
    # Between two turns of the persona's, all was deleted: they stay apart, each of its usual length.
    return Line(name, ("\n\n" if own else "\n").join(texts), own)


def history_sizes(
    persona: Persona, turns: Sequence[Turn], naming: Naming, counter: Counter = BY_SCRIPT
) -> list[Size]:
    """Return for each turn the size of the history that begins with it, counted like in `build_prompt`."""
    sizes = []
    text = messages = 0
    following: object = None
    window = _Window(turns, persona.key, naming)
    for each, cost in zip(reversed(window.spoken), reversed(window.costs(counter)), strict=True):
        text += cost
        for said in reversed(each):
            own = said.speaker.persona_key == persona.key
            # Consecutive turns of one speaker are one message; without names, those of all people are.
            voice = (own, None if own or naming is not Naming.NAMED else said.speaker.identity)
            messages += voice != following
            following = voice
        sizes.append(Size(text, messages))
    return sizes[::-1]


def without_colon(name: str) -> str:
    """Return a name without any colon, which would end it where names stand before words."""
    return " ".join(name.translate(_NO_COLON).split())


def _label(name: str) -> str:
    """Return a name as it stands before words."""
    return without_colon(rounded(name)) or NOBODY


class _Window:
    """The turns of a window for the persona of a key, oldest first.

    Attributes:
        spoken: what each turn brings into a prompt.
        own: the turns, with None for those without words of their own.
        names: the names that all have by now, as far as the window knows.
    """

    def __init__(self, turns: Sequence[Turn], persona_key: str, naming: Naming) -> None:
        self.spoken = [_said(turn, persona_key) for turn in turns]
        self.own = [
            turn if said and said[-1].own else None for turn, said in zip(turns, self.spoken, strict=True)
        ]
        self._persona_key = persona_key
        self.names = NewestNames(self.own, self._mentioned(), rounded if naming is Naming.NAMED else _label)

    @property
    def speakers(self) -> Iterator[Speaker]:
        """All who are named, in the order of the prompt."""
        for said, turn in zip(self.spoken, self.own, strict=True):
            for each in said:
                yield each.speaker
            if turn is not None and turn.target is not None:
                yield turn.target.speaker

    def annotations_for(self, names: PromptNames) -> Mapping[int, Annotations]:
        """Return the notes of the turns that have any, by index, with the names of a prompt."""
        return self._annotations if names.is_newest else annotations_of(self.own, self._persona_key, names)

    @cached_property
    def _annotations(self) -> Mapping[int, Annotations]:
        return annotations_of(self.own, self._persona_key, self.names)

    def costs(self, counter: Counter) -> list[int]:
        """Return what each turn adds to the tokens of a history that begins with it: words, names and notes.

        A text was counted when it was said: counting a full window again took most of a reply's time.
        """
        costs = [0] * len(self.spoken)
        counts = _Counts(counter)
        names = {identity: counts[newest.text] for identity, newest in self.names.own.items()}
        for index, each in enumerate(self.spoken):
            for speaker, _, tokens, own in each:
                costs[index] += tokens
                if own:
                    costs[index] += names[speaker.identity]
                else:
                    counts.add(costs, self.names.of(speaker.identity, index))
        for annotations in self._annotations.values():
            for form in (*annotations.lines, annotations.address):
                counts.add(costs, form)
        return costs

    def _mentioned(self) -> Iterator[Speaker]:
        """Yield the speakers of what turns refer and reply to, in order."""
        for said, turn in zip(self.spoken, self.own, strict=True):
            if len(said) > 1 or turn is None:
                yield from (each.speaker for each in said if not each.own)
            if turn is not None and turn.target is not None:
                yield turn.target.speaker


class _Counts(dict[str, int]):
    """The tokens of texts that come again and again."""

    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self._counter = counter

    def __missing__(self, text: str) -> int:
        self[text] = self._counter.count(text)
        return self[text]

    def add(self, costs: list[int], form: Form) -> None:
        """Add a text to the costs of histories, each with what it is there."""
        before = 0
        for index, text in form:
            costs[index] += self[text] - before
            before = self[text]


def _with_annotations(text: str, annotations: Annotations) -> str:
    """Return the words of a turn with its notes."""
    addressed = " ".join(filter(None, [shown(annotations.address), text]))
    return "\n".join(filter(None, [*map(shown, annotations.lines), addressed]))


def _said(turn: Turn, persona_key: str) -> list[Said]:
    """Return what a turn brings into a prompt: what it refers to, and then itself; nothing without words."""
    is_model = turn.persona_key == persona_key and not turn.editor and turn.author_id is None
    text = turn.text if is_model else content_of(turn)
    own = [Said(turn.speaker, text, turn.tokens)] if text.strip() else []
    if not turn.references:
        return own
    referred = (Said(each.speaker, rounded(each.text), each.tokens, own=False) for each in turn.references)
    return [*(said for said in referred if said.text.strip()), *own]


_NO_COLON = str.maketrans(dict.fromkeys(":\uff1a\ufe55\ua789\u2236\u02d0", " "))
