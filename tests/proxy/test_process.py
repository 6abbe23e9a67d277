import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from proxy.process import DETECTOR, SERVER, name_process


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_a_process_has_its_name_in_the_tables_of_the_system() -> None:
    for name in (SERVER, DETECTOR):
        ours, its = os.pipe()
        child = os.fork()
        if child == 0:
            name_process(name)
            os.write(its, Path("/proc/self/comm").read_bytes())
            os._exit(0)
        os.waitpid(child, 0)
        assert os.read(ours, 64).decode().strip() == name
        os.close(ours)
        os.close(its)


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_a_process_ends_with_its_parent() -> None:
    program = (
        "import os, signal, subprocess, sys, time; from proxy.process import die_with_parent;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
        "preexec_fn=lambda: die_with_parent(signal.SIGKILL)); print(child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        pidfd = None
        try:
            pidfd = os.pidfd_open(child)
            assert select.select([pidfd], [], [], 10)[0], "it ended as well"
        except ProcessLookupError:
            pass
        finally:
            if pidfd is not None:
                os.close(pidfd)
