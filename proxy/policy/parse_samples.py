r"""Reads what a test gives the detectors: a text as it stands, or the body of a chat request, turned into JSON.

Nothing is scanned here. Unlike a name or a reason, such a string has lines, and may have characters that cannot be
seen, as a caller's text has: the file shows them as escapes (`"\u200b"`), because it cannot hold them otherwise.
"""

import json
import re

from proxy.files.diagnostics import Problems
from proxy.files.node import Node
from proxy.policy.labels import Sample
from proxy.policy.vocabulary import MAX_SAMPLE

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
"""A number as JSON has it (RFC 8259, section 6); YAML has others, such as 0x1F and .inf."""
_HALF = re.compile("[\ud800-\udfff]")


def sample(text: Node, request: Node, problems: Problems) -> Sample | None:
    """Read the one of both that is there; None where neither is."""
    if request.present:
        return Sample(_request(request, problems).encode(), request=True)
    return Sample(_text(text, problems).encode(), request=False) if text.present else None


def _text(node: Node, problems: Problems) -> str:
    if node.kind != "text":
        return node.text(problems)
    text = _string(node, problems)
    if text == node.raw and not text.strip():
        problems.error(node, "bad-text", "expected text, found nothing in it")
    return text


def _request(node: Node, problems: Problems) -> str:
    for name in ("model", "messages"):
        if node.kind == "mapping" and name not in node.entries:
            problems.error(node, "missing-key", f"'{name}' is missing here")
    if "messages" in node.entries:
        for message in node.entries["messages"][1].items(problems, least=1):
            message.pairs(problems)
    node.pairs(problems)
    return _json(node, problems)


def _json(node: Node, problems: Problems) -> str:
    """Write a value as JSON: numbers digit for digit, the keys in their order. The file format bounds its depth."""
    match node.kind:
        case "mapping":
            return f"{{{','.join(f'{_key(k, problems)}:{_json(v, problems)}' for k, v in node.entries.values())}}}"
        case "list":
            return f"[{','.join(_json(item, problems) for item in node.members)}]"
        case "text":
            return json.dumps(_string(node, problems), ensure_ascii=False)
        case "boolean":
            return node.raw.lower()
        case "nothing":
            return "null"
        case _:
            if not _NUMBER.fullmatch(node.raw):
                problems.error(node, "not-json", "expected a number as JSON has it, such as -0.5")
            return node.raw


def _key(node: Node, problems: Problems) -> str:
    if node.kind != "text":
        problems.error(node, "bad-key", "a key of JSON is text", "put it in quotes")
    return json.dumps(_string(node, problems), ensure_ascii=False)


def _string(node: Node, problems: Problems) -> str:
    """Return a string as it stands; an empty one in place of what no request can hold."""
    if len(node.raw) > MAX_SAMPLE:
        problems.error(node, "bad-text", f"more than {MAX_SAMPLE} characters")
    elif _HALF.search(node.raw):
        problems.error(node, "bad-text", "half of a surrogate pair is no character", "write the character itself")
    else:
        return node.raw
    return ""
