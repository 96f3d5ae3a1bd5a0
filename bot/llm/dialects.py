"""M2-her's two HTTP dialects as functions: from a prompt to a request, from an answer to deltas.

Law: no HTTP, and no state but which unknown reasons were logged. Only requests differ by dialect. Answers are
read by their shape, never by dialect or position, because one endpoint was seen to send several shapes. In
every object, an error comes first (`llm.faults`), then text, finish reason and usage wherever they are.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from bot.core.completion import Delta, ErrorKind, Finish, ModelError, Prompt, Usage
from bot.llm.faults import complaint, withheld
from bot.llm.split_characters import sound
from bot.llm.values import as_count, as_dict, as_text

logger = logging.getLogger("bot.llm")

LOGGED = 100
"""Maximum unknown finish reasons that are logged; our own limit, for a server that makes them up."""

_logged: set[str] = set()


class Dialect(StrEnum):
    """The API of an endpoint."""

    MINIMAX = "minimax"  # MiniMax's own, the one whose documentation lists M2-her
    OPENAI = "openai"  # also served by MiniMax, OpenRouter, llama.cpp, Ollama and others


PATHS = {Dialect.MINIMAX: "/v1/text/chatcompletion_v2", Dialect.OPENAI: "/v1/chat/completions"}

TEXT_PARTS = frozenset({"text", "output_text"})
"""The types of a content's parts that are text; thoughts, refusals and pictures are others."""

FINISHES: Mapping[str, Finish | ErrorKind | None] = {
    # OpenAI, MiniMax, OpenRouter, vLLM, llama.cpp
    "stop": Finish.STOP,
    "length": Finish.LENGTH,
    "tool_calls": Finish.STOP,
    "function_call": Finish.STOP,
    "content_filter": ErrorKind.OUTPUT_REFUSED,
    "error": ErrorKind.CUT_SHORT,  # OpenRouter, vLLM, Mistral, Cohere: the provider failed
    "max_output": Finish.LENGTH,  # MiniMax's predecessor API: prompt and reply together were too long
    "max_output_tokens": Finish.LENGTH,  # OpenAI's Responses
    "max_completion_tokens": Finish.LENGTH,
    "completed": Finish.STOP,
    "incomplete": Finish.LENGTH,
    "null": None,  # Alibaba, in every event before the last one
    "none": None,
    # Anthropic and Bedrock
    "end_turn": Finish.STOP,
    "stop_sequence": Finish.STOP,
    "tool_use": Finish.STOP,
    "pause_turn": Finish.STOP,
    "max_tokens": Finish.LENGTH,
    "compaction": Finish.LENGTH,
    "model_context_window_exceeded": ErrorKind.OVERFLOW,  # also Zhipu
    "refusal": ErrorKind.OUTPUT_REFUSED,
    "content_filtered": ErrorKind.OUTPUT_REFUSED,
    "guardrail_intervened": ErrorKind.OUTPUT_REFUSED,
    "malformed_model_output": ErrorKind.CUT_SHORT,
    "malformed_tool_use": ErrorKind.CUT_SHORT,
    # Gemini and Vertex, besides STOP and MAX_TOKENS
    "finish_reason_unspecified": Finish.STOP,
    "safety": ErrorKind.OUTPUT_REFUSED,
    "recitation": ErrorKind.OUTPUT_REFUSED,
    "language": ErrorKind.OUTPUT_REFUSED,
    "blocklist": ErrorKind.OUTPUT_REFUSED,
    "prohibited_content": ErrorKind.OUTPUT_REFUSED,
    "spii": ErrorKind.OUTPUT_REFUSED,
    "model_armor": ErrorKind.OUTPUT_REFUSED,
    "image_safety": ErrorKind.OUTPUT_REFUSED,
    "image_prohibited_content": ErrorKind.OUTPUT_REFUSED,
    "image_recitation": ErrorKind.OUTPUT_REFUSED,
    "other": ErrorKind.CUT_SHORT,
    "image_other": ErrorKind.CUT_SHORT,
    "no_image": ErrorKind.CUT_SHORT,
    "escalation": ErrorKind.OUTPUT_REFUSED,
    "malformed_function_call": ErrorKind.CUT_SHORT,
    "malformed_response": ErrorKind.CUT_SHORT,
    "unexpected_tool_call": ErrorKind.CUT_SHORT,
    "too_many_tool_calls": ErrorKind.CUT_SHORT,
    "missing_thought_signature": ErrorKind.CUT_SHORT,
    # Zhipu, Hunyuan, DeepSeek, Baidu
    "sensitive": ErrorKind.OUTPUT_REFUSED,
    "network_error": ErrorKind.CUT_SHORT,
    "insufficient_system_resource": ErrorKind.CUT_SHORT,
    "normal": Finish.STOP,
    # Cohere, besides COMPLETE, MAX_TOKENS and ERROR
    "complete": Finish.STOP,
    "tool_call": Finish.STOP,
    "error_toxic": ErrorKind.OUTPUT_REFUSED,
    "error_limit": ErrorKind.OVERFLOW,
    "timeout": ErrorKind.CUT_SHORT,
    "user_cancel": ErrorKind.CUT_SHORT,
    # Mistral, Hugging Face's TGI, vLLM, SGLang, Ollama, watsonx, older llama.cpp
    "model_length": Finish.LENGTH,
    "eos_token": Finish.STOP,
    "eos": Finish.STOP,
    "endoftext": Finish.STOP,
    "repetition": Finish.STOP,
    "abort": ErrorKind.CUT_SHORT,
    "aborted": ErrorKind.CUT_SHORT,
    "cancelled": ErrorKind.CUT_SHORT,
    "time_limit": ErrorKind.CUT_SHORT,
    "not_finished": ErrorKind.CUT_SHORT,
    "token_limit": Finish.LENGTH,
    "limit": Finish.LENGTH,
    "context_length_exceeded": ErrorKind.OVERFLOW,
    # Vercel's gateway, besides stop, length, error and other
    "unknown": Finish.STOP,
}
"""The published finish reasons, in lower case with underscores; None is no end. Any other is a stop.

From LiteLLM (`core_helpers.py`) and vLLM (`v1/engine`), the SDKs of Google, watsonx and, for Cohere, Oracle,
and the pages of OpenRouter, Anthropic, Bedrock (`MessageStopEvent`), Mistral, StepFun and Volcengine.
"""


def endpoint(base_url: str, dialect: Dialect) -> str:
    """Return the address to post to; a base address may end in `/v1`."""
    return base_url.rstrip("/").removesuffix("/v1") + PATHS[dialect]


def encode(dialect: Dialect, prompt: Prompt, model_name: str) -> dict[str, Any]:
    """Return the body of the request that streams the prompt's continuation."""
    sampling = prompt.sampling
    body: dict[str, Any] = {
        "model": model_name,
        "messages": [
            {"role": message.role, "name": sound(message.name), "content": sound(message.content)}
            for message in prompt.messages
        ],
        "stream": True,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_completion_tokens": sampling.max_completion_tokens,
    }
    if dialect is Dialect.OPENAI:
        # Some servers only know the old name of the limit, and ignore the new one.
        body["max_tokens"] = sampling.max_completion_tokens
        body["stream_options"] = {"include_usage": True}
    return body


def decode(event: Mapping[str, Any]) -> Iterator[Delta]:
    """Yield the deltas of one JSON object of an answer: one or none.

    Its text may end within a character, which the next delta goes on with: see `llm.split_characters`.

    Raises:
        ModelError: the object is an error, or the final verdict of moderation; `CUT_SHORT` after its text if
            the reply broke off with it.
    """
    fault = complaint(event)
    if fault is not None:
        raise fault
    choice = _first_choice(event)
    message = choice["message"] if "message" in choice else _last_said(choice)
    whole = _content(message)
    if not whole and (isinstance(message, dict) or event.get("object") == "chat.completion"):
        verdict = withheld(event)
        if verdict is not None:
            raise verdict
    text = "" if whole else _content(choice.get("delta"))
    usage = _usage(event)
    try:
        finish = _finish(choice, has_words=bool(text or whole))
    except ModelError as error:
        if error.kind is ErrorKind.CUT_SHORT and (text or whole):
            yield Delta(text, whole or None, None, usage)
        raise
    if text or whole or finish or usage:
        yield Delta(text, whole or None, finish, usage)


def _first_choice(event: Mapping[str, Any]) -> dict[str, Any]:
    choices = event.get("choices")
    return as_dict(choices[0]) if isinstance(choices, list) and choices else {}


def _last_said(choice: Mapping[str, Any]) -> object:
    """Return the reply in `messages`, which was seen in a choice instead of `message`."""
    said = choice.get("messages")
    if not isinstance(said, list):
        return None
    return next((each for each in reversed(said) if as_dict(each).get("role") == "assistant"), None)


def _content(part: object) -> str:
    """Return the text of a message or delta: its content, or the parts of type text in it."""
    content = as_dict(part).get("content")
    if not content or isinstance(content, str):
        return as_text(content)
    parts = content if isinstance(content, list) else [content]
    return "".join(
        as_text(each.get("text")) for each in map(as_dict, parts) if as_text(each.get("type")) in TEXT_PARTS
    )


def _finish(choice: Mapping[str, Any], *, has_words: bool) -> Finish | None:
    """Return why the reply ended; the provider's own reason counts where a gateway makes a stop of it."""
    native = _reason(choice.get("native_finish_reason"))
    reason = _reason(choice.get("finish_reason")) or native
    if not reason or FINISHES.get(reason, Finish.STOP) is None:
        return None
    meaning = FINISHES.get(reason) or _unknown(
        choice.get("finish_reason") or choice.get("native_finish_reason")
    )
    if meaning is Finish.STOP and (meant := FINISHES.get(native)) is not None:
        reason, meaning = native, meant
    if meaning is ErrorKind.OVERFLOW and has_words:
        return Finish.LENGTH  # prompt and reply together have filled the window
    if isinstance(meaning, ErrorKind):
        raise ModelError(meaning, f"finish_reason={reason}")
    return meaning


def _reason(value: object) -> str:
    return as_text(value).strip().lower().replace(" ", "_").replace("-", "_")


def _unknown(reason: object) -> Finish:
    """Log a reason that is in no table, once; what could be words of people is not logged."""
    named = re.fullmatch(r"[A-Za-z0-9_.:-]{1,40}", as_text(reason))
    shown = named[0].lower() if named else "one of another form"
    if shown not in _logged and len(_logged) < LOGGED:
        _logged.add(shown)
        logger.warning("a reply ended for an unknown reason, taken for a stop: %s", shown)
    return Finish.STOP


def _usage(event: Mapping[str, Any]) -> Usage | None:
    counts = as_dict(event.get("usage"))
    if not counts:
        return None
    usage = Usage(*(as_count(counts.get(f"{part}_tokens")) for part in ("prompt", "completion", "total")))
    return None if usage == Usage() else usage
