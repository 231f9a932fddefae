"""Two people edit one thing: the second is told, nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from common.errors import ConflictError
from common.locking import version_claim


def test_it_takes_the_next_version(product: Any) -> None:
    version_claim(product, 1)

    product.refresh_from_db()
    assert product.version == 2


def test_it_refuses_the_second_of_two_editors_and_shows_what_stands_now(product: Any) -> None:
    version_claim(product, 1)

    with pytest.raises(ConflictError) as raised:
        version_claim(product, 1)

    assert raised.value.current.version == 2
