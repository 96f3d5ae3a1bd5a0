"""What can be said of settings that are allowed: probable mistakes, and what they lead to.

Law: pure questions about one configuration. Nothing is changed, and a secret is never repeated.
"""

import base64
import re
from collections.abc import Collection
from ipaddress import ip_address
from typing import Final
from unicodedata import normalize
from urllib.parse import urlsplit

from bot.config.schema import PRESETS, Config, Model
from bot.core.budgets.caps import about, read_caps, written
from bot.core.budgets.rule import Amount, Limit, Payer, Unit, window_of
from bot.core.endpoint.address import is_here
from bot.core.endpoint.price import Prices
from bot.core.routing import Respond
from bot.files import lookalikes
from bot.files.problems import KeyPath, Problem, lookalike, nearest, problem, shown

KEY_LENGTH: Final = 64
"""Maximum characters in a persona's key; see `bot.personas.reading`."""


def application_id(token: str) -> int | None:
    """Return the application's ID, the base64 text before a token's first dot; None if it is invalid."""
    part = token.partition(".")[0]
    try:
        text = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        return None
    return int(text) if re.fullmatch(r"[0-9]{1,19}", text) else None


def warnings(config: Config) -> tuple[Problem, ...]:
    """Return warnings about settings that work but are probably mistakes, except a missing token or key."""
    found = list(config.misspelt)
    token, path = config.discord.token, ("discord", "token")
    if token and not _looks_like_a_token(token.get_secret_value()):
        found.append(problem("config.odd_token", config.spot(path), path))
    recap, recap_path = config.memory.recap, ("memory", "recap", "endpoint")
    if recap.api_key and _is_open(recap.endpoint or ""):
        found.append(problem("config.open_key", config.spot(recap_path), recap_path))
    path = ("model", "base_url")
    if config.model.api_key and _is_open(config.model.base_url):
        found.append(problem("config.open_key", config.spot(path), path))
    if config.ops.address and not _is_loopback(config.ops.address[0]):
        path = ("ops", "listen")
        found.append(problem("config.open_listen", config.spot(path), path))
    address, path = urlsplit(config.model.base_url), ("model", "base_url")
    others = [_preset_host(preset) for preset in PRESETS if preset not in {config.model.preset, "local"}]
    # MiniMax is also the preset where none was chosen; then an address is the user's choice.
    if config.model.preset != "minimax" and address.hostname in others:
        found.append(problem("config.outvoted", config.spot(path), path, preset=config.model.preset))
    return tuple(found)


def _is_loopback(host: str) -> bool:
    """Return whether only this computer reaches what listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def starving(config: Config, prices: Prices, reply: int) -> tuple[Problem, ...]:
    """Return the limits that are lower than what one cheap reply of `reply` tokens may cost."""
    model = config.model
    prompt = window_of(model.context_window, reply, thrifty=True) - reply
    cost = Amount(prompt + reply, prices.microdollars(model.name, prompt, reply) or 0)
    return tuple(
        problem("config.starving", config.spot(path), path, limit=written([limit]), cost=_said(cost, limit))
        for payer in Payer
        for path in [("limits", payer.value)]
        for limit in read_caps(payer, getattr(config.limits, payer)) or ()
        if limit.most < cost.of(limit.unit)
    )


def _said(cost: Amount, limit: Limit) -> str:
    return about(cost.microdollars) if limit.unit is Unit.MONEY else f"{cost.tokens:,} tokens"


def _is_open(address: str) -> bool:
    """Return whether what is sent to an address can be read on the way."""
    parts = urlsplit(address)
    return parts.scheme == "http" and not is_here(parts.hostname or "")


def _preset_host(preset: str) -> str | None:
    return urlsplit(str(PRESETS[preset].get("base_url", Model().base_url))).hostname


def unplayed(config: Config, default: str | None) -> tuple[Problem, ...]:
    """Return the bound channels without a persona; `default` is the persona where none is named."""
    paths: list[KeyPath] = [
        ("channels", str(id_))
        for id_, channel in config.channels.items()
        if channel.cast is None
        and default is None
        and (channel.respond or config.defaults.respond) is not Respond.NEVER
    ]
    return tuple(problem("config.nobody_plays", config.spot(path), path) for path in paths)


def unknown_personas(config: Config, known: Collection[str]) -> tuple[Problem, ...]:
    """Return the personas that settings name and that don't exist; `known` are the existing keys.

    If there are no personas at all, the settings aren't to blame and nothing is returned.
    """
    named: dict[KeyPath, str | None] = {("default_persona",): config.default_persona}
    for id_, each in config.channels.items():
        named |= {("channels", str(id_), "persona"): each.persona}
        named |= {("channels", str(id_), "personas", at): key for at, key in enumerate(each.personas or ())}
    return tuple(
        _unknown_persona(config, path, key, known)
        for path, key in named.items()
        if known and key is not None and normalize("NFC", key) not in known
    )


def _unknown_persona(config: Config, path: KeyPath, key: str, known: Collection[str]) -> Problem:
    if character := lookalikes.at_fault_in_value(key, known.__contains__):
        instead = lookalikes.ordinary(character)
        return lookalike(character, config.spot(path, character), path, instead=instead)
    close = nearest(key, known)
    return problem(
        "config.unknown_persona", config.spot(path), path, key=shown(key, KEY_LENGTH), nearest=close
    )


def wants_key(model: Model) -> bool:
    """Return whether the model needs a key; a server of one's own may not."""
    if is_here(urlsplit(model.base_url).hostname or ""):
        return False
    known = {Model().base_url, *(preset.get("base_url") for preset in PRESETS.values())}
    return model.dialect == "minimax" or model.base_url in known


def _looks_like_a_token(token: str) -> bool:
    return re.fullmatch(r"[^.]+\.[^.]+\.[^.]+", token) is not None and application_id(token) is not None
