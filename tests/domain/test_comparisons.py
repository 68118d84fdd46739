"""Comparisons of two contents."""

from dataclasses import dataclass

from app.domain.comparisons import differences_of


@dataclass(frozen=True)
class Content:
    name: str
    goals: list[str]
    methods: str | None


def test_only_the_sections_that_differ_are_compared_in_their_order() -> None:
    before, after = Content("Talous", ["Laskee"], None), Content("Talous", ["Laskee", "Kirjaa"], "Luento")
    sections = ("methods", "name", "goals")
    assert list(differences_of(before, after, sections)) == [
        ("methods", None, "Luento"),
        ("goals", ["Laskee"], ["Laskee", "Kirjaa"]),
    ]
    assert list(differences_of(after, after, sections)) == []
