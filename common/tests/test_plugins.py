"""Finding the providers of a family."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from common.plugins import plugins_discover

Family = Callable[[dict[str, str]], ModuleType]


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Family]:
    """Writes a package of the given modules and imports it."""
    monkeypatch.syspath_prepend(tmp_path)

    def build(modules: dict[str, str]) -> ModuleType:
        folder = tmp_path / "example_family"
        folder.mkdir()
        (folder / "__init__.py").write_text("")
        (folder / "base.py").write_text("class Base:\n    kind = ''\n")
        for name, text in modules.items():
            (folder / f"{name}.py").write_text(f"from example_family.base import Base\n{text}\n")
        return importlib.import_module("example_family")

    yield build
    for name in [name for name in sys.modules if name.partition(".")[0] == "example_family"]:
        del sys.modules[name]


def discover(package: ModuleType) -> dict[str, type]:
    return plugins_discover(package, importlib.import_module("example_family.base").Base)


def test_it_finds_every_class_with_a_kind(family: Family) -> None:
    package = family(
        {
            "two": "class Two(Base):\n    kind = 'two'\nclass Helper(Base):\n    pass",
            "one": "from example_family.two import Two\nclass One(Two):\n    kind = 'one'",
        }
    )

    assert list(discover(package)) == ["one", "two"]


def test_it_refuses_two_of_one_kind(family: Family) -> None:
    package = family(
        {"one": "class One(Base):\n    kind = 'same'", "two": "class Two(Base):\n    kind = 'same'"}
    )

    with pytest.raises(ValueError, match="both claim kind 'same'"):
        discover(package)


def test_it_lets_a_broken_module_fail_loudly(family: Family) -> None:
    package = family({"broken": "raise RuntimeError('broken on import')"})

    with pytest.raises(RuntimeError, match="broken on import"):
        discover(package)
