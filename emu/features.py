"""Why an instruction is undefined: it is the kernel's, or of a feature that an Apple M1 lacks.

Masks and values are those of the Arm Architecture Reference Manual, C4; what each of Apple's
processors has is what they say of themselves (``sysctl hw.optional.arm``).
"""

from __future__ import annotations

from typing import Final

__all__ = ["why_undefined"]

#: Mask, value and feature; the first row that fits an instruction names it.
_FEATURES: Final = (
    (0xBFE0FC00, 0x2E40FC00, "BF16"),  # bfdot
    (0xFFE0FC00, 0x6E40EC00, "BF16"),  # bfmmla
    (0xBFE0FC00, 0x2EC0FC00, "BF16"),  # bfmlalb, bfmlalt
    (0xBFC0F400, 0x0F40F000, "BF16"),  # bfdot by element
    (0xBFC0F400, 0x0FC0F000, "BF16"),  # bfmlal by element
    (0xFFFFFC00, 0x1E634000, "BF16"),  # bfcvt
    (0xBFFFFC00, 0x0EA16800, "BF16"),  # bfcvtn
    (0xDFE0FC00, 0x4E80A400, "I8MM"),  # smmla, ummla
    (0xFFE0FC00, 0x4E80AC00, "I8MM"),  # usmmla
    (0xBFE0FC00, 0x0E809C00, "I8MM"),  # usdot
    (0xBF40F400, 0x0F00F000, "I8MM"),  # sudot, usdot by element
    (0xFFFFF8FF, 0xD503407F, "SME"),  # smstart, smstop
    (0xFFFFF800, 0x04BF5800, "SME"),  # rdsvl
    (0x9E000000, 0x80000000, "SME"),
    (0x1E000000, 0x04000000, "SVE"),
    (0xFFE0FC00, 0x9AC01000, "MTE"),  # irg
    (0xFFE0FC00, 0x9AC01400, "MTE"),  # gmi
    (0xFFA0C000, 0x91800000, "MTE"),  # addg
    (0xFFA0C000, 0xD1800000, "MTE"),  # subg
    (0xFF200000, 0xD9200000, "MTE"),  # stg, ldg
    (0xFFFFF0FF, 0xD503409F, "MTE"),  # msr tco
    (0xFFFFFF80, 0xD50B7400, "MTE"),  # dc gva, dc gzva; dc zva is 0xd50b7420
    (0x7FFFFC00, 0x5AC02000, "CSSC"),  # abs
    (0x7FFFF800, 0x5AC01800, "CSSC"),  # ctz, cnt
    (0x7FE0F000, 0x1AC06000, "CSSC"),  # smax and its like
    (0xFFFFFFC0, 0xD5031000, "WFxT"),
    (0xFF000010, 0x54000010, "HBC"),
    (0xFFFFFF80, 0xD50B7380, "SPECRES"),
    (0x3B200C00, 0x19000400, "MOPS"),
    (0xFFFFDC00, 0xF83FD000, "LS64"),  # ld64b
    (0xFFFFFC00, 0xF83F9000, "LS64"),  # st64b
    (0xFF200C00, 0xD9000800, "LRCPC3"),
)
#: The first of Apple's processors for Macs that have a feature; it is none of the M1's.
_SINCE: Final = {"BF16": "the M2", "I8MM": "the M2", "SME": "the M4"}

#: What is defined at EL1 and above: system instructions and moves, and the calls of higher levels.
_SYSTEM: Final = (0xFFC00000, 0xD5000000)
_CALLS: Final = {0xD4000002: "hvc", 0xD4000003: "smc", 0xD4400000: "hlt"}


def why_undefined(word: int) -> str | None:
    """Say what kind of instruction ``word`` is that programs cannot execute, if that is known."""
    for mask, value, feature in _FEATURES:
        if word & mask == value:
            since = _SINCE.get(feature)
            return f"of FEAT_{feature}, which an M1 lacks" + (f" ({since} has it)" if since else "")
    call = word & 0xFFE0001F in _CALLS
    if call or word & _SYSTEM[0] == _SYSTEM[1] or word & 0xFFFFF3FF == 0xD69F03E0:
        return "for the kernel alone"
    return None
