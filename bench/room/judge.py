"""The judge of an evening: its requests held against what the script expects, and what holds of all of them.

Law: pure, and nothing of the bot is asked but how to count: what is expected follows from the script and from
the persona's files.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from statistics import median
from typing import Any, Final

from bench.room.script import ANSWER, Asked, Delete, Evening, Line, NotThis, Step, asking_in
from bench.room.stage import Played, Request
from bot.core.tokens import BY_SCRIPT

Sheet = Mapping[str, Any]
"""A persona's file, read as YAML."""

Message = Mapping[str, str]

HEAD: Final = ("system", "user_system", "group", "sample_message_user", "sample_message_ai")
SAMPLES: Final = HEAD[3:]
SPOKEN: Final = ("user", "assistant")

NOTE: Final = re.compile(
    r"""\[(?:
      to\ [^\[\]\n]+ | about\ "[^\[\]\n]+"
    | some\ hours\ later | the\ next\ day | \d+\ days\ later
    | [^\[\]\n]+\ was\ called\ [^\[\]\n]+\ until\ now(?:,\ and\ is\ called\ [^\[\]\n]+\ from\ here\ on)?
    | [^\[\]\n]+\ is\ called\ [^\[\]\n]+\ from\ here\ on
    | shows\ a\ picture(?::\ [^\[\]\n]+)? | a\ link(?::\ [^\[\]\n]+)?
    | turns\ to\ [^\[\]\n]+\ and\ waits | lets\ the\ story\ go\ on:\ something\ happens
    | steps\ away\ for\ a\ while | is\ back
    | rolls\ [^\[\]\n]+
    | [^\[\]\n]+,\ out\ of\ character:\ [^\[\]\n]+
    | earlier,\ [^\[\]\n]+\ said:\ [^\[\]\n]+ | lore:\ [^\[\]\n]+
    | the\ table\ steps\ back\ from\ what\ just\ happened;\ take\ another\ way
    )\]""",
    re.VERBOSE,
)
"""The notes that the bot writes; nothing else in a person's words stands in square brackets."""

TURN_NOTE: Final = re.compile(r"(?:\A|\n)\[(?P<name>[^\[\]\n]+)'s turn(?:\.|: (?P<told>[^\[\]\n]+)\.)\]\Z")
AFRESH: Final = "in other words than the last ones"
REMINDED_FROM: Final = 8
"""The persona's turn from which on it is reminded of its turn."""

NOTES_RULE: Final = "Text in [square brackets] is a note from the table"
LANGUAGE_RULE: Final = "Write in the language of the message you answer"
SPEAKER_RULE: Final = "Each line begins with its speaker's name"
OPEN_ENDED: Final = "leave room for an answer"
"""A rule of before, by which nearly every reply ended in a question."""

TITLE_LIMIT: Final = 100
SHOWN: Final = 60
"""Characters of a message in a report."""

_SPEAKER: Final = re.compile(r"(?P<name>\S[^:\n]*): (?P<text>.*)", re.DOTALL)
_NUMBERED: Final = re.compile(r" \((?:player ?)?\d*\)\Z")
_WISH: Final = re.compile(r"\[[^\[\]\n]+, out of character: [^\[\]\n]+\]")
_BRACKET: Final = re.compile(r"\[[^\[\]\n]*\]?|\]")


class Kind(StrEnum):
    """What an expectation is about."""

    SPEAKING = "when it speaks"
    IDENTITY = "identity"
    NOTES = "targets and notes"
    SCENE = "persona and scene"
    LANGUAGE = "languages"
    WORDS = "what was said"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One expectation: what it is about, where and what, and what is wrong; "" if it holds."""

    kind: Kind
    what: str
    wrong: str = ""


# --- reading a request ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request as its form means it.

    Attributes:
        name: the persona's.
        system: all that it is told before the history, on one line.
        profile: who the people are, on one line; "" if nothing says it.
        samples: how many there are.
        people: the lines of the history that are not the persona's, without the note whose turn it is.
        history: all lines, likewise.
        turn: the note whose turn it is; None without one.
        everything: all names and words.
    """

    name: str
    system: str
    profile: str
    samples: int
    people: Sequence[Line]
    history: Sequence[Line]
    turn: str | None
    everything: str


def read(messages: Sequence[Message], naming: str) -> Prompt:
    """Return what a request says, whatever its form."""
    system = messages[0]["content"]
    lines = [line for message in messages if message["role"] in SPOKEN for line in _lines(message, naming)]
    name, turn = messages[0]["name"], TURN_NOTE.search(lines[-1][1]) if lines else None
    if turn is not None:
        lines[-1] = (lines[-1][0], lines[-1][1][: turn.start()], lines[-1][2])
    head = "\n".join(m["content"] for m in messages if m["role"] in {"system", "user_system"})
    profile = head if naming == "folded" else "\n".join(_contents(messages, "user_system"))
    examples = system.partition("by example:\n")[2].split("\n\n") if naming == "folded" else []
    return Prompt(
        name,
        plain(head),
        plain(profile),
        len([each for each in examples if each]) or len(_contents(messages, "sample_message_ai")),
        [(who, text) for who, text, is_own in lines if not is_own],
        [(who, text) for who, text, _ in lines],
        turn[0].strip() if turn else None,
        "\n".join(f"{message['name']}: {message['content']}" for message in messages),
    )


def _contents(messages: Sequence[Message], role: str) -> list[str]:
    return [message["content"] for message in messages if message["role"] == role]


def _lines(message: Message, naming: str) -> Iterator[tuple[str, str, bool]]:
    """Yield the lines of a message: who, what, and whether it is the persona's."""
    if message["role"] == "assistant" or naming == "named":
        yield message["name"], message["content"], message["role"] == "assistant"
        return
    lines: list[str] = []
    for line in message["content"].split("\n"):
        # Further lines are indented; a note of the table's at the end is not, and nobody says it.
        if lines and (not line.strip() or line.startswith(("  ", "["))):
            lines[-1] += "\n" + line.removeprefix("  ")
        else:
            lines.append(line)
    for each in lines:
        found = None if each.startswith("[") else _SPEAKER.fullmatch(each)
        yield (found["name"], found["text"], False) if found else ("", each, False)


def plain(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


def tokens(messages: Sequence[Message]) -> int:
    """Return the tokens of messages, counted by script, without what an API adds to each."""
    return sum(BY_SCRIPT.count(message["content"]) + BY_SCRIPT.count(message["name"]) for message in messages)


def head_of(messages: Sequence[Message]) -> list[Message]:
    """Return what stands before the history."""
    return [message for message in messages if message["role"] in HEAD]


def unchanged(old: Sequence[Message], new: Sequence[Message]) -> float:
    """Return the share of the old request's tokens that stand unchanged at the beginning of the new one."""
    same = 0
    for before, now in zip(old, new, strict=False):
        if before != now:
            if (before["role"], before["name"]) == (now["role"], now["name"]):
                same += BY_SCRIPT.count(before["name"]) + BY_SCRIPT.count(
                    _shared(before["content"], now["content"])
                )
            break
        same += tokens([before])
    return min(1.0, same / tokens(old))


def _shared(old: str, new: str) -> str:
    end = next(
        (at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    return old[:end]


# --- judging --------------------------------------------------------------------------------------


def judge(evening: Evening, played: Played, sheets: Mapping[str, Sheet]) -> list[Verdict]:
    """Return the verdict about every expectation of an evening; `sheets` are its personas' files by key."""
    return list(Judge(evening, played, sheets).verdicts())


class Judge:
    """The judge of one evening in one form."""

    def __init__(self, evening: Evening, played: Played, sheets: Mapping[str, Sheet]) -> None:
        """Judge what was `played` of an `evening`."""
        self._evening = evening
        self._played = played
        self._sheets = sheets
        self._where = ""
        self._answers: list[tuple[int, str]] = []  # those in the story, by step, and whose they are

    def verdicts(self) -> Iterator[Verdict]:
        """Yield the verdicts in the order of the script."""
        for number, step in enumerate(self._evening.steps):
            self._where = f"{self._evening.key} {self._played.naming} {number}"
            requests = [request for request in self._played.requests if request.step == number]
            asking = asking_in(step)
            yield self._asked_as_often(step, len(asking), len(requests))
            for request, each in zip(requests, asking, strict=False):
                prompt = read(request.messages, self._played.naming)
                yield from self._always(request, prompt)
                yield from self._as_expected(each.asked, prompt)
            self._answers += [(number, request.messages[0]["name"]) for request in requests]
            if isinstance(step, NotThis | Delete):
                self._answers = [each for each in self._answers if each[0] != self._answered_by(step.key)]
            posts = self._played.posts.get(number, [])
            for words in step.seen:
                shown = any(words in post for post in posts)
                yield self._holds(Kind.SPEAKING, f"people see {words!r}", [] if shown else posts, [])
        self._where = f"{self._evening.key} {self._played.naming}"
        yield from self._whole()

    def _answered_by(self, key: str) -> int | None:
        """Return the step whose answer a key names; None if it names none."""
        keys = {
            f"{getattr(step, 'key', '')}{ANSWER}": number for number, step in enumerate(self._evening.steps)
        }
        return keys.get(key)

    def _holds(self, kind: Kind, what: str, found: object, expected: object = True) -> Verdict:  # noqa: FBT002
        wrong = "" if found == expected else f"{found!r}\n    instead of {expected!r}"
        return Verdict(kind, f"{self._where}: {what}", wrong)

    def _asked_as_often(self, step: Step, expected: int, came: int) -> Verdict:
        said = plain(getattr(step, "text", "")) or type(step).__name__
        said = said if len(said) <= SHOWN else f"{said[: SHOWN - 1]}…"
        return self._holds(
            Kind.SPEAKING, f"{said!r} {'is answered' if expected else 'wakes nobody'}", came, expected
        )

    def _always(self, request: Request, prompt: Prompt) -> Iterator[Verdict]:
        """Yield what holds of every request."""
        yield from self._identity(request, prompt)
        yield from self._notes(prompt)
        yield from self._scene(request.messages, prompt)
        yield from self._roles(request.messages)
        told = [words for words in self._evening.never if words in prompt.everything]
        yield self._holds(Kind.WORDS, "what is not for the persona is not told", told, [])

    def _identity(self, request: Request, prompt: Prompt) -> Iterator[Verdict]:
        names = {self._as_told(name) for name in request.names.values()}
        others = {sheet["name"] for sheet in self._sheets.values()} - {prompt.name}
        spoke = {who for who, _ in prompt.people if who}
        strangers = {
            who for who in spoke if _NUMBERED.sub("", who) not in names | others or who == prompt.name
        }
        yield self._holds(Kind.IDENTITY, "everybody has the one name they have now", strangers, set())
        own = {
            m["name"] for m in request.messages if m["role"] in {"assistant", "system", "sample_message_ai"}
        }
        yield self._holds(Kind.IDENTITY, "what is the persona's own is its own", own, {prompt.name})
        partners = {m["name"] for m in request.messages if m["role"] == "sample_message_user"}
        yield self._holds(Kind.IDENTITY, "the person in the samples is nobody here", partners & names, set())

    def _notes(self, prompt: Prompt) -> Iterator[Verdict]:
        forged = [found for _, text in prompt.people for found in _BRACKET.findall(NOTE.sub("", text))]
        yield self._holds(Kind.NOTES, "square brackets are the table's alone", forged, [])
        due = sum(name == prompt.name for _, name in self._answers) >= REMINDED_FROM - 1
        turn, voice = prompt.turn or "", self._sheet_of(prompt.name).get("voice") or ""
        if due:
            begins = f"[{prompt.name}'s turn{': ' if voice else ''}{voice.rstrip(' .。')}"
            yield self._holds(Kind.NOTES, f"it is told {begins}", turn[: len(begins)], begins)
        elif AFRESH not in turn:
            yield self._holds(Kind.NOTES, "it is not yet told whose turn it is", turn, "")

    def _scene(self, messages: Sequence[Message], prompt: Prompt) -> Iterator[Verdict]:
        own = self._sheet_of(prompt.name)
        host, system, naming = self._sheets[self._evening.persona], prompt.system, self._played.naming
        description, scenario = plain(own["description"]), plain(host["scenario"])
        yield self._holds(Kind.SCENE, "who it is stands first", system.startswith(description))
        yield self._holds(Kind.SCENE, "the scene is the channel's", system.count(scenario), 1)
        others = [
            s["name"]
            for s in self._sheets.values()
            if s is not host and plain(s["scenario"]) in prompt.everything
        ]
        yield self._holds(Kind.SCENE, "no other scene is told", others, [])
        rules = [system.rfind(rule) for rule in (NOTES_RULE, LANGUAGE_RULE)]
        yield self._holds(Kind.NOTES, "the notes are explained once", system.count(NOTES_RULE), 1)
        yield self._holds(Kind.LANGUAGE, "the language is ruled once", system.count(LANGUAGE_RULE), 1)
        yield self._holds(Kind.SCENE, "rules come last", min(rules) > max(system.find(scenario), 0))
        yield self._holds(Kind.SCENE, "no rule asks for a question", OPEN_ENDED in system, False)
        in_text = naming != "named"
        yield self._holds(Kind.IDENTITY, "names before lines are explained", SPEAKER_RULE in system, in_text)
        label = (own.get("user") or {}).get("name") or "nobody"
        labelled = re.search(rf"(?:^|\n){re.escape(label)}: ", "\n".join(_contents(messages, "user_system")))
        yield self._holds(Kind.IDENTITY, f"nobody is told to be {label}", labelled, None)

    def _sheet_of(self, name: str) -> Sheet:
        return next(sheet for sheet in self._sheets.values() if sheet["name"] == name)

    def _roles(self, messages: Sequence[Message]) -> Iterator[Verdict]:
        """Yield what holds of the order on the wire."""
        roles = [message["role"] for message in messages]
        fixed = [role for role in roles if role in HEAD[:3]]
        samples, spoken = (sum(role in of for role in roles) for of in (SAMPLES, SPOKEN))
        wanted = ["system"] if self._played.naming == "folded" else list(HEAD[:3])
        in_order = roles == [*fixed, *SAMPLES * (samples // 2), *roles[len(roles) - spoken :]]
        yield self._holds(Kind.SCENE, "system, one user_system, group, each once", fixed, wanted)
        yield self._holds(
            Kind.SCENE, "then samples and the history, a person last", in_order and roles[-1] == "user"
        )
        yield self._holds(
            Kind.SCENE, "every message has a name", all(message["name"] for message in messages)
        )
        longest = max(map(len, _contents(messages, "group")), default=0)
        yield self._holds(Kind.SCENE, "group is a short title", longest <= TITLE_LIMIT)

    def _as_expected(self, asked: Asked, prompt: Prompt) -> Iterator[Verdict]:
        """Yield what the script says about one request."""
        history = list(prompt.history)
        if asked.tail:
            tail = list(map(self._in_form, asked.tail))
            yield self._holds(Kind.WORDS, "the last lines", history[-len(tail) :], tail)
        for line in map(self._in_form, asked.lines):
            near = [line] if line in history else [each for each in history if each[0] == line[0]]
            yield self._holds(Kind.NOTES, "a line further up", near[-1:], [line])
        if asked.people is not None:
            spoke, expected = {who for who, _ in prompt.people if who}, set(map(self._as_told, asked.people))
            yield self._holds(Kind.IDENTITY, "who spoke", spoke, expected)
        for name in map(self._as_told, asked.here):
            yield self._holds(Kind.IDENTITY, f"{name} is here", name in prompt.profile)
        for words in asked.says:
            yield self._holds(Kind.SCENE, f"it is told {words!r}", words in prompt.system)
        for words in asked.lacks:
            yield self._holds(Kind.WORDS, f"nothing says {words!r}", words in prompt.everything, False)
        told = "\n".join(text for _, text in history)
        for pattern in asked.matches:
            found = re.search(pattern, told, re.MULTILINE) is not None
            yield self._holds(Kind.NOTES, f"the history has {pattern!r}", found)
        if asked.afresh is not None:
            afresh = AFRESH in (prompt.turn or "")
            yield self._holds(Kind.NOTES, "it is told not to repeat itself", afresh, asked.afresh)
        if asked.samples is not None:
            yield self._holds(Kind.TOKENS, "samples", prompt.samples, asked.samples)

    def _whole(self) -> Iterator[Verdict]:
        """Yield what the requests of the evening say together."""
        evening, requests = self._evening, [request.messages for request in self._played.requests]
        if evening.carried:
            share = median(unchanged(old, new) for old, new in pairwise(requests))
            what = f"in the median {share:.1%} of a request stand in the next, at least {evening.carried:.0%}"
            yield self._holds(Kind.TOKENS, what, share >= evening.carried)
        most = max(tokens(head_of(messages)) for messages in requests)
        what = f"{most} tokens before the history, at most {evening.before}"
        yield self._holds(Kind.TOKENS, what, most <= evening.before)

    def _in_form(self, line: Line) -> Line:
        """Return an expected line as the form has it."""
        if self._played.naming == "named":
            return line
        who, text = line
        for name in filter(re.compile("[:：]").search, self._evening.people.values()):  # noqa: RUF001
            text = text.replace(name, self._as_told(name))
        # What is only a wish is said by nobody.
        return "" if _WISH.fullmatch(text) else self._as_told(who), text

    def _as_told(self, name: str) -> str:
        """Return a person's name as a prompt has it: no square brackets, no colon where it ends them."""
        name = name.translate(str.maketrans("[]", "()"))
        return name if self._played.naming == "named" else plain(name.replace(":", " "))
