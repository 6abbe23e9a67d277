"""Identifiers: numbers that mean a person by their form and check digit, or by the words around them."""
