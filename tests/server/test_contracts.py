"""The contracts of ``ymawky.s`` hold: each routine is called with registers full of rubbish.

A kernel that succeeds and fails at random answers its calls; whatever comes of it, sp, x18
to x29 and the lower halves of v8 to v15 survive, and only declared registers change.
"""

from __future__ import annotations

import random
import re
import struct

import pytest

from emu.asm import available
from tests.server.contracts import Contract, ContractError, read_contracts
from tests.server.contracts_guest import OUT, SOURCE, Guest, Outcome, image
from tests.server.contracts_kernel import ERRORS, REQUESTS, S_IFREG, RandomKernel, pack_stat
from tests.serving import ROOT

if not available():
    pytest.skip("nothing can be assembled without Keystone", allow_module_level=True)

pytestmark = pytest.mark.emulator("calls single routines in the emulated processor")

CONTRACTS = read_contracts(SOURCE)
_INSTRUCTIONS_MAX = 60


@pytest.fixture(scope="module")
def guest() -> Guest:
    return Guest()


def _prepare(guest: Guest, request: bytes) -> None:
    """Put a connection into its state as it is when a request has been parsed."""
    guest.reset()
    guest.call("open_connection", 5, 0x0100007F, 3)
    guest.call("reset_request")
    sent = [request]

    def kernel(number: int, arguments: tuple[int, ...]) -> tuple[int, int, bool]:
        if number == 116:
            guest.machine.write_memory(arguments[0], struct.pack("<qq", 1_700_000_000, 5))
        if number != 29 or not sent:
            return 0, 0, False
        data = sent.pop()
        guest.machine.write_memory(arguments[1], data)
        return len(data), 0, False

    for routine in ("read_request", "read_clock", "parse_request"):
        outcome = guest.call(routine, kernel=kernel)
        assert (outcome.kind, outcome.carry) == ("returned", False), routine
    guest.machine.write_memory(guest.state("req_stat"), pack_stat(S_IFREG, 5000))
    guest.call("describe_file")


def _arguments(guest: Guest, contract: Contract, rng: random.Random) -> list[int]:
    """Return values for x0, x1… that fit the prototype."""
    registers = [r for r in contract.inputs if r != "x28"]
    values = dict(zip(registers, _values(guest, contract, rng), strict=True) if registers else ())
    last = max((int(r[1:]) for r in values), default=-1)
    return [values.get(f"x{n}", n) for n in range(last + 1)]


TEXTS = (
    b"Sun, 06 Nov 1994 08:49:37 GMT\r\n",
    b"example.org:80\r\n",
    b"bytes=0-9\r\n",
    b"GET /a/b HTTP/1.1\r\nHost: x\r\n\r\n",
    b"Field: value \r\n\r\n",
    b"close, keep-alive\r\n",
    b"12ab\r\n",
    b"/a/./b//..c/%41%2e\r\n",
    b"127.0.0.1\r\n",
    b'"a", W/"b"\r\n',
)


def _values(guest: Guest, contract: Contract, rng: random.Random) -> list[int]:
    text = rng.choice(TEXTS)
    start = guest.put(text + b"\0" * 64)
    length = len(text) - 2
    symbols = guest.symbols
    numbers = {
        "length": length,
        "value_length": length,
        "count": rng.randint(0, length),
        "size": rng.choice((0, 10, 4096)),
        "errno": rng.choice(ERRORS),
        "status": rng.choice((200, 206, 404, 416, 503, 599)),
        "limit": 100,
        "digits": rng.randint(1, 20),
        "month": rng.randint(1, 12),
        "class": rng.choice((8, 16, 128)),
        "argc": rng.randint(1, 3),
        "key": 0x544547,
        "text": struct.unpack("<Q", b"HTTP/1.1")[0],
        "separator": 45,
        "option": 0x1006,
    }
    arguments = guest.put(b"ymawky\0-d\0127.0.0.1:80\0", 0x3000)
    vector = struct.pack("<3Q", arguments, arguments + 7, arguments + 10)
    lists = struct.pack("<3Q", 1, start, length).ljust(128, b"\0")
    pointers = {
        "end": start + length,
        "out": OUT,
        "buffer": OUT,
        "line": guest.put(TEXTS[3] if "request" in contract.name else TEXTS[4], 0x1000),
        "argv": guest.put(vector, 0x2000),
        "address": guest.put(bytes.fromhex("10021f907f000001").ljust(16, b"\0"), 0x4000),
        "stat": guest.put(pack_stat(S_IFREG, 10), 0x5000),
        "entry": guest.put(struct.pack("<QQHHB", 1, 0, 32, 3, 8) + b"abc\0", 0x6000),
        "tags": guest.put(lists, 0x7000),
        "date": guest.put(struct.pack("<2Q", start, length), 0x8000),
        "table": symbols["method_table"],
        "status": symbols["status_500"],
        "names": symbols["month_names"],
        "pattern": symbols["date_patterns"],
        "start": guest.word(guest.state("req_line")),
        "parts": guest.put(struct.pack("<8Q", 6, 10, 1994, 3, 8, 49, 37, 0), 0x9000),
    }
    if contract.name == "send_vector":
        pointers["parts"] = guest.put(struct.pack("<4Q", start, 5, start, 9), 0x9000)
    if contract.name == "append_text":
        start = symbols["docroot"]
    if contract.name in {"parse_endpoint", "open_path"}:
        guest.machine.write_memory(start + length, b"\0")
    if contract.name in {"append_error_page", "send_body", "send_mapped"}:
        pointers["out"] = pointers["end"] = guest.state("HOT_OUT") + 300
    if contract.name == "send_response":
        pointers["end"] = guest.state("HOT_OUT") + 300
    if contract.name == "end_chunk":
        pointers["out"] = guest.word(guest.state("req_chunk")) + 0x123
    if contract.name in {"flush_listing", "begin_chunk", "append_entries"}:
        pointers["out"] = symbols["listing"] + 5000
    if contract.name == "find_type":
        start, pointers["end"] = guest.state("HOT_PATH"), guest.word(guest.state("req_path_end"))
    if contract.name == "write_log":
        start = guest.state("HOT_OUT")
    return [
        (pointers if p.pointers else numbers).get(p.name, start if p.pointers else 3)
        for p in contract.parameters
    ]


def _broken(contract: Contract, outcome: Outcome) -> list[str]:
    """Tell which registers changed that should not have."""
    before, after = outcome.before, outcome.after
    kept = {f"x{n}" for n in range(30)} - contract.clobbers
    broken = [name for name in (*kept, "sp") if before[name] != after[name]]
    vectors = {f"v{n}" for n in range(32)} - contract.clobbers
    broken += [v for v in vectors if before[f"q{v[1:]}"] != after[f"q{v[1:]}"]]
    if "flags" not in contract.clobbers and before["nzcv"] != after["nzcv"]:
        broken.append("flags")
    return broken


@pytest.mark.parametrize("name", CONTRACTS)
def test_only_declared_registers_change(guest: Guest, name: str) -> None:
    contract = CONTRACTS[name]
    rng = random.Random(name)
    for turn in range(24):
        request = REQUESTS[turn % len(REQUESTS)]
        _prepare(guest, request)
        if name in {"end_chunk", "flush_listing", "append_entries"}:
            guest.call("begin_chunk", guest.symbols["listing"])
        failures = (0.0, 0.1, 0.5)[turn % 3]
        kernel = RandomKernel(guest, rng, failures, request=request)
        arguments = _arguments(guest, contract, rng)
        outcome = guest.call(name, *arguments, kernel=kernel, seed=turn + 1)
        if not contract.returns:
            assert outcome.kind == "exited"
            continue
        if outcome.kind == "exited":  # a forked child, or -d
            assert name == "accept_connections"
            continue
        assert outcome.kind == "returned", f"{turn}: {outcome.kind}"
        assert _broken(contract, outcome) == [], turn
        if contract.errors == "none":
            continue
        if outcome.carry and contract.errors == "status":
            assert 400 <= outcome.x0 <= 599
        elif outcome.carry:
            assert 0 < outcome.x0 < 110


def test_no_routine_is_longer_than_a_screen() -> None:
    section = image().section("__TEXT", "__text")
    assert section is not None
    starts = sorted(image().symbols[name].value for name in CONTRACTS)
    ends = [*starts[1:], section.addr + section.size]
    longest = max((end - start) // 4 for start, end in zip(starts, ends, strict=True))
    assert longest <= _INSTRUCTIONS_MAX


def test_each_routine_has_one_exit() -> None:
    exits: dict[str, int] = {}
    name = ""
    for line in SOURCE.read_text(encoding="utf-8").splitlines():
        code = line.partition("//")[0].strip()
        name = code[:-1] if code[:-1] in CONTRACTS else name
        leaves = code.split(" ")[0] in {"ret", "leave"}
        tail = code.startswith("b ") and code.split()[1] in set(CONTRACTS) - {name}
        exits[name] = exits.get(name, 0) + (leaves or tail)
    del exits[""]
    assert {n: c for n, c in exits.items() if CONTRACTS[n].returns and c != 1} == {}


def test_arguments_are_those_of_the_prototype() -> None:
    for contract in CONTRACTS.values():
        registers = [r for r in contract.inputs if r != "x28"]
        assert len(registers) == len(contract.parameters), contract.name


def test_results_are_declared_as_changed() -> None:
    for contract in CONTRACTS.values():
        assert set(contract.outputs) <= contract.clobbers | {"x28"}, contract.name


WHOLE = """\
// u64 routine(void)
//   Ends.
//   In: none
//   Out: none
//   Clobbers: none
//   Errors: none
"""


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("", "has no contract"),
        (WHOLE.replace("routine", "other"), "no prototype"),
        (WHOLE.replace("Ends.", "Ends"), "in a sentence"),
        (WHOLE.replace("//   In: none\n", ""), "a contract has"),
        (WHOLE.replace("void", "u8"), "no parameter"),
        (WHOLE.replace("In: none", "In: the text"), "no register in front"),
        (WHOLE.replace("Clobbers: none", "Clobbers: all"), "no register"),
        (WHOLE.replace("Errors: none", "Errors: some"), "errors are"),
        (WHOLE.replace("//   Out", "// Out"), "no part of a contract"),
    ],
)
def test_what_is_no_contract_is_told(
    tmp_path_factory: pytest.TempPathFactory, comment: str, reason: str
) -> None:
    path = tmp_path_factory.mktemp("source") / "source.s"
    path.write_text(f".text\n\n{comment}routine:\n    ret\n")
    with pytest.raises(ContractError, match=reason):
        read_contracts(path)


def test_the_walk_through_the_server_names_what_there_is() -> None:
    text = (ROOT / "docs" / "server.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`([a-z]+(?:_[a-z0-9]+)+)`", text))
    assert len(names) > 40
    assert names <= set(image().symbols)
