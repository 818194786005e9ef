/* saas/api.h: what every other header starts with: export mark, result check, C++ linkage.
 *
 * Rules that hold for the whole library:
 *   - Every symbol starts with saas_, every macro with SAAS_. A macro or type with two underscores (SAAS__X) is not
 *     for callers.
 *   - Out parameters come first and are untouched on failure.
 *   - new/free: heap. init/done: the caller's storage. Whatever comes from a context lives until its reply is sent.
 *   - Option structs start with `size` (their sizeof as the host was compiled); arrays of structs carry their element
 *     size. A newer library reads older hosts by them. Zero is the default of every option.
 *   - Threads: a loop and everything on it belong to one thread. Functions that any thread may call say so.
 *
 * Since 0.1. */
#ifndef SAAS_API_H
#define SAAS_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define SAAS_BEGIN_DECLS extern "C" {
#define SAAS_END_DECLS   }
#define SAAS__ASSERT     static_assert
#else
#define SAAS_BEGIN_DECLS
#define SAAS_END_DECLS
#define SAAS__ASSERT _Static_assert
#endif

#if defined __GNUC__
#define SAAS_API                  __attribute__((visibility("default")))
#define SAAS_MUST_CHECK           __attribute__((warn_unused_result))
#define SAAS_PRINTF(fmt, first)   __attribute__((format(printf, fmt, first)))
#define SAAS__UNUSED              __attribute__((unused))
#else
#define SAAS_API
#define SAAS_MUST_CHECK
#define SAAS_PRINTF(fmt, first)
#define SAAS__UNUSED
#endif

#define SAAS_VERSION_MAJOR 0
#define SAAS_VERSION_MINOR 1
#define SAAS_VERSION_PATCH 0

#endif
