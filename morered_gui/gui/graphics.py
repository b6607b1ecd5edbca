"""How Chromium may draw here; to be settled before QtWebEngine is imported."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

SOFTWARE_FLAGS = "--ignore-gpu-blocklist --disable-gpu-compositing"
# Of Mesa's software renderer and of Chromium, inside this process.
DRAWING_THREADS = ("llvmpipe", "Chrome_InProcGp", "VizCompositor")
DRAWING_NICENESS = 5
TRITON = "triton._C.libtriton"  # torch.compile imports it, and with it networks of plug-ins
ASKED = "MORERED_SOFTWARE_RENDERING"  # 1 or 0, where the guess is wrong


def draws_in_software() -> bool:
    """Whether the processor has to draw: no graphics card, or a screen in memory."""
    asked = os.environ.get(ASKED, "")
    if asked:
        return asked != "0"
    if os.environ.get("QT_QPA_PLATFORM", "") == "offscreen":
        return True
    return sys.platform == "linux" and not any(Path("/dev/dri").glob("renderD*"))


def prepare_web_engine() -> None:
    """Set the environment that QtWebEngine reads when it is imported.

    Without a graphics card Chromium refuses WebGL unless told otherwise; as root it refuses to
    start unless its sandbox is off. Neither is touched for anybody else, and what the user has
    set is left alone.
    """
    if draws_in_software():
        os.environ.setdefault("QTWEBENGINE_CHROMIUM_FLAGS", SOFTWARE_FLAGS)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")


def keep_llvm_apart() -> None:
    """Let Triton use its own LLVM in this process (Linux).

    Mesa's software renderer loads another LLVM for all to see. Triton's library, imported after
    it, would call that one, and the process would end in a segmentation fault.
    """
    if sys.platform == "linux":
        sys.meta_path.insert(0, _TritonFinder())


class _TritonFinder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See ``keep_llvm_apart``."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname == TRITON else None
        if spec is not None and spec.origin is not None:
            spec.loader = _OwnSymbolsFirst(fullname, spec.origin)
        return spec


class _OwnSymbolsFirst(ExtensionFileLoader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Load the library so that its own symbols go before those that are there."""
        flags = sys.getdlopenflags()
        sys.setdlopenflags(flags | os.RTLD_DEEPBIND)
        try:
            return super().create_module(spec)
        finally:
            sys.setdlopenflags(flags)


def put_window_first(renderer: int) -> None:
    """Let the threads that draw in software give way to the window's thread (Linux).

    They need as much of the processor as the network does. At equal rank they interrupt the
    window's thread whenever it hands them something to draw: on two busy cores 95 % of those
    calls took up to 32 ms, and 2 ms after this.

    Args:
        renderer: process id of the page's renderer.
    """
    if sys.platform != "linux" or not draws_in_software():
        return
    own = [t for t in _threads(os.getpid()) if _name(t).startswith(DRAWING_THREADS)]
    for thread in [*own, *_threads(renderer)]:
        with suppress(OSError):  # it may have ended meanwhile, or a container may forbid it
            os.setpriority(os.PRIO_PROCESS, int(thread.name), DRAWING_NICENESS)


def _threads(process: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{process}/task").iterdir())
    except OSError:
        return []


def _name(thread: Path) -> str:
    try:
        return (thread / "comm").read_text(encoding="utf-8")
    except OSError:
        return ""
