"""Mails about training models go to the side whose turn it is, each once, and what waits for long is reported once
more."""

from collections.abc import Callable
from uuid import UUID

import pytest

from tests.api.trainings.model_steps import CONTENT, Modelling, findings, model_of, ok
from tests.builders import Centre, Person
from tests.delivery.events import Make

Remind = Callable[[], None]


@pytest.fixture
def modelling(centre: Centre) -> Modelling:
    return Modelling.of(centre, centre.organisation(name="Marttaliitto"))


def mailed(centre: Centre, make: Make) -> list[tuple[str, UUID]]:
    """The mails made since the last time, with their readers."""
    [(last,)] = centre.rows("SELECT max(id::text)::uuid FROM mails")
    make()
    rows = centre.rows(
        "SELECT event, person_id FROM mails WHERE event ~ 'model' AND (%s::uuid IS NULL OR id > %s) ORDER BY id",
        last,
        last,
    )
    return sorted((event, person_id) for event, person_id in rows)


def to(event: str, *people: Person) -> list[tuple[str, UUID]]:
    return sorted((event, person.id) for person in people)


def test_each_step_is_mailed_to_whom_it_waits_for(centre: Centre, modelling: Modelling, make: Make) -> None:
    main_user, expert, reviewers = modelling.main_user, modelling.expert, modelling.reviewers
    model = modelling.proposed()
    assert mailed(centre, make) == to("training-model.proposed", expert, *reviewers)
    ok(expert.post(f"{model}/screening", {"outcome": "accepted", "criteria": findings()}))
    assert mailed(centre, make) == to("training-model.accepted", main_user)
    version = f"{model}/versions/1"
    ok(main_user.post(f"{version}/handover"))
    assert mailed(centre, make) == to("model-version.handed-over", expert)
    ok(expert.post(f"{version}/handover"))
    assert mailed(centre, make) == to("model-version.handed-over", main_user)
    ok(main_user.patch(version, CONTENT))
    ok(main_user.post(f"{version}/submission"))
    # Who is the expert is of the staff too: each gets one mail.
    assert mailed(centre, make) == to("model-version.submitted", expert, *reviewers)
    ok(expert.put(f"{version}/reviewers", {"person_ids": [str(each.id) for each in reviewers]}))
    assert mailed(centre, make) == to("model-version.reviewers-named", *reviewers)
    ok(reviewers[0].put(f"{version}/opinion", {"opinion": "for", "text": "Hyvä."}))
    assert mailed(centre, make) == []
    ok(reviewers[1].put(f"{version}/opinion", {"opinion": "against", "text": "Arviointi puuttuu."}))
    assert mailed(centre, make) == to("model-version.opinion-given", *reviewers)
    ok(reviewers[0].post(f"{version}/decision", {"outcome": "sent_back", "reason": "Täydennä arviointi."}))
    assert mailed(centre, make) == to("model-version.sent-back", main_user)
    modelling.approved(version)
    mails = mailed(centre, make)
    assert to("model-version.approved", main_user)[0] in mails
    [(subject, text)] = centre.rows("SELECT subject, text FROM mails WHERE event = 'model-version.approved'")
    assert subject == "Ota koulutusmallin versio käyttöön: Ryhmänohjaajan peruskurssi"
    assert "Versio: 1" in text


def test_a_minor_change_is_mailed_to_the_expert_alone(centre: Centre, modelling: Modelling, make: Make) -> None:
    version = modelling.in_use()
    mailed(centre, make)
    body = {"change": "minor", "reason": "Kirjoitusvirhe"}
    ok(modelling.main_user.post(f"{model_of(version)}/versions", body), 201)
    second = f"{model_of(version)}/versions/2"
    ok(modelling.main_user.patch(second, {"methods": "Verkko-opetusta."}))
    ok(modelling.main_user.post(f"{second}/submission"))
    assert mailed(centre, make) == to("model-version.submitted", modelling.expert)
    ok(modelling.expert.post(f"{second}/decision", {"outcome": "rejected", "reason": "Muutos ei ole vähäinen."}))
    assert mailed(centre, make) == to("model-version.rejected", modelling.main_user)


def test_what_waits_longer_than_fourteen_days_is_reported_once_more(
    centre: Centre, modelling: Modelling, remind: Remind, make: Make
) -> None:
    model = modelling.proposed()
    everyone = (modelling.expert, *modelling.reviewers)
    mailed(centre, make)
    centre.clock(2023, 3, 29, 23)
    remind()
    assert mailed(centre, make) == []
    centre.clock(2023, 3, 30)
    for _ in range(2):
        remind()
    assert mailed(centre, make) == to("training-model.waiting", *everyone)
    [(text,)] = set(centre.rows("SELECT text FROM mails WHERE event = 'training-model.waiting' LIMIT 1"))
    assert "Odottaa: päätös ehdotuksesta" in text
    assert "Odottanut alkaen: 15.3.2023" in text
    centre.clock(2023, 6, 1)
    remind()
    assert mailed(centre, make) == []
    ok(modelling.expert.post(f"{model}/screening", {"outcome": "accepted", "criteria": findings()}))
    mailed(centre, make)
    centre.clock(2023, 6, 20)
    remind()
    assert mailed(centre, make) == to("model-version.work-waiting", modelling.main_user)
    remind()
    assert mailed(centre, make) == []


def test_each_step_of_a_version_that_waits_is_reported_to_its_side(
    centre: Centre, modelling: Modelling, remind: Remind, make: Make
) -> None:
    reviewers = modelling.reviewers
    day = iter(range(1, 12))

    def waited() -> list[tuple[str, UUID]]:
        mailed(centre, make)
        centre.clock(2023, 3 + next(day), 20)
        remind()
        return mailed(centre, make)

    version = modelling.written()
    ok(modelling.main_user.post(f"{version}/handover"))
    assert waited() == to("model-version.work-waiting", modelling.expert)
    ok(modelling.expert.post(f"{version}/handover"))
    ok(modelling.main_user.post(f"{version}/submission"))
    assert waited() == to("model-version.naming-waiting", modelling.expert, *reviewers)
    ok(modelling.expert.put(f"{version}/reviewers", {"person_ids": [str(each.id) for each in reviewers]}))
    ok(reviewers[0].put(f"{version}/opinion", {"opinion": "for", "text": "Hyvä."}))
    assert waited() == to("model-version.opinions-waiting", reviewers[1])
    ok(reviewers[1].put(f"{version}/opinion", {"opinion": "for", "text": "Hyvä."}))
    assert waited() == to("model-version.decision-waiting", *reviewers)
    ok(reviewers[0].post(f"{version}/decision", {"outcome": "approved"}))
    assert waited() == to("model-version.activation-waiting", modelling.main_user)
    ok(modelling.main_user.post(f"{version}/activation"))
    assert waited() == []
    ok(modelling.main_user.post(f"{model_of(version)}/versions", {"change": "minor", "reason": "Virhe"}), 201)
    second = f"{model_of(version)}/versions/2"
    ok(modelling.main_user.patch(second, {"methods": "Verkko-opetusta."}))
    ok(modelling.main_user.post(f"{second}/submission"))
    assert waited() == to("model-version.decision-waiting", modelling.expert)
