"""Source text in the dialect of Apple's arm64 assembler to an :class:`emu.image.Image`."""
