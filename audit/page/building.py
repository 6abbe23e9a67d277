"""Makes two HTML files, each of which is one file that works offline: the auditor's page, and the summary of a pack.

Everything is inline: style, scripts and data. A content security policy in each names the digests of its scripts and
of its style, and allows nothing else: no network, no other script, no form. Trusted types forbid the ways in which text
could become markup. The same sources give the same bytes. Only the standard library is used.

A summary is a constant template and the evidence documents between its two parts, so whoever has both parts can check
a summary byte by byte.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from audit.evidence.readme import README
from audit.page.embedding import escaped, summary_data
from audit.page.schemas import schemas

HERE = Path(__file__).parent
SHOWING = ("dom", "charts", "words", "figures", "overview", "sections", "controls", "render")
"""The scripts that show evidence documents, in this order, in both files."""
PAGE = ("engine", "verdict", "rules", "detail", "table", "sampling", "browsing", "page")
"""The scripts of the page alone."""
_DATA = b"@DOCUMENTS@"


def verify_html() -> bytes:
    """Return the page that verifies a pack which is dropped on it."""
    return _page()


def summary_html(documents: Mapping[str, bytes]) -> bytes:
    """Return the summary of evidence documents: canonical JSON each, under their names below `evidence/`."""
    before, after = summary_parts()
    return before + summary_data(documents) + after


@cache
def summary_parts() -> tuple[bytes, bytes]:
    """Return what stands before and behind the documents in every summary of this version."""
    scripts = [_script("summary", SHOWING)]
    before, _, after = _filled("summary/summary.html", scripts, {b"documents": _DATA}).partition(_DATA)
    return before, after


@cache
def _page() -> bytes:
    data = json.dumps({"schemas": schemas(), "known": known()}, sort_keys=True, separators=(",", ":"))
    order = (HERE / "verify" / "order.txt").read_text(encoding="utf-8").split()
    engine = b"".join((HERE / "verify" / name).read_bytes() for name in order)
    scripts = [engine, _script("summary", SHOWING), _script("ui", PAGE)]
    return _filled("ui/verify.html", scripts, {b"data": escaped(data.encode())}, b"worker-src blob:; ")


def known() -> dict[str, Any]:
    """Return what the page knows of the constant files of this version: not itself, nor `verify.py`, which knows it."""
    summary = [part.decode() for part in summary_parts()]
    files = {"README.md": hashlib.sha256(README).hexdigest(), "verify.html": "", "verify.py": ""}
    return {"version": metadata.version("ringfence"), "files": files, "summary": summary}


def _script(folder: str, names: tuple[str, ...]) -> bytes:
    return b"".join((HERE / folder / f"{name}.js").read_bytes() for name in names)


def _filled(template: str, scripts: list[bytes], data: Mapping[bytes, bytes], more: bytes = b"") -> bytes:
    """Put style, scripts and data into a template, and the policy that allows just these."""
    style = (HERE / "style.css").read_bytes()
    policy = (
        b"default-src 'none'; "
        b"script-src " + b" ".join(map(_digest, scripts)) + b"; "
        b"style-src " + _digest(style) + b"; " + more + b"connect-src 'none'; base-uri 'none'; form-action 'none'; "
        b"require-trusted-types-for 'script'; trusted-types ringfence-worker"
    )
    page = (HERE / template).read_bytes()
    page = page.replace(b"@POLICY@", policy).replace(b"@STYLE@", style)
    for number, script in enumerate(scripts):
        page = page.replace(b"@SCRIPT%d@" % number, script)
    for name, value in data.items():
        page = page.replace(b"@" + name.upper() + b"@", value)
    return page


def _digest(source: bytes) -> bytes:
    return b"'sha256-" + base64.b64encode(hashlib.sha256(source).digest()) + b"'"
