"""What collecting each file costs by itself.

The file that a process collects first pays for what all files import. Its sample is what it took, marked as a
guess; what of it is its own shows when it is held against the other first files of the same run: imports that
all have in common were paid by each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from statistics import median_low

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.shared import COLLECT, COLLECT_COLD
from pytest_smartshard.proving.estimate import at_unit_speed
from pytest_smartshard.proving.samples import Sample, duration_of

STATES = (COLLECT, COLLECT_COLD)

FEWEST_OTHERS = 2
"""So many other files must say what collecting a file usually takes before one is held against them."""


@dataclass(slots=True)
class _File:
    """Microseconds at unit speed: where it was not the first file of its process, and by run where it was."""

    measured: list[int] = field(default_factory=list)
    first: dict[int, int] = field(default_factory=dict)

    @classmethod
    def read(cls, samples: Sequence[Sample], speeds: Sequence[int]) -> _File:
        found = cls()
        for run, (sample, speed) in enumerate(zip(samples, speeds, strict=True)):
            if isinstance(sample, str):
                found.first[run] = at_unit_speed(duration_of(sample), speed)
            elif sample is not None:
                found.measured.append(at_unit_speed(sample, speed))
        return found

    def cost(self, common: Mapping[int, int]) -> int:
        """The median, with what it took as a first file beyond what that run's first files had in *common*.

        Which file imports first what several need differs from run to run. A mean would remember for long that
        one did, and the lowest that one once did not.
        """
        own = [taken - common[run] for run, taken in self.first.items()]
        return max(1, median_low([*self.measured, *own]))


def costs_of_collecting(
    rows: Mapping[str, Mapping[str, Sequence[Sample]]], speeds: Sequence[int], *, cold: bool
) -> dict[str, dict[str, int]]:
    """Microseconds by place and name, of each that has samples in *rows*, with names of :data:`STATES` only.

    The plain name has the cost at the state that the next run is likely to find. Where that state was not
    measured, what was measured at the other one goes before a guess.
    """
    files = {
        (place, name): _File.read(samples, speeds)
        for place, named in rows.items()
        for name, samples in named.items()
    }
    common = dict(_common(files))
    order = STATES[::-1] if cold else STATES
    found: dict[str, dict[str, int]] = {}
    for place, named in rows.items():
        known = sorted((not files[place, name].measured, order.index(name)) for name in named)
        found[place] = {name: files[place, name].cost(common) for name in named}
        found[place][COLLECT] = found[place][order[known[0][1]]]
    return found


def _common(files: Mapping[tuple[str, str], _File]) -> Iterator[tuple[int, int]]:
    """Each run, and the least that one of its first files took beyond what it usually takes."""
    usual = {name: _usual(files, name) for name in STATES}
    beyond: dict[int, list[int]] = {}
    for (_, name), file in files.items():
        for run, taken in file.first.items():
            usually = median_low(file.measured) if file.measured else usual[name]
            beyond.setdefault(run, []).append(max(0, taken - usually) if usually is not None else 0)
    for run, excess in beyond.items():
        yield run, min(excess)


def _usual(files: Mapping[tuple[str, str], _File], state: str) -> int | None:
    """The median over files at that state; None where too few are known."""
    known = [median_low(file.measured) for (_, name), file in files.items() if name == state and file.measured]
    return median_low(known) if len(known) >= FEWEST_OTHERS else None
