"""The scorer of known answers reads its folder, counts, and writes its table where it belongs."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a bench by name, as the scripts find one another."""
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    return importlib.import_module


def test_it_writes_a_table_into_its_own_region_and_nowhere_else(scripts: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Before.\n<!-- bars:start -->\nold\n<!-- bars:end -->\nAfter.\n")

    scripts("_bars").region_write(page, "bars", "| new |")

    assert page.read_text() == "Before.\n<!-- bars:start -->\n\n| new |\n\n<!-- bars:end -->\nAfter.\n"
    with pytest.raises(ValueError, match="no region"):
        scripts("_bars").region_write(page, "forecasts", "x")


def test_a_line_is_json_whatever_was_measured(scripts: Any) -> None:
    bar = scripts("_bars").Bar(
        "L1", "what", "limit", "aim", {"mean": np.float64(0.123456), "none": float("nan")}
    )

    assert json.loads(bar.line())["value"] == {"mean": 0.1235, "none": None}
    assert json.loads(bar.line())["passes"] is None


def test_a_missed_bar_says_so_in_its_row(scripts: Any) -> None:
    bar = scripts("_bars").Bar("L2", "worst", "at most 0.1", "0.08", 0.2, passes=False, n=1234)

    assert "0.2 **missed** (n=1,234)" in bar.row()


def test_it_reads_pairs_by_length_with_gaps_as_missing(scripts: Any, tmp_path: Path) -> None:
    rows = ["series_id,t,x,y", "a,0,1,2", "a,1,,3", "b,0,1,1", "c,0,5,6", "c,1,7,8"]
    (tmp_path / "synthetic.csv").write_text("\n".join(rows))

    longer, shorter = scripts("_folder").Folder(tmp_path).synthetic()

    assert (longer.ids, shorter.ids) == (["a", "c"], ["b"])
    np.testing.assert_array_equal(longer.x, [[1.0, np.nan], [5.0, 7.0]])


def test_a_missing_file_is_named(scripts: Any, tmp_path: Path) -> None:
    module = scripts("_folder")

    with pytest.raises(module.Absent, match=r"synthetic\.csv is not there"):
        module.Folder(tmp_path).synthetic()


@pytest.mark.parametrize(("sizes", "limit", "percent"), [([20], 0.0, 64), ([12] * 19, 0.11, 91)])
def test_it_says_how_often_luck_alone_misses_a_limit(
    scripts: Any, sizes: list[int], limit: float, percent: int
) -> None:
    """One of 20 at 5 %: 1 - 0.95^20 = 64 %."""
    said = scripts("_link_bars").luck_of_rates(sizes, limit)

    assert f"{percent} % of the time" in said


def test_reliability_is_nought_when_what_was_said_came_true_as_often(scripts: Any) -> None:
    module = scripts("_forecast_bars")

    def answers(chance: float, hits: int, total: int) -> list[Any]:
        return [
            module.Answer("weekly", chance, number < hits, False, ("s", module.Kind.LAST), True, 0)
            for number in range(total)
        ]

    honest = answers(0.25, 1, 4) + answers(0.75, 3, 4)
    assert module.reliability_of(honest) == pytest.approx(0.0)
    assert module.reliability_of(answers(0.9, 0, 4)) == pytest.approx(0.81)
    assert module.brier(honest) == pytest.approx(0.1875)
