"""Buttons and menus under messages. They hold no memory and survive restarts.

Law: all a control needs to know stands in its `custom_id`; who may use it is asked again when it is used.
"""

from bot.discord_ui.interactions.controls.decisions import (
    GoOnButton,
    PanelButton,
    PersonaMenu,
    SceneButton,
    SettingMenu,
    announce,
    asked_for,
    persona_menu,
    scene_name,
    show_panel,
    tell_why,
    undo,
)
from bot.discord_ui.interactions.controls.turns import RemovalButton, TurnButton, use_late
from bot.discord_ui.interactions.services import Services

__all__ = [
    "CONTROLS",
    "GoOnButton",
    "PanelButton",
    "PersonaMenu",
    "RemovalButton",
    "SceneButton",
    "SettingMenu",
    "TurnButton",
    "announce",
    "asked_for",
    "is_served",
    "persona_menu",
    "scene_name",
    "show_panel",
    "tell_why",
    "undo",
    "use_late",
]

CONTROLS = (PersonaMenu, SceneButton, GoOnButton, SettingMenu, PanelButton, TurnButton, RemovalButton)
"""All there are; the client must know them to hear of those it made before a restart."""


def is_served(services: Services, custom_id: str) -> bool:
    """Tell whether anybody answers to a control."""
    templates = [control.__discord_ui_compiled_template__ for control in CONTROLS]
    return custom_id in services.offers or any(template.fullmatch(custom_id) for template in templates)
