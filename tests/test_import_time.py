"""What `import synthkit` and `synthkit --help` load: the modules are asserted, since seconds differ by machine."""

import inspect
import pickle
import pydoc
import subprocess
import sys

import joblib
import pytest

HEAVY = (
    "torch",
    "sdv",
    "plotly",
    "skrub",
    "pandas",
    "sklearn",
    "imblearn",
    "scipy",
    "pyarrow",
    "sqlalchemy",
    "numpy",
)


def loaded_by(code: str) -> set[str]:
    """The packages that a fresh interpreter has loaded after `code`."""
    script = f"import sys\n{code}\nprint(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import synthkit",
        "import synthkit; dir(synthkit)",
        "import synthkit; hasattr(synthkit, 'SMOTTE')",
        "import synthkit.cli",
        "from typer.testing import CliRunner; from synthkit.cli import app; CliRunner().invoke(app, ['--help'])",
        "from typer.testing import CliRunner; from synthkit.cli import app; CliRunner().invoke(app, ['compare', '--help'])",
    ],
    ids=["import", "dir", "hasattr", "cli", "help", "compare --help"],
)
def test_loads_nothing_heavy(code):
    assert loaded_by(code).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "code",
    [
        "import synthkit; synthkit.SMOTE()",
        "import synthkit; synthkit.compare; synthkit.load('article_fraud')",
        "import synthkit.config",
    ],
    ids=["a strategy", "a table", "the config"],
)
def test_floors_that_need_no_generator_load_none(code):
    assert loaded_by(code).isdisjoint({"torch", "sdv", "ctgan", "plotly", "skrub"})


def test_a_typo_is_an_attribute_error():
    import synthkit

    with pytest.raises(AttributeError, match="SMOTTE"):
        synthkit.SMOTTE  # noqa: B018


def test_every_public_name_is_there():
    import synthkit

    for name in synthkit.__all__:
        assert getattr(synthkit, name) is not None, name
        assert name in dir(synthkit)


def test_every_strategy_is_public():
    import synthkit

    for name, cls in synthkit.STRATEGIES.items():
        assert getattr(synthkit, cls.__name__) is cls, name


def test_compare_is_a_function_whatever_was_imported_before():
    code = "import synthkit.comparison.ledger, synthkit; from synthkit import compare; assert callable(compare)"
    assert loaded_by(f"{code}; assert synthkit.compare is compare").isdisjoint({"torch", "sdv"})


@pytest.mark.parametrize(
    "name", ["advise", "check", "compare", "load", "quality", "sweep", "train"]
)
def test_verbs_are_functions(name):
    """Packages that could be called had no help, and could not be pickled."""
    import synthkit

    verb = getattr(synthkit, name)
    assert inspect.isfunction(verb)
    assert pickle.loads(pickle.dumps(verb)) is verb
    assert verb.__doc__.split()[0] in pydoc.plain(pydoc.render_doc(verb))
    assert list(inspect.signature(verb).parameters)
    job, given, _ = joblib.delayed(verb)("table.csv")
    assert (job, given) == (verb, ("table.csv",))
