"""QR codes, read back by another program."""

import io

import typst
import zxingcpp
from PIL import Image

from app.documents.qr_codes import qr_code_of


def test_a_qr_code_is_read_back() -> None:
    address = "https://tunnit.example.org/v1/public/sivis/certificates/7Q3ZK0M2R8XW4T6B"
    source = '#image(bytes(sys.inputs.code), format: "svg", width: 3cm)'
    picture = typst.compile(source.encode(), format="png", ppi=200.0, sys_inputs={"code": qr_code_of(address)})

    assert isinstance(picture, bytes)
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    assert code.text == address
