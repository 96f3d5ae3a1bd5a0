"""Discord's markup as HTML: the subset that people see rendered in a channel.

Inside a paragraph, `markdown-it` reads emphasis, code, links and escapes. What Discord does line by line is
here, because CommonMark does it otherwise: a line break shows, a quotation ends with its line, `-#` is small
print, and `__` underlines (Discord's page "Markdown Text 101").

Law: what people wrote can only become the elements named here, balanced, without any attribute of theirs but
the address of a link, which is a web page's. Nothing loads anything.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Final, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_CODE: Final = re.compile(r"```(?:[\w+#.-]{0,20}\n)?(.*?)\n?```", re.DOTALL)
"""A block of code, with the name of its language."""

_HEADING: Final = re.compile(r"(#{1,3}) +(\S.*)")
_SMALL: Final = re.compile(r"-# +(\S.*)")
_ITEM: Final = re.compile(r"( {0,20})(?:([-*])|([0-9]{1,9})\.) +(\S.*)")
_REST_QUOTED: Final = re.compile(r"(?m)^>>> ")
_ADDRESS: Final = re.compile(r"https?://[^\s/]", re.IGNORECASE)

_SPOILER: Final = "||"

_MAY_BE_MARKUP: Final = re.compile(r"[\\`*_~|\[\]<>#]|(?m:^ *(?:-|[0-9]+\.) )")
"""Without any of these a text is only escaped, which is most of them and forty times as fast."""


def to_html(text: str) -> str:
    """Return a text with Discord's markup as HTML blocks."""
    text = text.replace("\r\n", "\n").strip("\n")
    if _MAY_BE_MARKUP.search(text) is None:
        return _paragraph(escape(text).replace("\n", "<br>\n")) if text else ""
    return "".join(_blocks(text))


def _blocks(text: str) -> Iterator[str]:
    """Yield the blocks of a text; a quotation with `>>>` goes to its end."""
    # Of the same length, with nothing to be found in its blocks of code.
    quoted = _REST_QUOTED.search(_CODE.sub(lambda found: "\0" * len(found[0]), text))
    yield from _with_code(text if quoted is None else text[: quoted.start()])
    if quoted is not None:
        yield _quotation(text[quoted.end() :])


def _with_code(text: str, *, quoting: bool = True) -> Iterator[str]:
    """Yield the blocks of a text; inside of a quotation, a further sign of one is plain, as on Discord."""
    at = 0
    for code in _CODE.finditer(text):
        yield from _lines(text[at : code.start()], quoting=quoting)
        yield f"<pre><code>{escape(code[1])}</code></pre>\n"
        at = code.end()
    yield from _lines(text[at:], quoting=quoting)


def _quotation(text: str) -> str:
    return f"<blockquote>{''.join(_with_code(text, quoting=False))}</blockquote>\n"


def _lines(text: str, *, quoting: bool) -> Iterator[str]:
    kinds = ((_kind(line, quoting=quoting), line) for line in text.split("\n"))
    for kind, run in groupby(kinds, key=lambda each: each[0]):
        lines = [line for _, line in run]
        if kind == "quotation":
            yield _quotation("\n".join(line[2:] for line in lines))
        elif kind == "list":
            yield from _lists([_item(line) for line in lines])
        elif kind == "heading":
            for line in lines:
                level, words = _HEADING.fullmatch(line.strip()).groups()  # type: ignore[union-attr]
                yield f'<p class="h{len(level)}">{_inline(words)}</p>\n'
        elif kind == "small":
            for line in lines:
                yield f'<p class="small">{_inline(line.strip().partition(" ")[2].strip())}</p>\n'
        elif inside := "\n".join(lines).strip("\n"):
            yield _paragraph(_inline(inside))


def _kind(line: str, *, quoting: bool) -> str:
    if quoting and (line.startswith("> ") or line == ">"):
        return "quotation"
    if _HEADING.fullmatch(line.strip()):
        return "heading"
    if _SMALL.fullmatch(line.strip()):
        return "small"
    return "list" if _ITEM.fullmatch(line) else "words"


class _Item(NamedTuple):
    """An item of a list: how far it is indented, its number if it has one, and its words."""

    indent: int
    number: int | None
    words: str


def _item(line: str) -> _Item:
    found = _ITEM.fullmatch(line)
    assert found is not None
    return _Item(len(found[1]), int(found[3]) if found[3] else None, found[4])


def _lists(items: Sequence[_Item]) -> Iterator[str]:
    """Yield items as lists, with or without numbers; those that are indented further are lists inside."""
    starts = [at for at, item in enumerate(items) if not at or item.indent <= items[0].indent]
    inner = dict(zip(starts, [*starts, len(items)][1:], strict=True))
    for numbered, run in groupby(starts, key=lambda at: items[at].number is not None):
        level = list(run)
        inside = "".join(
            f"<li>{_inline(items[at].words)}{''.join(_lists(items[at + 1 : inner[at]]))}</li>" for at in level
        )
        opening = f'<ol start="{items[level[0]].number}">' if numbered else "<ul>"
        yield f"{opening}{inside}</{opening[1:3]}>\n"


def _paragraph(inside: str) -> str:
    return f"<p>{inside}</p>\n"


def _inline(text: str) -> str:
    rendered: str = _PARSER.renderInline(text)
    return rendered


# --- inside of a paragraph -------------------------------------------------------------------------


def _spoiler(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's own
    """Read `||…||`."""
    start = state.pos + len(_SPOILER)
    if not state.src.startswith(_SPOILER, state.pos):
        return False
    end = state.src.find(_SPOILER, start, state.posMax)
    if end <= start:
        return False
    if not silent:
        # It can be opened with the keyboard and by touch too, without a script.
        state.push("spoiler_open", "span", 1).attrs = {"class": "spoiler", "tabindex": 0}
        state.pos, state.posMax, whole = start, end, state.posMax
        state.md.inline.tokenize(state)
        state.posMax = whole
        state.push("spoiler_close", "span", -1)
    state.pos = end + len(_SPOILER)
    return True


def _underlined(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    if token.markup == "__":
        token.tag = "u"
    return renderer.renderToken(tokens, index, options, env)


def _leading(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    if not token.attrs["href"]:
        return "["
    token.attrs = {"href": str(token.attrs["href"]), "rel": "noopener noreferrer nofollow"}
    return renderer.renderToken(tokens, index, options, env)


def _led(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    # The library takes `[]()` for a link to nowhere, without asking; Discord shows it as it is.
    opening = next(each for each in reversed(tokens[:index]) if each.type == "link_open")
    return renderer.renderToken(tokens, index, options, env) if opening.attrs["href"] else "]()"


def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"breaks": True})
    parser.enable(["newline", "escape", "backticks", "strikethrough", "emphasis", "link", "autolink"])
    parser.inline.add_terminator_char("|")
    parser.inline.ruler.before("link", "spoiler", _spoiler)
    parser.validateLink = lambda url: _ADDRESS.match(url) is not None  # type: ignore[method-assign]
    parser.add_render_rule("strong_open", _underlined)
    parser.add_render_rule("strong_close", _underlined)
    parser.add_render_rule("link_open", _leading)
    parser.add_render_rule("link_close", _led)
    return parser


_PARSER: Final = _parser()
