/* saas/h2o.h: the libh2o adapter (library libsaas-h2o). Only forward declarations of h2o's types: h2o.h itself needs
 * -DH2O_USE_LIBUV=0 and is for embedders that call it. HTTP/1.1 only; a proxy in front speaks HTTP/2.
 *
 * Framing is read strictly: what two parties could understand differently (two lengths, two hosts, folded lines, bare
 * LF, Transfer-Encoding with Content-Length, an absolute target) is answered 400 and the connection closed. A body
 * needs a Content-Length: chunked ones get 411. A few heads that libh2o itself can't read get its own 400 in plain
 * text. A client that closes its sending half while its handler waits counts as gone. When memory runs out inside
 * libh2o, it ends the process.
 *
 * Three ways in: saas_h2o_main is a whole program; saas_h2o_serve a server inside a program that owns main;
 * saas_h2o_mount and saas_h2o_attach put the app into a host's own h2o configuration. Since 0.1. */
#ifndef SAAS_H2O_H
#define SAAS_H2O_H

#include <saas/app.h>

SAAS_BEGIN_DECLS

struct st_h2o_hostconf_t;
struct st_h2o_context_t;

/* main() of a service: `prog` serves, `prog migrate` migrates, `prog check` reads the configuration and proves
 * isolation, `prog config` (or --print-config) prints the settings, secrets hidden, and where each comes from, `prog
 * config --example` a .env file to fill in, `prog routes` lists the routes, `prog help`. A .env file in the working
 * directory is options.dotenv unless the options say otherwise or bring an env of their own (saas/app.h). Serving: proves
 * isolation, listens on PORT with WORKERS threads (SO_REUSEPORT), ends cleanly on SIGTERM or SIGINT. Under a supervisor
 * that speaks systemd's protocol it serves the sockets that are passed to it (LISTEN_FDS) instead of PORT, and tells
 * when it is ready, stopping and alive (NOTIFY_SOCKET, WATCHDOG_USEC): see docs/guide/deployment.md. Ignores SIGPIPE,
 * raises the soft descriptor limit to the hard one. RATE_LIMITS=off lifts the limit of connections per address.
 * Exit code: 0; 1 could not serve; 2 wrong usage or configuration, with every problem on stderr. */
SAAS_API int saas_h2o_main(const saas_app_options *options, int argc, char **argv);

/* A server of an app on threads of its own. */
typedef struct saas_h2o_server saas_h2o_server;
typedef struct saas_h2o_options {
    size_t size;
    const char *address;              /* NULL: 0.0.0.0 */
    uint16_t port;                    /* 0: any free one, see saas_h2o_port */
    uint32_t threads;                 /* 0: 1 */
    uint32_t grace_ms;                /* for requests in flight when stopping; 0: 10 s */
    uint32_t read_ms;                 /* for a request's head and body, and between requests; 0: 10 s */
    uint32_t write_ms;                /* for writing an answer, and as long again for each 2 MiB of it; 0: 30 s */
    uint32_t connections_max;         /* at once, then the idlest or slowest goes; 0: what the descriptor limit allows */
    uint32_t connections_per_address; /* loopback is not counted, an IPv6 /64 is one; 0: 256; UINT32_MAX: no limit */
    const int *fds; /* listening TCP sockets of a supervisor's, instead of address and port; they stay the caller's */
    uint32_t fd_count; /* 0: none; at most 8 */
    char end_;
} saas_h2o_options;

/* Listens and serves; returns once every thread accepts. Its threads block all signals. Sockets that were passed in are
 * left to others that have them when it stops, with all that waits for them. ERR_UNAVAILABLE (address in use; a
 * descriptor that doesn't listen), ERR_NO_MEMORY, ERR_BUG (more than 8). */
SAAS_API SAAS_MUST_CHECK saas_err saas_h2o_serve(saas_h2o_server **out, saas_app *app, const saas_h2o_options *options,
                                                 saas_error *e);
SAAS_API uint16_t saas_h2o_port(const saas_h2o_server *server);
/* Any thread but a handler's: stops accepting, answers what comes on open connections for half a second more and then
 * closes those that are idle, lets requests in flight finish within grace_ms, joins the threads, frees. */
SAAS_API void saas_h2o_stop(saas_h2o_server *server);

/* Registers the app under a path of a host's own configuration, before its contexts are made. The app's routes see the
 * path without the prefix. Limits on connections, time-outs, max_request_entity_size and SIGPIPE are the host's
 * business. prefix starts with '/'; "" and "/" are the whole host. ERR_BUG. */
SAAS_API SAAS_MUST_CHECK saas_err saas_h2o_mount(saas_app *app, struct st_h2o_hostconf_t *host, const char *prefix);
/* Puts the app on a thread's h2o context, on that thread, after h2o_context_init. To take it off: saas_shard_stop, then
 * (after done) saas_shard_free, then h2o_context_dispose, which frees the rest. ERR_BUG: not mounted in its
 * configuration. ERR_NO_MEMORY, ERR_UNAVAILABLE. */
SAAS_API SAAS_MUST_CHECK saas_err saas_h2o_attach(saas_shard **out, saas_app *app, struct st_h2o_context_t *context);

SAAS_END_DECLS
#endif
