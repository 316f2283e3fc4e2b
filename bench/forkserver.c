/*
 * forkserver: the yardstick, a native static HTTP server that does what ymawky.s does.
 *
 * It forks a process for each connection and makes about the same system calls in it: a read with
 * a time-out, open, fstat, mmap, one write of the header and one of the body.  It is no server to
 * use: it knows GET alone, trusts its client and answers everything else by closing.
 *
 *     cc -O2 -static bench/forkserver.c -o forkserver
 *     ./forkserver PORT BACKLOG          serves www/ of the working directory on 127.0.0.1
 *
 * Linux only: the child is made with a bare clone(2), so that no C library handlers run in it.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    REQUEST_MAX = 16384, /* bytes of a header section */
    PATH_SIZE = 4096,
    TIMEOUT = 10, /* seconds, for the header as a whole and for each read */
};

static const char not_found[] =
    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

static char request[REQUEST_MAX + 1];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void on_alarm(int signal)
{
    (void)signal;
    _exit(1);
}

static void write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written <= 0)
            _exit(1);
        data += written;
        size -= written;
    }
}

static void set_deadline(int seconds)
{
    struct itimerval timer = {.it_value = {.tv_sec = seconds}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* Read up to the end of the header section into `request`; end the process if it never comes. */
static void read_request(int client)
{
    size_t size = 0;

    struct timeval patience = {.tv_sec = TIMEOUT};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    set_deadline(TIMEOUT);
    do {
        ssize_t got = read(client, request + size, REQUEST_MAX - size);
        if (got <= 0)
            _exit(1);
        size += got;
        request[size] = '\0';
    } while (!strstr(request, "\r\n\r\n"));
    set_deadline(0);
}

/* Cut the target out of `request` and write the file's name into `path`; false if there is none. */
static bool find_path(char path[PATH_SIZE])
{
    if (strncmp(request, "GET /", 5) != 0)
        return false;
    char *target = request + 5;
    char *end = strchr(target, ' ');
    if (!end)
        return false;
    *end = '\0';
    if (strstr(target, ".."))
        return false;
    int size = snprintf(path, PATH_SIZE, "www/%s", *target ? target : "index.html");
    return size < PATH_SIZE;
}

static void send_file(int client, int file, size_t size)
{
    char header[512];
    int length = snprintf(header, sizeof header,
                          "HTTP/1.1 200 OK\r\n"
                          "Content-Length: %zu\r\n"
                          "Content-Type: text/html; charset=utf-8\r\n"
                          "Accept-Ranges: bytes\r\n"
                          "Server: forkserver\r\n"
                          "Connection: close\r\n\r\n",
                          size);
    write_all(client, header, length);
    if (size == 0)
        return;
    char *body = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (body == MAP_FAILED)
        _exit(1);
    write_all(client, body, size);
    munmap(body, size);
}

/* The life of a child: one request, one answer, one line of log. */
static void serve(int client)
{
    char path[PATH_SIZE];

    read_request(client);
    if (!find_path(path))
        _exit(1);
    int file = open(path, O_RDONLY | O_NOFOLLOW);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0)
        write_all(client, not_found, sizeof not_found - 1);
    else
        send_file(client, file, status.st_size);
    dprintf(STDOUT_FILENO, "127.0.0.1 - - \"GET /%s HTTP/1.1\"\n", path + 4);
    close(client);
    if (file >= 0)
        close(file);
    _exit(0);
}

static int listen_on(int port, int backlog)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };

    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0)
        die("bind");
    if (listen(listener, backlog) != 0)
        die("listen");
    return listener;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: forkserver PORT BACKLOG\n");
        return 2;
    }
    int listener = listen_on(atoi(argv[1]), atoi(argv[2]));
    struct sigaction ignore = {.sa_handler = SIG_IGN, .sa_flags = SA_NOCLDWAIT};
    sigaction(SIGCHLD, &ignore, NULL);
    sigaction(SIGPIPE, &ignore, NULL);

    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0)
            continue;
        if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0) {
            close(listener);
            serve(client);
        }
        close(client);
    }
}
