"""`python -m proxy` is `ringfence`."""

from proxy.cli import main

main()
