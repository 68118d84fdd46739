"""The text of a PDF, as a reader sees it."""

import subprocess
from pathlib import Path
from shutil import which

import pytest

needs_pdftotext = pytest.mark.skipif(which("pdftotext") is None, reason="poppler-utils is not installed")


def text_of(pdf: bytes, tmp_path: Path) -> str:
    file = tmp_path / "letter.pdf"
    file.write_bytes(pdf)
    shown = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True, text=True)
    return " ".join(shown.stdout.split())
