#!/bin/sh
# Runs one management command. `celery …` runs Celery instead.
set -eu

case "${1:-up}" in
    celery) exec "$@" ;;
    # Style sheets and scripts belong to the release, the volume to the installation: after an upgrade they are new.
    up | web) python /app/manage.py collectstatic --noinput --verbosity 0 ;;
esac
exec python /app/manage.py "$@"
