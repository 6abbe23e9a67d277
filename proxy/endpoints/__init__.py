"""The endpoints that are served, a module each: where in its bodies somebody speaks, and how its answers are written.

`served.ENDPOINTS` lists them; what is not in it is 404.
"""
