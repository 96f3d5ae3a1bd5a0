"""Mentions: who a persona's words turn to, whatever people call themselves."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.mentions import MOST, mentioned

PEOPLE: list[tuple[str, int | None]] = [
    ("Alice", 1),
    ("Alice B", 2),
    ("Ünal", 3),
    ("阿渡", 4),
    ("Luna", None),
    ("Alice Luna", None),
    ("everyone", 6),
    ("C++ (fan)", 7),
    ("小明", 8),
    ("小明明", 9),
]


@pytest.mark.parametrize(
    ("text", "accounts"),
    [
        ("@Alice, your turn.", (1,)),
        ("Your turn, @ALICE!", (1,)),
        ("@Alice B and @Alice", (2, 1)),
        ("@Alice Luna looks up.", ()),  # a member's name, of which nobody learns the account
        ("@Luna looks up.", ()),
        ("@Alicent and Alice and bob@Alice.example", ()),
        ("@@Alice <@Alice>", ()),
        ("*nods to @ünal*", (3,)),
        ("@阿渡你好", (4,)),  # no blank parts a name from the word after it
        ("@阿渡，你好", (4,)),
        ("@小明は来た", (8,)),
        ("@Aliceは来た", (1,)),
        ("@小明明来了", (9,)),  # the longest of the names that stand there
        ("`@Alice` and https://example.com/@Alice", ()),
        ("@everyone @here <@&12> <@1>", (6,)),  # the one who calls themselves that, and nobody else
        ("@C++ (fan)!", (7,)),
        ("@Alice @Alice @Alice", (1,)),
        ("@ Alice", ()),
        ("", ()),
    ],
)
def test_who_is_mentioned(text: str, accounts: tuple[int, ...]) -> None:
    assert mentioned(text, PEOPLE) == accounts


def test_names_that_people_would_confuse_mention_nobody() -> None:
    assert mentioned("@Alice", [("Alice", 1), ("ALICE", 2)]) == ()
    assert mentioned("@Alice", [("Alice", 1), ("Alice", 1)]) == (1,)
    assert mentioned("@Alice", [("Alice", 1), ("Alice\u200b", None)]) == ()


def test_a_reply_mentions_five_people_at_most() -> None:
    crowd = [(f"Guest {letter}", at) for at, letter in enumerate("ABCDEFG", 1)]
    assert mentioned(" ".join(f"@{name}" for name, _ in crowd), crowd) == (1, 2, 3, 4, 5)
    assert MOST == 5


HOSTILE = st.text(st.sampled_from("@<>&!#*_~`|\\()[]{}.: aA\u200b\u202e1\n") | st.characters(), max_size=12)


@given(
    names=st.lists(HOSTILE, max_size=6),
    text=st.lists(HOSTILE | st.sampled_from(["@everyone", "@here", "<@1>", "<@&2>", "@"]), max_size=12).map(
        "".join
    ),
    hidden=st.sets(st.integers(0, 5)),
)
def test_whatever_people_call_themselves_only_their_accounts_come_out(
    names: list[str], text: str, hidden: set[int]
) -> None:
    present = [(name, None if at in hidden else 100 + at) for at, name in enumerate(names)]
    found = mentioned(text + "".join(f"@{name} " for name in names), present)
    assert set(found) <= {account for _, account in present if account is not None}
    assert len(set(found)) == len(found) <= MOST
    assert re.fullmatch(r"(<@\d+>( |$))*", " ".join(f"<@{each}>" for each in found))
