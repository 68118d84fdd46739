"""The yearly report to the statistics authority (tilastoviranomainen): courses, hours and participants by its own
classification (rulebook §7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.domain.values import Shown

ReportFault = Literal["class-missing", "topic-missing", "nobody-counted", "gender-missing"]


@dataclass(frozen=True)
class AuthorityRow(Shown):
    """Courses of one class of the statistics authority, with an approved cost statement."""

    statistics_class: str | None
    """Class in the statistics authority's classification. `null` if the topic class has none."""
    courses: int
    """Number of courses."""
    hours: int
    """Teaching hours used."""
    participants: int
    """Number of participants."""
    female: int
    """Number of female participants."""
    male: int
    """Number of male participants."""
    other: int
    """Number of participants of another gender."""
    unknown: int
    """Number of participants whose gender is not known."""


@dataclass(frozen=True)
class AuthorityFault(Shown):
    """What has to be put right before the report is sent."""

    code: ReportFault
    """Kind of the error. `class-missing`: a topic class has no class of the authority. `topic-missing`: courses have no
    topic class. `nobody-counted`: courses have no participants. `gender-missing`: the gender of participants is not
    known."""
    topic: str | None
    """Code of the topic class. `null` if the error concerns no topic class, or courses without one."""
    courses: int
    """Number of courses that the error concerns."""


@dataclass(frozen=True)
class AuthorityReport(Shown):
    year: int
    items: list[AuthorityRow]
    """Figures by class, none of them hidden."""
    total: AuthorityRow
    """Figures of the complete year."""
    faults: list[AuthorityFault]
    """Errors to be put right. Empty if the report is ready to be sent."""


@dataclass(frozen=True)
class TopicFigures:
    """Courses of one topic class with an approved statement."""

    topic: str | None
    statistics_class: str | None
    courses: int
    hours: int
    participants: int
    female: int
    male: int
    other: int
    without_people: int
    """Courses in whose statement nobody is counted."""
    without_gender: int
    """Courses with participants of unknown gender."""


def report_of(year: int, topics: Sequence[TopicFigures]) -> AuthorityReport:
    """Return the report with what its own check finds (rulebook §7)."""
    classes = sorted({topic.statistics_class for topic in topics}, key=lambda each: (each is None, each))
    rows = [_row_of(each, [topic for topic in topics if topic.statistics_class == each]) for each in classes]
    return AuthorityReport(year, rows, _row_of(None, topics), _faults_of(topics))


def _row_of(statistics_class: str | None, topics: Sequence[TopicFigures]) -> AuthorityRow:
    participants, female, male, other = (
        sum(getattr(topic, name) for topic in topics) for name in ("participants", "female", "male", "other")
    )
    return AuthorityRow(
        statistics_class=statistics_class,
        courses=sum(topic.courses for topic in topics),
        hours=sum(topic.hours for topic in topics),
        participants=participants,
        female=female,
        male=male,
        other=other,
        unknown=participants - female - male - other,
    )


def _faults_of(topics: Sequence[TopicFigures]) -> list[AuthorityFault]:
    faults = []
    for topic in topics:
        if topic.topic is None:
            faults.append(AuthorityFault("topic-missing", None, topic.courses))
        elif topic.statistics_class is None:
            faults.append(AuthorityFault("class-missing", topic.topic, topic.courses))
    if nobody := sum(topic.without_people for topic in topics):
        faults.append(AuthorityFault("nobody-counted", None, nobody))
    if unknown := sum(topic.without_gender for topic in topics):
        faults.append(AuthorityFault("gender-missing", None, unknown))
    return faults
