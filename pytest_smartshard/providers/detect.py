"""What the environment says: which provider this is, which shard, which run.

Every function takes the environment as an argument. A variable that is empty counts as not set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pytest_smartshard.errors import UsageError
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.segment import ShardIndex, safe_name
from pytest_smartshard.providers.table import PROVIDERS, Base, Mark, Provider

Environ = Mapping[str, str]

_OFF = frozenset({"0", "false", "no", "off"})
_INTEGER = re.compile(r"-?[0-9]+")
_LONGEST_SHOWN = 60
_WHOLE = "or --shard=1/1 to run the whole suite in this job"


@dataclass(frozen=True, slots=True, kw_only=True)
class CiRun:
    """One run as the provider knows it.

    ``run`` is a safe file name, shared by all jobs of the run and never containing the attempt.
    ``attempt`` is 1-based, and None where the provider does not count re-runs or gives no usable number.
    """

    provider_name: str
    run: str
    attempt: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbering:
    """The pair of variables by which a provider numbers its parallel jobs, with their raw values."""

    provider: Provider
    index: str
    total: str
    base: Base
    index_value: str | None
    total_value: str | None


def detect_provider(environ: Environ) -> Provider | None:
    """The provider this process runs in, or None outside any CI.

    Where several match, it is the innermost: a test launcher before the CI system around it.
    """
    return next(iter(detected_providers(environ)), None)


def shard_from_environment(environ: Environ) -> ShardIndex | None:
    """The shard that ``--shard=auto`` stands for; None outside any CI, where ``auto`` means off.

    The result is 1-based whatever the provider's own base is. Raises UsageError where a CI gives no index
    and total, gives one without the other, gives values that are no shard, or counts something else.
    """
    provider = detect_provider(environ)
    if provider is None:
        return None
    if provider.never is not None:
        raise _usage_error(f"{_pair(provider)} cannot be used: they {provider.never}; {provider.mend}")
    numbering = _numbering(provider, environ)
    if numbering is None:
        raise _usage_error(
            f"{provider.name} (seen by {_seen_by(provider)}) sets no shard number and count; "
            f"{provider.mend}, {_WHOLE}"
        )
    shard = _shard(numbering)
    _refuse_excluded(provider, environ, shard)
    return shard


def run_identity(environ: Environ) -> CiRun | None:
    """The run and attempt this process belongs to; None outside a CI and where the CI names no run.

    A launcher such as Bazel has no run id of its own: then that of the CI system around it is taken.
    """
    for provider in detected_providers(environ):
        values = [_value(environ, variable) for variable in provider.run]
        known = [value for value in values if value is not None]
        if known and len(known) == len(values):
            run = safe_name("-".join([provider.slug, *known]))
            return CiRun(provider_name=provider.name, run=run, attempt=_attempt(provider, environ))
    return None


def touch_status_file(environ: Environ) -> bool:
    """Tell the test launcher (Bazel, Google Test) that this run shards, by touching the file it named.

    Bazel fails a sharded test that does not do this. Returns True if every file that was named could be
    touched, False if one could not or none was named; never raises OSError, because a run must not fail
    over it.
    """
    variables = [provider.status_file for provider in PROVIDERS if provider.status_file is not None]
    paths = {path for variable in variables if (path := _value(environ, variable)) is not None}
    touched = [_touch(Path(path)) for path in sorted(paths)]
    return bool(touched) and all(touched)


def detected_providers(environ: Environ) -> list[Provider]:
    """All whose marks are there, the innermost first."""
    return [p for p in PROVIDERS if all(_holds(mark, environ) for mark in p.detected_by)]


def _holds(mark: Mark, environ: Environ) -> bool:
    value = _value(environ, mark.variable)
    return value is not None and not (mark.switch and value.lower() in _OFF)


def _numbering(provider: Provider, environ: Environ) -> _Numbering | None:
    if provider.index is None or provider.total is None or provider.base is None:
        return None
    return _Numbering(
        provider=provider,
        index=provider.index,
        total=provider.total,
        base=provider.base,
        index_value=_value(environ, provider.index),
        total_value=_value(environ, provider.total),
    )


def _shard(numbering: _Numbering) -> ShardIndex:
    provider, index, total = numbering.provider, numbering.index_value, numbering.total_value
    if index is not None and total is not None:
        return _shard_from_pair(numbering, index, total)
    if index is not None:
        raise _half_missing(provider, _shown(numbering.index, index), numbering.total)
    if total is not None:
        if provider.total_one_is_whole and _integer(total) == 1:
            return ShardIndex(1, 1)
        raise _half_missing(provider, _shown(numbering.total, total), numbering.index)
    raise _usage_error(
        f"{provider.name} (seen by {_seen_by(provider)}) sets neither {numbering.index} nor "
        f"{numbering.total}; {provider.mend}, {_WHOLE}"
    )


def _half_missing(provider: Provider, present: str, missing: str) -> UsageError:
    return _usage_error(f"{provider.name} sets {present} without {missing}, and both are needed; {provider.mend}")


def _shard_from_pair(numbering: _Numbering, index_value: str, total_value: str) -> ShardIndex:
    provider, base = numbering.provider, numbering.base
    shown_index, shown_total = _shown(numbering.index, index_value), _shown(numbering.total, total_value)
    index, total = _integer(index_value), _integer(total_value)
    problems = []
    if index is None:
        problems.append(f"{shown_index}, which is not a whole number")
    if total is None:
        problems.append(f"{shown_total}, which is not a whole number")
    elif total < 1:
        problems.append(f"{shown_total}, which is less than 1")
    elif index is not None and not base <= index < base + total:
        problems.append(f"{shown_index} with {shown_total}, which is not within {base} to {base + total - 1}")
    if problems or index is None or total is None:  # the last two for the type checker
        raise _usage_error(*(f"{provider.name} sets {problem}; {provider.mend}" for problem in problems))
    return ShardIndex(index - base + 1, total)


def _refuse_excluded(provider: Provider, environ: Environ, shard: ShardIndex) -> None:
    excluded = provider.excluded
    # A single job is the whole suite, whatever the provider was counting.
    if excluded is None or shard.count == 1:
        return
    value = _value(environ, excluded.variable)
    if value is not None and excluded.pattern.search(value):
        raise _usage_error(
            f"{_pair(provider)} cannot be used with {_shown(excluded.variable, value)}: "
            f"they {excluded.reason}; {excluded.mend}"
        )


def _attempt(provider: Provider, environ: Environ) -> int | None:
    value = None if provider.attempt is None else _value(environ, provider.attempt)
    number = None if value is None else _integer(value)
    # The attempt only labels what a job leaves behind, so a broken one must not stop the tests.
    if number is None or number < provider.attempt_base:
        return None
    return number - provider.attempt_base + 1


def _value(environ: Environ, variable: str) -> str | None:
    return environ.get(variable, "").strip() or None


def _integer(text: str) -> int | None:
    # int() alone would also take "1_0" and digits of other scripts.
    if _INTEGER.fullmatch(text) is None:
        return None
    try:
        return int(text)
    except ValueError:  # more digits than Python converts
        return None


def _touch(path: Path) -> bool:
    try:
        path.touch()
    except OSError:
        return False
    return True


def _usage_error(*problems: str) -> UsageError:
    return UsageError([f"--shard=auto: {problem}" for problem in problems])


def _shown(variable: str, value: str) -> str:
    short = value if len(value) <= _LONGEST_SHOWN else f"{value[: _LONGEST_SHOWN - 3]}..."
    return f"{variable}={short!r}"


def _pair(provider: Provider) -> str:
    return f"{provider.index} and {provider.total} of {provider.name}"


def _seen_by(provider: Provider) -> str:
    return " and ".join(mark.variable for mark in provider.detected_by)
