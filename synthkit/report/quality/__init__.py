"""The quality page and its tables, from plain results."""
