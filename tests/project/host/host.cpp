// What a host in C++ does: structs, has-bytes, value constructors, handlers; the tables stand in tables.c.
#include "tables.h"
#include <cstring>

saas_err handle_customer(saas_ctx *c)
{
    const customer *in = saas_body(c, customer);
    if (in->has.name != SAAS_SET)
        return saas_fail(c, 400, "NO_NAME", "A name is needed");
    const saas_value values[] = {saas_v_text(in->name), saas_v_bool(in->paid), saas_v_i64(in->seats)};
    const saas_args args = {values, sizeof values / sizeof *values, sizeof *values};
    saas_rows *rows = nullptr;
    saas_err err = saas_query(c, &rows, "insert into customers (name, paid, seats) values ($1, $2, $3)", args);
    return err != SAAS_OK ? err : saas_reply_null(c, 201);
}

static bool reads_json()
{
    char json[] = R"({"name":"Ada","status":"no-more","address":{"street":"x"},"ranks":[3,4]})";
    saas_arena *a = saas_arena_new(0);
    saas_issues issues{};
    void *out = nullptr;
    saas_err err = saas_read_json(&out, &issues, &customer_schema, a, json, sizeof json - 1);
    const customer *in = static_cast<const customer *>(out);
    bool ok = err == SAAS_OK && in->name.len == 3 && in->status == status_gone && in->seats == 1 &&
              in->has.mail == SAAS_ABSENT && in->ranks.count == 2 && in->ranks.items[1] == 4;
    saas_arena_free(a);
    return ok;
}

int main()
{
    customer one{};
    one.status = status_live;
    one.has.status = SAAS_SET;
    const saas_app_options *options = host_options();
    bool ok = one.has.status == SAAS_SET && !one.has.name && customer_schema.struct_size == sizeof(customer) && customer_schema.count == 12 &&
              options->routes.count == 3 && options->routes.routes[1].body == &customer_schema &&
              !std::strcmp(saas_schema_field(&customer_schema, 8)->prefix, "sk_") &&
              !std::strcmp(status_words.words[status_gone], "no-more") &&
              saas_schema_check(&customer_schema, nullptr) == SAAS_OK && reads_json();
    return ok ? 0 : 1;
}
