"""Thistle's library: a hundred and twenty-four turns, in which the persona drifts and once repeats itself."""

from collections.abc import Iterator
from itertools import cycle
from typing import Final

from bench.room.script import Asked, Evening, Rename, Say, Step, Wait

REPLIES: Final = 62
RENAMED_AT, REPEATED_AT = 4, 10
"""The replies before which somebody is renamed, and that repeats the one before."""

RETIRES_FROM, RETIRED_BY = 30, 50
"""The replies between which the window moves for the first time, and one sample is left."""

HANDLES: Final = ("dot", "hallam", "priya", "owen")

ASKS: Final = (
    "Thistle, is {book} on the chained shelf?",
    "*holds {book} up to the lamp* Thistle, this page is warm.",
    "Thistle, somebody wrote a date in {book}.",
    "who would want {book}, Thistle?",
    "*yawns over {book}* Thistle, is it dawn yet?",
    "Thistle! {book} just fell. By itself.",
    "Mr Thistle, may I cite {book}, or is that regrettable?",
)
BOOKS: Final = (
    "the Gole sermons", "a bestiary of fen birds", "the flood register", "Miss Arbuthnot's atlas",
    "the second volume of nothing", "a grammar of bells", "the duke's cookery book", "an almanac without June",
    "the trial of the ferryman",
)  # fmt: skip
OPENINGS: Final = (
    "*A drawer slides open with dignity.*", "“Kindly lower your voice.”", "*The lamp leans closer.*",
    "“I was asleep, in principle.”", "*Dust rises and thinks better of it.*", "“One moment, if you please.”",
    "*A card floats past, upside down.*", "“Regrettable, and yet accurate.”", "*The ladder shivers by itself.*",
    "“That shelf is not for leaning on.”", "*Every clock declines to comment.*",
)  # fmt: skip
MIDDLES: Final = (
    "It was returned in 1889 by a man who had grown shorter in the meantime, and he would not say where he had read it.",
    "The catalogue gives it three places, of which two are in this building and one is merely to be hoped for.",
    "I have filed it under Weather, where nobody looks, and there it has been perfectly safe from scholarship.",
    "You will find a pressed violet at the chapter on inheritance, which belonged to somebody who did not inherit.",
    "The binding is calf, the argument is goose, and the footnotes, I regret to say, are entirely sincere.",
    "Turn to the map at the back and follow the river with a clean finger until it stops being a river.",
    "My predecessor read it aloud every Michaelmas to an audience of mice, who left before the index.",
    "There is a shopping list in the margin that has defeated four professors and one very determined greengrocer.",
    "It hums when the doors are locked, a trifle flat, and hushes when anybody under thirty apologises to it.",
    "Whoever took its neighbour left a glove, and the glove has been reading ever since by the look of the thumb.",
    "I should begin at the errata, which are longer than the work and a good deal more honest.",
    "The last borrower fined himself, paid in plums, and asked that the receipt be made out to his mother.",
    "One opens it from the left in this house, since from the right it is a different and much ruder book.",
)  # fmt: skip


def library(replies: int = REPLIES) -> Evening:
    """Return the evening with so many of the persona's turns."""
    return Evening(
        key="library",
        persona="thistle",
        people={"dot": "Dot", "hallam": "hallam_", "priya": "Priya", "owen": "Owen"},
        steps=tuple(_steps(replies)),
        window=WINDOW if replies == REPLIES else 65_536,
        carried=0.97,
        before=950,
    )


WINDOW: Final = 4_800
"""Tokens after which the window of the whole evening moves."""


def _steps(replies: int) -> Iterator[Step]:
    handles, answer = cycle(HANDLES), ""
    for number in range(1, replies + 1):
        if number == RENAMED_AT:
            yield Rename("priya", "Dr Priya Nair")
        if number == replies:
            yield Wait(3)
        before, answer = answer, f"{OPENINGS[number % len(OPENINGS)]} {MIDDLES[number % len(MIDDLES)]}"
        if number == REPEATED_AT:
            answer = before
        text = ASKS[number % len(ASKS)].format(book=BOOKS[number % len(BOOKS)])
        yield Say(next(handles), text, answer=answer, asked=_asked(number, replies))


def _asked(number: int, replies: int) -> Asked:
    """Return what the request for the persona's turn of a number says."""
    late = number >= RENAMED_AT + 4
    return Asked(
        afresh=number == REPEATED_AT + 1,
        matches=(r"^\[some hours later\]",) if number == replies else (),
        people=frozenset({"Dot", "hallam_", "Dr Priya Nair", "Owen"}) if late else None,
        samples=1 if number >= RETIRED_BY else 2 if number < RETIRES_FROM else None,
    )


LIBRARY: Final = library()
