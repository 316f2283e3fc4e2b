"""``--strace``: every system call as a line, as users of strace and dtruss expect it.

=============  ====================================================================
shapes         a call's name and parameters, with a printer for each (one row of the
               table drives dispatch and printing)
formats        the printers by kind of argument; pointers, sockets and waiting hold
               those of structs
selection      which calls are shown: ``--strace-filter``
tracer         what happens in a run -> events, in the order of strace
lines, objects an event -> a line of text, or a line of JSON
sink           lines -> a file, without ever holding up the run
attaching      all of them put together, by the options of a command
=============  ====================================================================
"""

from emu.strace.attaching import TraceOptions, attach
from emu.strace.lines import Lines
from emu.strace.objects import Objects
from emu.strace.selection import Selection
from emu.strace.sink import Sink
from emu.strace.tracer import Tracer

__all__ = ["Lines", "Objects", "Selection", "Sink", "TraceOptions", "Tracer", "attach"]
