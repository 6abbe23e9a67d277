"""What the programs in Python share: a line `["scene", "prompt"]` comes in, a line of JSON says what the scene saw."""

import json
import sys
from collections.abc import Callable
from typing import Any

Scene = Callable[[str], Any]


def play(*scenes: Scene, raised: Callable[[Exception], dict[str, Any]]) -> None:
    """Play scenes by their names until standard input ends; `raised` tells an application's view of an error."""
    known = {scene.__name__: scene for scene in scenes}
    for line in sys.stdin:
        name, prompt = json.loads(line)
        try:
            saw = {"saw": known[name](prompt)}
        except Exception as error:  # noqa: BLE001 - the test judges it
            saw = {"raised": {"class": type(error).__name__, **raised(error)}}
        print(json.dumps(saw, default=lambda value: value.model_dump(mode="json", warnings=False)), flush=True)
