"""Files that change while the bot runs: which personas are used then, and what the bot's owner is told."""

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from bot.files import watching
from bot.files.watching import Wanted, Watch
from bot.personas.library import Changes, PersonaLibrary
from bot.personas.reading import is_persona_file
from bot.personas.reloading import LONGEST, fitting, keep_up
from tests.process import evening
from tests.wired import CAST, told, until

FINE = "name: Hamlet\ndescription: A prince.\n"
TYPO = "name: Hamlet\ndescription: A prince.\nnsfw: perhaps\n"


class CountedWatch(Watch):
    """Counts the quiet spans that have been used."""

    spans = 0

    async def changes(self) -> AsyncGenerator[frozenset[Path]]:
        async with aclosing(super().changes()) as batches:
            async for batch in batches:
                yield batch
                self.spans += not batch


class Stage:
    """A folder with a cast that is kept up. It grows quiet only once `quiet` is set.

    Attributes:
        told: what the bot's owner was told, in order.
        slept: the pauses that were made after errors of ours.
    """

    def __init__(
        self, folder: Path, watch: CountedWatch, personas: PersonaLibrary, patch: pytest.MonkeyPatch
    ) -> None:
        self.folder = folder
        self.watch = watch
        self.personas = personas
        self.told: list[str] = []
        self.slept: list[float] = []
        self._patch = patch
        patch.setattr(watching, "LOOK", 0.05)
        patch.setattr(watching, "SLOW_LOOK", 0.05)
        self.quiet = False

    @property
    def quiet(self) -> bool:
        return watching.QUIET < 1

    @quiet.setter
    def quiet(self, on: bool) -> None:
        self._patch.setattr(watching, "QUIET", 0.2 if on else 3600.0)

    async def tell(self, text: str) -> None:
        self.told.append(text.replace(f"{self.folder}/", ""))

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def save(self, name: str, text: str) -> Path:
        (self.folder / name).write_text(text, encoding="utf-8")
        return self.folder / name

    async def plays(self, **names: str | None) -> None:
        """Wait until the personas of these keys are called so; None for one that is not there."""

        async def so() -> bool:
            return {key: self.name(key) for key in names} == names

        await until(so)

    def name(self, key: str) -> str | None:
        persona = self.personas.at(None).get(key)
        return persona.name if persona else None

    async def is_broken(self, *keys: str) -> None:
        async def so() -> bool:
            return set(self.personas.at(None).broken) == set(keys)

        await until(so)

    async def hears(self, *texts: str) -> None:
        """Wait until so many things were told, and compare all that was."""

        async def so() -> bool:
            return len(self.told) >= len(texts)

        await until(so)
        assert self.told == list(texts)

    async def settles(self) -> None:
        """Let it grow quiet, and wait until all that a quiet span is for has been done."""
        spans = self.watch.spans
        self.quiet = True

        async def so() -> bool:
            return self.watch.spans >= spans + 2  # the first may have begun before

        await until(so)
        self.quiet = False


@asynccontextmanager
async def stage(
    folder: Path,
    files: Mapping[str, str],
    *,
    tell: Callable[[str], Awaitable[None]] | None = None,
    others: Mapping[Path, Callable[[], Awaitable[Sequence[str]]]] | None = None,
    cast: type[PersonaLibrary] = PersonaLibrary,
) -> AsyncIterator[Stage]:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    others = others or {}
    with pytest.MonkeyPatch.context() as patch:
        wanted: dict[Path, Wanted] = {folder: is_persona_file}
        wanted |= {path.parent: {each.name for each in others}.__contains__ for path in others}
        watch = CountedWatch(wanted)
        personas = cast.load(folder)
        set_up = Stage(folder, watch, personas, patch)
        work = keep_up(personas, watch, tell or set_up.tell, others=others, sleep=set_up.sleep)
        task = asyncio.create_task(work)
        try:
            yield set_up
        finally:
            task.cancel()
            async with asyncio.timeout(5):
                await asyncio.wait([task])
        assert task.cancelled()


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == level]


STILL_USED = "Until this is fixed, the last working version of 'hamlet' is used."
BROKEN = (
    "hamlet.yaml:3:1: `nsfw` must be true or false, but found text, write true or false, without quotes\n"
    + STILL_USED
)
MENDED = "hamlet.yaml is fixed and loaded again."


# What plays -------------------------------------------------------------------------------------


async def test_a_saved_file_plays_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    async with stage(tmp_path, {"hamlet.yaml": FINE}) as cast:
        cast.save("hamlet.yaml", "name: Amleth")
        cast.save("ophelia.yaml", "name: Ophelia")
        await cast.plays(hamlet="Amleth", ophelia="Ophelia")
        (tmp_path / "ophelia.yaml").unlink()
        cast.quiet = True
        await cast.plays(ophelia=None)
    assert set(lines(caplog, logging.INFO)) == {
        "the persona 'hamlet' was reloaded",
        "the persona 'ophelia' was added",
        "the persona 'ophelia' was removed: its file is gone",
    }
    assert cast.told == []


async def test_a_file_saved_by_renaming_plays_and_its_draft_is_nobody(tmp_path: Path) -> None:
    async with stage(tmp_path, {"hamlet.yaml": FINE}) as cast:
        cast.save("hamlet.yaml.tmp", "name: Amleth").replace(tmp_path / "hamlet.yaml")
        await cast.plays(hamlet="Amleth")
        cast.save("draft.yaml", "name: Amlet").replace(tmp_path / "hamlet.yaml")
        await cast.plays(hamlet="Amlet", draft=None)
        assert [each.key for each in cast.personas.at(None)] == ["hamlet"]


async def test_a_half_written_file_is_never_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with stage(tmp_path, {"hamlet.yaml": FINE}) as cast:
        with (tmp_path / "hamlet.yaml").open("w") as file:
            file.write("name: Amleth\ndescription: |\n  A prince.\nsampl")
            file.flush()
            await cast.is_broken("hamlet")
            assert cast.name("hamlet") == "Hamlet"
            file.write("ing: {temperature: 0.5}\n")
        await cast.plays(hamlet="Amleth")
        await cast.settles()
        assert cast.told == []
        assert not any("hamlet.yaml" in line for line in lines(caplog, logging.WARNING))


async def test_a_file_taken_away_and_written_again_plays_all_along(tmp_path: Path) -> None:
    async with stage(tmp_path, {"hamlet.yaml": FINE}) as cast:
        (tmp_path / "hamlet.yaml").unlink()
        cast.save("b.yaml", "name: B")
        await cast.plays(b="B", hamlet="Hamlet")
        cast.save("hamlet.yaml", "name: Amleth")
        await cast.plays(hamlet="Amleth")
        await cast.settles()
        assert cast.name("hamlet") == "Amleth"


async def test_after_a_flood_of_saves_the_last_one_plays(tmp_path: Path) -> None:
    async with stage(tmp_path, {"hamlet.yaml": FINE}) as cast:
        for number in range(100, 300):
            cast.save("hamlet.yaml", f"name: Hamlet {number}")
            cast.save("draft", f"name: Ophelia {number}").replace(tmp_path / "ophelia.yaml")
        await cast.plays(hamlet="Hamlet 299", ophelia="Ophelia 299")
        assert cast.personas.at(None).broken == {}


async def test_a_folder_may_go_and_come_back(tmp_path: Path) -> None:
    folder = tmp_path / "cast"
    folder.mkdir()
    async with stage(folder, {"hamlet.yaml": FINE}) as cast:
        cast.quiet = True
        folder.rename(tmp_path / "away")
        gone = (
            f"{folder}: there is no such folder, start the bot in the folder that contains it, or set "
            "personas.folder\nUntil this is fixed, the last working version of every persona is used."
        )
        await cast.hears(gone)
        assert cast.name("hamlet") == "Hamlet"
        folder.mkdir()
        cast.save("hamlet.yaml", "name: Amleth")
        await cast.plays(hamlet="Amleth")
        await cast.hears(gone, f"{folder} is fixed and loaded again.")


async def test_a_picture_that_comes_late_mends_its_persona(tmp_path: Path) -> None:
    async with stage(tmp_path, {"hamlet.yaml": FINE + "avatar: skull.png"}) as cast:
        cast.quiet = True
        (tmp_path / "skull.png").write_bytes(b"")
        await cast.hears(MENDED)
        assert cast.name("hamlet") == "Hamlet"


# What is told -----------------------------------------------------------------------------------


async def test_a_broken_file_is_told_once_with_its_place_and_so_is_its_mending(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    async with stage(tmp_path, {"hamlet.yaml": FINE}) as cast:
        cast.save("hamlet.yaml", TYPO)
        cast.quiet = True
        await cast.hears(BROKEN)
        assert cast.name("hamlet") == "Hamlet"
        await cast.settles()
        assert cast.told == [BROKEN]
        assert "\n".join(lines(caplog, logging.WARNING)) == f"{tmp_path}/{BROKEN}"
        cast.save("hamlet.yaml", FINE)
        cast.quiet = True
        await cast.hears(BROKEN, MENDED)
        assert lines(caplog, logging.INFO) == [f"{tmp_path}/{MENDED}"]


async def test_a_new_doubt_is_logged_once_and_bothers_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    named = "name: Clyde\ndescription: A prince.\n"
    async with stage(tmp_path, {"ophelia.yaml": named, "hamlet.yaml": FINE}) as cast:
        for _ in range(2):
            cast.save("hamlet.yaml", f"{FINE}avatar: https://localhost/x.png")
            await cast.settles()
    assert [line.replace(f"{tmp_path}/", "") for line in lines(caplog, logging.WARNING)] == [
        "hamlet.yaml:3:1: `avatar` is on localhost, which Discord can't reach, use a public address, or put the picture into the personas folder and write its name"
    ]
    assert cast.told == []


async def test_a_file_s_name_forges_no_line_of_what_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    async with stage(tmp_path, {"hamlet.yaml": FINE}) as cast:
        path = cast.save("x\n\x1b[2J\u202ey.yaml", FINE)
        await cast.is_broken(path.stem)
        await cast.settles()
        path.unlink()
        await cast.settles()
    shown = r"x\n\x1b[2J\u202ey"
    told = "\n".join(cast.told).split("\n")
    assert [line.partition(": ")[0] for line in told] == [
        f"{shown}.yaml",
        f"Until this is fixed, '{shown}' can't be used.",
        f"{shown}.yaml is gone, and its mistakes with it.",
    ]
    assert all(record.getMessage().isprintable() for record in caplog.records)


async def test_a_warning_is_logged_once_and_nobody_is_disturbed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage(tmp_path, {"hamlet.yaml": FINE, "ophelia.yaml": "name: Ophelia"}) as cast:
        cast.save("hamlet.yaml", f"{FINE}greeting: It is {{{{mood}}}}.\n")
        await cast.settles()
        logged = [
            (
                f"{tmp_path}/hamlet.yaml:3:17: `{{{{mood}}}}` in `greeting` stays as it is, write it out: docs/style.md "
                "lists the macros that are filled in, which are none in `name`, `called` and `tags`"
            )
        ]
        assert lines(caplog, logging.WARNING) == logged
        cast.save("ophelia.yaml", "name: Ophelia\ndescription: x\n")
        await cast.settles()
        assert lines(caplog, logging.WARNING) == logged
        assert cast.told == []


async def test_another_mistake_is_told_too_and_a_file_that_is_gone_is_not_called_fixed(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, {"hamlet.yaml": FINE, "ophelia.yaml": "name: Ophelia"}) as cast:
        cast.quiet = True
        cast.save("hamlet.yaml", TYPO)
        await cast.hears(BROKEN)
        moved = BROKEN.replace(":3:", ":4:")
        cast.save("hamlet.yaml", f"\n{TYPO}")
        await cast.hears(BROKEN, moved)
        (tmp_path / "hamlet.yaml").unlink()
        await cast.hears(BROKEN, moved, "hamlet.yaml is gone, and its mistakes with it.")
        assert cast.name("hamlet") is None


async def test_a_persona_that_never_loaded_is_told_to_be_missing(tmp_path: Path) -> None:
    async with stage(tmp_path, {"hamlet.yaml": FINE}) as cast:
        cast.quiet = True
        cast.save("ophelia.yaml", "name:")
        await cast.hears(
            "ophelia.yaml:1:1: `name` must be text, but found nothing, add its value\nUntil this is fixed, "
            "'ophelia' can't be used."
        )


async def test_a_second_file_of_a_key_is_told_and_takes_nothing_away(tmp_path: Path) -> None:
    async with stage(tmp_path, {"hamlet.yaml": FINE}) as cast:
        cast.quiet = True
        cast.save("hamlet.yml", "name: Other")
        await cast.hears(
            "hamlet.yml: hamlet.yaml has the same key and is used instead, rename or delete one of the two"
        )
        assert cast.name("hamlet") == "Hamlet"


async def test_what_was_wrong_from_the_start_is_told_only_when_it_is_mended(tmp_path: Path) -> None:
    async with stage(tmp_path, {"hamlet.yaml": TYPO, "ophelia.yaml": FINE}) as cast:
        await cast.settles()
        assert cast.told == []
        cast.save("hamlet.yaml", FINE)
        cast.quiet = True
        await cast.hears(MENDED)
        assert cast.name("hamlet") == "Hamlet"


async def test_a_folder_full_of_broken_files_is_one_message_of_ours(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage(tmp_path, {"hamlet.yaml": FINE}) as cast:
        names = [f"p{number}" for number in range(100, 300)]
        for name in names:
            cast.save(f"{name}.yaml", "name:")
        await cast.is_broken(*names)
        await cast.settles()
        (text,) = cast.told
        assert text.startswith("p100.yaml:1:1: `name` must be text, but found nothing")
        told = text.split("\n")
        assert told[-1] == f"{400 - len(told) + 1} more line(s) are in the log."
        assert 10 < len(told) < 30
        assert len(lines(caplog, logging.WARNING)) == 400


def test_what_is_told_at_once_is_never_too_long() -> None:
    for size in (0, 1, 60, 500, 1700, 1790, 1799, 1800, 1801, 5000):
        for count in (1, 2, 3, 40, 5000):
            assert len(fitting(["x" * size] * count)) <= LONGEST == 1800
    assert fitting(["x" * 600, "y" * 600]) == "x" * 600 + "\n" + "y" * 600
    assert fitting(["x" * 5000]) == "1 more line(s) are in the log."


async def test_telling_the_owner_never_holds_it_up_and_may_fail(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    called = asyncio.Event()
    answer = asyncio.Event()
    told: list[str] = []

    async def tell(text: str) -> None:
        told.append(text)
        called.set()
        if len(told) == 1:
            await answer.wait()
            raise OSError("no channel")

    async with stage(tmp_path, {"hamlet.yaml": FINE}, tell=tell) as cast:
        cast.quiet = True
        cast.save("hamlet.yaml", TYPO)
        await called.wait()
        cast.save("hamlet.yaml", "name: Amleth")
        await cast.plays(hamlet="Amleth")
        answer.set()

        async def again() -> bool:
            return len(told) == 2

        await until(again)
        assert told[1] == f"{tmp_path}/{MENDED}"
        assert lines(caplog, logging.ERROR) == ["nobody could be told of changed files"]


# Other files, and errors of ours ----------------------------------------------------------------


async def test_other_files_have_their_own_action_done_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "cast"
    folder.mkdir()
    done: list[str] = []

    async def act() -> list[str]:
        done.append((tmp_path / "config.yaml").read_text())
        if done[-1] == "bad":
            raise ValueError("bad")
        return []

    others = {tmp_path / "config.yaml": act, tmp_path / ".env": act}
    (tmp_path / "config.yaml").write_text("first")

    async def so() -> bool:
        return len(done) == number

    async with stage(folder, {"hamlet.yaml": FINE}, others=others) as cast:
        (tmp_path / ".env").write_text("x")
        (tmp_path / "config.yaml").write_text("bad")
        (tmp_path / "other.yaml").write_text("x")
        number = 1
        await until(so)
        cast.save("hamlet.yaml", "name: Amleth")
        await cast.plays(hamlet="Amleth")
        (tmp_path / "config.yaml").write_text("last")
        number = 2
        await until(so)
        await cast.settles()
    assert done == ["bad", "last"]
    assert cast.told == []
    assert lines(caplog, logging.ERROR) == ["a changed file could not be followed"]


async def test_what_is_said_of_other_files_holds_no_persona_up(tmp_path: Path) -> None:
    folder, config = tmp_path / "cast", tmp_path / "config.yaml"
    folder.mkdir()
    told: list[str] = []
    called, answer = asyncio.Event(), asyncio.Event()

    async def tell(text: str) -> None:
        told.append(text)
        called.set()
        await answer.wait()

    async def act() -> list[str]:
        return ["one", "two"]

    async with stage(folder, {"hamlet.yaml": FINE}, tell=tell, others={config: act}) as cast:
        config.write_text("x")
        await called.wait()
        assert told == ["one\ntwo"]
        cast.save("hamlet.yaml", "name: Amleth")
        await cast.plays(hamlet="Amleth")


async def test_an_error_of_ours_costs_a_pause_and_no_change(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failed: list[Collection[Path]] = []

    class Failing(PersonaLibrary):
        def reread(self, paths: Collection[Path]) -> Changes:
            failed.append(paths)
            if len(failed) == 1:
                raise RuntimeError("ours")
            return super().reread(paths)

    async with stage(tmp_path, {"hamlet.yaml": FINE, "ophelia.yaml": FINE}, cast=Failing) as cast:
        cast.save("hamlet.yaml", "name: Amleth")

        async def so() -> bool:
            return bool(cast.slept)

        await until(so)
        cast.save("ophelia.yaml", "name: Ophelia")
        await cast.plays(ophelia="Ophelia", hamlet="Hamlet")
        await cast.settles()
        assert cast.name("hamlet") == "Amleth"
    assert cast.slept == [5.0]
    assert lines(caplog, logging.ERROR) == ["watching files failed; it begins again"]


# In the whole bot -------------------------------------------------------------------------------


async def test_the_next_reply_is_the_saved_persona_s_and_one_in_flight_the_old_one_s(tmp_path: Path) -> None:
    async with evening(tmp_path, CAST) as (world, m2her, process):

        def descriptions() -> list[str]:
            systems = [content for prompt in told(m2her) for role, _, content in prompt if role == "system"]
            return [next(word for word in ("harbour", "mountain") if word in each) for each in systems]

        alice, other = world.add_member("Alice"), world.add_channel("market")
        await process.start()
        await world.wait_for(lambda: world.sockets.connected)
        gate = asyncio.Event()
        m2her.say("One last ", gate, "round.")
        world.say(alice, world.channel, "Marlow, another?")
        await world.wait_for(lambda: any("One last" in post.content for post in world.posts(world.channel)))
        world.say(alice, world.channel, "Marlow, hurry!")  # waits for the one in flight
        marlow = tmp_path / "personas" / "marlow.yaml"
        marlow.write_text("name: Marlow\ndescription: Marlow keeps an inn on a mountain.\n", encoding="utf-8")
        await process.says("the persona 'marlow' was reloaded")
        m2her.say("Cold up here.")
        world.say(alice, other, f"{world.bot.mention} and you?")
        await world.wait_for(lambda: [post.content for post in world.posts(other)] == ["Cold up here."])
        assert descriptions() == ["harbour", "mountain"]
        m2her.say("Here it is.")
        gate.set()
        await world.wait_for(
            lambda: {"One last round.", "Here it is."} < {post.content for post in world.posts(world.channel)}
        )
        assert descriptions() == ["harbour", "mountain", "mountain"]

        marlow.write_text("name: Marlow\ndescription: *sighs*\n", encoding="utf-8")
        await process.says("the last working version of 'marlow' is used")
        assert "marlow.yaml:2:14: a value that begins with `*` is a YAML alias" in process.output
        m2her.say("As I was saying.")
        world.say(alice, other, f"{world.bot.mention} well?")
        await world.wait_for(lambda: world.posts(other)[-1].content == "As I was saying.")
        assert descriptions()[3:] == ["mountain"]
        process.signal(signal.SIGTERM)
        assert await process.ended(10) == 0
        assert "change detected" not in process.output  # the watcher's own log
        assert "Traceback" not in process.output
