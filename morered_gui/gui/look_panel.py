"""How the molecule is drawn, and what is measured in it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QCheckBox,
    QColorDialog,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from morered_gui.app.measurements import KINDS, Measurement
from morered_gui.app.state import AppState
from morered_gui.app.view_options import BondsFrom, ColourBy, Labels, Style
from morered_gui.gui.scene import FULL_DISPLACEMENT, FULL_NOISE
from morered_gui.gui.widgets import action_button, heading, line, muted

STYLES = {
    Style.BALL: "Ball and stick",
    Style.STICK: "Sticks",
    Style.SPHERE: "Spheres",
    Style.LINE: "Lines",
    Style.SURFACE: "Surface",
}
LABELS = {Labels.NONE: "None", Labels.ELEMENT: "Element", Labels.NUMBER: "Element and number"}
COLOURS = {
    ColourBy.ELEMENT: "Element",
    ColourBy.DISPLACEMENT: f"Displacement (0 to {FULL_DISPLACEMENT} Å)",
    ColourBy.NOISE: f"Predicted noise (0 to {FULL_NOISE:.0f})",
    ColourBy.SPREAD: "Spread over seeds",
}
BONDS = {
    BondsFrom.MOLECULE: "Of the molecule, in all frames",
    BondsFrom.FRAME: "Perceived in each frame",
}
HINT = "Click {count} atoms in the 3D view."
NO_PICKING = 0


class LookPanel(QWidget):
    """Style, labels, colours, and the list of measurements.

    Signals:
        picking_changed: how many atoms the next measurement takes; 0 ends picking.
        plot_asked: id of a measurement whose curve is wanted.
    """

    picking_changed = Signal(int)
    plot_asked = Signal(str)

    def __init__(self, state: AppState, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self._state = state
        self._style = _choice("Style", STYLES)
        self._labels = _choice("Labels", LABELS)
        self._colour = _choice("Colour by", COLOURS)
        self._bonds = _choice("Bonds", BONDS)
        self._arrows = QCheckBox("Arrows of predicted noise")
        self._background = QToolButton()
        self._background.setText("Background…")
        self._background.setToolTip("Colour behind the molecule")
        self._plain = QToolButton()
        self._plain.setText("As the theme")
        self._kinds = QButtonGroup(self)
        self._kinds.setExclusive(False)
        self._hint = muted("")
        self._table = QTableWidget(0, 2)
        names = ("plot_measurement", "remove_measure")
        self._buttons = [action_button(actions[name]) for name in names]
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(7)
        form.addRow("Style", self._style)
        form.addRow("Colour by", self._colour)
        form.addRow("Bonds", self._bonds)
        form.addRow("Labels", self._labels)
        row = QHBoxLayout()
        row.addWidget(self._background)
        row.addWidget(self._plain)
        row.addStretch(1)
        form.addRow("", row)
        form.addRow("", self._arrows)
        measure = QHBoxLayout()
        measure.setSpacing(4)
        for count, title in KINDS.items():
            button = QToolButton()
            button.setText(title)
            button.setCheckable(True)
            button.setToolTip(f"{title}: then click {count} atoms")
            self._kinds.addButton(button, count)
            measure.addWidget(button)
        measure.addStretch(1)
        for button in self._buttons:
            measure.addWidget(button)
        self._table.setAccessibleName("Measurements")
        self._table.horizontalHeader().setVisible(False)
        self._table.verticalHeader().setVisible(False)
        self._table.horizontalHeader().setStretchLastSection(True)
        self._table.setShowGrid(False)
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 12)
        column.addLayout(form)
        column.addWidget(line())
        column.addWidget(heading("Measure"))
        column.addLayout(measure)
        column.addWidget(self._hint)
        column.addWidget(self._table, 1)

    def _connect(self) -> None:
        for box in (self._style, self._labels, self._colour, self._bonds):
            box.currentIndexChanged.connect(self._on_choice)
        self._arrows.toggled.connect(self._on_choice)
        self._background.clicked.connect(self._ask_background)
        self._plain.clicked.connect(lambda: self._set_background(None))
        self._kinds.idToggled.connect(self._on_kind)
        self._table.itemDoubleClicked.connect(lambda _item: self.plot_selected())

    # --- what others ask for --------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the options of the state and the measurements in the frame looked at."""
        options = self._state.view
        for box, value in (
            (self._style, options.style),
            (self._labels, options.labels),
            (self._colour, options.colour_by),
            (self._bonds, options.bonds),
        ):
            box.blockSignals(True)
            box.setCurrentIndex(box.findData(value))
            box.blockSignals(False)
        self._arrows.blockSignals(True)
        self._arrows.setChecked(options.arrows)
        self._arrows.blockSignals(False)
        self._table.setRowCount(len(options.measurements))
        self.refresh_values()
        self._show_hint()

    def refresh_values(self) -> None:
        """The values in the frame looked at."""
        shown = self._state.shown
        if shown is None or not self.isVisible():
            return
        for row, measurement in enumerate(self._state.view.measurements):
            texts = (measurement.label(shown.symbols), measurement.text(shown.positions))
            for column, text in enumerate(texts):
                item = self._table.item(row, column)
                if item is None:
                    item = QTableWidgetItem()
                    self._table.setItem(row, column, item)
                item.setText(text)
        self._table.resizeColumnToContents(0)

    @property
    def picking(self) -> int:
        """How many atoms the next measurement takes; 0 where none is wanted."""
        return max(self._kinds.checkedId(), NO_PICKING)

    def pick(self, count: int) -> None:
        """Begin to pick atoms for a measurement, or end it with 0."""
        for each in KINDS:
            self._kinds.button(each).setChecked(each == count)

    def remove_selected(self) -> None:
        """Take the selected measurement away."""
        chosen = self._selected()
        view = self._state.view
        kept = tuple(m for m in view.measurements if m is not chosen)
        self._state.set_view(replace(view, measurements=kept))

    def plot_selected(self) -> None:
        """Draw the selected measurement as a curve."""
        chosen = self._selected()
        if chosen is not None:
            self.plot_asked.emit(chosen.id)

    # --- inside ---------------------------------------------------------------------------------

    def _selected(self) -> Measurement | None:
        measurements, row = self._state.view.measurements, self._table.currentRow()
        if not measurements:
            return None
        return measurements[row] if 0 <= row < len(measurements) else measurements[-1]

    def _on_choice(self) -> None:
        options = replace(
            self._state.view,
            style=Style(self._style.currentData()),
            labels=Labels(self._labels.currentData()),
            colour_by=ColourBy(self._colour.currentData()),
            arrows=self._arrows.isChecked(),
            bonds=BondsFrom(self._bonds.currentData()),
        )
        self._state.set_view(options)

    def _on_kind(self, count: int, checked: bool) -> None:
        if checked:
            for each in KINDS:
                if each != count:
                    self._kinds.button(each).setChecked(False)
        self._show_hint()
        self.picking_changed.emit(self.picking)

    def _show_hint(self) -> None:
        count = self.picking
        some = bool(self._state.view.measurements)
        rest = "" if some else "Choose what to measure, then click atoms."
        self._hint.setText(HINT.format(count=count) if count else rest)
        self._hint.setVisible(bool(self._hint.text()))
        self._table.setVisible(some)

    def _ask_background(self) -> None:
        now = QColor(self._state.view.background or "#ffffff")
        chosen = QColorDialog.getColor(now, self, "Colour behind the molecule")
        if chosen.isValid():
            self._set_background(chosen.name())

    def _set_background(self, colour: str | None) -> None:
        self._state.set_view(replace(self._state.view, background=colour))

    def showEvent(self, event: object) -> None:
        self.refresh_values()


def _choice(name: str, items: Mapping[Any, str]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setObjectName(name)
    for value, title in items.items():
        box.addItem(title, value)
    return box
