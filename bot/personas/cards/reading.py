"""The import of a card: its file becomes a persona's YAML, a picture and a report.

Law: what comes out loads as a persona, or nothing comes out. Bytes in, values out; nothing is written
here, and nothing fetched.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from bot.core.cards.card import Card, card_of, strings_in
from bot.core.cards.mapping import NAMESPACE, persona_of
from bot.core.cards.report import Finding, Kind, Told
from bot.core.persona import PersonaSheet
from bot.files import yamlfile
from bot.personas.cards import icons
from bot.personas.cards.errors import CardError, CardFault
from bot.personas.cards.icons import Picture, icon_of, without_files
from bot.personas.cards.opening import opened
from bot.personas.reading import read_text
from bot.personas.writing import written
from bot.texts.sentences import Sentence, printable, voice_for

LORE_LIMIT: Final = 100 * 1024
"""Maximum characters of a lorebook in a persona's file; a file in `lore` may have 4 MiB."""

_SHORT: Final = 60
"""Maximum characters of a fact from a card in a sentence."""

_LISTED: Final = 20
"""Maximum fields that a sentence lists."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a card, as sentences: what was kept, changed and ignored, and what to look at."""

    kept: tuple[Sentence, ...] = ()
    changed: tuple[Sentence, ...] = ()
    ignored: tuple[Sentence, ...] = ()
    warnings: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportedCard:
    """A card that was read.

    Attributes:
        name: the persona's name.
        text: its YAML, without a picture.
        picture: its picture, None if the card has none.
        report: what became of the card.
    """

    name: str
    text: str
    picture: Picture | None
    report: Report
    _persona: Mapping[str, Any]
    _comments: Mapping[str, Sequence[str]]

    @property
    def avatar(self) -> bytes | None:
        """The bytes of the picture, None if the card has none."""
        return self.picture.content if self.picture else None

    def text_with(self, avatar: str) -> str:
        """Return the persona's YAML with the file name or address of its picture."""
        (name, *_), rest = self._persona.items(), {k: v for k, v in self._persona.items() if k != "name"}
        return written({name[0]: name[1], "avatar": avatar, **rest}, self._comments)


def read_card(content: bytes, file_name: str) -> ImportedCard:
    """Return the persona that a card becomes.

    This computes for up to half a second: callers on the event loop use a thread.

    Args:
        content: the file's bytes.
        file_name: its name, for a card without a name, and for sentences.

    Raises:
        CardError: it is no card, or may not be read.
    """
    found = opened(content, file_name)
    card, ignored = card_of(found.raw)
    picture, about_picture = icon_of(found, card.data.get("assets"))
    card, files = _without_files(card, found.files)
    card, lore = _without_large_lore(card)
    if (length := _length([card.data, card.beside])) > yamlfile.SIZE_LIMIT:
        raise CardError(CardFault.TOO_LONG, length=length // 1024, most=yamlfile.SIZE_LIMIT // 1024)
    told = (*found.findings, *about_picture, *ignored, *files, *lore)
    stem = PurePath(file_name).stem
    made = _made(card, stem, told)
    if made.problem is not None:
        made = _made(*_without_ours(card, stem, told))
    if made.problem is not None:
        raise CardError(CardFault.UNLOADABLE, problem=made.problem)
    return ImportedCard(
        made.persona["name"], made.text, picture, _report(made.told), made.persona, made.comments
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """A persona that a card has become, and why it doesn't load, if so."""

    persona: Mapping[str, Any]
    told: tuple[Finding, ...]
    comments: Mapping[str, Sequence[str]]
    text: str
    problem: Sentence | None


def _made(card: Card, stem: str, told: tuple[Finding, ...]) -> _Made:
    """Return the persona that a card becomes.

    Raises:
        CardError: it is too long for a persona's file.
    """
    persona, findings = persona_of(card, stem)
    persona, told = _in_order(persona), (*findings, *told)
    comments = _comments(told, persona)
    text = written(persona, comments)
    if (length := len(text.encode())) > yamlfile.SIZE_LIMIT:
        raise CardError(CardFault.TOO_LONG, length=length // 1024, most=yamlfile.SIZE_LIMIT // 1024)
    problems = read_text(text.encode(), "card").problems
    return _Made(persona, told, comments, text, problems[0].placed if problems else None)


def _without_ours(card: Card, stem: str, told: tuple[Finding, ...]) -> tuple[Card, str, tuple[Finding, ...]]:
    """Return the same without what the card has for our personas alone, which may be anything."""
    extensions = {key: each for key, each in card.data["extensions"].items() if key != NAMESPACE}
    finding = Finding(Kind.IGNORED, Told.UNFIT, facts={"field": f"extensions.{NAMESPACE}"})
    return Card({**card.data, "extensions": extensions}, card.beside), stem, (*told, finding)


def _without_files(card: Card, others: int) -> tuple[Card, tuple[Finding, ...]]:
    """Return a card without the files that personas don't have, and what there is to tell of them."""
    findings = []
    if assets := card.data.get("assets"):
        kept, left_out = without_files(assets)
        data = {**card.data, "assets": kept}
        if kept == [icons.ICON]:
            del data["assets"]
        card = Card(data, card.beside)
        if left_out:
            findings.append(Finding(Kind.IGNORED, Told.DATA_ADDRESS, facts={"count": left_out}))
    if others:
        findings.append(Finding(Kind.IGNORED, Told.FILES, facts={"count": others}))
    return card, tuple(findings)


def _without_large_lore(card: Card) -> tuple[Card, tuple[Finding, ...]]:
    """Return a card without too large a lorebook, and what there is to tell of it."""
    length = _length(card.data.get("character_book"))
    if length <= LORE_LIMIT:
        return card, ()
    data = {name: value for name, value in card.data.items() if name != "character_book"}
    told = Finding(Kind.WARNING, Told.LORE_LARGE, "lorebooks", {"kib": length // 1024})
    return Card(data, card.beside), (told,)


def _length(data: object) -> int:
    """Return the characters of all texts in JSON."""
    return sum(map(len, strings_in(data)))


def _in_order(persona: Mapping[str, Any]) -> dict[str, Any]:
    """Return a persona with its keys in the order of the model, and what is kept of the card last."""
    keys = [key for key in PersonaSheet.model_fields if key in persona and key != "card"]
    return {key: persona[key] for key in [*keys, *(["card"] if "card" in persona else [])]}


def _report(findings: Iterable[Finding]) -> Report:
    told: dict[Kind, list[Sentence]] = {kind: [] for kind in Kind}
    for finding in findings:
        told[finding.kind].append(_sentence(finding))
    return Report(
        tuple(told[Kind.KEPT]),
        tuple(told[Kind.CHANGED]),
        tuple(told[Kind.IGNORED]),
        tuple(told[Kind.WARNING]),
    )


def _sentence(finding: Finding) -> Sentence:
    facts = {name: _fact(fact) for name, fact in finding.facts.items()}
    return Sentence(f"card.told.{finding.told}", key=finding.key, **facts)


def _fact(fact: object) -> object:
    """Return a fact of a card in a form that fits a sentence: one short line, or a list of them."""
    if isinstance(fact, tuple):
        return [*(str(_fact(each)) for each in fact[:_LISTED]), *(["…"] if len(fact) > _LISTED else [])]
    if not isinstance(fact, str):
        return fact
    line = printable(" ".join(fact[: 4 * _SHORT].split()))
    return line if len(line) <= _SHORT else f"{line[:_SHORT]}…"


def _comments(findings: Iterable[Finding], persona: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the warnings as comments above the keys that they are about."""
    comments: dict[str, list[str]] = {}
    for finding in findings:
        if finding.kind is Kind.WARNING and finding.key in persona:
            comments.setdefault(finding.key, []).append(voice_for().render(_sentence(finding)))
    return comments
