"""What the lines above say of a line: whether it is in a quotation or a list, and whether others have labels.

Law: each line is read once, however many lines follow. A model in a repetition loop writes thousands, and
reading all of them again for each would hold up every other channel.
"""

from collections.abc import Container
from typing import Final, NamedTuple

import regex

from bot.core.output import stat_block
from bot.core.output.speakers import BLANK, COLONS, SCRIPT_LINE

_CLOSES: Final = {"”": "“„", "»": "«", "“": "„", "«": "»", "」": "「", "』": "『", '"': '"'}
"""The quotation marks that each mark may close; German and Danish have some of them the other way round."""
_OPENS: Final = frozenset('“„«»「『"')
_QUOTES: Final = regex.compile('[“”„«»「」『』"]')
_RUNS_ON: Final = regex.compile(r"[\p{L}\p{M}\p{N},，、;；]")  # noqa: RUF001 - full-width is meant
"""The last character of a line whose sentence goes on in the next one."""


class Above(NamedTuple):
    """The lines above, as far as another depends on them.

    Attributes:
        read: the characters of the whole lines.
        lines: their number.
        last: the last one that is not blank.
        opened: the quotation marks of the paragraph that nothing has closed.
        runs_on: whether a sentence goes on right here.
        introduced: whether a line with a colon at its end has nothing but its list beneath it.
        labelled: whether one that is neither the persona's nor a status block has a label.
    """

    read: int = 0
    lines: int = 0
    last: str = ""
    opened: str = ""
    runs_on: bool = False
    introduced: bool = False
    labelled: bool = False

    def grown(self, text: str, own: Container[int]) -> "Above":
        """Return what all whole lines of a text say; what was read must be its beginning.

        `own` are the numbers of the lines that began with the persona's name.
        """
        above = self
        while (end := text.find("\n", above.read)) >= 0:
            line = text[above.read : end]
            bare = line.rstrip(BLANK)
            # A blank line ends the paragraph, and what was opened in it.
            above = _beneath(above, line, own) if bare else above._replace(opened="")
            runs_on = _RUNS_ON.match(bare[-1:]) is not None
            above = above._replace(read=end + 1, lines=above.lines + 1, runs_on=runs_on)
        return above

    def before(self, text: str, own: Container[int]) -> "Above":
        """Return what a text says of what comes next; as `grown`, with the unfinished last line."""
        above = self.grown(text, own)
        if above.read == len(text):
            return above
        return _beneath(above, text[above.read :], own)._replace(runs_on=False)


def _beneath(above: Above, line: str, own: Container[int]) -> Above:
    """Return what the lines above say together with one more."""
    bare = line.strip()
    text = bare.rstrip("*_")
    return above._replace(
        last=line.rstrip() if bare else above.last,
        opened=_still_open(above.opened, line),
        introduced=text[-1] in COLONS if text and not SCRIPT_LINE.match(text) else above.introduced,
        labelled=above.labelled or (above.lines not in own and _is_labelled(line)),
    )


def _still_open(opened: str, line: str) -> str:
    for mark in _QUOTES.findall(line):
        if opened and opened[-1] in _CLOSES.get(mark, ""):
            opened = opened[:-1]
        elif mark in _OPENS:
            opened += mark
    return opened


def _is_labelled(line: str) -> bool:
    return SCRIPT_LINE.match(line) is not None and not stat_block.is_block(f"{line}\n")
