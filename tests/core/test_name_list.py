"""Names in a row, as the language of a persona's texts has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.name_list import listed

SHEETS = {
    "": "Alice, Bob and Carol",
    "Ada Lark, 34.": "Alice, Bob and Carol",
    "I am a wreck and you are a friend of the sea.": "Alice, Bob and Carol",
    "Marlow führt die Hafenkneipe und kennt das Meer.": "Alice, Bob und Carol",
    "Elle tient la taverne du port et connaît les marins en secret.": "Alice, Bob et Carol",
    "Lleva la taberna del puerto y conoce el mar.": "Alice, Bob y Carol",
    "Una donna che conosce il mare e gli uomini.": "Alice, Bob e Carol",
    "Uma mulher que não conhece os homens do porto.": "Alice, Bob e Carol",
    "De herbergier is een vrouw van het water en kent iedereen.": "Alice, Bob en Carol",
    "Hon är en vän till havet och kan inte sova.": "Alice, Bob och Carol",
    "Ona jest z portu i nie śpi w nocy.": "Alice, Bob i Carol",
    "Limanda bir kadın ve çok yorgun.": "Alice, Bob ve Carol",
    "Cô là một người của biển và không ngủ.": "Alice, Bob và Carol",
    "Марлоу держит таверну в порту.": "Alice, Bob и Carol",
    "Марлоу тримає таверну і її знають усі.": "Alice, Bob і Carol",
    "Κρατάει την ταβέρνα του λιμανιού.": "Alice, Bob και Carol",
    "阿渡是青石镇夜航船的船娘。": "Alice、Bob和Carol",
    "アヤは港の酒場の主人です。": "Alice、Bob、Carol",
    "미라는 항구의 술집 주인이다.": "Alice, Bob 및 Carol",
    "เธอเป็นเจ้าของร้านเหล้า": "Alice Bob และCarol",
    "هي صاحبة الحانة": "Alice وBob وCarol",
    "היא בעלת הפונדק": "Alice, Bob וCarol",
    "वह बंदरगाह की मालकिन है": "Alice, Bob और Carol",
}


@pytest.mark.parametrize(("sheet", "told"), SHEETS.items())
def test_three_names_in_the_language_of_the_sheet(sheet: str, told: str) -> None:
    assert listed(["Alice", "Bob", "Carol"], sheet) == told


@pytest.mark.parametrize(
    ("names", "sheet", "told"),
    [
        ([], "Ada.", ""),
        (["Alice"], "阿渡", "Alice"),
        (["Alice", "Bob"], "Ada.", "Alice and Bob"),
        (["小明", "小红"], "阿渡是船娘。", "小明和小红"),
        (["ミカ", "ユウ"], "アヤは主人です。", "ミカ、ユウ"),
        (["Alice", "Bob"], "เธอเป็นเจ้าของ", "AliceและBob"),
        (["A and B", "C, D"], "Ada.", "A and B and C, D"),
    ],
)
def test_none_one_or_two(names: list[str], sheet: str, told: str) -> None:
    assert listed(names, sheet) == told


@given(names=st.lists(st.text(min_size=1), max_size=8), sheet=st.text())
def test_every_name_is_there_in_order(names: list[str], sheet: str) -> None:
    told, at = listed(names, sheet), 0
    for name in names:
        assert name in told[at:]
        at = told.index(name, at) + len(name)
