"""Fields of a mail's header, folded here: a name, whatever it holds, stays the name of one mailbox (RFC 5322 §3.4).

Python's own folding loses the quotes of a long name, so that its commas separate addresses that nobody wrote.
"""

import unicodedata
from base64 import b64encode
from collections.abc import Iterator, Mapping
from email.headerregistry import Address
from email.parser import BytesHeaderParser
from email.policy import SMTP, EmailPolicy

LINE = 76
"""The longest line with an encoded word (RFC 2047 §2)."""
ENCODED_BYTES = 39
"""How many bytes are encoded in one word: with the longest field name it fits into a line."""
ENCODED = "=?"
"""The beginning of an encoded word."""
BREAKS = {"Cc", "Zl", "Zp", "Cs"}
"""Unicode's categories of what no line of text has: control characters, separators of lines, halves of characters."""
_STRICT = SMTP.clone(raise_on_defect=True)


class Field(str):
    """A field as the `email` package takes it from its users: with a name, and folded by itself."""

    __slots__ = ("name",)
    name: str

    def fold(self, *, policy: EmailPolicy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


def field_of(name: str, value: str) -> Field:
    field = Field(value)
    field.name = name
    return field


def text_field(name: str, text: str) -> Field:
    """A field of text, as the subject."""
    text = one_line(text)
    is_plain = text.isascii() and ENCODED not in text and len(f"{name}: {text}") <= LINE
    return field_of(name, text if is_plain else _encoded(text))


def mailbox_field(name: str, mailbox: Address) -> Field:
    """A field of one mailbox, as `To`."""
    address, shown = f"<{mailbox.addr_spec}>", one_line(mailbox.display_name)
    if not shown:
        return field_of(name, address)
    quoted = '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if shown.isascii() and ENCODED not in shown and len(f"{name}: {quoted} {address}") <= LINE:
        return field_of(name, f"{quoted} {address}")
    return field_of(name, f"{_encoded(shown)}\r\n {address}")


def one_line(text: str) -> str:
    """The text without control characters, and with single spaces."""
    return " ".join("".join(" " if unicodedata.category(sign) in BREAKS else sign for sign in text).split())


def is_read_as(message: bytes, texts: Mapping[str, str], mailboxes: Mapping[str, Address]) -> bool:
    """Whether a strict reader finds these texts and, in each of these fields, this one mailbox and no other."""
    read = BytesHeaderParser(policy=_STRICT).parsebytes(message)
    fields = {name: read.get_all(name, []) for name in (*texts, *mailboxes)}
    return (
        all(len(found) == 1 and not found[0].defects for found in fields.values())
        and all(_signs(str(fields[name][0])) == _signs(text) for name, text in texts.items())
        and all(
            [(each.addr_spec, _signs(each.display_name)) for each in fields[name][0].addresses]
            == [(mailbox.addr_spec, _signs(mailbox.display_name))]
            for name, mailbox in mailboxes.items()
        )
    )


def _signs(text: str) -> str:
    """The text without spaces: some readers see one between two encoded words, where there is none."""
    return one_line(text).replace(" ", "")


def _encoded(text: str) -> str:
    """The text as encoded words (RFC 2047), a line each: what it holds means nothing to who reads the header."""
    return "\r\n ".join(f"=?utf-8?B?{b64encode(part).decode()}?=" for part in _parts(text))


def _parts(text: str) -> Iterator[bytes]:
    """The text's bytes, no character of it in two parts."""
    part = b""
    for sign in text:
        if len(part) + len(sign.encode()) > ENCODED_BYTES:
            yield part
            part = b""
        part += sign.encode()
    yield part
