import re
import subprocess
import sys
from pathlib import Path

import pytest
from chromium import Chromium, Refused
from hatchling.builders.wheel import WheelBuilder

from audit.page import building
from audit.page.building import summary_html, summary_parts, verify_html

ROOT = Path(__file__).resolve().parents[3]
ASSETS = sorted(
    path for path in (ROOT / "audit" / "page").rglob("*") if path.suffix in {".js", ".css", ".html", ".txt"}
)
SCRIPT = re.compile(rb"<script[^>]*>(.*?)</script>", re.DOTALL)


def test_the_same_sources_give_the_same_bytes_in_every_process() -> None:
    program = "import sys; from audit.page.building import verify_html; sys.stdout.buffer.write(verify_html())"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True)
    assert ran.stdout == verify_html()


def test_a_summary_is_its_template_with_the_documents_between() -> None:
    documents = {"b.json": b'{"b":2}\n', "a.json": b'{"a":1}\n'}
    before, after = summary_parts()
    assert summary_html(documents) == before + b'{"a.json":{"a":1},"b.json":{"b":2}}' + after


def test_no_script_or_style_holds_what_would_end_it() -> None:
    for page, scripts in ((verify_html(), 4), (summary_html({}), 2)):
        assert len(SCRIPT.findall(page)) == page.count(b"</script") == page.count(b"<script") == scripts
        assert page.count(b"</style") == 1
        assert b"<!--" not in page
        assert not re.search(rb"@[A-Z]+[0-9]?@", page)


def test_nothing_is_taken_from_elsewhere() -> None:
    hosts = set(re.findall(rb"https?://([^/\s]+)", verify_html()))
    assert hosts <= {b"www.w3.org", b"c2sp.org"}  # the name of SVG, and specifications in comments
    for word in (b"@import", b"url(", b"innerHTML", b"outerHTML", b"insertAdjacentHTML", b"document.write", b"eval("):
        assert word not in verify_html()


def test_the_assets_are_in_the_wheel() -> None:
    shipped = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    assert {str(path.relative_to(ROOT)) for path in ASSETS} <= shipped
    assert len(ASSETS) > 20


def test_scripts_stay_small() -> None:
    sizes = {path.name: len(path.read_text().splitlines()) for path in ASSETS if path.suffix == ".js"}
    assert {name: size for name, size in sizes.items() if size > 360} == {}


@pytest.mark.parametrize("page", ["verify", "summary"])
def test_a_browser_runs_the_scripts_of_a_page_and_no_others(browser: Chromium, tmp_path: Path, page: str) -> None:
    made = verify_html() if page == "verify" else summary_html({})
    changed = b"globalThis.Ringfence ??= {}; ".join(made.rsplit(b"globalThis.Ringfence ??= {};", 1))
    injected = made.replace(b"<footer>", b"<script>globalThis.owned = 1</script><footer>", 1)
    paths = [tmp_path / name for name in ("made.html", "changed.html", "injected.html")]
    for path, content in zip(paths, (made, changed, injected), strict=True):
        path.write_bytes(content)
    with browser.page(paths[0].as_uri()) as shown:
        shown.settle()
        assert (shown.errors, shown.requests) == ([], [])
        assert shown.evaluate("typeof Ringfence.summary.render") == "function"
        shown.go(paths[1].as_uri())
        shown.settle()
        assert any("Content Security Policy" in error for error in shown.errors)
        shown.go(paths[2].as_uri())
        shown.settle()
        assert shown.evaluate("globalThis.owned") is None


TRIES = (
    "fetch('http://127.0.0.1:9/a').catch(() => 0)",
    "new Promise((done) => { const it = new Image(); it.onerror = done; it.src = 'http://127.0.0.1:9/b'; })",
    "new Promise((done) => { try { new WebSocket('ws://127.0.0.1:9/c').onerror = done; } catch { done(); } })",
)
REFUSED = "Content Security Policy"


def test_a_page_may_not_ask_the_network_for_anything(browser: Chromium, tmp_path: Path) -> None:
    control, page = tmp_path / "control.html", tmp_path / "verify.html"
    control.write_bytes(b"<title>no policy</title>")
    page.write_bytes(verify_html())
    refused = {}
    for path in (control, page):
        with browser.page(path.as_uri(), offline=False) as shown:
            for attempt in TRIES:
                shown.evaluate(f"{attempt}.then(() => 0)")
            shown.settle()
            refused[path] = sum(REFUSED in error for error in shown.errors)
    assert refused[control] == 0
    assert refused[page] >= len(TRIES)


def test_no_text_can_become_markup_in_a_page(browser: Chromium, tmp_path: Path) -> None:
    path = tmp_path / "verify.html"
    path.write_bytes(verify_html())
    with browser.page(path.as_uri()) as shown, pytest.raises(Refused, match="TrustedHTML"):
        shown.evaluate("document.body.innerHTML = '<b>markup</b>'")


def test_what_is_cached_is_what_is_built() -> None:
    cached = verify_html()
    building._page.cache_clear()
    building.summary_parts.cache_clear()
    assert verify_html() == cached
