"""Who may do what to a log in PostgreSQL: roles without login, to be granted to the users that log in.

    ringfence_owner    owns the tables: for migrations only
    ringfence_writer   a server: appends, and moves the head
    ringfence_reader   an auditor: reads
    ringfence_signer   the signer of checkpoints: reads
    ringfence_retention   whoever prunes and erases: takes away what a record says is gone, and reads

Where the migrating user may not create roles, nothing is granted: that is said, and the log works under one user.
"""

from sqlalchemy import Connection

from audit.stores.postgres import SCHEMA

OWNER, WRITER, READER, SIGNER, RETENTION = ROLES = (
    *("ringfence_owner", "ringfence_writer", "ringfence_reader", "ringfence_signer"),
    "ringfence_retention",
)
APPENDED = ("record", "record_label", "bundle_text", "checkpoint")
TABLES = (*APPENDED, "head", "writer_lease", "pruning", "pruned", "alembic_version")
FUNCTIONS = (
    *("refuse", "refuse_misplaced", "refuse_size", "refuse_tile", "refuse_deletion", "refuse_change"),
    "refuse_label",
)
READING = f"{WRITER}, {READER}, {SIGNER}, {RETENTION}"
ERASABLE = "body, dec, attempt, app, team, decision, zone"
GRANTS = (
    f"REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC",
    f"REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM PUBLIC",
    f"GRANT USAGE ON SCHEMA {SCHEMA} TO {READING}",
    f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {READING}",
    f"GRANT INSERT ON {', '.join(f'{SCHEMA}.{table}' for table in (*APPENDED, 'head'))} TO {WRITER}",
    f"GRANT UPDATE (size, hash) ON {SCHEMA}.head TO {WRITER}",
    f"GRANT INSERT, UPDATE, DELETE ON {SCHEMA}.writer_lease TO {WRITER}",
    f"GRANT INSERT ON {SCHEMA}.pruning, {SCHEMA}.pruned TO {RETENTION}",
    f"GRANT DELETE ON {SCHEMA}.record, {SCHEMA}.record_label TO {RETENTION}",
    f"GRANT UPDATE ({ERASABLE}) ON {SCHEMA}.record TO {RETENTION}",
)
CREATE = "DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"


def arrange(connection: Connection) -> list[str]:
    """Create roles that are missing, hand the tables to their owner and grant; return what could not be done."""
    may = connection.exec_driver_sql("SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user").one()
    there = set(connection.exec_driver_sql("SELECT rolname FROM pg_roles WHERE rolname LIKE 'ringfence%%'").scalars())
    missing = [role for role in ROLES if role not in there]
    if missing and not any(may):
        return [f"Nothing was granted: this user may not create the roles {', '.join(missing)}."]
    for role in missing:
        connection.exec_driver_sql(CREATE.format(role=role))
    for statement in GRANTS:
        connection.exec_driver_sql(statement)
    if not may[0]:
        return [f"The tables belong to this user; only a superuser can hand them to {OWNER}."]
    connection.exec_driver_sql(f"ALTER SCHEMA {SCHEMA} OWNER TO {OWNER}")
    for table in TABLES:
        connection.exec_driver_sql(f"ALTER TABLE {SCHEMA}.{table} OWNER TO {OWNER}")
    for function in FUNCTIONS:
        connection.exec_driver_sql(f"ALTER FUNCTION {SCHEMA}.{function}() OWNER TO {OWNER}")
    return []
