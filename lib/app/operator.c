#include "app/operator.h"
#include <sodium.h>

bool saas_is_operator(const saas_ctx *c)
{
    static const char scheme[] = "bearer ";
    const saas_text token = c->shard->site->metrics_token;
    const size_t at = sizeof scheme - 1;
    return token.len && c->authorization.len == at + token.len &&
           saas_text_equal_ci((saas_text){c->authorization.ptr, at}, (saas_text){scheme, at}) &&
           !sodium_memcmp(c->authorization.ptr + at, token.ptr, token.len);
}
