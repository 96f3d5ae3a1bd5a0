"""One evening, for the eye: the real bot between both stand-ins, and the channel as people read it.

    python -m bench.evening

Five people, a reply of 6,000 characters, a kill -9 in the middle of a reply, a gateway that drops; Discord's
rate limits and M2-her's pace are the real ones. It takes about half a minute, and ends with 1 if anything is
not as it should be.
"""

import asyncio
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench.shipped import texts
from tests.process import Process, evening
from tests.standins.discord_wire import Message, User, WireDiscord
from tests.standins.m2her import M2her

CAST = {"marlow": texts()["marlow"]}

SENTENCES = (
    "The tide came in over the sand, and what it brought it took away again.",
    "Nobody on the quay would say whose boat it was.",
    "My father counted the lanterns, and there was one too many.",
    "A bell rang under the water, twice, and the dogs went indoors.",
    "She paid in coins that were still wet.",
    "We rowed until the town was a row of sparks, and then we rowed on.",
    "The fog had a door in it, and the door stood open.",
    "I have never told this to anyone who could swim.",
    "By morning the nets were full of letters, every one of them unopened.",
)
GESTURES = (
    "trims the lamp",
    "leans on the counter",
    "lowers his voice",
    "fills a glass and forgets it",
    "looks at the door",
    "wipes the same plate for the third time",
    "laughs, not quite",
    "holds up a hand for silence",
    "lets the fire crackle",
    "takes his time",
)
TALE = "\n\n".join(
    f"*{gesture}* " + " ".join((SENTENCES * 3)[number : number + 11])
    for number, gesture in enumerate(GESTURES)
)
TALE = TALE[: TALE.index(".", 6_000) + 1]
"""The first sentence's end after 6,000 characters."""

PAGE = 2_000
"""Discord's limit for a message."""

WIDTH = 180
"""Characters of the transcript's lines; longer ones show their beginning and their end."""


def shortened(line: str) -> str:
    """Return a line as the transcript prints it."""
    return line if len(line) <= WIDTH else f"{line[:90]} […] {line[-50:]}"


class Evening:
    """The people, and what each of them does in turn."""

    def __init__(self, world: WireDiscord, m2her: M2her, process: Process) -> None:
        self.world = world
        self.m2her = m2her
        self.process = process
        self.people = {name: world.add_member(name) for name in ("Alice", "Bob", "Carol", "Dave")}
        self.other_alice: User = world.add_member("Alice")
        self.began = time.monotonic()

    def note(self, words: str) -> None:
        """Tell the person who runs this what happens behind the scenes."""
        print(f"{time.monotonic() - self.began:5.1f} s  {words}", file=sys.stderr, flush=True)

    def say(self, who: str | User, text: str, reply_to: Message | None = None) -> Message:
        """Let somebody say something."""
        person = self.people[who] if isinstance(who, str) else who
        return self.world.say(person, self.world.channel, text, reply_to=reply_to, ping=False)

    @property
    def posts(self) -> list[Message]:
        """The bot's messages as they stand now."""
        return self.world.posts(self.world.channel)

    async def answers(self, ending: str) -> Message:
        """Wait until the newest post ends so."""
        await self.world.wait_for(lambda: self.posts and self.posts[-1].content.endswith(ending), 30)
        await asyncio.sleep(0.1)  # people take longer than that to answer
        return self.posts[-1]

    def script(self, text: str, *parts: asyncio.Event) -> None:
        """Let M2-her say a text in deltas of a few words, as it does."""
        words = text.split(" ")
        deltas = [
            " ".join(words[at : at + 6]) + " " * (at + 6 < len(words)) for at in range(0, len(words), 6)
        ]
        self.m2her.say(*deltas, *parts, tokens_per_second=300)

    async def play(self) -> None:
        """Play the evening through."""
        await self.arrive()
        await self.hear_a_tale()
        await self.lose_the_gateway()
        await self.die()
        self.process.signal(signal.SIGTERM)
        assert await self.process.ended(10) == 0
        self.note("SIGTERM, and it ended in peace")

    async def arrive(self) -> None:
        """Five people, two of one name; a mention, a name, a reply."""
        await self.process.start()
        await self.world.wait_for(lambda: self.world.sockets.connected)
        self.note("the bot is there")
        self.say("Bob", "Foul weather tonight.")
        self.script('*wipes the counter, slides a key over* "Number four. Mind the third stair."')
        self.say("Alice", f"{self.world.bot.mention} have you a room?")
        await self.answers('third stair."')
        self.script('"In the stable, Bob, and drier than you."')
        self.say("Bob", "Marlow, and my horse?")
        post = await self.answers('than you."')
        self.script('"His, I hope."')
        self.say("Carol", "Whose horse?", reply_to=post)
        await self.answers('I hope."')
        self.say(self.other_alice, "I am Alice too, by the way.")
        self.script('"The Alice who asked. You, Alice the second, may have number five."')
        self.say(self.other_alice, "Marlow, which of us has the room?")
        await self.answers('number five."')

    async def hear_a_tale(self) -> None:
        """A reply over several posts."""
        self.script(TALE)
        self.say("Dave", "Marlow, tell us a tale, a long one!")
        await self.answers(TALE[-40:])
        self.note(f"a tale of {len(TALE)} characters is told")

    async def lose_the_gateway(self) -> None:
        """The connection breaks, and somebody speaks meanwhile."""
        self.world.sockets.drop()
        self.script('*looks up* "Still here. It was only the wind."')
        self.say("Carol", "Marlow, was that thunder?")  # said while the bot is deaf
        await self.answers('the wind."')
        self.note(f"the gateway dropped and was resumed ({self.world.sockets.resumes} RESUME)")

    async def die(self) -> None:
        """Kill -9 in the middle of a reply, and going on after it."""
        self.script('"I will tell you who built this house. It was', asyncio.Event())
        self.say("Bob", "Marlow, who built this house?")
        await self.answers("It was")
        await self.process.kill()
        self.note("kill -9")
        await self.process.start()
        await self.answers("Press Continue or mention the bot.")
        self.note("it is back, and the unfinished reply is marked")
        self.script('"... my grandmother, as I was saying, with her own two hands."')
        self.say("Bob", f"{self.world.bot.mention} go on!")
        await self.answers('two hands."')

    def report(self) -> list[str]:
        """Return what went wrong."""
        heard = [(m["name"], m["content"]) for m in self.m2her.requests[-1].body["messages"]]
        everybody = {"Alice", "Alice (2)", "Bob", "Carol", "Dave", "Marlow"}
        tale = "".join(content for name, content in heard if name == "Marlow" and "trims the lamp" in content)
        contents = [post.content for post in self.posts]
        checks = {
            "somebody's name is lost": everybody <= {name for name, _ in heard},
            "the tale is not remembered as it was told": tale == TALE,
            "what was said before the kill is forgotten": any("It was" in text for _, text in heard[-2:-1]),
            "something was posted twice": len(contents) == len(set(contents)),
            "Discord refused something for being too fast": self.world.limits.given == 0,
            "a page is too long": all(len(content) <= PAGE for content in contents),
        }
        return [words for words, fine in checks.items() if not fine]


async def main() -> int:
    """Play the evening, print it, and return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        async with evening(Path(folder), CAST, exact=True) as (world, m2her, process):
            tonight = Evening(world, m2her, process)
            try:
                await tonight.play()
            except (TimeoutError, AssertionError):
                print(process.output, file=sys.stderr)
                raise
            print("\n".join(map(shortened, world.transcript(world.channel).splitlines())))
            wrong = tonight.report()
            requests = [request.method for request in world.requests if "/messages" in request.path]
            tonight.note(
                f"{requests.count('POST')} posts, {requests.count('PATCH')} edits, {world.limits.given} 429s"
            )
            for words in wrong:
                tonight.note(f"WRONG: {words}")
            return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
