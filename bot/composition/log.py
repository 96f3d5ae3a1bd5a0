"""The log as the configuration wants it, without its secrets.

Law: what a library logs of people's words or of each request is left out, whatever the level.
"""

import logging
import os
import sys

from bot.config.schema import Config
from bot.ops.logs import JournalFormatter, JsonFormatter, TextFormatter, is_journal, without


def secrets_of(settings: Config) -> set[str]:
    """Return what stays out of the log; a password of fewer than `SHORT` characters is in many words."""
    from bot.llm.connection import SHORT, passwords  # noqa: PLC0415 - `health` needs no log

    keys = [
        settings.discord.token,
        settings.model.api_key,
        settings.memory.recap.api_key,
        settings.secret_key,
        settings.storage.url,
    ]
    password = settings.storage.password
    if password is not None and len(password.get_secret_value()) >= SHORT:
        keys.append(password)
    return {key.get_secret_value() for key in keys if key} | passwords(os.environ)


def start_log(settings: Config, level: int) -> None:
    """Begin the log on standard error, from `level` upwards."""
    harmless = without(secrets_of(settings))
    handler = logging.StreamHandler(sys.stderr)
    is_read = is_journal(sys.stderr)
    as_json = settings.ops.log == "json"
    formatter = JsonFormatter(harmless) if as_json else TextFormatter(harmless, is_dated=not is_read)
    handler.setFormatter(JournalFormatter(formatter) if is_read else formatter)
    logging.basicConfig(level=level, handlers=[handler])
    # What these say at a lower level has words of people in it.
    for name in ("httpx", "httpcore", "discord.client", "discord.gateway", "watchfiles", "aiosqlite"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
