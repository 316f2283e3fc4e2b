/*
 * loadgen.h: what a request is, and what is counted of all of them.
 */

#ifndef LOADGEN_H
#define LOADGEN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEAD_MAX = 8192 };

static const uint64_t SECOND = 1000000000; /* ns */

/* A request and what has come of its answer. */
struct exchange {
    uint64_t started; /* ns */
    size_t sent;      /* bytes of head and upload */
    size_t head_size; /* bytes of the answer's header section so far */
    int64_t length;   /* of the body; -1: up to the end of the stream */
    int64_t got;
    int status;
    bool in_body;
    bool last;  /* on this connection, the server says */
    bool wrong; /* a byte of the body is */
};

struct connection {
    int fd;
    struct exchange x;
    char head[HEAD_MAX + 1];
};

/* What every connection asks for. */
extern struct job {
    struct sockaddr_in address;
    char head[1024];
    size_t head_size;
    char *file; /* the body to expect, or to send */
    size_t file_size;
    bool keeps;
    bool uploads;
    bool refusable; /* a 503 is an answer like another */
    int epoll;
} job;

/* What has been found once the warm-up is over. */
extern struct result {
    bool counts;
    uint64_t *latencies;
    size_t requests, room;
    uint64_t bytes, errors, wrong, refused, connections;
} result;

void die(const char *what);
uint64_t now(void);

/* loadgen_answer.c */
void take(struct connection *c, const char *data, size_t size);
bool is_good(const struct exchange *x);
bool is_refused(const struct exchange *x);

/* loadgen_tally.c */
void record(struct connection *c, bool broken);
void report(const struct connection *all, int connections, uint64_t took);

#endif
