"""The notes beside a person's words: the bot's records of pictures, of an empty mention, of a roll.

Law: a note is a plain record, stored apart from the words; only a prompt puts the two together. There it is a
line in square brackets, and only the bot writes those: in all that people wrote they are round. Of notes by a
later version, the known fields are read.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from string import digits
from typing import Final

import regex

from bot.core.scene import Note, Turn
from bot.core.speech import in_story

ONWARD: Final = Note("onward")
"""A person let the story go on without any words of their own."""

_SILENCE: Final = "silence"

ROLL: Final = "roll"
"""The kind of note for a roll of dice."""

LINK: Final = "link"
"""The kind of note for the preview of a link."""

_MOMENTARY: Final = frozenset({"silence", ONWARD.kind, "away", "back"})
"""The kinds of notes about a moment of their scene, and not about what the message holds."""

_SAID: Final[Mapping[str, tuple[str, str]]] = {
    _SILENCE: ("waits for an answer", "turns to {} and waits"),
    ONWARD.kind: ("lets the story go on: something happens", ""),
    "image": ("shows a picture", "shows a picture: {}"),
    LINK: ("a link", "a link: {}"),
    "away": ("steps away for a while", ""),
    "back": ("is back", ""),
    ROLL: ("rolls", "rolls {}"),
}
"""What a note of a kind says, without and with its label; the others are `kind` and `kind: label`."""


_EARLIER: Final = "earlier, {} said"
_LORE: Final = "lore"


def silence(persona: str) -> Note:
    """Return the note for a mention of a persona without words; "" if it has no persona."""
    return Note(_SILENCE, persona)


def bracketed(text: str) -> str:
    """Return a text as a note in a prompt: one line in square brackets, with only round ones inside."""
    return f"[{' '.join(rounded(text).split())}]"


def earlier(name: str, words: str) -> str:
    """Return what a reply is told of words that were said long ago, which end no quotation of their own."""
    inside = words.replace('"', "'")
    return f'{_EARLIER.format(name)}: "{inside}"'


def lore_note(text: str) -> str:
    """Return what a reply is told of the world, as the lorebook has it."""
    return f"{_LORE}: {text}"


def is_lore_note(line: str) -> bool:
    """Return whether a line of a prompt is such a note, in its brackets."""
    return line.startswith(f"[{_LORE}: ")


def rounded(text: str) -> str:
    """Return a text with round brackets in place of square ones, and of all that look like those."""
    if text.isascii() and "[" not in text and "]" not in text:  # nearly all texts, found out quickly
        return text
    return text.translate(_ROUND) if _SQUARE.search(text) else text


def forms(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return how notes of people and the world begin, each with the characters of which one follows.

    `names` are those of the prompt, with round brackets, as some notes name somebody.
    """
    found = [(f"[{bare}", "]" if labelled != f"{bare}: {{}}" else "]:") for bare, labelled in _SAID.values()]
    found.append((f"[{_SAID[ROLL][1].format('')}", digits))
    found.append((f"[{_LORE}", ":"))
    for name in names:
        found.append((f"[{_SAID[_SILENCE][1].format(name)}", "]"))
        found.append((f"[{_EARLIER.format(name)}", ":"))
    return found


def with_notes(text: str, notes: Sequence[Note]) -> str:
    """Return the text for the model: words, and a line for each note.

    Of a link that a note tells, the address is left out of the words.
    """
    if not notes:
        return text
    for note in notes:
        if note.kind == LINK:
            text = _without_address(text, note.label.rpartition(", ")[2])
    return "\n".join(filter(None, [text, *map(_line, notes)]))


def told_with(text: str, notes: Sequence[Note]) -> str:
    """Return a person's text for the model: what belongs to the story, with its notes."""
    return with_notes(in_story(text), notes)


def quoted_with(text: str, notes: Sequence[Note]) -> str:
    """Return a person's text as a turn of another scene refers to it: with the notes of what it holds."""
    return told_with(text, [note for note in notes if note.kind not in _MOMENTARY])


def content_of(turn: Turn) -> str:
    """Return the text of a turn for the model, with its notes; a person's without asides."""
    words = turn.text if turn.user_id is None else in_story(turn.text)
    return with_notes(rounded(words), turn.notes)


def notes_in(text: str) -> tuple[str, ...]:
    """Return the notes at the ends of a prompt's lines, in their brackets."""
    return tuple(dict.fromkeys(_NOTE.findall(text)))


def host_of(address: str) -> str:
    """Return the host of a web address as people name it: "https://www.youtu.be/x" → "youtu.be"."""
    found = _ADDRESS.match(address)
    return found["host"].lower() if found else ""


def addresses_in(text: str) -> list[str]:
    """Return the web addresses in a text, in order."""
    return [found[0] for found in _ADDRESS.finditer(text)]


def told(note: Note) -> str:
    """Return what a note says, without brackets around it."""
    label = _described(note.label) if note.kind == "image" else note.label
    bare, labelled = _SAID.get(note.kind, (note.kind, f"{note.kind}: {{}}"))
    return labelled.replace("{}", label, 1) if label and labelled else bare


def _line(note: Note) -> str:
    return bracketed(told(note))


def _described(label: str) -> str:
    """Return a picture's description: earlier versions stored the name of its file before it."""
    found = _PICTURE_FILE.match(label)
    return found["told"] or "" if found else label


def _without_address(text: str, host: str) -> str:
    """Return a text without the first address of a host: at its ends nothing is left, inside its host."""
    for found in _ADDRESS.finditer(text):
        before, after = text[: found.start()], text[found.end() :]
        if found["host"].lower() == host and not before.endswith(_ENCLOSING):
            inside = before.strip() and after.strip(_CLOSING)
            return (
                f"{before}{found['host']}{after}" if inside else (before.rstrip() or after.lstrip(_CLOSING))
            )
    return text


_ADDRESS: Final = re.compile(
    r"""https?://(?:[^/\s?#@<>]*@)?(?:www\.)?(?P<host>[\w-]+(?:\.[\w-]+)*)
    (?::[0-9]+)?(?:[/?\#](?:[^\s<>]*[^\s<>.,:;!?'"|)\]])?)?""",
    re.IGNORECASE | re.VERBOSE,
)
"""A web address, without the marks behind it that belong to a sentence."""

_ENCLOSING: Final = ("|", "(", "<")
"""What encloses an address that is left as it is: a spoiler, the target of a masked link."""

_CLOSING: Final = " \n.,:;!?"
"""What may stand behind an address at the end of a text."""

_NOTE: Final = regex.compile(r"\[[^\[\]\n]+\](?=[ \t]*$)", regex.MULTILINE)

_PICTURE_FILE: Final = re.compile(
    r"[^\n]{0,255}?\.(?:avif|bmp|gif|hei[cf]|jfif|jpe?g|png|svg|tiff?|webp)(?: \((?P<told>.*?)\)?)?\Z",
    re.IGNORECASE | re.DOTALL,
)

_ROUND: Final = str.maketrans(
    # Square, also with a quill, bar, tick or stroke, and white; pieces of tall ones; ceilings, floors.
    "[\u2045\u27e6\u298b\u298d\u298f\u2e55\u2e57\u23a1\u23a2\u23a3\u2308\u230a\u2e22\u2e24"
    "\u2772\u27ec\u2997"
    "]\u2046\u27e7\u298c\u298e\u2990\u2e56\u2e58\u23a4\u23a5\u23a6\u2309\u230b\u2e23\u2e25"
    "\u2773\u27ed\u2998"
    # As wide as Chinese characters: square, lenticular, of tortoise shell, and those of vertical lines.
    "\uff3b\u301a\u3010\u3016\u3014\u3018\ufe5d\ufe47\ufe3b\ufe17\ufe39"
    "\uff3d\u301b\u3011\u3017\u3015\u3019\ufe5e\ufe48\ufe3c\ufe18\ufe3a",
    "(" * 18 + ")" * 18 + "\uff08" * 11 + "\uff09" * 11,
)
"""Square brackets and those that look like them (by Unicode's names), and round ones of their width."""

_SQUARE: Final = re.compile("[" + "".join(re.escape(chr(each)) for each in _ROUND) + "]")


def to_json(notes: Sequence[Note]) -> str:
    """Return notes as JSON for the database; "" for none."""
    records = [{"kind": note.kind, "label": note.label} for note in notes]
    return json.dumps(records, ensure_ascii=False) if records else ""


def from_json(stored: str) -> tuple[Note, ...]:
    """Return the notes of a stored JSON, without entries that are not notes."""
    try:
        records = json.loads(stored) if stored else []
    except ValueError:
        return ()
    found = map(_note, records if isinstance(records, list) else [])
    return tuple(note for note in found if note is not None)


def _note(record: object) -> Note | None:
    if not isinstance(record, dict):
        return None
    kind, label = record.get("kind"), record.get("label", "")
    return Note(kind, label) if isinstance(kind, str) and kind and isinstance(label, str) else None
