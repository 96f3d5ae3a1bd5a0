"""Which messages are heard, as whose and when, where a proxy posts what people write again: every order of events.

A line of a table is something that happens, after so many seconds, or what is heard then. People's messages
and copies have numbers in the order in which they are written; what is heard names them.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.core.holds import DELETED, KEPT, LATEST, REPROXIED, Due, Room
from bot.core.proxies import FURTHER, PLURALKIT, TUPPERBOX, character_of
from bot.core.scene import Attached, IncomingMessage, Participant, Place

ACCOUNTS = {"Alice": 1, "Bob": 2, "Carol": 3}
HELD = {"Alice"}
"""Who was seen proxied here lately."""

SETTLE = 2.5
PLACE = Place(10, None, 5)
AT = datetime(2026, 3, 1, tzinfo=UTC)

EVENT = re.compile(r"(?P<at>[\d.]+) (?P<who>\w+)(?P<proxy> by \w+)?: (?P<text>.*)", re.DOTALL)
CHANGE = re.compile(
    r"(?P<at>[\d.]+) (?P<what>deleted|edited|answered) (?P<number>\d+)(?:: (?P<text>.*))?", re.DOTALL
)
PROXIES = {" by PluralKit": PLURALKIT, " by Tupperbox": TUPPERBOX}


class Evening:
    """A channel to which things happen at certain times, and what is heard of it."""

    def __init__(self, held: Sequence[str] = tuple(HELD), settle: float = SETTLE) -> None:
        self.room = Room()
        self.heard: list[str] = []
        self.due: list[Due] = []
        self._handlers: list[IncomingMessage] = []
        self._held = held
        self._settle = settle
        self._number = 0
        self._now = 0.0

    def play(self, *events: str) -> list[str]:
        """Let all this happen, and return what is heard, and when."""
        for event in events:
            at = float(event.split()[0])
            self._until(at)
            self._now = at
            self._happen(event, at)
            self._look(at)
        self._until(1000.0)
        return self.heard

    def _happen(self, event: str, at: float) -> None:
        if (change := CHANGE.fullmatch(event)) is not None:
            number = int(change["number"])
            if change["what"] == "deleted":
                self.room.deleted(number)
            elif change["what"] == "answered":
                self.room.answered(number)
            else:
                self.room.edited(message(number, Participant(1, "Alice"), change["text"]))
            return
        said = EVENT.fullmatch(event)
        assert said is not None, event
        self._number += 1
        if said["proxy"] is None:
            written = message(self._number, Participant(ACCOUNTS[said["who"]], said["who"]), said["text"])
            self.room.came(written, at)
            if said["who"] in self._held:
                self.room.hold(written.id, self._settle)
        else:
            application = PROXIES[said["proxy"]]
            member = Participant(application, said["who"], character_of(application, said["who"]))
            written = message(self._number, member, said["text"])
            self.room.copied(written, at)
        self._handlers.append(written)

    def _until(self, at: float) -> None:
        """Let time pass: handlers look again when they have waited."""
        while self._handlers:
            waits = [self.room.wait(each.id, self._now) for each in self._handlers]
            if self._now + min(waits) >= at:
                return
            self._now += min(waits)
            self._look(self._now)

    def _look(self, now: float) -> None:
        for each in tuple(self._handlers):
            if self.room.wait(each.id, now) <= 0:
                self._handlers.remove(each)
                due = self.room.take(each)
                if due is not None:
                    self.due.append(due)
                    self.heard.append(f"{now:g} {shown(due)}")


def message(number: int, author: Participant, text: str) -> IncomingMessage:
    files = text.count("[file]")
    text = text.replace("[file]", "").strip()
    return IncomingMessage(number, PLACE, author, text, AT, attached=(Attached("image", ""),) * files)


def shown(due: Due) -> str:
    names = {number: name for name, number in ACCOUNTS.items()} | {PLURALKIT: "?", TUPPERBOX: "?"}
    whose = [
        f"{each.id} {each.author.name}" + (f" of {names[each.author.id]}" if each.author.character else "")
        for each in due.messages
    ]
    said = " + ".join(whose)
    said += f" instead of {due.original.id}" if due.original is not None and due.was_heard else ""
    said += f" for {due.original.id}" if due.original is not None and not due.was_heard else ""
    said += ", answered before" if due.is_answered else ""
    return said + (f" was {due.reproxied}" if due.reproxied else "")


TIMELINES = {
    "nobody's proxy is about: at once": (["0 Bob: Hello."], ["0 1 Bob"]),
    "the copy comes before the hold ends": (
        ["0 Alice: L: Hello.", "0.4 Luna by PluralKit: Hello.", "1.5 deleted 1"],
        ["0.4 2 Luna of Alice for 1"],
    ),
    "autoproxy: the copy has the same words": (
        ["0 Alice: Hello.", "0.4 Luna by PluralKit: Hello.", "1.5 deleted 1"],
        ["0.4 2 Luna of Alice for 1"],
    ),
    "no copy comes, because the proxy is down or was not meant": (["0 Alice: Hello."], ["2.5 1 Alice"]),
    "the copy comes after the hold": (
        ["0 Alice: L: Hello.", "4 Luna by PluralKit: Hello.", "5 deleted 1"],
        ["2.5 1 Alice", "5 2 Luna of Alice instead of 1"],
    ),
    "the copy comes much later: it is another message": (
        ["0 Alice: L: Hello.", "60 Luna by PluralKit: Hello."],
        ["2.5 1 Alice", "60 2 Luna of ?"],
    ),
    "a moderator deletes the original before there is a copy": (["0 Alice: L: Hello.", "1 deleted 1"], []),
    "a moderator deletes it, and the copy that comes is deleted by the proxy": (
        ["0 Alice: L: Hello.", "0.3 deleted 1", "0.4 Luna by PluralKit: Hello.", "0.9 deleted 2"],
        ["0.4 2 Luna of Alice for 1"],
    ),
    "the deletion is told before the copy": (
        ["0 Alice: L: Hello.", "0.4 deleted 1", "0.5 Luna by Tupperbox: Hello."],
        ["0.5 2 Luna of Alice for 1"],
    ),
    "several copies: together, 0.7 s after the last": (
        [
            "0 Alice: L: Hello.\nM: And I.\nN: And me.",
            "0.3 Luna by Tupperbox: Hello.",
            "0.4 Max by Tupperbox: And I.",
            "0.5 deleted 1",
        ],
        ["1.1 2 Luna of Alice + 3 Max of Alice for 1"],
    ),
    "all copies are there: nothing is waited for": (
        [
            "0 Alice: L: Hello.\nM: And I.",
            "0.3 Luna by Tupperbox: Hello.",
            "0.4 Max by Tupperbox: And I.",
            "0.5 deleted 1",
        ],
        ["0.4 2 Luna of Alice + 3 Max of Alice for 1"],
    ),
    "another copy after them, once they are answered": (
        [
            "0 Alice: L: Hello.\nM: And I.\nN: Me.\nO: Me too.",
            "0.3 Luna by Tupperbox: Hello.",
            "0.4 Max by Tupperbox: And I.",
            "1.2 answered 1",
            "2 Nell by Tupperbox: Me.",
            "2.1 deleted 1",
        ],
        [
            "1.1 2 Luna of Alice + 3 Max of Alice for 1",
            "2.7 4 Nell of Alice for 1, answered before",
        ],
    ),
    "one of several copies is deleted again": (
        [
            "0 Alice: L: Hello.\nM: And I.\nN: Me.",
            "0.3 Luna by Tupperbox: Hello.",
            "0.4 Max by Tupperbox: And I.",
            "0.6 deleted 3",
            "0.65 deleted 1",
        ],
        ["1.1 2 Luna of Alice for 1"],
    ),
    "all copies are deleted again": (
        ["0 Alice: L: Hello.\nM: And I.", "0.3 Luna by Tupperbox: Hello.", "0.6 deleted 2", "1 deleted 1"],
        [],
    ),
    "an account that was never seen proxied: the original is heard at once, and given over when it is deleted": (
        ["0 Bob: L: Hello.", "0.4 Luna by PluralKit: Hello.", "1.5 deleted 1"],
        ["0 1 Bob", "1.5 2 Luna of Bob instead of 1"],
    ),
    "the same, and the deletion is told first": (
        ["0 Bob: L: Hello.", "0.4 deleted 1", "0.5 Luna by PluralKit: Hello."],
        ["0 1 Bob", "0.5 2 Luna of Bob instead of 1"],
    ),
    "the same with several copies: all take its place together": (
        [
            "0 Bob: L: Hi.\nM: And I.",
            "0.4 Luna by Tupperbox: Hi.",
            "0.5 Max by Tupperbox: And I.",
            "0.6 deleted 1",
        ],
        ["0 1 Bob", "0.6 2 Luna of Bob + 3 Max of Bob instead of 1"],
    ),
    "it is proxied again as another member": (
        [
            "0 Alice: Hello.",
            "0.4 Luna by PluralKit: Hello.",
            "1.5 deleted 1",
            "30 Max by PluralKit: Hello.",
            "31 deleted 2",
        ],
        ["0.4 2 Luna of Alice for 1", "30 3 Max of Alice was 2"],
    ),
    "the same words of another member, long after: they are said again": (
        [
            "0 Alice: Hello.",
            "0.4 Luna by PluralKit: Hello.",
            "1.5 deleted 1",
            "100 Max by PluralKit: Hello.",
        ],
        ["0.4 2 Luna of Alice for 1", "100 3 Max of ?"],
    ),
    "another proxy says the same": (
        ["0 Alice: Hello.", "0.4 Luna by PluralKit: Hello.", "1.5 deleted 1", "5 Max by Tupperbox: Hello."],
        ["0.4 2 Luna of Alice for 1", "5 3 Max of ?"],
    ),
    "the same member says the same twice": (
        [
            "0 Alice: Hello.",
            "0.4 Luna by PluralKit: Hello.",
            "1.5 deleted 1",
            "5 Alice: Hello.",
            "5.4 Luna by PluralKit: Hello.",
            "6.5 deleted 3",
        ],
        ["0.4 2 Luna of Alice for 1", "5.4 4 Luna of Alice for 3"],
    ),
    "two people at once, each with their own copy": (
        [
            "0 Alice: L: Good evening.",
            "0.1 Carol: V: Foul weather.",
            "0.5 Vera by PluralKit: Foul weather.",
            "0.6 Luna by PluralKit: Good evening.",
            "1.5 deleted 2",
            "1.6 deleted 1",
        ],
        ["0.1 2 Carol", "0.6 4 Luna of Alice for 1", "1.5 3 Vera of Carol instead of 2"],
    ),
    "two people say the same, and both are copied: in the order of the deletions": (
        [
            "0 Alice: Hello.",
            "0.1 Carol: L: Hello.",
            "0.5 Vera by PluralKit: Hello.",
            "0.6 Luna by PluralKit: Hello.",
            "1.5 deleted 1",
            "1.6 deleted 2",
        ],
        ["0.1 2 Carol", "1.5 3 Vera of Alice for 1", "1.6 4 Luna of Carol instead of 2"],
    ),
    "the same, and the second is held: it needs no proof once the first has one": (
        [
            "0 Carol: L: Hello.",
            "0.1 Alice: Hello.",
            "0.5 Luna by PluralKit: Hello.",
            "0.6 Vera by PluralKit: Hello.",
            "1.5 deleted 1",
            "1.6 deleted 2",
        ],
        ["0 1 Carol", "1.5 3 Luna of Carol instead of 1", "1.5 4 Vera of Alice for 2"],
    ),
    "somebody else says the same, and it isn't theirs that is deleted": (
        [
            "0 Carol: Good evening.",
            "5 Bob: Good evening.",
            "5.4 Luna by PluralKit: Good evening.",
            "6.5 deleted 2",
        ],
        ["0 1 Carol", "5 2 Bob", "6.5 3 Luna of Bob instead of 2"],
    ),
    "the same, and the somebody else is held: they are heard as themselves": (
        [
            "0 Alice: Good evening.",
            "0.1 Bob: b: Good evening.",
            "0.5 Luna by PluralKit: Good evening.",
            "1.5 deleted 2",
        ],
        ["0.1 2 Bob", "1.5 3 Luna of Bob instead of 2", "2.5 1 Alice"],
    ),
    "the same, and nothing is deleted: it is nobody's, and all keep what is theirs": (
        ["0 Alice: Good evening.", "0.1 Bob: Good evening.", "1 Luna by PluralKit: Good evening."],
        ["0.1 2 Bob", "6 1 Alice", "6 3 Luna of ?"],
    ),
    "the same, and one of them was deleted before the copy, by its author or by the proxy": (
        [
            "0 Carol: Hello.",
            "0.1 Bob: L: Hello.",
            "0.2 deleted 2",
            "0.5 Luna by PluralKit: Hello.",
        ],
        ["0 1 Carol", "0.1 2 Bob", "5.5 3 Luna of Bob instead of 2"],
    ),
    "the same, and it is another one that is deleted after the copy": (
        [
            "0 Carol: Hello.",
            "0.1 Bob: L: Hello.",
            "0.2 deleted 1",
            "0.5 Luna by PluralKit: Hello.",
            "1.5 deleted 2",
        ],
        ["0 1 Carol", "0.1 2 Bob", "1.5 3 Luna of Bob instead of 2"],
    ),
    "somebody never seen proxied says what a copy says whose original was missed": (
        ["0 Carol: Good evening.", "5 Luna by PluralKit: Good evening."],
        ["0 1 Carol", "10 2 Luna of ?"],
    ),
    "somebody else says it in a sentence": (
        ["0 Carol: Well, yes.", "0.1 Bob: yes.", "0.5 Luna by PluralKit: yes.", "1.5 deleted 2"],
        ["0 1 Carol", "0.1 2 Bob", "1.5 3 Luna of Bob instead of 2"],
    ),
    "one person says the same twice: what is deleted was it": (
        ["0 Bob: Hello.", "5 Bob: Hello.", "5.4 Luna by PluralKit: Hello.", "6.5 deleted 2"],
        ["0 1 Bob", "5 2 Bob", "6.5 3 Luna of Bob instead of 2"],
    ),
    "two members of two people said the same, and one is proxied again": (
        [
            "0 Alice: m: Hello.",
            "0.4 Max by PluralKit: Hello.",
            "1.5 deleted 1",
            "2 Carol: l: Hello.",
            "2.4 Luna by PluralKit: Hello.",
            "3.5 deleted 3",
            "10 Nell by PluralKit: Hello.",
            "11 deleted 2",
        ],
        [
            "0.4 2 Max of Alice for 1",
            "2 3 Carol",
            "3.5 4 Luna of Carol instead of 3",
            "11 5 Nell of Alice was 2",
        ],
    ),
    "somebody is proxied with the words of a copy: it isn't that one again": (
        [
            "0 Alice: m: Hello.",
            "0.4 Max by PluralKit: Hello.",
            "1.5 deleted 1",
            "20 Carol: l: Hello.",
            "20.4 Luna by PluralKit: Hello.",
            "21.5 deleted 3",
        ],
        ["0.4 2 Max of Alice for 1", "20 3 Carol", "21.5 4 Luna of Carol instead of 3"],
    ),
    "a copy is deleted while it is not known whose it is": (
        ["0 Carol: Hello.", "0.1 Bob: Hello.", "0.5 Luna by PluralKit: Hello.", "1 deleted 3"],
        ["0 1 Carol", "0.1 2 Bob"],
    ),
    "a copy is edited while it is not known whose it is": (
        [
            "0 Carol: Helo.",
            "0.5 Luna by PluralKit: Helo.",
            "1 edited 2: Hello.",
            "1.5 deleted 1",
        ],
        ["0 1 Carol", "1.5 2 Luna of Carol instead of 1"],
    ),
    "others speak meanwhile, and are not held": (
        ["0 Alice: Hello.", "0.1 Bob: Foul weather.", "0.4 Luna by PluralKit: Hello.", "1.5 deleted 1"],
        ["0.1 2 Bob", "0.4 3 Luna of Alice for 1"],
    ),
    "a copy of nothing that is known": (["0 Luna by PluralKit: Hello."], ["0 1 Luna of ?"]),
    "the original is edited while it is held": (
        ["0 Alice: Helo.", "1 edited 1: Hello.", "1.4 Luna by PluralKit: Hello.", "2.4 deleted 1"],
        ["1.4 2 Luna of Alice for 1"],
    ),
    "a picture alone": (
        ["0 Alice: L: [file]", "0.5 Luna by PluralKit: [file]", "1.5 deleted 1"],
        ["0.5 2 Luna of Alice for 1"],
    ),
    "a picture that the copy lacks: they are two messages": (
        ["0 Alice: Hello. [file]", "0.5 Luna by PluralKit: Hello."],
        ["0.5 2 Luna of ?", "2.5 1 Alice"],
    ),
    "the gateway tells the copy twice": (
        ["0 Alice: Hello.", "0.4 Luna by PluralKit: Hello.", "1.5 deleted 1"],
        ["0.4 2 Luna of Alice for 1"],
    ),
}


@pytest.mark.parametrize(("events", "heard"), TIMELINES.values(), ids=TIMELINES)
def test_what_is_heard(events: list[str], heard: list[str]) -> None:
    assert Evening().play(*events) == heard


@pytest.mark.parametrize("events", [each for each, _ in TIMELINES.values()], ids=TIMELINES)
def test_where_nobody_is_held_the_same_is_heard_in_the_end(events: list[str]) -> None:
    held, free = Evening(), Evening(held=())
    held.play(*events)
    free.play(*events)

    def last(evening: Evening) -> tuple[list[int], list[int]]:
        """What is left of it: messages that are not given over to others, and whose they are in all.

        Which of two copies of the same words is whose may differ.
        """
        found = {each.id: each.author.id for due in evening.due for each in due.messages}
        gone = {due.original.id for due in evening.due if due.original is not None and due.was_heard}
        gone |= {int(event.split()[2]) for event in events if " deleted " in event}
        left = {number: account for number, account in found.items() if number not in gone}
        return sorted(left), sorted(left.values())

    assert last(held) == last(free)


def test_a_copy_that_is_told_twice_is_heard_once() -> None:
    evening = Evening()
    evening.play("0 Alice: Hello.", "0.4 Luna by PluralKit: Hello.")
    evening.room.copied(evening.due[0].messages[0], 0.5)
    assert evening.room.take(evening.due[0].messages[0]) is None


def test_what_is_edited_before_it_is_heard_is_heard_as_it_is_then() -> None:
    evening = Evening()
    evening.play("0 Alice: Helo.", "1 edited 1: Hello.")
    assert [each.content for each in evening.due[0].messages] == ["Hello."]
    assert evening.room.edited(evening.due[0].messages[0]) is False


def test_a_copy_is_edited_while_others_are_waited_for() -> None:
    room, luna = Room(), Participant(TUPPERBOX, "Luna", character_of(TUPPERBOX, "Luna"))
    room.came(message(1, Participant(1, "Alice"), "L: Helo.\nM: And I."), 0.0)
    copy = message(2, luna, "Helo.")
    room.copied(copy, 0.1)
    assert room.edited(message(2, luna, "Hello.")) is True
    due = room.take(copy)
    assert due is not None
    assert [(each.content, each.author.id) for each in due.messages] == [("Hello.", 1)]


def test_the_known_account_of_a_member_goes_before_closer_words() -> None:
    evening = Evening()
    evening.play("0 Bob: Hello.", "0.1 Carol: luna: Hello.")
    luna = Participant(ACCOUNTS["Carol"], "Luna", character_of(PLURALKIT, "Luna"))
    copy = message(9, luna, "Hello.")
    evening.room.copied(copy, 0.5)
    due = evening.room.take(copy)
    assert due is not None
    assert due.original is not None
    assert (due.messages[0].author.id, due.original.id) == (ACCOUNTS["Carol"], 2)


def test_the_known_account_of_a_member_is_nobody_elses_without_a_deletion() -> None:
    evening = Evening()
    evening.play("0 Bob: Hello.")
    luna = Participant(ACCOUNTS["Carol"], "Luna", character_of(PLURALKIT, "Luna"))
    copy = message(9, luna, "Hello.")
    evening.room.copied(copy, 0.5)
    assert evening.room.wait(copy.id, 0.5) == DELETED
    assert evening.room.take(copy) == Due((copy,))


def test_whose_copies_are_that_were_heard_is_known_when_the_original_is_deleted() -> None:
    evening = Evening()
    evening.play("0 Alice: Hello.", "0.4 Luna by PluralKit: Hello.", "0.5 Max by PluralKit: Hm.")
    assert [(each.id, each.author.id) for each in evening.room.copies_of(1)] == [(2, ACCOUNTS["Alice"])]


def test_nothing_is_remembered_for_long() -> None:
    evening = Evening()
    evening.play("0 Alice: Hello.", "0.4 Luna by PluralKit: Hello.", "1 Bob: Hm.")
    assert not evening.room.is_empty(1.0 + KEPT)
    assert not evening.room.is_empty(0.4 + REPROXIED)
    assert evening.room.is_empty(0.5 + REPROXIED)


def test_nothing_is_remembered_of_too_much() -> None:
    evening = Evening()
    evening.play(*(f"{number / 100:.2f} Bob: Number {number}." for number in range(LATEST + 10)))
    assert len(evening.due) == LATEST + 10
    forgotten = message(999, Participant(PLURALKIT, "Luna", character_of(PLURALKIT, "Luna")), "Number 3.")
    evening.room.copied(forgotten, 1.2)
    assert evening.room.take(forgotten) == Due((forgotten,))


def test_a_message_that_was_forgotten_while_its_handler_was_busy_is_not_lost() -> None:
    room, said = Room(), message(1, Participant(1, "Alice"), "Hello.")
    room.came(said, 0.0)
    room.came(replace(said, id=2), 100.0)
    assert room.take(said) == Due((said,))


def test_the_times_are_these() -> None:
    assert (FURTHER, DELETED, KEPT, REPROXIED, LATEST) == (0.7, 5.0, 15.0, 90.0, 100)


def test_up_to_where_all_is_heard_is_before_what_is_held() -> None:
    room, luna = Room(), Participant(PLURALKIT, "Luna", character_of(PLURALKIT, "Luna"))
    assert room.oldest_held() is None
    room.came(message(1, Participant(2, "Bob"), "Foul weather."), 0.0)
    room.came(message(2, Participant(1, "Alice"), "L: Hello."), 0.1)
    room.hold(2, SETTLE)
    room.came(message(3, Participant(3, "Carol"), "Hello."), 0.2)
    assert room.oldest_held() == 2  # Bob's is heard at once
    copy = message(4, luna, "Hello.")
    room.copied(copy, 0.4)
    assert room.oldest_held() == 2
    room.deleted(2)
    assert room.oldest_held() == 4
    assert room.take(copy) is not None
    assert room.oldest_held() is None
