"""The cases of `errors/*.yaml`, and the files that each of them starts from."""

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "errors"
BASE: dict[str, str] = yaml.safe_load((FOLDER / "base.yaml").read_text())
CASES: list[dict[str, Any]] = [
    {"from": path.stem, **case}
    for path in sorted(FOLDER.glob("*.yaml"))
    if path.stem != "base"
    for case in yaml.safe_load(path.read_text())
]
