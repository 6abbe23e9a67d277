"""From nodes to the model: policies, exceptions and tests. What needs more than one file is checked in `lint`."""

from proxy.files.node import Node
from proxy.policy import reading, vocabulary
from proxy.policy.local_first import BASIS, LocalFirst
from proxy.policy.model import Claim, Condition, Grant, PolicyException, Rule, Who
from proxy.policy.modes import Direction, Effect, Mode
from proxy.policy.parse_budgets import budget
from proxy.policy.parse_context import Context, Parts
from proxy.policy.parse_taxonomy import taxonomy
from proxy.policy.parse_tests import inline_test


def parse_file(node: Node, ctx: Context) -> Parts:
    """Read one file; its top-level keys say which kind it is."""
    found = [kind for kind in vocabulary.FILES if kind in node.entries and (kind != "tests" or len(node.entries) == 1)]
    if len(found) != 1:
        message = "a policy file has exactly one of these keys: taxonomy, policy, exceptions; or tests alone"
        ctx.problems.error(node, "unknown-file", message)
        return Parts()
    match found[0]:
        case "taxonomy":
            return taxonomy(node, ctx)
        case "policy":
            return _policy(node, ctx)
        case "exceptions":
            given = reading.fields(node, ctx.problems, vocabulary.EXCEPTIONS)
            listed = given["exceptions"].items(ctx.problems)
            return Parts("exceptions", where=node.place, exceptions=[_exception(item, ctx) for item in listed])
        case _:
            listed = reading.fields(node, ctx.problems, vocabulary.TESTS)["tests"].items(ctx.problems, least=1)
            return Parts("tests", where=node.place, tests=[inline_test(item, ctx) for item in listed])


def _policy(node: Node, ctx: Context) -> Parts:
    problems = ctx.problems
    given = reading.fields(node, problems, vocabulary.POLICY)
    rules: dict[Direction, list[Rule]] = {direction: [] for direction in Direction}
    for item in given["rules"].items(problems):
        rules[_direction(item)].append(_rule(item, ctx))
    return Parts(
        kind="policy",
        where=given["policy"].place,
        id=(
            given["policy"].text(problems, vocabulary.ID, "an id"),
            given["version"].integer(problems, 1, vocabulary.MAX_VERSION),
        ),
        owner=given["owner"].text(problems, vocabulary.PERSON, "an id such as an e-mail address"),
        grants=[_grant(item, ctx) for item in given["grants"].items(problems)],
        rules=rules[Direction.REQUEST],
        answers=rules[Direction.ANSWER],
        budgets=[budget(item, ctx) for item in given["budgets"].items(problems)],
        claims=[_claim(item, ctx) for item in given["claims"].items(problems)],
        tests=[inline_test(item, ctx) for item in given["tests"].items(problems)],
    )


def _grant(node: Node, ctx: Context) -> Grant:
    problems = ctx.problems
    given = reading.fields(node, problems, vocabulary.GRANT)
    ctx.refer("zone", given["zones"])
    zones = reading.names(given["zones"], problems, vocabulary.WORD, "a zone's name", least=1, ordered=True)
    return Grant(
        id=given["id"].text(problems, vocabulary.ID, "an id"),
        who=reading.who(given["who"], problems),
        what=reading.what(given["what"], problems),
        zones=zones,
        stores=tuple(sorted(zones)) if given["store"].boolean(problems) else (),
        local_first=_local_first(given["local_first"], ctx) if given["local_first"].present else None,
        where=given["id"].place,
    )


def _local_first(node: Node, ctx: Context) -> LocalFirst:
    problems = ctx.problems
    given = reading.fields(node, problems, vocabulary.LOCAL_FIRST)
    least = given["min_characters"]
    return LocalFirst(
        int(given["confidence"].number(problems) * BASIS),
        least.integer(problems, 1, vocabulary.MAX_SAMPLE) if least.present else 1,
    )


def _direction(node: Node) -> Direction:
    said = node.entries.get("direction")
    return Direction.ANSWER if said and said[1].raw == Direction.ANSWER else Direction.REQUEST


def _rule(node: Node, ctx: Context) -> Rule:
    problems = ctx.problems
    given = reading.fields(node, problems, vocabulary.RULE)
    ctx.refer("channel", given["notify"])
    ctx.refer("zone", given["from"])
    given["direction"].choice(problems, [direction.value for direction in Direction])
    if _direction(node) is Direction.ANSWER:
        effect, only = _effect_on_answers(given["then"], ctx)
        if not given["if"].present:
            problems.error(node, "missing-key", "'if' is missing here: a rule on answers says what they carry")
    else:
        effect, only = _effect(given["then"], ctx)
        if given["from"].present:
            message = "only a rule on answers says where they come from"
            problems.error(given["from"], "unsupported", message, "add 'direction: answer', or take 'from' away")
    mode = Mode(given["mode"].choice(problems, [mode.value for mode in Mode]) or Mode.ENFORCE)
    if given["until"].present and mode is Mode.ENFORCE:
        problems.error(given["until"], "unsupported", "only a rule in shadow mode has an end; an enforced one stays")
    return Rule(
        id=given["id"].text(problems, vocabulary.ID, "an id"),
        who=reading.who(given["who"], problems),
        what=reading.what(given["what"], problems),
        condition=_condition(given["if"], ctx) if given["if"].present else None,
        effect=effect,
        only=only,
        because=given["because"].text(problems, wanted="a reason"),
        log_full=given["log"].choice(problems, vocabulary.LOGS) == "full",
        notify=reading.names(given["notify"], problems, vocabulary.ID, "a channel's name", least=1),
        mode=mode,
        until=reading.day(given["until"], problems) if given["until"].present else None,
        sources=reading.names(given["from"], problems, vocabulary.WORD, "a zone's name", least=1),
        where=given["id"].place,
        mode_where=given["mode"].place,
        until_where=given["until"].place,
        then_where=given["then"].place,
    )


def _effect(node: Node, ctx: Context) -> tuple[Effect, tuple[str, ...]]:
    problems = ctx.problems
    if node.kind == "mapping":
        given = reading.fields(node, problems, vocabulary.ONLY)
        ctx.refer("zone", given["only"])
        return "only", reading.names(given["only"], problems, vocabulary.WORD, "a zone's name", least=1)
    if node.raw in vocabulary.FUTURE:
        problems.error(
            node, "unsupported", f"'{node.raw}' is not supported: {vocabulary.FUTURE[node.raw]} is not built"
        )
        return "block", ()
    if node.raw == "allow":
        problems.error(node, "unknown-action", "rules only take away; 'allow' is what a grant does")
        return "block", ()
    chosen = node.choice(problems, vocabulary.EFFECTS, "unknown-action")
    return "pin" if chosen == "pin" else "block", ()


def _effect_on_answers(node: Node, ctx: Context) -> tuple[Effect, tuple[str, ...]]:
    if node.kind == "mapping" or node.raw in vocabulary.EFFECTS[1:]:
        message = "an answer can only be blocked: what it carries has been in the zone that it comes from"
        ctx.problems.error(node, "unknown-action", message, "write 'then: block'")
        return "block", ()
    return _effect(node, ctx)


def _condition(node: Node, ctx: Context) -> Condition:
    problems = ctx.problems
    if "not" in node.entries:
        problems.error(node.entries["not"][0], "unsupported", "conditions on data have no negation")
    given = reading.fields(node, problems, vocabulary.CONDITION, reported=frozenset({"not"}))
    ctx.refer("class", given["class"])
    return Condition(
        data_class=given["class"].text(problems, vocabulary.WORD, "a class's name"),
        min_count=given["min_count"].integer(problems, 1, vocabulary.MAX_COUNT) if given["min_count"].present else 1,
        min_score=reading.score(given["min_score"], problems),
        where=given["class"].place,
        score_where=given["min_score"].place,
        count_where=given["min_count"].place,
    )


def _claim(node: Node, ctx: Context) -> Claim:
    problems = ctx.problems
    given = reading.fields(node, problems, vocabulary.CLAIM)
    ctx.refer("class", given["never"])
    ctx.refer("zone", given["in"])
    return Claim(
        never=given["never"].text(problems, vocabulary.WORD, "a class's name"),
        zones=reading.names(given["in"], problems, vocabulary.WORD, "a zone's name", least=1),
        where=node.place,
    )


def _exception(node: Node, ctx: Context) -> PolicyException:
    problems = ctx.problems
    given = reading.fields(node, problems, vocabulary.EXCEPTION)
    ctx.refer("rule", given["waives"])
    return PolicyException(
        id=given["id"].text(problems, vocabulary.ID, "an id"),
        waives=given["waives"].text(problems, vocabulary.ID, "the id of a rule"),
        who=_named_callers(given["for"], ctx),
        until=reading.day(given["until"], problems),
        owner=given["owner"].text(problems, vocabulary.PERSON, "an id such as an e-mail address"),
        approved_by=given["approved_by"].text(problems, vocabulary.PERSON, "an id such as an e-mail address"),
        ticket=given["ticket"].text(problems, vocabulary.PERSON, "a ticket's id"),
        because=given["because"].text(problems, wanted="a reason"),
        where=given["id"].place,
        until_where=given["until"].place,
        approved_where=given["approved_by"].place,
    )


def _named_callers(node: Node, ctx: Context) -> Who:
    """Read whom an exception is for: exact names, at least one."""
    problems = ctx.problems
    given = reading.fields(node, problems, vocabulary.CALLERS)
    for item in given.values():
        for member in item.members:
            if member.raw.endswith("*"):
                problems.error(member, "exception-too-wide", "an exception names each caller that it is for")
    if node.kind == "mapping" and not any(item.present for item in given.values()):
        problems.error(node, "exception-too-wide", "an exception names each caller that it is for")
    listed = {name: reading.patterns(item, problems) for name, item in given.items()}
    return Who(teams=listed["teams"], apps=listed["apps"], keys=listed["keys"])
