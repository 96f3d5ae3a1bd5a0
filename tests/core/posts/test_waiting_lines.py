"""Lines that wait for a moderation log: none is lost in silence, and none is posted twice."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.moderation import Act, Entry
from bot.core.posts.pages import CONTENT_LIMIT, utf16_length
from bot.core.posts.waiting_lines import MOST, WaitingLines
from bot.core.scene import Place


def entry(number: int) -> Entry:
    return Entry(Act.EDITED, Place(7, None, 5), 1, number)


def line(entry: Entry) -> str:
    return f"{entry.message_id}."


def test_a_message_stays_the_same_until_it_is_posted_whatever_comes_meanwhile() -> None:
    lines, numbers = WaitingLines(), iter(range(9))
    for number in (1, 2):
        lines.add(entry(number))
    first = lines.batch(line, lambda: next(numbers))
    assert first is not None
    assert (first.text, first.number, first.count) == ("1.\n2.", 0, 2)
    lines.add(entry(3))
    assert lines.batch(line, lambda: next(numbers)) is first
    lines.posted()
    second = lines.batch(line, lambda: next(numbers))
    assert second is not None
    assert (second.text, second.number, len(lines)) == ("3.", 1, 1)
    lines.posted()
    assert (lines.batch(line, lambda: next(numbers)), len(lines), lines.told_lost()) == (None, 0, 0)


def test_what_is_dropped_is_counted_once() -> None:
    lines = WaitingLines()
    for number in range(MOST + 3):
        lines.add(entry(number))
    assert (len(lines), lines.told_lost(), lines.told_lost()) == (MOST, 3, 0)
    found = lines.batch(line, lambda: 1)
    assert found is not None
    assert found.text.startswith("3.\n4.\n")
    lines.give_up()
    assert (len(lines), lines.told_lost()) == (MOST - found.count, found.count)


@given(st.lists(st.text(min_size=1, max_size=900), max_size=30))
def test_messages_hold_all_lines_in_their_order_and_no_more_than_discord_takes(texts: list[str]) -> None:
    lines, found, count = WaitingLines(), [], 0
    for number in range(len(texts)):
        lines.add(entry(number))
    while (batch := lines.batch(lambda each: texts[each.message_id or 0], lambda: 1)) is not None:
        assert utf16_length(batch.text) <= CONTENT_LIMIT
        found.append(batch.text)
        count += batch.count
        lines.posted()
    assert ("\n".join(found), count) == ("\n".join(texts), len(texts))
