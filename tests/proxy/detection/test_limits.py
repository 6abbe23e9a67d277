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
