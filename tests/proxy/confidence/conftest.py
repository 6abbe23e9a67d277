import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import chat_body
from inside import Inside, Scripted, inside
from unsure import VENDOR_SAYS, Asking, Probable, Told, call_and_leave, local_policies


@pytest.fixture
def own() -> Iterator[Probable]:
    server = Probable("own")
    yield server
    server.stop()


@pytest.fixture
def vendor() -> Iterator[Probable]:
    server = Probable("vendor", words=VENDOR_SAYS)
    yield server
    server.stop()


@pytest.fixture
def ask(tmp_path: Path, own: Probable, vendor: Probable) -> Asking:
    """Ask a whole proxy that asks its own server first."""

    def asking(
        *,
        words: dict[str, str] | None = None,
        rules: str = "",
        before: Callable[[Inside], None] = lambda _: None,
        thresholds: str = "{confidence: 0.80, min_characters: 10}",
        endpoint: str = "chat/completions",
        body: dict[str, Any] | None = None,
        profile: dict[str, Any] | None = None,
        lab: Probable | None = None,
        leave: Callable[[], bool] | None = None,
        **fields: Any,
    ) -> Told:
        rows: list[dict[str, Any]] = [
            {"name": "local", "kind": "openai", "zone": "onprem", "base_url": own.url, "default_model": "local-model"},
            {"name": "vendor", "kind": "openai", "zone": "cloud-us", "base_url": vendor.url, "models": ["gpt-4*"]},
        ]
        if lab is not None:
            rows.insert(1, {**rows[0], "name": "lab", "zone": "lab", "base_url": lab.url})
        file = tmp_path / "upstreams.yaml"
        more = {"profiles": {"local-model": profile}} if profile else {}
        file.write_text(yaml.safe_dump({"upstreams": rows, **more}))
        policies = local_policies(tmp_path, rules, thresholds)

        async def run() -> Told:
            async with inside(tmp_path / "home", upstreams=file, detector=Scripted(words), policies=policies) as ring:
                key = ring.key()
                before(ring)
                sent = body or chat_body(**fields)
                if leave is not None:
                    await call_and_leave(ring, key, sent, leave)
                    return Told(None, await ring.settled())
                answer = await ring.client.post(f"/v1/{endpoint}", json=sent, headers=key)
                return Told(answer, await ring.settled())

        return asyncio.run(run())

    return asking
