"""Errors of gateways and other providers: what they mean, however they are wrapped."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.completion import Delta, ErrorKind, Finish, ModelError
from bot.llm.faults import LONGEST_WAIT, complaint_in, refusal, retry_after
from bot.llm.reading import read_reply
from bot.llm.wordings import WORDS
from tests.llm.gateways import rows

SAID = b'data: {"choices":[{"delta":{"content":"Once "}}]}\n\n'


async def read(*pieces: bytes) -> tuple[list[Delta], ModelError | None]:
    async def arriving() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    came: list[Delta] = []
    try:
        async for delta in read_reply(arriving()):
            came += [delta]
    except ModelError as error:
        return came, error
    return came, None


@pytest.mark.parametrize(("kind", "status", "body"), rows())
async def test_error_of_a_gateway_means_what_it_says(
    kind: ErrorKind, status: int | None, body: bytes
) -> None:
    error = (await read(body))[1] if status is None else refusal(status, body, {})
    assert error is not None
    assert error.kind is kind


WORDINGS = [
    ("insufficient_user_quota", ErrorKind.BALANCE),
    ("Key limit exceeded (total limit)", ErrorKind.BALANCE),
    ("用户额度不足, 剩余额度: ¥0.00", ErrorKind.BALANCE),
    ("无效的令牌", ErrorKind.BAD_KEY),
    ("Your input exceeds the context window of this model.", ErrorKind.OVERFLOW),
    ("Your request exceeded model token limit: 32768", ErrorKind.OVERFLOW),
    ("Prompt 超长", ErrorKind.OVERFLOW),
    ("当前分组 default 下对于模型 M2-her 无可用渠道", ErrorKind.UNKNOWN_MODEL),
    ("Rate limit reached on tokens per min (TPM): Limit 1, Used 1", ErrorKind.RATE_LIMIT),
    ("Content Exists Risk", ErrorKind.INPUT_REFUSED),
]


def shapes(words: str) -> list[Any]:
    """Return an error's words in the shapes that were seen."""
    return [
        {"error": {"message": words, "type": "new_api_error", "param": "", "code": None}},
        {"error": {"message": "no", "type": "one_api_error", "code": words}},
        {"error": words},
        {"error": [{"message": words}]},
        {"errors": [{"code": 7, "message": words}], "success": False},
        {"message": words},
        {"code": 403, "msg": words},
        {"error_code": 17, "error_msg": words},
        {"success": False, "message": words},
        {"detail": words},
        {"object": "error", "message": words},
        {"type": "error", "error": {"type": "api_error", "message": words}},
        {"error": {"message": json.dumps({"error": {"message": words}})}},
        {
            "error": {
                "message": "Provider returned error",
                "metadata": {"raw": json.dumps({"message": words})},
            }
        },
        {"choices": [{"delta": {}, "error": {"code": 403, "message": words}}]},
        [{"error": {"code": 403, "message": words, "status": "PERMISSION_DENIED"}}],
        words,
    ]


@pytest.mark.parametrize(("words", "kind"), WORDINGS)
async def test_error_means_the_same_in_every_wrapping(words: str, kind: ErrorKind) -> None:
    for shape in shapes(words):
        for escaped in (False, True):
            body = json.dumps(shape, ensure_ascii=escaped).encode()
            errors = [refusal(status, body, {}) for status in (400, 401, 403, 429, 500, 503)]
            errors += [error for error in [
                (await read(body))[1],
                (await read(b"data: " + body + b"\n\n"))[1],
                (await read(b"event: error\ndata: " + body + b"\n\n"))[1],
                (await read(b": ping\n\n", b"event: error\ndata: ", body))[1],
            ] if error]  # fmt: skip
            assert len(errors) == 10, shape
            assert {error.kind for error in errors} == {kind}, shape
    for status in (403, 500):
        assert refusal(status, words.encode(), {}).kind is kind
    assert (await read(words.encode()))[1].kind is kind  # type: ignore[union-attr]


@pytest.mark.parametrize("name", [b"", b"event: error\n"])
async def test_error_after_words_leaves_the_words(name: bytes) -> None:
    came, error = await read(SAID, name + 'data: {"error": {"message": "用户额度不足"}}\n\n'.encode())
    assert came == [Delta("Once ")]
    assert error is not None
    assert (error.kind, error.detail) == (ErrorKind.BALANCE, "用户额度不足")


@pytest.mark.parametrize("name", [b"", b"event: error\n"])
async def test_reply_that_has_filled_the_window_has_reached_its_length(name: bytes) -> None:
    event = name + b'data: {"error": {"message": "context_length_exceeded"}}\n\n'
    assert await read(SAID, event) == ([Delta("Once "), Delta(finish=Finish.LENGTH)], None)
    came, error = await read(event)
    assert error is not None
    assert (came, error.kind) == ([], ErrorKind.OVERFLOW)


@pytest.mark.parametrize(
    "body",
    [
        {"message": "hello"},
        {"code": 0, "msg": "ok", "data": None},
        {"code": "200", "message": "success"},
        {"code": 10000, "message": "Success"},
        {"choices": [], "code": 200, "msg": "请求成功", "usage": None},
        {"type": "ping"},
        {"message": {"role": "assistant", "content": "insufficient balance"}},
        {
            "choices": [{"delta": {"content": "Your balance is insufficient."}}],
            "message": "insufficient balance",
        },
        {"error": None, "errors": []},
    ],
)
async def test_what_only_looks_like_an_error_is_none(body: Any) -> None:
    _, error = await read(b"data: " + json.dumps(body).encode() + b"\n\n")
    assert error is not None
    assert error.detail == "the answer ended without a finish reason"


SAID_BY_PEOPLE = [
    "She doesn't have any credits left, and the bar is closed.",
    "We have exceeded the royal mining quota, my lord.",
    "Limit yourself to 3 calls a month.",
    "Our organization was disabled by the empire.",
    "The input or output text may contain clues.",
    "I call it an infringement of my rights.",
    "I open the safe; the service is not open.",
    "All providers of grain have been ignored.",
    "No endpoints remain on this line.",
    "He met her refusal with a nod.",
    "The capacity of this tier is twenty rowers.",
    "A heavy payload, too large for one mule.",
    "To the sculptor's model, access denied.",
]
"""Sentences close to rows of the table."""

LOUD = [
    "The rent is overdue. Recharge the shields! Payment required.",
    "The forge is overloaded and I am too busy; he throttles the guard.",
    "Unauthorized! The model does not exist, and this conversation has been too long.",
    "我的余额不足以买酒。他已经充值了吗？请稍后再试，超时了！",
]
"""Sentences that have an error's words in them."""

ECHOES = [
    "1 validation error for Request messages.3 Input should be a list [type=list_type, input_value='{}']",
    "[{{'type': 'string_type', 'msg': 'Input should be a valid string', 'input': [{{'text': '{}'}}]}}]",
]
"""How vLLM and others repeat a request that they do not understand."""


@pytest.mark.parametrize("words", [*SAID_BY_PEOPLE, *LOUD])
def test_words_of_people_that_an_error_repeats_tell_nothing(words: str) -> None:
    for echo in ECHOES:
        body = json.dumps({"object": "error", "message": echo.format(words), "code": 400})
        assert refusal(400, body.encode(), {}).kind is ErrorKind.BAD_REQUEST


@pytest.mark.parametrize("words", SAID_BY_PEOPLE)
def test_words_of_people_are_not_an_errors(words: str) -> None:
    body = json.dumps({"error": {"message": f"Invalid value: {words}", "type": "invalid_request_error"}})
    assert refusal(400, body.encode(), {}).kind is ErrorKind.BAD_REQUEST


def test_web_page_is_neither_judged_nor_quoted() -> None:
    page = b"<html><title>insufficient balance</title>what Alice wrote</html>"
    error = refusal(403, page, {"content-type": "text/html"})
    assert (error.kind, error.detail) == (ErrorKind.BAD_KEY, "HTTP 403, text/html")


def test_provider_behind_gateways_counts_however_deep_and_not_without_end() -> None:
    error: Any = {"error": {"message": "用户额度不足"}}
    for _ in range(3):
        error = {"error": {"message": json.dumps(error)}}
    found = refusal(500, json.dumps(error).encode(), {})
    assert (found.kind, found.detail) == (ErrorKind.BALANCE, "用户额度不足")


def test_words_are_read_without_escapes_and_a_code_of_zhipus_is_none_of_minimaxs() -> None:
    error = refusal(500, rb'{"error": "{\"m\": \"\\u4f59\\u989d\\u4e0d\\u8db3\\n&quot;\"}"}', {})
    assert (error.kind, error.detail) == (ErrorKind.BALANCE, '{"m": "余额不足 ""}')
    error = refusal(401, b'{"error": {"code": "1000", "message": "no"}}', {})
    assert (error.kind, error.code) == (ErrorKind.BAD_KEY, None)
    error = refusal(500, b'{"error": {"code": "1000", "message": "unknown error"}}', {})
    assert (error.kind, error.code) == (ErrorKind.OVERLOADED, 1000)


@pytest.mark.parametrize(
    ("roles", "kind"),
    [
        (["user"], ErrorKind.INPUT_REFUSED),
        (["assistant"], ErrorKind.OUTPUT_REFUSED),
        (["user", "assistant"], ErrorKind.INPUT_REFUSED),
        ([], ErrorKind.INPUT_REFUSED),
    ],
)
def test_zhipu_says_by_role_what_it_refused(roles: list[str], kind: ErrorKind) -> None:
    found = [{"level": 1, "role": role} for role in roles]
    error = {"contentFilter": found, "error": {"code": "1301", "message": "系统检测到不安全或敏感内容"}}
    assert refusal(400, json.dumps(error).encode(), {}).kind is kind


def test_each_row_of_words_has_its_source_and_is_there_once() -> None:
    assert all(source for _, source, _ in WORDS)
    assert len({pattern for *_, pattern in WORDS}) == len(WORDS)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3600"}, 3600.0),
        ({"retry-after": "3601"}, 3600.0),
        ({"retry-after": "86400"}, 3600.0),
        ({"retry-after": "9" * 400}, 3600.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "1_000"}, None),
        ({"retry-after": "٧"}, None),
        ({"retry-after": "7 s"}, None),
        ({"retry-after": "0x10"}, None),
        ({"retry-after": "Infinity"}, None),
        ({"retry-after": "Thu, 22 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 3600.0),
        ({"retry-after": "Wed, 21 Oct 99999 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 -0000", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": "Wed, 99 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
    ],
)
def test_pause_that_is_asked_for_is_at_most_an_hour(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@given(st.text(), st.text())
def test_no_header_makes_the_pause_stumble(asked: str, date: str) -> None:
    seconds = retry_after({"retry-after": asked, "date": date})
    assert seconds is None or 0 <= seconds <= LONGEST_WAIT


@given(st.text() | st.text('{}[]":,\\ua0errormsgdt\n', max_size=60))
def test_no_text_makes_the_rules_stumble(text: str) -> None:
    found = complaint_in(text, certain=True)
    assert found is None or len(found.detail) <= 4000
