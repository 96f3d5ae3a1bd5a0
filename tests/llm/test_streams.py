"""Answers as they were seen on the wire, byte for byte: `streams/*.txt`, transcribed and not generated."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.core.completion import Delta, ErrorKind, Finish, ModelError, Usage
from bot.llm.reading import read_reply

STREAMS = Path(__file__).parent / "streams"


@dataclass(frozen=True)
class Read:
    """What a reader of the deltas has in the end."""

    text: str
    finish: Finish | None
    usage: Usage | None = None
    error: ErrorKind | None = None


EXPECTED = {
    "native_documented": Read("你好！有什么可以帮助你的吗？", Finish.STOP, Usage(total_tokens=73)),
    "native_without_final_message": Read("你好！有什么我可以帮你的吗？", Finish.STOP),
    "openai_with_usage_chunk": Read("** = 2(a + b + 1)", Finish.STOP, Usage(769, 116, 885)),
    "usage_null_to_the_end": Read("Well met", Finish.LENGTH),
    "last_delta_null": Read("Well met", Finish.STOP, Usage(12, 3, 15)),
    "last_delta_absent": Read("Well met", Finish.STOP),
    "empty_role_zero_usage": Read("Well met", Finish.STOP),
    "reasoning_then_copy": Read("Well met", Finish.STOP, Usage(44, 16, 60)),
    "messages_array": Read("上海今天多云。", Finish.STOP, Usage(12938, 172, 13110)),
    "no_line_between_events": Read("Well met", Finish.STOP, Usage(total_tokens=20)),
    "code_zero_note_in_stream": Read("Well met", Finish.STOP),
    "tight_data_and_comments": Read("Well met", Finish.STOP),
    "llama_cpp": Read("Well met", Finish.STOP, Usage(40, 3, 43)),
    "line_separators_in_json": Read("one\u2028two\u0085three 🙂 🙂", Finish.STOP),
    "flagged_but_answered": Read("Well met", Finish.STOP),
    "note_on_unknown_field": Read("Well met", Finish.STOP, Usage(total_tokens=20)),
    "plain_answer": Read(
        "Hello! I'm M2-her, an AI assistant developed by MiniMax. Nice to meet you! How can I help you?",
        Finish.STOP,
        Usage(176, 23, 199),
    ),
    "moderated_by_flag": Read("Once upon", None, error=ErrorKind.OUTPUT_REFUSED),
    "moderated_by_code": Read("Once upon", None, error=ErrorKind.OUTPUT_REFUSED),
    "moderated_by_envelope": Read("Once upon", None, error=ErrorKind.OUTPUT_REFUSED),
    "plain_refused": Read("", None, error=ErrorKind.INPUT_REFUSED),
    "plain_error": Read("", None, error=ErrorKind.BALANCE),
    "error_as_first_frame": Read("", None, error=ErrorKind.RATE_LIMIT),
    "error_after_text": Read("Once upon", None, error=ErrorKind.OVERLOADED),
    "cut_without_reason": Read("Once upon", None, error=ErrorKind.CUT_SHORT),
    "cut_with_done": Read("", None, error=ErrorKind.CUT_SHORT),
    "broken_json": Read("Once upon", None, error=ErrorKind.CUT_SHORT),
    "web_page": Read("", None, error=ErrorKind.UNREACHABLE),
    "nothing": Read("", None, error=ErrorKind.CUT_SHORT),
}
COMPLETE = [name for name, read in EXPECTED.items() if read.error is None]


def body(name: str) -> bytes:
    return (STREAMS / f"{name}.txt").read_bytes()


async def read(pieces: Iterable[bytes]) -> Read:
    async def arriving() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    text, last = "", Delta()
    finish, usage, error = None, None, None
    try:
        async for last in read_reply(arriving()):
            text = last.whole if last.whole is not None else text + last.text
            finish, usage = last.finish or finish, last.usage or usage
    except ModelError as failure:
        error = failure.kind
    return Read(text, finish, usage, error)


def test_every_recorded_stream_has_its_expectation() -> None:
    assert {path.stem for path in STREAMS.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
async def test_stream_is_read(name: str) -> None:
    assert await read([body(name)]) == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
async def test_where_the_network_cuts_a_stream_in_two_makes_no_difference(name: str) -> None:
    whole = body(name)
    for cut in range(len(whole) + 1):
        assert await read([whole[:cut], whole[cut:]]) == EXPECTED[name], f"cut after byte {cut}"


@pytest.mark.parametrize("name", EXPECTED)
async def test_stream_may_come_byte_by_byte(name: str) -> None:
    assert await read(bytes([byte]) for byte in body(name)) == EXPECTED[name]


@pytest.mark.parametrize("ending", [b"\r\n", b"\r"])
@pytest.mark.parametrize("name", EXPECTED)
async def test_any_line_end_is_one(name: str, ending: bytes) -> None:
    assert await read([body(name).replace(b"\n", ending)]) == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
async def test_closing_empty_line_may_be_missing_and_a_byte_order_mark_present(name: str) -> None:
    assert await read([body(name).rstrip()]) == EXPECTED[name]
    assert await read([b"\xef\xbb\xbf" + body(name)]) == EXPECTED[name]


@pytest.mark.parametrize("name", COMPLETE)
async def test_stream_broken_off_anywhere_is_cut_short_until_its_finish_reason_came(name: str) -> None:
    whole, full = body(name), EXPECTED[name]
    ended = False
    for size in range(len(whole)):
        got = await read([whole[:size]])
        assert full.text.startswith(got.text)
        assert got.error is (None if got.finish else ErrorKind.CUT_SHORT), f"{size} bytes"
        assert not got.finish or got.text == full.text
        assert got.finish or not ended, "once it is over it stays over"
        ended = got.finish is not None
    assert ended


async def test_verdict_of_moderation_names_its_type_as_a_number() -> None:
    async def arriving() -> AsyncIterator[bytes]:
        yield body("moderated_by_flag")

    with pytest.raises(ModelError, match=r"output_refused: output_sensitive type=6"):
        _ = [delta async for delta in read_reply(arriving())]


async def test_endless_answer_is_given_up() -> None:
    async def arriving() -> AsyncIterator[bytes]:
        while True:
            yield b"data: " + b"x" * 2**20

    with pytest.raises(ModelError, match="over 8388608 bytes"):
        _ = [delta async for delta in read_reply(arriving())]
