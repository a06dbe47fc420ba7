"""Floor 6: is a synthetic table good? Fidelity, detection, usefulness, privacy, rules; each with its control.

`synthkit.quality` is this package and, at the same time, what a person calls: calling the package
calls `assess.assess`.
"""

from __future__ import annotations

import inspect
import sys
import types
from typing import Any


class _CallablePackage(types.ModuleType):
    """A package that can be called.

    Importing any module of the package makes Python set `synthkit.quality` to the package, so a
    function of that name beside it would be gone.
    """

    def __call__(self, *args: Any, **parameters: Any) -> Any:
        from synthkit.quality.assess import assess

        return assess(*args, **parameters)

    @property
    def __signature__(self) -> inspect.Signature:
        from synthkit.quality.assess import assess

        return inspect.signature(assess)


sys.modules[__name__].__class__ = _CallablePackage
