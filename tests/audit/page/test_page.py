"""The auditor's page in a browser: a pack goes in, and what a person sees of it comes out."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import packs
import pytest
import yaml
from chromium import Chromium, Page
from packs import ORIGIN, POLICY, Workshop, members

from audit.pack.manifest import Manifest
from audit.pack.rules import Written
from audit.pack.sampling import Asked, rank
from audit.page.building import verify_html
from audit.proofs.checkpoint import Proof

MARKUP = "<img src=x onerror=globalThis.owned=1><script>globalThis.owned=1</script>"
TABLE = """(caption) => {
  const found = [...document.querySelectorAll("table")].find((it) => it.caption.textContent.startsWith(caption));
  return found && [...found.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent));
}"""
CONTROLS = ".controls, .browse, button:not(.plain), input, select"
SEEN = f"[...document.querySelectorAll('{CONTROLS}')].some((it) => it.checkVisibility())"
A4 = {"width": 688, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
CONTRASTS = """() => {
  const part = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const light = (colour) => {
    const [red, green, blue] = colour.match(/[0-9.]+/g).map((value) => part(value / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (it) => {
    if (!it) return "rgb(255, 255, 255)";
    const { backgroundColor } = getComputedStyle(it);
    return backgroundColor === "rgba(0, 0, 0, 0)" ? ground(it.parentElement) : backgroundColor;
  };
  const shown = [...document.querySelectorAll("p, td, th, button, a, dt, caption")];
  return shown.filter((it) => it.checkVisibility() && !it.disabled).map((it) => {
    const [a, b] = [light(getComputedStyle(it).color), light(ground(it))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  });
}"""


@dataclass
class Auditor:
    """Somebody with the page open, and a folder for files."""

    page: Page
    folder: Path

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def verify(self, pack: bytes, name: str = "pack.tar") -> dict[str, Any]:
        """Drop a pack on the page as it is when it was just opened, and wait for the verdict."""
        if self.page.evaluate("!document.getElementById('forget').hidden"):
            self.page.click("#forget")
        self.page.drop("#drop", self.file(name, pack))
        self.page.wait("!document.getElementById('verify').disabled")
        return self.judge()

    def judge(self) -> dict[str, Any]:
        self.page.click("#verify")
        self.page.wait("['done', 'failed'].includes(document.body.dataset.state)")
        report: dict[str, Any] = self.page.evaluate("Ringfence.page.state.report")
        return report

    def table(self, caption: str) -> list[list[str]]:
        rows: list[list[str]] = self.page.call(TABLE, caption)
        return rows

    def browse(self) -> list[list[str]]:
        """Show what the filters let through."""
        self.page.evaluate("document.querySelector('#page-of-records').replaceChildren()")
        self.page.click("#filter button[type=submit]")
        self.page.wait("document.querySelector('#page-of-records').childElementCount")
        caption = self.page.evaluate("document.querySelector('#page-of-records caption').textContent")
        return self.table(caption)


@pytest.fixture(scope="module")
def opened(browser: Chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Auditor]:
    folder = tmp_path_factory.mktemp("auditor")
    auditor = Auditor(None, folder)  # type: ignore[arg-type]
    path = auditor.file("verify.html", verify_html())
    with browser.page(path.as_uri()) as page:
        auditor.page = page
        yield auditor


@pytest.fixture
def auditor(opened: Auditor) -> Iterator[Auditor]:
    """The page, of which nothing was asked for and nobody complained when the test ends."""
    opened.page.evaluate("document.getElementById('detail').close()")
    yield opened
    opened.page.settle()
    assert (opened.page.errors, opened.page.requests) == ([], [])


@pytest.fixture
def verified(auditor: Auditor, workshop: Workshop) -> Auditor:
    """The page after an honest pack was dropped on it."""
    if auditor.page.evaluate("document.body.dataset.state + Ringfence.page.state.pack?.name") != "donewhole.tar":
        auditor.verify(workshop.whole, "whole.tar")
    return auditor


def test_a_pack_that_is_dropped_is_verified_in_a_worker_and_gets_a_grade(auditor: Auditor, workshop: Workshop) -> None:
    report = auditor.verify(workshop.whole, "whole.tar")
    assert (report["grade"], report["findings"]) == ("signed", [])
    assert auditor.page.evaluate("Ringfence.page.state.engine.inWorker")
    assert auditor.page.evaluate("document.getElementById('sampling').checkVisibility()")
    assert "Signed by the log's own key" in auditor.page.text("#verdict")
    assert auditor.page.text("#verdict [data-grade=signed] code") == "signed"
    assert "that all traffic went through the proxy" in auditor.page.text("#unproven")
    assert report["checked"] == 15
    assert any(row[0] == "15" and "records" in row[1] for row in auditor.table("Counts"))
    assert auditor.page.evaluate("document.activeElement.id") == "results"
    assert "Grade signed, 0 findings" in auditor.page.evaluate("document.getElementById('status').textContent")


def test_a_pack_that_was_changed_is_failed_with_what_and_where(auditor: Auditor, workshop: Workshop) -> None:
    files = members(workshop.whole)
    records = files["log/records.jsonl"]
    at = records.index(b'"salt":"', records.index(b"\n", 4000)) + 8
    changed = records[:at] + (b"B" if records[at : at + 1] == b"A" else b"A") + records[at + 1 :]
    report = auditor.verify(workshop.sealed({**files, "log/records.jsonl": changed}))
    assert report["grade"] == "failed"
    assert "do not rely on this" in auditor.page.text("#verdict")
    rows = auditor.table("What does not hold")
    seq = records.count(b"\n", 0, at)
    assert ["BODY_HASH", f"record {seq}"] in [row[:2] for row in rows]
    assert "No figures are shown" in auditor.page.text("#figures")
    assert not auditor.page.evaluate("document.getElementById('sampling').checkVisibility()")
    auditor.page.fill("#number", str(seq))
    auditor.page.click("#jump button")
    auditor.page.wait("document.getElementById('detail').open")
    assert "BODY_HASH: the stored bytes" in auditor.page.text("#detail .bad")
    auditor.page.press("Escape")
    assert auditor.verify(workshop.whole, "whole.tar")["grade"] == "signed"  # of the page, nothing stays


def test_a_file_that_is_no_pack_is_a_finding_and_nothing_can_be_browsed(auditor: Auditor) -> None:
    report = auditor.verify(b"not a pack" * 100)
    assert report["grade"] == "failed"
    assert auditor.table("What does not hold")[0][0] == "PACK"
    assert not auditor.page.evaluate("document.getElementById('browsing').checkVisibility()")


def test_what_is_brought_from_outside_raises_the_grade(auditor: Auditor, workshop: Workshop) -> None:
    auditor.page.click("#forget")
    auditor.page.drop("#drop", auditor.file("whole.tar", workshop.whole))
    auditor.page.choose("#trust", auditor.file("heads", members(workshop.whole)["log/checkpoints"]))
    auditor.page.wait("!document.getElementById('verify').disabled")
    assert auditor.page.text("#trusted") == "From outside: heads"
    assert auditor.judge()["grade"] == "anchored"
    assert "Anchored outside" in auditor.page.text("#verdict")


def test_what_is_brought_and_cannot_be_read_is_said_and_verifies_nothing(auditor: Auditor, workshop: Workshop) -> None:
    auditor.page.click("#forget")
    auditor.page.drop("#drop", auditor.file("pack.tar", workshop.whole), auditor.file("heads", b"no head\n"))
    auditor.page.wait("!document.getElementById('verify').disabled")
    auditor.judge()
    assert auditor.page.evaluate("document.body.dataset.state") == "failed"
    assert auditor.page.text("#problem").startswith("Not verified: ")


def test_a_receipt_of_another_log_is_found(auditor: Auditor, workshop: Workshop) -> None:
    auditor.page.click("#forget")
    auditor.page.drop("#drop", auditor.file("pack.tar", workshop.whole))
    auditor.page.fill("#receipts", f"3:{'5' * 64}")
    auditor.page.wait("!document.getElementById('verify').disabled")
    assert [row[:2] for row in [[one["code"], one["seq"]] for one in auditor.judge()["findings"]]] == [["RECEIPT", 3]]


def test_a_folder_or_several_packs_are_refused_in_words(auditor: Auditor, workshop: Workshop) -> None:
    page = auditor.page
    page.click("#forget")
    page.drop("#drop", *(auditor.file(name, workshop.whole) for name in ("a.tar", "b.tar")))
    page.wait("document.querySelector('#problem p')")
    assert page.text("#problem") == "One pack at a time, please."
    assert page.evaluate("document.getElementById('verify').disabled")
    (auditor.folder / "folder").mkdir()
    page.drop("#drop", auditor.folder / "folder")
    page.wait("!document.getElementById('verify').disabled")
    auditor.judge()
    assert page.text("#problem").startswith("Not verified: ")


def test_a_verification_can_be_cancelled_and_begun_again(auditor: Auditor, workshop: Workshop) -> None:
    auditor.page.click("#forget")
    auditor.page.drop("#drop", auditor.file("pack.tar", workshop.whole))
    auditor.page.wait("!document.getElementById('verify').disabled")
    auditor.page.evaluate("document.getElementById('verify').click(), document.getElementById('cancel').click()")
    auditor.page.wait("document.body.dataset.state === 'failed'")
    assert auditor.page.text("#problem") == "Cancelled: nothing was verified."
    assert auditor.judge()["grade"] == "signed"


NO_WORKERS = {
    "refused": "class { constructor() { throw new Error('not from a file'); } }",
    "dies": "class { constructor() { setTimeout(() => this.onerror(new ErrorEvent('error')), 0); } postMessage() {} "
    "terminate() {} }",
}


@pytest.mark.parametrize("how", NO_WORKERS)
def test_a_browser_without_workers_verifies_in_the_page(
    browser: Chromium, workshop: Workshop, tmp_path: Path, how: str
) -> None:
    path = tmp_path / "verify.html"
    path.write_bytes(verify_html())
    with browser.page(path.as_uri()) as page:
        page.evaluate(f"globalThis.Worker = {NO_WORKERS[how]}, 0")
        auditor = Auditor(page, tmp_path)
        assert auditor.verify(workshop.whole)["grade"] == "signed"
        assert not page.evaluate("Ringfence.page.state.engine.inWorker")
        assert len(auditor.browse()) == 15


def test_the_summary_is_that_of_the_documents_which_were_folded_again(verified: Auditor, workshop: Workshop) -> None:
    traffic = json.loads(members(workshop.whole)["evidence/traffic.json"])
    days = [
        [day["day"], *(str(day[name]) for name in ("pin", "allow", "block", "n"))] for day in traffic["live"]["days"]
    ]
    assert verified.table("Decisions a day, live traffic") == days
    assert "cannot be shown" not in verified.page.text("#figures")


def test_records_can_be_filtered_paged_opened_and_taken_as_csv(verified: Auditor) -> None:
    page = verified.page
    assert len(verified.browse()) == 15
    page.fill("#browse-decision", "pin")
    rows = verified.browse()
    assert [row[3] for row in rows] == ["kept on own servers"] * 2
    page.click("#csv")
    taken = list(csv.DictReader(io.StringIO(page.downloaded("records.csv").decode())))
    assert [row["decision"] for row in taken] == ["pin", "pin"]
    assert [row["seq"] for row in taken] == [row[0] for row in rows]
    page.fill("#browse-decision", "")
    page.fill("#to", "2000-01-01")
    page.click("#filter button[type=submit]")
    page.wait("document.querySelector('#page-of-records').innerText.includes('No record is like that')")
    page.fill("#to", "")


def test_a_record_tells_what_followed_and_which_rules_applied(verified: Auditor) -> None:
    page = verified.page
    page.fill("#browse-decision", "pin")
    seq = verified.browse()[0][0]
    page.fill("#browse-decision", "")
    page.call("(seq) => document.querySelector(`#page-of-records [data-seq='${seq}']`).focus()", seq)
    page.press("Enter")
    page.wait("document.getElementById('detail').open")
    text = page.text("#detail")
    assert f"Record {seq}" in text
    assert "keep-home, from house.yaml" in text
    assert "Nobody but the team may see it." in text
    assert 'then: block, because: "No."' in text
    assert page.evaluate("[...document.querySelectorAll('#detail pre')].at(-2).textContent").strip().startswith("{")
    assert POLICY in page.evaluate("document.querySelector('#detail details pre').textContent")
    assert [row[2:5] for row in verified.table("What followed")] == [["outcome", "1", "ok"]]
    page.press("Escape")
    page.wait("!document.getElementById('detail').open")
    assert page.evaluate("document.activeElement.dataset.seq") == seq


def test_a_sample_is_what_nonce_and_root_choose_and_its_proofs_hold(verified: Auditor, workshop: Workshop) -> None:
    page, nonce = verified.page, "dice: 4 2 6 \u00fc"
    page.fill("#nonce", nonce)
    page.fill("#count", "4")
    page.fill("#sample-kind", "route.decision")
    page.click("#sample button[type=submit]")
    page.wait("document.querySelectorAll('#drawn tbody tr').length === 4")
    files = members(workshop.whole)
    manifest = Manifest.decode(files["manifest.json"])
    seed = Asked(nonce, 4).seed(bytes.fromhex(manifest.root))
    bodies = [json.loads(line) for line in files["log/records.jsonl"].splitlines()]
    population = [seq for seq, body in enumerate(bodies) if body["kind"] == "route.decision"]
    expected = sorted(population, key=lambda seq: rank(seed, seq))[:4]
    rows = verified.table("The sample")
    assert [int(row[0]) for row in rows] == expected
    assert [row[8] for row in rows] == ["ok"] * 4
    assert f"Population\n{len(population)} records" in page.text("#drawn")
    page.click("#in-full")
    page.wait("document.querySelectorAll('#drawn .full').length === 4")
    full = page.text("#drawn")
    assert full.count("What followed") == 4
    assert full.count('"kind":"route.decision"') == 4
    assert ("Nobody but the team may see it." in full) == any(bodies[seq]["rules"] for seq in expected)
    page.click("#all-proofs")
    for seq in expected:
        proof = Proof.decode(page.downloaded(f"record-{seq}.tlog-proof"))
        link = bytes.fromhex(page.evaluate(f"Ringfence.page.state.engine.call('record', {{seq: {seq}}})")["link"])
        assert (proof.index, proof.includes(link)) == (seq, True)
        assert not replace(proof, index=(seq + 1) % 15).includes(link)
    page.click("#sample-csv")
    taken = csv.DictReader(io.StringIO(page.downloaded("sample.csv").decode()))
    assert [int(row["seq"]) for row in taken] == expected


def test_the_cells_of_a_csv_are_no_formulas(verified: Auditor) -> None:
    record = {"seq": 1, "state": "there", "link": "a", "body": {"actor": {"app": "=1+1", "team": '@a",b'}}}
    line = verified.page.call("(record) => Ringfence.rowsOf.head() + Ringfence.rowsOf.line(record)", record)
    (row,) = csv.DictReader(io.StringIO(line))
    assert (row["app"], row["team"]) == ("'=1+1", "'@a\",b")


ODD = """\
rules:
  - if: {class: pii}
    id: later    # the id comes later
    then: pin

  - {then: block, id: "braces", if: {class: phi}}
# - id: gone
  - id: after
    then: pin
"""


def test_rules_and_classes_are_found_in_the_text_that_is_archived(verified: Auditor) -> None:
    root = Path(__file__).resolve().parents[3] / "policies"
    texts = {path.name: path.read_text() for path in sorted(root.glob("*.yaml"))} | {"odd.yaml": ODD}
    parsed = [yaml.safe_load(text) for text in texts.values()]
    rules = [rule["id"] for file in parsed for rule in file.get("rules", [])]
    assert len(rules) > 15
    files = [{"name": name, "text": text} for name, text in texts.items()]
    ask = "(files, names) => names.map((name) => Ringfence.rules.find(files, name))"
    for rule, here in zip(rules, verified.page.call(ask, files, rules), strict=True):
        there = Written.of(texts).find(rule, "pin")
        assert (here["file"], here["line"], here["text"]) == (there.file, there.line, there.text)
    classes = list(yaml.safe_load(texts["taxonomy.yaml"])["classes"])
    assert {found["file"] for found in verified.page.call(ask, files, classes)} == {"taxonomy.yaml"}
    assert verified.page.call(ask, files, ["gone", ".*", "zzz"]) == [None] * 3


def test_a_number_that_no_record_has_is_said(verified: Auditor) -> None:
    verified.page.fill("#number", "99")
    verified.page.click("#jump button")
    verified.page.wait("document.querySelector('#problem p')")
    verified.page.evaluate("document.getElementById('problem').replaceChildren()")


def test_everything_that_can_be_used_has_a_name_and_can_be_reached(verified: Auditor) -> None:
    page = verified.page
    used = {"button", "textbox", "combobox", "spinbutton", "link", "searchbox", "Date", "progressbar"}
    nodes = page.command("Accessibility.getFullAXTree")["nodes"]
    named = [node for node in nodes if not node["ignored"] and node["role"]["value"] in used]
    assert len(named) > 20
    assert [node for node in named if not node.get("name", {}).get("value")] == []
    page.evaluate("document.activeElement.blur()")
    page.evaluate("document.getElementById('pack').focus()")
    reached = []
    for _ in range(8):
        page.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert reached[:4] == ["trust", "receipts", "verify", "forget"]


def test_headings_leave_out_no_level(verified: Auditor) -> None:
    levels = verified.page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4')].filter((it) => it.checkVisibility())"
        ".map((it) => Number(it.tagName[1]))"
    )
    assert levels[0] == 1
    assert {4, 3, 2} <= set(levels)
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_what_is_small_or_grey_has_contrast(verified: Auditor) -> None:
    ratios = verified.page.call(CONTRASTS)
    assert len(ratios) > 100
    assert min(ratios) >= 4.5


def test_what_is_printed_has_no_controls_and_fits_on_paper(verified: Auditor) -> None:
    page = verified.page
    page.fill("#nonce", "paper")
    page.click("#sample button[type=submit]")
    page.wait("document.querySelector('#drawn .plain')")
    assert page.evaluate(SEEN)
    page.command("Emulation.setEmulatedMedia", media="print")
    page.command("Emulation.setDeviceMetricsOverride", **A4)
    assert not page.evaluate(SEEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= A4["width"]
    assert "Signed by the log's own key" in page.text("#verdict")
    assert page.evaluate("document.querySelector('#drawn .plain').checkVisibility()")
    page.command("Emulation.clearDeviceMetricsOverride")
    page.command("Emulation.setEmulatedMedia", media="")


def test_nothing_in_a_pack_becomes_markup(auditor: Auditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That this markup would do it, where it is read as such, a test of the summary shows."""
    page, folders = auditor.page, [tmp_path / "ours", tmp_path / "theirs"]
    policy = {"files": [{"name": MARKUP, "text": POLICY.replace("Nobody", MARKUP)}], "v": 1}
    monkeypatch.setattr(packs, "TEXT", json.dumps(policy).encode())
    for folder in folders:
        folder.mkdir()
    workshop = Workshop.of(*folders)
    files = members(workshop.whole)
    said = json.dumps(MARKUP).encode()
    hostile = {
        **files,
        **{name: b'{"document":' + said + b"}\n" for name in files if name.startswith("evidence/")},
        "log/checkpoints": files["log/checkpoints"].replace(ORIGIN.encode(), MARKUP.encode()),
        "README.md": MARKUP.encode(),
        "summary.html": MARKUP.encode(),
    }
    scripts = page.evaluate("document.scripts.length")
    name = "<img src=x onerror='globalThis.owned=1'>.tar"
    assert auditor.verify(workshop.sealed(hostile), name)["checked"] == 15
    assert name in page.text("#verdict")
    page.fill("#browse-decision", "pin")
    page.click(f"#page-of-records [data-seq='{auditor.browse()[0][0]}']")
    page.wait("document.getElementById('detail').open")
    assert page.text("#detail").count(MARKUP) >= 2
    page.press("Escape")
    for says in ({"origin": MARKUP}, {"version": MARKUP}):
        assert auditor.verify(workshop.sealed(hostile, says=says), name)["grade"] == "failed"
    assert page.evaluate("[document.images.length, document.scripts.length]") == [0, scripts]
    assert page.evaluate("globalThis.owned") is None
