import subprocess
import sys

import pytest

ALLOCATE = (
    "import sys; from proxy.detection.limits import limit_memory; limit_memory(64 << 20); bytearray(32 << 20);"
    "bytearray(int(sys.argv[1]) << 20)"
)


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA counts private memory on Linux only")
@pytest.mark.parametrize(("megabytes", "allowed"), [(32, True), (256, False)])
def test_memory_may_grow_by_so_much_and_no_more(megabytes: int, allowed: bool) -> None:
    ran = subprocess.run([sys.executable, "-c", ALLOCATE, str(megabytes)], check=False, capture_output=True)
    assert (ran.returncode == 0) is allowed
    assert allowed or b"MemoryError" in ran.stderr


OWN = """
import os
from proxy.detection.limits import private_bytes
inherited = bytearray(os.urandom(1 << 10)) * (64 << 10)
if os.fork() == 0:
    born = private_bytes()
    own = b"x" * (32 << 20)
    grown = private_bytes() - born
    inherited[: 16 << 20] = b"y" * (16 << 20)
    print(born >> 20, grown >> 20, (private_bytes() - born - grown) >> 20, flush=True)
    os._exit(0)
os.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="smaps_rollup is Linux's")
def test_private_memory_is_what_was_allocated_or_written_to_since_the_fork() -> None:
    ran = subprocess.run([sys.executable, "-c", OWN], check=True, capture_output=True, text=True)
    born, allocated, written = map(int, ran.stdout.split())
    assert born < 16
    assert 31 <= allocated <= 36
    assert 15 <= written <= 20
