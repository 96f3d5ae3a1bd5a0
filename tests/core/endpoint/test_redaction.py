import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.endpoint.redaction import unquoted

KEY = "sk-cp-0123456789abcdef"
LINE = "The gold lies beneath the third oak."


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        (f"no {KEY} here", "no … here"),
        (f"key {KEY[:9]}*** is wrong", "key …*** is wrong"),
        (f"at {LINE}", "at …"),
        (f"at {LINE[:20]}…", "at ……"),
        ("beneath them", "beneath them"),  # eleven in a row are chance, twelve are not
        ("lies beneath it", "…it"),
        ("said hm-m", "said …"),
    ],
)
def test_of_texts_and_the_key_no_piece_stays(words: str, seen: str) -> None:
    assert unquoted(words, [LINE, "hm-m", "oh"], key=KEY) == seen


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        ("invalid content: 'oh'", "invalid content: '…'"),
        ('{"content": "oh"}', '{"content": "…"}'),
        ("the value “The go…” is wrong", "the value “…” is wrong"),
        ("the value `The...` is wrong", "the value `…` is wrong"),
        ("ends with «oak.»", "ends with «…»"),
        ("content ' OH ' is short", "content ' …' is short"),
        ("THE GOLD LIES BENEATH THE THIRD OAK.", "…"),
        ("oh, the role 'user' is unknown", "oh, the role 'user' is unknown"),
        (f"{LINE} {LINE}", "… …"),
        (f"İ {LINE}", "İ …"),
        (LINE.replace("i", "İ"), "…"),
        (f"x {LINE * 50} y", "x … y"),
    ],
)
def test_quote_of_any_length_is_hidden(words: str, seen: str) -> None:
    assert unquoted(words, [LINE, "hm-m", "oh"]) == seen


@given(st.text("aB ß.", max_size=40), st.lists(st.text("Ab ß.", max_size=40), max_size=3))
def test_no_piece_that_is_long_enough_stays(words: str, texts: list[str]) -> None:
    seen = unquoted(words, texts).lower()
    texts = [" ".join(text.split()).lower() for text in texts]
    pieces = [seen[at : at + 12] for at in range(len(seen) - 11)]
    assert not [piece for piece in pieces if any(piece in text for text in texts)]


@pytest.mark.parametrize(
    ("names", "words", "seen"),
    [
        (["Alice"], "user name 'Alice' differs from 'Bob'", "user name '…' differs from 'Bob'"),
        (["Alice", "Bob"], "Alice,Bob and ALICE's", "…,… and …'s"),
        (["Al"], "Also invalid: Al", "Also invalid: …"),
        (["Mary Ann"], "Mary Ann or Mary", "… or Mary"),
        (["Ann", "Mary Ann"], "Mary Ann", "…"),
        (["name"], "user_name and username, the name", "user_name and username, the …"),
        (["must be"], "user name must be consistent", "user name … consistent"),
        (["小明"], "用户名小明必须一致", "用户名…必须一致"),
        (["Alice"], "用户名Alice必须一致", "用户名…必须一致"),
        (["Ёж"], "имя Ёж, а не Ёжик", "имя …, а не Ёжик"),
        (["*x* (2)"], "name *x* (2) is taken", "name … is taken"),
        (["🦊"], "name🦊is taken", "name…is taken"),
        (["", "  "], "nobody is called that", "nobody is called that"),
    ],
)
def test_names_are_hidden_as_whole_words(names: list[str], words: str, seen: str) -> None:
    assert unquoted(words, [], names=names) == seen


@given(st.text("ab 小é.", min_size=1, max_size=6), st.text("ab 小é.", max_size=12))
def test_whatever_the_name_it_is_hidden_where_it_stands_alone(name: str, around: str) -> None:
    seen = unquoted(f"x <{name.strip()}> {around}", [], names=[name])
    assert seen.startswith("x <…>" if name.strip() else "x <>")
