"""The commands of `ringfence policy`, one a module; what they have in common stands in `common`."""
