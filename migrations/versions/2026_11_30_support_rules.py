"""Rules of support: what a teaching hour of a year is supported with. Those of 2014–2025 are loaded."""

import json
from typing import Any

from alembic import op

from migrations.tables import create_table

revision = "support_rules"
down_revision = "quick_references"
branch_labels = None
depends_on = None

# Rulebook §4.1: cents for an hour, where a source states them. The years between have the figures before them.
RATES = {
    2014: 2400,
    2015: 2400,
    2016: 2400,
    2017: 2400,
    2018: 2400,
    2019: 2150,
    2020: 2600,
    2021: 2600,
    2022: 3300,
    2023: 3500,
    2024: 3500,
    2025: 3500,
}
VERIFIED = {2015, 2016, 2019, 2022, 2023, 2024, 2025}
FIRST_WITH_ONE_DAY = 2023
"""Plans were sent two weeks before the start earlier."""
OF_TRAININGS: dict[str, Any] = {
    "enabled": True,
    "share_percent": 55,
    "minimum_hours": 1,
    "maximum_hours": None,
    "minimum_participants": 7,
    "minimum_age": 15,
    "earliest_months": 6,
    "statement_days": 28,
    "automatic_approval": False,
    "eligible_costs": [
        "teaching_fees",
        "planning_fees",
        "trainer_travel",
        "trainer_per_diem",
        "trainer_lodging",
        "participant_travel",
        "participant_lodging",
        "participant_meals",
        "materials",
        "venue",
    ],
}
OF_PEER_GROUPS: dict[str, Any] = {
    "enabled": True,
    "rate_cents": 300,
    "share_percent": 100,
    "minimum_hours": 10,
    "maximum_hours": None,
    "minimum_participants": 5,
    "minimum_age": 15,
    "earliest_months": 3,
    "latest_days": -14,
    "statement_days": 28,
    "automatic_approval": False,
    "eligible_costs": ["materials", "venue", "leader_fees", "leader_travel", "equipment", "other"],
}


def upgrade() -> None:
    create_table(
        "support_rules",
        f"""
        year smallint NOT NULL CONSTRAINT support_rules_year CHECK (year BETWEEN 2000 AND 2100),
        revision integer NOT NULL CONSTRAINT support_rules_revision CHECK (revision > 0),
        verified boolean NOT NULL,
        training jsonb NOT NULL CONSTRAINT support_rules_training CHECK ({_checked("training")}),
        peer_group jsonb NOT NULL CONSTRAINT support_rules_peer_group CHECK ({_checked("peer_group")}),
        changed_by uuid,
        changed_at timestamptz,
        CONSTRAINT support_rules_changed_by_whom CHECK ((changed_by IS NULL) = (changed_at IS NULL))
        """,
        key=["year"],
        references={"changed_by": "persons"},
        rights="SELECT, INSERT, UPDATE",
    )
    years = ",\n        ".join(_row(year) for year in RATES)
    op.execute(f"""
CREATE FUNCTION load_support_rules(p_centre uuid) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO support_rules (study_centre_id, year, revision, verified, training, peer_group)
    SELECT p_centre, year, 1, verified, training::jsonb, peer_group::jsonb FROM (VALUES
        {years}
    ) AS loaded (year, verified, training, peer_group)
$$;

CREATE FUNCTION load_support_rules_of_new() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM load_support_rules(NEW.id);
    RETURN NULL;
END $$;

REVOKE ALL ON FUNCTION load_support_rules, load_support_rules_of_new FROM PUBLIC;
CREATE TRIGGER study_centres_support_rules AFTER INSERT ON study_centres
FOR EACH ROW EXECUTE FUNCTION load_support_rules_of_new();
""")
    _see_all_centres(True)
    op.execute("SELECT load_support_rules(id) FROM study_centres")
    _see_all_centres(False)


def downgrade() -> None:
    op.execute("""
        DROP TRIGGER study_centres_support_rules ON study_centres;
        DROP FUNCTION load_support_rules_of_new, load_support_rules;
        DROP TABLE support_rules;
    """)


def _checked(column: str) -> str:
    return (
        f"({column}->>'rate_cents')::integer BETWEEN 0 AND 100000 "
        f"AND ({column}->>'share_percent')::integer BETWEEN 0 AND 100 "
        f"AND jsonb_typeof({column}->'enabled') = 'boolean' AND jsonb_typeof({column}->'eligible_costs') = 'array'"
    )


def _row(year: int) -> str:
    latest_days = 1 if year >= FIRST_WITH_ONE_DAY else 14
    training = OF_TRAININGS | {"rate_cents": RATES[year], "latest_days": latest_days}
    verified = str(year in VERIFIED).lower()
    return f"({year}, {verified}, '{json.dumps(training)}', '{json.dumps(OF_PEER_GROUPS)}')"


def _see_all_centres(is_seen: bool) -> None:
    for table in ("study_centres", "support_rules"):
        op.execute(f"ALTER TABLE {table} {'NO FORCE' if is_seen else 'FORCE'} ROW LEVEL SECURITY")
