"""Puts files together into one bundle. Order never matters, so everything is sorted by its id."""

from collections.abc import Iterable, Sequence

from proxy.files.diagnostics import Place, Problems, shown
from proxy.policy.limits import check_limits
from proxy.policy.model import Bundle
from proxy.policy.parse_context import Parts


def merge(files: Sequence[Parts], problems: Problems) -> Bundle | None:
    """Merge; None, with a problem, when there is no single taxonomy."""
    taxonomies = [parts for parts in files if parts.kind == "taxonomy"]
    if len(taxonomies) != 1:
        where = taxonomies[1].where if taxonomies else Place("taxonomy.yaml", 1, 1)
        problems.error(where, "one-taxonomy", f"exactly one file holds a taxonomy, found {len(taxonomies)}")
        return None
    check_limits(files, problems)
    policies = [parts for parts in files if parts.kind == "policy"]
    taxonomy = taxonomies[0]
    grants = sorted((item for parts in files for item in parts.grants), key=lambda item: item.id)
    rules = sorted((item for parts in files for item in parts.rules), key=lambda item: item.id)
    answers = sorted((item for parts in files for item in parts.answers), key=lambda item: item.id)
    exceptions = sorted((item for parts in files for item in parts.exceptions), key=lambda item: item.id)
    _distinct("policy", ((parts.id[0], parts.where) for parts in [taxonomy, *policies]), problems)
    _distinct("grant", ((item.id, item.where) for item in grants), problems)
    _distinct("rule", ((item.id, item.where) for item in (*rules, *answers)), problems)
    budgets = sorted((item for parts in files for item in parts.budgets), key=lambda item: item.id)
    _distinct("budget", ((item.id, item.where) for item in budgets), problems)
    _distinct("exception", ((item.id, item.where) for item in exceptions), problems)
    return Bundle(
        taxonomy=taxonomy.id,
        policies=tuple(sorted(parts.id for parts in policies)),
        owners=tuple(sorted((parts.id[0], parts.owner) for parts in policies)),
        zones=tuple(sorted(taxonomy.zones, key=lambda item: item.name)),
        classes=tuple(sorted(taxonomy.classes, key=lambda item: item.name)),
        ignored=tuple(sorted(taxonomy.ignored)),
        grants=tuple(grants),
        rules=tuple(rules),
        answers=tuple(answers),
        budgets=tuple(budgets),
        exceptions=tuple(exceptions),
        claims=tuple(sorted((item for parts in files for item in parts.claims), key=lambda c: (c.never, c.zones))),
        tests=tuple(item for parts in files for item in parts.tests),
        where=taxonomy.where,
    )


def _distinct(kind: str, ids: Iterable[tuple[str, Place]], problems: Problems) -> None:
    first: dict[str, Place] = {}
    for name, where in sorted(ids, key=lambda item: (item[1].file, item[1].line, item[1].col)):
        if name and name in first:
            problems.error(where, "duplicate-id", f"{shown(name)} is the id of another {kind} ({first[name]})")
        first.setdefault(name, where)
