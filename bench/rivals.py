"""The servers that are measured: how each is built or found, started and stopped."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.building import ROOT, RivalError, build, environment, found, last_line
from bench.machine import available, on_cores, shared_out

__all__ = ["RIVALS", "ROOT", "Rival", "RivalError", "Running", "Site", "started"]

#: Seconds that a server has until its first answer.
PATIENCE = 30.0

NGINX_CONF = """
worker_processes 1;
daemon off;
pid {scratch}/nginx.pid;
error_log {scratch}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100;
    client_max_body_size 1g;
    client_body_temp_path {scratch}/body;
    proxy_temp_path {scratch}/proxy;
    fastcgi_temp_path {scratch}/fastcgi;
    uwsgi_temp_path {scratch}/uwsgi;
    scgi_temp_path {scratch}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=128;
        root {root}/www;
        dav_methods PUT DELETE;
    }}
}}
"""


@dataclass(frozen=True)
class Site:
    """What is served: ``root/www``, and a place for what servers leave."""

    root: Path
    scratch: Path


@dataclass(frozen=True)
class Rival:
    """One server: its name, what it can do beside GET on a new connection, and its command."""

    name: str
    command: Callable[[Site, int], list[str]]
    keeps: bool = False
    #: Its requests are processes of their own, whose time the host forgets with them.
    forks: bool = False
    uploads: bool = False
    #: How many cores it may use.
    cores: int = 1
    #: The names of the only works it is asked to do; none: all of them.
    only: tuple[str, ...] = ()


@dataclass
class Running:
    """A server that answers."""

    rival: Rival
    port: int
    process: psutil.Process
    #: Seconds from the start of the command to its first answer.
    startup: float

    def processes(self) -> list[psutil.Process]:
        """Return the server's processes, the first one first; none once that has ended."""
        try:
            return [self.process, *self.process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def alive(self) -> bool:
        """Tell whether the first process still runs."""
        try:
            return bool(self.process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def cpu(self) -> float:
        """Return the processor seconds of its processes, those that have ended too."""
        total = 0.0
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
                total += getattr(times, "children_user", 0) + getattr(times, "children_system", 0)
        return total

    def memory(self) -> int:
        """Return the resident memory of all its processes, in bytes."""
        total = 0
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        return total

    def descriptors(self) -> int:
        """Return how many files and sockets the first process has open."""
        return int(self.process.num_fds()) if hasattr(self.process, "num_fds") else 0


def _emulator(site: Site, port: int) -> list[str]:
    run = [sys.executable, "-m", "emu.cli", "run", "--quiet", "--root", str(site.root)]
    return [*run, "--port", str(port)]


def _traced(site: Site, port: int) -> list[str]:
    return [*_emulator(site, port), f"--strace={site.scratch / 'strace'}"]


def _workers(site: Site, port: int) -> list[str]:
    return [*_emulator(site, port), "--workers", "2"]


def _http_server(site: Site, port: int) -> list[str]:
    serve = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1"]
    return [*serve, "--directory", str(site.root / "www"), str(port)]


def _forkserver(_site: Site, port: int) -> list[str]:
    return [str(build("forkserver.c")), str(port), "128"]


def _qemu(_site: Site, port: int) -> list[str]:
    qemu = found("qemu-aarch64")
    zig = (sys.executable, "-m", "ziglang", "cc", "-target", "aarch64-linux-musl")
    return [qemu, str(build("forkserver.c", zig)), str(port), "128"]


def _nginx(site: Site, port: int) -> list[str]:
    nginx = found("nginx")
    conf = site.scratch / "nginx.conf"
    text = NGINX_CONF.format(root=site.root, scratch=site.scratch, port=port)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        text = "user root;\n" + text
    conf.write_text(text)
    return [nginx, "-p", str(site.scratch), "-c", str(conf)]


#: The names of ours, as it is and in two other ways.
OURS, TRACED, WORKERS = "ymawky-emu", "ymawky-emu --strace", "ymawky-emu --workers 2"

#: Ours first; the others in the order of the table.
RIVALS = (
    Rival(OURS, _emulator, keeps=True, uploads=True),
    Rival(TRACED, _traced, only=("1 KiB, 8 at once",)),
    Rival(WORKERS, _workers, cores=2, only=("1 KiB, 64 at once",)),
    Rival("http.server", _http_server),
    Rival("forkserver", _forkserver, forks=True),
    Rival("qemu-aarch64", _qemu, forks=True),
    Rival("nginx", _nginx, keeps=True, uploads=True),
)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(rival: Rival, site: Site, *, limits: str = "") -> Iterator[Running]:
    """Start a server on its cores and wait for its first answer; stop it afterwards.

    ``limits`` are words for the shell's ``ulimit``, for the server alone.
    """
    port = free_port()
    command = on_cores(shared_out(rival.cores, available()).server, rival.command(site, port))
    if limits:
        command = ["sh", "-c", f'ulimit {limits} && exec "$@"', "sh", *command]
    with (site.scratch / f"{rival.name}.err").open("w+") as words:
        begin = time.perf_counter()
        server = subprocess.Popen(
            command,
            cwd=site.root,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=words,
            start_new_session=True,  # Ctrl-C is for the bench, which ends its servers
        )
        try:
            _await_answer(server, port, begin, words.name)
            startup = time.perf_counter() - begin
            yield Running(rival, port, psutil.Process(server.pid), startup)
        finally:
            _stop(server)


def _await_answer(server: subprocess.Popen[bytes], port: int, begin: float, words: str) -> None:
    while time.perf_counter() - begin < PATIENCE:
        if server.poll() is not None:
            said = last_line(Path(words).read_text(errors="replace"))
            raise RivalError(f"ended with status {server.returncode}: {said}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request("GET", "/1k.html", headers={"Connection": "close"})
            if connection.getresponse().read():
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.002)
        finally:
            connection.close()
    raise RivalError(f"no answer within {PATIENCE:.0f} s")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End the server and every process of its own, come what may."""
    family = []
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(server.pid).children(recursive=True)
    server.terminate()
    try:
        server.wait(5)
    except subprocess.TimeoutExpired:
        pass
    finally:
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        server.kill()
        server.wait()
