/* fiber/sanitize.h: which sanitizer is on: gcc says it with macros, clang with features. */
#ifndef SAAS_FIBER_SANITIZE_H
#define SAAS_FIBER_SANITIZE_H

#ifdef __has_feature
#define SAAS_SANITIZER_FEATURE(name) __has_feature(name)
#else
#define SAAS_SANITIZER_FEATURE(name) 0
#endif

#if defined __SANITIZE_ADDRESS__ || SAAS_SANITIZER_FEATURE(address_sanitizer)
#define SAAS_ASAN 1
#else
#define SAAS_ASAN 0
#endif

#if defined __SANITIZE_THREAD__ || SAAS_SANITIZER_FEATURE(thread_sanitizer)
#define SAAS_TSAN 1
#else
#define SAAS_TSAN 0
#endif

#endif
