"""Programs that call C's library: what is provided, how it behaves, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from emu import libsystem, macho
from emu.asm import assemble, imagefile
from emu.errors import ImageError
from emu.image import Image
from emu.libsystem.__main__ import build
from tests.asm.zig import Zig
from tests.macho.build import BASE, Macho
from tests.macho.cross import cross_compile
from tests.serving import PATIENCE

pytestmark = pytest.mark.timeout(900)  # zig builds what it needs of its own the first time

#: What the programs say of the functions that they use: no header is looked at.
PROTOTYPES = """\
typedef unsigned long size_t; typedef long ssize_t;
void exit(int); void _exit(int); void abort(void);
ssize_t write(int, const void *, size_t); ssize_t read(int, void *, size_t);
int puts(const char *); int putchar(int); int printf(const char *, ...);
size_t strlen(const char *); void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t); void *memset(void *, int, size_t);
void *malloc(size_t); void free(void *); int getpid(void); long time(long *);
int usleep(unsigned); int *__error(void);
"""

Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[..., Path]:
    """Compiles C with the prototypes above."""

    def build_one(body: str, *options: str) -> Path:
        source = tmp_path / "program.c"
        source.write_text(PROTOTYPES + body, encoding="utf-8")
        options = options or ("-O1",)
        flags = ("-w", "-fno-sanitize=all", "-fno-builtin", *options)
        return cross_compile(source, tmp_path / "program", *flags)

    return build_one


@pytest.fixture
def run(compiled: Callable[..., Path]) -> Run:
    """Compiles C and runs it."""

    def run_it(
        body: str, *arguments: str, stdin: bytes = b"", options: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[bytes]:
        return start(compiled(body, *options), *arguments, stdin=stdin)

    return run_it


def start(program: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "emu.cli", "run", "--quiet", str(program), *arguments],
        input=stdin,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


# -- the functions ------------------------------------------------------------------------------


def test_a_program_as_in_a_course(run: Run) -> None:
    done = run(
        """
        int main(int argc, char **argv) {
            char *text = malloc(strlen(argv[1]) + 1);
            memcpy(text, argv[1], strlen(argv[1]) + 1);
            printf("%d arguments, the first is %s\\n", argc - 1, text);
            free(text);
            puts("bye");
            putchar('!');
            return 3;
        }
        """,
        "hello",
        "you",
    )
    assert done.stdout == b"2 arguments, the first is hello\nbye\n!"
    assert done.returncode == 3


def test_memory_and_strings(run: Run) -> None:
    done = run(
        """
        int main(void) {
            char a[64] = "0123456789abcdefghijklmnopqrstuvwxyz";
            memmove(a + 3, a, 30); a[33] = 0; puts(a);
            memmove(a, a + 3, 30); a[30] = 0; puts(a);
            memset(a, '*', 17); puts(a);
            char empty[1] = "";
            printf("%zu %zu\\n", strlen(a), strlen(empty));
            for (int n = 0; n < 40; n++) {
                char from[40], to[42];
                memset(to, 7, 42);
                for (int i = 0; i < 40; i++) from[i] = i + n;
                if (memcpy(to + 1, from, n) != to + 1) return 1;
                for (int i = 0; i < n; i++) if (to[i + 1] != from[i]) return 2;
                if (to[0] != 7 || to[n + 1] != 7) return 3;
            }
            return 0;
        }
        """
    )
    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == [
        "0120123456789abcdefghijklmnopqrst",
        "0123456789abcdefghijklmnopqrst",
        "*" * 17 + "hijklmnopqrst",
        "30 0",
    ]


def test_what_compilers_call_by_themselves(run: Run) -> None:
    done = run(
        """
        void *calloc(size_t, size_t); void bzero(void *, size_t);
        void memset_pattern4(void *, const void *, size_t);
        void memset_pattern8(void *, const void *, size_t);
        void memset_pattern16(void *, const void *, size_t);
        void *__memcpy_chk(void *, const void *, size_t, size_t);
        void *__memset_chk(void *, int, size_t, size_t);
        int main(void) {
            char a[64]; const char *p = "0123456789abcdef";
            memset(a, 0, 64); memset_pattern4(a, p, 23); puts(a);
            memset(a, 0, 64); memset_pattern8(a, p, 21); puts(a);
            memset(a, 0, 64); memset_pattern16(a + 1, p, 35); puts(a + 1);
            bzero(a, 64); if (a[1]) return 1;
            __memcpy_chk(a, p, 16, 64); __memset_chk(a, 'x', 3, 3); puts(a);
            char *dirty = malloc(100); memset(dirty, 1, 100); free(dirty);
            char *clean = calloc(10, 10);
            for (int i = 0; i < 100; i++) if (clean[i]) return 2;
            if (calloc(1ul << 40, 1ul << 40) || *__error() != 12) return 3;
            return 0;
        }
        """
    )
    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == [
        "01230123012301230123012",
        "012345670123456701234",
        "0123456789abcdef0123456789abcdef012",
        "xxx3456789abcdef",
    ]


def test_a_copy_into_too_little_room_ends_in_sigabrt(run: Run) -> None:
    done = run(
        """
        void *__memcpy_chk(void *, const void *, size_t, size_t);
        int main(void) { char a[16]; __memcpy_chk(a, "0123456789abcdef", 16, 15); return 0; }
        """
    )
    assert done.returncode == 128 + 6
    assert b"detected buffer overflow" in done.stderr


def test_a_program_of_any_optimization_level(compiled: Callable[..., Path]) -> None:
    source = """
        struct node { struct node *left, *right; int value; };
        static struct node *insert(struct node *n, int v) {
            if (!n) { n = malloc(sizeof *n); memset(n, 0, sizeof *n); n->value = v; }
            else if (v < n->value) n->left = insert(n->left, v);
            else n->right = insert(n->right, v);
            return n;
        }
        static void walk(struct node *n) {
            if (n) { walk(n->left); printf("%d ", n->value); walk(n->right); }
        }
        int main(int argc, char **argv) {
            struct node *tree = 0; unsigned seed = 7; int large[20000];
            for (int i = 0; i < 20000; i++) large[i] = 77 * argc;
            for (int i = 0; i < 9; i++) {
                seed = seed * 1103515245 + 12345;
                tree = insert(tree, (seed >> 16) % large[i]);
            }
            walk(tree);
            printf("%s\\n", "end");
            exit(large[19999]);
        }
    """
    for level in ("-O0", "-O1", "-O2", "-O3", "-Os"):
        done = start(compiled(source, level, "-fbuiltin"))
        assert done.stdout == b"2 11 20 27 36 37 49 54 66 end\n", level
        assert done.returncode == 77


def test_malloc_gives_blocks_that_are_aligned_apart_and_used_again(run: Run) -> None:
    done = run(
        """
        static unsigned seed = 1;
        static unsigned next(void) { return seed = seed * 1103515245u + 12345u; }
        int main(void) {
            unsigned char *block[200] = {0}; size_t size[200]; unsigned char mark[200];
            for (int round = 0; round < 20000; round++) {
                int i = next() >> 8; i %= 200; if (i < 0) i = -i;
                if (block[i]) {
                    for (size_t k = 0; k < size[i]; k += 1 + size[i] / 50)
                        if (block[i][k] != mark[i]) return 1;
                    if (size[i] && block[i][size[i] - 1] != mark[i]) return 2;
                    free(block[i]); block[i] = 0;
                } else {
                    size[i] = next() >> 8; size[i] %= (round % 100 ? 900 : 70000);
                    mark[i] = round;
                    block[i] = malloc(size[i]);
                    if (!block[i] || (unsigned long)block[i] % 16) return 3;
                    memset(block[i], mark[i], size[i]);
                }
            }
            free(0);
            void *first = malloc(40); free(first);
            if (malloc(33) != first) return 4;
            if (malloc(~0ul) || *__error() != 12) return 5;
            if (malloc(1ul << 46) || *__error() != 12) return 6;
            return 0;
        }
        """
    )
    assert done.returncode == 0, done.stderr.decode()


def test_calls_in_the_manner_of_c(run: Run) -> None:
    done = run(
        """
        int main(void) {
            char buffer[8];
            ssize_t n = read(0, buffer, 8);
            write(1, buffer, n);
            if (read(77, buffer, 8) != -1 || *__error() != 9) return 1;
            if (write(1, (void *)8, 8) != -1 || *__error() != 14) return 2;
            if (getpid() <= 0) return 3;
            long now, same = time(&now);
            if (now != same || usleep(20000)) return 4;
            printf("%ld", time(0));
            return 0;
        }
        """,
        stdin=b"through",
    )
    assert done.returncode == 0
    assert done.stdout.startswith(b"through")
    assert abs(int(done.stdout[7:]) - time.time()) < 60


def test_usleep_sleeps(run: Run) -> None:
    began = time.monotonic()
    assert run("int main(void) { return usleep(1200000); }").returncode == 0
    assert time.monotonic() - began > 1.2


# -- the way in and out -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "written"),
    [("exit(5);", b"buffered"), ("return 5;", b"buffered"), ("_exit(5);", b"")],
)
def test_exit_flushes_and_underscore_exit_does_not(run: Run, end: str, written: bytes) -> None:
    done = run(f'int main(void) {{ printf("buffered"); {end} }}')
    assert (done.returncode, done.stdout) == (5, written)


def test_output_to_a_pipe_is_written_in_blocks(run: Run) -> None:
    done = run(
        """
        int main(void) {
            for (int i = 0; i < 5000; i++) putchar('a' + i % 26);
            write(1, "|", 1);
            return 0;
        }
        """
    )
    assert len(done.stdout) == 5001
    assert done.stdout[4096:4097] == b"|"


def test_initializers_run_before_main_with_its_arguments(run: Run) -> None:
    done = run(
        """
        static int count;
        __attribute__((constructor)) static void first(int argc) { count = argc * 10; }
        __attribute__((constructor)) static void second(void) { puts("second"); count++; }
        int main(void) { return count; }
        """,
        "one",
    )
    assert (done.returncode, done.stdout) == (21, b"second\n")


def test_abort_and_a_smashed_stack_end_in_sigabrt(run: Run) -> None:
    assert run("int main(void) { abort(); }").returncode == 128 + 6
    done = run(
        """
        static void smash(volatile char *p) { for (int i = 0; i < 64; i++) p[i] = 'x'; }
        int main(void) { volatile char small[16]; smash(small); return small[0]; }
        """,
        options=("-O0", "-fstack-protector-all"),
    )
    assert done.returncode == 128 + 6
    assert b"stack buffer overflow" in done.stderr


def test_output_to_a_terminal_comes_by_lines(compiled: Callable[..., Path]) -> None:
    if sys.platform == "win32":
        pytest.skip("no pseudo-terminals there")
    program = compiled(
        """
        int main(void) {
            char c;
            printf("a line\\nand half a");
            read(0, &c, 1);
            return 0;
        }
        """
    )
    outer, inner = os.openpty()
    command = [sys.executable, "-m", "emu.cli", "run", "--quiet", str(program)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=inner) as process:
        os.close(inner)
        seen = b""
        while b"\n" not in seen:
            seen += os.read(outer, 100)
        assert seen == b"a line\r\n"
        process.communicate(b"x", timeout=PATIENCE)
        assert os.read(outer, 100) == b"and half a"
    os.close(outer)


def test_thread_local_variables_are_those_of_the_only_thread(run: Run) -> None:
    done = run(
        """
        _Thread_local int counter = 40;
        _Thread_local char room[100];
        static _Thread_local long far_one = 7;
        int *address(void) { return &counter; }
        int main(void) {
            counter += 2;
            for (int i = 0; i < 100; i++) if (room[i]) return 1;
            room[99] = 'x';
            printf("%d %d %ld %c\\n", *address(), &counter == address(), far_one, room[99]);
            return 0;
        }
        """
    )
    assert (done.stdout, done.stderr) == (b"42 1 7 x\n", b"")


# -- binding ------------------------------------------------------------------------------------


def test_missing_symbols_are_named_before_anything_runs(run: Run) -> None:
    done = run(
        """
        void *fopen(const char *, const char *); int system(const char *);
        int main(void) { puts("started"); return fopen("x", "r") ? system("x") : 1; }
        """
    )
    assert done.returncode == 2
    assert done.stdout == b""
    [line] = done.stderr.decode().splitlines()
    assert "_fopen, _system (libSystem)" in line
    assert "provided are" in line


def test_checks_that_zig_has_linked_in_are_named(tmp_path: Path) -> None:
    source = tmp_path / "program.c"
    source.write_text("int main(int n, char **v) { return n << n; }")
    program = cross_compile(source, tmp_path / "program")
    with pytest.raises(ImageError, match="build it with -fno-sanitize=undefined"):
        libsystem.bind(macho.load(program.read_bytes(), "a.out"))


def program_importing(*names: str, flags: int = 0x40) -> macho.Program:
    bind = b"".join(
        b"\x11" + bytes([flags]) + n.encode() + b"\0\x72" + bytes([8 * i]) + b"\x90"
        for i, n in enumerate(names)
    )
    return macho.load(Macho(data=bytes(128)).dyld_info(bind=bind).bytes(), "a.out")


def test_many_missing_symbols_stay_one_line() -> None:
    with pytest.raises(ImageError) as refused:
        libsystem.bind(program_importing(*(f"_missing{i}" for i in range(8)), "_puts"))
    assert "\n" not in str(refused.value)
    assert "_missing7 (libSystem)" in str(refused.value)
    assert "_puts" not in str(refused.value).split(";")[0]


def test_a_weak_import_that_is_missing_is_null() -> None:
    image = libsystem.bind(program_importing("_missing", flags=0x41))
    assert image.segments[2].data[:8] == bytes(8)


def test_a_program_that_calls_nothing_gets_no_library() -> None:
    image = libsystem.bind(program_importing("dyld_stub_binder"))
    assert [s.name for s in image.segments] == ["__PAGEZERO", "__TEXT", "__DATA", "__LINKEDIT"]
    assert image.entry == BASE + Macho.TEXT


def test_the_library_has_names_and_lines() -> None:
    image = libsystem.bind(program_importing("_printf"))
    where = image.symbols["_printf"].value
    assert image.symbol_at(where + 4) == ("_printf", 4)
    entry = image.lines.at(where)
    assert entry is not None
    assert entry.where.path == "libSystem/printf.s"
    text = image.sources["libSystem/printf.s"].splitlines()
    assert "stp" in text[entry.where.line - 1]


def test_a_programs_own_function_goes_before_the_librarys(run: Run) -> None:
    done = run(
        """
        int putchar(int c) { return puts("own"); }
        int main(void) { putchar('x'); return 0; }
        """
    )
    assert done.stdout == b"own\n"


# -- the library itself -------------------------------------------------------------------------


def test_the_prebuilt_library_is_what_its_sources_make() -> None:
    have, fresh = imagefile.load(libsystem.IMAGE.read_bytes()), imagefile.load(build())
    advice = "run python -m emu.libsystem"
    assert have.segments == fresh.segments, advice
    assert have.entry == fresh.entry, advice
    assert {n: s.value for n, s in have.symbols.items()} == {
        n: s.value for n, s in fresh.symbols.items()
    }, advice
    assert [(e.addr, e.where) for e in have.lines.entries] == [
        (e.addr, e.where) for e in fresh.lines.entries
    ], advice


def test_what_is_documented_is_what_is_there() -> None:
    names = {s.name for s in library().symbols.values() if s.external}
    assert names - {"__mh_execute_header"} == {f"_{n}" for n in libsystem.PROVIDED} | {
        "dyld_stub_binder"
    }


def library() -> Image:
    return assemble(libsystem.SOURCES, entry="start")


def test_zig_makes_the_same_library(zig: Zig) -> None:
    theirs = zig.link(*libsystem.SOURCES, entry="start")
    lead = dict.fromkeys(theirs, 0) | {("__DATA", "__data"): 8}
    layout = {key: section.addr + lead[key] for key, section in theirs.items()}
    for section in assemble(libsystem.SOURCES, entry="start", layout=layout).sections:
        key = (section.segment, section.name)
        if not section.zerofill:
            assert theirs[key].data[lead[key] :].startswith(section.data), key
