"""What a reader has to know of the tables before believing a figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from synthkit.assessment.tables import Tables
from synthkit.table.schema import ORDERED

#: Rows below which figures hang on chance.
FEW_ROWS = 500
#: The share of the holdout's rows from which copies of real ones are worth a word: a few are so by chance.
MANY_COPIES = 0.01
#: Columns or levels that one sentence names.
MOST_NAMED = 5


def copies_in(table: pd.DataFrame, real: pd.DataFrame, but: pd.DataFrame | None = None) -> int:
    """How many rows equal a real row in every column, and no row of `but`; by a 64-bit hash of their cells."""
    ours, theirs = _hashes(table), _hashes(real)
    found = np.isin(ours, theirs)
    return int((found if but is None else found & ~np.isin(ours, _hashes(but))).sum())


def _hashes(table: pd.DataFrame) -> np.ndarray:
    return np.asarray(pd.util.hash_pandas_object(_plain(table), index=False))


def remarks(whole: Tables, compared: Tables, data: dict[str, Any]) -> list[str]:
    """In sentences: what is left out, what is compared with what, what cannot be trusted."""
    said = []
    schema = whole.schema
    if compared is not whole:
        shown = ", ".join(map(repr, whole.seen_classes))
        said.append(
            f"The synthetic table has rows of {schema.target} = {shown} alone: everything but usefulness and"
            f" rules holds them beside the real rows of that class ({len(compared.real):,} of"
            f" {len(whole.real):,})."
        )
    if whole.holdout is None:
        said.append(
            "There is no holdout: the reference is one half of the real table and the control the other, and"
            " the synthesizer has seen both. Privacy and usefulness need real rows that it has not seen, and in"
            " detection rows that cling to real ones pass for real."
        )
    elif data["copies_in_holdout"] > MANY_COPIES * len(whole.holdout):
        said.append(
            f"{data['copies_in_holdout']:,} of {len(whole.holdout):,} holdout rows equal a real row in every"
            " column: if they are the same rows, the holdout is none, and the control flatters."
        )
    if whole.holdout is not None and data["holdout_in_synthetic"] > MANY_COPIES * len(
        whole.synthetic
    ) + 2 * (
        data["copies_in_holdout"] * len(whole.synthetic) / len(whole.holdout)
    ):  # more than chance gives
        said.append(
            f"{data['holdout_in_synthetic']:,} of {len(whole.synthetic):,} synthetic rows are rows of the"
            " holdout and of no real one: if the holdout was learned from, usefulness, detection and privacy"
            " mean nothing here."
        )
    fewest = data["compared_rows"]["candidates"]
    if fewest < FEW_ROWS:
        said.append(
            f"Tables of {fewest:,} rows are held against the real one: much in these figures is chance. Look at"
            " the intervals and at the control."
        )
    for name in whole.columns:
        real, made = whole.real[name], whole.synthetic[name]
        if real.isna().all() != made.isna().all():
            which = "real" if real.isna().all() else "synthetic"
            said.append(
                f"Column {name!r} has no value in the {which} table: its distance is unknown."
            )
        elif (
            schema[name].kind not in ORDERED
            and real.notna().any()
            and made.notna().any()
            and not np.isin(_words(made), _words(real)).any()
        ):
            said.append(
                f"No state of {name!r} in the synthetic table is one of the real table's (there"
                f" {_named(made)}, here {_named(real)}): is it another coding?"
            )
    return said


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Cells that hash alike if they are alike, whatever dtype holds them."""
    return pd.DataFrame(
        {
            name: series.astype(object).map(str, na_action="ignore").where(series.notna(), "")
            if series.dtype.kind not in "f"
            else series
            for name, series in table.items()
        }
    )


def _words(series: pd.Series) -> np.ndarray:
    return np.asarray(series.dropna().astype(object).unique(), dtype=object).astype(str)


def _named(series: pd.Series) -> str:
    words = sorted(_words(series).tolist())
    return ", ".join(map(repr, words[:MOST_NAMED])) + (", ..." if len(words) > MOST_NAMED else "")
