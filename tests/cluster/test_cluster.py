"""Two whole bots on one PostgreSQL, in each kind of trouble for half a minute; `make cluster` does it for an hour, by the issue's figures.

Counted are answers, by what they say and by their nonce. Nothing that goes by seconds is looked at, such as how many
requests came in one: the machine has more to do.
"""

import random
from pathlib import Path

from tests.cluster import troubles
from tests.cluster.crowd import SHARDS
from tests.cluster.ledger import End
from tests.cluster.stage import Setting, Stage, stage
from tests.cluster.troubles import play

SHORT = Setting(
    channels=32, identify_pause=0.0, concurrency=SHARDS, hurried=True, tokens_per_second=120.0, words=12
)
RATE = 6.0


async def test_bots_that_are_killed_cut_off_stopped_and_replaced_answer_everybody_once(
    tmp_path: Path,
) -> None:
    async def trouble(here: Stage) -> None:
        await troubles.kills(2, (0.5, 1.5), random.Random(7))(here)
        await troubles.cuts(1, 2)(here)
        await troubles.database_restarts(2)(here)
        await troubles.stops(5)(here)
        await troubles.updates(1, 1)(here)

    async with stage(tmp_path, SHORT) as here:
        await here.start(*SHORT.machines)
        await here.all_ready()
        outcome = await play(here, "all of it", trouble, RATE, "both")
        found = outcome.missed(timed=False) + here.surprises()
        here.keep(tmp_path, "all")
        assert found == [], "\n".join(found)
    assert outcome.ends[End.WHOLE] > outcome.ends.total() * 0.7
