"""A Jira and its boards. Which dialect it speaks, Cloud's or Data Center's, it is asked first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from common.errors import PermanentError, TransientError
from common.http import HttpClient, StatusError
from roadmap.boards.jira_answers import UNKNOWN_SHAPE
from roadmap.boards.jira_calls import EMAIL_MISSING, GATEWAY, JiraCalls, dict_require, list_require
from roadmap.boards.paging import pages

BOARDS_PAGE = 50
BOARD_PAGES = 100
_CLOUD_HOSTS = (".atlassian.net", ".jira.com")
_NO_JIRA = (
    "There is no Jira at this address: {host} has no /rest/api/2/serverInfo below it. Enter the address at which Jira "
    "opens, without a page."
)
_NO_BOARDS = "{host} is a Jira without boards: Jira Software is not installed or not licensed there. Choose another Jira."


class JiraSite(JiraCalls):
    """One Jira whose dialect and credentials are known to be right; made by `connect`."""

    def __init__(
        self, client: HttpClient, info: Mapping[str, Any], *, is_cloud: bool, has_email: bool, base_url: str
    ) -> None:
        super().__init__(client, is_cloud=is_cloud, has_email=has_email)
        self.version = str(info.get("version") or "")
        told = str(info.get("displayUrl") or info.get("baseUrl") or "")
        # A token with scopes is used at Atlassian's gateway, which has no pages: the site says where they are.
        self.web_url = (told if is_cloud and told.startswith("https://") else base_url).rstrip("/")

    @classmethod
    def connect(cls, client: HttpClient, *, base_url: str, has_email: bool) -> JiraSite:
        """Finds out which dialect is spoken, and that the credentials are somebody's."""
        guess = client.host == GATEWAY or client.host.endswith(_CLOUD_HOSTS)
        # Asked with the credentials: some Data Centers answer nothing without.
        unknown = JiraCalls(client, is_cloud=guess, has_email=has_email)
        words = unknown.login_words() | dict.fromkeys((404, 405, 410), (_NO_JIRA, "base_url"))
        info = dict_require(unknown.get("rest/api/2/serverInfo", words=words))
        if not info.get("version") and not info.get("baseUrl"):
            raise PermanentError(_NO_JIRA.replace("{host}", client.host), field="base_url")
        is_cloud = _is_cloud(info, guess)
        site = cls(client, info, is_cloud=is_cloud, has_email=has_email, base_url=base_url)
        if is_cloud and not has_email:
            raise PermanentError(EMAIL_MISSING[0], field=EMAIL_MISSING[1])
        dict_require(site.get(f"{site.api}/myself", words=site.login_words()))
        return site

    def boards(self, project: str = "") -> Iterator[Mapping[str, Any]]:
        """The boards that the credentials can see, of one project where its key is given."""
        seen: set[str] = set()

        def read(start: int | None) -> tuple[list[Any], int | None]:
            page = self._boards_page(project, start or 0, BOARDS_PAGE)
            values = list_require(page, "values")
            following, total, is_last = (start or 0) + len(values), page.get("total"), page.get("isLast")
            if not isinstance(is_last, bool):
                is_last = following >= total if isinstance(total, int) else len(values) < BOARDS_PAGE
            ids = {str(board.get("id")) for board in values if isinstance(board, dict)}
            if not is_last and ids <= seen:
                raise TransientError(
                    f"{self.client.host} lists the same boards again and again. Try again later."
                )
            seen.update(ids)
            if following >= BOARD_PAGES * BOARDS_PAGE and not is_last:
                raise PermanentError(
                    f"{self.client.host} has more than {following:,} boards. Enter a project's key to list only its "
                    "boards.",
                    field="project_key",
                )
            return values, None if is_last else following

        for values in pages(read, host=self.client.host):
            yield from (board for board in values if isinstance(board, dict))

    def boards_count(self, project: str = "") -> int | None:
        """How many boards there are, where Jira tells it."""
        total = self._boards_page(project, 0, 1).get("total")
        return total if isinstance(total, int) else None

    def _boards_page(self, project: str, start: int, size: int) -> Mapping[str, Any]:
        params: dict[str, str | int] = {"startAt": start, "maxResults": size}
        words: dict[int, tuple[str, str | None]] = {404: (_NO_BOARDS, "base_url")}
        if project:
            params["projectKeyOrId"] = project
            sentence = (
                f"{{host}} shows no project {project} to this account. Check its key, or leave it empty."
            )
            words |= dict.fromkeys((400, 404), (sentence, "project_key"))
        return dict_require(self.get("rest/agile/1.0/board", params=params, words=words))

    def configuration(self, board_id: int) -> Mapping[str, Any]:
        """The board's columns, filter and estimation."""
        try:
            return dict_require(self.get(f"rest/agile/1.0/board/{board_id}/configuration", raw=[404]))
        except StatusError as error:
            # Without Jira Software there are no board calls at all, which is answered by a page or by nothing.
            if error.response.content_type != "application/json":
                raise PermanentError(
                    _NO_BOARDS.replace("{host}", self.client.host), field="base_url"
                ) from None
            raise PermanentError(
                f"{self.client.host} shows no board {board_id} to this account. It was removed, or its project is not "
                "open to the account. Choose a board from the list, or give the account access.",
                field="board",
            ) from None

    def filter_jql(self, filter_id: str) -> str:
        """The search that the board's saved filter stands for."""
        sentence = (
            f"The board's saved filter ({filter_id}) is not open to this account. In Jira, share the filter with it: "
            "board settings → General → Saved filter."
        )
        words = dict.fromkeys((400, 403, 404), (sentence, "board"))
        jql = dict_require(self.get(f"{self.api}/filter/{filter_id}", words=words)).get("jql")
        if not isinstance(jql, str):
            raise PermanentError(UNKNOWN_SHAPE)
        return jql


def _is_cloud(info: Mapping[str, Any], guess: bool) -> bool:
    told = info.get("deploymentType")
    if isinstance(told, str) and told:
        return told.casefold() == "cloud"
    # Left out by old servers and by Atlassian's own example of Cloud, which has a version like no server's.
    return guess or str(info.get("version") or "").startswith("1001.")
