#include "tables.h"

SAAS_DEFINE(address, ADDRESS);
SAAS_DEFINE(customer, CUSTOMER);

static const saas_conflict conflicts[] = {
    {"customers_short_name_key", .code = "NAME_TAKEN", .message = "This name is taken", .field = "shortName"},
};

static const saas_route routes[] = {
    SAAS_GET("/v1/customers", handle_customer),
    SAAS_POST("/v1/customers", handle_customer, .body = &customer_schema, SAAS_CONFLICTS(conflicts)),
    SAAS_DELETE("/v1/customers/:id", handle_customer, .role = SAAS_ADMIN),
};

const saas_app_options *host_options(void)
{
    static const saas_app_options options = {.size = sizeof options, .name = "host", SAAS_ROUTES(routes)};
    return &options;
}
