"""The host's part in the story: the configuration as the rules that hold.

Law: it only translates, so that it can be done again at any time while the bot runs.
"""

from urllib.parse import urlsplit

from bot.composition.models import (
    configured_naming,
    prices_of,
    recap_rules,
)
from bot.config.schema import Config
from bot.core.budgets.caps import read_caps
from bot.core.budgets.rule import Payer
from bot.core.catching_up import Bounds
from bot.core.completion import Sampling
from bot.core.endpoint.address import is_here
from bot.core.reach import Reach
from bot.core.retention import Keeping
from bot.core.servers import Audience, ServerRule
from bot.story.places.rules import OWN, ChannelRule, Forms, HostLimits, Rules
from bot.texts.sentences import Sentence


def rules_of(config: Config) -> Rules:
    """Return the configuration's part in the story."""
    late = config.catch_up
    return Rules(
        sampling=usual_sampling(config),
        context_window=config.model.context_window,
        forms=Forms(configured_naming(config), is_pinned=config.model.naming != "auto"),
        end_note=config.model.end_note,
        look_back=config.memory.look_back,
        default_persona=config.default_persona,
        channels={
            id_: ChannelRule(channel.cast, **{key: getattr(channel, key) for key in OWN})
            for id_, channel in config.channels.items()
        },
        defaults=config.defaults.settings(),
        provider=_provider(config),
        servers=_servers(config),
        limits=_limits(config),
        proxies=config.proxies.rules(),
        keeping=Keeping(config.storage.retention_days, config.storage.leave_grace_days),
        recap=recap_rules(config),
        catch_up=Bounds(late.hours, late.messages, late.answer_minutes, late.settle),
        table_rules=config.defaults.table_rules or "",
    )


def usual_sampling(config: Config) -> Sampling:
    """Return how the model is to write, where a persona does not say otherwise."""
    model = config.model
    return Sampling(model.temperature, model.top_p, model.max_completion_tokens)


def _limits(config: Config) -> HostLimits:
    section = config.limits
    texts = {payer: getattr(section, payer) for payer in Payer}
    budgets = {payer: read_caps(payer, text) or () for payer, text in texts.items()}
    return HostLimits(
        section.replies_per_minute,
        tuple(limit for limits in budgets.values() for limit in limits),
        tuple(
            limit
            for payer, limits in budgets.items()
            if payer in section.model_fields_set
            for limit in limits
        ),
        prices_of(config),
        section.own_keys,
    )


def _servers(config: Config) -> ServerRule:
    chosen, by_all = config.discord.servers, config.personas.readable_by == "all"
    found = {Reach.DIRECT: config.dm, Reach.PERSONAL: config.user_install}
    audience = Audience(chosen) if isinstance(chosen, str) else Audience.LISTED
    return ServerRule(
        audience,
        frozenset[int]() if isinstance(chosen, str) else frozenset(chosen),
        readable_by_all=by_all,
        outside=frozenset(reach for reach, is_on in found.items() if is_on),
        blocked=frozenset(config.blocked),
    )


def _provider(config: Config) -> Sentence | str:
    """Return the name of the service that gets the prompts, as players know it, and of one for recaps."""
    replies, elsewhere = _service(config.model.base_url), config.memory.recap.endpoint
    recaps = replies if elsewhere is None or recap_rules(config) is None else _service(elsewhere)
    return replies if recaps == replies else Sentence("provider.two", replies=replies, recaps=recaps)


def _service(address: str) -> Sentence | str:
    """Return the name of the service at an address, as players know it."""
    host = urlsplit(address).hostname or ""
    if is_here(host):
        return Sentence("provider.here")
    return Sentence("provider.minimax") if "minimax" in host else host
