"""Detection measured: Ringfence beside Presidio as it comes, in one run over the same requests.

    make bench-detection [DATA=DIR] [ARGS="--only ours --half dev --misses misses.jsonl --alarms alarms.jsonl"]

A request is one chat body. Half of the requests, by a hash of their ids, are held back: their figures are shown, but
not what was missed in them, so that no rule can be fitted to them. Hard identifiers are what pins a request by itself
under the shipped taxonomy; its class floors decide what counts. Stock Presidio runs at a threshold of 0.35 and reads
the same strings.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from bench.detection import calibration, formats, report, speed
from bench.detection.found import System, units
from bench.detection.groups import floors
from bench.detection.marks import MarkError, Request
from bench.detection.score import Judged, judge

from proxy.errors import RingfenceError
from proxy.settings import ROOT, Settings

CALIBRATION = ROOT / "proxy" / "detection" / "calibration.txt"
SYSTEMS = ("ours", "sm", "md")


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; status 2 for data or settings that cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", help="files or folders instead of the own requests")
    parser.add_argument("--only", action="append", choices=SYSTEMS, help="systems; all if not given")
    parser.add_argument("--half", choices=report.HALVES, default="all", help="requests to run")
    parser.add_argument("--by-tag", action="store_true", help="figures for each tag, too")
    parser.add_argument("--misses", type=Path, help="write what Ringfence missed in the dev half")
    parser.add_argument("--alarms", type=Path, help="write what Ringfence found wrongly in the dev half")
    parser.add_argument("--json", type=Path, help="write all counts")
    parser.add_argument("--fresh", action="store_true", help="do not use what stock Presidio gave in earlier runs")
    parser.add_argument(
        "--speed",
        action=argparse.BooleanOptionalAction,
        help="measure time and memory, too; if not given, where all systems run on all requests",
    )
    parser.add_argument("--rounds", type=int, default=speed.ROUNDS, help="how often each time is measured")
    parser.add_argument(
        "--calibration", action="store_true", help="only: how often what Ringfence finds is right, by score"
    )
    parser.add_argument("--fit", type=Path, nargs="?", const=CALIBRATION, help="only: write what scores to report")
    chosen = parser.parse_args(arguments)
    try:
        requests = formats.read(chosen.data or [formats.OWN])
        requests = [request for request in requests if chosen.half in ("all", request.half)]
        for request in requests:
            units(request.body)
        if chosen.calibration or chosen.fit:
            print(calibrate(requests, chosen.fit))
            return 0
        systems = make(chosen.only or SYSTEMS, fresh=chosen.fresh)
    except (MarkError, RingfenceError, OSError) as error:
        sys.stderr.write(f"bench-detection: {error}\n")
        return 2
    judged = {system.name: [judge(request, system.look(request.body)) for request in requests] for system in systems}
    show(judged, chosen)
    return 0


def make(names: Sequence[str], *, fresh: bool = False) -> list[System]:
    """Load the chosen systems, and import no other."""
    return [load_ours() if name == "ours" else load_stock(name, fresh=fresh) for name in names]


def calibrate(requests: Sequence[Request], file: Path | None) -> str:
    """Measure what scores mean, as they are reported, or as rules score to write what is to be reported."""
    from bench.detection.ours import Ours

    system = Ours(Settings.load(), everything=True, raw=file is not None)
    found = list(calibration.sighted(judge(request, system.look(request.body)) for request in requests))
    if file is None:
        return calibration.table(found)
    calibration.write(calibration.fit(found, floors()), file)
    return calibration.fitting(found, floors())


def load_ours() -> System:
    """Load our analyzer, with the settings of a server."""
    from bench.detection.ours import Ours

    return Ours(Settings.load())


def load_stock(model: str, *, fresh: bool = False) -> System:
    """Load Presidio with one of its models."""
    from bench.detection.stock import Stock

    return Stock(model, fresh=fresh)


def show(judged: dict[str, list[Judged]], chosen: argparse.Namespace) -> None:
    """Print the table and write the files."""
    counted = report.tally(judged)
    figures = report.as_json(counted)
    costs = measured(list(judged), chosen)
    print(report.table(counted, speed.rows(costs)))
    if chosen.by_tag:
        tags = report.by_tag(judged)
        print(f"\n{report.tags(tags)}")
        figures = {system: {**counts, "tags": report.as_json(tags)[system]} for system, counts in figures.items()}
    figures |= {"speed": costs} if costs else {}
    ours = judged.get("ringfence", [])
    for file, write in ((chosen.misses, report.write_misses), (chosen.alarms, report.write_alarms)):
        if file is not None:
            print(f"{write(ours, file)} lines in {file}")
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def measured(systems: Sequence[str], chosen: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Measure time and memory of the systems that ran, if that is wanted."""
    if not (chosen.speed or (chosen.speed is None and not chosen.only and chosen.half == "all")):
        return {}
    names = chosen.only or SYSTEMS
    figures = speed.measure(names, chosen.data or (), chosen.rounds)
    return {system: figures[name] for system, name in zip(systems, names, strict=True)}


if __name__ == "__main__":
    raise SystemExit(main())
