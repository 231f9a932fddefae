#!/bin/sh
# What `make check` runs, and the same line that CI runs. All of it, so that one run names everything.
set -u
BIN=${BIN:-.venv/bin}
failed=""

step() {
    name=$1
    shift
    printf '== %s\n' "$name"
    "$@" || failed="$failed $name,"
}

production() {
    # The real production settings, with an environment that belongs to nobody and a server that is not asked.
    env DATABASE_URL=postgres://bearing@127.0.0.1:1/bearing REDIS_URL=redis://127.0.0.1:1/0 \
        SECRET_KEY="$($BIN/python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
        FIELD_KEYS="$($BIN/python -c 'import secrets; print(secrets.token_urlsafe(48))')" \
        ALLOWED_HOSTS=bearing.example BASE_URL=https://bearing.example BEARING_MODE=production \
        BEARING_VAR="$scratch" STATIC_ROOT="$scratch/static" "$BIN/python" -W error::ResourceWarning manage.py "$@"
}

embedded() {
    env -u DATABASE_URL -u REDIS_URL BEARING_VAR="$scratch" "$BIN/python" manage.py "$@"
}

schema() {
    [ -f docs/openapi.yaml ] || { echo "docs/openapi.yaml does not exist yet."; return 0; }
    embedded spectacular --validate --fail-on-warn --file "$scratch/openapi.yaml" || return 1
    diff -u docs/openapi.yaml "$scratch/openapi.yaml" \
        || { echo "The API changed. If it should: manage.py spectacular --file docs/openapi.yaml"; return 1; }
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

step "ruff" "$BIN/ruff" check --output-format concise .
step "format" "$BIN/ruff" format --check --output-format concise .
step "types" "$BIN/mypy" .
step "layers" "$BIN/lint-imports" --no-cache --no-logo
step "settings" production check --deploy --fail-level WARNING
step "migrations" embedded makemigrations --check --dry-run
step "API schema" schema

if [ -n "$failed" ]; then
    printf '\nNot well:%s\n' "${failed%,}"
    exit 1
fi
printf '\nAll checks pass.\n'
