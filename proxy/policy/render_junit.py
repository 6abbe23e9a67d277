"""Test results as JUnit XML, the form that build systems read: a suite for each file, a case for each test."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

from proxy.policy.model import InlineTest
from proxy.policy.render import found_text
from proxy.policy.testing import TestReport, TestResult

_Case = tuple[InlineTest, TestResult | None]
"""A test and its result; None if it was not run."""


def junit(report: TestReport, folder: PurePosixPath) -> str:
    """Return a document in ASCII; `folder` is where the bundle's files lie, from the root of the checkout or absolute.

    Tests from outside the bundle bring the paths of their files along.
    """
    cases: list[_Case] = [(result.test, result) for result in report.results]
    cases += [(test, None) for test in report.not_run]
    cases.sort(key=lambda case: (case[0].where.file, case[0].where.line))
    root = ET.Element("testsuites", {"name": "ringfence policy test", **_figures(cases)})
    for file, group in groupby(cases, key=lambda case: case[0].where.file):
        its = tuple(group)
        suite = ET.SubElement(root, "testsuite", {"name": file, **_figures(its)})
        for test, result in its:
            _case(suite, test, result, PurePosixPath(file) if "/" in file else folder / file)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="us-ascii", xml_declaration=True)
    return document.decode("ascii")


def _case(suite: ET.Element, test: InlineTest, result: TestResult | None, path: PurePosixPath) -> None:
    named = {"classname": PurePosixPath(test.where.file).stem, "name": test.name}
    case = ET.SubElement(suite, "testcase", {**named, "file": str(path), "line": str(test.where.line)})
    if result is None:
        ET.SubElement(case, "skipped", {"message": "needs --detect"})
    elif not result.passed:
        said = [f"expected {expected}, got {got}" for expected, got in result.faults]
        failure = ET.SubElement(case, "failure", {"type": "test-failed", "message": "; ".join(said)})
        failure.text = "\n".join([str(test.where), *said, *found_text(result)])


def _figures(cases: Sequence[_Case]) -> dict[str, str]:
    failed = sum(result is not None and not result.passed for _, result in cases)
    skipped = sum(result is None for _, result in cases)
    return {"tests": str(len(cases)), "failures": str(failed), "errors": "0", "skipped": str(skipped)}
