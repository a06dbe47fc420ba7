"""How rows are drawn from what ctgan and copulas have learned: with conditions, from our generator.

None of SDV's own sampling is used: its first sample always has the same seed, its class rates come
from the training's log-frequencies, and its conditions are met by rejection alone.

Each function returns `n` rows in the engine's processed columns, which SDV then decodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

#: Latent points looked at per row wanted, when a condition has to be found among them.
LATENTS_PER_ROW = 20
#: Latent points looked at, at least and at most at once.
LEAST_LATENTS, MOST_LATENTS = 2_000, 50_000
#: Rounds after which the conditions of a copula have forgotten where they began.
GIBBS_ROUNDS = 30
#: Rows that go through a generator at once.
ROWS_PER_PASS = 8_192


def draw_ctgan(
    model: Any, n: int, conditions: Mapping[str, Any], rng: np.random.Generator
) -> pd.DataFrame:
    """Rows of a ctgan generator from `n` latent points; with `conditions`, those points that take
    them.

    The rarest value goes into the condition vector, which makes it likely. Then a point z is kept
    with probability p(v | z) / max p(v | z), p being the generator's own softmax for the values v
    asked for, and the row is given them. That is rejection sampling from p(row | v), with far fewer
    rejected than if values were drawn and compared; and none is decoded in vain.

    DIFFERS from `ctgan.CTGAN.sample` in three ways. The value's place in the condition vector is
    computed over all discrete columns (ctgan's offset table is never filled, so that any column but
    the first conditions on the wrong one). The generator is in evaluation mode: in training mode
    its batch normalisation subtracts the batch's mean, and with it a condition that the whole batch
    shares, so that hardly any of it reaches the rows. Without a condition, one column's value is
    drawn from its true frequencies (ctgan: from their logarithms), so that rare values stay rare.
    """
    import torch

    spans = _spans(model._transformer, conditions)
    slots = _slots(model)
    width = sum(len(frequency) for _, frequency in slots.values())
    model._generator.eval()

    def logits(points: int) -> torch.Tensor:
        noise = torch.from_numpy(
            rng.standard_normal((points, model._embedding_dim)).astype("float32")
        )
        if slots:
            condition = torch.zeros(points, width)
            condition[
                torch.arange(points), torch.from_numpy(_chosen(slots, spans, points, rng))
            ] = 1.0
            noise = torch.cat([noise, condition], dim=1)
        return model._generator(noise)

    parts = []
    with torch.no_grad():
        most = _log_shares(logits(LEAST_LATENTS), spans).max() if spans else 0.0
        for points in _passes(n):
            raw = logits(points)
            if spans:
                raw = raw[
                    torch.from_numpy(np.log(rng.random(points)) < _log_shares(raw, spans) - most)
                ]
            if len(raw):
                out = model._apply_activate(raw).numpy()
                _set(out, spans, 0.0)
                parts.append(out)
    if not parts:
        return pd.DataFrame(
            columns=[info.column_name for info in model._transformer._column_transform_info_list]
        )
    return model._transformer.inverse_transform(np.concatenate(parts))


Spans = Mapping[str, tuple[int, int, int]]


def _spans(transformer: Any, conditions: Mapping[str, Any]) -> dict[str, tuple[int, int, int]]:
    """Where the columns of conditions begin and end among an engine's outputs, and their value's
    place.
    """
    spans, start = {}, 0
    for info in transformer._column_transform_info_list:
        if info.column_type == "discrete" and info.column_name in conditions:
            level = list(info.transform.dummies).index(conditions[info.column_name])
            spans[info.column_name] = (start, start + info.output_dimensions, start + level)
        start += info.output_dimensions
    return spans


def _slots(model: Any) -> dict[str, tuple[int, np.ndarray]]:
    """Where each discrete column begins in the condition vector, and its values' training
    counts.
    """
    slots, start = {}, 0
    for info in model._transformer._column_transform_info_list:
        if info.column_type == "discrete":
            slots[info.column_name] = (
                start,
                model.frequencies[start : start + info.output_dimensions],
            )
            start += info.output_dimensions
    return slots


def _chosen(
    slots: Mapping[str, tuple[int, np.ndarray]], spans: Spans, n: int, rng: np.random.Generator
) -> np.ndarray:
    """The place (n,) to set in each condition vector: the rarest condition's, or one drawn per
    row.
    """
    if spans:
        places = {name: place - first for name, (first, _, place) in spans.items()}
        name = min(places, key=lambda name: slots[name][1][places[name]])
        return np.full(n, slots[name][0] + places[name])
    column = rng.integers(len(slots), size=n)
    chosen = np.empty(n, dtype="int64")
    for position, (start, counts) in enumerate(slots.values()):
        rows = np.flatnonzero(column == position)
        chosen[rows] = start + rng.choice(len(counts), size=len(rows), p=counts / counts.sum())
    return chosen


def _log_shares(raw: Any, spans: Spans) -> np.ndarray:
    """Log p (n,) of the values asked for, by the softmax of an engine's raw outputs (n, w)."""
    import torch

    total = np.zeros(len(raw))
    for first, last, place in spans.values():
        total += torch.log_softmax(raw[:, first:last].double(), dim=1)[:, place - first].numpy()
    return total


def _set(out: np.ndarray, spans: Spans, off: float) -> None:
    """Give each row the values asked for, in place."""
    for first, last, place in spans.values():
        out[:, first:last] = off
        out[:, place] = 1.0


def draw_tvae(
    model: Any, n: int, conditions: Mapping[str, Any], rng: np.random.Generator
) -> pd.DataFrame:
    """Rows of a TVAE's decoder, with `conditions` met by choosing latent points.

    p(z | x_j = v) ∝ p(z) · p(x_j = v | z), and the second factor is the decoder's own softmax. So
    points z ~ N(0, I) are drawn in plenty, resampled with that weight, decoded, and given the
    value. A class that the argmax never picks can be asked for all the same.
    DIFFERS from `ctgan.TVAE.sample`, which has no conditions: rejection never ends for such a
    class.
    """
    import torch

    spans = _spans(model.transformer, conditions)
    model.decoder.eval()
    parts: list[np.ndarray] = []
    spread = np.zeros(0)
    with torch.no_grad():
        for rows in _passes(n):
            points = (
                int(np.clip(LATENTS_PER_ROW * rows, LEAST_LATENTS, MOST_LATENTS)) if spans else rows
            )
            latent = torch.from_numpy(
                rng.standard_normal((points, model.embedding_dim)).astype("float32")
            )
            fake, sigmas = model.decoder(latent)
            out = torch.tanh(fake).numpy()
            if spans:
                weight = _log_shares(fake, spans)
                share = np.exp(weight - weight.max())
                out = out[rng.choice(points, size=rows, p=share / share.sum())]
                _set(out, spans, -1.0)
            parts.append(out)
            spread = sigmas.numpy()
    return model.transformer.inverse_transform(np.concatenate(parts), spread)


def draw_copula(
    model: Any, intervals: Mapping[str, tuple[float, float]], n: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Rows of a Gaussian copula, with columns held within `intervals` of their values.

    A state is an interval of its column's marginal, so of its normal score. The scores of the
    columns held are a normal vector truncated to a box (drawn by Gibbs rounds, exact at once where
    one column is held); the others are normal given those.
    """
    from scipy.stats import norm

    names, correlation = list(model.columns), model.correlation.to_numpy()
    held = [names.index(name) for name in intervals if name in names]
    scores = np.zeros((n, len(names)))
    if held:
        bounds = []
        for place in held:
            low, high = intervals[names[place]]
            at = np.clip(model.univariates[place].cdf(np.array([low, high])), 0, 1)
            bounds.append((0.0 if low <= 0 else at[0], 1.0 if high >= 1 else at[1]))
        scores[:, held] = _in_box(correlation[np.ix_(held, held)], bounds, n, rng)
    others = [place for place in range(len(names)) if place not in held]
    if others:
        mean, cov = np.zeros((n, len(others))), correlation[np.ix_(others, others)]
        if held:
            pull = correlation[np.ix_(others, held)] @ np.linalg.pinv(
                correlation[np.ix_(held, held)]
            )
            mean = scores[:, held] @ pull.T
            cov = cov - pull @ correlation[np.ix_(held, others)]
        scores[:, others] = mean + rng.multivariate_normal(
            np.zeros(len(others)), cov, size=n, method="svd", check_valid="ignore"
        )
    return pd.DataFrame(
        {
            name: model.univariates[place].percent_point(norm.cdf(scores[:, place]))
            for place, name in enumerate(names)
        }
    )


def _in_box(
    correlation: np.ndarray, bounds: list[tuple[float, float]], n: int, rng: np.random.Generator
) -> np.ndarray:
    """Normal vectors (n, k) whose j-th component has its probability between `bounds[j]`."""
    from scipy.stats import norm

    limits = [(norm.ppf(low), norm.ppf(high)) for low, high in bounds]
    scores = np.column_stack([norm.ppf(low + rng.random(n) * (high - low)) for low, high in bounds])
    for _ in range(GIBBS_ROUNDS if len(bounds) > 1 else 0):
        for j, (low, high) in enumerate(limits):
            rest = [i for i in range(len(limits)) if i != j]
            pull = correlation[j, rest] @ np.linalg.pinv(correlation[np.ix_(rest, rest)])
            mean = scores[:, rest] @ pull
            spread = np.sqrt(max(1.0 - float(pull @ correlation[rest, j]), 1e-12))
            a, b = norm.cdf((low - mean) / spread), norm.cdf((high - mean) / spread)
            drawn = norm.ppf(np.clip(a + rng.random(n) * (b - a), 1e-300, 1 - 1e-16))
            scores[:, j] = np.clip(mean + spread * drawn, low, high)
    return scores


def _passes(n: int) -> Iterator[int]:
    """Sizes of passes that add up to `n`."""
    for start in range(0, n, ROWS_PER_PASS):
        yield min(ROWS_PER_PASS, n - start)
