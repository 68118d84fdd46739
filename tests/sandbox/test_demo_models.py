"""The training models, completions, certificates, strategies and badges of the demo data: there, and possible by the
rules."""

from collections import defaultdict
from hashlib import sha256
from typing import Any, get_args
from uuid import UUID

import pytest

from app.db.trainings.model_versions import texts_from
from app.domain.trainings.completions import CompletionKind, CompletionOutcome
from app.domain.trainings.model_reviews import FEWEST_REVIEWERS
from app.domain.trainings.model_versions import (
    APPROVED_STATES,
    EDITABLE_STATES,
    OPEN_STATES,
    SECTIONS,
    Assessment,
    KoskiStudyUnit,
    VersionContent,
    VersionState,
    digest_of,
)
from app.domain.trainings.models import ACCEPTED_STATES, ModelState
from app.sandbox.demo.loading import demo_data
from app.sandbox.demo.rows import Demo

THIS_YEAR = 2026
Row = dict[str, Any]


@pytest.fixture(scope="module")
def demo() -> Demo:
    return demo_data(1, THIS_YEAR)


def by_id(rows: list[Row]) -> dict[UUID, Row]:
    return {row["id"]: row for row in rows}


def content_from(row: Row) -> VersionContent:
    content = {name: row[name] for name in SECTIONS}
    content |= {"texts": texts_from(row["texts"]), "assessment": Assessment(**row["assessment"])}
    return VersionContent(**content | {"koski_study_unit": KoskiStudyUnit(**row["koski_study_unit"])})


def test_there_are_models_and_versions_in_each_state(demo: Demo) -> None:
    assert {row["state"] for row in demo.tables["training_models"]} == {*get_args(ModelState)}
    assert {row["state"] for row in demo.tables["training_model_versions"]} == {*get_args(VersionState)}


def test_accepted_models_have_versions_and_others_none(demo: Demo) -> None:
    of_model: defaultdict[UUID, list[Row]] = defaultdict(list)
    for row in demo.tables["training_model_versions"]:
        of_model[row["model_id"]].append(row)
    for model in demo.tables["training_models"]:
        versions = of_model[model["id"]]
        assert bool(versions) is (model["state"] in ACCEPTED_STATES), model["name"]
        assert [version["number"] for version in versions] == list(range(1, len(versions) + 1))
        states = [version["state"] for version in versions]
        assert sum(state in OPEN_STATES for state in states) <= (model["state"] == "accepted"), model["name"]
        assert states.count("in_use") <= 1


def test_what_was_submitted_is_fixed_and_what_was_decided_has_been_reviewed(demo: Demo) -> None:
    models = by_id(demo.tables["training_models"])
    opinions: defaultdict[UUID, dict[UUID, str | None]] = defaultdict(dict)
    for row in demo.tables["training_model_reviews"]:
        opinions[row["version_id"]][row["person_id"]] = row["opinion"]
    for version in demo.tables["training_model_versions"]:
        is_fixed = version["state"] not in (*EDITABLE_STATES, "withdrawn")
        assert version.get("digest") == (digest_of(content_from(version)) if is_fixed else None)
        given = opinions[version["id"]]
        expert = models[version["model_id"]]["expert_id"]
        assert expert not in given
        if "decided_by" not in version:
            continue
        if version["change"] == "minor":
            assert (version["decided_by"], given) == (expert, {})
            continue
        assert len(given) >= FEWEST_REVIEWERS
        assert version["decided_by"] in given
        assert {*given.values()} <= {"for", "against"}
        assert version["state"] in APPROVED_STATES or version["decision_reason"]


def test_a_course_of_a_model_has_completions_and_certificates(demo: Demo) -> None:
    trainings, versions = by_id(demo.tables["trainings"]), by_id(demo.tables["training_model_versions"])
    participants, completions = by_id(demo.tables["training_participants"]), by_id(demo.tables["completions"])
    for row in completions.values():
        version = versions[trainings[row["training_id"]]["model_version_id"]]
        assert version["state"] in APPROVED_STATES
        assert participants[row["participant_id"]]["training_id"] == row["training_id"]
    certificates = demo.tables["certificates"]
    for row in certificates:
        completion = completions[row["completion_id"]]
        assert (completion["outcome"], completion["state"], row["state"]) == ("passed", "in_force", "in_force")
        pdf = bytes.fromhex(row["content"].removeprefix(r"\x"))
        assert (pdf[:5], row["digest"]) == (b"%PDF-", sha256(pdf).hexdigest())
    [training_id] = {row["training_id"] for row in certificates}
    held = [row for row in completions.values() if row["training_id"] == training_id]
    assert {row["outcome"] for row in held} == {*get_args(CompletionOutcome)}
    assert {row["kind"] for row in held} == {*get_args(CompletionKind)}
    assert {row["state"] for row in held} == {"in_force", "corrected"}


def test_a_strategy_is_in_force_and_has_been_followed_up(demo: Demo) -> None:
    strategies = by_id(demo.tables["training_strategies"])
    assert {row["state"] for row in strategies.values()} >= {"in_force", "draft"}
    followed = [strategies[row["strategy_id"]] for row in demo.tables["training_strategy_follow_ups"]]
    assert {row["state"] for row in followed} == {"in_force"}
    in_force = [row["organisation_id"] for row in strategies.values() if row["state"] == "in_force"]
    assert len(in_force) == len(set(in_force)) > 0


def test_a_badge_for_main_users_is_published(demo: Demo) -> None:
    images = {row["definition_id"]: row["content"] for row in demo.tables["badge_images"]}
    published = [row for row in demo.tables["badge_definitions"] if row["state"] == "published"]
    main_user = [
        row
        for row in published
        if any((each["kind"], each["role"]) == ("role_held", "main_user") for each in row["criteria"])
    ]
    assert main_user
    for row in published:
        assert row["name"].keys() == row["description"].keys() == row["criteria_text"].keys() == {"fi", "sv", "en"}
        assert bytes.fromhex(images[row["id"]].removeprefix(r"\x")).startswith(b"\x89PNG")
        assert row["published_at"] >= row["created_at"]


def test_an_application_for_a_badge_has_the_criteria_of_its_definition(demo: Demo) -> None:
    definitions = by_id(demo.tables["badge_definitions"])
    for row in demo.tables["badge_applications"]:
        judged = [{name: each[name] for name in ("kind", "role", "months")} for each in row["criteria"]]
        assert judged == definitions[row["definition_id"]]["criteria"]
