// ymawky: a static HTTP/1.1 server for Darwin on arm64, in raw system calls and
// without a library. One process is forked for each connection.
//
// Contents
//    1. System interface ......... numbers and flags of the kernel
//    2. Tunables ................. what an owner may want to change
//    3. Protocol constants ....... status codes, characters, flags
//    4. Structures ............... the connection, the request, memory layout
//    5. Macros
//    6. Entry and accept loop .... _main, parse_arguments, accept_connections
//    7. Connection loop .......... serve_connection, serve_request
//    8. Receiving ................ read_request, receive_header
//    9. Request parsing .......... parse_request, parse_request_line, split_field
//   10. Header fields ............ one routine for each row of field_table
//   11. Targets and paths ........ resolve_target, decode_target, collapse_path
//   12. GET and HEAD ............. serve_get, serve_file, serve_listing
//   13. PUT, DELETE, OPTIONS ..... serve_put, serve_delete, serve_options
//   14. Request bodies ........... receive_body, receive_chunks
//   15. Conditions and ranges .... evaluate_conditions, parse_range
//   16. Responses ................ begin_response, respond_error, send_body
//   17. Files .................... open_path, describe_file, translate_errno
//   18. Access log ............... write_log
//   19. Dates .................... parse_http_date, append_http_date
//   20. Strings and numbers ...... append_*, parse_*, find_*
//   21. Read-only data ........... tables and texts
//   22. Zero-filled data
//
// To add a method, a status, a header field or a MIME type, add one row to
// method_table, status_table, field_table or mime_table in section 21.
//
// Conventions
//   Calls follow AAPCS64: x0-x7 carry arguments, x0 the result, x19-x28 and sp
//   survive. x28 holds the address of `hot` from serve_connection on, and never
//   changes in a child. x18 belongs to the platform and is never touched.
//   A routine that calls another keeps a frame (x29, x30); a leaf leaves both alone.
//   A routine that can fail returns with carry clear when it did not, and with
//   carry set and the reason in x0 when it did: the kernel's own convention, so
//   that errors pass through unchanged.
//   `u8 *append_...` routines write at x0 and return where they stopped. They copy
//   sixteen bytes at a time and may write up to SLACK bytes past their end.
//
// Contracts
//   Above each routine's label stands its contract, which the tests read:
//     line 1       a C-like prototype: TYPE NAME(PARAMETERS)
//     then         one sentence, indented by two more blanks, over one or more lines
//     In:          REGISTER = MEANING[, REGISTER = MEANING]... or none
//     Out:         the same for results, or none, or never returns
//     Clobbers:    registers and ranges of them (x0-x3, v0), flags, or none
//     Errors:      none, errno (the kernel's number in x0) or status (an HTTP status
//                  in x0), each with carry set; more words may follow a colon
//   The four last ones stand in this order, and each may go on in lines that are
//   indented further.

// ============================================================================
// 1. System interface
// ============================================================================

.equ SYS_exit, 1
.equ SYS_fork, 2
.equ SYS_read, 3
.equ SYS_write, 4
.equ SYS_open, 5
.equ SYS_close, 6
.equ SYS_unlink, 10
.equ SYS_getpid, 20
.equ SYS_recvfrom, 29
.equ SYS_accept, 30
.equ SYS_getsockname, 32
.equ SYS_sigaction, 46
.equ SYS_munmap, 73
.equ SYS_setitimer, 83
.equ SYS_fcntl, 92
.equ SYS_select, 93
.equ SYS_socket, 97
.equ SYS_bind, 104
.equ SYS_setsockopt, 105
.equ SYS_listen, 106
.equ SYS_gettimeofday, 116
.equ SYS_writev, 121
.equ SYS_sendto, 133
.equ SYS_shutdown, 134
.equ SYS_sigreturn, 184
.equ SYS_mmap, 197
.equ SYS_proc_info, 336
.equ SYS_fstat64, 339
.equ SYS_getdirentries64, 344
.equ SYS_fstatat64, 470
.equ SYS_unlinkat, 472
.equ SYS_renameatx_np, 488

.equ EPERM, 1
.equ ENOENT, 2
.equ EINTR, 4
.equ ENXIO, 6
.equ EBADF, 9
.equ EACCES, 13
.equ EEXIST, 17
.equ ENOTDIR, 20
.equ EISDIR, 21
.equ EINVAL, 22
.equ EFBIG, 27
.equ ENOSPC, 28
.equ EROFS, 30
.equ EAGAIN, 35
.equ ENOTSOCK, 38
.equ ELOOP, 62
.equ ENAMETOOLONG, 63
.equ ENOTEMPTY, 66
.equ EDQUOT, 69
.equ EILSEQ, 92
.equ EOPNOTSUPP, 102

.equ STDOUT, 1
.equ STDERR, 2

.equ O_RDONLY, 0
.equ O_WRONLY, 1
.equ O_NONBLOCK, 4
.equ O_CREAT, 0x200
.equ O_EXCL, 0x800
.equ O_CLOEXEC, 0x1000000
.equ O_NOFOLLOW_ANY, 0x20000000
.equ OPEN_TO_READ, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW_ANY
.equ OPEN_TO_CREATE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW_ANY
.equ NEW_FILE_MODE, 0644

.equ AT_FDCWD, -2
.equ AT_SYMLINK_NOFOLLOW, 0x20
.equ AT_SYMLINK_NOFOLLOW_ANY, 0x800
.equ RENAME_NOFOLLOW_ANY, 0x10

.equ S_IFMT, 0xf000
.equ S_IFDIR, 0x4000
.equ S_IFREG, 0x8000

.equ AF_INET, 2
.equ SOCK_STREAM, 1
.equ SOL_SOCKET, 0xffff
.equ SO_REUSEADDR, 0x4
.equ SO_SNDTIMEO, 0x1005
.equ SO_RCVTIMEO, 0x1006
.equ IPPROTO_TCP, 6
.equ TCP_NODELAY, 1
.equ MSG_DONTWAIT, 0x80
.equ SHUT_WR, 1
.equ F_SETFL, 4

.equ PROT_READ, 1
.equ MAP_PRIVATE, 2
.equ PAGE_SIZE, 0x4000

.equ SIGINT, 2
.equ SIGPIPE, 13
.equ SIGALRM, 14
.equ SIGTERM, 15
.equ SIGCHLD, 20
.equ SIG_IGN, 1
.equ ITIMER_REAL, 0

.equ PROC_INFO_LISTPIDS, 1
.equ PROC_PPID_ONLY, 6
.equ PID_SIZE, 4

// struct sockaddr_in
.equ sin_len, 0
.equ sin_family, sin_len + 1
.equ sin_port, sin_family + 1
.equ sin_addr, sin_port + 2
.equ sin_zero, sin_addr + 4
.equ SOCKADDR_SIZE, sin_zero + 8

// struct __sigaction, as the kernel takes it
.equ sa_handler, 0
.equ sa_tramp, sa_handler + 8
.equ sa_mask, sa_tramp + 8
.equ sa_flags, sa_mask + 4
.equ SIGACTION_SIZE, sa_flags + 4

// struct timeval and struct itimerval
.equ tv_sec, 0
.equ tv_usec, tv_sec + 8
.equ TIMEVAL_SIZE, tv_usec + 8
.equ it_interval, 0
.equ it_value, it_interval + TIMEVAL_SIZE
.equ ITIMERVAL_SIZE, it_value + TIMEVAL_SIZE

// The commpage, which the kernel lets every process read (osfmk/arm/cpu_capabilities.h)
.equ COMMPAGE, 0xfffffc000
.equ comm_base, 0x88                // mach_absolute_time - cntvct_el0
.equ comm_timebase, 0x90            // which counter programs read
.equ USER_TIMEBASE_SPEC, 1          // cntvct_el0
.equ comm_tick, 0x120               // of the time that follows, 0 for none
.equ comm_sec, comm_tick + 8
.equ comm_frac, comm_sec + 8        // of a second, in 1 / 2^64
.equ comm_tick_scale, comm_frac + 8 // what a tick adds to it
.equ comm_tick_rate, comm_tick_scale + 8    // ticks a second

// struct iovec
.equ iov_base, 0
.equ iov_len, iov_base + 8
.equ IOVEC_SIZE, iov_len + 8

// struct stat64
.equ st_dev, 0
.equ st_mode, st_dev + 4
.equ st_nlink, st_mode + 2
.equ st_ino, st_nlink + 2
.equ st_uid, st_ino + 8
.equ st_mtime, st_uid + 32
.equ st_mtime_nsec, st_mtime + 8
.equ st_size, st_mtime_nsec + 40
.equ st_blocks, st_size + 8
.equ STAT_SIZE, st_blocks + 40

// struct dirent, as getdirentries64 fills it
.equ d_ino, 0
.equ d_seekoff, d_ino + 8
.equ d_reclen, d_seekoff + 8
.equ d_namlen, d_reclen + 2
.equ d_type, d_namlen + 2
.equ d_name, d_type + 1

// ============================================================================
// 2. Tunables (DOCROOT, ERR_DIR and DEFAULT_FILE are texts: section 21)
// ============================================================================

.equ DEFAULT_PORT, 8080
.equ LISTEN_BACKLOG, 128
.equ HEADER_TIMEOUT, 10             // seconds for a complete header
.equ RECV_TIMEOUT, 10               // seconds without a byte of a body
.equ IDLE_TIMEOUT, 10               // seconds between requests
.equ SEND_TIMEOUT, 10               // seconds without a byte taken by the client
.equ DRAIN_TIMEOUT, 2               // seconds to let a client read an error
.equ PUT_GRACE, 5                   // seconds
.equ PUT_MIN_RATE, 16 * 1024        // bytes a second
.equ MAX_BODY, 1024 * 1024 * 1024
.equ MAX_PROCS, 256
.equ MAX_REQUESTS, 100              // on one connection
.equ ALLOW_LISTING, 1
.equ REQUEST_MAX, 16 * 1024         // bytes of a header section
.equ PATH_MAX, 4096                 // bytes of a target
.equ EMPTY_LINES_MAX, 4             // skipped before a request line
.equ CHUNK_LINE_MAX, 4096           // bytes of a chunk-size line or a trailer field
.equ CHUNK_EXTRA_MAX, 16 * 1024     // bytes of chunk extensions and trailers
.equ SMALL_FILE_MAX, 16 * 1024      // read behind the header; larger ones are mapped
.equ MAP_WINDOW, 64 * 1024 * 1024   // bytes of a file mapped at a time
.equ FIRST_READ, 4096               // bytes asked for at first: most headers are small
.equ BODY_BUFFER, 256 * 1024
.equ LOG_REQUEST_MAX, 6 * 1024      // bytes of the request line in the log, escaped
.equ TEMP_TRIES, 100                // names tried for a temporary file
.equ TAG_LISTS_MAX, 4               // If-Match or If-None-Match fields in a request
.equ OVERLOAD_PAUSE, 20 * 1000      // microseconds, when accept has no descriptor

// ============================================================================
// 3. Protocol constants
// ============================================================================

.equ OK, 200
.equ CREATED, 201
.equ NO_CONTENT, 204
.equ PARTIAL_CONTENT, 206
.equ MOVED_PERMANENTLY, 301
.equ NOT_MODIFIED, 304
.equ BAD_REQUEST, 400
.equ FORBIDDEN, 403
.equ NOT_FOUND, 404
.equ METHOD_NOT_ALLOWED, 405
.equ REQUEST_TIMEOUT, 408
.equ CONFLICT, 409
.equ LENGTH_REQUIRED, 411
.equ PRECONDITION_FAILED, 412
.equ CONTENT_TOO_LARGE, 413
.equ URI_TOO_LONG, 414
.equ RANGE_NOT_SATISFIABLE, 416
.equ EXPECTATION_FAILED, 417
.equ TEAPOT, 418
.equ HEADER_TOO_LARGE, 431
.equ SERVER_ERROR, 500
.equ NOT_IMPLEMENTED, 501
.equ SERVICE_UNAVAILABLE, 503
.equ VERSION_NOT_SUPPORTED, 505
.equ INSUFFICIENT_STORAGE, 507

.equ TAB, 9
.equ LF, 10
.equ CR, 13
.equ SPACE, 32
.equ DELETE_CHARACTER, 127
.equ NUMBER_MAX, 0x7fffffffffffffff // where numbers stop growing
.equ CASE_BIT, 0x20                 // what tells 'a' from 'A'
.equ CASE_BITS, 0x2020202020202020

// What a byte may stand in: bits of byte_classes.
.equ CLASS_TOKEN, 1                 // RFC 9110 5.6.2, tchar
.equ CLASS_TARGET, 2                // any but controls, space and '#'
.equ CLASS_HOST, 4                  // RFC 3986 3.2.2, unreserved and sub-delims
.equ CLASS_UNRESERVED, 8            // RFC 3986 2.3
.equ CLASS_QUERY, 16                // RFC 3986 3.4, and '%'
.equ CLASS_TEXT, 32                 // needs no escape in HTML
.equ CLASS_LOG, 64                  // needs no escape in the log
.equ CLASS_PATH, 128                // unreserved and '/'

// Flags of a row of method_table.
.equ METHOD_TARGET, 1               // the target names a file
.equ METHOD_HEAD, 2                 // the answer has no body
.equ METHOD_ASTERISK, 4             // the target may be '*'
.equ METHOD_READ, 8                 // GET or HEAD

// Flag of a row of status_table.
.equ STATUS_CLOSES, 1               // an error after which the connection ends

// Flags of a request.
.equ SEEN_HOST_BIT, 0
.equ SEEN_CLOSE_BIT, 1
.equ SEEN_KEEP_ALIVE_BIT, 2
.equ SEEN_CODING_BIT, 3             // any Transfer-Encoding
.equ OTHER_CODING_BIT, 4            // one that is not chunked
.equ SEEN_LENGTH_BIT, 5
.equ SEEN_CONTINUE_BIT, 6
.equ OTHER_EXPECTATION_BIT, 7
.equ SEEN_CONTENT_RANGE_BIT, 8
.equ SEEN_IF_RANGE_BIT, 9
.equ DIRECTORY_BIT, 10              // the path ends with a slash
.equ HEAD_BIT, 11
.equ BODY_BIT, 12                   // a body is still to be read
.equ PERSIST_BIT, 13                // the connection may stay open
.equ DRAIN_BIT, 14                  // the client may still be sending
.equ BODY_CLOCK_BIT, 15             // the body's timer runs
.equ MANY_CODINGS_BIT, 16           // chunked more than once

// ============================================================================
// 4. Structures
// ============================================================================

// A row of a table: see the macro `row`.
.equ row_key, 0                     // up to eight characters, zero-padded
.equ row_routine, row_key + 8       // 32-bit distance from `tables`
.equ row_size, row_routine + 4      // to the next row; 0 ends the table
.equ row_length, row_size + 2       // of the text
.equ row_flags, row_length + 1
.equ row_text, row_flags + 1

// A span of bytes.
.equ span_start, 0
.equ span_length, span_start + 8
.equ SPAN_SIZE, span_length + 8

// The values of a list field that came in several fields.
.equ tags_count, 0
.equ tags_spans, tags_count + 8
.equ TAGS_SIZE, tags_spans + TAG_LISTS_MAX * SPAN_SIZE

// The connection and, behind it, the request: all of it at x28.
.equ conn_fd, 0
.equ conn_peer, conn_fd + 8                 // IPv4 address in network order
.equ conn_listener, conn_peer + 8           // -1 once it is closed
.equ conn_in_start, conn_listener + 8       // received and not yet consumed:
.equ conn_in_end, conn_in_start + 8         // from in_start up to in_end
.equ conn_served, conn_in_end + 8           // requests so far
.equ conn_recv_wait, conn_served + 8        // SO_RCVTIMEO now, microseconds; 0: none
.equ conn_send_flags, conn_recv_wait + 8    // MSG_DONTWAIT until SO_SNDTIMEO is set
.equ conn_alarm, conn_send_flags + 8        // set by SIGALRM
.equ conn_temp, conn_alarm + 8              // 1 while the temporary file exists
.equ conn_now, conn_temp + 8                // struct timeval
.equ conn_lasting, conn_now + TIMEVAL_SIZE  // 1 when the process outlives the connection
.equ conn_temp_name, conn_lasting + 8       // path of the temporary file
.equ TEMP_NAME_SIZE, 64
.equ req_flags, conn_temp_name + TEMP_NAME_SIZE     // from here on zeroed for each request
.equ req_deadline, req_flags + 8            // of the header, in microseconds
.equ req_line, req_deadline + 8             // span: the request line
.equ req_header_end, req_line + SPAN_SIZE
.equ req_method, req_header_end + 8         // row of method_table
.equ req_minor, req_method + 8              // 1.minor
.equ req_target, req_minor + 8              // span: as received
.equ req_query, req_target + SPAN_SIZE      // span: from '?' on
.equ req_path_end, req_query + SPAN_SIZE    // of the path at HOT_PATH
.equ req_body_length, req_path_end + 8      // Content-Length
.equ req_body_seen, req_body_length + 8     // bytes of the body so far
.equ req_body_extra, req_body_seen + 8      // bytes of chunk extensions and trailers
.equ req_body_start, req_body_extra + 8     // struct timeval: when waiting began
.equ req_range, req_body_start + TIMEVAL_SIZE       // spans of field values
.equ req_if_range, req_range + SPAN_SIZE
.equ req_if_modified, req_if_range + SPAN_SIZE
.equ req_if_unmodified, req_if_modified + SPAN_SIZE
.equ req_if_match, req_if_unmodified + SPAN_SIZE
.equ req_if_none_match, req_if_match + TAGS_SIZE
.equ req_status, req_if_none_match + TAGS_SIZE
.equ req_sent, req_status + 8               // bytes of the body, for the log
.equ req_first, req_sent + 8                // range: first byte
.equ req_count, req_first + 8               // range: bytes
.equ req_chunk, req_count + 8               // listing: start of the current chunk
.equ req_etag_length, req_chunk + 8
.equ req_etag, req_etag_length + 8
.equ ETAG_SIZE, 64
.equ req_pad, req_etag + ETAG_SIZE
.equ REQUEST_END, (req_pad + 31) / 32 * 32
.equ REQUEST_SIZE, REQUEST_END - req_flags
.equ req_stat, REQUEST_END                  // struct stat64, not zeroed
.equ STATE_SIZE, req_stat + STAT_SIZE

// Zero-filled memory at x28. Its order keeps what a small GET writes on two
// pages of 16 KiB: the state, the path and the answer on the first, the request
// on the end of the second.
.equ SLACK, 64                              // room for the overshoot of wide copies
.equ HOT_PATH, 0x800
.equ PATH_SIZE, PATH_MAX + 256
.equ HOT_OUT, 0x2000
.equ OUT_SIZE, 0x5000
.equ HOT_IN, HOT_OUT + OUT_SIZE
.equ IN_SIZE, REQUEST_MAX + BODY_BUFFER
.equ HOT_SIZE, HOT_IN + IN_SIZE + SLACK

.if STATE_SIZE > HOT_PATH
.error "the state reaches into the path"
.endif
.if HOT_PATH + PATH_SIZE > HOT_OUT
.error "the path reaches into the answer"
.endif

// Buffers of a listing: directory entries, and the rows made from them.
.equ ENTRIES_SIZE, 32 * 1024
.equ LISTING_SIZE, 64 * 1024
.equ LISTING_ROW_MAX, 4096                  // an entry with a name of 255 bytes
.equ CHUNK_HEAD_SIZE, 6                     // "xxxx" CR LF

// ============================================================================
// 5. Macros
// ============================================================================

// Calls the kernel. Result in x0 (and x1); carry set and errno in x0 on failure.
.macro system name
    mov     x16, #SYS_\name
    svc     #0x80
.endm

// Loads the address of a symbol.
.macro address register, symbol
    adrp    \register, \symbol@PAGE
    add     \register, \register, \symbol@PAGEOFF
.endm

// Opens a frame of `size` bytes, of which the first 16 hold x29 and x30.
.macro enter size
    stp     x29, x30, [sp, #-\size]!
    mov     x29, sp
.endm

// Closes the frame and returns. Leaves the flags alone.
.macro leave size
    ldp     x29, x30, [sp], #\size
    ret
.endm

// Clears carry: success.
.macro succeed
    cmn     xzr, xzr
.endm

// Sets carry and the reason, and goes to the routine's exit.
.macro fail reason, exit
    mov     w0, #\reason
    cmp     xzr, xzr
    b       \exit
.endm

// One row of a table (section 4, row_*): a key of one to eight characters, a
// text, a routine (or `tables` for none), flags.
.macro row key, text, routine, flags=0
    .p2align 3
Lrow\@:
    .ascii  "\key"
    .p2align 3
    .long   \routine - tables
    .short  Lrow_end\@ - Lrow\@
    .byte   Lrow_text_end\@ - Lrow_text\@
    .byte   \flags
Lrow_text\@:
    .ascii  "\text"
Lrow_text_end\@:
    .p2align 3
Lrow_end\@:
.endm

// A text of up to 255 bytes with its length in front: see append_text.
.macro text name, bytes
\name:
    .byte   Lend_\name - . - 1
    .ascii  "\bytes"
Lend_\name:
.endm

// ============================================================================
// 6. Entry and accept loop
// ============================================================================

.text
.p2align 2
.globl _main

// void _main(u64 argc, char **argv)
//   Starts the server, serves until a signal ends it.
//   In:        x0 = argc, x1 = argv
//   Out:       never returns
//   Clobbers:  x0-x7, x9-x14, x16, v0-v5, flags
//   Errors:    none
_main:
    enter   48
    add     x2, sp, #16
    bl      parse_arguments
    b.cs    Lmain_usage
    str     x0, [sp, #32]
    bl      install_signals
    add     x0, sp, #16
    bl      open_listener
    b.cs    Lmain_unusable
    str     x0, [sp, #40]
    add     x1, sp, #16
    bl      announce_listener
    ldr     x0, [sp, #40]
    ldr     x1, [sp, #32]
    bl      accept_connections
    b       Lmain_exit
Lmain_usage:
    mov     w0, #STDERR
    address x1, usage_text
    ldrb    w2, [x1], #1
    system  write
    mov     w0, #2
    b       Lmain_exit
Lmain_unusable:
    add     x1, sp, #16
    bl      report_unusable
    mov     w0, #1
Lmain_exit:
    system  exit

// u64 parse_arguments(u64 argc, char **argv, sockaddr *out)
//   Reads `[-d] [[ADDRESS:]PORT]` into a socket address, with the defaults for
//   what is missing.
//   In:        x0 = argc, x1 = argv, x2 = out
//   Out:       x0 = 1 when -d was given, else 0
//   Clobbers:  x0-x1, x3-x7, x9-x14, flags
//   Errors:    errno: EINVAL for anything else
parse_arguments:
    enter   48
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    add     x19, x1, #8
    sub     x20, x0, #1
    mov     x21, x2
    mov     x22, #0
    // 127.0.0.1:8080; the port and the address are big-endian.
    mov     w9, #SOCKADDR_SIZE | AF_INET << 8
    movz    w10, #(DEFAULT_PORT >> 8) | ((DEFAULT_PORT & 0xff) << 8)
    orr     w9, w9, w10, lsl #16
    movz    w10, #127
    movk    w10, #1 << 8, lsl #16
    stp     w9, w10, [x21]
    str     xzr, [x21, #sin_zero]
    cmp     x20, #1
    b.lt    Larguments_done
    // "-d" and its NUL are the first three bytes.
    ldr     x9, [x19]
    ldrb    w10, [x9]
    cmp     w10, #'-'
    b.ne    Larguments_endpoint
    ldrb    w10, [x9, #1]
    cmp     w10, #'d'
    b.ne    Larguments_bad
    ldrb    w10, [x9, #2]
    cbnz    w10, Larguments_bad
    mov     x22, #1
    add     x19, x19, #8
    subs    x20, x20, #1
    b.eq    Larguments_done
Larguments_endpoint:
    cmp     x20, #1
    b.ne    Larguments_bad
    ldr     x0, [x19]
    mov     x1, x21
    bl      parse_endpoint
    b.cs    Larguments_exit
Larguments_done:
    mov     x0, x22
    succeed
Larguments_exit:
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   48
Larguments_bad:
    fail    EINVAL, Larguments_exit

// void parse_endpoint(const char *text, sockaddr *out)
//   Reads `[ADDRESS:]PORT`, ended by NUL, into a socket address.
//   In:        x0 = text, x1 = out
//   Out:       none
//   Clobbers:  x0-x1, x3-x7, x9-x14, flags
//   Errors:    errno: EINVAL when it is neither
parse_endpoint:
    enter   48
    stp     x19, x20, [sp, #16]
    str     x21, [sp, #32]
    mov     x19, x0
    mov     x20, x1
    // The end of the text, and the colon if there is one.
    mov     x21, #0
    mov     x9, x0
Lendpoint_scan:
    ldrb    w10, [x9]
    cbz     w10, Lendpoint_end
    cmp     w10, #':'
    csel    x21, x9, x21, eq
    add     x9, x9, #1
    b       Lendpoint_scan
Lendpoint_end:
    cbz     x21, Lendpoint_port
    mov     x0, x19
    add     x19, x21, #1
    str     x9, [sp, #40]
    mov     x1, x21
    bl      parse_ipv4
    b.cs    Lendpoint_exit
    str     w0, [x20, #sin_addr]
    ldr     x9, [sp, #40]
Lendpoint_port:
    mov     x0, x19
    sub     x1, x9, x19
    bl      parse_decimal
    b.cs    Lendpoint_exit
    lsr     x9, x0, #16
    cbnz    x9, Lendpoint_bad
    rev16   w0, w0
    strh    w0, [x20, #sin_port]
    succeed
Lendpoint_exit:
    ldr     x21, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   48
Lendpoint_bad:
    fail    EINVAL, Lendpoint_exit

// u32 parse_ipv4(const char *text, const char *end)
//   Reads a dotted IPv4 address: four numbers from 0 to 255.
//   In:        x0 = text, x1 = end
//   Out:       x0 = the address in network order
//   Clobbers:  x0, x3-x7, flags
//   Errors:    errno: EINVAL when it is none
parse_ipv4:
    mov     w3, #0                  // bytes done
    mov     w4, #0                  // the address, last byte on top
Lipv4_number:
    mov     w5, #0
    mov     w6, #0                  // digits
Lipv4_digit:
    cmp     x0, x1
    b.hs    Lipv4_number_end
    ldrb    w7, [x0]
    sub     w7, w7, #'0'
    cmp     w7, #9
    b.hi    Lipv4_number_end
    add     w5, w5, w5, lsl #2
    add     w5, w7, w5, lsl #1
    add     w6, w6, #1
    add     x0, x0, #1
    cmp     w6, #3
    b.ls    Lipv4_digit
    b       Lipv4_bad
Lipv4_number_end:
    cbz     w6, Lipv4_bad
    cmp     w5, #255
    b.hi    Lipv4_bad
    lsr     w4, w4, #8
    orr     w4, w4, w5, lsl #24
    add     w3, w3, #1
    cmp     w3, #4
    b.eq    Lipv4_last
    cmp     x0, x1
    b.hs    Lipv4_bad
    ldrb    w7, [x0], #1
    cmp     w7, #'.'
    b.eq    Lipv4_number
    b       Lipv4_bad
Lipv4_last:
    cmp     x0, x1
    b.ne    Lipv4_bad
    mov     w0, w4
    succeed
Lipv4_exit:
    ret
Lipv4_bad:
    fail    EINVAL, Lipv4_exit

// void install_signals(void)
//   Sets up the signals of signal_table: children inherit them.
//   In:        none
//   Out:       none
//   Clobbers:  x0-x2, x9-x11, x16, flags
//   Errors:    none
install_signals:
    enter   64
    stp     x19, x20, [sp, #16]
    address x19, signal_table
Lsignals_next:
    ldp     w20, w9, [x19], #8
    cbz     w20, Lsignals_exit
    // Without a library the trampoline may be the handler itself.
    mov     x10, #SIG_IGN
    address x11, tables
    add     x11, x11, w9, sxtw
    cmp     w9, #0
    csel    x10, x10, x11, eq
    stp     x10, x10, [sp, #32 + sa_handler]
    str     xzr, [sp, #32 + sa_mask]
    mov     w0, w20
    add     x1, sp, #32
    mov     x2, #0
    system  sigaction
    b       Lsignals_next
Lsignals_exit:
    ldp     x19, x20, [sp, #16]
    leave   64

// void end_process(u64 handler, u64 style, u64 signal, void *info, void *context)
//   Ends the process on SIGTERM or SIGINT, without leaving a temporary file behind.
//   In:        x0 = handler, x1 = style, x2 = signal, x3 = info, x4 = context
//   Out:       never returns
//   Clobbers:  x0-x1, x9-x10, x16, flags
//   Errors:    none
end_process:
    address x9, hot
    ldr     x10, [x9, #conn_temp]
    cbz     x10, Lend_exit
    add     x0, x9, #conn_temp_name
    system  unlink
Lend_exit:
    mov     w0, #0
    system  exit

// void note_alarm(u64 handler, u64 style, u64 signal, void *info, void *context, u64 token)
//   Notes that the timer ran out; the call that it interrupted returns EINTR.
//   In:        x0 = handler, x1 = style, x2 = signal, x3 = info, x4 = context, x5 = token
//   Out:       never returns
//   Clobbers:  x0-x2, x9-x10, x16, flags
//   Errors:    none
note_alarm:
    address x9, hot
    mov     w10, #1
    str     x10, [x9, #conn_alarm]
    mov     x0, x4
    mov     x2, x5
    system  sigreturn

// int open_listener(const sockaddr *address)
//   Opens the socket that clients connect to. Connections inherit TCP_NODELAY from
//   it: what is sent in parts must not wait for an acknowledgement in between.
//   In:        x0 = address
//   Out:       x0 = its descriptor
//   Clobbers:  x0-x4, x9, x16, flags
//   Errors:    errno
open_listener:
    enter   48
    stp     x19, x20, [sp, #16]
    mov     x19, x0
    mov     w0, #AF_INET
    mov     w1, #SOCK_STREAM
    mov     w2, #0
    system  socket
    b.cs    Llistener_exit
    mov     w20, w0
    mov     w9, #1
    str     w9, [sp, #32]
    mov     w1, #IPPROTO_TCP
    mov     w2, #TCP_NODELAY
    add     x3, sp, #32
    mov     w4, #4
    system  setsockopt
    mov     w0, w20
    mov     w1, #SOL_SOCKET
    mov     w2, #SO_REUSEADDR
    system  setsockopt
    b.cs    Llistener_exit
    mov     w0, w20
    mov     x1, x19
    mov     w2, #SOCKADDR_SIZE
    system  bind
    b.cs    Llistener_exit
    mov     w0, w20
    mov     w1, #LISTEN_BACKLOG
    system  listen
    b.cs    Llistener_exit
    mov     w0, w20
Llistener_exit:
    ldp     x19, x20, [sp, #16]
    leave   48

// void announce_listener(int fd, const sockaddr *address)
//   Writes to stdout where the server listens: the port that the kernel chose for
//   port 0, or what was asked for when it does not tell.
//   In:        x0 = fd, x1 = address
//   Out:       none
//   Clobbers:  x0-x3, x9-x11, x16, v0, flags
//   Errors:    none
announce_listener:
    enter   176
    ldr     q0, [x1]
    str     q0, [sp, #16]
    mov     w9, #SOCKADDR_SIZE
    str     w9, [sp, #32]
    add     x1, sp, #16
    add     x2, sp, #32
    system  getsockname
    add     x0, sp, #48
    address x1, listening_text
    bl      append_text
    add     x1, sp, #16
    bl      append_endpoint
    mov     w9, #LF
    strb    w9, [x0], #1
    add     x1, sp, #48
    sub     x2, x0, x1
    mov     w0, #STDOUT
    system  write
    leave   176

// void report_unusable(u64 errno, const sockaddr *address)
//   Writes to stderr why the server cannot listen.
//   In:        x0 = errno, x1 = address
//   Out:       none
//   Clobbers:  x0-x3, x9-x11, x16, v0, flags
//   Errors:    none
report_unusable:
    enter   224
    stp     x19, x20, [sp, #16]
    mov     x19, x0
    mov     x20, x1
    add     x0, sp, #32
    address x1, unusable_text
    bl      append_text
    mov     x1, x20
    bl      append_endpoint
    mov     w9, #':' | SPACE << 8
    strh    w9, [x0], #2
    mov     x20, x0
    // A row of listen_errors has the number in digits as its key.
    str     xzr, [sp, #208]
    add     x0, sp, #208
    mov     x1, x19
    bl      append_decimal
    address x0, listen_errors
    ldr     x1, [sp, #208]
    bl      find_row
    cbz     x0, Lunusable_number
    ldrb    w2, [x0, #row_length]
    add     x1, x0, #row_text
    mov     x0, x20
    bl      append_bytes
    b       Lunusable_write
Lunusable_number:
    mov     x0, x20
    address x1, errno_text
    bl      append_text
    mov     x1, x19
    bl      append_decimal
Lunusable_write:
    mov     w9, #LF
    strb    w9, [x0], #1
    add     x1, sp, #32
    sub     x2, x0, x1
    mov     w0, #STDERR
    system  write
    ldp     x19, x20, [sp, #16]
    leave   224

// u8 *append_endpoint(u8 *out, const sockaddr *address)
//   Appends `ADDRESS:PORT`.
//   In:        x0 = out, x1 = address
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9-x11, flags
//   Errors:    none
append_endpoint:
    enter   32
    str     x19, [sp, #16]
    mov     x19, x1
    ldr     w1, [x19, #sin_addr]
    bl      append_ipv4
    mov     w9, #':'
    strb    w9, [x0], #1
    ldrh    w1, [x19, #sin_port]
    rev16   w1, w1
    bl      append_decimal
    ldr     x19, [sp, #16]
    leave   32

// void accept_connections(int listener, u64 once)
//   Accepts for ever, and forks a process for each connection; with `once`, serves
//   one connection itself and returns.
//   In:        x0 = listener, x1 = once
//   Out:       x0 = exit status
//   Clobbers:  x0-x5, x9-x14, x16, v0-v5, flags
//   Errors:    none
accept_connections:
    enter   64
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    mov     w19, w0
    mov     w20, #0                 // forks since the children were counted
    str     x1, [sp, #56]
    mov     w21, #SOCKADDR_SIZE
    // The client's address and its length; the stack is all that the parent
    // writes between two forks, so a fork has little to copy.
    sub     sp, sp, #32
Laccept_next:
    str     w21, [sp, #16]
    mov     w0, w19
    mov     x1, sp
    add     x2, sp, #16
    system  accept
    b.cs    Laccept_failed
    mov     w22, w0
    ldr     x9, [x29, #56]
    cbnz    x9, Laccept_serve
    // w20 never falls short of the number of children, so they are counted only
    // when it reaches the limit: hardly ever.
    cmp     w20, #MAX_PROCS
    b.lo    Laccept_fork
    bl      count_children
    mov     w20, w0
    cmp     w20, #MAX_PROCS
    b.hs    Laccept_refuse
Laccept_fork:
    system  fork
    b.cs    Laccept_refuse
    cbnz    x1, Laccept_serve
    add     w20, w20, #1
Laccept_close:
    mov     w0, w22
    system  close
    b       Laccept_next
Laccept_refuse:
    mov     w0, w22
    ldr     w1, [sp, #sin_addr]
    bl      refuse_connection
    b       Laccept_close
Laccept_failed:
    bl      recover_accept
    b.cc    Laccept_next
    mov     w0, #1
    b       Laccept_exit
Laccept_serve:
    mov     w0, w22
    ldr     w1, [sp, #sin_addr]
    mov     w2, w19
    bl      serve_connection
    mov     w0, #0
    system  exit
Laccept_exit:
    mov     sp, x29
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   64

// void recover_accept(u64 errno)
//   Decides what a failed accept means: nothing, a shortage to sit out, or the end.
//   In:        x0 = errno
//   Out:       none
//   Clobbers:  x0-x4, x9, x16, flags
//   Errors:    errno: the listening socket is gone
recover_accept:
    enter   32
    cmp     w0, #ENOTSOCK
    ccmp    w0, #EINVAL, #4, ne
    ccmp    w0, #EBADF, #4, ne
    b.eq    Lrecover_gone
    // Descriptors or memory are short, or a client hung up: an unneeded pause
    // does no harm, a busy loop would.
    cmp     w0, #EINTR
    b.eq    Lrecover_done
    mov     w9, #OVERLOAD_PAUSE
    stp     xzr, x9, [sp, #16]
    mov     w0, #0
    mov     x1, #0
    mov     x2, #0
    mov     x3, #0
    add     x4, sp, #16
    system  select
Lrecover_done:
    succeed
Lrecover_exit:
    leave   32
Lrecover_gone:
    cmp     xzr, xzr
    b       Lrecover_exit

// u64 count_children(void)
//   Counts the living children of this process; 0 when the kernel does not tell.
//   In:        none
//   Out:       x0 = their number, at most MAX_PROCS + 1
//   Clobbers:  x0-x5, x16, flags
//   Errors:    none
count_children:
    system  getpid
    mov     w2, w0
    mov     w0, #PROC_INFO_LISTPIDS
    mov     w1, #PROC_PPID_ONLY
    mov     x3, #0
    address x4, children
    mov     w5, #(MAX_PROCS + 1) * PID_SIZE
    system  proc_info
    csel    x0, xzr, x0, cs
    lsr     x0, x0, #2
    ret

// void refuse_connection(int fd, u32 peer)
//   Answers 503 from the parent, without waiting for the client.
//   In:        x0 = fd, x1 = peer
//   Out:       none
//   Clobbers:  x0-x5, x9-x14, x16, v0-v5, flags
//   Errors:    none
refuse_connection:
    enter   32
    str     x28, [sp, #16]
    mov     w2, #-1
    bl      open_connection
    mov     w9, #1
    str     x9, [x28, #conn_lasting]
    bl      reset_request
    ldr     w0, [x28, #conn_fd]
    mov     w1, #F_SETFL
    mov     x2, #O_NONBLOCK
    system  fcntl
    bl      read_clock
    mov     w0, #SERVICE_UNAVAILABLE
    bl      respond_error
    bl      write_log
    // Taking what has come already keeps the close from resetting the connection.
    ldr     w0, [x28, #conn_fd]
    mov     w1, #SHUT_WR
    system  shutdown
    ldr     w0, [x28, #conn_fd]
    add     x1, x28, #HOT_OUT
    mov     w2, #OUT_SIZE
    mov     w3, #MSG_DONTWAIT
    mov     x4, #0
    mov     x5, #0
    system  recvfrom
    ldr     x28, [sp, #16]
    leave   32

// ============================================================================
// 7. Connection loop
// ============================================================================

// void open_connection(int fd, u32 peer, int listener)
//   Starts the state of a connection, and makes x28 point at it.
//   In:        x0 = fd, x1 = peer, x2 = listener to close before the first wait, or -1
//   Out:       x28 = the state
//   Clobbers:  x9-x10
//   Errors:    none
open_connection:
    address x28, hot
    mov     w9, w0
    mov     w10, w1
    stp     x9, x10, [x28, #conn_fd]
    sxtw    x9, w2
    str     x9, [x28, #conn_listener]
    add     x9, x28, #HOT_IN
    stp     x9, x9, [x28, #conn_in_start]
    stp     xzr, xzr, [x28, #conn_served]
    mov     w9, #MSG_DONTWAIT
    stp     x9, xzr, [x28, #conn_send_flags]
    str     xzr, [x28, #conn_temp]
    str     xzr, [x28, #conn_lasting]
    ret

// void serve_connection(int fd, u32 peer, int listener)
//   Serves the requests of one connection, up to its last; the end of the process
//   closes it.
//   In:        x0 = fd, x1 = peer, x2 = listener
//   Out:       none
//   Clobbers:  x0-x5, x9-x14, x16, v0-v5, flags
//   Errors:    none
serve_connection:
    enter   32
    str     x28, [sp, #16]
    bl      open_connection
Lserve_next:
    bl      serve_request
    cbnz    x0, Lserve_next
    // The kernel resets a connection that is closed with bytes unread, and takes
    // the answer back with it.
    ldr     x9, [x28, #req_flags]
    tbnz    x9, #DRAIN_BIT, Lserve_drain
    tbnz    x9, #BODY_BIT, Lserve_drain
    ldp     x9, x10, [x28, #conn_in_start]
    cmp     x9, x10
    b.eq    Lserve_exit
Lserve_drain:
    bl      drain_connection
Lserve_exit:
    ldr     x28, [sp, #16]
    leave   32

// u64 serve_request(void)
//   Reads one request, answers it and logs it.
//   In:        x28 = state
//   Out:       x0 = 1 when the connection goes on, else 0
//   Clobbers:  x0-x5, x9-x14, x16, v0-v5, flags
//   Errors:    none
serve_request:
    enter   32
    str     x19, [sp, #16]
    bl      reset_request
    bl      read_request
    b.cs    Lrequest_unread
    cbz     x0, Lrequest_exit
    bl      read_clock
    bl      parse_request
    b.cs    Lrequest_refuse
    ldr     x9, [x28, #req_method]
    ldrsw   x9, [x9, #row_routine]
    address x10, tables
    add     x9, x9, x10
    blr     x9
    b.cc    Lrequest_log
    b       Lrequest_refuse
Lrequest_unread:
    mov     x19, x0
    bl      read_clock
    mov     x0, x19
Lrequest_refuse:
    bl      respond_error
Lrequest_log:
    bl      write_log
    ldr     x9, [x28, #conn_served]
    add     x9, x9, #1
    str     x9, [x28, #conn_served]
    // What is left of a body would be taken for a request.
    ldr     x9, [x28, #req_flags]
    ubfx    x0, x9, #PERSIST_BIT, #1
    tst     x9, #1 << BODY_BIT
    csel    x0, x0, xzr, eq
Lrequest_exit:
    ldr     x19, [sp, #16]
    leave   32

// void reset_request(void)
//   Zeroes what belongs to a single request.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x9-x10, v0, flags
//   Errors:    none
reset_request:
    add     x9, x28, #req_flags
    mov     w10, #REQUEST_SIZE
    movi    v0.2d, #0
Lreset_next:
    stp     q0, q0, [x9], #32
    subs    w10, w10, #32
    b.hi    Lreset_next
    ret

// void release_listener(void)
//   Closes this process' copy of the listening socket, which would keep the port
//   taken when the parent ends. Only a process that may wait lives long enough for
//   that to matter, so others save the call.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x1, x9, x16, flags
//   Errors:    none
release_listener:
    ldr     x0, [x28, #conn_listener]
    tbnz    x0, #63, Lrelease_exit
    mov     x9, #-1
    str     x9, [x28, #conn_listener]
    system  close
Lrelease_exit:
    ret

// void drain_connection(void)
//   Closes the sending side and discards what the client still sends, for
//   DRAIN_TIMEOUT at most.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x11, x16, flags
//   Errors:    none
drain_connection:
    enter   32
    str     x19, [sp, #16]
    ldr     w0, [x28, #conn_fd]
    mov     w1, #SHUT_WR
    system  shutdown
    bl      read_clock
    movz    w9, #(DRAIN_TIMEOUT * 1000000) & 0xffff
    movk    w9, #(DRAIN_TIMEOUT * 1000000) >> 16, lsl #16
    add     x19, x0, x9
Ldrain_next:
    sub     x0, x19, x0
    cmp     x0, #0
    b.le    Ldrain_exit
    bl      set_receive_wait
    add     x1, x28, #HOT_OUT
    mov     w2, #OUT_SIZE
    mov     w3, #0
    bl      receive
    b.cs    Ldrain_exit
    cbz     x0, Ldrain_exit
    bl      read_clock
    b       Ldrain_next
Ldrain_exit:
    ldr     x19, [sp, #16]
    leave   32

// u64 read_clock(void)
//   Reads the time of day into the state, as libc does: the kernel leaves a time in the
//   commpage, which is good for a second, with what the counter has counted since. Where
//   it is older, or is told by another counter, the kernel is asked (and renews it).
//   In:        x28 = state
//   Out:       x0 = microseconds since 1970
//   Clobbers:  x0-x2, x9, x16, flags
//   Errors:    none
read_clock:
    movz    x9, #COMMPAGE & 0xffff
    movk    x9, #(COMMPAGE >> 16) & 0xffff, lsl #16
    movk    x9, #COMMPAGE >> 32, lsl #32
    ldrb    w0, [x9, #comm_timebase]
    cmp     w0, #USER_TIMEBASE_SPEC
    b.ne    ask_clock
    ldr     x2, [x9, #comm_tick]
    cbz     x2, ask_clock
    isb                             // the counter is not to be read ahead of the rest
    mrs     x0, cntvct_el0
    ldr     x1, [x9, #comm_base]
    add     x0, x0, x1
    sub     x0, x0, x2
    ldr     x1, [x9, #comm_tick_rate]
    cmp     x0, x1
    b.hs    ask_clock
    ldr     x1, [x9, #comm_tick_scale]
    mul     x0, x0, x1
    ldp     x16, x1, [x9, #comm_sec]
    dmb     ishld                   // the tick is to be read again behind the rest
    ldr     x9, [x9, #comm_tick]
    cmp     x9, x2
    b.ne    read_clock              // the kernel has just written another time
    adds    x0, x0, x1
    cinc    x16, x16, cs
    movz    w9, #1000000 & 0xffff
    movk    w9, #1000000 >> 16, lsl #16
    lsr     x0, x0, #32             // 1 / 2^32 s to microseconds
    mul     x0, x0, x9
    lsr     x0, x0, #32
    str     x16, [x28, #conn_now + tv_sec]
    str     w0, [x28, #conn_now + tv_usec]
    madd    x0, x16, x9, x0
    ret

// u64 ask_clock(void)
//   Has the kernel write the time of day into the state.
//   In:        x28 = state
//   Out:       x0 = microseconds since 1970
//   Clobbers:  x0-x2, x9, x16, flags
//   Errors:    none
ask_clock:
    add     x0, x28, #conn_now
    mov     x1, #0
    mov     x2, #0
    system  gettimeofday
    ldr     x0, [x28, #conn_now + tv_sec]
    ldrsw   x1, [x28, #conn_now + tv_usec]
    movz    w9, #1000000 & 0xffff
    movk    w9, #1000000 >> 16, lsl #16
    madd    x0, x0, x9, x1
    ret

// ============================================================================
// 8. Receiving
// ============================================================================

// u64 read_request(void)
//   Receives until the header section is complete, and notes where it lies.
//   In:        x28 = state
//   Out:       x0 = 1, or 0 when the client is gone or idle: close without a word
//   Clobbers:  x0-x5, x9-x12, x16, v0-v1, flags
//   Errors:    status
read_request:
    enter   48
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    bl      compact_input
    mov     x19, x0                 // start of the request
    mov     x20, x0                 // bytes before it are searched
    mov     x21, x0                 // start of the line
    mov     w22, #0                 // empty lines before the request
Lread_scan:
    mov     x0, x20
    ldr     x1, [x28, #conn_in_end]
    mov     w2, #LF
    bl      find_byte
    ldr     x9, [x28, #conn_in_end]
    cmp     x0, x9
    b.eq    Lread_more
    // A line is complete, and has to end with CR LF. An empty one ends the header
    // section, or is skipped in front of it.
    add     x20, x0, #1
    sub     x9, x0, #1
    cmp     x9, x21
    b.lo    Lread_bad
    ldrb    w10, [x9]
    cmp     w10, #CR
    b.ne    Lread_bad
    cmp     x9, x21
    mov     x21, x20
    b.ne    Lread_scan
    cmp     x9, x19
    b.ne    Lread_complete
    mov     x19, x20
    add     w22, w22, #1
    cmp     w22, #EMPTY_LINES_MAX
    b.ls    Lread_scan
    b       Lread_bad
Lread_more:
    ldr     x20, [x28, #conn_in_end]
    mov     x0, x19
    bl      receive_header
    b.cs    Lread_exit
    cbnz    x0, Lread_scan
    b       Lread_exit
Lread_complete:
    str     x19, [x28, #req_line]
    stp     x20, xzr, [x28, #req_header_end]
    str     x20, [x28, #conn_in_start]
    sub     x9, x20, x19
    cmp     x9, #REQUEST_MAX
    b.hi    Lread_large
    mov     w0, #1
    succeed
Lread_exit:
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   48
Lread_large:
    fail    HEADER_TOO_LARGE, Lread_exit
Lread_bad:
    fail    BAD_REQUEST, Lread_exit

// u8 *compact_input(void)
//   Moves what was received beyond the last request to the front of the buffer.
//   In:        x28 = state
//   Out:       x0 = start of the buffer
//   Clobbers:  x0-x3, x9-x10, v0, flags
//   Errors:    none
compact_input:
    enter   16
    ldp     x1, x10, [x28, #conn_in_start]
    add     x0, x28, #HOT_IN
    sub     x2, x10, x1
    add     x9, x0, x2
    stp     x0, x9, [x28, #conn_in_start]
    cbz     x2, Lcompact_exit
    cmp     x0, x1
    b.eq    Lcompact_exit
    // The regions may overlap, but the copy goes down and loads before it stores.
    bl      append_bytes
Lcompact_exit:
    add     x0, x28, #HOT_IN
    leave   16

// u64 receive_header(const u8 *start)
//   Receives more of a header section within its time.
//   In:        x0 = start of the request, x28 = state
//   Out:       x0 = bytes, or 0 when the client is gone or idle
//   Clobbers:  x0-x5, x9-x12, x16, v0-v1, flags
//   Errors:    status
receive_header:
    enter   32
    stp     x19, x20, [sp, #16]
    ldr     x9, [x28, #conn_in_end]
    sub     x19, x9, x0             // bytes of this request so far
    mov     w20, #REQUEST_MAX
    subs    x20, x20, x19
    b.ls    Lheader_full
    mov     w10, #FIRST_READ
    cmp     x19, #0
    csel    x20, x10, x20, eq
    // The first request is most often there when its connection is accepted: one
    // call without a timer gets it.
    ldr     x9, [x28, #conn_served]
    ldr     x10, [x28, #req_deadline]
    orr     x9, x9, x10
    orr     x9, x9, x19
    mov     w3, #MSG_DONTWAIT
    cbz     x9, Lheader_receive
    mov     x0, x19
    bl      limit_wait
    b.cs    Lheader_exit
    mov     w3, #0
Lheader_receive:
    ldr     x1, [x28, #conn_in_end]
    mov     x2, x20
    bl      receive
    b.cs    Lheader_failed
    cbz     x0, Lheader_end
    ldr     x9, [x28, #conn_in_end]
    add     x9, x9, x0
    str     x9, [x28, #conn_in_end]
    succeed
Lheader_exit:
    ldp     x19, x20, [sp, #16]
    leave   32
Lheader_end:
    // The client sends no more: an incomplete request is answered.
    cbz     x19, Lheader_silent
    fail    BAD_REQUEST, Lheader_exit
Lheader_failed:
    // EAGAIN is the end of the time, but for the first try.
    cmp     w0, #EAGAIN
    b.ne    Lheader_silent
    ldr     x9, [x28, #conn_served]
    orr     x9, x9, x19
    ldr     x10, [x28, #req_deadline]
    cbnz    x10, Lheader_timeout
    cbnz    x9, Lheader_silent
    mov     w0, #1
    bl      limit_wait
    mov     w3, #0
    b       Lheader_receive
Lheader_timeout:
    fail    REQUEST_TIMEOUT, Lheader_exit
Lheader_silent:
    mov     x0, #0
    succeed
    b       Lheader_exit
Lheader_full:
    bl      refuse_header
    b       Lheader_exit

// void limit_wait(u64 received)
//   Limits the next receive: to IDLE_TIMEOUT before a request's first byte, then
//   to what is left of HEADER_TIMEOUT.
//   In:        x0 = bytes of the request so far, x28 = state
//   Out:       none
//   Clobbers:  x0-x4, x9-x11, x16, flags
//   Errors:    status
limit_wait:
    enter   16
    cbnz    x0, Llimit_header
    movz    w0, #(IDLE_TIMEOUT * 1000000) & 0xffff
    movk    w0, #(IDLE_TIMEOUT * 1000000) >> 16, lsl #16
    b       Llimit_set
Llimit_header:
    bl      read_clock
    ldr     x9, [x28, #req_deadline]
    cbnz    x9, Llimit_left
    movz    w9, #(HEADER_TIMEOUT * 1000000) & 0xffff
    movk    w9, #(HEADER_TIMEOUT * 1000000) >> 16, lsl #16
    add     x9, x9, x0
    str     x9, [x28, #req_deadline]
Llimit_left:
    subs    x0, x9, x0
    b.le    Llimit_expired
Llimit_set:
    bl      set_receive_wait
    succeed
Llimit_exit:
    leave   16
Llimit_expired:
    fail    REQUEST_TIMEOUT, Llimit_exit

// void refuse_header(const u8 *start)
//   Finds the reason for refusing a header section that fills the buffer, and
//   what can be known of its method.
//   In:        x0 = start of the request, x28 = state
//   Out:       none
//   Clobbers:  x0-x2, x9-x12, v0-v1, flags
//   Errors:    status: always; 414 when not even the request line is complete
refuse_header:
    enter   32
    str     x19, [sp, #16]
    mov     x19, x0
    str     x0, [x28, #req_line]
    ldr     x1, [x28, #conn_in_end]
    mov     w2, #CR
    bl      find_byte
    sub     x9, x0, x19
    str     x9, [x28, #req_line + span_length]
    ldr     x1, [x28, #conn_in_end]
    str     x1, [x28, #conn_in_start]
    mov     w9, #HEADER_TOO_LARGE
    mov     w10, #URI_TOO_LONG
    cmp     x0, x1
    csel    x9, x10, x9, eq
    mov     x0, x19
    mov     x19, x9
    bl      parse_method
    mov     x0, x19
    cmp     xzr, xzr
    ldr     x19, [sp, #16]
    leave   32

// u64 receive(u8 *buffer, u64 size, u64 flags)
//   Receives bytes, again after a signal other than the body's timer.
//   In:        x1 = buffer, x2 = size, x3 = flags, x28 = state
//   Out:       x0 = bytes, 0 at the end
//   Clobbers:  x0-x1, x4-x5, x9-x10, x16, flags
//   Errors:    errno: EINTR when the timer ran out
receive:
    mov     x9, x1
Lreceive_again:
    ldr     w0, [x28, #conn_fd]
    mov     x1, x9
    mov     x4, #0
    mov     x5, #0
    system  recvfrom
    b.cc    Lreceive_exit
    cmp     w0, #EINTR
    b.ne    Lreceive_failed
    ldr     x10, [x28, #conn_alarm]
    cbz     x10, Lreceive_again
Lreceive_failed:
    cmp     xzr, xzr
Lreceive_exit:
    ret

// void set_receive_wait(u64 microseconds)
//   Sets how long a receive may wait, if it is not set so already.
//   In:        x0 = microseconds, x28 = state
//   Out:       none
//   Clobbers:  x0-x4, x9-x11, x16, flags
//   Errors:    none
set_receive_wait:
    enter   16
    ldr     x9, [x28, #conn_recv_wait]
    cmp     x9, x0
    b.eq    Lreceive_wait_exit
    str     x0, [x28, #conn_recv_wait]
    mov     w1, #SO_RCVTIMEO
    bl      set_timeout
Lreceive_wait_exit:
    leave   16

// void set_timeout(u64 microseconds, u64 option)
//   Sets SO_RCVTIMEO or SO_SNDTIMEO of the connection: from now on it may wait.
//   In:        x0 = microseconds, x1 = option, x28 = state
//   Out:       none
//   Clobbers:  x0-x4, x9-x11, x16, flags
//   Errors:    none
set_timeout:
    enter   48
    str     x19, [sp, #16]
    mov     w19, w1
    movz    w9, #1000000 & 0xffff
    movk    w9, #1000000 >> 16, lsl #16
    udiv    x10, x0, x9
    msub    x11, x10, x9, x0
    stp     x10, x11, [sp, #32]
    bl      release_listener
    ldr     w0, [x28, #conn_fd]
    mov     w1, #SOL_SOCKET
    mov     w2, w19
    add     x3, sp, #32
    mov     w4, #TIMEVAL_SIZE
    system  setsockopt
    ldr     x19, [sp, #16]
    leave   48

// ============================================================================
// 9. Request parsing
// ============================================================================

// void parse_request(void)
//   Parses the header section that read_request found.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x14, x16, v0-v5, flags
//   Errors:    status
parse_request:
    enter   16
    ldr     x0, [x28, #req_line]
    bl      parse_request_line
    b.cs    Lparse_exit
    bl      parse_fields
    b.cs    Lparse_exit
    bl      check_framing
    b.cs    Lparse_exit
    // Refused methods have targets of other forms.
    ldr     x9, [x28, #req_method]
    ldrb    w9, [x9, #row_flags]
    tst     w9, #METHOD_TARGET
    b.eq    Lparse_done
    bl      resolve_target
    b       Lparse_exit
Lparse_done:
    succeed
Lparse_exit:
    leave   16

// u8 *parse_request_line(const u8 *line)
//   Parses METHOD SP TARGET SP HTTP/1.x CR LF (RFC 9112, section 3).
//   In:        x0 = line, in a complete header section, x28 = state
//   Out:       x0 = the next line
//   Clobbers:  x0-x2, x9-x12, v0-v1, flags
//   Errors:    status
parse_request_line:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     x19, x0
    ldr     x1, [x28, #req_header_end]
    mov     w2, #LF
    bl      find_byte
    add     x20, x0, #1             // the next line
    sub     x9, x20, x19
    sub     x9, x9, #2
    str     x9, [x28, #req_line + span_length]
    mov     x0, x19
    bl      parse_method
    b.cs    Lline_exit
    ldrb    w9, [x0], #1
    cmp     w9, #SPACE
    b.ne    Lline_bad
    // The target ends at the first byte that cannot be in one.
    mov     x10, x0
    address x11, byte_classes
Lline_target:
    ldrb    w9, [x10], #1
    ldrb    w12, [x11, x9]
    tbnz    w12, #1, Lline_target   // CLASS_TARGET
    cmp     w9, #SPACE
    b.ne    Lline_bad
    sub     x11, x10, x0
    subs    x11, x11, #1
    b.eq    Lline_bad
    stp     x0, x11, [x28, #req_target]
    // What is left is "HTTP/d.d" CR LF, exactly.
    sub     x9, x20, x10
    cmp     x9, #10
    b.ne    Lline_bad
    ldr     x0, [x10]
    bl      parse_version
    b.cs    Lline_exit
    str     x0, [x28, #req_minor]
    ldr     x9, [x28, #req_target + span_length]
    cmp     x9, #PATH_MAX
    b.hi    Lline_long
    mov     x0, x20
    succeed
Lline_exit:
    ldp     x19, x20, [sp, #16]
    leave   32
Lline_long:
    fail    URI_TOO_LONG, Lline_exit
Lline_bad:
    fail    BAD_REQUEST, Lline_exit

// u64 parse_version(u64 text)
//   Reads the eight characters of `HTTP/d.d`.
//   In:        x0 = the characters, as a word
//   Out:       x0 = 0 for HTTP/1.0, 1 for any other HTTP/1.x
//   Clobbers:  x0, x9-x10, flags
//   Errors:    status
parse_version:
    // "HTTP/" and the point, with the digits masked out.
    movz    x9, #0x5448
    movk    x9, #0x5054, lsl #16
    movk    x9, #0x002f, lsl #32
    movk    x9, #0x002e, lsl #48
    movz    x10, #0xffff
    movk    x10, #0xffff, lsl #16
    movk    x10, #0x00ff, lsl #32
    movk    x10, #0x00ff, lsl #48
    and     x10, x0, x10
    cmp     x9, x10
    b.ne    Lversion_bad
    ubfx    x9, x0, #40, #8
    lsr     x10, x0, #56
    sub     w9, w9, #'0'
    sub     w10, w10, #'0'
    cmp     w9, #9
    ccmp    w10, #9, #2, ls
    b.hi    Lversion_bad
    cmp     w9, #1
    b.ne    Lversion_other
    cmp     w10, #0
    cset    x0, ne
    succeed
Lversion_exit:
    ret
Lversion_other:
    fail    VERSION_NOT_SUPPORTED, Lversion_exit
Lversion_bad:
    fail    BAD_REQUEST, Lversion_exit

// u8 *parse_method(const u8 *text)
//   Reads a method and looks it up: unknown ones get the last row of the table.
//   In:        x0 = text, x28 = state
//   Out:       x0 = end of the method
//   Clobbers:  x0-x1, x9-x12, flags
//   Errors:    status: 400 when it is not a token
parse_method:
    enter   32
    str     x19, [sp, #16]
    mov     x9, x0
    address x10, byte_classes
Lmethod_scan:
    ldrb    w11, [x9], #1
    ldrb    w12, [x10, x11]
    tbnz    w12, #0, Lmethod_scan   // CLASS_TOKEN
    sub     x19, x9, #1
    subs    x9, x19, x0
    b.eq    Lmethod_bad
    // The key is the name itself in a zero-padded word, if it fits.
    cmp     x9, #8
    b.hi    Lmethod_unknown
    ldr     x1, [x0]
    neg     x10, x9, lsl #3
    mov     x11, #-1
    lsr     x11, x11, x10
    and     x1, x1, x11
    address x0, method_table
    bl      find_row
    cbnz    x0, Lmethod_found
Lmethod_unknown:
    address x0, unknown_method
Lmethod_found:
    str     x0, [x28, #req_method]
    ldrb    w9, [x0, #row_flags]
    ldr     x10, [x28, #req_flags]
    ubfx    x9, x9, #1, #1          // METHOD_HEAD
    bfi     x10, x9, #HEAD_BIT, #1
    str     x10, [x28, #req_flags]
    mov     x0, x19
    succeed
Lmethod_exit:
    ldr     x19, [sp, #16]
    leave   32
Lmethod_bad:
    fail    BAD_REQUEST, Lmethod_exit

// void parse_fields(const u8 *line)
//   Parses the field lines, up to the empty line that ends them.
//   In:        x0 = the first line, x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x14, x16, v0-v5, flags
//   Errors:    status
parse_fields:
    enter   32
    str     x19, [sp, #16]
Lfields_next:
    ldrb    w9, [x0]
    cmp     w9, #CR
    b.eq    Lfields_done
    bl      split_field
    b.cs    Lfields_exit
    mov     x19, x4
    bl      apply_field
    b.cs    Lfields_exit
    mov     x0, x19
    b       Lfields_next
Lfields_done:
    succeed
Lfields_exit:
    ldr     x19, [sp, #16]
    leave   32

// u8 *split_field(const u8 *line)
//   Splits NAME ":" OWS VALUE OWS CR LF (RFC 9112, section 5).
//   In:        x0 = line, which ends with LF
//   Out:       x0 = name, x1 = its length, x2 = value, x3 = its length, x4 = next line
//   Clobbers:  x0-x4, x9-x11, v0-v5, flags
//   Errors:    status: 400
split_field:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     x19, x0
    address x9, byte_classes
Lsplit_name:
    ldrb    w10, [x0], #1
    ldrb    w11, [x9, x10]
    tbnz    w11, #0, Lsplit_name    // CLASS_TOKEN
    // A blank before the colon, or a folded line, stops here as well.
    cmp     w10, #':'
    b.ne    Lsplit_bad
    sub     x20, x0, x19
    subs    x20, x20, #1
    b.eq    Lsplit_bad
Lsplit_blank:
    ldrb    w10, [x0], #1
    cmp     w10, #SPACE
    ccmp    w10, #TAB, #4, ne
    b.eq    Lsplit_blank
    sub     x2, x0, #1
    mov     x0, x2
    bl      find_control
    ldrh    w9, [x0]
    mov     w10, #CR | LF << 8
    cmp     w9, w10
    b.ne    Lsplit_bad
    add     x4, x0, #2
Lsplit_trim:
    subs    x3, x0, x2
    b.eq    Lsplit_done
    ldrb    w10, [x0, #-1]!
    cmp     w10, #SPACE
    ccmp    w10, #TAB, #4, ne
    b.eq    Lsplit_trim
Lsplit_done:
    mov     x0, x19
    mov     x1, x20
    succeed
Lsplit_exit:
    ldp     x19, x20, [sp, #16]
    leave   32
Lsplit_bad:
    fail    BAD_REQUEST, Lsplit_exit

// void apply_field(const u8 *name, u64 length, const u8 *value, u64 value_length)
//   Hands a field to the routine of its row in field_table, if it has one.
//   In:        x0 = name, x1 = length, x2 = value, x3 = value_length, x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x14, x16, v0-v5, flags
//   Errors:    status
apply_field:
    enter   64
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    str     x23, [sp, #48]
    mov     x19, x0
    mov     x20, x1
    mov     x21, x2
    mov     x22, x3
    // The key of a row is the first eight letters, in lower case.
    ldr     x23, [x0]
    orr     x23, x23, #CASE_BITS
    cmp     x1, #8
    b.hs    Lapply_search
    neg     x9, x1, lsl #3
    mov     x10, #-1
    lsr     x10, x10, x9
    and     x23, x23, x10
Lapply_search:
    address x0, field_table
Lapply_next:
    mov     x1, x23
    bl      find_row
    cbz     x0, Lapply_done
    ldrb    w9, [x0, #row_length]
    cmp     x9, x20
    b.ne    Lapply_other
    str     x0, [sp, #56]
    add     x0, x0, #row_text
    mov     x1, x19
    mov     x2, x20
    bl      equal_folded
    mov     x9, x0
    ldr     x0, [sp, #56]
    cbz     x9, Lapply_other
    ldrsw   x9, [x0, #row_routine]
    address x10, tables
    add     x9, x9, x10
    mov     x0, x21
    mov     x1, x22
    blr     x9
    b       Lapply_exit
Lapply_other:
    ldrh    w9, [x0, #row_size]
    add     x0, x0, x9
    b       Lapply_next
Lapply_done:
    succeed
Lapply_exit:
    ldr     x23, [sp, #48]
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   64

// void check_framing(void)
//   Decides from all fields where the message ends and whether the connection may
//   stay open (RFC 9112, sections 6.3 and 9.3).
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0, x9-x12, flags
//   Errors:    status
check_framing:
    ldr     x9, [x28, #req_flags]
    ldr     x10, [x28, #req_minor]
    tst     x9, #1 << SEEN_HOST_BIT
    ccmp    x10, #0, #4, eq
    b.ne    Lframing_bad
    // Transfer-Encoding: not in 1.0, not beside Content-Length, and only chunked.
    tbz     x9, #SEEN_CODING_BIT, Lframing_length
    cbz     x10, Lframing_bad
    tbnz    x9, #SEEN_LENGTH_BIT, Lframing_bad
    tbnz    x9, #OTHER_CODING_BIT, Lframing_coding
    tbnz    x9, #MANY_CODINGS_BIT, Lframing_bad
    orr     x9, x9, #1 << BODY_BIT
    b       Lframing_expect
Lframing_length:
    ldr     x11, [x28, #req_body_length]
    orr     x12, x9, #1 << BODY_BIT
    cmp     x11, #0
    csel    x9, x12, x9, ne
Lframing_expect:
    // A 1.0 client's expectation is not looked at.
    cbz     x10, Lframing_old
    tbnz    x9, #OTHER_EXPECTATION_BIT, Lframing_expectation
    orr     x12, x9, #1 << PERSIST_BIT
    b       Lframing_persist
Lframing_old:
    and     x9, x9, #~(1 << SEEN_CONTINUE_BIT)
    ubfx    x11, x9, #SEEN_KEEP_ALIVE_BIT, #1
    orr     x12, x9, x11, lsl #PERSIST_BIT
Lframing_persist:
    ldr     x11, [x28, #conn_served]
    cmp     x11, #MAX_REQUESTS - 1
    b.hs    Lframing_store
    tbnz    x9, #SEEN_CLOSE_BIT, Lframing_store
    mov     x9, x12
Lframing_store:
    str     x9, [x28, #req_flags]
    succeed
Lframing_exit:
    ret
Lframing_coding:
    fail    NOT_IMPLEMENTED, Lframing_exit
Lframing_expectation:
    str     x9, [x28, #req_flags]
    fail    EXPECTATION_FAILED, Lframing_exit
Lframing_bad:
    fail    BAD_REQUEST, Lframing_exit

// ============================================================================
// 10. Header fields
// ============================================================================

// void take_host(const u8 *value, u64 length)
//   Takes Host: once, and of the right syntax.
//   In:        x0 = value, x1 = length, x28 = state
//   Out:       none
//   Clobbers:  x0-x1, x9-x12, flags
//   Errors:    status
take_host:
    enter   16
    ldr     x9, [x28, #req_flags]
    tbnz    x9, #SEEN_HOST_BIT, Lhost_bad
    orr     x9, x9, #1 << SEEN_HOST_BIT
    str     x9, [x28, #req_flags]
    add     x1, x0, x1
    bl      check_authority
Lhost_exit:
    leave   16
Lhost_bad:
    fail    BAD_REQUEST, Lhost_exit

// void take_connection(const u8 *value, u64 length)
//   Takes Connection: a list, of which `close` and `keep-alive` matter.
//   In:        x0 = value, x1 = length, x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x10, flags
//   Errors:    status
take_connection:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     x19, x0
    add     x20, x0, x1
Lconnection_next:
    mov     x0, x19
    mov     x1, x20
    bl      next_element
    cbz     x1, Lconnection_done
    mov     x19, x2
    mov     w9, #1 << SEEN_CLOSE_BIT
    address x2, close_text
    cmp     x1, #5
    b.eq    Lconnection_compare
    mov     w9, #1 << SEEN_KEEP_ALIVE_BIT
    address x2, keep_alive_text
    cmp     x1, #10
    b.ne    Lconnection_next
Lconnection_compare:
    mov     x3, x1
    add     x1, x2, #1
    mov     x2, x3
    mov     x10, x9
    bl      equal_folded
    ldr     x9, [x28, #req_flags]
    orr     x10, x9, x10
    cmp     x0, #0
    csel    x9, x10, x9, ne
    str     x9, [x28, #req_flags]
    b       Lconnection_next
Lconnection_done:
    succeed
    ldp     x19, x20, [sp, #16]
    leave   32

// void take_content_length(const u8 *value, u64 length)
//   Takes Content-Length: digits, and the same value when it is repeated.
//   In:        x0 = value, x1 = length, x28 = state
//   Out:       none
//   Clobbers:  x0-x1, x9-x14, flags
//   Errors:    status
take_content_length:
    enter   16
    bl      parse_decimal
    b.cs    Llength_bad
    ldr     x9, [x28, #req_flags]
    ldr     x10, [x28, #req_body_length]
    tbz     x9, #SEEN_LENGTH_BIT, Llength_store
    cmp     x0, x10
    b.ne    Llength_bad
Llength_store:
    orr     x9, x9, #1 << SEEN_LENGTH_BIT
    str     x9, [x28, #req_flags]
    str     x0, [x28, #req_body_length]
    succeed
Llength_exit:
    leave   16
Llength_bad:
    fail    BAD_REQUEST, Llength_exit

// void take_transfer_encoding(const u8 *value, u64 length)
//   Takes Transfer-Encoding: a list of codings, of which chunked is known.
//   In:        x0 = value, x1 = length, x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x12, flags
//   Errors:    status
take_transfer_encoding:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     x19, x0
    add     x20, x0, x1
    mov     x0, x19
    mov     x1, x20
    bl      next_element
    cbz     x1, Lcoding_bad
Lcoding_next:
    mov     x19, x2
    mov     w10, #0                 // 1 when it is chunked
    cmp     x1, #7
    b.ne    Lcoding_note
    mov     x2, x1
    address x1, chunked_text
    add     x1, x1, #1
    bl      equal_folded
    mov     w10, w0
Lcoding_note:
    ldr     x9, [x28, #req_flags]
    ubfx    x11, x9, #SEEN_CODING_BIT, #1
    orr     x11, x9, x11, lsl #MANY_CODINGS_BIT
    orr     x12, x9, #1 << OTHER_CODING_BIT
    cmp     w10, #0
    csel    x9, x11, x12, ne
    orr     x9, x9, #1 << SEEN_CODING_BIT
    str     x9, [x28, #req_flags]
    mov     x0, x19
    mov     x1, x20
    bl      next_element
    cbnz    x1, Lcoding_next
    succeed
Lcoding_exit:
    ldp     x19, x20, [sp, #16]
    leave   32
Lcoding_bad:
    fail    BAD_REQUEST, Lcoding_exit

// void take_expect(const u8 *value, u64 length)
//   Takes Expect: 100-continue, or one that cannot be met.
//   In:        x0 = value, x1 = length, x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x12, flags
//   Errors:    status
take_expect:
    enter   16
    mov     x9, #0
    cmp     x1, #12
    b.ne    Lexpect_note
    mov     x2, x1
    address x1, continue_text
    add     x1, x1, #1
    bl      equal_folded
    mov     x9, x0
Lexpect_note:
    ldr     x10, [x28, #req_flags]
    orr     x11, x10, #1 << SEEN_CONTINUE_BIT
    orr     x12, x10, #1 << OTHER_EXPECTATION_BIT
    cmp     x9, #0
    csel    x10, x11, x12, ne
    str     x10, [x28, #req_flags]
    succeed
    leave   16

// void take_content_range(const u8 *value, u64 length)
//   Notes that Content-Range was there: a PUT of a part is refused.
//   In:        x0 = value, x1 = length, x28 = state
//   Out:       none
//   Clobbers:  x9, flags
//   Errors:    status
take_content_range:
    ldr     x9, [x28, #req_flags]
    orr     x9, x9, #1 << SEEN_CONTENT_RANGE_BIT
    str     x9, [x28, #req_flags]
    succeed
    ret

// void take_range(const u8 *value, u64 length)
//   Takes Range.
//   In:        x0 = value, x1 = length, x28 = state
//   Out:       none
//   Clobbers:  x1-x2, x9, flags
//   Errors:    status
take_range:
    add     x2, x28, #req_range
    b       store_single

// void take_if_range(const u8 *value, u64 length)
//   Takes If-Range.
//   In:        x0 = value, x1 = length, x28 = state
//   Out:       none
//   Clobbers:  x1-x2, x9, flags
//   Errors:    status
take_if_range:
    ldr     x9, [x28, #req_flags]
    orr     x9, x9, #1 << SEEN_IF_RANGE_BIT
    str     x9, [x28, #req_flags]
    add     x2, x28, #req_if_range
    b       store_single

// void take_if_modified_since(const u8 *value, u64 length)
//   Takes If-Modified-Since.
//   In:        x0 = value, x1 = length, x28 = state
//   Out:       none
//   Clobbers:  x1-x2, x9, flags
//   Errors:    status
take_if_modified_since:
    add     x2, x28, #req_if_modified
    b       store_single

// void take_if_unmodified_since(const u8 *value, u64 length)
//   Takes If-Unmodified-Since.
//   In:        x0 = value, x1 = length, x28 = state
//   Out:       none
//   Clobbers:  x1-x2, x9, flags
//   Errors:    status
take_if_unmodified_since:
    add     x2, x28, #req_if_unmodified
    b       store_single

// void store_single(const u8 *value, u64 length, span *out)
//   Stores a value that may come once; a repetition leaves an empty value, which
//   no parser takes.
//   In:        x0 = value, x1 = length, x2 = out
//   Out:       none
//   Clobbers:  x1, x9, flags
//   Errors:    status
store_single:
    ldr     x9, [x2, #span_start]
    cmp     x9, #0
    csel    x1, x1, xzr, eq
    stp     x0, x1, [x2]
    succeed
    ret

// void take_if_match(const u8 *value, u64 length)
//   Takes If-Match, a list that may come in several fields.
//   In:        x0 = value, x1 = length, x28 = state
//   Out:       none
//   Clobbers:  x0, x2, x9-x10, flags
//   Errors:    status
take_if_match:
    add     x2, x28, #req_if_match
    b       store_tags

// void take_if_none_match(const u8 *value, u64 length)
//   Takes If-None-Match, a list that may come in several fields.
//   In:        x0 = value, x1 = length, x28 = state
//   Out:       none
//   Clobbers:  x0, x2, x9-x10, flags
//   Errors:    status
take_if_none_match:
    add     x2, x28, #req_if_none_match
    b       store_tags

// void store_tags(const u8 *value, u64 length, tags *out)
//   Adds the value of a list field to those before.
//   In:        x0 = value, x1 = length, x2 = out
//   Out:       none
//   Clobbers:  x0, x9-x10, flags
//   Errors:    status: 400 beyond TAG_LISTS_MAX
store_tags:
    ldr     x9, [x2, #tags_count]
    cmp     x9, #TAG_LISTS_MAX
    b.hs    Ltags_many
    add     x10, x2, #tags_spans
    add     x10, x10, x9, lsl #4
    stp     x0, x1, [x10]
    add     x9, x9, #1
    str     x9, [x2, #tags_count]
    succeed
Ltags_exit:
    ret
Ltags_many:
    fail    BAD_REQUEST, Ltags_exit

// u8 *next_element(const u8 *text, const u8 *end)
//   Takes the next element of a comma-separated list, and skips empty ones.
//   In:        x0 = text, x1 = end
//   Out:       x0 = element, x1 = its length, 0 at the end, x2 = where to go on
//   Clobbers:  x0-x2, x9-x10, flags
//   Errors:    none
next_element:
    cmp     x0, x1
    b.hs    Lelement_none
    ldrb    w9, [x0]
    mov     w10, #','
    cmp     w9, #SPACE
    ccmp    w9, #TAB, #4, ne
    ccmp    w9, w10, #4, ne
    b.ne    Lelement_found
    add     x0, x0, #1
    b       next_element
Lelement_found:
    mov     x2, x0
Lelement_scan:
    cmp     x2, x1
    b.hs    Lelement_trim
    ldrb    w9, [x2]
    cmp     w9, #','
    b.eq    Lelement_trim
    add     x2, x2, #1
    b       Lelement_scan
Lelement_trim:
    mov     x10, x2
Lelement_blank:
    ldrb    w9, [x10, #-1]!
    cmp     w9, #SPACE
    ccmp    w9, #TAB, #4, ne
    b.eq    Lelement_blank
    sub     x1, x10, x0
    add     x1, x1, #1
    b       Lelement_exit
Lelement_none:
    mov     x2, x0
    mov     x1, #0
Lelement_exit:
    ret

// ============================================================================
// 11. Targets and paths
// ============================================================================

// void resolve_target(void)
//   Turns the request's target into a path below DOCROOT, at HOT_PATH.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x12, v0-v1, flags
//   Errors:    status
resolve_target:
    enter   48
    stp     x19, x20, [sp, #16]
    str     x21, [sp, #32]
    ldp     x0, x1, [x28, #req_target]
    add     x1, x0, x1
    bl      locate_path
    b.cs    Lresolve_exit
    mov     x19, x0
    mov     x20, x1
    // The query starts at the first question mark, and is not looked at.
    mov     w2, #'?'
    bl      find_byte
    sub     x9, x20, x0
    stp     x0, x9, [x28, #req_query]
    mov     x20, x0
    add     x0, x28, #HOT_PATH
    address x1, docroot
    bl      append_text
    mov     x21, x0
    mov     x1, x19
    mov     x2, x20
    bl      decode_target
    b.cs    Lresolve_exit
    mov     x1, x0
    mov     x0, x21
    bl      collapse_path
    b.cs    Lresolve_exit
    strb    wzr, [x0]
    str     x0, [x28, #req_path_end]
    ldrb    w9, [x0, #-1]
    cmp     w9, #'/'
    cset    x10, eq
    ldr     x9, [x28, #req_flags]
    bfi     x9, x10, #DIRECTORY_BIT, #1
    str     x9, [x28, #req_flags]
    succeed
Lresolve_exit:
    ldr     x21, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   48

// u8 *locate_path(const u8 *target, const u8 *end)
//   Finds the path in a target of origin, absolute or asterisk form (RFC 9112,
//   section 3.2).
//   In:        x0 = target, x1 = end, x28 = state
//   Out:       x0 = path, x1 = end
//   Clobbers:  x0-x5, x9-x12, flags
//   Errors:    status: 400
locate_path:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     x20, x1
    mov     x19, x0
    ldrb    w9, [x0]
    cmp     w9, #'/'
    b.eq    Llocate_done
    cmp     w9, #'*'
    b.eq    Llocate_asterisk
    // "http://", then an authority that ends at a slash or a question mark.
    sub     x9, x20, x19
    cmp     x9, #7
    b.ls    Llocate_bad
    address x1, scheme_text
    ldrb    w2, [x1], #1
    bl      equal_folded
    cbz     x0, Llocate_bad
    add     x0, x19, #7
    mov     x19, x0
Llocate_authority:
    cmp     x19, x20
    b.hs    Llocate_check
    ldrb    w9, [x19]
    mov     w10, #'?'
    cmp     w9, #'/'
    ccmp    w9, w10, #4, ne
    b.eq    Llocate_check
    add     x19, x19, #1
    b       Llocate_authority
Llocate_check:
    // An empty host, and one of nothing but a port, name no server.
    cmp     x0, x19
    b.eq    Llocate_bad
    ldrb    w9, [x0]
    cmp     w9, #':'
    b.eq    Llocate_bad
    mov     x1, x19
    bl      check_authority
    b.cs    Llocate_exit
Llocate_done:
    mov     x0, x19
    mov     x1, x20
    succeed
Llocate_exit:
    ldp     x19, x20, [sp, #16]
    leave   32
Llocate_asterisk:
    ldr     x9, [x28, #req_method]
    ldrb    w9, [x9, #row_flags]
    tst     w9, #METHOD_ASTERISK
    b.eq    Llocate_bad
    add     x19, x19, #1
    cmp     x19, x20
    b.eq    Llocate_done
Llocate_bad:
    fail    BAD_REQUEST, Llocate_exit

// void check_authority(const u8 *text, const u8 *end)
//   Checks HOST [":" PORT] (RFC 3986, section 3.2); both may be empty.
//   In:        x0 = text, x1 = end
//   Out:       none
//   Clobbers:  x0, x9-x12, flags
//   Errors:    status: 400
check_authority:
    // The byte behind an empty text is never a bracket.
    address x9, byte_classes
    ldrb    w10, [x0]
    cmp     w10, #'['
    b.eq    Lauthority_literal
Lauthority_name:
    cmp     x0, x1
    b.hs    Lauthority_done
    ldrb    w10, [x0], #1
    ldrb    w11, [x9, x10]
    tbnz    w11, #2, Lauthority_name        // CLASS_HOST
    cmp     w10, #':'
    b.eq    Lauthority_port
    // A percent sign leads two hexadecimal digits.
    cmp     w10, #'%'
    b.ne    Lauthority_bad
    sub     x11, x1, x0
    cmp     x11, #2
    b.lo    Lauthority_bad
    mov     w12, #2
Lauthority_hex:
    ldrb    w10, [x0], #1
    sub     w11, w10, #'0'
    cmp     w11, #9
    b.ls    Lauthority_hex_next
    orr     w11, w10, #CASE_BIT
    sub     w11, w11, #'a'
    cmp     w11, #5
    b.hi    Lauthority_bad
Lauthority_hex_next:
    subs    w12, w12, #1
    b.ne    Lauthority_hex
    b       Lauthority_name
Lauthority_literal:
    // "[" IPv6 or a later version "]": host characters and colons.
    mov     x12, #0
Lauthority_literal_next:
    add     x12, x12, #1
    add     x0, x0, #1
    cmp     x0, x1
    b.hs    Lauthority_bad
    ldrb    w10, [x0]
    ldrb    w11, [x9, x10]
    tbnz    w11, #2, Lauthority_literal_next
    cmp     w10, #':'
    b.eq    Lauthority_literal_next
    cmp     w10, #']'
    ccmp    x12, #2, #0, eq
    b.ls    Lauthority_bad
    add     x0, x0, #1
    cmp     x0, x1
    b.hs    Lauthority_done
    ldrb    w10, [x0], #1
    cmp     w10, #':'
    b.ne    Lauthority_bad
Lauthority_port:
    cmp     x0, x1
    b.hs    Lauthority_done
    ldrb    w10, [x0], #1
    sub     w10, w10, #'0'
    cmp     w10, #9
    b.ls    Lauthority_port
Lauthority_bad:
    fail    BAD_REQUEST, Lauthority_exit
Lauthority_done:
    succeed
Lauthority_exit:
    ret

// u8 *decode_target(u8 *out, const u8 *text, const u8 *end)
//   Decodes the percent signs of a path (RFC 3986, section 2.1).
//   In:        x0 = out, x1 = text, x2 = end
//   Out:       x0 = end of what was written
//   Clobbers:  x0-x1, x9-x11, flags
//   Errors:    status: 400 for a bad escape or a control character
decode_target:
    cmp     x1, x2
    b.hs    Ldecode_done
    ldrb    w9, [x1], #1
    cmp     w9, #'%'
    b.ne    Ldecode_store
    sub     x10, x2, x1
    cmp     x10, #2
    b.lo    Ldecode_bad
    mov     w9, #1                  // a leading 1 marks when both digits are in
Ldecode_digit:
    ldrb    w10, [x1], #1
    sub     w11, w10, #'0'
    cmp     w11, #9
    b.ls    Ldecode_add
    orr     w11, w10, #CASE_BIT
    sub     w11, w11, #'a'
    cmp     w11, #5
    b.hi    Ldecode_bad
    add     w11, w11, #10
Ldecode_add:
    orr     w9, w11, w9, lsl #4
    tbz     w9, #8, Ldecode_digit
    and     w9, w9, #0xff
    cmp     w9, #SPACE
    b.lo    Ldecode_bad
    cmp     w9, #DELETE_CHARACTER
    b.eq    Ldecode_bad
Ldecode_store:
    strb    w9, [x0], #1
    b       decode_target
Ldecode_bad:
    fail    BAD_REQUEST, Ldecode_exit
Ldecode_done:
    succeed
Ldecode_exit:
    ret

// u8 *collapse_path(u8 *path, u8 *end)
//   Removes empty and `.` segments in place, and refuses the forbidden ones.
//   In:        x0 = path, x1 = end
//   Out:       x0 = new end; the byte before it is a slash for a directory
//   Clobbers:  x0-x5, x9, v0-v1, flags
//   Errors:    status: 403
collapse_path:
    enter   48
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    mov     x19, x0                 // where to write
    mov     x20, x0                 // where to read
    mov     x21, x1
Lcollapse_next:
    cmp     x20, x21
    b.hs    Lcollapse_done
    // The segment is x20 up to x22.
    mov     x0, x20
    mov     x1, x21
    mov     w2, #'/'
    bl      find_byte
    mov     x22, x0
    mov     x0, x20
    sub     x1, x22, x20
    bl      check_segment
    b.cs    Lcollapse_exit
    cbz     x0, Lcollapse_skip
Lcollapse_copy:
    cmp     x20, x22
    b.hs    Lcollapse_slash
    ldrb    w9, [x20], #1
    strb    w9, [x19], #1
    b       Lcollapse_copy
Lcollapse_slash:
    cmp     x20, x21
    b.hs    Lcollapse_done
    mov     w9, #'/'
    strb    w9, [x19], #1
Lcollapse_skip:
    add     x20, x22, #1
    b       Lcollapse_next
Lcollapse_done:
    mov     x0, x19
    succeed
Lcollapse_exit:
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   48

// u64 check_segment(const u8 *segment, u64 length)
//   Judges a segment of a path; file systems may fold case, so this does as well.
//   In:        x0 = segment, x1 = length
//   Out:       x0 = 1 to keep it, 0 to leave it out
//   Clobbers:  x0-x5, x9, flags
//   Errors:    status: 403 for `..` and for temporary files
check_segment:
    enter   16
    cbz     x1, Lsegment_drop
    ldrb    w9, [x0]
    cmp     w9, #'.'
    b.ne    Lsegment_keep
    cmp     x1, #1
    b.eq    Lsegment_drop
    ldrb    w9, [x0, #1]
    cmp     w9, #'.'
    ccmp    x1, #2, #0, eq
    b.eq    Lsegment_forbidden
    address x9, temp_prefix
    ldrb    w2, [x9], #1
    cmp     x1, x2
    b.lo    Lsegment_keep
    mov     x1, x9
    bl      equal_folded
    cbnz    x0, Lsegment_forbidden
Lsegment_keep:
    mov     x0, #1
    succeed
Lsegment_exit:
    leave   16
Lsegment_drop:
    mov     x0, #0
    succeed
    b       Lsegment_exit
Lsegment_forbidden:
    fail    FORBIDDEN, Lsegment_exit

// ============================================================================
// 12. GET and HEAD
// ============================================================================

// void serve_get(void)
//   Answers GET and HEAD: a file, a directory's default file or listing, or a
//   redirection to the directory.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x14, x16, v0-v1, flags
//   Errors:    status
serve_get:
    enter   48
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    ldr     x20, [x28, #req_path_end]
    ldr     x22, [x28, #req_flags]
    tbz     x22, #DIRECTORY_BIT, Lget_open
    mov     x0, x20
    address x1, default_file
    bl      append_text
    strb    wzr, [x0]
    str     x0, [x28, #req_path_end]
Lget_open:
    add     x0, x28, #HOT_PATH
    bl      open_path
    b.cs    Lget_unopened
    mov     w19, w0
    bl      serve_opened
    mov     x21, x0
    cset    w22, cs
    mov     w0, w19
    bl      release_file
    cbnz    w22, Lget_refused
    cbnz    x21, Lget_directory
    succeed
Lget_exit:
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   48
Lget_refused:
    mov     x0, x21
    cmp     xzr, xzr
    b       Lget_exit
Lget_unopened:
    tbz     x22, #DIRECTORY_BIT, Lget_missing
    cmp     w0, #ENOENT
    b.ne    Lget_missing
Lget_directory:
    // There is no default file: the path is the directory's again.
    strb    wzr, [x20]
    str     x20, [x28, #req_path_end]
    bl      serve_directory
    b       Lget_exit
Lget_missing:
    bl      translate_errno
    b       Lget_exit

// u64 serve_opened(int fd)
//   Answers with what was opened for a GET, by its type.
//   In:        x0 = fd, x28 = state
//   Out:       x0 = 1 when a directory has the default file's name, else 0
//   Clobbers:  x0-x5, x9-x14, x16, v0-v1, flags
//   Errors:    status
serve_opened:
    enter   32
    str     x19, [sp, #16]
    mov     w19, w0
    add     x1, x28, #req_stat
    system  fstat64
    b.cs    Lopened_unknown
    ldrh    w9, [x28, #req_stat + st_mode]
    and     w9, w9, #S_IFMT
    cmp     w9, #S_IFREG
    b.eq    Lopened_file
    cmp     w9, #S_IFDIR
    b.ne    Lopened_forbidden
    ldr     x9, [x28, #req_flags]
    mov     w0, #1
    tbnz    x9, #DIRECTORY_BIT, Lopened_done
    bl      redirect_directory
    b       Lopened_answered
Lopened_file:
    mov     w0, w19
    bl      serve_file
    b.cs    Lopened_exit
Lopened_answered:
    mov     w0, #0
Lopened_done:
    succeed
Lopened_exit:
    ldr     x19, [sp, #16]
    leave   32
Lopened_unknown:
    bl      translate_errno
    b       Lopened_exit
Lopened_forbidden:
    fail    FORBIDDEN, Lopened_exit

// void serve_file(int fd)
//   Answers with an open regular file, whole or in part, if the conditions hold.
//   In:        x0 = fd, x28 = state with its stat
//   Out:       none
//   Clobbers:  x0-x5, x9-x14, x16, v0-v1, flags
//   Errors:    status
serve_file:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     w19, w0
    bl      describe_file
    mov     w0, #1
    bl      evaluate_conditions
    b.cs    Lfile_exit
    cbnz    x0, Lfile_unmodified
    bl      select_range
    b.cs    Lfile_exit
    mov     w20, w0
    mov     w1, w0
    add     x0, x28, #HOT_OUT
    bl      begin_response
    bl      append_file_fields
    bl      append_validators
    cmp     w20, #PARTIAL_CONTENT
    b.ne    Lfile_length
    bl      append_content_range
Lfile_length:
    ldr     x1, [x28, #req_count]
    bl      append_content_length
    mov     x1, x0
    mov     w0, w19
    ldr     x2, [x28, #req_first]
    ldr     x3, [x28, #req_count]
    bl      send_body
Lfile_exit:
    ldp     x19, x20, [sp, #16]
    leave   32
Lfile_unmodified:
    add     x0, x28, #HOT_OUT
    mov     w1, #NOT_MODIFIED
    bl      begin_response
    bl      append_validators
    bl      append_line_end
    bl      send_response
    b       Lfile_exit

// void release_file(int fd)
//   Closes a file, unless this is the last request: then the end of the process
//   does, without a call.
//   In:        x0 = fd, x28 = state
//   Out:       none
//   Clobbers:  x0-x1, x9, x16, flags
//   Errors:    none
release_file:
    ldr     x9, [x28, #req_flags]
    tbz     x9, #PERSIST_BIT, Lrelease_file_exit
    system  close
Lrelease_file_exit:
    ret

// void redirect_directory(void)
//   Answers 301 to the same path with a slash, and the query as it came.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x13, x16, v0, flags
//   Errors:    status
redirect_directory:
    enter   16
    add     x0, x28, #HOT_OUT
    mov     w1, #MOVED_PERMANENTLY
    bl      begin_response
    bl      append_location
    mov     w9, #'/'
    strb    w9, [x0], #1
    ldp     x1, x2, [x28, #req_query]
    mov     w3, #CLASS_QUERY
    bl      append_escaped
    bl      append_line_end
    mov     x1, #0
    bl      append_content_length
    bl      append_line_end
    bl      send_response
    leave   16

// void serve_directory(void)
//   Answers with the listing of the directory at HOT_PATH.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x13, x16, v0, flags
//   Errors:    status
serve_directory:
    enter   48
    stp     x19, x20, [sp, #16]
    add     x0, x28, #HOT_PATH
    bl      open_path
    b.cs    Ldirectory_failed
    mov     w19, w0
    mov     w9, #ALLOW_LISTING
    cbz     w9, Ldirectory_forbidden
    bl      serve_listing
    b       Ldirectory_close
Ldirectory_forbidden:
    mov     w0, #FORBIDDEN
    cmp     xzr, xzr
Ldirectory_close:
    csel    x20, x0, xzr, cs
    mov     w0, w19
    system  close
    mov     x0, x20
    cmp     x0, #1
Ldirectory_exit:
    ldp     x19, x20, [sp, #16]
    leave   48
Ldirectory_failed:
    bl      translate_errno
    b       Ldirectory_exit

// void serve_listing(int directory)
//   Streams a page with a link for each entry: chunked, or for HTTP/1.0 up to the
//   close of the connection.
//   In:        x0 = directory, x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x13, x16, v0, flags
//   Errors:    status
serve_listing:
    enter   32
    str     x19, [sp, #16]
    mov     w19, w0
    bl      release_listener        // a large directory takes its time
    ldr     x9, [x28, #req_minor]
    cbnz    x9, Llisting_begin
    bl      end_persistence
Llisting_begin:
    address x0, listing
    mov     w1, #OK
    bl      begin_response
    address x1, listing_fields
    bl      append_text
    ldr     x9, [x28, #req_minor]
    cbz     x9, Llisting_header
    address x1, chunked_field
    bl      append_text
Llisting_header:
    bl      append_line_end
    ldr     x9, [x28, #req_flags]
    tbnz    x9, #HEAD_BIT, Llisting_send
    bl      begin_chunk
    bl      append_listing_head
    mov     x1, x0
    mov     w0, w19
    bl      append_entries
    b.cs    Llisting_cut
    address x1, listing_foot
    bl      append_text
    bl      end_chunk
    ldr     x9, [x28, #req_minor]
    cbz     x9, Llisting_send
    address x1, last_chunk
    bl      append_text
Llisting_send:
    address x1, listing
    sub     x2, x0, x1
    mov     x0, x1
    mov     x1, x2
    bl      send_all
    b.cc    Llisting_done
Llisting_cut:
    // A page cut short must not look whole.
    bl      abandon_connection
Llisting_done:
    succeed
    ldr     x19, [sp, #16]
    leave   32

// u8 *append_entries(int directory, u8 *out)
//   Appends a row for each entry of a directory, and sends the buffer when full.
//   In:        x0 = directory, x1 = out, x28 = state
//   Out:       x0 = end
//   Clobbers:  x0-x5, x9-x13, x16, v0, flags
//   Errors:    errno: of the directory or of the connection
append_entries:
    enter   64
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    mov     w19, w0
    mov     x20, x1
Lentries_read:
    mov     w0, w19
    address x1, entries
    mov     w2, #ENTRIES_SIZE
    add     x3, sp, #48
    system  getdirentries64
    b.cs    Lentries_exit
    cbz     x0, Lentries_done
    address x21, entries
    add     x22, x21, x0
Lentries_next:
    mov     x0, x20
    mov     x1, x21
    mov     w2, w19
    bl      append_entry
    mov     x20, x0
    address x9, listing
    sub     x9, x20, x9
    movz    w10, #LISTING_SIZE - LISTING_ROW_MAX
    cmp     x9, x10
    b.lo    Lentries_advance
    bl      flush_listing
    b.cs    Lentries_exit
    mov     x20, x0
Lentries_advance:
    ldrh    w9, [x21, #d_reclen]
    add     x21, x21, x9
    cmp     x21, x22
    b.lo    Lentries_next
    b       Lentries_read
Lentries_done:
    mov     x0, x20
    succeed
Lentries_exit:
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   64

// u8 *append_entry(u8 *out, const dirent *entry, int directory)
//   Appends the row of one entry: link, size and date. Temporary files, `.`, `..`
//   and entries that are gone get none.
//   In:        x0 = out, x1 = entry, x2 = directory, x28 = state
//   Out:       x0 = end
//   Clobbers:  x0-x5, x9-x13, x16, v0, flags
//   Errors:    none
append_entry:
    enter   208
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    mov     x19, x0
    add     x20, x1, #d_name
    ldrh    w21, [x1, #d_namlen]
    mov     w22, w2
    mov     x0, x20
    mov     x1, x21
    bl      check_segment
    b.cs    Lentry_exit
    cbz     x0, Lentry_exit
    mov     w0, w22
    mov     x1, x20
    add     x2, sp, #64
    mov     w3, #AT_SYMLINK_NOFOLLOW
    system  fstatat64
    b.cs    Lentry_exit
    ldrh    w9, [sp, #64 + st_mode]
    and     w9, w9, #S_IFMT
    cmp     w9, #S_IFDIR
    cset    w22, eq
    mov     x0, x19
    address x1, row_link
    bl      append_text
    mov     x1, x20
    mov     x2, x21
    mov     w3, #CLASS_UNRESERVED
    bl      append_escaped
    mov     w9, #'/'
    strb    w9, [x0]
    add     x0, x0, x22             // a slash for a directory
    address x1, row_name
    bl      append_text
    mov     x1, x20
    mov     x2, x21
    bl      append_markup
    mov     w9, #'/'
    strb    w9, [x0]
    add     x0, x0, x22
    add     x1, sp, #64
    mov     w2, w22
    bl      append_entry_facts
    mov     x19, x0
Lentry_exit:
    mov     x0, x19
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   208

// u8 *append_entry_facts(u8 *out, const stat *stat, u64 directory)
//   Appends the columns behind the name, and ends the row.
//   In:        x0 = out, x1 = stat, x2 = 1 for a directory
//   Out:       x0 = end
//   Clobbers:  x0-x4, x9-x13, v0, flags
//   Errors:    none
append_entry_facts:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     x19, x1
    mov     x20, x2
    address x1, row_size_column
    bl      append_text
    cbnz    x20, Lfacts_date
    ldr     x1, [x19, #st_size]
    bl      append_decimal
Lfacts_date:
    address x1, row_date_column
    bl      append_text
    ldr     x1, [x19, #st_mtime]
    bl      append_short_time
    address x1, row_end
    bl      append_text
    ldp     x19, x20, [sp, #16]
    leave   32

// u8 *append_listing_head(u8 *out)
//   Appends the listing's page up to its first entry.
//   In:        x0 = out, x28 = state
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9-x10, v0, flags
//   Errors:    none
append_listing_head:
    enter   32
    stp     x19, x20, [sp, #16]
    add     x19, x28, #HOT_PATH
    address x9, docroot
    ldrb    w9, [x9]
    add     x19, x19, x9
    sub     x19, x19, #1            // the path from its first slash
    ldr     x9, [x28, #req_path_end]
    sub     x20, x9, x19
    address x1, listing_title
    bl      append_text
    mov     x1, x19
    mov     x2, x20
    bl      append_markup
    address x1, listing_heading
    bl      append_text
    mov     x1, x19
    mov     x2, x20
    bl      append_markup
    address x1, listing_table
    bl      append_text
    cmp     x20, #1
    b.eq    Lhead_exit
    address x1, row_parent
    bl      append_text
Lhead_exit:
    ldp     x19, x20, [sp, #16]
    leave   32

// u8 *flush_listing(u8 *out)
//   Sends what the listing's buffer holds, and starts the next chunk in it.
//   In:        x0 = out, x28 = state
//   Out:       x0 = where to go on
//   Clobbers:  x0-x5, x9-x13, x16, flags
//   Errors:    errno
flush_listing:
    enter   16
    bl      end_chunk
    address x9, listing
    sub     x1, x0, x9
    mov     x0, x9
    bl      send_all
    b.cs    Lflush_exit
    address x0, listing
    bl      begin_chunk
    succeed
Lflush_exit:
    leave   16

// u8 *begin_chunk(u8 *out)
//   Leaves room for a chunk's size, where chunks are used.
//   In:        x0 = out, x28 = state
//   Out:       x0 = start of the chunk's data
//   Clobbers:  x0, x9-x10, flags
//   Errors:    none
begin_chunk:
    ldr     x9, [x28, #req_minor]
    add     x10, x0, #CHUNK_HEAD_SIZE
    cmp     x9, #0
    csel    x0, x10, x0, ne
    str     x0, [x28, #req_chunk]
    ret

// u8 *end_chunk(u8 *out)
//   Fills in the chunk's size in four hexadecimal digits, and ends it.
//   In:        x0 = out, x28 = state
//   Out:       x0 = end
//   Clobbers:  x0, x9-x13, flags
//   Errors:    none
end_chunk:
    ldr     x9, [x28, #req_chunk]
    sub     x10, x0, x9
    ldr     x11, [x28, #req_sent]
    add     x11, x11, x10
    str     x11, [x28, #req_sent]
    ldr     x11, [x28, #req_minor]
    cbz     x11, Lchunk_exit
    mov     w11, #CR | LF << 8
    strh    w11, [x0], #2
    strh    w11, [x9, #-2]!
    address x11, hex_digits
    mov     w12, #4
Lchunk_digit:
    and     x13, x10, #0xf
    ldrb    w13, [x11, x13]
    strb    w13, [x9, #-1]!
    lsr     x10, x10, #4
    subs    w12, w12, #1
    b.ne    Lchunk_digit
Lchunk_exit:
    ret

// void end_persistence(void)
//   Makes this request the last of its connection.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x9
//   Errors:    none
end_persistence:
    ldr     x9, [x28, #req_flags]
    and     x9, x9, #~(1 << PERSIST_BIT)
    str     x9, [x28, #req_flags]
    ret

// void abandon_connection(void)
//   Makes the connection end at once, after an answer that was not sent whole.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x9
//   Errors:    none
abandon_connection:
    ldr     x9, [x28, #req_flags]
    and     x9, x9, #~(1 << BODY_BIT | 1 << PERSIST_BIT | 1 << DRAIN_BIT)
    str     x9, [x28, #req_flags]
    ldr     x9, [x28, #conn_in_end]
    str     x9, [x28, #conn_in_start]
    ret

// ============================================================================
// 13. PUT, DELETE, OPTIONS and the refused methods
// ============================================================================

// void serve_put(void)
//   Stores the body under a temporary name, renames it over the target, and
//   answers 201 or 204.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x14, x16, v0-v5, flags
//   Errors:    status
serve_put:
    enter   48
    stp     x19, x20, [sp, #16]
    str     x21, [sp, #32]
    bl      check_upload
    b.cs    Lput_exit
    bl      find_place
    b.cs    Lput_exit
    mov     x21, x0                 // 1: there is a file to replace
    bl      evaluate_conditions
    b.cs    Lput_exit
    bl      create_temp
    b.cs    Lput_uncreated
    mov     w19, w0
    bl      send_continue
    b.cs    Lput_close
    mov     w0, w19
    bl      receive_body
    b.cs    Lput_close
    mov     w0, w19
    bl      commit_temp
Lput_close:
    // Undone in the reverse order: the timer, the descriptor, the name.
    csel    x20, x0, xzr, cs
    bl      stop_body_clock
    mov     w0, w19
    system  close
    bl      remove_temp
    mov     x0, x20
    cmp     x0, #1
    b.hs    Lput_exit
    mov     x0, x21
    bl      answer_upload
Lput_exit:
    ldr     x21, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   48
Lput_uncreated:
    bl      translate_place_errno
    b       Lput_exit

// void check_upload(void)
//   Refuses what can be refused of a PUT without looking at the file system.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0, x9-x11, flags
//   Errors:    status
check_upload:
    ldr     x9, [x28, #req_flags]
    mov     w0, #BAD_REQUEST
    tbnz    x9, #SEEN_CONTENT_RANGE_BIT, Lupload_refuse
    mov     w0, #LENGTH_REQUIRED
    mov     w11, #1 << SEEN_LENGTH_BIT | 1 << SEEN_CODING_BIT
    tst     x9, x11
    b.eq    Lupload_refuse
    mov     w0, #CONTENT_TOO_LARGE
    ldr     x10, [x28, #req_body_length]
    movz    w11, #MAX_BODY & 0xffff
    movk    w11, #MAX_BODY >> 16, lsl #16
    cmp     x10, x11
    b.hi    Lupload_refuse
    succeed
Lupload_exit:
    ret
Lupload_refuse:
    cmp     xzr, xzr
    b       Lupload_exit

// u64 find_place(void)
//   Looks at the target of a PUT: a regular file, or a free name in a directory. A
//   path that ends with a slash is neither.
//   In:        x28 = state
//   Out:       x0 = 1 when there is a file, else 0
//   Clobbers:  x0-x3, x9-x11, x16, flags
//   Errors:    status
find_place:
    enter   176
    bl      examine_target
    b.cs    Lplace_failed
    cbz     x0, Lplace_parent
    cmp     w0, #S_IFREG
    mov     w0, #1
    b.eq    Lplace_done
    ldrh    w9, [x28, #req_stat + st_mode]
    and     w9, w9, #S_IFMT
    cmp     w9, #S_IFDIR
    b.eq    Lplace_conflict
    fail    FORBIDDEN, Lplace_exit
Lplace_parent:
    // The path up to its last slash, which is put back.
    ldr     x9, [x28, #req_path_end]
Lplace_slash:
    ldrb    w10, [x9, #-1]!
    cmp     w10, #'/'
    b.ne    Lplace_slash
    strb    wzr, [x9]
    str     x9, [sp, #16]
    mov     w0, #AT_FDCWD
    add     x1, x28, #HOT_PATH
    add     x2, sp, #32
    mov     w3, #AT_SYMLINK_NOFOLLOW_ANY
    system  fstatat64
    cset    w10, cs
    ldr     x9, [sp, #16]
    mov     w11, #'/'
    strb    w11, [x9]
    cbnz    w10, Lplace_failed
    ldrh    w9, [sp, #32 + st_mode]
    and     w9, w9, #S_IFMT
    cmp     w9, #S_IFDIR
    mov     w0, #0
    b.ne    Lplace_conflict
Lplace_done:
    succeed
Lplace_exit:
    leave   176
Lplace_failed:
    bl      translate_place_errno
    b       Lplace_exit
Lplace_conflict:
    fail    CONFLICT, Lplace_exit

// u64 translate_place_errno(u64 errno)
//   Finds the status for an error on the way to a PUT's target: a missing parent
//   is a conflict, not a missing file.
//   In:        x0 = errno
//   Out:       none
//   Clobbers:  x0, x9-x11, flags
//   Errors:    status: always
translate_place_errno:
    enter   16
    cmp     w0, #ENOENT
    ccmp    w0, #ENOTDIR, #4, ne
    b.eq    Lplace_errno_conflict
    bl      translate_errno
Lplace_errno_exit:
    leave   16
Lplace_errno_conflict:
    fail    CONFLICT, Lplace_errno_exit

// u64 examine_target(void)
//   Looks at the file at HOT_PATH without opening it.
//   In:        x28 = state
//   Out:       x0 = its type (S_IFREG...), 0 when there is none
//   Clobbers:  x0-x3, x9-x11, x16, flags
//   Errors:    errno
examine_target:
    enter   16
    mov     w0, #AT_FDCWD
    add     x1, x28, #HOT_PATH
    add     x2, x28, #req_stat
    mov     w3, #AT_SYMLINK_NOFOLLOW_ANY
    system  fstatat64
    b.cs    Lexamine_failed
    bl      describe_file
    ldrh    w0, [x28, #req_stat + st_mode]
    and     w0, w0, #S_IFMT
    succeed
Lexamine_exit:
    leave   16
Lexamine_failed:
    cmp     w0, #ENOENT
    b.eq    Lexamine_missing
    cmp     xzr, xzr
    b       Lexamine_exit
Lexamine_missing:
    mov     x0, #0
    succeed
    b       Lexamine_exit

// int create_temp(void)
//   Creates the temporary file; a name left over from another process is passed by.
//   In:        x28 = state
//   Out:       x0 = its descriptor
//   Clobbers:  x0-x3, x9-x11, x16, v0, flags
//   Errors:    errno
create_temp:
    enter   32
    stp     x19, x20, [sp, #16]
    system  getpid
    mov     w19, w0
    mov     w20, #0
Ltemp_next:
    add     x0, x28, #conn_temp_name
    address x1, docroot
    bl      append_text
    address x1, temp_prefix
    bl      append_text
    mov     w1, w19
    bl      append_decimal
    cbz     w20, Ltemp_open
    mov     w9, #'.'
    strb    w9, [x0], #1
    mov     w1, w20
    bl      append_decimal
Ltemp_open:
    strb    wzr, [x0]
    add     x0, x28, #conn_temp_name
    movz    w1, #OPEN_TO_CREATE & 0xffff
    movk    w1, #OPEN_TO_CREATE >> 16, lsl #16
    mov     w2, #NEW_FILE_MODE
    system  open
    b.cc    Ltemp_created
    cmp     w0, #EEXIST
    b.ne    Ltemp_failed
    add     w20, w20, #1
    cmp     w20, #TEMP_TRIES
    b.ls    Ltemp_next
Ltemp_failed:
    cmp     xzr, xzr
    b       Ltemp_exit
Ltemp_created:
    mov     w9, #1
    str     x9, [x28, #conn_temp]
    succeed
Ltemp_exit:
    ldp     x19, x20, [sp, #16]
    leave   32

// void commit_temp(int fd)
//   Renames the complete temporary file over the target.
//   In:        x0 = fd, x28 = state
//   Out:       none
//   Clobbers:  x0-x4, x9-x11, x16, flags
//   Errors:    status
commit_temp:
    enter   16
    add     x1, x28, #req_stat
    system  fstat64
    b.cs    Lcommit_failed
    bl      describe_file
    mov     w0, #AT_FDCWD
    add     x1, x28, #conn_temp_name
    mov     w2, #AT_FDCWD
    add     x3, x28, #HOT_PATH
    mov     w4, #RENAME_NOFOLLOW_ANY
    system  renameatx_np
    b.cs    Lcommit_failed
    str     xzr, [x28, #conn_temp]
    succeed
Lcommit_exit:
    leave   16
Lcommit_failed:
    bl      translate_place_errno
    b       Lcommit_exit

// void remove_temp(void)
//   Removes the temporary file if it still has its name.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x1, x9, x16, flags
//   Errors:    none
remove_temp:
    ldr     x9, [x28, #conn_temp]
    cbz     x9, Lremove_exit
    add     x0, x28, #conn_temp_name
    system  unlink
    str     xzr, [x28, #conn_temp]
Lremove_exit:
    ret

// void send_continue(void)
//   Sends 100 Continue to a client that waits for it with the body.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x11, x16, flags
//   Errors:    status
send_continue:
    enter   16
    ldr     x9, [x28, #req_flags]
    tbz     x9, #SEEN_CONTINUE_BIT, Lcontinue_done
    tbz     x9, #BODY_BIT, Lcontinue_done
    ldp     x9, x10, [x28, #conn_in_start]
    cmp     x9, x10
    b.ne    Lcontinue_done
    address x0, continue_response
    ldrb    w1, [x0], #1
    bl      send_all
    b.cs    Lcontinue_gone
Lcontinue_done:
    succeed
Lcontinue_exit:
    leave   16
Lcontinue_gone:
    fail    BAD_REQUEST, Lcontinue_exit

// void answer_upload(u64 replaced)
//   Answers a PUT that was carried out.
//   In:        x0 = replaced, x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x13, x16, v0, flags
//   Errors:    status
answer_upload:
    enter   32
    str     x19, [sp, #16]
    mov     x19, x0
    add     x0, x28, #HOT_OUT
    mov     w1, #CREATED
    mov     w9, #NO_CONTENT
    cmp     x19, #0
    csel    w1, w9, w1, ne
    bl      begin_response
    bl      append_etag
    cbnz    x19, Lanswer_send
    bl      append_location
    bl      append_line_end
    mov     x1, #0
    bl      append_content_length
Lanswer_send:
    bl      append_line_end
    bl      send_response
    ldr     x19, [sp, #16]
    leave   32

// void serve_delete(void)
//   Removes a regular file.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x14, x16, v0, flags
//   Errors:    status
serve_delete:
    enter   16
    bl      examine_target
    b.cs    Ldelete_failed
    cbz     x0, Ldelete_missing
    cmp     w0, #S_IFREG
    b.ne    Ldelete_forbidden
    mov     w0, #1
    bl      evaluate_conditions
    b.cs    Ldelete_exit
    mov     w0, #AT_FDCWD
    add     x1, x28, #HOT_PATH
    mov     w2, #AT_SYMLINK_NOFOLLOW_ANY
    system  unlinkat
    b.cs    Ldelete_failed
    add     x0, x28, #HOT_OUT
    mov     w1, #NO_CONTENT
    bl      begin_response
    bl      append_line_end
    bl      send_response
Ldelete_exit:
    leave   16
Ldelete_failed:
    bl      translate_errno
    b       Ldelete_exit
Ldelete_missing:
    fail    NOT_FOUND, Ldelete_exit
Ldelete_forbidden:
    fail    FORBIDDEN, Ldelete_exit

// void serve_options(void)
//   Answers which methods there are.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x13, x16, v0, flags
//   Errors:    status
serve_options:
    enter   16
    add     x0, x28, #HOT_OUT
    mov     w1, #NO_CONTENT
    bl      begin_response
    bl      append_allow
    bl      append_line_end
    bl      send_response
    leave   16

// void refuse_method(void)
//   Refuses a method that is known and not served.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0, flags
//   Errors:    status: always
refuse_method:
    fail    METHOD_NOT_ALLOWED, Lrefuse_method_exit
Lrefuse_method_exit:
    ret

// void refuse_unknown(void)
//   Refuses a method that nobody knows.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0, flags
//   Errors:    status: always
refuse_unknown:
    fail    NOT_IMPLEMENTED, Lrefuse_unknown_exit
Lrefuse_unknown_exit:
    ret

// void refuse_brew(void)
//   Refuses to brew coffee (RFC 2324).
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0, flags
//   Errors:    status: always
refuse_brew:
    fail    TEAPOT, Lrefuse_brew_exit
Lrefuse_brew_exit:
    ret

// ============================================================================
// 14. Request bodies
// ============================================================================

// void receive_body(int fd)
//   Receives the request's body into a file.
//   In:        x0 = fd, x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x12, x16, v0-v5, flags
//   Errors:    status
receive_body:
    enter   16
    ldr     x9, [x28, #req_flags]
    tbnz    x9, #SEEN_CODING_BIT, Lbody_chunks
    ldr     x1, [x28, #req_body_length]
    bl      store_body
    b.cs    Lbody_exit
    b       Lbody_done
Lbody_chunks:
    bl      receive_chunks
    b.cs    Lbody_exit
Lbody_done:
    ldr     x9, [x28, #req_flags]
    and     x9, x9, #~(1 << BODY_BIT)
    str     x9, [x28, #req_flags]
    succeed
Lbody_exit:
    leave   16

// void receive_chunks(int fd)
//   Decodes a chunked body into a file (RFC 9112, section 7.1), and checks and
//   discards its trailer fields.
//   In:        x0 = fd, x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x12, x16, v0-v5, flags
//   Errors:    status
receive_chunks:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     w19, w0
Lchunks_next:
    bl      take_line
    b.cs    Lchunks_exit
    bl      parse_chunk_size
    b.cs    Lchunks_exit
    mov     x20, x0
    mov     x0, x1
    bl      count_extra
    b.cs    Lchunks_exit
    cbz     x20, Lchunks_trailer
    // Subtracting keeps a size of any magnitude from wrapping.
    ldr     x9, [x28, #req_body_seen]
    movz    w10, #MAX_BODY & 0xffff
    movk    w10, #MAX_BODY >> 16, lsl #16
    sub     x10, x10, x9
    cmp     x20, x10
    b.hi    Lchunks_large
    mov     w0, w19
    mov     x1, x20
    bl      store_body
    b.cs    Lchunks_exit
    bl      take_line
    b.cs    Lchunks_exit
    cbz     x1, Lchunks_next
    b       Lchunks_bad
Lchunks_trailer:
    bl      take_line
    b.cs    Lchunks_exit
    cbz     x1, Lchunks_done
    mov     x20, x0
    add     x0, x1, #2
    bl      count_extra
    b.cs    Lchunks_exit
    mov     x0, x20
    bl      split_field
    b.cs    Lchunks_exit
    b       Lchunks_trailer
Lchunks_done:
    succeed
Lchunks_exit:
    ldp     x19, x20, [sp, #16]
    leave   32
Lchunks_large:
    fail    CONTENT_TOO_LARGE, Lchunks_exit
Lchunks_bad:
    fail    BAD_REQUEST, Lchunks_exit

// void count_extra(u64 count)
//   Bounds the bytes of chunk extensions and trailer fields of a request.
//   In:        x0 = count, x28 = state
//   Out:       none
//   Clobbers:  x0, x9, flags
//   Errors:    status
count_extra:
    ldr     x9, [x28, #req_body_extra]
    add     x9, x9, x0
    str     x9, [x28, #req_body_extra]
    cmp     x9, #CHUNK_EXTRA_MAX
    b.hi    Lextra_large
    succeed
Lextra_exit:
    ret
Lextra_large:
    fail    HEADER_TOO_LARGE, Lextra_exit

// u64 parse_chunk_size(const u8 *line, u64 length)
//   Reads a chunk-size line: hexadecimal digits, perhaps an extension.
//   In:        x0 = line, which ends with CR LF, x1 = length without them
//   Out:       x0 = size, at most 2^60 however many digits, x1 = bytes behind it
//   Clobbers:  x0-x1, x9-x12, v0-v5, flags
//   Errors:    status: 400
parse_chunk_size:
    enter   32
    stp     x19, x20, [sp, #16]
    add     x20, x0, x1             // end of the line
    mov     x19, #0
    mov     x11, #0
    mov     x9, x0
Lsize_digit:
    ldrb    w10, [x9]
    sub     w11, w10, #'0'
    cmp     w11, #9
    b.ls    Lsize_add
    orr     w11, w10, #CASE_BIT
    sub     w11, w11, #'a'
    cmp     w11, #5
    b.hi    Lsize_end
    add     w11, w11, #10
Lsize_add:
    // Too large already: it stays so.
    lsr     x12, x19, #56
    cmp     x12, #0
    orr     x12, x11, x19, lsl #4
    mov     x10, #1 << 60
    csel    x19, x12, x10, eq
    add     x9, x9, #1
    b       Lsize_digit
Lsize_end:
    cmp     x9, x0
    b.eq    Lsize_bad
    sub     x1, x20, x9
    cbz     x1, Lsize_done
    mov     x0, x9
    mov     x11, x9
    bl      find_control
    cmp     x0, x20
    b.ne    Lsize_bad
    // Blanks, then the semicolon of an extension.
Lsize_blank:
    ldrb    w10, [x11], #1
    cmp     w10, #SPACE
    ccmp    w10, #TAB, #4, ne
    b.eq    Lsize_blank
    cmp     w10, #';'
    b.ne    Lsize_bad
Lsize_done:
    mov     x0, x19
    succeed
Lsize_exit:
    ldp     x19, x20, [sp, #16]
    leave   32
Lsize_bad:
    fail    BAD_REQUEST, Lsize_exit

// u8 *take_line(void)
//   Takes a line of a chunked body, receiving until it is complete.
//   In:        x28 = state
//   Out:       x0 = line, x1 = length without CR LF
//   Clobbers:  x0-x5, x9-x11, x16, v0-v1, flags
//   Errors:    status
take_line:
    enter   16
Ltake_scan:
    ldp     x0, x1, [x28, #conn_in_start]
    mov     w2, #LF
    bl      find_byte
    ldp     x9, x10, [x28, #conn_in_start]
    sub     x1, x0, x9
    cmp     x1, #CHUNK_LINE_MAX
    b.hi    Ltake_bad
    cmp     x0, x10
    b.eq    Ltake_more
    cbz     x1, Ltake_bad
    ldrb    w11, [x0, #-1]
    cmp     w11, #CR
    b.ne    Ltake_bad
    add     x0, x0, #1
    str     x0, [x28, #conn_in_start]
    sub     x1, x1, #1
    mov     x0, x9
    succeed
Ltake_exit:
    leave   16
Ltake_more:
    bl      fill_body
    b.cc    Ltake_scan
    b       Ltake_exit
Ltake_bad:
    fail    BAD_REQUEST, Ltake_exit

// void store_body(int fd, u64 count)
//   Writes the next bytes of the connection to a file.
//   In:        x0 = fd, x1 = count, x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x11, x16, v0, flags
//   Errors:    status
store_body:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     w19, w0
    mov     x20, x1
Lstore_next:
    cbz     x20, Lstore_done
    ldp     x1, x10, [x28, #conn_in_start]
    subs    x2, x10, x1
    b.eq    Lstore_fill
    cmp     x2, x20
    csel    x2, x2, x20, lo
    mov     w0, w19
    system  write
    b.cs    Lstore_failed
    ldr     x9, [x28, #conn_in_start]
    add     x9, x9, x0
    str     x9, [x28, #conn_in_start]
    ldr     x9, [x28, #req_body_seen]
    add     x9, x9, x0
    str     x9, [x28, #req_body_seen]
    sub     x20, x20, x0
    b       Lstore_next
Lstore_fill:
    bl      fill_body
    b.cc    Lstore_next
    b       Lstore_exit
Lstore_failed:
    cmp     w0, #EINTR
    b.eq    Lstore_next
    bl      translate_errno
    b       Lstore_exit
Lstore_done:
    succeed
Lstore_exit:
    ldp     x19, x20, [sp, #16]
    leave   32

// void fill_body(void)
//   Receives more of a body behind the header section, which stays in place.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x11, x16, v0, flags
//   Errors:    status
fill_body:
    enter   16
    ldr     x0, [x28, #req_header_end]
    ldp     x1, x10, [x28, #conn_in_start]
    sub     x2, x10, x1
    add     x10, x0, x2
    stp     x0, x10, [x28, #conn_in_start]
    bl      append_bytes
    ldr     x9, [x28, #req_flags]
    tbnz    x9, #BODY_CLOCK_BIT, Lfill_receive
    bl      start_body_clock
Lfill_receive:
    ldr     x9, [x28, #conn_alarm]
    cbz     x9, Lfill_wait
    bl      check_body_clock
    b.cs    Lfill_exit
Lfill_wait:
    ldr     x1, [x28, #conn_in_end]
    movz    w9, #(HOT_IN + IN_SIZE) & 0xffff
    movk    w9, #(HOT_IN + IN_SIZE) >> 16, lsl #16
    add     x2, x28, x9
    sub     x2, x2, x1
    mov     w3, #0
    bl      receive
    b.cs    Lfill_failed
    cbz     x0, Lfill_gone
    ldr     x9, [x28, #conn_in_end]
    add     x9, x9, x0
    str     x9, [x28, #conn_in_end]
    succeed
Lfill_exit:
    leave   16
Lfill_failed:
    cmp     w0, #EINTR
    b.eq    Lfill_receive
    cmp     w0, #EAGAIN
    b.ne    Lfill_gone
    fail    REQUEST_TIMEOUT, Lfill_exit
Lfill_gone:
    fail    BAD_REQUEST, Lfill_exit

// void start_body_clock(void)
//   Starts the time that a body may take; bodies that came with their header
//   never get here.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x4, x9-x11, x16, flags
//   Errors:    none
start_body_clock:
    enter   16
    ldr     x9, [x28, #req_flags]
    orr     x9, x9, #1 << BODY_CLOCK_BIT
    str     x9, [x28, #req_flags]
    bl      read_clock
    str     x0, [x28, #req_body_start]
    str     xzr, [x28, #conn_alarm]
    movz    w0, #(RECV_TIMEOUT * 1000000) & 0xffff
    movk    w0, #(RECV_TIMEOUT * 1000000) >> 16, lsl #16
    bl      set_receive_wait
    bl      allowed_time
    bl      set_timer
    leave   16

// u64 allowed_time(void)
//   Computes the time that the body may take: by its length, or when that is
//   unknown by what has come.
//   In:        x28 = state
//   Out:       x0 = microseconds
//   Clobbers:  x0, x9-x11, flags
//   Errors:    none
allowed_time:
    ldr     x9, [x28, #req_body_length]
    ldr     x10, [x28, #req_body_seen]
    cmp     x9, x10
    csel    x9, x9, x10, hi
    movz    w10, #1000000 & 0xffff
    movk    w10, #1000000 >> 16, lsl #16
    mul     x9, x9, x10
    mov     w11, #PUT_MIN_RATE
    udiv    x9, x9, x11
    mov     w11, #PUT_GRACE
    madd    x0, x10, x11, x9
    ret

// void check_body_clock(void)
//   Judges a body's time when the timer ran out, and sets the timer anew.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x2, x9-x11, x16, flags
//   Errors:    status: 408
check_body_clock:
    enter   32
    str     x19, [sp, #16]
    str     xzr, [x28, #conn_alarm]
    bl      read_clock
    mov     x19, x0
    bl      allowed_time
    ldr     x9, [x28, #req_body_start]
    add     x0, x0, x9
    subs    x0, x0, x19
    b.le    Lclock_expired
    bl      set_timer
    succeed
Lclock_exit:
    ldr     x19, [sp, #16]
    leave   32
Lclock_expired:
    fail    REQUEST_TIMEOUT, Lclock_exit

// void stop_body_clock(void)
//   Stops the body's timer, if it runs, and reads the time for the answer.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x2, x9-x11, x16, flags
//   Errors:    none
stop_body_clock:
    enter   16
    ldr     x9, [x28, #req_flags]
    tbz     x9, #BODY_CLOCK_BIT, Lstop_exit
    and     x9, x9, #~(1 << BODY_CLOCK_BIT)
    str     x9, [x28, #req_flags]
    mov     x0, #0
    bl      set_timer
    str     xzr, [x28, #conn_alarm]
    bl      read_clock
Lstop_exit:
    leave   16

// void set_timer(u64 microseconds)
//   Sets the timer that sends SIGALRM, or stops it with 0. It goes on each second:
//   a signal just before a call would else be lost on it.
//   In:        x0 = microseconds
//   Out:       none
//   Clobbers:  x0-x2, x9-x11, x16, flags
//   Errors:    none
set_timer:
    enter   48
    movz    w9, #1000000 & 0xffff
    movk    w9, #1000000 >> 16, lsl #16
    udiv    x10, x0, x9
    msub    x11, x10, x9, x0
    cmp     x0, #0
    cset    x9, ne
    stp     x9, xzr, [sp, #16 + it_interval]
    stp     x10, x11, [sp, #16 + it_value]
    mov     w0, #ITIMER_REAL
    add     x1, sp, #16
    mov     x2, #0
    system  setitimer
    leave   48

// ============================================================================
// 15. Conditions and ranges
// ============================================================================

// u64 evaluate_conditions(u64 exists)
//   Evaluates the request's conditions in the order of RFC 9110, section 13.2.2.
//   In:        x0 = 1 when the target exists, with its stat and ETag in the state,
//              x28 = state
//   Out:       x0 = 0 to go on, or NOT_MODIFIED
//   Clobbers:  x0-x5, x9-x14, flags
//   Errors:    status: 412
evaluate_conditions:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     x19, x0
    ldr     x9, [x28, #req_method]
    ldrb    w20, [x9, #row_flags]
    ldr     x9, [x28, #req_if_match]
    cbz     x9, Lconditions_unmodified
    cbz     x19, Lconditions_failed
    add     x0, x28, #req_if_match
    mov     w1, #1
    bl      match_tags
    cbz     x0, Lconditions_failed
    b       Lconditions_none_match
Lconditions_unmodified:
    cbz     x19, Lconditions_none_match
    add     x0, x28, #req_if_unmodified
    bl      changed_since
    cmp     x0, #1
    b.eq    Lconditions_failed
Lconditions_none_match:
    ldr     x9, [x28, #req_if_none_match]
    cbz     x9, Lconditions_modified
    cbz     x19, Lconditions_hold
    add     x0, x28, #req_if_none_match
    mov     w1, #0
    bl      match_tags
    cbz     x0, Lconditions_hold
    tst     w20, #METHOD_READ
    b.eq    Lconditions_failed
    b       Lconditions_fresh
Lconditions_modified:
    tst     w20, #METHOD_READ
    b.eq    Lconditions_hold
    add     x0, x28, #req_if_modified
    bl      changed_since
    cbnz    x0, Lconditions_hold
Lconditions_fresh:
    mov     w0, #NOT_MODIFIED
    succeed
    b       Lconditions_exit
Lconditions_hold:
    mov     x0, #0
    succeed
Lconditions_exit:
    ldp     x19, x20, [sp, #16]
    leave   32
Lconditions_failed:
    fail    PRECONDITION_FAILED, Lconditions_exit

// u64 changed_since(const span *date)
//   Compares the file's time with the date of a field.
//   In:        x0 = date, x28 = state
//   Out:       x0 = 1 when the file is newer, 0 when not, 2 when the date is none
//   Clobbers:  x0-x4, x9-x14, flags
//   Errors:    none
changed_since:
    enter   16
    ldp     x9, x1, [x0]
    mov     x0, #2
    cbz     x1, Lchanged_exit
    mov     x0, x9
    ldr     x2, [x28, #conn_now]
    bl      parse_http_date
    mov     x9, x0
    mov     x0, #2
    b.cs    Lchanged_exit
    ldr     x10, [x28, #req_stat + st_mtime]
    cmp     x10, x9
    cset    x0, gt
Lchanged_exit:
    leave   16

// u64 match_tags(const tags *tags, u64 strong)
//   Looks for the file's ETag in lists of entity tags (RFC 9110, section 8.8.3).
//   In:        x0 = tags, x1 = 1 for the strong comparison, x28 = state
//   Out:       x0 = 1 when it is there, or the list is `*`
//   Clobbers:  x0-x5, x9-x10, flags
//   Errors:    none
match_tags:
    enter   48
    stp     x19, x20, [sp, #16]
    str     x21, [sp, #32]
    ldr     x19, [x0, #tags_count]
    add     x20, x0, #tags_spans
    mov     x21, x1
Lmatch_next:
    cbz     x19, Lmatch_none
    ldp     x0, x1, [x20], #SPAN_SIZE
    sub     x19, x19, #1
    mov     x2, x21
    bl      match_tag_list
    cbz     x0, Lmatch_next
    b       Lmatch_exit
Lmatch_none:
    mov     x0, #0
Lmatch_exit:
    ldr     x21, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   48

// u64 match_tag_list(const u8 *text, u64 length, u64 strong)
//   Looks for the file's ETag in one list, up to the first thing that is no tag.
//   In:        x0 = text, x1 = length, x2 = strong, x28 = state
//   Out:       x0 = 1 when it is there, or the list is `*`
//   Clobbers:  x0-x5, x9-x10, flags
//   Errors:    none
match_tag_list:
    enter   48
    stp     x19, x20, [sp, #16]
    str     x21, [sp, #32]
    mov     x19, x0
    add     x20, x0, x1
    mov     x21, x2
    cmp     x1, #1
    b.ne    Ltag_next
    ldrb    w9, [x0]
    cmp     w9, #'*'
    b.eq    Ltag_found
Ltag_next:
    cmp     x19, x20
    b.hs    Ltag_none
    ldrb    w9, [x19], #1
    mov     w10, #','
    cmp     w9, #SPACE
    ccmp    w9, #TAB, #4, ne
    ccmp    w9, w10, #4, ne
    b.eq    Ltag_next
    mov     w10, #0                 // 1 when the tag is weak
    cmp     w9, #'W'
    b.ne    Ltag_quote
    ldrh    w9, [x19], #2
    mov     w10, #'/' | '"' << 8
    cmp     w9, w10
    b.ne    Ltag_none
    mov     w10, #1
    mov     w9, #'"'
Ltag_quote:
    cmp     w9, #'"'
    b.ne    Ltag_none
    // The tag with its quotes is x0 up to x19; weak ones count when strong is 0.
    sub     x0, x19, #1
Ltag_scan:
    cmp     x19, x20
    b.hs    Ltag_none
    ldrb    w9, [x19], #1
    cmp     w9, #'"'
    b.ne    Ltag_scan
    tst     x10, x21
    b.ne    Ltag_next
    sub     x2, x19, x0
    ldr     x9, [x28, #req_etag_length]
    cmp     x2, x9
    b.ne    Ltag_next
    add     x1, x28, #req_etag
    bl      equal_bytes
    cbz     x0, Ltag_next
Ltag_found:
    mov     x0, #1
    b       Ltag_exit
Ltag_none:
    mov     x0, #0
Ltag_exit:
    ldr     x21, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   48

// u64 select_range(void)
//   Decides which bytes of the file the request asks for (RFC 9110, section 14.2).
//   In:        x28 = state
//   Out:       x0 = OK or PARTIAL_CONTENT; req_first and req_count are set
//   Clobbers:  x0-x5, x9-x14, v0-v1, flags
//   Errors:    status: 416
select_range:
    enter   16
    ldr     x9, [x28, #req_stat + st_size]
    str     xzr, [x28, #req_first]
    str     x9, [x28, #req_count]
    ldr     x9, [x28, #req_flags]
    tbnz    x9, #HEAD_BIT, Lselect_whole
    ldr     x10, [x28, #req_range]
    cbz     x10, Lselect_whole
    tbz     x9, #SEEN_IF_RANGE_BIT, Lselect_parse
    bl      range_holds
    cbz     x0, Lselect_whole
Lselect_parse:
    ldp     x0, x1, [x28, #req_range]
    ldr     x2, [x28, #req_stat + st_size]
    bl      parse_range
    b.cs    Lselect_exit
    cmp     w0, #PARTIAL_CONTENT
    b.ne    Lselect_whole
    str     x1, [x28, #req_first]
    str     x2, [x28, #req_count]
    b       Lselect_done
Lselect_whole:
    mov     w0, #OK
Lselect_done:
    succeed
Lselect_exit:
    leave   16

// u64 range_holds(void)
//   Evaluates If-Range: the very same strong ETag, or the very same date, which is
//   weak as long as the file may change again within its second.
//   In:        x28 = state
//   Out:       x0 = 1 when the range is to be served
//   Clobbers:  x0-x5, x9-x14, flags
//   Errors:    none
range_holds:
    enter   16
    ldp     x0, x1, [x28, #req_if_range]
    cbz     x1, Lholds_not
    ldrb    w9, [x0]
    cmp     w9, #'"'
    b.ne    Lholds_date
    ldr     x9, [x28, #req_etag_length]
    cmp     x1, x9
    b.ne    Lholds_not
    mov     x2, x1
    add     x1, x28, #req_etag
    bl      equal_bytes
    b       Lholds_exit
Lholds_date:
    ldr     x2, [x28, #conn_now]
    bl      parse_http_date
    b.cs    Lholds_not
    ldr     x9, [x28, #req_stat + st_mtime]
    ldr     x10, [x28, #conn_now]
    cmp     x0, x9
    ccmp    x9, x10, #0, eq
    cset    x0, lt
    b       Lholds_exit
Lholds_not:
    mov     x0, #0
Lholds_exit:
    leave   16

// u64 parse_range(const u8 *text, u64 length, u64 size)
//   Reads `bytes=a-b`, `bytes=a-` or `bytes=-n` and clips it to the file.
//   In:        x0 = text, x1 = length, x2 = size of the file
//   Out:       x0 = PARTIAL_CONTENT with x1 = first byte and x2 = their number, or
//              OK when the field is to be ignored
//   Clobbers:  x0-x5, x9-x14, v0-v1, flags
//   Errors:    status: 416
parse_range:
    enter   32
    str     x19, [sp, #16]
    mov     x19, x2
    bl      split_range
    b.cs    Lrange_ignore
    cmn     x0, #1
    b.eq    Lrange_suffix
    // From x0 to x1, or to the end; -1 is greater than any number.
    cmp     x1, x0
    b.lo    Lrange_ignore
    cmp     x0, x19
    b.hs    Lrange_unsatisfiable
    sub     x9, x19, #1
    cmp     x1, x9
    csel    x9, x1, x9, lo
    mov     x1, x0
    sub     x2, x9, x0
    add     x2, x2, #1
Lrange_found:
    mov     w0, #PARTIAL_CONTENT
    succeed
Lrange_exit:
    ldr     x19, [sp, #16]
    leave   32
Lrange_suffix:
    // The last x1 bytes; "-" alone is no range, and no bytes are none to send.
    cmn     x1, #1
    b.eq    Lrange_ignore
    cbz     x1, Lrange_unsatisfiable
    cbz     x19, Lrange_ignore
    cmp     x1, x19
    csel    x2, x1, x19, lo
    sub     x1, x19, x2
    b       Lrange_found
Lrange_ignore:
    mov     w0, #OK
    succeed
    b       Lrange_exit
Lrange_unsatisfiable:
    fail    RANGE_NOT_SATISFIABLE, Lrange_exit

// u64 split_range(const u8 *text, u64 length)
//   Splits `bytes=a-b`, of which either number may be missing.
//   In:        x0 = text, x1 = length
//   Out:       x0 = a, x1 = b, -1 for a missing one
//   Clobbers:  x0-x5, x9-x14, v0-v1, flags
//   Errors:    errno: EINVAL for anything else
split_range:
    enter   48
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    mov     x19, x0
    add     x20, x0, x1             // end of the text
    mov     x9, x1
    address x1, bytes_text
    ldrb    w2, [x1], #1
    cmp     x9, x2
    b.ls    Lrange_bad
    add     x19, x19, x2
    bl      equal_folded
    cbz     x0, Lrange_bad
    mov     x0, x19
    mov     x1, x20
    mov     w2, #'-'
    bl      find_byte
    mov     x21, x0
    cmp     x0, x20
    b.eq    Lrange_bad
    mov     x22, #-1
    add     x0, x21, #1
    subs    x1, x20, x0
    b.eq    Lrange_first
    bl      parse_decimal
    b.cs    Lrange_split
    mov     x22, x0
Lrange_first:
    mov     x0, x19
    subs    x1, x21, x19
    mov     x9, #-1
    csel    x0, x9, x0, eq
    succeed
    cbz     x1, Lrange_numbers
    bl      parse_decimal
    b.cs    Lrange_split
    // Where both are beyond counting, their digits tell which is less.
    mov     x9, #NUMBER_MAX
    cmp     x0, x9
    ccmp    x22, x9, #0, eq
    b.ne    Lrange_counted
    add     x0, x21, #1
    sub     x1, x20, x0
    mov     x2, x19
    sub     x3, x21, x19
    bl      digits_below
    cbnz    x0, Lrange_bad
    mov     x0, x22
Lrange_counted:
    succeed
Lrange_numbers:
    mov     x1, x22
Lrange_split:
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   48
Lrange_bad:
    fail    EINVAL, Lrange_split

// ============================================================================
// 16. Responses
// ============================================================================

// u8 *begin_response(u8 *out, u64 status)
//   Appends the status line and the fields that every response has.
//   In:        x0 = out, x1 = status, x28 = state
//   Out:       x0 = end
//   Clobbers:  x0-x4, x9-x13, v0, flags
//   Errors:    none
begin_response:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     x19, x0
    str     x1, [x28, #req_status]
    mov     x0, x1
    bl      find_status
    mov     x20, x0
    mov     x0, x19
    address x1, version_text
    bl      append_text
    add     x1, x20, #row_text
    ldrb    w2, [x20, #row_length]
    bl      append_bytes
    address x1, date_field
    bl      append_text
    ldr     x1, [x28, #conn_now]
    bl      append_http_date
    address x1, connection_field
    bl      append_text
    // An unread body is not taken for the next request.
    ldr     x9, [x28, #req_flags]
    address x1, keep_alive_text
    address x10, close_text
    tst     x9, #1 << BODY_BIT
    csel    x1, x10, x1, ne
    tst     x9, #1 << PERSIST_BIT
    csel    x1, x10, x1, eq
    bl      append_text
    bl      append_line_end
    ldp     x19, x20, [sp, #16]
    leave   32

// row *find_status(u64 status)
//   Finds the row of a status; the one of 500 for a status without a row.
//   In:        x0 = status
//   Out:       x0 = row of status_table
//   Clobbers:  x0-x3, x9-x11, flags
//   Errors:    none
find_status:
    enter   32
    mov     x1, x0
    str     xzr, [sp, #16]
    add     x0, sp, #16
    mov     w2, #3
    bl      append_padded
    ldr     x1, [sp, #16]
    address x0, status_table
    bl      find_row
    cbnz    x0, Lstatus_exit
    address x0, status_500
Lstatus_exit:
    leave   32

// u8 *append_file_fields(u8 *out)
//   Appends what describes a file's content.
//   In:        x0 = out, x28 = state
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9-x11, v0, flags
//   Errors:    none
append_file_fields:
    enter   32
    str     x19, [sp, #16]
    address x1, content_type_field
    bl      append_text
    mov     x19, x0
    add     x0, x28, #HOT_PATH
    ldr     x1, [x28, #req_path_end]
    bl      find_type
    mov     x2, x1
    mov     x1, x0
    mov     x0, x19
    bl      append_bytes
    address x1, file_fields
    bl      append_text
    ldr     x19, [sp, #16]
    leave   32

// u8 *append_validators(u8 *out)
//   Appends ETag and Last-Modified, the latter never in the future.
//   In:        x0 = out, x28 = state
//   Out:       x0 = end
//   Clobbers:  x0-x4, x9-x13, v0, flags
//   Errors:    none
append_validators:
    enter   16
    bl      append_etag
    address x1, last_modified_field
    bl      append_text
    ldr     x1, [x28, #req_stat + st_mtime]
    ldr     x9, [x28, #conn_now]
    cmp     x1, x9
    csel    x1, x1, x9, lt
    bl      append_http_date
    bl      append_line_end
    leave   16

// u8 *append_etag(u8 *out)
//   Appends the ETag field.
//   In:        x0 = out, x28 = state
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9, v0, flags
//   Errors:    none
append_etag:
    enter   16
    address x1, etag_field
    bl      append_text
    add     x1, x28, #req_etag
    ldr     x2, [x28, #req_etag_length]
    bl      append_bytes
    bl      append_line_end
    leave   16

// u8 *append_content_length(u8 *out, u64 length)
//   Appends Content-Length.
//   In:        x0 = out, x1 = length
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9-x11, v0, flags
//   Errors:    none
append_content_length:
    enter   32
    str     x1, [sp, #16]
    address x1, content_length_field
    bl      append_text
    ldr     x1, [sp, #16]
    bl      append_decimal
    bl      append_line_end
    leave   32

// u8 *append_content_range(u8 *out)
//   Appends Content-Range for the bytes that are sent.
//   In:        x0 = out, x28 = state
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9-x11, v0, flags
//   Errors:    none
append_content_range:
    enter   16
    address x1, content_range_field
    bl      append_text
    ldr     x1, [x28, #req_first]
    bl      append_decimal
    mov     w9, #'-'
    strb    w9, [x0], #1
    ldr     x1, [x28, #req_first]
    ldr     x9, [x28, #req_count]
    add     x1, x1, x9
    sub     x1, x1, #1
    bl      append_decimal
    mov     w9, #'/'
    strb    w9, [x0], #1
    ldr     x1, [x28, #req_stat + st_size]
    bl      append_decimal
    bl      append_line_end
    leave   16

// u8 *append_unsatisfied_range(u8 *out)
//   Appends the Content-Range of a 416.
//   In:        x0 = out, x28 = state
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9-x11, v0, flags
//   Errors:    none
append_unsatisfied_range:
    enter   16
    address x1, content_range_field
    bl      append_text
    mov     w9, #'*' | '/' << 8
    strh    w9, [x0], #2
    ldr     x1, [x28, #req_stat + st_size]
    bl      append_decimal
    bl      append_line_end
    leave   16

// u8 *append_allow(u8 *out)
//   Appends Allow.
//   In:        x0 = out, x28 = state
//   Out:       x0 = end
//   Clobbers:  x0-x3, v0, flags
//   Errors:    none
append_allow:
    enter   16
    address x1, allow_field
    bl      append_text
    leave   16

// u8 *append_retry_after(u8 *out)
//   Appends Retry-After.
//   In:        x0 = out, x28 = state
//   Out:       x0 = end
//   Clobbers:  x0-x3, v0, flags
//   Errors:    none
append_retry_after:
    enter   16
    address x1, retry_after_field
    bl      append_text
    leave   16

// u8 *append_location(u8 *out)
//   Appends Location with the request's path, without the end of the line.
//   In:        x0 = out, x28 = state
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9-x12, v0, flags
//   Errors:    none
append_location:
    enter   16
    address x1, location_field
    bl      append_text
    // From the last byte of DOCROOT on, which is a slash.
    address x9, docroot
    ldrb    w9, [x9]
    add     x1, x28, #HOT_PATH
    add     x1, x1, x9
    sub     x1, x1, #1
    ldr     x2, [x28, #req_path_end]
    sub     x2, x2, x1
    mov     w3, #CLASS_PATH
    bl      append_escaped
    leave   16

// void respond_error(u64 status)
//   Answers with an error: the page err/STATUS.html, or a built-in one.
//   In:        x0 = status, x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x14, x16, v0-v5, flags
//   Errors:    none
respond_error:
    enter   208
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    mov     x19, x0
    bl      find_status
    mov     x21, x0
    bl      settle_error
    add     x0, sp, #48             // struct stat64 of the page
    mov     x1, x19
    bl      open_error_page
    mov     w20, w0                 // -1: there is none
    add     x0, x28, #HOT_OUT
    mov     x1, x19
    bl      begin_response
    ldrsw   x9, [x21, #row_routine]
    cbz     w9, Lerror_type
    address x10, tables
    add     x9, x9, x10
    blr     x9
Lerror_type:
    address x1, error_fields
    bl      append_text
    tbnz    w20, #31, Lerror_built_in
    ldr     x22, [sp, #48 + st_size]
    mov     x1, x22
    bl      append_content_length
    mov     x1, x0
    mov     w0, w20
    mov     x2, #0
    mov     x3, x22
    bl      send_body
    b       Lerror_sent
Lerror_built_in:
    mov     x1, x21
    bl      append_error_page
    bl      send_response
Lerror_sent:
    b.cc    Lerror_close
    bl      abandon_connection
Lerror_close:
    tbnz    w20, #31, Lerror_exit
    mov     w0, w20
    system  close
Lerror_exit:
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   208

// void settle_error(const row *status)
//   Decides whether the connection survives an error: not when its status says so,
//   or when the request's body is unread.
//   In:        x0 = row of status_table, x28 = state
//   Out:       none
//   Clobbers:  x9-x12, flags
//   Errors:    none
settle_error:
    ldrb    w10, [x0, #row_flags]
    ldr     x9, [x28, #req_flags]
    ubfx    x11, x9, #BODY_BIT, #1
    // Where that ends the connection, the client may still be sending.
    and     x12, x9, #~(1 << PERSIST_BIT)
    orr     x12, x12, #1 << DRAIN_BIT
    orr     x10, x10, x11
    cmp     x10, #0
    csel    x9, x12, x9, ne
    str     x9, [x28, #req_flags]
    ret

// int open_error_page(stat *stat, u64 status)
//   Opens err/STATUS.html, if it is a regular file.
//   In:        x0 = stat, x1 = status
//   Out:       x0 = its descriptor, or -1; the stat is filled in
//   Clobbers:  x0-x3, x9-x11, x16, v0, flags
//   Errors:    none
open_error_page:
    enter   112
    stp     x19, x20, [sp, #16]
    mov     x19, x0
    mov     x20, x1
    add     x0, sp, #32
    address x1, err_dir
    bl      append_text
    mov     x1, x20
    bl      append_decimal
    address x1, page_suffix
    bl      append_text
    strb    wzr, [x0]
    add     x0, sp, #32
    bl      open_path
    b.cs    Lpage_none
    mov     w20, w0
    mov     x1, x19
    system  fstat64
    b.cs    Lpage_close
    ldrh    w9, [x19, #st_mode]
    and     w9, w9, #S_IFMT
    cmp     w9, #S_IFREG
    mov     w0, w20
    b.eq    Lpage_exit
Lpage_close:
    mov     w0, w20
    system  close
Lpage_none:
    mov     w0, #-1
Lpage_exit:
    ldp     x19, x20, [sp, #16]
    leave   112

// u8 *append_error_page(u8 *out, const row *status)
//   Appends Content-Length and, unless for HEAD, the built-in page of a status.
//   In:        x0 = out, x1 = row of status_table, x28 = state
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9-x11, v0, flags
//   Errors:    none
append_error_page:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     x19, x1
    // The status stands in the page twice.
    ldrb    w9, [x19, #row_length]
    lsl     x20, x9, #1
    address x10, page_title
    ldrb    w9, [x10]
    add     x20, x20, x9
    address x10, page_heading
    ldrb    w9, [x10]
    add     x20, x20, x9
    address x10, page_end
    ldrb    w9, [x10]
    add     x20, x20, x9
    mov     x1, x20
    bl      append_content_length
    bl      append_line_end
    ldr     x9, [x28, #req_flags]
    tbnz    x9, #HEAD_BIT, Lbuilt_in_exit
    str     x20, [x28, #req_sent]
    address x1, page_title
    bl      append_text
    add     x1, x19, #row_text
    ldrb    w2, [x19, #row_length]
    bl      append_bytes
    address x1, page_heading
    bl      append_text
    add     x1, x19, #row_text
    ldrb    w2, [x19, #row_length]
    bl      append_bytes
    address x1, page_end
    bl      append_text
Lbuilt_in_exit:
    ldp     x19, x20, [sp, #16]
    leave   32

// void send_response(const u8 *end)
//   Sends what was built at HOT_OUT; a client that is gone ends the connection.
//   In:        x0 = end, x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x11, x16, flags
//   Errors:    none
send_response:
    enter   16
    add     x9, x28, #HOT_OUT
    sub     x1, x0, x9
    mov     x0, x9
    bl      send_all
    b.cc    Lresponse_exit
    bl      abandon_connection
Lresponse_exit:
    succeed
    leave   16

// void send_body(int fd, u8 *out, u64 first, u64 count)
//   Ends the header section at HOT_OUT, and sends it with bytes of a file: small
//   files are read behind the header, so that one call sends both.
//   In:        x0 = fd, x1 = out, x2 = first byte, x3 = count, x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x14, x16, flags
//   Errors:    status: 500 when nothing was sent yet
send_body:
    enter   64
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    mov     w19, w0
    mov     x20, x2
    mov     x21, x3
    mov     x0, x1
    bl      append_line_end
    mov     x22, x0
    ldr     x9, [x28, #req_flags]
    tbnz    x9, #HEAD_BIT, Lbody_send
    cbnz    x20, Lbody_map
    cmp     x21, #SMALL_FILE_MAX
    b.hi    Lbody_map
    str     x21, [x28, #req_sent]
Lbody_read:
    cbz     x21, Lbody_send
    mov     w0, w19
    mov     x1, x22
    mov     x2, x21
    system  read
    b.cs    Lbody_unread
    cbz     x0, Lbody_shrunken
    add     x22, x22, x0
    sub     x21, x21, x0
    b       Lbody_read
Lbody_map:
    mov     w0, w19
    mov     x1, x22
    mov     x2, x20
    mov     x3, x21
    bl      send_mapped
    b       Lbody_finish
Lbody_send:
    mov     x0, x22
    bl      send_response
Lbody_finish:
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   64
Lbody_unread:
    cmp     w0, #EINTR
    b.eq    Lbody_read
Lbody_shrunken:
    str     xzr, [x28, #req_sent]
    fail    SERVER_ERROR, Lbody_finish

// void send_mapped(int fd, const u8 *end, u64 first, u64 count)
//   Sends the header section at HOT_OUT, then bytes of a file, from windows onto
//   it that the program itself never touches.
//   In:        x0 = fd, x1 = end of the header, x2 = first byte, x3 = count,
//              x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x14, x16, flags
//   Errors:    status: 500 when nothing was sent yet
send_mapped:
    enter   112
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    mov     w19, w0
    mov     x20, x2
    mov     x21, x3
    add     x9, x28, #HOT_OUT
    sub     x10, x1, x9
    stp     x9, x10, [sp, #64]      // two iovecs: the header, then the file
    bl      set_send_wait
Lmapped_next:
    // A window starts on a page; x22 is how far into it the bytes start.
    and     x22, x20, #PAGE_SIZE - 1
    mov     w9, #MAP_WINDOW
    sub     x9, x9, x22
    cmp     x21, x9
    csel    x23, x21, x9, lo
    mov     x0, #0
    add     x1, x22, x23
    mov     w2, #PROT_READ
    mov     w3, #MAP_PRIVATE
    mov     w4, w19
    sub     x5, x20, x22
    system  mmap
    b.cs    Lmapped_unmapped
    mov     x24, x0
    add     x9, x24, x22
    stp     x9, x23, [sp, #80]
    add     x0, sp, #64
    bl      send_vector
    cset    w9, cs
    str     x9, [sp, #96]
    add     x20, x20, x23
    sub     x21, x21, x23
    mov     x0, x24
    add     x1, x22, x23
    mov     x2, x21
    bl      release_window
    ldr     x9, [sp, #96]
    cbnz    x9, Lmapped_cut
    cbnz    x21, Lmapped_next
Lmapped_done:
    succeed
Lmapped_exit:
    ldp     x23, x24, [sp, #48]
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   112
Lmapped_unmapped:
    ldr     x9, [sp, #64 + iov_len]
    cbz     x9, Lmapped_cut
    fail    SERVER_ERROR, Lmapped_exit
Lmapped_cut:
    // The client is gone, or the file got shorter: only the close can tell.
    bl      abandon_connection
    b       Lmapped_done

// void release_window(u8 *window, u64 size, u64 left)
//   Unmaps a window, unless it is the last of the last request: then the end of the
//   process does, without a call. The parent, which refuses connections, goes on.
//   In:        x0 = window, x1 = size, x2 = bytes still to be mapped, x28 = state
//   Out:       none
//   Clobbers:  x0-x1, x9-x10, x16, flags
//   Errors:    none
release_window:
    cbnz    x2, Lwindow_unmap
    ldr     x9, [x28, #req_flags]
    ubfx    x9, x9, #PERSIST_BIT, #1
    ldr     x10, [x28, #conn_lasting]
    orr     x9, x9, x10
    cbz     x9, Lwindow_exit
Lwindow_unmap:
    system  munmap
Lwindow_exit:
    ret

// void send_vector(iovec *parts)
//   Sends two parts, of which the first may be empty; counts the second.
//   In:        x0 = parts, changed, x28 = state
//   Out:       none
//   Clobbers:  x0-x2, x9-x14, x16, flags
//   Errors:    errno
send_vector:
    mov     x9, x0
Lvector_next:
    ldp     x10, x11, [x9]
    ldp     x12, x13, [x9, #IOVEC_SIZE]
    cbz     x11, Lvector_second
    ldr     w0, [x28, #conn_fd]
    mov     x1, x9
    mov     w2, #2
    system  writev
    b.cs    Lvector_failed
    // What was sent comes off the first part, then off the second.
    cmp     x0, x11
    csel    x14, x0, x11, lo
    sub     x0, x0, x14
    add     x10, x10, x14
    sub     x11, x11, x14
    stp     x10, x11, [x9]
    b       Lvector_sent
Lvector_second:
    cbz     x13, Lvector_done
    ldr     w0, [x28, #conn_fd]
    mov     x1, x12
    mov     x2, x13
    system  write
    b.cs    Lvector_failed
Lvector_sent:
    add     x12, x12, x0
    sub     x13, x13, x0
    stp     x12, x13, [x9, #IOVEC_SIZE]
    ldr     x14, [x28, #req_sent]
    add     x14, x14, x0
    str     x14, [x28, #req_sent]
    b       Lvector_next
Lvector_failed:
    cmp     w0, #EINTR
    b.eq    Lvector_next
    cmp     xzr, xzr
    b       Lvector_exit
Lvector_done:
    succeed
Lvector_exit:
    ret

// void send_all(const u8 *bytes, u64 count)
//   Sends bytes: at first without waiting, which most often is enough; when the
//   client is slow, with SEND_TIMEOUT.
//   In:        x0 = bytes, x1 = count, x28 = state
//   Out:       none
//   Clobbers:  x0-x5, x9-x11, x16, flags
//   Errors:    errno
send_all:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     x19, x0
    mov     x20, x1
Lsend_next:
    cbz     x20, Lsend_done
    ldr     w0, [x28, #conn_fd]
    mov     x1, x19
    mov     x2, x20
    ldr     w3, [x28, #conn_send_flags]
    mov     x4, #0
    mov     x5, #0
    system  sendto
    b.cs    Lsend_failed
    add     x19, x19, x0
    sub     x20, x20, x0
    b       Lsend_next
Lsend_failed:
    cmp     w0, #EINTR
    b.eq    Lsend_next
    cmp     w0, #EAGAIN
    b.ne    Lsend_given_up
    ldr     x9, [x28, #conn_send_flags]
    cbz     x9, Lsend_given_up
    bl      set_send_wait
    b       Lsend_next
Lsend_given_up:
    cmp     xzr, xzr
    b       Lsend_exit
Lsend_done:
    succeed
Lsend_exit:
    ldp     x19, x20, [sp, #16]
    leave   32

// void set_send_wait(void)
//   Lets the connection's sends wait for the client, which is given up when it
//   takes nothing for SEND_TIMEOUT.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x4, x9-x11, x16, flags
//   Errors:    none
set_send_wait:
    enter   16
    ldr     x9, [x28, #conn_send_flags]
    cbz     x9, Lsend_wait_exit
    str     xzr, [x28, #conn_send_flags]
    // Half of it for a call: one that got some bytes off returns their number, and
    // only the next one fails.
    movz    w0, #(SEND_TIMEOUT * 500000) & 0xffff
    movk    w0, #(SEND_TIMEOUT * 500000) >> 16, lsl #16
    mov     w1, #SO_SNDTIMEO
    bl      set_timeout
Lsend_wait_exit:
    leave   16

// ============================================================================
// 17. Files
// ============================================================================

// int open_path(const char *path)
//   Opens a path for reading: never waits for a fifo, never follows a link.
//   In:        x0 = path
//   Out:       x0 = descriptor
//   Clobbers:  x0-x2, x16, flags
//   Errors:    errno
open_path:
    movz    w1, #OPEN_TO_READ & 0xffff
    movk    w1, #OPEN_TO_READ >> 16, lsl #16
    mov     w2, #0
    system  open
    ret

// void describe_file(void)
//   Makes the ETag of the file in req_stat: "inode-size-nanoseconds", in
//   hexadecimal.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x1, x9-x11, flags
//   Errors:    none
describe_file:
    enter   16
    add     x0, x28, #req_etag
    mov     w9, #'"'
    strb    w9, [x0], #1
    ldr     x1, [x28, #req_stat + st_ino]
    bl      append_hex
    mov     w9, #'-'
    strb    w9, [x0], #1
    ldr     x1, [x28, #req_stat + st_size]
    bl      append_hex
    mov     w9, #'-'
    strb    w9, [x0], #1
    ldr     x1, [x28, #req_stat + st_mtime]
    ldr     x9, [x28, #req_stat + st_mtime_nsec]
    movz    w10, #1000000000 & 0xffff
    movk    w10, #1000000000 >> 16, lsl #16
    madd    x1, x1, x10, x9
    bl      append_hex
    mov     w9, #'"'
    strb    w9, [x0], #1
    add     x9, x28, #req_etag
    sub     x0, x0, x9
    str     x0, [x28, #req_etag_length]
    leave   16

// u64 translate_errno(u64 errno)
//   Finds the status for an error of the file system in errno_table.
//   In:        x0 = errno
//   Out:       none
//   Clobbers:  x0, x9-x11, flags
//   Errors:    status: always; 500 for an errno that is not in the table
translate_errno:
    address x9, errno_table
Lerrno_next:
    ldrh    w10, [x9], #2
    ldrh    w11, [x9], #2
    cbz     w10, Lerrno_found       // the row that ends the table holds 500
    cmp     w10, w0
    b.ne    Lerrno_next
Lerrno_found:
    mov     w0, w11
    cmp     xzr, xzr
    ret

// u8 *find_type(const u8 *path, const u8 *end)
//   Finds the MIME type for the extension of a path.
//   In:        x0 = path, x1 = end
//   Out:       x0 = the type, x1 = its length
//   Clobbers:  x0-x1, x9-x11, flags
//   Errors:    none
find_type:
    enter   16
    mov     x9, x1
Ltype_back:
    cmp     x9, x0
    b.ls    Ltype_default
    ldrb    w10, [x9, #-1]!
    cmp     w10, #'/'
    b.eq    Ltype_default
    cmp     w10, #'.'
    b.ne    Ltype_back
    // The extension, in lower case, is the key: one to eight characters.
    add     x9, x9, #1
    sub     x10, x1, x9
    sub     x11, x10, #1
    cmp     x11, #8
    b.hs    Ltype_default
    ldr     x1, [x9]
    orr     x1, x1, #CASE_BITS
    neg     x10, x10, lsl #3
    mov     x11, #-1
    lsr     x11, x11, x10
    and     x1, x1, x11
    address x0, mime_table
    bl      find_row
    cbnz    x0, Ltype_found
Ltype_default:
    address x0, default_type
Ltype_found:
    ldrb    w1, [x0, #row_length]
    add     x0, x0, #row_text
    leave   16

// ============================================================================
// 18. Access log
// ============================================================================

// void write_log(void)
//   Writes the request's line to stdout, in Common Log Format with UTC times.
//   In:        x28 = state
//   Out:       none
//   Clobbers:  x0-x4, x9-x13, x16, v0, flags
//   Errors:    none
write_log:
    enter   16
    add     x0, x28, #HOT_OUT
    ldr     w1, [x28, #conn_peer]
    bl      append_ipv4
    address x1, log_user
    bl      append_text
    ldr     x1, [x28, #conn_now]
    bl      append_log_time
    address x1, log_request
    bl      append_text
    ldp     x1, x2, [x28, #req_line]
    mov     w3, #LOG_REQUEST_MAX
    bl      append_quoted
    address x1, log_status
    bl      append_text
    ldr     x1, [x28, #req_status]
    bl      append_decimal
    mov     w9, #SPACE
    strb    w9, [x0], #1
    ldr     x1, [x28, #req_sent]
    cbnz    x1, Llog_bytes
    mov     w9, #'-'
    strb    w9, [x0], #1
    b       Llog_write
Llog_bytes:
    bl      append_decimal
Llog_write:
    mov     w9, #LF
    strb    w9, [x0], #1
    // Whether the log can be written is no business of the client.
    add     x1, x28, #HOT_OUT
    sub     x2, x0, x1
    mov     w0, #STDOUT
    system  write
    leave   16

// u8 *append_quoted(u8 *out, const u8 *text, u64 length, u64 limit)
//   Appends a text with \xHH for what would confuse a reader of the log; "-" for
//   an empty one. What goes beyond the limit is left out.
//   In:        x0 = out, x1 = text, x2 = length, x3 = limit in bytes written
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9-x12, flags
//   Errors:    none
append_quoted:
    add     x3, x0, x3
    add     x2, x1, x2
    address x9, byte_classes
    address x12, hex_digits
    cmp     x1, x2
    b.ne    Lquoted_next
    mov     w10, #'-'
    strb    w10, [x0], #1
Lquoted_next:
    cmp     x1, x2
    ccmp    x0, x3, #2, lo
    b.hs    Lquoted_exit
    ldrb    w10, [x1], #1
    ldrb    w11, [x9, x10]
    tbz     w11, #6, Lquoted_escape         // CLASS_LOG
    strb    w10, [x0], #1
    b       Lquoted_next
Lquoted_escape:
    mov     w11, #'\\'
    strb    w11, [x0], #1
    mov     w11, #'x'
    strb    w11, [x0], #1
    lsr     w11, w10, #4
    ldrb    w11, [x12, x11]
    strb    w11, [x0], #1
    and     w11, w10, #0xf
    ldrb    w11, [x12, x11]
    strb    w11, [x0], #1
    b       Lquoted_next
Lquoted_exit:
    ret

// ============================================================================
// 19. Dates
// ============================================================================

// A date taken apart, as match_date fills it: words of 64 bits.
.equ part_day, 0
.equ part_month, 1                  // 0 to 11
.equ part_year, 2
.equ part_short_year, 3             // two digits, or -1
.equ part_hour, 4
.equ part_minute, 5
.equ part_second, 6
.equ part_weekday, 7
.equ PARTS, 8
.equ PARTS_SIZE, PARTS * 8

// A row of date_directives.
.equ directive_digits, 0
.equ directive_part, 1
.equ directive_names, 4             // distance from date_names; 0: digits
.equ DIRECTIVE_SHIFT, 3             // a row has 8 bytes

.equ SECONDS_A_DAY, 86400
.equ DAYS_TO_1970, 719468           // from 1 March of the year 0
.equ DAYS_IN_ERA, 146097            // 400 years

// i64 parse_http_date(const u8 *text, u64 length, i64 now)
//   Reads a date in any of the three formats of RFC 9110, section 5.6.7.
//   In:        x0 = text, x1 = length, x2 = now, which a two-digit year refers to
//   Out:       x0 = seconds since 1970
//   Clobbers:  x0-x4, x9-x14, flags
//   Errors:    errno: EINVAL when it is none
parse_http_date:
    enter   128
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    mov     x19, x0
    add     x20, x0, x1
    mov     x21, x2
    address x22, date_patterns
Ldate_next:
    ldrb    w9, [x22]
    cbz     w9, Ldate_bad
    mov     x9, #-1
    str     x9, [sp, #48 + part_short_year * 8]
    mov     x0, x19
    mov     x1, x20
    mov     x2, x22
    add     x3, sp, #48
    bl      match_date
    b.cc    Ldate_matched
Ldate_skip:
    ldrb    w9, [x22], #1
    cbnz    w9, Ldate_skip
    b       Ldate_next
Ldate_matched:
    ldr     x9, [sp, #48 + part_short_year * 8]
    tbnz    x9, #63, Ldate_count
    mov     x0, x21
    bl      split_time
    ldr     x1, [sp, #48 + part_short_year * 8]
    bl      complete_year
    str     x0, [sp, #48 + part_year * 8]
Ldate_count:
    add     x0, sp, #48
    bl      count_seconds
    b.cs    Ldate_bad
Ldate_exit:
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   128
Ldate_bad:
    fail    EINVAL, Ldate_exit

// u64 complete_year(u64 now, u64 short_year)
//   Completes a year of two digits: one more than 50 years ahead is in the past.
//   In:        x0 = year now, x1 = short_year
//   Out:       x0 = year
//   Clobbers:  x0, x9-x12, flags
//   Errors:    none
complete_year:
    mov     x9, #100
    udiv    x10, x0, x9
    madd    x10, x10, x9, x1
    add     x11, x0, #50
    sub     x12, x10, x9
    cmp     x10, x11
    csel    x0, x12, x10, hi
    ret

// void match_date(const u8 *text, const u8 *end, const char *pattern, u64 *parts)
//   Matches a text with a pattern: a small letter is a row of date_directives,
//   counted from `a`; anything else stands for itself.
//   In:        x0 = text, x1 = end, x2 = pattern, x3 = parts
//   Out:       none
//   Clobbers:  x0-x2, x9-x14, flags
//   Errors:    errno: EINVAL when it does not match
match_date:
    enter   48
    stp     x20, x21, [sp, #16]
    stp     x22, x23, [sp, #32]
    mov     x20, x1
    mov     x21, x2
    mov     x22, x3
Lpattern_next:
    ldrb    w9, [x21], #1
    cbz     w9, Lpattern_end
    sub     w10, w9, #'a'
    cmp     w10, #'z' - 'a'
    b.ls    Lpattern_directive
    cmp     x0, x20
    b.hs    Lpattern_bad
    ldrb    w10, [x0], #1
    cmp     w9, w10
    b.eq    Lpattern_next
Lpattern_bad:
    fail    EINVAL, Lpattern_exit
Lpattern_directive:
    address x9, date_directives
    add     x9, x9, w10, uxtw #DIRECTIVE_SHIFT
    ldrb    w23, [x9, #directive_part]
    ldrb    w2, [x9, #directive_digits]
    ldr     w10, [x9, #directive_names]
    mov     x1, x20
    cbz     w10, Lpattern_digits
    address x2, date_names
    add     x2, x2, x10
    bl      match_name
    b       Lpattern_matched
Lpattern_digits:
    bl      match_digits
Lpattern_matched:
    b.cs    Lpattern_exit
    str     x1, [x22, x23, lsl #3]
    b       Lpattern_next
Lpattern_end:
    cmp     x0, x20
    b.ne    Lpattern_bad
    succeed
Lpattern_exit:
    ldp     x22, x23, [sp, #32]
    ldp     x20, x21, [sp, #16]
    leave   48

// u8 *match_digits(const u8 *text, const u8 *end, u64 count)
//   Reads a number of so many digits; for a count of 0, two of which the first may
//   be a blank.
//   In:        x0 = text, x1 = end, x2 = count
//   Out:       x0 = behind it, x1 = the number
//   Clobbers:  x0-x1, x9-x12, flags
//   Errors:    errno: EINVAL
match_digits:
    mov     x9, #0
    sub     x10, x1, x0
    mov     x11, #2
    cmp     x2, #0
    csel    x11, x11, x2, eq
    cmp     x10, x11
    b.lo    Ldigits_bad
    cbnz    x2, Ldigits_next
    ldrb    w10, [x0]
    cmp     w10, #SPACE
    cset    x12, eq
    add     x0, x0, x12
    sub     x11, x11, x12
Ldigits_next:
    ldrb    w10, [x0], #1
    sub     w10, w10, #'0'
    cmp     w10, #9
    b.hi    Ldigits_bad
    add     x9, x9, x9, lsl #2
    add     x9, x10, x9, lsl #1
    subs    x11, x11, #1
    b.ne    Ldigits_next
    mov     x1, x9
    succeed
Ldigits_exit:
    ret
Ldigits_bad:
    fail    EINVAL, Ldigits_exit

// u8 *match_name(const u8 *text, const u8 *end, const u8 *names)
//   Looks for one of a row of texts, which an empty one ends.
//   In:        x0 = text, x1 = end, x2 = names
//   Out:       x0 = behind the name, x1 = its index
//   Clobbers:  x0-x2, x9-x14, flags
//   Errors:    errno: EINVAL when none of them is there
match_name:
    mov     x9, #0
    sub     x10, x1, x0
Lname_next:
    ldrb    w11, [x2], #1
    cbz     w11, Lname_bad
    cmp     x11, x10
    b.hi    Lname_other
    mov     x12, #0
Lname_compare:
    ldrb    w13, [x2, x12]
    ldrb    w14, [x0, x12]
    cmp     w13, w14
    b.ne    Lname_other
    add     x12, x12, #1
    cmp     x12, x11
    b.ne    Lname_compare
    add     x0, x0, x11
    mov     x1, x9
    succeed
    b       Lname_exit
Lname_other:
    add     x2, x2, x11
    add     x9, x9, #1
    b       Lname_next
Lname_bad:
    mov     w0, #EINVAL
    cmp     xzr, xzr
Lname_exit:
    ret

// i64 count_seconds(const u64 *parts)
//   Computes the seconds since 1970 of a date and time, if there is such a day.
//   In:        x0 = parts
//   Out:       x0 = seconds
//   Clobbers:  x0-x4, x9-x13, flags
//   Errors:    errno: EINVAL
count_seconds:
    enter   32
    str     x19, [sp, #16]
    ldp     x9, x10, [x0, #part_hour * 8]
    ldr     x11, [x0, #part_second * 8]
    cmp     x10, #59
    ccmp    x9, #23, #2, ls
    b.hi    Lcount_bad
    cmp     x11, #60                // a leap second is the next minute's first
    b.hi    Lcount_bad
    mov     x12, #60
    madd    x9, x9, x12, x10
    madd    x19, x9, x12, x11
    ldp     x3, x4, [x0, #part_day * 8]
    ldr     x0, [x0, #part_year * 8]
    add     x1, x4, #1
    mov     x2, x3
    bl      count_days
    b.cs    Lcount_bad
    movz    w9, #SECONDS_A_DAY & 0xffff
    movk    w9, #SECONDS_A_DAY >> 16, lsl #16
    madd    x0, x0, x9, x19
    succeed
Lcount_exit:
    ldr     x19, [sp, #16]
    leave   32
Lcount_bad:
    fail    EINVAL, Lcount_exit

// i64 count_days(u64 year, u64 month, u64 day)
//   Computes the days from 1 January 1970, by years that start on 1 March: the day
//   that some years lack is then the last.
//   In:        x0 = year 0 to 9999, x1 = month 1 to 12, x2 = day
//   Out:       x0 = days
//   Clobbers:  x0, x9-x13, flags
//   Errors:    errno: EINVAL when the month has no such day
count_days:
    // Days of the month: 31, less by the bits of April, June, September, November.
    sub     x9, x2, #1
    mov     x10, #1
    lsl     x10, x10, x1
    mov     x11, #1 << 4 | 1 << 6 | 1 << 9 | 1 << 11
    tst     x10, x11
    mov     x12, #31
    cset    x13, ne
    sub     x12, x12, x13
    cmp     x1, #2
    b.ne    Ldays_check
    // February: a year of 100 is a leap year only if 400 divides it.
    mov     x10, #100
    udiv    x11, x0, x10
    msub    x11, x11, x10, x0
    cmp     x11, #0
    mov     x10, #3
    mov     x11, #15
    csel    x10, x11, x10, eq
    tst     x0, x10
    cset    x11, eq
    add     x12, x11, #28
Ldays_check:
    cmp     x9, x12
    b.hs    Ldays_bad
    // Year and month from March on; 400 years are added to stay positive.
    cmp     x1, #2
    cset    x10, ls
    add     x0, x0, #400
    sub     x0, x0, x10
    mov     x11, #12
    madd    x10, x10, x11, x1
    sub     x10, x10, #3
    mov     x11, #153
    mov     x12, #2
    madd    x10, x10, x11, x12
    mov     x11, #5
    udiv    x10, x10, x11
    add     x10, x10, x9            // day of the year
    mov     x11, #365
    madd    x10, x0, x11, x10
    add     x10, x10, x0, lsr #2
    mov     x11, #100
    udiv    x12, x0, x11
    sub     x10, x10, x12
    add     x10, x10, x12, lsr #2
    movz    w11, #(DAYS_TO_1970 + DAYS_IN_ERA) & 0xffff
    movk    w11, #(DAYS_TO_1970 + DAYS_IN_ERA) >> 16, lsl #16
    sub     x0, x10, x11
    succeed
Ldays_exit:
    ret
Ldays_bad:
    fail    EINVAL, Ldays_exit

// u64 split_time(i64 seconds)
//   Takes a time apart; times outside the years 1 to 9999 become the nearest.
//   In:        x0 = seconds since 1970
//   Out:       x0 = year, x1 = month, x2 = day, x3 = second of the day, x4 = weekday
//              from Sunday
//   Clobbers:  x0-x4, x9-x13, flags
//   Errors:    none
split_time:
    address x9, time_limits
    ldp     x10, x11, [x9]
    cmp     x0, x10
    csel    x0, x0, x10, gt
    cmp     x0, x11
    csel    x0, x0, x11, lt
    // Counted from 1 March of the year 0, nothing is negative.
    sub     x0, x0, x10
    movz    w9, #SECONDS_A_DAY & 0xffff
    movk    w9, #SECONDS_A_DAY >> 16, lsl #16
    udiv    x10, x0, x9
    msub    x3, x10, x9, x0
    add     x10, x10, #306          // from 1 March of the year 0 to 1 January 1
    add     x4, x10, #3
    mov     x9, #7
    udiv    x11, x4, x9
    msub    x4, x11, x9, x4
    // Eras of 400 years are all alike; x10 becomes the day in its era.
    movz    w9, #DAYS_IN_ERA & 0xffff
    movk    w9, #DAYS_IN_ERA >> 16, lsl #16
    udiv    x11, x10, x9
    msub    x10, x11, x9, x10
    // Year of the era: less a day each 4 years, plus one each 100, less one.
    mov     x12, #1460
    udiv    x12, x10, x12
    sub     x13, x10, x12
    mov     x12, #36524
    udiv    x12, x10, x12
    add     x13, x13, x12
    sub     x9, x9, #1
    udiv    x12, x10, x9
    sub     x13, x13, x12
    mov     x12, #365
    udiv    x13, x13, x12
    mov     x9, #400
    madd    x0, x11, x9, x13
    // Day of the year, then month and day.
    msub    x10, x13, x12, x10
    sub     x10, x10, x13, lsr #2
    mov     x9, #100
    udiv    x12, x13, x9
    add     x10, x10, x12
    mov     x9, #5
    mul     x9, x10, x9
    add     x9, x9, #2
    mov     x12, #153
    udiv    x1, x9, x12
    msub    x9, x1, x12, x9
    mov     x12, #5
    udiv    x9, x9, x12
    add     x2, x9, #1
    cmp     x1, #10
    add     x9, x1, #3
    sub     x10, x1, #9
    csel    x1, x9, x10, lo
    cinc    x0, x0, hs
    ret

// u8 *append_http_date(u8 *out, i64 seconds)
//   Appends a date as in `Sun, 06 Nov 1994 08:49:37 GMT`.
//   In:        x0 = out, x1 = seconds since 1970
//   Out:       x0 = end
//   Clobbers:  x0-x4, x9-x13, v0, flags
//   Errors:    none
append_http_date:
    enter   64
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    mov     x22, x0
    mov     x0, x1
    bl      split_time
    mov     x19, x0
    mov     x20, x1
    mov     x21, x3
    address x9, short_weekdays
    mov     x0, x22
    add     x1, x9, x4, lsl #2
    mov     x22, x2
    bl      append_text
    mov     w9, #',' | SPACE << 8
    strh    w9, [x0], #2
    mov     x1, x22
    mov     x2, x20
    mov     x3, x19
    mov     w4, #SPACE
    bl      append_day
    mov     w9, #SPACE
    strb    w9, [x0], #1
    mov     x1, x21
    bl      append_clock
    address x1, zone_text
    bl      append_text
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   64

// u8 *append_log_time(u8 *out, i64 seconds)
//   Appends a time as in `10/Oct/2000:13:55:36`.
//   In:        x0 = out, x1 = seconds since 1970
//   Out:       x0 = end
//   Clobbers:  x0-x4, x9-x13, v0, flags
//   Errors:    none
append_log_time:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     x19, x0
    mov     x0, x1
    bl      split_time
    mov     x20, x3
    mov     x3, x0
    mov     x9, x2
    mov     x2, x1
    mov     x1, x9
    mov     x0, x19
    mov     w4, #'/'
    bl      append_day
    mov     w9, #':'
    strb    w9, [x0], #1
    mov     x1, x20
    bl      append_clock
    ldp     x19, x20, [sp, #16]
    leave   32

// u8 *append_short_time(u8 *out, i64 seconds)
//   Appends a time as in `2000-10-10 13:55`.
//   In:        x0 = out, x1 = seconds since 1970
//   Out:       x0 = end
//   Clobbers:  x0-x4, x9-x13, flags
//   Errors:    none
append_short_time:
    enter   48
    stp     x19, x20, [sp, #16]
    str     x21, [sp, #32]
    mov     x9, x0
    mov     x0, x1
    mov     x21, x9
    bl      split_time
    mov     x19, x2
    mov     x20, x3
    mov     x9, x0
    mov     x0, x21
    mov     x21, x1
    mov     x1, x9
    mov     w2, #4
    bl      append_padded
    mov     w9, #'-'
    strb    w9, [x0], #1
    mov     x1, x21
    mov     w2, #2
    bl      append_padded
    mov     w9, #'-'
    strb    w9, [x0], #1
    mov     x1, x19
    mov     w2, #2
    bl      append_padded
    mov     w9, #SPACE
    strb    w9, [x0], #1
    mov     x1, x20
    bl      append_clock
    sub     x0, x0, #3              // without the seconds
    ldr     x21, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   48

// u8 *append_day(u8 *out, u64 day, u64 month, u64 year, u64 separator)
//   Appends a day as in `06 Nov 1994`.
//   In:        x0 = out, x1 = day, x2 = month 1 to 12, x3 = year, x4 = separator
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9-x11, v0, flags
//   Errors:    none
append_day:
    enter   48
    stp     x19, x20, [sp, #16]
    str     x21, [sp, #32]
    mov     x19, x2
    mov     x20, x3
    mov     w21, w4
    mov     w2, #2
    bl      append_padded
    strb    w21, [x0], #1
    address x1, month_names
    sub     x19, x19, #1
    add     x1, x1, x19, lsl #2
    bl      append_text
    strb    w21, [x0], #1
    mov     x1, x20
    mov     w2, #4
    bl      append_padded
    ldr     x21, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   48

// u8 *append_clock(u8 *out, u64 seconds)
//   Appends the time of day as in `08:49:37`.
//   In:        x0 = out, x1 = second of the day
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9-x11, flags
//   Errors:    none
append_clock:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     x9, #60
    udiv    x10, x1, x9
    msub    x19, x10, x9, x1
    udiv    x1, x10, x9
    msub    x20, x1, x9, x10
    mov     w2, #2
    bl      append_padded
    mov     w9, #':'
    strb    w9, [x0], #1
    mov     x1, x20
    mov     w2, #2
    bl      append_padded
    mov     w9, #':'
    strb    w9, [x0], #1
    mov     x1, x19
    mov     w2, #2
    bl      append_padded
    ldp     x19, x20, [sp, #16]
    leave   32

// ============================================================================
// 20. Strings and numbers
// ============================================================================

// u8 *append_text(u8 *out, const u8 *text)
//   Appends a text that has its length in front (macro `text`).
//   In:        x0 = out, x1 = text
//   Out:       x0 = end
//   Clobbers:  x0-x3, v0, flags
//   Errors:    none
append_text:
    ldrb    w2, [x1], #1
    add     x3, x0, x2
Ltext_next:
    ldr     q0, [x1], #16
    str     q0, [x0], #16
    cmp     x0, x3
    b.lo    Ltext_next
    mov     x0, x3
    ret

// u8 *append_bytes(u8 *out, const u8 *bytes, u64 count)
//   Appends bytes; they may overlap when they lie above the place they go to.
//   In:        x0 = out, x1 = bytes, x2 = count
//   Out:       x0 = end
//   Clobbers:  x0-x1, x3, v0, flags
//   Errors:    none
append_bytes:
    add     x3, x0, x2
    cbz     x2, Lbytes_exit
Lbytes_next:
    ldr     q0, [x1], #16
    str     q0, [x0], #16
    cmp     x0, x3
    b.lo    Lbytes_next
    mov     x0, x3
Lbytes_exit:
    ret

// u8 *append_line_end(u8 *out)
//   Appends CR LF.
//   In:        x0 = out
//   Out:       x0 = end
//   Clobbers:  x0, x9
//   Errors:    none
append_line_end:
    mov     w9, #CR | LF << 8
    strh    w9, [x0], #2
    ret

// u8 *append_decimal(u8 *out, u64 value)
//   Appends a number in decimal digits.
//   In:        x0 = out, x1 = value
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9-x11, flags
//   Errors:    none
append_decimal:
    mov     x9, #10
    mov     x10, #1                 // digits
    udiv    x11, x1, x9
    cbz     x11, Ldecimal_write
Ldecimal_count:
    add     x10, x10, #1
    udiv    x11, x11, x9
    cbnz    x11, Ldecimal_count
Ldecimal_write:
    mov     x2, x10
    b       append_padded

// u8 *append_padded(u8 *out, u64 value, u64 digits)
//   Appends the last so many decimal digits of a number.
//   In:        x0 = out, x1 = value, x2 = digits, one at least
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9-x11, flags
//   Errors:    none
append_padded:
    mov     x9, #10
    add     x0, x0, x2
    mov     x3, x0
Lpadded_next:
    udiv    x10, x1, x9
    msub    x11, x10, x9, x1
    add     w11, w11, #'0'
    strb    w11, [x3, #-1]!
    mov     x1, x10
    subs    x2, x2, #1
    b.ne    Lpadded_next
    ret

// u8 *append_hex(u8 *out, u64 value)
//   Appends a number in hexadecimal digits.
//   In:        x0 = out, x1 = value
//   Out:       x0 = end
//   Clobbers:  x0, x9-x11, flags
//   Errors:    none
append_hex:
    address x9, hex_digits
    orr     x10, x1, #1
    clz     x10, x10
    mov     w11, #60
    bic     w10, w10, #3
    sub     w10, w11, w10           // how far the first digit is to be shifted
Lhex_next:
    lsr     x11, x1, x10
    and     x11, x11, #0xf
    ldrb    w11, [x9, x11]
    strb    w11, [x0], #1
    subs    w10, w10, #4
    b.ge    Lhex_next
    ret

// u8 *append_ipv4(u8 *out, u32 address)
//   Appends an address in dotted form.
//   In:        x0 = out, x1 = address in network order
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9-x11, flags
//   Errors:    none
append_ipv4:
    enter   32
    stp     x19, x20, [sp, #16]
    mov     w19, w1
    mov     w20, #4
Ldotted_next:
    and     x1, x19, #0xff
    bl      append_decimal
    mov     w9, #'.'
    strb    w9, [x0], #1
    lsr     w19, w19, #8
    subs    w20, w20, #1
    b.ne    Ldotted_next
    sub     x0, x0, #1
    ldp     x19, x20, [sp, #16]
    leave   32

// u8 *append_escaped(u8 *out, const u8 *text, u64 length, u64 class)
//   Appends a text with %HH for each byte that is not of the class.
//   In:        x0 = out, x1 = text, x2 = length, x3 = one of CLASS_*
//   Out:       x0 = end
//   Clobbers:  x0-x2, x9-x12, flags
//   Errors:    none
append_escaped:
    add     x2, x1, x2
    address x9, byte_classes
    address x12, upper_hex_digits
Lescaped_next:
    cmp     x1, x2
    b.hs    Lescaped_exit
    ldrb    w10, [x1], #1
    ldrb    w11, [x9, x10]
    tst     w11, w3
    b.eq    Lescaped_escape
    strb    w10, [x0], #1
    b       Lescaped_next
Lescaped_escape:
    mov     w11, #'%'
    strb    w11, [x0], #1
    lsr     w11, w10, #4
    ldrb    w11, [x12, x11]
    strb    w11, [x0], #1
    and     w11, w10, #0xf
    ldrb    w11, [x12, x11]
    strb    w11, [x0], #1
    b       Lescaped_next
Lescaped_exit:
    ret

// u8 *append_markup(u8 *out, const u8 *text, u64 length)
//   Appends a text escaped for HTML; control characters, which HTML cannot hold,
//   become U+FFFD.
//   In:        x0 = out, x1 = text, x2 = length
//   Out:       x0 = end
//   Clobbers:  x0-x3, x9-x10, v0, flags
//   Errors:    none
append_markup:
    enter   48
    stp     x19, x20, [sp, #16]
    str     x21, [sp, #32]
    mov     x19, x1
    add     x20, x1, x2
    address x21, byte_classes
Lmarkup_next:
    cmp     x19, x20
    b.hs    Lmarkup_exit
    ldrb    w9, [x19], #1
    ldrb    w10, [x21, x9]
    tbz     w10, #5, Lmarkup_escape         // CLASS_TEXT
    strb    w9, [x0], #1
    b       Lmarkup_next
Lmarkup_escape:
    str     x0, [sp, #40]
    mov     x1, x9
    address x0, markup_table
    bl      find_row
    address x9, markup_unknown
    cmp     x0, #0
    csel    x9, x9, x0, eq
    add     x1, x9, #row_text
    ldrb    w2, [x9, #row_length]
    ldr     x0, [sp, #40]
    bl      append_bytes
    b       Lmarkup_next
Lmarkup_exit:
    ldr     x21, [sp, #32]
    ldp     x19, x20, [sp, #16]
    leave   48

// u64 parse_decimal(const u8 *text, u64 length)
//   Reads an unsigned number that fills the whole text; beyond 2^63 - 1 it stays
//   there.
//   In:        x0 = text, x1 = length
//   Out:       x0 = the number
//   Clobbers:  x0-x1, x9-x14, flags
//   Errors:    errno: EINVAL when it is empty or anything is no digit
parse_decimal:
    mov     x9, #0
    cbz     x1, Lnumber_bad
    mov     x10, #NUMBER_MAX
    mov     x11, #10
    udiv    x12, x10, x11
Lnumber_next:
    ldrb    w13, [x0], #1
    sub     w13, w13, #'0'
    cmp     w13, #9
    b.hi    Lnumber_bad
    cmp     x9, x12
    madd    x14, x9, x11, x13
    csel    x9, x14, x10, ls
    // Ten times the limit's tenth and a digit may still be one too many.
    cmp     x9, x10
    csel    x9, x9, x10, ls
    subs    x1, x1, #1
    b.ne    Lnumber_next
    mov     x0, x9
    succeed
Lnumber_exit:
    ret
Lnumber_bad:
    fail    EINVAL, Lnumber_exit

// u64 digits_below(const u8 *one, u64 length, const u8 *other, u64 other_length)
//   Compares numbers of any length by their decimal digits.
//   In:        x0 = one, x1 = length, x2 = other, x3 = other_length
//   Out:       x0 = 1 when the one is less than the other
//   Clobbers:  x0-x3, x9-x10, flags
//   Errors:    none
digits_below:
    // Without leading zeros the longer one is greater.
    cbz     x1, Lbelow_other
    ldrb    w9, [x0]
    cmp     w9, #'0'
    b.ne    Lbelow_other
    add     x0, x0, #1
    sub     x1, x1, #1
    b       digits_below
Lbelow_other:
    cbz     x3, Lbelow_lengths
    ldrb    w9, [x2]
    cmp     w9, #'0'
    b.ne    Lbelow_lengths
    add     x2, x2, #1
    sub     x3, x3, #1
    b       Lbelow_other
Lbelow_lengths:
    cmp     x1, x3
    b.ne    Lbelow_exit
Lbelow_digits:
    cmp     x1, #0                  // equal so far, and not less at the end
    b.eq    Lbelow_exit
    ldrb    w9, [x0], #1
    ldrb    w10, [x2], #1
    sub     x1, x1, #1
    cmp     w9, w10
    b.eq    Lbelow_digits
Lbelow_exit:
    cset    x0, lo
    ret

// u8 *find_byte(const u8 *bytes, const u8 *end, u64 byte)
//   Finds a byte, sixteen at a time. Reads up to 15 bytes past the end.
//   In:        x0 = bytes, x1 = end, x2 = byte
//   Out:       x0 = where it stands first, or end
//   Clobbers:  x0, x9, v0-v1, flags
//   Errors:    none
find_byte:
    dup     v0.16b, w2
Lbyte_next:
    cmp     x0, x1
    b.hs    Lbyte_exit
    ldr     q1, [x0], #16
    cmeq    v1.16b, v1.16b, v0.16b
    // Four bits of x9 for each byte.
    shrn    v1.8b, v1.8h, #4
    fmov    x9, d1
    cbz     x9, Lbyte_next
    rbit    x9, x9
    clz     x9, x9
    sub     x0, x0, #16
    add     x0, x0, x9, lsr #2
    cmp     x0, x1
Lbyte_exit:
    csel    x0, x0, x1, lo
    ret

// u8 *find_control(const u8 *bytes)
//   Finds the first control character but tab, sixteen bytes at a time. There has
//   to be one.
//   In:        x0 = bytes
//   Out:       x0 = where it stands
//   Clobbers:  x0, x9, v0-v5
//   Errors:    none
find_control:
    movi    v2.16b, #SPACE
    movi    v3.16b, #TAB
    movi    v4.16b, #DELETE_CHARACTER
Lcontrol_next:
    ldr     q0, [x0], #16
    cmhi    v1.16b, v2.16b, v0.16b
    cmeq    v5.16b, v0.16b, v3.16b
    bic     v1.16b, v1.16b, v5.16b
    cmeq    v5.16b, v0.16b, v4.16b
    orr     v1.16b, v1.16b, v5.16b
    shrn    v1.8b, v1.8h, #4
    fmov    x9, d1
    cbz     x9, Lcontrol_next
    rbit    x9, x9
    clz     x9, x9
    sub     x0, x0, #16
    add     x0, x0, x9, lsr #2
    ret

// row *find_row(const row *table, u64 key)
//   Finds the first row with a key, from a row of a table on.
//   In:        x0 = table, x1 = key, as a word that is not 0
//   Out:       x0 = the row, 0 when there is none
//   Clobbers:  x0, x9-x10, flags
//   Errors:    none
find_row:
    ldr     x9, [x0, #row_key]
    cmp     x9, x1
    b.eq    Lrow_exit
    ldrh    w10, [x0, #row_size]
    add     x0, x0, x10
    cbnz    w10, find_row
    mov     x0, #0
Lrow_exit:
    ret

// u64 equal_bytes(const u8 *one, const u8 *other, u64 count)
//   Compares bytes.
//   In:        x0 = one, x1 = other, x2 = count
//   Out:       x0 = 1 when they are equal
//   Clobbers:  x0-x5, flags
//   Errors:    none
equal_bytes:
    mov     x5, #1
Lequal_next:
    cbz     x2, Lequal_exit
    ldrb    w3, [x0], #1
    ldrb    w4, [x1], #1
    sub     x2, x2, #1
    cmp     w3, w4
    b.eq    Lequal_next
    mov     x5, #0
Lequal_exit:
    mov     x0, x5
    ret

// u64 equal_folded(const u8 *one, const u8 *other, u64 count)
//   Compares bytes, ASCII letters without regard to case.
//   In:        x0 = one, x1 = other, x2 = count
//   Out:       x0 = 1 when they are equal
//   Clobbers:  x0-x5, flags
//   Errors:    none
equal_folded:
    mov     x5, #1
Lfolded_next:
    cbz     x2, Lfolded_exit
    ldrb    w3, [x0], #1
    ldrb    w4, [x1], #1
    sub     x2, x2, #1
    cmp     w3, w4
    b.eq    Lfolded_next
    // The case bit may differ, but only in a letter.
    eor     w4, w3, w4
    cmp     w4, #CASE_BIT
    b.ne    Lfolded_differ
    orr     w3, w3, #CASE_BIT
    sub     w3, w3, #'a'
    cmp     w3, #'z' - 'a'
    b.ls    Lfolded_next
Lfolded_differ:
    mov     x5, #0
Lfolded_exit:
    mov     x0, x5
    ret

// ============================================================================
// 21. Read-only data
// ============================================================================

.section __TEXT,__const
.p2align 4

// Tunables that are texts. DOCROOT and ERR_DIR end with a slash.
text docroot, "www/"
text err_dir, "err/"
text default_file, "index.html"

// What every row's routine is counted from.
.p2align 3
tables:

// Methods, by name: the routine that serves them.
method_table:
    row "GET", "", serve_get, METHOD_TARGET | METHOD_READ
    row "HEAD", "", serve_get, METHOD_TARGET | METHOD_READ | METHOD_HEAD
    row "PUT", "", serve_put, METHOD_TARGET
    row "DELETE", "", serve_delete, METHOD_TARGET
    row "OPTIONS", "", serve_options, METHOD_TARGET | METHOD_ASTERISK
    row "POST", "", refuse_method
    row "PATCH", "", refuse_method
    row "TRACE", "", refuse_method
    row "CONNECT", "", refuse_method
    row "BREW", "", refuse_brew
    .quad   0, 0
unknown_method:
    row "?", "", refuse_unknown

// Statuses: the status line's end, a routine for fields that an error adds, and
// whether the connection ends with it.
status_table:
    row "200", "200 OK", tables
    row "206", "206 Partial Content", tables
    row "304", "304 Not Modified", tables
    row "404", "404 Not Found", tables
    row "201", "201 Created", tables
    row "204", "204 No Content", tables
    row "301", "301 Moved Permanently", tables
    row "400", "400 Bad Request", tables, STATUS_CLOSES
    row "403", "403 Forbidden", tables
    row "405", "405 Method Not Allowed", append_allow
    row "408", "408 Request Timeout", tables, STATUS_CLOSES
    row "409", "409 Conflict", tables
    row "411", "411 Length Required", tables, STATUS_CLOSES
    row "412", "412 Precondition Failed", tables
    row "413", "413 Content Too Large", tables, STATUS_CLOSES
    row "414", "414 URI Too Long", tables, STATUS_CLOSES
    row "416", "416 Range Not Satisfiable", append_unsatisfied_range
    row "417", "417 Expectation Failed", tables
    row "418", "418 I'm a teapot", tables
    row "431", "431 Request Header Fields Too Large", tables, STATUS_CLOSES
    row "501", "501 Not Implemented", tables
    row "503", "503 Service Unavailable", append_retry_after, STATUS_CLOSES
    row "505", "505 HTTP Version Not Supported", tables, STATUS_CLOSES
    row "507", "507 Insufficient Storage", tables, STATUS_CLOSES
    .p2align 3
status_500:
    row "500", "500 Internal Server Error", tables, STATUS_CLOSES
    .quad   0, 0

// Header fields, by the first eight letters and the whole name in lower case: the
// routine that takes the value.
field_table:
    row "host", "host", take_host
    row "connecti", "connection", take_connection
    row "range", "range", take_range
    row "if-none-", "if-none-match", take_if_none_match
    row "if-modif", "if-modified-since", take_if_modified_since
    row "if-range", "if-range", take_if_range
    row "if-match", "if-match", take_if_match
    row "if-unmod", "if-unmodified-since", take_if_unmodified_since
    row "content-", "content-length", take_content_length
    row "transfer", "transfer-encoding", take_transfer_encoding
    row "expect", "expect", take_expect
    row "content-", "content-range", take_content_range
    .quad   0, 0

// MIME types, by extension in lower case.
mime_table:
    row "html", "text/html; charset=utf-8", tables
    row "htm", "text/html; charset=utf-8", tables
    row "css", "text/css; charset=utf-8", tables
    row "js", "text/javascript; charset=utf-8", tables
    row "mjs", "text/javascript; charset=utf-8", tables
    row "json", "application/json", tables
    row "map", "application/json", tables
    row "png", "image/png", tables
    row "jpg", "image/jpeg", tables
    row "jpeg", "image/jpeg", tables
    row "svg", "image/svg+xml", tables
    row "ico", "image/vnd.microsoft.icon", tables
    row "gif", "image/gif", tables
    row "webp", "image/webp", tables
    row "avif", "image/avif", tables
    row "bmp", "image/bmp", tables
    row "tif", "image/tiff", tables
    row "tiff", "image/tiff", tables
    row "apng", "image/apng", tables
    row "woff2", "font/woff2", tables
    row "woff", "font/woff", tables
    row "ttf", "font/ttf", tables
    row "otf", "font/otf", tables
    row "txt", "text/plain; charset=utf-8", tables
    row "csv", "text/csv; charset=utf-8", tables
    row "xml", "text/xml; charset=utf-8", tables
    row "md", "text/markdown; charset=utf-8", tables
    row "wasm", "application/wasm", tables
    row "pdf", "application/pdf", tables
    row "doc", "application/msword", tables
    row "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", tables
    row "epub", "application/epub+zip", tables
    row "rtf", "application/rtf", tables
    row "mp4", "video/mp4", tables
    row "webm", "video/webm", tables
    row "mkv", "video/matroska", tables
    row "avi", "video/vnd.avi", tables
    row "mov", "video/quicktime", tables
    row "mp3", "audio/mpeg", tables
    row "ogg", "audio/ogg", tables
    row "wav", "audio/wav", tables
    row "flac", "audio/flac", tables
    row "aac", "audio/aac", tables
    row "m4a", "audio/mp4", tables
    row "opus", "audio/ogg", tables
    row "zip", "application/zip", tables
    row "gz", "application/gzip", tables
    row "tar", "application/x-tar", tables
    row "7z", "application/x-7z-compressed", tables
    row "bz2", "application/x-bzip2", tables
    row "rar", "application/vnd.rar", tables
    .quad   0, 0
default_type:
    row "?", "application/octet-stream", tables

// Characters that HTML gives a meaning.
markup_table:
    row "&", "&amp;", tables
    row "<", "&lt;", tables
    row ">", "&gt;", tables
    row "\"", "&quot;", tables
    row "'", "&#39;", tables
    .quad   0, 0
markup_unknown:
    row "?", "\357\277\275", tables

// Reasons why a socket cannot listen, by errno.
listen_errors:
    row "48", "address already in use", tables          // EADDRINUSE
    row "49", "address not available", tables           // EADDRNOTAVAIL
    row "13", "permission denied", tables               // EACCES
    .quad   0, 0

// Statuses for errors of the file system.
errno_table:
    .short  ENOENT, NOT_FOUND
    .short  ENOTDIR, NOT_FOUND
    .short  EACCES, FORBIDDEN
    .short  EPERM, FORBIDDEN
    .short  ELOOP, FORBIDDEN
    .short  EROFS, FORBIDDEN
    .short  ENXIO, FORBIDDEN
    .short  EOPNOTSUPP, FORBIDDEN
    .short  ENAMETOOLONG, URI_TOO_LONG
    .short  EILSEQ, BAD_REQUEST
    .short  EISDIR, CONFLICT
    .short  EEXIST, CONFLICT
    .short  ENOTEMPTY, CONFLICT
    .short  EFBIG, INSUFFICIENT_STORAGE
    .short  ENOSPC, INSUFFICIENT_STORAGE
    .short  EDQUOT, INSUFFICIENT_STORAGE
    .short  0, SERVER_ERROR

// Signals: the routine that handles each, 0 to ignore it. Children of a process
// that ignores SIGCHLD leave no zombies.
.p2align 2
signal_table:
    .long   SIGPIPE, 0
    .long   SIGCHLD, 0
    .long   SIGALRM, note_alarm - tables
    .long   SIGTERM, end_process - tables
    .long   SIGINT, end_process - tables
    .long   0, 0

// The classes of each byte. First the kinds of bytes, in their own words:
.equ CTL, 0                                                           // a control character
.equ QUO, CLASS_TARGET                                                // "
.equ HIB, CLASS_TARGET | CLASS_TEXT                                   // \\ and bytes of 0x80 and more
.equ ANG, CLASS_TARGET | CLASS_LOG                                    // < >
.equ AMP, CLASS_TOKEN | CLASS_TARGET | CLASS_HOST | CLASS_QUERY | CLASS_LOG // & '
.equ SPC, CLASS_TEXT | CLASS_LOG                                      // space
.equ NUM, CLASS_TOKEN | CLASS_TEXT | CLASS_LOG                        // #
.equ BRA, CLASS_TARGET | CLASS_TEXT | CLASS_LOG                       // [ ] { }
.equ TIC, CLASS_TOKEN | CLASS_TARGET | CLASS_TEXT | CLASS_LOG         // ^ ` |
.equ COL, CLASS_TARGET | CLASS_QUERY | CLASS_TEXT | CLASS_LOG         // : ? @
.equ PCT, CLASS_TOKEN | CLASS_TARGET | CLASS_QUERY | CLASS_TEXT | CLASS_LOG // %
.equ DEL, CLASS_TARGET | CLASS_HOST | CLASS_QUERY | CLASS_TEXT | CLASS_LOG // ( ) , ; =
.equ BNG, CLASS_TOKEN | CLASS_TARGET | CLASS_HOST | CLASS_QUERY | CLASS_TEXT | CLASS_LOG // ! $ * +
.equ SLA, CLASS_TARGET | CLASS_QUERY | CLASS_TEXT | CLASS_LOG | CLASS_PATH // /
.equ UNR, 0xff                                                        // unreserved

byte_classes:
    .byte   CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL    // controls
    .byte   CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL    // controls
    .byte   SPC, BNG, QUO, NUM, BNG, PCT, AMP, AMP, DEL, DEL, BNG, BNG, DEL, UNR, UNR, SLA    //  !"#$%&'()*+,-./
    .byte   UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, COL, DEL, ANG, DEL, ANG, COL    // 0123456789:;<=>?
    .byte   COL, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR    // @ABCDEFGHIJKLMNO
    .byte   UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, BRA, HIB, BRA, TIC, UNR    // PQRSTUVWXYZ[\]^_
    .byte   TIC, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR    // `abcdefghijklmno
    .byte   UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, UNR, BRA, TIC, BRA, UNR, CTL    // pqrstuvwxyz{|}~.
    .fill   128, 1, HIB

hex_digits:
    .ascii  "0123456789abcdef"
upper_hex_digits:
    .ascii  "0123456789ABCDEF"

// Date formats: see match_date.
date_patterns:
    .asciz  "a, d c f h:i:j GMT"        // IMF-fixdate
    .asciz  "b, d-c-g h:i:j GMT"        // RFC 850
    .asciz  "a c e h:i:j f"             // asctime
    .byte   0

// What a small letter of a pattern reads: digits, part, names.
.p2align 2
date_directives:
    .byte   0, part_weekday, 0, 0       // a: day of the week
    .long   short_weekdays - date_names
    .byte   0, part_weekday, 0, 0       // b: in full
    .long   long_weekdays - date_names
    .byte   0, part_month, 0, 0         // c
    .long   month_names - date_names
    .byte   2, part_day, 0, 0           // d
    .long   0
    .byte   0, part_day, 0, 0           // e: padded with a blank
    .long   0
    .byte   4, part_year, 0, 0          // f
    .long   0
    .byte   2, part_short_year, 0, 0    // g
    .long   0
    .byte   2, part_hour, 0, 0          // h
    .long   0
    .byte   2, part_minute, 0, 0        // i
    .long   0
    .byte   2, part_second, 0, 0        // j
    .long   0

date_names:
    .byte   0                           // no list starts at distance 0
short_weekdays:
    .ascii  "\003Sun\003Mon\003Tue\003Wed\003Thu\003Fri\003Sat\000"
long_weekdays:
    .ascii  "\006Sunday\006Monday\007Tuesday\011Wednesday\010Thursday\006Friday"
    .ascii  "\010Saturday\000"
month_names:
    .ascii  "\003Jan\003Feb\003Mar\003Apr\003May\003Jun"
    .ascii  "\003Jul\003Aug\003Sep\003Oct\003Nov\003Dec\000"

// The first and the last second of the years 1 to 9999.
.p2align 3
time_limits:
    .quad   -62135596800, 253402300799

text usage_text, "usage: ymawky [-d] [[ADDRESS:]PORT]\n"
text listening_text, "ymawky: listening on http://"
text unusable_text, "ymawky: cannot listen on "
text errno_text, "errno "
text temp_prefix, ".ymawky_tmp_"
text page_suffix, ".html"
text scheme_text, "http://"
text bytes_text, "bytes="
text close_text, "close"
text keep_alive_text, "keep-alive"
text chunked_text, "chunked"
text continue_text, "100-continue"
text zone_text, " GMT"

text version_text, "HTTP/1.1 "
text date_field, "\r\nDate: "
text connection_field, "\r\nServer: ymawky\r\nConnection: "
text content_type_field, "Content-Type: "
text file_fields, "\r\nAccept-Ranges: bytes\r\nX-Content-Type-Options: nosniff\r\n"
text etag_field, "ETag: "
text last_modified_field, "Last-Modified: "
text content_length_field, "Content-Length: "
text content_range_field, "Content-Range: bytes "
text location_field, "Location: "
text allow_field, "Allow: GET, HEAD, PUT, DELETE, OPTIONS\r\n"
text retry_after_field, "Retry-After: 1\r\n"
text error_fields, "Content-Type: text/html; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
text listing_fields, "Content-Type: text/html; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
text chunked_field, "Transfer-Encoding: chunked\r\n"
text continue_response, "HTTP/1.1 100 Continue\r\n\r\n"
text last_chunk, "0\r\n\r\n"

text page_title, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>"
text page_heading, "</title>\n<h1>"
text page_end, "</h1>\n</html>\n"

text listing_title, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Index of "
text listing_heading, "</title>\n<h1>Index of "
text listing_table, "</h1>\n<table>\n<thead><tr><th>Name</th><th>Size</th><th>Modified (UTC)</th></tr></thead>\n<tbody>\n"
text row_parent, "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n"
text row_link, "<tr><td><a href=\""
text row_name, "\">"
text row_size_column, "</a></td><td>"
text row_date_column, "</td><td>"
text row_end, "</td></tr>\n"
text listing_foot, "</tbody>\n</table>\n</html>\n"

text log_user, " - - ["
text log_request, " +0000] \""
text log_status, "\" "

// Wide copies read past the end of the last text.
    .space  SLACK

// ============================================================================
// 22. Zero-filled data
// ============================================================================

// The state of the connection, its path, answer and input: see section 4.
.zerofill __DATA,__bss,hot,HOT_SIZE,14

// Used by listings alone.
.zerofill __DATA,__bss,entries,ENTRIES_SIZE,14
.zerofill __DATA,__bss,listing,LISTING_SIZE + SLACK,14

// Used by the parent alone, when MAX_PROCS is reached.
.zerofill __DATA,__bss,children,(MAX_PROCS + 1) * PID_SIZE,14
