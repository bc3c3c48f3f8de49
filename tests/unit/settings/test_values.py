"""What was given for each option, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from pytest_smartshard.settings.options import OPTIONS, names_any_option
from pytest_smartshard.settings.values import Value, gather


def of(values: Mapping[str, object]) -> Callable[[str], object]:
    return values.get


def gathered(
    flags: Mapping[str, object] | None = None,
    ini: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> dict[str, Value]:
    return gather(of(flags or {}), of(ini or {}), environ or {})


def test_every_option_has_a_value() -> None:
    found = gathered()
    assert list(found) == [option.name for option in OPTIONS]
    assert {name: value.text for name, value in found.items() if value.text} == {
        "shard_scope": "test",
        "shard_packer": "lpt",
        "shard_report_format": "text",
        "shard_rerun_mode": "all",
        "shard_prune": "on",
        "shard_order": "collected",
        "shard_timeout": "off",
        "shard_timeout_factor": "10",
        "shard_timeout_floor": "45",
        "shard_timeout_cap": "3600",
    }
    assert not any(value.is_given for value in found.values())


def test_the_flag_comes_before_the_environment_and_that_before_the_ini_file() -> None:
    flags, ini, environ = {"shard_store": "f"}, {"shard_store": "i"}, {"SMARTSHARD_STORE": "e"}
    assert gathered(flags, ini, environ)["shard_store"] == Value("f", "--shard-store=f")
    assert gathered({}, ini, environ)["shard_store"] == Value("e", "SMARTSHARD_STORE=e")
    assert gathered({}, ini)["shard_store"] == Value("i", "shard_store = i", from_ini=True)


def test_an_empty_flag_is_given_and_an_empty_variable_or_ini_value_is_not() -> None:
    """``--shard=$SHARD`` with nothing in it must not run the whole suite in every job."""
    assert gathered({"shard": ""})["shard"] == Value("", "--shard=")
    assert gathered({"shard": ""})["shard"].is_given
    assert not gathered(environ={"SMARTSHARD_STORE": ""})["shard_store"].is_given
    assert not gathered(ini={"shard_store": ""})["shard_store"].is_given


def test_bare_flags_are_given_or_not() -> None:
    assert gathered({"shard_record": True})["shard_record"] == Value("yes", "--shard-record")
    assert gathered(ini={"shard_record": True})["shard_record"] == Value(
        "yes", "shard_record = true", from_ini=True
    )
    assert not gathered({"shard_record": False}, {"shard_record": False})["shard_record"].is_given


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_options_are_read_only_where_the_table_says(option: object) -> None:
    option = next(each for each in OPTIONS if each is option)
    assert option.flag or option.ini, "an option that nobody can give"
    everywhere = gather(
        lambda _: "f", lambda _: "i", {"SMARTSHARD": "e", f"SMARTSHARD_{option.name[6:].upper()}": "e"}
    )
    found = everywhere[option.name]
    if option.flag:
        assert found.origin == (option.flag if option.bare else f"{option.flag}=f")
    else:
        assert found.origin == f"{option.ini} = i"


def test_sharding_is_asked_for_by_flag_alone() -> None:
    """A variable would reach every pytest that a test of the suite starts."""
    (shard,) = (option for option in OPTIONS if option.name == "shard")
    assert (shard.env, shard.ini) == ("", "")


@pytest.mark.parametrize(
    ("flags", "ini", "expected"),
    [
        ({}, {}, False),
        ({"shard": None, "shard_record": False, "shard_report": False}, {"shard_record": False}, False),
        ({"shard": "2/6"}, {}, True),
        ({"shard": ""}, {}, True),
        ({"shard": "off"}, {}, True),
        ({"shard_report": True}, {}, True),
        ({"shard_packer": "hash"}, {}, True),
        ({}, {"shard_record": True}, True),
        ({}, {"shard_store": "x", "shard_scope": "file", "shard_suite": "a", "shard_packer": "hash"}, False),
    ],
)
def test_who_only_says_how_asks_for_nothing(
    flags: Mapping[str, object], ini: Mapping[str, object], *, expected: bool
) -> None:
    assert names_any_option(of(flags), of(ini)) is expected
