/* What a connection costs that has been answered and is kept: user memory of the program, for ten thousand of them or
 * as many as the descriptor limit allows. Fails past 8 KiB. The kernel's buffers come on top. */
#include <arpa/inet.h>
#include <saas/h2o.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WANTED = 10000, KEPT_BACK = 1000, LIMIT_BYTES = 8192 };

static const char request[] =
    "GET /health HTTP/1.1\r\nHost: bench.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) "
    "Gecko/20100101\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\nCookie: a=0123456789abcdef0123456789abcdef; b=0123456789abcdef\r\n\r\n";

static long resident_bytes(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1)
        exit(1);
    fclose(f);
    return pages * sysconf(_SC_PAGESIZE);
}

/* How many were answered is said in one int, then all are held until the other end of the pipe closes. */
static void hold(uint16_t port, int count, int tell, int until)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int answered = 0;
    char bytes[4096];
    for (int i = 0; i < count; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) ||
            send(fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0)
            break;
        answered += recv(fd, bytes, sizeof bytes, 0) > 12 && !memcmp(bytes + 9, "200", 3);
    }
    if (write(tell, &answered, sizeof answered) == sizeof answered)
        answered = (int)read(until, bytes, 1);
    _exit(0);
}

static int measure(uint16_t port, int count)
{
    int told[2], until[2], answered = 0;
    if (pipe(told) || pipe(until))
        return 1;
    pid_t pid = fork();
    if (!pid) {
        close(until[1]);
        hold(port, count, told[1], until[0]);
    }
    long before = resident_bytes();
    ssize_t n = read(told[0], &answered, sizeof answered);
    sleep(1);
    long each = n == sizeof answered && answered ? (resident_bytes() - before) / answered : -1;
    close(until[1]);
    waitpid(pid, NULL, 0);
    printf("idle connections: %d, %ld bytes each\n", answered, each);
    return answered != count || each < 0 || each > LIMIT_BYTES;
}

int main(void)
{
    static const char *const env[] = {"APP_ENV=development",
                                      "DATABASE_URL=host=/nowhere",
                                      "LOG_LEVEL=error",
                                      "JWT_ACCESS_SECRET=access token key of this bench, worthless",
                                      "JWT_REFRESH_SECRET=refresh token key of this bench, worthless",
                                      NULL};
    const saas_h2o_options how = {.size = sizeof how, .address = "127.0.0.1", .threads = 2, .read_ms = 120000};
    saas_app_options options = {.size = sizeof options, .name = "idle", .env = env};
    saas_app *app;
    saas_h2o_server *server;
    saas_error e = {0};
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    const int count = limit.rlim_max < WANTED + KEPT_BACK ? (int)limit.rlim_max - KEPT_BACK : WANTED;
    if (saas_app_new(&app, &options, &e) || saas_h2o_serve(&server, app, &how, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    int failed = measure(saas_h2o_port(server), count);
    saas_h2o_stop(server);
    saas_app_free(app);
    return failed;
}
