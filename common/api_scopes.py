"""What an API token may be allowed: `<scope>:read` and `<scope>:write`."""

from __future__ import annotations

AREAS: dict[str, str] = {
    "products": "Products",
    "teams": "Teams and memberships",
    "goals": "Goals, versions, mappings and quarter results",
    "metrics": "Metrics",
    "observations": "Observations",
    "targets": "Team targets",
    "boards": "Boards and cards",
    "roadmap": "Weekly editions",
    "contests": "Contests and proposals",
}
SCOPES: dict[str, str] = {
    f"{area}:{right}": f"{label}: {'read' if right == 'read' else 'read and write'}"
    for area, label in AREAS.items()
    for right in ("read", "write")
}
