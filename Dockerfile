# The bot in a container: see docs/containers.md.
#
# The base image is pinned by its exact version. To pin its exact content too, give its digest:
#   docker buildx imagetools inspect python:3.11.16-slim-trixie
#   docker build --build-arg BASE=python:3.11.16-slim-trixie@sha256:… .
# No digest is set here, because Debian's security updates use the same tag. The provenance of a published
# image records the digest it was built on.
ARG BASE=python:3.11.16-slim-trixie

FROM ${BASE} AS build
WORKDIR /app
# The part that rarely changes comes first. Wheels only: installing runs no compiler and no package code.
COPY requirements.lock .
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --disable-pip-version-check --no-cache-dir \
        --no-deps --only-binary=:all: --require-hashes -r requirements.lock
COPY LICENSE .
COPY personas samples/personas
COPY config.example.yaml samples/example.yaml
COPY bot bot
# With a strict umask the files would not be readable for the user below, who can't write bytecode
# either.
RUN chmod -R u=rwX,go=rX . \
    && python -m compileall -q --invalidation-mode unchecked-hash bot

FROM ${BASE}
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app .

# These ids are for named volumes. At run time, `--user` and compose's `user` override them. Only data/
# is written: the database, and what a host may change, which bot/volume.py puts there at each start.
ARG UID=1000
ARG GID=1000
RUN install -d -m 0700 -o ${UID} -g ${GID} data
USER ${UID}:${GID}
VOLUME ["/app/data"]

# Unhealthy once the last heartbeat is 90 seconds old; the first comes within 15 seconds of connecting.
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s --retries=2 \
    CMD ["python", "-m", "bot", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "bot.volume"]
CMD ["python", "-m", "bot", "run"]
