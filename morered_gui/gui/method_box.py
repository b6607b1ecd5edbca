"""Boxes to choose a method in groups, and a model that serves it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox

from morered_gui.relaxers.methods import Method, ModelInfo, all_methods, models_for
from morered_gui.relaxers.suitability import obstacle, time_models

DATA = Qt.ItemDataRole.UserRole
TIP = Qt.ItemDataRole.ToolTipRole
# Most wanted first; what is not named follows in the order of ``all_methods``.
MORERED = ("fast", "jt", "as", "itp", "ddpm")


class ChoiceBox(QComboBox):
    """A box whose entries have data, tooltips, and may be disabled."""

    def __init__(self, name: str, tooltip: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(tooltip)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self._items = QStandardItemModel(self)
        self.setModel(self._items)

    def put(self, text: str, data: str, tooltip: str = "", *, enabled: bool = True) -> None:
        """One more entry."""
        item = QStandardItem(text)
        item.setData(data, DATA)
        item.setData(tooltip, TIP)
        item.setEnabled(enabled)
        self._items.appendRow(item)

    def put_heading(self, text: str) -> None:
        """Words between the entries that can't be chosen."""
        item = QStandardItem(text)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        font = item.font()
        font.setPointSizeF(font.pointSizeF() * 0.9)
        font.setBold(True)
        item.setFont(font)
        self._items.appendRow(item)

    def choose(self, data: str) -> bool:
        """Choose an entry by its data; False, and no change, where it is not there or disabled."""
        row = self.row_of(data)
        if row < 0 or not self._items.item(row).isEnabled():
            return False
        self.setCurrentIndex(row)
        return True

    def row_of(self, data: str) -> int:
        """Where the entry is; -1 where it is not."""
        rows = range(self._items.rowCount())
        return next((r for r in rows if self._items.item(r).data(DATA) == data), -1)

    def is_enabled(self, data: str) -> bool:
        """Whether the entry is there and can be chosen."""
        row = self.row_of(data)
        return row >= 0 and self._items.item(row).isEnabled()

    @property
    def chosen(self) -> str:
        """Data of the entry chosen; empty where none is."""
        return str(self.currentData(DATA) or "")


class MethodBox(ChoiceBox):
    """All methods in groups; those that can't run here are disabled and say why."""

    def __init__(self) -> None:
        super().__init__("Method", "How the structure is moved")
        self.setPlaceholderText("none can run here")

    def fill(self, models: Sequence[ModelInfo]) -> None:
        """List the methods anew; what was chosen stays where it can."""
        chosen = self.chosen
        self.clear()
        for title, methods in grouped(list(all_methods().values())):
            self.put_heading(title)
            for method in methods:
                reason = obstacle(method, models)
                summary = method.summary[:1].upper() + method.summary[1:] + "."
                self.put(method.title, method.name, reason or summary, enabled=not reason)
        self.setCurrentIndex(-1)
        self.choose(chosen)

    def choose_first(self, *names: str) -> None:
        """Choose the first of these that can run, else the first method of all that can."""
        rest = [m.name for _, methods in grouped(list(all_methods().values())) for m in methods]
        for name in (*names, *rest):
            if self.choose(name):
                return


def grouped(methods: Sequence[Method]) -> list[tuple[str, list[Method]]]:
    """Methods under their headings: MoreRed, and what one would use instead."""
    order = {name: k for k, name in enumerate(MORERED)}
    networks = [m for m in methods if not m.baseline]
    networks.sort(key=lambda m: order.get(m.name, len(order)))
    baselines = [m for m in methods if m.baseline]
    groups = [("MoreRed", networks), ("Baselines", baselines)]
    return [(title, members) for title, members in groups if members]


class ModelBox(ChoiceBox):
    """The models that serve a method, the default one first."""

    def __init__(self) -> None:
        super().__init__("Model", "The network and what it was trained on")

    def fill(self, method: Method | None, models: Sequence[ModelInfo], wanted: str) -> None:
        """List the models of a method and choose the one wanted, else the first."""
        self.clear()
        for model in models_for(method, models) if method else []:
            self.put(model.name, model.name, model.summary)
        empty = self.count() == 0
        if empty:
            free = method is not None and method.kind is None
            self.put("needs no model" if free else "none is installed", "")
        self.setEnabled(not empty)
        if not self.choose(wanted):
            self.setCurrentIndex(0)


class TimeModelBox(ChoiceBox):
    """The time network of MoreRed-AS and -ITP."""

    def __init__(self) -> None:
        super().__init__("Time model", "The network that predicts the time step")

    def fill(self, model: ModelInfo | None, models: Sequence[ModelInfo], wanted: str) -> None:
        """The model's own choice first; it is the default."""
        self.clear()
        named = model.time_model if model else ""
        if named:
            self.put(f"As the model says ({named})", "", "The one that it was trained beside")
        for each in time_models(models):
            self.put(each.name, each.name, each.summary)
        if not self.choose(wanted):
            self.setCurrentIndex(0)
