"""The kernel's state as plain data: processes, descriptors, signals, the scheduler; no I/O."""
