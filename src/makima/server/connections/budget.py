"""What each client may ask of a server's time: an allowance of its own, and a share of what is left over. Pure rules.

A client within its own allowance never waits for others, however many they are and whatever they do. Beyond it, clients
share one allowance; where that is used up, each goes on at its own pace. So one client alone is hardly ever held back,
and a thousand that send without end take no more time than their own allowances.

Spending is refused only while there is debt, and may itself lead into debt: a large message is taken whole, and what
comes after it waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """So much a second, of which `burst` may be saved up."""

    per_s: float
    burst: float


class Bucket:
    """An allowance, and how much of it is left."""

    def __init__(self, allowance: Allowance, now_s: float) -> None:
        self._allowance = allowance
        self._left = allowance.burst
        self._as_of_s = now_s

    def left(self, now_s: float) -> float:
        """What may be spent; negative while there is debt."""
        gained = max(0.0, now_s - self._as_of_s) * self._allowance.per_s
        self._left, self._as_of_s = min(self._allowance.burst, self._left + gained), now_s
        return self._left

    def spend(self, amount: float, now_s: float) -> None:
        """Take this much away."""
        self._left = self.left(now_s) - amount

    def wait_s(self, now_s: float) -> float:
        """How long until there is something to spend."""
        left = self.left(now_s)
        return 0.0 if left > 0 else -left / self._allowance.per_s + MIN_WAIT_S


MIN_WAIT_S = 0.001
"""So that something is left once the wait is over, whatever the rounding."""


SHARE_WAIT_S = 0.05
"""The shortest wait of a client beyond its allowance: where many wait for the common one, each look costs time."""


class Share:
    """One client's allowance beside the common one. `clock` counts seconds."""

    def __init__(self, own: Allowance, common: Bucket, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._own = Bucket(own, clock())
        self._common = common

    @property
    def overdrawn(self) -> bool:
        """Whether the client has used up what is its own."""
        return self._own.left(self._clock()) <= 0

    def own_wait_s(self) -> float:
        """As `wait_s`, without the common allowance."""
        return self._own.wait_s(self._clock())

    def spend(self, amount: float) -> None:
        """Take this much: of the client's own while there is some, else of the common one, else on credit."""
        now_s = self._clock()
        if self._own.left(now_s) > 0 or self._common.left(now_s) <= 0:
            self._own.spend(amount, now_s)
        else:
            self._common.spend(amount, now_s)

    def wait_s(self) -> float:
        """How long the client has to wait before it may spend again; 0 if it need not."""
        now_s = self._clock()
        if (wait_s := min(self._own.wait_s(now_s), self._common.wait_s(now_s))) == 0:
            return 0.0
        return max(wait_s, SHARE_WAIT_S)


GREEDY_WAIT_S = 0.25


class SpeechShare:
    """A session's allowance of speech.

    While the server is `crowded`, it has no more than its own. While it has sent more text than its own allowance, it
    counts as greedy: then it has what others leave of the speech that the server can make, which is `common`.
    """

    def __init__(
        self,
        share: Share,
        text: Share | None,
        common: Callable[[], Bucket],
        crowded: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self._share = share
        self._text = text
        self._common = common
        self._crowded = crowded
        self._clock = clock

    @property
    def greedy(self) -> bool:
        """Whether it has sent more text than its own allowance."""
        return self._text is not None and self._text.overdrawn

    def spend(self, amount: float) -> None:
        """It has taken this many seconds of speech."""
        self._share.spend(amount)
        self._common().spend(amount, self._clock())

    def wait_s(self) -> float:
        """How long the client has to wait before it may take more; 0 if it need not."""
        wait_s = self._share.own_wait_s() if self._crowded() else self._share.wait_s()
        if self.greedy and (common_s := self._common().wait_s(self._clock())):
            return max(wait_s, common_s, GREEDY_WAIT_S)
        return wait_s
