"""M2-her's stand-in as others see it: the official OpenAI SDK, which is not ours, and plain HTTP."""

import json
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

import httpx
import pytest

from tests.standins.m2her import NATIVE, OPENAI, End, Error, Leak, M2her

KEY = "sk-cp-0123456789abcdef"
SPECIAL = ("user_system", "group", "sample_message_user", "sample_message_ai")


@pytest.fixture
async def server() -> AsyncIterator[M2her]:
    async with M2her(key=KEY) as server:
        yield server


@pytest.fixture
def openai() -> Any:
    """The SDK, which takes most of a second to import: only the worker with these tests needs it."""
    return import_module("openai")


@pytest.fixture
async def sdk(openai: Any, server: M2her) -> AsyncIterator[Any]:
    async with openai.AsyncOpenAI(base_url=f"{server.base_url}/v1", api_key=KEY, max_retries=0) as sdk:
        yield sdk


@pytest.fixture
async def http(server: M2her) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(base_url=server.base_url, headers=headers, trust_env=False) as http:
        yield http


def message(role: str, content: str | None = "Well?", name: str | None = "Alice") -> dict[str, Any]:
    return {"role": role, **({"content": content} if content else {}), **({"name": name} if name else {})}


def body(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": "M2-her", "messages": list(messages or [message("user")]), **more}


# --- the official SDK ----------------------------------------------------------------------------------


async def streamed(sdk: Any, **more: Any) -> list[Any]:
    stream = await sdk.chat.completions.create(
        model="M2-her", messages=[{"role": "user", "content": "Well?", "name": "Alice"}], stream=True, **more
    )
    return [chunk async for chunk in stream]


def words(chunks: list[Any]) -> str:
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    # Against its type the SDK lets a delta be null.
    return "".join(getattr(delta, "content", None) or "" for delta in deltas)


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"usage": "null"},
        {"usage": "zero"},
        {"finish_on_text": False},
        {"finish_on_text": False, "last_delta": "null"},
        {"done": False},
        {"comments": True, "space": False},
        {"bytes_per_write": 1},
        {"events_per_write": 99},
        {"role": ""},
        {"reasoning": "They ask."},
        {"flagged": True},
    ],
    ids=str,
)
async def test_the_official_sdk_reads_its_stream(server: M2her, sdk: Any, shape: dict[str, Any]) -> None:
    server.say("“Well”,\n", "said\u2028Марлоу", "\u0085 — 你好 🙂", **shape)
    chunks = await streamed(sdk)
    assert words(chunks) == "“Well”,\nsaid\u2028Марлоу\u0085 — 你好 🙂"
    assert [each.choices[0].finish_reason for each in chunks if each.choices][-1] == "stop"
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}


async def test_the_official_sdk_reads_its_usage(server: M2her, sdk: Any) -> None:
    server.say("Well ", "met")
    last = (await streamed(sdk, stream_options={"include_usage": True}))[-1]
    assert last.choices == []
    assert last.usage
    # 171 tokens of the hidden template, then the name and the words with 4 for being a message.
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.total_tokens) == (181, 3, 184)


async def test_the_official_sdk_reads_its_whole_answer(server: M2her, sdk: Any) -> None:
    server.say("Well ", "met", finish="length")
    answer = await sdk.chat.completions.create(
        model="M2-her", messages=[{"role": "user", "content": "Well?", "name": "Alice"}]
    )
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Well met", "length")
    assert answer.usage
    assert answer.usage.total_tokens == 184


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        (1000, "InternalServerError"),
        (1002, "RateLimitError"),
        (1004, "AuthenticationError"),
        (1008, "APIStatusError"),
        (1026, "UnprocessableEntityError"),
        (1027, "UnprocessableEntityError"),
        (1039, "RateLimitError"),
        (2013, "BadRequestError"),
        (2049, "AuthenticationError"),
        (2056, "RateLimitError"),
    ],
)
async def test_the_official_sdk_reads_its_errors(
    server: M2her, openai: Any, sdk: Any, code: int, raised: str
) -> None:
    server.say(Error(code, retry_after="7"))
    with pytest.raises(openai.APIStatusError, match=rf"\({code}\)") as caught:
        await streamed(sdk)
    assert type(caught.value).__name__ == raised
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.response.headers["trace-id"] == "trace-0660ea98"


async def test_the_official_sdk_asks_with_its_key(server: M2her, openai: Any, sdk: Any) -> None:
    with pytest.raises(openai.AuthenticationError, match=r"invalid api key \(2049\)"):
        await streamed(sdk.with_options(api_key="another"))


async def test_the_official_sdk_notices_a_broken_connection_and_an_error_in_the_stream(
    server: M2her, openai: Any, sdk: Any
) -> None:
    server.say("Once ", End.RESET)
    with pytest.raises(openai.APIConnectionError):
        await streamed(sdk)
    server.say("Once ", Error(1027))
    with pytest.raises(openai.APIError, match="output new_sensitive"):
        await streamed(sdk)


# --- what is refused -----------------------------------------------------------------------------------


async def refused(http: httpx.AsyncClient, asked: dict[str, Any]) -> str:
    """How both endpoints refuse it: with the same words, each in its shape; nothing if neither does."""
    native = await http.post(NATIVE, json=asked)
    other = await http.post(OPENAI, json=asked)
    base = native.json().get("base_resp", {})
    assert native.status_code == 200, "MiniMax's own endpoint has its errors in a 200"
    if other.status_code == 200:
        assert base["status_code"] == 0
        return ""
    error = other.json()["error"]
    assert error["http_code"] == str(other.status_code)
    assert error["message"] == f"{base['status_msg']} ({base['status_code']})"
    return f"{other.status_code} {error['message']}"


@pytest.mark.parametrize("role", SPECIAL)
@pytest.mark.parametrize(
    ("code", "words"), [(1000, "500 unknown error, 999 (1000)"), (2013, "400 invalid params (2013)")]
)
async def test_special_roles_without_a_name_are_refused_in_both_ways_seen(
    server: M2her, http: httpx.AsyncClient, role: str, code: int, words: str
) -> None:
    server.rules.nameless_special = code
    nameless = body(message("system"), message(role, name=None), message("user"))
    assert await refused(http, nameless) == words
    assert await refused(http, body(message("system"), message(role), message("user"))) == ""
    server.rules.nameless_special = None
    assert await refused(http, nameless) == ""


@pytest.mark.parametrize(
    ("rule", "asked", "words"),
    [
        (
            "one_user_name",
            body(message("user", name="Alice"), message("assistant"), message("user", name="Bob")),
            "400 invalid params, user name must be consistent (2013)",
        ),
        (
            "one_system",
            body(message("system"), message("system"), message("user")),
            "400 invalid params, invalid chat setting (2013)",
        ),
        (
            "no_runs",
            body(message("user"), message("user")),
            "400 invalid params, 400 (2013)",
        ),
        (
            "no_runs",
            body(message("assistant"), message("assistant"), message("user")),
            "400 invalid params, 400 (2013)",
        ),
        (
            "empty_content",
            body(message("system", content=None), message("user")),
            "400 invalid params, chat content is empty (2013)",
        ),
        ("empty_content", body(message("system")), "400 invalid params, chat content is empty (2013)"),
    ],
)
async def test_each_strict_rule_can_be_switched(
    server: M2her, http: httpx.AsyncClient, rule: str, asked: dict[str, Any], words: str
) -> None:
    setattr(server.rules, rule, True)
    assert await refused(http, asked) == words
    setattr(server.rules, rule, False)
    assert await refused(http, asked) == ""


async def test_samples_between_two_turns_are_no_run(server: M2her, http: httpx.AsyncClient) -> None:
    server.rules.no_runs = True
    samples = [message("sample_message_user"), message("sample_message_ai")]
    assert await refused(http, body(*samples, *samples, message("user"))) == ""


async def test_unknown_model_and_too_long_a_prompt_are_refused(
    server: M2her, http: httpx.AsyncClient
) -> None:
    assert await refused(http, body() | {"model": "m2-her"}) == (
        "400 invalid params, unknown model 'm2-her' (2013)"
    )
    server.rules.context_window = 1000
    asked = body(max_completion_tokens=900)
    assert await refused(http, asked) == "400 invalid params, context window exceeds limit (2013)"
    assert await refused(http, body(max_completion_tokens=800)) == ""


async def test_a_field_nobody_knows_is_noted_and_no_error(server: M2her, http: httpx.AsyncClient) -> None:
    answer = (await http.post(NATIVE, json=body(user="x"))).json()
    note = 'Invalid parameters detected, json: unknown field "user"'
    assert answer["base_resp"] == {"status_code": 0, "status_msg": note}


async def test_a_proxys_page_can_stand_where_an_answer_should(server: M2her, http: httpx.AsyncClient) -> None:
    server.say(Error(0, "Bad Gateway", page=True))
    answer = await http.post(OPENAI, json=body(stream=True))
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert "<title>Bad Gateway</title>" in answer.text


# --- how she speaks ------------------------------------------------------------------------------------


async def said(http: httpx.AsyncClient, **more: Any) -> str:
    asked = body(message("system", "Marlow keeps the Anchor.", "Marlow"), message("user"), **more)
    text: str = (await http.post(NATIVE, json=asked)).json()["choices"][0]["message"]["content"]
    return text


HEARD = "*Marlow looks at Alice.* I heard you well."
LEAKED = {
    Leak.OWN_NAME: f"Marlow: {HEARD}",
    Leak.THOUGHTS: f"<think>Alice waits for an answer.</think>\n{HEARD}",
    Leak.ESCAPES: f"{HEARD}\\n\\n*A pause.*",
    Leak.STATUS: f"{HEARD}\n\n[Status]\nMood: wary\n[Time] dusk",
    Leak.CONSTRAINT: f"{HEARD}\n\n(Write only what Marlow says and does.)",
    Leak.PLAYERS_TURN: f"{HEARD}\nuser name=Alice *I shrug* As you say.",
    Leak.PLAYERS_TURN_SPELT: f"{HEARD}\nUser name: Alice *shrugs* As you say.",
    Leak.NEXT_SPEAKER: f"{HEARD}\nAlice: As you say.",
    Leak.MARKERS: f"{HEARD}<end_of_sentence>\n<beginning_of_sentence>ai name=Marlow\n",
    Leak.HISTORY: f'{HEARD}\n[{{"role": "system", "content": "Marlow keeps the Anchor."}}, '
    '{"role": "user", "content": "Well?"}]',
}


@pytest.mark.parametrize("leak", Leak)
async def test_what_slips_into_her_replies_can_be_switched_on(
    server: M2her, http: httpx.AsyncClient, leak: Leak
) -> None:
    assert await said(http) == HEARD
    server.leaks = [leak]
    assert await said(http) == LEAKED[leak]


async def test_slips_come_together(server: M2her, http: httpx.AsyncClient) -> None:
    server.leaks = [Leak.NEXT_SPEAKER, Leak.OWN_NAME]
    assert await said(http) == f"Marlow: {HEARD}\nAlice: As you say."


async def test_how_coarse_the_deltas_are_is_a_switch(server: M2her, http: httpx.AsyncClient) -> None:
    for size, count in ((None, 8), (10, 5), (1, len(HEARD))):
        server.shape.characters_per_delta = size
        asked = body(message("system", "-", "Marlow"), message("user"), stream=True)
        lines = (await http.post(NATIVE, json=asked)).text.splitlines()
        events = [json.loads(line.removeprefix("data: ")) for line in lines if line]
        deltas = [event["choices"][0]["delta"]["content"] for event in events[:-1]]
        assert (len(deltas), "".join(deltas)) == (count, HEARD)


async def test_how_long_she_takes_is_a_switch(server: M2her, http: httpx.AsyncClient) -> None:
    waits = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    server.sleep = sleep
    server.shape.first_token_after, server.shape.tokens_per_second = 2.5, 10
    server.say("Well ", "met, traveller")  # 3 tokens, and 5
    await http.post(NATIVE, json=body(stream=True))
    assert waits == [2.5, 0.3, 0.5]
