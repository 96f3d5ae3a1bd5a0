"""The host's part in the story: what the configuration allows, sets and leaves open.

Law: plain values that may change at any time while the bot runs; `Casting.rules` has those of now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from bot.core.budgets.rule import Limit
from bot.core.catching_up import Bounds
from bot.core.completion import Naming, Sampling
from bot.core.endpoint.price import LIST_PRICES, Prices
from bot.core.memory.recap import RecapRules
from bot.core.proxies import ProxyRules
from bot.core.retention import Keeping
from bot.core.routing import Respond
from bot.core.servers import ServerRule
from bot.core.settings import (
    CHOICES,
    Face,
    Settings,
    Stream,
)
from bot.texts.sentences import Sentence


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """What the configuration sets for a channel and its threads; None leaves it open.

    `personas` are the keys of its cast, the lead first; empty if there is to be none. `table_rules` is what
    its stories leave out.
    """

    personas: tuple[str, ...] | None = None
    respond: Respond | None = None
    face: Face | None = None
    stream: Stream | None = None
    table_rules: str | None = None


OWN = tuple(field.name for field in fields(ChannelRule) if field.name != "personas")
PINNED = tuple(key for key in OWN if key in CHOICES)
"""The settings that a `ChannelRule` can set: all, and those of them with choices."""


@dataclass(frozen=True, slots=True)
class HostLimits:
    """What the host allows people to ask for, and to spend.

    Attributes:
        replies_per_minute: how many replies one person may ask for within a minute; 0 for any number.
        budgets: the most that may be spent.
        chosen: those of them that the host has set, and that are no defaults.
        prices: the prices of models.
        own_keys: whether a server may bring a key of its own for the model.
    """

    replies_per_minute: int = 0
    budgets: tuple[Limit, ...] = ()
    chosen: tuple[Limit, ...] = ()
    prices: Prices = LIST_PRICES
    own_keys: bool = False


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of prompt that a model may get: the `richest`, and whether only that, even if refused."""

    richest: Naming = Naming.NAMED
    is_pinned: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """The configuration's part in the story, as plain values.

    Attributes:
        sampling: the sampling where a persona's file sets none.
        context_window: tokens that the model can read and write in one request.
        forms: the forms of prompt that the model may get.
        end_note: whether a persona is reminded of its turn at the end of a prompt, once a story is long.
        look_back: whether a persona is reminded of old turns that are asked for.
        default_persona: the key of the persona where none is bound; None for the only one there is.
        channels: the rules by channel id.
        defaults: the settings where nobody has set any.
        provider: the name of the service that gets the prompts, as players know it.
        servers: which servers are served.
        limits: what people may ask for and spend.
        table_rules: what stories leave out, on servers that have no rules of their own.
        proxies: how the bot lives with PluralKit, Tupperbox and their kind.
        keeping: how long what was said is kept.
        recap: how recaps are made; None where they are turned off.
        catch_up: how much of what happened while nobody listened is caught up.
    """

    sampling: Sampling
    context_window: int
    forms: Forms = field(default_factory=Forms)
    end_note: bool = True
    look_back: bool = True
    default_persona: str | None = None
    channels: Mapping[int, ChannelRule] = field(default_factory=dict)
    defaults: Settings = field(default_factory=Settings)
    provider: Sentence | str = "MiniMax"
    servers: ServerRule = field(default_factory=ServerRule)
    limits: HostLimits = field(default_factory=HostLimits)
    table_rules: str = ""
    proxies: ProxyRules = field(default_factory=ProxyRules)
    keeping: Keeping = field(default_factory=Keeping)
    recap: RecapRules | None = None
    catch_up: Bounds = field(default_factory=Bounds)
