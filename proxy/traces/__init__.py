"""Traces for an OpenTelemetry collector: when each part of a request happened, and nothing of what it said.

    caller       the trace that a caller is in, if its `traceparent` says so in the one form there is
    notes        what is noted of a request while it goes its way: moments, ids and names of ours
    spans        notes as spans; pure
    otlp         spans as OTLP/HTTP takes them, in JSON; pure
    exporter     sends them, behind the requests, which it can neither delay nor fail
    around       begins and ends the trace of each request

Nothing here can import what reads, finds or sends content.
"""
