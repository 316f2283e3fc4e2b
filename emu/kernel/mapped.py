"""Files that guest processes have mapped shared, each with the one backing that all use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emu.kernel.process import Process
    from emu.memory import AddressSpace, Backing

__all__ = ["MappedFiles"]


class MappedFiles:
    """The backings by the files' identity (device, inode); false while there are none."""

    __slots__ = ("_backings",)

    def __init__(self) -> None:
        """Start with none."""
        self._backings: dict[tuple[int, int], Backing] = {}

    def __len__(self) -> int:
        """Return how many files are mapped."""
        return len(self._backings)

    def get(self, identity: tuple[int, int]) -> Backing | None:
        """Return a file's backing."""
        return self._backings.get(identity)

    def add(self, identity: tuple[int, int], backing: Backing) -> None:
        """Note a file's backing; ``backing.pager`` can flush."""
        self._backings[identity] = backing

    def flush(self, space: AddressSpace, start: int, end: int) -> None:
        """Write back what was changed through the mappings between two addresses."""
        ours = set(self._backings.values())
        for region in space.layout.overlapping(start, end):
            backing = region.backing
            if backing in ours:
                low = region.offset + max(start, region.start) - region.start
                high = region.offset + min(end, region.end) - region.start
                backing.pager.flush(backing.view, low, high)  # type: ignore[union-attr]

    def release(self, processes: Iterable[Process]) -> None:
        """Forget the files that none of ``processes`` has mapped any more."""
        used = {region.backing for p in processes for region in p.space.layout.regions}
        for identity, backing in list(self._backings.items()):
            if backing not in used:
                backing.pager.flush(backing.view, 0, backing.size)  # type: ignore[union-attr]
                del self._backings[identity]
