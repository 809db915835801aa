"""Ends what runs for too long, so that one check that hangs does not take the run with it.

In the main thread of a POSIX system an interval timer interrupts Python code and what waits in system calls (sleeps,
locks, sockets). Elsewhere a second thread raises the exception in the first, which notices it at its next
instruction of Python: what waits in a system call is ended when that call returns.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType

_AGAIN = 1.0
"""Seconds after which code that has swallowed the exception is interrupted again."""


class TimedOut(BaseException):
    """No Exception: a check that catches those would go on."""


def within(seconds: float, action: Callable[[], None]) -> None:
    """Run the action. Raises TimedOut where it takes longer; 0 sets no limit."""
    if not seconds:
        action()
        return
    alarm = _Alarm()
    if alarm.is_set(seconds):
        alarm.run(action)
    else:
        _with_watchdog(seconds, action)


class _Alarm:
    """The interval timer of the process, lent for one action."""

    def __init__(self) -> None:
        self._active = True
        self._begun = time.monotonic()

    def is_set(self, seconds: float) -> bool:
        """Set it, where there is one and this is the main thread, which alone may have it."""
        if not hasattr(signal, "setitimer"):
            return False
        try:
            self._handler = signal.signal(signal.SIGALRM, self._ring)
        except ValueError:
            return False
        self._left, self._interval = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
        return True

    def run(self, action: Callable[[], None]) -> None:
        try:
            try:
                action()
            finally:
                self._active = False
        finally:  # of its own: a ring within the first one must not leave the timer on
            self._active = False
            self._put_back()

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if self._active:  # the last ring may come when the action has ended
            raise TimedOut

    def _put_back(self) -> None:
        """What somebody else had set ran on meanwhile."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL if self._handler is None else self._handler)
        if self._left:
            left = self._left - (time.monotonic() - self._begun)
            signal.setitimer(signal.ITIMER_REAL, max(left, 1e-3), self._interval)


def _with_watchdog(seconds: float, action: Callable[[], None]) -> None:
    import threading

    ended = threading.Event()
    lock = threading.Lock()
    thread = threading.get_ident()

    def watch() -> None:
        wait = seconds
        while not ended.wait(wait):
            with lock:
                if not ended.is_set():
                    _raise_in(thread)
            wait = _AGAIN

    watchdog = threading.Thread(target=watch, name="check timeout", daemon=True)
    watchdog.start()
    try:
        action()
    finally:
        with lock:
            ended.set()


def _raise_in(thread: int) -> None:
    import ctypes

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TimedOut))
