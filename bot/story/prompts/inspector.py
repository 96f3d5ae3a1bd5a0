"""The inspection of prompts: what the model would get now, or got for a reply.

Law: it reads and changes nothing.
"""

from bot.core.prompting.inspection import Inspection
from bot.core.routing import NoReply, NoReplyReason
from bot.core.scene import END, Place
from bot.personas.lorebooks import BookShelf
from bot.storage.stores import Stores
from bot.story.budgets.spending import Spending
from bot.story.memory.lore import Trial
from bot.story.places.casting import Casting, language_of
from bot.story.prompts.prompt_spec import PromptSpec
from bot.story.prompts.prompter import Prompter


class Inspector:
    """The use cases of inspection."""

    def __init__(self, casting: Casting, prompter: Prompter, stores: Stores, spending: Spending) -> None:
        """Read from these."""
        self._spending = spending
        self._casting = casting
        self._prompter = prompter
        self._history = stores.history
        self._scenes = stores.scenes

    async def next(self, place: Place) -> Inspection | NoReply | None:
        """Return the parts of the prompt that would be sent now in a place; None if nothing was said."""
        cast = await self._casting.lookup(place)
        found = self._casting.speaker(place, cast)
        if isinstance(found, NoReply) or cast.scene is None:
            return found if isinstance(found, NoReply) else None
        language, host = language_of(cast, found), cast.host_of(found)
        # Whose budget it would be isn't known: the channel's, the server's and the bot's count for everybody.
        verdict = await self._spending.verdict(await self._spending.charge(place, None))
        spec = PromptSpec(
            cast.scene, found, END, language, host=host, company=cast.keys, thrifty=verdict.thrifty
        )
        return await self._prompter.next(spec)

    def tokens(self, text: str) -> int:
        """Return how many tokens a text takes in each prompt, about."""
        return self._prompter.meter.counter.count(text)

    async def shelf(self, server_id: int | None) -> BookShelf:
        """Return the lorebooks that have files of their own, as a server sees them."""
        return await self._prompter.lore.shelf(server_id)

    async def lore(self, place: Place, text: str | None, persona_key: str | None) -> Trial | NoReply:
        """Return which lore a persona would be told after somebody says a text; None is the place as it is.

        Without a key, it is the persona of the place.
        """
        cast = await self._casting.lookup(place)
        found = self._casting.speaker(place, cast, persona_key)
        if isinstance(found, NoReply):
            return found
        return await self._prompter.lore.look(cast.scene, found, place, text)

    async def sent(self, place: Place, message_id: int) -> Inspection | NoReply | None:
        """Return the parts of the prompt that was sent for the reply of a post.

        None if the message shows no reply of this place, or if its prompt is not known.
        """
        turn = await self._history.turn_of(message_id)
        scene = await self._scenes.of_place(place, turn.scene_id) if turn else None
        if turn is None or turn.persona_key is None or scene is None:
            return None
        persona = self._casting.library.at(place.guild_id).get(turn.persona_key)
        if persona is None:
            return NoReply(NoReplyReason.PERSONA_MISSING, turn.persona_key)
        return await self._prompter.sent(scene, persona, turn)
