"""The figures of an organisation's year, summed up of the figures: a few rows for each organisation, however many
courses it has."""

from types import ModuleType

from alembic import context, op

from migrations.tables import create_table

revision = "figure_totals"
down_revision = "figure_part_indexes"
branch_labels = None
depends_on = None

KEY = ("year", "central_organisation_id", "organisation_id", "hour_type", "supported")


def upgrade() -> None:
    figures = context.script.get_revision("figures").module
    create_table(
        "training_figure_totals",
        "year smallint NOT NULL, central_organisation_id uuid NOT NULL, organisation_id uuid NOT NULL, "
        "hour_type text NOT NULL, supported boolean NOT NULL, "
        + ", ".join(
            f"{name} {'bigint' if name in figures.BIG else 'integer'} NOT NULL "
            f"CONSTRAINT training_figure_totals_{name} CHECK ({name} >= 0)"
            for name in figures.SUMS
        )
        + ", changed_at timestamptz NOT NULL",
        key=KEY,
        references={"central_organisation_id": "organisations", "organisation_id": "organisations"},
        rights="SELECT",
    )
    op.execute(_functions(figures))
    op.execute(_view(figures, and_totals=True))
    # Where there are figures already, their totals are theirs. The owner sees one study centre at a time.
    op.execute(f"""
        DO $$
        DECLARE
            v_own CONSTANT text := coalesce(current_setting('app.study_centre_id', true), '');
            v_centre uuid;
        BEGIN
            FOR v_centre IN SELECT * FROM study_centres_known() LOOP
                PERFORM set_config('app.study_centre_id', v_centre::text, true);
                INSERT INTO training_figure_totals ({_names(figures)}, changed_at)
                SELECT {", ".join(KEY)}, {_summed(figures)}, max(changed_at)
                FROM training_figures GROUP BY {", ".join(KEY)};
            END LOOP;
            PERFORM set_config('app.study_centre_id', v_own, true);
        END $$
    """)
    op.execute(_count_again(figures, and_totals=True))


def downgrade() -> None:
    figures = context.script.get_revision("figures").module
    op.execute(_count_again(figures, and_totals=False))
    op.execute(_view(figures, and_totals=False))
    op.execute("""
        DROP TRIGGER training_figures_added ON training_figures;
        DROP TRIGGER training_figures_altered ON training_figures;
        DROP TRIGGER training_figures_deleted ON training_figures;
        DROP FUNCTION total_figures;
        DROP TABLE training_figure_totals;
    """)


def _names(figures: ModuleType) -> str:
    return ", ".join((*KEY, *figures.SUMS))


def _summed(figures: ModuleType) -> str:
    return ", ".join(
        f"sum({name})::{'bigint' if name in figures.BIG else 'integer'} AS {name}" for name in figures.SUMS
    )


def _functions(figures: ModuleType) -> str:
    """The totals follow every statement that changes figures, one transaction at a time as the figures do."""
    key, summed = ", ".join(KEY), _summed(figures)
    less = ", ".join(f"{name} = t.{name} - b.{name}" for name in figures.SUMS)
    same = " AND ".join(f"t.{name} = b.{name}" for name in KEY)
    return f"""
        CREATE FUNCTION total_figures() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
        BEGIN
            IF TG_OP <> 'INSERT' THEN
                UPDATE training_figure_totals t SET {less}
                FROM (SELECT {key}, {summed} FROM before GROUP BY {key}) b
                WHERE t.study_centre_id = own_study_centre() AND {same};
            END IF;
            IF TG_OP <> 'DELETE' THEN
                INSERT INTO training_figure_totals AS t ({_names(figures)}, changed_at)
                SELECT {key}, {summed}, max(changed_at) FROM after GROUP BY {key}
                ON CONFLICT (study_centre_id, {key}) DO UPDATE SET
                    {", ".join(f"{name} = t.{name} + EXCLUDED.{name}" for name in figures.SUMS)},
                    changed_at = greatest(t.changed_at, EXCLUDED.changed_at);
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER training_figures_added AFTER INSERT ON training_figures
            REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION total_figures();
        CREATE TRIGGER training_figures_altered AFTER UPDATE ON training_figures
            REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION total_figures();
        CREATE TRIGGER training_figures_deleted AFTER DELETE ON training_figures
            REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION total_figures();
        REVOKE ALL ON FUNCTION total_figures FROM PUBLIC;
        DO $$
        BEGIN
            EXECUTE format('REVOKE EXECUTE ON FUNCTION total_figures FROM %I',
                current_setting('app.role_prefix') || '_service');
        END $$;
    """


def _view(figures: ModuleType, *, and_totals: bool) -> str:
    """Figures that are not those of the courses and, if asked for, totals that are not those of the figures."""
    view = _between(figures.VIEWS, "CREATE VIEW training_figures_astray", ";")
    key, sums = ", ".join(KEY), ", ".join(figures.SUMS)
    is_something = " OR ".join(f"{name} <> 0" for name in figures.SUMS)
    totals = f"""
        UNION ALL
        SELECT study_centre_id, central_organisation_id, year, organisation_id, hour_type, supported,
            0::smallint, '', '', ''
        FROM (
            SELECT study_centre_id, {key}, {sums} FROM training_figure_totals WHERE {is_something}
        ) kept
        FULL JOIN (
            SELECT study_centre_id, {key}, {_summed(figures)} FROM training_figures WHERE {is_something}
            GROUP BY study_centre_id, {key}
        ) summed USING (study_centre_id, {key}, {sums})
        WHERE kept.study_centre_id IS NULL OR summed.study_centre_id IS NULL
    """
    return f"CREATE OR REPLACE VIEW training_figures_astray{view}{totals if and_totals else ''}"


def _count_again(figures: ModuleType, *, and_totals: bool) -> str:
    """Put totals right too, and mark people as changed of whom nothing was counted before."""
    function = _between(figures.FUNCTIONS, "CREATE FUNCTION count_again", "END $$;")
    if and_totals:
        function = _before(
            function,
            "    DELETE FROM training_figures WHERE",
            "    DELETE FROM training_figure_totals WHERE study_centre_id = v_centre;\n",
        )
        function = _before(
            function,
            "    RETURN v_astray;",
            """
    INSERT INTO training_figure_revisions (central_organisation_id, year, revision)
    SELECT DISTINCT central_organisation_id, year, 1 FROM training_figures WHERE participants > 0
    ON CONFLICT DO NOTHING;
""",
        )
    return f"CREATE OR REPLACE FUNCTION count_again{function}END $$;"


def _between(text: str, start: str, end: str) -> str:
    """The text after the start up to the first end that follows. Raise ValueError if either is missing."""
    begins = text.index(start) + len(start)
    return text[begins : text.index(end, begins)]


def _before(text: str, line: str, added: str) -> str:
    """The text with more before the line. Raise ValueError if that is missing."""
    at = text.index(line)
    return text[:at] + added + text[at:]
