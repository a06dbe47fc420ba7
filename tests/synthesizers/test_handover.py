"""Rules handed over to SDV's constraints: which, why not the others, and that conditional training stays on."""

import numpy as np
import pandas as pd
import pytest

from synthkit.rules import check, rules_of
from synthkit.synthesizers import SYNTHESIZERS, ConstrainedSynthesizer, sdv_fit
from synthkit.synthesizers.constrained import ConstrainedModel
from synthkit.synthesizers.model_file import load_model, save_model
from synthkit.synthesizers.sdv import handed_over
from synthkit.table.schema import Schema

pytestmark = pytest.mark.sdv

NET = {"epochs": 1, "batch_size": 100, "generator_dim": (16,), "discriminator_dim": (16,)}
CHEAP = {
    "ctgan": NET,
    "copula_gan": {**NET, "default_distribution": "norm"},
    "tvae": {"epochs": 1, "batch_size": 100, "compress_dims": (16,), "decompress_dims": (16,)},
    "gaussian_copula": {"default_distribution": "norm"},
}
RULES = [
    {"name": "in time", "rule": "inequality", "low": "begin", "high": "end"},
    {"name": "chain", "rule": "ordered", "columns": ["low", "middle", "high"], "strict": True},
    {"name": "places", "rule": "fixed_combinations", "columns": ["city", "country"]},
    {"name": "one way", "rule": "one_hot", "columns": ["by card", "in cash"]},
    {"name": "whole", "rule": "whole", "column": "items"},
    {"name": "small", "rule": "expression", "expression": "middle - low < 3"},
]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = 300
    city = rng.choice(["Bonn", "Lyon", "Nice"], n, p=[0.6, 0.3, 0.1])
    begin = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**6, n), unit="s")
    low = rng.normal(size=n)
    card = rng.integers(0, 2, n)
    return pd.DataFrame(
        {
            "begin": begin,
            "end": pd.Series(begin + pd.to_timedelta(rng.integers(0, 9_000, n), unit="s")).mask(
                rng.random(n) < 0.1
            ),
            "low": low,
            "middle": low + rng.uniform(0.1, 2, n),
            "high": low + rng.uniform(2.1, 3, n),
            "city": city.astype(object),
            "country": np.where(city == "Bonn", "DE", "FR").astype(object),
            "by card": card,
            "in cash": 1 - card,
            "items": rng.integers(0, 40, n).astype(float),
            "fraud": (rng.random(n) < 0.2).astype(int),
        }
    )


@pytest.fixture(scope="module")
def schema(table):
    return Schema.detect(table, "fraud", kinds={"items": "numeric"})


def reasons(table, schema, rules):
    return handed_over(rules_of(rules), schema.conform(table), schema)


def test_each_kind_that_sdv_knows_is_said_in_its_words(table, schema):
    learned, outside = reasons(table, schema, RULES)
    assert learned == {
        "in time": {
            "name": "Inequality",
            "low_column_name": "begin",
            "high_column_name": "end",
            "strict_boundaries": False,
        },
        "chain": {
            "name": "Range",
            "low_column_name": "low",
            "middle_column_name": "middle",
            "high_column_name": "high",
            "strict_boundaries": True,
        },
        "places": {"name": "FixedCombinations", "column_names": ["city", "country"]},
        "one way": {
            "name": "OneHotEncoding",
            "column_names": ["by card", "in cash"],
            "learning_strategy": "categorical",
        },
        "whole": {"name": "FixedIncrements", "column_name": "items", "increment_value": 1},
    }
    assert outside == {"small": "SDV has no constraint of this kind"}


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"rule": "fixed_combinations", "columns": ["city", "fraud"]}, "'fraud' is the target"),
        ({"rule": "fixed_combinations", "columns": ["city", "items"]}, "'items' holds numbers"),
        ({"rule": "whole", "column": "begin"}, "'begin' holds times"),
        (
            {"rule": "ordered", "columns": ["low", "middle", "high", "items"]},
            "no constraint of this kind",
        ),
        ({"rule": "inequality", "low": "low", "high": 90}, "no constraint of this kind"),
        ({"rule": "range", "column": "low", "max": 90}, "no constraint of this kind"),
        ({"rule": "inequality", "low": "begin", "high": "low"}, "compares times with numbers"),
        ({"rule": "inequality", "low": "low", "high": "elsewhere"}, "'elsewhere' is not learned"),
    ],
)
def test_what_sdv_could_not_learn_stays_outside_and_says_why(table, schema, rule, why):
    learned, outside = reasons(table, schema, [{"name": "x", **rule}])
    assert not learned
    assert why in outside["x"]


def test_missing_states_stay_outside(table, schema):
    gaps = table.assign(city=table["city"].mask(table.index < 20))
    _, outside = reasons(gaps, schema, [RULES[2]])
    assert outside == {"places": "column 'city' has missing values"}


def test_a_column_goes_into_one_constraint_and_a_whole_number_comes_last(table, schema):
    learned, outside = reasons(
        table,
        schema,
        [
            {"name": "whole", "rule": "whole", "column": "items"},
            {"name": "below", "rule": "inequality", "low": "low", "high": "items"},
            {"name": "again", "rule": "inequality", "low": "low", "high": "high"},
        ],
    )
    assert list(learned) == ["below"]
    assert outside == {
        "whole": "SDV learns 'below', which speaks of 'items' too",
        "again": "SDV learns 'below', which speaks of 'low' too",
    }


@pytest.mark.parametrize("name", CHEAP)
def test_what_sdv_learned_is_never_broken_and_all_is_kept_at_the_end(name, table, schema):
    inner = SYNTHESIZERS.build({"name": name, **CHEAP[name]})
    fitted = ConstrainedSynthesizer(inner, RULES, "resample").fit(table, schema, 0)
    out = fitted.sample(200, 1)
    done = fitted.enforcement
    assert done.learned_by_sdv == ("in time", "chain", "places", "one way", "whole")
    assert done.outside == {"small": "SDV has no constraint of this kind"}
    assert {rule: n for rule, n in done.broken.items() if n and rule != "small"} == {}
    assert check(out, RULES, real=table).passed
    assert out.dtypes.tolist() == table.dtypes.tolist()
    assert 0.02 < out["end"].isna().mean() < 0.25
    assert set(fitted.sample(30, 2, where={"fraud": 1})["fraud"]) == {1}


def test_sdv_2_still_trains_on_conditions_after_the_handover(table, schema):
    """Trap 2: SDV makes numbers of states once there is a constraint, and trains without conditions."""
    fitted = ConstrainedSynthesizer(SYNTHESIZERS.build({"name": "ctgan", **NET}), RULES).fit(
        table, schema, 0
    )
    columns = fitted.model.model.engine._model._transformer._column_transform_info_list
    discrete = {column.column_name for column in columns if column.column_type == "discrete"}
    # The joined columns too: SDV's own one-hot strategy would have made numbers of the last.
    assert {"fraud", "end missing", "city#country", "by card#in cash"} <= discrete


def test_rows_that_break_rules_are_fewer_after_the_handover(table, schema):
    inner = SYNTHESIZERS.build({"name": "gaussian_copula", **CHEAP["gaussian_copula"]})
    without = inner.fit(table, schema, 0).sample(300, 1)
    fitted = ConstrainedSynthesizer(inner, RULES, "report").fit(table, schema, 0)
    fitted.sample(300, 1)
    assert fitted.enforcement.broken_rows < check(without, RULES, real=table).n / 3


def test_where_sdv_refuses_everything_is_kept_outside_and_the_reason_is_told(
    table, schema, monkeypatch
):
    plain = sdv_fit._constrain

    def refuse(engine, constraints, data, network):
        if len(constraints) > 1:
            raise sdv_fit.ConstraintError("no") from ValueError("not with me")
        plain(engine, constraints, data, network)

    monkeypatch.setattr(sdv_fit, "_constrain", refuse)
    own = [{"name": "Inequality", "low_column_name": "low", "high_column_name": "high"}]
    inner = SYNTHESIZERS.build(
        {"name": "gaussian_copula", "constraints": own, **CHEAP["gaussian_copula"]}
    )
    fitted = ConstrainedSynthesizer(inner, RULES[:1], "repair").fit(table, schema, 0)
    assert check(fitted.sample(100, 1), RULES[:1]).passed
    assert fitted.enforcement.learned_by_sdv == ()
    assert fitted.enforcement.outside == {"in time": "SDV refused: not with me"}
    monkeypatch.setattr(sdv_fit, "_constrain", plain)
    fitted.synthesizer.synthesizer.fit(
        table, schema, 0
    )  # the user's own constraint is one that SDV takes


def test_the_model_file_says_what_was_learned(table, schema, tmp_path):
    fitted = ConstrainedSynthesizer(
        SYNTHESIZERS.build({"name": "gaussian_copula", **CHEAP["gaussian_copula"]}), RULES
    ).fit(table, schema, 0)
    assert isinstance(fitted.model, ConstrainedModel)
    assert fitted.model.seen.empty  # only repairs look at real rows
    save_model(fitted, tmp_path / "m.synthkit")
    back = load_model(tmp_path / "m.synthkit", trust=True)
    pd.testing.assert_frame_equal(back.sample(40, 3), fitted.sample(40, 3))
    assert back.enforcement.learned_by_sdv == fitted.enforcement.learned_by_sdv != ()
