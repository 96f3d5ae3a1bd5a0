"""The table of what gets a line in the moderation log: acts, or why there is none."""

from collections.abc import Iterable, Mapping
from typing import Final

from bot.core.moderation import Act

SHOWS = "It shows something to the person alone, and changes nothing."
OPENS = "It opens a form or a draft: what is sent or saved there gets the line."
OWN = "It is about what is stored of the person themselves."
PLAYS = "It adds to the story as a message does, and everybody sees by whom."
FOR_THEM = "It changes what the person alone gets."
SAYS_WHO = "The post says who spoke."
UNSEEN = "It tries again what nobody has seen yet."


def _all(what: str | frozenset[Act], *uses: str) -> dict[str, str | frozenset[Act]]:
    return dict.fromkeys(uses, what)


def _acts(*acts: Act) -> frozenset[Act]:
    return frozenset(acts)


def _merged(parts: Iterable[Mapping[str, str | frozenset[Act]]]) -> dict[str, str | frozenset[Act]]:
    found: dict[str, str | frozenset[Act]] = {}
    for part in parts:
        assert not found.keys() & part.keys()
        found |= part
    return found


LOGGED: Final = _merged(
    (
        _all(
            SHOWS,
            *(
                "/help",
                "/privacy",
                "/myself",
                "/usage",
                "/memory",
                "/scene list",
                "/scene info",
                "/scene export",
            ),
            *(
                "/persona list",
                "/persona show",
                "/lore list",
                "/lore test",
                "/dramatis settings",
                "/dramatis inspect",
            ),
            *(
                "why_input:…",
                "why_output:…",
                "more:…",
                "memory:show",
                "memory:whole",
                "memory:pins",
                "look",
                "look:…:…",
            ),
            *(
                "page:server",
                "panel:channel",
                "panel:server",
                "panel:channel:cast",
                "panel:server:moderation",
            ),
            *(
                "block:page:…",
                "cards:…",
                "persona:card:…",
                "persona:file:…",
                "persona:versions:…",
                "version:file:…:…:…",
            ),
            *(
                "versions:…",
                "open",
                "deleted",
                "lores",
                "lore:get:…",
                "proposals:one",
                "proposals:all",
                "form look:form",
            ),
            *("persona:delete:…", "myself:show", "myself:open", "persona:try:…"),
        ),
        _all(
            OPENS,
            *(
                "/persona new",
                "/persona upload",
                "edit:…",
                "*Edit reply*",
                "memory:add",
                "memory:note",
                "memory:recap:…",
            ),
            *(
                "memory:edit:…",
                "import",
                "write:channel:quiet_hours",
                "write:server:ignored_prefixes",
                "limits:server",
            ),
            *(
                "limits:channel",
                "limits:timezone",
                "limits:key",
                "rules:channel",
                "rules:server",
                "archive:bring",
            ),
            *(
                "picture:…",
                "persona:edit:…",
                "draft:edit:uploaded:…:…",
                "draft:try:uploaded:…:…",
                "report:…",
                "try:say:…",
            ),
            *(
                "propose:form",
                "propose:file",
                "proposal:refuse:…",
                "form propose:form",
                "form persona:form:new",
            ),
            *(
                "form persona:form:card:…:…",
                "form persona:upload",
                "form try:form:…",
                "myself:edit:…",
                "myself:new",
            ),
        ),
        _all(OWN, "privacy:show", "privacy:export", "privacy:forget", "myself:delete:…"),
        _all(PLAYS, "/talk", "/roll", "advance:…"),
        _all(FOR_THEM, "wish:ping:on"),
        _all(SAYS_WHO, "form as:…"),
        _all(UNSEEN, "retry:…"),
        _all(_acts(Act.AGAIN), "again:…"),
        _all(_acts(Act.CONTINUED), "continue:…"),
        _all(_acts(Act.SWIPED), "back:…", "next:…"),
        _all(_acts(Act.STOPPED), "stop:…"),
        _all(_acts(Act.EDITED), "form edit:…"),
        _all(_acts(Act.AGAIN, Act.REMOVED), "*Regenerate from here*", "from_here:…"),
        _all(_acts(Act.REMOVED), "*Remove from story*", "remove:…"),
        _all(_acts(Act.PUT_BACK), "restore:…", "undo:…"),
        _all(_acts(Act.COVERED), "not_this:…"),
        _all(_acts(Act.UNDONE, Act.REDONE), "/undo"),
        _all(_acts(Act.SCENE_BEGUN), "/scene new", "*Branch from here*"),
        _all(_acts(Act.SCENE_RESUMED), "/scene resume", "resume:…"),
        _all(_acts(Act.RECAP), "memory:make", "memory:pause", "memory:resume"),
        _all(_acts(Act.PIN), "*Remember this*", "memory:raise:…", "memory:drop:…"),
        _all(_acts(Act.PIN, Act.NOTE, Act.RECAP), "form memory:form:add"),
        _all(_acts(Act.REPORTED), "form report:…"),
        _all(_acts(Act.IMPORTED), "form import"),
        _all(
            _acts(Act.PERSONA_SET),
            *(
                "/persona use",
                "/persona use on the server",
                "/persona add",
                "/persona remove",
                "/persona clear",
            ),
            *("use", "play:list:…", "set:channel:persona", "cast:…"),
        ),
        _all(
            _acts(Act.SETTING),
            *(
                "set:channel:respond",
                "set:server:language",
                "bots:channel",
                "form write:form:channel:quiet_hours",
            ),
            *("pictures", "proposers"),
        ),
        _all(_acts(Act.LIMITS, Act.SETTING), "form limits:form:server"),
        _all(_acts(Act.KEY_BROUGHT), "form limits:form:key"),
        _all(_acts(Act.KEY_REMOVED), "limits:drop"),
        _all(_acts(Act.RULES), "form rules:form:server"),
        _all(_acts(Act.LOG_CHOSEN, Act.LOG_ENDED), "log:log"),
        _all(_acts(Act.REPORTS_CHOSEN), "log:reports"),
        _all(
            _acts(Act.ROLES),
            "roles:server:play_roles",
            "roles:channel:play_roles",
            "roles:channel:barred_roles",
        ),
        _all(_acts(Act.BLOCKED), "/dramatis block"),
        _all(_acts(Act.UNBLOCKED), "block:lift:…"),
        _all(_acts(Act.PAUSED), "/dramatis pause", "/dramatis pause here"),
        _all(_acts(Act.RESUMED), "go_on", "go_on:channel"),
        _all(_acts(Act.ARCHIVE_TAKEN), "archive:get"),
        _all(_acts(Act.ARCHIVE_BROUGHT), "form archive:bring"),
        _all(_acts(Act.PICTURE), "form picture:…"),
        _all(
            _acts(Act.PERSONA_SAVED), "draft:save:uploaded:…:…", "version:restore:…:…:…", "proposal:publish:…"
        ),
        _all(_acts(Act.PERSONA_DELETED), "version:delete:…:…:…"),
        _all(_acts(Act.PROPOSAL_REFUSED), "form proposal:refuse:…"),
        _all(_acts(Act.LORE_SAVED), "/lore upload", "lore:save:…:…"),
        _all(_acts(Act.LORE_DELETED), "lore:drop:…"),
    )
)
"""What gets a line, by its name in docs/rights.md; forms have `form` before it."""
