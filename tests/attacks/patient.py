"""`ringfence serve` that may be killed as often as a test likes: the rate of its restarts is unbounded."""

from proxy import cli, supervisor

supervisor.RESTART_WINDOW_S = 0.0

if __name__ == "__main__":
    cli.main()
