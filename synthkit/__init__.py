"""synthkit: is a synthetic minority worth making?

Names are looked up when they are first used, so that `import synthkit` loads nothing heavy; which
there are, and where each lives, stands in `__init__.pyi`.

>>> import synthkit
>>> synthkit.RandomOversampling(ratio=0.5)
RandomOversampling(ratio=0.5)
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
