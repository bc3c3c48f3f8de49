"""What a plan expects is consistent, and as good as theory says."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import costs, histories, plan_options, suites

from pytest_smartshard.planning.bounds import lower_bound
from pytest_smartshard.planning.packers.lpt import LongestFirst
from pytest_smartshard.planning.packers.protocol import Bins, Units
from pytest_smartshard.planning.planner import make_plan
from pytest_smartshard.planning.units import units_of


@given(st.data())
def test_the_bound_holds_and_sums_agree(data: st.DataObject) -> None:
    suite = data.draw(suites())
    history = data.draw(histories(suite))
    options = data.draw(plan_options())
    forecast = make_plan(suite, history, options).plan.forecast
    assert len(forecast.loads) == options.shards
    assert forecast.makespan == max(forecast.loads)
    assert 0 <= forecast.known <= forecast.total
    assert forecast.bound <= forecast.makespan <= forecast.total
    assert forecast.total <= forecast.makespan * options.shards * options.lanes
    if options.lanes == 1:
        assert sum(forecast.loads) == forecast.total


@given(st.data())
def test_the_forecast_counts_every_collected_test_and_all_of_history(data: st.DataObject) -> None:
    """Each file's known tests, ghosts too, and each collected test that is not known."""
    suite = data.draw(suites(plain=True))
    history = data.draw(histories(suite, sharing=False))
    made = make_plan(suite, history, data.draw(plan_options()))
    prediction, forecast = made.prediction, made.plan.forecast
    known = sum(sum(found.costs) for found in prediction.known.values())
    new = sum(
        prediction.cost_of(file.key, test.stored_tail)
        for file in suite.files
        for test in file.tests
        if not prediction.knows(file.key, test.stored_tail)
    )
    untold = [file.key for file in suite.files if not file.tests and file.key not in prediction.known]
    whole = sum(prediction.relatives.cost_of_file(key) for key in untold)
    assert forecast.known == known
    assert forecast.total == known + new + whole


@given(st.data())
def test_lpt_is_never_further_from_the_mean_than_its_longest_unit(data: st.DataObject) -> None:
    """The bound of list scheduling: makespan <= total / m + (1 - 1/m) * longest."""
    suite = data.draw(suites(plain=True))
    history = data.draw(histories(suite, sharing=False))
    options = replace(data.draw(plan_options(packers=st.just("lpt"))), scope="test")
    made = make_plan(suite, history, options)
    assume(made.prediction.known)
    machines = options.shards * options.lanes
    units = units_of(suite, made.prediction, options.scope, machines).units
    assert not units.extras
    forecast = made.plan.forecast
    assert forecast.makespan * machines <= forecast.total + (machines - 1) * max(units.costs)


@given(st.lists(costs, min_size=1, max_size=7), st.integers(1, 3))
def test_lpt_is_within_grahams_factor_of_the_optimum(durations: list[int], machines: int) -> None:
    """Graham 1969: LPT <= (4/3 - 1/(3m)) OPT; and no plan at all is below the lower bound."""
    optimum = min(
        max(
            sum(duration for duration, at in zip(durations, places, strict=True) if at == machine)
            for machine in range(machines)
        )
        for places in itertools.product(range(machines), repeat=len(durations))
    )
    units = Units()
    units.extend("a.py", list(map(str, durations)), durations, [True] * len(durations))
    loads = [0] * machines
    for duration, at in zip(durations, LongestFirst().pack(units, Bins(machines, 1)), strict=True):
        loads[at] += duration
    assert lower_bound(durations, machines) <= optimum <= max(loads)
    assert 3 * machines * max(loads) <= (4 * machines - 1) * optimum
