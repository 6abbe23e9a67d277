from proxy.files.diagnostics import Problems
from proxy.files.source import parse
from proxy.policy.parse_context import Context


def test_a_reference_is_noted_for_a_name_or_for_each_name_of_a_list_with_its_place() -> None:
    root = parse(b"a: home\nb: [eu, us, 5]\nc: {x: y}\n", "x.yaml")
    context = Context(Problems())
    for key in ("a", "b", "c"):
        context.refer("zone", root.entries[key][1])
    assert [(item.name, item.where.line, item.where.col) for item in context.references] == [
        ("home", 1, 4),
        ("eu", 2, 5),
        ("us", 2, 9),
    ]
