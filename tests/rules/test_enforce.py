"""Making broken rows anew: enough is enough, and what was proposed is counted."""

import numpy as np
import pandas as pd

from synthkit.rules import enforce, rules_of
from synthkit.rules.enforce import Proposals, bind, settle


def proposed(values):
    return Proposals(
        pd.DataFrame({"x": values}), np.zeros(len(values), dtype=int), np.empty((len(values), 0))
    )


def test_rows_that_are_all_found_with_the_last_proposals_allowed_are_enough(monkeypatch):
    """A strategy proposes a whole table at once, which may be all that is allowed."""
    monkeypatch.setattr(enforce, "FEWEST_PROPOSALS", 1)
    monkeypatch.setattr(enforce, "MOST_PROPOSALS_PER_ROW", 1)
    bound = bind(
        rules_of([{"rule": "range", "column": "x", "max": 10}]),
        pd.DataFrame({"x": [1.0, 2.0]}),
        aside={},
        allow_real_violations=False,
    )
    now, kept, record = settle(
        proposed([5.0, 50.0, 7.0]), bound, "resample", lambda wanted: proposed([20.0, 3.0, 4.0])
    )
    assert now.rows["x"].tolist() == [5.0, 3.0, 7.0]
    assert kept.tolist() == [0, 1, 2]
    assert (record.resampled, record.proposals) == (1, 3)
