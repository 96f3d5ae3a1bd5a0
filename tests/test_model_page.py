"""The tables of docs/model.md, held against the code and the tests they name."""

import re
from collections import Counter
from pathlib import Path

import pytest

from bot.config.schema import PRESETS, Model
from bot.core.completion import TOKEN_LIMIT, ErrorKind, ModelError, Objection
from bot.core.endpoint.ladder import explained
from bot.core.posts.buttons import Action
from bot.llm.tries import RETRIED, TOKEN_PAUSE, Policy, Timeouts
from bot.texts.catalogue.players import PLAYERS
from bot.texts.failures import to_channel
from bot.texts.sentences import voice_for
from tests.llm.test_dialects import ERRORS, REFUSALS
from tests.llm.test_streams import EXPECTED, Read

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")


def table(head: str) -> list[list[str]]:
    """The rows below the head that begins with these cells, as cells without their code marks."""
    lines = PAGE[PAGE.index(f"| {head} |") :].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_presets() -> None:
    told = {}
    for name, where, dialect, model, besides in table("preset"):
        address = re.sub("^(.*), by http$", r"http://\1", where.replace("`", ""))
        keys = {"base_url": address, "dialect": dialect.strip("`"), "name": model.strip("`")}
        more = dict(re.findall(r"`(\w+): (\d+)`", besides))
        told[name.strip("`")] = keys | {key: int(value) for key, value in more.items()}
    usual = {key: getattr(Model(), key) for key in ("base_url", "dialect", "name")}
    assert told == {name: usual | dict(changes) for name, changes in PRESETS.items()}


def test_failures() -> None:
    told = {kind.strip("`"): tuple(rest) for kind, *rest in table("failure")}
    expected = {}
    for kind in ErrorKind:
        passes = "yes" if kind in RETRIED else "no"
        expected[str(kind)] = (
            voice_for().render(to_channel(ModelError(kind, retry_after=12), Action.RETRY)),
            passes,
            passes,
        )
    assert told == expected


def test_objections() -> None:
    sentence = PAGE[PAGE.index("Two of them are verdicts") :].partition("\n\n")[0].replace("\n", " ")
    words = [PLAYERS[f"refused.{objection}"] for objection in Objection]
    assert all(each in sentence for each in words)


def test_codes() -> None:
    told = [(code, words, failure.strip("`")) for code, words, failure, _ in table("code")]
    expected = [(str(code), words, str(kind)) for code, words, kind, _ in ERRORS[:-1]]
    assert told == [*expected, ("any other", "–", str(ERRORS[-1][2]))]


def test_statuses() -> None:
    told = Counter((int(status), failure.strip("`")) for status, _, failure in table("status"))
    assert told == Counter((status, str(kind)) for status, _, kind, code in REFUSALS if code is None)


def result(read: Read) -> str:
    if read.error is None:
        return f"whole, `{read.finish}`"
    if not read.text:
        return f"`{read.error}`"
    return f"`{read.error}`, " + (
        "taken back" if read.error is ErrorKind.OUTPUT_REFUSED else "what came stays"
    )


def test_streams() -> None:
    told = {name.strip("`"): outcome for name, _, outcome in table("stream")}
    assert told == {name: result(read) for name, read in EXPECTED.items()}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", PAGE))))
def test_a_test_that_the_page_names_exists(name: str) -> None:
    assert any(f"def {name}(" in path.read_text(encoding="utf-8") for path in ROOT.glob("tests/llm/*.py"))


def test_times() -> None:
    assert Timeouts() == Timeouts(connect=5, first_token=Model().first_token_timeout, between_tokens=20)
    assert "5 s for a connection" in PAGE
    assert "20 s from then on" in PAGE
    assert "any 61 seconds" in PAGE
    assert (Policy().retries, Policy().patience) == (2, 15.0)
    assert "Three in all" in PAGE
    assert "later than 15 s after the first" in PAGE
    assert Policy().longest == 18.0
    assert "18 s after its first request" in PAGE
    assert (TOKEN_LIMIT, TOKEN_PAUSE) == (1039, 4.0)
    assert "4 s after the code 1039" in PAGE


def test_which_codes_a_plainer_prompt_may_cure_is_what_the_ladder_does() -> None:
    for code, words, failure, plainer in table("code"):
        if not code.isdigit():
            continue
        error = ModelError(ErrorKind(failure.strip("`")), words, code=int(code))
        assert explained(error) is (plainer != "no"), f"{code}: {words}"
