# The service in an image: `docker build -t symbolicate .`, `docker run -p 127.0.0.1:8080:8080 -v symbolicate:/data symbolicate`.
# Before others can reach it, it wants a token: see compose.yaml and docs/service.md.

FROM rust:1-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3-dev python3-venv && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /build && /build/bin/pip install --no-cache-dir "maturin>=1.16,<2"
WORKDIR /source
COPY LICENSE README.md pyproject.toml ./
COPY native native
COPY src src
RUN /build/bin/maturin build --release --locked --out /wheels --interpreter python3

FROM python:3.13-slim-bookworm
COPY requirements-dev.lock /tmp/
COPY --from=build /wheels /wheels
# The versions that are tested, and no others.
RUN grep -v '^ *--hash' /tmp/requirements-dev.lock | sed 's/ *\\$//' > /tmp/constraints.txt \
    && pip install --no-cache-dir --constraint /tmp/constraints.txt "$(echo /wheels/*.whl)[service]" \
    && rm -rf /wheels /tmp/requirements-dev.lock /tmp/constraints.txt \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin symbolicate \
    && install -d -o symbolicate -g symbolicate -m 0700 /data
USER symbolicate
ENV SYMBOLICATE_DATA=/data SYMBOLICATE_BIND=0.0.0.0:8080 SYMBOLICATE_LOG_JSON=true PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
ENTRYPOINT ["symbolicate"]
CMD ["serve"]
