"""A sentence that differs for one and for several."""

from typing import Self


class Plural(str):
    """A sentence about a number, in its form for several; `one` is its form for one.

    Attributes:
        one: the English form for one.
        by: the fact that is the number.
    """

    __slots__ = ("by", "one")

    one: str
    by: str

    def __new__(cls, many: str, *, one: str, by: str = "count") -> Self:
        """Make a sentence of its forms for several and for one."""
        made = super().__new__(cls, many)
        made.one, made.by = one, by
        return made
