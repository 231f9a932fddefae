"""Access to board tools: created, changed and tried out. Credentials go in and never come out again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from common.audit import audit_record, changes
from common.errors import ApplicationError
from common.locking import version_claim
from roadmap.boards import BoardProvider, provider_get
from roadmap.boards.base import BOARD_KEY, CURSOR_KEY, BoardData, CheckResult
from roadmap.models import Board, BoardFile, Connection
from teams.models import Product, User


class ConnectionValuesError(ApplicationError):
    """The tool's settings do not hold together; `errors` gives the messages by field."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        field, messages = next(iter(errors.items()))
        super().__init__(messages[0], field=None if field == "__all__" else field)
        self.errors = errors


def connection_values_clean(
    *, kind: str, values: Mapping[str, Any], kept: Collection[str] = ()
) -> tuple[dict[str, Any], dict[str, str]]:
    """What a person or program gave for a tool, as (open settings, secrets).

    Secrets named in `kept` are stored already and may be left out. Raises ConnectionValuesError.
    """
    provider = provider_get(kind)
    form = provider.settings_form(data={name: value for name, value in values.items() if value is not None})
    for name in kept:
        form.fields[name].required = False
    if not form.is_valid():
        raise ConnectionValuesError(
            {field: [str(error) for error in errors] for field, errors in form.errors.items()}
        )
    return provider.config_split(form.cleaned_data)


@transaction.atomic
def connection_create(
    *, product: Product, kind: str, name: str, values: Mapping[str, Any], actor: User | None
) -> Connection:
    """Stores access to a board tool; the secrets among `values` are sealed. Nothing is called yet.

    Raises ConnectionValuesError, or PermanentError for a tool that is not known.
    """
    settings, secrets = connection_values_clean(kind=kind, values=values)
    connection = Connection(product=product, kind=kind, name=_name(name, kind), settings=settings)
    connection.full_clean(exclude=["sealed"])
    connection.save()
    if secrets:
        connection.secrets_set(secrets)
        connection.save(update_fields=["sealed"])
    audit_record(
        actor=actor,
        action="connection created",
        subject=connection,
        after={"tool": provider_get(kind).label, "name": connection.name, **_shown(kind, settings, secrets)},
        product_id=product.pk,
    )
    return connection


@transaction.atomic
def connection_update(
    *,
    connection: Connection,
    name: str,
    values: Mapping[str, Any],
    actor: User | None,
    expected_version: int | None,
) -> Connection:
    """Changes address, name or credentials; a secret left empty stays as it is stored.

    A new address needs the secrets again, so that nobody can have stored ones sent to a place of their choosing.
    Raises ConnectionValuesError or ConflictError.
    """
    settings, stored, given = _merged(connection, values)
    version_claim(connection, expected_version)
    secrets = {**stored, **given}
    before = {"name": connection.name, **_shown(connection.kind, connection.settings, stored)}
    connection.name, connection.settings = _name(name, connection.kind), settings
    connection.last_error = ""
    connection.full_clean(exclude=["sealed"])
    connection.secrets_set(secrets)
    connection.save()
    after = {"name": connection.name, **_shown(connection.kind, settings, secrets)}
    old, new = changes(before, after)
    if given:
        new["credentials"] = "entered again"
    audit_record(
        actor=actor,
        action="connection changed",
        subject=connection,
        before=old,
        after=new,
        product_id=connection.product_id,
    )
    return connection


def connection_try(
    *, kind: str, values: Mapping[str, Any], connection: Connection | None = None, board: str = ""
) -> CheckResult:
    """Calls the tool once with values that are not stored yet; nothing is written.

    `connection` lends its stored secrets where they are left out, on the same terms as a change of it. Raises
    ConnectionValuesError, or PermanentError and TransientError that say what to do.
    """
    if connection is None:
        settings, secrets = connection_values_clean(kind=kind, values=values)
    else:
        settings, stored, given = _merged(connection, values)
        secrets = {**stored, **given}
    return provider_get(kind)({**settings, **secrets, BOARD_KEY: board}).check()


def _merged(
    connection: Connection, values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """(open settings, stored secrets, secrets given anew) of a connection that is to be changed."""
    stored = connection.secrets_get() if connection.sealed and not _all_given(connection, values) else {}
    settings, given = connection_values_clean(kind=connection.kind, values=values, kept=set(stored))
    if stored and _leads_elsewhere(connection.settings, settings):
        missing = [field for field in stored if field not in given]
        if missing:
            raise ConnectionValuesError(
                {field: ["The address has changed: enter this again for the new place."] for field in missing}
            )
    return settings, stored, given


def connection_check(*, connection: Connection, now: datetime) -> CheckResult:
    """Calls the tool once and notes how it went. PermanentError or TransientError say what to do."""
    try:
        result = connection_provider(connection).check()
    except ApplicationError as error:
        Connection.objects.filter(pk=connection.pk).update(last_error=error.message)
        raise
    Connection.objects.filter(pk=connection.pk).update(last_ok_at=now, last_error="")
    return result


def board_check(*, board: Board, now: datetime) -> CheckResult:
    """Calls the tool once about this board and notes how it went. PermanentError or TransientError say what to do."""
    try:
        result = board_provider(board).check()
    except ApplicationError as error:
        Connection.objects.filter(pk=board.connection_id).update(last_error=error.message)
        raise
    Connection.objects.filter(pk=board.connection_id).update(last_ok_at=now, last_error="")
    return result


def connection_boards(*, connection: Connection) -> list[BoardData]:
    """The boards that the credentials can see; errors as `connection_check`."""
    return connection_provider(connection).boards()


def connection_provider(connection: Connection) -> BoardProvider:
    """The provider for the connection, with no board chosen."""
    return provider_get(connection.kind)({**connection.settings, **connection.secrets_get()})


def board_provider(board: Board) -> BoardProvider:
    """The provider for one board: the connection's settings and secrets, the board's own, its file when it has one."""
    connection = board.connection
    config: dict[str, Any] = {
        **connection.settings,
        **connection.secrets_get(),
        **board.settings,
        "name": board.name,
        BOARD_KEY: board.external_id,
        CURSOR_KEY: board.cursor,
    }
    provider = provider_get(connection.kind)
    file = BoardFile.objects.filter(board=board).first() if provider.is_upload else None
    if file is not None:
        config["content"] = bytes(file.content)
    return provider(config)


def _name(name: str, kind: str) -> str:
    return " ".join(name.split()) or provider_get(kind).label


def _shown(kind: str, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    return provider_get(kind).config_shown({**settings, **secrets})


def _all_given(connection: Connection, values: Mapping[str, Any]) -> bool:
    """True when every secret is entered anew: then unreadable stored ones do not matter."""
    fields = provider_get(connection.kind).secret_fields
    return bool(fields) and all(values.get(field) for field in fields)


def _leads_elsewhere(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """True when an address among the settings has another scheme, host or port than before."""
    for name, value in after.items():
        old = before.get(name)
        if value == old or not ("url" in name or "host" in name or "://" in str(value)):
            continue
        if urlsplit(str(value))[:2] != urlsplit(str(old))[:2] or "://" not in str(value):
            return True
    return False
