"""What a prompt is made of: tokens by part, the bar that shows them, and who gets no profile."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.completion import Message, Naming, Prompt, Role, Sampling
from bot.core.endpoint.calibration import Calibration
from bot.core.memory.memory import Memory
from bot.core.memory.table import TableRules
from bot.core.persona import DefaultProfile, Persona, Sample, ToldLore
from bot.core.prompting.inspection import BAR, ORDER, Lack, bar, digest, lack_of, parts_of
from bot.core.prompting.prompt import PromptContext, build_prompt
from bot.core.scene import Position, Speaker, Turn
from bot.core.tokens import BY_SCRIPT, Size

SAMPLING = Sampling(1.0, 0.95, 1024)
UNLEARNT = Calibration()
SIGNS = dict(zip(ORDER, "abcdefghijk", strict=True))

MARLOW = Persona(
    key="marlow",
    name="Marlow",
    description="An innkeeper.",
    scenario="A storm.",
    samples=(Sample(user="A room?", reply="Number four."),),
    user=DefaultProfile(description="A traveller."),
)


def said(number: int, text: str, persona: str | None = None, tokens: int = 20) -> Turn:
    speaker = Speaker(2, "Marlow", persona_key=persona) if persona else Speaker(1, "Alice", user_id=7)
    return Turn(number, 1, Position(number), speaker, text, tokens, datetime(2026, 1, 1, tzinfo=UTC))


def prompt(naming: Naming = Naming.NAMED, text: str = "Well?", tokens: int = 20) -> Prompt:
    turns = [said(1, "Good evening."), said(2, "Evening.", "marlow"), said(3, text, tokens=tokens)]
    memory = PromptContext(memory=Memory("Alice came in.", ("The ferry sank.",), "Be grim."))
    lore = ToldLore(
        before=("The year of the comet.",),
        after=("The inn is old.",),
        notes=("The light is dark.", "It rains."),
    )
    told = replace(memory, table=TableRules(("No spiders.",)))
    return build_prompt(MARLOW.telling(lore), turns, SAMPLING, naming, told)


# --- parts ------------------------------------------------------------------------------------------


def parts(prompt: Prompt, window: int, known: Calibration = UNLEARNT) -> dict[str, int]:
    return parts_of(prompt, window, known, BY_SCRIPT)


def test_every_part_gets_its_messages_and_together_they_are_the_window() -> None:
    found = parts(prompt(), 65_536)
    assert list(found) == list(ORDER)
    assert sum(found.values()) == 65_536
    assert (found["request"], found["reply"]) == (180, 1024)
    assert all(found.values())


@given(st.sampled_from(Naming), st.text(max_size=40), st.lists(st.integers(0, 3), max_size=20))
def test_what_is_sent_comes_to_what_the_bot_expects_of_the_prompt_whatever_it_has_learnt(
    naming: Naming, text: str, learnt: list[int]
) -> None:
    shown, known = prompt(naming, text), UNLEARNT
    for extra in learnt:
        known = known.after_reply(shown.size, known.expected(shown.size) + 7 * extra, 1024)
    found = parts(shown, 65_536, known)
    sent = sum(tokens for name, tokens in found.items() if name not in {"reply", "free"})
    assert sent == known.expected(shown.size)
    assert min(found.values()) >= 0


def test_lore_is_a_part_of_its_own_wherever_it_stands() -> None:
    told = (
        "The year of the comet.\n\nWhat the world is like:\nThe inn is old.",
        "\n[lore: The light is dark.]\n[lore: It rains.]",
    )
    for naming in Naming:
        assert parts(prompt(naming), 65_536)["lore"] == sum(map(BY_SCRIPT.count, told))


def test_turns_cost_what_was_counted_when_they_were_said() -> None:
    # Three turns of 20, their names, one each, and their messages, 6 each; the history's own texts would be 10.
    assert parts(prompt(), 65_536)["history"] == 81


@pytest.mark.parametrize(
    ("role", "part"),
    [
        ("system", "persona"),
        ("user_system", "profiles"),
        ("group", "scene"),
        ("sample_message_user", "samples"),
        ("sample_message_ai", "samples"),
        ("user", "history"),
        ("assistant", "history"),
    ],
)
def test_a_message_counts_with_its_name_and_its_share_of_the_request(role: Role, part: str) -> None:
    found = parts(Prompt((Message(role, "Marlow", "Good evening."),), SAMPLING, Size(4, 1)), 4096)
    # 6 for the message, 1 for the name, 3 for two words and a sign.
    assert {name: tokens for name, tokens in found.items() if tokens} == {
        part: 10,
        "request": 180,
        "reply": 1024,
        "free": 4096 - 10 - 180 - 1024,
    }


def test_a_prompt_larger_than_the_window_leaves_nothing_free() -> None:
    assert parts(prompt(tokens=4000), 2048)["free"] == 0


def test_in_a_folded_prompt_scene_and_samples_are_the_personas() -> None:
    found = parts(prompt(Naming.FOLDED), 65_536)
    assert (found["profiles"], found["scene"], found["samples"]) == (0, 0, 0)
    assert found["persona"] > parts(prompt(), 65_536)["persona"]


@pytest.mark.parametrize(
    ("tokens", "known", "lack"),
    [
        (60_000, UNLEARNT, Lack.FULL),
        (26_000, UNLEARNT, Lack.FULL),
        (20_000, UNLEARNT, Lack.BEFORE),
        (20_000, UNLEARNT.after_overflow(Size(40_000, 30), 1024), Lack.REFUSED),
        (30_000, UNLEARNT.after_overflow(Size(40_000, 30), 1024), Lack.REFUSED),
        # What was larger has been taken: no refusal made it as small as it is.
        (60_000, UNLEARNT.after_overflow(Size(40_000, 30), 1024), Lack.FULL),
    ],
)
def test_turns_are_left_out_for_a_full_window_for_a_refusal_or_for_what_was_before(
    tokens: int, known: Calibration, lack: Lack
) -> None:
    assert lack_of(Prompt((), SAMPLING, Size(tokens, 30)), 64_512, known) is lack


# --- the bar ----------------------------------------------------------------------------------------

tokens_by_part = st.tuples(*(st.integers(0, 70_000) for _ in ORDER)).map(
    lambda tokens: dict(zip(ORDER, tokens, strict=True))
)


@given(tokens_by_part)
def test_the_bar_is_always_as_long_and_shows_each_part_that_is_there_in_order(
    parts: Mapping[str, int],
) -> None:
    shown = bar(parts, SIGNS)
    there = [SIGNS[name] for name in ORDER if parts[name]]
    assert len(shown) == (BAR if there else 0)
    assert list(dict.fromkeys(shown)) == there
    assert sorted(shown) == list(shown)  # the signs are in the alphabet's order: no part is in two places


@given(tokens_by_part)
def test_in_the_bar_a_larger_part_is_never_shorter(parts: Mapping[str, int]) -> None:
    shown = bar(parts, SIGNS)
    lengths = [(tokens, shown.count(SIGNS[name])) for name, tokens in parts.items()]
    assert all(first <= second for small, first in lengths for large, second in lengths if small < large)


@given(tokens_by_part)
def test_in_the_bar_no_part_that_can_be_seen_anyway_is_longer_than_its_share(
    parts: Mapping[str, int],
) -> None:
    shown, total = bar(parts, SIGNS), sum(parts.values()) or 1
    assert all(shown.count(SIGNS[name]) <= 1 + BAR * tokens / total for name, tokens in parts.items())


@given(st.integers(0, 65_536))
def test_a_bar_of_two_parts_is_true_to_a_block(used: int) -> None:
    shown = bar({"persona": used, "free": 65_536 - used}, SIGNS, width=20)
    share = 20 * used / 65_536
    assert abs(shown.count("a") - share) <= 1


def test_the_bar_of_an_ordinary_prompt() -> None:
    parts = dict(zip(ORDER, (3000, 1000, 200, 50, 100, 20, 300, 29_800, 180, 1024, 29_912), strict=True))
    assert bar(parts, SIGNS) == "abcdefghhhhhijkkkkkk"


def test_a_bar_of_nothing_is_empty() -> None:
    assert bar(dict.fromkeys(ORDER, 0), SIGNS) == ""


# --- digests --------------------------------------------------------------------------------------


def test_a_digest_tells_prompts_apart_by_every_letter_of_their_messages_and_by_nothing_else() -> None:
    one = Prompt((Message("user", "Alice", "Hm."), Message("user", "Bob", "Hm.")), SAMPLING, Size(10, 2))
    same = Prompt(one.messages, Sampling(0.1, 0.2, 3), Size(99, 1))
    others = (
        (Message("user", "Alice", "Hm"), Message("user", "Bob", "Hm.")),
        (Message("user", "Bob", "Hm."), Message("user", "Alice", "Hm.")),
        (Message("assistant", "Alice", "Hm."), Message("user", "Bob", "Hm.")),
        (Message("user", "AliceHm.", ""), Message("user", "Bob", "Hm.")),
        one.messages[:1],
    )
    assert digest(same) == digest(one)
    assert len({digest(one), *(digest(Prompt(messages, SAMPLING, Size(10, 2))) for messages in others)}) == 6
