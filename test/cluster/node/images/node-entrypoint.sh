#!/bin/sh
# What is no command is for Node: `node:24-slim server.mjs` runs `node server.mjs`, and so do options.
set -e
if ! command -v "${1:-node}" >/dev/null 2>&1 || { [ -f "$1" ] && [ ! -x "$1" ]; }; then
  set -- node "$@"
fi
exec "$@"
