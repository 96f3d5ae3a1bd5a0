"""Buttons, menus and modals: what Discord refuses of them, and finding one again.

Law: what a check refuses is named by its field; the numbers are those of developers/components/reference.
"""

from collections.abc import Iterator
from typing import Any

from tests.standins.discord_wire.records import Json
from tests.standins.discord_wire.refusals import invalid_form, utf16

ROW, BUTTON, CHOICES, TEXT_INPUT = 1, 2, 3, 4
PEOPLE, ROLES, MENTIONABLE, CHANNELS = 5, 6, 7, 8
SELECTS = {CHOICES, PEOPLE, ROLES, MENTIONABLE, CHANNELS}
TEXT, LABEL = 10, 18
LINK = 5
"""The style of a button that leads away and needs nobody to answer it."""
V2 = 1 << 15

LENGTHS = {
    "custom_id": (1, 100),
    "label": (0, 80),
    "url": (1, 512),
    "placeholder": (0, 150),
    "title": (1, 45),
    "value": (0, 4000),
    "description": (0, 100),
}


def walk(components: list[Json]) -> Iterator[Json]:
    """Every component with those inside it, in the order they are shown."""
    for component in components:
        yield component
        yield from walk(component.get("components") or [])
        yield from walk([component[key] for key in ("component", "accessory") if component.get(key)])


def texts(components: list[Json]) -> str:
    """What the texts of a message in the newer components say, below each other."""
    return "\n".join(each["content"] for each in walk(components) if each["type"] == TEXT)


def find(components: list[Json], custom_id: str) -> Json | None:
    return next((c for c in walk(components) if c.get("custom_id") == custom_id), None)


def check_components(components: list[Json], flags: int) -> None:
    """Refuse the components of a message that break a rule.

    Raises:
        ApiError: 50035.
    """
    if not flags & V2:
        _at_most("components", len(components), 5)
        for row in components:
            if row.get("type") != ROW:
                raise invalid_form(
                    "components", "UNION_TYPE_CHOICES", "Value of field 'type' must be one of (1,)."
                )
    everything = list(walk(components))
    _at_most("components", len(everything), 40 if flags & V2 else 5 + 25)
    _at_most("components", sum(utf16(c["content"]) for c in everything if c.get("type") == TEXT), 4000)
    _check_each(everything)


def check_modal(data: Json) -> None:
    """Refuse a modal that breaks a rule.

    Raises:
        ApiError: 50035.
    """
    parts: list[Json] = data.get("components") or []
    for key in ("title", "custom_id"):
        _length(key, data.get(key) or "", *LENGTHS[key])
    if not 1 <= len(parts) <= 5:
        raise invalid_form("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for part in parts:
        if part.get("type") not in {ROW, LABEL, TEXT}:
            raise invalid_form("components", "UNION_TYPE_CHOICES", "Not a part of a modal.")
        if part["type"] == LABEL:
            _length("label", part.get("label") or "", 1, 45)
            _length("description", part.get("description") or "", 0, 100)
        if part["type"] == ROW and [c.get("type") for c in part.get("components", [])] != [TEXT_INPUT]:
            raise invalid_form("components", "UNION_TYPE_CHOICES", "A modal's row holds one text input.")
    _check_each([c for c in walk(parts) if c.get("type") != LABEL], modal=True)


def _check_each(everything: list[Json], *, modal: bool = False) -> None:
    named = [c["custom_id"] for c in everything if c.get("custom_id") is not None]
    if len(named) != len(set(named)):
        raise invalid_form(
            "custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
        )
    for component in everything:
        kind = component.get("type")
        if kind == ROW:
            _check_row(component, modal=modal)
        elif kind == BUTTON:
            _check_button(component)
        elif kind in SELECTS:
            _check_select(component)
        elif kind == TEXT_INPUT:
            _check_text_input(component, modal=modal)


def _check_row(row: Json, *, modal: bool) -> None:
    inside: list[Json] = row.get("components") or []
    kinds = [c.get("type") for c in inside]
    if not inside or len(inside) > 5:
        raise invalid_form("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    buttons_alone = all(kind == BUTTON for kind in kinds)
    if not modal and not buttons_alone and not (len(kinds) == 1 and kinds[0] in SELECTS):
        raise invalid_form("components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "Buttons, or one menu.")


def _check_button(button: Json) -> None:
    if not button.get("label") and not button.get("emoji"):
        raise invalid_form(
            "label", "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A label or emoji is required."
        )
    if (button.get("style") == LINK) != ("url" in button) or ("url" in button) == ("custom_id" in button):
        raise invalid_form(
            "custom_id", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id or a url is required."
        )
    for key in ("label", "custom_id", "url"):
        if key in button:
            _length(key, button[key] or "", *LENGTHS[key])


def _check_select(select: Json) -> None:
    _length("custom_id", select.get("custom_id") or "", 1, 100)
    _length("placeholder", select.get("placeholder") or "", 0, 150)
    least, most = select.get("min_values", 1), select.get("max_values", 1)
    if not 0 <= least <= most <= 25:
        raise invalid_form("max_values", "NUMBER_TYPE_MAX", "int value should be less than or equal to 25.")
    if select["type"] != CHOICES:
        return
    options: list[Json] = select.get("options") or []
    if not 1 <= len(options) <= 25 or most > len(options):
        raise invalid_form("options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length.")
    for option in options:
        _length("options.label", option.get("label") or "", 1, 100)
        _length("options.value", option.get("value") or "", 1, 100)
        _length("options.description", option.get("description") or "", 0, 100)
    if len({option["value"] for option in options}) != len(options):
        raise invalid_form(
            "options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "Option values must be unique."
        )
    _at_most("options", sum(bool(option.get("default")) for option in options), most)


def _check_text_input(text_input: Json, *, modal: bool) -> None:
    if not modal:
        raise invalid_form("components", "UNION_TYPE_CHOICES", "A text input stands in a modal.")
    _length("custom_id", text_input.get("custom_id") or "", 1, 100)
    _length("label", text_input.get("label") or "", 0, 45)
    _length("placeholder", text_input.get("placeholder") or "", 0, 100)
    _length("value", text_input.get("value") or "", 0, 4000)
    least, most = text_input.get("min_length") or 0, text_input.get("max_length") or 4000
    if not (0 <= least <= most and 1 <= most <= 4000):
        raise invalid_form("max_length", "NUMBER_TYPE_MAX", "int value should be less than or equal to 4000.")


def _length(field: str, text: str, least: int, most: int) -> None:
    if not least <= utf16(text) <= most:
        raise invalid_form(field, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")


def _at_most(field: str, size: int, most: int) -> None:
    if size > most:
        raise invalid_form(field, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")


# -- what somebody fills in ---------------------------------------------------------------------


def filled(parts: list[Json], values: dict[str, Any]) -> list[Json]:
    """A modal's parts as its submission tells them. A part is called by its label or its custom_id.

    What is not given keeps what the modal was opened with.

    Raises:
        LookupError: the modal has no such part.
        ValueError: the client would not let anybody submit this.
    """
    left = dict(values)
    told = [_part(part, left) for part in parts]
    if left:
        raise LookupError(f"the modal has no {', '.join(map(repr, left))}")
    return told


def _part(part: Json, left: dict[str, Any]) -> Json:
    shown: Json = {"type": part["type"], "id": part.get("id", 1)}
    if part["type"] == ROW:
        return shown | {"components": [_field(c, c.get("label"), left) for c in part["components"]]}
    if part["type"] == LABEL:
        return shown | {"component": _field(part["component"], part.get("label"), left)}
    return shown


def _field(field: Json, label: str | None, left: dict[str, Any]) -> Json:
    called = next((key for key in (field["custom_id"], label) if key in left), None)
    shown: Json = {"type": field["type"], "id": field.get("id", 1), "custom_id": field["custom_id"]}
    if field["type"] in SELECTS:
        default = [o["value"] for o in field.get("options", []) if o.get("default")]
        return shown | {"values": default if called is None else chosen(field, left.pop(called))}
    if field["type"] != TEXT_INPUT:
        return shown | ({} if called is None else {"value": left.pop(called)})
    text = str((field.get("value") or "") if called is None else left.pop(called))
    least = field.get("min_length") or (1 if field.get("required", True) else 0)
    if (text or field.get("required", True)) and not least <= utf16(text) <= (
        field.get("max_length") or 4000
    ):
        raise ValueError(f"{label or field['custom_id']!r} does not take {utf16(text)} characters")
    return shown | {"value": text}


def chosen(select: Json, wanted: Any) -> list[str]:
    """The values of options called by value or label, as many as the menu lets one choose.

    Raises:
        LookupError: no such option.
        ValueError: too few or too many.
    """
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    by_name = {o[key]: o["value"] for key in ("label", "value") for o in select.get("options", [])}
    if missing := [name for name in names if name not in by_name]:
        raise LookupError(f"the menu has no {missing}, but {[o['label'] for o in select.get('options', [])]}")
    if not select.get("min_values", 1) <= len(names) <= select.get("max_values", 1):
        raise ValueError(f"the menu does not take {len(names)} choices")
    return [by_name[name] for name in names]
