"""The vault: seals the keys that servers bring, by the host's secret.

Law: what is sealed can be opened only with the same secret and for the same address, and was not changed
since: a key never goes to another server than the one it was brought for. No error repeats what was sealed.
"""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"dramatis: keys of servers"
"""What the secret is used for, so that another use of it would have another key."""


class Vault:
    """Seals and opens short texts."""

    def __init__(self, secret: str, address: str) -> None:
        """Use a secret that nobody can guess (it is not stretched), for keys of the server at `address`."""
        info = PURPOSE + b" at " + address.encode()
        key = HKDF(SHA256(), length=32, salt=None, info=info).derive(secret.encode())
        self._fernet = Fernet(urlsafe_b64encode(key))

    def seal(self, text: str) -> str:
        """Return a text as it may be stored."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """Return what was sealed; None if that was with another secret, or was changed since."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None
