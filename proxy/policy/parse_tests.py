"""Reads the tests of a policy file, or of a file that holds nothing else."""

from proxy.files.node import Node
from proxy.policy import reading, vocabulary
from proxy.policy.exceptions import NEVER_LIVE
from proxy.policy.labels import to_grid
from proxy.policy.model import Call, Expectation, Identity, InlineTest, Outcome
from proxy.policy.parse_context import Context
from proxy.policy.parse_samples import sample

UNLISTED = "unlisted"
"""The team, app, key or model of a test that does not name one."""
_SOURCES = ("findings", "text", "request")


def inline_test(node: Node, ctx: Context) -> InlineTest:
    """Read one test."""
    problems = ctx.problems
    outer = reading.fields(node, problems, vocabulary.TEST)
    given = reading.fields(outer["given"], problems, vocabulary.GIVEN)

    def named(key: str, default: str = UNLISTED) -> str:
        return given[key].text(problems, vocabulary.NAME, "an exact name") if given[key].present else default

    _said_once(outer["given"], ctx)
    ctx.refer("zone", given["from"])
    if given["budgets"].members:
        ctx.refer("budget", given["budgets"])
    asked = given["request"].entries.get("model")
    model = named("model") if asked is None else asked[1].text(problems, vocabulary.NAME, "an exact name")
    endpoint = given["endpoint"].choice(problems, sorted(vocabulary.ENDPOINTS), "unknown-endpoint")
    return InlineTest(
        name=outer["name"].text(problems, wanted="a sentence"),
        who=Identity(named("team"), named("app"), named("key")),
        call=Call(endpoint or "chat", model, named("resolved", model)),
        findings=_findings(given["findings"], ctx),
        on=reading.day(given["on"], problems) if given["on"].present else NEVER_LIVE,
        expect=_expectation(outer["expect"], ctx, of_answer=given["from"].present),
        where=outer["name"].place,
        sample=sample(given["text"], given["request"], problems),
        source=given["from"].text(problems, vocabulary.WORD, "a zone's name") if given["from"].present else None,
        budgets=reading.names(given["budgets"], problems, vocabulary.ID, "the id of a budget", least=1),
    )


def _said_once(given: Node, ctx: Context) -> None:
    """See that one key says what was found, and one which model was asked for."""
    sources = [key for name, (key, _) in given.entries.items() if name in _SOURCES]
    for key in sources[1:]:
        ctx.problems.error(key, "one-source", "a test has findings, a text or a request, and only one of them")
    if {"model", "request"} <= given.entries.keys():
        ctx.problems.error(given.entries["model"][0], "model-twice", "the request says which model is asked for")
    if {"from", "request"} <= given.entries.keys():
        ctx.problems.error(given.entries["from"][0], "unsupported", "a request comes from no zone, an answer does")
    if {"from", "budgets"} <= given.entries.keys():
        ctx.problems.error(given.entries["budgets"][0], "unsupported", "no budget decides whether an answer passes")


def _findings(node: Node, ctx: Context) -> dict[str, tuple[int, ...]]:
    findings: dict[str, tuple[int, ...]] = {}
    for key, value in node.pairs(ctx.problems):
        ctx.refer("entity", key)
        scores = value.items(ctx.problems, least=1)
        findings[key.text(ctx.problems, vocabulary.ENTITY, "an entity type")] = tuple(
            sorted(to_grid(float(item.number(ctx.problems))) for item in scores)
        )
    return findings


def _expectation(node: Node, ctx: Context, *, of_answer: bool) -> Expectation:
    problems = ctx.problems
    given = reading.fields(node, problems, vocabulary.EXPECT)
    words = vocabulary.ANSWERED if of_answer else [outcome.value for outcome in Outcome]
    decision = given["decision"].choice(problems, words)
    for key in ("zone", "ceilings", "stores") if of_answer else ():
        if given[key].present:
            problems.error(given[key], "unsupported", "an answer goes to no zone, and no ceiling strikes one")
    for kind, key in (("zone", "zone"), ("rule", "rules"), ("class", "ceilings"), ("zone", "stores")):
        if given[key].present and (given[key].members or key == "zone"):
            ctx.refer(kind, given[key])  # type: ignore[arg-type]  # the tuple above holds literals

    def listed(key: str, wanted: str) -> tuple[str, ...] | None:
        return reading.names(given[key], problems, vocabulary.ID, wanted) if given[key].present else None

    return Expectation(
        outcome=Outcome(decision or Outcome.BLOCK),
        zone=given["zone"].text(problems, vocabulary.WORD, "a zone's name") if given["zone"].present else None,
        rules=listed("rules", "the id of a rule"),
        ceilings=listed("ceilings", "a class's name"),
        stores=listed("stores", "a zone's name"),
    )
