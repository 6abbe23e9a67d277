"""Reads the taxonomy: zones, data classes, and detector types that are left out with a reason."""

import ipaddress

from proxy.files.node import Node
from proxy.policy import reading, vocabulary
from proxy.policy.labels import BUILT_IN
from proxy.policy.model import DataClass, Trust, Zone
from proxy.policy.parse_context import Context, Parts

OWN_NETWORKS = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""Where an own zone's upstreams may be reached unless the zone says otherwise: loopback and private ranges."""


def taxonomy(node: Node, ctx: Context) -> Parts:
    """Read a taxonomy file."""
    problems = ctx.problems
    given = reading.fields(node, problems, vocabulary.TAXONOMY)
    for key, _ in given["ignore"].entries.values():
        ctx.refer("ignored", key)
    return Parts(
        kind="taxonomy",
        where=given["taxonomy"].place,
        id=(
            given["taxonomy"].text(problems, vocabulary.ID, "an id"),
            given["version"].integer(problems, 1, vocabulary.MAX_VERSION),
        ),
        zones=[_zone(key, value, ctx) for key, value in given["zones"].pairs(problems)],
        classes=[_class(key, value, ctx) for key, value in given["classes"].pairs(problems)],
        ignored=[
            (key.text(problems, vocabulary.ENTITY, "an entity type"), value.text(problems, wanted="a reason"))
            for key, value in given["ignore"].pairs(problems)
        ],
    )


def _zone(key: Node, node: Node, ctx: Context) -> Zone:
    problems = ctx.problems
    given = reading.fields(node, problems, vocabulary.ZONE)
    trust = given["trust"].choice(problems, [trust.value for trust in Trust])
    networks: tuple[str, ...] = OWN_NETWORKS if trust == Trust.OWN else ()
    if given["networks"].present:
        networks = tuple(sorted({_network(item, ctx) for item in given["networks"].items(problems, least=1)}))
        if trust == Trust.VENDOR:
            problems.error(given["networks"], "networks-of-vendor", "only a zone of trust 'own' has networks")
    return Zone(
        name=key.text(problems, vocabulary.WORD, "a zone's name in lower case"),
        trust=Trust(trust or Trust.VENDOR),
        region=given["region"].text(problems, vocabulary.WORD, "a region's name in lower case"),
        agreements=reading.names(given["agreements"], problems, vocabulary.WORD, "an agreement's name in lower case"),
        networks=networks,
        where=key.place,
    )


def _network(node: Node, ctx: Context) -> str:
    text = node.text(ctx.problems, wanted="a network such as 10.0.0.0/8")
    try:
        return str(ipaddress.ip_network(text)) if text else ""
    except ValueError:
        ctx.problems.error(node, "bad-network", "not a network such as 10.0.0.0/8 or fc00::/7 without host bits")
        return ""


def _class(key: Node, node: Node, ctx: Context) -> DataClass:
    problems = ctx.problems
    name = key.text(problems, vocabulary.WORD, "a class's name in lower case")
    given = reading.fields(node, problems, vocabulary.BUILT_IN_CLASS if name in BUILT_IN else vocabulary.CLASS)
    ceiling = reading.names(given["ceiling"], problems, vocabulary.WORD, "a zone's name")
    ctx.refer("zone", given["ceiling"])
    if name in BUILT_IN:
        return DataClass(name, (), (), 0, ceiling, key.place, key.place, given["ceiling"].place)
    entities, parts, floor = given["entities"], given["or_all_of"], given["floor"]
    if node.kind == "mapping" and not entities.present and not parts.present:
        problems.error(node, "missing-key", "'entities' or 'or_all_of' is missing here")
    if entities.present and not floor.present:
        problems.error(node, "missing-key", "'floor' is missing here")
    if floor.present and not entities.present:
        problems.error(floor, "floor-without-entities", "a class of parts only is present when its parts are")
    ctx.refer("entity", entities, name)
    ctx.refer("class", parts)
    return DataClass(
        name=name,
        entities=reading.names(entities, problems, vocabulary.ENTITY, "an entity type", least=1),
        parts=reading.names(parts, problems, vocabulary.WORD, "a class's name", least=2),
        floor=reading.score(floor, problems),
        ceiling=ceiling,
        where=key.place,
        floor_where=floor.place if floor.present else key.place,
        ceiling_where=given["ceiling"].place,
    )
