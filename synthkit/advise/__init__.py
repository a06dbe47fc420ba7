"""Floor 2: which arms deserve a try on a table, and why; measured on its real rows.

`synthkit.advise` is this package and, at the same time, what a person calls: calling the package
calls `advice.advise`.
"""

from __future__ import annotations

from synthkit.callable_package import make_callable

make_callable(__name__, "advice", "advise")
