#include "config/config.h"
#include "schema/ascii.h"
#include <math.h>

/* What stands in manuals and templates. None of it is likely in 32 random bytes, however they are written. */
static const char *const placeholders[] = {
    "changeme",    "change-me",   "change_me",   "change this",  "change-this",  "change_this",
    "placeholder", "replace-me",  "replaceme",   "replace_me",   "yoursecret",   "your-secret",
    "your_secret", "your secret", "supersecret", "super-secret", "super_secret", "super secret",
    "secretkey",   "secret-key",  "secret_key",  "secret key",   "insecure",     "password",
    "passw0rd",    "qwertyuiop",  "letmein",     "example",      "default-",     "lorem ipsum",
};

enum { BITS_MIN = 64, REPEAT_MIN = 4, KEY_MAX = 4096 };

static bool contains(saas_text key, saas_text word)
{
    for (size_t i = 0; i + word.len <= key.len; i++)
        if (saas_text_equal_ci((saas_text){key.ptr + i, word.len}, word))
            return true;
    return false;
}

/* How much of key.ptr + i stood in the key before. */
static size_t repeated(saas_text key, size_t i)
{
    size_t most = 0;
    for (size_t from = 0; from < i; from++) {
        size_t n = 0;
        while (i + n < key.len && key.ptr[from + n] == key.ptr[i + n])
            n++;
        most = n > most ? n : most;
    }
    return most;
}

/* Third and later of aaaa, 1234, dcba. */
static bool goes_on(saas_text key, size_t i)
{
    if (i < 2)
        return false;
    int step = key.ptr[i] - key.ptr[i - 1];
    return step >= -1 && step <= 1 && step == key.ptr[i - 1] - key.ptr[i - 2];
}

/* Of each character, how often it counts; and of all. */
static size_t count(size_t often[256], saas_text key)
{
    size_t n = 0;
    for (size_t i = 0; i < key.len;) {
        size_t seen = repeated(key, i);
        if (seen >= REPEAT_MIN) {
            i += seen;
            continue;
        }
        if (!goes_on(key, i)) {
            often[(unsigned char)key.ptr[i]]++;
            n++;
        }
        i++;
    }
    return n;
}

static double bits_of(saas_text key)
{
    size_t often[256] = {0}, n = count(often, key);
    double bits = 0;
    for (size_t i = 0; i < 256; i++)
        if (often[i])
            bits -= (double)often[i] * log2((double)often[i] / (double)n);
    return bits;
}

const char *saas_key_fault(saas_text key)
{
    for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++)
        if (contains(key, saas_text_z(placeholders[i])))
            return "a placeholder, not a key: openssl rand -base64 32 makes one";
    saas_text head = {key.ptr, key.len < KEY_MAX ? key.len : KEY_MAX};
    return bits_of(head) < BITS_MIN ? "too easy to guess: openssl rand -base64 32 makes one that is not" : NULL;
}
