/*
 * loadgen: a closed-loop HTTP load on 127.0.0.1 that checks every byte of every answer.
 *
 *     cc -O2 bench/loadgen*.c -o loadgen
 *     ./loadgen -p PORT [-t TARGET] [-f FILE] [-c CONNECTIONS] [-s SECONDS] [-n REQUESTS]
 *               [-w SECONDS] [-k] [-u] [-r]
 *
 * Each of the CONNECTIONS has one request under way at any time.  By default every request has a
 * connection of its own, which the server closes; with -k a connection is kept for as long as the
 * server agrees.  FILE is what the body must be; with -u it is sent by PUT instead.  With -r a 503
 * is counted by itself, as no fault.  The first seconds (-w) warm up and do not count.  It ends
 * after SECONDS, or REQUESTS if those come first.
 *
 * The result is one line of JSON.  A latency runs from the start of the connection (-k: of the
 * request) to the last byte (without -k: to the end of the stream).
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "loadgen.h"

enum {
    EVENTS = 256,
    TICK = 20, /* ms between looks at the clock when nothing happens */
};

struct job job;

void die(const char *what)
{
    perror(what);
    exit(2);
}

uint64_t now(void)
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

/* ---- the loop -------------------------------------------------------------------------------- */

static void finish_connection(struct connection *c, bool broken)
{
    record(c, broken);
    close(c->fd);
    connect_anew(c);
}

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

/* How many exchanges have come to an end, whatever end it was. */
static size_t answers(void)
{
    return result.requests + result.refused + result.wrong + result.errors;
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
        if (time >= end || answers() >= most)
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

/* ---- setting up ------------------------------------------------------------------------------ */

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

    while ((option = getopt(argc, argv, "p:t:f:c:s:n:w:kur")) != -1)
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
        case 'r': job.refusable = true; break;
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
    return result.requests + result.refused > 0 && result.errors + result.wrong == 0 ? 0 : 1;
}
