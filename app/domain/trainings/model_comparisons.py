"""Comparisons of two versions of a training model, by section (rulebook §3.7)."""

from dataclasses import dataclass

from app.domain.trainings.model_versions import (
    Assessment,
    KoskiStudyUnit,
    ModelTexts,
    Section,
    VersionContent,
    differing,
)
from app.domain.values import Shown

SectionContent = ModelTexts | Assessment | KoskiStudyUnit | int | str | None


@dataclass(frozen=True)
class SectionDifference(Shown):
    section: Section
    """Section that differs, a field of the version."""
    before: SectionContent
    """Content of the section in the first version. `null` if not given."""
    after: SectionContent
    """Content of the section in the second version. `null` if not given."""


@dataclass(frozen=True)
class VersionComparison(Shown):
    sections: list[SectionDifference]
    """Sections that differ. Empty if the versions have the same content."""


def comparison_of(before: VersionContent, after: VersionContent) -> VersionComparison:
    return VersionComparison(
        [
            SectionDifference(section, getattr(before, section), getattr(after, section))
            for section in differing(before, after)
        ]
    )
