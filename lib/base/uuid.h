/* base/uuid.h: a version 7 UUID of parts the caller has already, without asking the system. */
#ifndef SAAS_BASE_UUID_H
#define SAAS_BASE_UUID_H

#include <saas/text.h>

enum { SAAS_UUID_RANDOM = 10 };

saas_uuid saas_uuid_v7_of(int64_t wall_us, const uint8_t random[SAAS_UUID_RANDOM]);

#endif
