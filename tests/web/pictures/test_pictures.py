"""The pictures of the documentation show the pages as they are."""

from __future__ import annotations

import pytest

from .record import DOCS, PICTURES, recorded, state_of


@pytest.mark.parametrize("picture", sorted(recorded()))
def test_it_is_as_new_as_its_page(picture: str) -> None:
    assert (DOCS / picture).is_file()
    assert recorded()[picture] == state_of(picture), f"docs/{picture} is older than its page: run `make pictures`"


def test_no_other_picture_is_recorded() -> None:
    assert set(recorded()) == set(PICTURES)
