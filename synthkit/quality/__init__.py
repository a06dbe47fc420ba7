"""Floor 6: is a synthetic table good? Fidelity, detection, usefulness, privacy, rules; each with its control.

`synthkit.quality` is this package and, at the same time, what a person calls: calling the package
calls `assess.assess`.
"""

from __future__ import annotations

from synthkit.callable_package import make_callable

make_callable(__name__, "assess", "assess")
