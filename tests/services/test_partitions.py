"""Days ahead of the partitioned tables."""

import psycopg

from events.services.partitions import make_partitions


def test_missing_days_are_made_protected_and_only_once(servers):
    with psycopg.connect(f"{servers.stack.database_url.rsplit('/', 1)[0]}/signalbox", autocommit=True) as catalogue:
        last = catalogue.execute("SELECT 'log_' || to_char(current_date + 7, 'YYYYMMDD')").fetchone()[0]
        catalogue.execute(f"DROP TABLE {last}")
        assert make_partitions() == 1
        assert make_partitions() == 0
        found = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = %s"
        forced = catalogue.execute(found, [last])
        assert forced.fetchone() == (True,)
        assert catalogue.execute("SELECT count(*) FROM pg_policies WHERE tablename = %s", [last]).fetchone() == (2,)
