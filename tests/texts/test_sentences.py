"""The catalogue of sentences, held against the code that asks for them."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from bot.core.access import BARRED_ROLES, PLAY_ROLES, Barrier
from bot.core.budgets.charges import Purpose
from bot.core.budgets.rule import Span
from bot.core.cards.report import Told
from bot.core.completion import ErrorKind, ModelError, Naming, Objection, Silence
from bot.core.dice import DiceFault
from bot.core.lore.importing import LoreRemark
from bot.core.lore.telling import Held
from bot.core.memory.memory import MemoryRefusal
from bot.core.moderation import ANYWHERE
from bot.core.moderation import Act as ModerationAct
from bot.core.posts.buttons import Action, TurnStatus
from bot.core.pressing import Right
from bot.core.profiles import ProfileFault
from bot.core.prompting.inspection import ORDER, Lack
from bot.core.routing import ANSWERS, PACED, NoReplyReason, Respond
from bot.core.scene import Ending
from bot.core.settings import CHOICES, LOG, PICTURES, PROPOSERS, REPORTS, TEXTS, StoryRights, Wish
from bot.core.transfer.chat import Format
from bot.core.transfer.sillytavern import Fault
from bot.discord_ui.interactions.moderation.reporting import EITHER
from bot.discord_ui.interactions.people.privacy import Act
from bot.discord_ui.interactions.settings_panel.pages import Page
from bot.discord_ui.interactions.settings_panel.settings import NEEDED as NEEDED_RIGHTS
from bot.discord_ui.posting.attachments import Lost
from bot.discord_ui.replies.moderation_log import Destination
from bot.discord_ui.replies.post_view import notice_under
from bot.files.reading import FileFault
from bot.llm.connection import VariableFault
from bot.maintenance import ABOUT_COPIES
from bot.ops.server import Fault as ListenFault
from bot.personas.archives import Fault as ArchiveFault
from bot.personas.cards import CardFault
from bot.personas.editing import FIELDS
from bot.storage import errors, postgres_errors
from bot.storage.errors import StorageErrorKind
from bot.storage.maintenance import Phase
from bot.storage.proposals import ProposalFault
from bot.storage.server_lore import LoreFault
from bot.storage.server_personas import Act as PersonaAct
from bot.storage.server_personas import PutFault
from bot.story.budgets.admin_limits import BY_ADMINS
from bot.story.budgets.own_keys import KeyFault, KeyState
from bot.story.places.casting import Source
from bot.story.revisions.refusals import RefusalReason
from bot.terminal.memory import REHEARSED
from bot.texts.catalogue.hosts import HOSTS
from bot.texts.catalogue.mistakes import MISTAKES
from bot.texts.catalogue.players import PLAYERS
from bot.texts.failures import to_host, to_players
from bot.texts.sentences import OUTSIDE, Sentence, voice_for
from bot.volume import Fault as VolumeFault

ROOT = Path(__file__).parents[2]
WRITTEN = set((ROOT / "bot" / "texts" / "catalogue").glob("*.py"))
"""The files of sentences."""

FILES = sorted(path for path in (ROOT / "bot").rglob("*.py") if path not in WRITTEN)

FORMS = ("quiet_hours", "ignored_prefixes")

EVERY: Mapping[str, str] = {**PLAYERS, **HOSTS}

OF_SERVERS = frozenset(
    StorageErrorKind(each)
    for each in [
        "no_driver",
        "address",
        "unreachable",
        "cut",
        "tls",
        "impostor",
        "crowded",
        "login",
        "no_database",
        "old_server",
        "encoding",
        "pooler",
        "not_empty",
        "out",
    ]
)
"""Kinds of errors that only a database on a server has."""

OF_BOTH = frozenset(
    StorageErrorKind(each)
    for each in [
        "newer",
        "foreign",
        "corrupt",
        "read_only",
        "in_use",
        "busy",
        "full",
        "io",
        "missing",
        "older",
    ]
)
"""Kinds that a server's database has too."""

FAMILIES: Mapping[str, set[str]] = {
    "choice.where.{where}": {f"choice.where.{where}" for where in ("channel", "category", "server")},
    "choice.pause.{where}": {f"choice.pause.{where}" for where in ("channel", "server")},
    "dramatis.{state}.{where}": {
        f"dramatis.{state}.{where}"
        for state in ("paused", "paused_already")
        for where in ("channel", "server")
    },
    "access.{barrier}": {f"access.{each}" for each in (Barrier.BLOCKED, Barrier.BLOCKED_BY_HOST)},
    "report.about.{readers}": {f"report.about.{each}" for each in (*Destination, EITHER)},
    "report.sent.{destination}": {f"report.sent.{each}" for each in Destination},
    "log.{act}{whole}": {f"log.{act}" for act in ModerationAct} | {f"log.{act}.server" for act in ANYWHERE},
    "panel.{key}": {f"panel.{key}" for key in (PLAY_ROLES, BARRED_ROLES, LOG, REPORTS)},
    "panel.{key}.hint": {f"panel.{key}.hint" for key in (LOG, REPORTS)},
    "panel.play_roles.hint.{scope}": {f"panel.play_roles.hint.{scope}" for scope in ("channel", "server")},
    "player.{kind}": {f"player.{kind}" for kind in ErrorKind},
    "player.{kind}.because": {"player.input_refused.because", "player.output_refused.because"},
    "player.{reason}": {f"player.{reason}" for reason in NoReplyReason},
    "again.{way}": {
        f"again.{way}" for way in (Action.RETRY, Action.CONTINUE, Action.AGAIN, "talk", "mention")
    },
    "chat.{reason}": {f"chat.{reason}" for reason in (*ANSWERS.values(), NoReplyReason.OOC_IGNORED)},
    "button.{action}": {f"button.{action}" for action in Action},
    "myself.{wish}.on": {f"myself.{each}.on" for each in Wish},
    "myself.{wish}.off": {f"myself.{each}.off" for each in Wish},
    "myself.form.{key}": {f"myself.form.{each}" for each in ("name", "pronouns", "description")},
    "profile.{saved}": {f"profile.{each}" for each in ProfileFault},
    "profile.{fault}": {f"profile.{each}" for each in ProfileFault},
    "button.{wish}.on": {f"button.{each}.on" for each in Wish},
    "button.{wish}.off": {f"button.{each}.off" for each in Wish},
    "press.{right}": {f"press.{each}" for each in Right if each is not Right.NOW},
    "revise.{reason}": {f"revise.{each}" for each in RefusalReason},
    "memory.{reason}": {f"memory.{each}" for each in MemoryRefusal},
    "chat.memory.{reason}": {f"chat.memory.{each}" for each in REHEARSED},
    "host.{silence}": {f"host.{silence}" for silence in Silence},
    "host.{kind}": {f"host.{kind}" for kind in ErrorKind},
    "host.no_webhook.{lack}": {"host.no_webhook.forbidden", "host.no_webhook.full"},
    "host.picture_lost.{lost}": {f"host.picture_lost.{lost}" for lost in Lost},
    "cast.picture.{why}": {f"cast.picture.{lost}" for lost in Lost},
    "refused.{objection}": {f"refused.{objection}" for objection in Objection},
    "yaml.{fault}": {f"yaml.{fault}" for fault in FileFault},
    "yaml.range.{which}": {
        f"yaml.range.{each}" for each in ("above", "least", "most", "above_most", "least_most")
    },
    "volume.{fault}": {f"volume.{fault}" for fault in VolumeFault},
    "ops.{fault}": {f"ops.{fault}" for fault in ListenFault},
    "environment.{fault}": {f"environment.{fault}" for fault in VariableFault},
    "postgres.no_{act}": {f"postgres.no_{each}" for each in ("backup", "restore", "vacuum")},
    "{family}.{kind}": {f"storage.{kind}" for kind in set(StorageErrorKind) - OF_SERVERS}
    | {f"postgres.{kind}" for kind in OF_SERVERS | OF_BOTH},
    "backup.{kind}": {f"backup.{kind}" for kind in ABOUT_COPIES},
    "phase.{phase}": {f"phase.{phase}" for phase in Phase},
    "opener.how.{respond}": {f"opener.how.{each}" for each in Respond},
    "opener.how.cast.{respond}": {f"opener.how.cast.{each}" for each in Respond},
    "command.may_not_steer.{story_rights}": {f"command.may_not_steer.{each}" for each in StoryRights},
    "lore.remark.{kind}": {f"lore.remark.{kind}" for kind in LoreRemark},
    "lore.fault.{fault}": {f"lore.fault.{fault}" for fault in LoreFault},
    "lore.held.{why}": {f"lore.held.{held}" for held in Held},
    "inspect.left_out.{lack}": {f"inspect.left_out.{lack}" for lack in Lack},
    "menu.{key}": {f"menu.{key}" for key in (*CHOICES, *TEXTS)},
    "talk.wait.{reason}": {f"talk.wait.{each}" for each in PACED},
    "button.write.{key}": {f"button.write.{key}" for key in FORMS},
    "write.{key}": {f"write.{key}" for key in FORMS},
    "write.{key}.hint": {f"write.{key}.hint" for key in FORMS},
    "write.{key}.about": {f"write.{key}.about" for key in FORMS},
    "write.unread.{key}": {f"write.unread.{key}" for key in FORMS},
    "setting.cooldown.{named}": {f"setting.cooldown.{each}" for each in ("none", "minute", "hour")},
    "setting.{key}.{value}": {
        *(
            f"setting.{key}.{value}"
            for key in CHOICES
            if key != "language" and not key.endswith("_cooldown")
            for value in CHOICES[key]
        ),
        "setting.language.auto",
    },
    "key.{fault}": {f"key.{each}" for each in KeyFault},
    "host.limits_begin.{payer}": {"host.limits_begin.bot", "host.limits_begin.person"},
    "key.{state}": {f"key.{each}" for each in KeyState},
    "button.key.{}": {"button.key.replace", "button.key.set"},
    "limit.money.{span}": {f"limit.money.{each}" for each in Span},
    "limit.tokens.{span}": {f"limit.tokens.{each}" for each in Span},
    "limits.of.{payer}": {f"limits.of.{each}" for each in BY_ADMINS},
    "limits.field.{payer}": {f"limits.field.{each}" for each in BY_ADMINS},
    "limits.title.{scope}": {"limits.title.channel", "limits.title.server"},
    "panel.page.{page}": {f"panel.page.{each}" for each in Page},
    "usage.of.{payer}": {f"usage.of.{each}" for each in BY_ADMINS},
    "spend.for.{purpose}": {f"spend.for.{each}" for each in Purpose},
    "spend.column.{name}": {
        f"spend.column.{each}" for each in ("server", "today", "month", "tokens", "requests", "for")
    },
    "usage.purpose.{purpose}": {f"usage.purpose.{each}" for each in Purpose},
    "panel.title.{scope}": {"panel.title.channel", "panel.title.server"},
    "panel.inherit.{}": {f"panel.inherit.{each}" for each in ("thread", "channel", "server")},
    "button.panel.{other}": {"button.panel.channel", "button.panel.server"},
    "rules.of.{}": {f"rules.of.{each}" for each in ("server", "parent", "channel", "thread")},
    "rules.form.{scope}": {"rules.form.server", "rules.form.channel"},
    "panel.source.{where}": {f"panel.source.{each}" for each in {*get_args(Source), "parent"} - {"config"}},
    "right.{right}": {
        f"right.{right}"
        for right in (
            *NEEDED_RIGHTS,
            "attach_files",
            "manage_guild",
            "manage_channels",
            "manage_messages",
            "message_content",
        )
    },
    "cost.{right}": {f"cost.{right}" for right in (*NEEDED_RIGHTS, "message_content")},
    "cast.used.{where}": {"cast.used.category", "cast.used.server"},
    "cast.cleared.{where}": {f"cast.cleared.{where}" for where in ("channel", "category", "server")},
    "scene.{kind}": {"scene.playing", "scene.resting"},
    "inspect.{kind}": {"inspect.now", "inspect.sent", "inspect.changed"},
    "inspect.part.{name}": {f"inspect.part.{name}" for name in ORDER},
    "inspect.naming.{naming}": {f"inspect.naming.{naming}" for naming in Naming},
    "help.respond.{respond}": {f"help.respond.{each}" for each in Respond},
    "help.respond.cast.{respond}": {f"help.respond.cast.{each}" for each in Respond},
    "cast.talk.{kind}": {f"cast.talk.{each}" for each in ("usual", "turns", "all")},
    "help.command.{name}": {f"help.command.{each}" for each in ("settings", "inspect", "block", "pause")},
    "roll.{fault}": {f"roll.{fault}" for fault in DiceFault},
    "help.rights.{rights}": {"help.rights.all", "help.rights.mods"},
    "choice.format.{form}": {f"choice.format.{each}" for each in Format},
    "archive.fault.{fault}": {f"archive.fault.{each}" for each in ArchiveFault},
    "archive.homeless.{key}": {f"archive.homeless.{each}" for each in (PICTURES, PROPOSERS)},
    "archive.plan.{kind}": {f"archive.plan.{each}" for each in ("same", "pictures", "settings", "bindings")},
    "archive.not_stored.{fault}": {f"archive.not_stored.{each}" for each in PutFault},
    "proposal.too_many.{fault}": {f"proposal.too_many.{each}" for each in ProposalFault},
    "button.propose.{way}": {"button.propose.form", "button.propose.file"},
    "button.proposal.{act}": {f"button.proposal.{each}" for each in ("publish", "refuse", "try", "withdraw")},
    "propose.{key}": {f"propose.{each}" for each in FIELDS},
    "import.fault.{fault}": {f"import.fault.{each}" for each in Fault},
    "help.stored.{kind}": {"help.stored.bound", "help.stored.unbound"},
    "privacy.{name}": {
        f"privacy.{each}"
        for each in (
            "quotes",
            "asides",
            "scenes",
            "edits",
            "spoken",
            "profiles",
            "wishes",
            "proposals",
            "pins",
        )
    },
    "card.{fault}": {f"card.{each}" for each in CardFault},
    "card.told.{told}": {f"card.told.{each}" for each in Told},
    "button.privacy.{act}": {f"button.privacy.{each}" for each in Act},
    "button.{act}": {f"button.{each}" for each in ("try", "edit", "file", "versions", "delete")},
    "draft.{fault}": {f"draft.{each}" for each in PutFault},
    "draft.field.{field}": {f"draft.field.{each}" for each in FIELDS},
    "draft.field.{field}.about": {f"draft.field.{each}.about" for each in FIELDS},
    "sample.{field}": {f"sample.{each}" for each in FIELDS},
    "versions.act.{act}": {f"versions.act.{each}" for each in PersonaAct},
}
"""Keys put together in the code, as an f-string's text and its last names → the keys that come of it."""

SAYING = {"say", "Sentence", "Refused"}
LABELLING = {"label"}
COMPLAINING = {"problem", "wrong", "_at", "_note", "_stop"}
"""Functions that take a key first: these say it, now or later; those give it to Discord with its translations, or say it
with its `.fix`."""

NO_KEYS = {"config.yaml", "usage.png", "chat.completion", "dramatis.json", "card.json"}
"""Texts in the code that only look like keys."""


@dataclass(frozen=True)
class Asked:
    """A call that asks for sentences: for one of `keys`, with these facts."""

    where: str
    by: str
    keys: frozenset[str]
    facts: frozenset[str] | None
    """None if the call passes facts on that it was given."""
    to_host: bool
    """Whether the voice for the bot's owner says it."""


@cache
def nodes() -> list[tuple[Path, ast.AST]]:
    trees = ((path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))) for path in FILES)
    return [(path, node) for path, tree in trees for node in ast.walk(tree)]


def name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def pattern_of(text: ast.JoinedStr) -> str:
    return "".join(
        f"{{{name_of(part.value)}}}" if isinstance(part, ast.FormattedValue) else str(part.value)
        for part in text.values
        if isinstance(part, ast.FormattedValue | ast.Constant)
    )


def keys_of(argument: ast.expr) -> set[str]:
    if isinstance(argument, ast.Constant):
        return {str(argument.value)}
    if isinstance(argument, ast.IfExp):
        return keys_of(argument.body) | keys_of(argument.orelse)
    if isinstance(argument, ast.JoinedStr):
        return FAMILIES.get(pattern_of(argument), set())
    return set()


@cache
def asked() -> list[Asked]:
    return list(_asked())


def _asked() -> Iterator[Asked]:
    for path, node in nodes():
        if not (isinstance(node, ast.Call) and node.args and name_of(node.func) in ASKING):
            continue
        names = [keyword.arg for keyword in node.keywords]
        facts = frozenset(name for name in names if name is not None)
        keys = frozenset(keys_of(node.args[0]))
        passed_on = None in names
        where, by = f"{path}:{node.lineno}", name_of(node.func)
        yield Asked(where, by, keys, None if passed_on else facts, is_host(node.func))


@cache
def literals() -> set[str]:
    """Whatever in the code reads like a key of the catalogue, such as in a table."""
    groups = {key.partition(".")[0] for key in EVERY}
    texts = {
        node.value for _, node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    keys = {text for text in texts if re.fullmatch(r"[a-z]+(\.[a-z0-9_]*[a-z0-9])+", text)}
    return {key for key in keys if key.partition(".")[0] in groups} - NO_KEYS


ASKING = SAYING | LABELLING | COMPLAINING


def is_host(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and name_of(function.value) == "HOST"


def english(sentence: Sentence) -> str:
    return voice_for().render(sentence)


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def said() -> set[str]:
    return {key for each in asked() if each.by not in COMPLAINING for key in each.keys}


def complaints() -> set[str]:
    return {key for each in asked() if each.by in COMPLAINING for key in each.keys} | {
        key
        for key in literals() - said()
        if key.startswith(("yaml.", "config.", "persona."))
        and not key.startswith(("yaml.kind.", "yaml.range."))
    }


def needed() -> set[str]:
    found = said() | complaints() | literals() | {f"{key}.fix" for key in complaints()}
    return found | {key for key in EVERY if key.endswith(OUTSIDE) and key.removesuffix(OUTSIDE) in found}


# Between the code and the catalogue ---------------------------------------------------------------


def test_every_sentence_that_is_asked_for_exists() -> None:
    assert needed() - EVERY.keys() == set()


def test_every_sentence_is_asked_for() -> None:
    assert EVERY.keys() - needed() == set()


def test_every_key_that_is_put_together_belongs_to_a_family_of_this_file() -> None:
    found = {
        pattern_of(node.args[0])
        for _, node in nodes()
        if isinstance(node, ast.Call)
        and name_of(node.func) in ASKING
        and node.args
        and isinstance(node.args[0], ast.JoinedStr)
    }
    assert found == {*FAMILIES, "{sentence}.fix"}


def gets_its_facts(call: Asked) -> bool:
    keys = call.keys | ({f"{key}.fix" for key in call.keys} if call.by in COMPLAINING else set())
    named = frozenset(fact for key in keys for fact in placeholders(EVERY.get(key, "")))
    given = frozenset({"subject"} if call.by in COMPLAINING else ())  # by `problem`, from the key's path
    assert call.facts is not None
    return call.facts | given == named | given


def test_a_sentence_gets_the_facts_it_names_and_no_others() -> None:
    calls = [each for each in asked() if each.keys and each.facts is not None]
    assert len(calls) > 400
    assert [f"{call.where} {min(call.keys)}" for call in calls if not gets_its_facts(call)] == []


def test_what_is_said_otherwise_outside_of_servers_gets_no_facts_of_its_own() -> None:
    inside = {key: base for key in PLAYERS if (base := key.removesuffix(OUTSIDE)) != key and base in PLAYERS}
    assert len(inside) > 30
    strange = [
        key for key, base in inside.items() if placeholders(PLAYERS[key]) - placeholders(PLAYERS[base])
    ]
    assert strange == []
    elsewhere = re.compile(r"[Tt]his (channel|server|thread)|moderator(?! can delete)|Manage ")
    assert [key for key in inside if elsewhere.search(PLAYERS[key])] == []


def test_only_mistakes_in_files_are_both_for_players_and_for_the_host() -> None:
    assert PLAYERS.keys() & HOSTS.keys() == MISTAKES.keys()


def test_the_hosts_voice_says_hosts_sentences_alone_and_no_other_voice_says_them() -> None:
    """Of a sentence that is said later, the reader isn't known, but for what is wrong in the configuration."""
    wrong = [
        f"{each.where}: {key}"
        for each in asked()
        if each.by not in COMPLAINING
        for key in each.keys
        if key not in (HOSTS if each.to_host or each.where.startswith("bot/config/") else PLAYERS)
    ]
    assert wrong == []


def test_every_mistake_that_somebody_on_discord_can_see_is_for_players() -> None:
    """What is wrong with the configuration and the personas' folder stands in the log alone."""
    hidden = {key for key in complaints() - PLAYERS.keys() if not key.startswith("config.")}
    assert hidden == {
        f"persona.{each}"
        for each in (
            "no_folder",
            "no_personas",
            "not_a_folder",
            "twin",
            "unread",
            "unread_card",
            "unreadable_folder",
        )
    }


def at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """What of a module runs when it is imported: all but the insides of functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            roots: list[ast.AST] = [*node.decorator_list, node.args]
        elif isinstance(node, ast.Lambda):
            roots = [node.args]
        else:
            roots = [node]
        for root in roots:
            yield root
            yield from at_import(root)


def said_at_import(tree: ast.AST) -> list[int]:
    """The lines on which a voice other than the host's says something when a module is imported."""
    return [
        node.lineno
        for node in at_import(tree)
        if isinstance(node, ast.Call)
        and (name_of(node.func) in {"render", "lines"} or name_of(node.func) in SAYING)
        and not is_host(node.func)
    ]


def test_no_sentence_of_players_is_said_at_import() -> None:
    trees = {path: node for path, node in nodes() if isinstance(node, ast.Module)}
    assert len(trees) == len(FILES)
    assert {path: lines for path, tree in trees.items() if (lines := said_at_import(tree))} == {}


def test_what_runs_at_import() -> None:
    source = """
NAME = voice.say("menu.edit")
OWN = HOST.say("cli.run")
@command(name=voice.say("menu.edit"))
def use(text: str = voice.say("menu.edit")) -> None:
    voice.say("menu.edit")
class Menu:
    name = Sentence("menu.edit")
    def open(self) -> None:
        self.voice.say("menu.edit")
"""
    assert said_at_import(ast.parse(source)) == [2, 4, 5, 8]


@pytest.mark.parametrize("kind", ErrorKind)
def test_every_failure_of_the_model_has_a_sentence_for_players_and_one_for_the_host(kind: ErrorKind) -> None:
    error = ModelError(kind, "what the server said")
    assert english(to_players(error)) != to_host(error)
    assert "what the server said" not in english(to_players(error))
    assert to_host(error).endswith(" (what the server said)")
    assert not to_host(ModelError(kind)).endswith(")")


@pytest.mark.parametrize(
    ("objection", "words"),
    [
        (Objection.SEVERE, " (reason: severe violation)"),
        (Objection.PORNOGRAPHY, " (reason: pornography)"),
        (Objection.ADVERTISING, " (reason: advertising)"),
        (Objection.PROHIBITED, " (reason: prohibited content)"),
        (Objection.ABUSE, " (reason: abuse)"),
        (Objection.VIOLENCE, " (reason: violence)"),
        (Objection.OTHER, " (reason: another rule of the provider)"),
        (None, ""),
    ],
)
def test_a_refusal_says_in_words_what_was_objected_to(objection: Objection | None, words: str) -> None:
    error = ModelError(ErrorKind.OUTPUT_REFUSED, objection=objection)
    assert (
        english(to_players(error))
        == f"The AI provider blocked the reply{words}. Press Retry or mention the bot."
    )
    of_input = ModelError(ErrorKind.INPUT_REFUSED, objection=objection)
    assert english(to_players(of_input)) == (
        f"The AI provider blocked what was written here{words}. Edit or delete your message, then try again."
    )
    assert to_host(of_input) == f"the provider's moderation blocked the input{words}"


@pytest.mark.parametrize(("wait", "said"), [(14.2, "in 15 s."), (1.0, "in 1 s."), (0.0, "in 1 s.")])
def test_a_model_left_alone_says_when_it_is_looked_at_again(wait: float, said: str) -> None:
    sentence = english(to_players(ModelError(ErrorKind.RESTING, retry_after=wait)))
    assert sentence.endswith(f"Try again {said} Press Retry or mention the bot.")


def test_a_bad_key_tells_the_host_of_the_trap_with_the_regions() -> None:
    sentence = to_host(ModelError(ErrorKind.BAD_KEY))
    assert "one from minimax.io works only at api.minimax.io" in sentence
    assert "one from minimaxi.com only at api.minimaxi.com" in sentence


@pytest.mark.parametrize("ending", [Ending.LENGTH, Ending.STOPPED, Ending.CUT_SHORT, Ending.INTERRUPTED])
def test_every_ending_but_a_good_one_tells_players_how_to_go_on(ending: Ending) -> None:
    said = notice_under(TurnStatus(ending))
    assert said is not None
    assert english(said).endswith("Press Continue or mention the bot.")


@pytest.mark.parametrize("ending", [Ending.FAILED, Ending.WITHDRAWN])
def test_where_no_answer_came_players_are_told_of_the_button_that_tries_again(ending: Ending) -> None:
    said = notice_under(TurnStatus(ending, words=False))
    assert said is not None
    assert english(said) == "There was no reply. Press Retry or mention the bot."


def test_a_storage_sentence_names_only_what_the_error_always_carries() -> None:
    """Else it would say `(…, found )` or `()` to a host."""
    codes = [*errors._BY_SQLITE_CODE.values(), *errors._BY_ERRNO.values()]
    raised = [("storage", kind, {"path", "detail"}) for kind in codes]
    states = [*postgres_errors.BY_STATE.values(), *postgres_errors.BY_CLASS.values()]
    raised += [("postgres", kind, {"path", "detail"}) for kind in states]
    for path, node in nodes():
        if isinstance(node, ast.Call) and name_of(node.func) == "StorageError":
            facts = {
                "path",
                *(["detail"] if len(node.args) > 2 else []),
                *(str(k.arg) for k in node.keywords),
            }
            if isinstance(node.args[0], ast.Attribute):
                kind = StorageErrorKind[node.args[0].attr]
                is_servers = kind in OF_SERVERS or path.name.startswith("postgres")
                raised.append(("postgres" if is_servers else "storage", kind, facts))
    of_files, of_servers = (
        {kind for whose, kind, _ in raised if whose == each} for each in ("storage", "postgres")
    )
    assert of_files == set(StorageErrorKind) - OF_SERVERS
    assert of_servers == OF_SERVERS | OF_BOTH
    for whose, kind, facts in raised:
        assert placeholders(HOSTS[f"{whose}.{kind}"]) <= facts, kind


SHOWING = {"echo", "_fail", "tell", "ask", "prompt", "print", "info", "warning"}
"""Functions whose text people read; `debug`, `error` and `exception` are for developers."""


def test_no_sentence_stands_outside_the_catalogue() -> None:
    found = []
    for path, node in nodes():
        # What `llm` logs of a failed try are fields for a report to the provider; the host gets `host.*`.
        if path.parts[1] == "llm" or not (isinstance(node, ast.Call) and name_of(node.func) in SHOWING):
            continue
        for argument in node.args:
            parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
            texts = [str(part.value) for part in parts if isinstance(part, ast.Constant)]
            found += [f"{path}:{node.lineno}: {text}" for text in texts if re.search(r"[^\W\d_]{2}", text)]
    assert found == []


# The sentences themselves -------------------------------------------------------------------------


CATALOGUES = [("players", PLAYERS), ("host", HOSTS)]


@pytest.mark.parametrize(("language", "sentences"), CATALOGUES, ids=[name for name, _ in CATALOGUES])
def test_a_sentence_is_plain(language: str, sentences: Mapping[str, str]) -> None:
    assert [key for key, sentence in sentences.items() if not sentence.strip()] == []
    assert [key for key, sentence in sentences.items() if "traceback" in sentence.lower()] == []
    twice = re.compile(r"[.,;:!?…]{2}$")
    assert [key for key, sentence in sentences.items() if twice.search(sentence.rstrip())] == []
    # A fact is a name, nothing to look into.
    facts = {key: placeholders(sentence) for key, sentence in sentences.items()}
    assert [key for key, names in facts.items() if not all(map(str.isidentifier, names))] == []


def test_what_is_wrong_and_what_to_do_make_one_line() -> None:
    """They are joined with a comma, and problems stand in lists of lines."""
    keys = sorted(complaints())
    assert len(keys) > 90
    assert [key for key in keys if HOSTS[key].endswith((".", ",", ";", ":", "!", "?"))] == []
    assert [key for key in keys if HOSTS[f"{key}.fix"].endswith((".", ",", ";", ":"))] == []
    assert [key for key in keys if "\n" in HOSTS[key] + HOSTS[f"{key}.fix"]] == []


def test_players_get_a_line_or_two() -> None:
    longest_key = "k" * 64  # see `bot.personas.library`
    told = {key: sentence for key, sentence in PLAYERS.items() if key.startswith("player.")}
    full = {
        key: sentence.format(**dict.fromkeys(placeholders(sentence), longest_key))
        for key, sentence in told.items()
    }
    assert [key for key, sentence in full.items() if len(sentence) > 300] == []
