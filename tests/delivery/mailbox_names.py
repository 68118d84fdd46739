"""Names of people, however hostile, in a mail's header; with the standard library alone, for each Python.

`python -m tests.delivery.mailbox_names COUNT` checks so many names, the same each time.
"""

import random
import re
import sys
from base64 import b64decode
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses

from app.delivery.headers import is_read_as, mailbox_field, one_line, text_field

AINO = Address("", "aino", "example.org")
FIELDS = ("From", "To", "Reply-To")
WORD = r"=\?utf-8\?B\?([A-Za-z0-9+/]+=*)\?="
QUOTED = r'"((?:[ !#-\[\]-~]|\\[ -~])*)"'
ATOMS = r"[\w!#$%&'*+/=?^`{|}~.-]+"
# RFC 5322 §3.4 with the names and local parts of §3.2.3 and §3.2.4, or the names of RFC 2047 §5 (3).
MAILBOX = re.compile(rf"(?:{QUOTED} |({WORD}(?: {WORD})*) )?<((?:{QUOTED}|{ATOMS})@{ATOMS})>", re.ASCII)
PIECES = [
    *'ab ,"\\<>@;:()[].?=_-\t\n\r\0\x7f',
    *"äß€😀é\u0085\u00a0\u00ad\u200b\u200d\u202e\u2028\u2029\u3000\ufeff\ufffe\U000e0041",
    *("=?", "?=", "=?utf-8?q?a=2C?=", "=0D=0ABcc: b@x.example", "\r\nBcc: b@x.example\r\n", "a <b@x.example>, "),
    *("Sukunimi, Etunimi ", "a" * 80, "ä" * 40, "e\u0301", "👩‍👩‍👧"),
]


def check(name: str, address: Address = AINO) -> None:
    """The name in From, To and Reply-To names one mailbox, by three readers; as a subject it adds no line."""
    mailbox = Address(one_line(name), address.username, address.domain)
    message = EmailMessage(policy=SMTP)
    for field in FIELDS:
        message[field] = mailbox_field(field, mailbox)
    message["Subject"] = text_field("Subject", name)
    composed = message.as_bytes()
    assert is_read_as(composed, {"Subject": name}, dict.fromkeys(FIELDS, mailbox)), ascii(name)
    lines = composed.split(b"\r\n\r\n")[0].split(b"\r\n")
    assert all(len(line) <= max(78, len(mailbox.addr_spec) + 12) for line in lines), ascii(name)
    unfolded = composed.decode("ascii").replace("\r\n ", " ").split("\r\n")
    for field in FIELDS:
        (value,) = (line.removeprefix(f"{field}: ") for line in unfolded if line.startswith(f"{field}: "))
        assert [found for _, found in getaddresses([value])] == [mailbox.addr_spec], ascii(name)
        read = MAILBOX.fullmatch(value)
        assert read, ascii(name)
        quoted, words = read[1], read[2]
        shown = re.sub(r"\\(.)", r"\1", quoted or "")
        if words:
            shown = b"".join(map(b64decode, re.findall(WORD, words))).decode()
        assert (shown, read[5]) == (one_line(name), mailbox.addr_spec), ascii(name)


def main(count: int) -> None:
    drawn = random.Random(count)
    for _ in range(count):
        check("".join(drawn.choices(PIECES, k=drawn.randrange(1, 60))))


if __name__ == "__main__":
    main(int(sys.argv[1]))
