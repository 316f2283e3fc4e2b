"""Sleeps until a handle is ready, a time has come, or somebody calls :meth:`Poller.wake`.

A waiter arms a handle for reading or writing with a token of its own choice. Waiting is one-shot:
a token that :meth:`Poller.poll` reports is armed nowhere any more. Many tokens may wait on one
handle, as parent and children do in ``accept``, and all of them are reported.

On Linux this is epoll with ``EPOLLONESHOT``: a descriptor is added once in its life, armed again
by one cheap call, silent while nobody waits, and forgotten by the host when it is closed.
Elsewhere :mod:`selectors` does it.
"""

from __future__ import annotations

import select
import selectors
import socket
import sys
from collections.abc import Hashable
from contextlib import suppress

from emu.host.handle import Handle

__all__ = ["Poller", "make_poller"]

READ = 1
WRITE = 2
#: An error or hang-up: whatever a waiter waits for, its next attempt will tell.
BOTH = READ | WRITE


class _Watch:
    """The waiters of one descriptor: what each token waits for."""

    __slots__ = ("fd", "handle", "waiters")

    def __init__(self, fd: int, handle: Handle) -> None:
        self.fd = fd
        self.handle = handle
        self.waiters: dict[Hashable, int] = {}


class Poller:
    """What both ways of waiting share; made by :func:`make_poller`.

    Attributes:
        polls: how often the host was asked, for ``--stats`` and the budget of host calls.
    """

    def __init__(self) -> None:
        self.polls = 0
        self._watches: dict[int, _Watch] = {}
        self._armed: dict[Hashable, list[_Watch]] = {}
        self._ready: dict[Hashable, None] = {}
        self._wakened, self._waker = socket.socketpair()
        self._wakened.setblocking(False)
        self._waker.setblocking(False)

    def arm(
        self, handle: Handle, *, read: bool = False, write: bool = False, token: Hashable
    ) -> None:
        """Report ``token`` once when ``handle`` can be read or written, or has failed.

        A handle that the host cannot wait on, such as a regular file, is ready at once. A token
        may wait on several handles; the first that is ready reports it.
        """
        fd = -1 if handle.closed else handle.fileno()
        if fd < 0:
            self._ready[token] = None
            return
        watch = self._watches.get(fd)
        new = watch is None
        if watch is None:
            watch = self._watches[fd] = _Watch(fd, handle)
            handle.on_close = lambda: self._closed(watch)
        wanted = (READ if read else 0) | (WRITE if write else 0)
        watch.waiters[token] = watch.waiters.get(token, 0) | wanted
        try:
            self._set(watch, new=new)
        except (PermissionError, ValueError):
            # epoll refuses what never blocks, such as /dev/null.
            self._drop(watch)
            self._ready[token] = None
            return
        armed = self._armed.setdefault(token, [])
        if watch not in armed:
            armed.append(watch)

    def disarm(self, token: Hashable) -> None:
        """Forget ``token`` wherever it waits; nothing happens where it does not."""
        self._ready.pop(token, None)
        for watch in self._armed.pop(token, ()):
            watch.waiters.pop(token, None)

    def poll(self, timeout_s: float | None) -> list[Hashable]:
        """Return the tokens whose handles are ready, waiting ``timeout_s`` for the first.

        Args:
            timeout_s: seconds; 0 only looks, None waits until something happens. The result is
                empty after the time, and after :meth:`wake`.
        """
        self.polls += 1
        tokens = list(self._ready)
        self._ready.clear()
        for token in tokens:
            self.disarm(token)
        for fd, ready in self._wait(0 if tokens else timeout_s):
            watch = self._watches.get(fd)
            if watch is None:
                self._drain(fd)
                continue
            woken = [token for token, wanted in watch.waiters.items() if wanted & ready]
            for token in woken:
                self.disarm(token)
            tokens += woken
            self._rest(watch)
        return tokens

    def wake(self) -> None:
        """End the running or the next :meth:`poll` early.

        May be called from another thread and from a signal handler.
        """
        with suppress(BlockingIOError):  # full of wake-ups already
            self._waker.send(b"\0")

    def wakeup_fileno(self) -> int:
        """Return the descriptor that :func:`signal.set_wakeup_fd` may write to."""
        return self._waker.fileno()

    def close(self) -> None:
        """Give back the poller's own descriptors."""
        for watch in list(self._watches.values()):
            self._drop(watch)
        self._wakened.close()
        self._waker.close()

    def _drain(self, fd: int) -> None:
        """Take the bytes of :meth:`wake`."""
        if fd == self._wakened.fileno():
            with suppress(BlockingIOError):
                while self._wakened.recv(4096):
                    pass

    def _closed(self, watch: _Watch) -> None:
        """Forget a handle that is being closed, and with it those who wait only for it."""
        self._forget(watch)
        self._drop(watch)

    def _drop(self, watch: _Watch) -> None:
        """Take ``watch`` out of all tables."""
        self._watches.pop(watch.fd, None)
        watch.handle.on_close = None
        for token in watch.waiters:
            armed = self._armed.get(token)
            if armed is not None and watch in armed:
                armed.remove(watch)
                if not armed:
                    del self._armed[token]
        watch.waiters.clear()

    def _set(self, watch: _Watch, *, new: bool) -> None:
        """Ask the host to report what the waiters of ``watch`` wait for."""
        raise NotImplementedError

    def _rest(self, watch: _Watch) -> None:
        """Look after ``watch`` when some of its waiters have been reported."""
        raise NotImplementedError

    def _forget(self, watch: _Watch) -> None:
        """Tell the host that a descriptor is about to be closed."""
        raise NotImplementedError

    def _wait(self, timeout_s: float | None) -> list[tuple[int, int]]:
        """Wait, and return descriptors with what they are ready for."""
        raise NotImplementedError


class SelectorPoller(Poller):
    """The portable way: a descriptor is registered only while somebody waits on it."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wakened, READ)

    def close(self) -> None:
        """Give back the poller's own descriptors."""
        super().close()
        self._selector.close()

    def disarm(self, token: Hashable) -> None:
        """Forget ``token`` wherever it waits."""
        watches = list(self._armed.get(token, ()))
        super().disarm(token)
        for watch in watches:
            self._rest(watch)

    def _set(self, watch: _Watch, *, new: bool) -> None:
        del new
        self._rest(watch)

    def _rest(self, watch: _Watch) -> None:
        mask = 0
        for wanted in watch.waiters.values():
            mask |= wanted
        registered = watch.fd in self._selector.get_map()
        if mask and registered:
            self._selector.modify(watch.fd, mask)
        elif mask:
            self._selector.register(watch.fd, mask)
        elif registered:
            self._selector.unregister(watch.fd)

    def _forget(self, watch: _Watch) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(watch.fd)

    def _wait(self, timeout_s: float | None) -> list[tuple[int, int]]:
        return [(key.fd, mask) for key, mask in self._selector.select(timeout_s)]


if sys.platform == "linux":

    class EpollPoller(Poller):
        """Linux's way, described at the head of this file."""

        def __init__(self) -> None:
            super().__init__()
            self._epoll = select.epoll()
            self._epoll.register(self._wakened, select.EPOLLIN)

        def close(self) -> None:
            """Give back the poller's own descriptors."""
            super().close()
            self._epoll.close()

        def _set(self, watch: _Watch, *, new: bool) -> None:
            mask = select.EPOLLONESHOT
            for wanted in watch.waiters.values():
                mask |= _EPOLL[wanted]
            if new:
                self._epoll.register(watch.fd, mask)
            else:
                self._epoll.modify(watch.fd, mask)

        def _rest(self, watch: _Watch) -> None:
            if watch.waiters:
                self._set(watch, new=False)

        def _forget(self, watch: _Watch) -> None:
            """Do nothing: closing the descriptor removes it."""

        def _wait(self, timeout_s: float | None) -> list[tuple[int, int]]:
            return [
                (fd, _READY.get(events, BOTH))
                for fd, events in self._epoll.poll(-1 if timeout_s is None else timeout_s)
            ]

    _EPOLL = [
        0,
        select.EPOLLIN | select.EPOLLRDHUP,
        select.EPOLLOUT,
        select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLOUT,
    ]
    #: Events without an error or hang-up; all others make everybody look again.
    _READY = {select.EPOLLIN: READ, select.EPOLLOUT: WRITE}


def make_poller() -> Poller:
    """Return the best poller that this host has."""
    if sys.platform == "linux":
        return EpollPoller()
    return SelectorPoller()
