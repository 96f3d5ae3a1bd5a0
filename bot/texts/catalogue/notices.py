"""English sentences of notices: what a channel is told in the bot's own words, not a persona's.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping

from bot.texts.catalogue.plural import Plural

NOTICES: Mapping[str, str] = {
    # --- in the channel, when a reply could not be had --------------------------------------------
    "again.retry": "Press Retry or mention the bot.",
    "again.continue": "Press Continue or mention the bot.",
    "again.again": "Press ↻ Again.",
    "again.mention": "Mention the bot.",
    "player.rate_limit": "The AI model has too many requests right now. Try again in a minute. {again}",
    "player.rate_limit_long": "The AI model has too many requests right now. Try again in {minutes} minutes. {again}",
    "player.balance": "The bot's AI account is out of credit. The bot's owner can add more.",
    "player.bad_key": "The AI model didn't accept the bot's key. The bot's owner can set a new one.",
    "player.unknown_model": "The AI provider doesn't have the bot's model. The bot's owner can set another one.",
    "player.input_refused": "The AI provider blocked what was written here. Edit or delete your message, then try again.",
    "player.input_refused.because": "The AI provider blocked what was written here (reason: {why}). Edit or delete your message, then try again.",
    "player.output_refused": "The AI provider blocked the reply. {again}",
    "player.output_refused.because": "The AI provider blocked the reply (reason: {why}). {again}",
    "player.overflow": "This is too long for the AI model, even without the earlier story. Send a shorter message, or ask the "
    "bot's owner to check the log.",
    "player.bad_request": "The AI model didn't understand the request. The bot's owner can find the reason in the log. {again}",
    "player.overloaded": "The AI model is having trouble. Try again in a minute. {again}",
    "player.unreachable": "The AI model can't be reached. Try again in a minute. {again}",
    "player.timed_out": "The AI model took too long. {again}",
    "player.cut_short": "The reply was cut off. {again}",
    "player.resting": "The AI model isn't responding. Try again in {seconds} s. {again}",
    "player.length": "The reply reached the length limit. {again}",
    "player.stopped": "The reply was stopped. {again}",
    "player.interrupted": "The bot restarted during this reply. {again}",
    "player.failed": "There was no reply. {again}",
    "player.words_refused": "Discord blocked words in this reply. {again}",
    "player.removed": "✂ {name} took this reply out of the story.",
    "player.removed_too": "✂ Part of the same reply.",
    "player.undone": "↩ {who} took this exchange out of the story.",
    "player.undone_by_nobody": "↩ This exchange was taken out of the story.",
    "player.undone_too": "↩ Part of the same exchange.",
    "player.covered": "Not part of the story anymore.",
    # Added to the four sentences about a refusal.
    "refused.severe": "severe violation",
    "refused.pornography": "pornography",
    "refused.advertising": "advertising",
    "refused.prohibited": "prohibited content",
    "refused.abuse": "abuse",
    "refused.violence": "violence",
    "refused.other": "another rule of the provider",
    # --- in the channel, when the bot itself is asked, out of character ---------------------------
    "player.asked_ai": "Out of character: {about} is played by an AI, not by a person. What it says is made up. `/help` tells you more.",
    "player.asked_stop": "Out of character: OK. {about} says nothing until someone writes again. To leave the story, just stop writing; to take "
    "your messages out of it, delete them.",
    "player.asked_help": "Out of character: use `/help`. It shows what you can do here and what is saved.",
    # --- in the channel, when nobody can answer ---------------------------------------------------
    "player.no_persona": "No persona is set for this channel. Someone with Manage Channels can choose one with `/persona use`.",
    "player.persona_missing": "This channel's persona, `{about}`, can't be loaded: its file is missing or broken. The bot's owner "
    "can fix `{about}.yaml`, and then it answers again.",
    "player.persona_fixed": "Only the bot's owner can change the persona here: it's set as `{about}` in config.yaml.",
    "player.recording": "Messages in this channel are saved, so that {persona} remembers them. For each reply, the latest ones "
    "are sent to {provider}. Use `/help` to learn more.",
    "player.recording_asked": "Messages to {persona} in this channel are saved, and so are the replies. For each reply, the latest ones "
    "are sent to {provider}. Use `/help` to learn more.",
    "notice.ageing": Plural(
        "Messages here are forgotten after {days} days, and those that weren't for a persona after {ambient}: the first on "
        "<t:{first}:D>. For copies, use {export} and {privacy}.",
        one="Messages here are forgotten after a day: the first on <t:{first}:D>. For copies, use {export} and {privacy}.",
        by="days",
    ),
    "player.unreadable": "The bot can't read this message. Mention the bot itself (not its role), or turn on the mention (@) of your "
    "reply.",
    "player.limited": "The bot has answered you as often as it can within a minute. What you wrote is in the story. Ask again in "
    "{about} s.",
    "player.opted_out": "You've opted out: the bot doesn't save or answer what you write. To play again, use `/privacy` and press Opt in.",
    "player.not_served": "This bot isn't set up for this server. The bot's owner can find out in its log how to allow it.",
    "player.fell_back": "Under the bot's own name and picture: Discord doesn't allow the persona's here right now.",
    "player.edited": "edited by {name}",
    "player.spoken": "spoken by {who}",
    "player.age_restricted": "{about} is for age-restricted channels only, and this channel isn't one. Someone with Manage Channels "
    "can restrict its age in the channel's settings, or choose another persona with `/persona use`.",
    "player.put_off": "The bot is restarting. It replies when it's back.",
    "player.restarting": "The bot is restarting. Mention it again in a moment.",
    "player.storage": "The bot couldn't save what was written here, so it can't reply. The bot's owner can find the reason in the "
    "log. Mention the bot to try again.",
    # --- in the channel, the card of a persona ----------------------------------------------------
    "opener.plays_here": "Now this channel's persona",
    "opener.ai": "Played by an AI. What it says is made up.",
    "opener.how.mention": "@mention the bot or reply to {persona} · `*actions*` · `((out of character))`",
    "opener.how.name": "Say {persona}'s name, reply or @mention the bot · `*actions*` · `((out of character))`",
    "opener.how.always": "{persona} replies to every message · `*actions*` · `((out of character))`",
    "opener.how.never": "{persona} replies only to `/talk` · `*actions*` · `((out of character))`",
}
