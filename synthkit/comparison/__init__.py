"""The comparison: the same folds for every arm, and what their cells support together."""
