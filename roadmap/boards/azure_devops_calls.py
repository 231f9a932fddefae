"""Calls to Azure DevOps: its versions, its refusals and its sign-in pages, as sentences that say what to do.

Azure DevOps answers a token that is wrong or has expired with its sign-in page (status 203, or 302 to it) as often as
with 401, so a web page is never taken for a wrong address alone, and no redirect is followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from common.errors import ApplicationError, PermanentError
from common.http import HttpClient, HttpResponse, StatusError
from common.retrying import seconds_until

UNKNOWN_SHAPE = (
    "Azure DevOps answered in a shape that this version of Bearing does not know. Check that the address is an "
    "organisation of Azure DevOps or a collection of an Azure DevOps Server 2020 or newer, and tell whoever runs "
    "Bearing."
)
# Services take all of these; a server knows those of its own time.
_VERSIONS = ("7.1", "7.1-preview", "6.0", "6.0-preview")
_SIGN_IN = ("signin", "sign-in", "login")


class AzureCalls:
    """Calls below one organisation or collection."""

    def __init__(self, client: HttpClient) -> None:
        self.client = client
        self.host = client.host
        self._version = 0
        self._pause = 0.0

    def get(self, path: str, **params: str | int) -> Any:
        """The JSON of a GET; a `_` at the start of a parameter's name stands for `$`. Errors as `post`."""
        return self._ask("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, Any], **params: str | int) -> Any:
        """The JSON of a POST that only reads.

        Raises RefusedError (a StatusError's sentence, with status and words), PermanentError for a sign-in page, and
        TransientError where a later try may do.
        """
        return self._ask("POST", path, params=params, body=body)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int],
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        named = {f"${name[1:]}" if name.startswith("_") else name: value for name, value in params.items()}
        while True:
            if self._pause:
                self.client.pause(self._pause)
            try:
                response = self.client.request(
                    method,
                    path,
                    params={**named, "api-version": _VERSIONS[self._version]},
                    json_body=body,
                    safe=True,
                )
            except StatusError as error:
                refused = self._refused(error)
                if not refused.is_version or self._version + 1 == len(_VERSIONS):
                    raise refused from None
                self._version += 1
                continue
            # Asked for also with a good answer, before calls are refused.
            asked = seconds_until(response.headers.get("Retry-After", ""), now=datetime.now(UTC))
            self._pause = asked or 0.0
            if "html" in response.content_type:
                raise sign_in_error(self.host, response.status)
            return response.json()

    def _refused(self, error: StatusError) -> RefusedError:
        key, words = _told(error.response)
        words = self.client.scrub(words)[:200].rstrip(".")
        return RefusedError.of(error, key=key, words=words)


class RefusedError(PermanentError):
    """A refusal; `status`, `key` (the tool's name for the error) and `words` let a call say more precisely what to do."""

    def __init__(self, message: str, *, status: int, key: str, words: str, field: str | None) -> None:
        super().__init__(message, field=field)
        self.status = status
        self.key = key
        self.words = words

    @property
    def is_version(self) -> bool:
        """True when the call would be fine in another version of the API."""
        return self.status == 400 and "version" in self.key.lower()

    @classmethod
    def of(cls, error: StatusError, *, key: str, words: str) -> RefusedError:
        """The refusal in a sentence for whoever connects the board."""
        host, status = error.response.host, error.status
        message, field = error.message, error.field
        if 300 <= status < 400:
            target = error.response.headers.get("Location", "").lower()
            if any(word in target for word in _SIGN_IN):
                message, field = sign_in_error(host, status).message, "token"
        elif status == 401:
            message, field = f"{host} refused the token (401). {_ADVICE}", "token"
        elif status == 403:
            message, field = (
                (
                    f"{host} knows the token but does not let it read this (403){_because(words)}. Make a token with the "
                    "scope Work Items (Read), and give its owner access to the project."
                ),
                "token",
            )
        elif status in {404, 410}:
            message, field = _not_found(host, status, key)
        elif status == 400 and "version" in key.lower():
            message, field = (
                (f"The Azure DevOps Server at {host} is too old to be read. Update it to 2020 or newer."),
                "base_url",
            )
        elif words:
            message, field = f"{host} refused the call (status {status}): {words}.", None
        return cls(message, status=status, key=key, words=words, field=field)


_ADVICE = (
    "It is wrong, has expired, was revoked or belongs to another organisation: make a new one in Azure DevOps, User "
    "settings → Personal access tokens, and enter it here."
)


def sign_in_error(host: str, status: int) -> PermanentError:
    """The sign-in page in place of data, which is how Azure DevOps refuses a token without saying so."""
    return PermanentError(
        f"{host} answered with its sign-in page instead of data (status {status}): it does not accept the token. "
        f"{_ADVICE} If the token is new, check the address.",
        field="token",
    )


def _not_found(host: str, status: int, key: str) -> tuple[str, str]:
    if "Project" in key:
        return (
            f"{host} has no project of this name, or the token's owner cannot see it. Check its spelling.",
            "project",
        )
    if key.startswith("Team") and "Foundation" not in key:
        return (
            f"{host} has no such team in this project. Check its spelling, or choose the board again.",
            "team",
        )
    if key:
        return (
            f"{host} has no such board, or its team no longer uses it ({status}). Choose a board from the list again."
        ), "board"
    return (
        f"There is no Azure DevOps at this address ({host} answers {status}). Enter the organisation, like "
        "https://dev.azure.com/your-organisation, or the collection of your server."
    ), "base_url"


def _because(words: str) -> str:
    return f": {words}" if words else ""


def _told(response: HttpResponse) -> tuple[str, str]:
    """(the tool's name for an error, its words); empty where the answer is no JSON of the usual shape."""
    try:
        body = response.json()
    except ApplicationError:  # an empty or broken body tells nothing, and the status speaks for itself
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    return str(body.get("typeKey") or ""), str(body.get("message") or "")
