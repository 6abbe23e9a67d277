"""Stands in for the server under a real supervisor: hands its control descriptor to the test and waits for its end.

The test process then hosts the real Engine, with real forked workers behind it.
"""

import signal
import socket
import sys

signal.signal(signal.SIGHUP, signal.SIG_IGN)
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
control_fd = int(sys.argv[sys.argv.index("--control-fd") + 1])
socket.send_fds(line, [b"control"], [control_fd])
line.recv(1)
