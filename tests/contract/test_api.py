"""The public names of icsim, and that importing it costs nothing."""

import inspect
import subprocess
import sys

import pytest
import synthetic

import icsim
from icsim.errors import ScenarioError

pytestmark = pytest.mark.contract

PUBLIC = {
    "CatalogueError", "Comparison", "EngineError", "Estimate", "Explanation", "IcsimError", "InputError", "Lives",
    "NotEnoughMemoryError", "Problem", "Resolved", "Results", "ResultsError", "Scenario", "ScenarioError", "Validation",
    "__version__", "catalogue", "check", "compare", "differing", "estimate", "explain", "find", "life", "look_up", "new",
    "page", "people", "picture", "read", "resolve", "run", "save", "summary", "validate", "write_people",
}


def test_the_public_names_are_these():
    assert set(icsim.__all__) == PUBLIC
    assert dir(icsim)
    for name in PUBLIC:
        assert getattr(icsim, name) is not None


def test_every_public_verb_and_object_is_explained():
    for name in PUBLIC - {"__version__"}:
        assert inspect.getdoc(getattr(icsim, name)), name


def test_importing_icsim_loads_nothing_heavy():
    heavy = ("numba", "numpy", "polars", "matplotlib", "scipy", "pydantic", "typer")
    code = f"import sys, icsim; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        icsim.nonsense  # noqa: B018


def test_scenarios_are_found_by_short_and_full_names():
    assert icsim.find("baseline") == icsim.find("hertfordshire-west-essex/baseline")
    assert icsim.read("testshire/baseline").area.name == "testshire"


def test_overrides_are_checked_like_a_file():
    resolved = icsim.resolve("testshire/baseline", replications=7, years=2)
    assert (resolved.run.replications, resolved.run.years) == (7, 2)
    assert icsim.resolve(resolved, seed=5).run.seed == 5
    with pytest.raises(ScenarioError, match="years"):
        icsim.resolve("testshire/baseline", years=0)


def test_an_override_changes_the_hash():
    plain, longer = icsim.resolve("testshire/baseline"), icsim.resolve("testshire/baseline", seed=99)
    assert plain.content_hash() != longer.content_hash()


def test_scenarios_without_pairs_are_refused():
    base = icsim.resolve("testshire/baseline", years=1)
    for other, words in ((base, "names two scenarios"),
                         (icsim.resolve("testshire/falls_vehicles", years=2), "run.years"),
                         (icsim.resolve("baseline", years=1), "area")):
        with pytest.raises(ScenarioError, match=words):
            icsim.compare(base, other)
    with pytest.raises(ScenarioError, match="at least one"):
        icsim.compare(base)


def test_results_are_summarised_paged_and_saved(tmp_path):
    made = synthetic.results(replications=1, years=1, places=("harlow",))
    assert icsim.summary(made).height > 100
    assert "WHAT HAPPENS" in icsim.page(made)
    assert (icsim.save(made, tmp_path / "x", charts=False) / "summary.csv").exists()


def test_provenance_names_code_evidence_and_machine():
    import json

    from icsim.provenance import content_hash, provenance

    resolved = icsim.resolve("testshire/baseline")
    found = provenance(resolved, 1.5)
    for key in ("version", "commit", "dirty", "content_hash", "hashes", "area_label", "seed", "standing", "assumptions",
                "differences", "python", "packages", "cpu", "seconds"):
        assert key in found
    assert found["content_hash"] == content_hash(resolved)
    json.dumps(found, allow_nan=False, default=str)
