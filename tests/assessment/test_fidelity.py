"""Fidelity: nothing between equals, chance between halves, relations lost where columns are shuffled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synthkit.assessment.fidelity import association, fidelity, joint
from synthkit.assessment.tables import CELLS, GONE, NEW, Tables


def measured(tables: Tables) -> dict[str, Any]:
    return {measure.name: measure for measure in fidelity(tables).measures}


def told(tables: Tables) -> dict[str, Any]:
    """The figures as quality.json has them."""
    found = fidelity(tables)
    return {
        "columns": [column.plain() for column in found.columns],
        "pairs": found.pairs.plain(),
        "classes": found.classes and [each.plain() for each in found.classes],
        "measures": [measure.plain() for measure in found.measures],
    }


def columns(tables: Tables) -> dict[str, Any]:
    return {column["name"]: column for column in told(tables)["columns"]}


def test_a_table_is_at_no_distance_from_itself(payments):
    real = payments(600)
    part = told(Tables.of(real, real, payments(600, 5), target="fraud"))
    found = {measure["name"]: measure["value"] for measure in part["measures"]}
    assert {
        name: found[name]
        for name in ("columns", "pairs", "missing", "tails", "new_states", "positives")
    } == {
        "columns": 0.0,
        "pairs": 0.0,
        "missing": 0.0,
        "tails": 0.0,
        "new_states": 0.0,
        "positives": 0.0,
    }
    assert found["coverage"] == 1.0
    assert {column["distance"]["value"] for column in part["columns"]} == {0.0}
    assert np.abs(np.array(part["pairs"]["difference"], dtype=float)).max() == 0
    assert np.array(part["pairs"]["distance"]).max() == 0


def test_relations_are_lost_in_the_baseline_and_kept_in_the_control(payments):
    real, made, holdout = (
        payments(3000, seed) for seed in (1, 2, 3)
    )  # made by the process itself: perfect
    found = measured(Tables.of(real, made, holdout, target="fraud"))
    assert found["pairs"].baseline > 1.5 * found["pairs"].control
    assert found["pairs"].value == pytest.approx(found["pairs"].control, abs=0.01)
    assert found["columns"].value < 0.03
    assert (
        0.3 * found["columns"].control < found["columns"].baseline < 2 * found["columns"].control
    )  # chance alone
    assert found["positives"].baseline > 2 * found["positives"].control
    assert found["columns"].low <= found["columns"].value <= found["columns"].high


def test_a_perfect_synthesizer_is_within_its_interval_of_the_control(payments):
    near = 0
    for seed in range(20):
        found = measured(
            Tables.of(*(payments(500, 3 * seed + i) for i in range(3)), target="fraud")
        )["pairs"]
        # The control is one draw too: about √2 times as far off as an interval says.
        half = (found.high - found.low) / 2
        near += abs(found.value - found.control) <= 1.42 * half
    assert near >= 17


def test_weak_pairs_count_where_sdv_leaves_all_out(payments):
    pytest.importorskip("sdv")
    from synthkit.assessment.sdv_reports import sdv_reports

    tables = Tables.of(*(payments(800, seed, related=False) for seed in (1, 2, 3)))
    part, measures, _ = sdv_reports(tables)
    assert part.quality["Column Pair Trends"] is None
    assert part.pairs_counted == 0 < part.pairs
    assert "it has no score" in next(m.reading for m in measures if m.name == "Column Pair Trends")
    ours = measured(tables)["pairs"]
    assert 0 < ours.value < 0.1


def test_an_unaffected_column_is_unaffected(three):
    real, made, holdout = three
    moved = made.assign(amount=made["amount"] * 2)
    before, after = (
        columns(Tables.of(real, table, holdout, target="fraud")) for table in (made, moved)
    )
    assert {name for name in before if before[name] != after[name]} == {"amount"}
    assert after["amount"]["distance"]["value"] > before["amount"]["distance"]["value"] + 0.1


def test_a_column_beside_it_changes_nothing(three):
    real, made, holdout = three
    less = [table.drop(columns="shop") for table in three]
    before, after = (
        columns(Tables.of(real, made, holdout, target="fraud")),
        columns(Tables.of(*less, target="fraud")),
    )
    assert {name: before[name] for name in after} == after


def test_permuted_columns_give_permuted_results(three):
    order = list(reversed(three[0].columns))
    turned = told(Tables.of(*(table[order] for table in three), target="fraud"))
    straight = told(Tables.of(*three, target="fraud"))
    assert [c["name"] for c in turned["columns"]] == order
    assert turned["columns"] == straight["columns"][::-1]
    for table in ("real", "synthetic", "difference", "control_difference", "distance"):
        turned_back = np.array(turned["pairs"][table], dtype=float)[::-1, ::-1]
        np.testing.assert_allclose(
            turned_back, np.array(straight["pairs"][table], dtype=float), atol=2e-6
        )


def test_permuted_rows_give_the_same_distances(tables, three):
    real, made, holdout = three
    other = Tables.of(
        real.sample(frac=1, random_state=0),
        made.sample(frac=1, random_state=1),
        holdout,
        target="fraud",
    )
    for a, b in zip(told(tables)["columns"], told(other)["columns"], strict=True):
        assert a["distance"]["value"] == b["distance"]["value"]
        assert a["tails"] == b["tails"]
        assert a["shape"]["synthetic"] == b["shape"]["synthetic"]


def test_the_joint_table_is_that_of_pandas(tables):
    coding = tables.coding
    cells = coding.cells(coding.values(tables.real))
    found = joint(cells).reshape(len(coding.names), CELLS, len(coding.names), CELLS)
    i, j = coding.names.index("amount"), coding.names.index("shop")
    expected = pd.crosstab(cells[:, i], cells[:, j], normalize=True).reindex(
        index=range(CELLS), columns=range(CELLS), fill_value=0
    )
    np.testing.assert_allclose(found[i, :, j, :], expected.to_numpy())
    assert (cells[tables.real["shop"].isna().to_numpy(), j] == GONE).all()


def test_pairs_see_a_relation_turned_round_and_association_does_not(payments):
    real, holdout = payments(2000, 1), payments(2000, 2)
    values = np.sort(real["fee"].dropna())  # the same values, the highest where the lowest was
    turned = real.assign(
        fee=pd.Series(values[::-1], index=real["fee"].dropna().sort_values().index)
    )
    part = told(Tables.of(real, turned, holdout, target="fraud"))["pairs"]
    i, j = part["columns"].index("amount"), part["columns"].index("fee")
    assert part["distance"][i][j] > 0.5
    assert abs(part["difference"][i][j]) < 0.1
    assert part["real"][i][j] > 0.3


def test_cramers_v_of_a_function_is_1_and_of_nothing_near_0():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 4, 5000), rng.integers(0, 4, 5000)
    found = association(joint(np.column_stack([a, b, (a + 1) % 4, np.zeros_like(a)])), 5000)
    assert found[0, 2] == pytest.approx(1)
    assert found[0, 1] < 0.03
    assert np.isnan(found[0, 3])
    assert np.isnan(found[3, 3])


def test_what_is_hidden_by_a_mean_is_told_apart(three):
    real, made, holdout = three
    worse = made.assign(
        shop=made["shop"]
        .fillna("till")
        .replace("web", "moon"),  # no gaps, one level lost, one level new
        amount=made["amount"].clip(real["amount"].quantile(0.2), real["amount"].quantile(0.8)),
    )  # no tails
    found = columns(Tables.of(real, worse, holdout, target="fraud"))
    assert found["shop"]["missing"]["synthetic"] == 0 < found["shop"]["missing"]["real"]
    assert found["shop"]["coverage"] == {
        "levels_real": 2,
        "seen": 1,
        "new": 1,
        "rows_new": pytest.approx((worse["shop"] == "moon").mean()),
    }
    assert (
        found["amount"]["tails"]["high"]["synthetic"]
        == 0
        < found["amount"]["tails"]["high"]["control"]
    )
    assert found["amount"]["coverage"]["range"] < 0.3
    assert found["shop"]["shape"]["levels"] == ["web", "till", "other"] or found["shop"]["shape"][
        "levels"
    ] == ["till", "web", "other"]
    measures = measured(Tables.of(real, worse, holdout, target="fraud"))
    assert measures["new_states"].value > 0.3
    assert measures["tails"].value > 0.3
    assert measures["missing"].value > measures["missing"].control


def test_shapes_are_shares_that_add_up(tables):
    for column in told(tables)["columns"]:
        shape = column["shape"]
        names = shape.get("levels") or shape["edges"][1:]
        for table in ("real", "synthetic", "control"):
            assert len(shape[table]) == len(names)
            assert sum(shape[table]) == pytest.approx(1, abs=1e-4)
    when = columns(tables)["when"]["shape"]["edges"]
    assert pd.Timestamp(when[0]).tz is not None
    assert when == sorted(when)


def test_classes_are_compared_with_their_like(payments):
    real, holdout = payments(3000, 1), payments(3000, 2)
    made = payments(3000, 3)
    fraud = made["fraud"] == 1
    made.loc[fraud, "amount"] = (
        made.loc[~fraud, "amount"].sample(fraud.sum(), random_state=0).to_numpy()
    )
    part = told(Tables.of(real, made, holdout, target="fraud"))["classes"]
    legit, bad = part
    assert (legit["class"], bad["class"]) == (0, 1)
    assert bad["columns"]["value"] > 2 * bad["columns"]["control"]
    assert bad["worst"][0]["name"] == "amount"
    assert legit["columns"]["value"] < 1.5 * legit["columns"]["control"]
    assert bad["rows_synthetic"] == fraud.sum()


def test_a_new_state_has_a_cell_of_its_own(tables):
    odd = replace(tables, synthetic=tables.synthetic.assign(shop="moon"))
    coding = odd.coding
    j = coding.names.index("shop")
    assert (coding.cells(coding.values(odd.synthetic))[:, j] == NEW).all()


@pytest.mark.slow
def test_many_rows_take_seconds():
    import time

    rng = np.random.default_rng(0)
    wide = [
        pd.DataFrame(
            {
                f"c{j}": rng.normal(size=100_000)
                if j % 2
                else rng.integers(0, 9, 100_000).astype(str)
                for j in range(25)
            }
        )
        for _ in range(3)
    ]
    tables = Tables.of(*wide)
    began = time.process_time()
    fidelity(tables)
    assert time.process_time() - began < 60


def test_a_table_without_relations_is_far_off_by_its_relations(payments):
    """At few rows the distance of pairs is mostly chance; the strength of relations is not."""
    real, holdout = payments(500, 1), payments(500, 2)
    shuffled = pd.DataFrame(
        {name: real[name].sample(frac=1, random_state=i).to_numpy() for i, name in enumerate(real)}
    ).astype(real.dtypes.to_dict())
    tables = Tables.of(real, shuffled, holdout, target="fraud")
    found = measured(tables)["relations"]
    assert found.value > 1.5 * found.control
    assert found.baseline > 1.5 * found.control
