"""Texts that would break a chat template, and signs of many parts."""

import regex
from hypothesis import settings
from hypothesis import strategies as st

MARKERS = [
    "<end_of_sentence>",
    "<beginning_of_sentence>",
    "]~b]",
    "[e~[",
    "]~!b[",
    "<|im_start|>",
    "<|endoftext|>",
    "<\uff5cbegin\u2581of\u2581sentence\uff5c>",
    "<start_of_turn>",
]
MARKER = regex.compile(r"<(?:beginning|end|start)_of_\w+>|\]~b\]|\[e~\[|\]~!b\[|<[|\uff5c]")
FAMILY = "👨\u200d👩\u200d👧\u200d👦"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


thoroughly = settings(max_examples=2 * settings().max_examples)
nasty = st.lists(
    st.one_of(
        st.sampled_from(MARKERS),
        st.sampled_from(
            [
                "\u200b",
                "\u200d",
                "\u200c",
                "\ufe0f",
                "\u202e",
                "\n",
                "\u0301",
                " ",
                "\u3164",
                "\x00",
                "\ud83d",
            ]
        ),
        st.sampled_from(["👩", "👍🏽", "❤\ufe0f", SCOTLAND, "می", "क्ष", "字", "b]", "~", "<", "|", "]", "["]),
        st.text(max_size=4),
    ),
    max_size=40,
).map("".join)
