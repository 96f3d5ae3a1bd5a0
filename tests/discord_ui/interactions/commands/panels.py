"""The panel of settings as somebody sees it, how they use it, and files in answers."""

from dataclasses import dataclass
from typing import Any

from tests.tavern import Tavern

INHERIT, NOBODY = "*inherit", "*nobody"

OTHER = {"channel": "Server settings", "server": "Channel settings"}
MORE, BACK = "More settings", "Back"

SECOND_PAGE = ("face", "stream")
"""The settings whose menus stand on the second page."""


@dataclass
class Panel:
    """A panel that somebody has open.

    Attributes:
        who: whose it is; nobody else sees it.
        used: the answer that shows it.
    """

    who: Any
    used: Any

    @property
    def text(self) -> list[str]:
        return list(self.used.response.content.splitlines())

    def line(self, beginning: str) -> str:
        """The one line that begins so."""
        (line,) = (line for line in self.text if line.startswith(beginning))
        return line

    @property
    def menus(self) -> dict[str, Any]:
        """The menus by their id."""
        rows = self.used.response.components
        return {menu["custom_id"]: menu for row in rows for menu in row["components"] if menu["type"] == 3}

    @property
    def scope(self) -> str:
        return next(iter(self.menus)).split(":")[2]

    def offered(self, key: str) -> list[str]:
        return [option["value"] for option in self.menus[f"rp:set:{self.scope}:{key}"]["options"]]

    def labels(self, key: str) -> list[str]:
        return [option["label"] for option in self.menus[f"rp:set:{self.scope}:{key}"]["options"]]

    def chosen(self, key: str) -> list[str]:
        """What a menu shows as chosen."""
        options = self.menus[f"rp:set:{self.scope}:{key}"]["options"]
        return [option["value"] for option in options if option.get("default")]

    async def choose(self, key: str, value: str) -> Any:
        """Choose something, on the page that has it; the panel shows what counts then."""
        if f"rp:set:{self.scope}:{key}" not in self.menus:
            await self.leaf(MORE if key in SECOND_PAGE else BACK)
        return await self.who.select(self.used.response, [value], custom_id=f"rp:set:{self.scope}:{key}")

    async def turn(self) -> None:
        """Turn from the channel to the server, or back."""
        await self.leaf(OTHER[self.scope])

    @property
    def buttons(self) -> dict[str, str]:
        """The ids of the buttons, by what stands on them."""
        rows = self.used.response.components
        return {
            one["label"]: one["custom_id"] for row in rows for one in row["components"] if one["type"] == 2
        }

    async def leaf(self, label: str) -> None:
        """Turn to where a button leads."""
        await self.who.click(self.used.response, label=label)


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
