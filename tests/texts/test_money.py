"""Money in words: as each language writes it, and as what is shown can be typed back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.budgets.caps import read_caps
from bot.core.budgets.rule import Amount, Limit, Payer, Span, Unit
from bot.texts.money import amount_text, exactly, limits_text, roughly
from bot.texts.sentences import LANGUAGES, Sentence, voice_for

EVERY = ["en", *LANGUAGES]


@pytest.mark.parametrize(
    ("language", "limits", "spent"),
    [
        ("en", "$0.30 a day, $1000 a month", "$0.0025 (1,234 tokens)"),
        ("de", "0,30\u00a0$ am Tag, 1000\u00a0$ im Monat", "0,0025\u00a0$ (1.234 Tokens)"),
        ("es", "0,30\u00a0US$ al día, 1000\u00a0US$ al mes", "0,0025\u00a0US$ (1.234 tokens)"),
        ("ja", "1日$0.30、1か月$1000", "$0.0025（1,234トークン）"),
        ("zh", "每天 US$0.30、每月 US$1000", "US$0.0025（1,234 token）"),
    ],
)
def test_amounts_are_written_as_the_language_writes_them(language: str, limits: str, spent: str) -> None:
    voice = voice_for(language)
    both = [
        Limit(Payer.PERSON, Span.DAY, Unit.MONEY, 300_000),
        Limit(Payer.PERSON, Span.MONTH, Unit.MONEY, 1_000_000_000),
    ]
    assert limits_text(both, voice) == limits
    assert voice.render(amount_text(Amount(1234, 2500))) == spent


@given(st.integers(1, 10**12), st.sampled_from(EVERY), st.sampled_from(["a day", "a month"]))
def test_an_amount_can_be_typed_into_the_form_as_it_is_shown(most: int, language: str, span: str) -> None:
    shown = voice_for(language).say("limit.amount.money", amount=exactly(most))
    (limit,) = read_caps(Payer.PERSON, f"{shown} {span}") or ()
    assert (limit.unit, limit.most) == (Unit.MONEY, most)


@given(st.integers(10_000, 10**12), st.sampled_from(EVERY))
def test_what_is_about_an_amount_is_within_a_cent_of_it(most: int, language: str) -> None:
    shown = voice_for(language).render(Sentence("limit.amount.money", amount=roughly(most)))
    (limit,) = read_caps(Payer.PERSON, f"{shown} a day") or ()
    assert abs(limit.most - most) <= 5_000


@given(st.integers(1, 10**12), st.sampled_from(EVERY))
def test_tokens_can_be_typed_into_the_form_as_they_are_shown(most: int, language: str) -> None:
    shown = voice_for(language).say("limit.amount.tokens", amount=most)
    number = shown.rstrip("abcdefghijklmnopqrstuvwxyzTトークン ")
    (limit,) = read_caps(Payer.PERSON, f"{number} tokens a day") or ()
    assert (limit.unit, limit.most) == (Unit.TOKENS, most)
