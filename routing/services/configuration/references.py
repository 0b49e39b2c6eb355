"""Names that objects of a configuration refer to, and values that only one of them may have."""

from collections.abc import Iterator
from typing import Any

from integrations.contract import Text
from routing.models import HookKey
from routing.services.configuration.document import Document, Item
from routing.services.configuration.secret_text import SecretText
from routing.services.setup.sources import key_digest

_REFERENCES = (
    ("sources", "default_targets", "targets"),
    ("projects", "source", "sources"),
    ("projects", "default_targets", "targets"),
    ("targets", "fallback", "targets"),
    ("rules", "source", "sources"),
    ("rules", "targets", "targets"),
)
"""(section, key, the section that it names)."""


def check_references(document: Document, final: dict[str, dict[str, Item]], operations: str | None) -> None:
    """Note on the document every name that leads nowhere and every value that stands twice."""
    refuse = document.reading.refuse
    for section, key, named in _REFERENCES:
        for name, item in final[section].items():
            for missing in _missing(item.get(key), final[named]):
                refuse(_path(document, section, name, key), _nowhere(document, missing, named))
    for index, test in enumerate(document.tests):
        for missing in _missing(test["source"], final["sources"]):
            refuse(f"tests[{index}].source", _nowhere(document, missing, "sources"))
    if operations is not None and operations not in final["targets"]:
        refuse("operations_target", _nowhere(document, operations, "targets"))
    for name, text in _shared_keys(final["sources"]):
        refuse(_path(document, "sources", name, "hook_keys"), text)
    for name, text in _shared_ids(final["projects"]):
        refuse(_path(document, "projects", name, "sentry_id"), text)


def _path(document: Document, section: str, name: str, key: str) -> str:
    if (section, name) in document.paths:
        return document.path(section, name, key)
    return f"{section}({name}).{key}"


def _missing(value: Any, known: dict[str, Item]) -> list[str]:
    names = value if isinstance(value, list) else [value] if value else []
    return [name for name in names if name not in known]


def _nowhere(document: Document, name: str, section: str) -> Text:
    word = {"targets": "target", "sources": "source"}[section]
    zh = {"targets": "推送目标", "sources": "Sentry 接入"}[section]
    if name in document.removed.get(section, ()):
        return Text(f"names the {word} {name}: take it out here first", f"仍在使用{zh} {name}：请先从这里移除")
    return Text(f"there is no {word} {name}", f"没有名为 {name} 的{zh}")


def _shared_keys(sources: dict[str, Item]) -> Iterator[tuple[str, Text]]:
    text = Text("another source has this hook key", "该密钥已被另一个接入使用")
    owners: dict[str, str] = {}
    fresh: dict[str, str] = {}
    for name, item in sources.items():
        for key in item["hook_keys"]:
            if owners.setdefault(str(key), name) != name:
                yield name, text
            if isinstance(key, SecretText):
                fresh[key_digest(str(key))] = name
    rows = HookKey.objects.filter(retired_at__isnull=False).values_list("digest", "source__name")
    for digest, owner in rows:
        if fresh.get(digest, owner) != owner:
            yield fresh[digest], text


def _shared_ids(projects: dict[str, Item]) -> Iterator[tuple[str, Text]]:
    owners: dict[tuple[str, int], str] = {}
    for name, item in projects.items():
        if item["sentry_id"] is not None and owners.setdefault((item["source"], item["sentry_id"]), name) != name:
            yield name, Text("another project of this source has this id", "该接入的另一个项目已使用此 ID")
