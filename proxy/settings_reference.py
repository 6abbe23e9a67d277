"""Every setting with its default and consequence, from the code: `make settings` writes `deploy/docs/settings.md`."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from proxy.settings import PREFIX, ROOT, Settings

INTRODUCTION = """# Settings

Flags come first, then the environment by the names below, then `$RINGFENCE_HOME/ringfence.toml`, where names are in
small letters and without `RINGFENCE_`, then the defaults. A name that is no setting is an error, and so is a value that
cannot be used: the message names the setting, never its value. No setting opens the boundary, or turns the log off."""
HEADINGS = {
    "home": "Home and address",
    "policies": "What is allowed, and who may call",
    "audit_url": "The audit log",
    "max_body_bytes": "Requests",
    "detect_model": "Detection",
    "upstream_connect_timeout_s": "Model servers",
    "canary_every_s": "The canary",
}
"""What begins with a setting."""
FOUND = {
    "home": "`~/.ringfence`",
    "cache": "`$XDG_CACHE_HOME/ringfence`",
    "detect_workers": "one less than there are processors",
}
"""Defaults that depend on the machine."""
BOUNDS = {"ge": "from {}", "gt": "more than {}", "le": "to {}", "lt": "less than {}"}


def reference() -> str:
    """Return the page; raises KeyError for a setting that is not explained."""
    explained = dict(_explained())
    lines = [INTRODUCTION]
    for name, field in Settings.model_fields.items():
        if name in HEADINGS:
            lines += [f"## {HEADINGS[name]}", "", "| setting | default | what it does |", "|---|---|---|"]
        lines.append(f"| `{PREFIX}{name.upper()}` | {_default(name, field)} | {explained[name]}{_allowed(field)} |")
    return "\n".join(lines).replace("\n## ", "\n\n## ") + "\n"


def _explained() -> Iterator[tuple[str, str]]:
    """Yield each setting with the text that stands under it."""
    (made,) = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(made, ast.ClassDef)  # noqa: S101 - it is the source of one
    for field, text in zip(made.body, made.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            yield ast.unparse(field.target), " ".join(str(text.value.value).split())


def _default(name: str, field: FieldInfo) -> str:
    default = field.default
    if name in FOUND:
        return FOUND[name]
    if isinstance(default, Path):
        return f"`{default.relative_to(ROOT)}`"
    return "-" if default in {None, ""} else f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _allowed(field: FieldInfo) -> str:
    kind: Any = field.annotation
    if get_origin(kind) is Literal:
        return f" One of {', '.join(f'`{choice}`' for choice in get_args(kind))}."
    bounds = [
        text.format(getattr(bound, which))
        for bound in field.metadata
        for which, text in BOUNDS.items()
        if getattr(bound, which, None) is not None
    ]
    return f" A number {' '.join(bounds)}." if bounds else ""


if __name__ == "__main__":
    print(reference(), end="")  # noqa: T201 - it is a page
