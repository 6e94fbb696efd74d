# The daemon and its run-time packages, nothing else: no compiler, no test, no package of a test.
#   docker build -t polyhedge .
#   docker run --read-only --tmpfs /tmp -v ledger:/data -v ./strategies:/strategies:ro \
#     -v ./config.yaml:/app/config.yaml:ro polyhedge

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/polyhedge \
    && /opt/polyhedge/bin/pip install --require-hashes -r requirements.lock \
    && python -m venv /opt/tools \
    && /opt/tools/bin/pip install --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE config.example.yaml ./
COPY bot bot
COPY strategies strategies
RUN /opt/tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/polyhedge/bin/pip install --no-deps dist/*.whl \
    && /opt/polyhedge/bin/pip check

FROM python:3.11-slim-bookworm
ENV PATH=/opt/polyhedge/bin:$PATH \
    HOME=/tmp \
    POLYHEDGE_LEDGER=/data/polyhedge.db \
    POLYHEDGE_STRATEGIES=/strategies \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN groupadd --gid 10001 polyhedge \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
       --shell /usr/sbin/nologin polyhedge \
    && install -d -o 10001 -g 10001 /data /strategies /app
COPY --from=build /opt/polyhedge /opt/polyhedge
WORKDIR /app
VOLUME ["/data", "/strategies"]
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s --retries=3 \
    CMD ["polyhedge", "health", "--config", "/app/config.yaml"]
ENTRYPOINT ["polyhedge"]
CMD ["run", "--config", "/app/config.yaml"]
