"""What the page gives of a pack that was verified is what lies in it, with proofs that others can check."""

import base64
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import Chromium, Page, Refused
from evidenced import DECISION
from scribe import Scribe, drawn_log
from verified import BYTES, opened

from audit.pack.reading import Packed
from audit.pack.sampling import Asked, sample
from audit.proofs.checkpoint import Proof
from audit.sources.exported import ExportSource

NONCE = "three words chosen now \u00e9"
Call = Callable[..., Any]
OPEN = f"""async (pack) => {{
  {BYTES}
  const {{ schemas, known }} = JSON.parse(document.getElementById("data").textContent);
  globalThis.session = Ringfence.session();
  return session.verify({{ blob: new Blob([bytes(pack)]), trust: [], receipts: [], schemas, known }});
}}"""


@pytest.fixture(scope="module")
def log() -> Scribe:
    """Return a log of more records than a tile of the tree has, of which the last lies under no checkpoint."""
    made = Scribe.begun()
    for number in range(150):
        zone = "onprem" if number % 3 else "cloud-us"
        seq = made.add("route.decision", 2, **{**DECISION, "zone": zone, "classes": DECISION["classes"][number % 2 :]})
        made.add("route.outcome", 2, dec=json.loads(made.bodies[seq])["id"], attempt=1, status="ok")
    made.sign()
    return made


@pytest.fixture(scope="module")
def pack(log: Scribe) -> bytes:
    return log.pack()


@pytest.fixture(scope="module")
def page(browser: Chromium, tmp_path_factory: pytest.TempPathFactory, pack: bytes) -> Iterator[Page]:
    with opened(browser, tmp_path_factory.mktemp("page")) as shown:
        report = shown.call(OPEN, base64.b64encode(pack).decode())
        assert (report["grade"], report["findings"]) == ("signed", [])
        yield shown


@pytest.fixture(scope="module")
def call(page: Page) -> Call:
    return lambda name, **given: page.call("(name, given) => session[name](given)", name, given)


def test_a_record_is_shown_as_it_was_hashed(call: Call, log: Scribe) -> None:
    links = log.chained()[1]
    for seq in (0, 1, 255, 256, len(log.bodies) - 1):
        shown = call("record", seq=seq)
        assert shown["text"].encode() == log.bodies[seq]
        assert shown["body"] == json.loads(log.bodies[seq])
        assert (shown["state"], shown["link"]) == ("there", links[seq].hex())
    with pytest.raises(Refused, match="no such record"):
        call("record", seq=len(log.bodies))


def test_a_proof_of_every_place_in_a_tile_leads_to_the_signed_root(call: Call, log: Scribe) -> None:
    links = log.chained()[1]
    for seq in (0, 1, 127, 128, 254, 255, 256, 257, 300, len(links) - 1):
        proof = Proof.decode(call("proof", seq=seq)["text"].encode())
        assert proof.index == seq
        assert proof.includes(links[seq])
        assert not proof.includes(links[seq - 1])


MANY_RULES = """() => {
  const index = new Ringfence.Index(new Blob([])), stored = { offset: 0, from: 0, to: 1 };
  const body = { kind: "route.decision", ts: "2026-03-01T00:00:00.000000Z", id: "00000000", classes: [] };
  for (let seq = 0; seq < 1000; seq++) {
    const rules = Array.from({ length: 64 }, (_, at) => ({ id: `r${seq}-${at}` }));
    index.take({ seq, stored }, { ...body, rules });
  }
  return [...index.labels.rule.values()].reduce((sum, column) => sum + column.values.byteLength, 0);
}"""


def test_rules_of_any_number_take_little_memory(page: Page) -> None:
    assert page.call(MANY_RULES) < 64 * 1000 * 64


CONDITIONS: tuple[dict[str, str], ...] = (
    {},
    {"kind": "route.decision"},
    {"zone": "cloud-us"},
    {"class": "pii", "rule": "keep-home", "zone": "onprem"},
    {"decision": "pin", "app": "crm", "team": "sales"},
    {"class": "nothing"},
)


@pytest.mark.parametrize("where", CONDITIONS, ids=str)
def test_a_sample_is_the_one_that_the_python_verifier_draws(
    call: Call, pack: bytes, log: Scribe, tmp_path: Path, where: dict[str, str]
) -> None:
    (tmp_path / "pack.tar").write_bytes(pack)
    drawn = call("sample", nonce=NONCE, count=7, where=where)
    source = ExportSource(Packed(tmp_path / "pack.tar"))
    asked = Asked.parse(NONCE, 7, [f"{name}={value}" for name, value in where.items()])
    made = sample(source, asked, log.root(len(log.bodies)), 0, len(log.bodies) - 1)
    source.close()
    assert drawn == {
        "seqs": [one.seq for one in made.records],
        "seed": made.seed,
        "population": made.population,
    }


@pytest.mark.parametrize("count", [0, 10_001, 1.5])
def test_a_sample_of_no_sense_is_refused(call: Call, count: float) -> None:
    with pytest.raises(Refused, match="a sample has"):
        call("sample", nonce=NONCE, count=count)
    with pytest.raises(Refused, match="nonce"):
        call("sample", nonce="", count=1)


@pytest.mark.parametrize("where", CONDITIONS, ids=str)
def test_pages_of_what_was_found_hold_each_record_once(call: Call, log: Scribe, where: dict[str, str]) -> None:
    def fits(body: dict[str, Any]) -> bool:
        own = {**body.get("actor", {}), **{name: body.get(name) for name in ("kind", "zone", "decision")}}
        labels = {
            "class": [one["c"] for one in body.get("classes", ())],
            "rule": [one["id"] for one in body.get("rules", ())],
        }
        return all(value in labels[name] if name in labels else own.get(name) == value for name, value in where.items())

    expected = [seq for seq, body in enumerate(log.bodies) if fits(json.loads(body))]
    found, after = list[int](), None
    while True:
        shown = call("find", **where, after=after, limit=7)
        found += shown["seqs"]
        if shown["next"] is None:
            break
        after = shown["next"]
    assert found == expected


def test_times_bound_what_is_found(call: Call, log: Scribe) -> None:
    times = [json.loads(body)["ts"] for body in log.bodies]
    found = call("find", **{"from": times[10], "to": times[20]}, limit=1000)
    assert found["seqs"] == list(range(10, 20))


def test_what_followed_from_a_decision_is_found(call: Call) -> None:
    assert call("related", seq=2) == {"seqs": [3]}
    assert call("related", seq=3) == {"seqs": []}


def test_choices_are_what_the_records_say(call: Call) -> None:
    shown = call("values")
    assert shown["zone"] == ["cloud-us", "onprem"]
    assert (shown["class"], shown["rule"]) == (["pii"], ["keep-home"])
    assert {"genesis", "route.decision", "route.outcome", "writer.start"} == set(shown["kind"])


def test_a_session_forgets_what_it_verified_before(browser: Chromium, tmp_path: Path) -> None:
    with opened(browser, tmp_path) as shown:
        for seed in (1, 2):
            shown.call(OPEN, base64.b64encode(drawn_log(random.Random(seed), 5).pack()).decode())
        shown.call(OPEN, base64.b64encode(b"no pack").decode())
        with pytest.raises(Refused, match="no log was read"):
            shown.evaluate("session.record({seq: 0})")


def test_a_verification_can_be_stopped(page: Page, pack: bytes) -> None:
    stopped = page.call(
        f"""(pack) => {{
          {BYTES}
          const {{ schemas, known }} = JSON.parse(document.getElementById("data").textContent);
          const one = Ringfence.session();
          one.onProgress = () => one.cancel();
          const blob = new Blob([bytes(pack)]);
          return one.verify({{ blob, schemas, known }}).then(() => "went on", (error) => error.message);
        }}""",
        base64.b64encode(pack).decode(),
    )
    assert stopped == "cancelled"


def test_a_worker_answers_as_a_session_does(page: Page, pack: bytes) -> None:
    asked = f"""async (pack) => {{
      {BYTES}
      const {{ schemas, known }} = JSON.parse(document.getElementById("data").textContent);
      const engine = Ringfence.engine.start(), heard = [];
      engine.onProgress = ({{ phase }}) => heard.push(phase);
      const given = {{ trust: [], receipts: [], schemas, known }};
      const report = await engine.call("verify", {{ blob: new Blob([bytes(pack)]), ...given }});
      const none = await engine.call("constructor").catch((error) => error.message);
      const shown = await engine.call("record", {{ seq: 1 }});
      return [report.grade, engine.inWorker, [...new Set(heard)], none, shown.seq];
    }}"""
    made = page.call(asked, base64.b64encode(pack).decode())
    assert made == ["signed", True, ["files", "records", "checkpoints", "evidence"], "no such call", 1]
