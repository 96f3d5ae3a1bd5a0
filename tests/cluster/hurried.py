"""The real `python -m bot`, whose processes lose patience with each other sooner: `python -m tests.cluster.hurried run`.

Law: of the bot itself nothing is changed but the seconds of the protocol, in proportion.
"""

import sys
from dataclasses import fields
from typing import Final

from bot.__main__ import main
from bot.core.leases import Times
from bot.storage.postgres_cluster import PostgresCluster

FASTER: Final = 3.0

if __name__ == "__main__":
    usual = Times()
    PostgresCluster.times = Times(**{each.name: getattr(usual, each.name) / FASTER for each in fields(usual)})
    main(sys.argv[1:])
