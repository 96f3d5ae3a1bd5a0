"""The export of a persona as a card: V2 and V3, as JSON and as a PNG.

Law: bytes in, bytes out. The card says what the persona says, and all that the persona keeps of the card
it came from; of ours, what cards have no field for goes below `extensions`.
"""

import json
from typing import Any, Final, Literal

from pydantic import ValidationError

from bot.core.cards.card import Card, written
from bot.core.cards.mapping import canonical, card_from
from bot.files import yamlfile
from bot.files.problems import YamlError
from bot.personas.cards import icons, png
from bot.personas.cards.errors import CardError, CardFault

Spec = Literal["v2", "v3"]
Container = Literal["json", "png"]

BACKFILLED: Final = (
    "This character card is Character Card V3, but it is loaded as a Character Card V2. Please use a "
    "Character Card V3 compatible application to use this character card properly."
)
"""What SPEC_V3.md wants in `creator_notes` of a V2 card that stands beside a V3 card."""


def export_card(
    text: str | bytes, picture: icons.Picture | None, spec: Spec = "v3", container: Container = "png"
) -> bytes:
    """Return a persona as a card.

    Args:
        text: its YAML.
        picture: its picture; a card as PNG needs a PNG, and without any it is a plain grey one.
        spec: the version of the specification.
        container: the kind of file. A PNG of version 3 holds the card in version 2 too, for older programs.

    Raises:
        CardError: the persona doesn't load, or its picture can't hold a card.
    """
    card = card_from(_persona(text))
    if container == "json":
        return _json(written(_with_picture(card, picture) if spec == "v3" else card, spec))
    if picture is not None and picture.ending != ".png":
        raise CardError(CardFault.NOT_PNG)
    cards = {png.V3_KEYWORD: _json(written(card, "v3"))} if spec == "v3" else {}
    cards[png.V2_KEYWORD] = _json(written(_backfilled(card) if spec == "v3" else card, "v2"))
    return png.with_cards(picture.content if picture else png.plain_picture(), cards)


def _persona(text: str | bytes) -> dict[str, Any]:
    try:
        return canonical(yamlfile.read(text, "persona").data)
    except (YamlError, ValidationError):
        raise CardError(CardFault.NO_PERSONA) from None


def _json(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=2).encode()


def _with_picture(card: Card, picture: icons.Picture | None) -> Card:
    """Return a card with its picture written into the address of its main icon."""
    if picture is None:
        return card
    ending = picture.ending.removeprefix(".")
    icon = {**icons.ICON, "ext": ending}
    assets = list(card.data.get("assets") or [icon])
    own = next((number for number, each in enumerate(assets) if each.get("uri") == icons.DEFAULT), None)
    if own is None:
        return card
    assets[own] = {**assets[own], "uri": icons.address(picture)}
    return Card({**card.data, "assets": assets}, card.beside)


def _backfilled(card: Card) -> Card:
    """Return a V3 card for programs that only know V2."""
    notes = "\n\n".join(filter(None, [BACKFILLED, card.data["creator_notes"]]))
    return Card({**card.data, "creator_notes": notes}, card.beside)
