"""The debugger of raw-system-call Darwin programs: ymawky-dbg."""
