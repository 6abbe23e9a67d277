"""The page on which an auditor drops a pack, and the summary that a pack carries: HTML files that need nothing else."""
