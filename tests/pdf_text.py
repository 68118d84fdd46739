"""The text of a PDF, as a reader sees it."""

import subprocess
from pathlib import Path
from shutil import which

import pytest

needs_pdftotext = pytest.mark.skipif(which("pdftotext") is None, reason="poppler-utils is not installed")


def text_of(pdf: bytes, tmp_path: Path) -> str:
    return " ".join(shown_of(pdf, tmp_path).split())


def lines_of(pdf: bytes, tmp_path: Path) -> list[str]:
    """The lines that are not empty, without the spaces around them."""
    return [line.strip() for line in shown_of(pdf, tmp_path).splitlines() if line.strip()]


def shown_of(pdf: bytes, tmp_path: Path) -> str:
    """The text as it stands on the pages, which a form feed ends."""
    file = tmp_path / "document.pdf"
    file.write_bytes(pdf)
    return subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True, text=True).stdout
