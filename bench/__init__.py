"""What the server and the emulator cost beside others, measured in one run on one core."""
