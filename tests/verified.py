"""Asks both verifiers about the same pack: Python's, and the page's in a browser, and says what they say alike."""

import base64
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chromium import Chromium, Page

from audit.pack.verifying import verify_pack
from audit.page.building import verify_html
from audit.records.schema import MAX_INT
from audit.verification.report import Report
from audit.verification.trust import Trust
from audit.verification.verifier import KeptReceipt

SAME = (
    *(
        "grade",
        "log_id",
        "origin",
        "size",
        "head",
        "checked",
        "first_ts",
        "last_ts",
        "receipts",
        "checkpoints",
        "signed",
    ),
    *("anchored", "witnessed", "pruned", "left_out", "erased_total", "unerased", "dark_total", "findings_total"),
)
"""What is to be the same in both reports, beside findings, erased records, dark times, forks and what is not proven."""
BYTES = "const bytes = (text) => Uint8Array.from(atob(text), (mark) => mark.charCodeAt(0));"
FIELD = "document.body.append(Object.assign(document.createElement('input'), { type: 'file', id: 'asked' }))"
VERIFY = f"""async (trust, receipts) => {{
  {BYTES}
  const {{ schemas, known }} = JSON.parse(document.getElementById("data").textContent);
  const given = {{ schemas, known, trust: trust.map(bytes), receipts }};
  const pack = document.getElementById("asked").files[0];
  return Ringfence.verify(pack, given).catch((error) => "thrown: " + error.stack);
}}"""


@contextmanager
def opened(browser: Chromium, folder: Path) -> Iterator[Page]:
    """Open the auditor's page from a file, as an auditor does."""
    path = folder / "verify.html"
    path.write_bytes(verify_html())
    with browser.page(path.as_uri()) as page:
        page.evaluate(FIELD)
        yield page


def by_page(page: Page, pack: bytes, trust: Sequence[bytes] = (), receipts: Sequence[str] = ()) -> dict[str, Any]:
    """Return what the page says of a pack, reduced to what both say."""
    with tempfile.NamedTemporaryFile(suffix=".tar") as file:
        file.write(pack)
        file.flush()
        page.choose("#asked", Path(file.name))
        said = page.call(VERIFY, [base64.b64encode(data).decode() for data in trust], list(receipts))
    assert isinstance(said, dict), said
    return {
        **{name: said[name] for name in SAME},
        "findings": [_finding(one["code"], one["seq"]) for one in said["findings"]],
        **{name: said[name] for name in ("erased", "missing_texts")},
        "dark": [(one["seq"], one["since"], one["until"]) for one in said["dark"]],
        "forks": [(one["outside"], one["own"]) for one in said["forks"]],
        "unproven": said["unproven"],
    }


def by_python(path: Path, pack: bytes, trust: Sequence[bytes] = (), receipts: Sequence[str] = ()) -> dict[str, Any]:
    """Return what the Python verifier says of it."""
    brought, kept = Trust.read(trust), [KeptReceipt.parse(one) for one in receipts]
    path.write_bytes(pack)
    report: Report = verify_pack(path, trust=brought, receipts=kept).report
    return {
        **{name: getattr(report, name) for name in SAME},
        "findings": [_finding(one.code, one.seq) for one in report.findings],
        "erased": list(report.erased),
        "missing_texts": list(report.missing_texts),
        "dark": [(one.seq, one.since, one.until) for one in report.dark],
        "forks": [(one.outside, one.own) for one in report.forks],
        "unproven": list(report.unproven),
    }


def _finding(code: str, seq: int | None) -> str:
    """Say what and where; JavaScript rounds numbers from 2**53 on, and no log has a record of such a number."""
    return code if seq is None else f"{code} {min(seq, MAX_INT + 1)}"


def codes(said: dict[str, Any]) -> set[str]:
    """Return the codes of all findings."""
    return {one.partition(" ")[0] for one in said["findings"]}
