/* VA5: formats against the cases of JSON-Schema-Test-Suite, under $SAAS_CONFORMANCE. */
#include "shapes.h"
#include <cjson/cJSON.h>

#define FORMATS(F, T)                                                                                                  \
    F(T, email, email)                                                                                                 \
    F(T, uuid, uuid)                                                                                                   \
    F(T, time, time)                                                                                                   \
    F(T, date, date)                                                                                                   \
    F(T, duration, duration)                                                                                           \
    F(T, hostname, hostname)                                                                                           \
    F(T, ipv4, ipv4)                                                                                                   \
    F(T, ipv6, ipv6)                                                                                                   \
    F(T, url, any_url, .schemes = "*")                                                                                 \
    F(T, url, web)                                                                                                     \
    F(T, url, database, .schemes = "postgres postgresql")
SAAS_STRUCT(formats, FORMATS);

/* Valid by the standard and refused here. Quoted local parts and address literals are what forgers and typing errors
 * use, not people; a leap second has no place in microseconds since 1970. */
static const char *const narrower[] = {"\"joe bloggs\"@example.com",   "\"joe..bloggs\"@example.com",
                                       "\"joe@bloggs\"@example.com",   "joe.bloggs@[127.0.0.1]",
                                       "joe.bloggs@[IPv6:::1]",        "1998-12-31T23:59:60Z",
                                       "1998-12-31T15:59:60.123-08:00"};

static bool is_narrower(const char *text)
{
    for (size_t i = 0; i < sizeof narrower / sizeof *narrower; i++)
        if (!strcmp(text, narrower[i]))
            return true;
    return false;
}

/* Invalid by the standard's profile and taken here: ISO 8601 has seconds with a fraction and lets units be left out. */
static const char *const wider[] = {"PT0.5S", "PT1H2S"};

/* Years and months have no fixed length, and 64 bits of microseconds an end. */
static bool is_narrower_duration(const char *text)
{
    const char *time = strchr(text, 'T'), *month = strchr(text, 'M');
    return strchr(text, 'Y') || (month && (!time || month < time)) || strlen(text) > 40;
}

/* Punycode is not decoded: whether a label says something in another script is for the resolver to know. */
static bool is_wider_host(const char *text)
{
    return !strncasecmp(text, "xn--", 4);
}

static bool is_wider(const char *text)
{
    for (size_t i = 0; i < sizeof wider / sizeof *wider; i++)
        if (!strcmp(text, wider[i]))
            return true;
    return false;
}

static bool wanted(const char *name, const char *text, bool valid)
{
    if (!strcmp(name, "duration"))
        return (valid && !is_narrower_duration(text)) || is_wider(text);
    if (!strcmp(name, "hostname"))
        return valid || is_wider_host(text);
    return valid && !is_narrower(text);
}

static bool taken(const char *key, const char *text)
{
    void *out;
    saas_arena_reset(arena);
    issues = (saas_issues){NULL, 0, 0};
    cJSON *body = cJSON_CreateObject();
    cJSON_AddStringToObject(body, key, text);
    char *json = cJSON_PrintUnformatted(body);
    saas_err err = saas_read_json(&out, &issues, &formats_schema, arena, json, strlen(json));
    cJSON_free(json);
    cJSON_Delete(body);
    CHECK(err == SAAS_OK || err == SAAS_ERR_VALIDATION);
    return err == SAAS_OK;
}

static cJSON *load(const char *name)
{
    char path[4096], *text = calloc(1, 1 << 20);
    snprintf(path, sizeof path, "%s/json-schema-formats/tests/draft2020-12/optional/format/%s.json",
             getenv("SAAS_CONFORMANCE"), name);
    FILE *in = fopen(path, "rb");
    cJSON *tree = in && text && fread(text, 1, (1 << 20) - 1, in) ? cJSON_Parse(text) : NULL;
    if (in)
        fclose(in);
    free(text);
    return tree;
}

static int run(const char *name, const char *key)
{
    int count = 0;
    cJSON *groups = load(name), *group, *test;
    cJSON_ArrayForEach(group, groups)
    {
        cJSON_ArrayForEach(test, cJSON_GetObjectItem(group, "tests"))
        {
            const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(test, "data"));
            const char *what = cJSON_GetStringValue(cJSON_GetObjectItem(test, "description"));
            if (!text || (what && strstr(what, "NUL"))) /* cJSON ends a string there */
                continue;
            bool want = wanted(name, text, cJSON_IsTrue(cJSON_GetObjectItem(test, "valid")));
            if (taken(key, text) != want)
                fprintf(stderr, "%s: %s: should be %s\n", name, text, want ? "taken" : "refused");
            CHECK_INT(taken(key, text), want);
            count++;
        }
    }
    cJSON_Delete(groups);
    return count;
}

static void email_cases(void)
{
    CHECK_INT(run("email", "email"), 21);
}

static void uuid_cases(void)
{
    CHECK_INT(run("uuid", "uuid"), 22);
}

static void time_cases(void)
{
    CHECK_INT(run("date-time", "time"), 27);
}

static void url_cases(void)
{
    CHECK_INT(run("uri", "anyUrl"), 40);
}

static void date_cases(void)
{
    CHECK_INT(run("date", "date"), 74);
}

static void duration_cases(void)
{
    CHECK_INT(run("duration", "duration"), 46);
}

static void host_cases(void)
{
    CHECK_INT(run("hostname", "hostname"), 58);
    CHECK_INT(run("ipv4", "ipv4"), 34);
    CHECK_INT(run("ipv6", "ipv6"), 36);
}

static void urls_have_a_scheme_that_is_listed(void)
{
    CHECK(taken("web", "https://example.com/a?b#c"));
    CHECK(taken("web", "HTTPS://[::1]:8080"));
    CHECK(!taken("web", "ftp://example.com"));
    CHECK(!taken("web", "javascript:alert(1)"));
    CHECK(!taken("web", "https:example.com"));
    CHECK(!taken("web", "https:///path"));
    CHECK(!taken("web", "http://example.com:65536"));
    CHECK(taken("database", "postgres://app:s3cret@db:5432/app?sslmode=require"));
    CHECK(taken("database", "postgresql:///app?host=%2Frun%2Fpostgresql"));
    CHECK(!taken("database", "https://example.com"));
    char longest[2050] = "https://example.com/";
    memset(longest + 20, 'a', 2029);
    CHECK(!taken("web", longest));
    longest[2048] = 0;
    CHECK(taken("web", longest));
}

static const check_test tests[] = {
    TEST(email_cases), TEST(uuid_cases),     TEST(time_cases), TEST(url_cases),
    TEST(date_cases),  TEST(duration_cases), TEST(host_cases), TEST(urls_have_a_scheme_that_is_listed)};

int main(int argc, char **argv)
{
    cJSON *tree = load("email");
    if (!tree) {
        printf("skipped: no json-schema-formats under SAAS_CONFORMANCE\n");
        return 77;
    }
    cJSON_Delete(tree);
    arena = saas_arena_new(8 << 20);
    int failed = !arena || check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_arena_free(arena);
    return failed;
}
