# Run by the image of PostgreSQL when it makes the database: the user whom servers log in as. What the role may do, the
# migration says.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set user="${PROXY_USER:-proxy}" --set password="$(cat "${OWNER:-/owner}/of-proxy")" <<'SQL'
SELECT 'CREATE ROLE ringfence_writer NOLOGIN' WHERE to_regrole('ringfence_writer') IS NULL \gexec
CREATE USER :"user" PASSWORD :'password' IN ROLE ringfence_writer;
SQL
