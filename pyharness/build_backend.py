"""The build backend of the package: scikit-build-core, with source distributions that hold the
whole C++ tree.

pyproject.toml lies in pyharness/, and the C++ sources beside that folder. A source distribution has
pyproject.toml at its top, so it holds the repository's files, and at the top a pyproject.toml whose
paths are those of there.
"""

import io
import re
import tarfile
from pathlib import Path

from scikit_build_core.build import (
    build_editable,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# What the build of the module reads.
FOLDERS = ("core", "gpu", "sim", "scenarios", "reports/aivmsim_report", "pyharness", "fuzz")
FILES = ("CMakeLists.txt", "LICENSE", "README.md", "CITATION.cff")
LEFT_OUT = re.compile(r"(^|/)(__pycache__|build|dist|\.[^/]*)(/|$)|\.pyc$")
MODE_FILE, MODE_PROGRAM = 0o644, 0o755


def build_sdist(sdist_directory: str, config_settings: object = None) -> str:
    """Writes the archive; equal trees have equal bytes."""
    version = version_of((ROOT / "CMakeLists.txt").read_text())
    top = f"aivmsim-{version}"
    path = Path(sdist_directory) / f"{top}.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for file in source_files():
            name = file.relative_to(ROOT).as_posix()
            mode = MODE_PROGRAM if file.stat().st_mode & 0o111 else MODE_FILE
            add(archive, f"{top}/{name}", file.read_bytes(), mode)
        add(archive, f"{top}/pyproject.toml", top_pyproject().encode())
        add(
            archive,
            f"{top}/PKG-INFO",
            f"Metadata-Version: 2.1\nName: aivmsim\nVersion: {version}\n".encode(),
        )
    return path.name


def source_files() -> list[Path]:
    found = [ROOT / name for name in FILES if (ROOT / name).is_file()]
    for folder in FOLDERS:
        found += [
            file
            for file in (ROOT / folder).rglob("*")
            if file.is_file() and not LEFT_OUT.search(file.relative_to(ROOT).as_posix())
        ]
    found.append(ROOT / "sim/record/schema.sql")
    return sorted(set(found))


def version_of(cmake: str) -> str:
    return re.search(r"project\(aivmsim VERSION ([0-9.]+)", cmake)[1]


def top_pyproject() -> str:
    """pyproject.toml with the paths of the top folder."""
    text = (HERE / "pyproject.toml").read_text()
    for before, after in (
        ('build-backend = "build_backend"', 'build-backend = "scikit_build_core.build"'),
        ('backend-path = ["."]\n', ""),
        ('cmake.source-dir = ".."', 'cmake.source-dir = "."'),
        ('wheel.packages = ["src/aivmsim"]', 'wheel.packages = ["pyharness/src/aivmsim"]'),
        ('input = "../CMakeLists.txt"', 'input = "CMakeLists.txt"'),
    ):
        if before not in text:
            raise RuntimeError(f"pyproject.toml has no line {before!r}")
        text = text.replace(before, after)
    return text


def add(archive: tarfile.TarFile, name: str, data: bytes, mode: int = MODE_FILE) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), mode
    archive.addfile(entry, io.BytesIO(data))
