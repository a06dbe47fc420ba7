"""The `.synthkit` file: a zip of a manifest that anyone may read and a payload that is checked
first.

manifest.json                format and library versions, synthesizer, schema, training hash,
checksums arrays.npz, state.json       a model that is arrays and plain values: loads without trust
model.pickle                 any other model: loading it runs code, so it asks for trust
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

import synthkit
from synthkit.errors import DataError
from synthkit.files import written_beside
from synthkit.methods.registry import spec_of
from synthkit.synthesizers.base import Fitted
from synthkit.synthesizers.forms import Form
from synthkit.table.column import value_from_json, value_to_json
from synthkit.table.schema import Column, Kind, Schema

FORMAT = "synthkit model"
FORMAT_VERSION = 2
#: Libraries whose objects may be inside a pickle; another minor version may read them differently.
LIBRARIES = ("numpy", "pandas", "torch", "sdv", "ctgan", "rdt", "copulas", "scikit-learn")


#: What reading a damaged zip raises: a broken record, a broken stream, a method or a lock that is
# none.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    OSError,
    NotImplementedError,
    RuntimeError,
)
#: What a manifest has to hold, and the type of each.
MANIFEST: dict[str, type | tuple[type, ...]] = {
    "format_version": int,
    "versions": dict,
    "synthesizer": dict,
    "schema": dict,
    "forms": list,
    "rates": (list, type(None)),
    "rows": int,
    "training_hash": str,
    "checksums": dict,
}
#: The parts that a model can be stored in.
PAYLOADS: tuple[set[str], ...] = (set(), {"arrays.npz", "state.json"}, {"model.pickle"})


class ModelFileError(DataError):
    """A model file that cannot be used as it is: truncated, altered, too new, or of other
    versions.
    """


class TrustError(ModelFileError):
    """A model file whose loading would run code, and nobody has said that its source is trusted."""


def save_model(fitted: Fitted, path: Path | str) -> None:
    """Write a fitted synthesizer to `path`, whole or not at all.

    The manifest holds levels and extremes of the training table: treat the file as the table.

    Parameters
    ----------
    fitted : Fitted
        What a synthesizer's `fit` gave.
    path : str or Path
        The file, by custom with the ending .synthkit.

    Raises
    ------
    DataError
        When the folder cannot be written, or a column's values fit no file.
    """
    from synthkit.synthesizers import SYNTHESIZERS

    parts: dict[str, bytes] = {}
    if fitted.model is not None and hasattr(fitted.model, "to_arrays"):
        arrays, state = fitted.model.to_arrays()
        packed = io.BytesIO()
        stored: dict[str, Any] = {name: _storable(name, array) for name, array in arrays.items()}
        np.savez(packed, **stored)
        parts = {"arrays.npz": packed.getvalue(), "state.json": json.dumps(state).encode()}
    elif fitted.model is not None:
        import cloudpickle

        parts = {
            "model.pickle": cloudpickle.dumps(
                {"synthesizer": fitted.synthesizer, "model": fitted.model}
            )
        }
    manifest = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "versions": {"synthkit": synthkit.__version__, **_versions()},
        "synthesizer": spec_of(fitted.synthesizer, (SYNTHESIZERS,)),
        "schema": _schema_to_json(fitted.schema),
        "forms": [form.to_json() for form in fitted.forms],
        "rates": fitted.rates,
        "rows": fitted.rows,
        "training_hash": fitted.training_hash,
        "runs_code": "model.pickle" in parts,
        "checksums": {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()},
    }
    with written_beside(path) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("manifest.json", json.dumps(manifest, indent=1))
        for name, data in parts.items():
            file.writestr(name, data)


def read_manifest(path: Path | str) -> dict[str, Any]:
    """What a model file says of itself; nothing else in it is read, nothing is run.

    Parameters
    ----------
    path : str or Path
        A file that `save_model` wrote.

    Returns
    -------
    dict
        Format, versions, synthesizer, schema, rates, rows, checksums.

    Raises
    ------
    ModelFileError
        For a file that is no model, is truncated, or of a newer format.
    """
    try:
        with zipfile.ZipFile(path) as file:
            manifest = json.loads(file.read("manifest.json"))
    except FileNotFoundError:
        raise ModelFileError(f"A model file is needed, however there is none at {path}.") from None
    except UNREADABLE as error:
        raise ModelFileError(
            f"{path} must be a whole model file, however it is truncated or no model file at all:"
            f" {error}. Copy it again, or train again."
        ) from None
    except KeyError:
        raise ModelFileError(
            f"{path} must be a synthkit model, however it has no manifest."
        ) from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelFileError(
            f"{path} must be a synthkit model, however its manifest does not say so."
        )
    # A newer format may have other keys, so its number comes first.
    number, versions = manifest.get("format_version"), manifest.get("versions")
    if isinstance(number, int | float) and number != FORMAT_VERSION:
        maker = versions.get("synthkit") if isinstance(versions, dict) else None
        newer = number > FORMAT_VERSION
        remedy = f"Install synthkit {maker or 'of a later version'}" if newer else "Train again"
        raise ModelFileError(
            f"{path} is of format {number}, however this synthkit {synthkit.__version__} reads"
            f" {'up to ' if newer else ''}{FORMAT_VERSION}. {remedy}."
        )
    wrong = [
        key
        for key, kind in MANIFEST.items()
        if key not in manifest or not isinstance(manifest[key], kind)
    ]
    if wrong:
        raise ModelFileError(
            f"{path} must have a manifest with {', '.join(MANIFEST)}, however {', '.join(wrong)} is"
            " missing or of another type. Copy it again, or train again."
        )
    return manifest


def load_model(path: Path | str, trust: bool = False, *, any_version: bool = False) -> Fitted:
    """The fitted synthesizer in a file.

    Parameters
    ----------
    path : str or Path
        A file that `save_model` wrote.
    trust : bool
        Whether a pickled model may be loaded: that runs code of whoever wrote the file.
    any_version : bool
        Whether to load a pickle that other library versions wrote, at the caller's risk.

    Returns
    -------
    Fitted
        Ready to `sample`.

    Raises
    ------
    ModelFileError
        For a truncated or altered file, a newer format, other library versions.
    TrustError
        For a pickle without trust. Nothing is unpickled before every check has passed.
    """
    from synthkit.synthesizers import SYNTHESIZERS

    manifest = read_manifest(path)
    parts = _checked_parts(path, manifest["checksums"])
    if set(parts) not in PAYLOADS:
        raise ModelFileError(
            f"{path} must hold arrays.npz with state.json, model.pickle or no model, however its"
            f" manifest names {', '.join(parts)}. Copy it again, or train again."
        )
    model, synthesizer = None, None
    if "model.pickle" in parts:
        if not trust:
            raise TrustError(
                f"{path} holds a pickled {manifest['synthesizer']['name']} model, and loading a"
                f" pickle runs whatever"
                " code its maker put in. If you know where the file comes from, load it with"
                " trust=True (on the"
                " command line: --trust). Its manifest can be read without: read_manifest(path)."
            )
        if not any_version:
            _check_versions(path, manifest["versions"])
        stored = pickle.loads(parts["model.pickle"])
        synthesizer, model = stored["synthesizer"], stored["model"]
    else:
        synthesizer = SYNTHESIZERS.build(manifest["synthesizer"])
    rates = manifest["rates"]
    with _as_written(path):
        if "arrays.npz" in parts:
            with np.load(io.BytesIO(parts["arrays.npz"]), allow_pickle=False) as arrays:
                model = synthesizer.from_arrays(dict(arrays), json.loads(parts["state.json"]))
        forms = tuple(map(Form.from_json, manifest["forms"]))
        if model is None and any(form.learned for form in forms):
            raise KeyError("model")
        fitted: Fitted = synthesizer.fitted_as(
            synthesizer,
            model,
            _schema_from_json(manifest["schema"]),
            forms,
            None if rates is None else tuple(rates),
            manifest["rows"],
            manifest["training_hash"],
        )
        return fitted


@contextmanager
def _as_written(path: Path | str) -> Iterator[None]:
    """Whatever a manifest or state that `save` never wrote breaks, said as a fault of the file."""
    try:
        yield
    except (
        KeyError,
        IndexError,
        TypeError,
        ValueError,
        AttributeError,
        NotImplementedError,
        zipfile.BadZipFile,
        EOFError,
    ) as error:
        raise ModelFileError(
            f"{path} must be as synthkit wrote it, however its contents cannot be read as a model"
            f" ({type(error).__name__}: {error}). It was altered; copy it again, or train again."
        ) from error


def _checked_parts(path: Path | str, checksums: Mapping[str, str]) -> dict[str, bytes]:
    parts = {}
    try:
        with zipfile.ZipFile(path) as file:
            for name in checksums:
                parts[name] = file.read(name)
    except KeyError:
        raise ModelFileError(
            f"{path} must hold {', '.join(checksums)}, however one of them is not there. Copy it"
            " again, or train again."
        ) from None
    except UNREADABLE as error:
        raise ModelFileError(
            f"{path} must be whole, however a part of it cannot be read: {error}. Copy it again, or"
            " train again."
        ) from None
    for name, checksum in checksums.items():
        if hashlib.sha256(parts[name]).hexdigest() != checksum:
            raise ModelFileError(
                f"{path}: {name} must have the checksum of the manifest, however it has another. It"
                " was altered or damaged; do not use it. Copy it again, or train again."
            )
    return parts


def _check_versions(path: Path | str, written: Mapping[str, str]) -> None:
    """A pickle is read by the versions that wrote it, patch releases aside."""
    here = _versions()
    other = [
        f"{name} {written[name]} (here {here.get(name, 'none')})"
        for name in LIBRARIES
        if name in written and _minor(written[name]) != _minor(here.get(name, ""))
    ]
    if other:
        raise ModelFileError(
            f"{path} was written with {', '.join(other)}, and pickles are read reliably by the same"
            " minor versions only. Install those, train again, or load with any_version=True at"
            " your own risk."
        )


def _minor(text: str) -> str:
    return ".".join(text.split("+")[0].split(".")[:2])


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _storable(name: str, array: Any) -> np.ndarray:
    array = np.asarray(array)
    if array.dtype == object:
        raise TypeError(f"to_arrays must give plain arrays, but {name!r} holds Python objects")
    return array


def _schema_to_json(schema: Schema) -> dict[str, Any]:
    return {
        "columns": [{"name": c.name, "kind": c.kind.value, "why": c.why} for c in schema.columns],
        "target": schema.target,
        "classes": [value_to_json(value) for value in schema.classes],
        "positive": value_to_json(schema.positive),
    }


def _schema_from_json(plain: Mapping[str, Any]) -> Schema:
    return Schema(
        tuple(Column(c["name"], Kind(c["kind"]), c["why"]) for c in plain["columns"]),
        plain["target"],
        tuple(value_from_json(value) for value in plain["classes"]),
        value_from_json(plain["positive"]),
    )
