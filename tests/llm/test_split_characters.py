"""Characters that a server tears between two deltas."""

import json
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.completion import ModelError
from bot.llm.reading import read_reply
from bot.llm.split_characters import Escaper, Joiner, sound


def joined(*pieces: str) -> str:
    joiner = Joiner()
    return "".join([joiner.join(piece) for piece in pieces] + [joiner.rest()])


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        (("Hi \ud83d", "\ude00!"), "Hi 😀!"),
        (("Hi \ud83d", "", "", "\ude00"), "Hi 😀"),
        (("\ud83c", "\udcc2"), "\U0001f0c2"),  # its second half looks like a byte
        (("👩\u200d", "🚀"), "👩\u200d🚀"),
        (("\ud83d\ude00",), "😀"),
        (("Hi \ud83d",), "Hi \ufffd"),
        (("\ude00 Hi",), "\ufffd Hi"),
        (("\ud83d", "x"), "\ufffdx"),
        (("\ud83d", "\ud83d", "\ude00"), "\ufffd😀"),
        (("\udcf0\udc9f", "\udc98", "\udc80"), "😀"),
        (("\udce4", "\udcbd\udca0好"), "你好"),
        (("\udcc3", "\udca9"), "é"),
        (("\udced\udca0\udcbd", "\udced\udcb8\udc80"), "😀"),  # CESU-8, as Java writes it
        (("\udced\udca0\udcbd\udced", "\udcb8", "\udc80!"), "😀!"),
        (("\udcff", "y"), "\ufffdy"),
        (("x\udcf0\udc9f",), "x\ufffd"),
    ],
)
def test_torn_characters_are_whole_again(pieces: tuple[str, ...], whole: str) -> None:
    assert joined(*pieces) == whole


@given(st.text(), st.data())
def test_wherever_a_text_is_torn_it_is_whole_again(text: str, data: st.DataObject) -> None:
    units = text.encode("utf-16-le")
    halves = [units[at : at + 2].decode("utf-16-le", "surrogatepass") for at in range(0, len(units), 2)]
    assert joined(*halves) == text
    escaped = text.encode().decode("ascii", "surrogateescape")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(escaped)), max_size=5)))
    ends = [0, *cuts, len(escaped)]
    assert joined(*(escaped[start:end] for start, end in pairwise(ends))) == text


@given(st.lists(st.text(st.characters(categories=["Cs", "Lo"]))))
def test_whatever_comes_can_be_stored(pieces: list[str]) -> None:
    for text in (joined(*pieces), sound("".join(pieces))):
        assert text.encode().decode() == text


@given(st.text(), st.integers(1, 5))
def test_bytes_that_are_text_stay_as_they_are(text: str, size: int) -> None:
    escaper, data = Escaper(), text.encode()
    assert b"".join(escaper.escape(data[at : at + size]) for at in range(0, len(data), size)) == data


async def heard(*events: bytes) -> tuple[str, bool]:
    async def arriving() -> AsyncIterator[bytes]:
        for event in events:
            yield event

    text = ""
    try:
        async for delta in read_reply(arriving()):
            text = delta.whole if delta.whole is not None else text + delta.text
    except ModelError:
        return text, False
    return text, True


def event(content: bytes, finish: bytes = b"null") -> bytes:
    return b'data: {"choices":[{"delta":{"content":"%s"},"finish_reason":%s}]}\n\n' % (content, finish)


STOP = event(b"", b'"stop"')


@pytest.mark.parametrize(
    ("events", "text"),
    [
        ((event(b"Hi \\ud83d"), event(b"\\ude00"), STOP), "Hi 😀"),
        ((event(b"Hi \\ud83d"), event(b"\\ude00", b'"stop"')), "Hi 😀"),
        ((event("😀".encode()[:2]), event("😀".encode()[2:]), STOP), "😀"),
        ((event("你".encode()[:1]), event("你".encode()[1:2]), event("你".encode()[2:]), STOP), "你"),
        ((event(b"Hi \\ud83d"), STOP), "Hi �"),
        ((event(b"Hi \\ud83d", b'"stop"'),), "Hi �"),
        ((event(b"Hi \xf0\x9f"), STOP), "Hi �"),
        ((event(b"Hi \xff"), STOP), "Hi �"),
    ],
)  # fmt: skip
async def test_text_of_a_stream_is_whole_wherever_its_events_and_chunks_end(
    events: tuple[bytes, ...], text: str
) -> None:
    assert await heard(*events) == (text, True)
    whole = b"".join(events)
    assert await heard(*(whole[at : at + 1] for at in range(len(whole)))) == (text, True)


async def test_half_a_character_before_a_cut_is_no_half() -> None:
    assert await heard(event(b"Hi \\ud83d")) == ("Hi �", False)
    assert await heard(event(b"Hi \\ud83d"), b'data: {"error": "it broke"}\n\n') == ("Hi �", False)
    whole = json.dumps({"choices": [{"message": {"content": "Hi \ud83d"}, "finish_reason": "stop"}]})
    assert await heard(whole.encode()) == ("Hi �", True)
