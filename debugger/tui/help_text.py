"""What ``?`` shows."""

from __future__ import annotations

from typing import Final

__all__ = ["HELP"]

HELP: Final = """\
 Motion                             Panels                           
  s  step, into calls                Tab      next, Shift-Tab previous
  n  next, over calls                1 … 9 0  this one                
  S  to the next source line         ↑ ↓ PgUp PgDn Home End   scroll  
  N  the same, over calls            ← →      sideways                
  f  finish the routine              .        back to the present line
  u  until: out of the loop          z zoom   h hide   H show all     
  c  continue                        t colours     Ctrl-L draw anew   
  g  go to the line at the cursor   Enter                             
  any key stops what runs            calls, response: where it was made
 Stopping                            processes: switch to this one    
  b  break at the cursor;            stack, registers: show memory    
     in Calls: catch this call       source, code: the other of them  
  e  explain the instruction        In Calls                          
 Command line                        /  filter: open %file fd 4 failed
  :  or ;  type a command            a  all processes   x  failed only
  Tab completes, → takes the hint   Elsewhere                         
  help COMMAND explains it           m  memory at …   i  type to guest 
  q  quit                            y  copy as: c curl, r raw bytes, 
 The mouse chooses, the wheel           s strace line, g gdb command  
 scrolls.       Any key closes this."""
