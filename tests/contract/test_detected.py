"""What `policy test --detect` makes of a request is what a running server makes of it."""

import datetime as dt
import json
from collections import Counter

import pytest
from harness import ROOT, Ringfence

from audit.access import Records
from proxy.once import Scanner
from proxy.policy.lint import Surroundings
from proxy.policy.load import check
from proxy.policy.model import InlineTest
from proxy.settings import Settings


def sampled() -> list[InlineTest]:
    bundle = check(ROOT / "policies", Surroundings(dt.date(2026, 6, 1))).bundle
    assert bundle is not None
    return [test for test in bundle.tests if test.sample and test.sample.request]


@pytest.fixture(scope="module")
def scanner(server: Ringfence) -> Scanner:
    return Scanner(Settings(home=server.home))


@pytest.mark.parametrize("test", sampled(), ids=lambda test: test.name)
def test_a_shipped_request_is_found_to_hold_the_same(server: Ringfence, scanner: Scanner, test: InlineTest) -> None:
    assert test.sample is not None
    raw = test.sample.raw.replace(b'"model":"gpt-5-mini"', b'"model":"gpt-4o-mini"')  # one that the server has
    with server.client(server.key("tested", test.who.team)) as client:
        headers = {"content-type": "application/json"}
        answer = client.post("/ringfence/v1/inspect", content=raw, headers=headers)
    record = Records(server.home / "audit.db").one(answer.headers["x-ringfence-audit-id"])
    assert record is not None
    here = scanner.scan(raw, request=True)
    hist = {kind: {str(grid): n for grid, n in Counter(grids).items()} for kind, grids in here.findings.items()}
    assert hist == {each["t"]: each["hist"] for each in record.body["detect"]["types"]}
    assert bool(here.missing) is not record.body["detect"]["complete"]
    assert here.model == json.loads(raw)["model"]
