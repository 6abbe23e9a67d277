"""Test results as JUnit XML, the form that build systems read: a suite for each file, a case for each test."""

from itertools import groupby
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

from proxy.policy.testing import TestReport, TestResult


def junit(report: TestReport, folder: PurePosixPath) -> str:
    """Return a document in ASCII; `folder` is where the files lie, from the root of the checkout or absolute."""
    root = ET.Element("testsuites", {"name": "ringfence policy test", **_figures(report.results)})
    by_file = sorted(report.results, key=lambda result: (result.test.where.file, result.test.where.line))
    for file, group in groupby(by_file, key=lambda result: result.test.where.file):
        results = tuple(group)
        suite = ET.SubElement(root, "testsuite", {"name": file, **_figures(results)})
        for result in results:
            _case(suite, result, folder / file)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="us-ascii", xml_declaration=True)
    return document.decode("ascii")


def _case(suite: ET.Element, result: TestResult, path: PurePosixPath) -> None:
    where = result.test.where
    named = {"classname": PurePosixPath(where.file).stem, "name": result.test.name}
    case = ET.SubElement(suite, "testcase", {**named, "file": str(path), "line": str(where.line)})
    if not result.passed:
        said = [f"expected {expected}, got {got}" for expected, got in result.faults]
        failure = ET.SubElement(case, "failure", {"type": "test-failed", "message": "; ".join(said)})
        failure.text = "\n".join([str(where), *said])


def _figures(results: tuple[TestResult, ...]) -> dict[str, str]:
    failed = sum(not result.passed for result in results)
    return {"tests": str(len(results)), "failures": str(failed), "errors": "0", "skipped": "0"}
