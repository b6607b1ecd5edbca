"""The xyz format, plain and extended."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from morered_gui.chem.errors import MoleculeError
from morered_gui.chem.perception import with_perceived_bonds
from morered_gui.chem.reading_ase import structure_from_atoms
from morered_gui.core.elements import NUMBERS
from morered_gui.core.structure import MAX_ATOMIC_NUMBER, Structure

CHARGE = re.compile(r"\bcharge\s*[=:]\s*([+-]?\d+(?:\.\d*)?)(?![\w.])", re.IGNORECASE)

EXTENDED = "Properties="  # in the comment of every frame of that format


@dataclass(frozen=True)
class XyzFrame:
    """A frame that is cut out but not yet interpreted.

    Attributes:
        line: number of its first line, which counts the atoms.
        comment: its second line.
        body: the lines of the atoms.
    """

    line: int
    comment: str
    body: list[str]

    @property
    def name(self) -> str:
        """Of the molecule, as far as the comment tells one."""
        if EXTENDED in self.comment:
            return _info(self.comment, "name") or ""
        return _charge_and_name(self.comment)[1]

    @property
    def text(self) -> str:
        """The frame as a file of its own."""
        lines = [str(len(self.body)), self.comment.rstrip("\r\n"), *map(str.rstrip, self.body)]
        return "\n".join(lines) + "\n"

    def build(self) -> Structure:
        """The molecule, bonds perceived; raises MoleculeError where it can't be."""
        return _structure(self.comment, self.body, self.line + 2)


def xyz_frames(lines: Iterator[str]) -> Iterator[XyzFrame]:
    """Cut a file into frames; raises MoleculeError where one begins or ends wrongly."""
    numbered = enumerate(lines, start=1)
    for number, line in numbered:
        if not line.strip():
            continue
        n_atoms = _count(line, number)
        comment = next(numbered, (0, None))[1]
        body = [text for _, text in islice(numbered, n_atoms)]
        if comment is None or len(body) < n_atoms:
            raise MoleculeError(
                f"the file ends after {len(body)} of {n_atoms} atoms; is it complete?"
            )
        yield XyzFrame(number, comment, body)


def structure_from_xyz(text: str) -> Structure:
    """The molecule of a text with one frame; raises MoleculeError."""
    return next(xyz_frames(iter(text.splitlines(keepends=True)))).build()


def xyz_records(lines: Iterator[str]) -> Iterator[Callable[[], Structure]]:
    """As ``xyz_frames``, for who only builds them."""
    for frame in xyz_frames(lines):
        yield frame.build


def xyz_info(lines: Iterator[str], key: str) -> Iterator[str | None]:
    """What each frame of an extended xyz file says of a key in its comment; None for nothing.

    Raises MoleculeError as ``xyz_frames`` does.
    """
    for frame in xyz_frames(lines):
        yield _info(frame.comment, key) if EXTENDED in frame.comment else None


def _count(line: str, number: int) -> int:
    words = line.split()
    if len(words) > 1 or not re.fullmatch("[0-9]{1,9}", words[0]):
        raise MoleculeError(
            f"line {number} should be the number of atoms, but is '{_short(line)}'; "
            "is this an xyz file?"
        )
    if int(words[0]) == 0:
        raise MoleculeError(f"line {number} announces a molecule with 0 atoms")
    return int(words[0])


def _structure(comment: str, body: list[str], first_line: int) -> Structure:
    if EXTENDED in comment:
        return _extended(comment, body)
    numbers, positions = [], []
    for number, line in enumerate(body, start=first_line):
        try:
            element, x, y, z = line.split()[:4]
            numbers.append(_atomic_number(element))
            positions.append([float(x), float(y), float(z)])
        except (ValueError, KeyError):
            raise MoleculeError(
                f"line {number} should be an element and three numbers, but is '{_short(line)}'"
            ) from None
    return with_perceived_bonds(_made(numbers, positions, comment))


def _made(numbers: list[int], positions: list[list[float]], comment: str) -> Structure:
    charge, name = _charge_and_name(comment)
    if not float(charge).is_integer():
        raise MoleculeError(f"the charge {charge} of the file is not a whole number")
    try:
        return Structure(
            np.array(numbers),
            np.array(positions),
            charge=int(float(charge)),
            name=name,
        )
    except ValueError as error:
        raise MoleculeError(str(error)) from error


def _charge_and_name(comment: str) -> tuple[str, str]:
    """What a plain comment holds; the last charge counts, since a name comes before it."""
    charge, name = "0", comment
    for found in CHARGE.finditer(comment):
        charge, name = found.group(1), comment[: found.start()] + comment[found.end() :]
    return charge, name.strip()


def _extended(comment: str, body: list[str]) -> Structure:
    """By ASE, which knows the key=value pairs of the comment and the columns."""
    from ase.io.extxyz import read_xyz

    text = "".join([f"{len(body)}\n", comment.rstrip("\n") + "\n", *body])
    try:
        atoms = next(read_xyz(io.StringIO(text if text.endswith("\n") else text + "\n")))
    except Exception as error:  # a foreign parser, of which nobody has listed the errors
        raise MoleculeError(f"the extended xyz frame is broken: {error}") from error
    # Read here, since ASE would take the name "1e3" for a number and "T" for true.
    return structure_from_atoms(atoms, _info(comment, "name"))


def _info(comment: str, key: str) -> str | None:
    """The text of a field of the comment, as it stands there; None where there is no such key."""
    found = re.search(rf'(?<!\S){key}=("(?:[^"\\]|\\.)*"|\S+)', comment)
    return _unquoted(found.group(1)) if found else None


def _unquoted(text: str) -> str:
    quoted = text.startswith('"') and text.endswith('"') and len(text) > 1
    plain = re.sub(r"\\(.)", r"\1", text[1:-1]) if quoted else text.replace("\\\\", "\\")
    return plain.strip()


def _atomic_number(word: str) -> int:
    """Of a symbol in any case, or of the number itself."""
    number = int(word) if word.isdigit() else NUMBERS[word.capitalize()]
    if not 1 <= number <= MAX_ATOMIC_NUMBER:
        raise ValueError(f"there is no element {word}")
    return number


def _short(line: str) -> str:
    text = "".join(c if c.isprintable() else "?" for c in line.strip())
    return text if len(text) <= 40 else text[:37] + "..."
