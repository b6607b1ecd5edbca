"""Which runs a row of runs is made of."""

from importlib.metadata import EntryPoint

import pytest

from morered_gui.app.comparison import methods_of, served_methods
from morered_gui.relaxers import plugins
from morered_gui.relaxers.methods import list_models
from morered_gui.relaxers.registry import RelaxerChoice


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A calculator of another package; nothing of it is imported here."""
    entry = EntryPoint("my-field", "nowhere:make", plugins.GROUP)
    monkeypatch.setattr(plugins, "calculator_plugins", lambda: {"my-field": entry})


@pytest.mark.usefixtures("plugin")
def test_that_all_methods_include_plug_ins_and_every_model() -> None:
    served = served_methods(list_models())
    assert ("my-field", "") in served
    assert ("mmff94", "") in served
    assert ("jt", "qm9-jt") in served
    assert len(served) == len(set(served))
    assert all(model for name, model in served if name in {"fast", "jt", "as", "itp"})


@pytest.mark.usefixtures("plugin")
def test_that_methods_without_a_model_are_left_out() -> None:
    names = {name for name, _ in served_methods([])}
    assert "mmff94" in names
    assert not names & {"jt", "as", "itp", "fast", "ddpm"}


def test_that_plain_diffusion_is_not_in_the_row() -> None:
    runs = methods_of(RelaxerChoice(), [("ddpm", "qm9-ddpm"), ("jt", "qm9-jt")], 3, 40)
    assert [(run.choice.method, run.seed, run.max_steps) for run in runs] == [("jt", 3, 40)]
