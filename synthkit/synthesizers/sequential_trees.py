"""Sequential trees: every column drawn from the leaf of a tree grown on the columns before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, Field

from synthkit.errors import ConfigError, nearest
from synthkit.methods import Said, method
from synthkit.methods.traits import Traits
from synthkit.progress import Report as Progress
from synthkit.randomness import integer_seed
from synthkit.synthesizers.base import Synthesizer
from synthkit.synthesizers.coding import Coding
from synthkit.synthesizers.drawing_order import association, drawing_order, functions
from synthkit.synthesizers.leaf_draw import LeafDraw, cuts_of, function_of, grow
from synthkit.synthesizers.trees_model import TreesModel
from synthkit.table.schema import Schema

#: Columns that one tree may ask about: the most strongly associated of those drawn before.
MOST_PREDICTORS = 32

ColumnName = Annotated[str, BeforeValidator(str)]


@method
class SequentialTrees(Synthesizer):
    """Draw each column from the leaf of a decision tree grown on the columns drawn before it.

    p(row) = p(class) · Π_j p(x_j | class, x_1 ... x_{j-1}), and each factor is the distribution of
    x_j among the training rows in one leaf. The target comes first and every class has trees of its
    own, so that none vanishes in another's leaves and rates of missing values are kept per class;
    a class of under 2 · `min_samples_leaf` rows has one leaf per column, that is, columns
    independent of each other within the class. Missing is a value like any other, both when drawn
    and when asked about. A column that is a function of an earlier one stays that function.

    `where` is exact: a proposed row is kept with probability share / (largest share), where share is
    that of the wanted value in the row's leaf, and the value is set. That is rejection sampling from
    p(row | condition), but with far fewer rejected than if the value were drawn and compared. A number
    that few rows have is weighed by the `min_samples_leaf` training rows nearest to it.

    Privacy: the model holds real values, column by column, in sorted order within each leaf; with
    `draw` "donor" every cell drawn is a real value of its column, and with both the largest and
    smallest are real. Treat a model as you treat the table.

    DIFFERS: synthpop's CART draws the first column without a model and mixes the classes in its
    leaves; here every class has its own trees. The threshold on the gain and the half-way draw are ours.

    Notes
    -----
    Shape: (n, c) -> (m, c). Cost: n log n per pair of columns.
    Source: Reiter (2005), "Using CART to generate partially synthetic public use microdata";
    Nowok, Raab & Dibben (2016), "synthpop: Bespoke creation of synthetic data in R".
    """

    traits: ClassVar[Traits | None] = Traits.of(
        order="n log n", note="a generator trained in seconds"
    )

    min_samples_leaf: Annotated[
        int,
        Field(
            ge=1,
            description="Training rows in a leaf at least. The fewer, the closer to the training table:"
            " in usefulness, and in what a row gives away about the rows learned from.",
        ),
    ] = 50
    order: Annotated[
        Sequence[ColumnName] | None,
        Said(needed="a list of columns"),
        Field(
            description="Columns to draw right after the target, in this order; the others follow, each"
            " next the one most strongly associated with any before it. Conditions (`where`) on early"
            " columns are cheap."
        ),
    ] = None
    draw: Annotated[
        Literal["donor", "range"],
        Field(
            description="donor takes a value of the leaf; range moves a number or time that fewer than"
            " min_samples_leaf training rows share at most half way to its neighbour in the leaf, so"
            " that the rare numbers of training rows do not come back (`LeafDraw.spread`)."
        ),
    ] = "donor"
    min_gain: Annotated[
        float,
        Field(
            ge=0,
            description="A split must lower the impurity, as a share of the root's, by min_gain / rows; 0"
            " splits as long as the leaves allow, fitting noise and copying more rows.",
        ),
    ] = 4.0
    threads: Annotated[
        int, Field(ge=1, description="Trees grown at once; the result does not depend on it.")
    ] = 1

    def learn(
        self,
        table: pd.DataFrame,
        schema: Schema,
        rng: np.random.Generator,
        progress: Progress | None = None,
    ) -> TreesModel:
        """The trees of `table` (n, c)."""
        target = schema.target if schema.target in table.columns else None
        names = [str(name) for name in table.columns]
        coded_columns = [Coding.of(table[name], schema[name].kind) for name in names]
        codings, codes = (
            [coding for coding, _ in coded_columns],
            [codes for _, codes in coded_columns],
        )
        strength = association(codes, codings, rng)
        asked = ([target] if target is not None else []) + self._checked_order(
            schema, names, target
        )
        order = drawing_order(strength, [names.index(name) for name in asked])
        strength = strength[np.ix_(order, order)]
        coded, columns = np.stack([codes[j] for j in order]), tuple(codings[j] for j in order)
        first = int(target is not None)
        causes = functions(coded, columns, first, int(self.min_samples_leaf))
        if target is None:
            groups = [np.arange(coded.shape[1])]
        else:
            groups = [np.flatnonzero(coded[0] == c) for c in range(len(columns[0]))]
        jobs: list[Callable[[], LeafDraw]] = []
        for rows in groups:
            before = coded[:, rows]
            cuts = [
                cuts_of(column, len(coding)) for column, coding in zip(before, columns, strict=True)
            ]
            for j in range(first, len(columns)):
                jobs.append(
                    self._job(
                        j, before, columns, cuts, causes.get(j), strength, first, integer_seed(rng)
                    )
                )
        grown = _in_order(jobs, self.threads, progress)
        width = len(columns) - first
        trees = tuple(tuple(grown[g * width : (g + 1) * width]) for g in range(len(groups)))
        # A number that others are a function of stays one that was seen.
        spread = tuple(
            self.draw == "range" and coding.ordered and j not in causes.values() and j not in causes
            for j, coding in enumerate(columns)
        )
        counts = np.array([len(rows) for rows in groups])
        return TreesModel(
            tuple(names), target, columns, counts, trees, spread, int(self.min_samples_leaf)
        )

    def _job(
        self,
        j: int,
        before: np.ndarray,
        columns: tuple[Coding, ...],
        cuts: list[np.ndarray],
        cause: int | None,
        strength: np.ndarray,
        first: int,
        seed: int,
    ) -> Callable[[], LeafDraw]:
        if cause is not None:
            return lambda: function_of(
                before[j], columns[j], before[cause], cause, len(columns[cause])
            )
        useful = np.array(
            [p for p in range(first, j) if (before[p] != before[p][:1]).any()], dtype=np.int64
        )
        if len(useful) > MOST_PREDICTORS:
            useful = np.sort(
                useful[np.argsort(-strength[j, useful], kind="stable")[:MOST_PREDICTORS]]
            )
        return lambda: grow(
            before[j],
            columns[j],
            before,
            columns,
            cuts,
            useful,
            int(self.min_samples_leaf),
            self.min_gain,
            seed,
        )

    def _checked_order(self, schema: Schema, names: list[str], target: str | None) -> list[str]:
        """The columns to draw first, in order, the target and what is not learned left out."""
        asked = list(self.order or ())
        known = [column.name for column in schema.columns]
        for name in asked:
            # Constants and keys are not learned, and so not in the table here; they have no place to take.
            if name not in known and name not in names:
                raise ConfigError(
                    f"order must name columns of the table that vary and are no keys, however {name!r}"
                    f" is none.{nearest(name, known)}",
                    key="order",
                )
        if len(set(asked)) < len(asked):
            raise ConfigError(
                f"order must name each column once, however it is {asked}.", key="order"
            )
        return [name for name in asked if name in names and name != target]

    def from_arrays(self, arrays: Mapping[str, np.ndarray], state: Any) -> TreesModel:
        """The model that `TreesModel.to_arrays` stored."""
        return TreesModel.from_arrays(arrays, state)


def _in_order(
    jobs: Sequence[Callable[[], LeafDraw]], threads: int, progress: Progress | None
) -> list[LeafDraw]:
    """What the jobs give, in their order, `threads` of them at once."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        grown = []
        for done, tree in enumerate(pool.map(lambda job: job(), jobs), start=1):
            grown.append(tree)
            if progress is not None:
                progress(done, len(jobs), {})
    return grown
