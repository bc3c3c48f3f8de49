"""What was given for each option, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.settings.options import OPTIONS, Option


@dataclass(frozen=True, slots=True)
class Value:
    """A value with its origin. ``text`` is ``""`` where nobody gave one and the option has no default.

    ``origin`` names the option and value as whoever gave it wrote them: ``--shard=2/6``, ``SMARTSHARD_ENV=ci``
    or ``shard_scope = file``; ``""`` for a default. ``from_ini``: paths are relative to rootdir.
    """

    text: str
    origin: str = ""
    from_ini: bool = False

    @property
    def is_given(self) -> bool:
        return bool(self.origin)


def gather(
    flag_of: Callable[[str], object], ini_of: Callable[[str], object], environ: Mapping[str, str]
) -> dict[str, Value]:
    """The value of each option by name: the flag's, else the environment's, else the ini file's, else default.

    *flag_of* takes an option's name and returns None or False where it is not given; *ini_of* takes its ini name
    and returns what is empty or false.
    """
    return {option.name: _value(option, flag_of, ini_of, environ) for option in OPTIONS}


def _value(
    option: Option,
    flag_of: Callable[[str], object],
    ini_of: Callable[[str], object],
    environ: Mapping[str, str],
) -> Value:
    # An empty value counts as given: `--shard=$SHARD` with nothing in it must not run everything.
    if option.flag and (given := flag_of(option.name)) not in (None, False):
        return Value("yes", option.flag) if option.bare else Value(str(given), f"{option.flag}={given}")
    if option.env and (text := environ.get(option.env, "")):
        return Value(text, f"{option.env}={text}")
    if option.ini and (stated := ini_of(option.ini)):
        text = "yes" if option.bare else str(stated)
        return Value(text, f"{option.ini} = {'true' if option.bare else text}", from_ini=True)
    return Value(option.default)
