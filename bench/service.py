"""The service as it is deployed, from the environment."""

from fastapi import FastAPI

from app.main import create_app
from app.settings import Settings


def app() -> FastAPI:
    return create_app(Settings())
