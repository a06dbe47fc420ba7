"""A method as a value: declared once, by its name, from a file with its lines, and back."""

from synthkit.methods.declare import AsMapping, Said, Seed, method
from synthkit.methods.registry import (
    ByName,
    Registry,
    key_of,
    label_of,
    spec_of,
    walk,
    with_parameter,
)

__all__ = [
    "AsMapping",
    "ByName",
    "Registry",
    "Said",
    "Seed",
    "key_of",
    "label_of",
    "method",
    "spec_of",
    "walk",
    "with_parameter",
]
