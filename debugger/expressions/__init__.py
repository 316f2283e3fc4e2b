"""Expressions of conditions, ``print``, ``x`` and ``set``: C's operators over a machine.

::

    x0  w1  sp  q3  $x0            registers; N Z C V are the flags
    parse_target+8  &x0_label      labels are their addresses
    u8[x0]  i32[sp+16]  *x1        memory: u8…u64, i8…i64, f32, f64; * is u64
    str[x1]  bytes[x1, 16]         a NUL-terminated string; so many bytes
    (stat64)x1.st_size             fields of Darwin structs
    (i32)w0 < 0 && 'a' == u8[x2]   casts, characters, C operators and precedence
    ENOENT  O_CREAT  $name  $pid   Darwin's constants, variables of ``set``
"""

from debugger.expressions.evaluator import Context, StructAt, Value, evaluate, number_of
from debugger.expressions.parser import parse

__all__ = ["Context", "StructAt", "Value", "evaluate", "number_of", "parse"]
