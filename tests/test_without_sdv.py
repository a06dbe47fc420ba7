"""What works where the extra `sdv` is not installed, and what a method that needs it says."""

import subprocess
import sys
import textwrap

import pytest

#: The packages that the extra brings, and a finder that knows none of them.
BLOCK = """
import sys

class Blocker:
    gone = {"sdv", "ctgan", "torch", "rdt", "copulas", "deepecho", "sdmetrics"}

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.gone:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
import numpy as np, pandas as pd, synthkit
rng = np.random.default_rng(0)
y = (rng.random(240) < 0.2).astype(int)
table = pd.DataFrame({"x": rng.normal(size=240) + y, "c": rng.choice(["a", "b"], 240), "y": y})
"""


def run(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BLOCK + textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_a_method_that_needs_it_names_the_extra():
    said = run("""
        for name in ("CTGAN", "TVAE", "GaussianCopula", "CopulaGAN"):
            try:
                getattr(synthkit, name)().fit(table, target="y")
            except synthkit.ConfigError as error:
                print(error)
        try:
            synthkit.compare(table, "y", arms=[{"name": "top_up", "synthesizer": "ctgan"}])
        except synthkit.ConfigError as error:
            print(error)
    """).splitlines()
    assert len(said) == 5
    for line in said:
        assert line.endswith("Run pip install 'synthkit-tabular[sdv]'.")
    assert said[0].startswith("CTGAN needs sdv, ctgan and torch, however ")


def test_everything_else_works(tmp_path):
    (tmp_path / "t.yaml").write_text(
        "data: {path: rows.csv, target: y}\nsynthesizer: sequential_trees\n"
    )
    said = run(
        """
        import os
        os.chdir(sys.argv[1])
        table.to_csv("rows.csv", index=False)
        arms = ["none", "smote", "noise", "mixup", "top_up"]
        quick = {"name": "gradient_boosting", "max_iter": 5}
        split = {"name": "stratified", "repeats": 1, "folds": 2, "tune": 0.2}
        rules = [{"rule": "range", "column": "x", "min": -9, "max": 9}]
        done = synthkit.compare(
            table, "y", arms=arms, classifiers=[quick], split=split, rules=rules,
            on_violation="repair", out="run",
        )
        assert all(cell.error is None for cell in done.cells), [c.error for c in done.cells]
        fitted = synthkit.SequentialTrees().fit(table, target="y", rng=0)
        synthkit.save_model(fitted, "m.synthkit")
        rows = synthkit.load_model("m.synthkit").sample(40, 0)
        kept = synthkit.ConstrainedSynthesizer("noise", rules, "repair").fit(table, target="y", rng=0)
        synthkit.save_model(kept, "k.synthkit")
        assert len(synthkit.load_model("k.synthkit", trust=True).sample(40, 0)) == 40
        synthkit.train("t.yaml", out="t.synthkit")
        model = synthkit.AugmentedClassifier(strategy="smote", random_state=0)
        model.fit(table[["x", "c"]], table["y"])
        print(synthkit.quality(table, rows, target="y").results["sdv"]["skipped"])
        assert not set(sys.modules) & {"sdv", "ctgan", "torch"}
        """,
        str(tmp_path),
    )
    assert "SDV cannot be imported" in said


@pytest.mark.parametrize("command", [["methods"], ["compare", "--help"]])
def test_the_commands_that_only_tell_work(command):
    run(f"""
        from typer.testing import CliRunner
        from synthkit.cli import app
        done = CliRunner().invoke(app, {command!r})
        assert done.exit_code == 0, done.output
    """)
