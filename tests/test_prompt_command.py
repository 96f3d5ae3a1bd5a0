"""`python -m bot prompt`: what the model would be told, beside a bot that runs."""

from pathlib import Path

from bot.core.memory.table import FLOOR
from tests.process import evening
from tests.tavern import ISOLDE, MARLOW


async def test_it_prints_what_is_then_sent_while_the_bot_runs(tmp_path: Path) -> None:
    async with evening(tmp_path, {"marlow": MARLOW, "isolde": ISOLDE}, exact=True) as (world, m2her, process):
        alice = world.add_member("Alice")
        await process.start()
        await world.wait_for(lambda: world.sockets.connected)
        m2her.say("*slides a key over*")
        world.say(alice, world.channel, "Marlow, have you a room?")
        await world.wait_for(lambda: any("key" in post.content for post in world.posts(world.channel)))
        code, out, err = await process.command("prompt", "--channel", str(world.channel.id))
        assert (code, err) == (0, "")
        lines = out.splitlines()
        assert lines[0] == "**What the AI model would get for Marlow now**"
        assert lines[3] == "People: `named`, each person has their own name"
        assert lines[lines.index("") + 1 :] == [
            "system              Marlow: Marlow keeps the Drowned Bell, a harbou…",
            "user_system         the others: Here are Alice and whoever else speaks.…",
            "group               A storm has closed the harbour: A storm has closed the harbour",
            "sample_message_user Guest: Have you a room?",
            'sample_message_ai   Marlow: *slides a key over* "Number four."',
            "user                Alice: Marlow, have you a room?",
            "assistant           Marlow: *slides a key over*",
            "",
            "Table rules, the last words of the first message:",
            f"- {FLOOR}",
        ]
        restricted = await process.command("prompt", "--channel", str(world.channel.id), "--age-restricted")
        assert (restricted[0], FLOOR in restricted[1]) == (0, False)
        elsewhere = await process.command("prompt", "--channel", "5")
        assert elsewhere == (1, "", "Nothing has been said here yet, so there's nothing to show.\n")
