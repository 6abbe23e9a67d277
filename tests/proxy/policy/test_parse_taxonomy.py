from proxy.files.diagnostics import Problems
from proxy.files.source import parse
from proxy.policy.model import DataClass, Trust, Zone
from proxy.policy.parse_context import Context
from proxy.policy.parse_taxonomy import OWN_NETWORKS, taxonomy


def test_zones_classes_and_ignored_types_are_read() -> None:
    text = """\
taxonomy: t
version: 2
zones:
  home: {trust: own, networks: [fd00::/8, 10.0.0.0/8]}
  lab: {trust: own}
  us: {trust: vendor, region: us, agreements: [dpa, baa]}
classes:
  unscanned: {ceiling: []}
  pii: {entities: [B, A], floor: 0.4, ceiling: [lab, home]}
  both: {or_all_of: [pii, unscanned], ceiling: [home]}
ignore: {TAG: "not ours"}
"""
    context = Context(Problems())
    parts = taxonomy(parse(text.encode(), "t.yaml"), context)
    assert context.problems.found == ()
    assert parts.zones == [
        Zone("home", Trust.OWN, networks=("10.0.0.0/8", "fd00::/8")),
        Zone("lab", Trust.OWN, networks=OWN_NETWORKS),
        Zone("us", Trust.VENDOR, "us", ("baa", "dpa")),
    ]
    assert parts.classes == [
        DataClass("unscanned", (), (), 0, ()),
        DataClass("pii", ("A", "B"), (), 8, ("home", "lab")),
        DataClass("both", (), ("pii", "unscanned"), 0, ("home",)),
    ]
    assert parts.ignored == [("TAG", "not ours")]
    assert {(item.kind, item.name, item.user) for item in context.references if item.kind != "zone"} == {
        ("entity", "A", "pii"), ("entity", "B", "pii"), ("class", "pii", ""), ("class", "unscanned", ""),
        ("ignored", "TAG", ""),
    }  # fmt: skip
