"""Topic classes of training courses. Every study centre begins with those of liberal adult education."""

from alembic import op

from migrations.tables import create_table

revision = "topic_classes"
down_revision = "trainings"
branch_labels = None
depends_on = None

# Code; name in Finnish, Swedish and English; field of the national classification of education 2016, which is ISCED-F
# 2013 in its three digits.
LOADED = (
    ("association-work", "Yhdistystoiminta", "Föreningsverksamhet", "Association work", "041"),
    (
        "leadership",
        "Johtaminen ja vapaaehtoistyö",
        "Ledarskap och frivilligarbete",
        "Leadership and volunteering",
        "041",
    ),
    ("finances", "Talous ja varainhankinta", "Ekonomi och medelanskaffning", "Finances and fundraising", "041"),
    ("law", "Lainsäädäntö", "Lagstiftning", "Legislation", "042"),
    ("communication", "Viestintä ja media", "Kommunikation och medier", "Communication and media", "032"),
    ("society", "Yhteiskunta ja vaikuttaminen", "Samhälle och påverkan", "Society and participation", "031"),
    ("international", "Kansainvälisyys", "Internationell verksamhet", "International affairs", "031"),
    ("education", "Kasvatus ja ohjaaminen", "Fostran och handledning", "Education and instruction", "011"),
    (
        "basic-skills",
        "Perustaidot ja opiskelutaidot",
        "Basfärdigheter och studieteknik",
        "Basic and study skills",
        "002",
    ),
    ("personal-skills", "Itsetuntemus ja vuorovaikutus", "Självkännedom och växelverkan", "Personal skills", "003"),
    ("languages", "Kielet", "Språk", "Languages", "023"),
    ("literature", "Kirjallisuus ja kirjoittaminen", "Litteratur och skrivande", "Literature and writing", "023"),
    ("history", "Historia ja kulttuuriperintö", "Historia och kulturarv", "History and heritage", "022"),
    ("worldviews", "Uskonto ja filosofia", "Religion och filosofi", "Religion and philosophy", "022"),
    ("music", "Musiikki", "Musik", "Music", "021"),
    ("performing-arts", "Teatteri ja tanssi", "Teater och dans", "Theatre and dance", "021"),
    ("visual-arts", "Kuvataide ja valokuvaus", "Bildkonst och fotografering", "Visual arts and photography", "021"),
    ("crafts", "Kädentaidot", "Hantverk", "Crafts", "021"),
    ("digital-skills", "Tietotekniikka ja digitaidot", "Datateknik och digitala färdigheter", "Digital skills", "061"),
    ("environment", "Luonto ja ympäristö", "Natur och miljö", "Nature and environment", "052"),
    ("gardening", "Puutarha, maatalous ja metsä", "Trädgård, jord- och skogsbruk", "Gardening and forestry", "081"),
    ("health", "Terveys ja ensiapu", "Hälsa och första hjälpen", "Health and first aid", "091"),
    ("welfare", "Sosiaalinen tuki ja vertaistuki", "Socialt stöd och kamratstöd", "Social and peer support", "092"),
    ("household", "Kotitalous ja ruoka", "Hushåll och matlagning", "Household and food", "101"),
    ("sports", "Liikunta ja ulkoilu", "Idrott och friluftsliv", "Sports and outdoor life", "101"),
    ("safety", "Turvallisuus ja varautuminen", "Säkerhet och beredskap", "Safety and preparedness", "103"),
)


def upgrade() -> None:
    create_table(
        "topic_classes",
        """
        id uuid NOT NULL,
        code text NOT NULL CONSTRAINT topic_classes_code_form CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
        name text NOT NULL CONSTRAINT topic_classes_name_said CHECK (name <> ''),
        name_sv text,
        name_en text,
        statistics_class text,
        active boolean NOT NULL,
        CONSTRAINT topic_classes_code_once UNIQUE (study_centre_id, code)
        """,
        rights="SELECT, INSERT, UPDATE",
    )
    rows = ",\n        ".join(f"({', '.join(map(_text, row))})" for row in LOADED)
    # The ids are made of the study centre and the code (UUIDv8), so that they are the same each time.
    op.execute(f"""
CREATE FUNCTION load_topic_classes(p_centre uuid) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO topic_classes (study_centre_id, id, code, name, name_sv, name_en, statistics_class, active)
    SELECT p_centre,
        overlay(overlay(md5('topic class ' || p_centre || ' ' || code) PLACING '8' FROM 13) PLACING 'b' FROM 17)::uuid,
        code, name, name_sv, name_en, statistics_class, true
    FROM (VALUES
        {rows}
    ) AS loaded (code, name, name_sv, name_en, statistics_class)
$$;

CREATE FUNCTION load_topic_classes_of_new() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM load_topic_classes(NEW.id);
    RETURN NULL;
END $$;

REVOKE ALL ON FUNCTION load_topic_classes, load_topic_classes_of_new FROM PUBLIC;
CREATE TRIGGER study_centres_topic_classes AFTER INSERT ON study_centres
FOR EACH ROW EXECUTE FUNCTION load_topic_classes_of_new();
""")
    _see_all_centres(True)
    op.execute("SELECT load_topic_classes(id) FROM study_centres")
    _see_all_centres(False)


def downgrade() -> None:
    op.execute("""
        DROP TRIGGER study_centres_topic_classes ON study_centres;
        DROP FUNCTION load_topic_classes_of_new, load_topic_classes;
        DROP TABLE topic_classes;
    """)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _see_all_centres(is_seen: bool) -> None:
    for table in ("study_centres", "topic_classes"):
        op.execute(f"ALTER TABLE {table} {'NO FORCE' if is_seen else 'FORCE'} ROW LEVEL SECURITY")
