"""The import of a card: its file becomes a persona's YAML, a picture and a report.

Law: what comes out loads as a persona, or nothing comes out. Bytes in, values out; nothing is written
here, and nothing fetched.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from pydantic import ValidationError

from bot.core.cards.card import Card, card_of, strings_in
from bot.core.cards.mapping import persona_of
from bot.core.cards.report import Finding, Kind, Told
from bot.core.persona import PersonaSheet
from bot.files import yamlfile
from bot.files.problems import YamlError
from bot.personas.cards.errors import CardError, CardFault
from bot.personas.cards.icons import Picture, icon_of, without_files
from bot.personas.cards.opening import opened
from bot.personas.writing import written
from bot.texts.sentences import Sentence, printable, voice_for

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
        picture: its picture, None if the card has none.
        report: what became of the card.
    """

    name: str
    picture: Picture | None
    report: Report
    _persona: Mapping[str, Any]
    _comments: Mapping[str, Sequence[str]]

    @property
    def avatar(self) -> bytes | None:
        """The bytes of the picture, None if the card has none."""
        return self.picture.content if self.picture else None

    @property
    def text(self) -> str:
        """The persona's YAML, without a picture."""
        return written(self._persona, self._comments)

    def text_with(self, avatar: str) -> str:
        """Return the persona's YAML with the file name or address of its picture."""
        (name, *_), rest = self._persona.items(), {k: v for k, v in self._persona.items() if k != "name"}
        return written({name[0]: name[1], "avatar": avatar, **rest}, self._comments)


def read_card(content: bytes, file_name: str) -> ImportedCard:
    """Return the persona that a card becomes; this takes up to a second.

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
    if (length := sum(map(len, strings_in([card.data, card.beside])))) > yamlfile.SIZE_LIMIT:
        raise CardError(CardFault.TOO_LONG, length=length // 1024, most=yamlfile.SIZE_LIMIT // 1024)
    persona, findings = persona_of(card, PurePath(file_name).stem)
    told = [*found.findings, *findings, *about_picture, *ignored, *files]
    persona = _in_order(persona)
    comments = _comments(told, persona)
    _require_loading(written(persona, comments))
    return ImportedCard(persona["name"], picture, _report(told), persona, comments)


def _without_files(card: Card, others: int) -> tuple[Card, tuple[Finding, ...]]:
    """Return a card without the files that personas don't have, and what there is to tell of them."""
    findings = []
    if assets := card.data.get("assets"):
        kept, left_out = without_files(assets)
        card = Card({**card.data, "assets": kept}, card.beside)
        if left_out:
            findings.append(Finding(Kind.IGNORED, Told.DATA_ADDRESS, facts={"count": left_out}))
    if others:
        findings.append(Finding(Kind.IGNORED, Told.FILES, facts={"count": others}))
    return card, tuple(findings)


def _in_order(persona: Mapping[str, Any]) -> dict[str, Any]:
    """Return a persona with its keys in the order of the model, and what is kept of the card last."""
    keys = [key for key in PersonaSheet.model_fields if key in persona and key != "card"]
    return {key: persona[key] for key in [*keys, *(["card"] if "card" in persona else [])]}


def _require_loading(text: str) -> None:
    """Refuse a card whose persona wouldn't load.

    Raises:
        CardError: it is too large for a persona's file.
    """
    try:
        PersonaSheet.model_validate(yamlfile.read(text, "card").data)
    except (YamlError, ValidationError):
        length, most = len(text.encode()) // 1024, yamlfile.SIZE_LIMIT // 1024
        raise CardError(CardFault.TOO_LONG, length=length, most=most) from None


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
    """Return a fact of a card in a form that fits a sentence: one short line."""
    if isinstance(fact, tuple):
        names = [_fact(each) for each in fact[:_LISTED]]
        return ", ".join([*map(str, names), *(["…"] if len(fact) > _LISTED else [])])
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
