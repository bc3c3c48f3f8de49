"""Which shards measure coverage, and what their pipelines do with it afterwards."""

from __future__ import annotations

from pytest_smartshard.checking.calls import ShardedCall, has_own_configuration
from pytest_smartshard.checking.programs import program
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.pipeline import Command


def uses_pytest_cov(call: ShardedCall, checkout: Checkout) -> bool:
    """Whether pytest-cov is on, by the command or by ``addopts`` of the checkout."""
    words = [*checkout.addopts, *call.arguments]
    on = any(word == "--cov" or word.startswith("--cov=") for word in words)
    off = "--no-cov" in words or "no:pytest_cov" in " ".join(words)
    return on and not off and not has_own_configuration(call)


def runs_under_coverage(call: ShardedCall) -> bool:
    """Whether ``coverage run`` starts pytest, with the configuration of the checkout."""
    words = call.command.words
    runs = any(program(word) == "coverage" for word in words) and "run" in words
    return runs and not has_own_rules(call.command) and not call.command.elsewhere


def has_own_rules(command: Command) -> bool:
    """Whether coverage may be told there to read another configuration than the checkout's."""
    options = ("--rcfile", "--cov-config")
    return "COVERAGE_RCFILE" in command.env or any(word.startswith(options) for word in command.words)


def coverage_command(command: Command, *names: str) -> bool:
    """Whether the command calls coverage with one of these subcommands."""
    words = command.words
    return any(program(word) == "coverage" for word in words) and any(name in words for name in names)
