"""Every number, time and share as text: one way each, wherever it is read.

| what | value | reads |
|---|---|---|
| a figure | 0.12345 | 0.123 |
| a difference | -0.0104 | −0.010 |
| a time | 130 s | 2 min 10 s |
| a share | 0.0034 | 0.3 % |

>>> number(0.12345), signed(-0.0104), seconds(130), share(0.0034)
('0.123', '−0.010', '2 min 10 s', '0.3 %')
"""

from __future__ import annotations

import math
from typing import Any

MINUS = "\N{MINUS SIGN}"


def number(value: float | None, digits: int = 3) -> str:
    """A figure with as many digits as it deserves; a dash where there is none.

    >>> number(0.12345), number(-1234.5), number(None)
    ('0.123', '−1,234', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    text = f"{size:,.0f}" if size >= 100 else f"{size:.1f}" if size >= 10 else f"{size:.{digits}f}"
    return f"{MINUS}{text}" if value < 0 and text.strip("0.,") else text


def signed(value: float | None, digits: int = 3) -> str:
    """The same with its sign.

    >>> signed(0.01), signed(-0.01), signed(0.0)
    ('+0.010', '−0.010', '0.000')
    """
    text = number(value, digits)
    return text if text.startswith((MINUS, "–")) or not text.strip("0.,") else f"+{text}"


def figure(value: float | None) -> str:
    """A figure; one that three digits would call zero keeps its first digit.

    >>> figure(0.1234), figure(0.000123), figure(1e-7), figure(1e-18), figure(None)
    ('0.123', '0.0001', 'under 0.00001', '0.000', '–')
    """
    if value is None or abs(value) >= 0.0005:
        return number(value)
    if abs(value) < 1e-12:  # what floats leave of zero
        return number(0.0)
    return (
        "under 0.00001"
        if abs(value) < 0.00001
        else f"{value:.1g}"
        if abs(value) >= 0.0001
        else f"{value:.5f}"
    )


def bounds(found: dict[str, Any] | None, form: Any = number) -> str:
    """An interval in words; empty where there is none."""
    if not found or found.get("low") is None or found.get("high") is None:
        return ""
    return f"{form(found['low'])} to {form(found['high'])}"


def seconds(value: float | None) -> str:
    """A time in the unit that reads best.

    >>> seconds(0.0123), seconds(3.21), seconds(130), seconds(7300)
    ('12 ms', '3.2 s', '2 min 10 s', '2 h 1 min')
    """
    if value is None or not math.isfinite(value):
        return "–"
    size, sign = abs(value), MINUS if value < 0 else ""
    if size < 0.9995:
        return (
            f"{sign}{size * 1000:.0f} ms"
            if size >= 0.001 or size == 0
            else f"{sign}{size * 1000:.1g} ms"
        )
    if size < 99.5:
        return f"{sign}{size:.1f} s" if size < 9.95 else f"{sign}{size:.0f} s"
    minutes, rest = divmod(round(size), 60)
    if minutes < 60:
        return f"{sign}{minutes} min {rest} s"
    return f"{sign}{minutes // 60} h {minutes % 60} min"


def share(value: float | None) -> str:
    """A share in per cent.

    >>> share(0.1234), share(0.0034), share(0.00004), share(1.0), share(None)
    ('12.3 %', '0.3 %', '0.004 %', '100 %', '–')
    """
    if value is None:
        return "–"
    per_cent = 100 * value
    return (
        f"{per_cent:.1f}".removesuffix(".0") + " %"
        if abs(per_cent) >= 0.1 or per_cent == 0
        else f"{per_cent:.1g} %"
    )
