"""Buttons and menus under messages. They work after a restart too.

Law: everything a control needs to know is in its `custom_id`; rights are checked when it is used.
"""

from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.interactions.controls.archiving import ArchiveButton
from bot.discord_ui.interactions.controls.decisions import (
    CastMenu,
    GoOnButton,
    PageMenu,
    PanelButton,
    PersonaMenu,
    SceneButton,
    SettingMenu,
    go_on_button,
    resume_button,
    resume_view,
    scene_name,
    show_settings,
)
from bot.discord_ui.interactions.controls.gallery import GalleryButton, PlayButton
from bot.discord_ui.interactions.controls.importing import ImportButton, import_button
from bot.discord_ui.interactions.controls.limits import LimitsButton
from bot.discord_ui.interactions.controls.looking_back import FoundButton, LookButton
from bot.discord_ui.interactions.controls.lore import LoreButton, LoreMenu, LoreSave
from bot.discord_ui.interactions.controls.moderation import BlockButton, LogMenu, RolesMenu
from bot.discord_ui.interactions.controls.myself import ProfileButton, ProfileMenu, WishButton
from bot.discord_ui.interactions.controls.picturing import PictureButton, PicturesMenu
from bot.discord_ui.interactions.controls.privacy import PrivacyButton
from bot.discord_ui.interactions.controls.proposing import (
    ProposalButton,
    ProposalMenu,
    ProposalsButton,
    ProposeButton,
    ProposersMenu,
)
from bot.discord_ui.interactions.controls.remembering import MemoryButton, PinMenu
from bot.discord_ui.interactions.controls.ruling import RulesButton
from bot.discord_ui.interactions.controls.turns import RemovalButton, TurnButton, use_late
from bot.discord_ui.interactions.controls.when import BotsMenu, WriteButton
from bot.discord_ui.interactions.controls.workshop import (
    CardButton,
    DeletedMenu,
    DraftButton,
    OpenMenu,
    TryButton,
    VersionButton,
    VersionMenu,
)

__all__ = [
    "CONTROLS",
    "ArchiveButton",
    "BlockButton",
    "BotsMenu",
    "CardButton",
    "CastMenu",
    "DeletedMenu",
    "DraftButton",
    "FoundButton",
    "GalleryButton",
    "GoOnButton",
    "ImportButton",
    "LimitsButton",
    "LogMenu",
    "LookButton",
    "LoreButton",
    "LoreMenu",
    "LoreSave",
    "MemoryButton",
    "OpenMenu",
    "PageMenu",
    "PanelButton",
    "PersonaMenu",
    "PictureButton",
    "PicturesMenu",
    "PinMenu",
    "PlayButton",
    "PrivacyButton",
    "ProfileButton",
    "ProfileMenu",
    "ProposalButton",
    "ProposalMenu",
    "ProposalsButton",
    "ProposeButton",
    "ProposersMenu",
    "RemovalButton",
    "RolesMenu",
    "RulesButton",
    "SceneButton",
    "SettingMenu",
    "TryButton",
    "TurnButton",
    "VersionButton",
    "VersionMenu",
    "WishButton",
    "WriteButton",
    "go_on_button",
    "import_button",
    "is_served",
    "resume_button",
    "resume_view",
    "scene_name",
    "show_settings",
    "use_late",
]

CONTROLS = (
    PersonaMenu,
    SceneButton,
    GoOnButton,
    SettingMenu,
    CastMenu,
    PanelButton,
    RulesButton,
    PageMenu,
    LimitsButton,
    GalleryButton,
    PlayButton,
    TurnButton,
    RemovalButton,
    ProfileButton,
    ProfileMenu,
    WishButton,
    LookButton,
    FoundButton,
    ImportButton,
    MemoryButton,
    PinMenu,
    PrivacyButton,
    PictureButton,
    PicturesMenu,
    ArchiveButton,
    ProposalsButton,
    ProposalMenu,
    ProposeButton,
    ProposalButton,
    ProposersMenu,
    CardButton,
    DraftButton,
    VersionButton,
    VersionMenu,
    DeletedMenu,
    OpenMenu,
    TryButton,
    LoreMenu,
    LoreButton,
    LoreSave,
    BlockButton,
    LogMenu,
    RolesMenu,
    WriteButton,
    BotsMenu,
)
"""All controls. The client registers them, so that those from before a restart work."""


def is_served(services: Services, custom_id: str) -> bool:
    """Return whether a control with this id is known."""
    templates = [control.__discord_ui_compiled_template__ for control in CONTROLS]
    return custom_id in services.offers or any(template.fullmatch(custom_id) for template in templates)
