"""The one option table: every flag, ini value and environment variable of the plugin.

This module is imported by every pytest run, so it needs nothing but the standard library's lightest parts
(and PYTEST_DONT_REWRITE, see :mod:`pytest_smartshard.plugin`).
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_smartshard import choices


class Option:
    """One option and where it may be given; ``""`` where it may not.

    ``choices`` is empty where any text will do. A ``bare`` flag takes no value. No dataclass and no named tuple:
    making either costs every pytest run a third of a millisecond.
    """

    __slots__ = ("about", "bare", "choices", "default", "env", "flag", "ini", "metavar", "name")

    def __init__(
        self,
        *,
        name: str,
        about: str,
        flag: str = "",
        ini: str = "",
        env: str = "",
        metavar: str = "",
        default: str = "",
        choices: tuple[str, ...] = (),
        bare: bool = False,
    ) -> None:
        self.name = name
        self.about = about
        self.flag = flag
        self.ini = ini
        self.env = env
        self.metavar = metavar
        self.default = default
        self.choices = choices
        self.bare = bare


OPTIONS: tuple[Option, ...] = (
    Option(
        name="shard",
        # No environment variable: every pytest that a test of the suite starts would inherit it, and be sharded.
        flag="--shard",
        metavar="K/N",
        about="Run shard K of N (1-based), 'auto' to take both from the CI's own variables, 'off' for none.",
    ),
    Option(
        name="shard_run",
        flag="--shard-run",
        env="SMARTSHARD_RUN",
        metavar="ID",
        about="Name of the run, the same for all its shards. Default: the CI's own, else the open local run.",
    ),
    Option(
        name="shard_env",
        flag="--shard-env",
        env="SMARTSHARD_ENV",
        metavar="NAME",
        about="Name of the environment, whose durations are kept apart. Default: system and Python version.",
    ),
    Option(
        name="shard_suite",
        ini="shard_suite",
        about="Name of the suite. Default: rootdir relative to the repository.",
    ),
    Option(
        name="shard_store",
        flag="--shard-store",
        ini="shard_store",
        env="SMARTSHARD_STORE",
        metavar="PATH",
        about="Where durations are kept: a folder with a file for each segment, or one .json file. "
        "Default: .smartshard/durations below rootdir.",
    ),
    Option(
        name="shard_record",
        flag="--shard-record",
        ini="shard_record",
        bare=True,
        about="Record durations also without --shard.",
    ),
    Option(
        name="shard_scope",
        ini="shard_scope",
        default="test",
        choices=choices.SCOPES,
        about="What is never divided between shards: test, class or file.",
    ),
    Option(
        name="shard_packer",
        flag="--shard-packer",
        ini="shard_packer",
        metavar="NAME",
        default="lpt",
        choices=choices.PACKERS,
        about="How tests are placed: lpt (by cost, longest first), chunks (contiguous, by cost), "
        "round-robin (in turn), hash (by name alone).",
    ),
    Option(
        name="shard_prune",
        flag="--shard-prune",
        ini="shard_prune",
        metavar="on|off",
        default="on",
        choices=choices.PRUNING,
        about="Whether a shard imports no more than its own test files (on) or all of them (off).",
    ),
    Option(
        name="shard_order",
        ini="shard_order",
        default="collected",
        choices=choices.ORDERS,
        about="Order of a shard's tests within the scopes of fixtures: collected (as pytest has it), "
        "failed-first (what failed last), slow-first.",
    ),
    Option(
        name="shard_timeout",
        flag="--shard-timeout",
        ini="shard_timeout",
        metavar="MODE",
        default="off",
        choices=choices.TIMEOUTS,
        about="Limits for tests from their own history: off, warn (say what would have been stopped), on (stop "
        "it; needs pytest-timeout).",
    ),
    Option(
        name="shard_timeout_factor",
        ini="shard_timeout_factor",
        default="10",
        about="A limit is so many times the slowest that history knows of the test, at least 1.",
    ),
    Option(
        name="shard_timeout_floor",
        ini="shard_timeout_floor",
        default="45",
        about="No limit is below so many seconds.",
    ),
    Option(
        name="shard_timeout_cap",
        ini="shard_timeout_cap",
        default="3600",
        about="No limit is above so many seconds, but for tests that have taken half of that.",
    ),
    Option(
        name="shard_plan",
        flag="--shard-plan",
        metavar="FILE",
        about="Follow the plan in FILE instead of making one. "
        "What it does not name still goes to exactly one shard.",
    ),
    Option(
        name="shard_plan_out",
        flag="--shard-plan-out",
        metavar="FILE",
        about="Write the plan to FILE, for --shard-plan. With --collect-only nothing is run.",
    ),
    Option(
        name="shard_rerun",
        flag="--shard-rerun",
        metavar="PATH",
        about="Run what is left of the run whose journals lie at or below PATH: what no shard finished, what "
        "failed, what is new since. With --shard=K/N that is divided, too.",
    ),
    Option(
        name="shard_rerun_mode",
        ini="shard_rerun",
        default="all",
        choices=choices.RERUNS,
        about="What --shard-rerun runs: all that is left, unfinished (but not what failed), or failed (only).",
    ),
    Option(
        name="shard_report",
        flag="--shard-report",
        bare=True,
        about="Report predicted against actual time of each shard. Alone: of the last run, running nothing.",
    ),
    Option(
        name="shard_report_format",
        flag="--shard-report-format",
        metavar="FORMAT",
        default="text",
        choices=choices.REPORT_FORMATS,
        about="Form of the report: text, markdown or json.",
    ),
)


def names_any_option(flag_of: Callable[[str], object], ini_of: Callable[[str], object]) -> bool:
    """Whether a flag of ours is given, or an ini value that asks for something by itself.

    Environment variables do not count: they say how, and reach runs that nobody thought of.
    """
    return any(
        (option.flag and flag_of(option.name) not in (None, False))
        or (option.bare and option.ini and ini_of(option.ini))
        for option in OPTIONS
    )
