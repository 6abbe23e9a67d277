"""What PyYAML's scanner says of a slip in a file, in a person's words and without a value from the file."""

import re

import yaml

_QUOTED = re.compile(r"'(?P<one>[^']*)'|\"[^\"]*\"")
_TOKEN = re.compile(r"<[a-z ]+>\Z|[-?:,\[\]{}]\Z")


def told(error: yaml.MarkedYAMLError) -> tuple[bool, str, str]:
    """Say in a person's words what the scanner met: whether where it began is meant, what it is, and what to do."""
    context, problem = error.context or "", error.problem or ""
    if "alias" in context:
        return True, "a bare * begins an alias", 'put a pattern in quotes: "*"'
    if "quoted scalar" in context and "end of stream" in problem:
        return True, "this quote is never closed", ""
    if "'\\t'" in problem:
        return False, "a tab stands here", "indent with spaces"
    if problem == "mapping values are not allowed here":
        return False, "a second ':' in one line", "put a text that has ': ' in it in quotes"
    if problem.startswith("expected <block end>"):
        hint = "indent it like its neighbours, and leave a space after '-'"
        return False, "this line does not fit the indentation above", hint
    return False, _harmless(problem), ""


def _harmless(problem: str) -> str:
    """Return PyYAML's words without what it quotes from the file; tokens of YAML itself may stay."""

    def keep(match: re.Match[str]) -> str:
        quoted = match["one"] or ""
        return f"'{quoted}'" if _TOKEN.match(quoted) else "this"

    return " ".join(_QUOTED.sub(keep, problem).split()) or "cannot be parsed"
