"""Diagnostics as SARIF 2.1.0, for systems that show them beside the lines of a change.

Of the files it holds names and places, never a line; of each code that was found it holds the page.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from proxy.files.diagnostics import Diagnostic
from proxy.policy.codes import page

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(found: Iterable[Diagnostic], folder: PurePosixPath) -> dict[str, Any]:
    """Return a log with one run; `folder` is where the files lie, from the root of the checkout or absolute."""
    listed = tuple(found)
    codes = sorted({item.code for item in listed})
    driver = {"name": "ringfence policy lint", "rules": [_rule(code) for code in codes]}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(item, codes.index(item.code), folder) for item in listed],
            }
        ],
    }


def _rule(code: str) -> dict[str, Any]:
    _, _, avoid = page(code).partition("**Avoid.** ")
    return {
        "id": code,
        "shortDescription": {"text": "Avoid: " + " ".join(avoid.partition("\n\n")[0].split())},
        "help": {"text": page(code), "markdown": page(code)},
    }


def _result(item: Diagnostic, index: int, folder: PurePosixPath) -> dict[str, Any]:
    # Columns end before endColumn (SARIF 2.1.0, 3.30.8).
    region = {"startLine": item.line, "startColumn": item.col, "endColumn": item.col + item.width}
    path = folder if item.file == folder.name else folder / item.file  # a directory that cannot be listed is found, too
    return {
        "ruleId": item.code,
        "ruleIndex": index,
        "level": item.severity,
        "message": {"text": f"{item.message}; {item.hint}" if item.hint else item.message},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": region}}],
    }


def _uri(path: PurePosixPath) -> str:
    return path.as_uri() if path.is_absolute() else quote(str(path))
