/*
 * loadgen_tally.c: counts the answers and says what came of them.
 */

#include <stdio.h>
#include <stdlib.h>

#include "loadgen.h"

struct result result;

/* Count an answer, or that there is none. */
void record(struct connection *c, bool broken)
{
    if (!result.counts)
        return;
    if (!broken && is_refused(&c->x)) {
        result.refused++;
        return;
    }
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

/* Print the result as one line of JSON. */
void report(const struct connection *all, int connections, uint64_t took)
{
    double seconds = (double)took / SECOND;

    qsort(result.latencies, result.requests, sizeof *result.latencies, by_size);
    printf("{\"requests\": %zu, \"seconds\": %.4f, \"rate\": %.2f, \"bytes_per_second\": %.0f, "
           "\"p50_ms\": %.4f, \"p99_ms\": %.4f, \"max_ms\": %.3f, \"oldest_ms\": %.3f, "
           "\"connections\": %ju, \"errors\": %ju, \"wrong\": %ju, \"refused\": %ju}\n",
           result.requests, seconds, result.requests / seconds, result.bytes / seconds,
           quantile_ms(.5), quantile_ms(.99), quantile_ms(1), oldest_ms(all, connections),
           (uintmax_t)result.connections, (uintmax_t)result.errors, (uintmax_t)result.wrong,
           (uintmax_t)result.refused);
}
