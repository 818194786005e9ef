#include "schema/kinds.h"
#include "schema/write.h"

static const void *read_by(const saas_schema *schema, const char *json, saas_err *err)
{
    void *out = NULL;
    size_t len = strlen(json);
    saas_arena_reset(arena);
    issues = (saas_issues){NULL, 0, 0, issues.messages};
    char *copy = saas_arena_copy(arena, json, len);
    *err = copy ? saas_read_json(&out, &issues, schema, arena, copy, len) : SAAS_ERR_NO_MEMORY;
    return out;
}

static const struct kinds *read_kinds(const char *json)
{
    saas_err err;
    return read_by(&kinds_schema, json, &err);
}

static const char *written(const void *in)
{
    saas_buf out;
    saas_buf_init(&out, arena, 0);
    saas_json j = saas_json_on(&out);
    saas_write_struct(&j, &kinds_schema, in);
    return saas_buf_done(&out).ptr;
}

static void the_table_is_good(void)
{
    saas_error e;
    CHECK_INT(saas_schema_check(&kinds_schema, &e), SAAS_OK);
    CHECK_STR(e.text, "");
}

/* What is taken, and what is written of it; NULL: the same. */
static const struct {
    const char *in, *out;
} good[] = {
    {"{\"small\":-5}", NULL},
    {"{\"small\":1e1}", "{\"small\":10}"},
    {"{\"int32\":-2147483648}", NULL},
    {"{\"int32\":2147483647}", NULL},
    {"{\"inner\":9}", NULL},
    {"{\"pageSize\":20}", NULL},
    {"{\"ratio\":0.1}", NULL},
    {"{\"ratio\":-1.5}", NULL},
    {"{\"ratio\":12.50e1}", "{\"ratio\":125}"},
    {"{\"ratio\":0.1000000000000000055511151231257827021181583404541015625}", "{\"ratio\":0.1}"},
    {"{\"share\":0.07}", NULL},
    {"{\"price\":\"-1234.50\"}", NULL},
    {"{\"price\":\"0.5\"}", NULL},
    {"{\"version\":\"v1\"}", NULL},
    {"{\"host\":\"a.example\"}", NULL},
    {"{\"ip\":\"::1\"}", NULL},
    {"{\"ip\":\"10.0.0.1\",\"ip4\":\"10.0.0.1\",\"ip6\":\"2001:db8::1\"}", NULL},
    {"{\"token\":\"aB-_\",\"colour\":\"00fF\",\"phone\":\"+4930123456\"}", NULL},
    {"{\"day\":\"2024-02-29\"}", NULL},
    {"{\"day\":\"0001-01-01\"}", NULL},
    {"{\"day\":\"9999-12-31\"}", NULL},
    {"{\"ttl\":\"PT90M\"}", "{\"ttl\":\"PT1H30M\"}"},
    {"{\"ttl\":\"P2W\"}", "{\"ttl\":\"P14D\"}"},
    {"{\"ttl\":\"PT0S\"}", NULL},
    {"{\"ttl\":\"P1DT0.250S\"}", "{\"ttl\":\"P1DT0.25S\"}"},
    {"{\"extra\":{\"a\": [1,\"\\\\u0000\",null]}}", NULL},
    {"{\"extra\":null}", NULL},
    {"{\"figure\":{\"type\":\"circle\",\"radius\":0.5}}", NULL},
    {"{\"figure\":{\"side\":2,\"t\\u0079pe\":\"sq\\u0075are\"}}",
     "{\"figure\":{\"type\":\"square\",\"side\":2,\"label\":\"plain\"}}"},
    {"{\"limits\":{\"seats\":3,\"Seats\":4}}", NULL},
    {"{\"spans\":{\"q\\u0031\":{\"startsOn\":\"2026-01-01\",\"endsOn\":\"2026-03-31\"}}}",
     "{\"spans\":{\"q1\":{\"startsOn\":\"2026-01-01\",\"endsOn\":\"2026-03-31\"}}}"},
    {"{\"tags\":[\" A \",\"\\u00a0b\\ufeff\",\"\\u3000\"]}", "{\"tags\":[\"a\",\"b\",\"\"]}"},
    {"{\"figures\":[{\"type\":\"circle\",\"radius\":1},{\"type\":\"circle\",\"radius\":2}]}", NULL},
    {"{\"code\":\"de-1\"}", "{\"code\":\"DE-1\"}"},
    {"{\"file\":\"a.c\",\"colourName\":\"red\"}", NULL},
    {"{\"secret\":\"s\"}", "{}"},
    {"{\"root\":{\"name\":\"/\",\"inside\":[{\"name\":\"a\",\"inside\":[{\"name\":\"b\"}]}]}}", NULL},
};

static void what_is_taken_is_written_back(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const struct kinds *in = read_kinds(good[i].in);
        CHECK_STR(issue_lines(), "");
        if (in)
            CHECK_STR(written(in), good[i].out ? good[i].out : good[i].in);
    }
}

static const struct {
    const char *in, *issues;
} bad[] = {
    {"{\"small\":7}", "small|18|5|must be a multiple of 5"},
    {"{\"small\":-10}", "small|6|-5|too small: at least -5"},
    {"{\"small\":\"5\"}", "small|3|0|must be an integer"},
    {"{\"small\":0.5}", "small|3|0|must be an integer"},
    {"{\"int32\":2147483648}", "int32|7|2147483647|too big: at most 2147483647"},
    {"{\"int32\":-1e30}", "int32|6|-2147483648|too small: at least -2147483648"},
    {"{\"inner\":0}", "inner|16|0|too small: must be above 0"},
    {"{\"inner\":10}", "inner|17|10|too big: must be below 10"},
    {"{\"pageSize\":30}", "pageSize|9|0|must be one of: 10, 20, 50"},
    {"{\"ratio\":-1.6}", "ratio|6|0|too small: at least -1.5"},
    {"{\"ratio\":1e400}", "ratio|7|0|too big: at most 1000000"},
    {"{\"ratio\":true}", "ratio|3|0|must be a number"},
    {"{\"share\":1}", "share|17|0|too big: must be below 1"},
    {"{\"share\":0.075}", "share|18|0|must be a multiple of 0.01"},
    {"{\"price\":\"12345\"}", "price|8|0|not a decimal number"},
    {"{\"price\":\"1.234\"}", "price|8|0|not a decimal number"},
    {"{\"price\":\"01\"}", "price|8|0|not a decimal number"},
    {"{\"price\":\"1.\"}", "price|8|0|not a decimal number"},
    {"{\"price\":\"1e2\"}", "price|8|0|not a decimal number"},
    {"{\"price\":1}", "price|3|0|must be text"},
    {"{\"version\":\"v2\"}", "version|9|0|must be one of: v1"},
    {"{\"host\":\"a_b\"}", "host|8|0|not a host name"},
    {"{\"ip\":\"1.2.3\"}", "ip|8|0|not an IP address"},
    {"{\"ip4\":\"::1\"}", "ip4|8|0|not an IPv4 address"},
    {"{\"ip6\":\"1.2.3.4\"}", "ip6|8|0|not an IPv6 address"},
    {"{\"token\":\"abcde\"}", "token|8|0|not base64url"},
    {"{\"token\":\"ab+/\"}", "token|8|0|not base64url"},
    {"{\"colour\":\"0g\"}", "colour|8|0|not hexadecimal"},
    {"{\"phone\":\"030123456\"}", "phone|8|0|not a telephone number in E.164 form"},
    {"{\"day\":\"2023-02-29\"}", "day|8|0|not a date"},
    {"{\"ttl\":\"P1M\"}", "ttl|8|0|not an ISO 8601 duration of days, hours, minutes, seconds or weeks"},
    {"{\"extra\":\"\\\\\\u0000\"}", "extra|10|0|must not contain U+0000"},
    {"{\"figure\":{\"radius\":1}}", "figure.type|2|0|required"},
    {"{\"figure\":{\"type\":1}}", "figure.type|3|0|must be text"},
    {"{\"figure\":{\"type\":\"box\"}}", "figure.type|9|0|must be one of: circle, square"},
    {"{\"figure\":{\"radius\":0,\"type\":\"circle\",\"type\":\"circle\",\"side\":1}}",
     "figure.radius|16|0|too small: must be above 0\nfigure.type|5|0|given more than once\nfigure.side|4|0|unknown "
     "key"},
    {"{\"figure\":[]}", "figure|3|0|must be an object"},
    {"{\"limits\":{}}", "limits|14|1|too few: at least 1 item"},
    {"{\"limits\":{\"a\":10,\"b\":\"1\",\"c\":1}}",
     "limits.a|7|9|too big: at most 9\nlimits.b|3|0|must be an integer\nlimits|15|2|too many: at most 2 items"},
    {"{\"limits\":{\"a\":1,\"\\u0061\":2}}", "limits.a|5|0|given more than once"},
    {"{\"limits\":{\"\":1,\"\\u0000\":null}}",
     "limits.|12|1|too short: at least 1 character\nlimits.|10|0|must not contain U+0000\n"
     "limits.|3|0|must not be null"},
    {"{\"tags\":[\"a\",\"b\",\" A\",\"b\"]}", "tags[2]|22|0|given more than once\ntags[3]|22|0|given more than once"},
    {"{\"figures\":[{\"radius\":1,\"type\":\"circle\"},{\"type\":\"circle\",\"radius\":1.0}]}",
     "figures[1]|22|0|given more than once"},
    {"{\"code\":\"D-1\"}", "code|21|0|not of the form that is asked for"},
    {"{\"file\":\"b.h\"}", "file|19|0|must start with a\nfile|20|0|must end with .c"},
    {"{\"colourName\":\"green\"}", "colourName|9|0|choose a colour"},
    {"{\"colourName\":5}", "colourName|3|0|choose a colour"},
    {"{\"span\":{\"startsOn\":\"2026-01-02\",\"endsOn\":\"2026-01-01\"}}", "span.endsOn|1|0|ends before it starts"},
    {"{\"spans\":{\"q\":{\"startsOn\":\"2026-01-01\",\"endsOn\":\"2026-01-01\"}}}", "spans.q|1|0|takes no time"},
    {"{\"span\":{\"startsOn\":\"2026-01-02\"}}", "span.endsOn|2|0|required"},
    {"{\"root\":{\"name\":\"/\",\"inside\":[{\"name\":\"a\",\"inside\":[{}]}]}}",
     "root.inside[0].inside[0].name|2|0|required"},
};

static void what_is_wrong_is_said(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!read_kinds(bad[i].in));
        CHECK_STR(issue_lines(), bad[i].issues);
    }
}

static void members_are_natural(void)
{
    const struct kinds *in = read_kinds("{\"ratio\":2.5,\"day\":\"1970-01-02\",\"ttl\":\"PT1.5S\",\"extra\":[1],"
                                        "\"figure\":{\"type\":\"square\",\"side\":3},\"limits\":{\"a\":1,\"b\":2},"
                                        "\"tags\":[\"x\"]}");
    REQUIRE(in);
    CHECK(in->ratio == 2.5);
    CHECK_INT(in->day.days, 1);
    CHECK_INT(in->ttl.us, 1500000);
    CHECK_STR(in->extra.ptr, "[1]");
    CHECK(in->figure.kind == figure_box && in->figure.is.box.side == 3);
    REQUIRE(in->limits.count == 2);
    CHECK_STR(in->limits.items[1].key.ptr, "b");
    CHECK_INT(in->limits.items[1].value, 2);
    CHECK_STR(in->tags.items[0].ptr, "x");
    in = read_kinds("{\"extra\":null}");
    CHECK(in && in->has.extra == SAAS_NULL && !in->extra.ptr);
}

/* Deeper than SAAS_JSON_DEPTH_MAX is no JSON here, so recursion has an end. */
static void recursion_ends(void)
{
    char json[2000] = "{\"root\":{\"name\":\"x\"";
    for (int i = 0; i < 16; i++)
        strcat(json, ",\"inside\":[{\"name\":\"x\"");
    for (int i = 0; i < 16; i++)
        strcat(json, "}]");
    strcat(json, "}}");
    saas_err err;
    CHECK(!read_by(&kinds_schema, json, &err));
    CHECK_INT(err, SAAS_ERR_MALFORMED_JSON);
}

#define BIG(F, T)                                                                                                      \
    F(T, list(i64(0, 100000), 0, 100000), n, .unique = true)                                                           \
    F(T, map(bool, 0, 100000), m)
SAAS_STRUCT(big, BIG);

/* Quadratic in the number of elements, this would take minutes. */
static void many_elements_are_compared_fast(void)
{
    static char json[400000];
    size_t len = (size_t)sprintf(json, "{\"n\":[0");
    for (int i = 1; i < 9000; i++)
        len += (size_t)sprintf(json + len, ",%d", i);
    len += (size_t)sprintf(json + len, ",77],\"m\":{\"k\":true");
    for (int i = 0; i < 9000; i++)
        len += (size_t)sprintf(json + len, ",\"k%d\":true", i);
    strcpy(json + len, ",\"k5\":true}}");
    saas_err err;
    CHECK(!read_by(&big_schema, json, &err));
    CHECK_STR(issue_lines(), "n[9000]|22|0|given more than once\nm.k5|5|0|given more than once");
}

static void messages_are_looked_for_in_order(void)
{
    static const saas_message german_list[] = {
        {SAAS_ISSUE_TOO_SHORT, "zu kurz: mindestens ein Zeichen", "1"},
        {SAAS_ISSUE_TOO_BIG, "zu gross: {} ist das Meiste, {}", NULL},
        {SAAS_ISSUE_FORMAT, "kein Tag", "date"},
    };
    static const saas_messages german = SAAS_MESSAGES(german_list);
    issues.messages = &german;
    CHECK(!read_kinds("{\"small\":105,\"day\":\"\",\"ip\":\"\",\"secret\":\"\",\"colourName\":\"\"}"));
    issues.messages = NULL;
    CHECK_STR(issue_lines(), "small|7|100|zu gross: 100 ist das Meiste, 100\nday|8|0|kein Tag\n"
                             "ip|8|0|not an IP address\nsecret|12|1|zu kurz: mindestens ein Zeichen\n"
                             "colourName|9|0|choose a colour");
    static const saas_message own_list[] = {{SAAS_ISSUE_REQUIRED, "fehlt", NULL}};
    static const saas_messages own = SAAS_MESSAGES(own_list);
    saas_schema s = box_schema;
    saas_err err;
    s.messages = &own;
    CHECK(!read_by(&s, "{}", &err));
    CHECK_STR(issue_lines(), "side|2|0|fehlt");
    CHECK(issues.count && !issues.items[0].param.ptr);
    CHECK(!read_kinds("{\"price\":\"x\",\"ratio\":-9}"));
    REQUIRE(issues.count == 2);
    CHECK_STR(issues.items[0].param.ptr, "decimal");
    CHECK_STR(issues.items[1].param.ptr, "-1.5");
}

static const struct {
    const char *query, *issues;
} queries[] = {
    {"small=5&ratio=1.5e0&day=2026-01-01&ttl=PT1S&ip=::1&price=1.00&tags=A&tags=b&code=de-1&inner=1", ""},
    {"ratio=0x1", "ratio|3|0|must be a number"},
    {"ratio=%201", "ratio|3|0|must be a number"},
    {"ratio=", "ratio|3|0|must be a number"},
    {"ratio=NaN", "ratio|3|0|must be a number"},
    {"ratio=.5", "ratio|3|0|must be a number"},
    {"small=5.0", "small|3|0|must be an integer"},
    {"int32=2147483648", "int32|7|2147483647|too big: at most 2147483647"},
    {"day=2026-1-1", "day|8|0|not a date"},
    {"tags=a&tags=A", "tags[1]|22|0|given more than once"},
    {"extra=1", "extra|4|0|unknown key"},
    {"figure=1", "figure|4|0|unknown key"},
    {"limits=1", "limits|4|0|unknown key"},
    {"figures=1", "figures|4|0|unknown key"},
};

static void queries_are_coerced(void)
{
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        void *out;
        saas_arena_reset(arena);
        issues = (saas_issues){NULL, 0, 0, NULL};
        saas_err err = saas_read_query(&out, &issues, &kinds_schema, arena, saas_text_z(queries[i].query));
        CHECK_STR(issue_lines(), queries[i].issues);
        CHECK_INT(err, *queries[i].issues ? SAAS_ERR_VALIDATION : SAAS_OK);
        if (i == 0 && err == SAAS_OK) {
            const struct kinds *in = out;
            CHECK(in->tags.count == 2 && !strcmp(in->tags.items[0].ptr, "a"));
            CHECK_STR(in->code.ptr, "DE-1");
        }
    }
}

static const struct {
    const char *field, *cell, *json; /* json NULL: does not read as the kind */
} cells[] = {
    {"small", "7", "7"},
    {"int32", "2147483648", NULL},
    {"ratio", "1.5e-07", "0.00000015"},
    {"ratio", "1e+20", "100000000000000000000"},
    {"ratio", "NaN", NULL},
    {"ratio", "-Infinity", NULL},
    {"price", "123456789.12345", "\"123456789.12345\""},
    {"price", "NaN", NULL},
    {"day", "2026-01-31", "\"2026-01-31\""},
    {"day", "infinity", NULL},
    {"ttl", "P1DT2H", "\"P1DT2H\""},
    {"ttl", "1 day", NULL},
    {"ip", "10.0.0.0/8", "\"10.0.0.0/8\""},
    {"extra", "{\"a\": 1}", "{\"a\": 1}"},
    {"extra", "{", NULL},
    {"figure", "{\"type\": \"circle\", \"radius\": 200}", "{\"type\":\"circle\",\"radius\":200}"},
    {"limits", "{\"a\": 1}", "{\"a\":1}"},
    {"tags", "{a,\"b \\\"c\\\\\",\"NULL\",\"\"}", "[\"a\",\"b \\\"c\\\\\",\"NULL\",\"\"]"},
    {"tags", "[\"a\"]", "[\"a\"]"},
    {"tags", "{\"a}", NULL},
    {"tags", "{\"a\"\\", NULL},
    {"tags", "{", NULL},
};

static const saas_field *field(const char *name)
{
    for (size_t i = 0; i < kinds_schema.count; i++)
        if (!strcmp(kinds_schema.fields[i].name, name))
            return &kinds_schema.fields[i];
    abort();
}

static void cells_read_and_write(void)
{
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        struct kinds out;
        saas_buf b;
        const saas_field *f = field(cells[i].field);
        saas_err want = cells[i].json ? SAAS_OK : SAAS_ERR_BUG;
        memset(&out, 0, sizeof out);
        saas_arena_reset(arena);
        saas_buf_init(&b, arena, 0);
        saas_json j = saas_json_on(&b);
        CHECK_INT(saas_write_cell(&j, f, saas_text_z(cells[i].cell)), want);
        CHECK_STR(saas_buf_done(&b).ptr, cells[i].json ? cells[i].json : "");
        CHECK_INT(saas_read_cell(&out, arena, f, saas_text_z(cells[i].cell)), want);
        if (cells[i].json)
            CHECK_INT(((uint8_t *)&out)[f->has_offset], SAAS_SET);
    }
}

static const check_test tests[] = {TEST(the_table_is_good),
                                   TEST(what_is_taken_is_written_back),
                                   TEST(what_is_wrong_is_said),
                                   TEST(members_are_natural),
                                   TEST(recursion_ends),
                                   TEST(many_elements_are_compared_fast),
                                   TEST(messages_are_looked_for_in_order),
                                   TEST(queries_are_coerced),
                                   TEST(cells_read_and_write)};
SHAPES_MAIN(tests)
