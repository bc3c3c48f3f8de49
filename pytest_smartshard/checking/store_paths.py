"""Whether a path in a CI file takes the store, or the journals, along."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.pipeline import Carried

HOME = ".smartshard"
RUNS = "runs"
DURATIONS_FILE = ".test_durations"

_EVERYTHING = ("", ".", "..", "*", "**", "**/*", "~", "/")


def may_hold_store(paths: Iterable[str], checkout: Checkout) -> bool:
    """Whether the store, or everything, may be below one of *paths*; a variable may stand for anything."""
    return any(_may_hold(path, checkout) for path in paths)


def may_bring_store(carried: Carried, checkout: Checkout) -> bool:
    """As :func:`may_hold_store`; what names no path may bring anything."""
    return not carried.paths or may_hold_store(carried.paths, checkout)


def holds_store(paths: Iterable[str], checkout: Checkout) -> bool:
    """Whether one of *paths* is certainly the store or a folder of ours around it."""
    return any(
        _clean(path) in (checkout.store, HOME)
        or _clean(path).startswith(f"{checkout.store}/")
        or _clean(path).endswith(f"/{checkout.store}")
        for path in paths
    )


def mentions_store(words: Iterable[str], checkout: Checkout) -> bool:
    """Whether one of *words* names the store, its folder or the file of pytest-split."""
    return any(
        checkout.store in word or DURATIONS_FILE in word or (HOME in word and f"{HOME}/{RUNS}" not in word)
        for word in words
    )


def may_hold_journals(paths: Iterable[str]) -> bool:
    """Whether the journals, or everything, may be below one of *paths*."""
    return any(HOME in path or "$" in path or _clean(path) in _EVERYTHING for path in paths)


def _may_hold(path: str, checkout: Checkout) -> bool:
    clean = _clean(path)
    parts = checkout.store.split("/")
    around = ["/".join(parts[:length]) for length in range(1, len(parts))]
    return (
        clean in _EVERYTHING
        or clean in around
        or "$" in path
        or DURATIONS_FILE in path
        or clean.startswith("*")
        or checkout.store in path
        or (HOME in path and f"{HOME}/{RUNS}" not in path)
    )


def _clean(path: str) -> str:
    """Without quotes, a leading ``./`` and what stands for everything below."""
    bare = path.strip().strip("'\"").replace("\\", "/").removeprefix("./").rstrip("/")
    return bare.removesuffix("/**/*").removesuffix("/**").removesuffix("/*")
