"""The JSON that Discord makes of each record.

Law: ids are strings; what the library or Discord's published description demands is always there.
"""

import hashlib

from tests.standins.discord_wire.records import (
    Channel,
    Guild,
    Json,
    Message,
    Permission,
    Role,
    User,
    Webhook,
    time_of,
)

MESSAGE_CONTENT_LIMITED = 1 << 19
"""Application flag: the intent is switched on, in an app that is not verified."""

TEXT_CHANNEL, PUBLIC_THREAD, FORUM = 0, 11, 15
DEFAULT, REPLY = 0, 19
INCOMING = 1
"""The kind of webhook that can be executed."""


def user(who: User) -> Json:
    return {
        "id": str(who.id),
        "username": who.name if who.bot else who.name.lower().replace(" ", "_"),
        "global_name": None if who.bot else who.name,
        "discriminator": "0000" if who.face else "0",
        "avatar": picture(who.avatar),
        "banner": None,
        "accent_color": None,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
        "public_flags": 0,
        "flags": 0,
        "bot": who.bot,
    }


def picture(address: str | None) -> str | None:
    """The name under which Discord keeps a picture."""
    return None if address is None else hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()


def own_user(who: User) -> Json:
    return user(who) | {"mfa_enabled": True, "locale": "en-US", "verified": True}


def application(bot: User, owner: User, *, message_content: bool) -> Json:
    flags = MESSAGE_CONTENT_LIMITED if message_content else 0
    return {
        "id": str(bot.id),
        "name": bot.name,
        "icon": None,
        "description": "",
        "summary": "",
        "type": None,
        "verify_key": "0" * 64,
        "flags": flags,
        "flags_new": str(flags),
        "owner": user(owner),
        "team": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
    }


def team(bot: User, accepted: list[User], invited: list[User]) -> Json | None:
    """The team that owns the application; none where a person owns it."""
    if not accepted:
        return None
    people = [(who, 2) for who in accepted] + [(who, 1) for who in invited]
    return {
        "id": str(bot.id + 1),
        "icon": None,
        "name": "The Company",
        "owner_user_id": str(accepted[0].id),
        "members": [
            {
                "membership_state": state,
                "permissions": ["*"],
                "role": "developer",
                "team_id": str(bot.id + 1),
                "user": user(who),
            }
            for who, state in people
        ],
    }


def role(which: Role, position: int) -> Json:
    return {
        "id": str(which.id),
        "name": which.name,
        "permissions": str(int(which.permissions)),
        "position": position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": which.bot is not None,
        "mentionable": True,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    } | ({"tags": {"bot_id": str(which.bot.id)}} if which.bot else {})


def member(who: User, guild: Guild) -> Json:
    """The membership alone; with "user" it is what the REST API and GUILD_CREATE show."""
    return {
        "nick": guild.nicks.get(who.id),
        "roles": [str(r.id) for r in guild.roles.values() if r.bot is who],
        "joined_at": time_of(guild.id).isoformat(),
        "avatar": None,
        "banner": None,
        "premium_since": None,
        "communication_disabled_until": None,
        "pending": False,
        "deaf": False,
        "mute": False,
        "flags": 0,
    }


def full_member(who: User, guild: Guild) -> Json:
    return member(who, guild) | {"user": user(who)}


def guild(which: Guild) -> Json:
    absent = (
        *("icon", "description", "home_header", "splash", "discovery_splash", "banner", "application_id"),
        *("afk_channel_id", "system_channel_id", "widget_channel_id", "max_presences", "vanity_url_code"),
        *("rules_channel_id", "safety_alerts_channel_id", "public_updates_channel_id", "incidents_data"),
    )
    zero = (
        *("system_channel_flags", "verification_level", "default_message_notifications", "mfa_level"),
        *("explicit_content_filter", "premium_tier", "premium_subscription_count", "nsfw_level"),
    )
    return {
        **dict.fromkeys(absent),
        **dict.fromkeys(zero, 0),
        **dict.fromkeys(("widget_enabled", "premium_progress_bar_enabled", "nsfw"), False),
        "id": str(which.id),
        "name": which.name,
        "owner_id": str(which.owner.id),
        "features": [],
        "region": "deprecated",
        "afk_timeout": 300,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "preferred_locale": which.locale,
        "roles": [role(r, position) for position, r in enumerate(which.roles.values())],
        "emojis": [],
        "stickers": [],
    }


def guild_create(which: Guild, channels: list[Channel], bot: User) -> Json:
    """GUILD_CREATE: without the members intent only the bot itself is listed as a member."""
    return guild(which) | {
        "joined_at": time_of(which.id).isoformat(),
        "large": False,
        "unavailable": False,
        "member_count": len(which.members),
        "members": [full_member(bot, which)],
        "channels": [channel(c) for c in channels if c.parent is None],
        "threads": [channel(c) for c in channels if c.parent is not None and c.archived_at is None],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def channel(which: Channel) -> Json:
    common = {
        "id": str(which.id),
        "guild_id": str(which.guild.id),
        "name": which.name,
        "last_message_id": str(max(which.messages)) if which.messages else None,
        "rate_limit_per_user": 0,
        "flags": 0,
    }
    if which.parent is not None and which.owner is not None:
        return common | {
            "type": PUBLIC_THREAD,
            "parent_id": str(which.parent.id),
            "owner_id": str(which.owner.id),
            "message_count": len(which.messages),
            "total_message_sent": len(which.messages),
            "member_count": 1,
            "thread_metadata": {
                "archived": which.archived_at is not None,
                "locked": False,
                "auto_archive_duration": 1440,
                "archive_timestamp": (which.archived_at or time_of(which.id)).isoformat(),
                "create_timestamp": time_of(which.id).isoformat(),
            },
        }
    return (
        common
        | {
            "type": FORUM if which.forum else TEXT_CHANNEL,
            "parent_id": None,
            "position": 0,
            "topic": None,
            "nsfw": which.nsfw,
            "permission_overwrites": _overwrites(which),
        }
        | ({"available_tags": [], "default_reaction_emoji": None} if which.forum else {})
    )


def _overwrites(which: Channel) -> list[Json]:
    if which.denied == Permission(0):
        return []
    return [{"id": str(which.guild.bot_role.id), "type": 0, "allow": "0", "deny": str(int(which.denied))}]


def webhook(which: Webhook, application: int) -> Json:
    """A webhook as an application sees it: the token of another application's is not told."""
    shown: Json = {
        "id": str(which.id),
        "type": INCOMING,
        "channel_id": str(which.channel.id),
        "guild_id": str(which.channel.guild.id),
        "name": which.name,
        "avatar": picture(which.avatar),
        "application_id": None if which.application is None else str(which.application),
        "user": user(which.creator),
    }
    if which.application in {None, application}:
        shown |= {"token": which.token, "url": f"https://discord.com/api/webhooks/{which.id}/{which.token}"}
    return shown


def message(which: Message) -> Json:
    """A message as the REST API shows it."""
    shown: Json = {
        "id": str(which.id),
        "channel_id": str(which.channel.id),
        "type": which.kind,
        "author": user(which.author),
        "content": which.content,
        "timestamp": which.created_at.isoformat(),
        "edited_timestamp": which.edited_at.isoformat() if which.edited_at else None,
        "mentions": [user(u) for u in which.mentions.users],
        "mention_roles": [str(r.id) for r in which.mentions.roles],
        "mention_everyone": which.mentions.everyone,
        "attachments": which.attachments,
        "embeds": [{"type": "rich"} | embed for embed in which.embeds],
        "components": which.components,
        "sticker_items": which.stickers,
        "pinned": False,
        "tts": False,
        "flags": which.flags,
    }
    if which.webhook is not None:
        shown["webhook_id"] = str(which.webhook.id)
        if which.webhook.application is not None:
            shown["application_id"] = str(which.webhook.application)
    if which.answers:
        shown |= {"webhook_id": str(which.author.id), "application_id": str(which.author.id)}
    if which.nonce is not None:
        shown["nonce"] = which.nonce
    if which.reply_to is not None:
        shown["message_reference"] = {
            "type": 0,
            "message_id": str(which.reply_to.id),
            "channel_id": str(which.reply_to.channel.id),
            "guild_id": str(which.channel.guild.id),
        }
        shown["referenced_message"] = None if which.reply_to.deleted else _referenced(which.reply_to)
    return shown


def _referenced(which: Message) -> Json:
    """The replied-to message is shown without the one that it replied to itself."""
    return {key: value for key, value in message(which).items() if key != "referenced_message"}


def message_event(which: Message) -> Json:
    """A message as the gateway tells of it: with the guild and the memberships, which a webhook has not."""
    home = which.channel.guild
    told = message(which) | {
        "guild_id": str(home.id),
        "mentions": [user(u) | {"member": member(u, home)} for u in which.mentions.users],
    }
    return told if which.webhook is not None else told | {"member": member(which.author, home)}


def without_content(shown: Json, bot: User) -> Json:
    """What an app without the message-content intent sees: nothing, but of its own and of those who ping it."""
    referenced = shown.get("referenced_message")
    if referenced is not None:
        shown = shown | {"referenced_message": without_content(referenced, bot)}
    if str(bot.id) in {shown["author"]["id"], *(u["id"] for u in shown["mentions"])}:
        return shown
    return shown | {"content": "", "embeds": [], "attachments": [], "components": []}
