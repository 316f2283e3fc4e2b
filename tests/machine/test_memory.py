"""Address spaces: mapping, protection, copy-in and copy-out, fork."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emu.darwin.errno import EFAULT, ENAMETOOLONG, ENOMEM, Errno
from emu.image import PAGE_SIZE
from emu.machine import EXEC, READ, WRITE
from emu.memory import BLOCK, MMAP_BASE, AddressSpace, Backing, Region, round_page

BASE = 0x1_0000_0000
RW = READ | WRITE


def space_with(*regions: tuple[int, int, int]) -> AddressSpace:
    """Return a space with regions of (page, pages, protection) counted from BASE."""
    space = AddressSpace()
    for page, pages, prot in regions:
        start = BASE + page * PAGE_SIZE
        backing = Backing(pages * PAGE_SIZE)
        space.map(Region(start, start + pages * PAGE_SIZE, prot, backing, 0, f"r{page}"))
    return space


def failure(number: int, function: Callable[..., object], *args: object) -> None:
    with pytest.raises(Errno) as failed:
        function(*args)
    assert failed.value.number == number


def test_copyout_then_copyin_across_two_regions() -> None:
    space = space_with((0, 1, RW), (1, 1, RW))
    at = BASE + PAGE_SIZE - 3
    space.copyout(at, b"abcdef")
    assert space.copyin(at, 6) == b"abcdef"
    assert [len(v) for v in space.views(at, 6, READ)] == [3, 3]


@pytest.mark.parametrize(
    ("address", "length"),
    [
        (0, 1),
        (BASE - 1, 2),
        (BASE + PAGE_SIZE - 1, 2),
        (BASE, PAGE_SIZE + 1),
        ((1 << 64) - 8, 8),
        ((1 << 64) - 1, 1 << 62),
        (BASE, (1 << 64) - BASE),
    ],
)
def test_a_bad_range_is_efault_and_writes_nothing(address: int, length: int) -> None:
    space = space_with((0, 1, RW))
    failure(EFAULT, space.views, address, length, READ)
    if length < 1 << 20:
        failure(EFAULT, space.copyout, address, b"x" * length)
    assert space.copyin(BASE, PAGE_SIZE) == bytes(PAGE_SIZE)


def test_copyout_to_read_only_memory_is_efault() -> None:
    space = space_with((0, 1, READ | EXEC))
    failure(EFAULT, space.copyout, BASE, b"x")
    failure(EFAULT, space.view, BASE, 1, WRITE)


def test_a_failing_copyout_over_two_regions_writes_to_neither() -> None:
    space = space_with((0, 1, RW), (1, 1, READ))
    failure(EFAULT, space.copyout, BASE + PAGE_SIZE - 2, b"abcd")
    assert space.copyin(BASE, PAGE_SIZE) == bytes(PAGE_SIZE)


def test_strings_end_at_their_nul_wherever_a_page_ends() -> None:
    space = space_with((0, 1, RW), (1, 1, RW))
    at = BASE + PAGE_SIZE - 2
    space.copyout(at, b"hello\0rest")
    assert space.copyinstr(at, 1024) == b"hello"
    assert space.copyinstr(at, 6) == b"hello"
    failure(ENAMETOOLONG, space.copyinstr, at, 5)


def test_a_string_that_runs_off_the_map_is_efault() -> None:
    space = space_with((0, 1, RW))
    space.copyout(BASE + PAGE_SIZE - 2, b"xx")
    failure(EFAULT, space.copyinstr, BASE + PAGE_SIZE - 2, 1024)
    failure(EFAULT, space.copyinstr, 0, 1024)


def test_unmapping_the_middle_leaves_both_ends_with_their_bytes() -> None:
    space = space_with((0, 3, RW))
    space.copyout(BASE, b"low")
    space.copyout(BASE + 2 * PAGE_SIZE, b"high")
    space.unmap(BASE + PAGE_SIZE, BASE + 2 * PAGE_SIZE)
    assert space.copyin(BASE, 3) == b"low"
    assert space.copyin(BASE + 2 * PAGE_SIZE, 4) == b"high"
    failure(EFAULT, space.copyin, BASE + PAGE_SIZE, 1)


def test_protecting_a_hole_is_enomem() -> None:
    space = space_with((0, 1, RW), (2, 1, RW))
    failure(ENOMEM, space.protect, BASE, BASE + 3 * PAGE_SIZE, READ)
    assert space.copyin(BASE, 1) == b"\0"


def test_gap_finds_the_lowest_hole() -> None:
    at = (MMAP_BASE - BASE) // PAGE_SIZE
    space = space_with((at, 1, RW), (at + 2, 1, RW))
    assert space.layout.gap(PAGE_SIZE) == MMAP_BASE + PAGE_SIZE
    assert space.layout.gap(2 * PAGE_SIZE) == MMAP_BASE + 3 * PAGE_SIZE
    failure(ENOMEM, space.layout.gap, 1 << 47)
    space.unmap(MMAP_BASE, MMAP_BASE + PAGE_SIZE)
    assert space.layout.gap(PAGE_SIZE) == MMAP_BASE


def test_more_than_the_limit_is_enomem() -> None:
    space = space_with((0, 1, RW))
    backing = Backing(PAGE_SIZE)
    huge = Region(BASE * 2, BASE * 2 + (1 << 37), RW, backing, 0, "huge")
    failure(ENOMEM, space.map, huge)


def test_parent_and_child_have_their_own_bytes() -> None:
    parent = space_with((0, 4, RW))
    parent.copyout(BASE, b"parent")
    child = parent.fork()
    child.copyout(BASE, b"child!")
    child.copyout(BASE + 3 * PAGE_SIZE, b"new page")
    child.save()
    parent.restore()
    assert parent.copyin(BASE, 6) == b"parent"
    assert parent.copyin(BASE + 3 * PAGE_SIZE, 8) == bytes(8)
    parent.save()
    child.restore()
    assert child.copyin(BASE, 6) == b"child!"
    assert child.copyin(BASE + 3 * PAGE_SIZE, 8) == b"new page"


def test_peek_reads_a_process_that_is_off_the_cpu() -> None:
    parent = space_with((0, 4, RW))
    parent.copyout(BASE + 10, b"parent")
    parent.copyout(BASE + 3 * PAGE_SIZE, b"far")
    child = parent.fork()
    child.copyout(BASE + 10, b"child!")
    assert parent.peek(BASE + 8, 10) == b"\0\0parent\0\0"
    assert parent.peek(BASE + 3 * PAGE_SIZE - 1, 5) == b"\0far\0"
    assert parent.peek(BASE + 4 * PAGE_SIZE - 1, 2) is None


def test_text_made_writable_becomes_the_process_s_own() -> None:
    parent = space_with((0, 1, READ | EXEC))
    parent.poke(BASE, b"code")
    child = parent.fork()
    child.protect(BASE, BASE + PAGE_SIZE, RW)
    child.copyout(BASE, b"new!")
    child.save()
    parent.restore()
    assert parent.copyin(BASE, 4) == b"code"
    parent.save()
    child.restore()
    assert child.copyin(BASE, 4) == b"new!"


def test_shared_memory_is_one_for_parent_and_child() -> None:
    parent = AddressSpace()
    backing = Backing(PAGE_SIZE, shared=True)
    parent.map(Region(BASE, BASE + PAGE_SIZE, RW, backing, 0, "shared"))
    child = parent.fork()
    child.copyout(BASE, b"seen")
    child.save()
    parent.restore()
    assert parent.copyin(BASE, 4) == b"seen"


def test_only_touched_pages_are_saved() -> None:
    space = space_with((0, 1000, RW))
    space.copyout(BASE + 7 * PAGE_SIZE, b"x")
    space.save()
    assert space.saved is not None
    assert sum(len(s.copy) for s in space.saved.values()) == BLOCK


writes = st.lists(
    st.tuples(st.booleans(), st.integers(0, 4 * PAGE_SIZE - 9), st.binary(min_size=1, max_size=8)),
    max_size=30,
)


@given(writes)
def test_two_processes_never_see_each_other_s_writes(steps: list[tuple[bool, int, bytes]]) -> None:
    spaces = [space_with((0, 4, RW))]
    spaces.append(spaces[0].fork())
    models = [bytearray(4 * PAGE_SIZE), bytearray(4 * PAGE_SIZE)]
    running = 1
    for other, offset, data in steps:
        if other:
            spaces[running].save()
            running = 1 - running
            spaces[running].restore()
        spaces[running].copyout(BASE + offset, data)
        models[running][offset : offset + len(data)] = data
        for space, model in zip(spaces, models, strict=True):
            assert space.peek(BASE, 4 * PAGE_SIZE) == bytes(model)


@pytest.mark.parametrize(("size", "rounded"), [(0, 0), (1, PAGE_SIZE), (PAGE_SIZE, PAGE_SIZE)])
def test_round_page(size: int, rounded: int) -> None:
    assert round_page(size) == rounded


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["map", "unmap", "protect", "gap"]),
        st.integers(0, 15),
        st.integers(1, 5),
        st.sampled_from([READ, RW]),
    ),
    max_size=30,
)


@given(changes=CHANGES)
def test_a_layout_is_what_a_list_of_pages_says(changes: list[tuple[str, int, int, int]]) -> None:
    space, pages = AddressSpace(), [0] * 24

    def address(page: int) -> int:
        return MMAP_BASE + page * PAGE_SIZE

    for what, first, count, prot in changes:
        start, end = address(first), address(first + count)
        if what == "map":
            backing = Backing(end - start)
            space.map(Region(start, end, prot, backing, 0, "test"))
            pages[first : first + count] = [prot] * count
        elif what == "unmap":
            space.unmap(start, end)
            pages[first : first + count] = [0] * count
        elif what == "protect" and all(pages[first : first + count]):
            space.protect(start, end, prot)
            pages[first : first + count] = [prot] * count
        elif what == "gap":
            free = next(n for n in range(24) if not any(pages[n : n + count]))
            assert space.layout.gap(count * PAGE_SIZE) == address(free)
        found = [space.layout.find(address(n)) for n in range(24)]
        assert [r.prot if r is not None else 0 for r in found] == pages
        assert space.layout.size == PAGE_SIZE * sum(map(bool, pages))
        assert list(space.layout.starts) == [r.start for r in space.layout.regions]
