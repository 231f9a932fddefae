"""Example values of the OpenAPI document: what a field may look like, for readers and for their tools.

The serializers say which values are allowed; this says which one a reader would recognise. The names are those of
the sample organisation.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

# By the name of a field or parameter, wherever it is sent.
VALUES: dict[str, Any] = {
    "assumption": "Crews look at the checklist before the first job.",
    "baseline": 20.0,
    "belief": "When more accounts finish a first job, more trials become customers.",
    "bet": "Whoever finishes a first job within a week stays.",
    "co_authors": ["onboarding-lead@example.com"],
    "commit": 21.0,
    "contest": 3,
    "dated": "2026-10-09",
    "decimals": 1,
    "definition": "Accounts with a finished job within 7 days, of those that signed up.",
    "denominator": "accounts-new",
    "effect": 0.4,
    "ends_on": "2026-04-08",
    "event": 5,
    "expected_outcome": "More accounts finish their first job.",
    "experiment": "Half of the new accounts see the short checklist.",
    "falsifier": "Two quarters in which the metric rises and the goal does not.",
    "goal": 12,
    "guardrails": ["churn-rate"],
    "happened_on": "2026-06-22",
    "high": 23.0,
    "id": "12",
    "If-Match": '"3"',
    "key": "activation-rate",
    "lag_weeks": 4,
    "low": 21.0,
    "mapping": 8,
    "metric": "activation-rate",
    "name": "Payments",
    "next_review_on": "2027-02-26",
    "note": "The season starts in March.",
    "numerator": "accounts-activated",
    "opportunity": "The checklist is too long.",
    "owner": "product-manager@example.com",
    "persona": "Dispatcher",
    "product": "fieldnote",
    "purpose": "Invoices are paid in time.",
    "quarter": "2026-Q4",
    "rationale": "Most accounts stop at step four.",
    "reason": "The trial is three weeks long now.",
    "review_on": "2027-01-15",
    "risks": "The board moves more slowly than planned.",
    "segment": "Roofing, 22 crews",
    "since": "2026-10-01",
    "slug": "fieldnote",
    "source": "Exit call",
    "starts_on": "2026-04-06",
    "stretch": 22.5,
    "team": 7,
    "title": "More trials become customers",
    "unit": "%",
    "until": "2026-12-31",
    "value": 21.5,
    "week": "2026-W47",
    "why": "Two quarters were missed for reasons outside of the bet.",
}
# Whole bodies, where one field depends on another.
BODIES: dict[str, Json] = {
    "MetricRequest": {
        "product": "fieldnote",
        "name": "Activation rate",
        "kind": "outcome",
        "unit": "%",
        "frequency": "weekly",
    },
    "PatchedMetricRequest": {"definition": VALUES["definition"], "reason": "It counts finished jobs only."},
    "PatchedTeamRequest": {"purpose": "New accounts finish their first job within a week."},
    "PatchedTargetRequest": {"baseline": 20.0, "commit": 21.0, "stretch": 22.5},
    "PatchedGoalEditRequest": {"title": VALUES["title"], "reason": VALUES["reason"]},
    "PatchedMappingEditRequest": {"belief": VALUES["belief"], "reason": VALUES["reason"]},
    "PatchedProposalEditRequest": {"why": VALUES["why"]},
    "EventRequest": {
        "product": "fieldnote",
        "metric": "activation-rate",
        "title": "Seat price raised above ten crews",
        "kind": "pricing",
        "starts_on": "2026-04-06",
        "set_aside": False,
    },
    "PatchedEventRequest": {"title": "Seat price raised above ten crews"},
    "InsightRequest": {
        "product": "fieldnote",
        "mapping": 8,
        "text": "We left because anyone could approve overtime.",
        "source": "Exit call",
        "dated": "2026-10-09",
        "stance": "against",
    },
    "PatchedInsightRequest": {"stance": "neutral"},
    "ExplanationRequest": {
        "mapping": 8,
        "title": "The largest account left",
        "happened_on": "2026-06-22",
    },
    "PatchedExplanationRequest": {"text": "It made up 1.3% of revenue."},
    "MappingReviewInputRequest": {
        "outcome": "keep",
        "reason": "Two quarters of figures and the interviews of October agree.",
    },
    "ProductRequest": {"name": "Ledger", "description": "Books for small trades."},
    "PatchedProductRequest": {"description": "Jobs, crews and invoices for small trades."},
    "ProposalCreateRequest": {
        "contest": 3,
        "kind": "revise_target",
        "title": "Lower the target and give the board two more quarters",
        "draft": True,
    },
}


def examples_add(result: Json, generator: Any, request: Any, public: bool) -> Json:  # noqa: ARG001 - a hook
    """Puts an example beside every parameter and every field that is sent and has one."""
    for path in result["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                _parameter(parameter)
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("Request"):
            _body(name, schema)
    return result


def _parameter(parameter: Json) -> None:
    kind = parameter["schema"].get("type")
    value = VALUES.get(parameter["name"])
    if value is None or kind == "boolean" or "enum" in parameter["schema"]:
        return
    if kind == "string" and not isinstance(value, str):
        return
    if kind in {"integer", "number"} and not isinstance(value, int):
        return
    parameter["example"] = value


def _body(name: str, schema: Json) -> None:
    if name in BODIES:
        schema["example"] = BODIES[name]
    for field, part in schema.get("properties", {}).items():
        if field in VALUES and "type" in part:
            part["example"] = VALUES[field]
