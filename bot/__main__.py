"""The command line: `python -m bot`, also installed as `dramatis`.

Law: it reads arguments, calls one function, and turns a failure into one line and an exit code: 0 success,
1 failure (the line says what to do), 2 a wrong argument, 78 where `run` would fail again until somebody mends
something. What only some commands need is imported there: containers ask `health` once a minute.
"""

import asyncio
import errno
import logging
import os
import sys
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

import click

import bot.config.keylog  # noqa: F401 (it must come first)

# isort: split
from bot import __version__
from bot.composition.log import start_log
from bot.config.doubts import application_id
from bot.config.live import ConfigFile
from bot.config.loading import ConfigError, load
from bot.config.schema import Config
from bot.discord_ui.gateway.liveness import STALE, WrongToken, heartbeat_file
from bot.ops.logs import is_journal, mark_of
from bot.storage.errors import StorageError
from bot.terminal.console import harmless, standard_console
from bot.terminal.stage import Options
from bot.texts.sentences import HOST

_config_option = click.option(
    "--config", type=click.Path(dir_okay=False, path_type=Path), help=HOST.say("cli.config"), default=None
)


FAILURE: Final = 1

MISTAKE: Final = 78
"""EX_CONFIG of sysexits.h: a service is not to be started again by itself; `deploy/*.service` have it."""

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""The error numbers of a full disk."""


class _Commands(click.Group):
    def main(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - click's own signature
        """Run a command; if nothing more can be written, end with one line instead of a traceback."""
        try:
            return super().main(*args, **options)
        except OSError as error:
            # An error with a file name isn't about standard output.
            if error.filename is not None or error.errno not in _FULL:
                raise
            # Otherwise Python would try again when it exits, and report an error.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            _fail(HOST.say("cli.cannot_write", reason=error.strerror))


@click.group(
    cls=_Commands, help=HOST.say("cli.about"), context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="dramatis")
@_config_option
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """Store the options before the command for the command."""
    context.obj = config


def _read(context: click.Context, path: Path | None, mistake: int = FAILURE) -> ConfigFile:
    """Return the configuration; `--config` can be before or after the command; the latter has priority."""
    try:
        return ConfigFile(path or context.obj, os.environ)
    except ConfigError as error:
        _fail(*map(str, error.problems), code=mistake)


def _load(context: click.Context, path: Path | None) -> Config:
    """Return the current settings."""
    return _read(context, path).current


def _fail(*lines: str, code: int = FAILURE) -> NoReturn:
    mark = mark_of(logging.ERROR) if is_journal(sys.stderr) else ""
    for line in lines:
        click.echo(f"{mark}{harmless(line)}", err=True)
    raise SystemExit(code)


def _go(work: Coroutine[None, None, None], mistake: int = FAILURE) -> None:
    """Run a command to its end, and report a failure in one line; `mistake` is the code of one that stays."""
    from bot.composition import diagnostics, opening
    from bot.llm.connection import WrongVariableError
    from bot.ops.opening import CannotBeSeen
    from bot.personas.library import PersonasError

    try:
        asyncio.run(work)
    except WrongToken:
        _fail(HOST.say("host.wrong_token"), code=mistake)
    except StorageError as error:
        code = FAILURE if error.may_pass else mistake
        _fail(HOST.say(f"{error.family}.{error.kind}", **error.facts), code=code)
    except (PersonasError, opening.NoPersona) as error:
        _fail(str(error), code=mistake)
    except CannotBeSeen as error:
        _fail(str(error), code=FAILURE if error.may_pass else mistake)
    except WrongVariableError as error:
        _fail(diagnostics.unusable(error), code=mistake)
    except KeyboardInterrupt:
        click.echo(err=True)


@main.command(help=HOST.say("cli.run"))
@click.option("--or-rehearse", is_flag=True, help=HOST.say("cli.or_rehearse"))
@_config_option
@click.pass_context
def run(context: click.Context, config: Path | None, *, or_rehearse: bool) -> None:
    """Run the bot on Discord, or a rehearsal if there is no token."""
    from bot import app
    from bot.composition.models import reaches_a_model

    source = _read(context, config, MISTAKE)
    settings = source.current
    if settings.discord.token is None and or_rehearse:
        click.echo(HOST.say("chat.no_token"), err=True)
        if not reaches_a_model(settings):
            click.echo(HOST.say("chat.no_key_either"), err=True)
        _chat(settings, Options())
        return
    if settings.discord.token is None:
        _fail(*map(str, settings.misspelt), HOST.say("host.no_token"), code=MISTAKE)
    start_log(settings, logging.INFO)
    _go(app.run(source), MISTAKE)


@main.command(help=HOST.say("cli.chat"))
@click.option("--persona", "personas", metavar="KEY", multiple=True, help=HOST.say("cli.personas"))
@click.option("--as", "speaker", metavar="NAME", help=HOST.say("cli.as"))
@click.option("--offline", is_flag=True, help=HOST.say("cli.offline"))
@click.option("--all-ages", is_flag=True, help=HOST.say("cli.all_ages"))
@_config_option
@click.pass_context
def chat(
    context: click.Context,
    config: Path | None,
    personas: tuple[str, ...],
    speaker: str | None,
    *,
    offline: bool,
    all_ages: bool,
) -> None:
    """Run a rehearsal in the terminal."""
    _chat(_load(context, config), Options(personas, speaker or "", offline=offline, all_ages=all_ages))


def _chat(settings: Config, options: Options) -> None:
    from bot.composition import rehearsal

    start_log(settings, logging.ERROR)  # the story's own messages explain a model's failure
    name = options.speaker.strip() or os.environ.get("USER") or "Player"
    # Invalid bytes arrive as surrogates, which can't be stored.
    name = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    _go(rehearsal.chat(settings, standard_console(), replace(options, speaker=name)))


@main.command(help=HOST.say("cli.check"))
@_config_option
@click.pass_context
def check(context: click.Context, config: Path | None) -> None:
    """Check everything that can be checked without network."""
    from bot.composition.check import check_all
    from bot.personas.library import PersonasError

    try:
        settings = load(config or context.obj, os.environ, Path())
    except ConfigError as error:
        errors = [*map(str, error.problems), *_mistakes_of_personas(error)]
        _fail(*errors, HOST.say("check.sums", errors=len(errors), warnings=0))
    try:
        found = check_all(settings)
    except PersonasError as error:
        _fail(str(error))
    for line in [*found.facts, *(HOST.say("check.warning", text=text) for text in found.warnings)]:
        click.echo(harmless(line))
    sums = HOST.say("check.sums", errors=len(found.errors), warnings=len(found.warnings))
    if found.errors:
        _fail(*found.errors, sums)
    click.echo(sums)


def _mistakes_of_personas(settings: ConfigError) -> list[str]:
    """Return the problems of the personas if the settings themselves have mistakes."""
    from bot.personas.library import PersonaLibrary, PersonasError

    try:
        return [str(problem) for problem in PersonaLibrary.load(settings.personas, settings.roots).problems]
    except PersonasError as error:
        return [str(error)]


@main.command(help=HOST.say("cli.prompt"))
@click.option("--channel", type=int, required=True, metavar="ID", help=HOST.say("cli.channel"))
@click.option("--age-restricted", is_flag=True, help=HOST.say("cli.age_restricted"))
@_config_option
@click.pass_context
def prompt(context: click.Context, config: Path | None, channel: int, *, age_restricted: bool) -> None:
    """Print what the model would get now in a channel."""
    from bot import app

    settings = _load(context, config)

    async def show() -> None:
        for line in await app.prompt(settings, channel, age_restricted=age_restricted):
            click.echo(harmless(line))

    _go(show())


@main.command(help=HOST.say("cli.forget"))
@click.argument("user_id", type=click.IntRange(1, 2**63 - 1))
@_config_option
@click.pass_context
def forget(context: click.Context, config: Path | None, user_id: int) -> None:
    """Delete what is stored about a person who cannot use `/privacy`."""
    from bot import app

    settings = _load(context, config)

    async def work() -> None:
        for line in await app.forget(settings, user_id):
            click.echo(line)

    _go(work())


@main.command(help=HOST.say("cli.invite"))
@_config_option
@click.pass_context
def invite(context: click.Context, config: Path | None) -> None:
    """Print the invite link; the application's ID is the first part of the token."""
    settings = _load(context, config)
    token = settings.discord.token
    if token is None:
        _fail(*map(str, settings.misspelt), HOST.say("host.no_token"))
    number = application_id(token.get_secret_value())
    if number is None:
        _fail(HOST.say("cli.no_application"))
    from bot.discord_ui.gateway.startup_log import invite_link

    click.echo(invite_link(number))


@main.command(help=HOST.say("cli.health"))
@_config_option
@click.pass_context
def health(context: click.Context, config: Path | None) -> None:
    """Check the running bot by the age of its heartbeat file."""
    path = heartbeat_file(_load(context, config).storage.path)
    try:
        age = time.time() - path.stat().st_mtime
    except OSError:
        _fail(HOST.say("cli.unhealthy", reason=HOST.say("cli.never_started", path=path)))
    if age > STALE:
        _fail(HOST.say("cli.unhealthy", reason=HOST.say("cli.stale", seconds=age)))
    if age < -STALE:
        _fail(HOST.say("cli.unhealthy", reason=HOST.say("cli.from_the_future", seconds=-age)))
    click.echo(HOST.say("cli.healthy", seconds=max(age, 0)))


def _file_of(settings: Config, act: Literal["backup", "restore", "vacuum"]) -> Path:
    """Return the database's file, or say what a host does instead if it is on a server."""
    if settings.storage.url is not None:
        _fail(HOST.say(f"postgres.no_{act}"))
    return settings.storage.path


_file_argument = click.argument("file", type=click.Path(path_type=Path))


def _tell(work: Callable[[], Iterable[str]]) -> None:
    """Tell what an act on the database has to say, or why it was not done."""
    from bot.maintenance import Failed

    try:
        for line in work():
            click.echo(harmless(line))
    except Failed as failed:
        _fail(str(failed))


@main.command(help=HOST.say("cli.backup"))
@_file_argument
@click.option("--force", is_flag=True, help=HOST.say("cli.force"))
@_config_option
@click.pass_context
def backup(context: click.Context, config: Path | None, file: Path, *, force: bool) -> None:
    """Copy the database to a file."""
    from bot import maintenance

    path = _file_of(_load(context, config), "backup")
    _tell(lambda: maintenance.back_up(path, file, replace=force))


@main.command(help=HOST.say("cli.restore"))
@_file_argument
@_config_option
@click.pass_context
def restore(context: click.Context, config: Path | None, file: Path) -> None:
    """Put a backup in the place of the database."""
    from bot import maintenance

    path = _file_of(_load(context, config), "restore")
    _tell(lambda: maintenance.restore(path, file, datetime.now(UTC)))


@main.command(help=HOST.say("cli.vacuum"))
@_config_option
@click.pass_context
def vacuum(context: click.Context, config: Path | None) -> None:
    """Shrink the database."""
    from bot import maintenance

    path = _file_of(_load(context, config), "vacuum")
    _tell(lambda: maintenance.vacuum(path))


@main.command(help=HOST.say("cli.move"))
@click.option("--back", metavar="FILE", type=click.Path(path_type=Path), help=HOST.say("cli.move_back"))
@_config_option
@click.pass_context
def move(context: click.Context, config: Path | None, back: Path | None) -> None:
    """Copy the database from the file to the server, or back."""
    from bot import maintenance
    from bot.composition import opening

    settings = _load(context, config)
    server = opening.location_of_stories(settings)
    if isinstance(server, Path):
        _fail(HOST.say("move.no_server"))
    _tell(lambda: maintenance.move(settings.storage.path, server, back))


@main.command(help=HOST.say("cli.doctor"))
@_config_option
@click.pass_context
def doctor(context: click.Context, config: Path | None) -> None:
    """Examine the database and what is around it."""
    from bot import maintenance
    from bot.composition import opening
    from bot.composition.check import check_all
    from bot.personas.library import PersonasError

    for line in maintenance.versions():
        click.echo(harmless(line))
    try:
        settings = load(config or context.obj, os.environ, Path())
        found = check_all(settings)
    except (ConfigError, PersonasError) as error:
        errors = len(error.problems) if isinstance(error, ConfigError) else 1
        click.echo(HOST.say("doctor.config", errors=errors, warnings=0))
        _fail(HOST.say("doctor.no_config"))
    click.echo(HOST.say("doctor.config", errors=len(found.errors), warnings=len(found.warnings)))
    problems: list[str] = []

    def diagnosed() -> Iterable[str]:
        heartbeat, now = heartbeat_file(settings.storage.path), datetime.now(UTC)
        seen = maintenance.diagnose(opening.location_of_stories(settings), heartbeat, now)
        problems.extend(seen.problems)
        return seen.facts

    _tell(diagnosed)
    if problems:
        _fail(*(HOST.say("doctor.problem", text=text) for text in problems))
    if settings.storage.url is None:  # what a server's database has, its server checks
        click.echo(HOST.say("doctor.sound"))


@main.command(help=HOST.say("cli.usage"))
@click.option("--month", metavar="MONTH", help=HOST.say("cli.month"))
@_config_option
@click.pass_context
def usage(context: click.Context, config: Path | None, month: str | None) -> None:
    """Print what each server has used."""
    from bot import usage as reports
    from bot.composition import opening

    settings = _load(context, config)
    try:
        day = reports.last_day(month) if month else None
    except ValueError:
        _fail(HOST.say("spend.no_month"))

    async def work() -> None:
        now, caps = datetime.now(UTC), settings.limits.bot
        found = await reports.report(opening.location_of_stories(settings), now, caps, day)
        for line in reports.lines_above(found):
            click.echo(harmless(line))
        reports.show(found)

    _go(work())


@main.command("import-card", help=HOST.say("cli.import_card"))
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--key", metavar="KEY", default="", help=HOST.say("cli.card_key"))
@click.option("--force", is_flag=True, help=HOST.say("cli.card_force"))
@_config_option
@click.pass_context
def import_card(
    context: click.Context, config: Path | None, files: tuple[Path, ...], key: str, *, force: bool
) -> None:
    """Make personas of character cards."""
    from bot.personas.cards.folder import NotDoneError, import_file

    settings = _load(context, config)
    if key and len(files) > 1:
        _fail(HOST.say("cards.one_key"))
    failed = []
    for file in files:
        try:
            for line in import_file(file, settings.personas.folder, _asking(force=force), key):
                click.echo(harmless(line))
        except NotDoneError as error:
            failed.append(str(error))
    if failed:
        _fail(*failed)


@main.command("export-card", help=HOST.say("cli.export_card"))
@click.argument("key")
@click.option(
    "--to", required=True, metavar="FILE", type=click.Path(path_type=Path), help=HOST.say("cli.card_to")
)
@click.option("--spec", type=click.Choice(["v2", "v3"]), default="v3", help=HOST.say("cli.card_spec"))
@click.option("--force", is_flag=True, help=HOST.say("cli.card_force"))
@_config_option
@click.pass_context
def export_card(
    context: click.Context, config: Path | None, key: str, to: Path, spec: Literal["v2", "v3"], *, force: bool
) -> None:
    """Write a persona as a character card."""
    from bot.personas.cards.folder import NotDoneError, export_file
    from bot.personas.library import PersonaLibrary, PersonasError

    settings = _load(context, config)
    try:
        library = PersonaLibrary.load(settings.personas.folder, settings.personas.roots or ())
        for line in export_file(library, key, to, spec, _asking(force=force)):
            click.echo(harmless(line))
    except (PersonasError, NotDoneError) as error:
        _fail(str(error))


def _asking(*, force: bool) -> Callable[[Sequence[Path]], bool]:
    """Return what decides whether files are replaced: the option, or else who sits at the terminal."""

    def may_replace(paths: Sequence[Path]) -> bool:
        if force or not sys.stdin.isatty():
            return force
        return click.confirm(HOST.say("cards.replace", paths=", ".join(map(str, paths))))

    return may_replace


if __name__ == "__main__":
    main()
