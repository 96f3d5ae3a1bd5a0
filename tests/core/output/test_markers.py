"""The markers of the families of models: what they enclose goes, and what only looks like one stays."""

from itertools import pairwise

import pytest

from bot.core.markers import MARKERS
from bot.core.names import clean_name
from bot.core.output.leaks import Sieve, clean
from bot.core.output.speakers import Speakers
from bot.core.safe_text import defuse

ROOM = Speakers(frozenset({"Marlow"}), frozenset({"Alice"}))

WORDS = {
    "MiniMax M1 and M2, DeepSeek, Qwen, GLM, Kimi K2": ("<think>", "</think>"),
    "Hunyuan": ("<think:opensource>", "</think:opensource>"),
    "thinking aloud": ("<thinking>", "</thinking>"),
    "reasoning": ("<reasoning>", "</reasoning>"),
}
"""Markers around thoughts that people also write as words."""

THOUGHTS = {
    "MiniMax M3": ("<mm:think>", "</mm:think>"),
    "Seed-OSS": ("<seed:think>", "</seed:think>"),
    "Seed-OSS's budget": ("<seed:cot_budget_reflect>", "</seed:cot_budget_reflect>"),
    "LongCat": ("<longcat_think>", "</longcat_think>"),
    "K2 Horizon": ("<ifm|think>", "</ifm|think>"),
    "K2 Horizon, hurried": ("<ifm|think_faster>", "</ifm|think_faster>"),
    "DeepSeek, as reported": ("<｜begin▁of▁thinking｜>", "<｜end▁of▁thinking｜>"),
    "Apertus": ("<|inner_prefix|>", "<|inner_suffix|>"),
    "Solar Open 2": ("<|think:start|>", "<|think:end|>"),
    "PLaMo 3": ("<|plamo:begin_think:plamo|>", "<|plamo:end_think:plamo|>"),
    "openPangu": ("[unused16]", "[unused17]"),
    "Magistral": ("[THINK]", "[/THINK]"),
    "Kimi-VL": ("◁think▷", "◁/think▷"),
    "Gemma 4": ("<|channel>thought", "<channel|>"),
    "Kimi K3": ("<|open|>think<|sep|>", "<|close|>think<|sep|>"),
    "Command A": ("<|START_THINKING|>", "<|END_THINKING|>"),
    "OpenThinker": ("<|begin_of_thought|>", "<|end_of_thought|>"),
}
"""Markers around thoughts."""

CHANNELS = {
    "gpt-oss": ("<|channel|>analysis<|message|>", "<|end|>"),
    "gpt-oss, a call": (
        "<|channel|>commentary to=functions.look <|constrain|>json<|message|>",
        "<|call|>",
    ),
    "gpt-oss, at the end": ("<|channel|>analysis<|message|>", "<|return|>"),
    "gpt-oss, a call in its thoughts": (
        "<|channel|>analysis to=functions.look<|message|>",
        "<|call|>",
    ),
    "Inkling": ("<|content_thinking|>", "<|end_message|>"),
    "Inkling's call": ("<|content_invoke_tool_json|>", "<|end_message|>"),
}

TOOLS = {
    "MiniMax M1": ("<tool_calls>", "</tool_calls>"),
    "MiniMax M2": ("<minimax:tool_call>", "</minimax:tool_call>"),
    "MiniMax M3": ("]<]minimax[>[<tool_call>", "]<]minimax[>[</tool_call>"),
    "MiniMax M2 and M3, without its frame": ('<invoke name="look">', "</invoke>"),
    "MiniMax Text-01": ("<function_call>", "</function_call>"),
    "Qwen, GLM": ("<tool_call>", "</tool_call>"),
    "Qwen's results": ("<tool_response>", "</tool_response>"),
    "Qwen3-Coder": ("<function=look>", "</function>"),
    "Nemotron": ("<TOOLCALL>", "</TOOLCALL>"),
    "LongCat's": ("<longcat_tool_call>", "</longcat_tool_call>"),
    "Step": ("<steptml:toolcall>", "</steptml:toolcall>"),
    "Step 3": ("<｜tool_calls_begin｜>", "<｜tool_calls_end｜>"),
    "Step 3, without its frame": ('<steptml:invoke name="look">', "</steptml:invoke>"),
    "Seed-OSS's": ("<seed:tool_call>", "</seed:tool_call>"),
    "DeepSeek V3": ("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"),
    "DeepSeek V3's results": ("<｜tool▁outputs▁begin｜>", "<｜tool▁outputs▁end｜>"),
    "DeepSeek V3, with blanks": ("<｜tool calls begin｜>", "<｜tool calls end｜>"),
    "DeepSeek V3.2": ("<｜DSML｜function_calls>", "</｜DSML｜function_calls>"),
    "DeepSeek V4": ("<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>"),
    "DeepSeek V3.2, without its frame": ('<｜DSML｜invoke name="look">', "</｜DSML｜invoke>"),
    "DeepSeek V3.2, otherwise": ("<dsml:tool_calls>", "</dsml:tool_calls>"),
    "DeepSeek V4, doubled": ("<｜｜DSML｜｜tool_calls>", "</｜｜DSML｜｜tool_calls>"),
    "DeepSeek V4, with other bars": ("<‖DSML‖tool_calls>", "</‖DSML‖tool_calls>"),
    "DeepSeek V4, hyphenated": ("<｜DSML｜tool-calls>", "</｜DSML｜tool-calls>"),
    "DeepSeek V4.1": ("<｜DSML｜ calls>", "</｜DSML｜ calls>"),
    "DeepSeek V4.1, without its frame": ('<｜DSML｜ invoke name="look">', "</｜DSML｜ invoke>"),
    "DeepSeek V4.1, a value": ('<｜DSML｜ parameter name="at" string="true">', "</｜DSML｜ parameter>"),
    "Kimi K2": ("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"),
    "Kimi K2, one": ("<|tool_call_begin|>", "<|tool_call_end|>"),
    "Kimi K3's": ("<|open|>tools<|sep|>", "<|close|>tools<|sep|>"),
    "Gemma 4's": ("<|tool_call>", "<tool_call|>"),
    "Gemma 4's results": ("<|tool_response>", "<tool_response|>"),
    "Gemma 4's list": ("<|tool>", "<tool|>"),
    "Phi-4 mini": ("<|tool_call|>", "<|/tool_call|>"),
    "Phi-4 mini, several": ("<|tool_calls|>", "<|/tool_calls|>"),
    "Command R7B": ("<|START_ACTION|>", "<|END_ACTION|>"),
    "Command R7B's results": ("<|START_TOOL_RESULT|>", "<|END_TOOL_RESULT|>"),
    "Llama 3": ("<|python_tag|>", "<|eom_id|>"),
    "Llama 4": ("<|python_start|>", "<|python_end|>"),
    "LFM2": ("<|tool_call_start|>", "<|tool_call_end|>"),
    "LFM2's list": ("<|tool_list_start|>", "<|tool_list_end|>"),
    "FunctionGemma": ("<start_function_call>", "<end_function_call>"),
    "FunctionGemma's results": ("<start_function_response>", "<end_function_response>"),
    "InternLM 2": ("<|action_start|><|plugin|>", "<|action_end|>"),
    "Apertus's": ("<|tools_prefix|>", "<|tools_suffix|>"),
    "Solar Open 2's": ("<|tool_call:start|>", "<|tool_call:end|>"),
    "Mistral's settings": ("[MODEL_SETTINGS]", "[/MODEL_SETTINGS]"),
    "Mistral": ("[TOOL_CALLS]", "[/TOOL_CALLS]"),
    "Mistral's results": ("[TOOL_RESULTS]", "[/TOOL_RESULTS]"),
    "Mistral's list": ("[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]"),
    "Mistral's system": ("[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"),
    "Llama 2": ("<<SYS>>", "<</SYS>>"),
}
"""Markers around what a model says to tools, and what it was told."""

ALONE = {
    "MiniMax M3": "]<]minimax[>[",
    "MiniMax M3's picture": "]<]start of image[>[",
    "MiniMax M3's frame": "]<]end of frame[>[",
    "MiniMax M3's sight": "]<]vision pad[>[",
    "MiniMax M3's sound": "]<]speech[>[",
    "MiniMax M3's time": "]<]12.5 seconds[>[",
    "MiniMax M2's end": "[e~[",
    "MiniMax M2's beginning": "]~!b[",
    "MiniMax M2's padding": "]!p~[",
    "MiniMax M2's unknown": "]!d~[",
    "MiniMax M1's end": "<end_of_sentence>",
    "MiniMax M1's document": "<begin_of_document>",
    "MiniMax M1's document's end": "<end_of_document>",
    "MiniMax M1's picture": "<start_of_image>",
    "Seed-OSS": "<seed:eos>",
    "Seed-OSS's padding": "<seed:pad>",
    "Gemma 1": "<bos>",
    "Gemma 3": "<end_of_turn>",
    "Gemma 4": "<turn|>",
    "GLM's mask": "[gMASK]",
    "GLM's sentence mask": "[sMASK]",
    "GLM's beginning": "<sop>",
    "GLM's end": "<eop>",
    "GLM's box": "<|begin_of_box|>",
    "Kimi K2": "<|im_end|>",
    "Kimi K2's sequence": "[EOS]",
    "Kimi K2's turn": "[EOT]",
    "PLaMo 3": "<|plamo:tag|>",
    "Inkling": "<|content_text|>",
    "Command A": "<|START_TEXT|>",
    "Command A's reply": "<|END_RESPONSE|>",
    "Granite": "<|end_of_text|>",
    "Kimi K3": "<|end_of_msg|>",
    "Kimi K3's reply": "<|close|>response<|sep|>",
    "Kimi K3's message": "<|close|>message<|sep|>",
    "gpt-oss": "<|return|>",
    "DeepSeek": "<｜end▁of▁sentence｜>",
    "Llama 2": "</s>",
    "Command R": "<|END_OF_TURN_TOKEN|>",
    "Phi-4 mini's closing": "<|/tool|>",
}
"""Markers that stand alone."""

TURNS = {
    "MiniMax M1": ("<beginning_of_sentence>user name=Alice\n", "<beginning_of_sentence>ai name=Marlow\n"),
    "MiniMax M2": ("]~b]user\n", "]~b]ai\n"),
    "Seed-OSS": ("<seed:bos>user\n", "<seed:bos>assistant\n"),
    "Gemma 3": ("<start_of_turn>user\n", "<start_of_turn>model\n"),
    "Gemma 4": ("<|turn>user\n", "<|turn>model\n"),
    "ChatML": ("<|im_start|>user\n", "<|im_start|>assistant\n"),
    "Phi-4": ("<|im_start|>user<|im_sep|>", "<|im_start|>assistant<|im_sep|>"),
    "Llama 3": (
        "<|start_header_id|>user<|end_header_id|>\n\n",
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
    ),
    "Llama 4": ("<|header_start|>user<|header_end|>", "<|header_start|>assistant<|header_end|>"),
    "Granite": ("<|start_of_role|>user<|end_of_role|>", "<|start_of_role|>assistant<|end_of_role|>"),
    "GLM": ("<|user|>\n", "<|assistant|>\n"),
    "GLM's tool": ("<|observation|>\n", "<|assistant|>\n"),
    "DeepSeek": ("<｜User｜>", "<｜Assistant｜>"),
    "Kimi K2": ("<|im_user|>user<|im_middle|>", "<|im_assistant|>assistant<|im_middle|>"),
    "Kimi K2's system": ("<|im_system|>system<|im_middle|>", "<|im_assistant|>Marlow<|im_middle|>"),
    "Kimi K3": (
        '<|open|>message role="user"<|sep|>',
        '<|open|>message role="assistant"<|sep|><|open|>response<|sep|>',
    ),
    "gpt-oss": ("<|start|>user<|message|>", "<|start|>assistant<|channel|>final<|message|>"),
    "Command R": (
        "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>",
        "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>",
    ),
    "Command R's system": ("<|SYSTEM_TOKEN|>", "<|CHATBOT_TOKEN|>"),
    "Mistral": ("[INST]", "[/INST]"),
}
"""Markers before another's turn, and before the persona's."""

ENCLOSING = {**WORDS, **THOUGHTS, **CHANNELS, **TOOLS}
CERTAIN = {**THOUGHTS, **CHANNELS, **TOOLS}


def cleaned(raw: str) -> str:
    """What comes of a reply, the same in whatever two pieces it comes and by the character."""
    whole = clean(raw, speakers=ROOM, ended=True)
    assert not whole.cut
    assert {in_pieces(raw[:cut], raw[cut:]) for cut in range(len(raw))} | {in_pieces(*raw)} == {whole.text}
    return whole.text


def in_pieces(*pieces: str) -> str:
    sieve = Sieve(ROOM)
    for piece in pieces:
        sieve.take(piece)
    sieve.end()
    return sieve.text


def growing(raw: str) -> list[str]:
    """What is shown of each beginning of a text while more may come."""
    return [clean(raw[:end], speakers=ROOM, ended=False).text for end in range(len(raw) + 1)]


@pytest.mark.parametrize(("opens", "closes"), ENCLOSING.values(), ids=ENCLOSING)
def test_what_markers_enclose_goes(opens: str, closes: str) -> None:
    assert cleaned(f"{opens}\nAlice: hm.\n{closes}\n\nWelcome.") == "Welcome."
    assert cleaned(f"{opens}hm{closes}Welcome.") == "Welcome."
    assert cleaned(f"In.\n\n{opens}hm{closes}\n\nOut.") == "In.\n\nOut."
    assert cleaned(f"He{opens}hm{closes}nods.") == "He nods."
    assert cleaned(f"He{opens}\n\n{closes}nods.") == "He\nnods."
    assert cleaned(f"In. {opens}a{closes}{opens}b{closes}Out.") == "In. Out."
    assert cleaned(f"Like `{opens}hm{closes}` it.") == f"Like `{opens}hm{closes}` it."


@pytest.mark.parametrize(("opens", "closes"), ENCLOSING.values(), ids=ENCLOSING)
def test_nothing_of_it_is_shown_while_it_comes(opens: str, closes: str) -> None:
    shown = growing(f"In.\n\n{opens}hm{closes}\n\nOut.")
    assert all(after.startswith(before) for before, after in pairwise(shown))
    assert {text for text in shown if not text.startswith("In.\n\nO")} == {"", "In", "In."}


@pytest.mark.parametrize(("opens", "closes"), ENCLOSING.values(), ids=ENCLOSING)
def test_a_reply_that_ends_anywhere_in_it_shows_nothing_of_it(opens: str, closes: str) -> None:
    for before in ("", "In.\n", "In.\n\n"):
        for length in range(1, len(opens + "hm" + closes) + 1):
            if (opens + closes)[0] == "]" and length < len("]<]"):
                continue  # a bracket that closes is text
            raw = before + (opens + "hm" + closes)[:length]
            assert clean(raw, speakers=ROOM, ended=True).text.rstrip() == before.rstrip()


@pytest.mark.parametrize(("opens", "closes"), CERTAIN.values(), ids=CERTAIN)
def test_it_shows_nothing_of_it_in_a_line_either(opens: str, closes: str) -> None:
    for before in ("In. ", "In ", "In"):
        for length in range(3, len(opens + "hm" + closes) + 1):
            raw = before + (opens + "hm" + closes)[:length]
            assert clean(raw, speakers=ROOM, ended=True).text == before


@pytest.mark.parametrize(("opens", "closes"), WORDS.values(), ids=WORDS)
def test_a_word_in_brackets_that_never_ends_is_a_thought_behind_a_sentence(opens: str, closes: str) -> None:
    for before in ("In. ", "*nods* ", "“In.” "):
        for length in range(2, len(opens) + 1):
            raw = before + opens[:length]
            assert clean(raw, speakers=ROOM, ended=True).text == before
        assert clean(f"{before}{opens}hm", speakers=ROOM, ended=True).text == before
    for raw in (f"I {opens} so", f"I {opens}", f"I {opens[:-1]}"):
        assert cleaned(raw) == raw


# --- a thought whose beginning is in the prompt ---------------------------------------------------

BEGUN_IN_THE_PROMPT = {**WORDS, **THOUGHTS}


@pytest.mark.parametrize(("_opens", "closes"), BEGUN_IN_THE_PROMPT.values(), ids=BEGUN_IN_THE_PROMPT)
def test_a_thought_without_a_beginning_goes(_opens: str, closes: str) -> None:
    assert cleaned(f"They lie.\n{closes}\n\nWelcome.") == "Welcome."
    assert cleaned(f"They lie.{closes}Welcome.") == "Welcome."
    assert cleaned(f"They lie. {closes} Welcome.").lstrip() == "Welcome."
    assert cleaned(f"They lie\n{closes} so welcome.").lstrip() == "so welcome."
    assert cleaned(f"One.\n\n- two\n```\nx\n```\n{closes}Welcome.") == "Welcome."
    assert cleaned(f"{closes}\nWelcome.") == "Welcome."


@pytest.mark.parametrize(("_opens", "closes"), BEGUN_IN_THE_PROMPT.values(), ids=BEGUN_IN_THE_PROMPT)
def test_it_stays_until_words_follow_it(_opens: str, closes: str) -> None:
    shown = growing(f"They lie.\n{closes}\n\nWelcome.")
    kept = shown.index("They lie.")
    gone = next(number for number in range(kept, len(shown)) if shown[number] != "They lie.")
    assert shown[gone] in ("W", "We")
    assert all(after.startswith(before) for before, after in pairwise(shown[gone:]))
    for end in (closes, f"\n{closes}", f"{closes}\n\n"):
        assert clean(f"Welcome.{end}", speakers=ROOM, ended=True).text.rstrip() == "Welcome."


def test_only_the_first_end_without_a_beginning_takes_back_text() -> None:
    assert cleaned("a</think>Well.\n</think>He.") == "Well.\nHe."
    assert cleaned("<think>a</think>Well.\n</think>He.") == "Well.\nHe."
    assert cleaned("Well.\n</tool_call>\nHe.") == "Well.\nHe."
    assert cleaned("<tool_call>x</tool_call>They lie.</think>Well.") == "Well."


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("He types </think> and waits.", "He types  and waits."),
        ("He types </think>, then waits.", "He types , then waits."),
        ("He types </think>", "He types "),
        ("He types `</think>` and waits.", "He types `</think>` and waits."),
    ],
)
def test_a_word_of_a_sentence_ends_no_thought(raw: str, text: str) -> None:
    assert cleaned(raw) == text


def test_another_who_speaks_behind_a_thought_ends_the_reply_and_the_thought_goes_too() -> None:
    found = clean("They lie.</think>Alice: I shrug.", speakers=ROOM, ended=True)
    assert (found.text, found.cut) == ("", True)


def test_line_ends_are_written_out_anew_behind_a_thought() -> None:
    assert cleaned("They\nlie.</think>In.\\nOut.") == "In.\nOut."
    assert cleaned("They <s>lie.</think>In.</s>") == "In."


# --- the others -----------------------------------------------------------------------------------


@pytest.mark.parametrize("marker", ALONE.values(), ids=ALONE)
def test_a_marker_that_stands_alone_goes(marker: str) -> None:
    assert cleaned(f"Well.{marker}") == "Well."
    assert cleaned(f"{marker}Well.") == "Well."
    assert cleaned(f"We{marker}ll.") == "We ll."
    assert cleaned(f"In.\n{marker}\nOut.") == "In.\nOut."
    least = 3 if marker[0] == "]" else 2
    for length in range(least, len(marker)):
        assert marker == "</s>" or clean(f"Well {marker[:length]}", speakers=ROOM, ended=True).text == "Well "


@pytest.mark.parametrize(("others", "own"), TURNS.values(), ids=TURNS)
def test_a_turns_marker_goes_with_its_role_and_anothers_ends_the_reply(others: str, own: str) -> None:
    assert cleaned(f"{own}Well.") == "Well."
    for raw in (f"Well.{others}hello", f"Well.\n{others}hello", f"{own}Well.\n{others}hello"):
        found = clean(raw, speakers=ROOM, ended=True)
        assert (found.text, found.cut) == ("Well.", True)
        assert in_pieces(*raw) == "Well."


HARMONY = {
    "a whole answer": (
        (
            "<|channel|>analysis<|message|>They lie.<|end|>"
            "<|start|>assistant<|channel|>final<|message|>Welcome.<|return|>"
        ),
        "Welcome.",
    ),
    "channels without ends": (
        "<|channel|>analysis<|message|>They lie.<|channel|>final<|message|>Welcome.",
        "Welcome.",
    ),
    "two thoughts": (
        "<|channel|>analysis<|message|>a<|channel|>analysis<|message|>b<|end|>Welcome.",
        "Welcome.",
    ),
    "a call between": (
        (
            "<|channel|>analysis<|message|>a<|end|><|start|>assistant to=functions.look<|channel|>commentary json"
            "<|message|>{}<|call|><|start|>assistant<|channel|>final<|message|>Welcome."
        ),
        "Welcome.",
    ),
    "Kimi K3's": (
        (
            "They lie.<|close|>think<|sep|><|open|>response<|sep|>Welcome.<|close|>response<|sep|>"
            "<|close|>message<|sep|><|end_of_msg|>"
        ),
        "Welcome.",
    ),
    "M3's": (
        (
            '<mm:think>a</mm:think>Welcome.]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name="look">'
            "]<]minimax[>[<at>x]<]minimax[>[</at>]<]minimax[>[</invoke>\n]<]minimax[>[</tool_call>[e~["
        ),
        "Welcome.\n",
    ),
    "Mistral's": ('Welcome.[TOOL_CALLS]look[ARGS]{"at": "x"}</s>', "Welcome."),
    "Inkling's": (
        (
            "<|content_thinking|>They lie.<|end_message|><|message_model|><|content_text|>Welcome.<|end_message|>"
            "<|content_model_end_sampling|>"
        ),
        "Welcome.",
    ),
    "Command A's": ("They lie.<|END_THINKING|><|START_TEXT|>Welcome.<|END_TEXT|>", "Welcome."),
    "LongCat's": (
        'They lie.</longcat_think>Welcome.<longcat_tool_call>\n{"name": "look"}\n</longcat_tool_call>',
        "Welcome.\n",
    ),
    "Granite 3's": ('Welcome.<|tool_call|>[{"name": "look", "arguments": {}}]', "Welcome."),
    "DeepSeek's, as reported": (
        'They lie.<｜end▁of▁thinking｜>Welcome.\n\n<｜｜DSML｜｜ calls>\n<｜｜DSML｜｜ invoke name="look">x',
        "Welcome.\n\n",
    ),
    "LFM2's": ("Welcome.<|tool_call_start|>[look(at='x')]<|tool_call_end|><|im_end|>", "Welcome."),
}


@pytest.mark.parametrize(("raw", "text"), HARMONY.values(), ids=HARMONY)
def test_whole_answers_as_models_write_them(raw: str, text: str) -> None:
    assert cleaned(raw) == text


ALIKE = [
    "a ]<[ b",
    "a ]<] b [>[ c",
    "<mm:ss>",
    "<mm:ss> <hh:mm> <seed:oak> <minimax:the film>",
    "a ]~[ b",
    "[laughs]~",
    "[stop]!",
    "[think] He waits. [inst] [tool_calls]",
    ">.<",
    ">_<",
    "x < y, y > x, a <= b, <3",
    "<b>bold</b> <i>no</i> <br/> <sub>2</sub> <span style='x'>y</span>",
    "<Marlow> nods. <sigh>",
    "<tools> <function> <invoke> <response>",
    "<thinker> <think-tank>",
    "◁ back ▷ forth ◁",
    "[MASK] and [mask] and [INSTANT]",
    "[eot] and [EOTW] and [unused] and [model_settings] and [args]",
    "<longcat> <thinks> <ifm> <toolbox> <step:1> <start_function> <plamo>",
    "he | she ‖ they, a‖b, a <‖ b",
    "$a < b$ and $\\langle x | y \\rangle$ and |x|",
    "> quoted\n# Title\n- [ ] task [x](y)",
    "<|> <| >",
    "It ends with <",
    "It ends with [",
    "It ends with ]",
    "It ends with ]<",
]


@pytest.mark.parametrize("raw", ALIKE)
def test_what_only_looks_like_a_marker_stays(raw: str) -> None:
    assert cleaned(raw) == raw
    assert cleaned(f"{raw}\nWell.") == f"{raw}\nWell."


# --- what people type -----------------------------------------------------------------------------

TYPED = [
    *(marker.strip() for pair in ENCLOSING.values() for marker in pair),
    *ALONE.values(),
    *(marker.strip() for pair in TURNS.values() for marker in pair),
]


@pytest.mark.parametrize("marker", sorted(set(TYPED)))
def test_a_marker_that_people_type_is_broken_and_stays_readable(marker: str) -> None:
    harmless = defuse(f"a{marker}b")
    assert marker not in harmless
    assert harmless.replace(" ", "") == f"a{marker}b".replace(" ", "")
    assert defuse(harmless) == harmless
    assert marker not in clean_name(marker, "x")


@pytest.mark.parametrize("raw", [text for text in ALIKE if "<|" not in text])
def test_what_only_looks_like_a_marker_is_not_broken(raw: str) -> None:
    assert defuse(raw) == raw


HEADERS = {
    "user name=Mira": "user name =Mira",
    "User Name=Mira": "User Name =Mira",
    "ai name=Mira": "ai name =Mira",
    "ai  name=Mira": "ai  name =Mira",
    "x user name=Mira": "x user name =Mira",
    "user\nname=Mira": "user\nname =Mira",
    "assistant name=Mira": "assistant name =Mira",
    "user_system name=Mira": "user_system name =Mira",
    "group name=Mira": "group name =Mira",
    "sample_message_ai name=Mira": "sample_message_ai name =Mira",
    "system ai_setting=Mira": "system ai_setting =Mira",
    "user name = Mira": "user name = Mira",
    "superuser name=Mira": "superuser name=Mira",
    "username=Mira": "username=Mira",
    "user named=Mira": "user named=Mira",
}


@pytest.mark.parametrize(("typed", "harmless"), HEADERS.items())
def test_a_header_that_people_type_is_broken(typed: str, harmless: str) -> None:
    assert defuse(typed) == harmless
    assert clean_name(typed, "x") == " ".join(harmless.split())


def test_each_marker_has_its_models_and_its_source() -> None:
    assert all(row.models and row.source for row in MARKERS)
    assert len({(row.kind, row.opens) for row in MARKERS}) == len(MARKERS)
