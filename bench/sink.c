/*
 * A mail server that takes everything and keeps nothing: the far end of the delivery benchmark.
 *
 *   sink [CERTIFICATE KEY]      listens on a free port of 127.0.0.1 and prints it; with a certificate, TLS from the first octet (built with -DWITH_TLS)
 *
 * One thread, epoll, PIPELINING. On SIGTERM, or when its parent is gone, it prints one line of JSON: messages, octets of content, connections, the most
 * of them at once, and the seconds (monotonic clock) of the first and the last message taken. It does not delay, refuse, log or check anything.
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
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>
static SSL_CTX *tls_context;
#endif

enum { CHUNK = 256 * 1024, LINE = 2048, REPLIES = 16 * 1024, BLOCK = 256, EVENTS = 256 };

struct peer {
    int fd;
    int in_body;
    int line_length;          /* of the command line that is not whole yet */
    int owed;                 /* octets of replies that wait to be written */
    unsigned tail;            /* the last four octets of the body so far: "\r\n.\r" may straddle two reads */
    char line[LINE];
    char replies[REPLIES];
#ifdef WITH_TLS
    SSL *tls;
#endif
};

static const char GREETING[] = "220 sink.test ESMTP\r\n";
static const char HELLO[] = "250-sink.test\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-AUTH PLAIN\r\n250 ENHANCEDSTATUSCODES\r\n";
static const char FINE[] = "250 2.0.0 Ok\r\n";
static const char GO_ON[] = "354 Go on\r\n";
static const char KNOWN[] = "235 2.7.0 Whoever you are\r\n";
static const char BYE[] = "221 2.0.0 Bye\r\n";
static const char UNKNOWN[] = "500 5.5.2 What?\r\n";

static uint64_t messages, octets, connections;
static int open_now, most_open;
static double first_at, last_at;
static char chunk[CHUNK];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

static void say(struct peer *peer, const char *reply) {
    int length = (int)strlen(reply);
    if (peer->owed + length <= REPLIES) {
        memcpy(peer->replies + peer->owed, reply, (size_t)length);
        peer->owed += length;
    }
}

static void taken(struct peer *peer) {
    last_at = now();
    if (!messages++) first_at = last_at;
    peer->in_body = 0;
    say(peer, FINE);
}

/* Whether a line of this block of BLOCK octets (and the one behind it) begins with a dot; written so that a compiler makes vectors of it. */
static int has_dotted_line(const char *block) {
    unsigned char found = 0;
    for (int i = 0; i < BLOCK; i++) found |= (unsigned char)((block[i] == '\n') & (block[i + 1] == '.'));
    return found;
}

/* Read on in a body; return how many octets of it stand in `data`, the end included. */
static size_t body(struct peer *peer, const char *data, size_t length) {
    size_t i = 0;
    while (i < length && i < 4) { /* an end that began in the read before */
        peer->tail = peer->tail << 8 | (unsigned char)data[i];
        int whole = peer->tail == 0x0a2e0d0a; /* \n . \r \n */
        i++;
        if (whole) {
            taken(peer);
            return i;
        }
    }
    for (size_t from = 0; from + 4 <= length;) {
        if (from + BLOCK + 1 <= length && !has_dotted_line(data + from)) {
            from += BLOCK;
            continue;
        }
        size_t end = from + BLOCK < length - 3 ? from + BLOCK : length - 3;
        for (; from < end; from++)
            if (data[from] == '\n' && data[from + 1] == '.' && data[from + 2] == '\r' && data[from + 3] == '\n') {
                taken(peer);
                return from + 4;
            }
    }
    for (i = length > 4 ? length - 4 : length; i < length; i++) peer->tail = peer->tail << 8 | (unsigned char)data[i];
    return length;
}

/* Obey one command line; 0: the connection is over. */
static int command(struct peer *peer) {
    const char *line = peer->line;
    if (!strncasecmp(line, "MAIL", 4) || !strncasecmp(line, "RCPT", 4) || !strncasecmp(line, "RSET", 4) || !strncasecmp(line, "NOOP", 4)) {
        say(peer, FINE);
    } else if (!strncasecmp(line, "DATA", 4)) {
        say(peer, GO_ON);
        peer->in_body = 1;
        peer->tail = 0x0d0a; /* a dot at once ends an empty body */
    } else if (!strncasecmp(line, "EHLO", 4) || !strncasecmp(line, "HELO", 4)) {
        say(peer, HELLO);
    } else if (!strncasecmp(line, "AUTH", 4)) {
        say(peer, KNOWN);
    } else if (!strncasecmp(line, "QUIT", 4)) {
        say(peer, BYE);
        return 0;
    } else {
        say(peer, UNKNOWN);
    }
    return 1;
}

static int obey(struct peer *peer, const char *data, size_t length) {
    size_t at = 0;
    while (at < length) {
        if (peer->in_body) {
            size_t used = body(peer, data + at, length - at);
            octets += used;
            at += used;
            continue;
        }
        char octet = data[at++];
        if (octet != '\n') {
            if (peer->line_length < LINE - 1) peer->line[peer->line_length++] = octet;
            continue;
        }
        peer->line[peer->line_length] = 0;
        peer->line_length = 0;
        if (!command(peer)) return 0;
    }
    return 1;
}

static ssize_t receive(struct peer *peer) {
#ifdef WITH_TLS
    if (peer->tls) {
        int got = SSL_read(peer->tls, chunk, CHUNK);
        if (got > 0) return got;
        int why = SSL_get_error(peer->tls, got);
        ERR_clear_error();
        errno = EAGAIN;
        return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? -1 : 0;
    }
#endif
    return read(peer->fd, chunk, CHUNK);
}

/* Write what is owed; replies are so short that a socket takes them at once, so nothing waits for it to become writable. */
static void answer(struct peer *peer) {
    if (!peer->owed) return;
#ifdef WITH_TLS
    if (peer->tls) {
        if (SSL_write(peer->tls, peer->replies, peer->owed) > 0) peer->owed = 0;
        ERR_clear_error(); /* the handshake is not over: what is owed is tried again with the next octets */
        return;
    }
#endif
    if (write(peer->fd, peer->replies, (size_t)peer->owed) > 0) peer->owed = 0;
}

static void end(struct peer *peer) {
#ifdef WITH_TLS
    if (peer->tls) SSL_free(peer->tls);
#endif
    close(peer->fd);
    free(peer);
    open_now--;
}

static void serve(struct peer *peer) {
    for (int turn = 0; turn < 4; turn++) { /* then it is another's turn */
        ssize_t got = receive(peer);
        if (got < 0 && errno == EAGAIN) {
            answer(peer); /* the greeting, once a handshake is over */
            break;
        }
        if (got <= 0 || !obey(peer, chunk, (size_t)got)) {
            answer(peer);
            end(peer);
            return;
        }
        answer(peer);
#ifdef WITH_TLS
        if (peer->tls && SSL_pending(peer->tls)) turn = 0; /* no event will tell of what the library holds already */
#endif
    }
}

static void welcome(int listener, int events) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct peer *peer = calloc(1, sizeof *peer);
        if (!peer) fail("calloc");
        peer->fd = fd;
        connections++;
        if (++open_now > most_open) most_open = open_now;
        say(peer, GREETING);
#ifdef WITH_TLS
        if (tls_context) {
            peer->tls = SSL_new(tls_context);
            SSL_set_fd(peer->tls, fd);
            SSL_set_accept_state(peer->tls);
        }
        if (!peer->tls)
#endif
            answer(peer);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
        if (epoll_ctl(events, EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl");
    }
}

static int listening(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 512)) fail("listen");
    getsockname(fd, (struct sockaddr *)&at, &length);
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

static void report(void) {
    printf("{\"messages\": %llu, \"octets\": %llu, \"connections\": %llu, \"at_once\": %d, \"first_s\": %.6f, \"last_s\": %.6f}\n",
           (unsigned long long)messages, (unsigned long long)octets, (unsigned long long)connections, most_open, first_at, last_at);
}

int main(int count, char **words) {
    if (count == 3) {
#ifdef WITH_TLS
        tls_context = SSL_CTX_new(TLS_server_method());
        SSL_CTX_set_mode(tls_context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        if (SSL_CTX_use_certificate_chain_file(tls_context, words[1]) != 1 || SSL_CTX_use_PrivateKey_file(tls_context, words[2], SSL_FILETYPE_PEM) != 1)
            return fprintf(stderr, "the certificate or its key cannot be read\n"), 1;
#else
        return fprintf(stderr, "built without TLS: %s\n", words[1]), 1;
#endif
    }
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    sigprocmask(SIG_BLOCK, &ending, NULL);
    static int told, listener;
    told = signalfd(-1, &ending, SFD_CLOEXEC);
    int events = epoll_create1(EPOLL_CLOEXEC);
    listener = listening();
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &told};
    epoll_ctl(events, EPOLL_CTL_ADD, told, &event);
    event.data.ptr = &listener;
    epoll_ctl(events, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event ready[EVENTS];
        int found = epoll_wait(events, ready, EVENTS, -1);
        for (int i = 0; i < found; i++) {
            if (ready[i].data.ptr == &told) return report(), 0;
            if (ready[i].data.ptr == &listener)
                welcome(listener, events);
            else
                serve(ready[i].data.ptr);
        }
    }
}
