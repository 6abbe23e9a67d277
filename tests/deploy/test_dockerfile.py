"""The Dockerfile: what is promised of an image can be read from its lines. No image is built here."""

import importlib.metadata
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from proxy.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
FILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
BUILT_FROM = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def stages(text: str) -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage, continued lines in one; what comes before the first stage is the first."""
    plain = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    found: list[list[tuple[str, str]]] = [[]]
    for line in filter(str.strip, plain.splitlines()):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append((word, " ".join(rest.split())))
    return found


def faults(text: str) -> list[str]:
    """Say what an image would not keep."""
    args, *built, last = stages(text)
    users = [rest for word, rest in last if word == "USER"]
    runs = [rest for stage in (*built, last) for word, rest in stage if word == "RUN"]
    copies = [rest for stage in (*built, last) for word, rest in stage if word in {"COPY", "ADD"}]
    bases = {rest.split()[0] for stage in (*built, last) for word, rest in stage if word == "FROM"}
    wrong = {
        "is built in one stage": not built,
        "runs as root": not users or not re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]),
        "takes any version of its base": bases != {"${BASE}"}
        or not re.search(r"BASE=python:3\.11-slim-\w+", str(args)),
        "installs what no hash holds": any(
            "pip install" in step and "--require-hashes" not in step and "--no-index" not in step
            for run in runs
            for step in run.split("&&")
        ),
        "fetches at build time": any(re.search(r"\b(curl|wget|git clone|apt-get)\b", run) for run in runs),
        "copies all that lies about": any(rest.split()[0] == "." or "://" in rest for rest in copies),
        "holds a secret": re.search(r"(?i)(password|secret|api_key|token)=", text) is not None,
        "is not warm": not any("ringfence detect" in run and "--network=none" in run for run in runs),
        "does not say what is in it": not any("sbom.py requirements.lock licences.csv" in run for run in runs),
    }
    return [what for what, is_so in wrong.items() if is_so]


def test_an_image_keeps_what_is_promised() -> None:
    assert faults(FILE) == []


@pytest.mark.parametrize(
    ("line", "instead", "expected"),
    [
        ("USER 10001:10001", "", "runs as root"),
        ("USER 10001:10001", "USER ringfence", "runs as root"),
        ("USER 10001:10001", "USER 10001:10001\nUSER 0:0", "runs as root"),
        ("FROM ${BASE}\n", "FROM python:latest\n", "takes any version of its base"),
        ("slim-bookworm\nFROM", "latest\nFROM", "takes any version of its base"),
        ("--require-hashes -r requirements.lock", "-r requirements.lock", "installs what no hash holds"),
        ("COPY audit audit", "COPY . .", "copies all that lies about"),
        ("WORKDIR /src", "RUN curl -o /x https://x.example", "fetches at build time"),
        ("PYTHONUNBUFFERED=1", "OPENAI_API_KEY=x", "holds a secret"),
        ("RUN --network=none ringfence detect --detectors", "", "is not warm"),
        ("python sbom.py requirements.lock", "true", "does not say what is in it"),
    ],
)
def test_one_that_does_not_is_found(line: str, instead: str, expected: str) -> None:
    assert line in FILE
    assert expected in faults(FILE.replace(line, instead))


def test_what_builds_the_package_is_taken_from_the_lock_with_all_that_it_needs() -> None:
    taken = re.search(r"\^\(([a-z|-]+)\)==/", FILE)
    assert taken is not None
    needed, todo = set(), ["hatchling"]
    while todo:
        needed.add(name := todo.pop())
        requires = [Requirement(line) for line in importlib.metadata.requires(name) or ()]
        here = (each.name for each in requires if each.marker is None or each.marker.evaluate({"extra": ""}))
        todo += [each for each in here if each not in needed]
    assert set(taken[1].split("|")) == needed


def test_its_settings_are_settings() -> None:
    given = dict(re.findall(r"(RINGFENCE_[A-Z_]+)=(\S+)", FILE))
    assert len(given) == 5
    assert Settings.load(environ=given).host == "0.0.0.0"


def test_everything_that_is_copied_is_there_and_let_in() -> None:
    let_in = {line.removeprefix("!") for line in BUILT_FROM if line.startswith("!")}
    copied = {
        name
        for stage in stages(FILE)
        for word, rest in stage
        if word == "COPY" and not rest.startswith("--from")
        for name in rest.split()[:-1]
    }
    assert BUILT_FROM[1] == "*"
    assert copied == let_in
    assert [name for name in copied if not (ROOT / name).exists()] == []
