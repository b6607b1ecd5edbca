"""Edits of the atoms that were clicked in the 3D view, and which of them are frozen."""

from collections.abc import Collection, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.editing import Editing
from morered_gui.app.measurements import KINDS, Measurement
from morered_gui.app.space_edits import SpaceEdits
from morered_gui.chem.moving import invert_centre, set_angle, set_dihedral, set_distance
from morered_gui.chem.picked import atom_name
from morered_gui.chem.selecting import all_but, fragment_of, of_elements
from morered_gui.chem.substitution import (
    GROUPS,
    add_group,
    change_charge,
    change_element,
    delete_atoms,
    set_bond,
)
from morered_gui.core import Structure
from morered_gui.core.elements import symbol
from morered_gui.gui.picking import Picker
from morered_gui.gui.widgets import line, muted

HINT = "Click atoms in the 3D view, or draw a box around them (S)."
ELEMENTS = {"C": 6, "N": 7, "O": 8, "H": 1, "F": 9, "Cl": 17, "Br": 35, "S": 16, "P": 15, "Si": 14}
BONDS = {"Single": 1, "Double": 2, "Triple": 3, "None": 0}
CHARGES = {"0": 0, "+1": 1, "-1": -1, "+2": 2, "-2": -2}
HANDS = ("hand_turn", "hand_box", "hand_move")
SELECTIONS = ("select_all", "select_none", "select_rest", "select_fragment", "select_element")
MOST_NAMED = 6
SETTABLE = {2: (0.5, 10.0, 3, 0.05), 3: (1.0, 180.0, 1, 5.0), 4: (-180.0, 180.0, 1, 10.0)}
EDITS = (
    "set_geometry",
    "change_element",
    "change_order",
    "change_charge",
    "add_group",
    "delete_atoms",
    "invert_centre",
    "freeze",
    "unfreeze_all",
    *SELECTIONS,
)


class EditPanel(QWidget):
    """The selection, values to set, and a button for each edit."""

    def __init__(self, editing: Editing, picker: Picker, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self._state, self._picker, self._actions = editing.state, picker, actions
        self.edits = SpaceEdits(editing)
        self._selected, self._kind = QLabel(), QLabel()
        self._selected.setWordWrap(True)
        self._frozen = muted("")
        self._value = QDoubleSpinBox()
        self._value.setAccessibleName("Value to set")
        self._value.setKeyboardTracking(False)
        self._element = _choice("New element", ELEMENTS)
        self._order = _choice("New bond order", BONDS)
        self._charge = _choice("New charge", CHARGES)
        self._group = _choice("Group", {name.capitalize(): name for name in GROUPS})
        self._lay_out()
        picker.selection_changed.connect(self.refresh)
        for signal in (self._state.structure_changed, self._state.fixed_changed):
            signal.connect(self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        rows = (
            (self._kind, self._value, "set_geometry"),
            (QLabel("Element"), self._element, "change_element"),
            (QLabel("Bond"), self._order, "change_order"),
            (QLabel("Charge"), self._charge, "change_charge"),
            (QLabel("Group"), self._group, "add_group"),
        )
        for row, (label, field, action) in enumerate(rows):
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
            grid.addWidget(_button(self._actions[action]), row, 2)
        grid.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 12)
        column.addLayout(_row(*(_button(self._actions[n]) for n in HANDS)))
        column.addLayout(_row(self._selected, self._select_button()))
        column.addLayout(grid)
        column.addLayout(
            _row(*(_button(self._actions[n]) for n in ("delete_atoms", "invert_centre")))
        )
        column.addWidget(line())
        column.addLayout(_row(*(_button(self._actions[n]) for n in ("freeze", "unfreeze_all"))))
        column.addWidget(self._frozen)
        column.addStretch(1)

    def _select_button(self) -> QToolButton:
        button = QToolButton()
        button.setText("Select")
        button.setAccessibleName("Select atoms")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.addActions([self._actions[name] for name in SELECTIONS])
        menu.addSeparator()
        self._elements: list[QAction] = []
        menu.aboutToShow.connect(lambda: self._offer_elements(menu))
        button.setMenu(menu)
        return button

    def _offer_elements(self, menu: QMenu) -> None:
        """An entry for each element that the molecule has."""
        for action in self._elements:
            menu.removeAction(action)
        structure = self._state.structure
        numbers = [] if structure is None else sorted({int(z) for z in structure.numbers})
        self._elements = [menu.addAction(f"All {symbol(z)}") for z in numbers]
        for action, number in zip(self._elements, numbers, strict=True):
            action.triggered.connect(lambda _checked=False, z=number: self.select_elements({z}))

    # --- what is shown --------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the selection and its value in the frame looked at; grey out what does not fit."""
        shown, atoms = self._state.shown, self._atoms
        self._selected.setText(_words(shown, atoms) if shown and atoms else HINT)
        n, fixed = len(atoms), self._state.fixed
        self._kind.setText(KINDS.get(n, "Value"))
        self._value.setEnabled(n in SETTABLE)
        if shown is not None and n in SETTABLE and not self._value.hasFocus():
            self._show_value(shown, atoms)
        one, two = n == 1, n == 2
        for name, fits in (
            ("set_geometry", n in SETTABLE),
            ("change_element", one),
            ("change_order", two),
            ("change_charge", one),
            ("add_group", one),
            ("delete_atoms", n > 0),
            ("invert_centre", one),
            ("freeze", n > 0),
            ("unfreeze_all", bool(fixed)),
            ("select_all", shown is not None),
            ("select_none", n > 0),
            ("select_rest", shown is not None),
            ("select_fragment", n > 0),
            ("select_element", n > 0),
        ):
            self._actions[name].setEnabled(fits)
        self._actions["freeze"].setChecked(n > 0 and fixed >= set(atoms))
        self._frozen.setText(_frozen_words(len(fixed)))

    def _show_value(self, shown: Structure, atoms: tuple[int, ...]) -> None:
        least, most, decimals, step = SETTABLE[len(atoms)]
        measurement = Measurement(atoms)
        self._value.setDecimals(decimals)
        self._value.setRange(least, most)
        self._value.setSingleStep(step)
        self._value.setSuffix(" Å" if len(atoms) == 2 else "°")
        self._value.setValue(float(measurement.values(shown.positions[None])[0]))

    @property
    def _atoms(self) -> tuple[int, ...]:
        """Selected atoms that the structure looked at has."""
        structure = self._state.structure
        n = 0 if structure is None else len(structure)
        return tuple(k for k in self._picker.selection if k < n)

    # --- edits ----------------------------------------------------------------------------------

    def set_value(self, value: float) -> None:
        """Put a value for the selected atoms into the field, Å or degrees."""
        self._value.setValue(value)

    def carry_out(self, name: str) -> None:
        """Do one of EDITS with the selected atoms."""
        atoms = self._atoms
        match name:
            case "freeze":
                fixed = self._state.fixed
                frozen = fixed - set(atoms) if fixed >= set(atoms) else fixed | set(atoms)
                self._state.set_fixed(frozenset(frozen))
                self.refresh()
            case "unfreeze_all":
                self._state.set_fixed(frozenset())
            case "set_geometry":
                self._set_geometry(atoms, self._value.value())
            case "invert_centre":
                self.edits.move(lambda s, held: invert_centre(s, atoms[0], held=held))
            case _ if name in SELECTIONS:
                self._select(name, atoms)
            case _:
                self._substitute(name, atoms)

    def select_elements(self, numbers: Collection[int]) -> None:
        """Select all atoms of these elements."""
        if self._state.structure is not None:
            self._picker.select(of_elements(self._state.structure, numbers))

    def _select(self, name: str, atoms: tuple[int, ...]) -> None:
        structure = self._state.structure
        if structure is None:
            return
        match name:
            case "select_all":
                self._picker.select(tuple(range(len(structure))))
            case "select_rest":
                self._picker.select(all_but(structure, atoms))
            case "select_fragment":
                self._picker.select(fragment_of(structure, atoms))
            case "select_element":
                self.select_elements({int(structure.numbers[k]) for k in atoms})
            case _:
                self._picker.select(())

    def _set_geometry(self, atoms: tuple[int, ...], value: float) -> None:
        match atoms:
            case (i, j):
                self.edits.move(lambda s, held: set_distance(s, (i, j), value, held=held))
            case (i, j, k):
                self.edits.move(lambda s, held: set_angle(s, (i, j, k), value, held=held))
            case (i, j, k, m):
                self.edits.move(lambda s, held: set_dihedral(s, (i, j, k, m), value, held=held))
            case _:
                pass  # the action is greyed out

    def _substitute(self, name: str, atoms: tuple[int, ...]) -> None:
        number, order = self._element.currentData(), self._order.currentData()
        group, charge = self._group.currentData(), self._charge.currentData()
        held = self._state.fixed
        if name == "change_element":
            self.edits.substitute(lambda s: change_element(s, atoms[0], number))
        elif name == "change_order":
            self.edits.substitute(lambda s: set_bond(s, (atoms[0], atoms[1]), order, held=held))
        elif name == "change_charge":
            self.edits.substitute(lambda s: change_charge(s, atoms[0], charge))
        elif name == "add_group":
            self.edits.substitute(lambda s: add_group(s, atoms[0], group))
        elif name == "delete_atoms":
            self.edits.substitute(lambda s: delete_atoms(s, atoms))


def _words(structure: Structure, atoms: tuple[int, ...]) -> str:
    names = [atom_name(structure, k) for k in atoms[:MOST_NAMED]]
    more = f" and {len(atoms) - MOST_NAMED} more" if len(atoms) > MOST_NAMED else ""
    return f"Selected: {', '.join(names)}{more}"


def _frozen_words(count: int) -> str:
    if not count:
        return "No atom is frozen."
    what = "One atom is" if count == 1 else f"{count} atoms are"
    return f"{what} frozen: no relaxation moves them."


def _choice(name: str, items: Mapping[str, object]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for title, value in items.items():
        box.addItem(title, value)
    return box


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setAccessibleName(action.text().replace("&", ""))
    return button


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget, 1 if isinstance(widget, QLabel) else 0)
    if not any(isinstance(widget, QLabel) for widget in widgets):
        row.addStretch(1)
    return row
