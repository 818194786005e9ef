/* W3C Trace Context: what is taken from outside and what is not, what goes on to others, what is in the log. */
#include "http/trace.h"
#include "site.h"
#include <cjson/cJSON.h>

#define ID     "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"
#define GOOD   "00-" ID "-" PARENT "-01"

static saas_err tell(saas_ctx *c)
{
    SAAS_LOG(saas_ctx_log(c), SAAS_LOG_INFO, "inside", {"step", SAAS_ARG("one")});
    const saas_text parent = saas_traceparent(c), state = saas_tracestate(c), id = saas_trace_id(c);
    return saas_reply_raw(c, 200,
                          saas_format(c, "[\"%s\",\"%s\",\"%s\"]", parent.ptr, state.ptr ? state.ptr : "-", id.ptr));
}

static const saas_route routes[] = {SAAS_GET("/tell", tell, .open = true)};

/* ---- headers alone ---- */

static const struct {
    const char *header;
    bool holds;
} parents[] = {
    {GOOD, true},
    {"00-" ID "-" PARENT "-00", true},
    {"00-" ID "-" PARENT "-ff", true},
    {"cc-" ID "-" PARENT "-01", true},
    {"cc-" ID "-" PARENT "-01-what-the-future-will-be-like", true},
    {"cc-" ID "-" PARENT "-01-", true},
    {"", false},
    {"00", false},
    {"00-" ID "-" PARENT "-0", false},
    {"00-" ID "-" PARENT "-01 ", false},
    {"00-" ID "-" PARENT "-01-", false},
    {"00-" ID "-" PARENT "-01-more", false},
    {"00-" ID "-" PARENT "-01.", false},
    {"cc-" ID "-" PARENT "-01.what", false},
    {"cc-" ID "-" PARENT "-012", false},
    {"ff-" ID "-" PARENT "-01", false},
    {"FF-" ID "-" PARENT "-01", false},
    {"0.-" ID "-" PARENT "-01", false},
    {"00-00000000000000000000000000000000-" PARENT "-01", false},
    {"00-" ID "-0000000000000000-01", false},
    {"00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01", false},
    {"00-" ID "-00F067AA0BA902B7-01", false},
    {"00-.bf92f3577b34da6a3ce929d0e0e4736-" PARENT "-01", false},
    {"00-" ID "-.0f067aa0ba902b7-01", false},
    {"00-" ID "-" PARENT "-.1", false},
    {"00-" ID "-" PARENT "-0G", false},
    {"00_" ID "-" PARENT "-01", false},
    {"00-" ID "_" PARENT "-01", false},
    {"00-" ID "-" PARENT "_01", false},
    {" " GOOD, false},
    {"000" ID "-" PARENT "-01-x", false},
};

static void parents_are_read_strictly(void)
{
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
        saas_trace t = {.id = {7}, .flags = SAAS_TRACE_RANDOM};
        const bool holds = saas_trace_parse(&t, saas_text_z(parents[i].header));
        if (holds != parents[i].holds)
            fprintf(stderr, "%s\n", parents[i].header);
        CHECK_INT(holds, parents[i].holds);
        CHECK_INT(t.continued, holds);
        CHECK_INT(t.id[0], holds ? 0x4b : 7);
        CHECK(!(t.flags & ~3));
    }
}

static bool state_holds(const char *list)
{
    return saas_tracestate_holds(saas_text_z(list));
}

static void states_are_lists(void)
{
    static const char *const good[] = {
        "a=1",      "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "a=1, b=2\t,c=3", "a=1,,b=2,",
        "0a@b=x y", "a_-*/1=!\"#$%&'()*+-./:;<>?@[]^`{|}~"};
    static const char *const bad[] = {"",      ",",    "a",      "=1",         "a=",          "A=1",   "a =1",
                                      "a=1=2", "@a=1", "a=\x7f", "a=\xc3\xa9", "a=b\r\nx: y", "a.b=1", "*a=1"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK(state_holds(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!state_holds(bad[i]));
    char list[600] = "";
    for (int i = 0; i < 32; i++)
        strcat(list, i ? ",a=1" : "a=1");
    CHECK(state_holds(list));
    CHECK(!state_holds(strcat(list, ",a=1")));
    memset(list, 'x', sizeof list);
    memcpy(list, "a=", 2);
    list[2 + 256] = 0;
    CHECK(state_holds(list));
    list[2 + 256] = 'x';
    list[2 + 257] = 0;
    CHECK(!state_holds(list));
    CHECK(!saas_tracestate_holds((saas_text){"a=1\0b=2", 7}));
}

/* ---- requests ---- */

static cJSON *answer;

static const char *part(int i)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItem(answer, "data"), i)->valuestring;
}

static void ask_with(const saas_header *headers, size_t count)
{
    forget_log();
    last.more = headers;
    last.more_count = count;
    CHECK_INT(ask("GET", "/tell", NULL), 200);
    last.more_count = 0;
    cJSON_Delete(answer);
    answer = cJSON_Parse(last.body);
    REQUIRE(answer);
}

#define ASK(...)                                                                                                       \
    ask_with((const saas_header[]){__VA_ARGS__}, sizeof((const saas_header[]){__VA_ARGS__}) / sizeof(saas_header))
#define H(n, v)                                                                                                        \
    {                                                                                                                  \
        SAAS_LIT(n), SAAS_LIT(v)                                                                                       \
    }

static void a_trace_goes_on(void)
{
    char first[17];
    ASK(H("traceparent", GOOD), H("tracestate", "rojo=1"), H("tracestate", "congo=2, x=3"));
    CHECK(!strncmp(part(0), "00-" ID "-", 36) && !strcmp(part(0) + 52, "-01"));
    CHECK(strncmp(part(0) + 36, PARENT, 16) != 0); /* a span of our own */
    CHECK_STR(part(1), "rojo=1,congo=2, x=3");
    CHECK_STR(part(2), ID);
    snprintf(first, sizeof first, "%.16s", part(0) + 36);
    CHECK(strstr(logged, "\"msg\":\"inside\",\"request_id\":\""));
    CHECK(strstr(logged, "\"trace_id\":\"" ID "\",\"step\":\"one\"}"));
    char line[200];
    snprintf(line, sizeof line, "\"trace_id\":\"" ID "\",\"span_id\":\"%s\",\"parent_id\":\"" PARENT "\"", first);
    CHECK(strstr(logged, line));
    ASK(H("traceparent", "00-" ID "-" PARENT "-fe"));
    CHECK_STR(part(0) + 52, "-02");
    CHECK(strncmp(part(0) + 36, first, 16) != 0);
}

/* What does not hold begins a trace of its own, and its state goes nowhere. */
static void what_is_wrong_is_forgotten(void)
{
    ASK(H("traceparent", "00-" ID "-0000000000000000-01"), H("tracestate", "a=1"));
    CHECK(!strstr(part(0), ID) && !strcmp(part(0) + 52, "-02") && !strcmp(part(1), "-"));
    CHECK(strstr(logged, "\"parent_id\":null"));
    ASK(H("traceparent", GOOD), H("traceparent", GOOD), H("tracestate", "a=1"));
    CHECK(!strstr(part(0), ID) && !strcmp(part(1), "-"));
    ASK(H("tracestate", "a=1"));
    CHECK_STR(part(1), "-");
    ASK(H("traceparent", GOOD), H("tracestate", "a=1,=2"));
    CHECK(strstr(part(0), ID) && !strcmp(part(1), "-"));
    char long_one[400] = "a=";
    memset(long_one + 2, 'x', 250);
    const saas_header many[] = {
        H("traceparent", GOOD),
        {SAAS_LIT("tracestate"), saas_text_z(long_one)},
        {SAAS_LIT("tracestate"), saas_text_z(long_one)},
        {SAAS_LIT("tracestate"), saas_text_z(long_one)},
    };
    ask_with(many, 3);
    CHECK_INT(strlen(part(1)), 2 * 252 + 1);
    ask_with(many, 4);
    CHECK_STR(part(1), "-");
}

/* Without its dashes an id of ours is the trace's. */
static void a_trace_begins_with_the_request(void)
{
    char id[40] = "", *to = id;
    ask_with(NULL, 0);
    const char *from = strstr(last.headers, "x-request-id: ");
    REQUIRE(from);
    for (from += strlen("x-request-id: "); *from != '\n'; from++)
        if (*from != '-')
            *to++ = *from;
    CHECK_STR(part(2), id);
    ASK(H("x-request-id", "mine"));
    CHECK(strlen(part(2)) == 32 && strcmp(part(2), id) != 0);
    CHECK(strstr(logged, "\"request_id\":\"mine\""));
}

static const check_test tests[] = {TEST(parents_are_read_strictly), TEST(states_are_lists), TEST(a_trace_goes_on),
                                   TEST(what_is_wrong_is_forgotten), TEST(a_trace_begins_with_the_request)};

int main(int argc, char **argv)
{
    site_up(routes, sizeof routes / sizeof *routes, NULL);
    int failed = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    cJSON_Delete(answer);
    site_down();
    return failed + check_failed != 0;
}
