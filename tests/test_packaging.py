"""What a build puts together: pinned scripts, entry points, versions."""

import configparser
import hashlib
import io
import tarfile
import tomllib
from importlib import metadata
from pathlib import Path
from xml.etree import ElementTree

import pytest

import hatch_build
from hatch_build import AssetError, Member, NpmPackage
from morered_gui.core.bundled import ASSETS, asset, bundled
from morered_gui.gui.commands import OPEN_PATTERNS

ROOT = Path(__file__).resolve().parent.parent
DESKTOP = ROOT / "resources" / "desktop"
SCRIPT = b"console.log('a molecule')"


@pytest.fixture
def package() -> NpmPackage:
    """A package of two small files."""
    members = [("package/build/a.js", "a.js", SCRIPT), ("package/LICENSE", "a.txt", b"free")]
    return NpmPackage(
        name="a",
        version="1.0.0",
        members=tuple(
            Member(source, target, len(content), hashlib.sha256(content).hexdigest())
            for source, target, content in members
        ),
    )


def archive(folder: Path, files: dict[str, bytes]) -> Path:
    """An archive as npm makes it."""
    path = folder / "a-1.0.0.tgz"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def test_that_the_viewer_script_is_the_pinned_one() -> None:
    content = asset("3Dmol-min.js").read_bytes()
    assert len(content) == 537_792
    expected = "f7cc78921ae72e7623e89cdd111434f58c2efddd2ffda1cd212644b406fb8016"
    assert hashlib.sha256(content).hexdigest() == expected


def test_that_the_licence_of_the_viewer_script_lies_beside_it() -> None:
    assert "BSD-3-Clause" in asset("3Dmol-LICENSE.txt").read_text(encoding="utf-8")


def test_that_complete_assets_need_no_node(tmp_path: Path) -> None:
    here = hatch_build.AssetsBuildHook.dependencies
    assert here(_hook(ROOT)) == []
    assert here(_hook(tmp_path)) == [hatch_build.NODE]


def _hook(root: Path) -> hatch_build.AssetsBuildHook:
    """The build hook of a checkout."""
    return hatch_build.AssetsBuildHook(str(root), {}, None, None, str(root / "dist"), "wheel")


def test_that_an_editable_install_copies_no_folders() -> None:
    build_data = {"force_include": {}}
    _hook(ROOT).initialize("editable", build_data)
    assert build_data["force_include"] == {}


def test_that_a_wheel_takes_the_networks_and_the_examples_along() -> None:
    build_data = {"force_include": {}}
    _hook(ROOT).initialize("standard", build_data)
    assert build_data["force_include"] == {
        str(ROOT / "models"): "morered_gui/bundled/models",
        str(ROOT / "resources/desktop"): "morered_gui/bundled/resources/desktop",
        str(ROOT / "resources/examples"): "morered_gui/bundled/resources/examples",
        str(ROOT / "resources/training"): "morered_gui/bundled/resources/training",
    }


def test_that_a_good_archive_is_unpacked(package: NpmPackage, tmp_path: Path) -> None:
    path = archive(tmp_path, {"package/build/a.js": SCRIPT, "package/LICENSE": b"free"})
    assert not hatch_build.is_complete(package, tmp_path / "out")
    hatch_build.extract(path, package, tmp_path / "out")
    assert hatch_build.is_complete(package, tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.js", "a.txt"]


def test_that_a_tampered_archive_is_refused_whole(package: NpmPackage, tmp_path: Path) -> None:
    tampered = SCRIPT.replace(b"a molecule", b"an exploit")
    path = archive(tmp_path, {"package/LICENSE": b"free", "package/build/a.js": tampered})
    with pytest.raises(AssetError, match="is not the file that was pinned"):
        hatch_build.extract(path, package, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_that_an_archive_without_the_script_is_refused(package: NpmPackage, tmp_path: Path) -> None:
    path = archive(tmp_path, {"package/LICENSE": b"free"})
    with pytest.raises(AssetError, match=r"a 1\.0\.0 from npm has no package/build/a\.js"):
        hatch_build.extract(path, package, tmp_path / "out")


def test_that_a_changed_file_is_fetched_again(package: NpmPackage, tmp_path: Path) -> None:
    path = archive(tmp_path, {"package/build/a.js": SCRIPT, "package/LICENSE": b"free"})
    hatch_build.extract(path, package, tmp_path / "out")
    (tmp_path / "out" / "a.js").write_bytes(SCRIPT + b"\n")
    assert not hatch_build.is_complete(package, tmp_path / "out")


@pytest.mark.parametrize("script", ["morered", "morered-gui"])
def test_that_the_entry_point_can_be_called(script: str) -> None:
    (entry,) = (e for e in metadata.distribution("morered-gui").entry_points if e.name == script)
    assert callable(entry.load())


def shared_data() -> dict[str, str]:
    """What a wheel puts below the prefix, by its place in the checkout."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    files: dict[str, str] = build["build"]["targets"]["wheel"]["shared-data"]
    return files


def desktop_entry() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment]
    parser.read(DESKTOP / "morered-gui.desktop", encoding="utf-8")
    return parser["Desktop Entry"]


def test_that_a_desktop_finds_the_program_and_its_icon() -> None:
    entry, shared = desktop_entry(), shared_data()
    assert all((ROOT / source).is_file() for source in shared)
    scripts = {each.name for each in metadata.distribution("morered-gui").entry_points}
    assert entry["Exec"].split()[0] in scripts
    assert f"share/icons/hicolor/scalable/apps/{entry['Icon']}.svg" in shared.values()
    assert "share/applications/morered-gui.desktop" in shared.values()
    svg = ElementTree.parse(DESKTOP / "morered-gui.svg").getroot()
    assert svg.attrib["viewBox"] == "0 0 128 128"


def test_that_the_desktop_opens_what_the_program_reads() -> None:
    types = set(desktop_entry()["MimeType"].strip(";").split(";"))
    component = ElementTree.parse(DESKTOP / "morered-gui.metainfo.xml").getroot()
    assert types == {each.text for each in component.findall("provides/mediatype")}
    names = "{http://www.freedesktop.org/standards/shared-mime-info}"
    known = ElementTree.parse(DESKTOP / "morered-gui.mime.xml").getroot()
    assert {each.attrib["type"] for each in known} <= types
    globs = {each.attrib["pattern"] for each in known.iter(f"{names}glob")}
    assert globs <= set(OPEN_PATTERNS.split())


def test_that_the_folders_of_the_program_are_found() -> None:
    assert bundled("models").is_dir()
    assert list(bundled("models").glob("*/config.json"))
    assert (bundled("resources") / "examples").is_dir()
    assert ASSETS.is_dir()


def test_that_every_direct_dependency_is_pinned_for_make() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(name for extra in extras for name in extra)]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0].lower() for line in lines if "==" in line}
    assert {w.partition(">=")[0].lower() for w in wanted} <= pinned


def test_that_the_constraints_hold_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(pin.count("==") == 1 and "/" not in pin and "@" not in pin for pin in pins)
