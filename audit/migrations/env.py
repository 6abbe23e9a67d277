"""Alembic's entry: runs on the connection that `audit.migrate` hands over, never on one of its own."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
