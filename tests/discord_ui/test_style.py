"""What a persona's file says of how it writes, as people see it and as the model is asked."""

from dataclasses import replace
from pathlib import Path

from bot.composition.story import now
from bot.core.scene import Ending
from bot.core.settings import Language
from bot.storage.settings import SettingsStore
from tests.standins.m2her import M2her
from tests.tavern import MARLOW, Tavern, open_tavern

STYLED = (
    MARLOW
    + """\
reminders: Marlow never sings.
length: short
language: Latin
substitutions:
  - {find: as an AI language model, replace: as an innkeeper}
  - {find: '/[*]{2,}/', replace: '*'}
sampling: {temperature: 0.5, top_p: 0.25}
"""
)
SAID = "*nods* I, as an innkeeper, *never* sing."


async def language_told(tavern: Tavern, m2her: M2her) -> str:
    m2her.say("Salve.")
    await tavern.say("Alice", f"{tavern.mention} salve")
    system = tavern.prompt[0][2]
    return system[system.index("Write in ") :].partition(",")[0]


async def test_what_the_file_says_is_what_is_asked_shown_and_kept(m2her: M2her, tmp_path: Path) -> None:
    async with open_tavern(m2her, tmp_path, personas={"marlow": STYLED}) as tavern:
        m2her.say("*nods* I, as", " an AI lang", "uage model, *", "*never** sing.")
        await tavern.say("Alice", f"{tavern.mention} sing!")
        body = m2her.requests[-1].body
        assert (body["temperature"], body["top_p"], body["max_completion_tokens"]) == (0.5, 0.25, 160)
        system = tavern.prompt[0][2]
        assert (
            "5. Begin inside the scene: speech, and actions between *asterisks*. About 40 words, a few"
            in system
        )
        assert (
            "Write in Latin, whatever language the others use.\n\nReminders: Marlow never sings.\n\n"
            "The rules of this table" in system
        )
        assert tavern.posts(tavern.bound)[-1] == SAID
        (*_, turn) = await tavern.turns(tavern.bound)
        assert (turn.text, turn.ending) == (SAID, Ending.DONE)
        # The model reads later what people read.
        m2her.say("Vale.")
        await tavern.say("Bob", f"{tavern.mention} why?")
        assert ("Marlow", SAID) in tavern.heard


async def test_a_channels_language_goes_before_the_personas_and_that_before_the_hosts(
    m2her: M2her, tmp_path: Path
) -> None:
    async with open_tavern(m2her, tmp_path, personas={"marlow": STYLED}) as tavern:
        assert await language_told(tavern, m2her) == "Write in Latin"
        casting = tavern.bot.services.story.casting  # type: ignore[attr-defined]
        casting.rules = replace(
            casting.rules, defaults=replace(casting.rules.defaults, language=Language.POLISH)
        )
        assert await language_told(tavern, m2her) == "Write in Latin"
        await SettingsStore(tavern.database).put(
            "channel", tavern.bound.id, "language", Language.GERMAN, by_user=1, at=now()
        )
        assert await language_told(tavern, m2her) == "Write in Deutsch"
        await SettingsStore(tavern.database).put(
            "channel", tavern.bound.id, "language", Language.AUTO, by_user=1, at=now()
        )
        assert await language_told(tavern, m2her) == "Write in Latin"
