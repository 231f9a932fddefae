"""`field__one_of=[…]`: like `in`, but with one parameter however many values there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Field, Lookup
from django.db.models.fields.related import ForeignObject

from common.sql import one_of

if TYPE_CHECKING:
    _Lookup = Lookup[Any]
else:
    _Lookup = Lookup  # cannot be subscripted at run time


@Field.register_lookup
@ForeignObject.register_lookup
class OneOf(_Lookup):
    """Numbers, text or dates as a column holds them, not instances. A thousand of them take Django's `in` some ten
    milliseconds to write down, a value at a time, and the database some more to read."""

    lookup_name = "one_of"

    def get_prep_lookup(self) -> list[Any]:
        """The values as a list."""
        return list(self.rhs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """The column, and `one_of` behind it."""
        column, params = self.process_lhs(compiler, connection)
        condition, values = one_of(self.rhs)
        return f"{column} {condition}", [*params, values]
