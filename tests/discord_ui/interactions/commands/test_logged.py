"""What of all that people can do gets a line in the moderation log, and why the rest gets none.

`LOGGED` has every row of the table of rights. That no row gets another line is tried there, by everybody.
"""

import re
from collections.abc import Mapping

from bot.core.moderation import Act
from tests.discord_ui.interactions.commands.logged import LOGGED
from tests.discord_ui.interactions.commands.test_rights import ROOT, ROWS, use_of

BESIDE = {Act.REFUSED, Act.REFUSED_AGAIN}
"""What nobody does: the model's moderation."""


def test_everything_that_people_can_do_has_its_lines_or_the_reason_for_none() -> None:
    assert [use_of(row) for row in ROWS if use_of(row) not in LOGGED] == []
    assert LOGGED.keys() - {use_of(row) for row in ROWS} == set()
    assert [use for use, what in LOGGED.items() if not what] == []


def test_every_line_tells_of_something_that_people_can_do() -> None:
    told: Mapping[str, frozenset[Act]] = {k: v for k, v in LOGGED.items() if not isinstance(v, str)}
    assert {act for acts in told.values() for act in acts} == set(Act) - BESIDE


def test_every_line_is_written_somewhere() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot/discord_ui").rglob("*.py"))
    assert [act.name for act in Act if not re.search(rf"\bAct\.{act.name}\b", code)] == []
