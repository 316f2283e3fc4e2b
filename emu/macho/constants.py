"""Numbers of the Mach-O format, from Apple's ``mach-o/loader.h``, ``nlist.h`` and ``fat.h``."""

from __future__ import annotations

from typing import Final

__all__: list[str] = []

MH_MAGIC_64: Final = 0xFEEDFACF
MH_MAGIC: Final = 0xFEEDFACE
FAT_MAGIC: Final = 0xCAFEBABE
FAT_MAGIC_64: Final = 0xCAFEBABF

CPU_TYPE_ARM64: Final = 0x0100000C
CPU_TYPES: Final = {
    7: "i386",
    0x01000007: "x86_64",
    12: "arm (32 bits)",
    CPU_TYPE_ARM64: "arm64",
    0x0200000C: "arm64_32",
    18: "ppc",
}
CPU_SUBTYPE_MASK: Final = 0x00FFFFFF
CPU_SUBTYPE_ARM64E: Final = 2

MH_EXECUTE: Final = 2
FILE_TYPES: Final = {
    1: "an object file: link it first",
    4: "a core file",
    5: "a preloaded image",
    6: "a dynamic library",
    7: "a dynamic linker",
    8: "a bundle",
    10: "a file of debug information",
    11: "a kernel extension",
    12: "a set of files (a kernel cache)",
}
MH_PIE: Final = 0x200000

LC_REQ_DYLD: Final = 0x80000000
LC_SYMTAB: Final = 0x2
LC_UNIXTHREAD: Final = 0x5
LC_DYSYMTAB: Final = 0xB
LC_LOAD_DYLIB: Final = 0xC
LC_SEGMENT_64: Final = 0x19
LC_LOAD_WEAK_DYLIB: Final = 0x18 | LC_REQ_DYLD
LC_REEXPORT_DYLIB: Final = 0x1F | LC_REQ_DYLD
LC_LAZY_LOAD_DYLIB: Final = 0x20
LC_LOAD_UPWARD_DYLIB: Final = 0x23 | LC_REQ_DYLD
LC_DYLD_INFO: Final = 0x22
LC_DYLD_INFO_ONLY: Final = 0x22 | LC_REQ_DYLD
LC_FUNCTION_STARTS: Final = 0x26
LC_UUID: Final = 0x1B
LC_MAIN: Final = 0x28 | LC_REQ_DYLD
LC_ENCRYPTION_INFO_64: Final = 0x2C
LC_DYLD_CHAINED_FIXUPS: Final = 0x34 | LC_REQ_DYLD
DYLIB_COMMANDS: Final = frozenset(
    {
        LC_LOAD_DYLIB,
        LC_LOAD_WEAK_DYLIB,
        LC_REEXPORT_DYLIB,
        LC_LAZY_LOAD_DYLIB,
        LC_LOAD_UPWARD_DYLIB,
    }
)

ARM_THREAD_STATE64: Final = 6

#: Segment flag: dyld takes the right to write away once the fixups are done.
SG_READ_ONLY: Final = 0x10

SECTION_TYPE: Final = 0xFF
S_ZEROFILL: Final = 0x1
S_MOD_INIT_FUNC_POINTERS: Final = 0x9
S_GB_ZEROFILL: Final = 0xC
S_THREAD_LOCAL_REGULAR: Final = 0x11
S_THREAD_LOCAL_ZEROFILL: Final = 0x12
S_INIT_FUNC_OFFSETS: Final = 0x16
ZEROFILLS: Final = frozenset({S_ZEROFILL, S_GB_ZEROFILL, S_THREAD_LOCAL_ZEROFILL})

N_STAB: Final = 0xE0
N_TYPE: Final = 0x0E
N_EXT: Final = 0x01
N_ABS: Final = 0x2
N_SECT: Final = 0xE

# The stabs of the debug map (``mach-o/stab.h``).
N_FUN: Final = 0x24
N_OSO: Final = 0x66
