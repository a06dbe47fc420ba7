"""Floor 2: which arms deserve a try on a table, and why; measured on its real rows.

`synthkit.advise` is this package and, at the same time, what a person calls: calling the package
calls `advice.advise`.
"""

from __future__ import annotations

import inspect
import sys
import types
from typing import Any


class _CallablePackage(types.ModuleType):
    """A package that can be called, as `synthkit.compare` is."""

    def __call__(self, *args: Any, **parameters: Any) -> Any:
        from synthkit.advise.advice import advise

        return advise(*args, **parameters)

    @property
    def __signature__(self) -> inspect.Signature:
        from synthkit.advise.advice import advise

        return inspect.signature(advise)


sys.modules[__name__].__class__ = _CallablePackage
