"""The mail about an assumption broken twice running: a belief's metric was met, and the goal did not follow."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from common.display.values import count_words
from common.outbox import OutboxDraft, outbox_add_many
from strategy.models import Mapping, MappingVersion, QuarterResult
from strategy.selectors.reviews import BROKEN_ALERTS, broken_running_many
from strategy.services.judging import Clock
from strategy.services.readers import readers_of
from strategy.services.warnings import is_newest_close


def broken_warnings_send(*, results: Sequence[QuarterResult], clock: Clock) -> int:
    """Adds the mails for beliefs whose assumption the newest closed quarters broke twice or more running.

    Each goes to the belief's owner, or to the product managers when the owner sees the product no more; once a belief
    and quarter. Quarters that closed long ago warn nobody, and the sample's people have no mailbox. Returns how many
    messages. Call it in the transaction that closes `results`.
    """
    newest = {result.goal_id: result for result in results}  # in order of time, so the last one stays
    broken = {
        goal_id: result
        for goal_id, result in newest.items()
        if result.case == QuarterResult.Case.ASSUMPTION_BROKEN and is_newest_close(result, clock)
    }
    if not broken:
        return 0
    mappings = list(
        Mapping.objects.active()
        .filter(goal__in=broken)
        .select_related("metric", "goal__product")
        .order_by("pk")
    )
    running = broken_running_many(mappings=mappings)
    told = [mapping for mapping in mappings if running.get(mapping.pk, 0) >= BROKEN_ALERTS]
    wordings = _wordings(told, clock)
    drafts: list[OutboxDraft] = []
    for mapping in told:
        result = broken[mapping.goal_id]
        subject, text = _words(mapping, result, running[mapping.pk], clock)
        for user in readers_of(wordings[mapping.pk].owner, mapping.goal.product, clock.today):
            key = f"broken:{mapping.pk}:{result.quarter_start}:{user.pk}"
            drafts.append(OutboxDraft("email", {"to": [user.email], "subject": subject, "text": text}, key))
    return outbox_add_many(drafts, now=clock.now) if drafts else 0


def _wordings(mappings: Sequence[Mapping], clock: Clock) -> dict[int, MappingVersion]:
    """The wording in force of each."""
    rows = MappingVersion.objects.filter(mapping__in=mappings, effective_from__lte=clock.today)
    return {row.mapping_id: row for row in rows.select_related("owner").order_by("number")}


def _words(mapping: Mapping, result: QuarterResult, running: int, clock: Clock) -> tuple[str, str]:
    label = clock.calendar.quarter_of(result.quarter_start).label
    metric, title = mapping.metric.name, str(result.goal)
    quarters = f"{count_words(running)} quarters"
    address = f"{settings.BASE_URL}{mapping.get_absolute_url()}"
    text = (
        f"The teams' targets on {metric} were met in {quarters} running, the last of them {label}, and the goal "
        f"“{title}” missed each of them. They did not move together as you believed; this does not show why.\n\n"
        f"Review the belief: keep it, adjust it or retire it, and say why.\n\n{address}\n"
    )
    return f"Assumption broken {quarters} running: {metric} and {title}", text
