"""Decorators: what they ask for, and that none is left in a content."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.lore.decorators import Decorated, decorated
from bot.core.lorebook import Spot


@pytest.mark.parametrize(
    ("lines", "attribute", "value"),
    [
        ("@@scan_depth 5", "scan_depth", 5),
        ("@@activate_only_after 3", "after", 3),
        ("@@activate_only_every 4", "every", 4),
        ("@@is_greeting 0", "greeting", 0),
        ("@@keep_activate_after_match", "keeps", True),
        ("@@dont_activate_after_match", "once", True),
        ("@@activate", "activate", True),
        ("@@dont_activate", "dont_activate", True),
        ("@@additional_keys a, b c", "additional", ("a", "b c")),
        ("@@exclude_keys x", "excluded", ("x",)),
        ("@@ignore_on_max_context", "yields", True),
        ("@@position before_desc", "spot", Spot.BEFORE),
        ("@@depth 4\n@@role system", "wishes", ("@@depth 4", "@@role system")),
        ("@@scan_depth 2\n@@scan_depth 9", "scan_depth", 2),
        ("@@unknown 1\n@@@scan_depth 3", "scan_depth", 3),
        ("@@scan_depth many\n@@@unknown\n@@@scan_depth 3", "scan_depth", 3),
        ("@@a\n@@@b\n@@@c\n@@@d\n@@@e\n@@@scan_depth 3", "scan_depth", 3),  # the fifth fallback
        ("@@scan_depth 2\n@@@activate", "activate", False),  # a fallback that isn't needed
        ("@@@scan_depth 3", "scan_depth", None),  # of nothing
        ("@@scan_depth -1", "scan_depth", None),
        ("@@scan_depth 99999999999", "scan_depth", None),
        ("@@position personality", "spot", None),
    ],
)
def test_a_decorator_means(lines: str, attribute: str, value: object) -> None:
    found = decorated(f"{lines}\n\nThe text.\n@@not one")
    assert getattr(found, attribute) == value
    assert found.text == "The text.\n@@not one"


def test_a_content_without_any_is_as_it_was() -> None:
    assert decorated(" a\n\nb ") == Decorated("a\n\nb")
    assert decorated("@@depth 3").text == ""


@given(st.lists(st.sampled_from(["@@depth 4", "@@@x", "@@unknown", "", " @@activate"])), st.text())
def test_none_is_left(lines: list[str], text: str) -> None:
    found = decorated("\n".join([*lines, text]))
    assert not found.text.lstrip().startswith("@@")
