"""Floor 5: the comparison.

`synthkit.compare` is this package and, at the same time, what a person calls: calling the package
calls `experiment.compare`.
"""

from __future__ import annotations

import inspect
import sys
import types
from typing import Any


class _CallablePackage(types.ModuleType):
    """A package that can be called.

    Importing any module of the package makes Python set `synthkit.compare` to the package, so a
    function of that name beside it would be gone.
    """

    def __call__(self, *args: Any, **parameters: Any) -> Any:
        from synthkit.compare.experiment import compare

        return compare(*args, **parameters)

    @property
    def __signature__(self) -> inspect.Signature:
        from synthkit.compare.experiment import compare

        return inspect.signature(compare)


sys.modules[__name__].__class__ = _CallablePackage
