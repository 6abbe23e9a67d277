"""The documented page of every code that a file of policies can be refused or warned with.

The pages lie beside this module, so that an installed package has them, in the form that a person reads in a
repository.
"""

import functools
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType


def page(code: str) -> str:
    """Return a code's page as Markdown; raises KeyError for what is no code."""
    return pages()[code]


@functools.cache
def pages() -> Mapping[str, str]:
    """Return every page by its code."""
    text = resources.files(__package__).joinpath("codes.md").read_text(encoding="utf-8")
    sections = text.split("\n## ")[1:]
    return MappingProxyType({section.partition("\n")[0]: f"## {section.strip()}\n" for section in sections})
