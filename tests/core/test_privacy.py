"""What is left of a message where people have opted out."""

from dataclasses import replace

from bot.core.message_text import quote_of, words_of
from bot.core.privacy import is_wanted, people_in, screened, screened_quote
from bot.core.scene import IncomingMessage, Lookup, Participant, Place, Referenced
from tests.storage.cast import EVENING

ALICE, BOB, CAROL, DAN = (
    Participant(number, name) for number, name in enumerate(("Alice", "Bob", "Carol", "Dan"), 1)
)
QUOTED = Referenced(50, BOB, "the cellar, <@3>", Lookup({3: "Carol"}))
MESSAGE = IncomingMessage(
    60,
    Place(7),
    ALICE,
    "<@2> and <@4> know",
    EVENING,
    Lookup({2: "Bob", 4: "Dan"}),
    reply_to=50,
    replied=QUOTED,
)


def test_everybody_in_a_message_is_known() -> None:
    assert people_in(MESSAGE) == {1, 2, 3, 4}
    assert people_in(QUOTED) == {2, 3}
    assert people_in(replace(MESSAGE, replied=None, lookup=Lookup())) == {1}


def test_nobody_out_changes_nothing() -> None:
    assert screened(MESSAGE, frozenset()) is MESSAGE


def test_a_mention_names_nobody_and_a_quote_is_gone() -> None:
    found = screened(MESSAGE, {BOB.id})
    assert words_of(found, "Marlow") == "@someone and Dan know"
    assert (found.replied, found.reply_to) == (None, 50)


def test_a_mention_in_a_quote_names_nobody() -> None:
    found = screened(MESSAGE, {CAROL.id}).replied
    assert found is not None
    assert quote_of(found, "Marlow") == "the cellar, @someone"
    assert screened_quote(QUOTED, {BOB.id}) is None


def test_a_typed_name_is_the_writers_own_word() -> None:
    message = replace(MESSAGE, content="Bob knows", lookup=Lookup())
    assert words_of(screened(message, {BOB.id}), "Marlow") == "Bob knows"


def test_of_what_is_older_than_their_return_nothing_is_wanted() -> None:
    assert [is_wanted(number, 60) for number in (59, 60, 61)] == [False, False, True]
    assert is_wanted(59, None)
