"""Two-dimensional pictures of the positives among the other rows: PCA and t-SNE of the same points."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthkit.advice.findings import groups_of
from synthkit.advice.sample import Sample
from synthkit.randomness import generator, integer_seed
from synthkit.report.minority_plot import Panel, figure, page
from synthkit.table.dataset import Dataset

# What a person can still see, and t-SNE does in seconds.
MOST_DRAWN, MOST_POSITIVES_DRAWN = 1_500, 600


@dataclass(frozen=True, eq=False)
class Picture:
    """The rows that are drawn: where they lie in each panel, the group of each (n,), what the groups are called."""

    title: str
    caption: str
    panels: tuple[Panel, ...]
    groups: np.ndarray
    names: Mapping[int, str]

    def page(self) -> str:
        """All panels on one HTML page."""
        return page(self.title, self.caption, self.panels, self.groups, self.names)

    def figures(self) -> dict[str, Any]:
        """Each panel as a plotly figure, by its name: "pca" and "t-sne"."""
        found = {}
        for panel in self.panels:
            drawn = figure(panel, self.groups, self.names)
            found[panel.title.split(" ")[0].lower()] = drawn.update_layout(
                title={"text": panel.title, "font": {"size": 14}}, margin={"t": 40}
            )
        return found


def picture(sample: Sample, dataset: Dataset) -> Picture:
    """PCA beside t-SNE of the same rows; positives coloured by sub-group, the others grey."""
    rng = generator(sample.seed, "advise", "picture")
    ours, others = (
        rng.permutation(np.flatnonzero(side)) for side in (sample.positive, ~sample.positive)
    )
    ours = ours[:MOST_POSITIVES_DRAWN]
    rows = np.concatenate([others[: MOST_DRAWN - len(ours)], ours])
    groups = np.full(len(rows), -2)  # the others
    groups[len(rows) - len(ours) :] = np.maximum(groups_of(sample, ours), -1)
    values = sample.points.values[rows]
    names = {-2: f"not {dataset.schema.positive}", -1: f"{dataset.schema.positive}"}
    shown = sorted(set(groups[groups >= 0].tolist()))
    names |= {
        g: f"{dataset.schema.positive}, group {number}" for number, g in enumerate(shown, start=1)
    }
    return Picture(
        f"{dataset.schema.target} = {dataset.schema.positive} among the other rows of {dataset.name}",
        f"{len(ours):,} rows of {dataset.schema.target} = {dataset.schema.positive} among"
        f" {len(rows) - len(ours):,} others, drawn at random; groups by what tells positives from others."
        " Numbers are standardised, states one-hot. Distances between far-off clusters mean nothing in t-SNE.",
        _panels(values, sample.seed),
        groups,
        names,
    )


def _panels(values: np.ndarray, seed: int) -> tuple[Panel, ...]:
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if values.shape[1] == 1:  # one column has no second direction
        values = np.hstack([values, np.zeros_like(values)])
    start = integer_seed(generator(seed, "advise", "t-SNE"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PCA of constant columns divides by no variance at all
        pca = PCA(2, random_state=start).fit(values)
    flat = pca.transform(values)
    kept = float(np.nan_to_num(pca.explained_variance_ratio_).sum())
    perplexity = min(30.0, max(2.0, (len(values) - 1) / 3))
    near = TSNE(
        2,
        perplexity=perplexity,
        init=flat / max(float(flat[:, 0].std()), 1e-12) * 1e-4,
        random_state=start,
        max_iter=500,
    ).fit_transform(values)
    return (
        Panel(f"PCA ({kept:.0%} of the variance)", flat[:, 0], flat[:, 1]),
        Panel(
            f"t-SNE (perplexity {perplexity:.0f})",
            near[:, 0].astype(float),
            near[:, 1].astype(float),
        ),
    )
