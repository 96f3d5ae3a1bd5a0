"""Somebody who reads a channel and knows of the story what stands there: the measure of what the persona remembers.

Law: it looks at nothing but what people see, by the rules that the documentation gives them, and shares no
code with the bot. Where people are told something for their eyes only (that they have opted out), the test
tells the reader.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

SMALL_PRINT = re.compile(r"^-# .*$", re.MULTILINE)
FAILURE = re.compile(
    r"^(?:The bot's AI account is out of credit\.|There was no reply\.|Back in the story\.).*$", re.MULTILINE
)
PROXIED = re.compile(r"\*\*(?P<who>\w+):\*\* (?P<text>.*)", re.DOTALL)
BEGINS = re.compile(r"New scene(?:: (?P<title>\w+))?")
RESUMES = re.compile(r"(?:-# )?(?:Scene resumed|Back in the scene): #\d+ (?P<title>\w+)")
ASIDE_LINE = re.compile(r"//[^\n]*|\(\([^\n]*?\)\)|OOC:[^\n]*")
NOTE = re.compile(r"\[[^\]]*\]")
MENTION = re.compile(r"<@!?\d+>")
MARK = "↩️"

FIRST = "untitled"
"""What the scene is called with which a channel begins."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as it stands in a channel.

    Attributes:
        id: its id; a later message has a greater one.
        who: who wrote it; None for the bot.
        text: what can be read of it.
        card: whether it is one of the bot's cards and panels.
        undone: whether it bears the bot's ↩.
        ignored: whether its author had opted out when it was written or changed last, or has now.
        at: the id of the first post of the reply that this post goes on with; None for its own.
        about: the id of the message that it replies to; None for none.
    """

    id: int
    who: str | None
    text: str
    card: bool = False
    undone: bool = False
    ignored: bool = False
    at: int | None = None
    about: int | None = None

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands in the story."""
        return self.at or self.id, self.id


Line = tuple[str, str]
"""A speaker and their words."""


def scene_of(messages: Sequence[Seen], title: str | None = None, until: int | None = None) -> list[Line]:
    """Return what belongs to a scene, by default to the one that plays at the end; `until` is the last message."""
    playing, lines = FIRST, list[tuple[str, int, Line]]()
    told: dict[int, tuple[str, Line]] = {}
    for message in sorted(messages, key=lambda each: each.place):
        playing = begun_by(message) or playing
        line = line_of(message)
        if line is not None:
            told[message.id] = playing, line
            scene, target = told.get(message.about or 0, (playing, line))
            if scene != playing:  # who asks about another scene's words brings them along
                lines.append((playing, message.place[0], target))
            lines.append((playing, message.place[0], line))
    wanted = playing if title is None else title
    return joined(line for scene, at, line in lines if scene == wanted and (until is None or at <= until))


def scene_at(messages: Sequence[Seen], message_id: int) -> str:
    """Return the title of the scene that played when a message was written."""
    begun = (begun_by(each) for each in messages if each.id < message_id)
    return [FIRST, *filter(None, begun)][-1]


def begun_by(message: Seen) -> str | None:
    """Return the title of the scene that begins or goes on with a message; None if none does."""
    if message.who is not None:
        return None
    found = RESUMES.match(message.text) or (BEGINS.search(message.text) if message.card else None)
    return None if found is None else found["title"] or FIRST


def line_of(message: Seen) -> Line | None:
    """Return who says what in the story by a message; None for nothing."""
    if message.undone or message.ignored or message.card or begun_by(message) is not None:
        return None
    if message.who is not None:
        text = words(in_story(message.text))
        return (message.who, text) if text else None
    proxied = PROXIED.fullmatch(SMALL_PRINT.sub("", message.text).strip())
    if proxied:
        return proxied["who"], words(in_story(proxied["text"]))
    text = said_by_persona(message.text)
    return ("Marlow", text) if text else None


def said_by_persona(text: str) -> str:
    """Return what of a post is the persona's: what is neither in small print nor the bot's own."""
    return words(FAILURE.sub("", SMALL_PRINT.sub("", text)))


def in_story(text: str) -> str:
    """Return a person's words without what they say out of character, and without mentions."""
    return MENTION.sub("", ASIDE_LINE.sub("", text))


def words(text: str) -> str:
    """Return a text with single blanks."""
    return " ".join(text.split())


def joined(lines: Iterable[Line]) -> list[Line]:
    """Return lines with those of one speaker in a row as one, as a prompt has them."""
    return [(who, " ".join(text for _, text in run)) for who, run in groupby(lines, key=lambda line: line[0])]


def told(prompt: Iterable[Line]) -> list[Line]:
    """Return what a prompt tells of the story: without notes, which are in square brackets."""
    lines = ((who, words(NOTE.sub("", text))) for who, text in prompt)
    return joined(line for line in lines if line[1])
