/* Shapes of a host in C++ with its tables in C: every kind, every rule. */
#ifndef TABLES_H
#define TABLES_H

#include <saas.h>

#define STATUS(W, T) W(T, draft) W(T, live) W(T, gone, "no-more")
SAAS_ENUM(status, STATUS);

#define ADDRESS(F, T)                                                                                                  \
    F(T, text(1, 80), street, .required = true)                                                                        \
    F(T, text(2, 2), country, .def = "DE")
SAAS_DECLARE(address, ADDRESS);

#define CUSTOMER(F, T)                                                                                                 \
    F(T, uuid, id, .read_only = true)                                                                                  \
    F(T, text(1, 120), name, .required = true)                                                                         \
    F(T, email, mail, .nullable = true)                                                                                \
    F(T, slug(3, 40), short_name)                                                                                      \
    F(T, i64(0, 1000), seats, .def = "1")                                                                              \
    F(T, bool, paid)                                                                                                   \
    F(T, time, joined_at)                                                                                              \
    F(T, word(status), status)                                                                                         \
    F(T, text(8, 200), api_key, .secret = true, .prefix = "sk_")                                                       \
    F(T, object(address), address)                                                                                     \
    F(T, list(object(address), 0, 3), places)                                                                          \
    F(T, list(i64(1, 9), 0, 5), ranks)
SAAS_DECLARE(customer, CUSTOMER);

SAAS_BEGIN_DECLS
saas_err handle_customer(saas_ctx *c); /* in C++ */
const saas_app_options *host_options(void);
SAAS_END_DECLS

#endif
