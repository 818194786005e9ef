/* Access tokens: what is signed verifies, and nothing else does. Each attack is signed with the right key unless it
 * says otherwise, so that it is the one thing wrong with it that is found. */
#include "auth/base64url.h"
#include "auth/signer.h"
#include "check.h"

enum { NOW = 1800000000 };

#define HEADER "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}"
#define PAYLOAD                                                                                                        \
    "{\"iss\":\"https://api.example.com\",\"aud\":\"example\",\"sub\":\"018f3a5e-0000-7000-8000-00000000000a\","       \
    "\"org\":\"018f3a5e-0000-7000-8000-00000000000b\",\"sid\":\"018f3a5e-0000-7000-8000-00000000000c\","               \
    "\"role\":\"member\",\"email\":\"ann@example.com\",\"iat\":1800000000,\"exp\":1800000900}"

static const saas_text access_secret = {"access-secret-access-secret-access", 34};
static const saas_text refresh_secret = {"refresh-secret-refresh-secret-refr", 34};
static const saas_principal ann = {
    .user_id = {{1}}, .org_id = {{2}}, .session_id = {{3}}, .role = SAAS_ADMIN, .email = {"ann@example.com", 15}};

static saas_keys *keys;
static saas_signer *s;
static saas_arena *arena;

/* ---- forging ---- */

typedef enum signature { RIGHT, REFRESH_KEY, EMPTY_KEY, SHA384, SHA512, NONE, ZEROS, OF_PAYLOAD } signature;

typedef struct attack {
    const char *name;
    const char *header;    /* JSON; NULL: the right one */
    const char *from, *to; /* in the payload; from NULL: `to` is the payload, or the right one when it is NULL too */
    const char *h_tail, *p_tail; /* behind the encoded part, before it is signed */
    const char *form;            /* of the token: h, p and s stand for the parts; NULL: "h.p.s" */
    signature signature;
} attack;

static void put(char **at, const char *text, size_t len)
{
    memcpy(*at, text, len);
    *at += len;
    **at = 0;
}

static void encode(char *out, const char *json, const char *tail)
{
    char *end = saas_base64url_write(out, json, strlen(json));
    strcpy(end, tail ? tail : "");
}

static void payload_of(char *out, const attack *a)
{
    const char *at = a->from ? strstr(PAYLOAD, a->from) : NULL;
    if (!a->from)
        strcpy(out, a->to ? a->to : PAYLOAD);
    else if (at)
        sprintf(out, "%.*s%s%s", (int)(at - PAYLOAD), PAYLOAD, a->to, at + strlen(a->from));
    CHECK(!a->from || at);
}

static void sign(char *out, const char *input, const attack *a)
{
    const struct {
        const char *digest;
        const saas_text *secret;
    } by[] = {[RIGHT] = {"SHA256", &access_secret},          [REFRESH_KEY] = {"SHA256", &refresh_secret},
              [EMPTY_KEY] = {"SHA256", &(saas_text){"", 0}}, [SHA384] = {"SHA384", &access_secret},
              [SHA512] = {"SHA512", &access_secret},         [OF_PAYLOAD] = {"SHA256", &access_secret}};
    unsigned char mac[64] = {0};
    size_t len = 32;
    *out = 0;
    if (a->signature == NONE)
        return;
    if (a->signature == OF_PAYLOAD)
        input = strchr(input, '.') + 1;
    if (a->signature != ZEROS)
        CHECK(EVP_Q_mac(NULL, "HMAC", NULL, by[a->signature].digest, NULL, by[a->signature].secret->ptr,
                        by[a->signature].secret->len, (const unsigned char *)input, strlen(input), mac, sizeof mac,
                        &len));
    *saas_base64url_write(out, mac, len) = 0;
}

static const char *forge(const attack *a)
{
    static char token[8192];
    char header[2048], json[4096], payload[4096], input[8192], mac[128], *at = token;
    payload_of(json, a);
    encode(header, a->header ? a->header : HEADER, a->h_tail);
    encode(payload, json, a->p_tail);
    sprintf(input, "%s.%s", header, payload);
    sign(mac, input, a);
    *at = 0;
    for (const char *f = a->form ? a->form : "h.p.s"; *f; f++)
        if (*f == 'h')
            put(&at, header, strlen(header));
        else if (*f == 'p')
            put(&at, payload, strlen(payload));
        else if (*f == 's')
            put(&at, mac, strlen(mac));
        else
            put(&at, f, 1);
    return token;
}

static saas_err verify(const char *token, int64_t now)
{
    saas_principal who = ann;
    saas_arena_reset(arena);
    saas_err e = saas_access_verify(&who, arena, s, saas_text_z(token), now);
    /* untouched on failure */
    CHECK(!e || (saas_uuid_equal(who.user_id, ann.user_id) && who.role == ann.role && who.email.ptr == ann.email.ptr));
    return e;
}

/* ---- what is accepted ---- */

static void what_is_signed_verifies(void)
{
    saas_principal who = {.role = SAAS_ROLE_DEFAULT};
    saas_text token;
    REQUIRE(!saas_access_sign(&token, arena, s, &ann, NOW));
    CHECK_INT(strlen(token.ptr), token.len);
    REQUIRE(!saas_access_verify(&who, arena, s, token, NOW));
    CHECK(saas_uuid_equal(who.user_id, ann.user_id) && saas_uuid_equal(who.org_id, ann.org_id));
    CHECK(saas_uuid_equal(who.session_id, ann.session_id));
    CHECK_INT(who.role, SAAS_ADMIN);
    CHECK_STR(who.email.ptr, "ann@example.com");
    CHECK_INT(who.generation, 0);
    saas_principal changed = ann;
    changed.generation = 3;
    REQUIRE(!saas_access_sign(&token, arena, s, &changed, NOW) && !saas_access_verify(&who, arena, s, token, NOW));
    CHECK_INT(who.generation, 3);
    saas_principal no_email = ann;
    no_email.email = (saas_text){NULL, 0};
    no_email.role = SAAS_VIEWER;
    REQUIRE(!saas_access_sign(&token, arena, s, &no_email, NOW));
    REQUIRE(!saas_access_verify(&who, arena, s, token, NOW));
    CHECK(!who.email.ptr);
    CHECK_INT(who.role, SAAS_VIEWER);
    no_email.role = SAAS_ROLE_DEFAULT;
    CHECK_INT(saas_access_sign(&token, arena, s, &no_email, NOW), SAAS_ERR_BUG);
}

/* TK9: these claims and no others. */
static void claims_are_these(void)
{
    char json[1024];
    saas_text token;
    size_t len;
    REQUIRE(!saas_access_sign(&token, arena, s, &ann, NOW));
    const char *first = strchr(token.ptr, '.'), *second = strchr(first + 1, '.');
    REQUIRE(!saas_base64url_read((uint8_t *)json, &len, (saas_text){token.ptr, (size_t)(first - token.ptr)}));
    json[len] = 0;
    CHECK_STR(json, HEADER);
    REQUIRE(!saas_base64url_read((uint8_t *)json, &len, (saas_text){first + 1, (size_t)(second - first - 1)}));
    json[len] = 0;
    CHECK_STR(json, "{\"iss\":\"https://api.example.com\",\"aud\":\"example\","
                    "\"sub\":\"01000000-0000-0000-0000-000000000000\",\"org\":\"02000000-0000-0000-0000-000000000000\","
                    "\"sid\":\"03000000-0000-0000-0000-000000000000\",\"role\":\"admin\",\"email\":\"ann@example.com\","
                    "\"iat\":1800000000,\"exp\":1800000900}");
}

static void other_spellings_of_the_same_are_accepted(void)
{
    static const attack same[] = {
        {"the form all attacks start from", .form = NULL},
        {"white space in the header", .header = " { \"typ\" : \"at+jwt\" , \"alg\" : \"HS256\" } "},
        {"escapes in the header", .header = "{\"\\u0061lg\":\"HS\\u0032\\u0035\\u0036\",\"typ\":\"at+jwt\"}"},
        {"white space in the payload", .from = ",\"role\"", .to = " ,\n\t\"role\""},
        {"no e-mail address", .from = ",\"email\":\"ann@example.com\"", .to = ""},
        {"an integer with an exponent", .from = "\"exp\":1800000900", .to = "\"exp\":18000009e2"},
        {"a generation", .from = ",\"role\"", .to = ",\"gen\":7,\"role\""},
        {"generation 0", .from = ",\"role\"", .to = ",\"gen\":0,\"role\""},
        {"nbf now", .from = ",\"role\"", .to = ",\"nbf\":1800000000,\"role\""},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        saas_err e = verify(forge(&same[i]), NOW);
        if (e)
            fprintf(stderr, "refused: %s\n", same[i].name);
        CHECK_INT(e, SAAS_OK);
    }
}

/* TK7: the last second is before exp; another server's clock may be a minute ahead of ours. */
static void the_edges_of_time(void)
{
    const attack right = {"", .form = NULL};
    CHECK_INT(verify(forge(&right), NOW + 899), SAAS_OK);
    CHECK_INT(verify(forge(&right), NOW + 900), SAAS_ERR_UNAUTHENTICATED);
    CHECK_INT(verify(forge(&right), NOW + 901), SAAS_ERR_UNAUTHENTICATED);
    CHECK_INT(verify(forge(&right), INT64_MAX), SAAS_ERR_UNAUTHENTICATED);
    CHECK_INT(verify(forge(&right), NOW - 60), SAAS_OK);
    CHECK_INT(verify(forge(&right), NOW - 61), SAAS_ERR_UNAUTHENTICATED);
    CHECK_INT(verify(forge(&right), 0), SAAS_ERR_UNAUTHENTICATED);
}

/* ---- what is not ---- */

#define H(members)  .header = "{" members "}"
#define P(old, new) .from = old, .to = new

static const attack attacks[] = {
    /* TK1: the algorithm is the server's, and so are its keys */
    {"alg none, no signature", H("\"alg\":\"none\",\"typ\":\"at+jwt\""), .signature = NONE},
    {"alg None", H("\"alg\":\"None\",\"typ\":\"at+jwt\""), .signature = NONE},
    {"alg NONE", H("\"alg\":\"NONE\",\"typ\":\"at+jwt\"")},
    {"alg nOnE", H("\"alg\":\"nOnE\",\"typ\":\"at+jwt\"")},
    {"alg none with a right signature", H("\"alg\":\"none\",\"typ\":\"at+jwt\"")},
    {"alg hs256", H("\"alg\":\"hs256\",\"typ\":\"at+jwt\"")},
    {"alg HS384, so signed", H("\"alg\":\"HS384\",\"typ\":\"at+jwt\""), .signature = SHA384},
    {"alg HS512, so signed", H("\"alg\":\"HS512\",\"typ\":\"at+jwt\""), .signature = SHA512},
    {"alg HS512, signed HS256", H("\"alg\":\"HS512\",\"typ\":\"at+jwt\"")},
    {"alg RS256", H("\"alg\":\"RS256\",\"typ\":\"at+jwt\"")},
    {"alg ES256", H("\"alg\":\"ES256\",\"typ\":\"at+jwt\"")},
    {"alg EdDSA", H("\"alg\":\"EdDSA\",\"typ\":\"at+jwt\"")},
    {"alg empty", H("\"alg\":\"\",\"typ\":\"at+jwt\"")},
    {"alg null", H("\"alg\":null,\"typ\":\"at+jwt\"")},
    {"alg a list", H("\"alg\":[\"HS256\"],\"typ\":\"at+jwt\"")},
    {"alg a number", H("\"alg\":256,\"typ\":\"at+jwt\"")},
    {"alg absent", H("\"typ\":\"at+jwt\"")},
    {"alg twice", H("\"alg\":\"none\",\"alg\":\"HS256\",\"typ\":\"at+jwt\"")},
    {"alg in two cases", H("\"alg\":\"HS256\",\"ALG\":\"none\",\"typ\":\"at+jwt\"")},
    {"alg with a NUL", H("\"alg\":\"HS256\\u0000\",\"typ\":\"at+jwt\"")},
    {"signed HS384 only", .signature = SHA384},
    {"signed with the refresh key", .signature = REFRESH_KEY},
    {"signed with an empty key", .signature = EMPTY_KEY},
    {"no signature", .signature = NONE},
    {"signature of zeros", .signature = ZEROS},
    {"signature of the payload only", .signature = OF_PAYLOAD},
    {"jku", H("\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"jku\":\"https://evil.example/keys\"")},
    {"x5u", H("\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"x5u\":\"https://evil.example/cert\"")},
    {"x5c", H("\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"x5c\":[\"MIIB\"]")},
    {"jwk", H("\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}")},
    {"crit", H("\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"crit\":[\"exp\"],\"exp\":1")},
    {"crit, empty", H("\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"crit\":[]")},
    {"crit b64", H("\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"b64\":false,\"crit\":[\"b64\"]")},
    {"zip", H("\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"zip\":\"DEF\"")},
    {"kid that is a path", H("\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"../../dev/null\"")},
    {"kid that is SQL", H("\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"' union select 'k'--\"")},
    /* TK2: the kind of token */
    {"typ JWT", H("\"alg\":\"HS256\",\"typ\":\"JWT\"")},
    {"typ absent", H("\"alg\":\"HS256\"")},
    {"typ in capitals", H("\"alg\":\"HS256\",\"typ\":\"AT+JWT\"")},
    {"typ with its prefix", H("\"alg\":\"HS256\",\"typ\":\"application/at+jwt\"")},
    {"typ null", H("\"alg\":\"HS256\",\"typ\":null")},
    {"typ of another kind", H("\"alg\":\"HS256\",\"typ\":\"rt+jwt\"")},
    {"cty of a nested token", H("\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"cty\":\"JWT\"")},
    /* a header that is no object */
    {"header a list", .header = "[" HEADER "]"},
    {"header a string", .header = "\"HS256\""},
    {"header null", .header = "null"},
    {"header empty", .header = ""},
    {"header with a tail", .header = HEADER "{}"},
    {"header with a comment", .header = "{/**/\"alg\":\"HS256\",\"typ\":\"at+jwt\"}"},
    {"header with a trailing comma", .header = "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",}"},
    {"header in single quotes", .header = "{'alg':'HS256','typ':'at+jwt'}"},
    {"header with a byte order mark", .header = "\xef\xbb\xbf" HEADER},
    {"header not UTF-8", H("\"alg\":\"HS256\",\"typ\":\"at+jw\xff\"")},
    /* TK3: base64url, canonical, unpadded; the signature covers what is sent */
    {"header padded", .h_tail = "="},
    {"header padded twice", .h_tail = "=="},
    {"header with white space", .h_tail = " "},
    {"header with a line feed", .h_tail = "\n"},
    {"header of an impossible length", .h_tail = "A"},
    {"payload padded", .p_tail = "="},
    {"payload padded twice", .p_tail = "=="},
    {"payload with a line feed", .p_tail = "\n"},
    {"payload with an impossible length", P(",\"email\":\"ann@example.com\"", ""), .p_tail = "A"},
    {"payload with another alphabet", .p_tail = "+/"},
    {"signature padded", .form = "h.p.s="},
    {"signature with white space", .form = "h.p.s "},
    {"signature with a line feed", .form = "h.p.s\n"},
    {"signature longer", .form = "h.p.sA"},
    {"signature much longer", .form = "h.p.sAAAA"},
    {"signature with another alphabet", .form = "h.p.s+"},
    {"signature twice", .form = "h.p.ss"},
    /* the form */
    {"empty", .form = ""},
    {"one dot", .form = "."},
    {"two dots", .form = ".."},
    {"header only", .form = "h"},
    {"two parts", .form = "h.p"},
    {"no signature part", .form = "h.p."},
    {"no payload", .form = "h..s"},
    {"no header", .form = ".p.s"},
    {"four parts", .form = "h.p.s.s"},
    {"a dot behind", .form = "h.p.s."},
    {"a dot before", .form = ".h.p.s"},
    {"five parts", .form = "h.p.s.p.s"},
    {"parts swapped", .form = "p.h.s"},
    {"white space before", .form = " h.p.s"},
    {"white space at a dot", .form = "h. p.s"},
    {"payload as header", .form = "p.p.s"},
    /* TK2, TK7: each claim, absent, mistyped, wrong */
    {"iss absent", P("\"iss\":\"https://api.example.com\",", "")},
    {"iss of another", P("https://api.example.com", "https://api.example.org")},
    {"iss with a slash", P("https://api.example.com", "https://api.example.com/")},
    {"iss in another case", P("https://api.example.com", "https://API.example.com")},
    {"iss with a NUL", P("https://api.example.com", "https://api.example.com\\u0000")},
    {"iss a prefix", P("https://api.example.com", "https://api.example.co")},
    {"iss empty", P("https://api.example.com", "")},
    {"iss null", P("\"https://api.example.com\"", "null")},
    {"iss a list", P("\"https://api.example.com\"", "[\"https://api.example.com\"]")},
    {"aud absent", P("\"aud\":\"example\",", "")},
    {"aud of another", P("\"example\"", "\"other\"")},
    {"aud a list with ours in it", P("\"example\"", "[\"other\",\"example\"]")},
    {"aud null", P("\"example\"", "null")},
    {"aud a number", P("\"example\"", "1")},
    {"sub absent", P("\"sub\":\"018f3a5e-0000-7000-8000-00000000000a\",", "")},
    {"sub no id", P("018f3a5e-0000-7000-8000-00000000000a", "1 or 1=1")},
    {"sub in braces", P("018f3a5e-0000-7000-8000-00000000000a", "{018f3a5e-0000-7000-8000-00000000000a}")},
    {"sub null", P("\"018f3a5e-0000-7000-8000-00000000000a\"", "null")},
    {"sub an object", P("\"018f3a5e-0000-7000-8000-00000000000a\"", "{\"a\":1}")},
    {"org absent", P("\"org\":\"018f3a5e-0000-7000-8000-00000000000b\",", "")},
    {"org empty", P("018f3a5e-0000-7000-8000-00000000000b", "")},
    {"org twice", P("\"org\":", "\"org\":\"018f3a5e-0000-7000-8000-0000000000ff\",\"org\":")},
    {"org in two cases", P("\"org\":", "\"Org\":\"018f3a5e-0000-7000-8000-0000000000ff\",\"org\":")},
    {"sid absent", P("\"sid\":\"018f3a5e-0000-7000-8000-00000000000c\",", "")},
    {"sid a number", P("\"018f3a5e-0000-7000-8000-00000000000c\"", "7")},
    {"role absent", P("\"role\":\"member\",", "")},
    {"role unknown", P("\"member\"", "\"owner\"")},
    {"role in capitals", P("\"member\"", "\"MEMBER\"")},
    {"role empty", P("\"member\"", "\"\"")},
    {"role null", P("\"member\"", "null")},
    {"role a number", P("\"member\"", "3")},
    {"role a list", P("\"member\"", "[\"admin\"]")},
    {"role twice", P("\"role\":", "\"role\":\"admin\",\"role\":")},
    {"role twice, one escaped", P("\"role\":", "\"\\u0072ole\":\"admin\",\"role\":")},
    {"email a number", P("\"ann@example.com\"", "5")},
    {"email null", P("\"ann@example.com\"", "null")},
    {"exp absent", P(",\"exp\":1800000900", "")},
    {"exp a string", P("\"exp\":1800000900", "\"exp\":\"1800000900\"")},
    {"exp a fraction", P("\"exp\":1800000900", "\"exp\":1800000900.5")},
    {"exp null", P("\"exp\":1800000900", "\"exp\":null")},
    {"exp true", P("\"exp\":1800000900", "\"exp\":true")},
    {"exp later than 900 s", P("\"exp\":1800000900", "\"exp\":1800000901")},
    {"exp in a year", P("\"exp\":1800000900", "\"exp\":1831536000")},
    {"exp beyond 64 bits", P("\"exp\":1800000900", "\"exp\":18446744073709551615")},
    {"exp endless", P("\"exp\":1800000900", "\"exp\":1e999")},
    {"exp before iat", P("\"exp\":1800000900", "\"exp\":1799999999")},
    {"exp twice", P("\"exp\":1800000900", "\"exp\":1800000900,\"exp\":1900000000")},
    {"iat absent", P("\"iat\":1800000000,", "")},
    {"iat a string", P("\"iat\":1800000000", "\"iat\":\"1800000000\"")},
    {"iat negative", P("\"iat\":1800000000", "\"iat\":-1800000000")},
    {"iat in the future", P("\"iat\":1800000000,\"exp\":1800000900", "\"iat\":1800000061,\"exp\":1800000961")},
    {"nbf in the future", P("\"iat\":", "\"nbf\":1800000061,\"iat\":")},
    {"nbf a string", P("\"iat\":", "\"nbf\":\"1700000000\",\"iat\":")},
    {"gen a string", P("\"iat\":", "\"gen\":\"1\",\"iat\":")},
    {"gen null", P("\"iat\":", "\"gen\":null,\"iat\":")},
    {"gen negative", P("\"iat\":", "\"gen\":-1,\"iat\":")},
    {"gen beyond 31 bits", P("\"iat\":", "\"gen\":4294967295,\"iat\":")},
    {"gen a fraction", P("\"iat\":", "\"gen\":0.5,\"iat\":")},
    {"gen twice", P("\"iat\":", "\"gen\":1,\"gen\":2,\"iat\":")},
    {"a claim nobody knows", P("\"iat\":", "\"admin\":true,\"iat\":")},
    {"__proto__", P("\"iat\":", "\"__proto__\":{\"role\":\"admin\"},\"iat\":")},
    /* a payload that is no object */
    {"payload empty", .to = ""},
    {"payload an empty object", .to = "{}"},
    {"payload null", .to = "null"},
    {"payload a list", .to = "[" PAYLOAD "]"},
    {"payload a string", .to = "\"admin\""},
    {"payload with a tail", .to = PAYLOAD "x"},
    {"payload cut", P("\"exp\":1800000900}", "\"exp\":1800000900")},
    {"payload not UTF-8", P("ann@", "ann\xc3@")},
    {"payload with a raw control character", P("ann@", "ann\x01@")},
};

static void attacks_are_refused(void)
{
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        saas_err e = verify(forge(&attacks[i]), NOW);
        if (e != SAAS_ERR_UNAUTHENTICATED)
            fprintf(stderr, "%s: %s\n", attacks[i].name, saas_err_symbol(e));
        CHECK_INT(e, SAAS_ERR_UNAUTHENTICATED);
    }
    CHECK(sizeof attacks / sizeof *attacks >= 150);
}

/* TK3: every other character in every place, of the signature's last one in particular, whose low bits say nothing. */
static void every_changed_character_is_noticed(void)
{
    static const char others[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ";
    const attack right = {"", .form = NULL};
    char token[1024];
    strcpy(token, forge(&right));
    REQUIRE(verify(token, NOW) == SAAS_OK);
    for (char *at = token; *at; at++) {
        char kept = *at;
        size_t step = at[1] ? 7 : 1;
        for (size_t o = 0; o < sizeof others - 1; o += step)
            if ((*at = others[o]) != kept)
                CHECK_INT(verify(token, NOW), SAAS_ERR_UNAUTHENTICATED);
        *at = kept;
    }
    for (size_t len = 0; len < strlen(token); len++) {
        saas_principal who;
        saas_arena_reset(arena);
        CHECK_INT(saas_access_verify(&who, arena, s, (saas_text){token, len}, NOW), SAAS_ERR_UNAUTHENTICATED);
    }
}

/* TK2 */
static void tokens_are_not_interchangeable(void)
{
    char refresh[SAAS_REFRESH_CHARS + 1];
    saas_refresh r;
    saas_text access;
    REQUIRE(!saas_refresh_first(refresh, &r, s, ann.session_id));
    CHECK_INT(verify(refresh, NOW), SAAS_ERR_UNAUTHENTICATED);
    REQUIRE(!saas_access_sign(&access, arena, s, &ann, NOW));
    CHECK_INT(saas_refresh_read(&r, s, access), SAAS_ERR_UNAUTHENTICATED);
}

static void a_huge_token_costs_nothing(void)
{
    size_t len = 1 << 20;
    char *huge = malloc(len);
    saas_principal who;
    REQUIRE(huge);
    memset(huge, 'A', len);
    huge[10] = huge[len - 44] = '.';
    saas_arena *small = saas_arena_new(4096);
    CHECK_INT(saas_access_verify(&who, small, s, (saas_text){huge, len}, NOW), SAAS_ERR_UNAUTHENTICATED);
    CHECK_INT(saas_access_verify(&who, small, s, (saas_text){NULL, 0}, NOW), SAAS_ERR_UNAUTHENTICATED);
    saas_arena_free(small);
    free(huge);
}

/* TK5 */
static void a_secret_retires(void)
{
    static const saas_text next_secret = {"next-secret-next-secret-next-secret", 34};
    saas_keys *after = NULL;
    saas_signer *rotated = NULL;
    saas_principal who;
    saas_text old, fresh;
    REQUIRE(
        !saas_keys_new(&after, next_secret, refresh_secret, SAAS_LIT("https://api.example.com"), SAAS_LIT("example")));
    CHECK_INT(saas_keys_retire(after, SAAS_LIT("short")), SAAS_ERR_CONFIG);
    CHECK_INT(saas_keys_retire(after, next_secret), SAAS_ERR_CONFIG);
    CHECK_INT(saas_keys_retire(after, refresh_secret), SAAS_ERR_CONFIG);
    CHECK_INT(saas_keys_retire(after, access_secret), SAAS_OK);
    REQUIRE(!saas_signer_new(&rotated, after));
    REQUIRE(!saas_access_sign(&old, arena, s, &ann, NOW) && !saas_access_sign(&fresh, arena, rotated, &ann, NOW));
    CHECK_INT(saas_access_verify(&who, arena, rotated, old, NOW), SAAS_OK);
    CHECK_INT(saas_access_verify(&who, arena, rotated, fresh, NOW), SAAS_OK);
    CHECK_INT(saas_access_verify(&who, arena, s, fresh, NOW), SAAS_ERR_UNAUTHENTICATED);
    uint8_t header[128] = {0};
    size_t len;
    REQUIRE(!saas_base64url_read(header, &len, (saas_text){fresh.ptr, strcspn(fresh.ptr, ".")}));
    CHECK(strstr((char *)header, "\"kid\":\"") && !strstr((char *)header, "secret"));
    /* a right signature by one secret under the name of the other */
    memcpy(rotated->kid, rotated->retiring_kid, sizeof rotated->kid);
    REQUIRE(!saas_access_sign(&fresh, arena, rotated, &ann, NOW));
    saas_signer_free(rotated);
    REQUIRE(!saas_signer_new(&rotated, after));
    CHECK_INT(saas_access_verify(&who, arena, rotated, fresh, NOW), SAAS_ERR_UNAUTHENTICATED);
    saas_signer_free(rotated);
    saas_keys_free(after);
}

/* A token without the address (TK9). */
static void the_address_is_left_out(void)
{
    saas_keys *quiet = NULL;
    saas_signer *q = NULL;
    saas_principal who;
    saas_text token;
    REQUIRE(!saas_keys_new(&quiet, access_secret, refresh_secret, SAAS_LIT("https://api.example.com"),
                           SAAS_LIT("example")));
    saas_keys_leave_email_out(quiet);
    REQUIRE(!saas_signer_new(&q, quiet) && !saas_access_sign(&token, arena, q, &ann, NOW));
    CHECK_INT(saas_access_verify(&who, arena, s, token, NOW), SAAS_OK);
    CHECK(!who.email.ptr);
    saas_signer_free(q);
    saas_keys_free(quiet);
}

/* What it says is remembered: not past its end, nor for a signature that is another's. */
static void a_known_token_is_checked_again(void)
{
    saas_principal who = {.role = SAAS_ROLE_DEFAULT};
    saas_text token, others;
    char kept[2048];
    saas_principal bob = ann;
    bob.user_id.b[0] ^= 1;
    bob.email = SAAS_LIT("bob@example.com");
    REQUIRE(!saas_access_sign(&token, arena, s, &ann, NOW) && !saas_access_sign(&others, arena, s, &bob, NOW));
    snprintf(kept, sizeof kept, "%s", token.ptr);
    for (int i = 0; i < 3; i++) {
        REQUIRE(!saas_access_verify(&who, arena, s, others, NOW) && !saas_access_verify(&who, arena, s, token, NOW));
        CHECK(saas_uuid_equal(who.user_id, ann.user_id));
        CHECK_STR(who.email.ptr, "ann@example.com");
    }
    CHECK_INT(verify(kept, NOW + 900), SAAS_ERR_UNAUTHENTICATED);
    CHECK_INT(verify(kept, NOW - 61), SAAS_ERR_UNAUTHENTICATED);
    CHECK_INT(verify(kept, NOW), SAAS_OK);
    kept[strlen(kept) - 20] = kept[strlen(kept) - 20] == 'A' ? 'B' : 'A';
    CHECK_INT(verify(kept, NOW), SAAS_ERR_UNAUTHENTICATED);
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(a_known_token_is_checked_again),
                                       TEST(what_is_signed_verifies),
                                       TEST(claims_are_these),
                                       TEST(other_spellings_of_the_same_are_accepted),
                                       TEST(the_edges_of_time),
                                       TEST(attacks_are_refused),
                                       TEST(every_changed_character_is_noticed),
                                       TEST(tokens_are_not_interchangeable),
                                       TEST(a_huge_token_costs_nothing),
                                       TEST(a_secret_retires),
                                       TEST(the_address_is_left_out)};
    bool ready = !saas_keys_new(&keys, access_secret, refresh_secret, SAAS_LIT("https://api.example.com"),
                                SAAS_LIT("example")) &&
                 !saas_signer_new(&s, keys) && (arena = saas_arena_new(0));
    int failed = ready ? check_run(tests, sizeof tests / sizeof *tests, argc, argv) : 1;
    saas_arena_free(arena);
    saas_signer_free(s);
    saas_keys_free(keys);
    return failed;
}
