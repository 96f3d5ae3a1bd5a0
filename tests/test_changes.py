"""What an admin edits while the real process runs: changes are used at once, and mistakes are reported."""

import json
from pathlib import Path

from tests.process import evening
from tests.standins.discord_wire import Channel, WireDiscord
from tests.standins.m2her import M2her
from tests.tavern import ISOLDE, MARLOW
from tests.wired import words


def save(path: Path, text: str) -> None:
    """Save as careful editors do: write aside, then rename."""
    aside = path.with_name(f".{path.name}.tmp")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def posts(world: WireDiscord, channel: Channel) -> list[str]:
    return [words(post) for post in world.posts(channel)]


def system(m2her: M2her) -> str:
    """The persona the model was last told to be, and what it was told about it."""
    return str(m2her.requests[-1].body["messages"][0]["content"])


async def test_a_saved_persona_plays_in_the_next_reply_and_a_broken_one_is_told_of(tmp_path: Path) -> None:
    async with evening(tmp_path, {"marlow": MARLOW, "isolde": ISOLDE}) as (world, m2her, process):
        office, alice = world.add_channel("office"), world.add_member("Alice")
        await process.start(DRAMATIS_ADMIN_CHANNEL=str(office.id))
        await process.says("scope=bot")
        marlow = tmp_path / "personas" / "marlow.yaml"

        save(marlow, MARLOW.replace("a harbour tavern", "a lighthouse"))
        await process.says("the persona 'marlow' was reloaded")
        m2her.say("Mind the lamp.")
        world.say(alice, world.channel, "Marlow, where are we?")
        await world.wait_for(lambda: "Mind the lamp." in posts(world, world.channel))
        assert "Marlow keeps the Drowned Bell, a lighthouse." in system(m2her)

        save(marlow, MARLOW.replace("samples:", "smaples:"))
        await world.wait_for(lambda: posts(world, office) != [])
        (told,) = posts(world, office)
        assert told.startswith("personas/marlow.yaml:4:1: unknown key `smaples`, did you mean `samples`?")
        m2her.say("Still the lamp.")
        world.say(alice, world.channel, "Marlow, and now?")
        await world.wait_for(lambda: "Still the lamp." in posts(world, world.channel))
        assert "a lighthouse." in system(m2her)  # the last working version is still used

        save(marlow, MARLOW)
        await world.wait_for(lambda: len(posts(world, office)) == 2)
        assert posts(world, office)[1] == "personas/marlow.yaml is fixed and loaded again."
        assert "Traceback" not in process.output


async def test_saved_settings_count_at_once_and_mistakes_leave_those_of_before(tmp_path: Path) -> None:
    async with evening(tmp_path, {"marlow": MARLOW, "isolde": ISOLDE}) as (world, m2her, process):
        office, market, alice = (
            world.add_channel("office"),
            world.add_channel("market"),
            world.add_member("Alice"),
        )
        del process.environment["DRAMATIS_CHANNELS"]
        config = tmp_path / "config.yaml"
        config.write_text(f"admin_channel: {office.id}\n", encoding="utf-8")
        await process.start()
        await process.says("scope=bot")

        bound = {"admin_channel": office.id, "channels": {str(market.id): {"persona": "isolde"}}}
        save(config, json.dumps(bound))
        await process.says("the new configuration is in use: channels")
        m2her.say("*unrolls a map*")
        world.say(alice, market, "Isolde, what is that?")
        await world.wait_for(lambda: "*unrolls a map*" in posts(world, market))
        # A channel that has just been bound is told what that means, on the card above its first answer.
        assert "Messages in this channel are saved" in posts(world, market)[0]

        save(config, "channels: [")
        await world.wait_for(lambda: any("stay in use" in post for post in posts(world, office)))
        m2her.say("*rolls it up*")
        world.say(alice, market, "Isolde, and that?")
        await world.wait_for(lambda: "*rolls it up*" in posts(world, market))

        save(config, json.dumps(bound | {"model": {"name": "M3-him"}}))
        await process.says("`model.name` has changed, restart the bot to use it")
        m2her.say("*is still herself*")
        world.say(alice, market, "Isolde, are you there?")
        await world.wait_for(lambda: "*is still herself*" in posts(world, market))
        assert m2her.requests[-1].body["model"] == "M2-her"
        assert "Traceback" not in process.output
