"""What has no place in the project: paths of one machine, package registries, unfinished marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STRAY = re.compile(
    r"(?<![\w.>}-])/(?:work|root)/\w|pypi\.org|pythonhosted|npmjs\.|index-url|\b(?:TODO|FIXME)\b"
)
MADE = {"var", "staticfiles", "__pycache__", "vendor"}
TEXT = {
    ".py",
    ".html",
    ".md",
    ".css",
    ".js",
    ".svg",
    ".txt",
    ".in",
    ".toml",
    ".ini",
    ".yml",
    ".yaml",
    ".sh",
    "",
}


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and path.name not in MADE and (path.name == ".ci" or not path.name.startswith(".")):
            yield from _files(path)
        elif path.is_file() and path.suffix in TEXT and path.name[0] != "." and path != Path(__file__):
            yield path


def test_no_file_names_a_machine_a_registry_or_unfinished_work() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()[:120]}"
        for path in _files(ROOT)
        for line in path.read_text(encoding="utf-8").splitlines()
        if STRAY.search(line)
    ]

    assert found == []
