"""Where the goal of the fixtures stands, and how its pages are fetched."""

from __future__ import annotations

GOALS = "/p/fieldnote/goals/"
GOAL = "/p/fieldnote/goals/customers-stay/"


def page(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()
