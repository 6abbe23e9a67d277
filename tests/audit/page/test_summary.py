"""The summary of a pack, in a browser: what it shows is what the documents say, whatever that is."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from chromium import Chromium, Page
from packs import Workshop, members

from audit.page.building import summary_html

MARKUP = "<img src=x onerror='globalThis.owned=1'></script><script>globalThis.owned=1</script>"
Documents = Mapping[str, bytes]
Shown = Callable[[Documents], AbstractContextManager[Page]]
ASKS = "[aria-labelledby=part-what-to-ask-about]"
ROWS = """(caption) => {
  const found = [...document.querySelectorAll("table")].find((it) => it.caption.textContent === caption);
  return [...found.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent));
}"""


@pytest.fixture(scope="module")
def documents(workshop: Workshop) -> Documents:
    """Return what was folded from a log of six decisions."""
    folder = "evidence/"
    return {
        name.removeprefix(folder): content
        for name, content in members(workshop.whole).items()
        if name.startswith(folder)
    }


@pytest.fixture(scope="module")
def tab(browser: Chromium) -> Iterator[Page]:
    """One page for all of these tests."""
    with browser.page() as page:
        yield page


@pytest.fixture
def shown(tab: Page, tmp_path: Path) -> Shown:
    """Open the summary of documents."""

    @contextmanager
    def show(documents: Documents) -> Iterator[Page]:
        path = tmp_path / "summary.html"
        path.write_bytes(summary_html(documents))
        tab.go(path.as_uri())
        yield tab
        tab.settle()
        assert (tab.errors, tab.requests) == ([], [])

    return show


def changed(documents: Documents, change: Callable[[Any], Any]) -> Documents:
    """Put other strings into documents, wherever one stands."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: walk(one) for name, one in value.items()}
        if isinstance(value, list):
            return [walk(one) for one in value]
        return change(value)

    return {name: json.dumps(walk(json.loads(content))).encode() for name, content in documents.items()}


def test_a_summary_shows_every_document_with_its_numbers(shown: Shown, documents: Documents) -> None:
    said = {name.removesuffix(".json"): json.loads(content) for name, content in documents.items()}
    with shown(documents) as page:
        text = page.text("body")
        assert "Not in this pack" not in text
        assert "cannot be shown" not in text
        days = said["traffic"]["live"]["days"]
        assert page.call(ROWS, "Decisions a day, live traffic") == [
            [day["day"], *(str(day[name]) for name in ("pin", "allow", "block", "n"))] for day in days
        ]
        kinds = {row[0].split("(")[-1].rstrip(")"): int(row[1]) for row in page.call(ROWS, "Records of each kind")}
        assert kinds == {one["kind"]: one["n"] for one in said["ipe"]["kinds"]}
        figures = page.evaluate("[...document.querySelectorAll('.figures li')].map((it) => it.innerText.split('\\n'))")
        assert figures[0] == [str(said["traffic"]["live"]["decisions"]), "decisions on live traffic"]
        assert page.evaluate("document.querySelectorAll('svg.chart rect').length") >= 2
        for criterion in said["criteria"]["criteria"]:
            assert criterion["question"] in text
            assert len(page.call(ROWS, f"Figures for {criterion['id']}")) == len(criterion["figures"])


def test_every_figure_that_the_criteria_name_is_found(shown: Shown, documents: Documents) -> None:
    with shown(documents) as page:
        figures = page.evaluate(
            "[...document.querySelectorAll('table')].filter((it) => it.caption.textContent.startsWith('Figures for'))"
            ".flatMap((it) => [...it.tBodies[0].rows].map((row) => row.cells[1].textContent))"
        )
        assert len(figures) > 20
        assert not {"\u2013", "see there", "undefined"} & set(figures)


def test_whoever_reads_it_is_told_to_ask_what_is_gone_and_what_nobody_knows(shown: Shown, documents: Documents) -> None:
    said = {name: json.loads(content) for name, content in documents.items()}
    at = {"seq": 1, "id": "x", "ts": "2026-03-01T00:00:00.000000Z"}
    said["ipe.json"] |= {"erased": 2, "pruned": 3}
    said["retention.json"]["holds"]["rows"] = [{"hold": "matter", "placed": at, "lifted": at}]
    said["disclosures.json"]["unmatched"] = 6
    said["incidents.json"]["unnotified"] = [{"day": "2026-03-01", "channel": "siem", "n": 7}]
    asks = (
        "Records of the period whose bodies were erased or pruned: 5",
        "Legal holds that were lifted: 1",
        "Attempts whose decision is not known: 6",
        "Messages that did not reach their channel: 7",
    )
    with shown(documents) as page:
        assert not [ask for ask in asks if ask.partition(":")[0] in page.text(ASKS)]
    with shown({name: json.dumps(content).encode() for name, content in said.items()}) as page:
        assert not [ask for ask in asks if ask not in page.text(ASKS)]


def test_markup_in_documents_is_shown_as_text(shown: Shown, documents: Documents) -> None:
    hostile = changed(documents, lambda value: MARKUP if isinstance(value, str) else value)
    with shown(documents) as page:
        scripts = page.evaluate("document.scripts.length")
    with shown(hostile) as page:
        assert page.evaluate("[document.images.length, document.scripts.length]") == [0, scripts]
        assert page.evaluate("globalThis.owned") is None
        assert MARKUP in page.text("#summary")


def test_characters_that_turn_or_hide_text_are_spelled_out(shown: Shown, documents: Documents) -> None:
    turned = changed(documents, lambda value: "a\u202eb\u200bc" if isinstance(value, str) else value)
    with shown(turned) as page:
        text = page.evaluate("document.getElementById('summary').textContent")
        assert "a\\u202eb\\u200bc" in text
        assert not {"\u202e", "\u200b"} & set(text)


def test_the_same_markup_takes_over_a_page_that_reads_it_as_such(browser: Chromium) -> None:
    """Without this, the test above could pass because the markup is harmless."""
    with browser.page() as page:
        page.call("(markup) => { document.body.innerHTML = markup; }", MARKUP)
        assert page.wait("globalThis.owned") == 1


@pytest.mark.parametrize("wrong", [None, 7, [], {}, {"rows": 5}, "text"])
def test_a_document_of_another_shape_costs_its_own_part_alone(shown: Shown, documents: Documents, wrong: Any) -> None:
    with shown({**documents, "access.json": json.dumps(wrong).encode()}) as page:
        assert page.text("#part-decisions") == "Decisions"
        assert page.call(ROWS, "Records of each kind")
        assert "access.json" in page.text("#summary")


def test_numbers_that_are_none_break_nothing(shown: Shown, documents: Documents) -> None:
    with shown(changed(documents, lambda _: None)) as page:
        assert page.text("#part-trust-services-criteria")


def test_a_long_table_says_that_it_is_cut(shown: Shown, documents: Documents) -> None:
    incidents = json.loads(documents["incidents.json"])
    row = {
        "incident": "i",
        "what": "anchor_behind",
        "opened": {"seq": 1, "id": "i", "ts": "2026-10-01T00:00:00.000001Z"},
    }
    incidents["incidents"] = {"rows": [row] * 1500, "total": 20_000}
    with shown({**documents, "incidents.json": json.dumps(incidents).encode()}) as page:
        assert len(page.call(ROWS, "Incidents")) == 1000
        text = page.text("#summary")
        assert "The first 1,000 of 1,500 rows are shown." in text
        assert "The document lists the first 1,500 of 20,000" in text


def test_days_without_a_decision_have_their_place_in_the_chart(shown: Shown, documents: Documents) -> None:
    traffic = json.loads(documents["traffic.json"])
    day = {"allow": 4, "pin": 0, "block": 0, "n": 4}
    traffic["live"]["days"] = [{"day": "2026-10-01", **day}, {"day": "2026-10-05", **day}]
    with shown({**documents, "traffic.json": json.dumps(traffic).encode()}) as page:
        bars = page.evaluate(
            "[...document.querySelectorAll('svg.chart')[0].querySelectorAll('rect')].map((it) => it.x.baseVal.value)"
        )
        assert len(bars) == 2
        labels = page.evaluate(
            "[...document.querySelectorAll('svg.chart')[0].querySelectorAll('.tick')].map((it) => it.textContent)"
        )
        assert [label for label in labels if label.startswith("2026")] == [f"2026-10-0{n}" for n in range(1, 6)]


def test_each_chart_has_a_name_and_a_table_of_its_numbers(shown: Shown, documents: Documents) -> None:
    with shown(documents) as page:
        named = page.evaluate(
            "[...document.querySelectorAll('svg.chart')].every((it) => it.getAttribute('role') === 'img'"
            " && document.getElementById(it.getAttribute('aria-labelledby')).textContent)"
        )
        assert named
        assert page.evaluate("[...document.querySelectorAll('table')].every((it) => it.caption && it.tHead)")


def test_a_summary_can_be_printed_whole(shown: Shown, documents: Documents) -> None:
    with shown(documents) as page:
        page.command("Emulation.setEmulatedMedia", media="print")
        page.command("Emulation.setDeviceMetricsOverride", width=688, height=1000, deviceScaleFactor=1, mobile=False)
        assert page.evaluate("document.documentElement.scrollWidth") <= 688  # A4 within its margins
        page.command("Emulation.clearDeviceMetricsOverride")
        assert page.evaluate("getComputedStyle(document.querySelector('.scroll')).overflowX") == "visible"
        page.command("Emulation.setEmulatedMedia", media="")
        assert page.evaluate("getComputedStyle(document.querySelector('.scroll')).overflowX") == "auto"
        assert page.pdf().startswith(b"%PDF")
