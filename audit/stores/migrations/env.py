"""Alembic's entry: runs on the connection that `audit.stores.migrate` hands over, never on one of its own."""

from alembic import context

given = context.config.attributes
context.configure(
    connection=given["connection"],
    transactional_ddl=True,
    version_table_schema=given.get("schema"),
)
with context.begin_transaction():
    context.run_migrations()
