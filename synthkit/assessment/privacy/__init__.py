"""What a synthetic table gives away about the rows it was learned from: attacks, each with baseline and control."""

from synthkit.assessment.privacy.assess import assess

__all__ = ["assess"]
