"""What every synthesizer shares: the contract, the class rates, the conditions, the columns put
back.

A synthesizer is a frozen dataclass of its own parameters with one method to write, `learn`. It is
given the columns that can be learned from and returns a `Model`, which has one method too, `draw`.
Everything else is done once, here: kinds, keys, constants, class rates, conditions, errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from synthkit.errors import ConfigError, DataError, nearest
from synthkit.methods.traits import Traits
from synthkit.progress import Report as Progress
from synthkit.progress import bar
from synthkit.rules.enforce import Enforcement
from synthkit.synthesizers.forms import Form, forms_of, matches
from synthkit.table.dataset import table_hash
from synthkit.table.schema import Kind, Schema

#: Proposals after which a condition that is met too rarely is given up.
PROPOSALS_BEFORE_GIVING_UP = 50_000
#: Proposals per row kept that are too many.
MOST_PROPOSALS_PER_ROW = 1_000
#: Rows proposed at once at most, which bounds the memory of a sample.
MOST_ROWS_AT_ONCE = 50_000


@runtime_checkable
class Model(Protocol):
    """What an engine has learned. The one thing it has to be able to do is to propose rows.

    A model that also has `to_arrays() -> (arrays, state)`, a dict of NumPy arrays and a value that
    JSON knows, is stored without a pickle and loads without trust; its synthesizer then turns them
    back with `from_arrays(arrays, state)`. Any other model is pickled.
    """

    def draw(self, n: int, where: Mapping[str, Any], rng: np.random.Generator) -> pd.DataFrame:
        """`n` proposals with exactly the columns and dtypes of the table learned from.

        `where` maps columns to values of that table (None: missing). A model follows it as well as
        it can; proposals that do not match are rejected by the caller.
        """
        ...


@runtime_checkable
class Trained(Model, Protocol):
    """A model that was trained in epochs: a row each, from 1, and a column per loss."""

    @property
    def loss_curve(self) -> pd.DataFrame: ...


class Synthesizer:
    """Imitates a table: `fit` on a table gives a `Fitted`, which can `sample`.

    Subclasses are frozen dataclasses of their parameters and write `learn`.
    """

    #: What advice weighs it by; None for what is no competitor of its own.
    traits: ClassVar[Traits | None] = Traits()

    def learn(
        self,
        table: pd.DataFrame,
        schema: Schema,
        rng: np.random.Generator,
        progress: Progress | None,
    ) -> Model:
        """A model of `table` (n, c): conformed columns, target included, none constant, none a key.

        Missing values are still there. The call leaves `table` as it is.
        """
        raise NotImplementedError

    @property
    def device(self) -> str:
        """Where it is asked to train: cpu, cuda or auto, which is cuda where there is one."""
        return "cpu"

    def check_installed(self) -> None:
        """Raises: ConfigError, with what to install, where a package that it needs is not there."""

    def trains_on(self) -> str:
        """Where it trains on this machine: cpu or cuda."""
        if self.device != "auto":
            return self.device
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"

    def from_arrays(self, arrays: Mapping[str, np.ndarray], state: Any) -> Model:
        """The model that `to_arrays` gave these arrays and this state."""
        raise NotImplementedError

    @property
    def fitted_as(self) -> type[Fitted]:
        """What `fit` returns, for synthesizers that sample in their own way."""
        return Fitted

    def fit(
        self,
        table: pd.DataFrame,
        schema: Schema | None = None,
        rng: np.random.Generator | int | None = None,
        *,
        target: str | None = None,
        progress: bool | Progress | None = None,
    ) -> Fitted:
        """Learn `table` (n, c). The synthesizer stays as it is: what was learned is the result.

        Without a schema the kinds are detected, with `target` as the target. `rng` is a generator
        or a seed; without one every fit differs. `progress` True shows a bar with the losses; a
        function is called after each epoch.

        Raises: DataError for a table that does not fit the schema, a missing target, free text;
        ConfigError for parameters that this table or machine cannot meet.

        >>> import pandas as pd, synthkit.synthesizers as s
        >>> table = pd.DataFrame({"amount": [1.0, 2.5, 40.0, 3.5] * 5, "fraud": [0, 0, 1, 0] * 5})
        >>> fitted = s.Noise().fit(table, target="fraud", rng=0)
        >>> fitted.sample(3, rng=0, where={"fraud": 1})["fraud"].tolist()
        [1, 1, 1]
        """
        if not isinstance(schema, Schema | None):
            raise ConfigError(
                f"fit needs a Schema, however it got {schema!r}. Name a target with target=..."
            )
        if schema is None:
            schema = Schema.detect(table, target)
        elif target is not None and target != schema.target:
            raise ConfigError(
                f"The target is {schema.target!r} in the schema, however target={target!r}. Give"
                f" one."
            )
        table = schema.conform(table)
        _refuse_text(schema)
        if schema.target is not None:
            _refuse_missing_target(table[schema.target], schema)
        forms = tuple(forms_of(table, schema.columns).values())
        learned = [form.name for form in forms if form.learned]
        model = None
        if learned:
            with _shown(progress, self) as report:
                seen = schema.only(learned)
                if schema.target not in learned:  # rows of one class: there is no target to learn
                    seen = replace(seen, target=None, classes=(), positive=None)
                model = self.learn(table[learned], seen, generator_of(rng), report)
        rates = None
        if schema.target is not None:
            codes = schema.encode_target(table[schema.target])
            rates = tuple((np.bincount(codes, minlength=len(schema.classes)) / len(codes)).tolist())
        return self.fitted_as(self, model, schema, forms, rates, len(table), table_hash(table))

    def sample(self, *_: Any, **__: Any) -> pd.DataFrame:
        """Raises: ConfigError. Only what `fit` returns can sample."""
        raise ConfigError(
            f"{type(self).__name__} needs to be fitted before it can sample, however it is not."
            " Sample from what fit returns: fitted = synthesizer.fit(table, schema, rng);"
            " fitted.sample(n, rng)."
        )


@dataclass
class Fitted:
    """A synthesizer with what it learned from one table.

    `rates` are the classes' shares in that table, `training_hash` says which table it was, and
    `acceptance` is the share of proposed rows that met the conditions in the last sample.
    `enforcement` says what the last sample did to obey rules; None where there are none.
    """

    synthesizer: Synthesizer
    model: Model | None
    schema: Schema
    forms: tuple[Form, ...]
    rates: tuple[float, ...] | None
    rows: int
    training_hash: str
    proposed: int = field(default=0, compare=False)
    met: int = field(default=0, compare=False)
    enforcement: Enforcement | None = field(default=None, compare=False)

    @property
    def acceptance(self) -> float:
        """The share of proposed rows that met the conditions in the last sample; 1 where none
        failed.
        """
        return self.met / self.proposed if self.proposed else 1.0

    @property
    def in_one_piece(self) -> bool:
        """Whether a table must be sampled at once, because what holds in each of its parts may not
        hold in all.
        """
        return False

    @property
    def loss_curve(self) -> pd.DataFrame:
        """The losses of each epoch; without rows for a synthesizer that has none."""
        return loss_curve_of(self.model)

    def sample(
        self,
        n: int,
        rng: np.random.Generator | int | None = None,
        where: Mapping[str, Any] | None = None,
        rates: Mapping[Any, float] | None = None,
        *,
        first_key: int = 0,
    ) -> pd.DataFrame:
        """`n` synthetic rows with the columns and dtypes of the table that was learned.

        Classes come at the rates of that table: counts ~ Multinomial(n, rates), then rows of each
        class. `rates` asks for others ({class: share}). `where` maps columns to the values that
        every row has, None for missing; the classes then come as the model finds them beside those
        values, unless the target is among them or `rates` is given. Keys are new: `first_key`
        counts those handed out already, for tables sampled in parts.

        Raises: DataError for n < 1, an unknown column, a value never seen, or conditions that the
        model meets too rarely; it names them.
        """
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
            raise DataError(
                f"sample needs a whole number of rows of at least 1, however n is {n!r}."
            )
        rng = generator_of(rng)
        conditions = self._conditions(where or {})
        counts = self._class_counts(int(n), conditions, rates, rng)
        self.proposed = self.met = 0
        if counts is None:
            drawn = self._draw(int(n), conditions, rng)
        else:
            parts = [
                self._draw(int(count), conditions | {str(self.schema.target): value}, rng)
                for value, count in counts.items()
                if count
            ]
            drawn = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
            drawn = drawn.take(rng.permutation(len(drawn))).reset_index(drop=True)
        return pd.DataFrame(
            {
                form.name: drawn[form.name] if form.learned else form.invented(int(n), first_key)
                for form in self.forms
            }
        )

    def _conditions(self, where: Mapping[str, Any]) -> dict[str, Any]:
        """The conditions on learned columns, each value as the table has it."""
        forms = {form.name: form for form in self.forms}
        conditions = {}
        for name, value in where.items():
            if name not in forms:
                raise DataError(
                    f"where needs columns of the table, however it has none named {name!r}."
                    f"{nearest(str(name), list(forms))}"
                )
            value = forms[name].value_like(value)
            if forms[name].learned:
                conditions[name] = value
        return conditions

    def _class_counts(
        self,
        n: int,
        conditions: Mapping[str, Any],
        rates: Mapping[Any, float] | None,
        rng: np.random.Generator,
    ) -> dict[Any, int] | None:
        """Rows per class; None where the classes are left to the model."""
        target = self.schema.target
        form = next((form for form in self.forms if form.name == target), None)
        if rates is not None:
            if form is None or target in conditions:
                raise ConfigError(
                    "rates needs a target that where leaves open, however "
                    + ("the table has no target." if form is None else f"where fixes {target!r}.")
                )
            asked = {form.value_like(value): float(share) for value, share in rates.items()}
            if min(asked.values(), default=-1.0) < 0 or abs(sum(asked.values()) - 1) > 1e-6:
                raise ConfigError(
                    f"rates needs shares of at least 0 that add up to 1, however they are"
                    f" {rates!r}."
                )
        elif form is None or conditions or not form.learned or self.rates is None:
            return None
        else:
            asked = dict(zip(self.schema.classes, self.rates, strict=True))
        shares = np.array(list(asked.values()))
        counts = dict(zip(asked, rng.multinomial(n, shares / shares.sum()).tolist(), strict=True))
        return counts if form.learned else None

    def _draw(self, n: int, where: Mapping[str, Any], rng: np.random.Generator) -> pd.DataFrame:
        """`n` rows that meet `where`, by proposing and rejecting."""
        if self.model is None:  # nothing but constants and keys
            return pd.DataFrame(index=pd.RangeIndex(n))
        parts: list[pd.DataFrame] = []
        kept, met, proposed, ask = 0, 0, 0, n
        while kept < n:
            ask = min(ask, MOST_ROWS_AT_ONCE)
            rows = self.model.draw(ask, where, rng)
            # A model may have rejected some itself, and then returns fewer or says how many it
            # proposed.
            proposed += rows.attrs.pop("proposed", ask)
            rows = rows[
                np.logical_and.reduce([matches(rows[name], value) for name, value in where.items()])
                if where
                else slice(None)
            ]
            met += len(rows)
            parts.append(rows.iloc[: n - kept])
            kept += len(parts[-1])
            if (
                kept < n
                and proposed >= PROPOSALS_BEFORE_GIVING_UP
                and kept * MOST_PROPOSALS_PER_ROW < proposed
            ):
                shown = " and ".join(f"{name} = {value!r}" for name, value in where.items())
                raise DataError(
                    f"{n} rows where {shown} are needed, however only {kept} of {proposed} rows"
                    f" that"
                    f" {type(self.synthesizer).__name__} proposed are so. Ask for fewer conditions"
                    f" or a less exact"
                    " one, train longer, or fit on the rows that meet them."
                )
            # A tenth more than the rate so far promises, so that most samples end in two rounds.
            ask = max(256, int(1.1 * (n - kept) * proposed / max(met, 1)))
        self.proposed, self.met = self.proposed + proposed, self.met + met
        return (
            pd.concat(parts, ignore_index=True)
            if len(parts) > 1
            else parts[0].reset_index(drop=True)
        )


def loss_curve_of(model: Model | None) -> pd.DataFrame:
    """The losses of each epoch of a model that has them; the rest have no row."""
    curve = model.loss_curve if isinstance(model, Trained) else None
    return pd.DataFrame({"epoch": []}) if curve is None else curve


def generator_of(rng: np.random.Generator | int | None) -> np.random.Generator:
    """A generator as it is, that of a seed, or a fresh one."""
    return rng if isinstance(rng, np.random.Generator) else np.random.default_rng(rng)


def _refuse_text(schema: Schema) -> None:
    names = [
        column.name
        for column in schema.columns
        if column.kind is Kind.TEXT and column.name != schema.target
    ]
    if names:
        raise DataError(
            f"Synthesizers need columns of numbers, states or dates, however"
            f" {', '.join(map(repr, names))}"
            f" {'holds' if len(names) == 1 else 'hold'} free text, which cannot be imitated here."
            f" Leave it"
            f" out, table.drop(columns={names!r}) or data: {{drop: [{', '.join(names)}]}} in a"
            f" config, or"
            " call it categorical in the schema if it has few levels."
        )


def _refuse_missing_target(labels: pd.Series, schema: Schema) -> None:
    missing = labels.isna().to_numpy()
    if missing.any():
        raise DataError(
            f"The target {schema.target!r} needs a value in every row, however"
            f" {int(missing.sum())} rows have none, the first is row"
            f" {int(np.flatnonzero(missing)[0])}."
            f" Drop them: table.dropna(subset=[{schema.target!r}])."
        )


def _shown(progress: bool | Progress | None, synthesizer: Synthesizer) -> Any:
    """The function to call after each epoch, in a block that ends its display."""
    from contextlib import nullcontext

    if progress is True:
        return bar(type(synthesizer).__name__)
    return nullcontext(progress or None)
