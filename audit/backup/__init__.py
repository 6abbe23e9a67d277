"""Copies of a log, its keys and what its writer keeps beside it: how they are made, judged and taken into use again."""
