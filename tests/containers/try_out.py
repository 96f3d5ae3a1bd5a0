"""The image and the Compose files in a real Docker, between both stand-ins: `python -m tests.containers.try_out`, `make containers`.

Everything is done as docs/containers.md and docs/several-processes.md say it. It takes a Docker on this very computer,
at whose bridge the stand-ins listen, its Compose plugin, and the base images of the Dockerfile and of PostgreSQL. What it
makes in Docker is removed at the end, but for the image.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from tests.cluster.crowd import SHARDS, Crowd
from tests.cluster.ledger import ASKED
from tests.process import KEY
from tests.standins.discord_wire import WireDiscord
from tests.standins.m2her import M2her
from tests.starts import ROOT

IMAGE: Final = "dramatis-tried-out"
PATIENCE: Final = 120.0
"""Seconds in which anything must have happened."""

RATE: Final = 2.0
"""Mentions a second while processes are replaced."""


class Host:
    """Somebody who types the commands of the pages.

    Attributes:
        crowd: who talks to the bot meanwhile.
        folder: where the host's files are.
        environment: the bot's variables: both secrets, and where the stand-ins are.
    """

    def __init__(self, crowd: Crowd, folder: Path) -> None:
        self.crowd = crowd
        self.folder = folder
        world = crowd.world
        self.environment = {
            "DISCORD_TOKEN": world.token,
            "MINIMAX_API_KEY": KEY,
            "DRAMATIS_DISCORD__API_BASE": world.api_base,
            "DRAMATIS_DISCORD__GATEWAY": world.gateway,
            "DRAMATIS_DISCORD__SERVERS": "all",
            "DRAMATIS_MODEL__BASE_URL": crowd.m2her.base_url,
            "DRAMATIS_LIMITS__REPLIES_PER_MINUTE": "0",
            "DRAMATIS_LIMITS__BOT": "none",
            "DRAMATIS_LIMITS__PERSON": "none",
            "DRAMATIS_CHANNELS": json.dumps({str(each.id): {"persona": "marlow"} for each in crowd.channels}),
        }

    async def docker(self, *words: str, said: str = "") -> str:
        """Give Docker a command, and return what it printed.

        Raises:
            RuntimeError: it failed; with all that was said.
        """
        print("docker", *words, file=sys.stderr, flush=True)
        process = await asyncio.create_subprocess_exec(
            "docker", *words, cwd=self.folder, env=os.environ | self.environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate(said.encode())
        if process.returncode:
            raise RuntimeError(
                f"docker {' '.join(words)}: {process.returncode}\n{out.decode()}{err.decode()}"
            )
        return out.decode()

    def takes(self, compose: str, **variables: str) -> None:
        """Copy a Compose file into the folder, and write `.env` beside it."""
        (self.folder / "compose.yaml").write_text((ROOT / "deploy" / compose).read_text("utf-8"), "utf-8")
        lines = [f"{name}='{value}'" for name, value in (self.environment | variables).items()]
        (self.folder / ".env").write_text("\n".join([*lines, f"IMAGE={IMAGE}", ""]), "utf-8")
        (self.folder / ".env").chmod(0o600)

    async def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait for something of the stand-ins."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not true():  # noqa: ASYNC110 - nobody tells of it
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise TimeoutError(f"not within {PATIENCE} s: {what}") from None

    async def is_answered(self) -> None:
        """Mention the bot on each server, once it hears of all: all are answered, once."""
        sockets = self.crowd.world.sockets
        await self.until(lambda: len(sockets.connected_shards) == SHARDS, "the bot is on Discord")
        for _ in range(SHARDS):
            self.crowd.ask()
        await self.all_is_well()

    async def all_is_well(self) -> None:
        """Wait for the answers: everybody has one, once."""
        await self.crowd.all_answered(PATIENCE)
        assert self.crowd.ledger.wrong() == [], "\n".join(self.crowd.ledger.wrong())

    async def does_while_people_talk(self, *commands: tuple[str, ...]) -> None:
        """Give Docker commands, 15 seconds each, while people mention the bot: all are answered."""
        talking = asyncio.create_task(self.crowd.talk(RATE))
        for words in commands:
            await self.docker(*words)
            await asyncio.sleep(15)
        talking.cancel()
        await self.all_is_well()

    async def is_gone(self) -> None:
        await self.until(lambda: not self.crowd.world.sockets.connected, "the bot has left Discord")


async def alone(host: Host) -> None:
    """Two variables and one volume."""
    name = "dramatis-tried-out"
    given = [word for variable in host.environment for word in ("-e", variable)]
    try:
        await host.docker("run", "-d", "--name", name, "--init", *given, "-v", f"{name}:/app/data", IMAGE)
        await host.is_answered()
        marlow = await host.docker("exec", name, "cat", "data/personas/marlow.yaml")
        edited = marlow.replace("name: Marlow\n", "name: Mary\n")
        assert edited != marlow
        await host.docker("exec", "-i", name, "sh", "-c", "cat > data/personas/marlow.yaml", said=edited)
        await asyncio.sleep(15)  # at most ten seconds until a change is seen
        await host.is_answered()
        assert last_persona(host.crowd) == "Mary"
        await host.docker("stop", name)
        assert await host.docker("inspect", name, "--format", "{{.State.ExitCode}}") == "0\n"
        await host.is_gone()
        await host.docker("start", name)
        await host.is_answered()
        assert last_persona(host.crowd) == "Mary"
    finally:
        await host.docker("rm", "--force", "--volumes", name)
        await host.docker("volume", "rm", "--force", name)
    await host.is_gone()


def last_persona(crowd: Crowd) -> str:
    """Return who has played last, as the model was told."""
    return str(crowd.m2her.requests[-1].body["messages"][0]["name"])


async def composed(host: Host) -> None:
    """One container by Compose; a backup is made, copied out and restored."""
    host.takes("compose.yaml")
    try:
        await host.docker("compose", "up", "-d")
        await host.is_answered()
        assert "0 error(s)" in await host.docker(
            "compose", "run", "--rm", "bot", "python", "-m", "bot", "check"
        )
        backup = ("python", "-m", "bot", "backup", "data/backup.sqlite3")
        print(await host.docker("compose", "exec", "-T", "bot", *backup))
        await host.docker("compose", "stop")
        await host.is_gone()
        restore = ("python", "-m", "bot", "restore", "data/backup.sqlite3")
        print(await host.docker("compose", "run", "--rm", "bot", *restore))
        await host.docker("compose", "up", "-d")
        await host.is_answered()
        assert "no damage found" in await host.docker("compose", "exec", "-T", "bot", *restore[:3], "doctor")
    finally:
        await host.docker("compose", "down", "--volumes")
    await host.is_gone()


async def several(host: Host) -> None:
    """Two processes and a PostgreSQL: each is replaced and then killed while people talk."""
    host.takes("compose.processes.yaml", POSTGRES_PASSWORD="tried-out")
    try:
        await host.docker("compose", "up", "--detach")
        await host.is_answered()
        bots = (await host.docker("compose", "ps", "--quiet", "bot")).split()
        for bot in bots:
            await host.does_while_people_talk(("restart", "-t", "75", bot))
        for bot in bots:
            await host.does_while_people_talk(("kill", "-s", "KILL", bot), ("start", bot))
        await host.docker("compose", "down")
        await host.is_gone()
        await host.docker("compose", "up", "--detach")
        await host.is_answered()
        said = host.crowd.m2her.requests[-1].body["messages"]
        assert len(ASKED.findall(str(said))) > 1, "what was said before is forgotten"
    finally:
        await host.docker("compose", "down", "--volumes")


SCENES: Final[dict[str, Callable[[Host], Awaitable[None]]]] = {
    "alone": alone, "composed": composed, "several": several,
}  # fmt: skip


async def play(scene: str, address: str) -> None:
    """Put both stand-ins up at an address of this computer, and play a scene between them."""
    async with (
        M2her(key=KEY, address=address) as m2her,
        WireDiscord(address=address, rtt=0.05) as world,
    ):
        m2her.shape.first_token_after, m2her.shape.tokens_per_second = 0.3, 40.0
        crowd = Crowd(world, m2her, channels=64, words=20)
        with tempfile.TemporaryDirectory(prefix="dramatis-") as folder:
            await SCENES[scene](Host(crowd, Path(folder)))
        assert world.unknown_routes == [], world.unknown_routes
        ends = Counter(map(str, crowd.ledger.ends().values()))
        print(f"{scene}: {', '.join(f'{times} {end}' for end, times in ends.items())}")


def main() -> None:
    """Build the image, and play the scenes."""
    parser = argparse.ArgumentParser(prog="python -m tests.containers.try_out", description="A real Docker.")
    parser.add_argument("scenes", nargs="*", metavar="scene", help=", ".join(SCENES))
    parser.add_argument("--built", action="store_true", help=f"the image {IMAGE} is there already")
    asked = parser.parse_args()
    if unknown := set(asked.scenes) - SCENES.keys():
        parser.error(f"there is no scene {', '.join(sorted(unknown))}; there are {', '.join(SCENES)}")
    if not asked.built:
        subprocess.run(["docker", "build", "-t", IMAGE, ROOT], check=True)
    look = ["docker", "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"]
    address = subprocess.run(look, check=True, capture_output=True, text=True).stdout.strip()
    for scene in asked.scenes or SCENES:
        asyncio.run(play(scene, address))


if __name__ == "__main__":
    main()
