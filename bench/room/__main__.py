"""Evenings through the real bot, and what the model is told in them, held against what it should be told.

    TMPDIR=/dev/shm python -m bench.room                        # seven evenings in every form
    python -m bench.room tavern radio --form folded             # some, in one form
    python -m bench.room --requests DIR                         # a file for each request, for a human writer
    python -m bench.room --replies DIR --requests DIR2          # with the writer's replies; measures these
    python -m bench.room --checkout ../before                   # the same with another version of the bot
    python -m bench.room --checkout ../before --beside tavern-07 radio-05 train-04    # both, as Markdown
    python -m bench.room --checkout ../before --server http://127.0.0.1:8077 --name smollm2 --ask tavern-07

It ends with 1 if an expectation is broken.
"""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from bench.room import pages, real
from bench.room.judge import Kind, Sheet, judge
from bench.room.measures import MEASURES, Reply, interval, length
from bench.room.playing import Table, Wanted, by_key, play_here, play_there
from bench.room.script import Evening
from bench.room.stage import CAST, Request
from bot.core.completion import Naming


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    found = argparse.ArgumentParser(
        prog="python -m bench.room", description=(__doc__ or "").partition("\n")[0]
    )
    found.add_argument(
        "evenings", nargs="*", metavar="EVENING", help=f"of {', '.join(by_key())}; all without any"
    )
    found.add_argument("--form", choices=[str(each) for each in Naming], help="one form instead of every one")
    found.add_argument("--requests", type=Path, metavar="DIR", help="write a file for each request")
    found.add_argument(
        "--replies", type=Path, metavar="DIR", help="say these instead of the script's answers"
    )
    found.add_argument("--checkout", type=Path, metavar="DIR", help="the root of another version of the bot")
    found.add_argument("--beside", nargs="+", metavar="LABEL", help="print these requests of both versions")
    found.add_argument("--ask", nargs="+", metavar="LABEL", help="send these of both versions to a server")
    found.add_argument("--server", metavar="URL", help="where it is, in the dialect of OpenAI")
    found.add_argument("--name", default="local", help="the server's name of the model")
    found.add_argument("--key", help="the server's key, if it asks for one")
    found.add_argument("--times", type=int, default=20, help="how many replies to each request")
    found.add_argument(
        "--keep", type=Path, metavar="FILE", help="keep the replies there, and go on from these"
    )
    return found


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    options = parser().parse_args(arguments)
    unknown = sorted(set(options.evenings) - set(by_key()))
    if unknown:
        parser().error(f"there is no evening {', '.join(unknown)}; there are: {', '.join(by_key())}")
    if (options.beside or options.ask) and not options.checkout:
        parser().error("--beside and --ask compare with another version: add --checkout")
    if options.checkout and not (options.checkout / "bot").is_dir():
        parser().error(f"there is no bot in {options.checkout}")
    if options.ask and not options.server:
        parser().error("--ask needs a --server")
    return options


def wanted_by(options: argparse.Namespace) -> Wanted:
    """Return what is to be played."""
    # Servers of OpenAI's dialect are sent folded prompts.
    form = str(Naming.FOLDED) if options.ask else options.form or ""
    labels = options.ask or options.beside or ()
    evenings = options.evenings or [key for key in by_key() if any(each.startswith(key) for each in labels)]
    return Wanted(evenings, form, str(options.replies.resolve()) if options.replies else "")


def sheets_of(evening: Evening, cast: Path) -> dict[str, Sheet]:
    """Return the files of an evening's personas."""
    keys = (evening.persona, *evening.others)
    return {key: yaml.safe_load((cast / f"{key}.yaml").read_text("utf-8")) for key in keys}


def report(table: Table, cast: Path) -> int:
    """Print what is held and what is broken; return how much is broken."""
    held, broken = Counter[Kind](), Counter[Kind]()
    for evening, played in table:
        verdicts = judge(evening, played, sheets_of(evening, cast))
        wrong = [verdict for verdict in verdicts if verdict.wrong]
        held.update(verdict.kind for verdict in verdicts if not verdict.wrong)
        broken.update(verdict.kind for verdict in wrong)
        right = len(verdicts) - len(wrong)
        came = f"{right:5} held {len(wrong):4} broken {len(played.requests):3} requests"
        print(f"{evening.key:8} {played.naming:8} {came}")
        for verdict in wrong:
            print(f"  {verdict.what}\n    {verdict.wrong}")
    for kind in Kind:
        print(f"{kind:18} {held[kind]:5} held {broken[kind]:4} broken")
    return broken.total()


def measure(table: Table, replies: Mapping[str, str], cast: Path) -> None:
    """Print the measures of a writer's replies, persona by persona."""
    unasked = sorted(set(replies) - set(pages.together(table)))
    if unasked:
        print(f"No request has the label of these replies: {', '.join(unasked)}.")
    for evening, played in table:
        sheet = sheets_of(evening, cast)[evening.persona]
        samples = [sample["reply"] for sample in sheet.get("samples", ())]
        labels = [label for label in pages.labelled(evening, played) if label in replies]
        written = [replies[label] for label in labels]
        if not written:
            continue
        found = [Reply(text, sheet["name"], written[:number], samples) for number, text in enumerate(written)]
        usual = interval([length(Reply(sample, sheet["name"])) for sample in samples])
        print(f"{evening.key}: {len(written)} replies; the samples have {usual.mean:.0f} words")
        for name, each in MEASURES.items():
            print(f"  {name:32} {interval([each(reply) for reply in found])}")


def pairs_of(labels: Sequence[str], before: Table, now: Table) -> dict[str, dict[str, Request]]:
    """Return both versions of the requests with these labels."""
    versions = dict(zip(real.VERSIONS, map(pages.together, (before, now)), strict=True))
    missing = [label for label in labels if any(label not in each for each in versions.values())]
    if missing:
        common = sorted(set.intersection(*map(set, versions.values())))
        sys.exit(f"Not both versions have {', '.join(missing)}. They have: {', '.join(common)}.")
    return {label: {version: requests[label] for version, requests in versions.items()} for label in labels}


def compare(options: argparse.Namespace) -> None:
    """Print both versions of requests, or what a real model makes of them."""
    wanted = wanted_by(options)
    pairs = pairs_of(options.ask or options.beside, play_there(options.checkout, wanted), play_here(wanted))
    if options.ask:
        address = real.Address(options.server, options.name, options.key)
        texts = asyncio.run(real.ask(address, pairs, options.times, options.keep))
        for title, as_shown in (("as they came", False), ("as people see them", True)):
            print(f"\n{title}:\n")
            print("\n".join(real.report(real.replies_of(pairs, texts, as_shown=as_shown))))
    else:
        for label, pair in pairs.items():
            print(pages.beside(label, *pair.values()))


def main(arguments: Sequence[str] | None = None) -> None:
    """Play, and judge."""
    options = options_of(arguments)
    if options.beside or options.ask:
        compare(options)
        return
    wanted = wanted_by(options)
    table = play_there(options.checkout, wanted) if options.checkout else play_here(wanted)
    cast = options.checkout / "personas" if options.checkout else CAST
    if options.requests:
        pages.write(options.requests, pages.together(table))
    if options.replies:  # what was said then is not the script's, and neither is what the requests hold
        measure(table, pages.replies_in(options.replies), cast)
    else:
        sys.exit(min(report(table, cast), 1))


if __name__ == "__main__":
    main()
