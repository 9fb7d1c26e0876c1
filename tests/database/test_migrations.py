"""The schema on both servers."""

import MySQLdb
import pytest

from import_export.stores.database import Database, Session
from import_export.stores.migrations import migrate, migrate_statistics
from import_export.stores.mysql_layout import fitted
from import_export.stores.tables import list_tables


def test_a_second_migration_has_nothing_to_do(database: Database) -> None:
    assert migrate(database) == []


def test_the_statistics_are_in_a_database_of_their_own(database: Database, statistics: Database) -> None:
    assert migrate_statistics(database, statistics) == []
    with statistics.session() as session:
        tables = {name for (name,) in session.rows("SHOW TABLES")}
    assert {"user", "user_data", "media", "media_insight"} <= tables
    assert "import_jobs" not in tables


def test_the_default_tables_are_those_of_the_replaced_system(session: Session) -> None:
    tables = {table.table_name: table for table in list_tables(session)}
    assert list(tables) == ["stocks", "sales", "customers"]
    assert [column.name for column in tables["stocks"].columns] == [
        "sku",
        "warehouse_code",
        "stock_pcs",
        "stock_box",
        "stock_cs",
        "date",
    ]
    assert "kode barang" in tables["stocks"].column("sku").names
    assert [column.name.upper() for column in tables["sales"].columns] == (
        "DISTID DONO DOTANGGAL KODE_OUTLET NAMA_OUTLET KOTA KODE_BARANG NAMA_BARANG QTY_PCS QTY_BOX HARGA DISKON "
        "AMOUNT_JUAL SALESMAN EXPORTDATE KETERANGAN"
    ).split()


def test_the_default_tables_fit_their_configuration(session: Session) -> None:
    for table in list_tables(session):
        assert fitted(session, table).columns


@pytest.mark.parametrize(("old", "new"), [(1, 9), (9, 3), (6, 9), (0, 1), (2, 9)])
def test_the_database_itself_refuses_moves_that_are_not_allowed(session: Session, old: int, new: int) -> None:
    with session.transaction():
        session.execute(
            "INSERT INTO import_batches (batch_id, source, run_id, mode, names, warnings, received_at) "
            "VALUES ('b', 'run', 'r', 'both', '[]', '[]', NOW())"
        )
        session.execute(
            "INSERT INTO import_jobs (batch_id, slot, filename, status, created_at, updated_at) "
            "VALUES ('b', 'file:0001', 'x.csv', %s, NOW(), NOW())",
            (old,),
        )
    with pytest.raises(MySQLdb.IntegrityError), session.transaction():
        session.execute("UPDATE import_jobs SET previous_status = status, status = %s", (new,))
