"""ASE calculators that other packages offer as methods, see docs/plugins.md."""

import logging
from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from morered_gui.core import Capabilities, ExpectedError, Provenance
from morered_gui.relaxers.methods import Method
from morered_gui.relaxers.versions import versions_of

if TYPE_CHECKING:
    from morered_gui.relaxers.calculators import CalculatorRelaxer

GROUP = "morered_gui.calculators"
# Most calculators know nothing of charges and would take an ion for the neutral molecule.
NEUTRAL = Capabilities(charges=frozenset({0}))

_log = logging.getLogger(__name__)


class PluginError(ExpectedError):
    """A calculator of another package can't be used; the message says which and why."""


@cache
def calculator_plugins() -> dict[str, EntryPoint]:
    """The entry points by their names, looked for once; nothing is imported."""
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        if entry.name in found:
            _log.warning("two calculators are named %s: %s is left out", entry.name, entry.value)
        else:
            found[entry.name] = entry
    return found


def plugin_methods() -> dict[str, Method]:
    """The calculators as methods. What they take is known when one is built."""
    return {
        name: Method(
            name=name,
            title=name,
            summary=f"a calculator {_origin(entry)}",
            capabilities=Capabilities(closed_shell=False),
        )
        for name, entry in calculator_plugins().items()
    }


def build_plugin(method: Method) -> "CalculatorRelaxer":
    """Import the calculator's package and make the calculator.

    Raises PluginError where that fails, whatever the reason.
    """
    from morered_gui.relaxers.calculators import FMAX, CalculatorRelaxer

    entry = calculator_plugins()[method.name]
    factory, calculator = _made(entry)
    capabilities = getattr(factory, "capabilities", NEUTRAL)
    if not isinstance(capabilities, Capabilities):
        raise PluginError(
            f"the calculator '{entry.name}' {_origin(entry)} has capabilities that are no "
            "morered_gui.core.Capabilities; tell its authors"
        )
    package = [entry.dist.name] if entry.dist else []
    provenance = Provenance(
        method=method.name,
        level_of_theory=str(getattr(factory, "level_of_theory", method.name)),
        options={"optimiser": "LBFGS", "fmax": FMAX, "calculator": entry.value},
        versions=versions_of("ase", *package),
    )
    return CalculatorRelaxer(lambda _: calculator, capabilities, provenance)


def _made(entry: EntryPoint) -> tuple[Callable[[], Any], Any]:
    """The factory and its calculator."""
    try:
        factory = entry.load()
        calculator = factory()
    except Exception as error:
        raise PluginError(
            f"the calculator '{entry.name}' {_origin(entry)} can't be loaded "
            f"({type(error).__name__}: {error}); mend or uninstall that package"
        ) from error
    if not all(hasattr(calculator, name) for name in ("get_potential_energy", "get_forces")):
        raise PluginError(
            f"'{entry.value}' {_origin(entry)} gives no ASE calculator but "
            f"{type(calculator).__name__}; tell its authors"
        )
    return factory, calculator


def _origin(entry: EntryPoint) -> str:
    return f"of the package {entry.dist.name}" if entry.dist else f"at {entry.value}"
