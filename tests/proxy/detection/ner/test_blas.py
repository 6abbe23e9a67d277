import subprocess
import sys

PROGRAM = """
import ctypes, os, numpy
from proxy.detection.ner.blas import use_one_thread
library = next(line.split()[-1] for line in open("/proc/self/maps") if "openblas" in line)
threads = ctypes.CDLL(library).scipy_openblas_get_num_threads64_
ctypes.CDLL(library).scipy_openblas_set_num_threads64_(3)
before = threads()
use_one_thread()
after = threads()
if os.fork() == 0:
    os._exit(threads())
print(before, after, os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_products_of_matrices_stay_on_one_core_in_this_process_and_its_children() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["3", "1", "1"]
