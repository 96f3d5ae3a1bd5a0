"""Every sentence we say to people, in one place and by language.

Law: no other module writes a sentence for people; they name one from here and fill in the
facts. Short, plain, never in a persona's voice; each failure names a way on. A test checks that
every sentence asked for exists, is used, and gets the facts it needs.

Keys are `where.what`. `player.*` stands in a channel in front of players, `host.*` in the log
or on the terminal of whoever runs the bot.
"""

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    # --- in the channel, when a reply could not be had -------------------------------------------
    "player.rate_limit": "The model is busy with too many requests. Mention me again in a minute.",
    "player.balance": "The model's account is out of credit. Whoever hosts this bot can top it up.",
    "player.bad_key": "The model does not accept this bot's key. Whoever hosts it can set a new one.",
    "player.input_refused": "The model's provider refused what was written here. Say it differently.",
    "player.output_refused": "The model's provider refused the answer. Mention me to try once more.",
    "player.overflow": "This scene is too long for the model. Whoever hosts this bot finds the way in its log.",
    "player.bad_request": "The model did not understand the request. Whoever hosts this bot finds the reason "
    "in its log. Mention me to try again.",
    "player.overloaded": "The model is having trouble. Mention me again in a minute.",
    "player.unreachable": "The model cannot be reached. Mention me again in a minute.",
    "player.timed_out": "The model took too long. Mention me to try again.",
    "player.cut_short": "The answer broke off. Mention me to go on.",
    "player.length": "Cut at the length limit. Mention me to go on.",
    "player.stopped": "Stopped. Mention me to go on.",
    "player.interrupted": "Interrupted by a restart. Mention me to go on.",
    # --- in the channel, when nobody can answer ---------------------------------------------------
    "player.no_persona": "No persona plays here yet. Whoever hosts this bot can name one: `default_persona` in "
    "config.yaml, or this channel under `channels`.",
    "player.persona_missing": "The persona of this channel, `{persona_key}`, cannot be played: its file is missing "
    "or broken. Whoever hosts this bot can mend `{persona_key}.yaml` and restart it.",
    # --- in the log and on the terminal -----------------------------------------------------------
    "host.rate_limit": "the model's rate limit was reached",
    "host.balance": "the model account's balance or plan is used up: top it up at the provider",
    "host.bad_key": "the model refused the key: check model.api_key (MINIMAX_API_KEY). Keys belong to a region: "
    "one from minimax.io works at api.minimax.io only, one from minimaxi.com at api.minimaxi.com only",
    "host.input_refused": "the provider's moderation refused the input",
    "host.output_refused": "the provider's moderation refused the output",
    "host.overflow": "the prompt did not fit the model's window: lower model.context_window",
    "host.bad_request": "the model refused the request as malformed: check model.name and model.dialect",
    "host.overloaded": "the model's server reports trouble of its own",
    "host.unreachable": "the model's server cannot be reached: check model.base_url and the network",
    "host.timed_out": "the model's server did not answer in time",
    "host.cut_short": "the model's stream broke off before its end",
    "host.reply_failed": "reply in channel {channel}: {reason}{detail}",
    "host.cannot_send": "cannot post in channel {channel}: {reason}. Give the bot View Channel and Send Messages there "
    "(in threads Send Messages in Threads). This is said once a channel.",
    "host.ready": "{bot} is on Discord as application {application}, on {servers} server(s)",
    "host.listens": "it answers in {channels} bound channel(s), and elsewhere a mention or a reply; "
    "personas: {personas}",
    "host.nobody_default": "no default persona: set default_persona, or bind channels under `channels`",
    "host.no_content_intent": "without the message-content intent it hears mentions and replies only: names and "
    "`respond: always` do not work. Switch it on at Discord's developer portal, under Bot, and restart",
    "host.invite": "invite it with: {link}",
    "host.unknown_persona": "config.yaml names the persona {key!r}, and there is no such file that loads",
    "host.no_key": "no model key: every reply will say so. Set model.api_key (MINIMAX_API_KEY)",
    "host.no_token": "no Discord token: set DISCORD_TOKEN in the environment or in .env",
    "host.wrong_token": "Discord refuses the token. Copy it anew from the developer portal, under Bot, and set "
    "DISCORD_TOKEN",
    "host.connection_lost": "no connection to Discord ({reason}); trying again in {seconds:.0f} s",
    "host.identify_budget": "Discord's daily budget of connections is nearly used up; waiting {seconds:.0f} s",
    "host.stopping": "stopping: running replies may finish",
    "host.stopped": "stopped",
    "host.storage": "{error}",
    # --- the rehearsal on the terminal ------------------------------------------------------------
    "chat.no_token": """\
There is no Discord token, so this is a rehearsal on this machine. Three steps put the bot on Discord:
  1. Make an application at https://discord.com/developers/applications and open its page Bot.
  2. There, press Reset Token, and write DISCORD_TOKEN=… into a file named .env in this folder.
  3. Run `make run` again, and open the invite link it prints.""",
    "chat.offline": "No model is connected: these lines are made by rule, not by M2-her. Set MINIMAX_API_KEY to hear "
    "M2-her.",
    "chat.model": "Speaking with {model}.",
    "chat.local_found": "A model server answers on this machine at {address} ({model}). Use it? [y/N] ",
    "chat.opened": "{persona} is here. You are {name}; `/as NAME` speaks as another, Ctrl-D ends.",
    "chat.now": "You are {name} now.",
    "chat.as_usage": "`/as NAME` needs a name, as in `/as Alice`.",
    "chat.no_personas": "There is no persona to talk to in {folder}. Put a YAML file there; docs/personas.md shows how.",
    "chat.unknown_persona": "There is no persona `{key}` in {folder}. There are: {known}.",
    # --- check ----------------------------------------------------------------------------------
    "check.persona": "{key}: {name}, about {tokens} tokens in each prompt",
    "check.price": "a reply with a full window costs at most ${price:.4f} ({prompt} tokens in, {completion} out)",
    "check.too_big": "{key}: about {tokens} tokens leave no room for a scene in a window of {window}; shorten the "
    "persona, or raise model.context_window",
    "check.sums": "{errors} error(s), {warnings} warning(s)",
    "check.warning": "warning: {text}",
    # --- the command line -------------------------------------------------------------------------
    "cli.about": "Dramatis, a Discord role-play bot on MiniMax's M2-her.",
    "cli.config": "The configuration file. Without it, config.yaml if there is one.",
    "cli.run": "Run the bot on Discord.",
    "cli.or_rehearse": "Without a Discord token, open a rehearsal here instead.",
    "cli.chat": "Talk to a persona here, without Discord.",
    "cli.persona": "The persona's key: its file's name without .yaml.",
    "cli.as": "The name you speak under.",
    "cli.offline": "Use the built-in rules instead of a model.",
    "cli.check": "Check configuration and personas, without network.",
    "cli.invite": "Print the link that invites the bot to a server.",
    "cli.health": "Exit 0 while the running bot's connection is alive.",
    "cli.healthy": "alive: last heartbeat {seconds:.0f} s ago",
    "cli.unhealthy": "not alive: {reason}",
    "cli.never_started": "no heartbeat at {path}; is the bot running?",
    "cli.stale": "last heartbeat {seconds:.0f} s ago",
    "cli.no_application": "the token does not hold an application's id: copy it anew from the developer portal",
}

LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": ENGLISH}


def say(key: str, /, language: str = "en", **facts: object) -> str:
    """Return a sentence with its facts filled in; English where a language lacks it."""
    return LANGUAGES.get(language, ENGLISH).get(key, ENGLISH[key]).format(**facts)
