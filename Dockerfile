# The bot in a container: docs/hosting.md, "In a container", says how to use it.
#
# The base is pinned by its exact version. To pin the very bytes too, name its digest:
#   docker buildx imagetools inspect python:3.11.16-slim-trixie
#   docker build --build-arg BASE=python:3.11.16-slim-trixie@sha256:… .
# None stands here, because Debian's security updates come under the same tag; a published image
# records in its provenance which one it was built on.
ARG BASE=python:3.11.16-slim-trixie

FROM ${BASE} AS build
WORKDIR /app
# First what seldom changes. Wheels only: no compiler runs, and no code of a package at its installation.
COPY requirements.lock .
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --disable-pip-version-check --no-cache-dir \
        --no-deps --only-binary=:all: --require-hashes -r requirements.lock
COPY LICENSE .
COPY personas personas
COPY bot bot
# A clone made under a strict umask would not be readable to the user below, who cannot write
# bytecode either.
RUN chmod -R u=rwX,go=rX . \
    && python -m compileall -q --invalidation-mode unchecked-hash bot

FROM ${BASE}
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app .

# Whoever runs it decides who it is: these ids count for named volumes, `--user` and compose's
# `user` count at run time. Nothing but data/ is written.
ARG UID=1000
ARG GID=1000
RUN install -d -m 0700 -o ${UID} -g ${GID} data
USER ${UID}:${GID}
VOLUME ["/app/data", "/app/personas"]

# Unhealthy once the last sign of life is 90 seconds old; the first comes within 15 of connecting.
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s --retries=2 \
    CMD ["python", "-m", "bot", "health"]
STOPSIGNAL SIGTERM
CMD ["python", "-m", "bot", "run"]
