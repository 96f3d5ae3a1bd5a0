"""The words of texts in many scripts, and the searches that find them: whatever is found has the words, and nothing is missed."""

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.memory.words import UNITS_LIMIT, alike, search_of, units_of, words_of


def found(search: str, text: str) -> list[str]:
    """What a search finds in a text, as the index and then the text decide it."""
    wanted = search_of(search)
    spans = wanted.spans(text)
    assert not spans or set(wanted.units) <= set(units_of(text)), (
        "it matches, and the index would not have known"
    )
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("search", "text", "parts"),
    [
        ("lantern", "The LANTERN went out.", ["LANTERN"]),
        ("lantern", "Two lanterns. A lantern-bearer.", ["lanterns", "lantern"]),
        ("lanterns", "One lantern.", ["lantern"]),
        ("cat", "A category of its own.", []),
        ("ferry lantern", "A lantern.", []),
        ("ferry lantern", "The lantern of the ferry.", ["lantern", "ferry"]),
        ('"old ferry"', "The old ferry, old as it was.", ["old ferry"]),
        ('"old ferry"', "The ferry is old.", []),
        ('"old ferry"', "Two old ferrys.", []),  # in quotes, endings count
        ("„old ferry“", "the old  ferry", ["old  ferry"]),
        ("«old ferry» lost", "Lost: the old ferry", ["Lost", "old ferry"]),
        ('"old', "old", ["old"]),  # never closed
        ("don't", "I don’t know, don.", ["don’t"]),
        ("don't", "Don said t.", []),
        ("CAFE", "Un café, cafe\u0301, deux cafés", ["café", "cafe\u0301"]),
        ("café", "the cafe", ["cafe"]),
        ("strasse", "Die Straße", ["Straße"]),
        ("istanbul", "İSTANBUL, Istanbul", ["İSTANBUL", "Istanbul"]),
        ("ISIK", "ışık", ["ışık"]),
        ("елка", "Ёлка в лесу", ["Ёлка"]),
        ("паромщик", "я видел паромщика", ["паромщика"]),
        ("οδυσσευς", "Ο ΟΔΥΣΣΕΎΣ", ["ΟΔΥΣΣΕΎΣ"]),
        ("كتاب", "كِتَاب جديد", ["كِتَاب"]),
        ("کتاب", "كتاب", ["كتاب"]),  # a Persian keyboard's letter
        ("שלום", "שָׁלוֹם לך", ["שָׁלוֹם"]),
        ("हिन्दी", "मैं हिन्दी बोलता हूँ", ["हिन्दी"]),
        ("हिन्द", "हनद", []),  # vowel signs are no marks to leave out
        ("長剣", "彼は長剣を抜いた。", ["長剣"]),
        ("剣", "彼は長剣を抜いた。", ["剣"]),
        ("長剣 抜い", "彼は長剣を抜いた。", ["長剣", "抜い"]),
        ("剣長", "彼は長剣を抜いた。", []),
        ("ガギ", "ｶﾞｷﾞｸﾞ", ["ｶﾞｷﾞ"]),
        ("かき", "がぎ", []),
        ("第3章", "これは第３章だ", ["第３章"]),
        ("Tシャツ", "白いＴシャツを着た", ["Ｔシャツ"]),
        ("客栈", "她走进一家客栈。", ["客栈"]),
        ('"客栈 老板"', "客栈老板", []),  # a blank stands between them
        ("사과", "나는 사과를 먹었다", ["사과"]),
        ("칼", "칼을 뽑았다", ["칼"]),
        ("แมว", "ฉันเห็นแมวดำ", ["แมว"]),
        ("ឆ្មា", "ខ្ញុំឃើញឆ្មាខ្មៅ", ["ឆ្មា"]),
        ("sword", "*draws* the ||**sword**|| ~~slowly~~ `now`", ["sword"]),
        ("https", "see https://example.com/sword", []),
        ("sword", "see https://example.com/sword", []),
        ("smile", "<:smile:123456789012345678> <a:smile:123456789012345678>", []),
        ("1234", "<@1234> <#1234> <t:1234:R> </scene new:1234>", []),
        ("42", "Room 42, not 420", ["42"]),
        ("42", "٤٢", ["٤٢"]),
        ("1,000", "It cost 1,000 crowns", ["1,000"]),
        ("12345", "the number 1234567", []),  # digits are no endings
        ("hello", "𝓱𝓮𝓵𝓵𝓸", ["𝓱𝓮𝓵𝓵𝓸"]),
        ("secret", "se\u200bcr\u00adet", ["se\u200bcr\u00adet"]),
        ("می\u200cروم", "من میروم", ["میروم"]),
        ("😀", "😀", []),
        ("", "anything", []),
    ],
)
def test_a_search_finds_what_people_mean(search: str, text: str, parts: list[str]) -> None:
    assert found(search, text) == parts


@pytest.mark.parametrize("search", ["", " ", "…!?", "😀 **", '""', "<@123>", "https://example.com", "あ"])
def test_what_has_no_words_asks_for_nothing(search: str) -> None:
    assert search_of(search).units == ()


def test_an_ending_has_at_most_three_letters() -> None:
    def are(one: str, other: str) -> bool:
        return alike(words_of(one)[0], words_of(other)[0])

    assert are("ferry", "ferryman")
    assert are("ferryman", "ferry")
    assert not are("ferry", "ferrywoman")
    assert not are("ferr", "ferry")
    assert are("ferr", "Ferr")


SCRIPTS = st.sampled_from("的一是龍々〆かがゞアガー한국말가나ａｶﾞaZé9 .，。\n*_|「」😀\u200b\u0301ßİ")
TEXTS = st.text(SCRIPTS, max_size=40) | st.text(max_size=30)


@given(TEXTS)
@example("ǰ" * 3)
@example("\ufdfa")
def test_a_text_finds_itself(text: str) -> None:
    search = search_of(text[:30])
    if search.units and not regex.search(r'["“”„«»「」『』]', text):
        assert found(text[:30], text[:30])


@given(TEXTS)
def test_words_stand_where_they_are_said_to_and_in_order(text: str) -> None:
    words, at = words_of(text), 0
    for word in words:
        assert at <= word.start < word.end <= len(text)
        assert word.text
        assert all(word.start <= each < word.end for each in word.starts)
        assert list(word.starts) == sorted(word.starts)
        at = word.end


CJK = st.text(
    st.sampled_from("的一是在不了有和人這中大為上個國我以要他一龍劍々かがきカガアー한국말가나다"),
    min_size=2,
    max_size=30,
)


@given(before=st.text(max_size=5), run=CJK, data=st.data())
def test_any_two_characters_of_cjk_are_found(before: str, run: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(run) - 2))
    end = data.draw(st.integers(start + 2, len(run)))
    part, text = run[start:end], f"{before} {run}。"
    assert part in found(part, text)


@given(search=TEXTS, text=TEXTS)
@settings(max_examples=100)
def test_what_matches_is_in_the_index(search: str, text: str) -> None:
    found(search, text)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "e\u0301" * 50_000,
        "e" + "\u0301\u0323" * 50_000,
        "的" * 100_000,
        "กำ" * 50_000,
        "\ufdfa" * 20_000,
        "<:" * 50_000,
        "</" * 50_000,
        "https://" * 12_000,
        '"' * 100_000,
        "\u200d" * 100_000,
        "\u1100" * 100_000,
        "".join(chr(0x4E00 + at % 20_000) for at in range(100_000)),
    ],
    ids=lambda text: f"{text[:2]!a}",
)
def test_hostile_texts_are_bounded(text: str) -> None:
    units = units_of(text)
    assert len(units) <= UNITS_LIMIT
    assert all(len(unit) <= 5 for unit in units)
    assert len(search_of(text).phrases) <= 20
    search_of("的的 aaaaa").spans(text)
