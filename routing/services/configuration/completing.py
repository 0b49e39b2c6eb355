"""What the document says, filled up with what is stored where it says nothing, and checked by the kinds."""

import secrets

from integrations.contract import ConfigError, Text
from integrations.registry import DESTINATIONS
from routing.services.configuration.document import Document, Item
from routing.services.configuration.secret_text import MASK, SecretText, as_secret
from routing.services.configuration.sections import SECTIONS, TARGETS, keys_of
from routing.services.configuration.stored import Stored
from routing.services.setup import targets

_MASKED = Text(
    "the secret is masked and none is stored yet: give it in full", "密文已被遮盖，且系统中尚无保存的值：请填写完整内容"
)
_OTHER_KIND = Text("the kind of a target cannot change: make a new one", "推送目标的类型不能更改：请新建一个")


def complete(document: Document, stored: Stored, *, prune: bool) -> dict[str, dict[str, Item]]:
    """The objects of the document as they would be stored; what cannot be is noted on the document."""
    found: dict[str, dict[str, Item]] = {section: {} for section in SECTIONS}
    for section, items in document.sections.items():
        for name, item in items.items():
            before = stored.items[section].get(name)
            filled = _filled(section, item, before)
            if section == "sources":
                filled = _source(document, filled, before, prune=prune)
            elif section == "targets":
                filled = _target(document, filled, before)
            found[section][name] = filled
    return found


def _filled(section: str, item: Item, before: Item | None) -> Item:
    if section == "targets":
        return dict(item)
    filled: Item = {}
    for key in keys_of(section, item):
        kept = (before or {}).get(key.name, key.default)
        filled[key.name] = item.get(key.name, kept)
    return filled


def _source(document: Document, item: Item, before: Item | None, *, prune: bool) -> Item:
    for key in ("hook_keys", "client_secrets"):
        kept: list[SecretText] = list((before or {}).get(key, []))
        given: list[SecretText] = item[key] or []
        if MASK in given and not kept:
            document.reading.refuse(document.path("sources", item["name"], key), _MASKED)
        is_masked = MASK in given
        known = {str(text): text for text in kept}
        listed = [known.get(str(text), text) for text in given if text != MASK]
        rest = [] if prune and not is_masked else [text for text in kept if text not in listed]
        item[key] = [text for text in kept if text in listed or text in rest]
        item[key] += [text for text in listed if text not in item[key]]
    if before is None and not item["hook_keys"]:
        item["hook_keys"] = [SecretText("k-" + secrets.token_urlsafe(24))]
    return item


def _target(document: Document, item: Item, before: Item | None) -> Item:
    name, kind = item["name"], item["kind"]
    if before is not None and before["kind"] != kind:
        document.reading.refuse(document.path("targets", name, "kind"), _OTHER_KIND)
        return item
    shared = {key.name: item[key.name] for key in TARGETS}
    given = {key: value for key, value in item.items() if key not in shared and value is not None}
    credentials = [field.name for field in DESTINATIONS[kind].fields if field.credential]
    for key in credentials:
        if given.get(key) in (None, MASK):
            masked = given.pop(key, None) == MASK
            if before and key in before:
                given[key] = before[key]
            elif masked:
                document.reading.refuse(document.path("targets", name, key), _MASKED)
                return item
    try:
        checked = targets.check(kind, given)
    except ConfigError as error:
        for key, text in error.errors.items():
            document.reading.refuse(document.path("targets", name, key), text)
        return item
    for key in credentials:
        if not checked.get(key):
            checked.pop(key, None)
        else:
            checked[key] = _credential(checked[key], given[key], (before or {}).get(key))
    return {**shared, **checked}


def _credential(checked: str, given: str, before: SecretText | None) -> SecretText:
    """The checked secret with the token of the stored one, or else of the given one, where it says the same."""
    for known in (before, given):
        if isinstance(known, SecretText) and str(known) == checked:
            return known
    return as_secret(str(checked))
