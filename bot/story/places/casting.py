"""Casting: the personas and the settings of a place.

Law: it looks up and decides nothing else. The host's configuration comes first, then what admins chose on
Discord from the channel up to the server, then the host's defaults.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.core.casts import CastMember, led_by, ordered
from bot.core.memory.table import TableRules
from bot.core.persona import Persona
from bot.core.routing import NoReply, NoReplyReason, Respond, refusal_by_age
from bot.core.scene import Place, Scene
from bot.core.settings import (
    CHOICES,
    TABLE_RULES,
    TEXTS,
    Face,
    Language,
    Mentions,
    Settings,
    deciding,
    effective,
)
from bot.personas.library import PersonaLibrary
from bot.personas.shelf import Shelf
from bot.storage.scenes import Scenes
from bot.storage.settings import Binding, BindingScope, Playing, SettingsStore
from bot.story.places.rules import PINNED, ChannelRule, Rules

Source = Literal["config", "scene", "thread", "channel", "category", "server", "default"]
"""The sources of a place's persona or setting, from the strongest to the weakest."""

SAMPLE = "sample"
"""The tag of the personas that come with the bot."""

WELCOME = "marlow"
"""The sample that answers while there are only samples."""


SettingScope = Literal["channel", "server"]
"""The scopes for which admins can set something."""

DIRECT: Mapping[str, str] = {"respond": Respond.ALWAYS, "face": Face.BOT, "mentions": Mentions.OFF}
"""The settings of direct messages, where everything is said to the bot and a webhook can't post."""

PERSONAL: Mapping[str, str] = {**DIRECT, "respond": Respond.NEVER}
"""The settings where the bot is only one person's, and hears nothing but commands."""


@dataclass(frozen=True, slots=True)
class ChannelCast:
    """The personas and the settings of a place, looked up once for a message.

    Attributes:
        key: the key of its persona, which is the lead of several; None where the place has no persona.
        persona: that persona; None where the place has none, or where no file of that key loads.
        source: what decides the persona: the configuration, the scene, an admin's choice for the thread, for
            its channel and so on, or the default. Where `key` is None, it is what decides that there is none.
        bound_id: the channel or thread of which every message is stored and where the persona answers to its
            name: this one or its parent; None where only messages to the persona are stored.
        settings: the values in effect.
        fixed: the settings that the configuration sets, each with its key there.
        sources: the source of each of `core.settings.CHOICES` and `TEXTS`; never a scene or a category.
        scene: the running scene; None before the first message.
        members: all who play there, the lead first; none where nobody does.
        is_own: whether the place is one person's.
    """

    key: str | None
    persona: Persona | None
    source: Source
    bound_id: int | None
    settings: Settings
    fixed: Mapping[str, str]
    sources: Mapping[str, Source]
    scene: Scene | None = None
    members: tuple[CastMember, ...] = ()
    is_own: bool = False

    def host_of(self, persona: Persona) -> str | None:
        """Return the key of the persona in whose scene another one plays; None for the lead."""
        return self.key if self.key != persona.key else None

    def led_by(self, key: str) -> tuple[CastMember, ...]:
        """Return who plays in a scene that begins with the persona of a key."""
        return led_by(key, self.members)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all who play there."""
        return tuple(member.key for member in self.members)

    @property
    def bound(self) -> bool:
        """Whether every message of the place is stored."""
        return self.bound_id is not None


@dataclass(frozen=True, slots=True)
class Ruling:
    """The rules of a server, a channel or a thread, as they were written.

    Attributes:
        source: whose they are.
        text: the text; empty for none.
        fixed: the key of the configuration that sets it; None if admins choose it on Discord.
    """

    source: Source
    text: str
    fixed: str | None = None


class Casting:
    """The look-up of personas and settings; `rules` may be replaced at any time.

    `is_age_restricted` returns whether Discord restricts the age in a place, and `reads_hosts` whether the
    admins of a server may read the host's files. The frontend on Discord sets them; a rehearsal is nobody's
    channel, and the host's.
    """

    def __init__(
        self, library: PersonaLibrary, settings: SettingsStore, scenes: Scenes, rules: Rules
    ) -> None:
        """Look up the personas of `library` by `rules` and by what admins have set."""
        self.library = library
        self.rules = rules
        self.is_age_restricted: Callable[[Place], bool] = _everywhere
        self.reads_hosts: Callable[[int], Awaitable[bool]] = _anybody
        self._settings = settings
        self._scenes = scenes

    def default(self, server_id: int | None) -> str | None:
        """Return the key of the persona of a server's unbound channels; None if there is none."""
        return default_among(self.library.at(server_id), self.rules.default_persona)

    async def lookup(self, place: Place, *, new_scene: bool = False) -> ChannelCast:
        """Return the personas and settings of a place; `new_scene` asks for those of a scene yet to begin."""
        fixed = self._fixed(place)
        settings, sources = await self._settled(place)
        binding = await self._settings.binding(_binding_scopes(place))
        playing = await self._settings.casts(_ids(place))
        scene = await self._scenes.playing(place)
        starring = scene.persona_key if scene is not None and not new_scene else None
        source: Source
        members: tuple[CastMember, ...]
        if "persona" in fixed:
            members, source = self._fixed_cast(place, playing), "config"
        elif binding is not None:
            members, source = _cast_of(binding, playing), _where(binding.scope, binding.scope_id, place)
        else:
            key, source = self.default(place.guild_id), "default"
            members = () if key is None else (CastMember(key),)
        if "persona" not in fixed and starring and not (binding and binding.persona_key is None):
            members, source = led_by(starring, members), "scene"
        lead = members[0].key if members else None
        bound_id = self._bound_id(place, binding) if lead is not None else None
        persona = self.library.at(place.guild_id).get(lead) if lead is not None else None
        about = (settings, fixed, sources, scene, members, place.is_own)
        return ChannelCast(lead, persona, source, bound_id, *about)

    async def bindings(
        self, server_id: int, channel_ids: Collection[int], category_ids: Collection[int]
    ) -> list[Binding]:
        """Return which personas are set where on a server, its channels first, each of a cast by itself."""
        scopes: list[tuple[BindingScope, int]] = [
            *(("channel", id_) for id_ in channel_ids),
            *(("category", id_) for id_ in category_ids),
            ("server", server_id),
        ]
        fixed = {id_: rule.personas for id_, rule in self.rules.channels.items() if rule.personas is not None}
        ours = [
            Binding("channel", id_, key) for id_ in channel_ids if id_ in fixed for key in fixed[id_] or ()
        ]
        chosen, playing = await self._settings.bindings(scopes), await self._settings.casts([*channel_ids])
        theirs = [
            replace(each, persona_key=member.key)
            for each in chosen
            if each.scope != "channel" or each.scope_id not in fixed
            for member in _cast_of(each, playing)
        ]
        return [*ours, *theirs]

    def speaker(self, place: Place, cast: ChannelCast, persona_key: str | None = None) -> Persona | NoReply:
        """Return the persona that answers: the place's lead, or the requested one.

        Any may be requested, as a guest that changes no cast, but where the host lets nobody play.
        """
        key = persona_key if persona_key is not None else cast.key
        if cast.key is None and "persona" in cast.fixed:
            return NoReply(NoReplyReason.PERSONA_FIXED, cast.fixed["persona"])
        if key is None:
            return NoReply(NoReplyReason.NO_PERSONA)
        if key == cast.key:
            return self._allowed(place, cast.persona, key)
        return self.persona(place, key)

    def lead(self, place: Place, cast: ChannelCast, persona_key: str | None) -> Persona | NoReply:
        """Return the persona that leads a scene yet to begin: the place's, or the requested one.

        Where the host has set the cast, that is only who is of it.
        """
        if cast.key is None and not cast.is_own:
            return self.speaker(place, cast)
        if persona_key is not None and "persona" in cast.fixed and persona_key not in cast.keys:
            return NoReply(NoReplyReason.PERSONA_FIXED, cast.fixed["persona"])
        return self.speaker(place, cast, persona_key)

    def persona(self, place: Place, key: str) -> Persona | NoReply:
        """Return the persona of a key if it may play in a place, or why it does not."""
        return self._allowed(place, self.library.at(place.guild_id).get(key), key)

    def barred(self, place: Place, persona: Persona) -> NoReply | None:
        """Return why a persona may not play in a place; None if it may."""
        restricted = not place.is_own and self.is_age_restricted(place)
        return refusal_by_age(persona.name, for_adults=persona.nsfw, age_restricted=restricted)

    def why_hidden(self, place: Place, keys: Iterable[str | None]) -> NoReply | None:
        """Return why the words of these personas are not shown in a place; None if they may be.

        A key of None is a person's: their words may be shown.
        """
        shelf = self.library.at(place.guild_id)
        found = (shelf.get(key) for key in dict.fromkeys(keys) if key)
        return next((why for persona in found if persona and (why := self.barred(place, persona))), None)

    def _allowed(self, place: Place, persona: Persona | None, key: str) -> Persona | NoReply:
        if persona is None:
            return NoReply(NoReplyReason.PERSONA_MISSING, key)
        return self.barred(place, persona) or persona

    async def settings(self, place: Place) -> Settings:
        """Return the settings of a place."""
        return (await self._settled(place))[0]

    async def table_rules(self, place: Place) -> TableRules:
        """Return what is ruled out in a place."""
        texts = (each.text for each in await self.rulings(place))
        return TableRules(tuple(filter(None, texts)), all_ages=not self.is_age_restricted(place))

    async def rulings(self, place: Place) -> list[Ruling]:
        """Return the rules of a place's server, channel and thread, also where they are empty."""
        scopes = _setting_scopes(place)
        layers = await self._settings.layers(scopes)
        # Where there is no server, in the terminal for example, those of the bot's owner hold.
        hosts = [Ruling("server", self.rules.table_rules)] if place.guild_id is None else []
        return hosts + [
            self._ruling(_where(scope, id_, place), id_, layer.get(TABLE_RULES))
            for (scope, id_), layer in zip(scopes, layers, strict=True)
        ]

    def _ruling(self, source: Source, id_: int, chosen: str | None) -> Ruling:
        if source == "server":
            return Ruling(source, self.rules.table_rules if chosen is None else chosen)
        fixed = self.rules.channels.get(id_, ChannelRule()).table_rules
        if fixed is not None:
            return Ruling(source, fixed, f"channels.{id_}.{TABLE_RULES}")
        return Ruling(source, chosen or "")

    async def _settled(self, place: Place) -> tuple[Settings, Mapping[str, Source]]:
        """Return the settings of a place, and the source of each."""
        scopes, always = _setting_scopes(place), _outside_servers(place)
        layers = [always, *await self._settings.layers(scopes), self._pinned(place)]
        wheres: list[Source] = ["default", *(_where(scope, id_, place) for scope, id_ in scopes), "config"]
        decided = deciding(*layers)
        sources = {key: wheres[decided[key]] if key in decided else "default" for key in (*CHOICES, *TEXTS)}
        return effective(self.rules.defaults, *layers), sources

    def _pinned(self, place: Place) -> dict[str, str]:
        """Return the settings that the configuration sets; a thread's override its channel's."""
        rules = reversed(self._rules_for(place))
        values = ((key, getattr(rule, key)) for rule in rules for key in PINNED)
        return {key: str(value) for key, value in values if value is not None}

    def _bound_id(self, place: Place, binding: Binding | None) -> int | None:
        if place.is_own:  # of direct messages all is stored, and else only what is said by commands
            return None if place.is_personal else place.channel_id
        configured = next((id_ for id_ in _ids(place) if id_ in self.rules.channels), None)
        if configured is not None or binding is None or binding.persona_key is None:
            return configured
        # A binding for a whole server gives it a persona, but only a channel or category is stored whole.
        return {"channel": binding.scope_id, "category": place.home_id, "server": None}[binding.scope]

    def _rules_for(self, place: Place) -> list[ChannelRule]:
        return [self.rules.channels[id_] for id_ in _ids(place) if id_ in self.rules.channels]

    def _fixed_cast(self, place: Place, playing: Mapping[int, Sequence[Playing]]) -> tuple[CastMember, ...]:
        """Return the cast that the configuration sets, of which admins choose how it plays."""
        keys = next(rule.personas for rule in self._rules_for(place) if rule.personas is not None) or ()
        chosen = {
            each.member.key: each.member for id_ in reversed(_ids(place)) for each in playing.get(id_, ())
        }
        return tuple(chosen.get(key, CastMember(key)) for key in keys)

    def _fixed(self, place: Place) -> dict[str, str]:
        """Return the keys of the configuration that set something here; a thread's override its channel's."""
        fixed: dict[str, str] = {}
        for id_ in _ids(place):
            rule = self.rules.channels.get(id_, ChannelRule())
            if rule.personas is not None:
                written = "persona" if len(rule.personas) == 1 else "personas"
                fixed.setdefault("persona", f"channels.{id_}.{written}")
            for key in PINNED:
                if getattr(rule, key) is not None:
                    fixed.setdefault(key, f"channels.{id_}.{key}")
        return fixed


def language_of(cast: ChannelCast, persona: Persona) -> Language:
    """Return the language that a place asks for; what its admins chose goes before a persona's own.

    The host's default doesn't: where nobody chose anything and the persona's file names a language, it is
    `AUTO`.
    """
    chosen = cast.sources.get("language", "default") != "default"
    return cast.settings.language if chosen or not persona.language else Language.AUTO


def default_among(personas: Shelf, configured: str | None) -> str | None:
    """Return the key of the persona without a binding: the configured one, else the only one of the host's.

    Samples do not count once there is another persona. Where the host has none or several, it is the only one
    of the server's own: a further persona never takes the default from one that has it. While there are only
    samples, it is `WELCOME`.
    """
    if configured is not None:
        return configured
    own = [persona.key for persona in personas if persona.key in personas.own]
    hosts = [persona.key for persona in personas if persona.key not in own and SAMPLE not in persona.tags]
    for keys in (hosts, own):
        if len(keys) == 1:
            return keys[0]
    if not own and not hosts and personas.get(WELCOME) is not None:
        return WELCOME
    return next((persona.key for persona in personas), None) if len(personas) == 1 else None


def offered(personas: Shelf, *, playing: Collection[str | None] = ()) -> list[Persona]:
    """Return the personas for menus and completions; the host's samples only while there are no others.

    The personas of the keys in `playing` are always included, and come first.
    """
    cast = list(personas)
    ours = [each for each in cast if SAMPLE not in each.tags or each.key in personas.own] or cast
    first = [persona for key in dict.fromkeys(playing) for persona in cast if persona.key == key]
    return [*first, *(persona for persona in ours if persona not in first)]


def _everywhere(_place: Place) -> bool:
    return True


async def _anybody(_server_id: int) -> bool:
    return True


def _cast_of(binding: Binding, playing: Mapping[int, Sequence[Playing]]) -> tuple[CastMember, ...]:
    """Return the cast of a binding: its persona, and in a channel those that have joined."""
    if binding.persona_key is None:
        return ()
    found = playing.get(binding.scope_id, ()) if binding.scope == "channel" else ()
    return ordered(binding.persona_key, [each.member for each in found if each.is_chosen])


def _outside_servers(place: Place) -> Mapping[str, str]:
    """Return the settings that a place has because it is one person's."""
    if not place.is_own:
        return {}
    return PERSONAL if place.is_personal else DIRECT


def _setting_scopes(place: Place) -> list[tuple[SettingScope, int]]:
    """Return the scopes of a place's settings, from the weakest to the strongest."""
    scopes: list[tuple[SettingScope, int]] = [] if place.guild_id is None else [("server", place.guild_id)]
    return [*scopes, *(("channel", id_) for id_ in reversed(_ids(place)))]


def _where(scope: BindingScope, scope_id: int, place: Place) -> Source:
    """Return a scope as a place sees it: the thread's own channel scope is "thread"."""
    own = place.parent_id is not None and scope_id == place.channel_id
    return "thread" if own and scope == "channel" else scope


def _binding_scopes(place: Place) -> list[tuple[BindingScope, int]]:
    scopes: list[tuple[BindingScope, int]] = [("channel", id_) for id_ in _ids(place)]
    if place.category_id is not None:
        scopes.append(("category", place.category_id))
    if place.guild_id is not None:
        scopes.append(("server", place.guild_id))
    return scopes


def _ids(place: Place) -> Sequence[int]:
    return [id_ for id_ in (place.channel_id, place.parent_id) if id_ is not None]
