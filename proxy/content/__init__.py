"""What a request says: every key and scalar of its body as text to scan, and whatever is no text as opaque.

It knows no endpoint; those of `proxy.endpoints` say where in their bodies somebody speaks.
"""
