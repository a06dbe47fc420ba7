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


def draw_ctgan(model: Any, n: int, conditions: Mapping[str, Any], rng: np.random.Generator) -> pd.DataFrame:
    """Rows of a ctgan generator; the rarest of `conditions` is set in its condition vector.

    DIFFERS from `ctgan.CTGAN.sample` in three ways. The value's place in the condition vector is
    computed over all discrete columns (ctgan's offset table is never filled, so that any column but
    the first conditions on the wrong one). The generator is in evaluation mode: in training mode its
    batch normalisation subtracts the batch's mean, and with it a condition that the whole batch
    shares, so that hardly any of it reaches the rows. Without a condition, one column's value is
    drawn from its true frequencies (ctgan: from their logarithms), so that rare values stay rare.
    """
    import torch

    values, frequencies, starts, slots = [], [], {}, 0
    for info in model._transformer._column_transform_info_list:
        if info.column_type == "discrete":
            starts[info.column_name] = slots
            values.append(list(info.transform.dummies))
            frequencies.append(model.frequencies[slots : slots + info.output_dimensions])
            slots += info.output_dimensions
    names = list(starts)
    known = {name: (names.index(name), values[names.index(name)].index(value))
             for name, value in conditions.items() if name in starts}
    if known:
        column, level = min(known.values(), key=lambda place: frequencies[place[0]][place[1]])
        chosen = np.full(n, starts[names[column]] + level)
    elif names:
        column_of_row = rng.integers(len(names), size=n)
        chosen = np.empty(n, dtype="int64")
        for column, name in enumerate(names):
            rows = np.flatnonzero(column_of_row == column)
            share = frequencies[column] / frequencies[column].sum()
            chosen[rows] = starts[name] + rng.choice(len(share), size=len(rows), p=share)
    parts = []
    model._generator.eval()
    with torch.no_grad():
        for part in _passes(n):
            noise = torch.from_numpy(rng.standard_normal((len(part), model._embedding_dim)).astype("float32"))
            if names:
                condition = torch.zeros(len(part), slots)
                condition[torch.arange(len(part)), torch.from_numpy(chosen[part])] = 1.0
                noise = torch.cat([noise, condition], dim=1)
            parts.append(model._apply_activate(model._generator(noise)).numpy())
    return model._transformer.inverse_transform(np.concatenate(parts))


def draw_tvae(model: Any, n: int, conditions: Mapping[str, Any], rng: np.random.Generator) -> pd.DataFrame:
    """Rows of a TVAE's decoder, with `conditions` met by choosing latent points.

    p(z | x_j = v) ∝ p(z) · p(x_j = v | z), and the second factor is the decoder's own softmax. So
    points z ~ N(0, I) are drawn in plenty, resampled with that weight, decoded, and given the value.
    A class that the argmax never picks can be asked for all the same.
    DIFFERS from `ctgan.TVAE.sample`, which has no conditions: rejection never ends for such a class.
    """
    import torch

    spans, start = {}, 0
    for info in model.transformer._column_transform_info_list:
        if info.column_type == "discrete" and info.column_name in conditions:
            place = start + list(info.transform.dummies).index(conditions[info.column_name])
            spans[info.column_name] = (start, start + info.output_dimensions, place)
        start += info.output_dimensions
    model.decoder.eval()
    parts: list[np.ndarray] = []
    spread = np.zeros(0)
    with torch.no_grad():
        for rows in _passes(n):
            points = len(rows)
            if spans:
                points = int(np.clip(LATENTS_PER_ROW * len(rows), LEAST_LATENTS, MOST_LATENTS))
            latent = torch.from_numpy(rng.standard_normal((points, model.embedding_dim)).astype("float32"))
            fake, sigmas = model.decoder(latent)
            weight = np.zeros(points)
            for first, last, place in spans.values():
                weight += torch.log_softmax(fake[:, first:last].double(), dim=1)[:, place - first].numpy()
            out = torch.tanh(fake).numpy()
            if spans:
                share = np.exp(weight - weight.max())
                out = out[rng.choice(points, size=len(rows), p=share / share.sum())]
            for first, last, place in spans.values():
                out[:, first:last] = -1.0
                out[:, place] = 1.0
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
            pull = correlation[np.ix_(others, held)] @ np.linalg.pinv(correlation[np.ix_(held, held)])
            mean = scores[:, held] @ pull.T
            cov = cov - pull @ correlation[np.ix_(held, others)]
        scores[:, others] = mean + rng.multivariate_normal(np.zeros(len(others)), cov, size=n, method="svd",
                                                           check_valid="ignore")
    return pd.DataFrame({name: model.univariates[place].percent_point(norm.cdf(scores[:, place]))
                         for place, name in enumerate(names)})


def _in_box(correlation: np.ndarray, bounds: list[tuple[float, float]], n: int, rng: np.random.Generator) -> np.ndarray:
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


def _passes(n: int) -> Iterator[range]:
    for start in range(0, n, ROWS_PER_PASS):
        yield range(start, min(start + ROWS_PER_PASS, n))
