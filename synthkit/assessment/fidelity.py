"""How near the synthetic table's distributions are: every column and pair, each class, gaps, tails, levels.

Each figure is a function of the reference and of rows held against it, and is told for the synthetic
table, the control and the baseline alike (`Tables.candidates`).

For pairs, every column of any kind is cut into cells, missing values among them. The one-hot matrix
Z (n, c·CELLS) then holds every pair's table of counts in ZᵀZ, so that there is one measure for all
pairs, and none is left out for being weak.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from synthkit.assessment.figure import beside, figure, given, measure, rounded, rounded_figure, word
from synthkit.assessment.tables import (
    BASELINE,
    CELLS,
    CONTROL,
    REFERENCE,
    SYNTHETIC,
    Coded,
    Coding,
    Tables,
    drawn,
)
from synthkit.results import (
    ClassOf,
    Column,
    Coverage,
    Matrix,
    Measure,
    Measured,
    Missing,
    Pairs,
    Points,
    Projection,
    SdvReports,
    SdvScore,
    Shape,
    Skipped,
    Tail,
    Tails,
    Worst,
)
from synthkit.stats import (
    UNDEFINED,
    Estimate,
    gap_of_means,
    ks,
    mean_of,
    share,
    total_variation,
)
from synthkit.table.schema import Kind

T = TypeVar("T")
#: Columns named per class.
MOST_WORST = 5
#: The quantiles of a real column beyond which its tails begin.
TAILS = (0.01, 0.99)
#: Rows of the one-hot matrix that are in memory at once.
MOST_ROWS_AT_ONCE = 10_000
#: Bins of a histogram, and levels that are named.
BINS, MOST_LEVELS = 30, 12
#: Bins cover the real values between these quantiles; what lies beyond is counted in the first and
#: the last.
ENDS = (0.001, 0.999)

#: Points of a projection that a person can still see; rows that decide its directions.
MOST_POINTS, MOST_PROJECTED = 1_000, 10_000
#: States of a column that get a coordinate of their own; rarer and new ones share one.
MOST_STATES = 20


class Fidelity(NamedTuple):
    """`columns`, `pairs` and `classes` of quality.json, and the measures."""

    columns: list[Column]
    pairs: Pairs
    classes: list[ClassOf] | None
    measures: list[Measure]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a table as values (n, c) of a coding, and what all pairs of their columns are."""

    coding: Coding
    values: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def cells(self) -> np.ndarray:
        return self.coding.cells(self.values)

    @cached_property
    def joint(self) -> np.ndarray:
        return joint(self.cells)

    @cached_property
    def association(self) -> np.ndarray:
        return association(self.joint, len(self))


@dataclass(frozen=True, eq=False)
class Held:
    """Rows that are held against the reference, by name."""

    reference: Rows
    candidates: Mapping[str, Rows]

    def each(self, of: Callable[[Rows, Rows], T]) -> dict[str, T]:
        """A function of the reference and of each candidate."""
        return {name: of(self.reference, rows) for name, rows in self.candidates.items()}

    @cached_property
    def columns(self) -> dict[str, list[Estimate]]:
        """The distance of each column, over present values: Kolmogorov–Smirnov, of states total variation."""
        return self.each(_column_distances)

    @cached_property
    def all_pairs(self) -> Measured:
        return told(self.each(_mean_distance))


def told(found: Mapping[str, Estimate], *, most: float = 1.0) -> Measured:
    """The synthetic rows' value with its interval, beside control and baseline."""
    made, control, baseline = (found[name] for name in (SYNTHETIC, CONTROL, BASELINE))
    return beside(made.interval(most=most), control.value, baseline.value)


def told_plainly(found: Mapping[str, float]) -> Measured:
    """The same of a number that has no interval."""
    return figure(found[SYNTHETIC], None, None, found[CONTROL], found[BASELINE])


def fidelity(
    tables: Tables,
    whole: Tables | None = None,
    by_column: Mapping[str, SdvScore] | None = None,
    sdv: SdvReports | Skipped | None = None,
) -> Fidelity:
    """Distances of columns and pairs, of each class, and the measures.

    `whole` are the tables before rows of classes that the synthetic one lacks were left out, `by_column`
    SDV's scores of columns, to stand beside ours.
    """
    rows = {name: Rows(tables.coding, values) for name, values in tables.values.items()}
    held = Held(rows.pop(REFERENCE), rows)
    ends = _tail_ends(held.reference)
    tails = held.each(lambda real, made: _tails(real, made, ends))
    columns = _columns(tables, held, ends, tails, by_column or {})
    classes = _classes(tables, whole or tables, held)
    measures = _measures(tables, held, tails, classes)
    return Fidelity(columns, _pairs(held, sdv), classes, list(measures))


# --- Columns
# ---------------------------------------------------------------------------------------


class Beyond(NamedTuple):
    """Shares of rows (2, c) beyond the ends, and how far off the candidate's are."""

    real: np.ndarray
    made: np.ndarray
    gap: Estimate


def _column_distances(reference: Rows, rows: Rows) -> list[Estimate]:
    return [
        (ks if ordered else total_variation)(reference.values[:, j], rows.values[:, j])
        for j, ordered in enumerate(reference.coding.ordered)
    ]


def _tail_ends(reference: Rows) -> np.ndarray:
    """The quantiles (2, c) at which the tails of each ordered column begin; NaN without any value and for states."""
    ends = np.full((2, reference.values.shape[1]), np.nan)
    for j in np.flatnonzero(reference.coding.ordered):
        present = reference.values[~np.isnan(reference.values[:, j]), j]
        if len(present):
            ends[:, j] = np.quantile(present, TAILS)
    return ends


def _tails(reference: Rows, rows: Rows, ends: np.ndarray) -> Beyond:
    """The gap is the mean over the tails that the reference has of |share - real share| / real share."""
    beyond = [
        np.concatenate([each.values < ends[0], each.values > ends[1]], axis=1).astype(float)
        for each in (reference, rows)
    ]
    real, made = (each.mean(axis=0) for each in beyond)
    there = real > 0
    weight = np.divide(1.0, real * there.sum(), out=np.zeros_like(real), where=there)
    gap = gap_of_means(beyond[0], beyond[1], weight) if there.any() else UNDEFINED
    return Beyond(real.reshape(2, -1), made.reshape(2, -1), gap)


def _columns(
    tables: Tables,
    held: Held,
    ends: np.ndarray,
    tails: Mapping[str, Beyond],
    sdv: Mapping[str, SdvScore],
) -> list[Column]:
    columns = []
    for j, column in enumerate(tables.coding.columns):
        three = {
            "real": held.reference.values[:, j],
            "synthetic": held.candidates[SYNTHETIC].values[:, j],
            "control": held.candidates[CONTROL].values[:, j],
        }
        beyond = [
            Tail(
                q=column.shown(ends[end, [j]])[0],
                real=float(tails[SYNTHETIC].real[end, j]),
                synthetic=float(tails[SYNTHETIC].made[end, j]),
                control=float(tails[CONTROL].made[end, j]),
            )
            for end in (0, 1)
            if np.isfinite(ends[end, j])
        ]
        columns.append(
            Column(
                name=column.name,
                kind=column.codec.kind.value,
                target=column.name == tables.schema.target,
                distance=rounded_figure(
                    told({name: found[j] for name, found in held.columns.items()})
                ),
                missing=Missing(
                    **{key: float(np.isnan(each).mean()) for key, each in three.items()}
                ),
                tails=Tails(low=beyond[0], high=beyond[1]) if beyond else None,
                coverage=_coverage(
                    column, three["real"], three["synthetic"], _new_levels(tables, column)
                ),
                sdv=sdv.get(column.name),
                shape=_shape(column, three),
            )
        )
    return columns


def _new_levels(tables: Tables, column: Coded) -> int:
    """How many levels the synthetic table has that the real one lacks."""
    if column.levels is None:
        return 0
    made, real = (
        pd.Index(table[column.name].dropna().unique()) for table in (tables.synthetic, tables.real)
    )
    return len(made.difference(real))


def _coverage(column: Coded, real: np.ndarray, made: np.ndarray, new: int = 0) -> Coverage:
    """Of states how many of the real levels occur; of numbers and times the share of the real range."""
    known, seen = real[~np.isnan(real)], made[~np.isnan(made)]
    if column.levels is not None:
        n = len(column.levels)
        levels = np.unique(known[known < n])
        rows_new = float((made >= n).mean())
        return Coverage(
            levels_real=len(levels),
            seen=int(np.isin(levels, seen).sum()),
            rows_new=rows_new,
            new=new,
        )
    if not len(known) or not len(seen) or known.min() == known.max():
        return Coverage(range=None)
    inside = min(known.max(), seen.max()) - max(known.min(), seen.min())
    return Coverage(range=float(max(inside, 0.0) / (known.max() - known.min())))


def _covered(reference: Rows, rows: Rows) -> float:
    """The mean over columns of the share of levels, or of the range, that occurs."""
    shares = []
    for j, column in enumerate(reference.coding.columns):
        found = _coverage(column, reference.values[:, j], rows.values[:, j])
        shares.append(given(found.seen) / found.levels_real if found.levels_real else found.range)
    known = [share for share in shares if share is not None]
    return float(np.mean(known)) if known else float("nan")


def _new_states(rows: Rows) -> int:
    """Rows with a state that no real row has."""
    known = [np.inf if c.levels is None else len(c.levels) for c in rows.coding.columns]
    return int((rows.values >= np.array(known)).any(axis=1).sum())


def _shape(column: Coded, tables: Mapping[str, np.ndarray]) -> Shape | None:
    """Shares of the rows that have a value, by table; None where no real row has one."""
    present = {name: values[~np.isnan(values)] for name, values in tables.items()}
    if column.levels is not None:
        named = min(len(column.levels), MOST_LEVELS)
        words = [str(level) for level in column.levels[:named]]
        counts = {
            name: np.bincount(np.minimum(values, named).astype(np.int64), minlength=named + 1)
            for name, values in present.items()
        }
        if any(count[-1] for count in counts.values()):
            words.append("other")
        shares = {name: _rounded_shares(count[: len(words)]) for name, count in counts.items()}
        return Shape(type="levels", levels=words, **shares)
    if not len(present["real"]):
        return None
    edges = bin_edges(present["real"], whole=column.codec.kind is Kind.INTEGER)
    shares = {
        name: _rounded_shares(np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0])
        for name, values in present.items()
    }
    return Shape(type="histogram", edges=column.shown(edges), **shares)


def bin_edges(real: np.ndarray, *, whole: bool = False) -> np.ndarray:
    """Ends of bins of equal width over the bulk of the real values; of few whole numbers each has its own bin."""
    low, high = np.quantile(real, ENDS)
    if whole and real.max() - real.min() < BINS:
        return np.arange(real.min() - 0.5, real.max() + 1.0)
    if low == high:
        half = max(abs(low), 1.0) / 2
        return np.array([low - half, low + half])
    return np.linspace(low, high, BINS + 1)


def _rounded_shares(counts: np.ndarray) -> list[float]:
    return [round(float(share), 6) for share in counts / max(counts.sum(), 1)]


# --- Pairs
# -----------------------------------------------------------------------------------------


def joint(cells: np.ndarray) -> np.ndarray:
    """Shares of rows (c·CELLS, c·CELLS): of the pair (i, j), the block of its CELLS × CELLS table."""
    width = cells.shape[1] * CELLS
    found = np.zeros((width, width))
    for part in _one_hot(cells):
        found += part.T @ part  # whole numbers below 2**24, exact in float32
    return found / max(len(cells), 1)


def pair_distances(reference: np.ndarray, candidate: np.ndarray) -> np.ndarray:
    """Total variation between the tables of each pair (c, c), from two `joint`; in [0, 1], on the diagonal that
    of the column alone: the share of rows that would have to move for the pair to be distributed alike.
    """
    c = len(reference) // CELLS
    gaps = np.abs(reference - candidate).reshape(c, CELLS, c, CELLS)
    return np.asarray(gaps.sum(axis=(1, 3)) / 2)


def _mean_distance(reference: Rows, rows: Rows) -> Estimate:
    """The mean of `pair_distances` over the pairs of columns that vary in the reference.

    A row's influence is ½ Σ over pairs of the sign of the difference in the cell that it is in: zᵀSz.
    """
    cells = reference.cells
    counted = (cells != cells[:1]).any(axis=0)
    if counted.sum() < 2:
        return UNDEFINED
    upper = np.triu(counted & counted[:, None], k=1)
    blocks = np.repeat(np.repeat(upper, CELLS, axis=0), CELLS, axis=1)
    signs = np.where(blocks, np.sign(reference.joint - rows.joint), 0.0)
    signs = (signs / (2 * upper.sum())).astype(np.float32)
    influences = [
        np.concatenate([((part @ signs) * part).sum(axis=1) for part in _one_hot(each.cells)])
        for each in (reference, rows)
    ]
    value = float(pair_distances(reference.joint, rows.joint)[upper].mean())
    return Estimate(value, influences[0].astype(float), -influences[1].astype(float))


def association(shares: np.ndarray, n: int) -> np.ndarray:
    """Cramér's V of each pair (c, c) with its bias corrected, from a `joint` of n rows.

    0: independent, 1: one decides the other. NaN where a column has one cell. Whether columns of
    numbers rise or fall together it does not say; `pair_distances` sees that.

    Source: Bergsma (2013), "A bias-correction for Cramér's V and Tschuprow's T".
    """
    c = len(shares) // CELLS
    each = np.diag(shares)
    expected = np.outer(each, each)
    ratio = np.divide(shares**2, expected, out=np.zeros_like(shares), where=expected > 0)
    phi2 = ratio.reshape(c, CELLS, c, CELLS).sum(axis=(1, 3)) - 1
    levels = (each.reshape(c, CELLS) > 0).sum(axis=1).astype(float)
    rows = max(n - 1, 1)
    phi2 = np.maximum(0.0, phi2 - np.outer(levels - 1, levels - 1) / rows)
    corrected = levels - (levels - 1) ** 2 / rows
    smaller = np.minimum(corrected[:, None], corrected) - 1
    found = np.sqrt(np.divide(phi2, smaller, out=np.full_like(phi2, np.nan), where=smaller > 1e-9))
    found = np.clip(found, 0.0, 1.0)
    np.fill_diagonal(found, np.where(levels > 1, 1.0, np.nan))
    return np.asarray(found)


def _relations(reference: Rows, rows: Rows) -> float:
    """The mean over all pairs of |Cramér's V - the reference's|; NaN where no pair has one.

    Unlike the distance of pairs it has little chance in it, and a table without relations is far off.
    """
    gap = np.abs(rows.association - reference.association)
    gap = gap[np.triu_indices(len(gap), k=1)]
    return float(np.nanmean(gap)) if (~np.isnan(gap)).any() else float("nan")


def _one_hot(cells: np.ndarray) -> Iterator[np.ndarray]:
    """The one-hot matrix (n, c·CELLS) float32, some rows at a time."""
    offset = np.arange(cells.shape[1]) * CELLS
    for start in range(0, len(cells), MOST_ROWS_AT_ONCE):
        part = cells[start : start + MOST_ROWS_AT_ONCE] + offset
        found = np.zeros((len(part), cells.shape[1] * CELLS), dtype=np.float32)
        np.put_along_axis(found, part, 1.0, axis=1)
        yield found


def _pairs(held: Held, sdv: SdvReports | Skipped | None) -> Pairs:
    counted, left_out = None, None
    if isinstance(sdv, SdvReports):
        counted = given(sdv.pairs_counted)
        left_out = given(sdv.pairs) - counted
    real, made, control = held.reference, held.candidates[SYNTHETIC], held.candidates[CONTROL]
    return Pairs(
        columns=real.coding.names,
        measure=(
            "how strongly two columns go together, whatever their kinds: Cramér's V on cells of"
            " about as"
            " many real rows each, bias corrected; 0 independent, 1 one decides the other"
        ),
        real=_matrix(real.association),
        synthetic=_matrix(made.association),
        difference=_matrix(made.association - real.association),
        control_difference=_matrix(control.association - real.association),
        distance_measure=(
            "the share of rows that would have to move for the pair to be distributed as in the"
            " real"
            " table: total variation on the same cells, which sees the direction of a relation too"
        ),
        distance=_matrix(pair_distances(real.joint, made.joint)),
        control_distance=_matrix(pair_distances(real.joint, control.joint)),
        all_pairs=rounded_figure(held.all_pairs),
        sdv_counted=counted,
        sdv_left_out=left_out,
    )


def _matrix(found: np.ndarray) -> Matrix:
    return [[rounded(value) for value in row] for row in found]


# --- Classes
# ---------------------------------------------------------------------------------------


def _classes(tables: Tables, whole: Tables, held: Held) -> list[ClassOf] | None:
    """Each class's columns held against those of the real rows of that class, as many rows of each candidate."""
    if tables.schema.target is None:
        return None
    return [_class(value, tables, whole, held) for value in tables.schema.classes]


def _class(value: Any, tables: Tables, whole: Tables, held: Held) -> ClassOf:
    coding = tables.coding
    target = coding.names.index(str(tables.schema.target))
    levels = coding.columns[target].levels or []
    code = levels.index(value) if value in levels else -1
    ours, *theirs = (
        rows.values[rows.values[:, target] == code]
        for rows in (held.reference, *held.candidates.values())
    )
    by_name = dict(zip(held.candidates, theirs, strict=True))
    n = min(len(by_name[SYNTHETIC]), len(by_name[CONTROL]))
    columns, worst = figure(None), list[Worst]()
    if len(ours) and n:
        alike = {
            name: Rows(coding, drawn(rows, n, tables.rng("class", str(value), name)))
            for name, rows in by_name.items()
        }
        distances = Held(Rows(coding, ours), alike).columns
        features = {name: each[:target] + each[target + 1 :] for name, each in distances.items()}
        columns = rounded_figure(told({name: mean_of(each) for name, each in features.items()}))
        names = coding.names[:target] + coding.names[target + 1 :]
        worst = _farthest(names, features[SYNTHETIC])[:MOST_WORST]
    real, made = (
        table[tables.schema.target].eq(value).to_numpy() for table in (whole.real, whole.synthetic)
    )
    return ClassOf(
        name=word(value),
        real=float(real.mean()),
        synthetic=float(made.mean()),
        rows_real=int(real.sum()),
        rows_synthetic=int(made.sum()),
        columns=columns,
        worst=worst,
    )


def _farthest(names: list[str], distances: list[Estimate]) -> list[Worst]:
    """The columns that have a distance, the farthest first."""
    known = [
        Worst(name=name, distance=each.value)
        for name, each in zip(names, distances, strict=True)
        if not np.isnan(each.value)
    ]
    return sorted(known, key=lambda each: (-given(each.distance), each.name))


# --- Projection
# ------------------------------------------------------------------------------------


def projection(tables: Tables) -> Projection:
    """The tables as clouds of points on the two directions in which the real rows vary most.

    Principal components of the features of the real rows (Pearson 1901). Numbers are standardised, two
    rows whose states differ are 1 apart there, and a missing number is a state (`Geometry`). `explained`
    is the share of the real variance on each axis.
    """
    real = drawn(tables.values[REFERENCE], MOST_PROJECTED, tables.rng("projection"))
    center, deviation = _moments(real)
    features = [j for j, name in enumerate(tables.coding.names) if name != tables.schema.target]

    def points(values: np.ndarray) -> np.ndarray:
        coordinates = [
            _coordinates(tables.coding.columns[j], values[:, j], center[j], deviation[j])
            for j in features
        ]
        return np.hstack(coordinates)

    cloud = points(real)
    mean = cloud.mean(axis=0)
    variance, directions = np.linalg.eigh(np.atleast_2d(np.cov(cloud, rowvar=False, bias=True)))
    axes = directions[:, ::-1][:, :2]
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    axes = axes * np.where(largest < 0, -1.0, 1.0)
    total = float(variance.sum())
    shares = np.maximum(variance[::-1][:2], 0) / total if total > 1e-12 else [0.0, 0.0]

    def shown(values: np.ndarray, name: str) -> Points:
        flat = (points(drawn(values, MOST_POINTS, tables.rng("projection", name))) - mean) @ axes
        if flat.shape[1] == 1:  # one coordinate has no second direction
            flat = np.hstack([flat, np.zeros_like(flat)])
        return [[round(float(x), 4), round(float(y), 4)] for x, y in flat]

    held = tables.holdout
    return Projection(
        method="PCA",
        explained=[*(round(float(share), 6) for share in shares), 0.0][:2],
        real=shown(tables.values[REFERENCE], "real"),
        synthetic=shown(tables.values[SYNTHETIC], "synthetic"),
        holdout=None if held is None else shown(tables.coding.values(held), "holdout"),
    )


def _moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each column over present values; 0 and 1 where there is none."""
    here = ~np.isnan(values)
    n = np.maximum(here.sum(axis=0), 1)
    center = np.where(here, values, 0.0).sum(axis=0) / n
    deviation = np.sqrt((np.where(here, values - center, 0.0) ** 2).sum(axis=0) / n)
    return center, np.where(deviation > 0, deviation, 1.0)


def _coordinates(column: Coded, values: np.ndarray, center: float, deviation: float) -> np.ndarray:
    gone = np.isnan(values)
    if column.levels is None:
        return np.column_stack([np.where(gone, 0.0, (values - center) / deviation), gone])
    place = np.minimum(np.nan_to_num(values), MOST_STATES - 1)
    place = np.where(gone, MOST_STATES, place).astype(np.int64)
    # Two one-hot rows that differ are √2 apart.
    return np.asarray(np.eye(MOST_STATES + 1)[place] / np.sqrt(2))


# --- Measures
# --------------------------------------------------------------------------------------


def _measures(
    tables: Tables,
    held: Held,
    tails: Mapping[str, Beyond],
    classes: list[ClassOf] | None,
) -> Iterator[Measure]:
    names, made = tables.coding.names, held.candidates[SYNTHETIC]
    known = _farthest(names, held.columns[SYNTHETIC])
    farthest = max(known, key=lambda each: (each.distance, each.name), default=None)
    yield measure(
        "fidelity.columns",
        "Distance of columns",
        "less",
        "mean over columns of the largest gap of distribution functions (states: total variation), 0 to 1",
        told({name: mean_of(found) for name, found in held.columns.items()}),
        f"0 is the same distribution. Farthest: {farthest.name} ({farthest.distance:.3f})."
        if farthest
        else "No column has values in both tables.",
    )
    distance = np.triu(pair_distances(held.reference.joint, made.joint), k=1)
    i, j = np.unravel_index(int(distance.argmax()), distance.shape)
    yield measure(
        "fidelity.pairs",
        "Distance of pairs",
        "less",
        "mean over all pairs of columns of the share of rows that would have to move, 0 to 1",
        held.all_pairs,
        f"All pairs, weak ones too. Farthest: {names[i]} with {names[j]} ({distance[i, j]:.3f})."
        if len(names) > 1
        else "There is one column, and no pair.",
    )
    relations = told_plainly(held.each(_relations))
    if relations.value is not None:
        yield measure(
            "fidelity.relations",
            "Distance of relations",
            "less",
            "mean over all pairs of the gap between the strengths of relation (Cramér's V), 0 to 1",
            relations,
            "Whether columns go together as strongly as they really do. Its bias is corrected; it"
            " has no"
            " interval.",
        )
    gone = np.isnan(held.reference.values).any(axis=0) | np.isnan(made.values).any(axis=0)
    if gone.any():
        yield measure(
            "fidelity.missing",
            "Missing values",
            "less",
            "mean over columns with missing values of the gap between the shares missing, 0 to 1",
            told(held.each(lambda real, rows: _missing(real, rows, np.flatnonzero(gone)))),
            f"Of {gone.sum()} column{'s' if gone.sum() > 1 else ''} with missing values.",
        )
    tail = told({name: found.gap for name, found in tails.items()}, most=np.inf)
    if tail.value is not None:
        yield measure(
            "fidelity.tails",
            "Tails",
            "less",
            "mean relative gap of the shares of rows beyond the real 1 % and 99 % quantiles",
            tail,
            "0: tails as full as the real ones. 1: empty, or twice as full.",
        )
    yield measure(
        "fidelity.coverage",
        "Levels and ranges covered",
        "more",
        "mean over columns, 0 to 1",
        told_plainly(held.each(_covered)),
        "1: every real level occurs, and numbers reach both ends of the real range.",
    )
    if not tables.coding.ordered.all():
        new = told_plainly(held.each(lambda _, rows: _new_states(rows) / len(rows)))
        yield measure(
            "fidelity.new_states",
            "Rows with new states",
            "less",
            "share of rows",
            beside(share(_new_states(made) / len(made), len(made)), new.control, new.baseline),
            "Rows with a state that no real row has.",
        )
    for each in classes or ():
        if each.name == word(tables.schema.positive) and each.columns.value is not None:
            yield measure(
                "fidelity.positives",
                f"Distance of columns, {tables.schema.target} = {each.name}",
                "less",
                "mean over features, within that class, 0 to 1",
                each.columns,
                f"{each.rows_synthetic:,} synthetic rows of the class ({each.synthetic:.2%}),"
                " really"
                f" {each.real:.2%}.",
            )


def _missing(reference: Rows, rows: Rows, columns: np.ndarray) -> Estimate:
    """The mean over `columns` (positions) of |share missing - real share missing|."""
    real, made = (np.isnan(each.values[:, columns]).astype(float) for each in (reference, rows))
    return gap_of_means(real, made, np.full(len(columns), 1 / len(columns)))
