"""An auditor asks about a month, and answers each question from the pack alone: the page of the guides, run again."""

import json
import re
import shlex
import subprocess
import sys
import tarfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from month import PERIOD, Month, write

from audit.cli_export import constants
from audit.keys import read_signers
from audit.pack.making import Wish, make
from audit.signing import statements
from audit.signing.signer import load_state
from audit.sources.source import SqliteSource

GUIDE = Path(__file__).parents[2] / "deploy" / "docs" / "auditor-story.md"
COMMAND = re.compile(r"^\$ (.+)$")


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    return write(tmp_path_factory.mktemp("month"))


@pytest.fixture(scope="module")
def desk(month: Month, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the auditor has: the pack, the verifier, a head that she kept, and what vendors billed."""
    desk = tmp_path_factory.mktemp("desk")

    def sign(text: str) -> bytes | None:
        return statements.sign(text, load_state(month.home / "signer"), read_signers(month.keys))

    with closing(SqliteSource(month.place)) as source:
        newest = source.newest_checkpoint()
        assert newest is not None
        (desk / "kept-head").write_bytes(newest.note)
        wish = Wish(PERIOD["from"], PERIOD["to"])
        make(source, desk / "october.tar", wish, constants(), sign=sign, recorded=lambda _: None)
    with tarfile.open(desk / "october.tar") as pack:
        (desk / "verify.py").write_bytes(_member(pack, "verify.py"))
    (desk / "billed.csv").write_text(_billed(month))
    return desk


def _member(pack: tarfile.TarFile, name: str) -> bytes:
    file = pack.extractfile(name)
    assert file is not None
    return file.read()


def _billed(month: Month) -> str:
    """Write what the two vendors billed: all that they answered, and three requests that no log of ours holds."""
    lines = ["date,model,requests,input_tokens,output_tokens"]
    days = sorted({day for day, _ in month.disclosed if "2026-10-01" <= day < "2026-11-01"})
    for day in days:
        rows = [(month.disclosed[day, at], *(month.tokens[day, at, way] for way in ("in", "out"))) for at in VENDORS]
        count, tokens_in, tokens_out = (sum(column) for column in zip(*rows, strict=True))
        more = 3 if day == "2026-10-21" else 0
        lines.append(f"{day},gpt-5-mini,{count + more},{tokens_in + more * 400},{tokens_out + more * 100}")
    return "\n".join(lines) + "\n"


VENDORS = ("vendor-us", "vendor-eu")


@pytest.fixture(scope="module")
def answers(desk: Path) -> dict[str, Any]:
    """Return the documents of the pack."""
    with tarfile.open(desk / "october.tar") as pack:
        names = [name for name in pack.getnames() if name.startswith("evidence/")]
        return {Path(name).stem: json.loads(_member(pack, name)) for name in names}


def of_october(counted: Counter[tuple[str, str]], name: str) -> int:
    return sum(n for (day, what), n in counted.items() if what == name and "2026-10-01" <= day < "2026-11-01")


def test_the_population_is_complete(answers: dict[str, Any], month: Month) -> None:
    ipe = answers["ipe"]
    assert (ipe["contiguous"], ipe["excluded"], ipe["erased"], ipe["pruned"]) == (True, 0, 2, 0)
    assert ipe["population"] == ipe["last"] - ipe["first"] + 1
    decided = sum(of_october(month.decided, what) for what in ("allow", "pin", "block"))
    assert ipe["decisions"] == decided - len(month.erased)
    assert ipe["requested"]["by"]["id"] == "ak_00000000000000a1"


def test_every_decision_followed_a_policy_that_somebody_else_approved(answers: dict[str, Any]) -> None:
    told = answers["policies"]["summary"]
    assert (told["unregistered"], told["not_distinct"], told["none"], told["claimed"]) == (0, 0, 0, 0)
    assert [row["ts"][:10] for row in answers["policies"]["activations"]["rows"]] == [
        "2026-09-28",
        "2026-10-06",
        "2026-10-12",
        "2026-10-16",
    ]


def test_what_went_to_a_vendor_because_of_an_exception_is_counted(answers: dict[str, Any]) -> None:
    (row,) = answers["policies"]["exceptions"]["rows"]
    assert row["id"] == "EX-2026-014"
    assert 0 < row["allowed"] <= row["n"]


def test_nothing_restricted_went_to_a_vendor_and_all_that_went_there_is_listed(
    answers: dict[str, Any], month: Month
) -> None:
    told = answers["disclosures"]
    assert (told["restricted"]["n"], told["restricted"]["unjudged"], told["outside_left"]["total"]) == (0, 0, 0)
    erased_there = told["total"] - sum(of_october(month.disclosed, name) for name in VENDORS)
    assert -len(month.erased) - len(month.lost) <= erased_there <= len(month.lost)
    assert sum(row["n"] for row in told["accounts"]["rows"]) == told["total"]


def test_the_time_without_records_is_the_one_in_which_the_server_was_down(answers: dict[str, Any]) -> None:
    (dark,) = answers["incidents"]["dark"]["rows"]
    assert (dark["since"][:16], dark["until"][:16]) == ("2026-10-16T02:04", "2026-10-16T05:30")
    outcomes = {row["status"]: row["n"] for row in answers["reconciliation"]["outcomes"]}
    assert outcomes["unknown_after_crash"] == 1
    assert answers["reconciliation"]["attempts"]["open"] == 0


def test_the_failed_test_of_the_controls_is_an_incident_that_was_closed(answers: dict[str, Any]) -> None:
    (incident,) = answers["incidents"]["incidents"]["rows"]
    assert (incident["what"], incident["s"] <= 3600, incident["closed"]["how"]) == ("canary_failed", True, "passed")
    assert answers["controls"]["failures"]["total"] == 1
    assert answers["controls"]["days_without_run"] == ["2026-10-16"]


def test_who_had_access_and_who_reviewed_it(answers: dict[str, Any]) -> None:
    told = answers["access"]
    assert {row["app"]: row["state"] for row in told["keys"]["rows"]}["pilot"] == "revoked"
    assert told["reviews"]["rows"][0]["reviewer"] == "ciso@acme.example"


def test_what_was_erased_is_listed_and_nothing_else_is_gone(answers: dict[str, Any], month: Month) -> None:
    erased = answers["retention"]["erased"]["rows"]
    assert month.erased[0] in {row["id"] for row in erased}
    assert {row["kind"] for row in erased} == {"route.decision", "route.outcome"}


def test_requests_that_came_are_requests_that_were_decided(answers: dict[str, Any]) -> None:
    ingress = answers["reconciliation"]["ingress"]
    assert ingress["received"] == ingress["decided"] + sum(row["n"] for row in ingress["refused"])


def blocks() -> list[tuple[str, str]]:
    """Return each command of the guide with what it printed."""
    found, shown = list[tuple[str, list[str]]](), GUIDE.read_text(encoding="utf-8")
    for block in re.findall(r"```console\n(.*?)```", shown, re.DOTALL):
        for line in block.splitlines():
            command = COMMAND.match(line)
            if command:
                found.append((command[1], []))
            else:
                found[-1][1].append(line)
    return [(command, "\n".join(lines)) for command, lines in found]


def like(shown: str) -> re.Pattern[str]:
    """Return what an output has to match: digests, ids and what `[...]` stands for are others each time."""
    pattern = re.escape(shown.strip())
    pattern = re.sub(r"\\\[\\\.\\\.\\\.\\\]", ".*?", pattern)
    pattern = re.sub(r"01a[0-9a-f]{5}(\\-[0-9a-f]{4}){3}\\-[0-9a-f]{12}", "[0-9a-f-]{36}", pattern)
    pattern = re.sub(r"(?<![0-9a-z_])[0-9a-f]{32,64}(?![0-9a-z])", "[0-9a-f]{32,64}", pattern)
    return re.compile(pattern, re.DOTALL)


def answered(command: str, desk: Path) -> str:
    """Run a command of the guide; `jq` alone is played, for it is not installed everywhere."""
    words = shlex.split(command)
    if "|" in words:
        name, path = re.search(r"(evidence/\S+) \| jq -c '(.+)'", command).groups()  # type: ignore[union-attr]
        with tarfile.open(desk / "october.tar") as pack:
            value = json.loads(_member(pack, name))
        for key in path.strip(".").split("."):
            value = value[key]
        return json.dumps(value, separators=(",", ":"))
    programs = {"python3": sys.executable, "ringfence": str(Path(sys.executable).with_name("ringfence"))}
    ran = subprocess.run(
        [programs[words[0]], *words[1:]],
        cwd=desk,
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C.UTF-8"},
    )
    return ran.stdout + ran.stderr


def test_the_guide_shows_what_its_commands_print(desk: Path) -> None:
    shown = blocks()
    assert len(shown) >= 10
    for command, output in shown:
        printed = answered(command, desk).strip()
        assert like(output).fullmatch(printed), f"$ {command}\n{printed}"
