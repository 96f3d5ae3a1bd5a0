"""The keys that servers bring for the model: set, tried, used and removed.

Law: a key goes to the host's model with its server's requests and nowhere else, and is shown to nobody. It is
tried before it is stored, and stored sealed. A key that does not work is told to its server: the host's does
not step in. One that the host lets nobody use anymore can still be seen and removed.
"""

import logging
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from bot.core.budgets.charges import Charge, Purpose
from bot.core.completion import (
    NO_QUEUE,
    ChatModel,
    Delta,
    ErrorKind,
    Message,
    ModelError,
    Prompt,
    Question,
    Queue,
    Sampling,
)
from bot.core.tokens import Size
from bot.storage.server_keys import ServerKeys, StoredKey
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

_KEY: Final = re.compile(r"[!-~]{8,500}")
"""What a key may look like: ASCII without blanks, as it stands in an HTTP header."""

_OWN: Final = {ErrorKind.BAD_KEY: ErrorKind.OWN_KEY, ErrorKind.BALANCE: ErrorKind.OWN_BALANCE}
"""The errors about the host's account, and what they are about a server's."""


class KeyFault(StrEnum):
    """Why a key is not stored."""

    NOT_ALLOWED = "not_allowed"  # the host lets no server bring one
    UNSEALED = "unsealed"  # the host has set no secret to seal it by
    ODD = "odd"  # no key looks like that
    REFUSED = "refused"
    NO_CREDIT = "no_credit"
    NO_MODEL = "no_model"  # it may not use the host's model
    UNTRIED = "untried"  # the model could not be asked


class KeyState(StrEnum):
    """Whether a stored key is used."""

    USED = "used"
    IDLE = "idle"  # the host lets servers bring none anymore
    SEALED = "sealed"  # the host's secret is another one now


_FAULTS: Final = {
    ErrorKind.BAD_KEY: KeyFault.REFUSED,
    ErrorKind.BALANCE: KeyFault.NO_CREDIT,
    ErrorKind.UNKNOWN_MODEL: KeyFault.NO_MODEL,
    ErrorKind.OVERLOADED: KeyFault.UNTRIED,
    ErrorKind.UNREACHABLE: KeyFault.UNTRIED,
    ErrorKind.TIMED_OUT: KeyFault.UNTRIED,
    ErrorKind.CUT_SHORT: KeyFault.UNTRIED,
}
"""What an answer says of a key; any other error comes from a model that has taken it."""


class Vault(Protocol):
    """Seals texts, and opens them again."""

    def seal(self, text: str) -> str:
        """Return a text as it may be stored."""

    def open(self, sealed: str) -> str | None:
        """Return what was sealed; None if it cannot be opened."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """What it takes to use servers' keys.

    Attributes:
        vault: seals them; None without the host's secret.
        model: returns the model of replies with a key.
        chronicler: returns the model of recaps with a key; None if recaps are written elsewhere.
    """

    vault: Vault | None
    model: Callable[[str], ChatModel]
    chronicler: Callable[[str], ChatModel] | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """A key as its server sees it: who set it (0 if they were forgotten), when, and whether it is used."""

    by_user: int
    at: datetime
    state: KeyState


class _OfServer:
    """A server's model: its errors about key and credit are the server's matter."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._streams = 0
        self._is_retired = False
        self.name = model.name
        self.endpoint = model.endpoint

    async def stream(self, question: Question, *, queue: Queue = NO_QUEUE) -> AsyncGenerator[Delta, None]:
        """Yield what the model says."""
        self._streams += 1
        try:
            async with aclosing(self._model.stream(question, queue=queue)) as deltas:
                async for delta in deltas:
                    yield delta
        except ModelError as error:
            kind = _OWN.get(error.kind)
            if kind is None:
                raise
            raise ModelError(kind, error.detail, code=error.code, status=error.status) from None
        finally:
            self._streams -= 1
            if self._is_retired:
                await self.retire()

    async def retire(self) -> None:
        """Close its connections as soon as nobody is being answered."""
        self._is_retired = True
        if not self._streams:
            await self.aclose()

    async def aclose(self) -> None:
        """Close its connections."""
        await self._model.aclose()


@dataclass(frozen=True, slots=True)
class _Pair:
    """The models of one sealed key."""

    sealed: str
    model: _OfServer
    chronicler: _OfServer | None

    async def retire(self) -> None:
        """Close their connections as soon as nobody is being answered."""
        await self.model.retire()
        if self.chronicler is not None:
            await self.chronicler.retire()


class OwnKeys:
    """The use cases of servers' keys; `equipment` comes with the model, None uses none."""

    def __init__(
        self, store: ServerKeys, is_allowed: Callable[[], bool], clock: Callable[[], datetime]
    ) -> None:
        """Store keys in `store`; `is_allowed` returns whether the host lets servers bring some."""
        self.equipment: Equipment | None = None
        self._store = store
        self._is_allowed = is_allowed
        self._clock = clock
        self._pairs: dict[int, _Pair] = {}

    @property
    def is_allowed(self) -> bool:
        """Whether servers may bring keys."""
        return self._is_allowed() and self.equipment is not None

    @property
    def why_not(self) -> KeyFault | None:
        """Why no key can be brought, whatever it is; None if one can be."""
        if not self.is_allowed or self.equipment is None:
            return KeyFault.NOT_ALLOWED
        return KeyFault.UNSEALED if self.equipment.vault is None else None

    async def get(self, server_id: int) -> Brought | None:
        """Return who set a server's key, when, and whether it is used; None if it has none."""
        stored = await self._store.get(server_id)
        return None if stored is None else Brought(stored.by_user, stored.at, self._state(stored))

    def _state(self, stored: StoredKey) -> KeyState:
        if not self.is_allowed:
            return KeyState.IDLE
        return KeyState.SEALED if self._opened(stored) is None else KeyState.USED

    def _opened(self, stored: StoredKey) -> str | None:
        vault = None if self.equipment is None else self.equipment.vault
        return None if vault is None else vault.open(stored.sealed)

    async def check(self) -> None:
        """Tell the host in the log of the keys that cannot be opened.

        Raises:
            StorageError: they could not be read.
        """
        if not self.is_allowed:
            return
        sealed = [server for server, key in await self._store.all() if self._opened(key) is None]
        if sealed:
            log.warning(HOST.say("host.own_keys_sealed", servers=", ".join(map(str, sealed))))

    async def pays(self, server_id: int | None, *, for_recaps: bool = False) -> bool:
        """Return whether a server's own key pays."""
        if server_id is None:
            return False
        if not self.is_allowed or self.equipment is None:
            await self.rest(server_id)
            return False
        if for_recaps and self.equipment.chronicler is None:
            return False
        return await self._store.get(server_id) is not None

    async def model_for(self, charge: Charge) -> ChatModel | None:
        """Return the model that a charge's own key pays; None if the host's pays.

        Raises:
            ModelError: OWN_KEY_SEALED, if the key cannot be opened anymore, or is gone since.
        """
        if not charge.own_key or charge.guild_id is None:
            return None
        pair = await self._pair(charge.guild_id)
        found = None if pair is None else pair.chronicler if charge.purpose is Purpose.RECAP else pair.model
        if found is None:
            raise ModelError(ErrorKind.OWN_KEY_SEALED)
        return found

    async def _pair(self, server_id: int) -> _Pair | None:
        stored, equipment = await self._store.get(server_id), self.equipment
        known = self._pairs.get(server_id)
        if stored is not None and known is not None and known.sealed == stored.sealed:
            return known
        key = None if stored is None else self._opened(stored)
        pair: _Pair | None = None
        # Before anything is waited for: else two at once would each make one.
        if stored is None or key is None or equipment is None:
            self._pairs.pop(server_id, None)
        else:
            chronicler = _OfServer(equipment.chronicler(key)) if equipment.chronicler else None
            pair = self._pairs[server_id] = _Pair(stored.sealed, _OfServer(equipment.model(key)), chronicler)
        if known is not None:
            await known.retire()
        return pair

    async def rest(self, server_id: int) -> None:
        """Close the connections of a server's models, as soon as nobody is being answered."""
        pair = self._pairs.pop(server_id, None)
        if pair is not None:
            await pair.retire()

    async def set(self, server_id: int, key: str, by_user: int) -> KeyFault | None:
        """Try a key, and store it if it works; a server's last key stays if it doesn't."""
        key, equipment, why_not = key.strip(), self.equipment, self.why_not
        if why_not is not None or equipment is None or equipment.vault is None:
            return why_not
        if not _KEY.fullmatch(key):
            return KeyFault.ODD
        fault = await _tried(equipment.model(key))
        if fault is None:
            sealed = equipment.vault.seal(key)
            await self._store.put(server_id, StoredKey(sealed, by_user, self._clock()))
            await self.rest(server_id)
            log.info(HOST.say("host.own_key_set", server=server_id, user=by_user))
        return fault

    async def remove(self, server_id: int, by_user: int) -> bool:
        """Remove a server's key; return False if it has none."""
        gone = await self._store.drop(server_id)
        await self.rest(server_id)
        if gone:
            log.info(HOST.say("host.own_key_removed", server=server_id, user=by_user))
        return gone

    async def close(self) -> None:
        """Close the connections of all servers' models."""
        for server_id in tuple(self._pairs):
            await self.rest(server_id)


class Greeting:
    """The shortest question there is."""

    def __init__(self) -> None:
        message = Message("user", "Tester", "Hi")
        self.prompt = Prompt((message,), Sampling(1.0, 0.95, 1), Size(1, 1))
        self.is_out = False
        self.lost = 0

    async def refused(self, error: ModelError) -> bool:
        """No other prompt would help."""
        del error
        return False


async def _tried(model: ChatModel) -> KeyFault | None:
    """Return what is wrong with a model's key; None if it works."""
    try:
        async with aclosing(model.stream(Greeting())) as deltas:
            async for _ in deltas:
                break
    except ModelError as error:
        return _FAULTS.get(error.kind)
    finally:
        await model.aclose()
    return None
