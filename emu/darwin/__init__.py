"""Darwin's arm64 interface as pure data: numbers, flags, error numbers, struct layouts."""
