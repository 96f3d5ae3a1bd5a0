import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.completion import (
    Delta,
    ErrorKind,
    Finish,
    Message,
    ModelError,
    Objection,
    Prompt,
    Sampling,
    Usage,
)
from bot.core.tokens import Size
from bot.llm.dialects import FINISHES, Dialect, decode, encode, endpoint
from bot.llm.faults import refusal, retry_after
from bot.llm.tries import RETRIED
from bot.llm.values import as_object, as_objects
from bot.llm.wordings import KINDS_BY_CODE

PROMPT = Prompt(
    messages=(
        Message("system", "Marlow", "Marlow keeps the Anchor."),
        Message("user_system", "Alice", "A sailor."),
        Message("group", "The Anchor", "The Anchor"),
        Message("sample_message_user", "Someone", "A room?"),
        Message("sample_message_ai", "Marlow", "*points up*"),
        Message("user", "Alice", "Evening."),
    ),
    sampling=Sampling(temperature=0.9, top_p=0.95, max_completion_tokens=512),
    size=Size(60, 6),
)

MESSAGES_ON_THE_WIRE = [
    {"role": "system", "name": "Marlow", "content": "Marlow keeps the Anchor."},
    {"role": "user_system", "name": "Alice", "content": "A sailor."},
    {"role": "group", "name": "The Anchor", "content": "The Anchor"},
    {"role": "sample_message_user", "name": "Someone", "content": "A room?"},
    {"role": "sample_message_ai", "name": "Marlow", "content": "*points up*"},
    {"role": "user", "name": "Alice", "content": "Evening."},
]

# code, what it says, family, tried again while nothing is shown
ERRORS = [
    (1000, "unknown error, 999", ErrorKind.OVERLOADED, True),
    (1001, "request timeout", ErrorKind.TIMED_OUT, True),
    (1002, "rate limit", ErrorKind.RATE_LIMIT, True),
    (1004, "not authorized", ErrorKind.BAD_KEY, False),
    (1008, "insufficient balance", ErrorKind.BALANCE, False),
    (1013, "service internal error", ErrorKind.OVERLOADED, True),
    (1024, "internal error", ErrorKind.OVERLOADED, True),
    (1026, "input new_sensitive", ErrorKind.INPUT_REFUSED, False),
    (1027, "output new_sensitive", ErrorKind.OUTPUT_REFUSED, False),
    (1033, "system error", ErrorKind.OVERLOADED, True),
    (1039, "token limit", ErrorKind.RATE_LIMIT, True),
    (1041, "conn limit", ErrorKind.RATE_LIMIT, True),
    (1042, "invisible character ratio limit", ErrorKind.BAD_REQUEST, False),
    (2013, "invalid params, context window exceeds limit", ErrorKind.OVERFLOW, False),
    (2013, "prompt is too long", ErrorKind.OVERFLOW, False),
    (2013, "invalid params, invalid chat setting", ErrorKind.BAD_REQUEST, False),
    (2013, "invalid params, user name must be consistent", ErrorKind.BAD_REQUEST, False),
    (2013, "invalid params, chat content has invalid message role: system", ErrorKind.BAD_REQUEST, False),
    (2013, "invalid params, chat content is empty", ErrorKind.BAD_REQUEST, False),
    (2013, "unknown model 'm2-her'", ErrorKind.UNKNOWN_MODEL, False),
    (2013, "invalid params, 400", ErrorKind.BAD_REQUEST, False),
    (2044, "no permission for the endpoint", ErrorKind.BAD_KEY, False),
    (2045, "rate growth limit", ErrorKind.RATE_LIMIT, True),
    (2049, "invalid api key", ErrorKind.BAD_KEY, False),
    (2056, "usage limit exceeded", ErrorKind.BALANCE, False),
    (4321, "something new", ErrorKind.BAD_REQUEST, False),
]

# HTTP status, body, family, code
REFUSALS: list[tuple[int, Any, ErrorKind, int | None]] = [
    (400, {"error": {"code": 400, "message": "request (9 tokens) exceeds", "type": "exceed_context_size_error"}}, ErrorKind.OVERFLOW, None),
    (400, {"error": {"message": "maximum context length is 8192", "code": "context_length_exceeded"}}, ErrorKind.OVERFLOW, None),
    (400, {"object": "error", "message": "This model's maximum context length is 8192 tokens.", "type": "BadRequestError", "param": None, "code": 400}, ErrorKind.OVERFLOW, None),
    (400, {"error": {"message": "mind the year (1984)"}}, ErrorKind.BAD_REQUEST, None),
    (400, {"error": {"message": "Provider returned error", "code": 400, "metadata": {"provider_name": "Minimax", "raw": '{"type":"error","error":{"type":"bad_request_error","message":"invalid params, context window exceeds limit (2013)","http_code":"400"}}'}}}, ErrorKind.OVERFLOW, 2013),
    (400, {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": {"base_resp": {"status_code": 1026, "status_msg": "input new_sensitive"}}}}}, ErrorKind.INPUT_REFUSED, 1026),
    (400, {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": "invalid params, user name must be consistent (2013)"}}}, ErrorKind.BAD_REQUEST, 2013),
    (429, {"error": {"message": "Provider returned error", "code": 429, "metadata": {"raw": '{"nothing": "known"}'}}}, ErrorKind.RATE_LIMIT, None),
    (401, {"error": {"message": "Incorrect API key"}}, ErrorKind.BAD_KEY, None),
    (402, {}, ErrorKind.BALANCE, None),
    (403, {}, ErrorKind.BAD_KEY, None),
    (403, {"error": {"message": "Your input was flagged", "code": 403, "metadata": {"reasons": ["violence"], "flagged_input": "what Alice wrote"}}}, ErrorKind.INPUT_REFUSED, None),
    (404, {"error": "model 'M2-her' not found"}, ErrorKind.UNKNOWN_MODEL, None),
    (408, {}, ErrorKind.TIMED_OUT, None),
    (413, {"detail": "body too large"}, ErrorKind.OVERFLOW, None),
    (422, {"detail": [{"loc": ["body"], "msg": "bad role", "input": "what Alice wrote"}]}, ErrorKind.BAD_REQUEST, None),
    (422, {"error": {"message": "output new_sensitive (1027)", "http_code": "422"}}, ErrorKind.OUTPUT_REFUSED, 1027),
    (422, {"error": {"message": "input new_sensitive"}}, ErrorKind.INPUT_REFUSED, None),
    (429, {"error": {"message": "slow down"}}, ErrorKind.RATE_LIMIT, None),
    (429, {"error": {"message": "usage limit exceeded (2056)"}}, ErrorKind.BALANCE, 2056),
    (500, {"error": {"message": "output new_sensitive (1027)"}}, ErrorKind.OUTPUT_REFUSED, 1027),
    (500, {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}, ErrorKind.BALANCE, 1008),
    (503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, ErrorKind.OVERLOADED, None),
    (504, "<html>what Alice wrote</html>", ErrorKind.TIMED_OUT, None),
    (520, "<html>what Alice wrote</html>", ErrorKind.OVERLOADED, None),
    (302, "", ErrorKind.BAD_REQUEST, None),
]  # fmt: skip


def failure_of(event: dict[str, Any]) -> ModelError:
    with pytest.raises(ModelError) as caught:
        [*decode(event)]
    return caught.value


@pytest.mark.parametrize("base", ["https://api.minimax.io", "https://api.minimax.io/", "https://api.minimax.io/v1", "https://api.minimax.io/v1/"])  # fmt: skip
def test_base_address_may_end_in_v1_or_not(base: str) -> None:
    assert endpoint(base, Dialect.MINIMAX) == "https://api.minimax.io/v1/text/chatcompletion_v2"
    assert endpoint(base, Dialect.OPENAI) == "https://api.minimax.io/v1/chat/completions"


def test_path_of_a_reseller_is_kept() -> None:
    native = endpoint("https://api.302.ai/minimaxi", Dialect.MINIMAX)
    assert native == "https://api.302.ai/minimaxi/v1/text/chatcompletion_v2"


def test_native_request_is_what_minimax_documents() -> None:
    assert encode(Dialect.MINIMAX, PROMPT, "M2-her") == {
        "model": "M2-her",
        "messages": MESSAGES_ON_THE_WIRE,
        "stream": True,
        "temperature": 0.9,
        "top_p": 0.95,
        "max_completion_tokens": 512,
    }


def test_openai_request_names_the_limit_twice_and_asks_for_usage() -> None:
    assert encode(Dialect.OPENAI, PROMPT, "minimax/minimax-m2-her") == {
        "model": "minimax/minimax-m2-her",
        "messages": MESSAGES_ON_THE_WIRE,
        "stream": True,
        "temperature": 0.9,
        "top_p": 0.95,
        "max_completion_tokens": 512,
        "max_tokens": 512,
        "stream_options": {"include_usage": True},
    }


def test_half_a_surrogate_pair_can_be_sent() -> None:
    broken = Prompt((Message("user", "Al\ud83dice", "Hi\udc00"),), PROMPT.sampling, Size(3, 1))
    message = encode(Dialect.MINIMAX, broken, "M2-her")["messages"][0]
    assert (message["name"], message["content"]) == ("Al\ufffdice", "Hi\ufffd")


@pytest.mark.parametrize(("code", "words", "kind", "retried"), ERRORS)
def test_code_of_the_native_endpoint_tells_the_family(
    code: int, words: str, kind: ErrorKind, retried: bool
) -> None:
    error = failure_of({"choices": None, "base_resp": {"status_code": code, "status_msg": words}})
    assert (error.kind, error.code, error.detail) == (kind, code, words)
    assert (error.kind in RETRIED) is retried


@pytest.mark.parametrize(("code", "words", "kind", "retried"), [row for row in ERRORS if row[0] != 4321])
@pytest.mark.parametrize("status", [400, 500])
def test_code_in_the_closing_brackets_tells_the_same(
    code: int, words: str, kind: ErrorKind, retried: bool, status: int
) -> None:
    envelope = {
        "type": "error",
        "error": {"type": "some_error", "message": f"{words} ({code})", "http_code": str(status)},
    }
    error = refusal(status, json.dumps(envelope).encode(), {})
    assert (error.kind, error.code, error.status) == (kind, code, status)
    assert error.detail == f"some_error: {words} ({code})"
    assert failure_of(envelope).kind is kind


def test_error_table_here_has_every_code_we_know() -> None:
    assert {code for code, *_ in ERRORS} - {4321} == set(KINDS_BY_CODE)


@pytest.mark.parametrize(("status", "body", "kind", "code"), REFUSALS)
def test_status_and_body_together_tell_the_family(
    status: int, body: Any, kind: ErrorKind, code: int | None
) -> None:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    error = refusal(status, raw, {"content-type": "text/html; charset=utf-8"})
    assert (error.kind, error.code, error.status) == (kind, code, status)
    assert error.detail
    assert "Alice" not in error.detail


def test_what_a_gateway_passes_on_of_its_provider_is_what_counts_and_what_is_told() -> None:
    said = '{"type":"error","error":{"message":"invalid params, user name must be consistent (2013)"}}'
    error = {"message": "Provider returned error", "code": 400, "metadata": {"raw": said}}
    words = "invalid params, user name must be consistent (2013)"
    assert failure_of({"error": error, "choices": []}).detail == words
    assert refusal(400, json.dumps({"error": error}).encode(), {}).detail == words


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
    assert refusal(429, b"", headers).retry_after == seconds


# what a finish reason means, and the reasons that providers publish or were seen to send
REASONS: dict[Finish | ErrorKind | None, str] = {
    Finish.STOP: "stop STOP Stop tool_calls tool-calls function_call completed end_turn stop_sequence tool_use pause_turn "
    "FINISH_REASON_UNSPECIFIED normal COMPLETE tool_call eos_token eos endoftext repetition unknown",
    Finish.LENGTH: "length LENGTH max_tokens MAX_TOKENS max_output max_output_tokens max_completion_tokens incomplete compaction "
    "model_length token_limit limit model_context_window_exceeded context_length_exceeded ERROR_LIMIT",
    ErrorKind.OUTPUT_REFUSED: "content_filter content-filter CONTENT_FILTER refusal content_filtered guardrail_intervened SAFETY "
    "RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII MODEL_ARMOR IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION "
    "ESCALATION sensitive ERROR_TOXIC",
    ErrorKind.CUT_SHORT: "error ERROR OTHER IMAGE_OTHER NO_IMAGE MALFORMED_FUNCTION_CALL MALFORMED_RESPONSE UNEXPECTED_TOOL_CALL "
    "TOO_MANY_TOOL_CALLS MISSING_THOUGHT_SIGNATURE malformed_model_output malformed_tool_use network_error "
    "insufficient_system_resource TIMEOUT USER_CANCEL abort aborted cancelled time_limit not_finished",
    None: "null none",
}
EACH_REASON = [(reason, meaning) for meaning, reasons in REASONS.items() for reason in reasons.split()]


@pytest.mark.parametrize(
    ("reason", "meaning"), [*EACH_REASON, ("", None), (None, None), (" stop ", Finish.STOP), (7, None)]
)
def test_finish_reasons(
    reason: object, meaning: Finish | ErrorKind | None, caplog: pytest.LogCaptureFixture
) -> None:
    event = {"choices": [{"delta": {"content": "Hi"}, "finish_reason": reason}]}
    if isinstance(meaning, ErrorKind):
        assert failure_of(event).kind is meaning
    else:
        assert [*decode(event)] == [Delta(text="Hi", finish=meaning)]
    assert caplog.text == ""


def test_finish_reasons_here_are_all_we_know() -> None:
    assert {reason.lower().replace("-", "_") for reason, _ in EACH_REASON} == set(FINISHES)


@pytest.mark.parametrize(
    "reason", ["model_context_window_exceeded", "context_length_exceeded", "ERROR_LIMIT"]
)
def test_window_that_is_full_before_a_word_is_a_prompt_that_is_too_long(reason: str) -> None:
    assert failure_of({"choices": [{"delta": {}, "finish_reason": reason}]}).kind is ErrorKind.OVERFLOW


@pytest.mark.parametrize(
    ("reason", "native", "meaning"),
    [
        ("stop", "MAX_TOKENS", Finish.LENGTH),
        ("stop", "SAFETY", ErrorKind.OUTPUT_REFUSED),
        ("stop", "insufficient_system_resource", ErrorKind.CUT_SHORT),
        ("stop", "something_of_theirs", Finish.STOP),
        ("stop", "null", Finish.STOP),
        ("length", "STOP", Finish.LENGTH),
        (None, "max_tokens", Finish.LENGTH),
        (None, None, None),
    ],
)
def test_providers_own_reason_counts_where_a_gateway_makes_a_stop_of_it(
    reason: str | None, native: str | None, meaning: Finish | ErrorKind | None
) -> None:
    event = {
        "choices": [{"delta": {"content": "Hi"}, "finish_reason": reason, "native_finish_reason": native}]
    }
    if isinstance(meaning, ErrorKind):
        assert failure_of(event).kind is meaning
    else:
        assert [*decode(event)] == [Delta(text="Hi", finish=meaning)]


def test_unknown_finish_reason_is_a_stop_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    for reason in ("grew_tired", "Grew_Tired", "what Alice wrote", "x" * 999, "grew_tired"):
        event = {"choices": [{"delta": {"content": "Hi"}, "finish_reason": reason}]}
        assert [*decode(event)] == [Delta(text="Hi", finish=Finish.STOP)]
    assert [record.getMessage() for record in caplog.records] == [
        "a reply ended for an unknown reason, taken for a stop: grew_tired",
        "a reply ended for an unknown reason, taken for a stop: one of another form",
    ]


@pytest.mark.parametrize("reason", ["OTHER", "network_error", "error", "time_limit"])
@pytest.mark.parametrize(
    ("said", "delta"),
    [({"delta": {"content": "Hi"}}, Delta("Hi")), ({"message": {"content": "Hi"}}, Delta(whole="Hi"))],
)
def test_words_with_which_a_reply_broke_off_come_first(said: Any, delta: Delta, reason: str) -> None:
    deltas = decode({"choices": [{**said, "finish_reason": reason}]})
    assert next(deltas) == delta
    with pytest.raises(ModelError) as caught:
        next(deltas)
    assert caught.value.kind is ErrorKind.CUT_SHORT


def test_words_that_were_refused_do_not_come() -> None:
    with pytest.raises(ModelError):
        next(decode({"choices": [{"delta": {"content": "Hi"}, "finish_reason": "SAFETY"}]}))


def test_unknown_reason_of_the_provider_alone_is_logged_by_its_name(caplog: pytest.LogCaptureFixture) -> None:
    for native in ("weary_of_it", "Weary_Of_It"):
        event = {"choices": [{"delta": {"content": "Hi"}, "native_finish_reason": native}]}
        assert [*decode(event)] == [Delta(text="Hi", finish=Finish.STOP)]
    assert [record.getMessage() for record in caplog.records] == [
        "a reply ended for an unknown reason, taken for a stop: weary_of_it",
    ]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": "Well "}, {"type": "text", "text": "met"}], "Well met"),
        ([{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Well"}], "Well"),
        ([{"type": "output_text", "text": "Well"}, {"type": "refusal", "refusal": "no"}], "Well"),
        ([{"type": "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": "Well"}], "Well"),
        ({"type": "text", "text": "Well"}, "Well"),
        ([{"type": "text", "text": None}, {"type": "text"}, {"text": "no type"}, "bare", None, 7, []], ""),
        ([{"type": ["text"], "text": "no"}, {"type": {}, "text": "no"}, {"type": "text", "text": "Well"}], "Well"),
        ({"type": [], "text": "no"}, ""),
        ([], ""),
        ({}, ""),
        (7, ""),
    ],
)  # fmt: skip
def test_parts_of_type_text_are_text(content: object, text: str) -> None:
    assert [*decode({"choices": [{"delta": {"content": content}}]})] == ([Delta(text)] if text else [])
    assert [*decode({"choices": [{"message": {"content": content}}]})] == (
        [Delta(whole=text)] if text else []
    )
    said = {"messages": [{"role": "assistant", "content": content}]}
    assert [*decode({"choices": [said]})] == ([Delta(whole=text)] if text else [])


@pytest.mark.parametrize(
    "count",
    [2**63, 2**62, 10**9, 10**30, -1, 0, 0.5, 7.5, 1e300, float("nan"), float("inf"), True, False, None, "", "7.5", "-7", "9" * 30, [], {}],
)  # fmt: skip
def test_count_that_is_none_is_no_report(count: object) -> None:
    usage = {"prompt_tokens": count, "completion_tokens": 3, "total_tokens": count}
    assert [*decode({"usage": usage})] == [Delta(usage=Usage(completion_tokens=3))]
    assert [*decode({"usage": {"total_tokens": count}})] == []


def test_count_of_thousands_of_digits_takes_nothing_else_away() -> None:
    data = '{"choices": [{"delta": {"content": "Hi"}}], "usage": {"prompt_tokens": %s, "total_tokens": 9}}'
    (event,) = as_objects(data % ("9" * 5000))
    assert event is not None
    assert [*decode(event)] == [Delta("Hi", usage=Usage(total_tokens=9))]


@pytest.mark.parametrize(
    ("event", "deltas"),
    [
        ({}, []),
        ({"choices": None}, []),
        ({"choices": []}, []),
        ({"choices": [None]}, []),
        ({"choices": [{"delta": None}]}, []),
        ({"choices": [{"delta": {"role": "assistant", "content": ""}}]}, []),
        ({"choices": [{"delta": {"content": ["parts"]}}]}, []),
        ({"usage": {"total_tokens": 0, "total_characters": 0}}, []),
        ({"usage": {"prompt_tokens": 5, "completion_tokens": 0}}, [Delta(usage=Usage(prompt_tokens=5))]),
        ({"usage": {"prompt_tokens": 0, "total_tokens": 9}}, [Delta(usage=Usage(total_tokens=9))]),
        ({"usage": {"total_tokens": True}}, []),
        ({"error": None, "base_resp": None}, []),
        ({"base_resp": {"status_code": "9" * 5000}}, []),
        ({"base_resp": {"status_code": 0, "status_msg": "a note"}}, []),
        # A copy beside a delta counts alone: neither is text doubled, nor an empty copy taken for a reply.
        ({"choices": [{"delta": {"content": "b"}, "message": {"content": "ab"}}]}, [Delta(whole="ab")]),
        ({"choices": [{"message": {"content": ""}, "finish_reason": "stop"}]}, [Delta(finish=Finish.STOP)]),
        ({"choices": [{"message": {"content": None}}], "output_sensitive": False}, []),
        # The reply is the last thing the assistant said of what stands in `messages`.
        ({"choices": [{"messages": [{"role": "assistant", "content": "a"}, {"role": "tool", "content": "b"}, {"role": "assistant", "content": "ab"}, {"role": "user", "content": "c"}]}]}, [Delta(whole="ab")]),
        ({"choices": [{"messages": [{"role": "user", "content": "c"}]}]}, []),
        ({"choices": [{"messages": "ab"}]}, []),
        ({"choices": [{"messages": [None, 7]}]}, []),
        ({"choices": [], "output_sensitive": True, "usage": {"total_tokens": 9}}, [Delta(usage=Usage(total_tokens=9))]),
    ],
)  # fmt: skip
def test_odd_events(event: dict[str, Any], deltas: list[Delta]) -> None:
    assert [*decode(event)] == deltas


@pytest.mark.parametrize(
    ("event", "kind", "detail"),
    [
        ({"object": "chat.completion", "choices": None, "output_sensitive": True, "output_sensitive_type": 2}, ErrorKind.OUTPUT_REFUSED, "output_sensitive type=2"),
        ({"choices": [{"message": {"content": ""}}], "input_sensitive": True, "input_sensitive_type": 7}, ErrorKind.INPUT_REFUSED, "input_sensitive type=7"),
        ({"base_resp": {"status_code": 1026, "status_msg": "input new_sensitive"}, "input_sensitive_type": 4}, ErrorKind.INPUT_REFUSED, "input new_sensitive type=4"),
        ({"error": {"message": "Provider disconnected", "code": 502}}, ErrorKind.OVERLOADED, "Provider disconnected"),
        ({"error": {"message": "slow down", "code": 429}}, ErrorKind.RATE_LIMIT, "slow down"),
        ({"error": {"message": "slow down", "http_code": "429"}}, ErrorKind.RATE_LIMIT, "slow down"),
        ({"error": "it broke"}, ErrorKind.OVERLOADED, "it broke"),
        ({"base_resp": {"status_code": "1008", "status_msg": None}}, ErrorKind.BALANCE, ""),
    ],
)  # fmt: skip
def test_failures_inside_a_200(event: dict[str, Any], kind: ErrorKind, detail: str) -> None:
    error = failure_of(event)
    assert (error.kind, error.detail) == (kind, detail)


@pytest.mark.parametrize(
    ("number", "objection"),
    [
        (1, Objection.SEVERE),
        (2, Objection.PORNOGRAPHY),
        (3, Objection.ADVERTISING),
        (4, Objection.PROHIBITED),
        (5, Objection.ABUSE),
        (6, Objection.VIOLENCE),
        (7, Objection.OTHER),
        (0, None),
        (8, None),
        (None, None),
    ],
)
def test_what_moderation_objects_to_is_told_however_it_says_so(
    number: int | None, objection: Objection | None
) -> None:
    empty = {"object": "chat.completion", "choices": None}
    refused = {"base_resp": {"status_code": 1027, "status_msg": "output new_sensitive"}}
    types = {"output_sensitive_type": number, "input_sensitive_type": 3}
    for event in (empty | {"output_sensitive": True}, refused):
        assert failure_of(event | types).objection is objection
        assert refusal(422, json.dumps(refused | types).encode(), {}).objection is objection


def test_what_is_said_of_the_input_is_no_objection_to_the_output() -> None:
    event = {"input_sensitive": True, "input_sensitive_type": 5, "output_sensitive_type": 0}
    assert failure_of({"choices": [{"message": {}}], **event}).objection is Objection.ABUSE


@pytest.mark.parametrize(
    ("data", "objects"),
    [
        ('{"a": 1}', [{"a": 1}]),
        ('{"a":\n1}', [{"a": 1}]),
        ('{"a": 1}\n{"b": 2}', [{"a": 1}, {"b": 2}]),
        ('{"a": "\u2028"}', [{"a": "\u2028"}]),
        ('{"a": 1}\n{"b":', [{"a": 1}, None]),
        ('{"a": 1}{"b": 2}', [None]),
        ("[" + ",".join(["{}"] * 100) + "]", [{}] * 100),
        ("[" + ",".join(["{}"] * 101) + "]", [*[{}] * 100, None]),
        ("[" + ",".join(["7"] * 170_000) + "]", [None] * 101),
        ("{}\n" * 170_000, [*[{}] * 100, None]),
        ("", [None]),
    ],
)
def test_events_data_is_one_object_or_one_a_line(data: str, objects: list[dict[str, Any] | None]) -> None:
    assert as_objects(data) == objects


def test_detail_is_one_printable_line_of_which_not_all_is_read() -> None:
    error = failure_of({"error": {"message": "one\ntwo\u2028three\x1b[31m \\u001b[0m " + "x" * 9999}})
    assert error.detail.startswith("one two three [31m [0m xxx")
    assert len(error.detail) == 4000
    assert error.detail.endswith("x…")


@pytest.mark.parametrize("text", ["", "[1]", "null", '"text"', "{", "[" * 100_000, '{"a":' * 100_000])
def test_what_is_no_json_object_is_none(text: str) -> None:
    assert as_object(text) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["choices", "delta", "message", "content", "finish_reason", "usage", "total_tokens", "error", "code", "http_code", "base_resp", "status_code", "status_msg", "output_sensitive", "object"]),
        inner,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["choices", "error", "base_resp", "usage", "object", "output_sensitive"]), json_values))  # fmt: skip
def test_no_object_makes_the_decoder_stumble(event: dict[str, Any]) -> None:
    with suppress(ModelError):
        assert Delta() not in [*decode(event)]
    refused = refusal(500, json.dumps(event).encode(), {})
    assert 0 < len(refused.detail) <= 4000
