"""What tests of several floors use; pytest puts `tests` on the path."""
