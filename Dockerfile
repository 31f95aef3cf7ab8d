# One image, five commands: web (the default), worker, beat, migrate, secrets. See docker/entry.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY pyproject.toml constraints.txt ./
# Without the extra `embedded`: in containers PostgreSQL and Valkey are services of their own.
RUN python -m venv /opt/signalbox \
    && python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")' > requirements.txt \
    && /opt/signalbox/bin/pip install -c constraints.txt -r requirements.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin signalbox \
    && install -d -o signalbox -g signalbox -m 0700 /secrets /data
ENV PATH=/opt/signalbox/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SIGNALBOX_DATA=/data
COPY --from=build /opt/signalbox /opt/signalbox
WORKDIR /app
COPY . .
RUN python -m compileall -q /app && SIGNALBOX_STATIC=/app/static python manage.py collectstatic --no-input -v 0
ENV SIGNALBOX_STATIC=/app/static
USER signalbox
EXPOSE 8000
VOLUME ["/data"]
HEALTHCHECK NONE
ENTRYPOINT ["/app/docker/entry"]
CMD ["web"]
