"""Plain, modern English: words that a reader of today, or a translator, stumbles over are in no sentence.

Held against the catalogue, the pages, the configuration's comments, the persona schema, and the docstrings and comments of
the bot, its tests and its benches. Migrations that were released stay as they are.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.texts.catalogue.hosts import HOSTS
from bot.texts.catalogue.players import PLAYERS

ROOT = Path(__file__).parents[2]

MARKERS = re.compile(
    r"\b(whoever|whosoever|whomever|whom|whichsoever|anew|shall|shan't|lest|ought|thereof|therein|wherein|whereby|"
    r"whereupon|hence|henceforth|thenceforth|hitherto|albeit|nor yet|be it|nobody plays|plays on|"
    r"for nobody|as though it were)\b",
    re.IGNORECASE,
)
"""Archaic words, and the phrases by which sentences were once built here."""

PAGES = sorted(
    {
        str(path.relative_to(ROOT))
        for pattern in ("*.md", "docs/*.md", "bot/storage/migrations/001*.sql")
        for path in ROOT.glob(pattern)
    }
    | {"config.example.yaml", "docker-compose.yml", "Dockerfile", "Makefile", "personas/persona.schema.json"}
)

FILES = sorted(
    str(path.relative_to(ROOT))
    for folder in ("bot", "tests", "bench")
    for path in (ROOT / folder).rglob("*.py")
)


def marked(text: str) -> list[str]:
    return [found[0].lower() for found in MARKERS.finditer(text)]


def prose(source: str) -> Iterator[tuple[int, str]]:
    """The docstrings, the notes under constants, and the comments of a module, with their lines."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.lineno, node.value.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_no_sentence_uses_an_archaic_word() -> None:
    assert {key: marked(text) for key, text in {**PLAYERS, **HOSTS}.items() if marked(text)} == {}


@pytest.mark.parametrize("page", PAGES)
def test_no_page_uses_an_archaic_word(page: str) -> None:
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    assert {number: marked(line) for number, line in enumerate(lines, 1) if marked(line)} == {}


def test_no_docstring_or_comment_uses_an_archaic_word() -> None:
    sources = {file: (ROOT / file).read_text(encoding="utf-8") for file in FILES}
    assert len(sources) > 380
    found = {
        f"{file}:{line}": marked(text)
        for file, source in sources.items()
        if marked(source)  # few use one even in their code, and it takes long to tell that from prose
        for line, text in prose(source)
        if marked(text)
    }
    assert found == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Whoever hosts this bot", ["whoever"]),
        ("It is read anew, be it that nobody plays", ["anew", "be it", "nobody plays"]),
        ("The room is whole; a marshal shallowly thence-ward stays.", []),
    ],
)
def test_what_counts_as_archaic(text: str, found: list[str]) -> None:
    assert marked(text) == found


def test_docstrings_notes_and_comments_are_all_read() -> None:
    source = '"""One."""\nLIMIT = 1\n"""Two."""\n\n\ndef f() -> None:  # four\n    """Three."""\n    say("not this")\n'
    assert {text for _, text in prose(source)} == {"One.", "Two.", "Three.", "# four"}
