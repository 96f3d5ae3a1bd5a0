"""The evenings, in their order."""

from typing import Final

from bench.room.evenings.ball import BALL
from bench.room.evenings.ferry import FERRY
from bench.room.evenings.library import LIBRARY
from bench.room.evenings.probes import PROBES
from bench.room.evenings.radio import RADIO
from bench.room.evenings.tavern import TAVERN
from bench.room.evenings.train import TRAIN

EVENINGS: Final = (TAVERN, RADIO, TRAIN, FERRY, LIBRARY, BALL, PROBES)
