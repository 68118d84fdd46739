"""Files that are made once and kept as bytes, compressed, for all who ask."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from fastapi import Request
from starlette.responses import Response

from app.api.shapes import check_wanted, is_unchanged
from app.api.transport import accepts_gzip
from app.domain.versions import tag_of


@dataclass(frozen=True)
class KeptFile:
    media_type: str
    content: bytes
    compressed: bytes
    """Empty for an image, which is compressed already."""
    tag: str

    def respond(self, request: Request, caching: str, more: Mapping[str, str] | None = None) -> Response:
        """Return the file, or 304 if the caller has it. `caching` is the value of `Cache-Control`.

        Raise Stale if the caller wants another version, MalformedRequest.
        """
        check_wanted(request.headers, self.tag)
        more = more or {}
        vary = ", ".join(filter(None, ("Accept-Encoding", more.get("Vary"))))
        headers = {**more, "ETag": f'"{self.tag}"', "Cache-Control": caching, "Vary": vary}
        if is_unchanged(request.headers, self.tag):
            return Response(status_code=304, headers=headers)
        if self.compressed and accepts_gzip(request.headers):
            return Response(self.compressed, media_type=self.media_type, headers=headers | {"Content-Encoding": "gzip"})
        return Response(self.content, media_type=self.media_type, headers=headers)


def kept_file(content: bytes, media_type: str) -> KeptFile:
    compressed = b"" if media_type.startswith("image/") else gzip.compress(content, mtime=0)
    return KeptFile(media_type, content, compressed, tag_of(sha256(content).hexdigest()))
