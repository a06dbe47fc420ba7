"""What a synthetic table gives away about the rows it was learned from: attacks, each with baseline and control."""

from synthkit.quality.privacy.assess import assess

__all__ = ["assess"]
