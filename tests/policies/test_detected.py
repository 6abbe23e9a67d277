"""The texts and requests that ship with the policies, through the real detectors and through ones that see nothing."""

import datetime as dt
import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from harness import command

from proxy.policy.diff import compare
from proxy.policy.labels import Scanned
from proxy.policy.lint import Surroundings
from proxy.policy.load import check_files
from proxy.policy.model import Bundle
from proxy.policy.policy import Policy
from proxy.policy.testing import run_tests

NAME = "detected.tests.yaml"


@pytest.fixture(scope="session")
def bundle(shipped: Mapping[str, bytes], around: Surroundings) -> Bundle:
    found = check_files(shipped, around).bundle
    assert found is not None
    return found


def test_they_are_decided_as_expected_and_see_every_rule(tmp_path: Path) -> None:
    environ = {**os.environ, "RINGFENCE_HOME": str(tmp_path / "ringfence")}
    ran = command("policy", "test", "policies", "--detect", "--min-coverage", "100", env=environ)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    (figures,) = ran.stdout.splitlines()
    assert re.fullmatch(r"(\d+) tests, \1 passed, 0 failed; 15 of 15 rules seen matching, 15 of 15 .*", figures)


def test_detectors_that_saw_nothing_would_fail_all_that_must_not_leave(bundle: Bundle) -> None:
    kept = {test.name for test in bundle.tests if test.sample and test.expect.outcome != "allow"}
    assert len(kept) == 7
    assert {failed.test.name for failed in run_tests(bundle, lambda *_: Scanned({}, ())).failed} == kept


def test_they_are_archived_with_the_bundle_and_are_no_part_of_what_it_means(
    shipped: Mapping[str, bytes], bundle: Bundle
) -> None:
    without = {name: text for name, text in shipped.items() if name != NAME}
    other = check_files(without, Surroundings(dt.date(2026, 6, 1))).bundle
    assert other is not None
    one, two = (
        Policy.of(each, {name: text.decode() for name, text in files.items()})
        for each, files in ((bundle, shipped), (other, without))
    )
    assert one.sha256 == two.sha256
    assert one.files_sha256 != two.files_sha256
    changes = compare(bundle, other, dt.date(2026, 6, 1))
    assert changes.proved
    assert not changes.looser
