"""Floor 1: plots and pages from plain results."""
