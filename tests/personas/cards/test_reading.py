"""Cards become personas: each container, each field, each trap."""

from pathlib import Path

import pytest

from bot.core.persona import PersonaSheet
from bot.files.yamlfile import read
from bot.personas.cards import ImportedCard, read_card
from tests.cards import PICTURE, V1, as_json, coded, png, text_chunk, v2, v3


def sheet(card: ImportedCard) -> PersonaSheet:
    return PersonaSheet.model_validate(read(card.text, "x.yaml").data)


@pytest.mark.parametrize("card", [V1, v2(), v3()])
@pytest.mark.parametrize("container", [as_json, lambda card: png(text_chunk("chara", coded(card)))])
def test_a_card_of_each_version_is_read(card: object, container: object) -> None:
    assert callable(container)
    found = read_card(container(card), "ada.png")
    persona = sheet(found)
    assert (persona.name, persona.description) == ("Ada", "An engineer of the first machines.")
    assert (persona.personality, persona.scenario) == ("Dry.", "A workshop at night.")
    assert persona.greeting == "Hello. Mind the wheels."
    assert [(each.user, each.reply) for each in persona.samples] == [("What is it?", "A loom that counts.")]
    assert found.avatar == (None if container is as_json else PICTURE)


def test_the_text_names_its_picture(tmp_path: Path) -> None:
    found = read_card(png(text_chunk("chara", coded(V1))), "ada.png")
    assert found.text_with("ada.png").startswith("name: Ada\navatar: ada.png\ndescription: ")
