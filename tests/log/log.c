#include "check.h"
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <saas/log.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 8192 };

/* ---- a descriptor that behaves as a test says: -1 is interrupted, n > 0 takes that much, 0 all ---- */

static int write_plan[4];
static size_t write_step = 4;

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    int plan = write_step < 4 ? write_plan[write_step++] : 0;
    if (plan < 0) {
        errno = EINTR;
        return -1;
    }
    return __real_write(fd, bytes, plan && (size_t)plan < len ? (size_t)plan : len);
}

/* ---- a sink that keeps the last line ---- */

static char last[LINE_MAX_BYTES + 1];
static size_t last_len, lines;

static void keep(const char *line, size_t len, void *user)
{
    (void)user;
    lines++;
    last_len = len;
    memcpy(last, line, len < sizeof last ? len : sizeof last - 1);
    last[len < sizeof last ? len : sizeof last - 1] = 0;
}

static saas_log *log_to_sink(saas_log_level level)
{
    saas_log *log = NULL;
    lines = last_len = 0;
    CHECK_INT(saas_log_new(&log, -1, level, keep, NULL), SAAS_OK);
    return log;
}

/* LG1: one line, one JSON object, nothing else. NULL: it is not; else the caller's to delete. */
static cJSON *object_of(const char *line, size_t len)
{
    const char *end = NULL;
    if (!len || len > LINE_MAX_BYTES || memchr(line, '\n', len) != line + len - 1)
        return NULL;
    cJSON *object = cJSON_ParseWithLengthOpts(line, len, &end, 0);
    if (object && (!cJSON_IsObject(object) || end != line + len - 1)) {
        cJSON_Delete(object);
        return NULL;
    }
    return object;
}

static const char *text_of(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* ---- tests ---- */

static void a_line_has_time_level_message_and_fields(void)
{
    saas_log *log = log_to_sink(SAAS_LOG_UNSET);
    saas_uuid id = {{1, 2, 3}};
    SAAS_LOG(log, SAAS_LOG_WARN, "listening", {"port", SAAS_ARG(3001)}, {"big", SAAS_ARG(UINT64_MAX)},
             {"share", SAAS_ARG(0.5)}, {"open", saas_v_bool(true)}, {"host", SAAS_ARG("a\"b")}, {"id", SAAS_ARG(id)},
             {"at", SAAS_ARG(((saas_time){0}))}, {"none", SAAS_ARG(NULL)}, {"blob", saas_v_bytes("\1", 1)},
             {"bad", saas_v_null("x")});
    CHECK(!strncmp(last, "{\"time\":\"20", 11));
    CHECK(strstr(last, "Z\",\"level\":\"warn\",\"msg\":\"listening\",\"port\":3001,\"big\":18446744073709551615,"
                       "\"share\":0.5,\"open\":true,\"host\":\"a\\\"b\","
                       "\"id\":\"01020300-0000-0000-0000-000000000000\",\"at\":\"1970-01-01T00:00:00.000000Z\","
                       "\"none\":null,\"blob\":null,\"bad\":null}\n"));
    saas_log_free(log);
    saas_log_free(NULL);
}

static void levels_let_through_what_they_say(void)
{
    saas_log *log = log_to_sink(SAAS_LOG_UNSET);
    SAAS_LOG(log, SAAS_LOG_DEBUG, "no");
    CHECK_INT(lines, 0);
    SAAS_LOG(log, SAAS_LOG_INFO, "yes");
    CHECK_INT(lines, 1);
    saas_log_set_level(log, SAAS_LOG_DEBUG);
    SAAS_LOG(log, SAAS_LOG_DEBUG, "yes");
    CHECK_INT(lines, 2);
    saas_log_set_level(log, SAAS_LOG_OFF);
    SAAS_LOG(log, SAAS_LOG_ERROR, "no");
    SAAS_LOG(log, SAAS_LOG_OFF, "no");
    SAAS_LOG(log, SAAS_LOG_UNSET, "no");
    SAAS_LOG(NULL, SAAS_LOG_ERROR, "no");
    CHECK_INT(lines, 2);
    CHECK(!saas_log_enabled(NULL, SAAS_LOG_ERROR));
    saas_log_free(log);
}

/* LG3: whatever a client puts into a path, a user agent or an e-mail stays inside its string. */
static void no_input_forges_a_line(void)
{
    static const struct {
        const char *in;
        size_t len;
        const char *out; /* as read back */
    } cases[] = {
        {"a\n{\"level\":\"error\"}", 19, "a\n{\"level\":\"error\"}"},
        {"\",\"admin\":true,\"x\":\"", 20, "\",\"admin\":true,\"x\":\""},
        {"\\", 1, "\\"},
        {"\r\n\t\b\f\v\x1b[2J\x7f", 11, "\r\n\t\b\f\v\x1b[2J\x7f"},
        {"caf\xc3\xa9 \xf0\x9f\x8e\x89", 10, "caf\xc3\xa9 \xf0\x9f\x8e\x89"},
        {"\xff\xc0\xaf\xed\xa0\x80\xf5", 7,
         "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x80", 2, "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xc2\x85 \xc2\x9b \xe2\x80\xa8 \xe2\x80\xae", 13, "\xc2\x85 \xc2\x9b \xe2\x80\xa8 \xe2\x80\xae"},
    };
    saas_log *log = log_to_sink(SAAS_LOG_INFO);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SAAS_LOG(log, SAAS_LOG_INFO, "request", {"path", saas_v_text((saas_text){cases[i].in, cases[i].len})});
        cJSON *object = object_of(last, last_len);
        CHECK_STR(text_of(object, "path"), cases[i].out);
        CHECK_STR(text_of(object, "level"), "info");
        CHECK_INT(cJSON_GetArraySize(object), 4);
        cJSON_Delete(object);
    }
    saas_log_free(log);
}

static void what_a_terminal_obeys_is_escaped(void)
{
    saas_log *log = log_to_sink(SAAS_LOG_INFO);
    SAAS_LOG(log, SAAS_LOG_INFO, "\x1b|\xc2\x9b|\xe2\x80\xa8|\xe2\x80\xae|\xe2\x81\xa6|\xc2\xa0|\xe2\x80\xa7");
    CHECK(strstr(last, "\"\\u001b|\\u009b|\\u2028|\\u202e|\\u2066|\xc2\xa0|\xe2\x80\xa7\""));
    saas_text nul = SAAS_LIT("a\0b");
    SAAS_LOG(log, SAAS_LOG_INFO, "nul", {"text", SAAS_ARG(nul)});
    CHECK(strstr(last, "\"a\\u0000b\""));
    saas_log_free(log);
}

/* ---- long lines ---- */

static char big[20000];

static void fill(const char *unit, size_t len)
{
    size_t n = strlen(unit), i = 0;
    for (; i + n <= len; i += n)
        memcpy(big + i, unit, n);
    big[i] = 0;
}

static void check_cut(saas_log *log, const char *unit, size_t len)
{
    fill(unit, len);
    SAAS_LOG(log, SAAS_LOG_INFO, "m", {"path", SAAS_ARG((char *)big)}, {"status", SAAS_ARG(200)});
    cJSON *object = object_of(last, last_len);
    const char *path = text_of(object, "path");
    CHECK(object && path);
    CHECK_INT(cJSON_GetNumberValue(cJSON_GetObjectItem(object, "status")), 200);
    if (path && strcmp(path, big) != 0 && (unsigned char)*unit != 0xff) {
        size_t kept = strlen(path) - 3;
        CHECK(strlen(path) >= 3 && !strcmp(path + kept, "\xe2\x80\xa6"));
        CHECK(!strncmp(path, big, kept));
        CHECK_INT(kept % strlen(unit), 0);
        CHECK(last_len > LINE_MAX_BYTES - 100); /* no more than needed was cut */
    }
    cJSON_Delete(object);
}

static void long_texts_are_cut_inside(void)
{
    static const char *const units[] = {"a", "\"", "\n", "\x01", "\xc3\xa9", "\xf0\x9f\x8e\x89", "\xff", "\xc2\x85"};
    saas_log *log = log_to_sink(SAAS_LOG_INFO);
    for (size_t u = 0; u < sizeof units / sizeof *units; u++)
        for (size_t len = 0; len < 17000; len += len % 8000 < 200 ? 1 : 97)
            check_cut(log, units[u], len);
    saas_log_free(log);
}

static void a_line_of_just_the_limit_is_whole(void)
{
    saas_log *log = log_to_sink(SAAS_LOG_INFO);
    for (size_t len = 8000; len < 8192; len++) {
        fill("a", len);
        SAAS_LOG(log, SAAS_LOG_INFO, (char *)big);
        cJSON *object = object_of(last, last_len);
        size_t whole = len + strlen("{\"time\":\"2026-01-31T09:30:00.123456Z\",\"level\":\"info\",\"msg\":\"\"}\n");
        const char *msg = text_of(object, "msg");
        CHECK(msg && (strcmp(msg, big) == 0) == (whole <= LINE_MAX_BYTES));
        CHECK_INT(last_len, whole <= LINE_MAX_BYTES ? whole : LINE_MAX_BYTES);
        cJSON_Delete(object);
    }
    saas_log_free(log);
}

static void a_long_text_leaves_room_for_the_others(void)
{
    saas_log *log = log_to_sink(SAAS_LOG_INFO);
    fill("x", 19000);
    SAAS_LOG(log, SAAS_LOG_INFO, "m", {"agent", SAAS_ARG((char *)big)}, {"path", SAAS_ARG("/v1/notes")},
             {"query", SAAS_ARG((char *)big)}, {"user", SAAS_ARG(7)});
    cJSON *object = object_of(last, last_len);
    REQUIRE(object);
    CHECK_STR(text_of(object, "path"), "/v1/notes");
    CHECK(strlen(text_of(object, "query")) >= 256);
    CHECK_INT(cJSON_GetNumberValue(cJSON_GetObjectItem(object, "user")), 7);
    cJSON_Delete(object);
    saas_log_free(log);
}

static void fields_without_room_are_left_out(void)
{
    static saas_log_field fields[1000];
    saas_log *log = log_to_sink(SAAS_LOG_INFO);
    for (size_t i = 0; i < 1000; i++)
        fields[i] = (saas_log_field){"name", saas_v_z("value")};
    saas_log_write(log, SAAS_LOG_INFO, "many", fields, 1000);
    cJSON *object = object_of(last, last_len);
    CHECK(object && cJSON_GetArraySize(object) > 300);
    cJSON_Delete(object);
    saas_log_free(log);
}

/* ---- descriptors ---- */

static void a_line_is_one_write(void)
{
    saas_log *log = NULL;
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
    REQUIRE(saas_log_new(&log, fds[0], SAAS_LOG_INFO, NULL, NULL) == SAAS_OK);
    fill("a", 19000);
    SAAS_LOG(log, SAAS_LOG_INFO, "short");
    SAAS_LOG(log, SAAS_LOG_INFO, "long", {"text", SAAS_ARG((char *)big)});
    for (size_t i = 0; i < 2; i++) {
        static char packet[LINE_MAX_BYTES * 2];
        ssize_t n = recv(fds[1], packet, sizeof packet, MSG_DONTWAIT);
        cJSON *object = n > 0 ? object_of(packet, (size_t)n) : NULL;
        CHECK_STR(text_of(object, "msg"), i ? "long" : "short");
        cJSON_Delete(object);
    }
    CHECK_INT(saas_log_dropped(log), 0);
    saas_log_free(log);
    close(fds[0]);
    close(fds[1]);
}

static void what_can_not_be_written_is_counted(void)
{
    saas_log *log = NULL;
    REQUIRE(saas_log_new(&log, -1, SAAS_LOG_INFO, NULL, NULL) == SAAS_OK);
    errno = EAGAIN;
    SAAS_LOG(log, SAAS_LOG_INFO, "nowhere");
    SAAS_LOG(log, SAAS_LOG_INFO, "nowhere");
    CHECK_INT(errno, EAGAIN);
    CHECK_INT(saas_log_dropped(log), 2);
    saas_log_free(log);
}

/* The first line after one that was written in part starts on a line of its own. */
static void a_torn_line_spoils_no_other(void)
{
    static char all[4096];
    saas_log *log = NULL;
    int fds[2];
    REQUIRE(pipe2(fds, O_NONBLOCK | O_CLOEXEC) == 0);
    REQUIRE(saas_log_new(&log, fds[1], SAAS_LOG_INFO, NULL, NULL) == SAAS_OK);
    memcpy(write_plan, (int[4]){-1, 20, 10, 0}, sizeof write_plan);
    write_step = 0;
    SAAS_LOG(log, SAAS_LOG_INFO, "interrupted, then torn");
    SAAS_LOG(log, SAAS_LOG_INFO, "torn too");
    SAAS_LOG(log, SAAS_LOG_INFO, "next");
    SAAS_LOG(log, SAAS_LOG_INFO, "and next");
    CHECK_INT(saas_log_dropped(log), 2);
    ssize_t n = read(fds[0], all, sizeof all);
    REQUIRE(n > 32);
    CHECK(all[19] != '\n' && all[20] == '\n' && all[30] == '\n');
    const char *next = all + 31, *second = (char *)memchr(next, '\n', (size_t)n - 31) + 1;
    cJSON *object = object_of(next, (size_t)(second - next));
    CHECK_STR(text_of(object, "msg"), "next");
    cJSON_Delete(object);
    object = object_of(second, (size_t)(all + n - second));
    CHECK_STR(text_of(object, "msg"), "and next");
    cJSON_Delete(object);
    saas_log_free(log);
    close(fds[0]);
    close(fds[1]);
}

/* ---- threads ---- */

enum { THREADS = 4, PER_THREAD = 500 };

static void *log_much(void *arg)
{
    for (int i = 0; i < PER_THREAD; i++) {
        SAAS_LOG(arg, SAAS_LOG_INFO, "from a thread", {"i", SAAS_ARG(i)}, {"text", SAAS_ARG("\"\n\xff")});
        saas_log_set_level(arg, i % 2 ? SAAS_LOG_INFO : SAAS_LOG_DEBUG);
    }
    return NULL;
}

static void threads_never_mix_their_lines(void)
{
    pthread_t threads[THREADS];
    char path[] = "/tmp/saas-log-XXXXXX", *line = NULL;
    size_t cap = 0, count = 0;
    saas_log *log = NULL;
    int fd = mkostemp(path, O_APPEND);
    REQUIRE(fd >= 0);
    REQUIRE(saas_log_new(&log, fd, SAAS_LOG_INFO, NULL, NULL) == SAAS_OK);
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, log_much, log);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    FILE *file = fopen(path, "r");
    for (ssize_t n; (n = getline(&line, &cap, file)) > 0; count++) {
        cJSON *object = object_of(line, (size_t)n);
        CHECK(object != NULL);
        cJSON_Delete(object);
    }
    CHECK_INT(count, THREADS * PER_THREAD);
    CHECK_INT(saas_log_dropped(log), 0);
    free(line);
    fclose(file);
    close(fd);
    unlink(path);
    saas_log_free(log);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A reader that stands still holds nobody up; the caller's end stays as it was. */
static void a_full_pipe_is_not_waited_for(void)
{
    saas_log *log;
    int ends[2];
    char bytes[4096];
    REQUIRE(pipe(ends) == 0);
    CHECK_INT(saas_log_new(&log, ends[1], SAAS_LOG_INFO, NULL, NULL), SAAS_OK);
    int64_t begin = now_ms();
    for (int i = 0; i < 5000; i++)
        SAAS_LOG(log, SAAS_LOG_INFO, "a line that nobody reads, again and again", {"i", SAAS_ARG((int64_t)i)});
    CHECK(now_ms() - begin < 2000);
    uint64_t dropped = saas_log_dropped(log);
    CHECK(dropped > 3000 && dropped < 5000);
    CHECK(!(fcntl(ends[1], F_GETFL) & O_NONBLOCK));
    for (int i = 0; i < 4; i++)
        CHECK(read(ends[0], bytes, sizeof bytes) > 0);
    SAAS_LOG(log, SAAS_LOG_INFO, "there is room again", {"i", SAAS_ARG((int64_t)1)});
    CHECK(saas_log_dropped(log) <= dropped);
    saas_log_free(log);
    close(ends[0]);
    close(ends[1]);
}

static void a_log_with_fields_puts_them_first(void)
{
    saas_log *log = log_to_sink(SAAS_LOG_INFO);
    saas_arena *a = saas_arena_new(0);
    const saas_log_field ids[] = {{"request_id", SAAS_ARG("r\n1")}, {"n", SAAS_ARG((int64_t)7)}};
    saas_log *with = saas_log_with(a, log, ids, 2), *more = saas_log_with(a, with, &ids[1], 1);
    SAAS_LOG(more, SAAS_LOG_INFO, "hello", {"x", saas_v_bool(true)});
    CHECK(strstr(last, "\"msg\":\"hello\",\"request_id\":\"r\\n1\",\"n\":7,\"n\":7,\"x\":true}\n"));
    saas_log_field many[60];
    for (size_t i = 0; i < 60; i++)
        many[i] = (saas_log_field){"f", SAAS_ARG((int64_t)i)};
    saas_log_write(with, SAAS_LOG_INFO, "many", many, 60);
    CHECK(strstr(last, "\"n\":7,\"f\":0,") && strstr(last, "\"f\":37}\n"));
    cJSON_Delete(object_of(last, last_len));
    CHECK_INT(lines, 2);
    CHECK(!saas_log_enabled(with, SAAS_LOG_DEBUG));
    saas_log_set_level(more, SAAS_LOG_DEBUG);
    CHECK(saas_log_enabled(with, SAAS_LOG_DEBUG) && saas_log_enabled(log, SAAS_LOG_DEBUG));
    CHECK_INT(saas_log_dropped(more), 0);
    CHECK(!saas_log_with(a, NULL, ids, 2));
    saas_arena_free(a);
    saas_log_free(log);
}

static const check_test tests[] = {
    TEST(a_log_with_fields_puts_them_first),  TEST(a_line_has_time_level_message_and_fields),
    TEST(levels_let_through_what_they_say),   TEST(no_input_forges_a_line),
    TEST(what_a_terminal_obeys_is_escaped),   TEST(long_texts_are_cut_inside),
    TEST(a_line_of_just_the_limit_is_whole),  TEST(a_long_text_leaves_room_for_the_others),
    TEST(fields_without_room_are_left_out),   TEST(a_line_is_one_write),
    TEST(what_can_not_be_written_is_counted), TEST(a_torn_line_spoils_no_other),
    TEST(a_full_pipe_is_not_waited_for),      TEST(threads_never_mix_their_lines)};
CHECK_MAIN(tests)
