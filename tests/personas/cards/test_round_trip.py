"""A card that comes in and goes out again is the card that came, whatever stood in it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.cards.card import FIELDS, Card, card_of
from bot.files.yamlfile import read
from bot.personas.cards import export_card, read_card
from bot.personas.cards.bounded import parsed
from tests.cards import PICTURE, V1, as_json, coded, png, text_chunk, v2, v3

WORDS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "{{char}}: Hm.",
            "<START>\n{{user}}: hi\n{{char}}: hello",
            "<start>\r\n{{ user }}: a\r\n{{char}}: b\r\nc\r\n{{char}}: d",
            "You nod. {{user}} smiles.",
            "  blanks around \n\n",
            "Ada: it works",
            "<USER>: x\n<BOT>: y\n<START>\nno speaker",
            "*waves*",
            "true",
            "1.5",
            "\u2028\x85\t|>-",
        ]
    ),
    st.lists(st.sampled_from(["{{char}}:", "{{user}}:", "<START>", "Ada:", " a", "b ", "\n", "\r\n"]), max_size=8).map("".join),
)  # fmt: skip
LEAVES = st.one_of(
    WORDS,
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=5,
)
NAMES = st.one_of(WORDS.filter(str.strip), st.sampled_from(["Ada", "Aqua || goddess, useless", "x" * 100]))
TAGS = st.lists(st.one_of(WORDS, st.sampled_from(["NSFW", "fantasy", "adult"])), max_size=3)
ENTRY = st.fixed_dictionaries(
    {
        "keys": st.lists(WORDS, max_size=2),
        "content": WORDS,
        "extensions": st.dictionaries(WORDS, LEAVES, max_size=2),
        "enabled": st.booleans(),
        "insertion_order": st.integers(-5, 200),
        "use_regex": st.booleans(),
    },
    optional={
        "case_sensitive": st.booleans(),
        "name": WORDS,
        "priority": st.integers(0, 100),
        "id": st.one_of(st.integers(0, 9), WORDS),
        "comment": WORDS,
        "selective": st.booleans(),
        "secondary_keys": st.lists(WORDS, max_size=2),
        "constant": st.booleans(),
        "position": st.sampled_from(["before_char", "after_char", ""]),
        "strange": ANYTHING,
    },
)
BOOK = st.fixed_dictionaries(
    {"extensions": st.dictionaries(WORDS, LEAVES, max_size=2), "entries": st.lists(ENTRY, max_size=3)},
    optional={
        "name": WORDS,
        "description": WORDS,
        "scan_depth": st.integers(0, 10),
        "token_budget": st.integers(0, 2000),
        "recursive_scanning": st.booleans(),
        "strange": ANYTHING,
    },
)
ASSET = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["icon", "background", "x-ours"]),
        "uri": st.sampled_from(["ccdefault:", "https://example.com/a.png", "embeded://assets/a.png", "data:,x"]),
        "name": WORDS,
        "ext": st.sampled_from(["png", "webp"]),
    },
)  # fmt: skip
DEPTH = st.fixed_dictionaries({"prompt": WORDS, "depth": st.integers(0, 9), "role": st.just("system")})
EXTENSIONS = st.fixed_dictionaries(
    {},
    optional={
        "depth_prompt": DEPTH,
        "talkativeness": st.sampled_from([0.5, "0.5", "1", 1]),
        "world": WORDS,
        "fav": st.booleans(),
        "a/b": ANYTHING,
    },
)
TEXT_FIELDS = {name: WORDS for name in FIELDS if FIELDS[name] is FIELDS["description"] and name != "name"}
DATA: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"name": NAMES, **TEXT_FIELDS},
    optional={
        "alternate_greetings": st.lists(WORDS, max_size=3),
        "group_only_greetings": st.lists(WORDS, max_size=2),
        "tags": TAGS,
        "extensions": EXTENSIONS,
        "character_book": BOOK,
        "nickname": WORDS,
        "creator_notes_multilingual": st.dictionaries(WORDS, WORDS, max_size=2),
        "source": st.lists(WORDS, max_size=2),
        "creation_date": st.integers(0, 2**41),
        "modification_date": st.integers(0, 2**41),
        "assets": st.lists(ASSET, max_size=2),
        "strange": ANYTHING,
        "another/one": ANYTHING,
    },
)
CARDS = st.builds(
    lambda data, beside: {"spec": "chara_card_v3", "spec_version": "3.0", **beside, "data": data},
    DATA,
    st.fixed_dictionaries({}, optional={"create_date": WORDS, "chat": ANYTHING, "x": ANYTHING}),
)
ICON = {"type": "icon", "uri": "ccdefault:", "name": "main", "ext": "png"}


def fields_of(raw: dict[str, Any]) -> Card:
    """What a card says, as its specification types it."""
    card = card_of(raw)[0]
    assets = card.data.get("assets")
    return Card({**card.data, "assets": None if assets == [ICON] else assets}, card.beside)


@given(CARDS)
def test_no_field_of_the_specification_and_no_other_gets_lost(raw: dict[str, Any]) -> None:
    raw = parsed(as_json(raw))
    first = read_card(as_json(raw), "x.json")
    for spec in ("v2", "v3"):
        again = export_card(first.text, None, spec, "json")
        assert fields_of(parsed(again)) == fields_of(raw)
        assert read_card(again, "x.json").text == first.text
    assert read_card(export_card(first.text, None, "v3", "png"), "x.png").text == first.text
    assert read_card(export_card(first.text, None, "v2", "png"), "x.png").text == first.text


@given(st.dictionaries(st.sampled_from([*FIELDS, "x"]), ANYTHING, max_size=8))
def test_fields_of_any_kind_at_all_become_a_persona_that_loads(data: dict[str, Any]) -> None:
    found = read_card(as_json({"data": {**V1, **data, "name": "Ada"}}), "x.json")
    again = read_card(export_card(found.text, None, "v3", "json"), "x.json")
    assert read(again.text, "x").data == read(found.text, "x").data


@pytest.mark.parametrize("raw", [V1, v2(), v3()])
def test_the_cards_of_the_specifications_come_back_as_they_are(raw: dict[str, Any]) -> None:
    text = read_card(as_json(raw), "x.json").text
    out = parsed(export_card(text, None, "v3", "json"))
    given_data = raw.get("data", raw)
    assert {name: out["data"][name] for name in given_data} == given_data


def test_what_an_admin_changes_goes_before_what_the_card_said() -> None:
    raw = v2(mes_example="<START>\n{{user}}: a\n{{char}}: b\n<START>\nloose", name="Ada || counts")
    text = read_card(as_json(raw), "x.json").text
    assert parsed(export_card(text, None, "v2", "json"))["data"]["mes_example"] == raw["data"]["mes_example"]
    changed = text.replace("user: a", "user: A?").replace("name: Ada\n", "name: Lady Ada\n", 1)
    data = parsed(export_card(changed, None, "v2", "json"))["data"]
    assert data["mes_example"] == "<START>\n{{user}}: A?\n{{char}}: b\n<START>\nloose"
    assert data["name"] == "Lady Ada"
    assert data["creator"] == "somebody"


def test_a_note_at_a_depth_and_the_reminders_part_again() -> None:
    deep = {"depth_prompt": {"prompt": "Rain.", "depth": 2, "role": "system"}}
    text = read_card(as_json(v2(extensions=deep)), "x.json").text
    assert read(text, "x").data["reminders"] == "Keep to the year 1843.\n\nRain."
    data = parsed(export_card(text, None, "v2", "json"))["data"]
    assert (data["post_history_instructions"], data["extensions"]) == ("Keep to the year 1843.", deep)
    changed = text.replace("  Rain.\n", "  Snow.\n", 1)
    data = parsed(export_card(changed, None, "v2", "json"))["data"]
    assert (data["post_history_instructions"], data["extensions"]) == ("Keep to the year 1843.\n\nSnow.", {})


def test_what_only_our_personas_have_comes_back_too() -> None:
    text = (
        "name: Ada\ncalled: [Countess]\nvoice: dry\ntitle: The loom\nnsfw: true\n"
        "user: {name: the guest, description: Somebody.}\nsampling: {temperature: 0.5}\nservers: [5]\navatar: a.png\n"
    )
    again = read(read_card(export_card(text, None, "v2", "json"), "x.json").text, "x").data
    before = read(text, "x").data
    assert again == {key: before[key] for key in before if key not in {"servers", "avatar"}}


def test_a_card_that_would_not_load_for_what_it_claims_loads_without_it() -> None:
    found = read_card(as_json(v2(extensions={"dramatis": {"called": ["@everyone"]}})), "x.json")
    assert "called" not in read(found.text, "x").data
    assert [each.facts["field"] for each in found.report.ignored] == ["extensions.dramatis"]


def test_tags_for_adults_count_whatever_a_card_claims_besides() -> None:
    card = v2(tags=["NSFW"], extensions={"dramatis": {"nsfw": False}})
    assert read(read_card(as_json(card), "x.json").text, "x").data["nsfw"] is True


def test_what_an_admin_takes_out_of_ours_stays_out() -> None:
    card = v2(extensions={"dramatis": {"title": "The loom", "voice": "dry", "newer": 1}})
    text = read_card(as_json(card), "x.json").text
    assert read(text, "x").data["card"]["extensions"] == {"dramatis": {"newer": 1}}
    text = text.replace("title: The loom\n", "")
    out = parsed(export_card(text, None, "v2", "json"))
    assert out["data"]["extensions"] == {"dramatis": {"newer": 1, "voice": "dry"}}


def test_a_picture_in_a_json_comes_back() -> None:
    first = read_card(png(text_chunk("ccv3", coded(v3(assets=None)))), "x.png")
    again = read_card(export_card(first.text, first.picture, "v3", "json"), "x.json")
    assert (again.text, again.avatar) == (first.text, PICTURE)


def test_a_card_s_claim_to_be_ours_is_not_trusted() -> None:
    ours = {
        "dramatis": {
            "voice": 5,
            "servers": [1],
            "avatar": "/etc/passwd",
            "sampling": {"x": 1},
            "title": "Yes",
        }
    }
    found = read(read_card(as_json(v2(extensions=ours)), "x.json").text, "x").data
    assert {key: found.get(key) for key in ("voice", "servers", "avatar", "sampling", "title")} == {
        "voice": None,
        "servers": None,
        "avatar": None,
        "sampling": None,
        "title": "Yes",
    }
    assert found["card"]["extensions"]["dramatis"] == {
        key: value for key, value in ours["dramatis"].items() if key != "title"
    }
