"""The scan of what comes back: what an answer says, how much of it is settled, and what was found in it.

`pieces` reads the strings of an event, `channels` joins those of one text, `settled` says where no value can be going
on, `tally` adds up what is found. `watch` does this for one answer: beside it (`observer`), or before it (`guard`).
"""
