"""The safety net of a refactoring: what the package computes, to the last digit.

    python tests/net/figures.py                      compare with figures.json, print differences
    python tests/net/figures.py --only rules,advice  the same for some sections
    python tests/net/figures.py --store              write figures.json; with --only, in part
    python tests/net/figures.py --full FILE          also write every figure uncondensed

To look into a difference, write the full figures of both trees and compare the two files; the tree
is the one that Python imports, as PYTHONPATH says.

It takes public names, commands, YAML keys and written files alone, so that it outlives any move of
a module. Each covered thing is a key of its own, such as "strategies/smote/mixed", so that a
difference names its place. Long things are told by the first 16 digits of a SHA-256 over their
canonical bytes, beside a few figures that a person can read. Seconds, memory and whatever follows
from them are left out. Sentences stand under keys that end in "/words": they may be reworded where
the CHANGELOG says so.

A sweep over epochs is compared at each level: below the most epochs, a level's random stream is
that of the most (docs/results.md), whether one training serves all levels or not.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import os
import platform
import runpy
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

STORED = Path(__file__).with_name("figures.json")
CONFIGS = Path(__file__).resolve().parents[2] / "configs"
#: Packages whose version may decide a last digit.
PACKAGES = (
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "imbalanced-learn",
    "skrub",
    "torch",
    "sdv",
    "ctgan",
    "rdt",
    "copulas",
    "sdmetrics",
)
#: The exit status that says that the stored figures are those of another environment.
ELSEWHERE = 3

Figures = Iterator[tuple[str, Any]]


# --- What is told of a value


def plain(value: Any) -> Any:
    """The value as JSON has it; a number that JSON lacks becomes its word."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [
            plain(each) for each in (sorted(value) if isinstance(value, set | frozenset) else value)
        ]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and (value != value or value in (float("inf"), -float("inf"))):
        return repr(value)
    return value if value is None or isinstance(value, str | int | float) else str(value)


def digest(content: bytes | str) -> str:
    """The first 16 hexadecimal digits of its SHA-256."""
    content = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(content).hexdigest()[:16]


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


class Condensed(dict):
    """A value that was told by hand: it is stored as it is."""


def condensed(value: Any, depth: int = 0, room: int = 160) -> Any:
    """The plain value if it is short, else its parts by name, else its digest and its beginning."""
    if isinstance(value, Condensed):
        return value["told"]
    text = canonical(value)
    if len(text) <= room:
        return value
    if isinstance(value, dict) and depth < 2:
        return {key: condensed(each, depth + 1, room) for key, each in value.items()}
    return f"{digest(text)} {text[:40]}…"


def frame(table: Any) -> dict[str, str]:
    """What a table is, column by column: dtype, gaps, digest of the cells' canonical bytes."""
    import pandas as pd

    told = {"": f"{len(table)} rows, columns {digest(canonical(list(map(str, table.columns))))}"}
    for name, series in table.items():
        gaps = series.isna().to_numpy()
        present, dtype = series[~gaps], series.dtype
        shown, kind = str(dtype), getattr(dtype, "kind", "O")
        if isinstance(dtype, pd.CategoricalDtype):
            shown += f" of {dtype.categories.dtype} {list(dtype.categories)} {dtype.ordered}"
            cells, reading = (
                present.cat.codes.to_numpy().astype("<i8").tobytes(),
                str(present.iloc[0]) if len(present) else "",
            )
        elif kind in "mM":
            # In the column's own unit, which its dtype tells.
            whole = present.astype("int64").to_numpy()
            cells, reading = whole.astype("<i8").tobytes(), str(present.min())
        elif kind in "biuf":
            numbers = present.to_numpy(dtype=getattr(dtype, "numpy_dtype", dtype))
            cells, reading = numbers.tobytes(), f"sum {float(numbers.sum(dtype='float64'))!r}"
        else:
            cells = repr(
                [each.item() if hasattr(each, "item") else each for each in present]
            ).encode()
            reading = str(present.iloc[0])[:20] if len(present) else ""
        # `shown` goes into the digest whole: levels of a category are many.
        whole = digest(cells + gaps.tobytes() + shown.encode())
        told[str(name)] = f"{dtype}, {int(gaps.sum())} gaps, {reading}, {whole}"
    return told


def array(values: Any) -> str:
    """An array in words: dtype, shape, sum, digest."""
    import numpy as np

    values = np.ascontiguousarray(values)
    if values.dtype == object:
        return f"object {values.shape}, {digest(repr(values.tolist()))}"
    total = f"sum {float(values.sum(dtype='float64'))!r}, " if values.dtype.kind in "biuf" else ""
    return f"{values.dtype} {values.shape}, {total}{digest(values.tobytes())}"


# --- Tables


@cache
def mixed(rows: int = 300) -> Any:
    """Every kind of column but keys and text, gaps, three classes of unlike size; see `MIXED`."""
    import numpy as np
    import pandas as pd

    rng = np.random.RandomState(7)  # its streams are the same for ever
    kind = np.array(["legit"] * 8 + ["fraud", "fraud", "dispute", "legit"])[np.arange(rows) % 12]
    shift = np.select([kind == "fraud", kind == "dispute"], [2.0, -1.5], 0.0)

    def gaps(share: float) -> Any:
        return rng.rand(rows) < share

    paid = pd.Timestamp("2024-03-01", tz="Europe/Berlin") + pd.to_timedelta(
        rng.randint(0, 8_000_000, rows), unit="s"
    )
    spoken = rng.choice(["Köln", "Paris", "Lyon"], rows)
    return pd.DataFrame(
        {
            "amount": pd.Series(np.exp(rng.normal(3 + shift / 2, 1, rows)).round(2)).mask(
                gaps(0.05)
            ),
            "balance": (rng.normal(0, 20, rows) + 40 * shift).astype("float32"),
            "level": rng.normal(1000, 10, rows) + 8 * shift,
            "items": rng.poisson(3 + shift.clip(0), rows),
            "age": pd.Series(rng.randint(18, 90, rows), dtype="Int64").mask(gaps(0.1)),
            "present": rng.rand(rows) < 0.6,
            "chip": pd.Series(rng.rand(rows) < 0.5, dtype="boolean").mask(gaps(0.1)),
            "flag": rng.randint(0, 2, rows),
            "city": pd.Series(spoken, dtype=object).mask(gaps(0.1), None),
            "device": pd.Categorical(
                rng.choice(["phone", "till"], rows), ["till", "phone", "watch"]
            ),
            "risk": pd.Categorical(
                rng.choice(["low", "mid", "high"], rows), ["low", "mid", "high"], ordered=True
            ),
            "when": pd.Series(paid).dt.as_unit("s").mask(gaps(0.05)),
            "born": pd.Series(
                pd.Timestamp("1970-01-01") + pd.to_timedelta(rng.randint(0, 9999, rows), unit="D")
            ),
            "kind": kind,
        }
    )


#: How the mixed table is to be read.
MIXED = {"target": "kind", "positive": "fraud"}


@cache
def numeric(rows: int = 300) -> Any:
    """Four columns of numbers without gaps, and two classes that overlap; the target is `fraud`."""
    import numpy as np
    import pandas as pd

    rng = np.random.RandomState(11)
    fraud = (np.arange(rows) % 10 == 3).astype(int)
    values = rng.normal(size=(rows, 4)) * [1, 10, 0.1, 5] + np.outer(fraud, [1.5, 12, 0.1, 0])
    return pd.DataFrame(values, columns=list("abcd")).assign(fraud=fraud)


@cache
def ruled(rows: int = 240) -> Any:
    """A table for which `RULES` hold; the target is `fraud`."""
    import numpy as np
    import pandas as pd

    rng = np.random.RandomState(13)
    city = rng.choice(["Bonn", "Ulm", "Lyon", "Nice"], rows)
    amount = rng.uniform(10, 90, rows).round(2)
    tax = (amount * rng.uniform(0.06, 0.24, rows)).round(2)
    paid = pd.Series(
        pd.Timestamp("2024-01-01", tz="UTC")
        + pd.to_timedelta(rng.randint(0, 10**6, rows), unit="s")
    )
    way, spread, heart = (
        rng.randint(0, 3, rows),
        np.sort(rng.normal(size=(rows, 3)), axis=1),
        rng.uniform(51, 149, rows),
    )
    return pd.DataFrame(
        {
            "heart_rate": heart,
            "peak": pd.Series(heart + 40 + rng.exponential(9, rows)).mask(rng.rand(rows) < 0.1),
            "visits": pd.Series(rng.randint(0, 9, rows).astype(float)).mask(rng.rand(rows) < 0.1),
            "grade": rng.choice([1, 2, 4], rows),
            "amount": amount,
            "tax": tax,
            "net": (amount - tax).round(2),
            "low": spread[:, 0],
            "middle": spread[:, 1],
            "high": spread[:, 2],
            "time": paid,
            "settled": paid + pd.to_timedelta(rng.randint(0, 5_000, rows), unit="s"),
            "city": city.astype(object),
            "country": pd.Categorical(np.where(np.isin(city, ["Bonn", "Ulm"]), "DE", "FR")),
            "is_card": (way == 0).astype(int),
            "is_cash": (way == 1).astype(int),
            "is_other": (way == 2).astype(int),
            "fraud": np.where(np.arange(rows) % 5 == 0, "yes", "no"),
        }
    )


#: One rule of each kind, as a rules file has them.
RULES: list[dict[str, Any]] = [
    {"rule": "range", "column": "heart_rate", "min": 50, "max": 150},
    {"rule": "positive", "column": "amount"},
    {"rule": "whole", "column": "visits"},
    {"rule": "one_of", "column": "grade", "values": [1, 2, 4]},
    {"rule": "not_null", "column": "city"},
    {"rule": "unique", "columns": ["amount", "time"]},
    {"rule": "inequality", "low": "time", "high": "settled"},
    {"rule": "ordered", "columns": ["low", "middle", "high"]},
    {"rule": "fixed_combinations", "columns": ["city", "country"]},
    {"rule": "one_hot", "columns": ["is_card", "is_cash", "is_other"]},
    {"rule": "sum", "parts": ["net", "tax"], "total": "amount", "tolerance": 0.02},
    {"rule": "ratio", "numerator": "tax", "denominator": "amount", "min": 0.05, "max": 0.25},
    {
        "rule": "when",
        "if": "country == 'DE'",
        "then": {"rule": "range", "column": "amount", "max": 90},
    },
    {"rule": "immutable", "column": "country", "key": "city"},
    {"rule": "pattern", "column": "city", "regex": "[A-Z][a-z]+"},
    {"rule": "expression", "expression": "heart_rate + 40 <= peak or is_null(peak)"},
]
#: Those that interpolated rows can be made to obey within a moment.
ENFORCED = [RULES[0], RULES[2], RULES[3], RULES[6], RULES[7], RULES[9], RULES[12]]


def broken() -> Any:
    """The ruled table with cells changed and columns turned round, so that rules are broken."""
    import numpy as np

    table = ruled().copy()
    shifted = ["peak", "settled", "country", "middle", "is_card", "net", "tax"]
    for name in shifted:
        table[name] = table[name].iloc[::-1].reset_index(drop=True)
    table.loc[3, "heart_rate"], table.loc[4, "amount"], table.loc[5, "visits"] = 25.0, -1.0, 2.5
    table.loc[6, "grade"], table.loc[7, "city"], table.loc[8, "city"] = 3, None, "X"
    table.loc[10, ["amount", "time"]] = table.loc[9, ["amount", "time"]]
    table.loc[11, "high"] = np.nan
    return table


def dataset(name: str, **parameters: Any) -> Any:
    """A named data set with parameters, by the way of a config."""
    import synthkit

    with scratch() as folder:
        path = folder / "data.yaml"
        path.write_text(json.dumps({"data": {"name": name, **parameters}, "arms": ["none"]}))
        return synthkit.read_config(path).load()


# --- Commands


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def command(*words: object) -> tuple[int, str]:
    """The exit status and the printed text of `python -m synthkit.cli WORDS`, in this process."""
    before, out, err = sys.argv, io.StringIO(), io.StringIO()
    sys.argv = ["synthkit", *map(str, words)]
    status = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            runpy.run_module("synthkit.cli", run_name="__main__", alter_sys=False)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.argv = before
    if status not in (0, 1):
        raise RuntimeError(
            f"synthkit {' '.join(sys.argv[1:])} {words} ended with {status}:\n{err.getvalue()}"
        )
    return status, out.getvalue()


# --- Comparisons and sweeps

#: Keys of results.json that depend on seconds or on the machine.
NOT_FIGURES = ("checksum", "run", "cost", "sweep_cost")
#: Columns of cells.parquet that do.
SPENT = ("augment_", "fit_", "predict_")
#: Keys of written files under which sentences stand.
WORDS = ("message", "error", "sentence", "reading", "title", "why", "nulls")


def scored(rows: list[dict[str, Any]], *names: str) -> Condensed:
    """Rows of scores by what they are of: a few figures, and the digest of all of them."""
    told = {}
    for row in rows:
        scores, gap = row["scores"] or {}, row["gap"] or {}
        shown = {
            key: scores[key]["mean"]
            for key in ("average_precision", "f1_tuned", "cost")
            if key in scores
        }
        if "average_precision" in gap:
            shown["gap"], shown["word"] = (
                gap["average_precision"]["mean"],
                gap["average_precision"]["word"],
            )
        told[" / ".join(str(row[name]) for name in names)] = {**shown, "": digest(canonical(row))}
    return Condensed(told=told, full=rows)


def without(value: Any, *keys: str) -> Any:
    """The value less these keys, wherever they stand."""
    if isinstance(value, dict):
        return {key: without(each, *keys) for key, each in value.items() if key not in keys}
    return [without(each, *keys) for each in value] if isinstance(value, list) else value


def sentences(value: Any, *keys: str) -> list[str]:
    """The texts that stand under these keys, in their order."""
    if isinstance(value, dict):
        own = [each for key, each in value.items() if key in keys and isinstance(each, str)]
        return own + [
            text
            for key, each in value.items()
            if key not in keys
            for text in sentences(each, *keys)
        ]
    return (
        [text for each in value for text in sentences(each, *keys)]
        if isinstance(value, list)
        else []
    )


def run_folder(folder: Path) -> Figures:
    """The figures that a comparison or a sweep left in its folder."""
    import pandas as pd
    import yaml

    results = plain(json.loads((folder / "results.json").read_text(encoding="utf-8")))
    results = {key: value for key, value in results.items() if key not in NOT_FIGURES}
    swept = results.pop("sweep", None)
    words = sentences({**results, "sweep": swept}, *WORDS)
    yield "rows", scored(results.pop("rows"), "classifier", "arm")
    for key, value in without(results, *WORDS).items():
        if key == "rules":
            arms = {
                arm.pop("arm"): {
                    **arm,
                    **{reason: sorted(arm[reason]) for reason in ("skipped", "outside")},
                }
                for arm in value.pop("arms")
            }
            yield "rules", value
            for arm, counts in arms.items():
                yield f"rules/{arm}", {key: count for key, count in counts.items() if count}
        else:
            yield key, value
    if swept is not None:
        points = swept.pop("points")
        for level in dict.fromkeys(canonical([point["level"], point["fresh"]]) for point in points):
            value, fresh = json.loads(level)
            here = [
                point for point in points if point["level"] == value and point["fresh"] == fresh
            ]
            yield f"points/{value}{' fresh' if fresh else ''}", scored(here, "classifier", "arm")
        for key, value in without(swept, *WORDS).items():
            yield f"sweep {key}", value
    cells = pd.read_parquet(folder / "cells.parquet")
    kept = [name for name in cells if not name.startswith(SPENT)]
    told = frame(cells[kept])
    yield (
        "cells.parquet",
        {"": digest(canonical(told)), "columns": ", ".join(kept), "rows": len(cells)},
    )
    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    config.get("data", {}).pop("path", None)  # absolute
    yield "config.yaml", plain(config)
    if words:
        yield "words", words


def compared(source: Any, *settings: str, sweeping: bool = False) -> Figures:
    with scratch() as folder:
        command(
            "sweep" if sweeping else "compare",
            source,
            "--jobs",
            1,
            "--out",
            folder / "run",
            *(word for setting in settings for word in ("--set", setting)),
        )
        yield from run_folder(folder / "run")


TWO_FOLDS = ("split.repeats=1", "split.folds=2")
SMALL_FOREST = "classifiers=[{name: random_forest, n_estimators: 10}]"
SMALL_BOOSTING = "classifiers=[{name: gradient_boosting, max_iter: 10}]"


def comparison() -> Figures:
    """Configs of the repository with fewer rows, folds and epochs."""
    runs: dict[str, tuple[str, ...]] = {
        "article": ("split.repeats=3", SMALL_FOREST),
        "fraud": (
            *TWO_FOLDS,
            "classifiers=[logistic_regression]",
            "arms.13.synthesizer.epochs=1",
            "arms.14.synthesizer.epochs=1",
        ),
        "mixed_fraud": (
            *TWO_FOLDS,
            "data.rows=900",
            "arms.10.synthesizer.epochs=1",
            "classifiers=[{name: gradient_boosting, max_iter: 10}, logistic_regression]",
        ),
        "mixed_fraud_rules": (*TWO_FOLDS, "data.rows=900", SMALL_BOOSTING),
        "passengers": (
            "split.repeats=2",
            "split.folds=3",
            "classifiers=[logistic_regression,"
            " {name: random_forest, n_estimators: 10}, {name: gradient_boosting, max_iter: 10}]",
        ),
        "heart_rate": (*TWO_FOLDS, "data.rows=1000", SMALL_BOOSTING),
    }
    for name, settings in runs.items():
        for part, value in compared(CONFIGS / f"{name}.yaml", *settings):
            yield f"{name}/{part}", value
    # The other two splits, and three classes out of a text file.
    temporal = (
        "split={scheme: temporal, column: time, folds: 2}",
        "data.rows=1200",
        "arms=[none, smote]",
    )
    for part, value in compared(
        CONFIGS / "mixed_fraud.yaml", *temporal, "classifiers=[logistic_regression]"
    ):
        yield f"temporal/{part}", value
    with scratch() as folder:
        mixed().to_csv(folder / "mixed.csv", index=False)
        config = {
            "data": {"path": str(folder / "mixed.csv"), **MIXED},
            "arms": ["none", "smote", "mixup"],
            "split": {"scheme": "grouped", "column": "items", "repeats": 1, "folds": 2},
            "classifiers": ["logistic_regression"],
        }
        (folder / "mixed.yaml").write_text(json.dumps(config))
        for part, value in compared(folder / "mixed.yaml"):
            yield f"grouped/{part}", value


def sweep() -> Figures:
    """Sweeps over positives, ratio and epochs."""
    small = (*TWO_FOLDS, "classifiers=[logistic_regression]")
    arms = "arms=[none, smote, {name: top_up, label: trees, synthesizer: sequential_trees}]"
    tvae = "{name: tvae, epochs: 1, batch_size: 500}"
    deep = f"arms=[none, {{name: top_up, label: TVAE, synthesizer: {tvae}}}]"
    runs = {
        "positives": ("fraud_sweep", (*small, arms, "sweep={positives: [25, 50, all]}")),
        "imbalance": ("passengers", (*small, "arms=[none, smote]", "sweep={imbalance: [0.1]}")),
        "ratio": ("fraud_sweep", (*small, "arms=[none, smote]", "sweep={ratio: [0.3, 1]}")),
        "epochs": ("mixed_fraud", (*small, "data.rows=900", deep, "sweep={epochs: [1, 2]}")),
    }
    for name, (config, settings) in runs.items():
        for part, value in compared(CONFIGS / f"{config}.yaml", *settings, sweeping=True):
            yield f"{name}/{part}", value


# --- Methods

#: Parameters that a strategy cannot do without, or that make it cheap; then further versions.
STRATEGY_PARAMETERS: dict[str, dict[str, Any]] = {
    "chain": {"strategies": ["smote", "random_undersampling"]},
    "constrained": {"strategy": "smote", "rules": []},
    "edited_nearest_neighbours": {"agree": "most"},
    "smote_enn": {"agree": "most"},
    "top_up": {"synthesizer": "noise"},
}
VERSIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "smote, raw": ("smote", {"standardize": False, "k_neighbors": 3, "ratio": 0.7}),
    "noise, by scale": ("noise", {"scale": 0.3, "clip": False, "ratio": 0.6}),
    "mixup, wide": ("mixup", {"alpha": 1.0, "ratio": 0.8}),
    "top_up, trees": (
        "top_up",
        {"synthesizer": {"name": "sequential_trees", "min_samples_leaf": 5}},
    ),
    "top_up, minority": (
        "top_up",
        {
            "synthesizer": {"name": "sequential_trees", "min_samples_leaf": 5},
            "learn_from": "minority",
        },
    ),
    "edited, all agree": ("edited_nearest_neighbours", {"agree": "all", "remove_from": "all"}),
}


def training_set(out: Any) -> dict[str, Any]:
    """A training set, part by part."""
    return {
        "X": frame(out.X),
        "y": array(out.y),
        "weight": array(out.weight),
        "origin": array(out.origin),
    }


def strategies() -> Figures:
    """Every strategy on a mixed and a numeric table; the streams of random numbers."""
    import synthkit

    tables = {
        "mixed": synthkit.load(mixed(), **MIXED).training_set(),
        "numeric": synthkit.load(numeric(), target="fraud").training_set(),
    }
    made = {
        name: (name, STRATEGY_PARAMETERS.get(name, {})) for name in synthkit.STRATEGIES
    } | VERSIONS
    for shown, (name, parameters) in made.items():
        for of, train in tables.items():
            yield (
                f"{shown}/{of}",
                outcome(
                    lambda name=name, parameters=parameters, train=train, of=of: training_set(
                        synthkit.STRATEGIES[name](**parameters)(
                            train, synthkit.generator(3, "net", name, of)
                        )
                    )
                ),
            )
    train = synthkit.load(
        ruled(), target="fraud", schema={"grade": "integer", "visits": "integer"}
    ).training_set()
    for how in ("resample", "repair", "drop"):
        for inner in ("smote", "noise"):
            strategy = synthkit.Constrained(inner, ENFORCED, how)
            yield (
                f"constrained, {how}/{inner}",
                training_set(strategy(train, synthkit.generator(3, "net", how))),
            )
    streams = {
        str(path): synthkit.generator(5, *path).random(3).tolist()
        for path in ((), ("a",), ("a", 1, 2.5))
    }
    yield "streams", streams


def outcome(call: Callable[[], Any]) -> Any:
    """What the call returns; of an error that a user is meant to see, its kind."""
    import synthkit

    try:
        return call()
    except synthkit.SynthkitError as error:
        return {"raises": type(error).__name__}


DEEP = {"epochs": 2, "batch_size": 100, "device": "cpu"}
GAN = {**DEEP, "generator_dim": (16,), "discriminator_dim": (16,)}
SYNTHESIZER_PARAMETERS: dict[str, dict[str, Any]] = {
    "ctgan": GAN,
    "copula_gan": {**GAN, "default_distribution": "norm"},
    "tvae": {**DEEP, "compress_dims": (16,), "decompress_dims": (16,)},
    "gaussian_copula": {"default_distribution": "norm"},
    "sequential_trees": {"min_samples_leaf": 10},
    "constrained": {
        "synthesizer": "noise",
        "rules": [{"rule": "range", "column": "amount", "max": 80}],
        "allow_real_violations": True,
    },
}


def synthesizers() -> Figures:
    """Every synthesizer at a tiny budget: rows, with and without conditions, and after its file."""
    import synthkit

    versions = {
        name: (name, SYNTHESIZER_PARAMETERS.get(name, {})) for name in synthkit.SYNTHESIZERS
    }
    versions["sequential_trees, range"] = (
        "sequential_trees",
        {"min_samples_leaf": 10, "draw": "range"},
    )
    versions["gaussian_copula, beta"] = ("gaussian_copula", {})
    tables = {"mixed": (mixed(), "kind", "fraud"), "numeric": (numeric(), "fraud", 1)}
    for shown, (name, parameters) in versions.items():
        for of, (table, target, rare) in tables.items():
            if of == "numeric" and name == "constrained":
                continue  # its rule is about the other table
            synthesizer = synthkit.SYNTHESIZERS[name](**parameters)
            fitted = synthesizer.fit(table, target=target, rng=synthkit.generator(3, "net", name))
            there = f"{shown}/{of}"

            def rows(model: Any, of: str, **how: Any) -> dict[str, str]:
                return frame(model.sample(200, rng=synthkit.generator(4, "net", of), **how))

            before = rows(fitted, "rows")
            yield f"{there}/rows", before
            yield f"{there}/where", rows(fitted, "where", where={target: rare})
            curve = fitted.loss_curve
            if len(curve):
                yield f"{there}/losses", frame(curve[[c for c in curve if "second" not in str(c)]])
            if of == "mixed":
                yield (
                    f"{there}/where a gap",
                    outcome(
                        lambda model=fitted: rows(model, "gap", where={"age": None, "risk": "low"})
                    ),
                )
                yield (
                    f"{there}/rates",
                    rows(fitted, "rates", rates={"fraud": 0.5, "legit": 0.25, "dispute": 0.25}),
                )
            with scratch() as folder:
                synthkit.save_model(fitted, folder / "model.synthkit")
                manifest = synthkit.read_manifest(folder / "model.synthkit")
                again = synthkit.load_model(folder / "model.synthkit", trust=True)
            yield (
                f"{there}/file",
                {
                    key: without(plain(manifest[key]), *WORDS)
                    for key in (
                        "rates",
                        "rows",
                        "training_hash",
                        "schema",
                        "synthesizer",
                        "runs_code",
                        "forms",
                    )
                },
            )
            after = rows(again, "rows")
            yield f"{there}/rows after its file", "as before" if after == before else after


# --- Quality, advice, rules


def quality_of(real: Any, synthetic: Any, holdout: Any, **how: Any) -> Figures:
    import synthkit

    with scratch() as folder:
        synthkit.quality(real, synthetic, holdout, **how).save(folder)
        results = plain(json.loads((folder / "quality.json").read_text(encoding="utf-8")))
    results = {key: value for key, value in results.items() if key not in ("checksum", "run")}
    words = results.pop("warnings") + sentences(results, *WORDS, "skipped")
    for measure in results.pop("measures"):
        yield f"measures/{measure.pop('section')}.{measure.pop('name')}", without(measure, *WORDS)
    for column in results.pop("columns"):
        yield f"columns/{column['name']}", column
    for key, value in results.items():
        yield key, without(value, *WORDS, "skipped")
    yield "words", words


def quality() -> Figures:
    """Two quality reports with holdout and target, one of them with rules; one without holdout."""
    import synthkit

    payments = dataset("mixed_fraud", rows=1200, fraud_rate=0.05).table
    real, holdout = (
        payments.iloc[:600].reset_index(drop=True),
        payments.iloc[600:].reset_index(drop=True),
    )
    trees = synthkit.SequentialTrees(min_samples_leaf=20)
    made = trees.fit(real, target="fraud", rng=synthkit.generator(0, "net", "fit")).sample(
        600, rng=synthkit.generator(0, "net", "sample")
    )
    for part, value in quality_of(
        real, made, holdout, target="fraud", rules=CONFIGS / "rules" / "mixed_fraud.yaml"
    ):
        yield f"mixed/{part}", value
    whole = dataset("article_fraud").table.iloc[::4]
    real, holdout = whole.iloc[::2].reset_index(drop=True), whole.iloc[1::2].reset_index(drop=True)
    smote = synthkit.SMOTE()(
        synthkit.load(real, target="fraud").training_set(), synthkit.generator(0, "net", "smote")
    )
    for part, value in quality_of(real, smote, holdout, target="fraud", seed=1):
        yield f"numeric, of a strategy/{part}", value
    made = (
        mixed()
        .sample(frac=1, random_state=0)
        .reset_index(drop=True)
        .assign(level=lambda table: table["level"] + 3)
    )
    for part, value in quality_of(mixed(), made, None, target="kind", sections=["privacy"]):
        yield f"without a holdout/{part}", value


def advice() -> Figures:
    """What `advise` finds, without seconds; its sentences apart."""
    import yaml

    import synthkit

    asked = {
        "article_fraud": (dataset("article_fraud"), None),
        "mixed_fraud": (dataset("mixed_fraud", rows=1200), CONFIGS / "rules" / "mixed_fraud.yaml"),
        "passengers": (dataset("passengers"), None),
        "three classes": (synthkit.load(mixed(), **MIXED), None),
    }
    for name, (table, rules) in asked.items():
        found = synthkit.advise(table, rules=rules and synthkit.read_rules(rules))
        words = [found.summary]
        for finding in found.findings:
            told = {
                key: plain(getattr(finding, key))
                for key in ("value", "low", "high", "threshold", "unit", "holds")
            }
            yield (
                f"{name}/{finding.topic}",
                {
                    **told,
                    "favours": sorted(finding.favours),
                    "rules_out": sorted(finding.rules_out),
                },
            )
            words += [finding.says, *finding.rules_out.values()]
        yield f"{name}/arms", {arm.name: arm.tried for arm in found.arms}
        text = found.config_yaml(str(name))
        yield f"{name}/config", plain(yaml.safe_load(text))
        yield f"{name}/words", [*words, *(why for arm in found.arms for why in arm.why)]


def rules() -> Figures:
    """What rules count, what is inferred, how rules are written down; the `check` command."""
    import synthkit

    tables = {"kept": ruled(), "broken": broken()}
    for name, table in tables.items():
        found = synthkit.check(table, RULES, real=ruled())
        yield (
            f"check/{name}",
            {each.rule.name: f"{each.n} {digest(each.mask.tobytes())}" for each in found.rules},
        )
        yield (
            f"check/{name}/all",
            {"rows": found.rows, "broken": found.n, "together": plain(found.together.to_numpy())},
        )
    named = {
        "mixed": mixed(),
        "numeric": numeric(),
        "ruled": ruled(),
        "passengers": dataset("passengers").table,
        "vital_signs": dataset("vital_signs", rows=800).table,
        "mixed_fraud": dataset("mixed_fraud", rows=800).table,
    }
    for name, table in named.items():
        yield f"infer/{name}", synthkit.rules_to_yaml(synthkit.infer_rules(table)).splitlines()
    for path in sorted((CONFIGS / "rules").glob("*.yaml")):
        yield f"read/{path.stem}", synthkit.rules_to_yaml(synthkit.read_rules(path)).splitlines()
    with scratch() as folder:
        (folder / "rules.yaml").write_text(json.dumps({"rules": RULES}))
        broken().to_csv(folder / "broken.csv", index=False)
        ruled().to_parquet(folder / "real.parquet")
        yield (
            "read/every kind",
            synthkit.rules_to_yaml(synthkit.read_rules(folder / "rules.yaml")).splitlines(),
        )
        status, printed = command(
            "check",
            folder / "broken.csv",
            "--rules",
            folder / "rules.yaml",
            "--json",
            "--real",
            folder / "real.parquet",
        )
        printed = json.loads(printed)
        yield (
            "command/rules",
            {each.pop("name"): each for each in without(printed.pop("rules"), *WORDS)},
        )
        yield "command/all", {"status": status, **printed}


# --- Tables, training, scikit-learn


def tables() -> Figures:
    """What is loaded: the data sets' cells and kinds, and one table by three ways."""
    import synthkit

    def told(data: Any) -> dict[str, Any]:
        kinds = {
            column.name: str(getattr(column.kind, "value", column.kind))
            for column in data.schema.columns
        }
        return {
            "hash": data.content_hash,
            "rows": len(data),
            "kinds": kinds,
            "target": data.schema.target,
            "positive": plain(data.schema.positive),
            "classes": plain(data.schema.classes),
            "features": list(data.schema.features),
        }

    for name in synthkit.DATASETS:
        yield f"data sets/{name}", told(synthkit.load(name))
    yield "files/frame", told(synthkit.load(mixed(), **MIXED))
    with scratch() as folder:
        keyed = mixed().assign(
            id=[f"p-{i:05d}" for i in range(len(mixed()))],
            note=mixed()["amount"].map("was {}".format),
        )
        keyed.to_csv(folder / "t.csv", index=False)
        keyed.to_parquet(folder / "t.parquet")
        for ending in ("csv", "parquet"):
            data = synthkit.load(folder / f"t.{ending}", **MIXED)
            yield f"files/{ending}", told(data)
            yield f"files/{ending}/cells", frame(data.table)


def training() -> Figures:
    """`synthkit train` and `synthkit sample`: the bytes that are written."""
    import pandas as pd

    tiny = {
        "trees": {"name": "sequential_trees", "min_samples_leaf": 20},
        "copula": {"name": "gaussian_copula", "default_distribution": "norm"},
        "tvae": {
            "name": "tvae",
            "epochs": 1,
            "batch_size": 100,
            "compress_dims": [16],
            "decompress_dims": [16],
        },
    }
    ruled = {"rules": str(CONFIGS / "rules" / "mixed_fraud.yaml"), "on_violation": "resample"}
    for name, synthesizer in {**tiny, "trees, ruled": tiny["trees"]}.items():
        with scratch() as folder:
            config = {
                "seed": 2,
                "data": {"name": "mixed_fraud", "rows": 600, "fraud_rate": 0.1},
                "device": "cpu",
                "synthesizer": synthesizer,
                **(ruled if "ruled" in name else {}),
            }
            (folder / "train.yaml").write_text(json.dumps(config))
            command("train", folder / "train.yaml", "--out", folder / "model.synthkit")
            asked = {
                "all": (),
                "where": ("--where", "fraud=1"),
                "where two": ("--where", "card_present=true", "--where", "customer_age="),
            }
            for shown, where in asked.items():
                out = folder / f"{digest(shown)}.csv"
                command(
                    "sample",
                    folder / "model.synthkit",
                    "-n",
                    250,
                    "--seed",
                    5,
                    "-o",
                    out,
                    "--trust",
                    *where,
                )
                content = out.read_bytes()
                yield (
                    f"{name}/{shown}",
                    {
                        "bytes": len(content),
                        "sha256": digest(content),
                        "begins": content.decode().splitlines()[1],
                    },
                )
            command(
                "sample",
                folder / "model.synthkit",
                "-n",
                60,
                "--seed",
                6,
                "-o",
                folder / "t.parquet",
                "--trust",
            )
            yield f"{name}/parquet", frame(pd.read_parquet(folder / "t.parquet"))


def sklearn() -> Figures:
    """The strategies as scikit-learn and imbalanced-learn see them."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    import synthkit

    X, y = numeric()[list("abcd")], numeric()["fraud"]
    M, kind = mixed().drop(columns="kind"), mixed()["kind"]
    forest = RandomForestClassifier(5, n_jobs=1)
    trees = {"name": "top_up", "synthesizer": {"name": "sequential_trees", "min_samples_leaf": 5}}
    models = {
        "smote, array": (LogisticRegression(), "smote", X.to_numpy(), y),
        "mixup, frame": (LogisticRegression(), "mixup", X, y),
        "class weights, frame": (forest, "class_weights", X, y),
        "smote, mixed": (forest, "smote", M, kind),
        "noise, mixed": (
            LogisticRegression(max_iter=1000),
            {"name": "noise", "scale": 0.2},
            M,
            kind,
        ),
        "top-up, mixed": (None, trees, M, kind),
    }
    for name, (classifier, strategy, features, labels) in models.items():
        model = synthkit.AugmentedClassifier(classifier, strategy, random_state=4).fit(
            features, labels
        )
        yield (
            f"classifier/{name}",
            {"proba": array(model.predict_proba(features)), "classes": plain(model.classes_)},
        )
    for name in (
        "smote",
        "noise",
        "random_oversampling",
        "random_undersampling",
        "borderline_smote",
    ):
        rows, labels = synthkit.as_sampler(name, random_state=4).fit_resample(
            X.to_numpy(), y.to_numpy()
        )
        yield f"sampler/{name}, array", {"X": array(rows), "y": array(labels)}
        rows, labels = synthkit.as_sampler(name, random_state=4).fit_resample(M, kind)
        yield f"sampler/{name}, mixed", {"X": frame(rows), "y": digest(canonical(list(labels)))}


SECTIONS: dict[str, Callable[[], Figures]] = {
    "comparison": comparison,
    "sweep": sweep,
    "strategies": strategies,
    "synthesizers": synthesizers,
    "quality": quality,
    "advice": advice,
    "rules": rules,
    "tables": tables,
    "training": training,
    "sklearn": sklearn,
}


# --- Storing and comparing


def environment() -> dict[str, str]:
    """What decides a last digit beside the package: versions, and the processor as BLAS sees it."""
    import numpy  # noqa: F401  BLAS is there once it is loaded
    import threadpoolctl

    found = {
        "python": ".".join(platform.python_version_tuple()[:2]),
        "system": platform.system(),
        "machine": platform.machine(),
    }
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    blas = {
        each.get("architecture", "?")
        for each in threadpoolctl.threadpool_info()
        if each["user_api"] == "blas"
    }
    return {**found, "BLAS": ", ".join(sorted(blas))}


def elsewhere(stored: dict[str, str]) -> str:
    """How this environment differs from the stored one; empty if it does not."""
    here = environment()
    return ", ".join(
        f"{key} {here.get(key)}, stored with {value}"
        for key, value in stored.items()
        if here.get(key) != value
    )


def computed(sections: list[str]) -> tuple[dict[str, Any], dict[str, Any], dict[str, float]]:
    """The figures condensed, as they are, and the CPU seconds of each section."""
    told, full, seconds = {}, {}, {}
    for section in sections:
        start = time.process_time()
        # Whether a library is heard warning depends on versions and on what ran before.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for key, value in SECTIONS[section]():
                given = f"{section}/{key}"
                if given in told:
                    raise RuntimeError(f"{given} is told twice")
                whole = value["full"] if isinstance(value, Condensed) else value
                full[given] = whole
                told[given] = list(value) if key.endswith("words") else condensed(value)
        seconds[section] = time.process_time() - start
    return json.loads(json.dumps(told)), full, seconds


def differences(stored: Any, found: Any, place: str = "") -> Iterator[str]:
    """A line for each thing that differs, with its place."""
    if isinstance(stored, dict) and isinstance(found, dict):
        for key in dict.fromkeys([*stored, *found]):
            where = f"{place} → {key}" if place else key
            if key not in found:
                yield f"{where}: is gone"
            elif key not in stored:
                yield f"{where}: is new"
            else:
                yield from differences(stored[key], found[key], where)
    elif isinstance(stored, list) and isinstance(found, list) and len(stored) == len(found):
        for number, (old, new) in enumerate(zip(stored, found, strict=True)):
            yield from differences(old, new, f"{place}[{number}]")
    elif stored != found or type(stored) is not type(found):
        was, now = (json.dumps(each, ensure_ascii=False) for each in (stored, found))
        yield f"{place}: was {was}, is {now}"


def of_sections(figures: dict[str, Any], sections: list[str]) -> dict[str, Any]:
    return {key: value for key, value in figures.items() if key.split("/")[0] in sections}


def read_stored() -> dict[str, Any]:
    """The stored environment and figures."""
    found: dict[str, Any] = json.loads(STORED.read_text(encoding="utf-8"))
    return found


def main() -> int:
    """The script; 1 where a figure differs, `ELSEWHERE` where versions do."""
    parser = argparse.ArgumentParser(
        description="Compare what the package computes with what is stored."
    )
    parser.add_argument(
        "--only", default="", help=f"sections, comma separated, of {', '.join(SECTIONS)}"
    )
    parser.add_argument(
        "--store", action="store_true", help="write the figures instead of comparing them"
    )
    parser.add_argument(
        "--full", type=Path, help="also write every figure uncondensed to this file"
    )
    asked = parser.parse_args()
    sections = [name.strip() for name in asked.only.split(",") if name.strip()] or list(SECTIONS)
    unknown = set(sections) - set(SECTIONS)
    if unknown:
        parser.error(f"there is no section {', '.join(sorted(unknown))}")
    stored = read_stored() if STORED.exists() else {"environment": environment(), "figures": {}}
    other = elsewhere(stored["environment"])
    if other and not (asked.store and sections == list(SECTIONS)):
        print(f"The stored figures are of another environment: {other}.")
        return ELSEWHERE
    told, full, seconds = computed(sections)
    for section, spent in seconds.items():
        print(f"{section}: {spent:.1f} CPU seconds", file=sys.stderr)
    if asked.full:
        asked.full.write_text(
            json.dumps(full, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    if asked.store:
        kept = of_sections(stored["figures"], [name for name in SECTIONS if name not in sections])
        figures = dict(sorted({**kept, **told}.items()))
        text = json.dumps(
            {"environment": environment(), "figures": figures}, indent=0, ensure_ascii=False
        )
        STORED.write_text(text + "\n", encoding="utf-8")
        return 0
    found = list(differences(of_sections(stored["figures"], sections), told))
    print("\n".join(found) or f"{len(told)} things are as they were.")
    return int(bool(found))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
