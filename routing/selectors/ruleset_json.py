"""The rule set as canonical JSON: equal for equal rule sets, whatever their rows are numbered."""

from collections.abc import Iterable, Mapping, Sequence

import orjson

from routing.policy.specs import SeverityOrDrop, TargetSpec


def ruleset_json(
    *,
    mapping: Mapping[str, SeverityOrDrop],
    rules: Sequence[bytes],
    silences: Sequence[bytes],
    source_defaults: Mapping[str, tuple[int, ...]],
    project_defaults: Mapping[tuple[str, str], tuple[int, ...]],
    targets: Mapping[int, TargetSpec],
) -> bytes:
    """Everything that decisions depend on, in the words of the configuration file; its SHA-256 names the version."""

    def names(found: Iterable[int]) -> list[str]:
        return [targets[target].name for target in found if target in targets]

    content = {
        "severity": mapping,
        "rules": [orjson.Fragment(rule) for rule in rules],
        "silences": [orjson.Fragment(silence) for silence in silences],
        "sources": {source: names(found) for source, found in source_defaults.items()},
        "projects": [
            {"source": source, "slug": slug, "default_targets": names(found)}
            for (source, slug), found in sorted(project_defaults.items())
        ],
    }
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
