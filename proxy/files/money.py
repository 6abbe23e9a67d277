"""Amounts of money: written as decimals in files, kept as whole numbers of billionths, and never as floats."""

from decimal import Decimal

from proxy.files.diagnostics import Problems
from proxy.files.node import Node

NANOS = 1_000_000_000
"""In one unit of a currency: an amount is as many of these."""
MICROS = 1_000_000
"""In the same; an amount in a file is no finer, so that it has at most six decimals."""


def amount(node: Node, most: int, problems: Problems) -> int:
    """Read an amount between 0 and `most` units of the currency, in billionths of one."""
    micros = node.number(problems, 0, most) * MICROS
    if micros != micros.to_integral_value():
        problems.error(node, "too-exact", "an amount has at most six decimals")
    return int(micros) * (NANOS // MICROS)


def written(nanos: int, decimals: int = 2) -> str:
    """Write billionths of a currency as an amount, rounded to so many decimals."""
    return f"{Decimal(nanos) / NANOS:,.{decimals}f}"


def exactly(nanos: int) -> str:
    """Write an amount as a decimal with nothing rounded."""
    whole, rest = divmod(abs(nanos), NANOS)
    return f"{'-' if nanos < 0 else ''}{whole}.{rest:09}"
