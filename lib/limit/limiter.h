/* limit/limiter.h: a limiter, as its own files see it. */
#ifndef SAAS_LIMIT_LIMITER_H
#define SAAS_LIMIT_LIMITER_H

#include "limit/limit.h"
#include <sodium.h>

struct saas_limiter {
    const saas_limit_store *store;
    void *self;
    uint8_t key[crypto_shorthash_siphashx24_KEYBYTES];
};

#endif
