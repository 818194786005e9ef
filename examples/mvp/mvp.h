/* The example's shapes and the routes of its modules. */
#ifndef MVP_H
#define MVP_H

#include <saas.h>

SAAS_DECLARE(user, SAAS_USER_FIELDS);
SAAS_DECLARE(organization, SAAS_ORGANIZATION_FIELDS);
#define USER_COLUMNS         "id, org_id, email, role, created_at, updated_at"
#define ORGANIZATION_COLUMNS "id, name, slug, plan, created_at"

/* Of parts that are not used: all optional, and checked once they are there. */
#define SETTINGS(F, T)                                                                                       \
    F(T, url,          redis_url,         .secret = true, .schemes = "redis rediss", .doc = "Redis")         \
    F(T, text(1, 40),  aws_region,        .doc = "Region of the object storage")                             \
    F(T, text(3, 63),  aws_s3_bucket,     .doc = "Bucket for uploads")                                       \
    F(T, text(8, 200), stripe_secret_key, .secret = true, .prefix = "sk_", .doc = "Stripe")
SAAS_DECLARE(settings, SETTINGS);

saas_route_list mvp_user_routes(void);
saas_route_list mvp_organization_routes(void);
saas_route_list mvp_project_routes(void);

#endif
