r"""Markers of chat templates: what models write between turns, around thoughts, tool calls and channels.

Law: one table, two readers. `core.output.leaks` leaves out of a reply what the markers enclose, and
`core.names.defuse` breaks the markers that people type. Each row names the models that have it and where that
is published; a marker that no row has is text. Patterns are verbose, ignore case unless they say otherwise,
have no named groups, and begin with the character at which they are looked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Final

import regex

FLAGS: Final = regex.VERBOSE | regex.IGNORECASE
"""The flags of all patterns of the table."""


class Kind(Enum):
    """What a marker does."""

    WORD = auto()  # encloses a thought; people write such a word in brackets too
    THOUGHT = auto()  # encloses a thought
    HIDDEN = auto()  # encloses a tool's call or result, or what the model was told
    CHANNEL = auto()  # begins what is not for people, up to the next message
    BARRED = auto()  # stands alone; a role's name between bars begins its turn
    TURN = auto()  # begins a turn; its role may follow
    OTHER = auto()  # begins another's turn
    GONE = auto()  # stands alone
    STRIKE = auto()  # a template's end, unless it ends a strike-through


@dataclass(frozen=True, slots=True)
class Marker:
    """One row of the table.

    Attributes:
        kind: what it does.
        models: the models that have it.
        source: where it is published.
        opens: a pattern for the marker, or for the first of two.
        closes: a pattern for the second of two; else empty.
    """

    kind: Kind
    models: str
    source: str
    opens: str
    closes: str = ""

    @property
    def patterns(self) -> tuple[str, ...]:
        """The patterns for the markers of this row alone: what closes a channel is in other rows too."""
        return (self.opens, self.closes) if self.closes and self.kind is not Kind.CHANNEL else (self.opens,)


def _tag(names: str) -> tuple[str, str]:
    """Return the patterns of a tag and its end; attributes may follow its name."""
    return rf"<(?:{names})(?![\w-])[^>\n]{{0,80}}>", rf"</(?:{names})(?![\w-])[^>\n]{{0,80}}>"


def _section(name: str) -> tuple[str, str]:
    """Return the patterns of a section in square brackets and its end; small letters make it text."""
    return rf"\[(?-i:{name})\]", rf"\[(?-i:/{name})\]"


_BARS: Final = r"[|\uff5c]{1,2}"  # DeepSeek has full-width ones
_JOINT: Final = r"[\u2581_ ]"  # DeepSeek's blank, and what becomes of it
_DSML_BARS: Final = r"[|\uff5c\u2016]{1,2}"  # replies were seen with doubled ones, and with \u2016
_DSML: Final = rf"(?:{_DSML_BARS}DSML{_DSML_BARS}[ ]?|dsml:)(?:[\w-]{{0,20}}calls|invoke|parameter)"

MARKERS: Final = (
    # -- thoughts
    Marker(
        Kind.WORD,
        "MiniMax M1 and M2, DeepSeek, Qwen, GLM, Kimi K2, Hunyuan",
        "tokenizer.json",
        *_tag("think"),
    ),
    Marker(Kind.WORD, "models told to think aloud", "Anthropic's prompting guide", *_tag("thinking")),
    Marker(Kind.WORD, "models told to reason", "sglang and llama.cpp, reasoning parsers", *_tag("reasoning")),
    Marker(Kind.THOUGHT, "MiniMax M3", "tokenizer.json", *_tag("mm:think")),
    Marker(Kind.THOUGHT, "Seed-OSS", "chat_template.jinja", *_tag("seed:(?:think|cot_budget_reflect)")),
    Marker(Kind.THOUGHT, "LongCat", "vLLM, longcat_reasoning_parser", *_tag("longcat_think")),
    Marker(
        Kind.THOUGHT, "K2 Horizon", "vLLM, k2_horizon_reasoning_parser", *_tag(r"ifm\|think(?:_fast(?:er)?)?")
    ),
    Marker(Kind.THOUGHT, "Mistral (Magistral)", "mistral-common, SpecialTokens", *_section("THINK")),
    Marker(
        Kind.THOUGHT, "Kimi-VL, Kimi-Dev", "chat_template.jinja", r"\u25c1think\u25b7", r"\u25c1/think\u25b7"
    ),
    Marker(Kind.THOUGHT, "Gemma 4", "chat_template.jinja", r"<\|channel>thought", r"<channel\|>"),
    Marker(
        Kind.THOUGHT,
        "Kimi K3",
        "chat_template.jinja",
        r"<\|open\|>think<\|sep\|>",
        r"<\|close\|>think<\|sep\|>",
    ),
    Marker(
        Kind.THOUGHT,
        "Command A",
        "sglang, reasoning_parser",
        r"<\|START_THINKING\|>",
        r"<\|END_THINKING\|>",
    ),
    Marker(
        Kind.THOUGHT, "OpenThinker, JT", "tokenizer.json", r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"
    ),
    Marker(
        Kind.THOUGHT,
        "DeepSeek",
        "its users' reports: no template has it",
        rf"<{_BARS}begin{_JOINT}of{_JOINT}thinking{_JOINT}?{_BARS}>",
        rf"<{_BARS}end{_JOINT}of{_JOINT}thinking{_JOINT}?{_BARS}>",
    ),
    Marker(Kind.THOUGHT, "Apertus", "sglang, reasoning_parser", r"<\|inner_prefix\|>", r"<\|inner_suffix\|>"),
    Marker(
        Kind.THOUGHT,
        "Solar Open 2",
        "vLLM, solar_open2_reasoning_parser",
        r"<\|think:start\|>",
        r"<\|think:end\|>",
    ),
    Marker(
        Kind.THOUGHT,
        "PLaMo 3",
        "vLLM, plamo3_reasoning_parser",
        r"<\|plamo:begin_think:plamo\|>",
        r"<\|plamo:end_think:plamo\|>",
    ),
    Marker(Kind.THOUGHT, "openPangu", "vLLM, pangu_reasoning_parser", r"\[unused16\]", r"\[unused17\]"),
    # -- channels
    Marker(
        Kind.CHANNEL,
        "gpt-oss",
        "OpenAI's page on the harmony response format",
        r"""<\|(?:start\|>assistant[ ]to=[^<\n]{0,60}<\|)?channel\|>[ ]?(?:analysis|commentary)[^<\n]{0,60}
            (?:<\|constrain\|>[ ]?\w{0,20}[ ]?)?<\|message\|>""",
        r"<\|(?:end|return|call)\|>|(?=<\|(?:start|channel)\|>)",
    ),
    Marker(
        Kind.GONE,
        "gpt-oss",
        "OpenAI's page on the harmony response format",
        r"<\|channel\|>[ ]?final[^<\n]{0,20}<\|message\|>",
    ),
    Marker(
        Kind.CHANNEL,
        "Inkling",
        "sglang, reasoning_parser",
        r"<\|content_(?:thinking|invoke_tool_(?:json|text))\|>",
        r"<\|end_message\|>|(?=<\|message_model\|>)",
    ),
    Marker(Kind.GONE, "Kimi K3", "chat_template.jinja", r"<\|(?:open|close)\|>response<\|sep\|>"),
    # -- tools, and what the model was told
    Marker(
        Kind.HIDDEN,
        "MiniMax M1 to M3, Qwen, Hermes, GLM, Seed-OSS, Nemotron, Granite, LongCat, Step",
        "tokenizer.json, chat_template.jinja; sglang, longcat_detector; vLLM, step3_tool_parser",
        *_tag("(?:minimax:|seed:|longcat_|steptml:)?tool_?calls?"),
    ),
    Marker(Kind.HIDDEN, "Qwen, Hermes", "tokenizer.json", *_tag("tool_response")),
    Marker(
        Kind.HIDDEN,
        "MiniMax M2 and M3, Step",
        "chat_template.jinja; vLLM, step3_tool_parser",
        r"<(?:steptml:)?invoke[ ]name=[^>\n]{0,80}>",
        r"</(?:steptml:)?invoke>",
    ),
    Marker(
        Kind.HIDDEN,
        "Qwen3-Coder, Seed-OSS, Llama 3",
        "chat_template.jinja",
        r"<function=[^>\n]{1,80}>",
        r"</function>",
    ),
    Marker(Kind.HIDDEN, "MiniMax Text-01 and M1", "tokenizer.json", *_tag("function_calls?")),
    Marker(
        Kind.HIDDEN,
        "DeepSeek V3.2 to V4.1",
        "encoding_dsv32.py; sglang, deepseekv41_detector; lsdefine/GenericAgent issue 804",
        rf"<{_DSML}[^>\n]{{0,80}}>",
        rf"</{_DSML}>",
    ),
    Marker(
        Kind.HIDDEN,
        "DeepSeek V2.5 to V4, Kimi K2, Step 3",
        "tokenizer.json, chat_template.jinja",
        rf"<{_BARS}tool{_JOINT}(?:calls?|outputs?)(?:_section)?{_JOINT}begin{_BARS}>",
        rf"<{_BARS}tool{_JOINT}(?:calls?|outputs?)(?:_section)?{_JOINT}end{_BARS}>",
    ),
    Marker(
        Kind.HIDDEN,
        "Gemma 4",
        "chat_template.jinja",
        r"<\|tool(?:_call|_response)?>",
        r"<tool(?:_call|_response)?\|>",
    ),
    Marker(
        Kind.HIDDEN,
        "Phi-4 mini, Granite 3",
        "tokenizer.json; vLLM, granite_tool_parser",
        r"<\|tool_(?:calls?|response)\|>",
        r"<\|/tool_(?:calls?|response)\|>",
    ),
    Marker(
        Kind.HIDDEN,
        "Command R7B and A",
        "chat_template.jinja",
        r"<\|START_(?:ACTION|TOOL_RESULT)\|>",
        r"<\|END_(?:ACTION|TOOL_RESULT)\|>",
    ),
    Marker(Kind.HIDDEN, "Llama 3", "tokenizer.json", r"<\|python_tag\|>", r"<\|eo[mt]_id\|>"),
    Marker(
        Kind.HIDDEN,
        "Llama 4",
        "sglang, pythonic_detector",
        r"<\|python_start\|>",
        r"<\|python_end\|>",
    ),
    Marker(
        Kind.HIDDEN,
        "LFM2",
        "llama.cpp, common/chat.cpp",
        r"<\|tool_(?:list|call|response)_start\|>",
        r"<\|tool_(?:list|call|response)_end\|>",
    ),
    Marker(
        Kind.HIDDEN,
        "FunctionGemma",
        "vLLM, functiongemma_tool_parser",
        r"<start_function_(?:declaration|call|response)>",
        r"<end_function_(?:declaration|call|response)>",
    ),
    Marker(
        Kind.HIDDEN, "InternLM 2", "vLLM, internlm2_tool_parser", r"<\|action_start\|>", r"<\|action_end\|>"
    ),
    Marker(Kind.HIDDEN, "Apertus", "sglang, reasoning_parser", r"<\|tools_prefix\|>", r"<\|tools_suffix\|>"),
    Marker(
        Kind.HIDDEN,
        "Solar Open 2",
        "vLLM, solar_open2_reasoning_parser",
        r"<\|tool_call:start\|>",
        r"<\|tool_call:end\|>",
    ),
    Marker(
        Kind.HIDDEN,
        "Kimi K3",
        "chat_template.jinja",
        r"<\|open\|>tools<\|sep\|>",
        r"<\|close\|>tools<\|sep\|>",
    ),
    Marker(Kind.HIDDEN, "Mistral", "mistral-common, SpecialTokens", *_section("TOOL_CALLS")),
    Marker(Kind.HIDDEN, "Mistral", "mistral-common, SpecialTokens", *_section("TOOL_RESULTS")),
    Marker(Kind.HIDDEN, "Mistral", "mistral-common, SpecialTokens", *_section("AVAILABLE_TOOLS")),
    Marker(Kind.HIDDEN, "Mistral", "mistral-common, SpecialTokens", *_section("SYSTEM_PROMPT")),
    Marker(Kind.HIDDEN, "Mistral Small 4", "mistral-common, SpecialTokens", *_section("MODEL_SETTINGS")),
    Marker(Kind.HIDDEN, "Llama 2", "Meta's llama, generation.py", r"<<SYS>>", r"<</SYS>>"),
    # -- turns
    Marker(
        Kind.OTHER,
        "Kimi K3",
        "chat_template.jinja",
        r'<\|open\|>message[ ]role="(?:user|system|tool)"[^<\n]{0,80}<\|sep\|>',
    ),
    Marker(Kind.GONE, "Kimi K3", "chat_template.jinja", r"<\|(?:open|close)\|>message[^<\n]{0,80}<\|sep\|>"),
    Marker(
        Kind.BARRED,
        "ChatML, Qwen, Llama 3 and 4, Phi, DeepSeek, GLM, Kimi, gpt-oss, Command, Granite",
        "tokenizer.json",
        r"<[|\uff5c]/?[\w\u2581]{1,40}[|\uff5c]>",
    ),
    Marker(
        Kind.TURN,
        "MiniMax M1, Gemma 1 to 3",
        "tokenizer.json",
        r"<(?:begin|beginning|start)_of_(?:sentence|turn)>",
    ),
    Marker(Kind.TURN, "Gemma 4", "chat_template.jinja", r"<\|turn>"),
    Marker(Kind.TURN, "MiniMax M2 and M3", "tokenizer.json", r"\]~b\]"),
    Marker(Kind.TURN, "Seed-OSS", "chat_template.jinja", r"<seed:bos>"),
    Marker(Kind.OTHER, "Llama 2, Mistral", "mistral-common, SpecialTokens", r"\[(?-i:INST)\]"),
    Marker(Kind.TURN, "Llama 2, Mistral", "mistral-common, SpecialTokens", r"\[(?-i:/INST)\]"),
    # -- ends, and what stands for pictures and sounds
    Marker(
        Kind.GONE,
        "MiniMax M1, Gemma 1 to 3",
        "tokenizer.json",
        r"<(?:end_of_(?:sentence|turn|text)|(?:begin|end)_of_document)>",
    ),
    Marker(Kind.GONE, "MiniMax M1, Gemma 3", "tokenizer.json", r"<(?:start|end)_of_(?:image|speech|video)>"),
    Marker(Kind.GONE, "Gemma 4", "chat_template.jinja", r"<turn\|>"),
    Marker(Kind.GONE, "Gemma", "tokenizer.json", r"<[be]os>"),
    Marker(Kind.GONE, "MiniMax M2 and M3", "tokenizer.json", r"\]~!b\["),
    Marker(Kind.GONE, "MiniMax M2 and M3", "tokenizer.json", r"\[e~\["),
    Marker(Kind.GONE, "MiniMax M2 and M3", "tokenizer.json", r"\]![pd]~\["),
    Marker(Kind.GONE, "MiniMax M3", "tokenizer.json", r"\]<\]minimax\[>\["),
    Marker(
        Kind.GONE,
        "MiniMax M2 and M3",
        "tokenizer.json, processing_minimax_m3.py",
        r"""\]<\](?:(?:start[ ]of[ ]|end[ ]of[ ])?(?:speech|image|video|frame)|vision[ ]pad
            |[\d.]{1,9}[ ]seconds)\[>\[""",
    ),
    Marker(Kind.GONE, "Seed-OSS", "chat_template.jinja", r"<seed:(?:eos|pad)>"),
    Marker(Kind.GONE, "PLaMo 3", "vLLM, plamo3_reasoning_parser", r"<\|plamo:\w{1,40}(?::plamo)?\|>"),
    Marker(Kind.GONE, "Kimi K2 and K3", "sglang, reasoning_parser", r"\[(?-i:EO[ST])\]"),
    Marker(Kind.GONE, "GLM-4", "tokenizer.json", r"<[se]op>"),
    Marker(Kind.GONE, "GLM-4", "tokenizer.json", r"\[(?-i:[gs]MASK)\]"),
    Marker(Kind.STRIKE, "Llama 2, Mistral", "tokenizer.json", r"</?s>"),
)
"""The markers, in the order in which they are looked for: the longest first."""

ROLES: Final = r"(?:ai|assistant|user|system|user_system|group|sample_message_(?:user|ai))"
"""A pattern for the roles in headers of MiniMax's template, `user name=Alice` (M1, chat_template.jinja)."""


def any_of(patterns: Iterable[str]) -> str:
    """Return a pattern for whatever one of these matches."""
    return "|".join(f"(?:{pattern})" for pattern in patterns)


@cache
def _typed() -> "regex.Pattern[str]":
    """Return where a blank breaks a marker: behind its first character, or before a header's sign."""
    marker = any_of(pattern for row in MARKERS for pattern in row.patterns)
    return regex.compile(
        rf"(?={marker}|<[|\uff5c])[<\[\]\u25c1] | \b{ROLES}\s+(?:name|ai_setting)(?==)", FLAGS
    )


def broken(text: str) -> str:
    """Return a text whose markers are broken by a blank, so that they stay readable: `< |im_end|>`."""
    return _typed().sub(r"\g<0> ", text)
