/* What accounts are mailed, and what its tokens are good for. */
#include "http.h"
#include <pthread.h>

static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes},
                                    {"/v1/me", saas_account_routes},
                                    {"/v1/invitations", saas_invitation_routes},
                                    {"/v1/audit", saas_audit_routes}};

/* ---- a mailer that keeps what it is given ---- */

typedef struct letter {
    char kind[40], to[80], token[80], link[256], text[1024];
} letter;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static letter box[64];
static size_t box_count;
static int refusals; /* of the next mails */

static saas_err keep_mail(const saas_mail *m, void *user)
{
    saas_err e = SAAS_OK;
    pthread_mutex_lock(&lock);
    if (user != box || refusals-- > 0)
        e = SAAS_ERR_UNAVAILABLE;
    else if (box_count < sizeof box / sizeof *box) {
        letter *l = &box[box_count++];
        snprintf(l->kind, sizeof l->kind, "%s", m->kind);
        snprintf(l->to, sizeof l->to, "%s", m->to);
        snprintf(l->token, sizeof l->token, "%s", m->token ? m->token : "");
        snprintf(l->link, sizeof l->link, "%s", m->link ? m->link : "");
        snprintf(l->text, sizeof l->text, "%s\n%s", m->subject, m->text);
    }
    pthread_mutex_unlock(&lock);
    return e;
}

static bool neutral;

static const saas_app_options *host(void)
{
    static saas_app_options o;
    static const char *const env[] = {"APP_URL=https://app.example.com/", NULL};
    static const char *const neutral_env[] = {"SIGNUP_NEUTRAL=on", "JWT_EMAIL_CLAIM=off", NULL};
    o = *SAAS_APP(.name = "auth", SAAS_MOUNTS(mounts), .mailer = keep_mail, .mailer_user = box,
                  .env = neutral ? neutral_env : env);
    return &o;
}

static bool take(letter *out, const char *kind)
{
    bool found = false;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < box_count && !found; i++)
        if ((found = !strcmp(box[i].kind, kind))) {
            *out = box[i];
            box[i] = box[--box_count];
        }
    pthread_mutex_unlock(&lock);
    return found;
}

/* Waits for a mail of a kind; its kind is "" when none comes. */
static letter mail(const char *kind)
{
    letter l = {.kind = ""};
    for (int i = 0; i < 300 && !take(&l, kind); i++)
        saas_poll_loop_turn(saas_test_client_loop(t), 10);
    CHECK_STR(l.kind, kind);
    return l;
}

/* Turns until the outbox is empty. */
static void settle(void)
{
    for (int i = 0; i < 300 && strcmp(sql("select count(*) from outbox"), "0") != 0; i++)
        saas_poll_loop_turn(saas_test_client_loop(t), 10);
    CHECK_STR(sql("select count(*) from outbox"), "0");
}

static bool begin(void)
{
    if (t)
        settle();
    box_count = 0;
    refusals = 0;
    return start();
}

static int post(const char *target, const char *key, const char *value)
{
    return call("POST", target, NULL, "{\"%s\":\"%s\"}", key, value);
}

static int reset_with(const char *token, const char *password)
{
    return call("POST", "/v1/auth/password/reset", NULL, "{\"token\":\"%s\",\"password\":\"%s\"}", token, password);
}

static int accept_with(const char *bearer, const char *token, const char *password)
{
    return password ? call("POST", "/v1/auth/invitations/accept", bearer, "{\"token\":\"%s\",\"password\":\"%s\"}",
                           token, password)
                    : call("POST", "/v1/auth/invitations/accept", bearer, "{\"token\":\"%s\"}", token);
}

static char ann[1024], ann_refresh[256]; /* signed in */

static void sign_up_ann(void)
{
    CHECK_INT(sign_up("Acme", "ann@example.com"), 201);
    snprintf(ann, sizeof ann, "%s", at("data.accessToken"));
    snprintf(ann_refresh, sizeof ann_refresh, "%s", at("data.refreshToken"));
}

#define OTHER "violet comet harbour 3"

/* ---- tests ---- */

/* PW9 */
static void an_address_is_proven(void)
{
    REQUIRE(begin());
    sign_up_ann();
    letter l = mail("verify");
    CHECK_STR(l.to, "ann@example.com");
    CHECK_INT(strlen(l.token), 43); /* 256 bits */
    CHECK(!strncmp(l.link, "https://app.example.com/verify-email?token=", 43) && strstr(l.link, l.token));
    CHECK(strstr(l.text, l.link));
    settle();
    CHECK_STR(sql("select octet_length(hash) || ' ' || kind from mail_tokens"), "32 verify");
    CHECK_STR(sql("select verified_at is null from accounts"), "t");
    CHECK_INT(post("/v1/auth/email/verify", "token", "x"), 400);
    CHECK_STR(at("error.code"), "INVALID_TOKEN");
    CHECK_INT(post("/v1/auth/email/verify", "token", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), 400);
    CHECK_INT(reset_with(l.token, OTHER), 400); /* not what it is for */
    CHECK_INT(post("/v1/auth/email/verify", "token", l.token), 200);
    CHECK(strstr(r.body.ptr, "\"data\":null"));
    CHECK_STR(sql("select verified_at is not null from accounts"), "t");
    CHECK_INT(post("/v1/auth/email/verify", "token", l.token), 400); /* once */
    CHECK_STR(sql("select count(*) from mail_tokens"), "0");
    CHECK(!strstr(saas_test_client_logged(t), l.token)); /* LG2 */
}

static void a_link_is_sent_again_and_ends_in_an_hour(void)
{
    REQUIRE(begin());
    sign_up_ann();
    letter first = mail("verify");
    CHECK_INT(post("/v1/auth/email/resend", "email", "ANN@example.com"), 200);
    letter second = mail("verify");
    CHECK(strcmp(first.token, second.token) != 0);
    CHECK_STR(sql("select max(expires_at) <= now() + interval '60 minutes' from mail_tokens"), "t");
    sql("update mail_tokens set expires_at = now()");
    CHECK_INT(post("/v1/auth/email/verify", "token", second.token), 400);
    CHECK_STR(at("error.code"), "INVALID_TOKEN");
    settle();
    sql("update accounts set verified_at = now()");
    CHECK_INT(post("/v1/auth/email/resend", "email", "ann@example.com"), 200);
    settle();
    CHECK_INT(box_count, 0); /* nothing to prove */
}

/* PW8, PW9: who asks for an unknown address learns nothing, and waits for nothing else. */
static void asking_tells_nobody_who_is_there(void)
{
    static const char *const targets[] = {"/v1/auth/password/forgot", "/v1/auth/email/resend"};
    char known[512];
    REQUIRE(begin());
    sign_up_ann();
    mail("verify");
    settle();
    for (size_t i = 0; i < 2; i++) {
        CHECK_INT(post(targets[i], "email", "ann@example.com"), 200);
        snprintf(known, sizeof known, "%s", r.body.ptr);
        size_t headers = r.header_count;
        CHECK_INT(post(targets[i], "email", "nobody@example.com"), 200);
        CHECK_STR(r.body.ptr, known);
        CHECK_INT(r.header_count, headers);
        CHECK_INT(post(targets[i], "email", "no address"), 400);
    }
    settle();
    CHECK_INT(box_count, 2);
    for (size_t i = 0; i < 10; i++)
        CHECK_INT(post(targets[0], "email", "ann@example.com"), 200);
    settle();
    CHECK_INT(box_count, 6); /* five links at once, no more */
}

static void a_forgotten_password(void)
{
    REQUIRE(begin());
    sign_up_ann();
    mail("verify");
    CHECK_INT(post("/v1/auth/password/forgot", "email", "ann@example.com"), 200);
    letter l = mail("reset"), second;
    CHECK(strstr(l.link, "/reset-password?token="));
    CHECK_INT(post("/v1/auth/password/forgot", "email", "ann@example.com"), 200);
    second = mail("reset");
    CHECK_INT(reset_with(l.token, "short"), 400);
    CHECK_STR(at("error.code"), "VALIDATION_ERROR");
    CHECK_INT(reset_with(l.token, "password1234"), 400);
    CHECK_STR(at("error.code"), "VALIDATION_ERROR");
    CHECK_INT(reset_with(l.token, OTHER), 200);
    CHECK_STR(mail("password_changed").to, "ann@example.com");
    CHECK_INT(reset_with(l.token, OTHER), 400);
    CHECK_STR(at("error.code"), "INVALID_TOKEN");
    CHECK_INT(reset_with(second.token, OTHER), 400); /* and those beside it */
    CHECK_INT(refresh(ann_refresh), 401);            /* RF6 */
    CHECK_INT(log_in("ann@example.com", PASSWORD), 401);
    CHECK_INT(log_in("ann@example.com", OTHER), 200);
    CHECK_STR(sql("select verified_at is not null from accounts"), "t"); /* the mailbox is theirs */
}

static void another_address(void)
{
    REQUIRE(begin());
    sign_up_ann();
    mail("verify");
    CHECK_INT(call("PATCH", "/v1/me", ann, "{\"email\":\"new@example.com\",\"currentPassword\":\"wrong\"}"), 400);
    CHECK_STR(at("error.code"), "INVALID_CREDENTIALS");
    CHECK_INT(call("PATCH", "/v1/me", ann, "{\"email\":\"new@example.com\",\"currentPassword\":\"" PASSWORD "\"}"),
              200);
    CHECK_STR(at("data.user.email"), "ann@example.com"); /* not yet */
    letter l = mail("email_change"), notice = mail("email_change_notice");
    CHECK_STR(l.to, "new@example.com");
    CHECK_STR(notice.to, "ann@example.com");
    CHECK(strstr(notice.text, "new@example.com") && !notice.token[0]);
    CHECK_INT(post("/v1/auth/email/verify", "token", l.token), 200);
    CHECK_STR(mail("email_change_notice").to, "ann@example.com");
    CHECK_INT(call("GET", "/v1/me", ann, "%s", ""), 200);
    CHECK_STR(at("data.user.email"), "new@example.com");
    CHECK_INT(log_in("ann@example.com", PASSWORD), 401);
    CHECK_INT(log_in("new@example.com", PASSWORD), 200);

    CHECK_INT(sign_up("Bobs", "bob@example.com"), 201); /* an address that is taken: nothing tells */
    CHECK_INT(call("PATCH", "/v1/me", ann, "{\"email\":\"bob@example.com\",\"currentPassword\":\"" PASSWORD "\"}"),
              200);
    settle();
    letter none;
    CHECK(!take(&none, "email_change"));
}

/* The rules of joining: a new address, an account that never proved its own, and one that did. */
static void a_new_address_accepts(void)
{
    char id[40];
    REQUIRE(begin());
    sign_up_ann();
    CHECK_INT(call("POST", "/v1/invitations", ann, "{\"email\":\"new@example.com\",\"role\":\"viewer\"}"), 201);
    CHECK_STR(at("data.role"), "viewer");
    snprintf(id, sizeof id, "%s", at("data.id"));
    CHECK(!strstr(r.body.ptr, "token"));
    letter l = mail("invitation");
    CHECK_STR(l.to, "new@example.com");
    CHECK(strstr(l.link, "/accept-invitation?token=") && strstr(l.text, "Acme"));
    CHECK_INT(accept_with(NULL, l.token, NULL), 400);
    CHECK_STR(at("error.code"), "VALIDATION_ERROR");
    CHECK_INT(accept_with(NULL, l.token, "short"), 400);
    CHECK_INT(accept_with(NULL, l.token, "password1234"), 400);
    CHECK_INT(accept_with(NULL, l.token, OTHER), 200);
    CHECK_STR(at("data.user.role"), "viewer");
    CHECK_STR(at("data.organization.slug"), "acme");
    CHECK_INT(accept_with(NULL, l.token, OTHER), 400);
    CHECK_STR(at("error.code"), "INVALID_TOKEN");
    CHECK_INT(log_in("new@example.com", OTHER), 200);
    CHECK_STR(sql("select verified_at is not null from accounts where email = 'new@example.com'"), "t");
    CHECK_INT(call("POST", "/v1/invitations", ann, "{\"email\":\"NEW@example.com\",\"role\":\"admin\"}"), 409);
    CHECK_STR(at("error.code"), "ALREADY_MEMBER");
}

static void an_unproven_account_accepts_with_a_new_password(void)
{
    char prepared[256];
    REQUIRE(begin());
    sign_up_ann();
    CHECK_INT(sign_up("Trap", "victim@example.com"), 201); /* by somebody else */
    snprintf(prepared, sizeof prepared, "%s", at("data.refreshToken"));
    CHECK_INT(call("POST", "/v1/invitations", ann, "{\"email\":\"victim@example.com\",\"role\":\"admin\"}"), 201);
    letter l = mail("invitation");
    CHECK_INT(accept_with(at("data.accessToken"), l.token, NULL), 400); /* signed in is not enough */
    CHECK_INT(accept_with(NULL, l.token, OTHER), 200);
    CHECK_STR(at("data.organization.slug"), "acme");
    CHECK_INT(refresh(prepared), 401);
    CHECK_INT(log_in("victim@example.com", PASSWORD), 401);
    CHECK_INT(log_in("victim@example.com", OTHER), 200);
}

static void a_proven_account_accepts_as_itself(void)
{
    char bob[1024];
    REQUIRE(begin());
    sign_up_ann();
    CHECK_INT(sign_up("Bobs", "bob@example.com"), 201);
    snprintf(bob, sizeof bob, "%s", at("data.accessToken"));
    sql("update accounts set verified_at = now()");
    CHECK_INT(call("POST", "/v1/invitations", ann, "{\"email\":\"Bob@example.com\",\"role\":\"member\"}"), 201);
    letter l = mail("invitation");
    CHECK_INT(accept_with(NULL, l.token, NULL), 401);
    CHECK_STR(at("error.code"), "UNAUTHENTICATED");
    CHECK_INT(accept_with(NULL, l.token, OTHER), 401); /* the token alone sets no password */
    CHECK_STR(at("error.code"), "INVALID_CREDENTIALS");
    CHECK_INT(accept_with(ann, l.token, NULL), 401); /* somebody else */
    CHECK_INT(accept_with(bob, l.token, NULL), 200);
    CHECK_STR(at("data.organization.slug"), "acme");
    CHECK_STR(at("data.user.role"), "member");
    CHECK_STR(sql("select count(*) from sessions s join accounts a on a.id = s.account_id where a.email ="
                  " 'bob@example.com' and s.revoked_at is null"),
              "2"); /* the other one goes on */
    sql("delete from users where role = 'member'");
    CHECK_INT(call("POST", "/v1/invitations", ann, "{\"email\":\"bob@example.com\",\"role\":\"member\"}"), 201);
    l = mail("invitation");
    CHECK_INT(accept_with(NULL, l.token, PASSWORD), 200);
}

static void invitations_are_managed(void)
{
    char path[128], other[1024];
    REQUIRE(begin());
    sign_up_ann();
    CHECK_INT(sign_up("Bobs", "bob@example.com"), 201);
    snprintf(other, sizeof other, "%s", at("data.accessToken"));
    CHECK_INT(call("POST", "/v1/invitations", ann, "{\"email\":\"new@example.com\",\"role\":\"viewer\"}"), 201);
    snprintf(path, sizeof path, "/v1/invitations/%s/resend", at("data.id"));
    letter first = mail("invitation");
    CHECK_INT(call("GET", "/v1/invitations", ann, "%s", ""), 200);
    CHECK_STR(at("meta.total"), "1");
    CHECK_STR(at("data[0].email"), "new@example.com");
    CHECK_INT(call("GET", "/v1/invitations", other, "%s", ""), 200);
    CHECK_STR(at("meta.total"), "0");
    CHECK_INT(call("POST", path, other, "%s", ""), 404); /* TN3 */
    CHECK_STR(at("error.code"), "INVITATION_NOT_FOUND");
    settle();
    CHECK_INT(call("POST", path, ann, "%s", ""), 200);
    letter second = mail("invitation");
    CHECK_INT(accept_with(NULL, first.token, OTHER), 400); /* void */
    path[strlen(path) - strlen("/resend")] = 0;
    CHECK_INT(call("DELETE", path, other, "%s", ""), 404);
    CHECK_INT(call("DELETE", path, ann, "%s", ""), 200);
    CHECK_INT(call("DELETE", path, ann, "%s", ""), 404);
    CHECK_INT(call("DELETE", "/v1/invitations/x", ann, "%s", ""), 404);
    CHECK_STR(at("error.code"), "INVITATION_NOT_FOUND");
    CHECK_INT(accept_with(NULL, second.token, OTHER), 400);
    CHECK_STR(at("error.code"), "INVALID_TOKEN");
    CHECK_INT(call("POST", "/v1/invitations", ann, "{\"email\":\"new@example.com\",\"role\":\"viewer\"}"), 201);
    second = mail("invitation");
    sql("update mail_tokens set expires_at = now() where kind = 'invitation'");
    CHECK_INT(accept_with(NULL, second.token, OTHER), 400);
    CHECK_INT(call("GET", "/v1/audit", ann, "%s", ""), 200);
    CHECK_STR(at("data[0].event"), "invitation.created");
    CHECK_STR(at("meta.total"), "6");
}

static void export_and_goodbye(void)
{
    REQUIRE(begin());
    sign_up_ann();
    mail("verify");
    CHECK_INT(call("GET", "/v1/me/export", ann, "%s", ""), 200);
    CHECK_STR(at("data.account.email"), "ann@example.com");
    CHECK_STR(at("data.users[0].role"), "admin");
    CHECK(strcmp(at("data.sessions[0].id"), "(absent)") != 0);
    CHECK_STR(at("data.audit[1].event"), "organization.created");
    CHECK(!strstr(r.body.ptr, "argon2") && !strstr(r.body.ptr, "hash"));
    sql("insert into accounts (email, password_hash) values ('m@example.com', '$')");
    sql("insert into users (org_id, account_id, email, role, accepted_at) select o.id, a.id, a.email, 'member', now()"
        " from organizations o, accounts a where a.email = 'm@example.com'");
    CHECK_INT(call("DELETE", "/v1/me", ann, "{\"currentPassword\":\"wrong\"}"), 400);
    CHECK_STR(at("error.code"), "INVALID_CREDENTIALS");
    CHECK_INT(call("DELETE", "/v1/me", ann, "{\"currentPassword\":\"" PASSWORD "\"}"), 409);
    CHECK_STR(at("error.code"), "LAST_ADMIN");
    sql("update users set role = 'admin'");
    CHECK_INT(call("DELETE", "/v1/me", ann, "{\"currentPassword\":\"" PASSWORD "\"}"), 200);
    CHECK_STR(sql("select string_agg(email, ' ') from accounts"), "m@example.com");
    CHECK_STR(sql("select count(*) from organizations"), "1");
    CHECK_INT(call("GET", "/v1/me/export", ann, "%s", ""), 401);
    CHECK_INT(log_in("ann@example.com", PASSWORD), 401);
    sign_up_ann(); /* the address is free again; its organization is its own alone */
    CHECK_INT(call("DELETE", "/v1/me", ann, "{\"currentPassword\":\"" PASSWORD "\"}"), 200);
    CHECK_STR(sql("select count(*) from organizations"), "1");
}

/* A mailer that fails is asked again; meanwhile nothing is lost. */
static void a_mail_is_tried_again(void)
{
    REQUIRE(begin());
    refusals = 1;
    sign_up_ann();
    for (int i = 0; i < 300 && strcmp(sql("select max(attempts) from outbox"), "1") != 0; i++)
        saas_poll_loop_turn(saas_test_client_loop(t), 10);
    CHECK_STR(sql("select attempts || ' ' || (due_at > now()) from outbox"), "1 true");
    CHECK_INT(box_count, 0);
    sql("update outbox set due_at = now()");
    CHECK_INT(post("/v1/auth/email/resend", "email", "nobody@example.com"), 200);
    letter l = mail("verify");
    CHECK_INT(post("/v1/auth/email/verify", "token", l.token), 200);
}

/* SIGNUP_NEUTRAL: a mail decides. */
static void sign_up_tells_nothing_when_it_must_not(void)
{
    settle();
    stop();
    t = NULL;
    neutral = true;
    REQUIRE(begin());
    CHECK_INT(sign_up("Acme", "ann@example.com"), 202);
    CHECK(strstr(r.body.ptr, "\"data\":null"));
    CHECK_STR(sql("select count(*) from accounts"), "0");
    letter first = mail("signup");
    CHECK_INT(call("POST", "/v1/auth/signup", NULL,
                   "{\"orgName\":\"Acme\",\"email\":\"ann@example.com\",\"password\":\"" OTHER "\"}"),
              202);
    letter second = mail("signup");
    CHECK_INT(log_in("ann@example.com", PASSWORD), 401);
    CHECK_INT(post("/v1/auth/email/verify", "token", first.token), 200);
    CHECK_INT(post("/v1/auth/email/verify", "token", second.token), 400); /* each link is its own sign-up */
    CHECK_INT(log_in("ann@example.com", OTHER), 401);
    CHECK_INT(log_in("ann@example.com", PASSWORD), 200);
    CHECK_STR(at("data.user.role"), "admin");
    CHECK_STR(at("data.organization.slug"), "acme");
    CHECK_STR(sql("select verified_at is not null from accounts"), "t");
    CHECK_STR(sql("select substr(id::text, 15, 1) from accounts"), "7");
    CHECK_INT(sign_up("Acme", "ann@example.com"), 202);
    letter known = mail("signup_known");
    CHECK(!known.token[0] && !known.link[0]);
    settle();
    CHECK_STR(sql("select count(*) from accounts"), "1");
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(an_address_is_proven),
                                       TEST(a_link_is_sent_again_and_ends_in_an_hour),
                                       TEST(asking_tells_nobody_who_is_there),
                                       TEST(a_forgotten_password),
                                       TEST(another_address),
                                       TEST(a_new_address_accepts),
                                       TEST(an_unproven_account_accepts_with_a_new_password),
                                       TEST(a_proven_account_accepts_as_itself),
                                       TEST(invitations_are_managed),
                                       TEST(export_and_goodbye),
                                       TEST(a_mail_is_tried_again),
                                       TEST(sign_up_tells_nothing_when_it_must_not)};
    return run_with_app(tests, sizeof tests / sizeof *tests, argc, argv);
}
