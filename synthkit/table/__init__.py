"""Floor 1: tables, their schema, their splits, and the training set."""
