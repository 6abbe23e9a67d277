"""Detectors that an operator adds by a file, without code: each kind is a module that reads, loads and finds.

Reading a file imports no model: what it declares is enough to check policies against it. Models and foreign classes
are looked for when they are loaded, and what is missing is said at its place in the file.
"""
