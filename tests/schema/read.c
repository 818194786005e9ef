#include "shapes.h"

static void every_kind_is_read(void)
{
    saas_err err;
    const struct all *in =
        read_all(" {\"title\":\"Gr\\u00fc\xc3\x9f e\",\"body\":null,\"apiKey\":\"sk_1\",\"mail\":\"a.b@example.com\","
                 "\"slug\":\"a-1\",\"qty\":-5,\"huge\":-9223372036854775808,\"done\":true,"
                 "\"ownerId\":\"01234567-89AB-cdef-0123-456789abcdef\",\"dueAt\":\"2026-01-31T10:30:00.5+01:00\","
                 "\"status\":\"no-more\",\"address\":{\"street\":\"S\"},"
                 "\"items\":[{\"qty\":1},{\"qty\":2.0,\"shipTo\":{\"street\":\"T\",\"country\":\"FR\"},\"tags\":[\"x\","
                 "\"\\ud83d\\ude00\"]}],"
                 "\"digits\":[1,2,3,4,5,6,7,8,9],\"states\":[\"live\"],\"$odd\":\"\"} \n",
                 &err);
    CHECK_STR(issue_lines(), "");
    REQUIRE(in && err == SAAS_OK);
    CHECK_STR(in->title.ptr, "Gr\xc3\xbc\xc3\x9f e");
    CHECK_INT(in->title.len, 8);
    CHECK(in->has.id == SAAS_ABSENT && in->has.title == SAAS_SET);
    CHECK(in->has.body == SAAS_NULL && !in->body.ptr);
    CHECK_STR(in->api_key.ptr, "sk_1");
    CHECK_STR(in->mail.ptr, "a.b@example.com");
    CHECK_INT(in->qty, -5);
    CHECK_INT(in->huge, INT64_MIN);
    CHECK(in->done && in->has.done == SAAS_SET);
    CHECK_INT(in->owner_id.b[15], 0xef);
    CHECK_INT(in->due_at.us, 1769851800500000);
    CHECK_INT(in->status, status_gone);
    CHECK(in->has.address == SAAS_SET && in->address.has.country == SAAS_SET);
    CHECK_STR(in->address.country.ptr, "DE");
    REQUIRE(in->items.count == 2);
    CHECK_INT(in->items.items[1].qty, 2);
    CHECK_STR(in->items.items[1].ship_to.country.ptr, "FR");
    CHECK_INT(in->items.items[1].tags.count, 2);
    CHECK_STR(in->items.items[1].tags.items[1].ptr, "\xf0\x9f\x98\x80");
    CHECK(in->items.items[0].has.ship_to == SAAS_ABSENT);
    REQUIRE(in->digits.count == 9);
    for (int i = 0; i < 9; i++)
        CHECK_INT(in->digits.items[i], i + 1);
    CHECK_INT(in->states.items[0], status_live);
    CHECK(in->has.odd == SAAS_SET && in->odd.ptr && !in->odd.len);
}

static void what_is_absent_is_zero_or_default(void)
{
    saas_err err;
    const struct all *in = read_all("{\"title\":\"t\"}", &err);
    REQUIRE(in);
    CHECK(in->has.body == SAAS_ABSENT && !in->body.ptr);
    CHECK(in->has.qty == SAAS_SET && in->qty == 7);
    CHECK(in->has.status == SAAS_SET && in->status == status_draft);
    CHECK(in->has.done == SAAS_ABSENT && !in->done);
    CHECK(in->has.address == SAAS_ABSENT && in->address.has.country == SAAS_ABSENT && !in->address.country.ptr);
    CHECK(in->has.items == SAAS_ABSENT && !in->items.count);
}

static saas_err read_partial(const struct all **out, const char *json)
{
    void *in = NULL;
    saas_arena_reset(arena);
    issues = (saas_issues){NULL, 0, 0};
    char *copy = saas_arena_copy(arena, json, strlen(json));
    saas_err err = saas_read_json_partial(&in, &issues, &all_schema, arena, copy, strlen(json));
    *out = in;
    return err;
}

static void a_change_leaves_absent_fields_absent(void)
{
    const struct all *in;
    REQUIRE(!read_partial(&in, "{\"body\":null,\"address\":{\"street\":\"s\"}}"));
    CHECK(in->has.title == SAAS_ABSENT && in->has.qty == SAAS_ABSENT && in->has.status == SAAS_ABSENT);
    CHECK(in->has.body == SAAS_NULL);
    CHECK(in->address.has.country == SAAS_SET); /* an object inside is a whole value */
    CHECK_INT(read_partial(&in, "{\"title\":null,\"address\":{},\"id\":\"x\"}"), SAAS_ERR_VALIDATION);
    CHECK_INT(issues.count, 3);
    CHECK_INT(read_partial(&in, ""), SAAS_ERR_MALFORMED_JSON);
}

static void every_problem_is_an_issue(void)
{
    static const struct {
        const char *json, *issues;
    } rows[] = {
        {"{}", "title|2|0|required"},
        {"{\"title\":\"\"}", "title|12|1|too short: at least 1 character"},
        {"{\"title\":\"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\"}", ""},
        {"{\"title\":\"\\u00fc2345678\"}", ""},
        {"{\"title\":\"\xc3\xbc"
         "23456789\"}",
         "title|13|8|too long: at most 8 characters"},
        {"{\"title\":\"a\\u0000b\"}", "title|10|0|must not contain U+0000"},
        {"{\"title\":1}", "title|3|0|must be text"},
        {"{\"title\":null}", "title|3|0|must not be null"},
        {"{\"title\":[{\"x\":[1,\"\"]}]}", "title|3|0|must be text"},
        {"{\"title\":\"t\",\"id\":\"01234567-89AB-cdef-0123-456789abcdef\"}", "id|4|0|unknown key"},
        {"{\"title\":\"t\",\"nope\":1}", "nope|4|0|unknown key"},
        {"{\"title\":\"t\",\"Title\":1}", "Title|5|0|given more than once"},
        {"{\"Title\":1,\"title\":\"t\"}", "Title|4|0|unknown key"},
        {"{\"title\":\"t\",\"title\":\"u\"}", "title|5|0|given more than once"},
        {"{\"title\":\"t\",\"api_key\":\"sk_\"}", "api_key|4|0|unknown key"},
        {"{\"title\":\"t\",\"apiKey\":\"s\"}", "apiKey|19|0|must start with sk_"},
        {"{\"title\":\"t\",\"mail\":\"a@b\"}", "mail|8|0|not an e-mail address"},
        {"{\"title\":\"t\",\"slug\":\"A\"}",
         "slug|12|3|too short: at least 3 characters\nslug|8|0|only a-z, 0-9 and - inside"},
        {"{\"title\":\"t\",\"qty\":-6}", "qty|6|-5|too small: at least -5"},
        {"{\"title\":\"t\",\"qty\":1001}", "qty|7|1000|too big: at most 1000"},
        {"{\"title\":\"t\",\"qty\":1.5}", "qty|3|0|must be an integer"},
        {"{\"title\":\"t\",\"qty\":\"7\"}", "qty|3|0|must be an integer"},
        {"{\"title\":\"t\",\"huge\":9223372036854775808}",
         "huge|7|9223372036854775807|too big: at most 9223372036854775807"},
        {"{\"title\":\"t\",\"huge\":-1e99}", "huge|6|-9223372036854775808|too small: at least -9223372036854775808"},
        {"{\"title\":\"t\",\"done\":1}", "done|3|0|must be true or false"},
        {"{\"title\":\"t\",\"done\":\"true\"}", "done|3|0|must be true or false"},
        {"{\"title\":\"t\",\"ownerId\":\"x\"}", "ownerId|8|0|not a UUID"},
        {"{\"title\":\"t\",\"dueAt\":\"2026-01-31 10:30:00Z\"}", "dueAt|8|0|not an RFC 3339 time"},
        {"{\"title\":\"t\",\"status\":\"gone\"}", "status|9|0|must be one of: draft, live, no-more"},
        {"{\"title\":\"t\",\"status\":\"\"}", "status|9|0|must be one of: draft, live, no-more"},
        {"{\"title\":\"t\",\"address\":[]}", "address|3|0|must be an object"},
        {"{\"title\":\"t\",\"address\":null}", ""},
        {"{\"title\":\"t\",\"address\":{\"country\":\"D\",\"x\":{}}}",
         "address.country|12|2|too short: at least 2 characters\naddress.x|4|0|unknown "
         "key\naddress.street|2|0|required"},
        {"{\"title\":\"t\",\"items\":[]}", "items|14|1|too few: at least 1 item"},
        {"{\"title\":\"t\",\"items\":{}}", "items|3|0|must be a list"},
        {"{\"title\":\"t\",\"items\":[null,{\"qty\":11},{\"qty\":1,\"tags\":[\"\",2,\"x\"]},{\"qty\":\"past the "
         "end\"}]}",
         "items[0]|3|0|must not be null\nitems[1].qty|7|10|too big: at most 10\n"
         "items[2].tags[0]|12|1|too short: at least 1 character\nitems[2].tags[1]|3|0|must be text\n"
         "items[2].tags|15|2|too many: at most 2 items\nitems|15|3|too many: at most 3 items"},
        {"{\"title\":\"t\",\"items\":[{\"qty\":1,\"shipTo\":{}}]}", "items[0].shipTo.street|2|0|required"},
        {"{\"title\":\"t\",\"states\":[\"live\",\"\"]}", "states[1]|9|0|must be one of: draft, live, no-more"},
        {"[]", "|3|0|must be an object"},
        {"null", "|3|0|must not be null"},
        {"\"x\"", "|3|0|must be an object"},
        {"{\"qty\":\"x\",\"done\":0,\"zip\":1}",
         "qty|3|0|must be an integer\ndone|3|0|must be true or false\nzip|4|0|unknown key\ntitle|2|0|required"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        saas_err err;
        const struct all *in = read_all(rows[i].json, &err);
        CHECK_STR(issue_lines(), rows[i].issues);
        CHECK_INT(err, *rows[i].issues ? SAAS_ERR_VALIDATION : SAAS_OK);
        CHECK(!in == !!*rows[i].issues);
    }
}

/* A key is known by what it says, however it is written, and by all of it. */
static void keys_are_decoded_and_whole(void)
{
    static const struct {
        const char *json, *issues;
    } rows[] = {
        {"{\"t\\u0069tle\":\"t\",\"api\\u004bey\":\"sk_\",\"\\u0024odd\":\"\"}", ""},
        {"{\"title\":\"t\",\"t\\u0069tle\":\"u\"}", "title|5|0|given more than once"},
        {"{\"title\":\"t\",\"api\\u005fkey\":\"sk_\"}", "api_key|4|0|unknown key"},
        {"{\"title\":\"t\",\"apiKe\":\"sk_\"}", "apiKe|4|0|unknown key"},
        {"{\"title\":\"t\",\"apiKeys\":\"sk_\"}", "apiKeys|4|0|unknown key"},
        {"{\"title\":\"t\",\"apikey\":\"sk_\"}", "apikey|4|0|unknown key"},
        {"{\"title\":\"t\",\"$od\":\"\"}", "$od|4|0|unknown key"},
        {"{\"title\":\"t\",\"\":\"\"}", "|4|0|unknown key"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        saas_err err;
        read_all(rows[i].json, &err);
        CHECK_STR(issue_lines(), rows[i].issues);
        CHECK_INT(err, *rows[i].issues ? SAAS_ERR_VALIDATION : SAAS_OK);
    }
    saas_err err;
    CHECK(!read_all("{\"title\":\"t\",\"title\\u0000\":1}", &err) && err == SAAS_ERR_VALIDATION);
    REQUIRE(issues.count == 1);
    CHECK_INT(issues.items[0].code, SAAS_ISSUE_UNKNOWN_KEY);
    CHECK_INT(issues.items[0].path.len, 6);
}

/* What is behind the text is none of it, and may look like the rest of a key. */
static void a_key_ends_within_the_text(void)
{
    const char whole[] = "{\"title\":\"t\"}";
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        char json[sizeof whole];
        void *out;
        memcpy(json, whole, sizeof json);
        saas_arena_reset(arena);
        issues = (saas_issues){NULL, 0, 0};
        CHECK_INT(saas_read_json(&out, &issues, &all_schema, arena, json, len), SAAS_ERR_MALFORMED_JSON);
    }
}

static void malformed_says_where(void)
{
    static const struct {
        const char *json;
        size_t at;
    } rows[] = {{"", 0},
                {"{\"title\":", 9},
                {"{\"title\":\"t\"} x", 14},
                {"[1,]", 3},
                {"{\"title\":\"a\\n\",x}", 15},
                {"{\"title\":\"\\q\"}", 9}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        saas_err err;
        CHECK(!read_all(rows[i].json, &err) && err == SAAS_ERR_MALFORMED_JSON);
        CHECK_INT(issues.malformed_at, rows[i].at);
    }
}

/* Malformed wins over invalid, wherever it stands: the rest of the body is always looked at. */
static void malformed_wins(void)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "{\"title\":\"t\"",
        "{\"title\":\"t\"}}",
        "{\"title\":\"t\",}",
        "{\"title\":1,\"x\":[}",
        "{\"nope\":[1,2,{\"a\":tru}]}",
        "{\"title\" \"t\"}",
        "{title:\"t\"}",
        "{\"title\":\"t\"} x",
        "[1,]",
        "nul",
        "{\"items\":[{\"qty\":1},{\"qty\":1},{\"qty\":1},{\"qty\":01}]}",
        "{\"qty\":1.}",
        "\xef\xbb\xbf{}",
        "{\"done\":tru}",
        "{\"title\":\"\xff\"}",
        "{\"\xc0\x80\":1}",
        "{\"a\":\"\\ud800\"}",
        "{\"items\":[",
        "{\"items\":[{}",
        "{\"items\":[{\"qty\":1}}",
        "{\"address\":{\"street\":\"x\"",
        "{\"address\":nul}",
        "{\"items\":[nul]}",
        "{,}",
        "{\"title\":}",
        "{\"title\":\"t\",\"title\":}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        saas_err err;
        CHECK(!read_all(bad[i], &err));
        CHECK_INT(err, SAAS_ERR_MALFORMED_JSON);
        CHECK_INT(issues.count + issues.dropped, 0);
    }
    saas_err err;
    CHECK(!read_all_n("{\"title\":\"t\"}\0", 14, &err) && err == SAAS_ERR_MALFORMED_JSON);
    CHECK(!read_all_n("{\"title\":\"t\0\"}", 14, &err) && err == SAAS_ERR_MALFORMED_JSON);
}

static void issues_are_capped_and_counted(void)
{
    static char json[20000];
    saas_err err;
    size_t len = 1;
    json[0] = '{';
    for (int i = 0; i < 1000; i++)
        len += (size_t)snprintf(json + len, sizeof json - len, "\"k%d\":%d,", i, i);
    json[len - 1] = '}';
    CHECK(!read_all_n(json, len, &err) && err == SAAS_ERR_VALIDATION);
    CHECK_INT(issues.count, SAAS_ISSUES_MAX);
    CHECK_INT(issues.dropped, 1001 - SAAS_ISSUES_MAX);
    CHECK_STR(issues.items[63].path.ptr, "k63");
}

static void a_key_as_long_as_the_body_is_clipped(void)
{
    static char json[4000];
    saas_err err;
    int len = snprintf(json, sizeof json, "{\"title\":\"t\",\"%063d\xc3\xbc%01000d\":1}", 0, 0);
    CHECK(!read_all_n(json, (size_t)len, &err) && err == SAAS_ERR_VALIDATION);
    REQUIRE(issues.count == 1);
    CHECK_INT(issues.items[0].path.len, 63);
}

/* VA1: values are counted, and past the most there may be the answer is one issue, not thousands. */
static void nodes_are_capped(void)
{
    static char json[100000];
    saas_err err;
    size_t len = (size_t)snprintf(json, sizeof json, "{\"nope\":[1");
    for (int i = 3; i < SAAS_JSON_NODES_MAX; i++)
        len += (size_t)snprintf(json + len, sizeof json - len, ",1");
    snprintf(json + len, sizeof json - len, "]}");
    CHECK(!read_all(json, &err) && err == SAAS_ERR_VALIDATION);
    CHECK_STR(issues.items[0].path.ptr, "nope");
    snprintf(json + len, sizeof json - len, ",1]}");
    CHECK(!read_all(json, &err) && err == SAAS_ERR_VALIDATION);
    CHECK_STR(issue_lines(), "|11|20000|too many values: at most 20000");
    snprintf(json + len, sizeof json - len, ",1,1],\"title\":5}");
    CHECK(!read_all(json, &err) && err == SAAS_ERR_VALIDATION);
    CHECK_STR(issue_lines(), "|11|20000|too many values: at most 20000");
    snprintf(json + len, sizeof json - len, ",1,1],\"title\":05}");
    CHECK(!read_all(json, &err) && err == SAAS_ERR_MALFORMED_JSON);
    CHECK_INT(issues.count, 0);
}

#define MANY(F, T) F(T, list(bool, 0, 1000000), flags)
SAAS_STRUCT(many, MANY);

/* Too many values are a client's mistake, not a lack of memory: what is past the limit takes none. */
static void nodes_past_the_cap_take_no_memory(void)
{
    static char json[600010];
    void *out;
    saas_issues found = {NULL, 0, 0};
    saas_arena *a = saas_arena_new(80 << 10);
    size_t len = (size_t)snprintf(json, sizeof json, "{\"flags\":[true");
    for (int i = 1; i < 100000; i++, len += 5)
        memcpy(json + len, ",true", 5);
    memcpy(json + len, "]}", 2);
    REQUIRE(a);
    CHECK_INT(saas_read_json(&out, &found, &many_schema, a, json, len + 2), SAAS_ERR_VALIDATION);
    CHECK(found.count == 1 && found.items[0].code == SAAS_ISSUE_TOO_COMPLEX);
    saas_arena_free(a);
}

static void email_lengths_and_names(void)
{
    static const struct {
        const char *local;
        int label, labels;
        const char *top;
        bool good;
    } rows[] = {{"a", 3, 1, "de", true},       {"a", 63, 1, "de", true},   {"a", 64, 1, "de", false},
                {"a", 49, 5, "de", true},      {"a", 50, 5, "de", false},  {"a", 3, 1, "123", false},
                {"a", 3, 1, "1a", true},       {"a", 3, 1, "-a", false},   {"a", 3, 1, "a-", false},
                {"a", 3, 1, "xn--p1ai", true}, {"a", 3, 0, "de", false},   {"a", 3, 1, "", false},
                {"a b", 3, 1, "de", false},    {"a+b", 3, 1, "de", true},  {"\xc3\xbc", 3, 1, "de", false},
                {"", 3, 1, "de", false},       {"a@b", 3, 1, "de", false}, {"{a}", 3, 1, "de", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char json[600];
        saas_err err;
        size_t len = (size_t)snprintf(json, sizeof json, "{\"title\":\"t\",\"mail\":\"%s@", rows[i].local);
        for (int n = 0; n < rows[i].labels; n++)
            len += (size_t)snprintf(json + len, sizeof json - len, "%0*d.", rows[i].label, 0);
        snprintf(json + len, sizeof json - len, "%s\"}", rows[i].top);
        CHECK(!read_all(json, &err) == !rows[i].good);
    }
    for (int local = 63; local <= 66; local++) {
        char json[200];
        saas_err err;
        snprintf(json, sizeof json, "{\"title\":\"t\",\"mail\":\"%0*d@a.de\"}", local, 0);
        CHECK(!read_all(json, &err) == (local > 64));
    }
}

/* A list of words longer than a message is cut between two of them. */
static void long_lists_of_words_are_cut(void)
{
    static char text[101][12];
    static const char *words[101] = {""};
    static const saas_enum many = {"many", words, 101};
    static const saas_field f = {.name = "x", .type = SAAS_T_WORD, .words = &many, .has_offset = 4};
    static const saas_schema s = {"s", 8, sizeof f, 1, &f};
    void *out;
    char good[] = "{\"x\":\"number-100\"}", bad[] = "{\"x\":\"number-101\"}";
    for (int i = 1; i <= 100; i++) {
        snprintf(text[i], sizeof text[i], "number-%d", i);
        words[i] = text[i];
    }
    saas_arena_reset(arena);
    issues = (saas_issues){NULL, 0, 0};
    CHECK_INT(saas_read_json(&out, &issues, &s, arena, good, sizeof good - 1), SAAS_OK);
    CHECK_INT(*(int *)out, 100);
    CHECK_INT(saas_read_json(&out, &issues, &s, arena, bad, sizeof bad - 1), SAAS_ERR_VALIDATION);
    REQUIRE(issues.count == 1);
    saas_text m = issues.items[0].message;
    CHECK(m.len > 300 && m.len < 420 && !strcmp(m.ptr + m.len - 3, "…") && !strncmp(m.ptr + m.len - 5, ", ", 2));
}

static void depth_counts_through_structs(void)
{
    char json[200];
    saas_err err;
    for (int depth = 30; depth <= 33; depth++) {
        char open[40] = "", shut[40] = "";
        memset(open, '[', (size_t)depth - 1);
        memset(shut, ']', (size_t)depth - 1);
        snprintf(json, sizeof json, "{\"title\":\"t\",\"digits\":[%s%s]}", open + 1, shut + 1);
        CHECK(!read_all(json, &err));
        CHECK_INT(err, depth <= SAAS_JSON_DEPTH_MAX ? SAAS_ERR_VALIDATION : SAAS_ERR_MALFORMED_JSON);
    }
}

static void issues_of_others_stay(void)
{
    void *out;
    saas_arena_reset(arena);
    issues = (saas_issues){NULL, 0, 0};
    CHECK_INT(saas_issues_add(&issues, arena, "a.b", "is odd"), SAAS_OK);
    CHECK_INT(
        saas_read_json(&out, &issues, &address_schema, arena, saas_arena_copy(arena, "{\"street\":\"s\"}", 14), 14),
        SAAS_OK);
    CHECK_INT(saas_read_json(&out, &issues, &address_schema, arena, saas_arena_copy(arena, "{\"street\":1,}", 13), 13),
              SAAS_ERR_MALFORMED_JSON);
    CHECK_STR(issue_lines(), "a.b|1|0|is odd");
    for (int i = 0; i < 70; i++)
        CHECK_INT(saas_issues_add(&issues, arena, "p", "m"), SAAS_OK);
    CHECK_INT(issues.count, 64);
    CHECK_INT(issues.dropped, 7);
}

/* Nothing of a value gets into a message or a path. */
static void messages_never_echo_values(void)
{
    saas_err err;
    CHECK(!read_all(
        "{\"title\":\"CANARY-CANARY\",\"mail\":\"CANARY\",\"apiKey\":\"CANARY\",\"slug\":\"CANARY\",\"qty\":\"CANARY\","
        "\"ownerId\":\"CANARY\",\"dueAt\":\"CANARY\",\"status\":\"CANARY\",\"items\":[\"CANARY\"],\"nope\":\"CANARY\"}",
        &err));
    CHECK_INT(issues.count, 10);
    CHECK(!strstr(issue_lines(), "CANARY"));
}

static const check_test tests[] = {TEST(every_kind_is_read),
                                   TEST(what_is_absent_is_zero_or_default),
                                   TEST(a_change_leaves_absent_fields_absent),
                                   TEST(every_problem_is_an_issue),
                                   TEST(keys_are_decoded_and_whole),
                                   TEST(a_key_ends_within_the_text),
                                   TEST(malformed_says_where),
                                   TEST(malformed_wins),
                                   TEST(issues_are_capped_and_counted),
                                   TEST(a_key_as_long_as_the_body_is_clipped),
                                   TEST(nodes_are_capped),
                                   TEST(nodes_past_the_cap_take_no_memory),
                                   TEST(email_lengths_and_names),
                                   TEST(long_lists_of_words_are_cut),
                                   TEST(depth_counts_through_structs),
                                   TEST(issues_of_others_stay),
                                   TEST(messages_never_echo_values)};
SHAPES_MAIN(tests)
