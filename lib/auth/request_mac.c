#include "auth/signer.h"

enum { PARTS_MAX = 8 };

/* A length in front of each keeps the parts apart. */
saas_err saas_request_mac(uint8_t out[SAAS_REQUEST_MAC], saas_signer *s, const saas_text *parts, size_t count)
{
    uint64_t lens[PARTS_MAX];
    saas_text all[2 * PARTS_MAX];
    if (count > PARTS_MAX)
        return SAAS_ERR_BUG;
    for (size_t i = 0; i < count; i++) {
        lens[i] = parts[i].len;
        all[2 * i] = (saas_text){(const char *)&lens[i], sizeof lens[i]};
        all[2 * i + 1] = parts[i].ptr ? parts[i] : (saas_text){"", 0};
    }
    return saas_hmac(out, s->request, all, 2 * count);
}
