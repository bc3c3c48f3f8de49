"""Calls of pytest that run one shard of several, and what their jobs do besides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pytest_smartshard.checking.programs import is_known, pytest_arguments, value_of
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.pipeline import Command, Job, Pipeline, Spot

AUTO, OFF = "auto", "off"

_OWN_CONFIGURATION = ("-c", "--rootdir", "--config-file")
_VARIABLE = re.compile(r"\$\{\{env\.(\w+)\}\}|\$\{(\w+)\}|\$(\w+)")
_NOT_A_RUN = frozenset({"--collect-only", "--co", "--help", "-h", "--version", "-V", "--fixtures", "--markers"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardedCall:
    """One call of pytest with ``--shard``: its ``value``, and the ``arguments`` that follow ``pytest``."""

    pipeline: Pipeline
    job: Job
    command: Command
    value: str
    arguments: tuple[str, ...]

    @property
    def spot(self) -> Spot:
        return Spot(self.pipeline.path, self.command.line)

    @property
    def number(self) -> str:
        """The K of K/N as written, ``""`` for other values."""
        return self._parts[0]

    @property
    def count(self) -> str:
        """The N of K/N as written, ``""`` for other values."""
        return self._parts[1]

    @property
    def _parts(self) -> tuple[str, str]:
        before, slash, after = self.value.rpartition("/")
        return (before, after) if slash else ("", "")

    @property
    def is_one_of_several(self) -> bool:
        """Whether there are certainly shards besides this one."""
        if self.value == AUTO:
            copies = len(self.job.matrix.cells) if self.job.matrix else 1
            return (self.job.parallel or 0) > 1 or copies > 1
        if not self.number:
            return self.value.startswith("${{matrix.") and self.job.matrix is not None
        return self.count != "1"

    def resolved(self, text: str) -> str:
        """*text* with the variables that its job sets put in, as far as they are known."""
        return resolved(text, self.command.env)


def resolved(text: str, env: Mapping[str, str]) -> str:
    """*text* with values in the place of ``$NAME``, ``${NAME}`` and ``${{env.NAME}}``, which may name others."""
    for _ in range(3):
        after = _VARIABLE.sub(lambda match: _compact(env.get(_name_in(match), match[0])), text)
        if after == text:
            break
        text = after
    return text


def _name_in(match: re.Match[str]) -> str:
    return next(name for name in match.groups() if name)


def _compact(text: str) -> str:
    return "".join(text.split()) if "${{" in text else text


def sharded_calls(checkout: Checkout) -> Iterator[ShardedCall]:
    """Every call that runs one shard of several, in the order of the files."""
    for pipeline in checkout.pipelines:
        for job in pipeline.jobs:
            for command in job.commands:
                call = _sharded(pipeline, job, command, checkout.addopts)
                if call is not None and call.is_one_of_several:
                    yield call


def has_own_configuration(call: ShardedCall) -> bool:
    """Whether another ini file than the checkout's may count for it, or other words than its ``addopts``."""
    return _has_own(call.command, call.arguments)


def _has_own(command: Command, arguments: Sequence[str]) -> bool:
    return (
        command.elsewhere
        or "PYTEST_ADDOPTS" in command.env
        or any(
            word.partition("=")[0] in _OWN_CONFIGURATION
            or word.startswith(("-oaddopts", "addopts=", "--override-ini"))
            for word in arguments
        )
    )


def _sharded(pipeline: Pipeline, job: Job, command: Command, addopts: tuple[str, ...]) -> ShardedCall | None:
    arguments = pytest_arguments(command.words)
    if arguments is None or _NOT_A_RUN & set(arguments) or "no:smartshard" in " ".join(arguments):
        return None
    value = value_of("--shard", arguments)
    if value is None and not _has_own(command, arguments):
        value = value_of("--shard", addopts)
    if not value or value == OFF:
        return None
    whole = resolved(value, command.env)
    return ShardedCall(pipeline=pipeline, job=job, command=command, value=whole, arguments=arguments)


def all_words(job: Job) -> Iterator[str]:
    for command in job.commands:
        yield from command.words


def does_more_than_we_see(job: Job) -> bool:
    """Whether something in the job may bring, keep or merge files unseen: a script, a tool, an action."""
    return job.opaque or any(not is_known(command.words) for command in job.commands)
