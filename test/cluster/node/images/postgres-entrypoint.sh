#!/bin/sh
# What the image's users rely on: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB and PGDATA on the first start, data that
# is there already left alone, and a server that does not run as root.
set -eu

case "${1:-}" in
  '' | -*) set -- postgres "$@" ;;
esac
[ "$1" = postgres ] || exec "$@"

mkdir -p "$PGDATA"
if [ "$(id -u)" = 0 ]; then
  chown -R postgres:postgres "$PGDATA"
  # By its path: this shell would run its own, smaller one.
  exec /usr/local/bin/setpriv --reuid=999 --regid=999 --clear-groups -- "$0" "$@"
fi
chmod 700 "$PGDATA" 2>/dev/null || true

if [ -s "$PGDATA/PG_VERSION" ]; then
  echo "PostgreSQL Database directory appears to contain a database; Skipping initialization"
  exec "$@"
fi

user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "$method" != trust ]; then
  echo "Error: Database is uninitialized and superuser password is not specified." >&2
  echo "       POSTGRES_PASSWORD is empty: set it to something." >&2
  exit 1
fi

printf '%s\n' "${POSTGRES_PASSWORD:-none}" |
  initdb -D "$PGDATA" -U "$user" --pwfile=/dev/stdin --locale=C -E UTF8 -N --auth-local=trust --auth-host=scram-sha-256
{
  echo "listen_addresses = '*'"
  echo "timezone = 'UTC'"
  echo "log_timezone = 'UTC'"
} >>"$PGDATA/postgresql.conf"
echo "host all all all $method" >>"$PGDATA/pg_hba.conf"
if [ "$database" != postgres ]; then
  printf 'CREATE DATABASE "%s"\n' "$database" | postgres --single -D "$PGDATA" postgres >/dev/null
fi
echo "PostgreSQL init process complete; ready for start up."
exec "$@"
