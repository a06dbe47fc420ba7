"""What a mean over columns hides: every column and pair, each class, missing values, tails, levels.

Each figure is a function of the reference and a candidate, and is told for the synthetic table, the
control and the baseline alike (`Tables.candidates`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from synthkit.assessment import pairs
from synthkit.assessment.candidate import Candidate, tail_ends
from synthkit.assessment.coding import Coding
from synthkit.assessment.measure import Measure
from synthkit.assessment.tables import BASELINE, CONTROL, SYNTHETIC, Tables
from synthkit.stats import Estimate, mean_of, share

#: Columns named per class.
MOST_WORST = 5


def assess(
    tables: Tables,
    whole: Tables | None = None,
    sdv: dict[str, dict[str, Any]] | None = None,
) -> tuple[dict[str, Any], list[Measure]]:
    """`columns`, `pairs` and `classes` of quality.json, and their measures.

    `whole` are the tables before rows of classes that the synthetic one lacks were left out, `sdv` are
    SDV's scores by column.
    """
    coding = Coding.of(tables)
    reference = coding.values(tables.reference)
    found = {
        name: Candidate(coding, reference, coding.values(table))
        for name, table in tables.candidates.items()
    }
    classes = _classes(tables, whole or tables, coding, reference, found)
    part = {
        "columns": _columns(tables, coding, found, sdv or {}),
        "pairs": _pairs(coding, found),
        "classes": classes,
    }
    return part, _measures(tables, coding, found, classes)


def _columns(
    tables: Tables,
    coding: Coding,
    found: dict[str, Candidate],
    sdv: dict[str, dict[str, Any]],
) -> list[dict[str, Any]]:
    from synthkit.assessment.shapes import shape

    made, control, baseline = (found[name] for name in (SYNTHETIC, CONTROL, BASELINE))
    ends = tail_ends(made.reference, coding)
    shares = {name: candidate.tails(ends) for name, candidate in found.items()}
    columns = []
    for j, name in enumerate(coding.names):
        distance = made.columns[j]
        low, high = distance.interval().ends
        coverage = dict(made.coverage[j])
        if coding.levels[j] is not None:
            coverage["new"] = len(
                pd.Index(tables.synthetic[name].dropna().unique()).difference(
                    pd.Index(tables.real[name].dropna().unique())
                )
            )
        columns.append(
            {
                "name": name,
                "kind": coding.kinds[j].value,
                "target": name == tables.schema.target,
                "distance": {
                    "value": _number(distance.value),
                    "low": _number(low),
                    "high": _number(high),
                    "control": _number(control.columns[j].value),
                    "baseline": _number(baseline.columns[j].value),
                },
                "missing": {
                    "real": float(np.isnan(made.reference[:, j]).mean()),
                    "synthetic": float(np.isnan(made.candidate[:, j]).mean()),
                    "control": float(np.isnan(control.candidate[:, j]).mean()),
                },
                "tails": {
                    side: {
                        "q": coding.shown(j, ends[end, [j]])[0],
                        "real": float(shares[SYNTHETIC][0][end, j]),
                        "synthetic": float(shares[SYNTHETIC][1][end, j]),
                        "control": float(shares[CONTROL][1][end, j]),
                    }
                    for end, side in enumerate(("low", "high"))
                }
                if np.isfinite(ends[:, j]).all()
                else None,
                "coverage": coverage,
                "sdv": sdv.get(name),
                "shape": shape(
                    coding, j, made.reference[:, j], made.candidate[:, j], control.candidate[:, j]
                ),
            }
        )
    return columns


def _pairs(coding: Coding, found: dict[str, Candidate]) -> dict[str, Any]:
    made, control = found[SYNTHETIC], found[CONTROL]
    estimate = made.all_pairs
    low, high = estimate.interval().ends
    real, synthetic, other = (
        pairs.association(joint, rows)
        for joint, rows in (
            (made.joints[0], len(made.reference)),
            (made.joints[1], len(made.candidate)),
            (control.joints[1], len(control.candidate)),
        )
    )
    return {
        "columns": list(coding.names),
        "measure": "how strongly two columns go together, whatever their kinds: Cramér's V on cells of about as many"
        " real rows each, bias corrected; 0 independent, 1 one decides the other",
        "real": _matrix(real),
        "synthetic": _matrix(synthetic),
        "difference": _matrix(synthetic - real),
        "control_difference": _matrix(other - real),
        "distance_measure": "the share of rows that would have to move for the pair to be distributed as in the real"
        " table: total variation on the same cells, which sees the direction of a relation too",
        "distance": _matrix(pairs.distances(*made.joints)),
        "control_distance": _matrix(pairs.distances(*control.joints)),
        "all_pairs": {
            "value": _number(estimate.value),
            "low": _number(low),
            "high": _number(high),
            "control": _number(control.all_pairs.value),
            "baseline": _number(found[BASELINE].all_pairs.value),
        },
        "sdv_counted": None,
        "sdv_left_out": None,
    }


def _classes(
    tables: Tables,
    whole: Tables,
    coding: Coding,
    reference: np.ndarray,
    found: dict[str, Candidate],
) -> list[dict[str, Any]] | None:
    """Each class's columns held against those of the real rows of that class, as many rows of each candidate."""
    schema = tables.schema
    if schema.target is None:
        return None
    target = coding.names.index(schema.target)
    states = coding.levels[target] or []
    classes = []
    for value in schema.classes:
        code = states.index(value) if value in states else -1
        real, made = (
            table[schema.target].eq(value).to_numpy() for table in (whole.real, whole.synthetic)
        )
        ours = reference[reference[:, target] == code]
        theirs = {
            name: each.candidate[each.candidate[:, target] == code] for name, each in found.items()
        }
        n = min(len(theirs[SYNTHETIC]), len(theirs[CONTROL]))
        held = (
            {
                name: Candidate(
                    coding, ours, _drawn(rows, n, tables.rng("class", str(value), name))
                )
                for name, rows in theirs.items()
            }
            if len(ours) and n
            else {}
        )
        features = [j for j in range(len(coding.names)) if j != target]
        means = {name: mean_of([each.columns[j] for j in features]) for name, each in held.items()}
        entry: dict[str, Any] = {
            "class": _plain(value),
            "real": float(real.mean()),
            "synthetic": float(made.mean()),
            "rows_real": int(real.sum()),
            "rows_synthetic": int(made.sum()),
            "columns": {
                "value": None,
                "low": None,
                "high": None,
                "control": None,
                "baseline": None,
            },
            "worst": [],
        }
        if held:
            low, high = means[SYNTHETIC].interval().ends
            entry["columns"] = {
                "value": _number(means[SYNTHETIC].value),
                "low": _number(low),
                "high": _number(high),
                "control": _number(means[CONTROL].value),
                "baseline": _number(means[BASELINE].value),
            }
            known = {coding.names[j]: held[SYNTHETIC].columns[j].value for j in features}
            known = {name: value for name, value in known.items() if not np.isnan(value)}
            entry["worst"] = [
                {"name": name, "distance": known[name]}
                for name in sorted(known, key=lambda name: (-known[name], name))[:MOST_WORST]
            ]
        classes.append(entry)
    return classes


def _measures(
    tables: Tables,
    coding: Coding,
    found: dict[str, Candidate],
    classes: list[dict[str, Any]] | None,
) -> list[Measure]:
    made = found[SYNTHETIC]
    names = coding.names
    known = [
        (each.value, name)
        for each, name in zip(made.columns, names, strict=True)
        if not np.isnan(each.value)
    ]
    worst = max(known, default=(0.0, ""))
    distance = np.triu(pairs.distances(*made.joints), k=1)
    i, j = np.unravel_index(int(distance.argmax()), distance.shape)
    gaps = np.flatnonzero(
        np.isnan(made.reference).any(axis=0) | np.isnan(made.candidate).any(axis=0)
    )
    ends = tail_ends(made.reference, coding)
    tails = {name: each.tails(ends)[2] for name, each in found.items()}
    measures = [
        _measure(
            "columns",
            "Distance of columns",
            {name: mean_of(each.columns) for name, each in found.items()},
            "mean over columns of the largest gap of distribution functions (states: total variation), 0 to 1",
            f"0 is the same distribution. Farthest: {worst[1]} ({worst[0]:.3f})."
            if worst[1]
            else "No column has values in both tables.",
        ),
        _measure(
            "pairs",
            "Distance of pairs",
            {name: each.all_pairs for name, each in found.items()},
            "mean over all pairs of columns of the share of rows that would have to move, 0 to 1",
            f"All pairs, weak ones too. Farthest: {names[i]} with {names[j]} ({distance[i, j]:.3f})."
            if len(names) > 1
            else "There is one column, and no pair.",
        ),
    ]
    relations = {name: each.relations for name, each in found.items()}
    if not np.isnan(relations[SYNTHETIC]):
        measures.append(
            Measure(
                "fidelity",
                "relations",
                "Distance of relations",
                relations[SYNTHETIC],
                "less",
                "mean over all pairs of the gap between the strengths of relation (Cramér's V), 0 to 1",
                control=relations[CONTROL],
                baseline=relations[BASELINE],
                reading="Whether columns go together as strongly as they really do. Its bias is corrected; it has no"
                " interval.",
            )
        )
    if len(gaps):
        measures.append(
            _measure(
                "missing",
                "Missing values",
                {name: each.missing(gaps) for name, each in found.items()},
                "mean over columns with missing values of the gap between the shares missing, 0 to 1",
                f"Of {len(gaps)} column{'s' if len(gaps) > 1 else ''} with missing values.",
            )
        )
    if not np.isnan(tails[SYNTHETIC].value):
        measures.append(
            _measure(
                "tails",
                "Tails",
                tails,
                "mean relative gap of the shares of rows beyond the real 1 % and 99 % quantiles",
                "0: tails as full as the real ones. 1: empty, or twice as full.",
                most=np.inf,
            )
        )
    measures.append(
        Measure(
            "fidelity",
            "coverage",
            "Levels and ranges covered",
            made.covered,
            "more",
            "mean over columns, 0 to 1",
            control=found[CONTROL].covered,
            baseline=found[BASELINE].covered,
            reading="1: every real level occurs, and numbers reach both ends of the real range.",
        )
    )
    if not coding.ordered.all():
        new = {name: each.new_states / len(each.candidate) for name, each in found.items()}
        low, high = share(new[SYNTHETIC], len(made.candidate)).ends
        measures.append(
            Measure(
                "fidelity",
                "new_states",
                "Rows with new states",
                new[SYNTHETIC],
                "less",
                "share of rows",
                low,
                high,
                new[CONTROL],
                new[BASELINE],
                "Rows with a state that no real row has.",
            )
        )
    for entry in classes or ():
        if (
            entry["class"] == _plain(tables.schema.positive)
            and entry["columns"]["value"] is not None
        ):
            measures.append(
                Measure(
                    "fidelity",
                    "positives",
                    f"Distance of columns, {tables.schema.target} = {entry['class']}",
                    better="less",
                    unit="mean over features, within that class, 0 to 1",
                    **entry["columns"],
                    reading=f"{entry['rows_synthetic']:,} synthetic rows of the class ({entry['synthetic']:.2%}), really"
                    f" {entry['real']:.2%}.",
                )
            )
    return measures


def _measure(
    name: str,
    title: str,
    found: dict[str, Estimate],
    unit: str,
    reading: str,
    *,
    most: float = 1.0,
) -> Measure:
    """A distance: the less the better, beside its control and baseline."""
    low, high = found[SYNTHETIC].interval(most=most).ends
    return Measure(
        "fidelity",
        name,
        title,
        found[SYNTHETIC].value,
        "less",
        unit,
        low,
        high,
        found[CONTROL].value,
        found[BASELINE].value,
        reading,
    )


def _drawn(rows: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    return rows if len(rows) <= n else rows[np.sort(rng.choice(len(rows), n, replace=False))]


def _matrix(found: np.ndarray) -> list[list[float | None]]:
    return [[_number(value) for value in row] for row in found]


def _number(value: float) -> float | None:
    """Rounded beyond what anyone reads, so that figures do not depend on the order of additions; None for NaN."""
    return round(float(value), 6) if np.isfinite(value) else None


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) else str(value)
