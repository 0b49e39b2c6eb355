"""Bytes to a JSON object within limits: fast for what Sentry sends, patient with what it once sent.

- Nodes: at most 500,000, counted as separators on the bytes before anything is built, so punctuation inside text
  counts too; Sentry takes no event above 1 MB, which stays far below.
- Depth: the parser refuses more than 1,024 levels, and nothing in this folder recurses.
- Digits: an integer beyond 64 bits never becomes a big integer, so no number costs more than linear time.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

import orjson

from integrations.contract import MalformedPayload

Tree: TypeAlias = Mapping[str, Any]

MAX_NODES = 500_000
MAX_DIGITS = 20


def parse(body: bytes) -> Tree:
    """The body's JSON object; raises MalformedPayload when it is none, is too large a tree, or nests too deep."""
    _check_nodes(body)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = _parse_patiently(body)
    if not isinstance(document, dict):
        raise MalformedPayload("The body is JSON, but not an object.")
    return document


def _check_nodes(body: bytes) -> None:
    if len(body) <= MAX_NODES:  # a node takes a byte at least
        return
    if body.count(b",") + body.count(b"{") + body.count(b"[") > MAX_NODES:
        raise MalformedPayload(f"The body holds more than {MAX_NODES} values.")


def _parse_patiently(body: bytes) -> Any:
    """What orjson refuses and Python's parser reads: NaN and Infinity, lone surrogates, control characters
    inside strings, a byte order mark, broken UTF-8, numbers beyond a float.
    """
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        return json.loads(text, strict=False, parse_constant=_nothing, parse_int=_integer, parse_float=_float)
    except json.JSONDecodeError as error:
        raise MalformedPayload(f"Not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise MalformedPayload("The body nests too deep.") from None


def _nothing(_constant: str) -> None:
    return None


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= MAX_DIGITS else None


def _float(digits: str) -> float | None:
    return float(digits) if len(digits) <= 10 * MAX_DIGITS else None
