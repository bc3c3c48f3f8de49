"""Whatever goes first: in a real run no fixture is set up more often than as collected, and all tests run."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from sharded import Project, Result

PLUGIN = """
    import collections, json, os, random
    import pytest
    from pytest_smartshard.model.suite import ItemKey
    from pytest_smartshard.session.item_order import Order, in_order
    from pytest_smartshard.session.items import ItemReader

    SET_UPS = collections.Counter()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(config, items):
        result = yield
        seed = os.environ.get("SEED")
        if seed is not None:
            random.seed(int(seed))
            reader = ItemReader(config.rootpath)
            found = [reader.read(item, reader.key_of(item)) for item in items]
            keys = [each.stored_key for each in found]
            costs = {key: random.randrange(1000) for key in keys}
            ordered = in_order(
                found,
                Order(os.environ["ORDER"], frozenset(key for key in keys if costs[key] % 7 == 0)),
                lambda file, tail: costs[ItemKey(file, tail)],
            )
            items[:] = [each.item for each in ordered]
        return result

    def pytest_fixture_setup(fixturedef, request):
        if request.scope != "function":
            SET_UPS[fixturedef.argname] += 1

    def pytest_sessionfinish(session):
        with open("set_ups.json", "w") as file:
            json.dump(SET_UPS, file)
    """

SUITE = {
    "conftest.py": """
        import pytest

        @pytest.fixture(scope="session", params=["north", "south"])
        def region(request): yield request.param

        @pytest.fixture(scope="session")
        def bound(region): yield

        @pytest.fixture(scope="module", params=[1, 2])
        def level(request): yield request.param

        @pytest.fixture(scope="class", params=[[1], [2]], ids=["a", "b"])
        def tray(request, level): yield
        """,
    "pack/__init__.py": "",
    "pack/conftest.py": """
        import pytest

        @pytest.fixture(scope="package")
        def box(): yield
        """,
    "pack/test_c.py": "def test_c1(box): pass\ndef test_c2(level, box): pass\n",
    "pack/test_d.py": "def test_d1(box, region): pass\ndef test_d2(): pass\n",
    "pack/inner/__init__.py": "",
    "pack/inner/test_e.py": "def test_e1(box): pass\ndef test_e2(): pass\n",
    **{
        f"test_{name}.py": """
            import unittest
            import pytest

            def setup_module(): pass

            def test_plain(): pass
            def test_region(region): pass
            def test_bound(bound, level): pass

            class TestOne:
                @classmethod
                def setup_class(cls): pass
                def test_tray(self, tray): pass
                def test_plain(self): pass
                @pytest.mark.parametrize("level", [3, 4], indirect=True)
                def test_levels(self, level): pass

                class TestInner:
                    def test_tray(self, tray): pass

                def test_region(self, region): pass

            class TestUnit(unittest.TestCase):
                @classmethod
                def setUpClass(cls): pass
                def test_3(self): pass
                def test_2(self): pass
                def test_1(self): pass

            class TestTwo:
                @pytest.mark.shard_together("pair")
                def test_pair_first(self): pass
                def test_middle(self, tray): pass
                @pytest.mark.shard_together("pair")
                def test_pair_last(self, level): pass
            """
        for name in "ab"
    },
}


def run(project: Project, **env: str) -> tuple[Result, Counter[str]]:
    result = project.pytest("-p", "reorders", env=env)
    assert result.code == 0, "\n".join(result.lines)
    return result, Counter(json.loads((project.root / "set_ups.json").read_text("utf-8")))


@pytest.mark.parametrize("order", ["slow-first", "failed-first"])
def test_no_fixture_is_set_up_more_often(tmp_path: Path, order: str) -> None:
    project = Project.make(tmp_path / "project", {**SUITE, "reorders.py": PLUGIN})
    plain, before = run(project)

    orders = {plain.names}
    for seed in range(4):
        result, after = run(project, ORDER=order, SEED=str(seed))
        assert Counter(result.ran) == Counter(plain.ran)
        assert not after - before, f"seed {seed}"
        orders.add(result.names)
        for file in ("test_a", "test_b"):
            unit = [name for name in result.names if name.startswith(f"{file}.TestUnit")]
            assert unit == [name for name in plain.names if name.startswith(f"{file}.TestUnit")]
        pair = [name for name in result.names if "pair" in name]
        assert pair == [name for name in plain.names if "pair" in name]
    assert len(orders) == 5


def test_as_collected_is_as_collected(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {**SUITE, "reorders.py": PLUGIN})

    plain, _ = run(project)
    result, _ = run(project, ORDER="collected", SEED="1")

    assert result.names == plain.names
