"""Files that people write: strict YAML that keeps every place, and what is wrong with it, said in one way.

Policies, upstreams and detectors are read with it; it knows nothing of what they mean.
"""
