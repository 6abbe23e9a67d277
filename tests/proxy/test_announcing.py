import asyncio
from pathlib import Path
from typing import Any

import pytest
from harness import StandIn
from inside import inside

from audit.access import Records
from proxy import announcing


def activated(home: Path, vendor: StandIn) -> dict[str, Any]:
    async def run() -> list[dict[str, Any]]:
        async with inside(home, vendor) as ring:
            return await ring.records("policy.activated")

    [body] = asyncio.run(run())
    return body


def test_an_activation_says_who_runs_each_zone_and_its_texts_are_in_the_archive(
    tmp_path: Path, vendor: StandIn
) -> None:
    body = activated(tmp_path, vendor)
    trusts = {zone["zone"]: zone["trust"] for zone in body["reach"]["zones"]}
    assert trusts == {"onprem": "own", "cloud-eu": "vendor", "cloud-us": "vendor"}
    assert {"c": "cardholder", "zones": ["onprem"]} in body["reach"]["classes"]
    for digest in (body["files_sha256"], body["bundle"]["upstreams_sha256"]):
        assert Records(tmp_path / "audit.db").text(digest) is not None


def test_a_bundle_comes_into_force_although_its_record_has_no_room_for_that(
    tmp_path: Path, vendor: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "MAX_BODY_BYTES", 2000)
    body = activated(tmp_path, vendor)
    assert "reach" not in body
    assert body["files_sha256"]
