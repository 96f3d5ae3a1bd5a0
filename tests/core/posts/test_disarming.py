"""What a persona's post may not do: pass for the bot's own words, or hide what it shows."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.posts.buttons import TurnStatus
from bot.core.posts.disarming import disarmed
from bot.core.posts.layout import Author, lay_out
from bot.core.posts.pages import CONTENT_LIMIT, utf16_length
from bot.core.scene import Ending

WJ = "\u2060"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # Small print is the bot's own.
        ("-# edited by Alice", "‐# edited by Alice"),
        ("Aye.\n-# The reply was cut off.", "Aye.\n‐# The reply was cut off."),
        ("Aye.\n  -#\u00a0small", "Aye.\n  ‐#\u00a0small"),
        ("> -# quoted", "> ‐# quoted"),
        (">>> a\n-# b", ">>> a\n‐# b"),
        ("- -# in a list", "- ‐# in a list"),
        ("1. -# in a list", "1. ‐# in a list"),
        ("Aye.\n-#", "Aye.\n‐#"),
        ("-#\ufeffx", "‐#\ufeffx"),
        ("-# a\n-# b", "‐# a\n‐# b"),
        ("-#tag and a-#b", "-#tag and a-#b"),
        ("# A heading\n- a list\n**bold**", "# A heading\n- a list\n**bold**"),
        # So is the arrow above a reply.
        ("↪ Bob", "→ Bob"),
        (":arrow_right_hook: Bob", "꞉arrow_right_hook: Bob"),
        ("\\:arrow_right_hook:arrow_right_hook:", "\\꞉arrow_right_hook꞉arrow_right_hook:"),
        (":arrow_right: arrow_right_hook: :smile:", ":arrow_right: arrow_right_hook: :smile:"),
        ("-# ↪ [Bob](https://discord.com/channels/1/2/3)", "‐# → (Bob)(https://discord.com/channels/1/2/3)"),
        # A masked link shows its address.
        ("See [the rules](https://evil.example).", "See (the rules)(https://evil.example)."),
        ("[a](<https://evil.example>)", "(a)(<https://evil.example>)"),
        ('[a](https://evil.example "safe")', '(a)(https://evil.example "safe")'),
        ("[a](\nhttps://evil.example)", "(a)(\nhttps://evil.example)"),
        ("[a](discord://x) [b](mailto:x@y.z)", "(a)(discord://x) (b)(mailto:x@y.z)"),
        ("[a](https\\://evil.example)", "(a)(https\\://evil.example)"),
        ("[a [b] c](https://evil.example)", "(a [b] c)(https://evil.example)"),
        ("[a] b](https://evil.example)", "[a] b)(https://evil.example)"),
        ("[https://good.example](https://evil.example)", "(https://good.example)(https://evil.example)"),
        ("[a\nb](https://evil.example)", "[a\nb)(https://evil.example)"),
        ("[**bold**](https://evil.example)", "(**bold**)(https://evil.example)"),
        ("[a](b)[c](d)", "(a)(b)(c)(d)"),
        ("][a](https://evil.example)", "][a)(https://evil.example)"),
        ("[x][a](https://evil.example)", "[x][a)(https://evil.example)"),
        ("[sigh] (softly)", "[sigh] (softly)"),
        ("a list[0] and f(x)", "a list[0] and f(x)"),
        ("https://example.com/a_(b)", "https://example.com/a_(b)"),
        # Marks of direction come as pairs in a line, or not at all; overrides never.
        ("a\u202etxt.exe", f"a{WJ}txt.exe"),
        ("a\u202dtxt\u202c", f"a{WJ}txt{WJ}"),
        ("\u2067שלום\u2069 he said", "\u2067שלום\u2069 he said"),
        ("\u202bשלום\u202c", "\u202bשלום\u202c"),
        ("\u2067שלום he said", f"{WJ}שלום he said"),
        ("\u2067a\n\u2069b", f"{WJ}a\n{WJ}b"),
        ("a\u2069b\u202c", f"a{WJ}b{WJ}"),
        ("\u2066a\u202c\u2069", f"\u2066a{WJ}\u2069"),
        ("\u2066\u202aa\u202c\u2069", "\u2066\u202aa\u202c\u2069"),
        ("\u2068a\u2068b\u2069", f"{WJ}a\u2068b\u2069"),
        ("\u200fשלום\u200e", "\u200fשלום\u200e"),
    ],
)
def test_what_a_text_becomes_in_a_post(text: str, shown: str) -> None:
    assert disarmed(text) == shown


FENCED = "```md\n-# small\n[a](https://b.example) ↪ \u2067a\u2069\n```"


@pytest.mark.parametrize(
    "text",
    [
        FENCED,
        f"Look:\n{FENCED}\nThat is all.",
        f"{FENCED}\n{FENCED}",
        "```\n> -# x\n```",
        "Write `[a](https://b.example)` or ``-# small``.",
        "> write `-# small` there",
        "`-# a` and `-# b`",
        "`:arrow_right_hook:`",
        ">>> Look:\n```\n-# x\n```",
        "```c++\n-# x\n```  ",
        "*smiles*\n```\n-# x\n```",
    ],
)
def test_code_stays_as_it_is(text: str) -> None:
    assert disarmed(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # What looks like code, and is none for Discord, or may be none.
        ("`\n-# x\n`", "`\n‐# x\n`"),
        ("```\n-# x", "```\n‐# x"),
        ("a ```\n-# x\n```", "a ```\n‐# x\n```"),
        ("> ```\n-# x\n> ```", "> ```\n‐# x\n> ```"),
        ("> ```\n> a\n> ```\n-# x\n```", "> ```\n> a\n> ```\n‐# x\n```"),
        ("```\n```\n-# x\n```", "```\n```\n‐# x\n```"),
        ("```\n\n```\n-# x", "```\n\n```\n‐# x"),
        ("````\n-# x\n````", "````\n‐# x\n````"),
        ("  ```\n-# x\n  ```", "  ```\n‐# x\n  ```"),
        ("```\na```\n-# x\n```", "```\na```\n‐# x\n```"),
        ("```py -# x```", "```py ‐# x```"),
        ("\\`[a](https://b.example)`", "\\`(a)(https://b.example)`"),
        ("[`](https://b.example)`", "(`)(https://b.example)`"),
        ("[a `b](https://b.example)` c", "(a `b)(https://b.example)` c"),
        ("`[a] b](https://b.example)`", "`[a] b)(https://b.example)`"),
        ("a ` b\nc ` [d](https://b.example) `", "a ` b\nc ` (d)(https://b.example) `"),
        ("`` [a](https://b.example) `", "`` (a)(https://b.example) `"),
        ("https://c.example/` [a](https://b.example) `", "https://c.example/` (a)(https://b.example) `"),
        ("<a:/`> [a](https://b.example) `", "<a:/`> (a)(https://b.example) `"),
        ("**a `b** [c](https://b.example) `", "**a `b** (c)(https://b.example) `"),
        ("**a\n```\nb**\n-# x\n```", "**a\n```\nb**\n‐# x\n```"),
        ("||a\n```\nb||\n-# x\n```", "||a\n```\nb||\n‐# x\n```"),
        # Marks of direction turn what stands beside the code.
        ("`x\u202e` moc.live", f"`x{WJ}` moc.live"),
        ("`\u2067` a \u2069", "`\u2067` a \u2069"),
        ("a \u2067`b` c", f"a {WJ}`b` c"),
        ("`a\u202b` `-# b`\nc", f"`a{WJ}` `-# b`\nc"),
        ("```\n\u202ea\n-# b\n```", f"```\n{WJ}a\n-# b\n```"),
        # Around code it is text.
        ("-# a `-# b`", "‐# a `-# b`"),
        ("`a` [b](https://b.example) `c`", "`a` (b)(https://b.example) `c`"),
        ("[`a`](https://b.example)", "(`a`)(https://b.example)"),
        ("```\n-# x\n```\n-# y", "```\n-# x\n```\n‐# y"),
    ],
)
def test_in_doubt_it_is_text(text: str, shown: str) -> None:
    assert disarmed(text) == shown


PIECES = st.lists(
    st.sampled_from(
        ["-#", "- #", " ", "\n", "[", "]", "(", ")", "](", "https://b.example", "`", "``", "```", "> ", ">>> ",
         "↪", "\u202a", "\u202c", "\u202e", "\u2066", "\u2069", "**", "\\", "word", "好", "🙂"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(PIECES | st.text(max_size=60))
@example("[a](b)")
def test_nothing_moves_and_twice_is_once(text: str) -> None:
    shown = disarmed(text)
    assert len(shown) == len(text)
    assert utf16_length(shown) == utf16_length(text)
    assert disarmed(shown) == shown
    assert shown.count("\n") == text.count("\n")


@given(PIECES)
def test_without_backticks_nothing_is_left_of_it(text: str) -> None:
    shown = disarmed(text.replace("`", ""))
    assert "](" not in shown
    assert "↪" not in shown
    assert "-# " not in shown
    assert "\u202e" not in shown


@given(PIECES, st.sampled_from([None, "The reply was cut off."]))
def test_the_posts_of_a_turn_show_it_so_and_its_slices_are_those_of_the_text(
    text: str, notice: str | None
) -> None:
    text *= 60
    wanted = lay_out(text, notice, TurnStatus(Ending.DONE), (), Author(None, "**Marlow**"))
    assert "".join(post.text for post in wanted) in (text, "")
    for post in wanted:
        assert utf16_length(post.content) <= CONTENT_LIMIT
        assert post.text == text[post.page.start : post.page.end]
        if notice is None and "`" not in text:
            assert "-# " not in post.content


def test_the_bots_own_lines_around_it_stay() -> None:
    heading = "-# ↪ [Bob](https://discord.com/channels/1/2/3)"
    (post,) = lay_out("-# x", "edited by Alice\nThe reply was cut off.", None, (), Author(4, heading))
    assert post.content == f"{heading}\n‐# x\n-# edited by Alice\n-# The reply was cut off."
    assert post.text == "-# x"
