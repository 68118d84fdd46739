"""`python -m app.recount`: count all training courses again, so that the statistics are those of the ledger.

Works on the database of OWNER_DATABASE_URL. It prints how many figures were astray, which is 0 unless tables were
changed by hand, and puts them right.
"""

import os
import sys

import psycopg


def main() -> int:
    owner = os.environ.get("OWNER_DATABASE_URL")
    if owner is None:
        print("Set OWNER_DATABASE_URL to the database URL of the tables' owner.", file=sys.stderr)
        return 2
    with psycopg.connect(owner, autocommit=True) as connection:
        for (centre_id,) in connection.execute("SELECT DISTINCT study_centre_id FROM callers").fetchall():
            connection.execute("SELECT set_config('app.study_centre_id', %s, false)", [str(centre_id)])
            [(astray,)] = connection.execute("SELECT count_again()").fetchall()
            print(f"Study centre {centre_id}: {astray} figures were astray.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
