"""The organisation's and the vendors' model servers: what is configured, and the one door to them."""
