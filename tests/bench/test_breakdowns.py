"""A rival that is missing or breaks down is one line; Ctrl-C leaves nothing running."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from bench import __main__ as command
from bench import turns
from bench.building import RivalError, build, environment, last_line, sources_of
from bench.load import WORKS, Load, Result, Work, make_site
from bench.report import Report
from bench.rivals import OURS, RIVALS, TRACED, Rival, Running, Site, started
from bench.tolls import Setting, program
from tests.bench import samples
from tests.serving import PATIENCE, ROOT

SITE = Site(Path("nowhere"), Path("nowhere"))
NAMES = [work.name for work in WORKS]


@dataclass
class Fake:
    """A server that works until a load kills it."""

    rival: Rival
    dead: bool = False

    def alive(self) -> bool:
        return not self.dead

    def memory(self) -> int:
        return 1 << 20

    startup = 0.1


@dataclass
class FakeLoad:
    """A load that some servers do not survive."""

    faults: dict[tuple[str, str], Exception] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def put_on(self, running: Fake, work: Work, *, seconds: float) -> Result:
        del seconds
        self.asked.append((running.rival.name, work.name))
        if fault := self.faults.get(self.asked[-1]):
            running.dead = True
            raise fault
        return samples.result()


def _rounds(
    monkeypatch: pytest.MonkeyPatch, load: FakeLoad, missing: dict[str, str]
) -> tuple[turns.Rounds, Report]:
    @contextmanager
    def fake(rival: Rival, _site: Site) -> Iterator[Running]:
        if rival.name in missing:
            raise RivalError(missing[rival.name])
        yield cast("Running", Fake(rival))

    monkeypatch.setattr(turns, "started", fake)
    report = Report()
    return turns.Rounds(SITE, cast("Load", load), report), report


def _named(*names: str) -> list[Rival]:
    return [rival for rival in RIVALS if rival.name in names]


def test_a_rival_that_is_missing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    load = FakeLoad()
    rounds, report = _rounds(monkeypatch, load, {"nginx": "no nginx on PATH"})
    rivals = _named(OURS, "nginx")
    rounds.prepare(rivals)
    rounds.go(rivals, WORKS[:1], 2, 1.0)
    assert report.left_out == {"nginx": "no nginx on PATH"}
    assert load.asked == [(OURS, NAMES[0])] * 2


@pytest.mark.parametrize(
    "fault",
    [
        RivalError("the server ended\nunder the load"),
        ConnectionResetError(),
        psutil.NoSuchProcess(1),
    ],
)
def test_a_breakdown_is_one_line_and_the_other_works_go_on(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    load = FakeLoad({("forkserver", NAMES[1]): fault})
    rounds, report = _rounds(monkeypatch, load, {})
    rounds.go(_named(OURS, "forkserver"), WORKS[:2], 2, 1.0)
    assert len(report.broken) == 1
    assert "\n" not in report.broken[0]
    # What broke down is not tried again; what did not is.
    assert load.asked.count(("forkserver", NAMES[1])) == 1
    assert len(report.rows["1 KiB, 8 at once", "forkserver"].results) == 2
    assert len(report.rows["1 KiB, 64 at once", OURS].results) == 2


def test_rounds_are_interleaved(monkeypatch: pytest.MonkeyPatch) -> None:
    load = FakeLoad()
    rounds, _ = _rounds(monkeypatch, load, {})
    rounds.go(_named(OURS, "forkserver"), WORKS[:1], 2, 1.0)
    assert [name for name, _ in load.asked] == [OURS, "forkserver"] * 2


def test_a_server_is_asked_what_it_can_do() -> None:
    by_name = {rival.name: rival for rival in RIVALS}
    kept, upload = (next(w for w in WORKS if getattr(w, kind)) for kind in ("keeps", "uploads"))
    assert kept.fits(by_name["nginx"])
    assert not kept.fits(by_name["forkserver"])
    assert not upload.fits(by_name["http.server"])
    assert [work.name for work in WORKS if work.fits(by_name[TRACED])] == ["1 KiB, 8 at once"]


def test_without_wrk_its_row_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    report = Report()
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert not any(work.by_wrk for work in command._works(report, quick=False))
    assert "wrk" in report.left_out


@pytest.mark.parametrize(
    ("said", "line"), [("a\nb\n", "b"), ("", "it does not say why"), ("x", "x")]
)
def test_the_last_line_tells_why(said: str, line: str) -> None:
    assert last_line(said) == line


def test_a_program_is_all_the_files_of_its_name(tmp_path: Path) -> None:
    for name in ("load.c", "load_more.c", "load.h", "other.c", "load.py"):
        (tmp_path / name).touch()
    sources, changed = sources_of(tmp_path / "load.c")
    assert [path.name for path in sources] == ["load.c", "load_more.c"]
    assert changed > 0


def test_servers_start_as_they_do_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without compiled modules every start would compile them.
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in environment()
    assert environment()["PYTHONPATH"] == str(ROOT)


def test_a_compiler_that_is_missing_is_one_line() -> None:
    with pytest.raises(RivalError, match="no no-such-compiler on PATH"):
        build("forkserver.c", ("no-such-compiler", "x"))


def test_the_tolls_are_run_to_their_end(tmp_path: Path) -> None:
    source = tmp_path / "toll.s"
    source.write_text(program(Setting(memory_kib=64, pages=2, idle=3), forks=4, rounds=5))
    words = [
        sys.executable,
        "-m",
        "emu.cli",
        "run",
        "--stats",
        "--root",
        str(tmp_path),
        str(source),
    ]
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    assert "8 forks" in done.stderr  # three that idle, four that end, one that answers


@pytest.fixture
def loadable(tmp_path: Path) -> Path:
    """Return a place for a site, on a host that the load generator runs on."""
    if sys.platform != "linux":
        pytest.skip("the load generator needs Linux")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status"), [(["--rival", "no such"], 2), (["--rounds", "x"], 2)]
)
def test_arguments_that_mean_nothing_are_refused(arguments: list[str], status: int) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)
    assert ended.value.code == status


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children(recursive=True) if child.is_running()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_running(loadable: Path, number: int) -> None:
    words = [sys.executable, "-m", "bench", "--quick", "--rival", OURS, "--seconds", "600"]
    words += ["--json", str(loadable / "bench.json"), "--plot", str(loadable / "bench.svg")]
    with subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True) as bench:
        try:
            _interrupt(bench, number)
        finally:
            bench.kill()


def _interrupt(bench: subprocess.Popen[str], number: int) -> None:
    """Interrupt it under its first load, and see to what becomes of all its processes."""
    assert bench.stderr
    said = bench.stderr.readline()
    if "does not build" in said or "on PATH" in said:
        pytest.skip(said)
    assert said.startswith("round 1")
    observed = psutil.Process(bench.pid)
    while not any("loadgen" in word for child in _family(observed) for word in _words(child)):
        assert bench.poll() is None
    family = _family(observed)
    bench.send_signal(number)
    assert bench.wait(PATIENCE) == 130
    assert "no server is left running" in bench.stderr.read()
    gone, alive = psutil.wait_procs(family, timeout=PATIENCE)
    assert (len(gone), alive) == (len(family), [])


def _words(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def test_the_load_generator_checks_every_body(loadable: Path) -> None:
    site = Site(loadable / "site", loadable)
    make_site(site.root)
    try:
        load = Load(site.scratch, site.root / "www")
    except RivalError as why:
        pytest.skip(str(why))
    ours: dict[str, Any] = {"seconds": 60.0, "requests": 20}
    rival = next(rival for rival in RIVALS if rival.name == "http.server")
    with started(rival, site) as running:
        assert load.put_on(running, samples.work(NAMES[0]), **ours).wrong == 0
        page = site.root / "www" / "1k.html"
        page.write_bytes(page.read_bytes()[:-1] + b"?")
        assert load.put_on(running, samples.work(NAMES[0]), **ours).wrong > 0
