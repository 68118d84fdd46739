"""What tasks and days of the calendar are called, in the languages of the service; no names of people."""

from app.domain.calendar.deadlines import Kind
from app.domain.calendar.tasks import TaskKind
from app.domain.organisations.organisations import Language

TASKS: dict[TaskKind, dict[Language, str]] = {
    "hour_proposal": {
        "fi": "{organisation}: tee tuntiehdotus vuodelle {year}",
        "sv": "{organisation}: lämna timförslag för år {year}",
        "en": "{organisation}: make the hour proposal for {year}",
    },
    "unit_hour_proposal": {
        "fi": "{organisation}: lähetä yksikön tuntiehdotus vuodelle {year}",
        "sv": "{organisation}: sänd enhetens timförslag för år {year}",
        "en": "{organisation}: send the unit's hour proposal for {year}",
    },
    "units_hour_proposals": {
        "fi": "{organisation}: kokoa yksiköiden tuntiehdotukset vuodelle {year} ({count} odottaa)",
        "sv": "{organisation}: sammanställ enheternas timförslag för år {year} ({count} väntar)",
        "en": "{organisation}: include the units' hour proposals for {year} ({count} waiting)",
    },
    "change_window": {
        "fi": "{organisation}: pyydä lisätunteja tai palauta tunteja vuodelta {year}",
        "sv": "{organisation}: ansök om tilläggstimmar eller återlämna timmar för år {year}",
        "en": "{organisation}: ask for more hours of {year} or give some back",
    },
    "hours_running_out": {
        "fi": "{organisation}: vuoden {year} tunneista on käytössä {percent} %, pyydä lisätunteja",
        "sv": "{organisation}: {percent} % av timmarna för år {year} är i bruk, ansök om tilläggstimmar",
        "en": "{organisation}: {percent} % of the hours of {year} are in use, ask for more",
    },
    "hours_going_unused": {
        "fi": "{organisation}: vuoden {year} tunteja on jäämässä käyttämättä, palauta ne",
        "sv": "{organisation}: timmar för år {year} håller på att bli oanvända, återlämna dem",
        "en": "{organisation}: hours of {year} are going unused, give them back",
    },
    "hour_distribution": {
        "fi": "{organisation}: jaa vuoden {year} tunnit yksiköille, jos ne eivät ole yhteiskäytössä",
        "sv": "{organisation}: fördela timmarna för år {year} till enheterna, om de inte är gemensamma",
        "en": "{organisation}: distribute the hours of {year} to the units, unless they are kept in common",
    },
    "cost_statements": {
        "fi": "{organisation}: lähetä vuoden {year} koulutusten kuluselvitykset",
        "sv": "{organisation}: sänd kostnadsredovisningarna för utbildningarna år {year}",
        "en": "{organisation}: send the cost statements of the trainings of {year}",
    },
    "hour_decisions": {
        "fi": "Päätä vuoden {year} tunneista ({count} ehdotusta odottaa)",
        "sv": "Besluta om timmarna för år {year} ({count} förslag väntar)",
        "en": "Decide the hours of {year} ({count} proposals waiting)",
    },
    "supplementary_request": {
        "fi": "{organisation}: ratkaise lisähaku, {count} tuntia vuodelle {year}",
        "sv": "{organisation}: avgör tilläggsansökan, {count} timmar för år {year}",
        "en": "{organisation}: decide the supplementary request, {count} hours of {year}",
    },
    "organisation_without_main_user": {
        "fi": "{organisation}: järjestöllä ei ole pääkäyttäjää",
        "sv": "{organisation}: organisationen har ingen huvudanvändare",
        "en": "{organisation}: the organisation has no main user",
    },
    "role_application": {
        "fi": "{organisation}: ratkaise käyttöoikeushakemus",
        "sv": "{organisation}: avgör en ansökan om rättighet",
        "en": "{organisation}: decide an application for a role",
    },
    "main_user_application_draft": {
        "fi": "{organisation}: lähetä pääkäyttäjähakemuksesi",
        "sv": "{organisation}: lämna in din ansökan om att bli huvudanvändare",
        "en": "{organisation}: submit your main-user application",
    },
    "main_user_application_to_sign": {
        "fi": "{organisation}: allekirjoita pääkäyttäjähakemus",
        "sv": "{organisation}: underteckna huvudanvändaransökan",
        "en": "{organisation}: sign the main-user application",
    },
    "signature_to_match": {
        "fi": "{organisation}: vahvista, kenen allekirjoitus pääkäyttäjähakemuksessa on",
        "sv": "{organisation}: bekräfta vems underskriften i huvudanvändaransökan är",
        "en": "{organisation}: confirm whose signature is in the main-user application",
    },
    "main_user_application": {
        "fi": "{organisation}: ratkaise pääkäyttäjähakemus",
        "sv": "{organisation}: avgör huvudanvändaransökan",
        "en": "{organisation}: decide the main-user application",
    },
    "signatory": {
        "fi": "{organisation}: vahvista allekirjoittaja",
        "sv": "{organisation}: bekräfta en namntecknare",
        "en": "{organisation}: confirm a signatory",
    },
    "bank_account_change": {
        "fi": "{organisation}: hyväksy tai hylkää tilinumeron muutos",
        "sv": "{organisation}: godkänn eller avslå ändringen av bankkontot",
        "en": "{organisation}: approve or reject the change of the bank account",
    },
    "data_confirmation": {
        "fi": "{organisation}: vahvista järjestön tiedot vuodelle {year}",
        "sv": "{organisation}: bekräfta organisationens uppgifter för år {year}",
        "en": "{organisation}: confirm the organisation's data for {year}",
    },
    "onboarding": {
        "fi": "{organisation}: merkitse perehdytyksesi vaiheet",
        "sv": "{organisation}: anteckna stegen i din introduktion",
        "en": "{organisation}: note the steps of your onboarding",
    },
    "role_to_apply_for": {
        "fi": "Hae oikeutta omassa järjestössäsi",
        "sv": "Ansök om en rättighet i din organisation",
        "en": "Apply for a role in your organisation",
    },
}

DEADLINES: dict[Kind, dict[Language, str]] = {
    "proposal_round": {"fi": "Tuntihaku", "sv": "Timansökan", "en": "Proposal round"},
    "unit_proposals": {"fi": "Yksiköiden ehdotusaika", "sv": "Enheternas förslagstid", "en": "Units' proposals"},
    "decision_period": {"fi": "Päätösaika", "sv": "Beslutstid", "en": "Decision period"},
    "training_entry": {"fi": "Koulutusten syöttö", "sv": "Inmatning av utbildningar", "en": "Entry of trainings"},
    "change_window": {"fi": "Lisähaku- ja palautusaika", "sv": "Ändringsfönster", "en": "Change window"},
    "cost_statement": {"fi": "Kuluselvitykset", "sv": "Kostnadsredovisningar", "en": "Cost statements"},
    "data_confirmation": {
        "fi": "Tietojen vuosivahvistus",
        "sv": "Årlig bekräftelse av uppgifterna",
        "en": "Yearly confirmation of data",
    },
}
OPENING: dict[Language, str] = {"fi": "{name} {year} alkaa", "sv": "{name} {year} börjar", "en": "{name} {year} opens"}
CLOSING: dict[Language, str] = {
    "fi": "{name} {year} päättyy",
    "sv": "{name} {year} slutar",
    "en": "{name} {year}: last day",
}
CALENDAR: dict[Language, str] = {
    "fi": "Tuntipankki: määräpäivät ja tehtävät",
    "sv": "Tuntipankki: tidsfrister och uppgifter",
    "en": "Tuntipankki: deadlines and tasks",
}


def title_of(kind: TaskKind, language: Language, **parts: object) -> str:
    return TASKS[kind][language].format_map({"organisation": "", "year": "", "count": "", "percent": ""} | parts)
