"""Fitting one of SDV's synthesizers rightly, and drawing from what it learned.

Between our tables and SDV's stands a `Frame`: plain columns in, the exact columns back, missing
cells as states.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.progress import Report as Progress
from synthkit.randomness import deterministic, integer_seed
from synthkit.synthesizers import sdv_engines
from synthkit.table.column import Codec, nanoseconds, times_of, zone_of
from synthkit.table.schema import Kind, Schema

#: SDV's name for the one table.
TABLE = "table"
#: The states of a column that says which cells are missing.
PRESENT, MISSING = "present", "missing"


@dataclass(frozen=True, eq=False)
class Frame:
    """How a table is laid out for an engine that knows floats, dates and states without gaps.

    A column with missing cells becomes two: its values, the gaps filled from present values of the
    same class, and a state that says which are missing. So the pattern is learned, not lost.

    - `flags`: for each column with missing cells, the name of its second column.
    - `gaps`: for each such column, the share missing per class (k,), or over the table (1,).
    - `valued`: columns whose values vary, which are those an engine sees.
    - `class_codes`: the class of each level of the target, as an index into the schema's classes.
    - `left_open`: columns whose gaps stay, because a constraint speaks of them: a fill might break
      it.
    """

    codecs: Mapping[str, Codec]
    flags: Mapping[str, str]
    gaps: Mapping[str, np.ndarray]
    valued: tuple[str, ...]
    target: str | None
    class_codes: np.ndarray
    left_open: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        table: pd.DataFrame,
        schema: Schema,
        *,
        clip: bool = True,
        round_: bool = True,
        constrained: Any = (),
    ) -> Frame:
        """The layout of a table. `clip` and `round_` keep numbers in their range and decimals;
        `constrained` are the columns that constraints speak of.
        """
        codecs: dict[str, Codec] = {}
        flags: dict[str, str] = {}
        gaps: dict[str, np.ndarray] = {}
        valued: list[str] = []
        codes = (
            np.zeros(len(table), dtype="int64")
            if schema.target is None
            else schema.encode_target(table[schema.target])
        )
        sizes = np.bincount(codes, minlength=max(len(schema.classes), 1))
        for column in schema.columns:
            codec = Codec.fit(table[column.name], column.kind, sort=True, as_seen=True)
            if codec.gaps:
                flags[column.name] = _free(
                    f"{column.name} missing", [*table.columns, *flags.values()]
                )
                gone = np.bincount(
                    codes[table[column.name].isna().to_numpy()], minlength=len(sizes)
                )
                gaps[column.name] = gone / np.maximum(sizes, 1)
            if codec.low < codec.high if codec.ordered else len(codec.levels) > 1:
                valued.append(column.name)
            rounded = round_ or pdt.is_integer_dtype(codec.dtype)
            decimals = codec.decimals if rounded else None
            codecs[column.name] = replace(codec, within=clip, decimals=decimals)
        class_codes = np.zeros(0, dtype="int64")
        if schema.target is not None:
            levels = pd.Series(codecs[schema.target].values, dtype=object)
            class_codes = schema.encode_target(levels)
        left_open = tuple(name for name in flags if name in constrained and name in valued)
        return cls(codecs, flags, gaps, tuple(valued), schema.target, class_codes, left_open)

    def metadata(self) -> dict[str, Any]:
        """SDV's description of the table, from our kinds alone: nothing is guessed from names."""
        columns = {}
        for name in self.valued:
            codec = self.codecs[name]
            kind = "categorical"
            if codec.ordered:
                kind = "datetime" if codec.kind is Kind.DATETIME else "numerical"
            columns[name] = {"sdtype": kind}
        columns |= {flag: {"sdtype": "categorical"} for flag in self.flags.values()}
        return {"tables": {TABLE: {"columns": columns}}, "relationships": []}

    @property
    def states(self) -> tuple[str, ...]:
        """The columns that an engine sees as categories."""
        return (
            *(name for name in self.valued if not self.codecs[name].ordered),
            *self.flags.values(),
        )

    def plain(self, table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """The table as an engine sees it (n, c'): float64, datetime64[ns], states; no gaps."""
        groups = self._groups(table)
        columns: dict[str, Any] = {}
        for name in self.valued:
            codec, gone = self.codecs[name], table[name].isna().to_numpy()
            time = codec.ordered and codec.kind is Kind.DATETIME
            values = nanoseconds(table[name]) if time else codec.encode(table[name])
            if gone.any():
                values = _filled(values, gone, groups, rng)
            if time:
                columns[name] = values.view("datetime64[ns]")
            else:
                columns[name] = values if codec.ordered else _words(codec)[values]
            if name in self.left_open:
                columns[name] = pd.Series(columns[name]).mask(gone)
        for name, flag in self.flags.items():
            columns[flag] = np.where(table[name].isna(), MISSING, PRESENT).astype(object)
        return pd.DataFrame(columns)

    def condition(self, where: Mapping[str, Any]) -> dict[str, Any]:
        """Conditions on columns as conditions on an engine's states; others are left out."""
        conditions: dict[str, Any] = {}
        for name, value in where.items():
            codec = self.codecs[name]
            if value is None:
                conditions[self.flags[name]] = MISSING
                continue
            if name in self.flags:
                conditions[self.flags[name]] = PRESENT
            if name in self.valued and not codec.ordered:
                conditions[name] = _words(codec)[codec.values.index(value)]
        return conditions

    def restored(
        self, plain: pd.DataFrame, where: Mapping[str, Any], rng: np.random.Generator
    ) -> pd.DataFrame:
        """An engine's rows (n, c') as rows of the table (n, c), every dtype as it was.

        Rows in which the engine left a gap of its own are left out; there are none but for
        `left_open`. Missing cells follow the engine's states, put right to each class's share where
        `where` fixes nothing but the class.
        """
        if self.left_open:
            plain = plain.dropna(subset=list(self.left_open)).reset_index(drop=True)
        columns = {name: self._coded(plain, name) for name in self.codecs}
        groups = np.zeros(len(plain), dtype="int64")
        if self.target is not None:
            groups = self.class_codes[columns[self.target]]
        for name, flag in self.flags.items():
            gone = (plain[flag] == MISSING).to_numpy()
            if not set(where) - {self.target}:
                gone = _put_right(gone, groups, self.gaps[name], rng)
            missing = np.nan if self.codecs[name].ordered else -1
            columns[name] = np.where(gone, missing, columns[name])
        return pd.DataFrame(
            {name: self.codecs[name].decode(values) for name, values in columns.items()}
        )

    def _coded(self, plain: pd.DataFrame, name: str) -> np.ndarray:
        """One of the table's columns (n,) as its codec has it, of an engine's rows."""
        codec = self.codecs[name]
        if name not in self.valued:
            one = codec.low if codec.ordered else 0
            return np.full(len(plain), one)
        if not codec.ordered:
            return _index(_words(codec)).get_indexer(_index(plain[name]))
        if codec.kind is not Kind.DATETIME:
            return plain[name].to_numpy(dtype="float64")
        # In the zone of the column, whose midnights may be what its times are whole in.
        zone = zone_of(codec.dtype)
        exact = pd.DatetimeTZDtype("ns", zone) if zone else np.dtype("datetime64[ns]")
        return codec.encode(times_of(nanoseconds(plain[name]), exact))

    def nothing(self) -> pd.DataFrame:
        """No rows (0, c), in the table's columns and dtypes."""
        return pd.DataFrame(
            {
                name: codec.decode(np.zeros(0, dtype="float64" if codec.ordered else "int64"))
                for name, codec in self.codecs.items()
            }
        )

    def _groups(self, table: pd.DataFrame) -> np.ndarray:
        if self.target is None:
            return np.zeros(len(table), dtype="int64")
        return self.codecs[self.target].encode(table[self.target])


def _words(codec: Codec) -> np.ndarray:
    """The states as an engine sees them (k,): as they are if of one plain type, else codes.

    Users' constraints speak of the values, so these should stay what they are.
    """
    levels = codec.values
    words = np.empty(len(levels), dtype=object)
    types = {type(level) for level in levels}
    plain = len(types) == 1 and types <= {str, int, bool}
    words[:] = levels if plain else [f"level {code}" for code in range(len(levels))]
    return words


def _filled(
    values: np.ndarray, gone: np.ndarray, groups: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The values with each gap filled by a value of its group, or of any if it has none."""
    values = values.copy()
    for group in np.unique(groups[gone]):
        holes = np.flatnonzero(gone & (groups == group))
        donors = np.flatnonzero(~gone & (groups == group))
        donors = donors if len(donors) else np.flatnonzero(~gone)
        values[holes] = values[rng.choice(donors, size=len(holes))]
    return values


def _put_right(
    gone: np.ndarray, groups: np.ndarray, shares: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The pattern with as few changes as give each group Binomial(n, share) gaps."""
    gone = gone.copy()
    for group, share in enumerate(shares):
        rows = np.flatnonzero(groups == group)
        surplus = int(gone[rows].sum()) - int(rng.binomial(len(rows), share))
        of_these = rows[gone[rows] == (surplus > 0)]
        gone[rng.choice(of_these, size=abs(surplus), replace=False)] = surplus < 0
    return gone


def _index(values: Any) -> pd.Index:
    return pd.Index(np.asarray(values, dtype=object), dtype=object)


def _free(name: str, taken: list[str]) -> str:
    while name in taken:
        name += "_"
    return name


#: Columns of a training matrix beyond which a fit is slow enough to say so before it begins.
MANY_COLUMNS = 1_000


class ConstraintError(DataError):
    """SDV cannot learn a constraint on this table."""


class CostWarning(UserWarning):
    """What is about to run will take long or much memory, for a reason that can be changed."""


@dataclass(frozen=True, eq=False)
class SdvModel:
    """A fitted SDV synthesizer, the layout of its table, and its losses per epoch."""

    engine: Any
    frame: Frame
    threads: int
    loss_curve: pd.DataFrame

    def draw(self, n: int, where: Mapping[str, Any], rng: np.random.Generator) -> pd.DataFrame:
        """At most `n` rows; fewer where SDV's constraints or the conditions on states reject
        some.
        """
        conditions = self.frame.condition(where)
        with deterministic(integer_seed(rng), self.threads), _quiet():
            _to_cpu(self.engine._model)
            if hasattr(self.engine._model, "decoder"):
                raw = sdv_engines.draw_tvae(self.engine._model, n, conditions, rng)
            elif hasattr(self.engine._model, "_generator"):
                raw = sdv_engines.draw_ctgan(self.engine._model, n, conditions, rng)
                normalizer = getattr(self.engine, "_gaussian_normalizer_hyper_transformer", None)
                raw = normalizer.reverse_transform(raw) if normalizer and len(raw) else raw
            else:
                raw = sdv_engines.draw_copula(
                    self.engine._model, self._intervals(conditions), n, rng
                )
            if raw.empty:
                return self.frame.nothing()
            plain = self.engine._data_processor.reverse_transform(raw)
            plain = self.engine.reverse_transform_constraints(plain)
        return self.frame.restored(plain.reset_index(drop=True), where, rng)

    def _intervals(self, conditions: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
        """Each condition on a state as the interval of [0, 1] that the copula's encoder gave it."""
        transformers = self.engine._data_processor._hyper_transformer.field_transformers
        return {
            name: tuple(transformers[name].intervals[value])
            for name, value in conditions.items()
            if getattr(transformers.get(name), "intervals", None) is not None
        }


def learn(
    synthesizer: Any,
    table: pd.DataFrame,
    schema: Schema,
    rng: np.random.Generator,
    progress: Progress | None,
) -> SdvModel:
    """Fit the SDV synthesizer that `synthesizer` names, with its parameters, on `table` (n, c).

    - Kinds are ours, written into SDV's metadata; nothing is guessed.
    - Missing cells become states (see `Frame`), so SDV never fills in a mean.
    - With constraints, transformers are assigned after them, and states get none: SDV would turn
      them into numbers and train without conditions.
    - All global generators and threads are set before and as they were afterwards.

    Raises: ConfigError without the device asked for, or for a constraint that does not exist;
    ConstraintError where the table breaks a constraint; DataError where memory does not suffice.
    """
    import sdv.single_table as single_table

    constraints = _built(synthesizer.constraints)
    spoken_of = {word for constraint in constraints for word in _words_in(vars(constraint))}
    frame = Frame.of(
        table,
        schema,
        clip=synthesizer.enforce_min_max_values,
        round_=synthesizer.enforce_rounding,
        constrained=spoken_of,
    )
    plain = frame.plain(table, rng)
    parameters = synthesizer.parameters()
    network = "epochs" in parameters
    if network:
        parameters["enable_gpu"] = _on_gpu(synthesizer.device)
        _warn_of_cost(plain, frame, synthesizer)
    with (
        deterministic(integer_seed(rng), synthesizer.threads),
        _quiet(),
        _memory(plain, synthesizer),
    ):
        from sdv.metadata import Metadata

        engine = getattr(single_table, synthesizer.engine)(
            Metadata.load_from_dict(frame.metadata()), **parameters
        )
        if network:
            engine._print_warning = _say_nothing  # SDV prints what CostWarning says
        if constraints:
            _constrain(engine, constraints, plain, network)
        with _epochs(engine, synthesizer, progress):
            engine.fit({TABLE: plain})
    losses = pd.DataFrame({"epoch": []})
    if network:
        losses = _loss_curve(engine._model.loss_values)
        _strip(engine)
    return SdvModel(engine, frame, synthesizer.threads, losses)


def _built(constraints: Iterable[Any]) -> list[Any]:
    """SDV's constraints, those given as mappings made. SDV fits them in place, so they are
    copies.
    """
    if not constraints:
        return []
    from copy import deepcopy

    from sdv import cag

    built = []
    for constraint in constraints:
        if isinstance(constraint, Mapping):
            parameters = dict(constraint)
            name = str(parameters.pop("name", None))
            known = [word for word in dir(cag) if word[0].isupper()]
            if name not in known:
                raise ConfigError(
                    f"There is no SDV constraint {name!r}.{nearest(name, known)}", key="constraints"
                )
            constraint = getattr(cag, name)(**parameters)
        built.append(deepcopy(constraint))
    return built


def _words_in(value: Any) -> set[str]:
    """Every text inside nested lists and mappings: among them, the columns that a constraint
    names.
    """
    if isinstance(value, str):
        return {value}
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple | set):
        return set().union(*map(_words_in, value))
    return set()


def _constrain(engine: Any, constraints: list[Any], plain: pd.DataFrame, network: bool) -> None:
    """Constraints first, transformers after them, and none for states: see `learn`."""
    try:
        engine.add_constraints(constraints)
        engine.auto_assign_transformers({TABLE: plain})
        if network:
            kinds = engine.metadata.tables[TABLE].columns
            engine.update_transformers(
                {
                    name: None
                    for name in engine.get_transformers()
                    if kinds.get(name, {}).get("sdtype") == "categorical"
                }
            )
    except Exception as error:  # SDV's constraint errors share no base class
        raise ConstraintError(
            f"The constraints need a table that meets them, however SDV says: {error}"
        ) from error


def _to_cpu(model: Any) -> None:
    """Networks sample on the CPU, wherever they were trained: one that is unpickled goes to a GPU
    by itself.
    """
    import torch

    if hasattr(model, "set_device"):
        model.set_device(torch.device("cpu"))


def _strip(engine: Any) -> None:
    """Keep what sampling needs; the rows' positions per value are of use in training alone."""
    model = engine._model
    if hasattr(model, "_data_sampler"):
        rows = model._data_sampler._rid_by_cat_cols
        model.frequencies = np.array(
            [len(places) for column in rows for places in column], dtype="int64"
        )
        model._data_sampler = None
    del engine._print_warning
    _to_cpu(model)


def _loss_curve(losses: pd.DataFrame) -> pd.DataFrame:
    """One row per epoch, from 1, a column per loss: the mean over the epoch's batches where SDV has
    them.
    """
    means = losses.drop(columns="Batch", errors="ignore").groupby("Epoch", as_index=False).mean()
    means = means.rename(columns=lambda name: name.lower().replace(" ", "_"))
    return means.assign(epoch=means["epoch"].astype("int64") + 1)


@contextmanager
def _epochs(engine: Any, synthesizer: Any, progress: Progress | None) -> Iterator[None]:
    """Calls `progress` after each epoch. The engines have no callback, so their loop's tqdm is ours
    meanwhile.
    """
    if progress is None or "epochs" not in synthesizer.parameters():
        yield
        return
    import importlib

    module: Any = importlib.import_module(
        "ctgan.synthesizers.tvae"
        if synthesizer.engine.startswith("TVAE")
        else "ctgan.synthesizers.ctgan"
    )

    def counted(epochs: range, **_: Any) -> Iterator[int]:
        for epoch in epochs:
            yield epoch
            last = _loss_curve(engine._model.loss_values.tail(1)).iloc[-1]
            progress(
                epoch + 1, len(epochs), {str(k): float(v) for k, v in last.items() if k != "epoch"}
            )

    before = module.tqdm
    module.tqdm = counted
    try:
        yield
    finally:
        module.tqdm = before


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings that SDV's inside causes and nobody outside can act on."""
    with warnings.catch_warnings():
        for message in (
            r".*strongly recommend saving the metadata.*",  # we keep the schema ourselves
            r"Replacing the default transformer for column.*",  # done on purpose, see `learn`
            r"No 'datetime_format' is present.*",  # dates are datetime64 already
            r"The datetime format for column .* could not be verified.*",
        ):
            warnings.filterwarnings("ignore", message=message)
        # Fits of marginals that do not converge fall back to a normal; SDV logs it.
        warnings.filterwarnings(
            "ignore", category=RuntimeWarning, module=r"(scipy|numpy|copulas|rdt)\b.*"
        )
        yield


@contextmanager
def _memory(plain: pd.DataFrame, synthesizer: Any) -> Iterator[None]:
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        words = str(error).lower()
        if (
            not isinstance(error, MemoryError)
            and "out of memory" not in words
            and "can't allocate" not in words
        ):
            raise
        raise DataError(
            f"{type(synthesizer).__name__} needs memory for {len(plain):,} rows × {_width(plain)}"
            f" columns (one per"
            " level of a state, eleven per number), however the machine has not enough. Join rare"
            " levels, leave out"
            " columns of many levels, learn from fewer rows, or lower batch_size."
        ) from error


def _width(plain: pd.DataFrame) -> int:
    return sum(plain[name].nunique() if plain[name].dtype == object else 11 for name in plain)


def _warn_of_cost(plain: pd.DataFrame, frame: Frame, synthesizer: Any) -> None:
    width = _width(plain)
    if width <= MANY_COLUMNS:
        return
    widest = max(frame.states, key=lambda name: plain[name].nunique())
    warnings.warn(
        CostWarning(
            f"{type(synthesizer).__name__} will train on {width:,} columns,"
            f" {plain[widest].nunique():,} of them the levels"
            f" of {widest!r}: {len(plain) * width * 8 / 2**20:,.0f} MiB for {len(plain):,} rows,"
            f" and"
            f" {max(len(plain) // synthesizer.batch_size, 1) * synthesizer.epochs:,} steps that"
            f" each take about"
            f" {width / 200:.0f} times as long as on a table of few levels. Join rare levels, or"
            f" leave the column out."
        ),
        stacklevel=5,
    )


def _on_gpu(device: str) -> bool:
    import torch

    found = torch.cuda.is_available()
    if device == "cuda" and not found:
        raise ConfigError(
            "device 'cuda' needs a GPU that torch can use, however it finds none. Use"
            " device='auto' or"
            " 'cpu', or install torch for your GPU's driver.",
            key="device",
        )
    return found and device != "cpu"


def _say_nothing(_: pd.DataFrame) -> None:
    """Instead of SDV's PerformanceAlert."""
