"""Which header of a file fills which field of a card: by a preset, or guessed from the headers. Pure."""

from __future__ import annotations

# What a header can fill, with the title shown when matching them.
CARD_FIELDS = {
    "id": "Id",
    "title": "Title",
    "column": "Column",
    "description": "Description",
    "labels": "Labels",
    "type": "Type",
    "priority": "Priority",
    "swimlane": "Swimlane",
    "assignee": "Assignee",
    "url": "Link",
    "created": "Created",
    "updated": "Updated",
    "start": "Start date",
    "due": "Due date",
    "done": "Finished",
    "blocked": "Blocked",
    "blocked_reason": "Why blocked",
    "closed": "Closed",
    "category": "Kind of column",
}
REQUIRED_FIELDS = ("title", "column")
PRESET_LABELS = {"plain": "Plain list", "jira_csv": "Jira, exported as CSV"}
# Two ready-made matchings; any other file starts from the headers that read like a field.
PRESETS: dict[str, dict[str, str]] = {
    "plain": dict(CARD_FIELDS),
    "jira_csv": {
        "id": "Issue key",
        "title": "Summary",
        "column": "Status",
        "description": "Description",
        "labels": "Labels",
        "type": "Issue Type",
        "priority": "Priority",
        "assignee": "Assignee",
        "created": "Created",
        "updated": "Updated",
        "due": "Due date",
        "done": "Resolved",
        "category": "Status Category",
    },
}
_SYNONYMS = {
    "id": ("id", "key", "card id", "issue key", "issue id", "task id", "number", "#"),
    "title": ("title", "name", "summary", "card", "card name", "task"),
    "column": ("column", "status", "state", "list", "list name", "stage", "column name"),
    "description": ("description", "desc", "notes"),
    "labels": ("labels", "label", "tags", "tag"),
    "type": ("type", "issue type", "category"),
    "priority": ("priority",),
    "swimlane": ("swimlane", "lane"),
    "assignee": ("assignee", "assignees", "owner", "members"),
    "url": ("url", "link"),
    "created": ("created", "created at", "creation date", "date created"),
    "updated": ("updated", "updated at", "modified", "last modified", "modification date"),
    "start": ("start", "start date"),
    "due": ("due", "due date"),
    "done": ("finished", "done", "completed", "completed at", "resolved", "done at"),
    "blocked": ("blocked",),
    "blocked_reason": ("why blocked", "blocked reason"),
    "closed": ("closed", "archived"),
    "category": ("kind of column", "status category", "category of status"),
}


def mapping_guess(headers: tuple[str, ...]) -> dict[str, str]:
    """Card field → header, for the headers that read like a field; a header is used once."""
    by_name = {" ".join(header.casefold().replace("_", " ").split()): header for header in reversed(headers)}
    mapping: dict[str, str] = {}
    for name, synonyms in _SYNONYMS.items():
        header = next((by_name[word] for word in synonyms if word in by_name), None)
        if header is not None and header not in mapping.values():
            mapping[name] = header
    return mapping


def mapping_from_preset(preset: str, headers: tuple[str, ...]) -> dict[str, str]:
    """The matching of one of `PRESETS`, without the fields whose header is not in the file; KeyError if unknown."""
    found = {header.casefold(): header for header in reversed(headers)}
    return {
        name: found[header.casefold()]
        for name, header in PRESETS[preset].items()
        if header.casefold() in found
    }
