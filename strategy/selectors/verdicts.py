"""One stored verdict with both of its series, for whoever wants to compare them elsewhere."""

from __future__ import annotations

from typing import Any

from django.http import Http404

from strategy.calculations.series_pack import series_unpack
from strategy.models import Mapping, MappingVerdict


def verdict_with_series_or_404(*, mapping: Mapping, verdict_id: str | int | None = None) -> MappingVerdict:
    """The belief's verdict of that id, else its stated one; Http404 when there is none."""
    wanted = str(mapping.stated_verdict_id if verdict_id is None else verdict_id)
    if not wanted.isdecimal():
        raise Http404("No such verdict.")
    verdict: MappingVerdict | None = mapping.verdicts.filter(pk=int(wanted)).first()
    if verdict is None:
        raise Http404("No such verdict.")
    return verdict


def series_shown(verdict: MappingVerdict) -> dict[str, Any]:
    """Both series by period as the verdict compared them, with why a period was set aside."""
    series = series_unpack(verdict.series)
    aside = {row["start"]: row["reason"] for row in verdict.facts.get("set_aside", [])}
    columns = (series.starts, series.x, series.y, series.x_surprise, series.y_surprise)
    return {
        "verdict": verdict.pk,
        "week": verdict.week,
        "frequency": verdict.frequency,
        "metric_logged": verdict.metric_logged,
        "goal_logged": verdict.goal_logged,
        "periods": [
            {
                "start": start,
                "metric": x,
                "goal": y,
                "metric_surprise": x_left,
                "goal_surprise": y_left,
                "set_aside": aside.get(start.isoformat(), ""),
            }
            for start, x, y, x_left, y_left in zip(*columns, strict=True)
        ],
    }
