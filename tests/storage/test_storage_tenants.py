import pytest
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    and_,
    create_engine,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy import table as lightweight
from sqlalchemy.dialects import postgresql, sqlite

from location_cloud.storage.tenants import ALL_TENANTS, TenantGuard, TenantMissingError, find_unpinned

META = MetaData()
A = Table(
    "a",
    META,
    Column("id", Integer, primary_key=True),
    Column("tenant", Text),
    Column("x", Integer),
    UniqueConstraint("tenant", "x"),
)
B = Table("b", META, Column("id", Integer, primary_key=True), Column("tenant", Text), Column("a_id", Integer))
OPEN = Table("towns", META, Column("id", Integer, primary_key=True))
A2, SUB = A.alias("a2"), select(A).where(A.c.tenant == "t").subquery()
MINE_A, MINE_B, SAME = A.c.tenant == "t", B.c.tenant == "t", A.c.tenant == B.c.tenant


def recursive(condition):
    """A and all that follows from it by x, as a recursive common table expression."""
    start = select(A.c.id, A.c.x).where(condition).cte("chain", recursive=True)
    return start.union_all(select(A.c.id, A.c.x).join(start, A.c.id == start.c.x).where(MINE_A))


PINNED = {
    "by value": select(A).where(MINE_A),
    "by value on the left": select(A).where(literal_column("1") == 1, MINE_A.self_group()),
    "by one of several": select(A).where(A.c.tenant.in_(["t", "shared"])),
    "beside others": select(A).where(and_(A.c.x > 1, and_(A.c.id == 3, MINE_A))),
    "both": select(A.c.id, B.c.id).where(MINE_A, MINE_B, A.c.id == B.c.a_id),
    "through the other": select(A.c.id, B.c.id).where(MINE_A, SAME),
    "through a join": select(A).join(B, and_(A.c.id == B.c.a_id, SAME)).where(MINE_B),
    "outer join with tenant": select(A, B).outerjoin(B, and_(A.c.id == B.c.a_id, SAME)).where(MINE_A),
    "alias": select(A2).where(A2.c.tenant == "t"),
    "derived table": select(SUB.c.x),
    "joined to a derived table": select(B).join(SUB, SUB.c.tenant == B.c.tenant),
    "common table expression": select(select(A).where(MINE_A).cte("c")),
    "union": union_all(select(A.c.id).where(MINE_A), select(B.c.id).where(MINE_B)),
    "exists": select(A).where(MINE_A, exists().where(SAME, B.c.a_id == A.c.id)),
    "scalar subquery": select(A.c.id, select(func.count()).where(MINE_B).scalar_subquery()).where(MINE_A),
    "table without tenant": select(OPEN),
    "update": update(A).where(MINE_A).values(x=1),
    "update from": update(A).where(MINE_A, SAME, B.c.a_id == A.c.id).values(x=1),
    "update by subquery": update(A).where(MINE_A).values(x=select(B.c.id).where(SAME).scalar_subquery()),
    "delete": delete(A).where(MINE_A),
    "insert": insert(A).values(id=1, tenant="t"),
    "insert many": insert(A).values([{"id": 1, "tenant": "t"}, {"id": 2, "tenant": "t"}]),
    "insert select": insert(A).from_select(["id", "tenant"], select(B.c.id, B.c.tenant).where(MINE_B)),
    "upsert": sqlite.insert(A)
    .values(id=1, tenant="t", x=2)
    .on_conflict_do_update(index_elements=["tenant", "x"], set_={"x": 2}),
    "insert if absent": sqlite.insert(A).values(id=1, tenant="t").on_conflict_do_nothing(),
    "text": text("SELECT * FROM a WHERE tenant = :t"),
    "text that inserts": text("INSERT INTO a (id, tenant) VALUES (1, :t)"),
    "text of no row": text("PRAGMA table_info(a)"),
    "recursive": select(recursive(MINE_A)),
    "constant": select(1),
}

OPEN_TO_ALL = {
    "no condition": select(A),
    "another condition": select(A).where(A.c.x == 1),
    "below or": select(A).where(or_(MINE_A, A.c.x == 1)),
    "not equal": select(A).where(A.c.tenant != "t"),
    "negated": select(A).where(~and_(MINE_A, A.c.x == 1)),
    "null": select(A).where(A.c.tenant.is_(None)),
    "itself": select(A).where(A.c.tenant == A.c.tenant),
    "each other": select(A.c.id, B.c.id).where(SAME),
    "only one of two": select(A.c.id, B.c.id).where(MINE_A, A.c.id == B.c.a_id),
    "alias": select(A2).where(A2.c.x == 1),
    "only the other alias": select(A, A2).where(MINE_A, A.c.id == A2.c.id),
    "outer join pins only its right side": select(A, B).outerjoin(B, and_(A.c.id == B.c.a_id, SAME, MINE_A)),
    "outer join without tenant": select(A, B).outerjoin(B, A.c.id == B.c.a_id).where(MINE_A),
    "derived table": select(select(A).subquery().c.x),
    "common table expression": select(select(A).cte("c")),
    "one half of a union": union_all(select(A.c.id).where(MINE_A), select(B.c.id)),
    "exists": select(A).where(MINE_A, exists().where(B.c.a_id == A.c.id)),
    "scalar subquery": select(A.c.id, select(func.count(B.c.id)).scalar_subquery()).where(MINE_A),
    "subquery over the same table": select(A).where(MINE_A, A.c.id.in_(select(A.c.id))),
    "count": select(func.count()).select_from(A),
    "declared without its tenant": select(lightweight("a", Column("id")).c.id),
    "update": update(A).where(A.c.id == 1).values(x=1),
    "update of all": update(A).values(x=1),
    "update from": update(A).where(MINE_A, B.c.a_id == A.c.id).values(x=1),
    "update by subquery": update(A).where(MINE_A).values(x=select(func.max(B.c.id)).scalar_subquery()),
    "move to another tenant": update(A).where(MINE_A).values(tenant="u"),
    "delete": delete(A).where(A.c.id == 1),
    "delete by subquery": delete(A).where(MINE_A, A.c.id.in_(select(B.c.a_id))),
    "insert": insert(A).values(id=1),
    "insert select": insert(A).from_select(["id", "tenant"], select(B.c.id, B.c.tenant)),
    "upsert over another tenant's row": sqlite.insert(A)
    .values(id=1, tenant="t", x=2)
    .on_conflict_do_update(index_elements=["id"], set_={"x": 2}),
    "replace": insert(A).prefix_with("OR REPLACE").values(id=1, tenant="t"),
    "text": text("SELECT * FROM a"),
    "text of two tables": text("SELECT * FROM a, b WHERE a.tenant = :t"),
    "text that only shows the tenant": text("SELECT tenant FROM a"),
    "text that sets the tenant": text("UPDATE a SET x = 1, tenant = :t"),
    "text as table": select(text("*")).select_from(text("a")),
    "text as column": select(literal_column("(SELECT max(x) FROM a)")),
    "recursive": select(recursive(A.c.id == 1)),
    "update from another table's values": update(A).where(MINE_A).values(x=B.c.id),
    "change inside a query": select(update(A).values(x=1).returning(A.c.id).cte()),
    "change beside a query": select(1).add_cte(delete(A).cte()),
    "text inside": select(text("1")).where(text("x IN (SELECT x FROM a)")),
}


NAMES = {"t": "t"}


@pytest.fixture
def connection():
    engine = create_engine("sqlite://", enable_from_linting=False)
    TenantGuard(engine).watch(frozenset({"a", "b"}))
    META.create_all(engine)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def run(connection, statement):
    return connection.execute(statement, NAMES if ":t" in str(statement) else {})


@pytest.mark.parametrize("name", PINNED)
def test_statement_that_pins_its_tenant_runs(connection, name):
    for _ in range(2):  # the second time from the cache
        run(connection, PINNED[name])
        connection.rollback()


@pytest.mark.parametrize("name", OPEN_TO_ALL)
def test_statement_open_to_all_tenants_is_refused(connection, name):
    for _ in range(2):
        with pytest.raises(TenantMissingError):
            run(connection, OPEN_TO_ALL[name])


def test_many_rows_at_once_need_a_tenant_each(connection):
    connection.execute(insert(A), [{"id": 1, "tenant": "t"}, {"id": 2, "tenant": "t"}])
    with pytest.raises(TenantMissingError):
        connection.execute(insert(A), [{"id": 3}, {"id": 4}])


def test_driver_sql_is_read_too(connection):
    connection.exec_driver_sql("PRAGMA user_version")
    with pytest.raises(TenantMissingError, match="DELETE FROM b"):
        connection.exec_driver_sql("DELETE FROM b")


def test_work_meant_for_all_tenants_says_so(connection):
    assert connection.execute(select(A), execution_options=ALL_TENANTS).all() == []
    with pytest.raises(TenantMissingError):
        connection.execute(select(A))


def test_refused_statement_has_not_run(connection):
    run(connection, insert(A).values(id=1, tenant="t"))
    with pytest.raises(TenantMissingError):
        run(connection, delete(A))
    assert len(connection.execute(select(A).where(MINE_A)).all()) == 1


def test_postgresql_upsert_is_read_too():
    upsert = postgresql.insert(A).values(id=1, tenant="t")
    mine = upsert.on_conflict_do_update(index_elements=["tenant", "x"], set_={"x": 2})
    anyones = upsert.on_conflict_do_update(constraint="a_pkey", set_={"x": 2})
    found = [find_unpinned(each.compile(dialect=postgresql.dialect()), frozenset()) for each in (mine, anyones)]
    assert found == ["", "a (ON CONFLICT)"]
