"""The guide names the versions that the tests run, and no lock names the place that packages come from."""

import json
import re
from pathlib import Path

import pytest
from clients.programs import HERE
from harness import ROOT

GUIDE = (ROOT / "deploy" / "docs" / "clients.md").read_text(encoding="utf-8")
LOCKS = sorted([*HERE.glob("*/requirements.lock"), *HERE.glob("*/package-lock.json")])


def locked(client: str, package: str) -> str:
    """Return the version that a client's lock has of a package."""
    if (lock := HERE / client / "package-lock.json").exists():
        return str(json.loads(lock.read_text(encoding="utf-8"))["packages"][f"node_modules/{package}"]["version"])
    text = (HERE / client / "requirements.lock").read_text(encoding="utf-8")
    return next(iter(re.findall(rf"^{package}==([0-9.]+)", text, re.MULTILINE)))


@pytest.mark.parametrize(
    ("client", "package", "named"),
    [
        ("openai_python", "openai", "openai (Python) "),
        ("openai_node", "openai", "openai (Node) "),
        ("openai_agents", "openai-agents", "openai-agents "),
        ("langchain", "langchain-openai", "langchain-openai "),
        ("vercel_ai", "ai", "AI SDK: ai "),
        ("vercel_ai", "@ai-sdk/openai", "@ai-sdk/openai "),
        ("anthropic_python", "anthropic", "anthropic (Python) "),
    ],
)
def test_the_guide_names_the_version_that_is_tested(client: str, package: str, named: str) -> None:
    major, minor, _ = locked(client, package).split(".", 2)
    assert re.search(rf"^\| .*{re.escape(named)}{major}\.{minor}[ ,|]", GUIDE, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_a_lock_has_the_hash_of_every_package_and_no_address_of_one(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r'"resolved"|--index-url|--find-links|@ https?:', text)
    if lock.suffix == ".json":
        packages = [package for name, package in json.loads(text)["packages"].items() if name]
        assert packages
        assert all(package["integrity"].startswith("sha512-") for package in packages)
    else:
        pins = re.findall(r"^\S+==\S+.*\\\n    --hash=sha256:", text, re.MULTILINE)
        assert len(pins) == len(re.findall(r"^[^\s#]", text, re.MULTILINE)) > 0
