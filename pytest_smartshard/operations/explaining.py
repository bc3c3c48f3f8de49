"""Why a test runs where it runs, and where its predicted time comes from."""

from __future__ import annotations

from collections.abc import Callable

from pytest_smartshard.model.history import History
from pytest_smartshard.model.plan import Plan
from pytest_smartshard.model.segment import ShardIndex
from pytest_smartshard.model.suite import CollectedTest, ItemKey, Suite, function_of
from pytest_smartshard.model.summary import Explanation
from pytest_smartshard.planning.placement import Rule, place
from pytest_smartshard.planning.planner import Planned
from pytest_smartshard.planning.prediction import Prediction
from pytest_smartshard.planning.relatives import Guess
from pytest_smartshard.proving.samples import CLASSES, Sample, decode_column, duration_of
from pytest_smartshard.wording import listed, plural, seconds


def explain(key: ItemKey, planned: Planned, suite: Suite, history: History) -> Explanation:
    """Why the test with that key runs where it does. *history* is the whole one, with its samples."""
    collected = _collected(key, suite)
    test = collected or CollectedTest(key.tail)
    shard, rule, name = place(planned.plan, key.file, test)
    stored = _stored_tail(key, test, planned.prediction)
    return Explanation(
        test=str(key),
        is_new=collected is None,
        shard=ShardIndex(shard, planned.plan.shards),
        placed=_REASONS[rule](planned.plan, key, name),
        predicted=_prediction(key.file, stored, planned.prediction),
        history=_history(key.file, stored, history),
    )


def _collected(key: ItemKey, suite: Suite) -> CollectedTest | None:
    tests = next((file.tests for file in suite.files if file.key == key.file), ())
    return next((test for test in tests if test.tail == key.tail), None)


def _stored_tail(key: ItemKey, test: CollectedTest, prediction: Prediction) -> str:
    """The tail that its duration is kept under: the function's, where history has only that."""
    function = function_of(key.tail)
    by_function = not prediction.knows(key.file, test.stored_tail) and prediction.knows(key.file, function)
    return function if by_function else test.stored_tail


def _by_label(_plan: Plan, _key: ItemKey, name: str) -> str:
    return f"all tests marked {name} stay together"


def _by_file(_plan: Plan, key: ItemKey, _name: str) -> str:
    return f"all of {key.file} runs there"


def _by_unit(plan: Plan, key: ItemKey, name: str) -> str:
    divided = f"{key.file} is divided between {_owners(plan, key.file)}"
    if name == key.tail:
        return f"{divided}, and the plan puts this test there"
    unit = name or "the rest of the file"
    return f"{divided}, and the plan puts all of {unit} there"


def _by_new_label(_plan: Plan, _key: ItemKey, name: str) -> str:
    return f"the plan does not know the mark {name}, whose tests go to one shard by its name"


def _by_new_file(_plan: Plan, key: ItemKey, _name: str) -> str:
    return f"the plan does not know {key.file}, which goes to one shard whole, by its name"


def _by_new_unit(plan: Plan, key: ItemKey, name: str) -> str:
    return (
        f"the plan does not know {name}, which goes to one of {_owners(plan, key.file)} that have "
        f"{key.file}, by its name"
    )


_REASONS: dict[Rule, Callable[[Plan, ItemKey, str], str]] = {
    Rule.LABEL: _by_label,
    Rule.FILE: _by_file,
    Rule.UNIT: _by_unit,
    Rule.NEW_LABEL: _by_new_label,
    Rule.NEW_FILE: _by_new_file,
    Rule.NEW_UNIT: _by_new_unit,
}


def _owners(plan: Plan, file: str) -> str:
    return f"shards {listed([str(shard) for shard in plan.owners[file]], most=8)}"


def _prediction(file: str, tail: str, prediction: Prediction) -> str:
    cost = seconds(prediction.cost_of(file, tail))
    if prediction.knows(file, tail):
        return f"{cost} by its own history"
    return f"{cost}, guessed: {_guessed(prediction.relatives.guess(file, tail))}"


def _guessed(guess: Guess) -> str:
    if not guess.tests:
        return "nothing is known of this suite, so all tests count alike"
    return f"the mean of {plural(guess.tests, 'test')} in {guess.scope or 'the whole suite'}"


def _history(file: str, tail: str, history: History) -> tuple[str, ...]:
    known = history.files.get(file)
    if known is None or tail not in known.tails:
        return ()
    place = list(known.tails).index(tail)
    try:
        samples = [decode_column(column, len(known.tails))[place] for column in known.columns]
    except ValueError:  # Joining will set such a store aside; here the costs stand for themselves.
        return ()
    return tuple(_in_words(sample) for sample in samples if sample is not None)


def _in_words(sample: Sample) -> str:
    if isinstance(sample, str):
        return f"{CLASSES[sample[0]]} after {seconds(duration_of(sample))}"
    return seconds(sample or 0)
