/*
 * loadgen_answer.c: reads an answer and checks every byte of it.
 */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen.h"

/* Tell whether the answer is whole and what it should be. */
bool is_good(const struct exchange *x)
{
    if (!x->in_body || x->wrong || (x->length >= 0 && x->got != x->length))
        return false;
    if (job.uploads)
        return x->status == 201 || x->status == 204;
    return x->status == 200 && (!job.file || (size_t)x->got == job.file_size);
}

/* Tell whether the server said, in an answer that is whole, that it has too much to do. */
bool is_refused(const struct exchange *x)
{
    return job.refusable && x->status == 503 && x->in_body &&
           (x->length < 0 || x->got == x->length);
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
    if (job.file && !job.uploads && c->x.status != 503) {
        size_t at = c->x.got;
        if (at + size > job.file_size || memcmp(job.file + at, data, size) != 0)
            c->x.wrong = true;
    }
    c->x.got += size;
}

/* Take bytes of the answer, of the header section first. */
void take(struct connection *c, const char *data, size_t size)
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
