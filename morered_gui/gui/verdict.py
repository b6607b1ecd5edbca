"""The verdict on the result, below the molecule, and what can be done about it."""

from collections.abc import Callable, Mapping
from typing import Protocol

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from morered_gui.app.checks import POLISH, Checks
from morered_gui.app.controller import Controller
from morered_gui.app.records import RunRecord
from morered_gui.gui.course import CoursePanel
from morered_gui.gui.run_panel import RunPanel
from morered_gui.gui.theme import Theme
from morered_gui.gui.widgets import muted, restyle
from morered_gui.relaxers.check import Check, Grade

ICONS = {
    Grade.GOOD: "mdi6.check-circle-outline",
    Grade.CARE: "mdi6.alert-outline",
    Grade.BAD: "mdi6.alert-circle-outline",
}
ROLES = {Grade.GOOD: "value", Grade.CARE: "warning", Grade.BAD: "error"}
ICON_SIZE = 20
HEADLINES = 2  # lines
WAITING = "The result is checked here when the run has ended."
ON_DEMAND = "energy and largest force, on demand"
ALL_FRAMES, STOP = "All frames", "Stop"


class Window(Protocol):
    """What the verdict needs of the window."""

    controller: Controller
    actions_by_id: dict[str, QAction]
    run_panel: RunPanel
    course: CoursePanel


class VerdictStrip(QWidget):
    """Icon and headline, energies; on the right what can be done.

    Always there, and always as high: the molecule above it stays where it is.
    """

    def __init__(self, actions: Mapping[str, QAction], theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._grade: Grade | None = None
        self._icon, self.headline = QLabel(), QLabel()
        self.headline.setAccessibleName("Verdict on the result")
        self.energies = muted("")
        self.energies.setAccessibleName("GFN2-xTB of the result")
        self.headline.setTextFormat(Qt.TextFormat.RichText)
        self.headline.linkActivated.connect(lambda _link: actions["best"].trigger())
        self.headline.setWordWrap(True)
        self.headline.setFixedHeight(HEADLINES * self.headline.fontMetrics().lineSpacing() + 2)
        for label in (self.headline, self.energies):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._icon.setFixedSize(ICON_SIZE, ICON_SIZE)
        self.wanted = QCheckBox("GFN2-xTB")
        self.wanted.setAccessibleName("GFN2-xTB energy of each result")
        self.wanted.setToolTip(
            "Ask GFN2-xTB of each result: its energy against that of the start, and the largest "
            "force that is left"
        )
        self.course = QToolButton()
        self.course.setText(ALL_FRAMES)
        self.course.setAccessibleName("GFN2-xTB energies of all frames")
        self.course.setToolTip(actions["xtb_energies"].toolTip())
        self.course.clicked.connect(actions["xtb_energies"].trigger)
        self.polish = QToolButton()
        self.polish.setDefaultAction(actions["polish"])
        self.polish.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._lay_out()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(14, 7, 12, 5)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.addWidget(self._icon, 0, 0)
        grid.addWidget(self.headline, 0, 1)
        grid.addWidget(self.polish, 0, 2, Qt.AlignmentFlag.AlignRight)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.wanted)
        row.addWidget(self.energies, 1)
        row.addWidget(self.course)
        grid.addLayout(row, 1, 0, 1, 3)
        grid.setColumnStretch(1, 1)

    def set_theme(self, theme: Theme) -> None:
        """The icon in the theme's colours."""
        self._theme = theme
        if self._grade is None:
            return
        colours = {Grade.CARE: theme.warning, Grade.BAD: theme.error}
        icon = theme.icon(ICONS[self._grade], colours.get(self._grade, theme.accent))
        self._icon.setPixmap(icon.pixmap(ICON_SIZE, ICON_SIZE))

    def show_check(self, check: Check | None) -> None:
        """What a check says; None where it is not there."""
        if check is None:
            self._grade = None
            self._icon.clear()
            self.headline.setText(WAITING)
            restyle(self.headline, "muted")
            self.energies.setText(ON_DEMAND)
            return
        self._grade = check.grade
        self.set_theme(self._theme)
        self.headline.setText(check.headline + _link(check))
        self.headline.setToolTip(_reason(check))
        restyle(self.headline, ROLES[check.grade])
        self.energies.setText(check.energy_words or ON_DEMAND)
        self.energies.setToolTip(check.energy_words)

    def show_progress(self, progress: tuple[int, int] | None) -> None:
        """Frames done and all frames of energies under way; None where none are."""
        self.course.setText(ALL_FRAMES if progress is None else STOP)
        if progress is not None:
            self.energies.setText("frame {} of {}".format(*progress))


def _link(check: Check) -> str:
    if check.better is None:
        return ""
    return f'; <a href="best">frame {check.better.index + 1} is better</a>'


def _reason(check: Check) -> str:
    reason = check.better.reason if check.better else ""
    return reason[:1].upper() + reason[1:]


class VerdictDesk(QObject):
    """Connects the strip with the checks."""

    def __init__(self, window: Window, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._replaced = ""  # the quantity that was plotted before the energies

    def callbacks(self) -> dict[str, Callable[[], None]]:
        """By the id of the action."""
        return {"polish": self._polish, "xtb_energies": self._switch_course}

    def build(self, theme: Theme, *, energies: bool) -> VerdictStrip:
        """Make the strip; controller and actions have to be there."""
        self._state = self._window.controller.state
        self.checks = Checks(self._window.controller, energies=energies)
        self.strip = VerdictStrip(self._window.actions_by_id, theme)
        self.strip.wanted.setChecked(energies)
        self.strip.wanted.toggled.connect(self._on_wanted)
        self._state.run_checked.connect(self._on_checked)
        self._state.trajectory_changed.connect(self.refresh)
        self.refresh()
        return self.strip

    @property
    def energies(self) -> bool:
        """Whether GFN2-xTB is asked of each result."""
        return self.checks.energies

    def refresh(self) -> None:
        """Show what there is to say of the run looked at."""
        run = self._state.run
        check = run.check if run is not None else None
        self._put_back()
        self.strip.show_check(check)
        self.strip.show_progress(self.checks.progress)
        self._enable()

    def _enable(self) -> None:
        run, actions = self._state.run, self._window.actions_by_id
        idle = run is not None and not self._state.busy
        reason = self.checks.obstacle(run) if run is not None else ""
        able = run is not None and idle and run.check is not None and not reason
        actions["polish"].setEnabled(able and run is not None and self.checks.can_polish(run))
        actions["xtb_energies"].setEnabled(able or self.checks.progress is not None)
        self.strip.course.setEnabled(actions["xtb_energies"].isEnabled())
        self.strip.wanted.setEnabled(not reason)
        self.strip.wanted.setStatusTip(reason)

    def _on_wanted(self, wanted: bool) -> None:
        self.checks.switch_energies(wanted)

    def _on_checked(self, _run: RunRecord) -> None:
        self.refresh()
        self._window.course.refresh()

    def _switch_course(self) -> None:
        run = self._state.run
        if self.checks.progress is not None:
            self.checks.stop_course()
        elif run is not None:
            self._replaced = self._window.course.chosen()["right"]
            self._window.course.choose({"right": "xtb"})
            self.checks.begin_course(run)
        self.refresh()

    def _put_back(self) -> None:
        """What the energies have replaced in the plot, once a run without energies is seen."""
        run, course = self._state.run, self._window.course
        ended = run is not None and run.check is not None and self.checks.progress is None
        empty = ended and run is not None and not run.series.knows("xtb")
        if self._replaced and empty:
            if course.chosen()["right"] == "xtb":
                course.choose({"right": self._replaced})
            self._replaced = ""

    def _polish(self) -> None:
        run = self._state.run
        if run is not None and self.checks.can_polish(run):
            self.checks.polish(run, max_steps=self._window.run_panel.steps_of(POLISH.method))
