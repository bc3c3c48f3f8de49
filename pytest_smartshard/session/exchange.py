"""What controller and workers tell each other through files: the frozen history, the part that was selected."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict
from dataclasses import replace as changed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_smartshard.journal import lines
from pytest_smartshard.journal.inventory_file import inventory_text, read_inventory
from pytest_smartshard.journal.plan_file import parse_plan, plan_text, read_plan
from pytest_smartshard.journal.run_folder import inventory_name
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.history import History
from pytest_smartshard.model.limit import Limit
from pytest_smartshard.model.part import SelectedTest, ShardPart
from pytest_smartshard.model.rest import Rest
from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.operations.planning import PlanRequest
from pytest_smartshard.planning.planner import PlanOptions
from pytest_smartshard.session.order import Order
from pytest_smartshard.session.recording import StoppedWorker
from pytest_smartshard.store.format import history_text, parse_history
from pytest_smartshard.store.replacing import replace

if TYPE_CHECKING:
    from pytest_smartshard.session.timeouts import LimitsWanted

WORKER_INPUT = "smartshard"
"""Name under which a worker finds its task in ``workerinput``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerTask:
    """Everything a worker needs, so that it reads neither the live store nor the CI's variables.

    ``history`` has its samples only where tests have ``limits``, which are in the plain form of
    :class:`~pytest_smartshard.session.timeouts.LimitsWanted`.
    """

    shard: ShardIndex
    request: PlanRequest
    order: Order
    folder: Path
    history: History
    limits: list[Any] | None


class Exchange:
    """A temporary folder that the controller makes and removes."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="smartshard-"))

    def task(
        self,
        shard: ShardIndex,
        segment: Segment,
        request: PlanRequest,
        order: Order,
        limits: LimitsWanted | None,
    ) -> dict[str, Any]:
        """The task in the plain types that xdist can send; freezes history and plan to files once."""
        frozen = self.folder / "history.json"
        if not frozen.exists():
            needed = costs_alone(request.history) if limits is None else request.history
            replace(frozen, history_text(needed, segment).encode("ascii"))
        pinned = self.folder / "pinned.plan.json"
        if request.pinned is not None and not pinned.exists():
            replace(pinned, plan_text(request.pinned).encode("ascii"))
        rest = self.folder / "rest.json"
        if request.rest is not None and not rest.exists():
            replace(rest, rest_text(request.rest).encode("ascii"))
        return {
            "shard": [shard.number, shard.count],
            "options": asdict(request.options),
            "pinned": str(pinned) if request.pinned is not None else "",
            "rest": str(rest) if request.rest is not None else "",
            "prunes": request.prunes,
            "order": order.name,
            "failed": [[file, tail] for file, tail in sorted(order.failed)],
            "history": str(frozen),
            "digest": request.history.digest,
            "folder": str(self.folder),
            "limits": limits.plain() if limits is not None else None,
        }

    def has_part_of(self, worker: str) -> bool:
        """Whether *worker* got as far as selecting."""
        return part_path(self.folder, worker).exists()

    def part_of(self, worker: str) -> ShardPart:
        """The part that *worker* selected. Raises OSError where it wrote none."""
        return parse_part(part_path(self.folder, worker).read_text("ascii"), self.folder)

    def stopped_in(self, worker: str) -> StoppedWorker | None:
        """What *worker* left as it was ended in a test, None where it left nothing."""
        found = _read_stacks(stacks_path(self.folder, worker))
        return None if found is None else found[1]

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def costs_alone(history: History) -> History:
    """What planning needs of *history*."""
    return History(
        files={key: changed(file, columns=()) for key, file in history.files.items()},
        shared={key: changed(file, columns=()) for key, file in history.shared.items()},
    )


def parse_task(task: dict[str, Any]) -> WorkerTask:
    """The task as :meth:`Exchange.task` made it. Raises OSError where the frozen history is out of reach."""
    history = parse_history(Path(task["history"]).read_bytes(), task["history"])
    return WorkerTask(
        shard=ShardIndex(*task["shard"]),
        request=PlanRequest(
            history=History(files=history.files, shared=history.shared, digest=task["digest"]),
            options=PlanOptions(**task["options"]),
            pinned=read_plan(Path(task["pinned"])) if task["pinned"] else None,
            rest=parse_rest(Path(task["rest"]).read_text("ascii")) if task["rest"] else None,
            prunes=task["prunes"],
        ),
        order=Order(task["order"], frozenset(ItemKey(file, tail) for file, tail in task["failed"])),
        folder=Path(task["folder"]),
        history=history,
        limits=task["limits"],
    )


def rest_text(rest: Rest) -> str:
    return json.dumps({"only": rest.only, "keys": sorted(rest.keys)})


def parse_rest(text: str) -> Rest:
    document = json.loads(text)
    return Rest.of((ItemKey(file, tail) for file, tail in document["keys"]), only=document["only"])


def write_part(folder: Path, worker: str, part: ShardPart) -> None:
    """Leave *part* where the controller looks for it, whole or not at all."""
    # All workers collected the same as a rule, and that is the larger part of it.
    inventory = folder / inventory_name(part.inventory.digest)
    if not inventory.exists():
        replace(inventory, inventory_text(part.inventory).encode("ascii"))
    replace(part_path(folder, worker), part_text(part).encode("ascii"))


def part_path(folder: Path, worker: str) -> Path:
    return folder / f"part-{worker}.json"


def stacks_path(folder: Path, worker: str) -> Path:
    return folder / f"stacks-{worker}.txt"


def test_line(nodeid: str, limit: Limit | None) -> bytes:
    """How the file at :func:`stacks_path` begins. What follows was written as the worker was ended."""
    return json.dumps([nodeid, limit]).encode("ascii") + b"\n"


def _read_stacks(path: Path) -> tuple[str, StoppedWorker] | None:
    """Node id of the test that a worker was ended in, and the rest; None where there is none."""
    try:
        first, _, stacks = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if not stacks:
        return None
    nodeid, limit = json.loads(first)
    told = stacks.decode("utf-8", "backslashreplace")
    return nodeid, StoppedWorker(limit=None if limit is None else Limit(*limit), stacks=told)


def stopped_tests(folder: Path) -> frozenset[str]:
    """Node ids of tests that workers were ended in."""
    found = map(_read_stacks, folder.glob(stacks_path(folder, "*").name))
    return frozenset(each[0] for each in found if each is not None)


def part_text(part: ShardPart) -> str:
    return json.dumps(
        {
            "plan": plan_text(part.plan),
            "selected": [[t.nodeid, t.key.file, t.key.tail, t.stored_tail, t.predicted] for t in part.selected],
            "files": [lines.file_line(count) for count in part.files],
            "collected": part.collected,
            "left": part.left,
            "in_history": part.in_history,
            "known": part.known,
            "inventory": part.inventory.digest,
            "collection": part.collection,
            "pruned": part.pruned,
            "suite_files": part.suite_files,
            "start_up": part.start_up,
        }
    )


def parse_part(text: str, folder: Path) -> ShardPart:
    """The part in *text*, as a worker left it in *folder*."""
    document = json.loads(text)
    return ShardPart(
        plan=parse_plan(document["plan"], "plan"),
        selected=tuple(
            SelectedTest(nodeid, ItemKey(file, tail), stored, predicted)
            for nodeid, file, tail, stored, predicted in document["selected"]
        ),
        files=tuple(map(lines.parse_file, document["files"])),
        collected=document["collected"],
        left=document["left"],
        in_history=document["in_history"],
        known=document["known"],
        inventory=read_inventory(folder / inventory_name(document["inventory"])),
        collection=document["collection"],
        pruned=document["pruned"],
        suite_files=document["suite_files"],
        start_up=document["start_up"],
    )
