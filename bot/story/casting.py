"""Casting: who plays in a place, and by which settings.

Law: it looks up and decides nothing else. What the host fixes in the configuration comes first, then what
admins chose on Discord from the channel up to the server, then the host's defaults.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.core.completion import Naming, Sampling
from bot.core.persona import Persona
from bot.core.routing import NoReply, NoReplyReason, Respond
from bot.core.scene import Place, Scene
from bot.core.settings import CHOICES, Face, Settings, Stream, deciding, effective
from bot.personas.library import PersonaLibrary, Shelf
from bot.storage.scenes import Scenes
from bot.storage.settings import Binding, BindingScope, SettingsStore
from bot.texts.sentences import Sentence

Source = Literal["config", "scene", "thread", "channel", "category", "server", "default"]
"""What can say who plays in a place, or set something there, from the strongest down."""

SAMPLE = "sample"
"""The tag of the personas that come with the bot."""

WELCOME = "marlow"
"""The sample that answers while there are only samples."""


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """What the configuration fixes for a channel and its threads. None leaves it open."""

    persona: str | None = None
    respond: Respond | None = None
    face: Face | None = None
    stream: Stream | None = None


SettingScope = Literal["channel", "server"]
"""Where admins can set something."""

PINNED = ("respond", "face", "stream")
"""The settings that a `ChannelRule` can fix."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The configuration's part in the story, as plain values.

    Attributes:
        sampling: how the model draws its words, where a persona says nothing.
        context_window: tokens the model reads and writes at once.
        naming: the highest form of prompt that the model may read.
        naming_pinned: whether that is the only one, whatever the model says.
        default_persona: who plays where nobody else does; None is the only one there is.
        channels: what is fixed, by channel.
        defaults: the settings where nobody has set any.
        provider: who gets to see prompts, as people know it.
    """

    sampling: Sampling
    context_window: int
    naming: Naming = Naming.NAMED
    naming_pinned: bool = False
    default_persona: str | None = None
    channels: Mapping[int, ChannelRule] = field(default_factory=dict)
    defaults: Settings = field(default_factory=Settings)
    provider: Sentence | str = "MiniMax"


@dataclass(frozen=True, slots=True)
class ChannelCast:
    """Who plays in a place, and by which settings; looked up once for a message.

    Attributes:
        key: the persona's key; None where nobody plays.
        persona: the persona; None where nobody plays, or where no file of that key loads.
        source: what says who plays: the configuration, the scene, an admin's choice for the thread, for its
            channel and so on, or the default. Where `key` is None, it says that nobody does.
        bound_id: the channel (or thread) that is recorded whole, and where the persona hears its name: this
            one or the one it belongs to; None where only what addresses the persona is kept.
        settings: the values that count.
        fixed: settings that the configuration fixes, each with the key that does.
        sources: what sets each of `core.settings.CHOICES`: no scene does, nor a category.
        scene: the scene that is being played; None where nothing was said yet.
    """

    key: str | None
    persona: Persona | None
    source: Source
    bound_id: int | None
    settings: Settings
    fixed: Mapping[str, str]
    sources: Mapping[str, Source]
    scene: Scene | None = None

    @property
    def bound(self) -> bool:
        """Whether the place is recorded whole."""
        return self.bound_id is not None


class Casting:
    """Who plays where. `rules` may be exchanged while it is used: what is asked next goes by the new ones."""

    def __init__(
        self, library: PersonaLibrary, settings: SettingsStore, scenes: Scenes, rules: Rules
    ) -> None:
        """Cast the personas of `library` by `rules`, and by what admins have set."""
        self.library = library
        self.rules = rules
        self._settings = settings
        self._scenes = scenes

    def default(self, server_id: int | None) -> str | None:
        """Return the key of the persona that plays on a server where none was chosen."""
        return default_among(self.library.at(server_id), self.rules.default_persona)

    async def lookup(self, place: Place, *, new_scene: bool = False) -> ChannelCast:
        """Look up who plays in a place, and how; `new_scene` asks who would in a scene yet to begin."""
        fixed = self._fixed(place)
        settings, sources = await self._settled(place)
        binding = await self._settings.binding(_binding_scopes(place))
        scene = await self._scenes.playing(place)
        starring = scene.persona_key if scene is not None and not new_scene else None
        key: str | None
        source: Source
        if "persona" in fixed:
            key, source = self._fixed_persona(place), "config"
        elif starring and not (binding and binding.persona_key is None):
            key, source = starring, "scene"
        elif binding is not None:
            key, source = binding.persona_key, _where(binding.scope, binding.scope_id, place)
        else:
            key, source = self.default(place.guild_id), "default"
        bound_id = self._bound_id(place, binding) if key is not None else None
        persona = self.library.at(place.guild_id).get(key) if key is not None else None
        return ChannelCast(key, persona, source, bound_id, settings, fixed, sources, scene)

    def speaker(self, place: Place, cast: ChannelCast, persona_key: str | None = None) -> Persona | NoReply:
        """Return who speaks: the persona of the place, or the one that was asked for where that is open."""
        if cast.key is None:
            return NoReply(NoReplyReason.NO_PERSONA)
        if persona_key is None or persona_key == cast.key:
            return cast.persona or NoReply(NoReplyReason.PERSONA_MISSING, cast.key)
        if "persona" in cast.fixed:
            return NoReply(NoReplyReason.PERSONA_FIXED, cast.fixed["persona"])
        asked = self.library.at(place.guild_id).get(persona_key)
        return asked or NoReply(NoReplyReason.PERSONA_MISSING, persona_key)

    async def settings(self, place: Place) -> Settings:
        """Return the settings that count in a place."""
        return (await self._settled(place))[0]

    async def _settled(self, place: Place) -> tuple[Settings, Mapping[str, Source]]:
        """Return the settings that count in a place, and what sets each."""
        scopes = _setting_scopes(place)
        layers = [*await self._settings.layers(scopes), self._pinned(place)]
        wheres: list[Source] = [*(_where(scope, id_, place) for scope, id_ in scopes), "config"]
        decided = deciding(*layers)
        sources = {key: wheres[decided[key]] if key in decided else "default" for key in CHOICES}
        return effective(self.rules.defaults, *layers), sources

    def _pinned(self, place: Place) -> dict[str, str]:
        """Return the settings that the configuration fixes; a thread's go before its channel's."""
        rules = reversed(self._rules_for(place))
        values = ((key, getattr(rule, key)) for rule in rules for key in PINNED)
        return {key: str(value) for key, value in values if value is not None}

    def _bound_id(self, place: Place, binding: Binding | None) -> int | None:
        configured = next((id_ for id_ in _ids(place) if id_ in self.rules.channels), None)
        if configured is not None or binding is None or binding.persona_key is None:
            return configured
        # A whole server is given a persona, not recorded whole: that takes a channel or a category.
        return {"channel": binding.scope_id, "category": place.home_id, "server": None}[binding.scope]

    def _rules_for(self, place: Place) -> list[ChannelRule]:
        return [self.rules.channels[id_] for id_ in _ids(place) if id_ in self.rules.channels]

    def _fixed_persona(self, place: Place) -> str | None:
        return next((rule.persona for rule in self._rules_for(place) if rule.persona), None)

    def _fixed(self, place: Place) -> dict[str, str]:
        """Return the keys of the configuration that fix something here; a thread's before its channel's."""
        fixed: dict[str, str] = {}
        for id_ in _ids(place):
            rule = self.rules.channels.get(id_, ChannelRule())
            for key in ("persona", *PINNED):
                if getattr(rule, key) is not None:
                    fixed.setdefault(key, f"channels.{id_}.{key}")
        return fixed


def default_among(personas: Shelf, configured: str | None) -> str | None:
    """Return who answers where nobody is bound: the configured persona, else the only one there is.

    The samples that come along make way: one file without their tag, and none of them is a default.
    """
    if configured is not None:
        return configured
    own = [persona.key for persona in personas if SAMPLE not in persona.tags]
    if not own and personas.get(WELCOME) is not None:
        return WELCOME
    keys = own or [persona.key for persona in personas]
    return keys[0] if len(keys) == 1 else None


def offered(personas: Iterable[Persona], *, playing: Collection[str | None] = ()) -> list[Persona]:
    """Return whom menus and completions offer: samples only while there is nobody else.

    Those of the keys in `playing` are offered in any case, and come first.
    """
    cast = list(personas)
    own = [persona for persona in cast if SAMPLE not in persona.tags] or cast
    first = [persona for key in dict.fromkeys(playing) for persona in cast if persona.key == key]
    return [*first, *(persona for persona in own if persona not in first)]


def _setting_scopes(place: Place) -> list[tuple[SettingScope, int]]:
    """Return where settings for a place may stand, from the weakest to the strongest."""
    scopes: list[tuple[SettingScope, int]] = [] if place.guild_id is None else [("server", place.guild_id)]
    return [*scopes, *(("channel", id_) for id_ in reversed(_ids(place)))]


def _where(scope: BindingScope, scope_id: int, place: Place) -> Source:
    """Return a scope as it is seen from a place."""
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
