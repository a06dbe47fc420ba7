"""One thing that was measured, what it is compared with, and what follows for the arms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """A measured number beside its threshold, in words, with the arms that it speaks for and against.

    - `topic`: what was looked at. `value`: the number, in `unit`; None where it could not be measured.
    - `low`, `high`: its 95 % interval; None where sampling does not matter, or nothing was measured.
    - `threshold`: what the number is compared with, and `source` who says so.
    - `holds`: whether the number is beyond the threshold, its whole interval if it has one; None
      where the interval holds the threshold, or nothing was measured.
    - `says`: in plain words. `favours`: arms. `rules_out`: arms, each with the reason.
    """

    topic: str
    value: float | None
    unit: str
    threshold: float
    holds: bool | None
    says: str
    low: float | None = None
    high: float | None = None
    source: str = ""
    favours: tuple[str, ...] = ()
    rules_out: Mapping[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """The finding as plain values, for JSON and for the report."""
        return {
            "topic": self.topic,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "threshold": self.threshold,
            "source": self.source,
            "holds": self.holds,
            "says": self.says,
            "favours": list(self.favours),
            "rules_out": dict(self.rules_out),
        }
