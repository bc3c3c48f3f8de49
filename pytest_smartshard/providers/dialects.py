"""How logs of CI jobs are told that something is wrong: commands that the systems read in what a job prints.

Sources: ``ActionCommand.cs`` of actions/runner and ``command.ts`` of actions/toolkit; ``taskcommand.ts`` of
microsoft/azure-pipelines-task-lib; "Service Messages" in the documentation of TeamCity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.annotation import Annotation


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The commands of one system, each a line.

    ``problem`` is filled with ``{title}`` and ``{message}`` as text, ``{title_value}`` as a property's value, and
    ``{place}``: that is ``place``, filled with ``{file}``, or nothing where the file is not known. ``summary`` is
    filled with the absolute ``{path}`` of a summary in markdown; ``""`` where the system takes none this way.
    ``in_text`` and ``in_value`` say what each character becomes that the system would act on there.
    """

    problem: str
    place: str = ""
    summary: str = ""
    in_text: Mapping[str, str]
    in_value: Mapping[str, str] = field(default_factory=dict)

    def problem_line(self, annotation: Annotation) -> str:
        """The command that shows *annotation*, without a line end."""
        return self.problem.format(
            title=self.text(annotation.title),
            message=self.text(annotation.message),
            title_value=self.value(annotation.title),
            place=self.place.format(file=self.value(annotation.file)) if annotation.file else "",
        )

    def summary_line(self, path: str) -> str:
        """The command that shows the file as a summary, without a line end; ``""`` where there is none."""
        return self.summary.format(path=self.text(path))

    def text(self, text: str) -> str:
        return _replaced(text, self.in_text)

    def value(self, text: str) -> str:
        return _replaced(text, {**self.in_text, **self.in_value})


def _replaced(text: str, characters: Mapping[str, str]) -> str:
    return "".join(characters.get(character, character) for character in text)


GITHUB = Dialect(
    problem="::error {place}title={title_value}::{message}",
    place="file={file},",
    in_text={"%": "%25", "\r": "%0D", "\n": "%0A"},
    in_value={":": "%3A", ",": "%2C"},
)

AZURE = Dialect(
    problem="##vso[task.logissue type=error;{place}]{title}: {message}",
    place="sourcepath={file};",
    summary="##vso[task.uploadsummary]{path}",
    in_text={"%": "%AZP25", "\r": "%0D", "\n": "%0A"},
    in_value={"]": "%5D", ";": "%3B"},
)

TEAMCITY = Dialect(
    problem="##teamcity[buildProblem description='{title}: {message}']",
    in_text={
        "|": "||",
        "'": "|'",
        "[": "|[",
        "]": "|]",
        "\n": "|n",
        "\r": "|r",
        "\x85": "|x",
        "\u2028": "|l",
        "\u2029": "|p",
    },
)
