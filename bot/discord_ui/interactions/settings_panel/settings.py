"""The panel of settings: what is missing in a channel, and each setting above the menu that changes it.

Law: it shows and sets nothing. Each value stands once, on one of its pages. Only what changes the bot's
behaviour is in it.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import discord

from bot.core.casts import PERCENT, CastMember
from bot.core.posts.pages import clipped
from bot.core.reach import Reach
from bot.core.routing import Respond
from bot.core.scene import Place
from bot.core.settings import CHOICES as VALUES
from bot.core.settings import PICTURES, PROPOSERS, Face
from bot.discord_ui.inbound import age_restricted, reach_in
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.choosing import CHOICES, LABEL
from bot.discord_ui.interactions.common.rights import writing_right
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.settings_panel import limits, ruling, when
from bot.discord_ui.interactions.settings_panel.archiving import archive_buttons
from bot.discord_ui.interactions.settings_panel.moderation_page import moderation_page
from bot.discord_ui.interactions.settings_panel.pages import Page, PanelScope, page_menu
from bot.discord_ui.posting.webhooks import Lack
from bot.discord_ui.voices import voice_of
from bot.personas.shelf import Shelf
from bot.story.places.casting import ChannelCast, Source, offered
from bot.texts.sentences import Sentence, Voice

PAGES: Final[Mapping[str, Page]] = {
    "persona_talk": Page.CAST,
    "person_cooldown": Page.WHEN,
    "channel_cooldown": Page.WHEN,
    "ooc": Page.WHEN,
    "mentions": Page.WHEN,
}
"""The page of each setting that is not on the first."""

TALKS: Final = (0, 5, 10, 25, 50, 75, 100)
"""The talkativeness that a menu offers, in percent."""

USUAL, MUTED = "*usual", "*muted"
"""Values of a member's menu that are no talkativeness."""

INHERIT, NOBODY = "*inherit", "*nobody"
"""Values of a menu that are no persona's key."""

NEEDED = (
    "view_channel",
    "send_messages",
    "send_messages_in_threads",
    "read_message_history",
    "manage_webhooks",
    "create_public_threads",
    "add_reactions",
)
"""The permissions the bot uses; the texts say what the lack of each costs."""

NOT_IN_THREADS = ("send_messages", "create_public_threads")
"""The permissions among them that have no effect inside a thread."""

CAST_LIMIT = CHOICES - 2
"""Personas in the menu, beside "none" and "same as"."""

MINUTE, HOUR = 60, 3600
"""Seconds of a minute and of an hour."""

Choice = tuple[str, Sentence | str]
"""A value in a menu, and its name."""

Build = Callable[[Services, discord.Interaction, PanelScope], Awaitable[list[panel.Block]]]
"""Returns the blocks of a page."""


@dataclass(frozen=True, slots=True)
class _Setting:
    """A setting: the line above its menu, the choices, and the one that counts.

    Attributes:
        key: the key, as ids have it.
        line: the line above the menu.
        further_up: the choice that leaves the value to what is further up.
        inherited: the value that comes from there, if that is the choice.
        choices: the other choices.
        chosen: what is chosen.
        is_open: whether it can be chosen on Discord.
        note: small print above the menu.
    """

    key: str
    line: Sentence
    further_up: Sentence
    inherited: Sentence | str | None
    choices: Sequence[Choice]
    chosen: str
    is_open: bool = True
    note: Sentence | None = None

    def blocks(self, scope: PanelScope, voice: Voice) -> list[panel.Block]:
        further_up = voice.render(self.further_up)
        # Where it is chosen, it says the value; Discord shows the rest only in the open menu.
        value, rest = (
            (further_up, None) if self.inherited is None else (voice.render(self.inherited), further_up)
        )
        first = discord.SelectOption(label=clipped(value, LABEL), value=INHERIT, description=rest)
        options = [first, *(_option(value, voice.render(label)) for value, label in self.choices)]
        for each in options:
            each.default = each.value == self.chosen
        note = [] if self.note is None else [panel.small(voice.render(self.note))]
        return [
            panel.text(voice.render(self.line), *note),
            panel.row(panel.menu(f"rp:set:{scope}:{self.key}", options, disabled=not self.is_open)),
        ]


def _option(value: str, label: str) -> discord.SelectOption:
    return discord.SelectOption(label=clipped(label, LABEL), value=value)


async def settings_panel(
    services: Services, interaction: discord.Interaction, scope: PanelScope, page: Page = Page.MAIN
) -> discord.ui.LayoutView:
    """Return a page of the panel of a channel or its server."""
    voice = voice_of(interaction)
    blocks = await BUILDERS[page](services, interaction, scope)
    other: PanelScope = "channel" if scope == "server" else "server"
    turned = "" if page is Page.MAIN else f":{page}"
    return panel.panel(
        [
            *blocks,
            panel.line(),
            panel.row(page_menu(scope, page, voice)),
            panel.row(
                panel.button(voice.say(f"button.panel.{other}"), f"rp:panel:{other}{turned}"),
                *(archive_buttons(voice) if scope == "server" and page is Page.MAIN else ()),
            ),
        ]
    )


async def _main_page(
    services: Services, interaction: discord.Interaction, scope: PanelScope
) -> list[panel.Block]:
    """Return the blocks of the first page: what is missing, and who speaks, and how."""
    here, voice = place_of(interaction), voice_of(interaction)
    scope_id = here.channel_id if scope == "channel" else here.guild_id or 0
    # What counts on the whole server is what counts in a channel without settings of its own.
    place = here if scope == "channel" else Place(-1, guild_id=here.guild_id)
    cast = await services.story.casting.lookup(place)
    bound = await services.story.choices.bound(scope, scope_id)
    own = await services.story.choices.set_of(scope, scope_id)
    further_up = Sentence(f"panel.inherit.{'thread' if _is_thread(place) else scope}")
    chosen = INHERIT if bound is None else bound.persona_key or NOBODY
    shelf = services.personas(here.guild_id)
    for_adults = scope == "channel" and age_restricted(interaction.channel)
    settings = [
        _persona(cast, place, shelf, chosen, further_up, for_adults=for_adults),
        *(_setting(key, cast, place, own.get(key), further_up) for key in VALUES if key not in PAGES),
    ]
    problems = _problems(services, interaction, cast, scope)
    note = [panel.small(voice.say("panel.server_only"))] if scope == "server" else []
    return [
        panel.text(voice.say(f"panel.title.{scope}", channel=here.channel_id), *note),
        *([panel.text(voice.lines(problems)), panel.line()] if problems else []),
        *(block for setting in settings for block in setting.blocks(scope, voice)),
        *(await _chosen(services, interaction, voice) if scope == "server" else ()),
        *_notes(services, cast, scope, voice, complete=not problems),
    ]


async def _cast_page(
    services: Services, interaction: discord.Interaction, scope: PanelScope
) -> list[panel.Block]:
    """Return the blocks about who plays: each member above its menu, and whether they talk to each other."""
    here, voice = place_of(interaction), voice_of(interaction)
    place = here if scope == "channel" else Place(-1, guild_id=here.guild_id)
    cast = await services.story.casting.lookup(place, new_scene=True)
    settings = await _settings_of(Page.CAST, services, here, scope, cast)
    title = "panel.cast.title" if scope == "channel" else "panel.cast.title.server"
    members = _members(services.personas(here.guild_id), cast, voice) if scope == "channel" else []
    return [
        panel.text(voice.say(title, channel=here.channel_id), *_about_cast(cast, scope, voice)),
        *members,
        *([panel.line()] if members else []),
        *(block for setting in settings for block in setting.blocks(scope, voice)),
    ]


async def _when_page(
    services: Services, interaction: discord.Interaction, scope: PanelScope
) -> list[panel.Block]:
    """Return the page about when personas speak, and what they hear besides the story."""
    here, voice = place_of(interaction), voice_of(interaction)
    place = here if scope == "channel" else Place(-1, guild_id=here.guild_id)
    cast = await services.story.casting.lookup(place)
    settings = await _settings_of(Page.WHEN, services, here, scope, cast)
    title = "panel.when.title" if scope == "channel" else "panel.when.title.server"
    note = [panel.small(voice.say("panel.server_only"))] if scope == "server" else []
    lines = {key: _line(key, cast.sources[key], cast, place) for key in when.KEYS[scope]}
    return [
        panel.text(voice.say(title, channel=here.channel_id), *note),
        *(block for setting in settings for block in setting.blocks(scope, voice)),
        *when.blocks(services, scope, cast.settings, lines, voice),
    ]


BUILDERS: Final[Mapping[Page, Build]] = {
    Page.MAIN: _main_page,
    Page.CAST: _cast_page,
    Page.WHEN: _when_page,
    Page.LIMITS: limits.page,
    Page.RULES: ruling.page,
    Page.MODERATION: moderation_page,
}
"""What each page shows."""


async def _settings_of(
    page: Page, services: Services, here: Place, scope: PanelScope, cast: ChannelCast
) -> list[_Setting]:
    """Return the settings of a page that is not the first."""
    place = here if scope == "channel" else Place(-1, guild_id=here.guild_id)
    scope_id = here.channel_id if scope == "channel" else here.guild_id or 0
    own = await services.story.choices.set_of(scope, scope_id)
    further_up = Sentence(f"panel.inherit.{'thread' if _is_thread(place) else scope}")
    keys = [key for key, each in PAGES.items() if each is page]
    return [_setting(key, cast, place, own.get(key), further_up) for key in keys]


def _about_cast(cast: ChannelCast, scope: PanelScope, voice: Voice) -> Iterable[str]:
    """Yield in small print what changes who plays."""
    if scope == "server":
        yield panel.small(voice.say("panel.server_only"))
    elif not cast.members:
        yield voice.say("panel.cast.nobody")
    elif cast.source == "config":
        yield panel.small(voice.say("panel.fixed", key=cast.fixed["persona"]))
    else:
        own = cast.source in {"thread", "channel"}
        yield panel.small(voice.say("panel.cast.how" if own else "panel.cast.elsewhere"))


def _members(shelf: Shelf, cast: ChannelCast, voice: Voice) -> list[panel.Block]:
    """Return each member above the menu that says how much it talks."""
    blocks: list[panel.Block] = []
    for member in cast.members:
        name = panel.plain(found.name if (found := shelf.get(member.key)) else member.key)
        leads = member.key == cast.key and len(cast.members) > 1
        blocks.append(
            panel.text(voice.say("panel.cast.lead" if leads else "panel.cast.member", persona=name))
        )
        chosen = MUTED if member.muted else _talk_value(member)
        options = [_option(value, voice.render(label)) for value, label in _talks(member, cast)]
        for each in options:
            each.default = each.value == chosen
        is_open = cast.source in {"config", "thread", "channel"}
        blocks.append(panel.row(panel.menu(f"rp:cast:{member.key}", options, disabled=not is_open)))
    return blocks


def _talk_value(member: CastMember) -> str:
    return USUAL if member.talkativeness is None else str(member.talkativeness)


def _talks(member: CastMember, cast: ChannelCast) -> list[Choice]:
    """Return how much a member may talk; what is chosen is always among it."""
    always, own = cast.settings.respond is Respond.ALWAYS, member.talkativeness
    # Where only those who are asked answer, the usual is never to join in.
    offered_here = [each for each in TALKS if always or each or own == 0]
    percents = sorted({*offered_here, *([] if own is None else [own])})
    kind = ("turns" if len(cast.members) > 1 else "all") if always else "usual"
    usual = Sentence(f"cast.talk.{kind}")
    return [
        (USUAL, usual),
        *((str(each), _percent(each)) for each in percents),
        (MUTED, Sentence("cast.talk.muted")),
    ]


def _percent(talkativeness: int) -> Sentence:
    named = {0: "cast.talk.never", PERCENT: "cast.talk.always"}.get(talkativeness)
    return Sentence(named) if named else Sentence("cast.talk.percent", percent=talkativeness)


async def _chosen(
    services: Services, interaction: discord.Interaction, voice: Voice
) -> Iterable[panel.Block]:
    """Return the menus of the channel for pictures and of the role that proposes; what is gone is none."""
    guild = interaction.guild
    assert guild is not None
    chosen = (await services.story.choices.set_of("server", guild.id)).get(PICTURES, "")
    known = chosen.isdecimal() and guild.get_channel(int(chosen)) is not None
    menu = panel.channel_menu("rp:pictures", int(chosen) if known else None, voice.say("panel.pictures.hint"))
    role = (await services.story.choices.set_of("server", guild.id)).get(PROPOSERS, "")
    named = role.isdecimal() and guild.get_role(int(role)) is not None
    roles = panel.role_menu("rp:proposers", [int(role)] if named else [], voice.say("panel.proposers.hint"))
    count = len(await services.story.records.proposing.open(guild.id))
    waiting = [panel.small(voice.say("panel.proposers.open", count=count))] if count else []
    return (
        panel.text(voice.say("panel.pictures")),
        panel.row(menu),
        panel.text(voice.say("panel.proposers"), *waiting),
        panel.row(roles),
    )


def _is_thread(place: Place) -> bool:
    return place.parent_id is not None


def _setting(key: str, cast: ChannelCast, place: Place, own: str | None, further_up: Sentence) -> _Setting:
    value, is_open = str(getattr(cast.settings, key)), key not in cast.fixed
    chosen = own or INHERIT if is_open else value
    inherited = _value_name(key, value) if chosen == INHERIT else None
    choices = [(each, _value_name(key, each)) for each in VALUES[key]]
    line = _line(key, cast.sources[key], cast, place)
    return _Setting(key, line, further_up, inherited, choices, chosen, is_open)


def _persona(
    cast: ChannelCast, place: Place, shelf: Shelf, chosen: str, further_up: Sentence, *, for_adults: bool
) -> _Setting:
    named = {persona.key: persona.name for persona in shelf}

    def name(key: str | None) -> Sentence | str:
        if key is None:
            return Sentence("panel.choose_nobody")
        return named.get(key) or Sentence("panel.broken", key=key)

    # The current personas come first, so that they are never cut off.
    cast_here = offered(shelf, playing=(cast.key, chosen))
    keys = [persona.key for persona in cast_here if for_adults or not persona.nsfw]
    is_open = "persona" not in cast.fixed
    shown = chosen if is_open else cast.key or NOBODY
    if shown not in {*keys, INHERIT, NOBODY}:  # its file is gone, or the channel is for everyone now
        keys.insert(0, shown)
    line, inherited = _line("persona", cast.source, cast, place), name(cast.key) if shown == INHERIT else None
    if cast.source == "scene":  # what plays is not what the menu chooses
        playing = panel.plain(cast.persona.name) if cast.persona else name(cast.key)
        line, inherited = Sentence("panel.setting.scene", persona=playing), None
    choices = [(NOBODY, name(None)), *((key, name(key)) for key in keys[:CAST_LIMIT])]
    note = None
    if len(keys) > CAST_LIMIT:
        note = Sentence("panel.more_personas", shown=CAST_LIMIT, count=len(keys))
    elif len(cast.members) > 1:
        names = [panel.plain(named.get(key, key)) for key in cast.keys]
        note = Sentence("panel.cast.several", personas=names)
    return _Setting("persona", line, further_up, inherited, choices, shown, is_open, note)


def _line(key: str, source: Source, cast: ChannelCast, place: Place) -> Sentence:
    """Return the line above a menu: what it sets, and where the value that counts was set."""
    where = "parent" if source == "channel" and _is_thread(place) else source
    told = (
        Sentence("panel.fixed", key=cast.fixed[key])
        if source == "config"
        else Sentence(f"panel.source.{where}")
    )
    return Sentence("panel.setting", name=Sentence(f"menu.{key}"), source=told)


def _value_name(key: str, value: str) -> Sentence | str:
    """Return the name of a choice; languages have their own names."""
    if key.endswith("_cooldown"):
        return _cooldown_name(int(value))
    return value if key == "language" and value != "auto" else Sentence(f"setting.{key}.{value}")


def _cooldown_name(seconds: int) -> Sentence:
    named = {0: "none", MINUTE: "minute", HOUR: "hour"}.get(seconds)
    if named is not None:
        return Sentence(f"setting.cooldown.{named}")
    if seconds < MINUTE:
        return Sentence("setting.cooldown.seconds", count=seconds)
    return Sentence("setting.cooldown.minutes", count=seconds // MINUTE)


def _notes(
    services: Services, cast: ChannelCast, scope: PanelScope, voice: Voice, *, complete: bool
) -> Iterable[panel.Block]:
    """Yield what is good to know and cannot be chosen here."""
    lines = []
    if cast.persona is not None and services.records(cast):
        lines.append(Sentence("panel.recorded"))
    elif scope == "channel":
        lines.append(Sentence("panel.not_recorded"))
    if complete:
        lines.append(Sentence("panel.complete"))
    if lines:
        yield panel.line()
        yield panel.text(*(panel.small(voice.render(each)) for each in lines))


def _problems(
    services: Services, interaction: discord.Interaction, cast: ChannelCast, scope: PanelScope
) -> list[Sentence]:
    """Return what keeps the bot from answering here, and what it lacks, with what that costs."""
    lines = [Sentence("panel.paused")] if cast.settings.paused else []
    here = place_of(interaction)
    if cast.key is not None and cast.persona is None:
        lines.append(Sentence("panel.problem", problem=Sentence("player.persona_missing", about=cast.key)))
    elif cast.persona is not None and scope == "channel":
        barred = services.story.casting.barred(here, cast.persona)
        if barred is not None:
            lines.append(
                Sentence(
                    "panel.problem",
                    problem=Sentence("player.age_restricted", about=panel.plain(cast.persona.name)),
                )
            )
    needless = {*(NOT_IN_THREADS if isinstance(interaction.channel, discord.Thread) else ())}
    face = cast.settings.face
    if face is Face.BOT:
        needless.add("manage_webhooks")
    missing = _lacks(interaction, [right for right in NEEDED if right not in needless])
    if face is Face.WEBHOOK and services.faces.why_none(here.channel_id, here.parent_id) is Lack.FULL:
        missing.append(Sentence("panel.webhooks_full"))
    if not services.message_content:
        missing.append(_lack("message_content"))
    return [*lines, Sentence("panel.missing"), *missing] if missing else lines


def lacks_to_answer(interaction: discord.Interaction) -> list[Sentence]:
    """Return what the bot lacks to answer messages in a channel; `/talk` needs none of it."""
    if reach_in(interaction) is not Reach.SERVER:
        return []
    return _lacks(interaction, ("view_channel", writing_right(interaction)))


def _lacks(interaction: discord.Interaction, rights: Sequence[str]) -> list[Sentence]:
    """Return which of these permissions the bot lacks, and what that costs."""
    allowed = interaction.app_permissions
    return [_lack(right) for right in rights if not getattr(allowed, right) and not allowed.administrator]


def _lack(right: str) -> Sentence:
    return Sentence("panel.lacks", right=Sentence(f"right.{right}"), cost=Sentence(f"cost.{right}"))
