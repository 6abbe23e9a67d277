import json
from pathlib import Path
from typing import Any

import pytest

from proxy import once
from proxy.detection.analysis import Analyzer
from proxy.errors import RequestRefused
from proxy.settings import Settings

EMAIL = "jane.doe@" + "nordwind-klinik.de"
REGISTRY = """upstreams:
  - {name: vendor, kind: openai, zone: cloud-us, base_url: "https://vendor.example/v1", models: ["gpt-4*"]}
"""


@pytest.fixture(scope="module")
def loaded() -> Analyzer:
    return Analyzer.of(Settings.load())


@pytest.fixture
def chosen(loaded: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(Analyzer, "of", lambda _: loaded)
    (tmp_path / "upstreams.yaml").write_text(REGISTRY)
    return Settings(home=tmp_path, upstreams=tmp_path / "upstreams.yaml")


def body(**fields: Any) -> bytes:
    asked = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": f"Write to {EMAIL}"}], **fields}
    return json.dumps(asked).encode()


def test_a_text_gives_a_score_for_each_distinct_value(chosen: Settings) -> None:
    found = once.scan(chosen, f"{EMAIL}, {EMAIL}, john.{EMAIL}".encode(), request=False)
    assert len(found.findings["EMAIL_ADDRESS"]) == 2
    assert all(0 < grid <= 20 for grid in found.findings["EMAIL_ADDRESS"])
    assert (found.missing, found.model, found.resolved) == ((), "", "")
    assert once.scan(chosen, b"What is a monad?", request=False).findings == {}


def test_a_request_gives_its_model_and_the_name_it_is_registered_under(chosen: Settings) -> None:
    found = once.scan(chosen, body(), request=True)
    assert "EMAIL_ADDRESS" in found.findings
    assert (found.model, found.resolved) == ("gpt-4o-mini", "gpt-4*")
    assert once.scan(chosen, body(model="llama"), request=True).resolved == "llama"


def test_a_part_that_is_no_text_counts_as_not_inspected(chosen: Settings) -> None:
    found = once.scan(chosen, body(image=[1, 2, 3]), request=True)
    assert found.findings["UNSCANNED"] == (20,)
    assert found.missing == ("numeric_array",)


@pytest.mark.parametrize(
    ("raw", "request_"), [(b"\xff", False), (b"\xff", True), (b"{", True), (b"[]", True), (body(model=3), True)]
)
def test_what_cannot_be_read_is_refused(chosen: Settings, raw: bytes, request_: bool) -> None:
    with pytest.raises(RequestRefused):
        once.scan(chosen, raw, request=request_)
