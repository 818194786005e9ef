/* TLS to the server: verify-full takes the right certificate of the right name and nothing else. */
#include "db/listen.h"
#include "server.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static server s;
static int port;

static int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = !bind(fd, (const struct sockaddr *)&a, len) && !getsockname(fd, (struct sockaddr *)&a, &len);
    close(fd);
    return ok ? ntohs(a.sin_port) : 0;
}

static bool openssl(const char *const *rest)
{
    const char *argv[24] = {"/usr/bin/openssl"};
    for (size_t n = 1; *rest && n < 23; rest++)
        argv[n++] = *rest;
    return server_run(&s, argv);
}

static const char *in_folder(char out[64], const char *name)
{
    snprintf(out, 64, "%s/%s", s.folder, name);
    return out;
}

/* A certificate that signs itself. */
static bool make_authority(const char *name)
{
    char key[64], crt[64], file[32];
    snprintf(file, sizeof file, "%s.key", name);
    in_folder(key, file);
    snprintf(file, sizeof file, "%s.crt", name);
    in_folder(crt, file);
    return openssl((const char *const[]){"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                                         "-nodes", "-days", "2", "-subj", "/CN=an authority", "-keyout", key, "-out",
                                         crt, NULL});
}

/* Of localhost, signed by `ca`. */
static bool make_certificate(void)
{
    char key[64], csr[64], crt[64], ca_key[64], ca_crt[64], ext[64];
    in_folder(key, "server.key");
    in_folder(csr, "server.csr");
    in_folder(crt, "server.crt");
    in_folder(ca_key, "ca.key");
    in_folder(ca_crt, "ca.crt");
    FILE *f = fopen(in_folder(ext, "ext"), "we");
    if (!f)
        return false;
    fputs("subjectAltName=DNS:localhost\n", f);
    fclose(f);
    return openssl((const char *const[]){"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                                         "-nodes", "-subj", "/CN=localhost", "-keyout", key, "-out", csr, NULL}) &&
           openssl((const char *const[]){"x509", "-req", "-in", csr, "-CA", ca_crt, "-CAkey", ca_key, "-CAcreateserial",
                                         "-days", "2", "-extfile", ext, "-out", crt, NULL});
}

static bool serve_tls(void)
{
    char port_setting[32], cert[96], key[96], file[64];
    if (!server_make(&s) || !make_authority("ca") || !make_authority("other") || !make_certificate())
        return false;
    port = free_port();
    snprintf(port_setting, sizeof port_setting, "port=%d", port);
    snprintf(cert, sizeof cert, "ssl_cert_file=%s", in_folder(file, "server.crt"));
    snprintf(key, sizeof key, "ssl_key_file=%s", in_folder(file, "server.key"));
    const char *const settings[] = {"ssl=on", cert, key, port_setting, "listen_addresses=127.0.0.1", NULL};
    char text[16];
    snprintf(text, sizeof text, "%d", port);
    setenv("PGPORT", text, 1);
    return server_start(&s, settings) && server_furnish(&s);
}

static const char *dsn_of(const char *host, const char *authority)
{
    static char dsn[256];
    snprintf(dsn, sizeof dsn,
             "host=%s hostaddr=127.0.0.1 port=%d user=saas_app dbname=rig sslmode=verify-full sslrootcert=%s/%s", host,
             port, s.folder, authority);
    return dsn;
}

static void refuses(const char *host, const char *authority, const char *why)
{
    const saas_db_options o = {
        .dsn = dsn_of(host, authority), .log = rig_log, .lanes_shared = 1, .lanes_slow = 1, .lanes_exclusive = 1};
    *logged = 0;
    REQUIRE(!saas_db_new(&db, loop, &o));
    turn_for(400);
    CHECK(!saas_db_ready(db));
    CHECK(strstr(logged, why));
    close_pool();
}

static unsigned regained;

static void on_regained(void *user)
{
    (void)user;
    regained++;
}

static void on_lost(void *user)
{
    (void)user;
}

static void on_heard(void *user, saas_text payload)
{
    (void)user;
    (void)payload;
}

static bool listens(void *user)
{
    (void)user;
    return regained != 0;
}

static void listens_over_tls(void)
{
    saas_listener *l;
    saas_subscription *sub;
    const saas_subscriber who = {on_heard, on_regained, on_lost, NULL};
    REQUIRE(!saas_listener_new(&l, dsn_of("localhost", "ca.crt"), NULL));
    CHECK_INT(saas_subscribe(&sub, l, loop, "news", &who), SAAS_OK);
    CHECK(turn_until(listens, NULL, 5000));
    saas_unsubscribe(sub);
    saas_listener_free(l);
}

static void verify_full(void)
{
    char got[256];
    bool ok = serve_tls();
    CHECK(ok);
    if (ok && open_pool((saas_db_options){.dsn = dsn_of("localhost", "ca.crt")})) {
        CHECK_INT(value(got, "select version from pg_stat_ssl where pid = pg_backend_pid() and ssl", SAAS_NO_ARGS),
                  SAAS_OK);
        CHECK(!strncmp(got, "TLSv1.", 6));
        CHECK_INT(value(got, "select length(repeat('x', $1::int))", SAAS_ARGS(2000000)), SAAS_OK);
        CHECK_INT(value(got, "select repeat('x', $1::int)", SAAS_ARGS(2000000)), SAAS_OK); /* many records */
        close_pool();
        refuses("localhost", "other.crt", "certificate verify failed");
        refuses("elsewhere", "ca.crt", "does not match host name");
        listens_over_tls();
    }
    unsetenv("PGPORT");
    server_remove(&s);
}

static const check_test tests[] = {TEST(verify_full)};
SERVER_MAIN(tests)
