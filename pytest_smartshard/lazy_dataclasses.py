"""``dataclass`` as ``dataclasses`` has it, whose methods are made when they are first used.

``dataclasses.dataclass`` compiles up to ten methods for each class, half a millisecond in all. A process that
runs one shard loads fifty such classes, makes values of most and compares few: all of that together would take
longer than planning a small suite does. Here ``__init__`` is compiled with the first value; all else there is, is
taken from a real dataclass once somebody asks for it.

Type checkers see ``dataclasses.dataclass`` itself; ``field``, ``replace`` and their like come from there. Covered
is what this package writes: slots, no base class, annotations as text (``from __future__ import annotations``),
no ClassVar, InitVar or KW_ONLY, and of ``field`` the arguments ``default``, ``default_factory``, ``compare`` and
``repr``. A frozen value refuses every assignment, also to what is no field.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

_Class = TypeVar("_Class", bound=type)


class _Late:
    """Stands in a class for its attribute *name*, until somebody asks for that and *make* puts it there."""

    __slots__ = ("_make", "_name")

    def __init__(self, name: str, make: Callable[[Any], None]) -> None:
        self._name = name
        self._make = make

    def __get__(self, instance: object, owner: type) -> Any:
        # For inspect.signature, what it looks at is the instance, and a class its owner.
        asked = instance if isinstance(instance, type) else owner
        made = next(cls for cls in asked.__mro__ if vars(cls).get(self._name) is self)
        self._make(made)
        value = vars(made)[self._name]
        return value.__get__(instance, owner) if hasattr(value, "__get__") else value


class _FromFactory:
    """The default of a parameter whose value a factory makes, as a signature shows it."""

    def __repr__(self) -> str:
        return "<factory>"


_FROM_FACTORY = _FromFactory()


def _make_init(made: Any) -> None:
    """Compile ``__init__``."""
    body, options = made.__written__
    frozen, kw_only = options.get("frozen", False), options.get("kw_only", False)
    names: dict[str, Any] = {"_from_factory": _FROM_FACTORY}
    parameters, lines = ["self", *(["*"] if kw_only and made.__slots__ else [])], []
    for name in made.__slots__:
        given: Any = body.get(name, dataclasses.MISSING)
        factory: Any = dataclasses.MISSING
        value = name
        if isinstance(given, dataclasses.Field):
            given, factory = given.default, given.default_factory
        if factory is not dataclasses.MISSING:
            names[f"_make_{name}"], given = factory, _FROM_FACTORY
            value = f"_make_{name}() if {name} is _from_factory else {name}"
        names[f"_default_{name}"] = given
        parameters.append(name if given is dataclasses.MISSING else f"{name}=_default_{name}")
        # The slot itself takes what a frozen class refuses, and is quicker than object.__setattr__.
        names[f"_set_{name}"] = vars(made)[name].__set__
        lines.append(f"_set_{name}(self, {value})" if frozen else f"self.{name} = {value}")
    if "__post_init__" in body:
        lines.append("self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n " + "\n ".join(lines or ["pass"]), names)
    init = names["__init__"]
    init.__qualname__, init.__module__ = f"{made.__qualname__}.__init__", made.__module__
    init.__annotations__ = {**made.__annotations__, "return": None}
    made.__init__ = init


def _make_fields(made: Any) -> None:
    """What ``dataclasses.replace`` looks at, which compiles nothing."""
    body, options = made.__written__
    # Where there is a documentation, dataclasses does not compose one.
    real = type(made)(made.__name__, (), {**body, "__doc__": "-"})
    dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=options.get("kw_only", False))(real)
    made.__dataclass_fields__ = vars(real)["__dataclass_fields__"]


def _make_others(made: Any) -> None:
    body, options = made.__written__
    real = vars(dataclasses.dataclass(slots=True, **options)(type(made)(made.__name__, (), dict(body))))
    for name, value in list(vars(made).items()):
        if isinstance(value, _Late) and name not in ("__init__", "__dataclass_fields__"):
            setattr(made, name, real[name])


def _refuse_assigning(_self: object, name: str, _value: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deleting(_self: object, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _late(*names: str) -> dict[str, Any]:
    return {name: _Late(name, _make_others) for name in names}


_ALWAYS: Mapping[str, Any] = {
    "__init__": _Late("__init__", _make_init),
    "__dataclass_fields__": _Late("__dataclass_fields__", _make_fields),
    **_late("__repr__", "__eq__", "__match_args__", "__dataclass_params__"),
    **(_late("__replace__") if sys.version_info >= (3, 13) else {}),
}
_FROZEN: Mapping[str, Any] = {
    **_late("__hash__", "__getstate__", "__setstate__"),
    "__setattr__": _refuse_assigning,
    "__delattr__": _refuse_deleting,
}
_ORDERED: Mapping[str, Any] = _late("__lt__", "__le__", "__gt__", "__ge__")


def lazy_dataclass(*, slots: bool, **options: bool) -> Callable[[_Class], _Class]:
    """What ``dataclass`` is at run time. *options* are ``frozen``, ``kw_only`` and ``order``; see there."""
    assert slots, "all dataclasses of this package have slots"
    late = {**_ALWAYS, **(_FROZEN if options.get("frozen") else {}), **(_ORDERED if options.get("order") else {})}

    def decorate(cls: _Class) -> _Class:
        fields = tuple(cls.__annotations__)
        written = {**vars(cls), "__qualname__": cls.__qualname__}
        del written["__dict__"], written["__weakref__"]
        own = {name: value for name, value in written.items() if name not in fields}
        body = {**late, **own, "__slots__": fields, "__written__": (written, options)}
        return type(cls)(cls.__name__, (), body)

    return decorate


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = lazy_dataclass
