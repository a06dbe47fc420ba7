"""Floor 5: the comparison.

`synthkit.compare` is this package and, at the same time, what a person calls: calling the package
calls `experiment.compare`.
"""

from __future__ import annotations

from synthkit.callable_package import make_callable

make_callable(__name__, "experiment", "compare")
