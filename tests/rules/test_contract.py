"""Each rule on each strategy and each synthesizer: after enforcement none is broken."""

from dataclasses import replace

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from synthkit.errors import ConfigError, DataError
from synthkit.rules import RULES, check, enforce, rules_of
from synthkit.rules.enforce import bind, enforcements
from synthkit.strategies import STRATEGIES, Constrained
from synthkit.synthesizers import SYNTHESIZERS, ConstrainedSynthesizer
from synthkit.synthesizers.constrained import ConstrainedFitted, ConstrainedModel
from synthkit.table.training_set import SYNTHETIC

#: See conftest.
KINDS = {"grade": "integer", "visits": "integer"}

CHEAP = {
    "top_up": {"synthesizer": "noise"},
    "chain": {"strategies": ["smote", "random_undersampling"]},
    "edited_nearest_neighbours": {"agree": "most"},
    "smote_enn": {"agree": "most"},
    "constrained": {
        "strategy": "noise",
        "rules": [{"rule": "range", "column": "amount", "max": 80}],
        "allow_real_violations": True,
        "on_violation": "repair",
    },
}
NET = {"epochs": 1, "batch_size": 200, "generator_dim": (16,), "discriminator_dim": (16,)}
CHEAP_SYNTHESIZERS = {
    "ctgan": NET,
    "copula_gan": {**NET, "default_distribution": "norm"},
    "tvae": {"epochs": 1, "batch_size": 200, "compress_dims": (16,), "decompress_dims": (16,)},
    "gaussian_copula": {"default_distribution": "norm"},
    "constrained": {"synthesizer": "noise", "rules": []},
}


@pytest.fixture(autouse=True)
def gives_up_soon(monkeypatch):
    monkeypatch.setattr(enforce, "FEWEST_PROPOSALS", 600)
    monkeypatch.setattr(enforce, "MOST_PROPOSALS_PER_ROW", 5)


def with_target(train):
    return train.X.assign(fraud=train.schema.decode_target(train.codes).to_numpy())


def too_rare(how, rule, message):
    """Valid rows may be too rare to wait for; that is said, with the rule and the remedy."""
    assert how == "resample", message
    assert repr(rule.name) in message
    assert "on_violation: repair" in message


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("how", ["resample", "repair", "drop"])
def test_no_rule_is_broken_after_enforcement_on_a_strategy(name, how, train, every_spec):
    for spec in every_spec:
        strategy = Constrained({"name": name, **CHEAP.get(name, {})}, [spec], how)
        try:
            out = strategy(train, np.random.default_rng(0))
        except DataError as error:
            too_rare(how, strategy.rules[0], str(error))
            continue
        made = out.origin == SYNTHETIC
        real = out.take(~made)
        assert_frame_equal(real.X, train.take(real.origin).X)
        assert_frame_equal(out.X.head(0), train.X.head(0))
        if made.any():
            bound = bind(strategy.rules, with_target(train), aside={}, allow_real_violations=False)
            before = with_target(real)
            assert not replace(bound, before=before).broken(with_target(out.take(made))).any(), spec
        if how != "drop":
            plain = STRATEGIES.build(strategy.strategy)(train, np.random.default_rng(0))
            assert out.counts.tolist() == plain.counts.tolist()


class Pool:
    """Rows that an engine drew once per condition, handed out again and again: SDV's take a second per call."""

    def __init__(self, model):
        self.model, self.kept = model, {}

    def draw(self, n, where, rng):
        key = str(where)
        if key not in self.kept:
            self.kept[key] = self.model.draw(300, where, np.random.default_rng(0))
        rows = self.kept[key]
        return rows.take(rng.integers(0, len(rows), n)).reset_index(drop=True)


@pytest.fixture(scope="module")
def fitted_of(ruled, schema):
    kept = {}

    def get(name):
        if name not in kept:
            synthesizer = SYNTHESIZERS.build({"name": name, **CHEAP_SYNTHESIZERS.get(name, {})})
            kept[name] = synthesizer.fit(ruled, schema, np.random.default_rng(0))
            kept[name].model = Pool(kept[name].model)
        return kept[name]

    return get


@pytest.mark.parametrize("name", SYNTHESIZERS)
@pytest.mark.parametrize("how", ["resample", "repair"])
def test_no_rule_is_broken_after_enforcement_on_a_synthesizer(
    name, how, fitted_of, ruled, schema, every_spec
):
    fitted = fitted_of(name)
    for spec in every_spec:
        synthesizer = ConstrainedSynthesizer(fitted.synthesizer, [spec], how)
        bound = bind(
            synthesizer.rules, schema.conform(ruled), aside={}, allow_real_violations=False
        )
        # Fitted once per synthesizer: the rules change nothing in what is learned.
        constrained = ConstrainedFitted(
            synthesizer,
            ConstrainedModel(fitted.model, bound.rules, bound.seen),
            *(
                getattr(fitted, field)
                for field in ("schema", "forms", "rates", "rows", "training_hash")
            ),
        )
        try:
            out = constrained.sample(60, 0)
        except DataError as error:
            too_rare(how, bound.rules[0], str(error))
            continue
        assert check(out, synthesizer.rules, real=ruled).passed, (spec, constrained.enforcement)
        done = constrained.enforcement
        if (
            how == "repair" and not done.resampled
        ):  # then the rows that broke nothing are those of the bare one
            free = replace(
                constrained, synthesizer=replace(synthesizer, on_violation="report")
            ).sample(60, 0)
            valid = ~bound.broken(free)
            assert valid.sum() == 60 - done.broken_rows
            assert_frame_equal(out[valid], free[valid])
        assert out.dtypes.tolist() == ruled.dtypes.tolist()
        assert len(out) == 60


def test_the_rules_do_get_broken_without_enforcement(train, every_spec):
    """Otherwise the tests above could not fail."""
    broken = dict.fromkeys((spec["rule"] for spec in every_spec), 0)
    for name in ("smote", "noise", "mixup"):
        for spec in every_spec:
            out = Constrained(name, [spec], "report")(train, np.random.default_rng(0))
            broken[spec["rule"]] += enforcements(out)[0].broken_rows
    for kind in (
        "one_of",
        "inequality",
        "fixed_combinations",
        "one_hot",
        "sum",
        "immutable",
        "expression",
    ):
        assert broken[kind], broken


def test_what_is_constrained_is_of_the_class_that_was_called():
    assert isinstance(Constrained("smote", []), Constrained)
    noise = SYNTHESIZERS.build("noise")
    assert isinstance(ConstrainedSynthesizer(noise, []), ConstrainedSynthesizer)
    with pytest.raises(ConfigError, match="Noise is a synthesizer"):
        Constrained(noise, [])


def test_drop_leaves_out_what_is_broken_and_nothing_else(ruled, schema):
    rules = [{"rule": "inequality", "low": "time", "high": "settled"}]
    plain = SYNTHESIZERS.build("noise").fit(ruled, schema, 0).sample(100, 1)
    fitted = ConstrainedSynthesizer("noise", rules, "drop").fit(ruled, schema, 0)
    out = fitted.sample(100, 1)
    assert_frame_equal(out, plain[plain["time"] <= plain["settled"]].reset_index(drop=True))
    assert 0 < fitted.enforcement.dropped == 100 - len(out)


def test_a_fit_through_the_front_door(ruled, schema, every_spec):
    rules = [spec for spec in every_spec if spec["rule"] not in ("sum",)]
    fitted = ConstrainedSynthesizer(SYNTHESIZERS.build("sequential_trees"), rules, "repair").fit(
        ruled, schema, 0
    )
    out = fitted.sample(200, 1, where={"city": "Ulm"})
    assert (out["city"] == "Ulm").all()
    assert check(out, rules_of(rules), real=ruled).passed
    assert fitted.enforcement.broken_rows >= fitted.enforcement.repaired_rows > 0


def test_every_kind_of_rule_is_tried(every_spec):
    assert [spec["rule"] for spec in every_spec] == list(RULES)


@pytest.mark.parametrize("name", STRATEGIES)
def test_repair_changes_nothing_in_valid_rows(name, train, every_spec):
    built = STRATEGIES.build({"name": name, **CHEAP.get(name, {})})
    plain = built(train, np.random.default_rng(0))
    made = np.flatnonzero(plain.origin == SYNTHETIC)
    for spec in every_spec if len(made) else []:
        strategy = Constrained(built, [spec], "repair")
        out = strategy(train, np.random.default_rng(0))
        done = enforcements(out)[-1]
        bound = bind(strategy.rules, with_target(train), aside={}, allow_real_violations=False)
        valid = ~replace(bound, before=with_target(train)).broken(with_target(plain.take(made)))
        assert_frame_equal(out.X.take(made[valid]), plain.X.take(made[valid]))
        changed = {
            name: n
            for name in plain.X
            if (
                n := int(
                    (
                        ~(
                            out.X[name].eq(plain.X[name])
                            | (out.X[name].isna() & plain.X[name].isna())
                        )
                    ).sum()
                )
            )
        }
        if not done.resampled:
            assert done.repaired_cells == changed
            assert set(changed) <= set(strategy.rules[0].columns)


def test_all_rules_at_once_and_the_same_bytes_for_the_same_seed(train, every_spec):
    strategy = Constrained("smote", every_spec, "repair")
    a, b = (strategy(train, np.random.default_rng(3)) for _ in range(2))
    assert_frame_equal(a.X, b.X)
    real = with_target(train)
    bound = bind(strategy.rules, real, aside={}, allow_real_violations=False)
    made = a.origin == SYNTHETIC
    assert not replace(bound, before=real).broken(with_target(a.take(made))).any()


def test_without_violations_nothing_is_changed(train):
    rules = [{"rule": "range", "column": "amount", "min": -1e9, "max": 1e9}]
    for how in ("resample", "repair", "drop", "report"):
        out = Constrained("smote", rules, how)(train, np.random.default_rng(1))
        assert_frame_equal(out.X, STRATEGIES.build("smote")(train, np.random.default_rng(1)).X)


def test_soft_labels_of_a_replaced_row_come_with_it(train):
    rules = [{"rule": "range", "column": "heart_rate", "max": 100}]
    out = Constrained("mixup", rules, "resample", allow_real_violations=True)(
        train, np.random.default_rng(0)
    )
    assert enforcements(out)[0].resampled > 0
    assert out.y.sum(axis=1) == pytest.approx(1)


def test_real_rows_that_break_a_rule_are_counted_and_refused(train, ruled, schema):
    rules = [{"name": "calm", "rule": "range", "column": "heart_rate", "max": 100}]
    n = int((ruled["heart_rate"] > 100).sum())
    with pytest.raises(DataError, match=f"'calm' in {n} rows .*allow_real_violations"):
        Constrained("smote", rules)(train, np.random.default_rng(0))
    with pytest.raises(DataError, match=f"'calm' in {n} rows"):
        ConstrainedSynthesizer("noise", rules).fit(ruled, schema, 0)
    out = Constrained("smote", rules, allow_real_violations=True)(train, np.random.default_rng(0))
    made = out.X[out.origin == SYNTHETIC]
    assert (made["heart_rate"] <= 100).all()
    assert (out.X["heart_rate"] > 100).sum() == n


def test_a_rule_about_a_key_is_skipped_and_said_so(ruled):
    from synthkit.table.dataset import load
    from synthkit.table.training_set import TrainingSet

    table = ruled.assign(customer_id=[f"c{i:04d}" for i in range(len(ruled))])
    dataset = load(table, target="fraud", schema={**KINDS, "customer_id": "key"})
    train = TrainingSet.from_table(dataset.table, dataset.schema)
    rules = [
        {"name": "one each", "rule": "unique", "column": "customer_id"},
        {"rule": "positive", "column": "amount"},
    ]
    out = Constrained("smote", rules)(train, np.random.default_rng(0))
    assert "key" in enforcements(out)[0].skipped["one each"]
    fitted = ConstrainedSynthesizer("noise", rules).fit(dataset.table, dataset.schema, 0)
    out = fitted.sample(50, 0)
    assert out["customer_id"].is_unique
    assert "one each" in fitted.enforcement.skipped


def test_a_top_up_is_fitted_once_however_often_it_is_asked(train, monkeypatch):
    fits = []
    cls = SYNTHESIZERS["noise"]
    plain = cls.learn
    monkeypatch.setattr(cls, "learn", lambda *args: fits.append(1) or plain(*args))
    rules = [{"rule": "inequality", "low": "time", "high": "settled"}]
    top_up = {"name": "top_up", "synthesizer": {"name": "noise", "scale": 0.5}}
    out = Constrained(top_up, rules)(train, np.random.default_rng(0))
    assert enforcements(out)[0].proposals > 0
    assert len(fits) == 1


def test_a_constrained_model_file_comes_back(ruled, schema, tmp_path):
    from synthkit.synthesizers.model_file import load_model, save_model

    rules = [{"rule": "inequality", "low": "time", "high": "settled"}]
    for how, trust in (("resample", False), ("repair", True)):
        fitted = ConstrainedSynthesizer("noise", rules, how).fit(ruled, schema, 0)
        save_model(fitted, tmp_path / "m.synthkit")
        back = load_model(tmp_path / "m.synthkit", trust=trust)
        assert_frame_equal(back.sample(50, 2), fitted.sample(50, 2))
        assert back.enforcement == replace(fitted.enforcement, seconds=back.enforcement.seconds)
