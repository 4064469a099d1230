/*
 * A wire of a certain length: a TCP proxy that hands everything on a fixed time after it came. For the delivery benchmark, where the kernel has no netem.
 *
 *   distance PORT MILLISECONDS      connects to 127.0.0.1:PORT, listens on a free port and prints it; MILLISECONDS is the round trip
 *
 * One thread, epoll; half of the round trip each way. A connection reaches the far end a round trip and a half after it was made, as a handshake would.
 * It knows no congestion, loss or limit of speed, and holds up to HELD octets of each direction, which is more than the benchmark has under way.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 128 * 1024, HELD = 16 * 1024 * 1024, EVENTS = 256 };

struct chunk {
    struct chunk *next;
    struct end *to;
    int64_t due;
    size_t length, written; /* length 0: the other side has ended */
    char octets[];
};

struct end {            /* one side of one connection; small and few, so they are never freed */
    int fd;             /* -1: not made yet, or closed */
    struct end *other;
    struct chunk *first, *last; /* due, and waiting for the socket to take them */
    size_t held;        /* octets on their way to this end */
    uint32_t wanted;    /* events asked for */
    int over;           /* it has sent its end */
};

struct queue {
    struct chunk *first, *last;
};

static struct queue under_way, connecting; /* each in the order of `due` */
static int64_t one_way;
static int events, timer;
static struct sockaddr_in target = {.sin_family = AF_INET};

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int64_t now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static void append(struct queue *queue, struct chunk *chunk) {
    chunk->next = NULL;
    if (queue->first)
        queue->last->next = chunk;
    else
        queue->first = chunk;
    queue->last = chunk;
}

static struct chunk *popped(struct queue *queue) {
    struct chunk *chunk = queue->first;
    queue->first = chunk->next;
    return chunk;
}

static void want(struct end *end, uint32_t wanted) {
    if (end->fd < 0 || end->wanted == wanted) return;
    end->wanted = wanted;
    struct epoll_event event = {.events = wanted, .data.ptr = end};
    epoll_ctl(events, EPOLL_CTL_MOD, end->fd, &event);
}

static void wishes(struct end *end) {
    want(end, (end->over || end->other->held > HELD ? 0 : EPOLLIN) | (end->first ? EPOLLOUT : 0));
}

static void watched(struct end *end, int fd) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    end->fd = fd;
    end->wanted = EPOLLIN;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = end};
    if (epoll_ctl(events, EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl");
}

static void closed(struct end *end) {
    if (end->fd >= 0) close(end->fd);
    end->fd = -1;
}

/* Hand on what is due, as far as the socket takes it. */
static void flush(struct end *end) {
    while (end->first && end->fd >= 0) {
        struct chunk *chunk = end->first;
        if (!chunk->length) {
            shutdown(end->fd, SHUT_WR);
            if (end->over) {
                closed(end);
                closed(end->other);
            }
        } else {
            ssize_t put = write(end->fd, chunk->octets + chunk->written, chunk->length - chunk->written);
            if (put < 0 && errno == EAGAIN) break;
            if (put < 0) put = (ssize_t)(chunk->length - chunk->written); /* nobody reads any more */
            chunk->written += (size_t)put;
            end->held -= (size_t)put;
            if (chunk->written < chunk->length) continue;
        }
        end->first = chunk->next;
        free(chunk);
    }
    wishes(end);
    wishes(end->other);
}

static struct chunk *chunk_to(struct end *to, size_t length, int64_t after) {
    struct chunk *chunk = malloc(sizeof *chunk + length);
    if (!chunk) fail("malloc");
    *chunk = (struct chunk){.to = to, .due = now() + after, .length = length};
    return chunk;
}

static void take(struct end *from) {
    static char octets[CHUNK];
    ssize_t got = read(from->fd, octets, CHUNK);
    if (got < 0 && errno == EAGAIN) return;
    if (got < 0) got = 0; /* a reset is handed on as an end */
    if (!got) from->over = 1;
    struct chunk *chunk = chunk_to(from->other, (size_t)got, one_way);
    memcpy(chunk->octets, octets, (size_t)got);
    from->other->held += (size_t)got;
    append(&under_way, chunk);
    wishes(from);
}

static void welcome(int listener) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct end *near = calloc(2, sizeof *near), *far = near + 1;
        if (!near) fail("calloc");
        near->other = far;
        far->other = near;
        far->fd = -1;
        watched(near, fd);
        append(&connecting, chunk_to(far, 0, 3 * one_way));
    }
}

static void connected(struct end *far) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&target, sizeof target)) fail("connect");
    if (fcntl(fd, F_SETFL, O_NONBLOCK)) fail("fcntl");
    watched(far, fd);
    flush(far);
}

/* Do what is due; then set the timer for what is due next. */
static void turn(void) {
    int64_t at = now();
    while (connecting.first && connecting.first->due <= at) {
        struct chunk *chunk = popped(&connecting);
        connected(chunk->to);
        free(chunk);
    }
    while (under_way.first && under_way.first->due <= at) {
        struct chunk *chunk = popped(&under_way);
        struct end *to = chunk->to;
        struct queue waiting = {to->first, to->last};
        append(&waiting, chunk);
        to->first = waiting.first;
        to->last = waiting.last;
        flush(to);
    }
    int64_t next = under_way.first ? under_way.first->due : 0;
    if (connecting.first && (!next || connecting.first->due < next)) next = connecting.first->due;
    struct itimerspec when = {.it_value = {.tv_sec = next / 1000000000, .tv_nsec = next % 1000000000}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

int main(int count, char **words) {
    if (count != 3) return fprintf(stderr, "distance PORT MILLISECONDS\n"), 1;
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    target.sin_port = htons((uint16_t)atoi(words[1]));
    one_way = (int64_t)(atof(words[2]) * 1e6 / 2);
    events = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof here;
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 512)) fail("listen");
    getsockname(listener, (struct sockaddr *)&here, &length);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    static int listens, ticks;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &listens};
    epoll_ctl(events, EPOLL_CTL_ADD, listener, &event);
    event.data.ptr = &ticks;
    epoll_ctl(events, EPOLL_CTL_ADD, timer, &event);
    for (;;) {
        struct epoll_event ready[EVENTS];
        int found = epoll_wait(events, ready, EVENTS, -1);
        for (int i = 0; i < found; i++) {
            void *who = ready[i].data.ptr;
            if (who == &listens) {
                welcome(listener);
            } else if (who == &ticks) {
                uint64_t times;
                if (read(timer, &times, sizeof times) < 0 && errno != EAGAIN) fail("timer");
            } else {
                struct end *end = who;
                if (end->fd >= 0 && ready[i].events & EPOLLOUT) flush(end);
                if (end->fd >= 0 && !end->over && ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) take(end);
            }
        }
        turn();
    }
}
