"""A Jira's issues and their changelogs, in both dialects.

Cloud searches by `POST /rest/api/3/search/jql` with a token for the next page and no total, and gives many changelogs
at once. Data Center searches by `POST /rest/api/2/search` with `startAt` and `total`, and gives changelogs only inside
a search. Either one answers 404 or 410 to the other's search.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from common.errors import PermanentError
from common.http import StatusError
from roadmap.boards.jira_answers import UNKNOWN_SHAPE
from roadmap.boards.jira_calls import REFUSALS, Words, dict_require, list_require
from roadmap.boards.jira_moves import (
    STATUS_FIELD,
    Entries,
    entries_of_bulk,
    entries_of_issue,
    entries_of_search,
)
from roadmap.boards.jira_site import JiraSite
from roadmap.boards.paging import pages

PAGE = 100  # with fields, Jira Cloud gives no more
BULK = 1000  # issues in one call for changelogs
LOG_BATCH = 50  # issues with their changelogs in one answer of Data Center
SINGLE_LIMIT = 500  # changelogs asked one by one in a read
_HIDDEN = "Jira does not show this account the issues' history; moves are seen between two reads."


@dataclass
class IssueList:
    """The issues of a search as they came; `is_whole` is false when some may be missing, which `notes` say."""

    issues: list[Any] = field(default_factory=list)
    is_whole: bool = True
    notes: list[str] = field(default_factory=list)

    def lacks(self, note: str) -> None:
        """Notes why some issues may be missing."""
        self.is_whole = False
        self.notes.append(note)


@dataclass
class ChangeLogs:
    """Changelog entries by issue id; `told` are the issues whose changelog was read to its end."""

    entries: Entries = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def add(self, entries: Mapping[str, Iterable[Any]]) -> None:
        """Takes entries in, also of an issue whose other entries came before."""
        for issue_id, histories in entries.items():
            self.entries.setdefault(issue_id, []).extend(histories)


def issues_count(site: JiraSite, jql: str) -> int | None:
    """About how many issues a search finds; refused where the search is."""
    body: dict[str, Any] = {"jql": jql}
    if site.is_cloud:
        path, name = "search/approximate-count", "count"
    else:
        path, name, body["maxResults"] = "search", "total", 0
    count = dict_require(site.post(f"{site.api}/{path}", body, words=_search_words(site))).get(name)
    return count if isinstance(count, int) else None


def issues_read(site: JiraSite, jql: str, fields: Sequence[str], **more: Any) -> IssueList:
    """Every issue that a search finds; `more` goes into the body of Data Center's call."""
    return _issues_cloud(site, jql, fields) if site.is_cloud else _issues_center(site, jql, fields, more)


def _issues_cloud(site: JiraSite, jql: str, fields: Sequence[str]) -> IssueList:
    found = IssueList()

    def read(token: str | None) -> tuple[list[Any], str | None]:
        body: dict[str, Any] = {"jql": jql, "fields": list(fields), "maxResults": PAGE}
        if token is not None:
            body["nextPageToken"] = token
        page = dict_require(site.post(f"{site.api}/search/jql", body, words=_search_words(site)))
        issues, following, is_last = (
            list_require(page, "issues"),
            page.get("nextPageToken"),
            page.get("isLast"),
        )
        if not following:
            if is_last is False:
                found.lacks(
                    "Jira says that it has more issues, but not how to ask for them; some may be missing."
                )
            return issues, None
        # "isLast" is not always right: a token is followed unless it leads nowhere.
        ends = is_last is True and (not issues or following == token)
        return issues, None if ends else str(following)

    for page in pages(read, host=site.client.host):
        found.issues += page
    return found


def _issues_center(site: JiraSite, jql: str, fields: Sequence[str], more: Mapping[str, Any]) -> IssueList:
    found = IssueList()
    totals: list[int] = []

    def read(start: int | None) -> tuple[list[Any], int | None]:
        body = {"jql": jql, "fields": list(fields), "startAt": start or 0, "maxResults": PAGE, **more}
        page = dict_require(site.post(f"{site.api}/search", body, words=_search_words(site)))
        issues, total = list_require(page, "issues"), page.get("total")
        if not isinstance(total, int):
            raise PermanentError(UNKNOWN_SHAPE)
        totals.append(total)
        following = (start or 0) + len(issues)
        if following >= total:
            return issues, None
        if not issues:
            found.lacks(
                f"Jira counts {total} issues but gives {following}; its search index may need to be built again."
            )
            return issues, None
        return issues, following

    for page in pages(read, host=site.client.host):
        found.issues += page
    if any(later < earlier for earlier, later in pairwise(totals)):
        # What comes after a removed issue moves up by one place, over the edge of a page.
        found.lacks("Issues went from the list while it was read; some may be missing.")
    elif found.is_whole and len({_id(issue) for issue in found.issues}) < totals[-1]:
        found.lacks("Jira gave some issues twice in the place of others, which may be missing.")
    return found


def _id(issue: Any) -> str:
    return str(issue.get("id")) if isinstance(issue, dict) else ""


def changelogs_read(site: JiraSite, ids: Iterable[str]) -> ChangeLogs:
    """The changelogs of the issues `ids`, in this order; what cannot be read is noted and left out."""
    asked = [
        issue_id for issue_id in ids if issue_id.isdecimal()
    ]  # they become part of addresses and searches
    if not asked:
        return ChangeLogs()
    return _changelogs_cloud(site, asked) if site.is_cloud else _changelogs_center(site, asked)


def _changelogs_cloud(site: JiraSite, ids: Sequence[str]) -> ChangeLogs:
    logs = ChangeLogs()
    for start in range(0, len(ids), BULK):
        part = ids[start : start + BULK]
        try:
            logs.add(_bulk(site, part))
        except PermanentError:  # not open to a token without its scope, and a newer call than the others
            return _changelogs_single(site, ids[start:], logs)
        logs.told.update(part)
    return logs


def _bulk(site: JiraSite, ids: Sequence[str]) -> Entries:
    """Many changelogs at once, narrowed to changes of the status; one issue's may be spread over pages."""
    gathered = ChangeLogs()

    def read(token: str | None) -> tuple[Entries, str | None]:
        body: dict[str, Any] = {"issueIdsOrKeys": ids, "fieldIds": [STATUS_FIELD], "maxResults": BULK}
        if token is not None:
            body["nextPageToken"] = token
        page = site.post(f"{site.api}/changelog/bulkfetch", body, raw=REFUSALS)
        entries = entries_of_bulk(page)
        if entries is None:
            raise PermanentError(UNKNOWN_SHAPE)
        return entries, str(page["nextPageToken"]) if page.get("nextPageToken") else None

    for entries in pages(read, host=site.client.host):
        gathered.add(entries)
    return gathered.entries


def _changelogs_single(site: JiraSite, ids: Sequence[str], logs: ChangeLogs) -> ChangeLogs:
    for issue_id in ids[:SINGLE_LIMIT]:
        try:
            logs.add({issue_id: _single(site, issue_id)})
        except PermanentError as error:
            if isinstance(error, StatusError) and error.status == 404:  # removed since the search
                continue
            logs.notes.append(_HIDDEN)
            return logs
        logs.told.add(issue_id)
    if len(ids) > SINGLE_LIMIT:
        logs.notes.append(f"The history of {len(ids) - SINGLE_LIMIT} issues waits for the next read.")
    return logs


def _single(site: JiraSite, issue_id: str) -> list[Any]:
    def read(start: int | None) -> tuple[list[Any], int | None]:
        params: dict[str, str | int] = {"startAt": start or 0, "maxResults": PAGE}
        page = site.get(f"{site.api}/issue/{issue_id}/changelog", params=params, raw=REFUSALS)
        values = entries_of_issue(page)
        if values is None:
            raise PermanentError(UNKNOWN_SHAPE)
        following, total = (start or 0) + len(values), page.get("total")
        is_last = following >= total if isinstance(total, int) else page.get("isLast") is not False
        return values, None if is_last or not values else following

    return [history for values in pages(read, host=site.client.host) for history in values]


def _changelogs_center(site: JiraSite, ids: Sequence[str]) -> ChangeLogs:
    logs = ChangeLogs()
    cut = 0
    for start in range(0, len(ids), LOG_BATCH):
        part = ids[start : start + LOG_BATCH]
        jql = f"issue in ({', '.join(part)}) ORDER BY created ASC, key ASC"
        try:
            # Not validated, because an issue removed since the search would make the whole call an error.
            found = issues_read(site, jql, [STATUS_FIELD], expand=["changelog"], validateQuery=False)
        except PermanentError:
            logs.notes.append(_HIDDEN)
            break
        for issue in found.issues:
            told = entries_of_search(issue)
            if told is None:
                continue
            histories, is_whole = told
            cut += not is_whole
            logs.add({str(issue.get("id")): histories})
            logs.told.add(str(issue.get("id")))
    if cut:
        logs.notes.append(f"Jira keeps older history back for {cut} issues; their first moves are not known.")
    return logs


def _search_words(site: JiraSite) -> Words:
    other = "Data Center" if site.is_cloud else "Cloud"
    sentence = (
        f"{{host}} says that it is a {site.name}, but does not know its search: {{reason}}. It may be a Jira {other} "
        "behind another address, or a version that is too old. Enter Jira's own address."
    )
    return {
        400: ("Jira refuses the search of the board's filter: {reason}. Mend the filter in Jira.", "board"),
        **dict.fromkeys((404, 405, 410), (sentence, "base_url")),
    }
