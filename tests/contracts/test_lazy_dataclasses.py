"""Our ``dataclass`` makes what ``dataclasses.dataclass`` makes, whatever is asked of it first."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import partial
from types import FunctionType
from typing import Any

import pytest

import pytest_smartshard
from pytest_smartshard.lazy_dataclasses import lazy_dataclass

Shape = Callable[[Any], Any]
"""Writes a class, given the decorator's options bound to one of the two decorators."""


def one_field(dataclass: Any) -> Any:
    @dataclass
    class Value:
        """With a documentation."""

        one: int

    return Value


def no_field(dataclass: Any) -> Any:
    @dataclass
    class Value:
        pass

    return Value


def defaults(dataclass: Any) -> Any:
    @dataclass
    class Value:
        one: int
        two: str = "two"
        three: tuple[int, ...] | None = None

    return Value


def factories(dataclass: Any) -> Any:
    @dataclass
    class Value:
        one: int
        many: dict[str, int] = field(default_factory=dict)
        two: int = field(default=2)

    return Value


def left_out(dataclass: Any) -> Any:
    @dataclass
    class Value:
        one: int
        unseen: int = field(default=0, compare=False)
        unsaid: int = field(default=0, repr=False)

    return Value


def methods(dataclass: Any) -> Any:
    @dataclass
    class Value:
        one: int
        two: int = 2

        def __post_init__(self) -> None:
            if self.one < 0:
                raise ValueError("negative")

        @property
        def both(self) -> int:
            return self.one + self.two

        @classmethod
        def of(cls, one: int) -> Any:
            return cls(one=one)

        def __str__(self) -> str:
            return f"{self.one}/{self.two}"

    return Value


def own_comparison(dataclass: Any) -> Any:
    @dataclass
    class Value:
        one: int

        def __repr__(self) -> str:
            return "own"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 0

    return Value


SHAPES = (one_field, no_field, defaults, factories, left_out, methods, own_comparison)

OPTIONS: tuple[Mapping[str, bool], ...] = (
    {"slots": True},
    {"slots": True, "kw_only": True},
    {"slots": True, "frozen": True},
    {"slots": True, "frozen": True, "kw_only": True},
    {"slots": True, "frozen": True, "order": True},
    {"slots": True, "order": True},
)

ARGUMENTS: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    ((), {}),
    ((), {"one": 1}),
    ((), {"one": 2}),
    ((), {"one": 1, "two": 5}),
    ((), {"one": 1, "many": {"a": 1}}),
    ((), {"one": 1, "unseen": 3}),
    ((), {"one": 1, "unsaid": 3}),
    ((), {"one": -1}),
    ((1,), {}),
    ((1, 2), {}),
    ((1, 2, 3), {}),
    ((1, 2, 3, 4), {}),
    ((1,), {"one": 1}),
    ((), {"three": 3}),
    ((), {"one": 1, "unknown": 2}),
)


def id_of(options: object) -> str:
    return "-".join(options) if isinstance(options, Mapping) else ""


@pytest.fixture(params=SHAPES, ids=lambda shape: shape.__name__)
def shape(request: pytest.FixtureRequest) -> Shape:
    found: Shape = request.param
    return found


@pytest.fixture(params=OPTIONS, ids=id_of)
def both(shape: Shape, request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """The class as ours and as the real one."""
    return shape(lazy_dataclass(**request.param)), shape(dataclasses.dataclass(**request.param))


def outcome(of: Callable[[], object]) -> object:
    """What *of* returns, or what it raises, in a form that two classes of one name have in common."""
    try:
        return of()
    except Exception as error:  # noqa: BLE001 - whatever it is, the other one is to raise it too
        return type(error), str(error)


def values_of(cls: Any) -> list[Any]:
    """Of each of :data:`ARGUMENTS` a value, or the error."""
    return [outcome(partial(cls, *args, **named)) for args, named in ARGUMENTS]


def facts_of(cls: Any) -> object:
    """All that can be seen of a class from outside."""
    parameters = cls.__dataclass_params__
    return (
        cls.__name__,
        cls.__qualname__,
        cls.__module__,
        cls.__slots__,
        cls.__match_args__,
        str(inspect.signature(cls)),
        inspect.signature(cls.__init__).parameters.keys(),
        cls.__init__.__qualname__,
        cls.__annotations__,
        {name: getattr(parameters, name) for name in ("init", "repr", "eq", "order", "frozen")},
        [
            (f.name, f.type, repr(f.default), f.default_factory, f.compare, f.repr, f.init, f.hash, f.kw_only)
            for f in dataclasses.fields(cls)
        ],
    )


def test_the_class_looks_the_same(both: tuple[Any, Any]) -> None:
    ours, real = both
    assert facts_of(ours) == facts_of(real)
    assert dataclasses.is_dataclass(ours)


def test_values_are_made_or_refused_the_same(both: tuple[Any, Any]) -> None:
    ours, real = map(values_of, both)
    assert list(map(repr, ours)) == list(map(repr, real))
    assert any(dataclasses.is_dataclass(value) for value in ours)


ASKED: Mapping[str, Callable[[Any, Any], object]] = {
    "repr": lambda one, _: repr(one),
    "equal": lambda one, other: one == other,
    "equal to something else": lambda one, _: one == object(),
    "unequal": lambda one, other: one != other,
    "less": lambda one, other: one < other,
    "at most": lambda one, other: one <= other,
    "more": lambda one, other: one > other,
    "at least": lambda one, other: one >= other,
    "hash": lambda one, other: hash(one) == hash(other),
    "hash as that of its fields": lambda one, _: hash(one),
    "dict": lambda one, _: dataclasses.asdict(one),
    "replaced": lambda one, _: repr(dataclasses.replace(one)),
    "replaced by another": lambda one, _: repr(dataclasses.replace(one, one=7)),
    "replaced wrongly": lambda one, _: dataclasses.replace(one, unknown=7),
    "copied": lambda one, _: (repr(copy.copy(one)), copy.copy(one) == one),
    "copied deeply": lambda one, _: (repr(copy.deepcopy(one)), copy.deepcopy(one) == one),
    "text": lambda one, _: str(one),
    # What is no field, a real one refuses in another way in each version.
    "assigned": lambda one, _: setattr(one, "one", 5) if hasattr(one, "one") else None,
    "deleted": lambda one, _: delattr(one, "one") if hasattr(one, "one") else None,
    "no dict": lambda one, _: one.__dict__,
    "types": lambda one, _: (dataclasses.is_dataclass(one), type(one).__match_args__),
}
if sys.version_info >= (3, 13):
    ASKED = {**ASKED, "replaced by copy": lambda one, _: repr(copy.replace(one))}


@pytest.mark.parametrize("asked", ASKED)
def test_a_value_answers_the_same_when_this_is_what_is_asked_first(both: tuple[Any, Any], asked: str) -> None:
    """The classes are new in each test, so nothing has been made before."""
    answers = []
    for cls in both:
        made = [value for value in values_of(cls) if not isinstance(value, tuple)]
        answers.append([outcome(partial(ASKED[asked], a, b)) for a in made for b in made])
    ours, real = answers
    assert list(map(repr, ours)) == list(map(repr, real))


def test_a_frozen_value_refuses_what_is_no_field_too() -> None:
    value = one_field(lazy_dataclass(slots=True, frozen=True))(1)
    with pytest.raises(dataclasses.FrozenInstanceError) as refused:
        value.other = 1
    assert str(refused.value) == "cannot assign to field 'other'"
    with pytest.raises(dataclasses.FrozenInstanceError) as refused:
        del value.other
    assert str(refused.value) == "cannot delete field 'other'"


def test_values_match_by_position() -> None:
    cls = defaults(lazy_dataclass(slots=True))
    match cls(1, "b"):
        case cls(one, two):
            assert (one, two) == (1, "b")
        case _:
            pytest.fail("does not match")


def test_methods_are_made_once_and_only_those_that_are_used() -> None:
    cls = defaults(lazy_dataclass(slots=True, frozen=True, kw_only=True))
    was = dict(vars(cls))
    first = cls(one=1)
    init = vars(cls)["__init__"]
    assert isinstance(init, FunctionType)
    assert {name for name, value in vars(cls).items() if was.get(name) is not value} == {"__init__"}
    assert repr(first) == repr(cls(one=1))
    assert vars(cls)["__init__"] is init
    assert isinstance(vars(cls)["__eq__"], FunctionType)


def test_a_class_without_slots_is_not_made() -> None:
    with pytest.raises(AssertionError, match=r"^all dataclasses of this package have slots"):
        lazy_dataclass(slots=False)


def lazy_classes() -> dict[str, Any]:
    """All of the package's own, by their full names."""
    found = {}
    for module in pkgutil.walk_packages(pytest_smartshard.__path__, "pytest_smartshard."):
        if module.name.endswith("__main__"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and hasattr(value, "__written__"):
                found[f"{value.__module__}.{value.__qualname__}"] = value
    return found


def test_each_class_of_the_package_is_as_a_real_one() -> None:
    found = lazy_classes()
    assert len(found) > 100
    for cls in found.values():
        body, options = cls.__written__
        real: Any = dataclasses.dataclass(slots=True, **options)(type(cls.__name__, (), dict(body)))
        assert facts_of(cls) == facts_of(real)
        assert cls.__bases__ == (object,)
