"""Starts bots as forks of itself, which has imported everything: each costs a fifth of a process of its own.

It reads one line of JSON for each on standard input: the folder, the environment, the file for the output. It writes the
process's number, and when that process has died its status. The bot is the whole `python -m bot run`.
"""

import gc
import json
import os
import sys
import threading

import bot.app
import bot.config.keylog
import bot.discord_ui.gateway.client  # noqa: F401 - what `run` imports when it starts
from bot.__main__ import main


def say(*facts: object) -> None:
    sys.stdout.write(f"{json.dumps(facts)}\n")
    sys.stdout.flush()


def live(folder: str, environment: dict[str, str], output: str) -> None:
    """Be a bot."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, output, os.O_WRONLY | os.O_APPEND | os.O_CREAT),
        (2, output, os.O_WRONLY | os.O_APPEND | os.O_CREAT),
    ):
        os.dup2(os.open(path, flags), number)
    main(["run"])


def nurse() -> None:
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            live(*json.loads(line))
        say("born", child)
        say("died", os.waitpid(child, 0)[1])


if __name__ == "__main__":
    assert threading.active_count() == 1
    nurse()
