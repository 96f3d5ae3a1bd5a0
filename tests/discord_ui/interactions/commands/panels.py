"""Panels as somebody sees them: what stands there, the settings and how they are used, files in answers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.tavern import Tavern

MARLOW_IS = "Marlow keeps the Drowned Bell, a harbour tavern."
ISOLDE_IS = "Isolde is a cartographer who draws places that are not there yet."
PLAYS_HERE = "-# Now this channel's persona"

INHERIT, NOBODY = "*inherit", "*nobody"

OTHER = {"channel": "Server settings", "server": "Channel settings"}

TEXT, MENU, BUTTON, PICTURE, GALLERY, LINE = 10, 3, 2, 11, 12, 14
"""Discord's numbers of components."""


def parts(used: Any) -> list[dict[str, Any]]:
    """All components of an answer, from top to bottom, what stands inside of one after it."""
    return list(walk(used.response.components))


def walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield components from top to bottom, what stands inside of one after it."""
    for each in components:
        yield each
        yield from walk(each.get("components", []))
        yield from walk([each["accessory"]] if "accessory" in each else [])


def _settled(text: str) -> str:
    """A text without the ids of commands, and without a persona's tokens, which follow the words of the prompts."""
    text = re.sub(r"(?<!\\)</([a-z ]+):\d+>", r"`/\1`", text)
    return re.sub(r"^(-# [^\n]*) · [0-9]+ tokens", r"\1", text, flags=re.MULTILINE)


def said(used: Any) -> list[str]:
    """The lines of an answer: of its texts if it is a panel, else of its content."""
    if not used.response.flags.components_v2:
        return list(used.response.content.splitlines())
    assert used.response.content == ""
    texts = [each["content"] for each in parts(used) if each["type"] == TEXT]
    return _settled("\n".join(texts)).splitlines()


def card(name: str, who: str, *small: str, above: str = "") -> str:
    """What the card of a persona says: why it is shown, who that is, and in small print the rest."""
    lines = [above, f"### {name}", who, "-# Played by an AI. What it says is made up.", *small]
    return "\n".join(filter(None, lines))


def by_name(name: str) -> str:
    """How a persona is spoken to that answers to its name, as its card says it."""
    return f"-# Say {name}'s name, reply or @mention the bot · `*actions*` · `((out of character))`"


def by_mention(name: str) -> str:
    """The same where only mentions and replies are answered."""
    return f"-# @mention the bot or reply to {name} · `*actions*` · `((out of character))`"


def blocks(used: Any) -> list[list[str]]:
    """The lines of a panel between the lines that part it."""
    found: list[list[str]] = [[]]
    for each in parts(used):
        if each["type"] == LINE:
            found.append([])
        elif each["type"] == TEXT:
            found[-1] += _settled(each["content"]).splitlines()
    return [each for each in found if each]


def labels(used: Any) -> list[str]:
    """What stands on the buttons of an answer."""
    return [each["label"] for each in parts(used) if each["type"] == BUTTON]


def menus(used: Any) -> list[str]:
    """The ids of the menus of an answer."""
    return [each["custom_id"] for each in parts(used) if each["type"] == MENU]


def pictures(used: Any) -> list[tuple[str, str]]:
    """The pictures in an answer: the address of each, and what it says to those who cannot see it."""
    return [(each["media"]["url"], each["description"]) for each in parts(used) if each["type"] == PICTURE]


def galleries(used: Any) -> list[tuple[str, str]]:
    """The same of the pictures that are as wide as the panel."""
    shown = [item for each in parts(used) if each["type"] == GALLERY for item in each["items"]]
    return [(item["media"]["url"], item["description"]) for item in shown]


@dataclass
class Panel:
    """A panel of settings that somebody has open.

    Attributes:
        who: whose it is; nobody else sees it.
        used: the answer that shows it.
    """

    who: Any
    used: Any

    @property
    def text(self) -> list[str]:
        return said(self.used)

    def setting(self, key: str) -> str:
        """What a closed menu says, and in brackets what stands behind the name in the line above it."""
        above = ""
        for each in parts(self.used):
            if each["type"] == TEXT:
                above = each["content"].splitlines()[0]
            if each.get("custom_id", "").endswith(f":{key}"):
                (shown,) = [option["label"] for option in each["options"] if option.get("default")]
                return f"{shown} ({above.partition(' · ')[2]})"
        raise AssertionError(key)

    @property
    def settings(self) -> list[str]:
        """All settings, each with its name."""
        names = [line.split("**")[1] for line in self.text if line.startswith("**") and " · " in line]
        keys = [menu.rpartition(":")[2] for menu in self.menus]
        return [f"{name}: {self.setting(key)}" for name, key in zip(names, keys, strict=True)]

    @property
    def menus(self) -> dict[str, Any]:
        """The menus by their id."""
        found = [each for each in parts(self.used) if each["type"] == MENU]
        return {each["custom_id"]: each for each in found if not each["custom_id"].startswith("rp:page:")}

    @property
    def scope(self) -> str:
        return menus(self.used)[0].split(":")[2]

    def _options(self, key: str) -> list[dict[str, Any]]:
        options: list[dict[str, Any]] = self.menus[f"rp:set:{self.scope}:{key}"]["options"]
        return options

    def offered(self, key: str) -> list[str]:
        return [option["value"] for option in self._options(key)]

    def labels(self, key: str) -> list[str]:
        return [option["label"] for option in self._options(key)]

    def rest(self, key: str) -> str | None:
        """What the choice that leaves it to further up says beneath its value; None if it says only that."""
        found: str | None = self._options(key)[0].get("description")
        return found

    def chosen(self, key: str) -> list[str]:
        """What a menu has as chosen."""
        return [option["value"] for option in self._options(key) if option.get("default")]

    async def choose(self, key: str, value: str) -> Any:
        """Choose something; the panel shows what counts then."""
        return await self.who.select(self.used.response, [value], custom_id=f"rp:set:{self.scope}:{key}")

    async def page(self, page: str) -> None:
        """Turn to another page."""
        await self.who.select(self.used.response, [page], custom_id=f"rp:page:{self.scope}")

    async def turn(self) -> None:
        """Turn from the channel to the server, or back."""
        await self.who.click(self.used.response, label=OTHER[self.scope])


async def open_panel(who: Any, channel: Any, scope: str = "channel") -> Panel:
    """Open the panel of a channel, or turn it to its server."""
    panel = Panel(who, await who.slash(channel, "dramatis settings"))
    if scope == "server":
        await panel.turn()
    return panel


async def choose(tavern: Tavern, channel: Any, scope: str, **values: str) -> Panel:
    """Let the admin set values for a channel or the server."""
    if "Ada" not in tavern.people:
        tavern.staff("Ada", manage_guild=True)
    panel = await open_panel(tavern.people["Ada"], channel, scope)
    for key, value in values.items():
        used = await panel.choose(key, value)
        assert used.acknowledged
    return panel


async def attached(used: Any) -> tuple[str, str]:
    """The name and the text of the one file in an answer."""
    (file,) = used.response.attachments
    return file.filename, (await file.read()).decode()
