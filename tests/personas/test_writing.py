"""YAML that the bot writes: read back equal, and pleasant to read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.files.yamlfile import read
from bot.personas.writing import written

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
    st.text("ab \n\t:#-?'\"\\|>[]{},&*!%@`~🙂\u2028\ufeff\xa0\x85=<0123e.", max_size=40),
    st.sampled_from(["true", "null", "1e5", "0123", ".5", "yes", "<<", "=", "a" * 2000, "long words " * 20]),
)
LEAVES = st.one_of(
    TEXTS,
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
)
DATA = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, DATA, max_size=4))
def test_what_is_written_is_read_back_equal(data: dict[str, Any]) -> None:
    again = read(written(data), "x.yaml").data
    assert again == data
    assert repr(again) == repr(data)  # 1 and true, 1 and 1.0 are different


def test_a_persona_is_pleasant_to_read() -> None:
    data = {
        "name": "Ada",
        "description": "She counts.\n\nShe laughs.",
        "greeting": '*A wheel turns.* "Late again."',
        "samples": [{"user": "What is it?", "reply": "A loom,\nof sorts."}],
        "tags": ["history", "machines"],
        "nsfw": False,
        "card": {"character_version": "1.2", "extensions": {"agnai/voice": None, "list": []}},
    }
    assert written(data, {"greeting": ["It may act for the player.", "It is short."]}) == (
        "name: Ada\n"
        "description: |-\n"
        "  She counts.\n"
        "\n"
        "  She laughs.\n"
        "# It may act for the player.\n"
        "# It is short.\n"
        'greeting: "*A wheel turns.* \\"Late again.\\""\n'
        "samples:\n"
        "  - user: What is it?\n"
        "    reply: |-\n"
        "      A loom,\n"
        "      of sorts.\n"
        "tags: [history, machines]\n"
        "nsfw: false\n"
        "card:\n"
        '  character_version: "1.2"\n'
        "  extensions:\n"
        '    "agnai/voice": null\n'
        "    list: []\n"
    )


@pytest.mark.parametrize("text", ["a\nb: c", "\x1b[2J", "# b\u2028c", "x " * 200])
def test_no_comment_becomes_anything_else(text: str) -> None:
    document = written({"name": "Ada"}, {"name": [text]})
    assert read(document, "x.yaml").data == {"name": "Ada"}
    assert max(map(len, document.splitlines())) < 100
