"""Chats as SillyTavern keeps them: what is written is read back, real files are read, and others are refused."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.transfer.chat import Head, Line, Wording
from bot.core.transfer.sillytavern import (
    LINE_LIMIT,
    LINES_LIMIT,
    SIZE_LIMIT,
    SPEAKERS_LIMIT,
    TEXT_LIMIT,
    VARIANTS_LIMIT,
    ChatFileError,
    Fault,
    SillyTavernWriter,
    moment,
    read,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
EVENING = datetime(2026, 3, 14, 20, 15, 30, 250_000, tzinfo=UTC)
WORDING = Wording("en-US", "", "AI", "", str)


def written(lines: list[Line], title: str = "The night") -> bytes:
    people = list(dict.fromkeys(each.name for each in lines if each.is_person))
    personas = list(dict.fromkeys(each.name for each in lines if not each.is_person))
    writer = SillyTavernWriter(Head(title, lines[0].at, people, personas, WORDING))
    return (writer.begin() + "".join(writer.write([each]) for each in lines) + writer.end()).encode()


def rows(*records: Any) -> bytes:
    return "\n".join(each if isinstance(each, str) else json.dumps(each) for each in records).encode()


def say(mes: Any = "Hello.", **more: Any) -> dict[str, Any]:
    return {
        "name": "Alice",
        "is_user": True,
        "is_system": False,
        "send_date": "2026-03-14T20:15:30.250Z",
        "mes": mes,
        **more,
    }


# --- out and in again -----------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(str.strip)
NAMES = TEXTS.map(lambda name: " ".join(name.split())).filter(lambda name: name != "unused")
TIMES = st.integers(0, 4 * 10**12).map(
    lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    if draw(st.booleans()):
        return Line(draw(NAMES), draw(TEXTS), draw(TIMES), True)
    variants = tuple(draw(st.lists(TEXTS, min_size=1, max_size=4)))
    shown = draw(st.integers(0, len(variants) - 1))
    many = len(variants) > 1
    return Line(
        draw(NAMES), variants[shown], draw(TIMES), False, variants if many else (), shown if many else 0
    )


@given(st.lists(lines(), min_size=1, max_size=8), NAMES)
def test_what_is_exported_is_imported_equal(said: list[Line], title: str) -> None:
    found = read(written(said, title), NOW)
    assert found.lines == tuple(said)
    assert (found.title, found.hidden) == (title, 0)


def test_an_export_has_the_shape_that_sillytavern_writes() -> None:
    said = [
        Line("Alice", "Hello.", EVENING, True),
        Line("Marlow", "Aye.", EVENING, False, ("No.", "Aye."), 1),
    ]
    assert [json.loads(row) for row in written(said).splitlines()] == [
        {
            "user_name": "Alice",
            "character_name": "Marlow",
            "create_date": "2026-03-14T20:15:30.250Z",
            "chat_metadata": {"dramatis": {"title": "The night"}},
        },
        {
            "name": "Alice",
            "is_user": True,
            "is_system": False,
            "send_date": "2026-03-14T20:15:30.250Z",
            "mes": "Hello.",
            "extra": {},
        },
        {
            "name": "Marlow",
            "is_user": False,
            "is_system": False,
            "send_date": "2026-03-14T20:15:30.250Z",
            "mes": "Aye.",
            "extra": {},
            "swipe_id": 1,
            "swipes": ["No.", "Aye."],
            "swipe_info": [{"send_date": "2026-03-14T20:15:30.250Z", "extra": {}}] * 2,
        },
    ]


def test_a_note_goes_out_with_the_words() -> None:
    said = [Line("Alice", "I try.", EVENING, True, notes=("rolls 2d6: 9",))]
    assert read(written(said), NOW).lines == (Line("Alice", "I try.\n[rolls 2d6: 9]", EVENING, True),)


def test_half_a_surrogate_pair_breaks_no_file() -> None:
    assert read(written([Line("Alice", "a\ud83d", EVENING, True)]), NOW).lines[0].text == "a?"


# --- files of other programs ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written_as", "at"),
    [
        ("2024-07-12T01:31:37.123Z", datetime(2024, 7, 12, 1, 31, 37, 123_000, UTC)),
        ("2024-07-12T01:31:37Z", datetime(2024, 7, 12, 1, 31, 37, tzinfo=UTC)),
        ("2024-07-12T03:31:37+02:00", datetime(2024, 7, 12, 1, 31, 37, tzinfo=UTC)),
        ("2024-07-12 01:31:37", datetime(2024, 7, 12, 1, 31, 37, tzinfo=UTC)),
        ("2024-07-12", datetime(2024, 7, 12, tzinfo=UTC)),
        ("2024-07-12T01:31:37.123456Z", datetime(2024, 7, 12, 1, 31, 37, 123_000, UTC)),
        ("2024-07-12@01h31m37s", datetime(2024, 7, 12, 1, 31, 37, tzinfo=UTC)),
        ("2024-7-2@1h3m7s", datetime(2024, 7, 2, 1, 3, 7, tzinfo=UTC)),
        ("2024-07-12@01h31m37s123ms", datetime(2024, 7, 12, 1, 31, 37, 123_000, UTC)),
        ("2024-6-5 @14h 56m 50s 682ms", datetime(2024, 6, 5, 14, 56, 50, 682_000, UTC)),
        ("June 19, 2023 2:20pm", datetime(2023, 6, 19, 14, 20, tzinfo=UTC)),
        ("January 2, 2024 12:05am", datetime(2024, 1, 2, 0, 5, tzinfo=UTC)),
        ("December 31, 2024 12:05PM", datetime(2024, 12, 31, 12, 5, tzinfo=UTC)),
        (1720747897123, datetime(2024, 7, 12, 1, 31, 37, 123_000, UTC)),
        ("1720747897123", datetime(2024, 7, 12, 1, 31, 37, 123_000, UTC)),
        (1720747897123.7, datetime(2024, 7, 12, 1, 31, 37, 123_000, UTC)),
    ],
)
def test_every_shape_of_time_is_read(written_as: object, at: datetime) -> None:
    assert moment(written_as) == at
    assert read(rows(say(send_date=written_as)), NOW).lines[0].at == at


@pytest.mark.parametrize(
    "written_as",
    [
        "yesterday",
        "Smarch 1, 2024 1:00am",
        "2024-13-01",
        "2024-02-30@01h01m01s",
        "-5",
        -5,
        10**30,
        "9" * 40,
        True,
        [],
        {},
        float("nan"),
        float("inf"),
        "0001-01-01T00:00:00+14:00",
        "1969-12-31T23:59:59Z",
        "June 19, 2023 2:75pm",
        " ",
    ],
)
def test_what_is_no_time_is_none(written_as: object) -> None:
    assert moment(written_as) is None


@pytest.mark.parametrize("missing", [{}, {"send_date": None}, {"send_date": ""}, {"send_date": 0}])
def test_a_message_without_a_time_has_that_of_the_one_before(missing: dict[str, Any]) -> None:
    bare = {"name": "Alice", "is_user": True, "mes": "Again.", **missing}
    assert [each.at for each in read(rows(say(), bare), NOW).lines] == [EVENING, EVENING]
    assert read(rows(bare), NOW).lines[0].at == NOW
    head = {"user_name": "A", "create_date": "2024-07-12@01h31m37s"}
    assert read(rows(head, bare), NOW).lines[0].at == datetime(2024, 7, 12, 1, 31, 37, tzinfo=UTC)
    assert read(rows({**head, "create_date": "once"}, bare), NOW).lines[0].at == NOW


def test_extras_are_ignored() -> None:
    head = {
        "user_name": "unused",
        "character_name": "unused",
        "chat_metadata": {"integrity": "x", "note_prompt": "n", "variables": {"a": [1]}},
        "new": 1,
    }
    extra = {"reasoning": "<think>", "token_count": 3, "bias": None, "image": "/x.png"}
    more = {
        "extra": extra,
        "force_avatar": "/a.png",
        "gen_started": "x",
        "swipe_info": "rubbish",
        "title": "",
    }
    found = read(
        rows(head, say(**more), say("Aye.", name="Marlow", is_user=False, swipes=["Aye."], swipe_id=0)), NOW
    )
    assert found.lines == (Line("Alice", "Hello.", EVENING, True), Line("Marlow", "Aye.", EVENING, False))
    assert (found.title, found.user, found.character) == ("", "Alice", "Marlow")


def test_the_names_in_the_head_stand_for_the_placeholders() -> None:
    found = read(rows({"user_name": "Ann", "character_name": "Bee"}, say()), NOW)
    assert (found.user, found.character) == ("Ann", "Bee")


def test_hidden_and_empty_messages_are_left_out_and_counted() -> None:
    found = read(
        rows({}, say(is_system=True), say("  "), say("Yes."), say("", is_user=False, swipes=["", ""])), NOW
    )
    assert ([each.text for each in found.lines], found.hidden) == (["Yes."], 3)


@pytest.mark.parametrize(
    ("swipes", "index", "variants", "shown"),
    [
        (["a", "Hello."], 1, ("a", "Hello."), 1),
        (["a", "b"], 1, ("a", "Hello."), 1),  # edited on screen
        (["a", "Hello."], None, ("a", "Hello."), 1),
        (["a", "Hello."], 9, ("a", "Hello."), 1),
        (["a", "b"], -1, ("a", "b", "Hello."), 2),
        (["a", "b"], True, ("a", "b", "Hello."), 2),
        (["a", "", "Hello.", " "], 2, ("a", "Hello."), 1),
        (["Hello."], 0, (), 0),
        (["x"], 0, (), 0),
        ([], 0, (), 0),
        (None, None, (), 0),
    ],
)
def test_variants_are_read_with_the_one_on_screen(
    swipes: Any, index: Any, variants: tuple[str, ...], shown: int
) -> None:
    (found,) = read(rows(say(is_user=False, swipes=swipes, swipe_id=index)), NOW).lines
    assert (found.text, found.variants, found.shown) == ("Hello.", variants, shown)


def test_a_file_may_have_a_mark_at_its_beginning_blank_lines_and_no_head() -> None:
    content = b"\xef\xbb\xbf" + rows(say()) + b"\r\n\r\n" + rows(say("Two.")) + b"\n\n"
    assert [each.text for each in read(content, NOW).lines] == ["Hello.", "Two."]


def test_a_name_that_is_missing_is_that_of_the_head() -> None:
    head = {"user_name": "Ann", "character_name": "Bee"}
    messages = [{"mes": "a", "is_user": True}, {"mes": "b"}, {"mes": "c", "name": "  "}]
    assert [each.name for each in read(rows(head, *messages), NOW).lines] == ["Ann", "Bee", "Bee"]


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("content", "fault", "line", "about"),
    [
        (b"", Fault.EMPTY, 0, ""),
        (b"\n\n", Fault.EMPTY, 0, ""),
        (rows({"user_name": "A"}), Fault.EMPTY, 0, ""),
        (rows(say(), "{"), Fault.JSON, 2, ""),
        (rows(say(), DEEP), Fault.JSON, 2, ""),
        (rows(say(), "1" * 5000), Fault.JSON, 2, ""),
        (rows({}, "name: Alice"), Fault.JSON, 2, ""),
        (b'{"mes": "\xff"}', Fault.ENCODING, 1, ""),
        ('{"mes": "x"}'.encode("utf-16"), Fault.ENCODING, 1, ""),
        (rows([say()]), Fault.SHAPE, 1, ""),
        (rows("null"), Fault.SHAPE, 1, ""),
        (rows(say(None)), Fault.FIELD, 1, "mes"),
        (rows(say(), {"name": "A"}), Fault.FIELD, 2, "mes"),
        (rows(say(["x"])), Fault.FIELD, 1, "mes"),
        (rows(say(name=5)), Fault.FIELD, 1, "name"),
        (rows(say(is_user="true")), Fault.FIELD, 1, "is_user"),
        (rows(say(is_system=1)), Fault.FIELD, 1, "is_system"),
        (rows(say(is_user=False, swipes="x")), Fault.FIELD, 1, "swipes"),
        (rows(say(is_user=False, swipes=[1])), Fault.FIELD, 1, "swipes"),
        (rows({"user_name": 5, "chat_metadata": {}}, say()), Fault.FIELD, 1, "user_name"),
        (rows({"mes": "x"}), Fault.NAME, 1, ""),
        (rows({"user_name": "unused", "character_name": "unused"}, {"mes": "x"}), Fault.NAME, 2, ""),
        (rows(say(name="x" * 101)), Fault.LONG_NAME, 1, 100),
        (rows(say("x" * (TEXT_LIMIT + 1))), Fault.TEXT, 1, TEXT_LIMIT),
        (rows(say(is_user=False, swipes=["x" * (TEXT_LIMIT + 1)])), Fault.TEXT, 1, TEXT_LIMIT),
        (rows(say(is_user=False, swipes=["x"] * (VARIANTS_LIMIT + 1))), Fault.VARIANTS, 1, VARIANTS_LIMIT),
        (
            rows(*(say(name=f"P{each}") for each in range(SPEAKERS_LIMIT + 1))),
            Fault.SPEAKERS,
            251,
            SPEAKERS_LIMIT,
        ),
        (rows(say(), say(send_date="yesterday")), Fault.TIME, 2, "yesterday"),
        (rows(say(send_date=False)), Fault.TIME, 1, "False"),
        (b" " * (SIZE_LIMIT + 1), Fault.SIZE, 0, 8),
        (b"\n" * (LINES_LIMIT + 2), Fault.LINES, 0, LINES_LIMIT),
        (rows(say(), say(extra="x" * LINE_LIMIT)), Fault.LINE, 2, 1024),
    ],
)
def test_what_is_wrong_is_told_with_its_line(content: bytes, fault: Fault, line: int, about: object) -> None:
    with pytest.raises(ChatFileError) as caught:
        read(content, NOW)
    assert (caught.value.fault, caught.value.line, caught.value.about) == (fault, line, about)


@given(st.binary(max_size=200) | st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=9), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "mes", "is_user", "swipes", "swipe_id", "send_date", "chat_metadata", "user_name", "dramatis", "title"]), inner, max_size=6), max_leaves=12).map(lambda record: rows({}, record, say())))  # fmt: skip
def test_rubbish_is_refused_and_breaks_nothing(content: bytes) -> None:
    try:
        found = read(content, NOW)
    except ChatFileError:
        return
    assert all(each.name and each.at >= datetime(1970, 1, 1, tzinfo=UTC) for each in found.lines)
