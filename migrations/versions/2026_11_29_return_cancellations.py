"""A return of hours can be cancelled: its hours go back from the pool to the organisation's common hours."""

from alembic import context, op

revision = "return_cancellations"
down_revision = "expiry"
branch_labels = None
depends_on = None

BOTH = "(from_account, to_account)"
KINDS = {
    "hour_transfers_accounts_fit_kind": "",
    "hour_transfers_accounts_of_kind": f"WHEN 'return_cancellation' THEN {BOTH} = ('pool', 'common')",
}


def upgrade() -> None:
    op.execute("""
        ALTER TABLE hour_returns ADD COLUMN cancelled_by uuid, ADD COLUMN cancelled_at timestamptz;
        -- Returns are some hundreds a year: checking all of them takes milliseconds.
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE hour_returns DROP CONSTRAINT hour_returns_state_known;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE hour_returns ADD CONSTRAINT hour_returns_state_known CHECK (state IN ('booked', 'cancelled'));
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE hour_returns ADD CONSTRAINT hour_returns_cancelled
            CHECK (num_nulls(cancelled_by, cancelled_at) = CASE state WHEN 'cancelled' THEN 0 ELSE 2 END);
        -- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
        ALTER TABLE hour_returns ADD CONSTRAINT hour_returns_canceller_fkey
            FOREIGN KEY (study_centre_id, cancelled_by) REFERENCES actors;
        SELECT grant_to_service('UPDATE (state, cancelled_by, cancelled_at)', 'hour_returns');
    """)
    _allow("hour_transfers_accounts_of_kind", instead_of="hour_transfers_accounts_fit_kind")
    op.execute(_posting(cancels=True))
    for view in _views(cancels=True):
        op.execute(view)


def downgrade() -> None:
    """Only where no return was cancelled: the ledger keeps what it has."""
    for view in _views(cancels=False):
        op.execute(view)
    op.execute(_posting(cancels=False))
    _allow("hour_transfers_accounts_fit_kind", instead_of="hour_transfers_accounts_of_kind")
    op.execute("""
        ALTER TABLE hour_returns DROP CONSTRAINT hour_returns_cancelled, DROP CONSTRAINT hour_returns_canceller_fkey,
            DROP COLUMN cancelled_by, DROP COLUMN cancelled_at, DROP CONSTRAINT hour_returns_state_known;
        ALTER TABLE hour_returns ADD CONSTRAINT hour_returns_state_known CHECK (state = 'booked');
    """)


def _allow(name: str, *, instead_of: str) -> None:
    """Let transfers have the accounts of their kinds. What is there satisfies the older constraint, and so this one."""
    op.execute(f"""
        ALTER TABLE hour_transfers ADD CONSTRAINT {name} CHECK (
            CASE kind
                WHEN 'pool' THEN (from_account, to_account) IN (('state', 'pool'), ('pool', 'state'))
                WHEN 'grant' THEN (from_account, to_account) = ('pool', 'common')
                WHEN 'supplementary_grant' THEN (from_account, to_account) = ('pool', 'common')
                WHEN 'distribution' THEN (from_account, to_account) = ('common', 'allotment')
                WHEN 'recall' THEN (from_account, to_account) = ('allotment', 'common')
                WHEN 'return' THEN (from_account, to_account) = ('common', 'pool')
                {KINDS[name]}
                WHEN 'reservation' THEN {BOTH} IN (('common', 'reserved'), ('allotment', 'reserved'))
                WHEN 'release' THEN {BOTH} IN (('reserved', 'common'), ('reserved', 'allotment'))
                WHEN 'use' THEN (from_account, to_account) = ('reserved', 'used')
                WHEN 'lapse' THEN (from_account, to_account) IN (('common', 'lapsed'), ('allotment', 'lapsed'))
                WHEN 'correction' THEN (from_account, to_account) IN
                    (('pool', 'common'), ('common', 'pool'), ('pool', 'lapsed'), ('lapsed', 'pool'))
                ELSE false
            END) NOT VALID;
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE hour_transfers DROP CONSTRAINT {instead_of};
    """)
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE hour_transfers VALIDATE CONSTRAINT {name}")


RETURNED = """
        IF p_kinds[i] = 'return' THEN
            v_held[6] := v_held[6] + p_hours[i];
            v_held[7 * v_places[1] + 6] := v_held[7 * v_places[1] + 6] + p_hours[i];
"""
CANCELLED = """        ELSIF p_kinds[i] = 'return_cancellation' THEN
            v_held[6] := v_held[6] - p_hours[i];
            v_held[7 * v_places[2] + 6] := v_held[7 * v_places[2] + 6] - p_hours[i];
"""


def _posting(*, cancels: bool) -> str:
    """The function of the revision before; with a part for cancellations, which are taken from what was returned."""
    posting: str = context.script.get_revision("posting_plans").module.POSTING
    before, returned, after = posting.partition(RETURNED)
    return before + returned + (CANCELLED if cancels else "") + after


def _views(*, cancels: bool) -> list[str]:
    """The views of the ledger that count returns, without what was cancelled."""
    in_account = "CASE kind WHEN 'return_cancellation' THEN -hours ELSE 0 END" if cancels else "0"
    in_pool = "\n        - coalesce(sum(t.hours) FILTER (WHERE t.kind = 'return_cancellation'), 0)" if cancels else ""
    views: str = context.script.get_revision("hours_ledger").module.VIEWS
    replaced = (
        views.replace("CREATE VIEW", "CREATE OR REPLACE VIEW")
        .replace("hours, 0 AS returned, 0 AS", f"hours, {in_account} AS returned, 0 AS")
        .replace("FILTER (WHERE t.kind = 'return'), 0);", f"FILTER (WHERE t.kind = 'return'), 0){in_pool};")
    )
    return [f"CREATE OR REPLACE VIEW{part}" for part in replaced.split("CREATE OR REPLACE VIEW")[2:4]]
