"""One dialog for everything that leaves the program: film, picture, page, plot, numbers, files."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from morered_gui.gui.widgets import heading, line, muted

KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "film": ("Film", "The relaxation as a film, 3D view and plot side by side.", (".mp4", ".gif")),
    "picture": ("Picture", "The 3D view at any size.", (".png",)),
    "page": ("Web page", "A page that plays the relaxation in any browser, offline.", (".html",)),
    "plot": ("Plot", "A plot for a paper or a slide.", (".svg", ".pdf", ".png")),
    "curves": ("Curves", "All curves and measurements as numbers, a row per frame.", (".csv",)),
    "trajectory": (
        "Trajectory",
        "All frames, for other programs.",
        (".extxyz", ".xyz", ".sdf", ".pdb", ".traj"),
    ),
    "structure": (
        "Structure",
        "The structure on the screen, for other programs.",
        (".sdf", ".mol", ".xyz", ".extxyz", ".pdb", ".traj"),
    ),
}
SIZES = {"640 x 360": (640, 360), "1280 x 720": (1280, 720), "1920 x 1080": (1920, 1080)}
PLOTS = {"course": "Course of the relaxation", "scatter": "t against RMSD", "atoms": "Atoms"}
LARGEST_PICTURE = 4096
RATES = (10, 15, 24, 30, 60)


class ExportDialog(QDialog):
    """What to export on the left, its options on the right.

    Attributes:
        n_frames: that were offered last.

    Signals:
        asked: the kind, a key of ``KINDS``; a path is still to be chosen.
        cancelled: the film under way is to be given up.
    """

    asked = Signal(str)
    cancelled = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.resize(640, 400)
        self._kinds = QListWidget()
        self._kinds.setAccessibleName("What to export")
        self._kinds.setFixedWidth(150)
        self._pages = QStackedWidget()
        self._make_options()
        for kind, (title, text, _) in KINDS.items():
            self._kinds.addItem(title)
            self._pages.addWidget(self._page(title, text, self._forms.get(kind)))
        self._kinds.currentRowChanged.connect(self._on_kind)
        self._progress = QProgressBar()
        self._progress.setAccessibleName("Progress of the film")
        self._progress.setVisible(False)
        self._cancel = QPushButton("Cancel film")
        self._cancel.setVisible(False)
        self._cancel.clicked.connect(self.cancelled)
        self._export = QPushButton("Export…")
        self._export.setDefault(True)
        self._export.clicked.connect(lambda: self.asked.emit(self.kind))
        self._lay_out()
        self._kinds.setCurrentRow(0)
        self.n_frames = 0

    def _make_options(self) -> None:
        self.first, self.last = _number("First frame"), _number("Last frame")
        self.stride = _number("Every so many frames", 1, 1000)
        self.rate = _choice("Frames per second", {f"{r} fps": r for r in RATES})
        self.rate.setCurrentIndex(RATES.index(30))
        self.size_of_film = _choice("Size of the film", SIZES)
        self.size_of_film.setCurrentIndex(1)
        self.with_plot = QCheckBox("With the plot beside it")
        self.with_plot.setChecked(True)
        self.width_px = _number("Width in pixels", 16, LARGEST_PICTURE, 1600)
        self.height_px = _number("Height in pixels", 16, LARGEST_PICTURE, 1200)
        self.transparent = QCheckBox("Transparent background")
        self.plot = _choice("Which plot", {title: name for name, title in PLOTS.items()})
        self._forms = {
            "film": _form(
                ("Frames", _row(self.first, muted("to"), self.last)),
                ("Every", _row(self.stride, muted("frames"))),
                ("Speed", self.rate),
                ("Size", self.size_of_film),
                ("", self.with_plot),
            ),
            "picture": _form(
                ("Size", _row(self.width_px, muted("x"), self.height_px, muted("pixels"))),
                ("", self.transparent),
            ),
            "plot": _form(("Plot", self.plot)),
        }

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self._progress, 1)
        buttons.addWidget(self._cancel)
        buttons.addStretch(1)
        close = QPushButton("Close")
        close.clicked.connect(self.close)
        buttons.addWidget(close)
        buttons.addWidget(self._export)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self._kinds)
        row.addWidget(self._pages, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(row, 1)
        column.addWidget(line())
        column.addLayout(buttons)

    @staticmethod
    def _page(title: str, text: str, form: QWidget | None) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(heading(title))
        words = muted(text)
        words.setWordWrap(True)
        column.addWidget(words)
        if form is not None:
            column.addWidget(form)
        column.addStretch(1)
        return page

    # --- what others ask for --------------------------------------------------------------------

    @property
    def kind(self) -> str:
        """A key of ``KINDS``."""
        return list(KINDS)[max(self._kinds.currentRow(), 0)]

    def choose(self, kind: str) -> None:
        """Show the options of a kind."""
        self._kinds.setCurrentRow(list(KINDS).index(kind))

    def offer(self, n_frames: int) -> None:
        """How many frames there are now: kinds that need some are greyed out without."""
        self.n_frames = n_frames
        for row, kind in enumerate(KINDS):
            needs = kind not in {"picture", "structure"}
            item = self._kinds.item(row)
            usable = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
            item.setFlags(usable if n_frames or not needs else Qt.ItemFlag.NoItemFlags)
        for box, value in ((self.first, 1), (self.last, n_frames)):
            box.setRange(1, max(n_frames, 1))
            box.setValue(value)
        if not n_frames and self.kind not in {"picture", "structure"}:
            self.choose("picture")

    def show_progress(self, done: int, count: int) -> None:
        """A film is under way; ``count`` 0 when there is none."""
        filming = count > 0
        self._progress.setVisible(filming)
        self._cancel.setVisible(filming)
        self._export.setEnabled(not filming)
        if filming:
            self._progress.setRange(0, count)
            self._progress.setValue(done)

    def _on_kind(self, row: int) -> None:
        self._pages.setCurrentIndex(row)


def _number(name: str, low: int = 1, high: int = 1, value: int = 1) -> QSpinBox:
    box = QSpinBox()
    box.setAccessibleName(name)
    box.setRange(low, high)
    box.setValue(value)
    return box


def _choice(name: str, items: Mapping[str, object]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for title, value in items.items():
        box.addItem(title, value)
    return box


def _row(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return holder


def _form(*rows: tuple[str, QWidget]) -> QWidget:
    holder = QWidget()
    form = QFormLayout(holder)
    form.setContentsMargins(0, 8, 0, 0)
    form.setHorizontalSpacing(14)
    for title, widget in rows:
        form.addRow(title, widget)
    return holder
