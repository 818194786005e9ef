/* Sessions in the database: rotation, grace, reuse, expiry, and which organization a login lands in. Tokens are stood
 * in for by the bytes their hashes are made of, but in fifty_at_once. */
#include "auth/keys.h"
#include "database.h"

/* The outcome of presenting hash `given` of session n, with `next` as its successor. */
static const char *refresh(unsigned n, unsigned given, unsigned next)
{
    return sql(app,
               "select outcome || coalesce(':' || left(random, 2), '') from saas_auth_api.session_refresh('%s',"
               " decode(repeat('%02x', 32), 'hex'), decode(repeat('%02x', 32), 'hex'),"
               " decode(repeat('%02x', 32), 'hex'))",
               id('d', n), given, next, next);
}

static const char *log_in(unsigned account, unsigned session)
{
    return sql(app,
               "select outcome || coalesce(':' || org_slug, '') from saas_auth_api.session_create('%s', '$%u', null,"
               " '%s', decode(repeat('%02x', 32), 'hex'), null, null)",
               id('a', account), account, id('d', session), session);
}

static const char *revoked(unsigned n)
{
    return sql(super, "select coalesce(revoke_reason, 'live') from sessions where id = '%s'", id('d', n));
}

/* RF2 */
static void a_chain_of_tokens(void)
{
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    for (unsigned i = 1; i < 6; i++)
        CHECK_STR(refresh(1, i, i + 1), i == 1   ? "rotated:02"
                                        : i == 2 ? "rotated:03"
                                        : i == 3 ? "rotated:04"
                                        : i == 4 ? "rotated:05"
                                                 : "rotated:06");
    CHECK_STR(sql(super, "select encode(previous_hash, 'hex') || encode(current_hash, 'hex') ="
                         " repeat('05', 32) || repeat('06', 32) from sessions"),
              "t");
    CHECK_STR(revoked(1), "live");
}

/* RF4: only the direct parent, only for ten seconds, and nothing changes by it. */
static void grace_gives_the_same_successor(void)
{
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(refresh(1, 1, 2), "rotated:02");
    CHECK_STR(refresh(1, 1, 77), "grace:02");
    CHECK_STR(refresh(1, 1, 78), "grace:02");
    sql(super, "update sessions set rotated_at = now() - interval '9 s'");
    CHECK_STR(refresh(1, 1, 79), "grace:02");
    CHECK_STR(refresh(1, 2, 3), "rotated:03");
    CHECK_STR(refresh(1, 2, 80), "grace:03");
    CHECK_STR(refresh(1, 3, 4), "rotated:04");
    CHECK_STR(revoked(1), "live");
}

/* RF3 */
static void reuse_ends_the_session_and_no_other(void)
{
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(log_in(1, 2), "ok:org-1");
    CHECK_STR(refresh(1, 1, 11), "rotated:0b");
    sql(super, "update sessions set rotated_at = now() - interval '11 s' where id = '%s'", id('d', 1));
    CHECK_STR(refresh(1, 1, 12), "reused");
    CHECK_STR(revoked(1), "reused");
    CHECK_STR(refresh(1, 11, 12), "invalid"); /* the newest descendant too */
    CHECK_STR(refresh(1, 1, 12), "invalid");
    CHECK_STR(refresh(2, 2, 13), "rotated:0d");
    CHECK_STR(refresh(2, 13, 14), "rotated:0e");
    CHECK_STR(refresh(2, 2, 15), "reused"); /* a grandparent, at once */
    CHECK_STR(sql(super,
                  "select string_agg(details->>'session', ' ' order by id) from audit"
                  " where event = 'session.reused' and org_id = '%s'",
                  id('b', 1)),
              "00000000-0000-7000-8000-d00000000001 00000000-0000-7000-8000-d00000000002");
}

static void an_unknown_session_changes_nothing(void)
{
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(refresh(9, 1, 2), "invalid");
    CHECK_STR(revoked(1), "live");
    CHECK_STR(sql(super, "select count(*) from audit where event = 'session.reused'"), "0");
}

/* RF5, RF6 */
static void sessions_end(void)
{
    static const char *const ends[] = {"update sessions set last_used_at = now() - interval '7 days 1 s'",
                                       "update sessions set expires_at = now() - interval '1 s'",
                                       "update accounts set disabled_at = now()",
                                       "delete from users",
                                       "delete from accounts",
                                       "delete from organizations"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        REQUIRE(database_clean());
        CHECK_STR(sign_up(1), "ok");
        CHECK_STR(refresh(1, 1, 2), "rotated:02");
        sql(super, "%s", ends[i]);
        CHECK_STR(refresh(1, 2, 3), "invalid");
        CHECK_STR(refresh(1, 1, 3), "invalid"); /* grace neither */
    }
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(sql(super, "select expires_at - created_at = interval '90 days' from sessions"), "t");
    sql(super, "update sessions set last_used_at = now() - interval '6 days 23 hours'");
    CHECK_STR(refresh(1, 1, 2), "rotated:02"); /* sliding */
    CHECK_STR(sql(super, "select last_used_at > now() - interval '1 minute' from sessions"), "t");
    CHECK_STR(sql(app, "select saas_auth_api.session_end('%s')", id('d', 1)), "t");
    CHECK_STR(sql(app, "select saas_auth_api.session_end('%s')", id('d', 1)), "f");
    CHECK_STR(sql(app, "select saas_auth_api.session_end('%s')", id('d', 8)), "f");
    CHECK_STR(refresh(1, 2, 3), "invalid");
    CHECK_STR(revoked(1), "logout");
}

/* RF2, RF1: fifty at once, each with a successor of its own in hand; one chain, and all come away with one token. */
static void fifty_at_once_get_one_successor(void)
{
    enum { N = 50 };
    PGconn *conns[N];
    saas_keys *keys;
    saas_signer *s;
    saas_refresh first, next;
    saas_uuid session;
    char parent[SAAS_REFRESH_CHARS + 1], tokens[N][SAAS_REFRESH_CHARS + 1];
    size_t rotated = 0;
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    REQUIRE(!saas_keys_new(&keys, SAAS_LIT("access-access-access-access-access"),
                           SAAS_LIT("refresh-refresh-refresh-refresh-re"), SAAS_LIT("i"), SAAS_LIT("a")));
    REQUIRE(!saas_signer_new(&s, keys));
    REQUIRE(!saas_uuid_parse(&session, saas_text_z(id('d', 1))));
    REQUIRE(!saas_refresh_first(parent, &first, s, session));
    const char *set[] = {(const char *)first.hash};
    PQclear(
        PQexecParams(super, "update sessions set current_hash = $1", 1, (Oid[]){17}, set, (int[]){32}, (int[]){1}, 0));
    for (size_t i = 0; i < N; i++)
        conns[i] = connect_to(db.app_dsn);
    for (size_t i = 0; i < N; i++) {
        uint8_t random[32] = {(uint8_t)i, 7};
        REQUIRE(!saas_refresh_next(tokens[i], &next, s, first.session_id, saas_text_z(parent), random));
        const char *values[] = {id('d', 1), (const char *)first.hash, (const char *)next.hash, (const char *)random};
        REQUIRE(PQsendQueryParams(conns[i],
                                  "select outcome, decode(random, 'hex') from"
                                  " saas_auth_api.session_refresh($1, $2, $3, $4)",
                                  4, (Oid[]){2950, 17, 17, 17}, values, (int[]){0, 32, 32, 32}, (int[]){0, 1, 1, 1},
                                  1));
        while (PQflush(conns[i]) > 0)
            ;
    }
    for (size_t i = 0; i < N; i++) {
        PGresult *r = PQgetResult(conns[i]);
        REQUIRE(PQntuples(r) == 1);
        bool first_one = !strcmp(PQgetvalue(r, 0, 0), "rotated");
        CHECK(first_one || !strcmp(PQgetvalue(r, 0, 0), "grace"));
        rotated += first_one;
        REQUIRE(!saas_refresh_next(tokens[i], &next, s, first.session_id, saas_text_z(parent), (const uint8_t *)PQgetvalue(r, 0, 1)));
        CHECK_STR(tokens[i], tokens[0]);
        PQclear(r);
        PQfinish(conns[i]);
    }
    CHECK_INT(rotated, 1);
    CHECK_STR(revoked(1), "live");
    REQUIRE(!saas_refresh_read(&next, s, saas_text_z(tokens[0])));
    const char *now[] = {(const char *)next.hash};
    CHECK_STR(value_of(PQexecParams(super, "select count(*) from sessions where current_hash = $1", 1, (Oid[]){17}, now,
                                    (int[]){32}, (int[]){1}, 0)),
              "1");
    saas_signer_free(s);
    saas_keys_free(keys);
}

/* RF3: two use the current token and a used one at the same time; whoever comes first, the session is over. */
static void reuse_races_rotation(void)
{
    PGconn *other;
    REQUIRE(database_clean());
    other = connect_to(db.app_dsn);
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(refresh(1, 1, 2), "rotated:02");
    CHECK_STR(refresh(1, 2, 3), "rotated:03");
    sql(app, "begin");
    CHECK_STR(refresh(1, 1, 9), "reused");
    REQUIRE(PQsendQuery(other, "select outcome from saas_auth_api.session_refresh("
                               "'00000000-0000-7000-8000-d00000000001', decode(repeat('03', 32), 'hex'),"
                               " decode(repeat('04', 32), 'hex'), decode(repeat('04', 32), 'hex'))"));
    while (PQflush(other) > 0)
        ;
    usleep(50000);
    PQconsumeInput(other);
    CHECK(PQisBusy(other)); /* waits for the verdict */
    sql(app, "commit");
    CHECK_STR(value_of(PQgetResult(other)), "invalid");
    PQfinish(other);
}

static const char *join(unsigned account, unsigned org, bool accepted)
{
    return sql(super,
               "insert into users (org_id, account_id, email, accepted_at) values ('%s', '%s', 'x@example.com',"
               " case when %s then now() end) returning 'ok'",
               id('b', org), id('a', account), accepted ? "true" : "false");
}

static void a_login_lands_where_it_was(void)
{
    REQUIRE(database_clean());
    for (unsigned i = 1; i <= 3; i++)
        CHECK_STR(sign_up(i), "ok");
    CHECK_STR(join(1, 2, true), "ok");
    CHECK_STR(join(1, 3, false), "ok");
    CHECK_STR(log_in(1, 11), "ok:org-1");
    sql(super, "update accounts set last_org_id = '%s' where id = '%s'", id('b', 2), id('a', 1));
    CHECK_STR(log_in(1, 12), "ok:org-1"); /* not verified: only at home */
    sql(super, "update accounts set verified_at = now(), last_org_id = '%s' where id = '%s'", id('b', 2), id('a', 1));
    CHECK_STR(log_in(1, 13), "ok:org-2");
    sql(super, "update accounts set last_org_id = '%s' where id = '%s'", id('b', 3), id('a', 1));
    CHECK_STR(log_in(1, 14), "ok:org-1"); /* that one waits: the oldest */
    sql(super, "update accounts set last_org_id = null where id = '%s'", id('a', 1));
    CHECK_STR(log_in(1, 15), "ok:org-1");
    CHECK_STR(sql(super, "select last_org_id from accounts where id = '%s'", id('a', 1)), id('b', 1));
    sql(super, "delete from users where account_id = '%s' and accepted_at is not null", id('a', 1));
    CHECK_STR(log_in(1, 16), "no_organization");
    sql(super, "delete from users where account_id = '%s'", id('a', 1));
    CHECK_STR(log_in(1, 17), "no_organization");
}

/* An account leaves no endless trail: what ended more than a week ago goes at its next login. */
static void ended_sessions_are_forgotten(void)
{
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(sign_up(2), "ok");
    for (unsigned i = 3; i <= 7; i++)
        CHECK_STR(log_in(1, i), "ok:org-1");
    sql(super, "update sessions set revoked_at = now() - interval '8 days' where id in ('%s', '%s')", id('d', 3),
        id('d', 2));
    sql(super, "update sessions set revoked_at = now() - interval '6 days' where id = '%s'", id('d', 4));
    sql(super, "update sessions set last_used_at = now() - interval '15 days' where id = '%s'", id('d', 5));
    sql(super, "update sessions set expires_at = now() - interval '8 days' where id = '%s'", id('d', 6));
    CHECK_STR(log_in(1, 8), "ok:org-1");
    CHECK_STR(sql(super, "select string_agg(right(id::text, 1), ' ' order by id) from sessions"), "1 2 4 7 8");
    CHECK_STR(refresh(3, 3, 9), "invalid");
}

/* PW2, PW6: a hash that was replaced between look-up and session opens nothing; a better one is stored. */
static void a_login_is_of_the_hash_it_verified(void)
{
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(sql(app, "select account_id || password_hash from saas_auth_api.login_lookup('PERSON1@Example.COM')"),
              "00000000-0000-7000-8000-a00000000001$1");
    CHECK_STR(sql(app,
                  "select outcome from saas_auth_api.session_create('%s', '$other', null, '%s',"
                  " decode(repeat('01', 32), 'hex'), null, null)",
                  id('a', 1), id('d', 2)),
              "invalid");
    CHECK_STR(sql(app,
                  "select outcome from saas_auth_api.session_create('%s', '$1', '$better', '%s',"
                  " decode(repeat('01', 32), 'hex'), null, null)",
                  id('a', 1), id('d', 2)),
              "ok");
    CHECK_STR(sql(super, "select password_hash from accounts"), "$better");
    CHECK_STR(log_in(1, 3), "invalid");
    sql(super, "update accounts set disabled_at = now()");
    CHECK_STR(sql(app, "select count(*) from saas_auth_api.login_lookup('person1@example.com')"), "0");
}

static void sign_up_tells_what_is_taken(void)
{
    static const char call[] = "select outcome || coalesce(':' || left(org_slug, 6), '') from saas_auth_api.signup("
                               "gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'N', '%s',"
                               " %s, '%s', '$', decode(repeat('01', 32), 'hex'), null, null)";
    REQUIRE(database_clean());
    CHECK_STR(sign_up(1), "ok");
    CHECK_STR(sql(app, call, "org-1", "false", "new@example.com"), "slug_taken");
    CHECK_STR(sql(app, call, "org-2", "false", "PERSON1@EXAMPLE.COM"), "email_taken");
    CHECK_STR(sql(app, call, "org-1", "true", "person1@example.com"), "email_taken");
    CHECK_STR(sql(super, "select count(*) from organizations"), "1"); /* nothing is left of them */
    CHECK_STR(sql(super, "select count(*) from accounts"), "1");
    CHECK_STR(sql(app, call, "org-1", "true", "new@example.com"), "ok:org-1-");
    CHECK_STR(sql(super, "select slug ~ '^org-1-[0-9a-f]{6}$' from organizations where slug <> 'org-1'"), "t");
    CHECK_STR(sql(app, call, "0123456789012345678901234567890123456789", "true", "long1@example.com"), "ok:012345");
    CHECK_STR(sql(app, call, "0123456789012345678901234567890123456789", "true", "long2@example.com"), "ok:012345");
}

int main(int argc, char **argv)
{
    static const check_test tests[] = {TEST(a_chain_of_tokens),
                                       TEST(grace_gives_the_same_successor),
                                       TEST(reuse_ends_the_session_and_no_other),
                                       TEST(an_unknown_session_changes_nothing),
                                       TEST(sessions_end),
                                       TEST(fifty_at_once_get_one_successor),
                                       TEST(reuse_races_rotation),
                                       TEST(a_login_lands_where_it_was),
                                       TEST(ended_sessions_are_forgotten),
                                       TEST(a_login_is_of_the_hash_it_verified),
                                       TEST(sign_up_tells_what_is_taken)};
    return run_with_cluster(tests, sizeof tests / sizeof *tests, argc, argv);
}
