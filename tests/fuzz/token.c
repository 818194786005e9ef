/* Access and refresh tokens from outside. The first byte chooses what the rest is: a whole access token, a header or a
 * payload that is signed with the right key, or a refresh token. Nothing without the key is ever accepted. */
#include "auth/base64url.h"
#include "auth/signer.h"
#include <stdlib.h>
#include <string.h>

enum { NOW = 1800000000, PART_MAX = 2048 };

static saas_signer *s;
static saas_arena *arena;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    saas_keys *keys;
    (void)argc;
    (void)argv;
    if (saas_keys_new(&keys, SAAS_LIT("access-secret-access-secret-access"),
                      SAAS_LIT("refresh-secret-refresh-secret-refr"), SAAS_LIT("iss"), SAAS_LIT("aud")) ||
        saas_signer_new(&s, keys) || !(arena = saas_arena_new(1 << 20)))
        abort();
    return 0;
}

static void signed_part(const uint8_t *data, size_t size, bool header)
{
    static const char h[] = "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", p[] = "{}";
    char token[2 * PART_MAX * 2];
    uint8_t mac[SAAS_MAC];
    saas_principal who;
    if (size > PART_MAX)
        return;
    char *end = header ? saas_base64url_write(token, data, size) : saas_base64url_write(token, h, sizeof h - 1);
    *end++ = '.';
    end = header ? saas_base64url_write(end, p, sizeof p - 1) : saas_base64url_write(end, data, size);
    if (saas_hmac(mac, s->access, &(saas_text){token, (size_t)(end - token)}, 1))
        abort();
    *end++ = '.';
    end = saas_base64url_write(end, mac, sizeof mac);
    saas_err e = saas_access_verify(&who, arena, s, (saas_text){token, (size_t)(end - token)}, NOW);
    if (!e && (who.role < SAAS_VIEWER || who.role > SAAS_ADMIN))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    saas_principal who;
    saas_refresh refresh;
    if (!size)
        return 0;
    saas_text text = {(const char *)data + 1, size - 1};
    saas_arena_reset(arena);
    switch (data[0] & 3) {
    case 0:
        if (!saas_access_verify(&who, arena, s, text, NOW))
            abort();
        break;
    case 1:
        signed_part(data + 1, size - 1, true);
        break;
    case 2:
        signed_part(data + 1, size - 1, false);
        break;
    default:
        if (!saas_refresh_read(&refresh, s, text))
            abort();
    }
    return 0;
}
