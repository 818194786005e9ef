// What a host in C++ does: structs, has-bytes, value constructors, handlers; the tables stand in tables.c.
#include "tables.h"
#include <cstring>

saas_err handle_customer(saas_ctx *c)
{
    (void)c;
    return SAAS_ERR_NOT_FOUND;
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
              !std::strcmp(saas_err_symbol(SAAS_ERR_TENANT), "ERR_TENANT");
    return ok ? 0 : 1;
}
