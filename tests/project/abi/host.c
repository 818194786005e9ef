/* A host that is built once and then run on a library of its headers and on a newer one. What it prints must not differ. */
#include <saas.h>
#include <saas/test.h>
#include <stdio.h>

#define KIND(W, T) W(T, plain) W(T, gift)
SAAS_ENUM(kind, KIND);

#define PLACE(F, T)                                                                                                    \
    F(T, text(1, 80), street, .required = true)                                                                        \
    F(T, text(2, 2), country, .def = "DE")
SAAS_STRUCT(place, PLACE);

#define ORDER(F, T)                                                                                                    \
    F(T, text(1, 20), name, .required = true)                                                                          \
    F(T, i64(1, 9), count, .def = "1")                                                                                 \
    F(T, word(kind), kind)                                                                                             \
    F(T, object(place), place)                                                                                         \
    F(T, list(object(place), 0, 3), stops)                                                                             \
    F(T, bool, paid)
SAAS_STRUCT(order, ORDER);

#define SETTINGS(F, T)                                                                                                 \
    F(T, i64(1, 99), first_limit, .def = "7")                                                                          \
    F(T, text(8, 99), second_key, .secret = true)
SAAS_STRUCT(settings, SETTINGS);

static saas_err hello(saas_ctx *c)
{
    return saas_reply_null(c, 200);
}

static saas_err make(saas_ctx *c)
{
    return saas_reply(c, 201, &order_schema, saas_body(c, order));
}

static saas_err limit(saas_ctx *c)
{
    const struct settings *s = saas_settings(c, settings);
    return saas_reply_raw(c, 200, saas_format(c, "%lld", (long long)s->first_limit));
}

static const saas_route routes[] = {
    SAAS_GET("/hello", hello, .open = true),
    SAAS_POST("/orders", make, .open = true, .body = &order_schema, .body_max_bytes = 4096),
    SAAS_GET("/limit", limit, .open = true),
    SAAS_GET("/closed/:id", hello),
};

static void call(saas_test_client *t, const char *method, const char *target, const char *body)
{
    saas_test_response r;
    if (SAAS_TEST_SEND(&r, t, .method = method, .target = target, .body = body))
        printf("%s %s: no answer\n", method, target);
    else
        printf("%s %s: %d %.*s\n", method, target, r.status, (int)r.body.len, r.body.ptr);
}

int main(void)
{
    static const char *const env[] = {"FIRST_LIMIT=42", "SECOND_KEY=not-for-logs", NULL};
    saas_test_client *t;
    saas_error e = {0};
    if (saas_test_client_new(&t, SAAS_APP(.name = "abi", SAAS_ROUTES(routes), .config = &settings_schema, .env = env), NULL,
                             &e)) {
        printf("%s\n", e.text);
        return 1;
    }
    for (size_t i = 0; saas_app_route(saas_test_client_app(t), i); i++)
        printf("%s\n", saas_app_route(saas_test_client_app(t), i)->path);
    call(t, "GET", "/hello", NULL);
    call(t, "POST", "/orders",
         "{\"name\":\"a\",\"count\":3,\"kind\":\"gift\",\"place\":{\"street\":\"x\"},\"stops\":[{\"street\":\"y\"},"
         "{\"street\":\"z\",\"country\":\"FR\"}],\"paid\":true}");
    call(t, "POST", "/orders", "{\"name\":\"\",\"count\":10,\"kind\":\"no\",\"place\":{},\"stops\":[{}],\"paid\":1,\"x\":1}");
    call(t, "GET", "/limit", NULL);
    call(t, "GET", "/closed/1", NULL);
    saas_test_client_free(t);
    return 0;
}
