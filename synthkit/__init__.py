"""synthkit: is a synthetic minority worth making?"""

__version__ = "0.1.0"
