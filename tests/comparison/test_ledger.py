"""The ledger: whole lines or none, another run refused, failed cells tried again."""

import errno
import os

import pytest

from synthkit.comparison.ledger import FILE, Cell, Ledger
from synthkit.errors import ConfigError, DataError

IDENTITY = {"config": {"seed": 0, "arms": [{"name": "none"}]}, "data": {"hash": "ab"}}


def cell(fold: int, **more) -> Cell:
    return Cell("none", "random_forest", 0, fold, **more)


def test_cells_come_back(tmp_path):
    Ledger(tmp_path, IDENTITY).add([cell(0, scores={"f1": 0.1 + 0.2, "roc_auc": None})])
    again = Ledger(tmp_path, IDENTITY)
    assert again.done(cell(0).key)
    assert again.cells[cell(0).key] == cell(0, scores={"f1": 0.1 + 0.2, "roc_auc": None})


def test_a_half_written_line_is_forgotten_and_the_file_goes_on(tmp_path):
    ledger = Ledger(tmp_path, IDENTITY)
    ledger.add([cell(0)])
    ledger.add([cell(1)])
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-7])
    again = Ledger(tmp_path, IDENTITY)
    assert again.done(cell(0).key)
    assert not again.done(cell(1).key)
    again.add([cell(1)])
    assert Ledger(tmp_path, IDENTITY).done(cell(1).key)


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_run_killed_in_its_first_line_starts_afresh(tmp_path, cut):
    Ledger(tmp_path, IDENTITY)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:cut])
    Ledger(tmp_path, IDENTITY).add([cell(0)])
    assert Ledger(tmp_path, IDENTITY).done(cell(0).key)


def test_a_failed_cell_is_tried_again(tmp_path):
    Ledger(tmp_path, IDENTITY).add([cell(0, error="no luck")])
    again = Ledger(tmp_path, IDENTITY)
    assert not again.done(cell(0).key)
    again.add([cell(0)])
    assert Ledger(tmp_path, IDENTITY).done(cell(0).key)


def test_the_folder_of_another_run_is_refused_and_the_difference_named(tmp_path):
    Ledger(tmp_path, IDENTITY)
    other = {"config": {"seed": 1, "arms": [{"name": "none"}]}, "data": {"hash": "ab"}}
    with pytest.raises(ConfigError, match=r"config\.seed was 0 there and is 1 here"):
        Ledger(tmp_path, other)


def test_a_file_that_is_no_ledger_is_refused(tmp_path):
    (tmp_path / FILE).write_text("hello\n")
    with pytest.raises(DataError, match="must be the ledger of a run"):
        Ledger(tmp_path, IDENTITY)


def test_a_full_disk_leaves_no_half_line(tmp_path, monkeypatch):
    ledger = Ledger(tmp_path, IDENTITY)
    ledger.add([cell(0)])
    before = (tmp_path / FILE).read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match="No space left"):
        ledger.add([cell(1)])
    assert (tmp_path / FILE).read_bytes() == before


def test_a_folder_that_cannot_be_made_is_a_data_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="must be writable"):
        Ledger(tmp_path / "file" / "run", IDENTITY)
