"""The canary: tests of the boundary on the live path, with invented personal data, beside real traffic."""
