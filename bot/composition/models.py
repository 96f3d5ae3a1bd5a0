"""The models that the configuration chooses, the one that plays and the one that writes recaps; their prices.

Law: a key goes only to the server that it is for.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import urlsplit

from bot.config.doubts import wants_key
from bot.config.schema import Config
from bot.core.budgets.caps import read_caps
from bot.core.budgets.rule import Payer, Unit
from bot.core.completion import ChatModel, Naming
from bot.core.endpoint.address import is_here
from bot.core.endpoint.price import FREE, Price, Prices
from bot.core.memory.recap import RecapRules
from bot.llm.client import HttpModel, Server
from bot.llm.connection import connection_to
from bot.llm.dialects import Dialect
from bot.llm.gate import Gate
from bot.llm.together import Together, account_of
from bot.llm.tries import Policy, Timeouts
from bot.llm.vault import Vault
from bot.story.budgets.own_keys import Equipment
from bot.story.memory.recaps import AT_ONCE
from bot.texts.sentences import HOST

TEXT_MODEL = "MiniMax-M3"
"""MiniMax's current text model (platform.minimax.io/docs/guides/pricing-paygo, September 2026)."""

THINKING = 180.0
"""Seconds for a model that thinks before the first words of a recap; nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model, the form of its prompts, and a line that says which it is.

    `chronicler` is the model that writes recaps; None if it is the same. `equipment` is what it takes to use
    servers' own keys; None if there is no such use. `together` is who shares the limits of all of these.
    """

    model: ChatModel
    naming: Naming
    announcement: str
    chronicler: ChatModel | None = None
    equipment: Equipment | None = None
    together: Together = field(default_factory=Together)


def reaches_a_model(config: Config) -> bool:
    """Return whether the configuration is enough to ask a model."""
    return config.model.api_key is not None or not wants_key(config.model)


def configured_naming(config: Config) -> Naming:
    """Return the richest form of prompt that the configured model may get, or the host's choice."""
    if config.model.naming != "auto":
        return Naming(config.model.naming)
    # Servers for models in general know system, user and assistant; M2-her is M2-her on any endpoint.
    native = config.model.dialect == "minimax" or "m2-her" in config.model.name.lower()
    return Naming.NAMED if native else Naming.FOLDED


def configured_model(config: Config, environ: Mapping[str, str] = os.environ) -> Chosen:
    """Return the model of the configuration.

    Raises:
        WrongVariableError: the environment's way to it cannot be used.
    """
    model, together = config.model, Together()
    http = _model(config, environ, model.api_key.get_secret_value() if model.api_key else None, together)
    announcement = HOST.say("chat.model", model=model.name)
    equipment = _equipment(config, environ, together)
    chronicler = _chronicler(config, environ, together)
    return Chosen(http, configured_naming(config), announcement, chronicler, equipment, together)


def _model(config: Config, environ: Mapping[str, str], key: str | None, together: Together) -> HttpModel:
    """Return the model of replies with a key, and a gate of its own.

    Raises:
        WrongVariableError: the environment's way to it cannot be used.
    """
    model = config.model
    server = Server(
        model.base_url,
        Dialect(model.dialect),
        model.name,
        key,
        needs_key=wants_key(model),
        connection=connection_to(model.base_url, environ),
    )
    return HttpModel(
        server,
        gate=Gate(
            at_once=model.max_streams,
            per_minute=model.requests_per_minute,
            account=account_of(model.base_url, model.name, key, together),
        ),
        policy=Policy(timeouts=Timeouts(first_token=model.first_token_timeout)),
        log_messages=model.log_messages,
    )


def _equipment(config: Config, environ: Mapping[str, str], together: Together) -> Equipment:
    """Return what it takes to use servers' own keys: always for the host's models, at the host's address."""
    secret = config.secret_key.get_secret_value() if config.secret_key else None
    vault = None if secret is None else Vault(secret, config.model.base_url)

    def model(key: str) -> ChatModel:
        return _model(config, environ, key, together)

    def chronicler(key: str) -> ChatModel:
        return _chronicler(config, environ, together, key) or _model(config, environ, key, together)

    return Equipment(vault, model, chronicler if config.memory.recap.endpoint is None else None)


def recap_rules(config: Config) -> RecapRules | None:
    """Return how recaps are made; None if they are turned off, or no model can write them."""
    model, chosen = config.model, config.memory.recap
    if not chosen.enabled or not reaches_a_model(config):
        return None
    name = _name(config)
    same = chosen.endpoint is None and name == model.name
    return RecapRules(chosen.tokens, model.context_window, name, same and model.max_streams == 1)


def prices_of(config: Config) -> Prices:
    """Return the prices of models: those of the host, and that one on this computer costs nothing."""
    model, recap = config.model, config.memory.recap
    named = {
        name.lower(): Price(Decimal(str(price.input)), Decimal(str(price.output)))
        for name, price in config.prices.items()
    }
    if model.preset == "local" or _is_here(model.base_url):
        named.setdefault(model.name.lower(), FREE)
        if recap.endpoint is None:
            named.setdefault(_name(config).lower(), FREE)
    if recap.endpoint is not None and _is_here(recap.endpoint):
        named.setdefault(_name(config).lower(), FREE)
    return Prices(named)


def unpriced(config: Config) -> list[str]:
    """Return the lines about models of which no price is known although there are limits in money."""
    texts = {payer: getattr(config.limits, payer) for payer in Payer}
    limits = [limit for payer, text in texts.items() for limit in read_caps(payer, text) or ()]
    if not any(limit.unit is Unit.MONEY for limit in limits):
        return []
    prices = prices_of(config)
    names = dict.fromkeys([config.model.name, *([_name(config)] if recap_rules(config) else [])])
    return [HOST.say("host.no_price", model=name) for name in names if prices.of(name) is None]


def _is_here(address: str) -> bool:
    return is_here(urlsplit(address).hostname or "")


def _chronicler(
    config: Config, environ: Mapping[str, str], together: Together, own_key: str | None = None
) -> ChatModel | None:
    """Return the model that writes recaps: another one on the same server, or elsewhere; None for the same.

    `own_key` is a server's, in place of the host's, and goes to the host's server only.

    Raises:
        WrongVariableError: the environment's way to it cannot be used.
    """
    model, chosen = config.model, config.memory.recap
    name = _name(config)
    if chosen.endpoint is None and name == model.name:
        return None
    here = chosen.endpoint is None
    key = model.api_key if here else chosen.api_key
    server = Server(
        model.base_url if chosen.endpoint is None else chosen.endpoint,
        Dialect(model.dialect) if here else Dialect.OPENAI,
        name,
        own_key if here and own_key else key.get_secret_value() if key else None,
        needs_key=here and wants_key(model),
        connection=connection_to(chosen.endpoint or model.base_url, environ),
    )
    return HttpModel(
        server,
        gate=Gate(
            at_once=AT_ONCE,
            per_minute=model.requests_per_minute,
            account=account_of(server.base_url, name, server.api_key, together),
        ),
        policy=Policy(timeouts=Timeouts(first_token=THINKING, between_tokens=THINKING)),
        log_messages=model.log_messages,
    )


def _name(config: Config) -> str:
    """Return the name of the model that writes recaps; MiniMax itself has another one for that."""
    recap, host = config.memory.recap, urlsplit(config.model.base_url).hostname
    is_minimax = recap.endpoint is None and host in {"api.minimax.io", "api.minimaxi.com"}
    return recap.model or (TEXT_MODEL if is_minimax else config.model.name)
