"""Colours that go with the system's palette, light or dark; one accent."""

from dataclasses import dataclass

import qtawesome
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QPalette

from morered_gui.core.bundled import bundled

ICON_SIZES = (16, 20, 24, 40, 48)  # pixels; the larger ones for fine screens
# Distinct for most kinds of colour vision, after Tol's muted scheme; in such an order that the
# first five, and any three in a row, are far apart for those without red or green cones, too.
RUN_COLOURS = (
    *("#117733", "#332288", "#44808f", "#882255", "#999933"),
    *("#3f7fbf", "#cc6677", "#8a6d3b", "#aa4499", "#5b5b5b"),
)
RUN_COLOURS_DARK = (
    *("#5fc98a", "#9d8cff", "#88ccee", "#d46a9a", "#dddd77"),
    *("#7fb5ff", "#f09aa5", "#d0b27c", "#e08ad2", "#b5b5b5"),
)
_BUTTON_TEXT = QPalette.ColorRole.ButtonText


def program_icon() -> QIcon:
    """The program's own; an empty one where its files are missing, which is told elsewhere."""
    try:
        return QIcon(str(bundled("resources") / "desktop" / "morered-gui.svg"))
    except FileNotFoundError:
        return QIcon()


@dataclass(frozen=True, eq=False)
class Theme:
    """The colours that the palette does not have."""

    dark: bool
    accent: QColor  # the one button that matters, and predicted t
    accent_text: QColor
    second: QColor  # RMSD
    text: QColor
    muted: QColor
    line: QColor
    canvas: QColor  # behind the molecule and the plots
    panel: QColor
    ghost: QColor
    ghost_opacity: float
    arrow: QColor  # predicted noise and picked atoms
    error: QColor
    warning: QColor

    def run_colour(self, number: int) -> QColor:
        """The colour of a run in every plot and table; colours come again after ten."""
        wheel = RUN_COLOURS_DARK if self.dark else RUN_COLOURS
        return QColor(wheel[(number - 1) % len(wheel)])

    def icon(self, name: str, color: QColor | None = None) -> QIcon:
        """A qtawesome icon in the colour of the text, drawn once and for all.

        qtawesome's own icons are painted in Python each time that they are shown, which the
        window's thread would do in the middle of a run.
        """
        normal = color or self.text
        source = qtawesome.icon(name, color=normal.name(), color_disabled=self.line.name())
        drawn = QIcon()
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Disabled):
            for size in ICON_SIZES:
                drawn.addPixmap(source.pixmap(QSize(size, size), mode), mode)
        return drawn


def theme_of(palette: QPalette) -> Theme:
    """The theme that fits a palette."""
    window = palette.color(QPalette.ColorRole.Window)
    text = palette.color(QPalette.ColorRole.WindowText)
    dark = window.lightness() < text.lightness()
    return Theme(
        dark=dark,
        accent=QColor("#6ea8fe" if dark else "#2563c9"),
        accent_text=QColor("#0d1420" if dark else "#ffffff"),
        second=QColor("#f0a35e" if dark else "#c2570c"),
        text=text,
        muted=_mixed(text, window, 0.62),
        line=_mixed(text, window, 0.20 if dark else 0.17),
        canvas=QColor("#15181d" if dark else "#f7f8fa"),
        panel=window,
        ghost=QColor("#8fb7ff" if dark else "#3f78d6"),
        ghost_opacity=0.55,
        arrow=QColor("#ff7ad9" if dark else "#c026a8"),
        error=QColor("#ff8a80" if dark else "#b3261e"),
        warning=QColor("#f5c26b" if dark else "#8a5a00"),
    )


def style_sheet(theme: Theme) -> str:
    """The few things that differ from the native style."""
    tint = _mixed(theme.accent, theme.panel, 0.14).name()
    error_tint = _mixed(theme.error, theme.panel, 0.13).name()
    warning_tint = _mixed(theme.warning, theme.panel, 0.14).name()
    return f"""
    QToolBar {{ border: none; border-bottom: 1px solid {theme.line.name()};
        spacing: 4px; padding: 5px 8px; }}
    QToolButton#relax {{ background: {theme.accent.name()}; color: {theme.accent_text.name()};
        border: none; border-radius: 6px; padding: 6px 16px 6px 12px; font-weight: 600; }}
    QToolButton#relax:hover {{ background: {theme.accent.lighter(112).name()}; }}
    QToolButton#relax:pressed {{ background: {theme.accent.darker(112).name()}; }}
    QToolButton#relax:disabled {{ background: {theme.line.name()};
        color: {theme.muted.name()}; }}
    QToolButton#stop {{ border: 1px solid {theme.line.name()}; border-radius: 6px;
        padding: 5px 12px 5px 8px; }}
    QToolButton#stop:enabled:hover {{ border-color: {theme.error.name()}; }}
    QLabel[role="heading"] {{ font-weight: 600; }}
    QLabel[role="title"] {{ font-weight: 600; font-size: 20px; }}
    QScrollArea#start, QWidget#startinside {{ background: {theme.canvas.name()}; }}
    QToolButton#way {{ border: 1px solid {theme.line.name()}; border-radius: 6px;
        padding: 8px 14px 8px 10px; background: {theme.panel.name()}; }}
    QToolButton#card {{ border: 1px solid {theme.line.name()}; border-radius: 8px;
        padding: 4px; background: {theme.panel.name()}; }}
    QToolButton#way:hover, QToolButton#card:hover {{ border-color: {theme.accent.name()}; }}
    QToolButton#way:focus, QToolButton#card:focus {{ border-color: {theme.accent.name()}; }}
    QLabel[role="muted"] {{ color: {theme.muted.name()}; }}
    QLabel[role="error"] {{ color: {theme.error.name()}; }}
    QLabel[role="warning"] {{ color: {theme.warning.name()}; }}
    QLabel[role="value"] {{ font-weight: 600; }}
    QFrame[role="line"] {{ color: {theme.line.name()}; background: {theme.line.name()};
        border: none; max-height: 1px; }}
    QFrame#demo {{ border: none; border-radius: 6px; margin: 8px 8px 0 8px; background: {tint}; }}
    QToolButton#demo_next {{ background: {theme.accent.name()}; color: {theme.accent_text.name()};
        border: none; border-radius: 5px; padding: 4px 14px; font-weight: 600; }}
    QToolButton#demo_next:disabled {{ background: {theme.line.name()};
        color: {theme.muted.name()}; }}
    QFrame#message {{ border: none; border-radius: 6px; margin: 8px; background: {tint}; }}
    QFrame#message[severity="error"] {{ background: {error_tint}; }}
    QFrame#message[severity="warning"] {{ background: {warning_tint}; }}
    QListWidget, QListView#file {{ border: 1px solid {theme.line.name()}; border-radius: 6px;
        padding: 3px; }}
    QListView#file::item:selected {{ background: {tint}; color: {theme.text.name()}; }}
    QListWidget::item, QListView#file::item {{ padding: 4px 6px; border-radius: 4px; }}
    QListWidget::item:selected {{ background: {theme.accent.name()};
        color: {theme.accent_text.name()}; }}
    QListWidget::item:hover:!selected {{ background: {tint}; }}
    QStatusBar {{ border-top: 1px solid {theme.line.name()}; }}
    QStatusBar::item {{ border: none; }}
    QStatusBar QLabel {{ padding: 3px 8px; }}
    QDockWidget {{ font-weight: 600; }}
    QDockWidget::title {{ padding: 10px 12px 4px 9px; background: {theme.panel.name()}; }}
    QMainWindow::separator {{ background: {theme.line.name()}; width: 1px; height: 1px; }}
    {_indicators(theme) if theme.dark else ""}
    """


def _indicators(theme: Theme) -> str:
    """An edge for boxes that are not ticked: the native one is darker than the window.

    Ticked ones stay native: the style sheet would take away the tick, too.
    """
    return f"""
    QCheckBox::indicator:unchecked, QAbstractItemView::indicator:unchecked {{
        width: 12px; height: 12px; border: 1px solid {theme.muted.name()}; border-radius: 2px; }}
    QAbstractItemView::indicator:unchecked:selected {{
        border-color: {theme.accent_text.name()}; }}
    QCheckBox::indicator:unchecked:disabled {{ border-color: {theme.line.name()}; }}
    QCheckBox::indicator:unchecked:focus {{ border-color: {theme.accent.name()}; }}
    """


def dark_palette() -> QPalette:
    """For where the platform has no dark scheme of its own."""
    colours = {
        QPalette.ColorRole.Window: "#1f232a",
        QPalette.ColorRole.WindowText: "#e6e8eb",
        QPalette.ColorRole.Base: "#171a1f",
        QPalette.ColorRole.AlternateBase: "#1f232a",
        QPalette.ColorRole.Text: "#e6e8eb",
        QPalette.ColorRole.Button: "#2a2f37",
        QPalette.ColorRole.ButtonText: "#e6e8eb",
        QPalette.ColorRole.ToolTipBase: "#2a2f37",
        QPalette.ColorRole.ToolTipText: "#e6e8eb",
        QPalette.ColorRole.PlaceholderText: "#8b929c",
        QPalette.ColorRole.Highlight: "#6ea8fe",
        QPalette.ColorRole.HighlightedText: "#0d1420",
        QPalette.ColorRole.Accent: "#6ea8fe",
        QPalette.ColorRole.Link: "#6ea8fe",
        QPalette.ColorRole.LinkVisited: "#6ea8fe",
    }
    palette = QPalette(QColor("#2a2f37"))
    for role, colour in colours.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, _BUTTON_TEXT):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#6c737d"))
    return palette


def _mixed(first: QColor, second: QColor, share: float) -> QColor:
    """``share`` of the first colour in the second."""
    red, green, blue = (
        round(share * x + (1 - share) * y)
        for x, y in (
            (first.red(), second.red()),
            (first.green(), second.green()),
            (first.blue(), second.blue()),
        )
    )
    return QColor(red, green, blue)
