"""What tests of several folders share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real public tables, beside the checkout or where SYNTHKIT_DATA says."""
    folder = Path(os.environ.get("SYNTHKIT_DATA", Path(__file__).parents[2] / "shared/data"))
    if not folder.is_dir():
        pytest.skip(f"there are no real tables at {folder}; set SYNTHKIT_DATA to their folder")
    return folder
