"""A small bundle that tests change piece by piece."""

import datetime as dt
from collections.abc import Callable

import pytest
from parsed import parse_once  # noqa: F401 - a fixture for every test here

from proxy.policy.lint import Surroundings
from proxy.policy.load import Checked, check_files
from proxy.policy.policy import Policy

TAXONOMY = """\
taxonomy: mini
version: 1
zones:
  home: {trust: own}
  eu: {trust: vendor, region: eu, agreements: [dpa]}
  us: {trust: vendor, region: us, agreements: [dpa]}
classes:
  unscanned: {ceiling: [home]}
  uncovered: {ceiling: [home]}
  pii: {entities: [PERSON, EMAIL], floor: 0.40, ceiling: [home]}
  health: {entities: [ILLNESS], floor: 0.50, ceiling: [home, eu, us]}
  phi: {entities: [RECORD], or_all_of: [health, pii], floor: 0.40, ceiling: [home]}
  place: {entities: [PLACE], floor: 0.40, ceiling: [home, eu, us]}
ignore: {HASHTAG: "no personal data"}
"""
GRANTS = """\
policy: base
version: 3
owner: ann@acme.example
grants:
  - {id: everyone, zones: [us, eu, home]}
"""
TODAY = dt.date(2026, 6, 1)


@pytest.fixture(scope="session")
def taxonomy() -> str:
    """Return the small bundle's taxonomy, as text."""
    return TAXONOMY


@pytest.fixture
def checked() -> Callable[..., Checked]:
    """Check a bundle: the small one, with more or other files."""

    def build(*, around: Surroundings | None = None, **files: str) -> Checked:
        texts = {"taxonomy": TAXONOMY, "base": GRANTS, **files}
        data = {f"{name}.yaml": text.encode() for name, text in texts.items() if text}
        return check_files(data, around or Surroundings(TODAY))

    return build


@pytest.fixture
def policy(checked: Callable[..., Checked]) -> Callable[..., Policy]:
    """Build a policy from the small bundle plus rules, given as YAML lines; it must be free of errors."""

    def build(rules: str = "", *, live: frozenset[str] | None = None, **files: str) -> Policy:
        if rules:
            files["rules"] = f"policy: rules\nversion: 1\nowner: ann@acme.example\nrules:\n{rules}"
        result = checked(**files)
        assert result.bundle is not None, [str(found) for found in result.diagnostics]
        return Policy.of(result.bundle, dict(result.files), live)

    return build
