"""The elements and properties of Feishu's cards, as its component pages list them."""

from collections.abc import Mapping
from typing import Final

COLOURS: Final = frozenset(
    {
        "blue",
        "carmine",
        "default",
        "green",
        "grey",
        "indigo",
        "orange",
        "purple",
        "red",
        "turquoise",
        "violet",
        "wathet",
        "yellow",
    }
)
"""Header templates (feishu-cards/card-components/content-components/title)."""

INLINE: Final = frozenset({"plain_text", "lark_md"})
CONTAINERS: Final = frozenset({"column_set", "form", "interactive_container", "collapsible_panel"})

ROOT_2: Final = frozenset({"schema", "config", "card_link", "header", "body"})
CONFIG_2: Final = frozenset(
    {
        "enable_forward",
        "enable_forward_interaction",
        "locales",
        "streaming_config",
        "streaming_mode",
        "style",
        "summary",
        "update_multi",
        "use_custom_translation",
        "width_mode",
    }
)
HEADER_2: Final = frozenset({"title", "subtitle", "text_tag_list", "i18n_text_tag_list", "template", "icon", "padding"})
TEXT_2: Final = frozenset(
    {"tag", "element_id", "content", "i18n_content", "text_size", "text_color", "text_align", "lines"}
)

_ANY_2 = {"tag", "element_id", "margin"}

_INTERACTIVE = (
    "img",
    "input",
    "overflow",
    "checker",
    "date_picker",
    "picker_time",
    "picker_datetime",
    "select_static",
    "multi_select_static",
    "select_person",
    "multi_select_person",
    "select_img",
)

ELEMENTS_2: Final[Mapping[str, frozenset[str] | None]] = {
    "div": frozenset(_ANY_2 | {"text", "icon", "width"}),
    "markdown": frozenset(_ANY_2 | {"content", "i18n_content", "text_size", "text_align", "icon"}),
    "hr": frozenset(_ANY_2),
    "column_set": frozenset(
        _ANY_2 | {"horizontal_spacing", "horizontal_align", "flex_mode", "background_style", "action", "columns"}
    ),
    "button": frozenset(
        _ANY_2
        | {"type", "size", "width", "text", "icon", "hover_tips", "disabled", "disabled_tips", "confirm", "behaviors"}
        | {"name", "required", "form_action_type"}
    ),
    **dict.fromkeys(("form", "interactive_container", "collapsible_panel")),
    **dict.fromkeys(("img_combination", "person", "person_list", "chart", "table", "audio")),
    **dict.fromkeys(_INTERACTIVE),
}
"""Tag -> the properties that JSON 2.0 knows; None where any are let through."""

COLUMN_2: Final = frozenset(
    _ANY_2
    | {"background_style", "width", "weight", "direction", "padding", "action", "elements"}
    | {"horizontal_align", "horizontal_spacing", "vertical_align", "vertical_spacing"}
)

ELEMENTS_1: Final = frozenset(ELEMENTS_2) | {"action", "note"}

BESIDE: Final = frozenset({"button", *_INTERACTIVE})
"""What 1.0 takes in an `action` element, and as `extra` beside the text of a `div`."""
