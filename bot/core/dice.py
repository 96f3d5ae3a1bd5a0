"""Dice: what people write of them, and what a roll shows.

Law: a text is read as a whole, or an error says what is wrong with it. Chance is a parameter.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

TEXT_LIMIT: Final = 100
"""Maximum characters of dice as they are written; our own choice, as all that follow."""

REASON_LIMIT: Final = 200
"""Maximum characters of what a roll is for."""

DICE_LIMIT: Final = 100
"""Maximum dice of one roll."""

SIDES_LIMIT: Final = 1000
"""Maximum sides of a die."""

DIGITS_LIMIT: Final = 6
"""Maximum digits of a number."""

TOLD_LIMIT: Final = 20
"""Maximum dice that the story is told one by one: of more, the total is what counts."""

_PART_LIMIT: Final = 20
"""Maximum characters that an error repeats."""


class DiceFault(StrEnum):
    """What is wrong with dice as they are written."""

    UNREADABLE = "unreadable"
    NO_DICE = "no_dice"
    TOO_MANY = "too_many"
    SIDES = "sides"
    KEEP = "keep"
    NUMBER = "number"  # it is too large


class DiceError(ValueError):
    """A text can't be read as dice.

    Attributes:
        fault: what is wrong.
        about: the part or the number that is.
    """

    def __init__(self, fault: DiceFault, about: object = "") -> None:
        """Say what is wrong about which part."""
        text = str(about)
        self.fault = fault
        self.about = text if len(text) <= _PART_LIMIT else text[: _PART_LIMIT - 1] + "…"
        super().__init__(f"{fault}: {self.about}")


class Keep(StrEnum):
    """Which of several dice count."""

    HIGHEST = "kh"
    LOWEST = "kl"


class Kept(NamedTuple):
    """How many of several dice count, and which."""

    which: Keep
    number: int


@dataclass(frozen=True, slots=True)
class Dice:
    """Dice of one kind; `kept` is None if all of them count."""

    count: int
    sides: int
    kept: Kept | None = None
    negative: bool = False

    def __str__(self) -> str:
        """Return the dice as people write them: "4d6kh3"."""
        count = self.count if self.count > 1 else ""
        return f"{count}d{self.sides}{'' if self.kept is None else f'{self.kept.which}{self.kept.number}'}"

    def counted(self, faces: Sequence[int]) -> frozenset[int]:
        """Return the indices of the faces that count; of equal ones the first do."""
        if self.kept is None:
            return frozenset(range(len(faces)))
        upwards = 1 if self.kept.which is Keep.LOWEST else -1
        order = sorted(range(len(faces)), key=lambda at: (upwards * faces[at], at))
        return frozenset(order[: self.kept.number])


@dataclass(frozen=True, slots=True)
class Bonus:
    """A number that is added, or taken away."""

    value: int
    negative: bool = False

    def __str__(self) -> str:
        """Return the number without its sign."""
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Formula:
    """What is rolled and added up, in the order of its parts."""

    parts: tuple[Dice | Bonus, ...]

    def __str__(self) -> str:
        """Return the formula as people write it: "2d6+1"."""
        return "".join(f"{'-' if each.negative else '+'}{each}" for each in self.parts).removeprefix("+")

    @property
    def dice(self) -> int:
        """The number of its dice."""
        return sum(each.count for each in self.parts if isinstance(each, Dice))


class Written(NamedTuple):
    """A formula, and what it is rolled for; "" if that is not said."""

    formula: Formula
    reason: str = ""


class Value(NamedTuple):
    """A number of a roll: a die's face, or a bonus."""

    part: Dice | Bonus
    number: int
    counts: bool = True

    @property
    def sum(self) -> int:
        """What it adds to the total."""
        return 0 if not self.counts else -self.number if self.part.negative else self.number

    def shown(self, left_out: str) -> str:
        """Return the number with the sign that it needs; `left_out` is its form if it does not count."""
        if not self.counts:
            return left_out.replace("{}", str(self.number))
        plus = "+" if isinstance(self.part, Bonus) else ""
        return f"{'-' if self.part.negative else plus}{self.number}"


@dataclass(frozen=True, slots=True)
class Rolled:
    """A roll: its dice and bonuses in the order of the formula."""

    formula: Formula
    values: tuple[Value, ...]

    @property
    def total(self) -> int:
        """The sum of what counts."""
        return sum(each.sum for each in self.values)

    def shown(self, left_out: str) -> str:
        """Return every die and bonus in brackets: " (4, 4, +1)"; "" if there is only one die.

        `left_out` is the form of a die that does not count, with `{}` for its face.
        """
        if len(self.values) == 1:
            return ""
        return f" ({', '.join(each.shown(left_out) for each in self.values)})"

    def told(self, reason: str = "") -> str:
        """Return what the story is told: "2d6+1: 9 (4, 4, +1), for lockpicking".

        The result comes before the reason, so that no reason can look like one.
        """
        each = self.shown("{} left out") if self.formula.dice <= TOLD_LIMIT else ""
        return f"{self.formula}: {self.total}{each}{f', for {reason}' if reason else ''}"


def roll(formula: Formula, chance: Callable[[int], int]) -> Rolled:
    """Roll the dice of a formula; `chance` returns the face of a die by its sides, from 1."""
    values: list[Value] = []
    for part in formula.parts:
        if isinstance(part, Bonus):
            values.append(Value(part, part.value))
            continue
        faces = [chance(part.sides) for _ in range(part.count)]
        counted = part.counted(faces)
        values += [Value(part, face, at in counted) for at, face in enumerate(faces)]
    return Rolled(formula, tuple(values))


def read(text: str, reason: str = "") -> Written:
    """Return the dice that a text begins with, and what they are for: the words behind them, and `reason`.

    Blanks, capitals and digits of any script make no difference, nor does the German "w" for "d".

    Raises:
        DiceError: it does not begin with dice, what is behind them is no reason, or there are too many.
    """
    plain = "".join(map(_plain, text))
    parts: list[Dice | Bonus] = []
    end = 0
    while (found := _PART.match(plain, end)) and (found["sign"] or not parts):
        parts.append(_part(found))
        end = found.end()
    if end > TEXT_LIMIT:
        raise DiceError(DiceFault.UNREADABLE, plain[TEXT_LIMIT:end].strip())
    if plain[end:].strip() and not (parts and _REASON.match(plain, end)):
        raise DiceError(DiceFault.UNREADABLE, plain[end:].strip())
    formula = Formula(tuple(parts))
    if not formula.dice:
        raise DiceError(DiceFault.NO_DICE)
    if formula.dice > DICE_LIMIT:
        raise DiceError(DiceFault.TOO_MANY, f"{formula.dice:,}")
    return Written(formula, _FOR.sub("", f"{text[end:]} {reason}".strip(), count=1))


def _part(found: "re.Match[str]") -> Dice | Bonus:
    negative = found["sign"] == "-"
    if found["bonus"]:
        return Bonus(_number(found["bonus"]), negative)
    if found["alone"]:
        return _lucky(20, found["alone"], negative=negative)
    count = _number(found["count"] or "1")
    sides = 100 if found["sides"] == "%" else _number(found["sides"])
    if not 1 <= sides <= SIDES_LIMIT:
        raise DiceError(DiceFault.SIDES, f"{sides:,}")
    if not count:
        raise DiceError(DiceFault.NO_DICE)
    if found["luck"]:
        if count != 1:
            raise DiceError(DiceFault.UNREADABLE, found["luck"])
        return _lucky(sides, found["luck"], negative=negative)
    if found["keep"] is None:
        return Dice(count, sides, None, negative)
    kept = _number(found["kept"] or "1")
    if not 1 <= kept <= count:
        raise DiceError(DiceFault.KEEP, f"{kept:,}")
    return Dice(count, sides, Kept(Keep.LOWEST if found["keep"] == "l" else Keep.HIGHEST, kept), negative)


def _lucky(sides: int, luck: str, *, negative: bool) -> Dice:
    """Return the dice for advantage or disadvantage."""
    return Dice(2, sides, Kept(Keep.HIGHEST if luck.startswith("a") else Keep.LOWEST, 1), negative)


def _number(digits: str) -> int:
    digits = digits.lstrip("0") or "0"
    if len(digits) > DIGITS_LIMIT:
        raise DiceError(DiceFault.NUMBER, digits)
    return int(digits)


def _plain(character: str) -> str:
    """Return a character as dice are written with: small, of usual width, a digit from 0 to 9, a blank."""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if unicodedata.category(character)[0] in "CZ":
        return " "
    folded = unicodedata.normalize("NFKC", character).casefold()
    return _SIGNS.get(folded, folded if len(folded) == 1 else character)


_SIGNS: Final = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
"""Dashes, which phones write for a minus."""

_LUCK: Final = r"adv(?:antage)?|dis(?:adv(?:antage)?)?"
"""What players of Dungeons & Dragons call the better and the worse of two dice of 20."""

_PART: Final = re.compile(
    rf"""[ ]*(?:(?P<sign>[+-])[ ]*)?(?:
        (?P<count>[0-9]*)[ ]*[dw][ ]*(?P<sides>[0-9]+|%)
            (?:[ ]*k(?P<keep>[hl]?)[ ]*(?P<kept>[0-9]*)|[ ]*(?P<luck>{_LUCK}))?
        | (?P<alone>{_LUCK})
        | (?P<bonus>[0-9]+)
    )(?![0-9a-z%])""",
    re.VERBOSE,
)

_REASON: Final = re.compile(r"[ ]+[^\W\d_][^\s\d%]*(?!\S)")
"""Words behind dice; with a number or a sign at their head they are rather dice with a slip of the pen."""

_FOR: Final = re.compile(r"for\s+(?=\S)", re.IGNORECASE)
"""How people begin a reason, which the sentences about a roll do themselves."""
