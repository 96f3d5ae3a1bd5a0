"""The brief of a prompt: what the model is told about a persona before anything has been said.

Law: the persona is never shortened, and placeholders are filled in only in the persona's texts. The brief
changes only when the window of the turns moves, so that a prompt begins with the one before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.core.names import clean_name, persona_name
from bot.core.persona import Persona
from bot.core.placeholders import filled
from bot.core.settings import Language

GROUP_LIMIT = 120
"""Maximum characters of a scenario that is sent as `group`, which M2-her treats as a title."""

STRANGER = "Someone"
"""The sample partner's name if the persona's file has none."""

RULES = """\
Rules of play:
1. Write only what {name} says, does and perceives. The others speak and act for themselves.
2. Several people may be talking. Keep apart who said what, and answer the newest message first.
3. Stay {name} throughout. Let the story move: react, add something new, leave room for an answer.
4. Put actions between *asterisks*. No name before the reply, no headings, no status lists.
5. {language}, and keep to the length the moment asks for."""

NEWEST_LANGUAGE = "Use the language of the newest message"
ONE_LANGUAGE = "Write in {language}, whatever language the others use"
"""The rule about language, by default and if an admin has chosen a language."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a prompt says about a persona; nothing in the persona's texts is left to be filled in.

    `people` are the ones `{{user}}` means, and the ones with a `user_system`.
    """

    persona: Persona
    name: str
    title: str
    language: Language
    people: Sequence[str]

    @property
    def system(self) -> str:
        """The text of `system`."""
        persona, chosen = self.persona, self.language is not Language.AUTO
        language = ONE_LANGUAGE.format(language=self.language) if chosen else NEWEST_LANGUAGE
        told_elsewhere = self.group == " ".join(persona.scenario.split())
        sections = [
            persona.instructions or RULES.format(name=self.name, language=language),
            persona.description,
            f"Personality: {persona.personality}" if persona.personality else "",
            f"Scenario: {persona.scenario}" if persona.scenario and not told_elsewhere else "",
            f"{language}." if persona.instructions and chosen else "",
        ]
        return "\n\n".join(section for section in sections if section)

    @property
    def group(self) -> str:
        """The scene in one line: its title, or else the scenario if that is short."""
        scenario = self.persona.scenario
        return " ".join((self.title or (scenario if len(scenario) <= GROUP_LIMIT else "")).split())

    @property
    def profiled(self) -> Sequence[str]:
        """The people with a `user_system`, in the order of their first turn."""
        return () if self.persona.user is None else self.people

    @property
    def profile(self) -> str:
        """The text of a `user_system`; empty without one."""
        user = self.persona.user
        return "" if user is None else ": ".join(part for part in (user.name, user.description) if part)

    @property
    def sample_partner(self) -> str:
        """The name of the person in the samples."""
        own = self.persona.user.name if self.persona.user is not None else None
        return clean_name(own or STRANGER, fallback=STRANGER)

    def without_profiles(self) -> "Brief":
        """Return the same brief for nobody in particular."""
        return replace(self, people=())


def brief_of(persona: Persona, people: Sequence[str], title: str, language: Language) -> Brief:
    """Return the brief of a persona for a party of people, with all placeholders filled in."""
    return Brief(filled(persona, people), persona_name(persona), title, language, people)
