"""Packages that can be called: `synthkit.compare`, `synthkit.advise`, `synthkit.quality`."""

from __future__ import annotations

import inspect
import sys
import types
from importlib import import_module
from typing import Any


def make_callable(package: str, module: str, function: str) -> None:
    """Let calling `package` call `function` of its `module`, which is loaded when it is first called.

    Importing any module of a package makes Python set its name in the parent to the package, so a
    function of that name beside it would be gone.
    """

    def target() -> Any:
        return getattr(import_module(f"{package}.{module}"), function)

    class CallablePackage(types.ModuleType):
        """A package with a function of its own name."""

        def __call__(self, *args: Any, **parameters: Any) -> Any:
            return target()(*args, **parameters)

        @property
        def __signature__(self) -> inspect.Signature:
            return inspect.signature(target())

    sys.modules[package].__class__ = CallablePackage
