"""Names of the elements, and formulas."""

from collections import Counter

import numpy as np

from morered_gui.core.errors import ExpectedError

SYMBOLS = (  # noqa: SIM905 - a table of words reads better than a list of quotes
    "X H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As "
    "Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd "
    "Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am "
    "Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og"
).split()
NUMBERS = {symbol: number for number, symbol in enumerate(SYMBOLS) if number}


def symbol(number: int) -> str:
    """The chemical symbol of an atomic number."""
    return SYMBOLS[number]


def atomic_number(name: str) -> int:
    """The atomic number of a chemical symbol; raises ExpectedError where there is none."""
    number = NUMBERS.get(name.capitalize())
    if number is None:
        raise ExpectedError(f"there is no element '{name}'")
    return number


def formula(numbers: np.ndarray, charge: int = 0) -> str:
    """Hill order: carbon, hydrogen, then by the alphabet; the charge behind (``C2H4NO2-``)."""
    counts = Counter(symbol(int(z)) for z in numbers)
    first = ["C", "H"] if "C" in counts else []
    order = [s for s in first if s in counts] + sorted(set(counts) - set(first))
    text = "".join(s + (str(counts[s]) if counts[s] > 1 else "") for s in order)
    if not charge:
        return text
    size = str(abs(charge)) if abs(charge) > 1 else ""
    return f"{text}{size}{'+' if charge > 0 else '-'}"
