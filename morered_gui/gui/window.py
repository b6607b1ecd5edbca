"""The main window: puts the parts together and connects them."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QPalette,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from morered_gui.app.controller import Controller
from morered_gui.app.frame_bonds import FrameBonds
from morered_gui.app.messages import Message
from morered_gui.app.run_state import Activity
from morered_gui.app.settings import Settings
from morered_gui.app.state import AppState
from morered_gui.chem.examples import Example
from morered_gui.gui.action_set import make_actions, paint_icons
from morered_gui.gui.closing import Closing
from morered_gui.gui.columns import Columns
from morered_gui.gui.commands import Commands, Parts
from morered_gui.gui.course import CoursePanel
from morered_gui.gui.drawing_desk import DrawingDesk
from morered_gui.gui.drops import can_be_dropped, open_dropped
from morered_gui.gui.file_desk import FileDesk
from morered_gui.gui.file_panel import FilePanel
from morered_gui.gui.interface_size import resized
from morered_gui.gui.key_guard import KeyGuard
from morered_gui.gui.layout import bytes_of, text_of
from morered_gui.gui.library_desk import LibraryDesk
from morered_gui.gui.menu_bar import RecentMenu, fill_menus
from morered_gui.gui.message_bar import MessageBar
from morered_gui.gui.message_desk import MessageDesk
from morered_gui.gui.model_manager import ModelManager
from morered_gui.gui.molecule_panel import MoleculePanel
from morered_gui.gui.playback import PlaybackBar
from morered_gui.gui.recovery import Recovery
from morered_gui.gui.run_panel import RunPanel
from morered_gui.gui.saves import Saves
from morered_gui.gui.scene import Scene
from morered_gui.gui.status import StatusLine
from morered_gui.gui.studio import Studio
from morered_gui.gui.studio_parts import StudioParts
from morered_gui.gui.theme import Theme, style_sheet, theme_of
from morered_gui.gui.toolbar import Toolbar
from morered_gui.gui.verdict import VerdictDesk
from morered_gui.gui.view3d import View3D
from morered_gui.relaxers.methods import ModelInfo

TITLE = "MoreRed GUI"
PUMP_MS = 33  # 30 Hz: more often would redraw more often than anybody sees


class MainWindow(QMainWindow):
    """Three columns: the molecule's source, the 3D view with playback, plot and choices."""

    def __init__(
        self,
        controller: Controller,
        settings: Settings,
        *,
        models: list[ModelInfo],
        examples: list[Example],
    ) -> None:
        super().__init__()
        self.controller, self.settings = controller, settings
        self.state: AppState = controller.state
        self.setWindowTitle(TITLE)
        self.setAcceptDrops(True)
        self._theme = theme_of(self.palette())
        self.commands = Commands(self)
        self.studio = Studio(self)
        self.desk = DrawingDesk(self, self)
        self.verdicts = VerdictDesk(self, self)
        self.library = LibraryDesk(self, self)
        self.files = FileDesk(self, self)
        self.columns = Columns(self)
        parts = (
            *(self.columns, self.commands, self.studio, self.desk),
            *(self.library, self.verdicts, self.files),
        )
        callbacks = {name: call for part in parts for name, call in part.callbacks().items()}
        self.actions_by_id = make_actions(callbacks, self._theme, self)
        self._build(models, examples)
        self._connect()
        self._keys = KeyGuard(self)
        self._keys.protect(self)
        self._restore_layout()
        self._apply_theme()
        self._pump = QTimer(self)
        self._pump.timeout.connect(self.controller.pump)
        self._pump.timeout.connect(self._closing.go_on)
        self._pump.start(PUMP_MS)
        self._on_structure()
        self._on_activity(self.state.activity)

    # --- building -------------------------------------------------------------------------------

    def _build(self, models: list[ModelInfo], examples: list[Example]) -> None:
        actions, theme, settings = self.actions_by_id, self._theme, self.settings
        self.message_bar = MessageBar(theme)
        self._messages = MessageDesk(self.state, self.message_bar, actions)
        self.view = View3D(theme)
        self.playback = PlaybackBar(self.state, actions, theme, self.view, settings.playback_rate)
        self.molecule_panel = MoleculePanel(self.state)
        self.library.build(examples, theme)
        self.file_panel = FilePanel(self.controller, actions["relax_file"], theme)
        self.run_panel = RunPanel(models, settings, actions)
        self.sketch_panel = self.desk.build(theme, follows=settings.relax_while_drawing)
        self.course = CoursePanel(self.state, theme)
        self.plot = self.course.plot
        self.scene = Scene(
            self.state, self.view, FrameBonds(self.controller), show_ghost=settings.show_ghost
        )
        self.status_line = StatusLine(self.statusBar(), self.state)
        actions["ghost"].setChecked(settings.show_ghost)
        self.recovery = Recovery(self.controller, self.run_panel, self._enable_actions, self)
        self.models = ModelManager(self.controller, self.run_panel, self)
        saves = Saves(self.controller)
        self.commands.attach(
            Parts(
                self.controller,
                self.run_panel,
                self.playback,
                self.scene,
                self.view,
                self.recovery,
                self.models,
                saves,
            )
        )
        self.studio.build(
            StudioParts(
                self.controller,
                self.view,
                self.scene,
                self.course,
                saves,
                self.playback,
                self.run_panel,
                actions,
                theme,
                self.desk.editing,
                self.open_example,
            )
        )
        self._closing: Closing = self._make_closing(saves)
        self.setCentralWidget(self._centre())
        self._add_docks()
        self._add_menus()
        self.toolbar = Toolbar(self, actions)
        self.addToolBar(self.toolbar)

    def _make_closing(self, saves: Saves) -> Closing:
        return Closing(
            self,
            self.state,
            saves,
            others=lambda: self.studio.exporter.is_at_work or self.files.run.is_running,
            save_session=self.actions_by_id["save_session"].trigger,
        )

    def _centre(self) -> QWidget:
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.studio.demos.bar)
        column.addWidget(self.message_bar)
        column.addWidget(self.library.in_front_of(self.view), 1)
        column.addWidget(self.verdicts.build(self._theme, energies=self.settings.check_energies))
        column.addWidget(self.playback)
        return centre

    def _add_docks(self) -> None:
        sources: dict[str, tuple[str, QWidget]] = {
            "Draw": ("Draw", self.sketch_panel),
            "Library": ("Library", self.library.panel),
            "File": ("Molecules in the file", self.file_panel),
            "Molecule": ("Molecule", self.molecule_panel),
        }
        course = {"Course": ("Course of the relaxation", self.course)}
        outcomes: dict[str, tuple[str, QWidget]] = {"Relaxation": ("Relaxation", self.run_panel)}
        outcomes |= {title: (title, panel) for title, panel in self.studio.panels.items()}
        self.columns.build(self.actions_by_id, sources, course, outcomes)
        self.docks = self.columns.docks
        self.docks["Explain"].visibilityChanged.connect(
            lambda _seen: self.studio.explain.refresh_frame()
        )

    def _add_menus(self) -> None:
        panels = [dock.toggleViewAction() for dock in self.docks.values()]
        self.menus = fill_menus(self, self.actions_by_id, panels)
        recent = RecentMenu(self, lambda: self.settings.recent_files, self.open_path)
        file_menu = self.menus["&File"]
        file_menu.insertMenu(file_menu.actions()[1], recent)

    def _connect(self) -> None:
        state = self.state
        state.structure_changed.connect(self._on_structure)
        state.trajectory_changed.connect(self._on_trajectory)
        state.frames_added.connect(self._on_frames)
        state.frame_selected.connect(self._on_frame)
        state.activity_changed.connect(self._on_activity)
        self.molecule_panel.smiles_asked.connect(self.open_smiles)
        self.run_panel.changed.connect(self._on_choice)
        state.view_changed.connect(self.scene.restyle)
        state.frame_hovered.connect(self._on_hover)
        self.course.frame_asked.connect(self._on_frame_asked)
        self.course.reference_asked.connect(self.controller.measure_to)
        self.course.reference_file_asked.connect(self.commands.open_reference)
        self.view.broken.connect(self.show_problem)
        self.file_panel.several.connect(self._show_file_list)
        self.sketch_panel.sketcher.broken.connect(self.show_problem)
        self.sketch_panel.sketcher.edited.connect(lambda *_: self.library.panel.select_example(""))
        state.drawing_changed.connect(self.molecule_panel.show_drawing)

    # --- what others may ask of the window ------------------------------------------------------

    @property
    def theme(self) -> Theme:
        """The colours in use."""
        return self._theme

    def open_example(self, identifier: str) -> None:
        """Load an example and mark it in the list."""
        self.controller.open_example(identifier)
        self.library.panel.select_example(identifier)

    def open_smiles(self, smiles: str) -> None:
        """Build a SMILES, InChI, ...; what is wrong with it appears beside the field."""
        panel = self.molecule_panel
        self.controller.open_text(
            smiles,
            self.run_panel.seed,
            on_failure=lambda message: panel.show_smiles_error(message.text),
        )

    def open_path(self, path: Path) -> None:
        """Read a file: a molecule, or a session."""
        self.commands.open_path(path)

    def show_problem(self, text: str, details: str = "") -> None:
        """An error that nobody expected, with a report to copy."""
        self.state.say(Message.of_defect(text, details))

    def current_settings(self) -> Settings:
        """What is to be remembered."""
        return replace(
            self.run_panel.remembered(self.settings),
            playback_rate=self.playback.rate,
            show_ghost=self.actions_by_id["ghost"].isChecked(),
            relax_while_drawing=self.actions_by_id["follow"].isChecked(),
            check_energies=self.verdicts.energies,
            window_geometry=text_of(self.saveGeometry()),
            window_layout=self.columns.layout(),
        )

    # --- what the commands need (commands.Window) -----------------------------------------------

    def widget(self) -> QWidget:
        """The parent of dialogs."""
        return self

    def remember_file(self, path: Path) -> None:
        """Put a file in front of the recent ones."""
        self.settings = replace(self.settings, recent_files=self.settings.with_recent(path))
        self.library.panel.select_example("")
        self.library.show_recent()

    def ghost_switched(self, show: bool) -> None:
        """Show the reference or hide it."""
        self.scene.set_ghost(show)

    def ghost_wanted(self) -> bool:
        """Whether the switch is on."""
        return self.actions_by_id["ghost"].isChecked()

    def live_wanted(self) -> bool:
        """Whether the switch is on."""
        return self.actions_by_id["live"].isChecked()

    def resize_interface(self, way: int) -> None:
        """Draw everything larger (way 1) or smaller (-1) from the next start on."""
        size, message = resized(self, self.settings.interface_size, way)
        self.settings = replace(self.settings, interface_size=size)
        self.state.say(message)

    def open_session(self, path: Path) -> None:
        """Read a session file."""
        self.studio.sessions.load(path)

    def relax_file(self, path: Path) -> None:
        """Offer to relax all molecules of a file."""
        self.files.show(path)

    def raise_panel(self, name: str) -> None:
        """Show a panel in front of those that share its place."""
        self.columns.show(name)

    def close_window(self) -> None:
        """Leave the program."""
        self.close()

    # --- reactions ------------------------------------------------------------------------------

    def _on_structure(self) -> None:
        state = self.state
        self.scene.redraw()
        self.molecule_panel.refresh()
        self.molecule_panel.show_smiles_error("")
        self.run_panel.judge(state.structure)
        name = state.structure.name or state.structure.formula if state.structure else ""
        self.setWindowTitle(f"{name} — {TITLE}" if name else TITLE)
        self.status_line.refresh()
        self._enable_actions()

    def _on_trajectory(self) -> None:
        self.course.refresh()
        self.course.retitle()
        self._refresh_frame()
        self.status_line.refresh()
        self._enable_actions()

    def _on_frames(self, first: int) -> None:
        self.course.refresh()
        self.playback.refresh()
        self.status_line.refresh()
        if first == 0:
            self._enable_actions()

    def _on_frame(self, _index: int) -> None:
        self.scene.move()
        self._refresh_frame()

    def _on_frame_asked(self, index: int) -> None:
        self.playback.pause()
        self.state.select_frame(index)

    def _on_hover(self, _index: int | None) -> None:
        self.scene.move()
        self.course.move_cursor()

    def _refresh_frame(self) -> None:
        self.playback.refresh()
        self.course.move_cursor()
        self.studio.refresh_frame()

    def _on_activity(self, _activity: Activity) -> None:
        self._enable_actions()
        self.course.refresh()
        self.status_line.refresh()

    def _on_choice(self) -> None:
        panel = self.run_panel
        uses_device = panel.choice is not None and panel.model is not None
        device = panel.choice.device if panel.choice and uses_device else ""
        self.status_line.show_model(panel.model, device, panel.verdict.label)

    def _enable_actions(self) -> None:
        state, actions = self.state, self.actions_by_id
        some = state.structure is not None
        frames = state.trajectory is not None and len(state.trajectory) > 0
        for name in ("save_structure", "export", "copy_picture", "relax", "noise", "fit"):
            actions[name].setEnabled(some)
        for name in ("save_trajectory", "adopt_frame"):
            actions[name].setEnabled(frames)
        actions["restore_session"].setEnabled(self.recovery.available)
        actions["pure_noise"].setEnabled(some and self.run_panel.can_start_from_noise)
        actions["ghost"].setEnabled(state.target is not None)
        actions["stop"].setEnabled(state.activity in {Activity.LOADING, Activity.RUNNING})
        self.playback.enable_actions()
        self.verdicts.refresh()
        self.studio.enable_actions()

    def _show_file_list(self, several: bool) -> None:
        """In front of the library and the page to draw on, as long as there are several."""
        self.columns.show("File", several)

    # --- look -----------------------------------------------------------------------------------

    def _apply_theme(self) -> None:
        self._theme = theme = theme_of(QGuiApplication.palette())
        self.setStyleSheet(style_sheet(theme))
        paint_icons(self.actions_by_id, theme)
        for part in (
            self.view,
            self.sketch_panel,
            self.course,
            self.playback,
            self.verdicts.strip,
            self.message_bar,
            self.library,
            self.file_panel,
            self.files,
        ):
            part.set_theme(theme)
        self.studio.set_theme(theme)
        self._on_choice()

    def _restore_layout(self) -> None:
        self.resize(QSize(1440, 900).boundedTo(self.screen().availableSize()))
        if self.settings.window_geometry:
            self.restoreGeometry(bytes_of(self.settings.window_geometry))
        self.columns.restore(self.settings.window_layout)
        self.columns.show("File", self.file_panel.has_several)

    # --- Qt -------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.columns.fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.columns.fit()  # only now fonts and sizes are those of the style sheet

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if can_be_dropped(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        open_dropped(self, event.mimeData())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            # A style sheet changes palettes as well; only another background matters.
            background = QGuiApplication.palette().color(QPalette.ColorRole.Window)
            if background != self._theme.panel:
                QTimer.singleShot(0, self, self._apply_theme)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._closing.allows():
            event.ignore()
            return
        self._pump.stop()
        self.playback.pause()
        self.studio.demos.end()  # its choices are not the user's
        self.settings = self.current_settings()
        self.studio.exporter.close()
        self.files.close()
        self.controller.close()
        self.recovery.end()
        super().closeEvent(event)
