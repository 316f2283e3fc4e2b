"""The facts of the engine that the emulator relies on, one by one."""

import ctypes
import mmap
import struct
import threading

import pytest

from emu.asm import assemble_text
from emu.machine import EXEC, READ, STATE_SIZE, WRITE, Machine, Registers, Stop

CODE, DATA, PAGE = 0x1_0000_4000, 0x1_0010_0000, 0x4000


class Bare:
    """A machine with one page of code and one of data, and nothing behind it."""

    def __init__(self, text: str) -> None:
        self.machine = Machine()
        self._buffers: list[object] = []
        layout = {("__TEXT", "__text"): CODE}
        image = assemble_text(f".text\n_main:\n{text}", layout=layout)
        section = image.section("__TEXT", "__text")
        assert section is not None
        self.code = self._map(CODE, READ | EXEC, section.data)
        self.data = self._map(DATA, READ | WRITE, b"")
        self.machine.write("pc", CODE)

    def _map(self, address: int, prot: int, content: bytes) -> mmap.mmap:
        buffer = mmap.mmap(-1, PAGE)
        buffer[: len(content)] = content
        anchor = ctypes.c_char.from_buffer(buffer)
        self._buffers += [buffer, anchor]
        self.machine.map(address, PAGE, prot, ctypes.addressof(anchor))
        return buffer

    def run(self, **registers: int) -> Stop:
        for name, value in registers.items():
            self.machine.write(name, value)
        return self.machine.run()


def test_svc_leaves_pc_behind_it_and_brk_on_it() -> None:
    bare = Bare("nop\n svc #0x80\n brk #1")
    assert bare.run().kind == "svc"
    assert bare.machine.read_call()[9] == CODE + 8
    assert bare.run().kind == "brk"
    assert bare.machine.read("pc") == CODE + 8


def test_an_undefined_instruction_stops_on_itself() -> None:
    bare = Bare("nop\n .long 0")
    assert bare.run().kind == "undefined"
    assert bare.machine.read("pc") == CODE + 4


@pytest.mark.parametrize(
    ("text", "access", "address"),
    [
        ("nop\n add x1, x1, #1\n str x2, [x0], #8", WRITE, DATA + PAGE),
        ("nop\n add x1, x1, #1\n ldr x2, [x0], #8", READ, DATA + PAGE),
        ("nop\n add x1, x1, #1\n stp x2, x3, [x0, #-8]!", WRITE, DATA + PAGE),
    ],
)
def test_a_fault_stops_on_the_instruction_with_nothing_changed(
    text: str, access: int, address: int
) -> None:
    bare = Bare(text)
    start = address + 8 if "!" in text else address
    stop = bare.run(x0=start, x1=1)
    assert (stop.kind, stop.access, stop.address) == ("fault", access, address)
    assert bare.machine.read("pc") == CODE + 8
    assert bare.machine.read("x0") == start
    assert bare.machine.read("x1") == 2


def test_a_jump_to_nowhere_is_a_fetch_fault_at_the_target() -> None:
    for target in (0xDEAD000, 0):
        stop = Bare("br x0").run(x0=target)
        assert (stop.kind, stop.access, stop.address) == ("fault", EXEC, target)


def test_writing_read_only_memory_is_a_write_fault() -> None:
    stop = Bare("str x0, [x0]").run(x0=CODE + 0x100)
    assert (stop.kind, stop.access, stop.address) == ("fault", WRITE, CODE + 0x100)


def test_all_registers_survive_save_and_load() -> None:
    bare = Bare("nop")
    registers = Registers()
    for n in range(31):
        registers[f"x{n}"] = 0x1111_0000_0000_0000 + n
    for n in range(32):
        registers[f"q{n}"] = (n << 120) + n
    registers["sp"], registers["pc"], registers["nzcv"] = DATA + 64, CODE, 0xF000_0000
    registers["fpcr"], registers["tpidr_el0"] = 0x0100_0000, 77
    bare.machine.load(bytes(registers))
    saved = bare.machine.save()
    assert len(saved) == STATE_SIZE
    assert Registers(saved).words == registers.words


def test_the_result_of_a_call_changes_x0_x1_and_the_flags_alone() -> None:
    bare = Bare("svc #0x80\n svc #0x80")
    for n in range(31):
        bare.machine.write(f"x{n}", 100 + n)
    bare.run()
    before = Registers(bare.machine.save())
    bare.machine.write_result(5, 0, 1 << 29)
    after = Registers(bare.machine.save())
    changed = {n for n in ("x0", "x1", "x2", "x16", "sp", "pc", "nzcv") if before[n] != after[n]}
    assert changed == {"x0", "x1", "nzcv"}
    assert bare.run().kind == "svc"
    assert bare.machine.read("nzcv") == 1 << 29


def test_another_thread_stops_an_endless_loop() -> None:
    bare = Bare("1: add x0, x0, #1\n b 1b")
    began = threading.Event()

    def stopper() -> None:
        began.wait()
        bare.machine.interrupt()

    thread = threading.Thread(target=stopper)
    thread.start()
    began.set()
    stop = bare.run()
    thread.join()
    assert stop.kind == "stopped"
    assert CODE <= bare.machine.read("pc") <= CODE + 4


@pytest.mark.parametrize(
    "text",
    [
        "ldadd x1, x2, [x0]",
        "cas x1, x2, [x0]",
        "swpal x1, x2, [x0]",
        "paciasp\n autiasp",
        "pacia x1, x2\n xpaci x1",
        "aese v0.16b, v1.16b",
        "sha256h q0, q1, v2.4s",
        "sdot v0.4s, v1.16b, v2.16b",
        "fmla v0.4s, v1.4s, v2.4s",
        "ldxr x1, [x0]\n stxr w2, x1, [x0]",
        "mrs x1, cntvct_el0",
        "crc32cx w1, w2, x3",
        "ldr x1, [x0, #1]",
    ],
)
def test_instruction_families_of_apple_silicon_execute(text: str) -> None:
    bare = Bare(f"{text}\n svc #0x80")
    assert bare.run(x0=DATA + 64).kind == "svc"


def test_code_hooks_see_each_instruction_and_stop_before_it() -> None:
    bare = Bare("nop\n nop\n nop\n svc #0x80")
    seen: list[int] = []
    remove = bare.machine.hook_code(seen.append)
    assert bare.run().kind == "svc"
    assert seen == [CODE, CODE + 4, CODE + 8, CODE + 12]
    remove()
    bare.machine.write("pc", CODE)
    assert bare.run().kind == "svc"
    assert len(seen) == 4


def test_an_exception_of_a_hook_comes_out_of_run() -> None:
    bare = Bare("nop\n nop\n svc #0x80")

    def fails(address: int) -> None:
        raise ValueError(hex(address))

    bare.machine.hook_code(fails, CODE + 4, CODE + 4)
    with pytest.raises(ValueError, match=hex(CODE + 4)):
        bare.run()
    assert bare.machine.read("pc") == CODE + 4


def test_instructions_are_counted_over_warm_code_too() -> None:
    bare = Bare("mov x1, #10\n 1: subs x1, x1, #1\n b.ne 1b\n svc #0x80")
    bare.run()
    count = bare.machine.count_instructions()
    bare.run(pc=CODE)
    assert count() == 1 + 2 * 10 + 1


def test_changed_code_is_stale_until_it_is_forgotten() -> None:
    bare = Bare("mov x1, #1\n svc #0x80")
    bare.run()
    bare.code[0:4] = struct.pack("<I", 0xD2800041)  # mov x1, #2
    bare.machine.forget_code(CODE, PAGE)
    bare.run(pc=CODE)
    assert bare.machine.read("x1") == 2


def test_stops_from_another_thread_never_run_an_instruction_twice() -> None:
    """x5 is both the address and the result of a load: to run it twice would skip an entry."""
    bare = Bare(
        """
        1: ldrb w5, [x7, x5]
        add x4, x4, #1
        cmp x4, #200
        b.ne 1b
        mov x4, #0
        b 1b
        """
    )
    for i in range(200):
        bare.data[0x1000 + i] = (i + 1) % 200
    for name, value in (("x4", 0), ("x5", 0), ("x7", DATA + 0x1000)):
        bare.machine.write(name, value)
    enough = threading.Event()

    def stopper() -> None:
        while not enough.is_set():
            bare.machine.interrupt()

    thread = threading.Thread(target=stopper)
    thread.start()
    try:
        for _ in range(2000):
            assert bare.run().kind == "stopped"
            at = (bare.machine.read("pc") - CODE) // 4
            expected = bare.machine.read("x4") + (1 if at == 1 else 0)
            assert bare.machine.read("x5") == expected % 200
    finally:
        enough.set()
        thread.join()
