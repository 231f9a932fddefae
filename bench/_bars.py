"""One bar: what is measured, what it has to be, what it is. Printed as a JSON line, shown as a table row."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _common import ROOT

EVIDENCE_PAGE = ROOT / "docs" / "evidence.md"


@dataclass
class Bar:
    """A measured bar. `passes` is None where it could not be measured; `skipped` then says why."""

    code: str
    what: str
    bar_limit: str
    moonshot: str
    value: Any = None
    passes: bool | None = None
    n: int = 0
    skipped: str = ""
    luck: str = ""  # how far chance alone may carry the value on so few series
    more: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """The JSON line."""
        content: dict[str, Any] = {
            "bar": self.code, "what": self.what, "value": plain(self.value), "bar_limit": self.bar_limit,
            "moonshot": self.moonshot, "passes": self.passes, "n": self.n,
        }  # fmt: skip
        if self.skipped:
            content["skipped"] = self.skipped
        if self.luck:
            content["luck"] = self.luck
        return json.dumps(content | {key: plain(value) for key, value in self.more.items()})

    def row(self) -> str:
        """The row of a Markdown table: measured on the folder, and again on worlds of our own where that was done."""
        again = self.more.get("simulated")
        ours = _cell(again["value"], again["passes"], again["n"]) if again else "–"
        measured = self.skipped or _cell(self.value, self.passes, self.n, self.luck)
        return f"| {self.code} | {self.what} | {self.bar_limit} | {measured} | {ours} | {self.moonshot} |"


def _cell(value: Any, passes: bool | None, n: int, luck: str = "") -> str:
    missed = " **missed**" if passes is False else ""
    return f"{_words(plain(value))}{missed} (n={n:,}{'; ' + luck if luck else ''})"


def plain(value: Any) -> Any:
    """Numbers as JSON can hold them: three significant digits after the point, no NaN."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 4)
    return value


def _words(value: Any) -> str:
    if isinstance(value, dict):
        nested = any(isinstance(one, dict) for one in value.values())
        return ("; " if nested else ", ").join(f"{_label(key)} {_words(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(_words(one) for one in value)
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 0.01 else f"{value:.3g}"
    return str(value)


def _label(key: str) -> str:
    """`below_pace` as words; `52/0.5`, weeks and strength of a cell, as itself."""
    return f"{key.replace('_', ' ')}:" if "/" in key else key.replace("_", " ")


def region_write(page: Path, name: str, text: str) -> None:
    """Replaces what stands between `<!-- name:start -->` and `<!-- name:end -->` on the page.

    Raises ValueError where the page has no such region.
    """
    start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    content = page.read_text()
    if start not in content or end not in content:
        raise ValueError(f"{page} has no region {start} … {end}.")
    before, rest = content.split(start, 1)
    page.write_text(f"{before}{start}\n\n{text.strip()}\n\n{end}{rest.split(end, 1)[1]}")
