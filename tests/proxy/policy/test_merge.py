from proxy.files.diagnostics import Place, Problems
from proxy.policy.merge import merge
from proxy.policy.model import Grant, What, Who
from proxy.policy.parse_context import Parts


def grant(name: str, line: int) -> Grant:
    return Grant(name, Who(), What(), ("home",), where=Place("p.yaml", line, 1))


def test_everything_is_sorted_by_id_whatever_file_it_came_from() -> None:
    problems = Problems()
    files = [
        Parts("policy", id=("z", 2), owner="ann", grants=[grant("c", 1)]),
        Parts("taxonomy", id=("t", 1)),
        Parts("policy", id=("a", 1), owner="bob", grants=[grant("b", 2), grant("a", 3)]),
    ]
    bundle = merge(files, problems)
    assert bundle is not None
    assert [item.id for item in bundle.grants] == ["a", "b", "c"]
    assert (bundle.taxonomy, bundle.policies) == (("t", 1), (("a", 1), ("z", 2)))
    assert bundle.owners == (("a", "bob"), ("z", "ann"))
    assert problems.found == ()


def test_the_later_place_of_a_repeated_id_is_reported() -> None:
    problems = Problems()
    merge([Parts("taxonomy", id=("t", 1), grants=[grant("a", 9), grant("a", 4)])], problems)
    assert [(found.line, found.code) for found in problems.found] == [(9, "duplicate-id")]


def test_without_a_taxonomy_there_is_no_bundle() -> None:
    problems = Problems()
    assert merge([Parts("policy", id=("p", 1))], problems) is None
    assert [found.code for found in problems.found] == ["one-taxonomy"]
