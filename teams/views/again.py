"""An invitation that came to nothing, written into the form of a new one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from teams.models import Invitation, Team


def invitation_initial(request: HttpRequest, team: Team | None = None) -> dict[str, Any]:
    """What the form starts with when the address names an earlier invitation (`?again=`); of `team` when given."""
    number = request.GET.get("again", "")
    rows = Invitation.objects.all() if team is None else Invitation.objects.filter(team=team)
    earlier = rows.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if earlier is None:
        return {}
    names = ("email", "display_name", "role", "organisation_role", "team")
    return {name: getattr(earlier, name) for name in names}
