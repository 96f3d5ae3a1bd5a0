"""When a growing reply may be edited next.

Law: pure; the caller brings the clock. Discord grants about five edits in five seconds a
channel, and the library sleeps inside the call that takes the last of them. Four previews
in five seconds leave one token for the final edit, which never waits.
"""

PREVIEW_INTERVAL = 1.25
"""Seconds between two previews of one channel's reply."""


def until_next_preview(now: float, last_sent: float | None) -> float:
    """Return the seconds to wait before the next preview may be sent; 0 means now."""
    if last_sent is None:
        return 0.0
    return max(0.0, last_sent + PREVIEW_INTERVAL - now)
