"""Payments with every kind of column, two kinds of fraud, hard rules, and known probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from synthkit.errors import ConfigError
from synthkit.methods import Seed, method
from synthkit.randomness import generator

# A row belongs to one of three groups. All that is known below is one entry, or one row, per group:
# 0 legitimate, 1 card testing (small sums in bursts at night), 2 account takeover (large, far
# away).
GROUPS = 3
#: Share of card testing among frauds; the rest is account takeover.
TESTING = 0.6

CATEGORIES = (
    "groceries",
    "restaurants",
    "fuel",
    "clothing",
    "pharmacy",
    "transport",
    "utilities",
    "telecom",
    "streaming",
    "books",
    "hardware",
    "furniture",
    "sports",
    "toys",
    "beauty",
    "pets",
    "insurance",
    "education",
    "health",
    "parking",
    "hotels",
    "airlines",
    "electronics",
    "jewellery",
    "gift cards",
    "gaming",
    "gambling",
    "crypto",
    "money transfer",
    "charity",
)
COUNTRIES = ("DE", "FR", "NL", "AT", "PL", "IT", "US", "NG")
DEVICES = ("phone", "laptop", "tablet", "terminal")


def _shares(*weights: Any) -> np.ndarray:
    """One row of probabilities per group."""
    table = np.array(weights, dtype=float)
    return table / table.sum(axis=1, keepdims=True)


_POSITION = np.arange(len(CATEGORIES))
CATEGORY = _shares(
    1 / (1 + _POSITION) ** 0.7,
    np.where(np.isin(CATEGORIES, ["charity", "streaming", "gaming", "telecom", "books"]), 8.0, 1.0),
    np.where(
        np.isin(CATEGORIES, ["electronics", "jewellery", "gift cards", "crypto", "money transfer"]),
        6.0,
        0.7,
    ),
)
#: What a category adds to the mean of the log amount, for every group.
CATEGORY_SHIFT = np.where(_POSITION >= 20, 0.6, 0.0) + 0.3 * np.cos(_POSITION)
COUNTRY = _shares(
    [50, 14, 10, 8, 7, 6, 4, 1], [30, 12, 10, 6, 10, 8, 14, 10], [34, 12, 10, 6, 8, 8, 14, 8]
)
DEVICE = _shares([45, 20, 8, 27], [20, 68, 10, 2], [46, 38, 10, 6])
_HOUR = np.arange(24)
HOUR = _shares(
    0.15 + np.exp(-0.5 * ((_HOUR - 14) / 4.5) ** 2),
    0.25 + np.exp(-0.5 * ((_HOUR - 3) / 2.5) ** 2),
    0.45 + np.exp(-0.5 * ((_HOUR - 22) / 4.0) ** 2),
)

LOG_AMOUNT = (
    (3.3, 1.1),
    (1.8, 0.8),
    (4.7, 0.9),
)  # mean and standard deviation of ln(amount), before the shift
REFUND = (0.05, 0.01, 0.12)  # probability of a refund; its size is uniform on 1 cent .. the amount
RECENT = (0.6, 2.4, 1.1)  # mean payments in the hour before (Poisson)
DISTANCE = (15.0, 30.0, 80.0)  # mean kilometres from home (exponential)
AGE = ((44.0, 16.0), (44.0, 16.0), (57.0, 15.0))  # mean and standard deviation in years, clipped
YOUNGEST, OLDEST = 18, 95
SETTLING = (30_000.0, 60_000.0, 50_000.0)  # mean seconds until settled (geometric)
CARD_PRESENT = (0.42, 0.05, 0.12)
CHIP_READ = (0.9, 0.5, 0.3)  # given that the card is present; never otherwise
#: Probability that a value is missing.
MISSING = {
    "device": (0.04, 0.25, 0.08),
    "distance": (0.06, 0.30, 0.20),
    "customer_age": (0.08, 0.20, 0.04),
    "settled": (0.02, 0.35, 0.15),
}

FIRST_DAY, DAYS = pd.Timestamp("2024-01-01", tz="UTC"), 366
DAY, HOUR_SECONDS = 86_400, 3_600


@method
class MixedFraud:
    """Card payments with columns of every kind; two unlike groups are fraud, densities are known.

    Card testing is many small sums at night, account takeover few large ones far from home;
    legitimate payments lie between and around them. What is missing depends on the group.
    Rules that hold in every row: `refund` <= `amount`, `settled` >= `time`, `chip_read` only where
    `card_present`. Columns: `payment_id` (key), `time`, `settled` (UTC), `amount`, `refund` (euros,
    whole cents), `merchant_category` (30 levels), `country`, `device`, `card_present`, `chip_read`,
    `customer_age` (years), `recent_payments`, `distance` (km); the target `fraud` is 0 or 1.
    """

    target: ClassVar[str] = "fraud"
    positive: ClassVar[int] = 1
    kinds: ClassVar[Mapping[str, str]] = {
        "payment_id": "key",
        "time": "datetime",
        "settled": "datetime",
        "amount": "numeric",
        "refund": "numeric",
        "merchant_category": "categorical",
        "country": "categorical",
        "device": "categorical",
        "card_present": "boolean",
        "chip_read": "boolean",
        "customer_age": "integer",
        "recent_payments": "integer",
        "distance": "numeric",
    }

    rows: Annotated[int, Field(ge=2, description="Rows of the table.")] = 20_000
    fraud_rate: Annotated[
        float,
        Field(
            gt=0,
            le=0.5,
            description="Frauds per row; the table has round(rows · fraud_rate) of them.",
        ),
    ] = 0.02
    seed: Seed = 0

    def __post_init__(self) -> None:
        if round(self.rows * self.fraud_rate) < 1:
            raise ConfigError(
                f"mixed_fraud needs at least one fraud, however {self.rows} rows at a fraud_rate"
                f" of {self.fraud_rate:g} give none. Raise one of them.",
                key="fraud_rate",
            )

    @property
    def _priors(self) -> np.ndarray:
        return np.array(
            [1 - self.fraud_rate, self.fraud_rate * TESTING, self.fraud_rate * (1 - TESTING)]
        )

    def table(self) -> pd.DataFrame:
        """The table (rows, 14), its rows in random order."""
        rng = generator(self.seed, "mixed_fraud")
        frauds = round(self.rows * self.fraud_rate)
        testing = round(frauds * TESTING)
        group = np.repeat([0, 1, 2], [self.rows - frauds, testing, frauds - testing])
        return _draw(rng.permutation(group), rng)

    def fresh(self, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """`n` new rows of the same process; each is fraud with probability `fraud_rate`."""
        return _draw(rng.choice(GROUPS, n, p=self._priors), rng)

    def oracle(self, table: pd.DataFrame) -> np.ndarray:
        """P(class | row) (n, 2) by Bayes' rule over the three groups, missing values included.

        The columns are the classes 0 and 1. `table` needs all features of this data set.
        """
        log_joint = np.log(self._priors) + _log_likelihood(table)
        joint = np.exp(log_joint - log_joint.max(axis=1, keepdims=True))
        legit = joint[:, 0] / joint.sum(axis=1)
        return np.column_stack([legit, joint[:, 1:].sum(axis=1) / joint.sum(axis=1)])


def _draw(group: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """One row for each entry of `group` (n,)."""
    n = len(group)

    def of(values: Any) -> np.ndarray:
        return np.asarray(values)[group]

    def gone(name: str) -> np.ndarray:
        return rng.random(n) < of(MISSING[name])

    category = _pick(CATEGORY, group, rng)
    mean, deviation = np.array(LOG_AMOUNT).T
    amount = np.exp(rng.normal(mean[group] + CATEGORY_SHIFT[category], deviation[group]))
    cents = np.maximum(np.rint(amount * 100), 1).astype(np.int64)
    refunded = rng.random(n) < of(REFUND)
    seconds = (
        rng.integers(0, DAYS, n) * DAY
        + _pick(HOUR, group, rng) * HOUR_SECONDS
        + rng.integers(0, HOUR_SECONDS, n)
    )
    time = FIRST_DAY + pd.to_timedelta(pd.Series(seconds), unit="s")
    delay = pd.to_timedelta(pd.Series(np.floor(rng.exponential(of(SETTLING)))), unit="s")
    present = rng.random(n) < of(CARD_PRESENT)
    mean, deviation = np.array(AGE).T
    age = np.clip(np.rint(rng.normal(mean[group], deviation[group])), YOUNGEST, OLDEST)
    return pd.DataFrame(
        {
            "payment_id": pd.Series(rng.integers(10**14, 10**15, n))
            .astype(str)
            .radd("P")
            .astype(object),
            "time": time,
            "settled": (time + delay).mask(gone("settled")),
            "amount": cents / 100,
            "refund": np.where(refunded, rng.integers(1, cents + 1), 0) / 100,
            "merchant_category": np.array(CATEGORIES, dtype=object)[category],
            "country": np.array(COUNTRIES, dtype=object)[_pick(COUNTRY, group, rng)],
            "device": pd.Series(np.array(DEVICES, dtype=object)[_pick(DEVICE, group, rng)]).mask(
                gone("device"), None
            ),
            "card_present": present,
            "chip_read": present & (rng.random(n) < of(CHIP_READ)),
            "customer_age": pd.Series(age).astype("Int64").mask(gone("customer_age")),
            "recent_payments": rng.poisson(of(RECENT)),
            "distance": pd.Series(rng.exponential(of(DISTANCE))).mask(gone("distance")),
            "fraud": (group > 0).astype("int64"),
        }
    )


def _pick(shares: np.ndarray, group: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A code for each entry of `group`, drawn with that group's shares (groups, levels)."""
    codes = np.empty(len(group), dtype=np.int64)
    for g, p in enumerate(shares):
        codes[group == g] = rng.choice(len(p), int((group == g).sum()), p=p)
    return codes


def _log_likelihood(table: pd.DataFrame) -> np.ndarray:
    """ln p(row | group) (n, 3), up to what is the same for all groups."""
    category = _codes(table["merchant_category"], CATEGORIES)
    cents = np.rint(table["amount"].to_numpy(float) * 100)
    time = pd.to_datetime(table["time"], utc=True)
    delay = (pd.to_datetime(table["settled"], utc=True) - time).dt.total_seconds().to_numpy()
    hour = time.dt.hour.to_numpy()
    refunded = table["refund"].to_numpy(float) > 0
    recent = table["recent_payments"].to_numpy(float)
    present, chip = (table[name].to_numpy(bool) for name in ("card_present", "chip_read"))
    country, device = _codes(table["country"], COUNTRIES), _codes(table["device"], DEVICES)
    age = table["customer_age"].to_numpy(dtype=float, na_value=np.nan)
    distance = table["distance"].to_numpy(float)
    total = np.empty((len(table), GROUPS))
    for g in range(GROUPS):
        total[:, g] = (
            np.log(CATEGORY[g])[category]
            + np.log(COUNTRY[g])[country]
            + np.log(HOUR[g])[hour]
            + _log_cents(cents, LOG_AMOUNT[g][0] + CATEGORY_SHIFT[category], LOG_AMOUNT[g][1])
            + _log_chance(refunded, REFUND[g])
            + _log_chance(present, CARD_PRESENT[g])
            + np.where(present, _log_chance(chip, CHIP_READ[g]), 0.0)
            + recent * np.log(RECENT[g])
            - RECENT[g]
            + _or_missing(np.log(DEVICE[g])[device], device < 0, MISSING["device"][g])
            + _or_missing(
                -distance / DISTANCE[g] - np.log(DISTANCE[g]),
                np.isnan(distance),
                MISSING["distance"][g],
            )
            # floor(exponential) is geometric: P(k) = e^(-k/s) (1 - e^(-1/s))
            + _or_missing(
                -delay / SETTLING[g] + np.log(-np.expm1(-1 / SETTLING[g])),
                np.isnan(delay),
                MISSING["settled"][g],
            )
            + _or_missing(_log_age(age, *AGE[g]), np.isnan(age), MISSING["customer_age"][g])
        )
    return total


def _codes(values: pd.Series, levels: tuple[str, ...]) -> np.ndarray:
    return pd.Categorical(values, categories=list(levels)).codes.astype(np.int64)


def _log_chance(happened: np.ndarray, p: float) -> np.ndarray:
    return np.where(happened, float(np.log(p)), float(np.log1p(-p)))


def _or_missing(log_density: np.ndarray, missing: np.ndarray, p: float) -> np.ndarray:
    """The log density of a value that is there, or the log probability that it is not."""
    return np.where(missing, np.log(p), np.log1p(-p) + log_density)


def _log_cents(cents: np.ndarray, mean: np.ndarray, deviation: float) -> np.ndarray:
    """Log mass of an amount in whole cents: the log-normal within half a cent of it."""
    low = np.where(
        cents > 1, (np.log((np.maximum(cents, 2) - 0.5) / 100) - mean) / deviation, -np.inf
    )
    return _log_between(low, (np.log((cents + 0.5) / 100) - mean) / deviation)


def _log_age(age: np.ndarray, mean: float, deviation: float) -> np.ndarray:
    """Log mass of whole years: the normal rounded, and clipped at both ends."""
    years = np.where(np.isnan(age), YOUNGEST, age)
    low = np.where(years > YOUNGEST, (years - 0.5 - mean) / deviation, -np.inf)
    return _log_between(low, np.where(years < OLDEST, (years + 0.5 - mean) / deviation, np.inf))


def _log_between(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Log mass of the standard normal between two points, exact far out on either side."""
    from scipy.special import ndtr

    # In the upper tail both points are mirrored to the lower one, where small masses keep their
    # digits.
    upper = low > 0
    mass = ndtr(np.where(upper, -low, high)) - ndtr(np.where(upper, -high, low))
    return np.log(np.maximum(mass, np.finfo(float).tiny))
