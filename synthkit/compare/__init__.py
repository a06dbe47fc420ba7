"""Floor 5: the comparison."""
