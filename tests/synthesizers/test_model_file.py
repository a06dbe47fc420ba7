"""Model files: whole, readable, checked before anything is loaded."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow
import pytest
from pandas.testing import assert_frame_equal

from synthkit.errors import DataError
from synthkit.synthesizers import model_file
from synthkit.synthesizers.model_file import (
    ModelFileError,
    TrustError,
    load_model,
    read_manifest,
    save_model,
)

#: These models are arrays and plain values; the engines of SDV can only be pickled.
WITHOUT_TRUST = ("noise", "sequential_trees", "constrained")


def test_a_loaded_model_samples_the_same_bytes(name, fitted, tmp_path):
    save_model(fitted, tmp_path / "model.synthkit")
    again = load_model(tmp_path / "model.synthkit", trust=name not in WITHOUT_TRUST)
    assert_frame_equal(again.sample(200, 5), fitted.sample(200, 5))
    where = {"kind": "rare", "ok": True}
    assert_frame_equal(again.sample(20, 5, where=where), fitted.sample(20, 5, where=where))
    assert again.synthesizer == fitted.synthesizer
    assert again.schema == fitted.schema
    assert again.training_hash == fitted.training_hash


def test_a_pickle_needs_trust_and_the_manifest_does_not(name, fitted, tmp_path, monkeypatch):
    path = tmp_path / "model.synthkit"
    save_model(fitted, path)
    manifest = read_manifest(path)
    assert manifest["runs_code"] == (name not in WITHOUT_TRUST)
    assert manifest["synthesizer"]["name"] == name
    assert manifest["schema"]["target"] == "kind"
    assert manifest["training_hash"] == fitted.training_hash
    assert {"synthkit", "numpy", "pandas", "torch"} <= set(manifest["versions"])
    if name not in WITHOUT_TRUST:
        monkeypatch.setattr("pickle.loads", _never)
        with pytest.raises(TrustError, match=r"runs whatever code.*trust=True.*read_manifest"):
            load_model(path)


def _never(_):
    raise AssertionError("unpickled before the checks")


@pytest.fixture
def path(fitted_once, tmp_path):
    save_model(fitted_once("gaussian_copula"), tmp_path / "model.synthkit")
    return tmp_path / "model.synthkit"


def rewritten(path, change):
    """The file with its manifest or payload changed, as a valid zip."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    manifest = json.loads(parts["manifest.json"])
    change(manifest, parts)
    parts["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, data in parts.items():
            file.writestr(name, data)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda m, p: p.update({"model.pickle": p["model.pickle"] + b"x"}),
            "checksum of the manifest, however.*altered",
        ),
        (
            lambda m, p: m.update(format_version=1),
            "of format 1, however this synthkit .* reads 2. Train again",
        ),
        (
            lambda m, p: m.update(format_version=99),
            r"of format 99, however this synthkit .* reads up to 2",
        ),
        (lambda m, p: m["versions"].update(sdv="1.0.0"), r"written with sdv 1.0.0 \(here 2"),
        (lambda m, p: m.update(format="other"), "manifest does not say so"),
        (lambda m, p: p.pop("model.pickle"), "must hold model.pickle"),
    ],
)
def test_every_fault_has_its_own_error_and_nothing_is_unpickled(path, monkeypatch, change, words):
    rewritten(path, change)
    monkeypatch.setattr("pickle.loads", _never)
    with pytest.raises(ModelFileError, match=words):
        load_model(path, trust=True)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file(path, monkeypatch, share):
    monkeypatch.setattr("pickle.loads", _never)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelFileError, match="truncated or no model file"):
        load_model(path, trust=True)


def test_a_flipped_byte_in_the_payload(path, monkeypatch):
    monkeypatch.setattr("pickle.loads", _never)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(bytes(whole))
    with pytest.raises(ModelFileError):
        load_model(path, trust=True)


def test_no_flipped_byte_ends_in_an_error_of_the_zip_or_in_other_rows(fitted_once, tmp_path):
    path = tmp_path / "m.synthkit"
    save_model(fitted_once("sequential_trees"), path)
    whole, expected = path.read_bytes(), load_model(path).sample(5, 0)
    for place in np.linspace(0, len(whole) - 1, 200).astype(int):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        path.write_bytes(bytes(broken))
        try:
            fitted = load_model(path)
        except ModelFileError:
            continue
        assert_frame_equal(fitted.sample(5, 0), expected)  # a date in the zip's directory, and such


@pytest.mark.parametrize(
    ("change", "words"),
    [
        *(
            (lambda m, p, key=key: m.pop(key), f"however {key} is missing")
            for key in model_file.MANIFEST
        ),
        (
            lambda m, p: m.update(format_version="2"),
            "however format_version is missing or of another type",
        ),
        (lambda m, p: m.update(format_version=3, schema=None), "of format 3, however"),
        (lambda m, p: m.update(checksums=[]), "however checksums is missing or of another type"),
        (lambda m, p: m.update(checksums={}), "cannot be read as a model"),
        (lambda m, p: m["checksums"].pop("state.json"), "however its manifest names arrays.npz"),
        (lambda m, p: m.update(synthesizer={"name": "ctgan"}), "cannot be read as a model"),
        (lambda m, p: m["schema"].pop("columns"), "cannot be read as a model"),
    ],
)
def test_a_manifest_that_was_altered_is_a_fault_of_the_file(fitted_once, tmp_path, change, words):
    path = tmp_path / "m.synthkit"
    save_model(fitted_once("sequential_trees"), path)
    rewritten(path, change)
    with pytest.raises(ModelFileError, match=words):
        load_model(path)


def test_members_that_the_manifest_does_not_name_are_not_read(fitted_once, tmp_path, monkeypatch):
    path = tmp_path / "m.synthkit"
    save_model(fitted_once("sequential_trees"), path)
    rewritten(path, lambda m, p: p.update({"model.pickle": b"no pickle", "../../elsewhere": b"x"}))
    monkeypatch.setattr("pickle.loads", _never)
    assert len(load_model(path, trust=True).sample(5, 0)) == 5
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.synthkit"]


@pytest.mark.parametrize("name", ["noise", "sequential_trees"])
@pytest.mark.parametrize(
    "dtype", ["string", "timestamp[us]", "timestamp[us, tz=Europe/Paris]", "int64", "bool"]
)
def test_columns_of_arrow_come_back_from_a_file(cheap, tmp_path, name, dtype):
    kept = pd.ArrowDtype(pyarrow.string()) if dtype == "string" else f"{dtype}[pyarrow]"
    cells = {"string": list("pq") * 30, "int64": [5, 2, 9] * 20, "bool": [True, False] * 30}.get(
        dtype,
        pd.date_range(
            "2024-03-30", periods=60, freq="h", tz="Europe/Paris" if "tz" in dtype else None
        ),
    )
    table = pd.DataFrame({"x": pd.Series(cells).astype(kept), "y": [0, 1] * 30})
    fitted = cheap(name).fit(table, target="y", rng=0)
    save_model(fitted, tmp_path / "m")
    rows = load_model(tmp_path / "m").sample(40, 0)
    assert rows["x"].dtype == table["x"].dtype
    assert_frame_equal(rows, fitted.sample(40, 0))
    if dtype != "string":  # in range, so that no zone has moved the times
        assert table["x"].min() <= rows["x"].min()
        assert rows["x"].max() <= table["x"].max()


def test_other_versions_can_be_risked(path):
    rewritten(path, lambda m, p: m["versions"].update(sdv="1.0.0"))
    assert len(load_model(path, trust=True, any_version=True).sample(5, 0)) == 5


def test_no_file_and_no_model(tmp_path):
    with pytest.raises(ModelFileError, match="however there is none at"):
        load_model(tmp_path / "absent.synthkit")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(ModelFileError, match="no model file at all"):
        read_manifest(tmp_path / "text")
    with zipfile.ZipFile(tmp_path / "zip", "w") as file:
        file.writestr("a", "b")
    with pytest.raises(ModelFileError, match="has no manifest"):
        read_manifest(tmp_path / "zip")


def test_a_save_that_fails_leaves_the_old_file(fitted_once, path, monkeypatch):
    before = path.read_bytes()
    monkeypatch.setattr(
        "zipfile.ZipFile.writestr", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left"))
    )
    with pytest.raises(DataError, match="No space left"):
        save_model(fitted_once("gaussian_copula"), path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_arrays_of_objects_are_not_stored(fitted_once, tmp_path):
    class Bad:
        def to_arrays(self):
            return {"a": np.array([{}], dtype=object)}, None

    with pytest.raises(TypeError, match="holds Python objects"):
        save_model(replace(fitted_once("noise"), model=Bad()), tmp_path / "m")
    assert not (tmp_path / "m").exists()
