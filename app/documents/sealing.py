"""Seals a PDF as the service by PAdES (sähköinen leima), so that it stays PDF/A-3 and PDF/UA.

The field of a seal is not seen: it has no size and lies outside the page, so that no appearance is needed (PDF/A-3,
ISO 19005-3 §6.3.3) and no tag (PDF/UA-1, ISO 14289-1 §7.18.1). Its flag says that it is printed (§6.3.2).
"""

import asyncio
import logging
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko_certvalidator.registry import SimpleCertificateStore

# It warns that nothing is fetched, which is intended.
logging.getLogger("pyhanko.sign.signers").setLevel(logging.ERROR)

FIELD = "Seal"
OTHERS = 4_096
"""Bytes of a seal besides certificates: a signature of up to 1,024, and what is signed."""


class SealerAt(PdfSigner):
    """Writes the given time as the seal's own, where the library would take the computer's."""

    at: datetime

    def init_signing_session(self, *arguments: Any, **options: Any) -> PdfSigningSession:
        session = super().init_signing_session(*arguments, **options)
        session.system_time = self.at
        return session


class AsItWas(IncrementalPdfFileWriter):
    """Leaves the version, title, dates and claims of the document as they are: the library would write its own."""

    def _update_meta(self) -> None:
        pass

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        """PDF/A-3 is PDF 1.7 (ISO 19005-3 §6.1.2)."""


class Sealer:
    """Seals documents with one key. The first certificate is the key's; those of its authorities follow it."""

    def __init__(self, key: bytes, certificates: list[bytes]) -> None:
        """Key (PKCS 8) and certificates are in DER."""
        # Else the library would sign each document twice, once to learn the length. In hexadecimal digits.
        self._reserved = 2 * (sum(map(len, certificates)) + OTHERS)
        own, *others = [asn1_x509.Certificate.load(each) for each in certificates]
        registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # The library leaves it out.
        for each in others:
            registry.register(each)
        self._signer = SimpleSigner(
            signing_cert=own,
            signing_key=asn1_keys.PrivateKeyInfo.load(key),
            cert_registry=registry,
            # A reader who trusts the root has it; a copy in the seal would be bytes that nothing protects.
            embed_roots=False,
        )

    def seal(self, document: bytes, at: datetime) -> bytes:
        writer = AsItWas(BytesIO(document))
        place = SigFieldSpec(FIELD, invis_sig_settings=InvisSigSettings(box_out_of_bounds=True))
        metadata = PdfSignatureMetadata(field_name=FIELD, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
        session = SealerAt(metadata, self._signer, new_field_spec=place)
        session.at = at
        output = BytesIO()
        asyncio.run(session.async_sign_pdf(writer, output=output, bytes_reserved=self._reserved))
        return output.getvalue()
