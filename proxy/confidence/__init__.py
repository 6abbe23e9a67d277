"""Local first: whether an own server's answer is sure enough to stand, and what is done about one that is not."""
