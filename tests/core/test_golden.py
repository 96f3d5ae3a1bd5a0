"""The counter by script, held to golden counts: 386 short texts, counted once with MiniMax's own table.

`bench/golden.py` makes the counts, and checks the table's digest first. Where the table is installed, it is
held to them too.
"""

import json
from pathlib import Path

import pytest

from bot.core.tokens import BY_SCRIPT, MARGIN
from bot.endpoint.exact_counter import SHA256, load

GOLDEN = json.loads(Path(__file__).with_name("golden_tokens.json").read_text(encoding="utf-8"))
SETS: dict[str, list[tuple[int, str]]] = GOLDEN["sets"]

# Set, then the least and the most that the margin's estimate for the whole set may be of the truth, then
# the least for one text of at least eight tokens.
BOUNDS = [
    ("english prose", 1.15, 1.50, 1.15),
    ("plays", 1.15, 1.50, 1.00),
    ("role play", 1.15, 1.50, 1.05),
    ("chat", 1.15, 1.40, 1.00),
    ("chinese", 1.15, 1.50, 1.05),
    ("japanese", 1.05, 1.40, 0.85),
    ("korean", 1.05, 1.40, 0.75),
    ("russian", 1.15, 1.50, 1.05),
    ("thai", 1.15, 1.50, 0.95),
    ("hebrew", 1.15, 1.50, 1.10),
    ("arabic", 1.15, 1.60, 0.75),
    ("persian", 1.15, 1.50, 1.10),
    ("latin, accented", 1.05, 1.40, 0.85),
    ("latin, plain", 0.98, 1.30, 0.75),
    ("greek", 1.15, 1.50, 1.15),
    ("hindi", 1.15, 1.50, 1.00),
    ("emoji", 1.15, 1.75, 0.80),
    ("discord markup", 1.15, 1.50, 1.15),
    ("code", 1.15, 1.50, 1.00),
    ("hostile", 1.15, 1.60, 0.55),
    ("names", 1.05, 1.40, 0.65),
]


@pytest.mark.parametrize(("name", "least", "most", "lowest"), BOUNDS, ids=[bound[0] for bound in BOUNDS])
def test_with_its_margin_the_estimate_lies_above_each_set_and_not_far(
    name: str, least: float, most: float, lowest: float
) -> None:
    texts = SETS[name]
    truth = sum(count for count, _ in texts)
    assert least <= MARGIN * sum(BY_SCRIPT.count(text) for _, text in texts) / truth <= most
    for count, text in texts:
        if count >= 8:
            assert MARGIN * BY_SCRIPT.count(text) / count >= lowest, text


def test_over_all_sets_the_count_itself_is_neither_high_nor_low() -> None:
    texts = [entry for entries in SETS.values() for entry in entries]
    assert len(texts) == 386
    assert 0.95 <= sum(BY_SCRIPT.count(text) for _, text in texts) / sum(count for count, _ in texts) <= 1.05


def test_every_set_has_its_bounds() -> None:
    assert [bound[0] for bound in BOUNDS] == list(SETS)


def test_the_golden_counts_are_of_the_table_that_the_bot_knows() -> None:
    assert GOLDEN["counted_by"]["sha256"] == SHA256


def test_minimax_s_own_table_gives_the_golden_counts() -> None:
    try:
        exact = load()
    except ModuleNotFoundError as error:
        pytest.skip(f"the extra [exact] is not installed: there is no {error.name or error}")
    differing = [
        (text, count, exact.count(text))
        for entries in SETS.values()
        for count, text in entries
        if exact.count(text) != count
    ]
    assert differing == []
