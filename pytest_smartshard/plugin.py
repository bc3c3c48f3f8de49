"""The pytest plugin: options, and handing over to :mod:`pytest_smartshard.session` if one of them is used.

Every pytest run imports this, ``settings.options`` and ``choices``. They hold no assert, and PYTEST_DONT_REWRITE
in their docstrings spares pytest from looking for one.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

from pytest_smartshard.settings.options import OPTIONS, names_any_option


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("smartshard", "splitting the suite over CI jobs (pytest-smartshard)")
    for option in OPTIONS:
        if option.flag and option.bare:
            group.addoption(option.flag, dest=option.name, action="store_true", help=option.about)
        elif option.flag:
            group.addoption(option.flag, dest=option.name, metavar=option.metavar, help=option.about)
        if option.ini:
            if option.bare:
                parser.addini(option.ini, option.about, type="bool", default=False)
            else:
                parser.addini(option.ini, option.about, type="string", default="")


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Around the start of pytest-cov, which comes before all else."""
    given = early_config.known_args_namespace
    if not getattr(given, "cov_source", None) or given.shard is None:
        return (yield)
    from pytest_smartshard.session.coverage import own_data_file

    with own_data_file(early_config):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    if not config.getoption("shard_report"):
        return None
    from pytest_smartshard.session.reporting import report_alone

    return report_alone(config)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "shard_together(name): tests with the same name run in one shard, whatever their files."
    )
    if names_any_option(lambda name: config.getoption(name, None), config.getini):
        from pytest_smartshard.session.own_modules import import_as_they_are

        import_as_they_are(config)
        from pytest_smartshard.session.activation import activate

        activate(config)
