"""The transcript in a prompt: what the turns of the window bring into it, and under which names.

Law: nobody's words are dropped or assigned to someone else. A turn has the same line in every prompt, so that
a prompt begins with the one before it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import NamedTuple

from bot.core.completion import Naming
from bot.core.names import apart_from
from bot.core.notes import content_of
from bot.core.persona import Persona
from bot.core.scene import Position, Speaker, Turn
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


_SpeakerKey = tuple[str | None, str]
"""A persona's key (None for a person), and the name in the story."""


class Transcript:
    """The turns of a window as one persona's prompt holds them."""

    def __init__(self, turns: Sequence[Turn], persona_key: str, persona: str, party_until: Position) -> None:
        """Take the turns, oldest first, for the persona of a key, whose name for the model is `persona`.

        `party_until` is the position of the newest turn whose speaker counts for `people`.
        """
        self._spoken = [_said(turn) for turn in turns]
        self._said = tuple(chain(*self._spoken))
        self._persona_key = persona_key
        self._persona = persona
        self._told = _told(self._said, persona)
        party = [turn.position <= party_until for turn in turns]
        self._party = [
            said for counts, each in zip(party, self._spoken, strict=True) if counts for said in each
        ]

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers besides the persona, by the names that the prompt contains."""
        names = [name for (key, _), name in self._told.items() if key != self._persona_key]
        return tuple(dict.fromkeys([*names, *map(without_colon, names)]))

    @property
    def people(self) -> list[str]:
        """The people that `{{user}}` and the `user_system` mean: the most recent (`PROFILED_LIMIT`).

        They are in the order of their first turn.
        """
        # A prompt that had to be shortened may have none of the party's turns.
        return self._people(self._party) or self._people(self._said)

    @property
    def personas(self) -> list[str]:
        """The keys of the personas that are in the brief: the most recent (`PROFILED_LIMIT`), as `people`."""
        keys = [key for key in self._spoke(self._party) if key is not None]
        recent = set(list(dict.fromkeys(reversed(keys)))[:PROFILED_LIMIT])
        return [key for key in dict.fromkeys(keys) if key in recent]

    @property
    def own_before(self) -> int:
        """How many turns are the persona's own, of those that count for `people`."""
        return sum(key == self._persona_key for key in self._spoke(self._party))

    @property
    def replies(self) -> list[str]:
        """The persona's own turns, oldest first."""
        key = self._persona_key
        return [said.text for said in self._said if said.own and said.speaker.persona_key == key]

    @property
    def lines(self) -> list[Line]:
        """The turns, with consecutive turns of the same speaker merged."""
        lines = [
            Line(self._persona, text, own=True)
            if speaker.persona_key == self._persona_key
            # Another persona is a participant: an assistant message is always by the persona itself.
            else Line(self._told[_key(speaker)], text, own=False)
            for speaker, text, *_ in self._said
        ]
        return [
            Line(name, "\n".join(line.text for line in run), own)
            for (name, own), run in groupby(lines, key=lambda line: (line.name, line.own))
        ]

    def tokens(self, counter: Counter) -> int:
        """Return the tokens of all words and names."""
        return sum(_costs(self._spoken, counter))

    @staticmethod
    def _spoke(spoken: Iterable[Said]) -> list[str | None]:
        return [said.speaker.persona_key for said in spoken if said.own]

    def _people(self, spoken: Iterable[Said]) -> list[str]:
        names = self._names(spoken)
        recent = set(list(dict.fromkeys(reversed(names)))[:PROFILED_LIMIT])
        return [name for name in dict.fromkeys(names) if name in recent]

    def _names(self, spoken: Iterable[Said]) -> list[str]:
        """Return who said each of the words that are people's own."""
        speakers = (said.speaker for said in spoken if said.own)
        return [self._told[_key(speaker)] for speaker in speakers if speaker.user_id is not None]


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


def without_colon(name: str) -> str:
    """Return a name without any colon, which would end it where names stand before words."""
    return " ".join(name.translate(_NO_COLON).split())


def _costs(spoken: Sequence[Sequence[Said]], counter: Counter) -> list[int]:
    """Return the tokens of each turn's words and names; 0 for those without words, which no prompt holds.

    A text was counted when it was said: counting a full window again took most of a reply's time.
    """
    names = {name: counter.count(name) for name in {said.speaker.name for each in spoken for said in each}}
    return [sum(said.tokens + names[said.speaker.name] for said in each) for each in spoken]


def _said(turn: Turn) -> list[Said]:
    """Return what a turn brings into a prompt: what it refers to, and then itself; nothing without words."""
    text = content_of(turn)
    own = [Said(turn.speaker, text, turn.tokens)] if text.strip() else []
    if not turn.references:
        return own
    referred = (Said(each.speaker, each.text, each.tokens, own=False) for each in turn.references)
    return [*(said for said in referred if said.text.strip()), *own]


def _told(spoken: Iterable[Said], persona: str) -> Mapping[_SpeakerKey, str]:
    """Return each speaker's name for the model, different from the persona's name, roles and other names."""
    told: dict[_SpeakerKey, str] = {}
    for speaker, *_ in spoken:
        if _key(speaker) not in told:
            told[_key(speaker)] = apart_from(speaker.name, {persona, *told.values()})
    return told


def _key(speaker: Speaker) -> _SpeakerKey:
    return speaker.persona_key, speaker.name


_NO_COLON = str.maketrans(dict.fromkeys(":\uff1a\ufe55\ua789\u2236\u02d0", " "))
