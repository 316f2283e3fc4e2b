"""Waiting: one-shot, many tokens on a handle, wake-ups from anywhere."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from emu.darwin import flags as f
from emu.host import Host, SocketHandle
from emu.host.poller import Poller, SelectorPoller, make_poller
from emu.host.stdio import StreamHandle


@pytest.fixture(params=["best", "portable"])
def poller(request: pytest.FixtureRequest) -> Iterator[Poller]:
    made = make_poller() if request.param == "best" else SelectorPoller()
    yield made
    made.close()


@pytest.fixture
def pair(host: Host) -> Iterator[tuple[SocketHandle, SocketHandle]]:
    one, other = host.network.socketpair(f.AF_UNIX, f.SOCK_STREAM, 0)
    yield one, other
    one.close()
    other.close()


Pair = tuple[SocketHandle, SocketHandle]


def test_a_token_is_reported_once(poller: Poller, pair: Pair) -> None:
    one, other = pair
    poller.arm(one, read=True, token="a")
    assert poller.poll(0) == []
    other.write(b"x")
    assert poller.poll(5) == ["a"]
    assert poller.poll(0) == []
    poller.arm(one, read=True, token="a")
    assert poller.poll(5) == ["a"]


def test_all_tokens_of_a_handle_are_reported(poller: Poller, pair: Pair) -> None:
    one, other = pair
    for token in range(3):
        poller.arm(one, read=True, token=token)
    poller.arm(one, write=True, token="w")
    assert poller.poll(5) == ["w"]
    other.write(b"x")
    assert sorted(map(str, poller.poll(5))) == ["0", "1", "2"]


def test_a_disarmed_token_is_not_reported(poller: Poller, pair: Pair) -> None:
    one, other = pair
    poller.arm(one, read=True, token=1)
    poller.arm(one, read=True, token=2)
    poller.disarm(1)
    poller.disarm("never armed")
    other.write(b"x")
    assert poller.poll(5) == [2]


def test_the_first_ready_handle_disarms_a_token_elsewhere(poller: Poller, pair: Pair) -> None:
    one, other = pair
    poller.arm(one, read=True, token=1)
    poller.arm(other, write=True, token=1)
    assert poller.poll(5) == [1]
    other.write(b"x")
    assert poller.poll(0) == []


def test_one_token_waits_for_reading_and_writing(poller: Poller, pair: Pair) -> None:
    poller.arm(pair[0], read=True, write=True, token=1)
    assert poller.poll(5) == [1]
    assert poller.poll(0) == []


def test_a_closed_handle_is_disarmed_and_its_number_free(
    poller: Poller, host: Host, pair: Pair
) -> None:
    one, other = pair
    poller.arm(one, read=True, token=1)
    one.close()
    assert poller.poll(0) == []
    third, fourth = host.network.socketpair(f.AF_UNIX, f.SOCK_STREAM, 0)
    poller.arm(third, read=True, token=2)
    other.close()
    fourth.write(b"x")
    assert poller.poll(5) == [2]
    third.close()
    fourth.close()


def test_a_hang_up_wakes_every_waiter(poller: Poller, pair: Pair) -> None:
    one, other = pair
    poller.arm(one, read=True, token=1)
    other.close()
    assert poller.poll(5) == [1]


def test_files_are_always_ready(poller: Poller, host: Host) -> None:
    handle = host.files.open(host.root, b"www/index.html", f.O_RDONLY)
    poller.arm(handle, read=True, token=1)
    poller.arm(handle, write=True, token=2)
    poller.disarm(2)
    assert poller.poll(None) == [1]
    assert poller.poll(0) == []
    handle.close()


def test_waking_ends_a_wait_from_a_thread(poller: Poller) -> None:
    thread = threading.Thread(target=poller.wake)
    thread.start()
    assert poller.poll(30) == []
    thread.join()
    poller.wake()
    poller.wake()
    assert poller.poll(None) == []
    assert poller.poll(0) == []


def test_waking_never_waits_itself(poller: Poller) -> None:
    for _ in range(100_000):
        poller.wake()
    assert poller.poll(None) == []
    assert poller.poll(0) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGALRM")
def test_waking_ends_a_wait_from_a_signal_handler(poller: Poller) -> None:
    if sys.platform == "win32":  # mypy reads this, not the mark
        return
    before = signal.signal(signal.SIGALRM, lambda *_: poller.wake())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        assert poller.poll(30) == []
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_wait_ends_with_its_time(poller: Poller) -> None:
    began = time.monotonic()
    assert poller.poll(0.02) == []
    assert time.monotonic() - began >= 0.02


def test_a_thousand_idle_handles_do_not_slow_a_wait(host: Host, poller: Poller) -> None:
    pairs = [host.network.socketpair(f.AF_UNIX, f.SOCK_STREAM, 0) for _ in range(100)]
    for i, (one, _) in enumerate(pairs):
        poller.arm(one, read=True, token=i)
    pairs[42][1].write(b"x")
    assert poller.poll(5) == [42]
    for one, other in pairs:
        one.close()
        other.close()


@pytest.mark.skipif(sys.platform != "linux", reason="epoll alone refuses it")
def test_the_null_device_is_always_ready() -> None:
    poller = make_poller()
    handle = StreamHandle(os.open("/dev/null", os.O_RDWR))
    poller.arm(handle, read=True, token=1)
    assert poller.poll(5) == [1]
    handle.close()
    poller.close()


def test_tokens_may_be_any_object(poller: Poller) -> None:
    with socket.socket() as unused:
        poller.disarm(unused)
    assert poller.poll(0) == []
