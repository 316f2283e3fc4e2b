"""Every BSD system call of the Darwin arm64 interface, one a line.

Read from ``bsd/kern/syscalls.master`` of xnu-11417.101.15. A line is the number, the name, the
kind of the result, and ``name:kind`` for each argument; ``=`` instead marks a ``_nocancel`` twin,
which is the call of the bare name. A line that starts with white space continues the one above.

Kinds: ``i`` int32, ``u`` uint32, ``l`` int64, ``q`` uint64, ``p`` a guest pointer, ``s`` a guest
pointer to a NUL-terminated path or name, ``v`` nothing. :mod:`emu.darwin.numbers` reads this.
"""

TABLE = """\
1 exit v rval:i
2 fork i
3 read l fd:i cbuf:p nbyte:q
4 write l fd:i cbuf:p nbyte:q
5 open i path:s flags:i mode:i
6 close i fd:i
7 wait4 i pid:i status:p options:i rusage:p
9 link i path:s link:s
10 unlink i path:s
12 chdir i path:s
13 fchdir i fd:i
14 mknod i path:s mode:i dev:i
15 chmod i path:s mode:i
16 chown i path:s uid:i gid:i
18 getfsstat i buf:p bufsize:i flags:i
20 getpid i
23 setuid i uid:u
24 getuid i
25 geteuid i
26 ptrace i req:i pid:i addr:p data:i
27 recvmsg i s:i msg:p flags:i
28 sendmsg i s:i msg:p flags:i
29 recvfrom i s:i buf:p len:q flags:i from:p fromlenaddr:p
30 accept i s:i name:p anamelen:p
31 getpeername i fdes:i asa:p alen:p
32 getsockname i fdes:i asa:p alen:p
33 access i path:s flags:i
34 chflags i path:s flags:i
35 fchflags i fd:i flags:i
36 sync i
37 kill i pid:i signum:i posix:i
38 crossarch_trap i name:u
39 getppid i
41 dup i fd:u
42 pipe i
43 getegid i
46 sigaction i signum:i nsa:p osa:p
47 getgid i
48 sigprocmask i how:i mask:p omask:p
49 getlogin i namebuf:p namelen:u
50 setlogin i namebuf:p
51 acct i path:s
52 sigpending i osv:p
53 sigaltstack i nss:p oss:p
54 ioctl i fd:i com:q data:p
55 reboot i opt:i msg:p
56 revoke i path:s
57 symlink i path:s link:s
58 readlink i path:s buf:p count:i
59 execve i fname:s argp:p envp:p
60 umask i newmask:i
61 chroot i path:s
65 msync i addr:p len:q flags:i
66 vfork i
67 oslog_coproc_reg i uuid:p file_path:s file_path_len:q
68 oslog_coproc i buff:p buff_len:q type:u uuid:p timestamp:q offset:u stream_log:u
73 munmap i addr:p len:q
74 mprotect i addr:p len:q prot:i
75 madvise i addr:p len:q behav:i
78 mincore i addr:p len:q vec:p
79 getgroups i gidsetsize:u gidset:p
80 setgroups i gidsetsize:u gidset:p
81 getpgrp i
82 setpgid i pid:i pgid:i
83 setitimer i which:u itv:p oitv:p
85 swapon i
86 getitimer i which:u itv:p
89 getdtablesize i
90 dup2 i from:u to:u
92 fcntl i fd:i cmd:i arg:l
93 select i nd:i in:p ou:p ex:p tv:p
95 fsync i fd:i
96 setpriority i which:i who:u prio:i
97 socket i domain:i type:i protocol:i
98 connect i s:i name:p namelen:u
100 getpriority i which:i who:u
104 bind i s:i name:p namelen:u
105 setsockopt i s:i level:i name:i val:p valsize:u
106 listen i s:i backlog:i
111 sigsuspend i mask:u
116 gettimeofday i tp:p tzp:p mach_absolute_time:p
117 getrusage i who:i rusage:p
118 getsockopt i s:i level:i name:i val:p avalsize:p
120 readv l fd:i iovp:p iovcnt:u
121 writev l fd:i iovp:p iovcnt:u
122 settimeofday i tv:p tzp:p
123 fchown i fd:i uid:i gid:i
124 fchmod i fd:i mode:i
126 setreuid i ruid:u euid:u
127 setregid i rgid:u egid:u
128 rename i from:s to:s
131 flock i fd:i how:i
132 mkfifo i path:s mode:i
133 sendto i s:i buf:p len:q flags:i to:p tolen:u
134 shutdown i s:i how:i
135 socketpair i domain:i type:i protocol:i rsv:p
136 mkdir i path:s mode:i
137 rmdir i path:s
138 utimes i path:s tptr:p
139 futimes i fd:i tptr:p
140 adjtime i delta:p olddelta:p
142 gethostuuid i uuid_buf:p timeoutp:p
147 setsid i
151 getpgid i pid:i
152 setprivexec i flag:i
153 pread l fd:i buf:p nbyte:q offset:l
154 pwrite l fd:i buf:p nbyte:q offset:l
155 nfssvc i flag:i argp:p
157 statfs i path:s buf:p
158 fstatfs i fd:i buf:p
159 unmount i path:s flags:i
161 getfh i fname:s fhp:p
165 quotactl i path:s cmd:i uid:i arg:p
167 mount i type:p path:s flags:i data:p
169 csops i pid:i ops:u useraddr:p usersize:q
170 csops_audittoken i pid:i ops:u useraddr:p usersize:q uaudittoken:p
173 waitid i idtype:i id:u infop:p options:i
177 kdebug_typefilter i addr:p size:p
178 kdebug_trace_string q debugid:u str_id:q str:p
179 kdebug_trace64 i code:u arg1:q arg2:q arg3:q arg4:q
180 kdebug_trace i code:u arg1:q arg2:q arg3:q arg4:q
181 setgid i gid:u
182 setegid i egid:u
183 seteuid i euid:u
184 sigreturn i uctx:p infostyle:i token:p
185 panic_with_data i uuid:p addr:p len:u flags:u msg:p
186 thread_selfcounts i kind:u buf:p size:q
187 fdatasync i fd:i
188 stat i path:s ub:p
189 fstat i fd:i ub:p
190 lstat i path:s ub:p
191 pathconf i path:s name:i
192 fpathconf i fd:i name:i
194 getrlimit i which:u rlp:p
195 setrlimit i which:u rlp:p
196 getdirentries i fd:i buf:p count:u basep:p
197 mmap p addr:p len:q prot:i flags:i fd:i pos:l
199 lseek l fd:i offset:l whence:i
200 truncate i path:s length:l
201 ftruncate i fd:i length:l
202 sysctl i name:p namelen:u old:p oldlenp:p new:p newlen:q
203 mlock i addr:p len:q
204 munlock i addr:p len:q
205 undelete i path:s
216 open_dprotected_np i path:s flags:i class:i dpflags:i mode:i
217 fsgetpath_ext l buf:p bufsize:q fsid:p objid:q options:u
218 openat_dprotected_np i fd:i path:s flags:i class:i dpflags:i mode:i authfd:i
220 getattrlist i path:s alist:p attributeBuffer:p bufferSize:q options:q
221 setattrlist i path:s alist:p attributeBuffer:p bufferSize:q options:q
222 getdirentriesattr i fd:i alist:p buffer:p buffersize:q count:p basep:p newstate:p options:q
223 exchangedata i path1:s path2:s options:q
225 searchfs i path:s searchblock:p nummatches:p scriptcode:u options:u state:p
226 delete i path:s
227 copyfile i from:s to:s mode:i flags:i
228 fgetattrlist i fd:i alist:p attributeBuffer:p bufferSize:q options:q
229 fsetattrlist i fd:i alist:p attributeBuffer:p bufferSize:q options:q
230 poll i fds:p nfds:u timeout:i
234 getxattr l path:s attrname:p value:p size:q position:u options:i
235 fgetxattr l fd:i attrname:p value:p size:q position:u options:i
236 setxattr i path:s attrname:p value:p size:q position:u options:i
237 fsetxattr i fd:i attrname:p value:p size:q position:u options:i
238 removexattr i path:s attrname:p options:i
239 fremovexattr i fd:i attrname:p options:i
240 listxattr l path:s namebuf:p bufsize:q options:i
241 flistxattr l fd:i namebuf:p bufsize:q options:i
242 fsctl i path:s cmd:q data:p options:u
243 initgroups i gidsetsize:u gidset:p gmuid:i
244 posix_spawn i pid:p path:s adesc:p argv:p envp:p
245 ffsctl i fd:i cmd:q data:p options:u
248 fhopen i u_fhp:p flags:i
250 minherit i addr:p len:q inherit:i
251 semsys i which:u a2:i a3:i a4:i a5:i
252 msgsys i which:u a2:i a3:i a4:i a5:i
253 shmsys i which:u a2:i a3:i a4:i
254 semctl i semid:i semnum:i cmd:i arg:p
255 semget i key:i nsems:i semflg:i
256 semop i semid:i sops:p nsops:i
258 msgctl i msqid:i cmd:i buf:p
259 msgget i key:i msgflg:i
260 msgsnd i msqid:i msgp:p msgsz:q msgflg:i
261 msgrcv l msqid:i msgp:p msgsz:q msgtyp:l msgflg:i
262 shmat p shmid:i shmaddr:p shmflg:i
263 shmctl i shmid:i cmd:i buf:p
264 shmdt i shmaddr:p
265 shmget i key:i size:q shmflg:i
266 shm_open i name:s oflag:i mode:i
267 shm_unlink i name:s
268 sem_open p name:s oflag:i mode:i value:i
269 sem_close i sem:p
270 sem_unlink i name:s
271 sem_wait i sem:p
272 sem_trywait i sem:p
273 sem_post i sem:p
274 sysctlbyname i name:s namelen:q old:p oldlenp:p new:p newlen:q
277 open_extended i path:s flags:i uid:u gid:u mode:i xsecurity:p
278 umask_extended i newmask:i xsecurity:p
279 stat_extended i path:s ub:p xsecurity:p xsecurity_size:p
280 lstat_extended i path:s ub:p xsecurity:p xsecurity_size:p
281 fstat_extended i fd:i ub:p xsecurity:p xsecurity_size:p
282 chmod_extended i path:s uid:u gid:u mode:i xsecurity:p
283 fchmod_extended i fd:i uid:u gid:u mode:i xsecurity:p
284 access_extended i entries:p size:q results:p uid:u
285 settid i uid:u gid:u
286 gettid i uidp:p gidp:p
287 setsgroups i setlen:i guidset:p
288 getsgroups i setlen:p guidset:p
289 setwgroups i setlen:i guidset:p
290 getwgroups i setlen:p guidset:p
291 mkfifo_extended i path:s uid:u gid:u mode:i xsecurity:p
292 mkdir_extended i path:s uid:u gid:u mode:i xsecurity:p
293 identitysvc i opcode:i message:p
294 shared_region_check_np i start_address:p
296 vm_pressure_monitor i wait_for_pressure:i nsecs_monitored:i pages_reclaimed:p
297 psynch_rw_longrdlock u rwlock:p lgenval:u ugenval:u rw_wc:u flags:i
298 psynch_rw_yieldwrlock u rwlock:p lgenval:u ugenval:u rw_wc:u flags:i
299 psynch_rw_downgrade i rwlock:p lgenval:u ugenval:u rw_wc:u flags:i
300 psynch_rw_upgrade u rwlock:p lgenval:u ugenval:u rw_wc:u flags:i
301 psynch_mutexwait u mutex:p mgen:u ugen:u tid:q flags:u
302 psynch_mutexdrop u mutex:p mgen:u ugen:u tid:q flags:u
303 psynch_cvbroad u cv:p cvlsgen:q cvudgen:q flags:u mutex:p mugen:q tid:q
304 psynch_cvsignal u cv:p cvlsgen:q cvugen:u thread_port:i mutex:p mugen:q tid:q flags:u
305 psynch_cvwait u cv:p cvlsgen:q cvugen:u mutex:p mugen:q flags:u sec:l nsec:u
306 psynch_rw_rdlock u rwlock:p lgenval:u ugenval:u rw_wc:u flags:i
307 psynch_rw_wrlock u rwlock:p lgenval:u ugenval:u rw_wc:u flags:i
308 psynch_rw_unlock u rwlock:p lgenval:u ugenval:u rw_wc:u flags:i
309 psynch_rw_unlock2 u rwlock:p lgenval:u ugenval:u rw_wc:u flags:i
310 getsid i pid:i
311 settid_with_pid i pid:i assume:i
312 psynch_cvclrprepost i cv:p cvgen:u cvugen:u cvsgen:u prepocnt:u preposeq:u flags:u
313 aio_fsync i op:i aiocbp:p
314 aio_return l aiocbp:p
315 aio_suspend i aiocblist:p nent:i timeoutp:p
316 aio_cancel i fd:i aiocbp:p
317 aio_error i aiocbp:p
318 aio_read i aiocbp:p
319 aio_write i aiocbp:p
320 lio_listio i mode:i aiocblist:p nent:i sigp:p
322 iopolicysys i cmd:i arg:p
323 process_policy i scope:i action:i policy:i policy_subtype:i attrp:p target_pid:i
  target_threadid:q
324 mlockall i how:i
325 munlockall i how:i
327 issetugid i
328 __pthread_kill i thread_port:i sig:i
329 __pthread_sigmask i how:i set:p oset:p
330 __sigwait i set:p sig:p
331 __disable_threadsignal i value:i
332 __pthread_markcancel i thread_port:i
333 __pthread_canceled i action:i
334 __semwait_signal i cond_sem:i mutex_sem:i timeout:i relative:i tv_sec:l tv_nsec:i
336 proc_info i callnum:i pid:i flavor:u arg:q buffer:p buffersize:i
337 sendfile i fd:i s:i offset:l nbytes:p hdtr:p flags:i
338 stat64 i path:s ub:p
339 fstat64 i fd:i ub:p
340 lstat64 i path:s ub:p
341 stat64_extended i path:s ub:p xsecurity:p xsecurity_size:p
342 lstat64_extended i path:s ub:p xsecurity:p xsecurity_size:p
343 fstat64_extended i fd:i ub:p xsecurity:p xsecurity_size:p
344 getdirentries64 l fd:i buf:p bufsize:q position:p
345 statfs64 i path:s buf:p
346 fstatfs64 i fd:i buf:p
347 getfsstat64 i buf:p bufsize:i flags:i
348 __pthread_chdir i path:s
349 __pthread_fchdir i fd:i
350 audit i record:p length:i
351 auditon i cmd:i data:p length:i
353 getauid i auid:p
354 setauid i auid:p
357 getaudit_addr i auditinfo_addr:p length:i
358 setaudit_addr i auditinfo_addr:p length:i
359 auditctl i path:s
360 bsdthread_create p func:p func_arg:p stack:p pthread:p flags:u
361 bsdthread_terminate i stackaddr:p freesize:q port:u sema_or_ulock:p
362 kqueue i
363 kevent i fd:i changelist:p nchanges:i eventlist:p nevents:i timeout:p
364 lchown i path:s owner:u group:u
366 bsdthread_register i threadstart:p wqthread:p flags:u stack_addr_hint:p targetconc_ptr:p
  dispatchqueue_offset:u tsd_offset:u
367 workq_open i
368 workq_kernreturn i options:i item:p affinity:i prio:i
369 kevent64 i fd:i changelist:p nchanges:i eventlist:p nevents:i flags:u timeout:p
372 thread_selfid q
373 ledger i cmd:i arg1:p arg2:p arg3:p
374 kevent_qos i fd:i changelist:p nchanges:i eventlist:p nevents:i data_out:p data_available:p
  flags:u
375 kevent_id i id:q changelist:p nchanges:i eventlist:p nevents:i data_out:p data_available:p
  flags:u
380 __mac_execve i fname:s argp:p envp:p mac_p:p
381 __mac_syscall i policy:p call:i arg:p
382 __mac_get_file i path_p:s mac_p:p
383 __mac_set_file i path_p:s mac_p:p
384 __mac_get_link i path_p:s mac_p:p
385 __mac_set_link i path_p:s mac_p:p
386 __mac_get_proc i mac_p:p
387 __mac_set_proc i mac_p:p
388 __mac_get_fd i fd:i mac_p:p
389 __mac_set_fd i fd:i mac_p:p
390 __mac_get_pid i pid:i mac_p:p
394 pselect i nd:i in:p ou:p ex:p ts:p mask:p
395 pselect_nocancel =
396 read_nocancel =
397 write_nocancel =
398 open_nocancel =
399 close_nocancel =
400 wait4_nocancel =
401 recvmsg_nocancel =
402 sendmsg_nocancel =
403 recvfrom_nocancel =
404 accept_nocancel =
405 msync_nocancel =
406 fcntl_nocancel =
407 select_nocancel =
408 fsync_nocancel =
409 connect_nocancel =
410 sigsuspend_nocancel =
411 readv_nocancel =
412 writev_nocancel =
413 sendto_nocancel =
414 pread_nocancel =
415 pwrite_nocancel =
416 waitid_nocancel =
417 poll_nocancel =
418 msgsnd_nocancel =
419 msgrcv_nocancel =
420 sem_wait_nocancel =
421 aio_suspend_nocancel =
422 __sigwait_nocancel =
423 __semwait_signal_nocancel =
424 __mac_mount i type:p path:s flags:i data:p mac_p:p
425 __mac_get_mount i path:s mac_p:p
426 __mac_getfsstat i buf:p bufsize:i mac:p macsize:i flags:i
427 fsgetpath l buf:p bufsize:q fsid:p objid:q
428 audit_session_self i
429 audit_session_join i port:i
430 fileport_makeport i fd:i portnamep:p
431 fileport_makefd i port:i
432 audit_session_port i asid:i portnamep:p
433 pid_suspend i pid:i
434 pid_resume i pid:i
435 pid_hibernate i pid:i
436 pid_shutdown_sockets i pid:i level:i
439 kas_info i selector:i value:p size:p
440 memorystatus_control i command:u pid:i flags:u buffer:p buffersize:q
441 guarded_open_np i path:s guard:p guardflags:u flags:i mode:i
442 guarded_close_np i fd:i guard:p
443 guarded_kqueue_np i guard:p guardflags:u
444 change_fdguard_np i fd:i guard:p guardflags:u nguard:p nguardflags:u fdflagsp:p
445 usrctl i flags:u
446 proc_rlimit_control i pid:i flavor:i arg:p
447 connectx i socket:i endpoints:p associd:i flags:u iov:p iovcnt:u len:p connid:p
448 disconnectx i s:i aid:i cid:i
449 peeloff i s:i aid:i
450 socket_delegate i domain:i type:i protocol:i epid:i
451 telemetry i cmd:q deadline:q interval:q leeway:q arg4:q arg5:q
452 proc_uuid_policy i operation:u uuid:p uuidlen:q flags:u
453 memorystatus_get_level i level:p
454 system_override i timeout:q flags:q
455 vfs_purge i
456 sfi_ctl i operation:u sfi_class:u time:q out_time:p
457 sfi_pidctl i operation:u pid:i sfi_flags:u out_sfi_flags:p
458 coalition i operation:u cid:p flags:u
459 coalition_info i flavor:u cid:p buffer:p bufsize:p
460 necp_match_policy i parameters:p parameters_size:q returned_result:p
461 getattrlistbulk i dirfd:i alist:p attributeBuffer:p bufferSize:q options:q
462 clonefileat i src_dirfd:i src:p dst_dirfd:i dst:p flags:u
463 openat i fd:i path:s flags:i mode:i
464 openat_nocancel =
465 renameat i fromfd:i from:s tofd:i to:s
466 faccessat i fd:i path:s amode:i flag:i
467 fchmodat i fd:i path:s mode:i flag:i
468 fchownat i fd:i path:s uid:u gid:u flag:i
469 fstatat i fd:i path:s ub:p flag:i
470 fstatat64 i fd:i path:s ub:p flag:i
471 linkat i fd1:i path:s fd2:i link:s flag:i
472 unlinkat i fd:i path:s flag:i
473 readlinkat i fd:i path:s buf:p bufsize:q
474 symlinkat i path1:p fd:i path2:s
475 mkdirat i fd:i path:s mode:i
476 getattrlistat i fd:i path:s alist:p attributeBuffer:p bufferSize:q options:q
477 proc_trace_log i pid:i uniqueid:q
478 bsdthread_ctl i cmd:p arg1:p arg2:p arg3:p
479 openbyid_np i fsid:p objid:p oflags:i
480 recvmsg_x l s:i msgp:p cnt:u flags:i
481 sendmsg_x l s:i msgp:p cnt:u flags:i
482 thread_selfusage q
483 csrctl i op:u useraddr:p usersize:p
484 guarded_open_dprotected_np i path:s guard:p guardflags:u flags:i dpclass:i dpflags:i mode:i
485 guarded_write_np l fd:i guard:p cbuf:p nbyte:q
486 guarded_pwrite_np l fd:i guard:p buf:p nbyte:q offset:l
487 guarded_writev_np l fd:i guard:p iovp:p iovcnt:i
488 renameatx_np i fromfd:i from:s tofd:i to:s flags:u
489 mremap_encrypted i addr:p len:q cryptid:u cputype:u cpusubtype:u
490 netagent_trigger i agent_uuid:p agent_uuidlen:q
491 stack_snapshot_with_config i stackshot_config_version:i stackshot_config:p
  stackshot_config_size:q
492 microstackshot i tracebuf:p tracebuf_size:u flags:u
493 grab_pgo_data l uuid:p flags:i buffer:p size:l
494 persona i operation:u flags:u info:p id:p idlen:p path:s
496 mach_eventlink_signal q eventlink_port:i signal_count:q
497 mach_eventlink_wait_until q eventlink_port:i wait_count:q deadline:q clock_id:u option:u
498 mach_eventlink_signal_wait_until q eventlink_port:i wait_count:q signal_count:q deadline:q
  clock_id:u option:u
499 work_interval_ctl i operation:u work_interval_id:q arg:p len:q
500 getentropy i buffer:p size:q
501 necp_open i flags:i
502 necp_client_action i necp_fd:i action:u client_id:p client_id_len:q buffer:p buffer_size:q
503 __nexus_open i init:p init_len:u
504 __nexus_register i ctl:i reg:p reg_len:u prov_uuid:p prov_uuid_len:u
505 __nexus_deregister i ctl:i prov_uuid:p prov_uuid_len:u
506 __nexus_create i ctl:i prov_uuid:p prov_uuid_len:u nx_uuid:p nx_uuid_len:u
507 __nexus_destroy i ctl:i nx_uuid:p nx_uuid_len:u
508 __nexus_get_opt i ctl:i opt:u aoptval:p aoptlen:p
509 __nexus_set_opt i ctl:i opt:u aoptval:p optlen:u
510 __channel_open i init:p init_len:u
511 __channel_get_info i c:i cinfo:p cinfolen:u
512 __channel_sync i c:i mode:i flags:i
513 __channel_get_opt i c:i opt:u aoptval:p aoptlen:p
514 __channel_set_opt i c:i opt:u aoptval:p optlen:u
515 ulock_wait i operation:u addr:p value:q timeout:u
516 ulock_wake i operation:u addr:p wake_value:q
517 fclonefileat i src_fd:i dst_dirfd:i dst:p flags:u
518 fs_snapshot i op:u dirfd:i name1:p name2:p data:p flags:u
520 terminate_with_payload i pid:i reason_namespace:u reason_code:q payload:p payload_size:u
  reason_string:p reason_flags:q
521 abort_with_payload v reason_namespace:u reason_code:q payload:p payload_size:u
  reason_string:p reason_flags:q
522 necp_session_open i flags:i
523 necp_session_action i necp_fd:i action:u in_buffer:p in_buffer_length:q out_buffer:p
  out_buffer_length:q
524 setattrlistat i fd:i path:s alist:p attributeBuffer:p bufferSize:q options:u
525 net_qos_guideline i param:p param_len:u
526 fmount i type:p fd:i flags:i data:p
527 ntp_adjtime i tp:p
528 ntp_gettime i ntvp:p
529 os_fault_with_payload i reason_namespace:u reason_code:q payload:p payload_size:u
  reason_string:p reason_flags:q
530 kqueue_workloop_ctl i cmd:p options:q addr:p sz:q
531 __mach_bridge_remote_time q local_timestamp:q
532 coalition_ledger i operation:u cid:p buffer:p bufsize:p
533 log_data i tag:u flags:u buffer:p size:u
534 memorystatus_available_memory q
535 objc_bp_assist_cfg_np i adr:q ctl:q
536 shared_region_map_and_slide_2_np i files_count:u files:p mappings_count:u mappings_u:p
537 pivot_root i new_rootfs_path_before:s old_rootfs_path_after:s
538 task_inspect_for_pid i target_tport:i pid:i t:p
539 task_read_for_pid i target_tport:i pid:i t:p
540 preadv l fd:i iovp:p iovcnt:i offset:l
541 pwritev l fd:i iovp:p iovcnt:i offset:l
542 preadv_nocancel =
543 pwritev_nocancel =
544 ulock_wait2 i operation:u addr:p value:q timeout:q value2:q
545 proc_info_extended_id i callnum:i pid:i flavor:u flags:u ext_id:q arg:q buffer:p buffersize:i
546 tracker_action i action:i buffer:p buffer_size:q
547 debug_syscall_reject i packed_selectors:q
548 debug_syscall_reject_config i packed_selectors1:q packed_selectors2:q flags:q
549 graftdmg i dmg_fd:i mountdir:s graft_type:u gda:p
550 map_with_linking_np i regions:p region_count:u link_info:p link_info_size:u
551 freadlink i fd:i buf:p bufsize:q
552 record_system_event i type:u subsystem:u event:p payload:p
553 mkfifoat i fd:i path:s mode:i
554 mknodat i fd:i path:s mode:i dev:i
555 ungraftdmg i mountdir:s flags:q
556 coalition_policy_set i cid:q flavor:u value:u
557 coalition_policy_get i cid:q flavor:u
"""
