"""What may go where: a closed language of grants, rules and ceilings, and a pure function that decides.

Nothing here reads a clock, a network, a database or a detector.
"""
