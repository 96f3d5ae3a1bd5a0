"""English sentences of the log, and of what the bot's owner is told on Discord.

Law: that of `catalogue/hosts.py`, of which they are a part.
"""

from collections.abc import Mapping

LOG: Mapping[str, str] = {
    "host.rate_limit": "the model's rate limit was reached",
    "host.balance": "the model account is out of credit or its plan is used up: add credit at the provider",
    "host.bad_key": "the model didn't accept the key: check model.api_key (MINIMAX_API_KEY). Keys belong to a region: one from "
    "minimax.io works only at api.minimax.io, one from minimaxi.com only at api.minimaxi.com",
    "host.unknown_model": "the endpoint has no model of this name, or the key may not use it: check model.name and model.base_url",
    "host.input_refused": "the provider's moderation blocked the input",
    "host.output_refused": "the provider's moderation blocked the output",
    "host.because": "{reason} (reason: {why})",
    "host.overflow": "the persona and the latest message alone don't fit in the model's window: shorten the persona, or check "
    "model.context_window",
    "host.bad_request": "the model rejected the request as malformed: check model.dialect",
    "host.overloaded": "the model's server reports an internal problem",
    "host.unreachable": "the model's server can't be reached: check model.base_url and the network",
    "host.timed_out": "the model's server didn't answer in time",
    "host.cut_short": "the model's stream ended too early",
    "host.stepped": "{model} rejects prompts in the form `{step}` ({reason}); trying `{lower}`. If that works, it is used for 24 "
    "hours. Set model.naming to choose a form yourself",
    "host.resting": "the model failed several times in a row, so the bot stops asking it; next try in {seconds} s",
    "host.own_key": "the model didn't accept the key that the server has brought",
    "host.own_key_sealed": "the key that the server has brought can't be opened: secret_key isn't the one with which it was saved. Set "
    "that one again, or the server has to enter its key again",
    "host.own_keys_sealed": "the keys that these servers have brought can't be opened: {servers}. secret_key isn't the one with which they "
    "were saved: set that one again, or the servers have to enter their keys again",
    "host.own_balance": "the account of the key that the server has brought is out of credit",
    "host.own_key_set": "server {server}: {user} set the server's own key for the model",
    "host.own_key_removed": "server {server}: {user} removed the server's own key for the model",
    "host.empty_reply": "the reply was empty",
    "host.spoken_for_others": "the whole reply was written for other people",
    "host.no_words": "the reply had no words of the persona",
    "host.asked_again": "in channel {channel}: {reason}; asking one more time",
    "host.no_recap": "no recap could be made of scene {scene} ({reason}): the story goes on without it, and it is tried again, at "
    "first in {minutes} min; further failures are in /memory only",
    "host.recap_again": "recaps are being made again",
    "host.shortened": "in channel {channel}: the prompt was too long for the model; asking again with less of the story",
    "host.reply_failed": "reply in channel {channel}: {reason}",
    "host.cannot_send": "can't post in channel {channel}: {reason}. Give the bot View Channel and Send Messages there (in "
    "threads: Send Messages in Threads). This is reported once per channel.",
    "host.place_refuses": "can't post in channel {channel}: {reason}. It takes no posts, for example because it is locked or "
    "archived; permissions don't change that. This is reported once per channel.",
    "host.words_refused": "Discord refused the words of a post in channel {channel} ({reason}); the story keeps what people saw",
    "host.no_permission": "the bot doesn't have permission to post",
    "host.no_webhook.forbidden": "personas on {server!r} post under the bot's name, for example in channel {channel}: give the "
    "bot Manage Webhooks there. This is reported once per server.",
    "host.no_webhook.full": "personas in channel {channel} on {server!r} post under the bot's name: the channel or the server has "
    "as many webhooks as Discord allows. Delete some. This is reported once per channel.",
    "host.no_webhook.trouble": "Discord didn't list the channel's webhooks",
    "host.may_not_look": "the post may have arrived, and the bot needs Read Message History to check",
    "host.avatar_too_large": "the avatar of {key!r}, {file}, is larger than {kib} KiB, Discord's limit: the persona posts without "
    "it. Make it smaller; 128 x 128 pixels are enough",
    "host.no_moderation_log": "the moderation log in channel {channel} could not be written: {reason}",
    "host.no_report": "a person's report could not be posted in channel {channel}: {reason}",
    "host.log_lines_lost": "{count} line(s) for the moderation log of the server {server} are lost",
    "host.picture_lost.gone": "the picture of {key!r} on the server {server} is deleted at Discord: the persona has Discord's default face",
    "host.picture_lost.forbidden": "the bot may not read the message with the picture of {key!r} on the server {server}: the persona has "
    "Discord's default face",
    "host.picture_lost.trouble": "Discord didn't say where the picture of {key!r} on the server {server} is; it is asked again in five minutes",
    "host.published": "the user {user} published a proposal as the persona {key!r} of the server {server}",
    "host.emojis_stay": "the emojis of pictures that no persona has anymore could not be deleted: {reason}; tried again in an hour",
    "host.avatar_refused": "Discord didn't accept the avatar of {key!r}, {file}: {reason}. The persona posts without it; the bot "
    "tries again in a few minutes",
    "host.not_mended": "the reply in channel {channel} that a restart cut off could not be marked as interrupted: {reason}",
    "host.caught_up": "caught up with {channels} channel(s): {new} new, {edited} edited and {deleted} deleted message(s), "
    "{answers} late answer(s)",
    "host.not_caught_up": "what was written in channel {channel} while the bot was away can't be read: {reason}",
    "host.unknown_standing": "Discord didn't say yet whether the bot's owner is on that server",
    "host.no_starter": "the message that thread {channel} was made from could not be read: {reason}",
    "host.persona_missing": "channel {channel} uses the persona {key!r}, but no file with that name can be loaded",
    "host.persona_came": "the persona {key!r} was added",
    "host.persona_changed": "the persona {key!r} was reloaded",
    "host.persona_left": "the persona {key!r} was removed: its file is gone",
    "host.plays_on": "Until this is fixed, the last working version of {key!r} is used.",
    "host.cannot_play": "Until this is fixed, {key!r} can't be used.",
    "host.all_play_on": "Until this is fixed, the last working version of every persona is used.",
    "host.file_mended": "{file} is fixed and loaded again.",
    "host.file_gone": "{file} is gone, and its mistakes with it.",
    "host.more_in_log": "{count} more line(s) are in the log.",
    "host.not_watched": "the system doesn't report which files change ({reason}), so the bot checks once a second. On Linux, "
    "raise fs.inotify.max_user_instances and fs.inotify.max_user_watches, or the limit of open files",
    "host.no_card": "Discord didn't accept a persona's card in channel {channel} ({reason}); the reply was posted without it",
    "host.unavailable": "Discord didn't accept a post in channel {channel} ({reason}); the story keeps what people saw",
    "host.budget_warned": "the bot has spent {spent} of the {limit} that limits.bot allows: more than 80 %. `python -m bot usage` says where",
    "host.budget_used_up": "the bot has spent {spent}, all that limits.bot ({limit}, a month let out by the day) allows so far: people are "
    "told to ask again later. There is more on {until} UTC",
    "host.no_price": "no price of the model {model!r} is known, so limits in money don't count for it: set it in `prices`, or limits in tokens",
    "host.limits_begin": "this version limits what replies cost, which earlier ones didn't: from {begin} on to {limits}, "
    "unless you set {keys} in config.yaml (docs/limits.md)",
    "host.limits_begin.bot": "{limit} for the bot",
    "host.limits_begin.person": "{limit} for each person",
    "host.storage_failed": "in channel {channel}: {sentence}",
    "host.too_many_identifies": "Discord ended too many sessions in a row",
    "host.no_heartbeat": "the heartbeat file for `health` can't be written ({reason})",
    "host.ready": "{bot} is on Discord as application {application}, on {servers} server(s)",
    "host.shard_ready": "shard {number} of {count} is connected, with {servers} server(s)",
    "host.divided": "Discord closed a connection because the bot is on too many servers for {before} shard(s). It has {count} now. "
    "All connections begin again, and what is written meanwhile is caught up",
    "host.divided_unlike_set": "Discord closed a connection because the bot is on too many servers for {before} shard(s). It has {count} "
    "now, unlike discord.shards says: remove that key, so that Discord's own number is taken at the next start",
    "host.shards_unlike_set": "discord.shards is {wanted}, but the processes that run have {count} shard(s), and so has this one. For "
    "another number stop all of them, and start them again",
    "host.many_refused": "Discord refused {number} requests in ten minutes, and bans an address after 10,000. Until it refuses fewer, the "
    "bot shows no typing and no unfinished replies. See in the log what is refused, such as channels in which it may not post",
    "host.listens": "it answers in {channels} channel(s) with their own persona, and elsewhere when someone mentions it or "
    "replies to it; personas: {personas}",
    "host.nobody_default": "no default persona: set default_persona, or set personas for channels under `channels`",
    "host.no_content_intent": "without the Message Content Intent the bot only sees mentions and replies: names and `respond: "
    "always` don't work. Turn it on in Discord's Developer Portal, page Bot, and restart",
    "host.synced": "the commands on Discord are up to date",
    "host.not_synced": "Discord didn't accept the commands ({reason}); the bot tries again at the next start",
    "host.admin_channel": "can't post in the admin channel {channel}: {reason}",
    "host.joined": "the bot was added to the server {server} ({id})",
    "host.left": "the bot was removed from the server {server} ({id}), or the server was deleted; what was saved there stays saved",
    "host.stranger": "the bot doesn't answer on the server {server} ({id}), because its owner isn't there. To allow it, add {id} to "
    "discord.servers, or set that to all. This is reported once per server.",
    "host.not_asked": "Discord didn't say whether the bot's owner is on the server {id} ({reason}); the bot asks again. Until then it "
    "acts on the last answer, and stays silent if there was none",
    "host.command_failed": "Discord didn't accept the answer to {command}: {reason}",
    "host.command_late": "the answer to {command} came too late for Discord",
    "host.command_unknown": "someone used a command in a form that this version doesn't have: {reason}",
    "host.command_broke": "{command} failed",
    "host.invite": "invite it with this link: {link}",
    "host.no_key": "no model key, so the bot can't answer. Set model.api_key (MINIMAX_API_KEY)",
    "host.no_token": "no Discord token: set DISCORD_TOKEN in the environment or in .env",
    "host.wrong_token": "Discord didn't accept the token. Copy it again from the Developer Portal, page Bot, and set DISCORD_TOKEN",
    "host.connection_lost": "no connection to Discord ({reason}); trying again in {seconds:.0f} s",
    "host.backed_up": "the database was updated to this version; a copy of it as it was before is {file}",
    "host.edited": "the reply {turn} in channel {channel} was edited by the user {user}",
    "host.unreadable_event": "discord.py can't read an event that Discord sent ({event}: {reason}). The bot runs on without it; further "
    "ones of this kind aren't logged. If something is missing on Discord, update Dramatis or restart it",
    "host.unreadable_start": "discord.py can't read Discord's event {event}, {reason}; update Dramatis if this stays",
    "host.identify_budget": "the daily limit of connections to Discord is almost reached; waiting {seconds:.0f} s",
    "host.too_many_shards": "{count} shards are too many: Discord allows {total} sessions a day, and resets the token after the last. "
    "Lower discord.shards, or remove it, and as many are taken as Discord says",
    "host.config_broken": "{file} has mistakes; the previous settings stay in use",
    "host.config_applied": "the new configuration is in use: {keys}",
    "host.config_mended": "the configuration is fixed",
    "host.unheard": "the database doesn't answer, so it is unknown whether another process has this server by now",
    "host.not_handed_on": "what is not done in shard {shard} could not be handed on ({reason}); it goes on when this process has ended",
    "host.not_taken_up": "what another process has left in shard {shard} could not be read ({reason}); it is tried again",
    "host.stopping": "stopping: replies in progress may finish",
    "host.not_wiped": "What a person asked to be forgotten is deleted, but the database's file, journal or copies still have traces of it. "
    "The next start removes them. ({reason})",
    "host.too_large": "the file is too large to be written again while the bot runs",
    "host.being_read": "another program is reading the database",
    "host.ageing": "Messages are deleted {days} days after they were said (storage.retention_days), those that weren't for a persona after "
    "{ambient}. Channels that were told now: {channels}. The first of their messages go on {first}: {turns}.",
    "host.aged": "messages deleted because they were old: {turns}",
    "host.not_aged": "What is old couldn't be deleted: {reason} The bot tries again in an hour.",
    "host.server_gone": "What was saved of the server {server} is deleted: the bot left it more than {days} days ago.",
    "host.stopped": "stopped",
}
