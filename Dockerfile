# The service, its migrations and its worker in one image; compose.yaml shows how they go together.
FROM python:3.12-slim AS packages
COPY requirements/service.txt .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r service.txt \
    && /venv/bin/pip uninstall --yes --disable-pip-version-check pip

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin tuntipankki
COPY --from=packages /venv /venv
WORKDIR /service
COPY alembic.ini ./
COPY migrations migrations
COPY openapi openapi
COPY docs/rulebook.md docs/
COPY app app
# The user of the image may not write compiled files at the start.
RUN python -m compileall -q app migrations
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0
USER tuntipankki
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["python", "-m", "app.serving", "--host", "0.0.0.0", "--port", "8000"]
