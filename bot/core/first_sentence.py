"""The first sentence of a text, for cards that tell in a line who somebody is.

Law: pure. In doubt a full stop ends no sentence: two are better than a half.
"""

from typing import Final

import regex

_PARAGRAPH: Final = regex.compile(r"\s*\n[^\S\n]*\n\s*")

# Unicode's annex 29, rules SB6 to SB11: closing marks belong to the sentence they close, a full stop before
# a digit or a small letter ends none. Those of the scripts without blanks need none behind them.
_END: Final = regex.compile(
    r"""(?:
        [.!?…؟।։۔]+[\p{Pe}\p{Pf}\p{Pi}"'*_]*+(?:[ ]»)?(?=\s|$)(?!\s+\p{Ll})
        | [。！？｡．]+[\p{Pe}\p{Pf}\p{Pi}"'*_]*+
    )""",  # noqa: RUF001 - full-width is what is meant
    regex.VERBOSE,
)

_INITIAL: Final = regex.compile(r"(?:^|[\s.(\p{Pi}\"'])\p{Lu}\.$")
"""A single letter: a part of a name."""

_SHORTENED: Final = regex.compile(
    r"""(?:^|[\s(\p{Pi}\"'])(?:
        Mr|Mrs|Ms|Mx|Messrs|Dr|Prof|Rev|Hon|St|Ste|Mt|Ft|No|Nos|Sr|Jr|Capt|Cmdr|Col|Gen|Lt|Sgt|Maj|Adm|Gov|Sen|Pres
        |Vol|Ch|Hr|Fr|Hl|Nr|M|MM|Mme|Mlle|Sig|Dott|D|Dña|Sra|Srta|vs|etc|e\.g|i\.e|cf|ca|approx|bzw
    )\.$""",
    regex.VERBOSE,
)
"""Words that a full stop shortens before a name or a number, as in CLDR's segmentation suppressions."""


def first_sentence(text: str) -> str:
    """Return the first sentence of a text in one line; "" for an empty text."""
    whole = " ".join(_PARAGRAPH.split(text.strip(), 1)[0].split())
    for found in _END.finditer(whole):
        sentence = whole[: found.end()]
        if not _INITIAL.search(sentence) and not _SHORTENED.search(sentence):
            return sentence
    return whole
