"""`ringfence serve` whose processes take up policies only when they are told to: none finds them on disk by itself."""

from proxy import activation, cli

activation.POLL_S = 3600.0

if __name__ == "__main__":
    cli.main()
