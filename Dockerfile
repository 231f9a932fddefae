# One image for web, worker, beat and migrate; docker-compose.yml says which one a container is.
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# No more than this user may do; its only writable folder is var/.
RUN useradd --system --uid 10001 --create-home --home-dir /home/bearing bearing
WORKDIR /app

COPY requirements.txt .
RUN pip install --require-hashes -r requirements.txt

COPY . .
# Static files are collected under settings that need no server; the key serves this one command only.
RUN mkdir -p var \
    && DATABASE_URL=postgres://nobody@127.0.0.1:1/none SECRET_KEY=while-building FIELD_KEYS=while-building \
       python manage.py collectstatic --no-input --verbosity 0 \
    && chown -R bearing var

USER bearing
VOLUME /app/var
EXPOSE 8000
# Python as the first process hands on no signal to children that it does not know; `init: true` in compose does.
CMD ["gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4"]
