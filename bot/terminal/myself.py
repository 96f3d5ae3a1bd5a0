"""`/myself` in a rehearsal: who the person at the keyboard plays.

Law: it has what a rehearsal can use of Discord's panel: characters without pronouns, for the whole rehearsal.
"""

from bot.core.names import key_of
from bot.core.profiles import LIMITS, Profile, ProfileFault, ProfileWords
from bot.story.people.profiles import OwnProfiles
from bot.terminal.stage import TERMINAL, Stage
from bot.texts.sentences import HOST, voice_for

_OFF = "off"


class MyselfCommand:
    """The command `/myself`."""

    def __init__(self, stage: Stage) -> None:
        """Serve a rehearsal."""
        self._stage = stage
        self._console = stage.console
        self._profiles = stage.story.myself.profiles

    async def run(self, line: str) -> None:
        """Show who the person plays, after the change that a line asks for."""
        fault = None
        if line.lower() == _OFF:
            await self._profiles.choose(TERMINAL, self._person, None, here=False)
        elif line:
            fault = await self._play(*(part.strip() for part in line.partition(":")[::2]))
        if fault is not None:
            self._console.tell(voice_for().say(f"profile.{fault}", most=LIMITS.get(fault, 0)))
            return
        playing = await self._playing()
        now = playing.now
        for each in playing.own:
            about, tokens = each.words.description or "-", playing.costs[each.id]
            self._console.tell(HOST.say("chat.myself.profile", name=each.name, about=about, tokens=tokens))
        if now is None:
            self._console.tell(HOST.say("chat.myself.self", name=self._stage.speaker))
        else:
            self._console.tell(HOST.say("chat.myself.now", name=now.name))

    async def remind(self) -> None:
        """Say who the person plays since an earlier rehearsal."""
        now = (await self._playing()).now
        if now is not None:
            self._console.tell(HOST.say("chat.myself.now", name=now.name))

    @property
    def _person(self) -> int:
        return self._stage.participant().id

    async def _playing(self) -> OwnProfiles:
        return await self._profiles.view(TERMINAL, self._person)

    async def _play(self, name: str, description: str) -> ProfileFault | None:
        """Play the character of a name, which gets this description; a new one if there is none."""
        own = (await self._playing()).own
        known = next((each for each in own if key_of(each.name) == key_of(name)), None)
        played: Profile | ProfileFault | None = known
        if known is None or description:
            words, known_id = ProfileWords(name, "", description), known.id if known else None
            played = await self._profiles.save(TERMINAL, self._person, words, known_id)
        if not isinstance(played, Profile):
            return played
        await self._profiles.choose(TERMINAL, self._person, played.id, here=False)
        return None
