/*
 * loadgen: a closed-loop HTTP load on 127.0.0.1 that checks every byte of every answer.
 *
 *     cc -O2 bench/loadgen.c -o loadgen
 *     ./loadgen -p PORT [-t TARGET] [-f FILE] [-c CONNECTIONS] [-s SECONDS] [-n REQUESTS]
 *               [-w SECONDS] [-k] [-u]
 *
 * Each of the CONNECTIONS has one request under way at any time.  By default every request has a
 * connection of its own, which the server closes; with -k a connection is kept for as long as the
 * server agrees.  FILE is what the body must be; with -u it is sent by PUT instead.  The first
 * seconds (-w) warm up and do not count.  It ends after SECONDS, or REQUESTS if those come first.
 *
 * The result is one line of JSON.  A latency runs from the start of the connection (-k: of the
 * request) to the last byte (without -k: to the end of the stream).
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    HEAD_MAX = 8192,
    EVENTS = 256,
    TICK = 20, /* ms between looks at the clock when nothing happens */
};

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

static struct {
    struct sockaddr_in address;
    char head[1024];
    size_t head_size;
    char *file; /* the body to expect, or to send */
    size_t file_size;
    bool keeps;
    bool uploads;
    int epoll;
} job;

static struct {
    bool counts; /* the warm-up is over */
    uint64_t *latencies;
    size_t requests, room;
    uint64_t bytes, errors, wrong, connections;
} result;

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * SECOND + time.tv_nsec;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void watch(struct connection *c, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(job.epoll, operation, c->fd, &event) != 0)
        die("epoll_ctl");
}

static void connect_anew(struct connection *c)
{
    int one = 1;

    c->x = (struct exchange){.started = now(), .length = -1};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0)
        die("socket");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (struct sockaddr *)&job.address, sizeof job.address) != 0 &&
        errno != EINPROGRESS)
        die("connect");
    result.connections += result.counts;
    watch(c, EPOLL_CTL_ADD, EPOLLOUT);
}

/* Send what fits; 1: all of the request is out, 0: more to come, -1: the connection is broken. */
static int send_some(struct connection *c)
{
    size_t total = job.head_size + (job.uploads ? job.file_size : 0);

    while (c->x.sent < total) {
        bool heading = c->x.sent < job.head_size;
        const char *from = heading ? job.head + c->x.sent : job.file + c->x.sent - job.head_size;
        size_t size = heading ? job.head_size - c->x.sent : total - c->x.sent;
        int more = heading && job.uploads ? MSG_MORE : 0;
        ssize_t sent = send(c->fd, from, size, MSG_NOSIGNAL | more);
        if (sent < 0)
            return errno == EAGAIN ? 0 : -1;
        c->x.sent += sent;
    }
    return 1;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static bool is_good(const struct exchange *x)
{
    if (!x->in_body || x->wrong || (x->length >= 0 && x->got != x->length))
        return false;
    if (job.uploads)
        return x->status == 201 || x->status == 204;
    return x->status == 200 && (!job.file || (size_t)x->got == job.file_size);
}

static void record(struct connection *c, bool broken)
{
    if (!result.counts)
        return;
    if (broken || !is_good(&c->x)) {
        result.errors += broken;
        result.wrong += !broken;
        return;
    }
    if (result.requests == result.room) {
        result.room = result.room ? 2 * result.room : 1 << 16;
        result.latencies = realloc(result.latencies, result.room * sizeof *result.latencies);
        if (!result.latencies)
            die("realloc");
    }
    result.latencies[result.requests++] = now() - c->x.started;
    result.bytes += job.uploads ? job.file_size : (size_t)c->x.got;
}

static void finish_connection(struct connection *c, bool broken)
{
    record(c, broken);
    close(c->fd);
    connect_anew(c);
}

static void parse_head(struct connection *c)
{
    const char *field;

    sscanf(c->head, "HTTP/1.%*c %d", &c->x.status);
    if ((field = strcasestr(c->head, "\r\nContent-Length:")))
        c->x.length = strtoll(field + 17, NULL, 10);
    else if (c->x.status == 204)
        c->x.length = 0;
    c->x.last = strcasestr(c->head, "\r\nConnection: close") != NULL;
    c->x.in_body = true;
}

static void take_body(struct connection *c, const char *data, size_t size)
{
    if (job.file && !job.uploads) {
        size_t at = c->x.got;
        if (at + size > job.file_size || memcmp(job.file + at, data, size) != 0)
            c->x.wrong = true;
    }
    c->x.got += size;
}

/* Take bytes of the answer, of the header section first. */
static void take(struct connection *c, const char *data, size_t size)
{
    if (c->x.in_body) {
        take_body(c, data, size);
        return;
    }
    size_t before = c->x.head_size;
    size_t copied = size < HEAD_MAX - before ? size : HEAD_MAX - before;
    memcpy(c->head + before, data, copied);
    c->x.head_size += copied;
    c->head[c->x.head_size] = '\0';
    char *end = strstr(c->head + (before > 3 ? before - 3 : 0), "\r\n\r\n");
    if (!end) {
        c->x.wrong = c->x.head_size == HEAD_MAX;
        return;
    }
    end[2] = '\0';
    parse_head(c);
    size_t used = end + 4 - c->head - before;
    take_body(c, data + used, size - used);
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void on_writable(struct connection *c)
{
    int error = 0;
    socklen_t size = sizeof error;

    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    int sent = error ? -1 : send_some(c);
    if (sent < 0)
        finish_connection(c, true);
    else if (sent > 0)
        watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

/* The whole answer is here: ask again on the same connection, or on another. */
static void ask_again(struct connection *c)
{
    bool last = c->x.last;

    if (last) {
        finish_connection(c, false);
        return;
    }
    record(c, false);
    c->x = (struct exchange){.started = now(), .length = -1};
    int sent = send_some(c);
    if (sent < 0)
        finish_connection(c, true);
    else if (sent == 0)
        watch(c, EPOLL_CTL_MOD, EPOLLOUT);
}

static void on_readable(struct connection *c)
{
    static char buffer[1 << 18];

    for (;;) {
        ssize_t size = read(c->fd, buffer, sizeof buffer);
        if (size < 0 && errno == EAGAIN)
            return;
        if (size <= 0) {
            finish_connection(c, size < 0 || !c->x.in_body);
            return;
        }
        take(c, buffer, size);
        if (job.keeps && c->x.in_body && c->x.length >= 0 && c->x.got >= c->x.length) {
            ask_again(c);
            return;
        }
        if ((size_t)size < sizeof buffer)
            return;
    }
}

static uint64_t run(struct connection *all, int connections, double warm, double seconds, size_t most)
{
    struct epoll_event events[EVENTS];
    uint64_t begin = now() + warm * SECOND;
    uint64_t end = begin + seconds * SECOND;

    for (int i = 0; i < connections; i++)
        connect_anew(&all[i]);
    for (;;) {
        int ready = epoll_wait(job.epoll, events, EVENTS, TICK);
        uint64_t time = now();
        if (!result.counts && time >= begin) {
            result.counts = true;
            begin = time;
        }
        if (time >= end || result.requests >= most)
            return time - begin;
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (c->x.sent < job.head_size + (job.uploads ? job.file_size : 0))
                on_writable(c);
            else
                on_readable(c);
        }
    }
}

/* ---- setting up and reporting ---------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static double quantile_ms(double q)
{
    if (result.requests == 0)
        return 0;
    return result.latencies[(size_t)((result.requests - 1) * q)] / 1e6;
}

/* The longest that a request still under way has waited, in ms: a stall has no other trace. */
static double oldest_ms(const struct connection *all, int connections)
{
    uint64_t oldest = 0, time = now();

    for (int i = 0; i < connections; i++)
        if (time - all[i].x.started > oldest)
            oldest = time - all[i].x.started;
    return oldest / 1e6;
}

static void report(const struct connection *all, int connections, uint64_t took)
{
    double seconds = (double)took / SECOND;

    qsort(result.latencies, result.requests, sizeof *result.latencies, by_size);
    printf("{\"requests\": %zu, \"seconds\": %.4f, \"rate\": %.2f, \"bytes_per_second\": %.0f, "
           "\"p50_ms\": %.4f, \"p99_ms\": %.4f, \"max_ms\": %.3f, \"oldest_ms\": %.3f, "
           "\"connections\": %ju, \"errors\": %ju, \"wrong\": %ju}\n",
           result.requests, seconds, result.requests / seconds, result.bytes / seconds,
           quantile_ms(.5), quantile_ms(.99), quantile_ms(1), oldest_ms(all, connections),
           (uintmax_t)result.connections, (uintmax_t)result.errors, (uintmax_t)result.wrong);
}

static void read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        die(path);
    job.file_size = ftell(file);
    rewind(file);
    job.file = malloc(job.file_size + 1);
    if (!job.file || fread(job.file, 1, job.file_size, file) != job.file_size)
        die(path);
    fclose(file);
}

static void write_head(const char *target)
{
    int size = snprintf(job.head, sizeof job.head, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n",
                        job.uploads ? "PUT" : "GET", target);
    if (job.uploads)
        size += snprintf(job.head + size, sizeof job.head - size, "Content-Length: %zu\r\n",
                         job.file_size);
    size += snprintf(job.head + size, sizeof job.head - size, "%s\r\n",
                     job.keeps ? "" : "Connection: close\r\n");
    job.head_size = size;
}

int main(int argc, char **argv)
{
    const char *target = "/";
    int connections = 1, port = 0, option;
    double seconds = 1, warm = 0.3;
    size_t most = SIZE_MAX;

    while ((option = getopt(argc, argv, "p:t:f:c:s:n:w:ku")) != -1)
        switch (option) {
        case 'p': port = atoi(optarg); break;
        case 't': target = optarg; break;
        case 'f': read_file(optarg); break;
        case 'c': connections = atoi(optarg); break;
        case 's': seconds = atof(optarg); break;
        case 'n': most = strtoull(optarg, NULL, 10); break;
        case 'w': warm = atof(optarg); break;
        case 'k': job.keeps = true; break;
        case 'u': job.uploads = true; break;
        default: return 2;
        }
    if (port <= 0 || connections <= 0 || strlen(target) > sizeof job.head / 2 ||
        (job.uploads && !job.file)) {
        fprintf(stderr, "usage: see the head of loadgen.c\n");
        return 2;
    }
    job.address = (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    write_head(target);
    job.epoll = epoll_create1(0);
    struct connection *all = calloc(connections, sizeof *all);
    if (job.epoll < 0 || !all)
        die("setting up");
    uint64_t took = run(all, connections, warm, seconds, most);
    report(all, connections, took);
    return result.requests > 0 && result.errors + result.wrong == 0 ? 0 : 1;
}
