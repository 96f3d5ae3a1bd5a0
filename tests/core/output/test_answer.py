"""What an answer amounts to: the text while it comes, and how it ended, as one table."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.completion import Delta, ErrorKind, Finish, ModelError, Silence, Usage
from bot.core.output.answer import (
    LEFT,
    MOVES,
    Answer,
    End,
    Halt,
    Halted,
    Outcome,
    Phase,
    Words,
    move,
    outcome_of,
)
from bot.core.output.leaks import Sieve
from bot.core.output.speakers import Speakers
from bot.core.persona import Substitution
from bot.core.scene import Ending

NOBODY = Speakers(own=frozenset({"Marlow"}), others=frozenset({"Alice"}))

NEW = Words("Number four.")
SILENT = Words("", new=False)
OVER = Words("Number five.", before="Number four.")
SILENT_OVER = Words("", new=False, before="Number four.")
ON = Words("Number four. Mind the stair.", before="Number four.")
SILENT_ON = Words("Number four.", new=False, before="Number four.")

CUT = ModelError(ErrorKind.CUT_SHORT)
BUSY = ModelError(ErrorKind.OVERLOADED)
REFUSED = ModelError(ErrorKind.OUTPUT_REFUSED)


def brief(outcome: Outcome) -> tuple[Ending, str, ErrorKind | None, bool]:
    error = outcome.error.kind if outcome.error else None
    return outcome.ending, outcome.text, error, outcome.restored


@pytest.mark.parametrize(
    ("words", "end", "seen", "ending", "text", "error", "restored"),
    [
        # A new turn.
        (NEW, Finish.STOP, None, Ending.DONE, "Number four.", None, False),
        (NEW, Finish.LENGTH, None, Ending.LENGTH, "Number four.", None, False),
        (NEW, None, None, Ending.STOPPED, "Number four.", None, False),
        (NEW, CUT, None, Ending.CUT_SHORT, "Number four.", ErrorKind.CUT_SHORT, False),
        (NEW, BUSY, None, Ending.CUT_SHORT, "Number four.", ErrorKind.OVERLOADED, False),
        (NEW, REFUSED, None, Ending.WITHDRAWN, "", ErrorKind.OUTPUT_REFUSED, False),
        (SILENT, Finish.STOP, None, Ending.FAILED, "", ErrorKind.CUT_SHORT, False),
        (SILENT, Finish.LENGTH, None, Ending.FAILED, "", ErrorKind.CUT_SHORT, False),
        (SILENT, None, None, Ending.STOPPED, "", None, False),
        (SILENT, BUSY, None, Ending.FAILED, "", ErrorKind.OVERLOADED, False),
        (SILENT, REFUSED, None, Ending.FAILED, "", ErrorKind.OUTPUT_REFUSED, False),
        # Another variant: where nothing comes of it, the one before is back.
        (OVER, Finish.STOP, None, Ending.DONE, "Number five.", None, False),
        (OVER, None, None, Ending.STOPPED, "Number five.", None, False),
        (OVER, BUSY, None, Ending.CUT_SHORT, "Number five.", ErrorKind.OVERLOADED, False),
        (OVER, REFUSED, None, Ending.WITHDRAWN, "Number four.", ErrorKind.OUTPUT_REFUSED, True),
        (SILENT_OVER, Finish.STOP, None, Ending.FAILED, "Number four.", ErrorKind.CUT_SHORT, True),
        (SILENT_OVER, None, None, Ending.STOPPED, "Number four.", None, True),
        (SILENT_OVER, BUSY, None, Ending.FAILED, "Number four.", ErrorKind.OVERLOADED, True),
        (SILENT_OVER, REFUSED, None, Ending.FAILED, "Number four.", ErrorKind.OUTPUT_REFUSED, True),
        # More of one: what it goes on from stays in any case.
        (ON, Finish.LENGTH, None, Ending.LENGTH, "Number four. Mind the stair.", None, False),
        (ON, REFUSED, None, Ending.WITHDRAWN, "Number four.", ErrorKind.OUTPUT_REFUSED, True),
        (SILENT_ON, Finish.STOP, None, Ending.FAILED, "Number four.", ErrorKind.CUT_SHORT, True),
        (SILENT_ON, None, None, Ending.STOPPED, "Number four.", None, True),
        # Not all of it could be shown: the story keeps what people saw.
        (NEW, Finish.STOP, "Number", Ending.CUT_SHORT, "Number", None, False),
        (NEW, None, "Number", Ending.CUT_SHORT, "Number", None, False),
        (NEW, None, "Number four.", Ending.STOPPED, "Number four.", None, False),
        (NEW, Finish.STOP, "", Ending.CUT_SHORT, "", None, False),
        (NEW, BUSY, "Number", Ending.CUT_SHORT, "Number", ErrorKind.OVERLOADED, False),
        (NEW, REFUSED, "Number", Ending.WITHDRAWN, "", ErrorKind.OUTPUT_REFUSED, False),
        (OVER, Finish.STOP, "Number four.", Ending.CUT_SHORT, "Number four.", None, True),
        (OVER, REFUSED, "Number", Ending.WITHDRAWN, "Number four.", ErrorKind.OUTPUT_REFUSED, True),
        (SILENT_OVER, None, "Number four.", Ending.STOPPED, "Number four.", None, True),
        (ON, Finish.STOP, "Number four.", Ending.CUT_SHORT, "Number four.", None, True),
        (ON, Finish.STOP, "Number four. Mind", Ending.CUT_SHORT, "Number four. Mind", None, False),
    ],
)  # fmt: skip
def test_how_a_reply_ends(
    words: Words,
    end: End,
    seen: str | None,
    ending: Ending,
    text: str,
    error: ErrorKind | None,
    restored: bool,
) -> None:
    assert brief(outcome_of(words, end, None if seen is None else Halted(Halt.NOT_SHOWN, seen))) == (
        ending,
        text,
        error,
        restored,
    )


@pytest.mark.parametrize("silence", Silence)
def test_an_answer_without_words_says_why(silence: Silence) -> None:
    error = outcome_of(Words("", new=False, silence=silence), Finish.STOP).error
    assert error is not None
    assert error.silence is silence


def test_the_error_of_the_model_is_the_one_that_is_told() -> None:
    assert outcome_of(SILENT, BUSY).error is BUSY
    assert outcome_of(NEW, BUSY).error is BUSY
    assert outcome_of(OVER, REFUSED).error is REFUSED


def answer(begun: str = "", before: str | None = None) -> Answer:
    return Answer(lambda: Sieve(NOBODY), begun=begun, before=before)


def test_text_grows_with_each_delta() -> None:
    coming = Answer(lambda: Sieve(NOBODY))
    assert (coming.text, coming.heard, coming.usage) == ("", False, None)
    assert coming.take(Delta("Number"))
    assert coming.take(Delta(" four."))
    assert (coming.text, coming.came, coming.heard) == ("Number four.", "Number four.", True)
    assert coming.words == Words("Number four.", new=True, before=None, silence=Silence.NO_WORDS)


def test_a_delta_without_words_shows_nothing_new_and_its_usage_is_kept() -> None:
    coming = answer()
    coming.take(Delta("Four"))
    assert not coming.take(Delta(finish=Finish.STOP, usage=Usage(7, 2, 9)))
    assert not coming.take(Delta())
    assert (coming.text, coming.usage) == ("Four", Usage(7, 2, 9))


def test_a_whole_replaces_what_came_before() -> None:
    coming = answer()
    coming.take(Delta("Numbr"))
    assert coming.take(Delta(whole="Number four."))
    assert (coming.text, coming.came) == ("Number four.", "Number four.")


def test_a_whole_is_shown_to_its_last_character() -> None:
    coming = answer()
    coming.take(Delta(whole="Number <"))
    assert coming.text == "Number <"


def test_what_is_held_back_shows_when_nothing_follows() -> None:
    coming = answer()
    coming.take(Delta("Number <"))
    assert coming.text == "Number "
    coming.let_through()
    assert coming.text == "Number <"


def test_more_of_a_text_follows_it_after_a_blank() -> None:
    coming = answer(begun="Number four.", before="Number four.")
    assert coming.text == "Number four."
    coming.take(Delta("Mind the"))
    coming.take(Delta(" stair."))
    coming.let_through()
    assert coming.words == Words("Number four. Mind the stair.", True, "Number four.", Silence.NO_WORDS)


def test_another_variant_begins_empty_and_remembers_the_one_before() -> None:
    assert answer(before="Number four.").words == Words("", False, "Number four.", Silence.EMPTY)


def test_a_line_for_somebody_else_ends_it() -> None:
    coming = answer()
    coming.take(Delta("Number four.\nAlice: Thank you!\nMarlow: Ay."))
    assert coming.is_over
    assert coming.text.strip() == "Number four."
    assert coming.silence is Silence.SPOKEN_FOR_OTHERS


def test_nothing_but_a_thought_is_none_of_the_persona_s() -> None:
    coming = answer()
    coming.take(Delta("<think>Hm.</think>", usage=Usage(7, 5, 12)))
    coming.let_through()
    assert coming.is_none_of_its_own
    assert coming.silence is Silence.NO_WORDS
    coming.start_again()
    assert (coming.text, coming.came, coming.usage, coming.heard) == ("", "", None, True)


def test_started_again_it_takes_other_words() -> None:
    coming = answer()
    coming.take(Delta("<think>Hm.</think>"))
    coming.start_again()
    assert not coming.is_none_of_its_own
    coming.take(Delta("Number four."))
    assert coming.text == "Number four."
    assert not coming.is_none_of_its_own


def test_starting_again_keeps_what_it_goes_on_from() -> None:
    coming = answer(begun="Number four.", before="Number four.")
    coming.take(Delta("<think>Hm.</think>"))
    coming.start_again()
    assert coming.text == "Number four."


def test_nothing_at_all_is_silence_and_no_reason_to_ask_again() -> None:
    coming = answer()
    coming.take(Delta(" \n"))
    assert not coming.is_none_of_its_own
    assert coming.silence is Silence.EMPTY


@given(st.lists(st.text(max_size=8), max_size=12))
def test_what_was_shown_stays_however_the_stream_is_cut(parts: list[str]) -> None:
    coming = answer()
    seen = [""]
    for part in parts:
        coming.take(Delta(part))
        seen.append(coming.text)
    coming.let_through()
    seen.append(coming.text)
    assert all(later.startswith(earlier) for earlier, later in pairwise(seen))


# The states ---------------------------------------------------------------------------------------


def test_the_legal_moves() -> None:
    assert {phase: {to.name for to in MOVES[phase]} for phase in Phase} == {
        Phase.WAITING: {"OPENING", "CLOSED"},
        Phase.OPENING: {"WRITING", "CLOSED"},
        Phase.WRITING: {"ENDED", "UNSTORED"},
        Phase.ENDED: {"CLOSED", "UNSTORED"},
        Phase.CLOSED: set(),
        Phase.UNSTORED: set(),
    }
    assert {phase for phase in Phase if not MOVES[phase]} == LEFT


@pytest.mark.parametrize(("phase", "to"), list(product(Phase, Phase)))
def test_only_legal_moves_are_made(phase: Phase, to: Phase) -> None:
    if to in MOVES[phase]:
        assert move(phase, to) is to
    else:
        with pytest.raises(ValueError, match=f"from {phase.value} to {to.value}"):
            move(phase, to)


def test_every_way_ends() -> None:
    def ways(phase: Phase, done: tuple[Phase, ...] = ()) -> Iterator[tuple[Phase, ...]]:
        way = (*done, phase)
        assert len(way) == len(set(way)), "a reply goes round in a circle"
        if not MOVES[phase]:
            yield way
        for to in MOVES[phase]:
            yield from ways(to, way)

    found = list(ways(Phase.WAITING))
    assert {phase for way in found for phase in way} == set(Phase)
    assert {way[-1] for way in found} == LEFT


@pytest.mark.parametrize(
    ("first", "then", "halt", "seen"),
    [
        (Halted(Halt.PRESSED), Halted(Halt.PRESSED), Halt.PRESSED, None),
        (Halted(Halt.PRESSED), Halted(Halt.NOT_SHOWN, "Num"), Halt.NOT_SHOWN, "Num"),
        (Halted(Halt.NOT_SHOWN, "Num"), Halted(Halt.PRESSED), Halt.NOT_SHOWN, "Num"),
        (Halted(Halt.NOT_SHOWN, "Num"), Halted(Halt.NOT_SHOWN, "Number"), Halt.NOT_SHOWN, "Number"),
        (Halted(Halt.PRESSED), Halted(Halt.PAGE_DELETED), Halt.PAGE_DELETED, None),
        (Halted(Halt.PAGE_DELETED), Halted(Halt.PRESSED), Halt.PAGE_DELETED, None),
        (Halted(Halt.PAGE_DELETED), Halted(Halt.NOT_SHOWN, ""), Halt.PAGE_DELETED, ""),
        (Halted(Halt.NOT_SHOWN, "Num"), Halted(Halt.PAGE_DELETED), Halt.PAGE_DELETED, "Num"),
    ],
)
def test_of_two_halts_the_stronger_counts(first: Halted, then: Halted, halt: Halt, seen: str | None) -> None:
    assert first.and_then(then) == Halted(halt, seen)


@pytest.mark.parametrize(
    ("words", "halted", "ending", "text", "restored"),
    [
        # As many posts as there may be; stopped between two posts; words that Discord refuses.
        (NEW, Halted(Halt.ENOUGH, "Number"), Ending.LENGTH, "Number", False),
        (NEW, Halted(Halt.PRESSED, "Number"), Ending.STOPPED, "Number", False),
        (NEW, Halted(Halt.REFUSED, "Number"), Ending.CUT_SHORT, "Number", False),
        (NEW, Halted(Halt.REFUSED, ""), Ending.FAILED, "", False),
        (NEW, Halted(Halt.REFUSED, "\u200b"), Ending.FAILED, "\u200b", False),
        (NEW, Halted(Halt.PAGE_DELETED, "Number"), Ending.CUT_SHORT, "Number", False),
        (OVER, Halted(Halt.REFUSED, "Number four."), Ending.CUT_SHORT, "Number four.", True),
        (ON, Halted(Halt.REFUSED, "Number four."), Ending.CUT_SHORT, "Number four.", True),
        (ON, Halted(Halt.PRESSED, "Number four. Mind"), Ending.STOPPED, "Number four. Mind", False),
        # All of it was seen, or nobody knows that it was not.
        (NEW, Halted(Halt.PRESSED, "Number four."), Ending.DONE, "Number four.", False),
        (NEW, Halted(Halt.ENOUGH, None), Ending.DONE, "Number four.", False),
        (NEW, Halted(Halt.REFUSED, None), Ending.DONE, "Number four.", False),
    ],
)
def test_how_a_reply_ends_of_which_people_see_a_part(
    words: Words, halted: Halted, ending: Ending, text: str, restored: bool
) -> None:
    assert brief(outcome_of(words, Finish.STOP, halted)) == (ending, text, None, restored)


def test_words_taken_back_are_not_refused_as_well() -> None:
    ended = outcome_of(NEW, REFUSED, Halted(Halt.REFUSED, "Number"))
    assert (ended.ending, ended.text) == (Ending.WITHDRAWN, "")


def test_the_order_of_what_stops_a_reply() -> None:
    weakest_first = [Halt.ENOUGH, Halt.PRESSED, Halt.REFUSED, Halt.NOT_SHOWN, Halt.PAGE_DELETED]
    for weak, strong in pairwise(weakest_first):
        assert Halted(weak, "a").and_then(Halted(strong, "b")) == Halted(strong, "b")
        assert Halted(strong, "a").and_then(Halted(weak, "b")) == Halted(strong, "b")


def capped(tokens: int | None) -> Answer:
    return Answer(lambda: Sieve(NOBODY), most_tokens=tokens)


@pytest.mark.parametrize(
    ("deltas", "came", "enough"),
    [
        ([Delta("x" * 16)], "x" * 16, False),
        ([Delta("x" * 17)], "x" * 16, True),
        ([Delta("x" * 15), Delta("yy")], "x" * 15 + "y", True),
        ([Delta("x" * 16), Delta("y")], "x" * 16, True),
        ([Delta("x" * 8), Delta("y" * 8)], "x" * 8 + "y" * 8, False),
        ([Delta("x" * 8), Delta(whole="z" * 16)], "z" * 16, False),
        ([Delta("x" * 8), Delta(whole="z" * 17)], "z" * 16, True),
        ([Delta(usage=Usage(1, 2, 3)), Delta("x")], "x", False),
    ],
)
def test_an_answer_has_eight_characters_a_token(deltas: list[Delta], came: str, enough: bool) -> None:
    coming = capped(2)
    for delta in deltas:
        coming.take(delta)
    coming.let_through()
    assert (coming.came, coming.text, coming.is_enough) == (came, came, enough)


def test_a_model_that_was_told_no_limit_has_none() -> None:
    coming = capped(None)
    coming.take(Delta("x" * 100_000))
    assert (len(coming.came), coming.is_enough) == (100_000, False)


def test_what_it_goes_on_from_does_not_count() -> None:
    coming = Answer(lambda: Sieve(NOBODY), begun="a" * 100, most_tokens=1)
    coming.take(Delta("b" * 8))
    assert not coming.is_enough


AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "enough"), [(0, False), (299.999, False), (300, True), (301, True), (-60, False)]
)
def test_an_answer_has_five_minutes(seconds: float, enough: bool) -> None:
    coming = capped(64)
    coming.take(Delta("Number "), AT)
    assert not coming.is_enough
    coming.take(Delta("four."), AT + timedelta(seconds=seconds))
    assert (coming.came, coming.is_enough) == ("Number four.", enough)


def test_the_time_goes_on_when_the_model_is_asked_again() -> None:
    coming = capped(64)
    coming.take(Delta("user name=Ann\n"), AT)
    coming.start_again()
    coming.take(Delta("Number"), AT + timedelta(seconds=300))
    assert (coming.came, coming.is_enough) == ("Number", True)


# Substitutions -------------------------------------------------------------------------------------


def test_what_an_admin_replaces_is_neither_shown_nor_kept_and_is_paid_for() -> None:
    answer = Answer(lambda: Sieve(NOBODY), substitutions=[Substitution(find="an AI", replace="a keeper")])
    seen = []
    for piece in ("I am", " an", " AI. An", "other ale?"):
        answer.take(Delta(text=piece))
        seen.append(answer.text)
    answer.let_through()
    assert seen == ["I am", "I am ", "I am a keeper. An", "I am a keeper. Another ale?"]
    assert (answer.words.text, answer.words.new) == ("I am a keeper. Another ale?", True)
    assert answer.came == "I am an AI. Another ale?"


def test_a_reply_of_which_nothing_is_left_has_no_words() -> None:
    answer = Answer(lambda: Sieve(NOBODY), substitutions=[Substitution(find="/^OOC.*/")])
    answer.take(Delta(text="OOC: I can't."))
    answer.let_through()
    assert (answer.text, answer.is_none_of_its_own, answer.words.new) == ("", True, False)
    answer.start_again()
    answer.take(Delta(text="Come in."))
    answer.let_through()
    assert (answer.text, answer.is_none_of_its_own) == ("Come in.", False)


def test_a_whole_copy_at_the_end_and_a_continuation_are_replaced_too() -> None:
    rules = [Substitution(find="cat", replace="dog"), Substitution(find="/^dog/", replace="Dog")]
    answer = Answer(lambda: Sieve(NOBODY), begun="One", substitutions=rules)
    answer.take(Delta(text=" cat"))
    answer.take(Delta(whole=" cat and cat"))
    assert answer.text == "One dog and dog"
