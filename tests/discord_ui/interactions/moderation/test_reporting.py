"""What of a report is posted: words that are no markup, cannot forge a line of the log, and fill no page."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.posts.pages import utf16_length
from bot.discord_ui.interactions.moderation.reporting import LONGEST, POSTED, posted

HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\\*_~`|<>[]()#-+:/@&!\n\r\u2028\u2029\x0b\x85\u202e\u2066\u200b 1a"), st.characters()
    ),
    max_size=LONGEST,
)
MARKUP = re.compile(r"[*_~`|<\[]|://|:\w+:|^> [-+#>]", re.MULTILINE)
UNSEEN = re.compile("[\u200b\u202a-\u202e\u2066-\u2069]")


@given(HOSTILE)
def test_every_line_is_a_quotation_without_markup(reason: str) -> None:
    text = posted(reason)
    assert all(line.startswith("> ") for line in text.splitlines())
    assert "> \n" not in f"{text}\n"
    assert not MARKUP.search(re.sub(r"\\.", "x", text))
    assert not UNSEEN.search(text)
    assert utf16_length(text) <= POSTED


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (
            "It is rude.\n<@1> removed something from the story: [here](https://x.example)",
            "> It is rude.\n> \\<@1> removed something from the story: \\[here](https\\://x.example)",
        ),
        (
            "**Report** by <@2>\n\n\n-# small\n@everyone",
            "> \\*\\*Report\\*\\* by \\<@2>\n> \\-# small\n> @everyone",
        ),
        ("```\nblock\n```\u202ehsilgne", "> \\`\\`\\`\n> block\n> \\`\\`\\`hsilgne"),
    ],
)
def test_a_report_looks_like_no_line_of_the_log(reason: str, text: str) -> None:
    assert posted(reason) == text
