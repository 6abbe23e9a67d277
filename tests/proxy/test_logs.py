import json
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, gc, logging, sys, threading, warnings
from proxy import logs
if sys.argv[1] != "as Python does":
    logs.configure(sys.argv[1])
PLANTED = "the-" + "planted-text"

async def fails():
    raise ValueError(PLANTED)

class Dies:
    def __del__(self):
        raise ValueError(PLANTED)

async def main():
    if sys.argv[1] != "as Python does":
        logs.guard(asyncio.get_running_loop())
    asyncio.get_running_loop().call_soon(lambda: int(PLANTED))
    task = asyncio.create_task(fails())
    await asyncio.sleep(0.01)
    del task
    gc.collect()

asyncio.run(main())
thread = threading.Thread(target=lambda: int(PLANTED))
thread.start()
thread.join()
Dies()
try:
    int(PLANTED)
except ValueError:
    logging.getLogger("here").exception("it failed", stack_info=True)
warnings.warn("a warning of a library")
raise ValueError(PLANTED)
"""


def said(form: str) -> str:
    ran = subprocess.run([sys.executable, "-c", PROGRAM, form], capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 1
    return ran.stderr


@pytest.mark.parametrize("form", ["console", "json"])
def test_of_an_exception_wherever_it_ends_nothing_is_said_but_its_type_and_place(form: str) -> None:
    lines = said(form)
    assert "planted" not in lines
    assert "Traceback" not in lines
    assert lines.count("ValueError at <string>:") == 6
    assert "a warning of a library" in lines


def test_control_python_would_have_said_it() -> None:
    assert said("as Python does").count("the-planted-text") >= 6


def test_lines_of_json_are_objects_with_the_same_names() -> None:
    rows = [json.loads(line) for line in said("json").splitlines()]
    assert {frozenset(row) - {"raised"} for row in rows} == {frozenset({"time", "level", "logger", "message", "pid"})}
    assert all(row["time"].endswith("Z") for row in rows)
