"""Tells people of decisions, where a rule says `notify`: behind the request, and never with content.

    channels    who can be told, and how: a file of its own
    message     what they are told, from the decision's record alone
    dispatch    one sender a channel, asked by the way of a request, which it can neither delay nor fail
    sender      one channel's bounded queue: retries, and gives up
    failures    what nobody was told of, in the audit log
    webhook, syslog, file    the three kinds of channel
    posting     how a webhook is told, and whoever else is told something by HTTP

Nothing here can import what reads, finds or sends content.
"""
