"""The notes that follow from the turns of a window: who a turn is to, after how long, and who plays it.

Law: a note depends on the turns before its own and on the names that people have now, so that a turn keeps
its notes in every prompt of one window. What depends on where the window begins says so, so that the size of
each shorter window is known too.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, Protocol

from bot.core.names import apart_from
from bot.core.notes import bracketed
from bot.core.scene import Identity, Speaker, Turn

SOME_HOURS, A_DAY, DAYS = timedelta(hours=2), timedelta(hours=12), timedelta(hours=36)
"""From when on time between two turns is told: as some hours, as a day, as a number of days."""


class Since(NamedTuple):
    """A text in the windows that begin at a turn (its index) or before it."""

    start: int
    text: str


Form = Sequence[Since]
"""What a text is, the earlier the window begins: a later one replaces those before it. Empty for none."""


class Names(Protocol):
    """What speakers are called in a prompt."""

    def of(self, identity: Identity, index: int) -> Form:
        """Return the name of an identity in the turn of an index."""
        ...

    def once(self, speaker: Speaker) -> str:
        """Return the name under which a turn was said."""
        ...


@dataclass(frozen=True, slots=True)
class Annotations:
    """The notes of one turn: those on lines of their own before it, and the one at its head."""

    lines: tuple[Form, ...] = ()
    address: Form = ()


def _is_person(identity: Identity) -> bool:
    return identity.persona_key is None


class NewestNames:
    """The names that people and personas have by now: those of their newest turns.

    Somebody without a turn has the name by which they were last referred to or replied to.

    Attributes:
        own: the names of those with a turn, from the newest one's index.
        written: returns a name as the prompt has it.
    """

    def __init__(
        self, turns: Sequence[Turn | None], mentioned: Iterable[Speaker], written: Callable[[str], str]
    ) -> None:
        """Read the turns of a window (None is one without words), and who else is named in them, in order.

        `written` returns a name as prompts of their form have it.
        """
        self.written = written
        own: dict[Identity, tuple[int, Turn]] = {}
        for index, turn in enumerate(turns):
            if turn is not None:
                own[turn.identity] = index, turn
        self.own = {identity: Since(index, written(turn.name)) for identity, (index, turn) in own.items()}
        names = {speaker.identity: speaker.name for speaker in mentioned}
        self._mentioned = {identity: written(name) for identity, name in names.items()}

    def of(self, identity: Identity, index: int) -> Form:
        """Return the name of an identity in the turn of an index."""
        own, mentioned = self.own.get(identity), self._mentioned.get(identity)
        form = [Since(index, mentioned)] if mentioned is not None else []
        return [*form, Since(min(own.start, index), own.text)] if own is not None else form

    def once(self, speaker: Speaker) -> str:
        """Return the name under which a turn was said."""
        return self.written(speaker.name)


class PromptNames:
    """The names of a prompt: those of `NewestNames`, different from the persona's, from roles and each other.

    One who is called as the character they play is one for the model too, and has one name.

    Attributes:
        now: the name of each identity, the persona's first.
    """

    def __init__(
        self, newest: NewestNames, speakers: Iterable[Speaker], persona_key: str, persona: str
    ) -> None:
        """Name the speakers, in order, in the prompt of a persona; people are told apart from personas."""
        self._newest = newest
        self._persona = persona
        named = {(each.identity, each.name): each for each in speakers if each.persona_key != persona_key}
        self._speakers = list(named.values())
        cast = [Identity(persona_key), *dict.fromkeys(each.identity for each in self._speakers)]
        self.now: dict[Identity, str] = {cast[0]: persona}
        for identity in sorted(cast[1:], key=_is_person):
            self.now[identity] = apart_from(shown(newest.of(identity, 0)), self._of_others(identity))
        self.now = {identity: self.now[identity] for identity in cast}

    @property
    def is_newest(self) -> bool:
        """Whether all names are exactly as `NewestNames` has them."""
        own = shown(self._newest.of(next(iter(self.now)), 0))
        others = all(self.once(each) == self._newest.once(each) for each in self._speakers)
        return others and own in {"", self._persona}

    @property
    def others(self) -> list[str]:
        """The names besides the persona's in the order of the prompt, and then the ones they had before."""
        return list(dict.fromkeys([*list(self.now.values())[1:], *map(self.once, self._speakers)]))

    def name_of(self, speaker: Speaker) -> str:
        """Return the name of a speaker who may not have spoken yet."""
        known = self.now.get(speaker.identity)
        return known or apart_from(self._newest.written(speaker.name), self._of_others(speaker.identity))

    def _of_others(self, identity: Identity) -> list[str]:
        """Return the names of all but a person and the characters they play."""
        return [name for other, name in self.now.items() if other.person != identity.person]

    def of(self, identity: Identity, index: int) -> Form:
        """Return the name of an identity in the turn of an index."""
        return (Since(index, self.now[identity]),)

    def once(self, speaker: Speaker) -> str:
        """Return the name under which a turn was said."""
        identity, name = speaker.identity, self._newest.written(speaker.name)
        if name == shown(self._newest.of(identity, 0)):
            return self.now[identity]
        return apart_from(name, {self._persona})


def shown(form: Form) -> str:
    """Return a text as it is in the whole window."""
    return form[-1].text if form else ""


def annotations_of(turns: Sequence[Turn | None], persona_key: str, names: Names) -> dict[int, Annotations]:
    """Return the notes of the turns that have any, by index, for a persona, whose own turns have none.

    `turns` are as in `NewestNames`.
    """
    found: dict[int, Annotations] = {}
    scan = _Scan(turns, persona_key, names)
    for index, turn in enumerate(turns):
        if turn is None:
            continue
        if turn.persona_key != persona_key and scan.may_note(turn):
            found[index] = scan.annotations(turn, index)
        scan.last_of[turn.identity] = scan.last_by[turn.identity.person] = scan.last = index
        if turn.user_id is not None:
            scan.hear(index)
    return found


@dataclass(slots=True)
class _Scan:
    """The turns of a window, read up to one of them.

    Attributes:
        turns: all of them.
        persona_key: the key of the persona that the prompt is for.
        names: what speakers are called.
        last_of: the index of each one's last turn.
        last_by: the same of each person, whatever character they played.
        last: the index of the last turn; None before the first.
        heard: those of people's turns, oldest first, without any before one that is as late.
    """

    turns: Sequence[Turn | None]
    persona_key: str
    names: Names
    last_of: dict[Identity, int] = field(default_factory=dict)
    last_by: dict[Identity, int] = field(default_factory=dict)
    last: int | None = None
    heard: list[int] = field(default_factory=list)

    def hear(self, index: int) -> None:
        """Note a turn by a person."""
        at = self._at(index).created_at
        while self.heard and self._at(self.heard[-1]).created_at <= at:
            self.heard.pop()
        self.heard.append(index)

    def may_note(self, turn: Turn) -> bool:
        """Return whether a turn may have notes; nearly all have none, and a prompt has a thousand turns."""
        if turn.target is not None:
            return True
        before = self.last_by.get(turn.identity.person)
        if before is not None and self._at(before).speaker != turn.speaker:
            return True
        return self.last is not None and turn.created_at - self._at(self.last).created_at >= SOME_HOURS

    def annotations(self, turn: Turn, index: int) -> Annotations:
        """Return the notes of a turn."""
        last, before = self.last, self.last_of.get(turn.identity)
        # Only the time of what people say is Discord's: a persona's is that of this machine.
        gap = self._gap(turn, last) if last is not None and turn.user_id is not None else ()
        renaming = self._renaming(turn, before) if before is not None else ()
        address = self._address(turn, index) if turn.target is not None else ()
        return Annotations(tuple(filter(None, [gap, self._recasting(turn), renaming])), address)

    def _gap(self, turn: Turn, last: int) -> Form:
        """Return the note on the time since the last turn."""
        before = self._at(last).created_at
        form = [Since(last, _later(turn.created_at - before))]
        # A persona's turn has the time of this machine, which may be behind; a person's may have been moved.
        latest = ((index, max(before, self._at(index).created_at)) for index in reversed(self.heard))
        form += [Since(index, _later(turn.created_at - at)) for index, at in latest]
        return form if form[0].text else ()

    def _recasting(self, turn: Turn) -> Form:
        """Return the note that a person plays another character than in their turn before."""
        before = self.last_by.get(turn.identity.person)
        if before is None or self._at(before).identity == turn.identity:
            return ()
        then = self._at(before).speaker
        was, now = (shown(self.names.of(each, before)) for each in (then.identity, turn.identity))
        if was == now:
            return ()
        if not turn.speaker.character:
            return (Since(before, bracketed(f"{now} no longer plays {was}")),)
        who = f"{was}'s player" if then.character else was
        return (Since(before, bracketed(f"{who} now plays {now}")),)

    def _renaming(self, turn: Turn, before: int) -> Form:
        """Return the note that a speaker had another name in their turn before.

        Both turns have the newest name, which those who spoke to them didn't know yet.
        """
        if self._at(before).speaker.name == turn.speaker.name:
            return ()
        now = shown(self.names.of(turn.identity, before))
        was, then = self.names.once(self._at(before).speaker), self.names.once(turn.speaker)
        parts = [f"was called {was} until now" if was != now else ""]
        parts += [f"is called {then} from here on" if then != now else ""]
        said = ", and ".join(filter(None, parts))
        return (Since(before, bracketed(f"{now} {said}")),) if said else ()

    def _address(self, turn: Turn, index: int) -> Form:
        """Return who a turn is to, with the words it is about unless they are that speaker's last ones."""
        target = turn.target
        assert target is not None
        to = target.speaker.identity
        is_self, is_model = to == turn.identity, to == Identity(self.persona_key)
        called = (Since(index, ""),) if is_self else self.names.of(to, index)
        short = [Since(at, "" if is_model or is_self else _bracketed(f"to {name}")) for at, name in called]
        if any(each.message_id == target.message_id for each in turn.references):
            return short  # it comes right before the turn
        if is_model and not target.words:
            return ()
        quoted = target.words.replace('"', "'")  # within the note's own quotation marks
        about = f'about "{quoted}"' if quoted else ""
        full = [Since(at, _bracketed(f"to {name}" if name else "", about)) for at, name in called]
        last = self.last_of.get(to)
        if last is None or self._at(last).id != target.turn_id or not target.is_end:
            return full
        return [*full, Since(last, short[-1].text)]

    def _at(self, index: int) -> Turn:
        turn = self.turns[index]
        assert turn is not None
        return turn


def _later(gap: timedelta) -> str:
    if gap < SOME_HOURS:
        return ""
    if gap < A_DAY:
        return bracketed("some hours later")
    if gap < DAYS:
        return bracketed("the next day")
    return bracketed(f"{(gap + A_DAY) // timedelta(days=1)} days later")


def _bracketed(*parts: str) -> str:
    text = ", ".join(filter(None, parts))
    return bracketed(text) if text else ""
