"""English sentences of the rehearsal on the terminal.

Law: that of `catalogue/hosts.py`, of which they are a part.
"""

from collections.abc import Mapping

REHEARSAL: Mapping[str, str] = {
    "chat.no_token": """\
There is no Discord token, so this is a rehearsal on this computer. Three steps put the bot on Discord:
  1. Create an application at https://discord.com/developers/applications and open its page Bot.
  2. Press Reset Token there, and write DISCORD_TOKEN=… into a file named .env in this folder.
  3. Run `make run` again, and open the invite link that it prints.""",
    "chat.no_key_either": "Next to the token, write MINIMAX_API_KEY=… with the key from your MiniMax account. Without it the bot "
    "can't answer on Discord.",
    "chat.offline": "No model is connected: these lines come from built-in rules, not from M2-her. Set MINIMAX_API_KEY to talk to "
    "M2-her.",
    "chat.model": "Using {model}.",
    "chat.local_found": "There is a model server on this computer at {address} ({model}). Use it? [y/N] ",
    "chat.opened": "{persona} is here. You are {name}. Type `/as NAME` to speak as someone else; Ctrl-D ends the rehearsal.",
    "chat.greetings": "A scene can begin in {count} ways: `/new 2` starts another scene with the second greeting.",
    "chat.new": "A new scene. The old one is saved.",
    "chat.no_greeting": "`/new` takes a number from 1 to {count}, or none.",
    "chat.rolled": "{name} rolls {roll}",
    "chat.no_dice": 'These dice can\'t be rolled: "{about}". Write `/roll 2d6+1 lockpicking`, with up to 100 dice of up to 1,000 '
    "sides: `d20`, `d%`, `4d6kh3` (only the highest 3 count), `2d20kl1` (only the lowest).",
    "chat.now": "You are now {name}.",
    "chat.myself.profile": "  {name}: {about} ({tokens} tokens)",
    "chat.myself.now": "You play {name}. `/myself off` makes you yourself again.",
    "chat.myself.self": "You are yourself: {name}. `/myself Voss: a retired smuggler` lets you play a character.",
    "chat.as_usage": "`/as NAME` needs a name, for example `/as Alice`.",
    "chat.look.hit": "{at:%Y-%m-%d %H:%M} {name}: {words}",
    "chat.look.nothing": "Nothing in this scene has all of that. Try fewer words, or others.",
    "chat.look.more": "There is more, further back. Search for more words to find less.",
    "chat.look.usage": '`/memory search WORDS` needs a word, for example `/memory search lantern "old ferry"`.',
    "chat.opened.cast": "{personas} are here. Say a name to choose who replies. You are {name}. Type `/as NAME` to speak as someone else; "
    "Ctrl-D ends the rehearsal.",
    "chat.speak_usage": "`/speak` needs words, for example `/speak The room is free.`: the persona says them, and the model is not asked.",
    "chat.no_command": "There is no such command here. Use `/as NAME` to speak as someone else, `/myself NAME: WHO` to play a character, `/speak WORDS` to speak as the persona, `/new` to start another scene, `/roll 2d6` to roll dice, `/undo` and `/redo` for the "
    "last exchange, `/memory` to see what the story remembers, `/memory search WORDS` to find what was said, `/export night.html` to save the scene, and `/quit` or Ctrl-D to end.",
    "chat.channel": "rehearsal",
    "chat.exported": "Written: {file}",
    "chat.export_usage": "`/export` needs the name of a file that ends in .html, .md, .txt or .jsonl, for example `/export night.html`.",
    "chat.export_nothing": "Nothing has been said yet.",
    "chat.export_failed": "{file} can't be written: {reason}. Use another name or folder.",
    "chat.memory.usage": "Use `/memory` to see what the story remembers, `/memory search WORDS`, `/memory pin FACT`, `/memory unpin 2`, `/memory note "
    "WISH` (nothing after it deletes the note), `/memory recap` to make the recap now, and `/memory recap TEXT` to change it.",
    "chat.memory.recap": "Recap ({tokens:,} tokens): {text}",
    "chat.memory.paused": "No recaps are made here: memory.recap.enabled is false, or there is no model.",
    "chat.memory.all_there": "There is nothing to make: everything that no longer fits is in the recap already.",
    "chat.memory.recap_gone": "There is no recap yet.",
    "chat.memory.recap_long": "That is too long: a recap can take {most:,} tokens.",
    "chat.memory.pins": "Pins: {count}, {tokens:,} tokens",
    "chat.memory.pin": "  {number}. {text}",
    "chat.memory.note": "Author's note ({tokens:,} tokens): {text}",
    "chat.memory.empty": "`/memory pin` needs a fact, for example `/memory pin The ferry sank.`",
    "chat.memory.long": "That is too long: {most:,} characters is the most.",
    "chat.memory.many": "There are {most} pins already, which is the most. Delete one with `/memory unpin 1`.",
    "chat.memory.full": "All pins together can take {most:,} tokens. Delete one with `/memory unpin 1`.",
    "chat.memory.same": "This is already pinned.",
    "chat.memory.gone": "There is no pin with this number. `/memory` shows them all.",
    "chat.undone": "The last exchange ({count} lines) is out of the story. `/redo` brings it back, as long as nothing new is said.",
    "chat.undo_nothing": "There is nothing to undo: nobody has been answered yet.",
    "chat.redone": "The exchange is back in the story.",
    "chat.redo_nothing": "There is nothing to bring back.",
    "chat.redo_followed": "Something new was said since, so this exchange can't come back anymore.",
    "chat.others": "Other personas: {others}. Choose one with `.venv/bin/python -m bot chat --persona KEY`, or set "
    "default_persona in config.yaml.",
    "chat.failed": "No complete reply: {reason}. Your message is saved; send another one to try again.",
    "chat.length": "The reply reached the limit model.max_completion_tokens. Say anything to continue.",
    "chat.asked_ai": "Out of character: {persona} is played by an AI, not by a person.",
    "chat.ooc_ignored": "What is said out of character isn't told to personas (defaults.ooc).",
    "chat.asked_stop": "Out of character: {persona} only speaks when someone does. Ctrl-D ends the rehearsal.",
    "chat.asked_help": "Out of character: talk to {persona} in words, *actions* and ((wishes)). Use `/as NAME` to speak as someone else, "
    "and `/quit` or Ctrl-D to end.",
    "chat.unknown_persona": "There is no persona `{key}` in {folder}. Choose one of these: {known}.",
}
