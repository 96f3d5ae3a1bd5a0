import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.first_names import first_name
from bot.core.names import key_of

NAMES = {
    "two names": ("Mira Vale", "Mira"),
    "a doctor": ("Dr. Mira Vale", "Mira"),
    "a doctor without a blank": ("Dr.Mira Vale", "Mira"),
    "article, title and particle": ("The Lady of Shalott", "Shalott"),
    "any case": ("THE CAPTAIN ahab", "ahab"),
    "Spanish": ("Señor Díaz", "Díaz"),
    "Spanish, in two characters": ("Sen\u0303or Díaz", "Díaz"),
    "German": ("Gräfin von Thurn", "Thurn"),
    "French": ("Mademoiselle Aurélie", "Aurélie"),
    "Russian": ("Князь Андрей Болконский", "Андрей"),
    "Arabic": ("الشيخ سالم", "سالم"),
    "Hindi": ("श्री राघव मेहता", "राघव"),
    "a first name that is a title elsewhere": ("Rei Ayanami", "Rei"),
    "three letters": ("Bob Cratchit", "Bob"),
    "two letters": ("Al Capone", "Capone"),
    "initials": ("J.R.R. Tolkien", "Tolkien"),
    "a hyphen": ("Jean-Luc Picard", "Jean-Luc"),
    "an apostrophe": ("D'Artagnan the Bold", "D'Artagnan"),
    "a figure in a word": ("C-3PO Unit", "C-3PO"),
    "figures are no letters": ("R2-D2 Droid", "Droid"),
    "an underscore belongs to a word": ("Mira_Vale Stone", "Mira_Vale"),
    "a nickname": ('Al "Scarface" Capone', "Scarface"),
    "a comma": ("Mira, the Blade", "Mira"),
    "an ornament": ("✨ Mira ✨", "Mira"),
    "a number": ("Alice (2)", "Alice"),
    "a tag": ("[ADMIN] Alice", "Alice"),
    "another tag": ("【室友】 Alice", "Alice"),
    "all in brackets": ("(Mira Vale)", "Mira"),
    "pronouns": ("Alice | she/her", "Alice"),
    "a wide blank": ("Mira\u3000Vale", "Mira"),
    "Japanese": ("山田 太郎", "山田"),
    "one sign": ("林 黛玉", "林"),
    "a middle dot": ("ミラ・ヴェイル", "ミラ"),
    "a Chinese middle dot": ("阿尔伯特·爱因斯坦", "阿尔伯特"),
    "Korean": ("김 철수", "김"),
    "Thai": ("น้อง ส้ม", "ส้ม"),
    "a phrase": ("She Who Must Be Obeyed", "Must"),
    "old": ("Old Tom", "Tom"),
    "one word": ("Mira", None),
    "one word with a mark": ("Mira!", None),
    "one word with blanks around": (" Mira ", None),
    "one word with an underscore": ("Mira_Vale", None),
    "one Chinese word": ("诸葛亮", None),
    "title and article": ("The King", None),
    "only short words": ("Al Bo", None),
    "figures": ("1234 5678", None),
    "no letters": ("✨ ✨", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("name", "first"), NAMES.values(), ids=NAMES)
def test_the_first_name_of_several(name: str, first: str | None) -> None:
    assert first_name(name) == first


@given(st.lists(st.sampled_from(["Dr.", "The", "Mira", "Vale", "山", "[x]", "·", "é", "(", "_", " "])))
def test_a_first_name_is_a_word_of_the_name_and_has_none_itself(parts: list[str]) -> None:
    name = " ".join(parts)
    first = first_name(name)
    assert first is None or (key_of(first) in key_of(name) and " " not in first and first_name(first) is None)
