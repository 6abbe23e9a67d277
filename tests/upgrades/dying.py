"""Changes the schemas of a home, or of a database, and is killed before the statement of the number it is given.

dying.py NUMBER HOME [URL]        # prints how many statements there were, where there were fewer
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from audit.place import Postgres, place_of
from audit.stores.migrate import migrate_postgres, migrate_sqlite
from proxy.state import schema
from proxy.state.database import Database

CHANGES = ("CREATE", "DROP", "ALTER", "INSERT", "UPDATE", "GRANT", "REVOKE")
done = 0


@event.listens_for(Engine, "before_cursor_execute")
def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    """Be killed in time."""
    global done  # noqa: PLW0603 - of the whole program
    if statement.lstrip().startswith(CHANGES):
        if done == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGKILL)
        done += 1


if __name__ == "__main__":
    home = Path(sys.argv[2])
    place = place_of(sys.argv[3]) if len(sys.argv) > 3 else home / "audit.db"
    if isinstance(place, Postgres):
        migrate_postgres(place)
        schema.migrate_postgres(place)
    else:
        migrate_sqlite(place)
        Database.open(home / "shared.db", 10.0).close()
    print(done)
