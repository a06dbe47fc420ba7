"""The arms that advice speaks of: how a config names them, their families, and how their cost grows.

Names only: the methods themselves live on floors above.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

#: How many rows CTGAN and TVAE take per step, and seconds per step on two CPU cores: measured once,
#: on another machine, on 3,500 x 5 and 32,561 x 15 cells; an order of magnitude, and said as such.
ROWS_PER_STEP, SECONDS_PER_STEP = 500, (0.042, 0.081)
EPOCHS = 300
#: Seconds per cell (rows · columns) of a Gaussian copula's fit and rows; and MiB beside the libraries, at no cell
#: and per thousand: measured once, on 4,000 and 32,000 rows of 5 and 14 columns; orders of magnitude too.
COPULA_SECONDS = (16e-6, 80e-6)
MEBIBYTES = {"gaussian_copula": (0.0, 0.15), "tvae": (55.0, 0.45), "ctgan": (35.0, 0.30)}

Order = Callable[[float], float]


@dataclass(frozen=True)
class Arm:
    """One competitor: its name here, its line in a config, what it does, and how its cost grows with rows."""

    name: str
    spec: str
    families: frozenset[str]
    order: str = "n"
    note: str = ""


def _arm(name: str, families: str, spec: str = "", order: str = "n", note: str = "") -> Arm:
    return Arm(name, spec or name, frozenset(families.split()), order, note)


def _top_up(synthesizer: str, families: str, order: str, note: str, parameters: str = "") -> Arm:
    inside = f"{{name: {synthesizer}{parameters}}}"
    return _arm(
        synthesizer,
        f"generator {families}",
        f"{{name: top_up, synthesizer: {inside}}}",
        order,
        note,
    )


#: Families. baseline: always in. repeats: invents no row. interpolates: puts rows between real ones.
#: searches: looks for neighbours among all rows. generator: fits a model of the rows. dear: minutes
#: to hours per fit. one_shape: models each class as one dependence structure.
ARMS: dict[str, Arm] = {
    arm.name: arm
    for arm in (
        _arm("none", "baseline", note="the reference; its threshold is tuned like everybody's"),
        _arm("class_weights", "baseline", note="costs nothing"),
        _arm("random_oversampling", "repeats", note="invents nothing"),
        _arm("random_undersampling", "repeats removes", note="makes training cheaper"),
        _arm("noise", "moves", "{name: noise, scale: 0.1}", note="stays beside each real row"),
        _arm("smote", "interpolates", order="n^2", note="O(n·k·d) once the neighbours are known"),
        _arm("borderline_smote", "interpolates searches", order="n^2"),
        _arm("adasyn", "interpolates searches", order="n^2"),
        _arm("svm_smote", "interpolates searches", order="n^2"),
        _arm("smote_enn", "interpolates searches", order="n^2"),
        _arm("mixup", "interpolates", note="soft labels"),
        _top_up("sequential_trees", "", "n log n", "a generator trained in seconds"),
        _top_up("gaussian_copula", "one_shape", "n", "one dependence structure for all rows"),
        _top_up("tvae", "dear", "n", f"{EPOCHS} epochs", f", epochs: {EPOCHS}"),
        _top_up("ctgan", "dear", "n", f"{EPOCHS} epochs", f", epochs: {EPOCHS}"),
    )
}

ORDERS: dict[str, Order] = {
    "n": lambda n: n,
    "n log n": lambda n: n * np.log2(max(n, 2)),
    "n^2": lambda n: n * n,
}


def of(*families: str) -> tuple[str, ...]:
    """The arms of any of these families."""
    return tuple(name for name, arm in ARMS.items() if arm.families & set(families))


def inventing() -> tuple[str, ...]:
    """The arms that make rows which nobody has seen."""
    return of("interpolates", "moves", "generator")


def because(names: Iterable[str], reason: str) -> dict[str, str]:
    """One reason for each of these arms."""
    return dict.fromkeys(names, reason)


def extrapolate(measured: float, rows: int, wanted: int, order: str) -> float:
    """A cost measured on `rows` rows, at `wanted` rows: measured · f(wanted) / f(rows), f the method's order.

    Linear, n log n or quadratic. What does not grow (set-up) is scaled too, so for a method that is
    done in a blink the estimate is too high rather than too low.
    """
    growth = ORDERS[order]
    return float(measured * growth(wanted) / growth(rows))


def deep_seconds(rows: int) -> tuple[float, float]:
    """Seconds that CTGAN or TVAE takes for `EPOCHS` epochs on `rows` rows: steps · seconds per step, lower and upper.

    DIFFERS from the other arms: not measured on this machine, because one fit takes longer than all
    of the advice may.
    """
    steps = EPOCHS * max(1, rows // ROWS_PER_STEP)
    return steps * SECONDS_PER_STEP[0], steps * SECONDS_PER_STEP[1]


def copula_seconds(cells: int) -> tuple[float, float]:
    """Seconds that a Gaussian copula takes for so many cells, lower and upper; not measured here, as above."""
    return cells * COPULA_SECONDS[0], cells * COPULA_SECONDS[1]


def sdv_mebibytes(name: str, cells: int) -> float:
    """MiB that one of SDV's arms takes for so many cells, beside SDV and PyTorch themselves."""
    start, per_thousand = MEBIBYTES[name]
    return start + per_thousand * cells / 1000
