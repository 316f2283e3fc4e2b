"""Assemble, load and run raw-system-call Darwin programs for arm64 on any host."""
