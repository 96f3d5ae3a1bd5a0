"""Discord's markup as HTML: what people saw, and nothing that they could smuggle in."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.transfer.markup import to_html

LINK = 'rel="noopener noreferrer nofollow"'

SHOWN = {
    "Good evening.": "<p>Good evening.</p>\n",
    "one\ntwo\n\nthree": "<p>one<br>\ntwo<br>\n<br>\nthree</p>\n",
    "*waves* hello": "<p><em>waves</em> hello</p>\n",
    "_waves_": "<p><em>waves</em></p>\n",
    "**loud**": "<p><strong>loud</strong></p>\n",
    "***very***": "<p><em><strong>very</strong></em></p>\n",
    "__under__": "<p><u>under</u></p>\n",
    "__*both*__": "<p><u><em>both</em></u></p>\n",
    "~~gone~~": "<p><s>gone</s></p>\n",
    "snake_case_name": "<p>snake_case_name</p>\n",
    "2 * 3 * 4": "<p>2 * 3 * 4</p>\n",
    r"\*not\*": "<p>*not*</p>\n",
    "||hid **den**||": '<p><span class="spoiler" tabindex="0">hid <strong>den</strong></span></p>\n',
    "a || b": "<p>a || b</p>\n",
    "||||": "<p>||||</p>\n",
    # A mark that opens outside of a spoiler doesn't close within it.
    "**a ||b** c||": '<p>**a <span class="spoiler" tabindex="0">b** c</span></p>\n',
    "`a*b*<i>`": "<p><code>a*b*&lt;i&gt;</code></p>\n",
    "```py\nx < 1\n```": "<pre><code>x &lt; 1</code></pre>\n",
    "so: ```one``` done": "<p>so: </p>\n<pre><code>one</code></pre>\n<p> done</p>\n",
    "```never closed": "<p>```never closed</p>\n",
    "> said\nand I": "<blockquote><p>said</p>\n</blockquote>\n<p>and I</p>\n",
    "> one\n> two": "<blockquote><p>one<br>\ntwo</p>\n</blockquote>\n",
    "> > one": "<blockquote><p>&gt; one</p>\n</blockquote>\n",
    ">not": "<p>&gt;not</p>\n",
    "a\n>>> b\n> c\n\nd": "<p>a</p>\n<blockquote><p>b<br>\n&gt; c<br>\n<br>\nd</p>\n</blockquote>\n",
    "```\n>>> x\n```": "<pre><code>&gt;&gt;&gt; x</code></pre>\n",
    "# Night\nfalls": '<p class="h1">Night</p>\n<p>falls</p>\n',
    "### *Night*": '<p class="h3"><em>Night</em></p>\n',
    "#night": "<p>#night</p>\n",
    "#### deep": "<p>#### deep</p>\n",
    "-# the lamp goes out": '<p class="small">the lamp goes out</p>\n',
    "- rope\n- lamp": "<ul><li>rope</li><li>lamp</li></ul>\n",
    "* rope\n  * hemp\n* lamp": "<ul><li>rope<ul><li>hemp</li></ul>\n</li><li>lamp</li></ul>\n",
    "3. rope\n4. lamp": '<ol start="3"><li>rope</li><li>lamp</li></ol>\n',
    "- a\n1. b": '<ul><li>a</li></ul>\n<ol start="1"><li>b</li></ol>\n',
    "  - a\n- b": "<ul><li>a</li><li>b</li></ul>\n",
    "- *a*": "<ul><li><em>a</em></li></ul>\n",
    "-dash": "<p>-dash</p>\n",
    "[the bell](https://example.com/a?b=1&c)": f'<p><a href="https://example.com/a?b=1&amp;c" {LINK}>the bell</a></p>\n',
    "[]() and [the bell]()": "<p>[]() and [the bell]()</p>\n",
    "<https://example.com>": f'<p><a href="https://example.com" {LINK}>https://example.com</a></p>\n',
    "a\r\nb": "<p>a<br>\nb</p>\n",
    "": "",
    "\n\n": "",
}


@pytest.mark.parametrize("text", SHOWN)
def test_markup_is_shown_as_on_discord(text: str) -> None:
    assert to_html(text) == SHOWN[text]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[x](javascript:alert(1))",
        "[x](JAVASCRIPT:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "[x](//example.com)",
        "[x](page.html)",
        "[x](file:///etc/passwd)",
        "<javascript:alert(1)>",
        '[x](https://e.com "onmouseover=alert(1)")',
        '[x](https://e.com/"onclick="alert(1))',
        "![x](https://example.com/x.png)",
        "`</code><script>`",
        "```</code></pre><script>```",
        "||</span><script>||",
        "> </blockquote><style>*{display:none}</style>",
        "- </li><iframe src=https://e.com>",
        "# </p><meta http-equiv=refresh>",
        "&lt;script&gt; &#60;b&#62;",
        "[a]: https://e.com 'x'\n[a]",
        "\0<b>\0",
        "****" * 50 + "<b>" + "||" * 50,
    ],
)
def test_nothing_hostile_becomes_more_than_text(text: str) -> None:
    _demand_harmless(to_html(text))


ALLOWED: dict[str, dict[str, set[str] | None]] = {
    "p": {"class": {"h1", "h2", "h3", "small"}},
    "span": {"class": {"spoiler"}, "tabindex": {"0"}},
    "a": {"href": None, "rel": {"noopener noreferrer nofollow"}},
    "ol": {"start": None},
    **{tag: {} for tag in ("em", "strong", "u", "s", "code", "pre", "blockquote", "ul", "li", "br")},
}
"""The elements that may come of a text, each with its attributes and their values; None: others are checked."""


class _Reader(HTMLParser):
    """Reads what came of a text as a browser does, and notes what must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            may = ALLOWED.get(tag, {}).get(name, set())
            fits = (
                (value or "").startswith(("http://", "https://"))
                if name == "href"
                else (value or "").isdigit()
            )
            if not (fits if may is None else value in may):
                self.wrong.append(f"{tag} {name}={value}")
        if tag not in ALLOWED:
            self.wrong.append(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.wrong.append(data)

    def handle_decl(self, decl: str) -> None:
        self.wrong.append(decl)

    def handle_pi(self, data: str) -> None:
        self.wrong.append(data)


def _demand_harmless(page: str) -> str:
    """Return the words of a page that is balanced and holds only what is allowed."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert (reader.wrong, reader.open) == ([], []), page
    return "".join(reader.words)


PIECES = st.lists(
    st.sampled_from(
        [
            "*",
            "**",
            "_",
            "__",
            "~~",
            "||",
            "`",
            "```",
            "> ",
            ">>> ",
            "# ",
            "-# ",
            "- ",
            "  - ",
            "1. ",
            "\n",
            "\\",
            "[",
            "]",
            "(",
            ")",
            "](",
            "https://e.com",
            "javascript:",
            "<",
            ">",
            "<b>",
            "</p>",
            "</span>",
            '"',
            "'",
            "&",
            "&lt;",
            "<!--",
            "a",
            "word",
            " ",
            "é",
            "漢",
            "\x00",
            "\u202e",
            "<https://e.com>",
            "!",
        ]
    ),
    max_size=40,
).map("".join)


@given(PIECES | st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_whatever_is_written_stays_text_in_balanced_elements(text: str) -> None:
    words = _demand_harmless(to_html(text))
    if not set(text) & set("[<`"):  # no address, and no name of a language
        assert [each for each in words if each.isalpha()] == [each for each in text if each.isalpha()]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 4000,
        "*a" * 2000,
        "||" * 2000,
        "`a``b" * 800,
        "[a](https://x" * 300,
        "- a\n" * 1000,
        "**_~~||[a](https://b)" * 200,
    ],
)
def test_rubbish_is_read_to_its_end(text: str) -> None:
    _demand_harmless(to_html(text))
