"""What is replaced in a reply while it grows: in order, line by line, and never taken back."""

import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.output.substitutions import GROWTH, Substituted, finds_nothing, size_of
from bot.core.patterns import PatternError
from bot.core.persona import Substitution

Rules = Sequence[tuple[str, str]]


def rules(pairs: Rules) -> list[Substitution]:
    return [Substitution(find=find, replace=replace) for find, replace in pairs]


def whole(text: str, *pairs: tuple[str, str], before: str = "") -> str:
    """The text with its substitutions, as it is when it has come at once."""
    own = Substituted(rules(pairs), before)
    own.take(text, ended=True)
    return own.text


def grown(pieces: Sequence[str], *pairs: tuple[str, str]) -> list[str]:
    """What is shown after each piece, and at the end."""
    own, text, found = Substituted(rules(pairs)), "", []
    for piece in pieces:
        text += piece
        own.take(text)
        found.append(own.text)
    own.take(text, ended=True)
    return [*found, own.text]


@pytest.mark.parametrize(
    ("text", "find", "replace", "now"),
    [
        ("An AI model. AI!", "AI", "I", "An I model. I!"),
        ("a ai", "AI", "I", "a ai"),  # plain text is meant to the letter
        ("1.5 (or 15)", "1.5", "two", "two (or 15)"),
        ("two  blanks", "  ", " ", "two blanks"),
        ("gone", "gone", "", ""),
        ("a$1", "a", "$1", "$1$1"),
        ("Colour, color", "/colou?r/i", "hue", "hue, hue"),
        ("Mira Vale", r"/(\w+) (\w+)/", "$2, $1", "Vale, Mira"),
        ("Mira", r"/(?P<name>M)ira/", "<$<name>> $& $$ $7", "<M> Mira $ $7"),
        ("teh lathe teh", r"/\bteh\b/", "the", "the lathe the"),
        ("## Head\ntext ## x\n## More", r"/^#+ /", "", "Head\ntext ## x\nMore"),
        ("end!!\nend!!", r"/!+$/", ".", "end.\nend."),
        ("**bold** and *not*", r"/\*{2,}/", "*", "*bold* and *not*"),
        ("a (b\nc) (d)", r"/\(.*\)/", "", "a (b\nc) "),  # no match goes over a line
        ("a/b", r"/a\/b/", "c", "c"),
        ("a b", "/a/x", "c", "a b"),  # unknown flags: it is plain text
        ("naïve Straße 阿渡", r"/\x{963f}\u6e21/", "Adu", "naïve Straße Adu"),
        ("aXb", "/x*/i", "-", "a-b"),
        ("one line", "one", "two\nlines, one", "two\nlines, one line"),
    ],
)
def test_what_is_found_is_replaced(text: str, find: str, replace: str, now: str) -> None:
    assert whole(text, (find, replace)) == now


def test_each_reads_what_those_before_it_have_left() -> None:
    assert whole("cat", ("cat", "dog"), ("dog", "cow"), ("cat", "pig")) == "cow"
    assert whole("a-b", ("-", "\n"), (r"/^b/", "B")) == "a\nB"


def test_a_continuation_knows_what_it_goes_on_from() -> None:
    assert whole("teh end", (r"/\bteh\b/", "the"), (r"/^the/", "The")) == "The end"
    assert whole("teh end", (r"/\bteh\b/", "the"), before="wi") == "teh end"
    assert whole("the end", (r"/^the/", "The"), before="One.\n") == "The end"
    assert whole("the end", (r"/^the/", "The"), before="and") == "the end"


@pytest.mark.parametrize(
    ("pair", "pieces", "shown"),
    [
        # Of plain text, only what may still become it waits.
        (
            ("Mira Vale", "Mira"),
            ["I am M", "ay. Mira", " V", "ale."],
            ["I am ", "I am May. ", "I am May. ", "I am May. Mira.", "I am May. Mira."],
        ),
        # Of a pattern with a known length, as many characters as it may have.
        (
            (r"/\bteh\b/", "the"),
            ["one two three teh", " end and more"],
            ["one two three ", "one two three the end and m", "one two three the end and more"],
        ),
        # Of one without, the line from where it may begin.
        (
            (r"/<[^>]*>/", ""),
            ["Hello <b", "r> you", "\nA < b", "!"],
            ["Hello ", "Hello ", "Hello  you\nA ", "Hello  you\nA ", "Hello  you\nA < b!"],
        ),
        ((r"/\s+$/", ""), ["One  ", "\nTwo", " "], ["", "One\n", "One\n", "One\nTwo"]),
        # At a line's beginning only: the rest of the line never waits.
        (
            (r"/^OOC:.*/", ""),
            ["Well. OOC", "\nOO", "C: brb", "\nOn"],
            ["Well. OOC", "Well. OOC\n", "Well. OOC\n", "Well. OOC\n\n", "Well. OOC\n\nOn"],
        ),
    ],
)
def test_what_is_certain_is_shown_and_no_more(
    pair: tuple[str, str], pieces: list[str], shown: list[str]
) -> None:
    assert grown(pieces, pair) == shown


def test_another_reply_begins_again() -> None:
    own = Substituted(rules([("a", "b")]))
    own.take("aaa")
    assert own.text == "bbb"
    own.take("xa")  # a thought was taken back
    assert own.text == "xb"
    own.take("xa", ended=True)
    own.take("xa", ended=True)
    assert own.text == "xb"
    own.take("xaa")
    assert own.text == "xbb"
    own.take("")
    assert own.text == ""


def test_without_any_the_text_is_as_it_came() -> None:
    own = Substituted()
    own.take("a\ud800")
    assert own.text == "a\ud800"


def test_what_would_flood_the_channel_stays() -> None:
    grows = ("a", "b" * 200)
    text = whole("a" * 1000, grows, ("b", "c" * 200), ("c", "d" * 200))
    assert len(text) <= 1000 + 3 * GROWTH
    assert whole("a" * 1000, grows).startswith("b" * 200 * 20 + "a" * 100)
    assert whole("ab" * 600, ("b", "")) == "a" * 500 + "ab" * 100
    assert whole("ab" * 600, (r"/b/", "")) == "a" * 500 + "ab" * 100


@pytest.mark.parametrize(
    "find",
    ["/(/", r"/(?=a)/", r"/(a)\1/", r"/a\C/", "/a{1001}/", "/((a{100}){100}){100}/", "/[z-a]/", "/*/"],
)
def test_a_pattern_that_re2_does_not_take_is_an_error(find: str) -> None:
    with pytest.raises(PatternError, match=r"\w"):
        size_of(find)


def test_a_pattern_that_also_finds_nothing_is_known() -> None:
    assert [finds_nothing(find) for find in ("/a*/", "/^/", r"/x|\b/", r"/z?\B/", "", "/a/", "a*")] == [
        *[True] * 5,
        *[False] * 2,
    ]


@pytest.mark.parametrize("find", [r"/(a+)+$/", r"/(a|a)*b/", r"/(.*)*x/", r"/(\w+\s?)+:/", "/a.*a.*a.*b/"])
def test_no_pattern_takes_its_time(find: str) -> None:
    # With backtracking, these would take years.
    text = "a" * 20_000
    assert whole(text, (find, "")) == text or find == r"/(a+)+$/"
    assert len(grown([text[:100]] * 50, (find, ""))) == 51


# Properties -----------------------------------------------------------------------------------------

TEXTS = st.text(alphabet="abAB *(<>)\n:é", max_size=60)
FINDS = st.sampled_from(
    [
        "a",
        "ab",
        "aba",
        " ",
        "**",
        "/a/",
        "/ab?a/i",
        "/a+b/",
        "/a*b/",
        r"/\ba\b/",
        r"/^a/",
        r"/^\*.*/",
        "/b$/",
        r"/\*{2,}/",
        r"/<[^>]*>/",
        r"/\(.*?\)/",
        r"/\s+$/",
        "/a|bb|b/",
        "/(?:ab)+/",
        "/[*]/",
        "/a{2}/",
        "/É/i",
        r"/\Ba/",
        "/.b/",
    ]
)
REPLACES = st.sampled_from(["", "a", "b*", "(", "$&", "$&$&", "é\n", "<$1>"])
PAIRS = st.lists(st.tuples(FINDS, REPLACES), max_size=3)


def expected(text: str, pairs: Rules) -> str:
    """The same by Python's own engine, each on whole lines."""
    for find, replace in pairs:
        lines = []
        for line in text.split("\n"):
            found = re.fullmatch(r"/(.*)/([a-z]*)", find)
            if found is None:
                lines.append(line.replace(find, replace))
                continue
            pattern = re.compile(found[1].replace("$", r"\Z"), re.IGNORECASE if found[2] else re.ASCII)

            def one(match: "re.Match[str]", replace: str = replace) -> str:
                first = match[1] if match.re.groups else "$1"
                return replace.replace("$&", match[0]).replace("$1", first) if match[0] else ""

            lines.append(pattern.sub(one, line))
        text = "\n".join(lines)
    return text


@given(TEXTS, PAIRS)
@example("aab", [("/a*b/", "$&$&")])
def test_it_is_what_pythons_own_engine_makes_of_whole_lines(text: str, pairs: list[tuple[str, str]]) -> None:
    assert whole(text, *pairs) == expected(text, pairs)


@given(st.lists(TEXTS, max_size=8), PAIRS)
def test_it_is_the_same_however_the_stream_is_cut_and_only_grows(
    pieces: list[str], pairs: list[tuple[str, str]]
) -> None:
    shown = grown(pieces, *pairs)
    for now, then in pairwise(shown):
        assert then.startswith(now)
    assert shown[-1] == whole("".join(pieces), *pairs)
    assert shown == grown(pieces, *pairs)
