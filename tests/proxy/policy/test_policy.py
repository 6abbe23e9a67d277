import hashlib
import json
from collections.abc import Callable

import rfc8785

from proxy.policy.policy import Policy, canonical

Build = Callable[..., Policy]
RULE = "  - {id: r, if: {class: place, min_count: 2}, then: pin, because: b, notify: [x, y]}\n"


def test_comments_order_files_and_tests_do_not_change_the_digest(policy: Build, taxonomy: str) -> None:
    one = policy(RULE)
    reordered = "  # why\n  - {notify: [y, x], because: b, then: pin, if: {min_count: 2, class: place}, id: r}\n"
    lines = taxonomy.split("\n")
    swapped = "\n".join([*lines[:3], lines[5], lines[3], lines[4], *lines[6:]])
    tested = reordered + "tests:\n  - {name: t, given: {endpoint: chat}, expect: {decision: allow}}\n"
    two = policy(tested, taxonomy=swapped)
    assert one.sha256 == two.sha256
    assert one.files_sha256 != two.files_sha256


def test_everything_that_can_change_a_decision_or_an_answer_changes_the_digest(policy: Build, taxonomy: str) -> None:
    changes = [("min_count: 2", "min_count: 3"), ("then: pin", "then: block"), ("because: b", "because: c"),
               ("id: r", "id: s"), ("[x, y]", "[x]"), ("id: r,", "id: r, mode: shadow,"),
               ("id: r,", "id: r, log: full,"),
               ("id: r,", "id: r, who: {teams: [t]},"), ("id: r,", "id: r, what: {models: [m]},")]  # fmt: skip
    digests = {policy(RULE.replace(old, new)).sha256 for old, new in changes}
    digests |= {policy(RULE, taxonomy=taxonomy.replace("0.40", "0.45")).sha256}
    digests |= {policy(RULE, taxonomy=taxonomy.replace("ceiling: [home, eu, us]", "ceiling: [home, eu]")).sha256}
    preferred = (
        "policy: base\nversion: 3\nowner: ann@acme.example\ngrants:\n  - {id: everyone, zones: [eu, us, home]}\n"
    )
    digests |= {policy(RULE, base=preferred).sha256, policy(RULE).sha256}
    assert len(digests) == len(changes) + 4


def test_the_digest_is_of_canonical_json(policy: Build) -> None:
    built = policy(RULE.replace("because: b", 'because: "Grüße, 日本 and \\" quotes"'))
    text = canonical(built.bundle)
    assert rfc8785.dumps(json.loads(text)) == text
    assert built.sha256 == hashlib.sha256(text).hexdigest()


def test_the_archive_holds_every_file_as_it_is(policy: Build, taxonomy: str) -> None:
    built = policy(RULE)
    stored = json.loads(built.text())
    assert [item["name"] for item in stored["files"]] == ["base.yaml", "rules.yaml", "taxonomy.yaml"]
    assert stored["files"][2]["text"] == taxonomy
    assert built.files_sha256 == hashlib.sha256(built.text()).hexdigest()


def test_own_zones_have_networks_from_the_start(policy: Build) -> None:
    zones = policy().zones
    assert "127.0.0.0/8" in zones["home"].networks
    assert zones["us"].networks == ()
    assert (zones["eu"].region, zones["eu"].agreements) == ("eu", ("dpa",))
