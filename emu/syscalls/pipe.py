"""pipe: two descriptors, of which one reads what is written to the other.

Annotations are evaluated when the table is built, so this file does not postpone them.
"""

from emu.darwin import flags as f
from emu.kernel.files import OpenFile
from emu.kernel.pipe import make_pipe
from emu.syscalls.table import Call, syscall

__all__: list[str] = []


@syscall(42)
def pipe(call: Call) -> tuple[int, int]:
    """Make a pipe: x0 is its reading end, x1 its writing end."""
    files = call.process.files
    files.lowest(files.lowest() + 1)  # EMFILE comes before anything is made
    kernel = call.kernel
    reader, writer = make_pipe(kernel.serial(), kernel.scheduler.wakeup)
    one = files.add(OpenFile(reader, "pipe", f.O_RDONLY, "pipe"))
    return one, files.add(OpenFile(writer, "pipe", f.O_WRONLY, "pipe"))
