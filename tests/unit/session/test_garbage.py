"""How often Python looks for garbage while tests are collected."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from pytest_smartshard.session.garbage import AT_ONCE, rare_searches


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    """Thresholds that no test changes for others."""
    before = gc.get_threshold()
    gc.set_threshold(700, 11, 12)
    yield
    gc.set_threshold(*before)


def test_it_is_rare_meanwhile_and_as_before_afterwards() -> None:
    with rare_searches():
        assert gc.get_threshold()[:2] == (AT_ONCE, 11)
    assert gc.get_threshold()[:2] == (700, 11)


def test_it_is_as_before_after_an_error() -> None:
    with pytest.raises(KeyboardInterrupt), rare_searches():
        raise KeyboardInterrupt
    assert gc.get_threshold()[0] == 700


def test_what_someone_sets_meanwhile_stays() -> None:
    with rare_searches():
        gc.set_threshold(5_000, 11)
    assert gc.get_threshold()[0] == 5_000


@pytest.mark.parametrize("never", [0, AT_ONCE, 1_000_000])
def test_who_searches_as_rarely_already_is_left_alone(never: int) -> None:
    gc.set_threshold(never, 5)
    with rare_searches():
        assert gc.get_threshold()[:2] == (never, 5)
    assert gc.get_threshold()[:2] == (never, 5)
