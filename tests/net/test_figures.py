"""No figure changes, to the last digit; `figures.py` says how to look into a difference."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from net.figures import ELSEWHERE, SECTIONS

import synthkit


@pytest.mark.slow
@pytest.mark.parametrize("section", SECTIONS)
def test_figures_are_as_they_were(section):
    # In a process of its own: what other tests loaded, seeded or set stays out of it.
    script, tree = Path(__file__).with_name("figures.py"), Path(synthkit.__file__).parents[1]
    path = os.pathsep.join(filter(None, [str(tree), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, str(script), "--only", section],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
    )
    if done.returncode == ELSEWHERE:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
