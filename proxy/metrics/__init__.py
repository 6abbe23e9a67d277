"""Figures of a running server, for Prometheus. No label is ever anything but a name of ours or of the configuration."""
