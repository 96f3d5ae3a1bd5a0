"""The golden counts of tests/core/golden_tokens.json, made with MiniMax's own table.

    python -m bench.golden          # needs the extra [exact]; writes the counts again, and prints how the
                                    # counter that goes by script compares with them

The file's texts are ours, but for the set "plays", which is Shakespeare's. To add one, write it into its set
with any count and run this. The table is checked by its digest first, so the counts cannot come from another.
"""

import json
from itertools import chain
from pathlib import Path

from bot.core.tokens import BY_SCRIPT, MARGIN
from bot.endpoint.exact_counter import PACKAGE, SHA256, TABLE, ExactCounter, load

GOLDEN = Path(__file__).parent.parent / "tests" / "core" / "golden_tokens.json"

Sets = dict[str, list[tuple[int, str]]]


def counted(sets: Sets, counter: ExactCounter) -> Sets:
    """Return the sets with exact counts."""
    return {name: [(counter.count(text), text) for _, text in texts] for name, texts in sets.items()}


def written(sets: Sets) -> str:
    """Return the file's text: one line a text, and nothing in it that an editor would not show."""

    def line(entry: tuple[int, str]) -> str:
        text = json.dumps(entry, ensure_ascii=False)
        shown = (c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
        return "      " + "".join(shown)

    blocks = [
        f"    {json.dumps(name)}: [\n" + ",\n".join(map(line, texts)) + "\n    ]"
        for name, texts in sets.items()
    ]
    origin = json.dumps({"package": PACKAGE, "table": TABLE, "sha256": SHA256})
    return f'{{\n  "counted_by": {origin},\n  "sets": {{\n' + ",\n".join(blocks) + "\n  }\n}\n"


def report(sets: Sets) -> None:
    """Print how the counter by script compares, set by set."""
    print("set               texts  tokens  script/exact  with the margin: set  lowest text  texts below")
    for name, texts in (*sets.items(), ("all", list(chain.from_iterable(sets.values())))):
        pairs = [(exact, BY_SCRIPT.count(text)) for exact, text in texts]
        exact, script = (sum(column) for column in zip(*pairs, strict=True))
        lowest = min(MARGIN * guess / truth for truth, guess in pairs)
        below = sum(MARGIN * guess < truth for truth, guess in pairs)
        print(
            f"{name:18}{len(pairs):5}{exact:8}{script / exact:14.2f}{MARGIN * script / exact:22.2f}"
            f"{lowest:13.2f}{below:13}"
        )


def main() -> None:
    """Count again and write, then compare."""
    sets = counted(json.loads(GOLDEN.read_text(encoding="utf-8"))["sets"], load())
    GOLDEN.write_text(written(sets), encoding="utf-8")
    report(sets)


if __name__ == "__main__":
    main()
